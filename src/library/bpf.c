// SPDX-License-Identifier: GPL-2.0-or-later
#include "library/internal.h"

#include "bpf/element.h"
#include "bpf/program.h"

#include <string.h>

/* One question: the caller's function, and whether it has had enough. */
struct asked {
	struct inquest *crash;
	struct iq_bpf *bpf;
	bool (*program)(void *context, const struct inquest_bpf_program *program);
	bool (*map)(void *context, const struct inquest_bpf_map *map);
	bool (*element)(void *context, const struct inquest_bpf_element *element);
	void *context;
	bool enough;
};

/* An error that only ends the walk: answer() takes it back. */
static struct iq_error *go_on(struct asked *asked, bool more)
{
	if (more)
		return NULL;
	asked->enough = true;
	return iq_error_new(IQ_ERROR_LIMIT, "the caller has had enough");
}

static struct inquest_error *answer(struct asked *asked, struct iq_error *error)
{
	if (!asked->enough)
		return iq_public_error(error);
	iq_error_free(error);
	return NULL;
}

static struct iq_error *give_program(void *context, uint32_t id, uint64_t address)
{
	struct asked *asked = context;
	struct iq_bpf_program program;
	_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
	struct iq_error *error =
		iq_error_prefix(iq_bpf_program_read(asked->bpf, address, &program), "BPF program %u", id);
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	if (error) {
		iq_warn_error(&asked->crash->session.diag, error);
		return NULL;
	}
	iq_bpf_program_name(asked->bpf, &program, &name);
	struct inquest_bpf_program given = {
		.id = id,
		.address = address,
		.type = program.type_name,
		.name = iq_strbuf_text(&name),
		.code = program.jited ? program.image : 0,
		.instructions = program.insn_count,
		.load_time = program.load_time,
	};
	memcpy(given.tag, program.tag, sizeof(given.tag));
	return go_on(asked, asked->program(asked->context, &given));
}

struct inquest_error *inquest_each_bpf_program(struct inquest *crash,
					       bool (*fn)(void *context, const struct inquest_bpf_program *program),
					       void *context)
{
	struct asked asked = { .crash = crash, .program = fn, .context = context };
	IQ_PUBLIC_TRY(iq_session_bpf(&crash->session, &asked.bpf));
	return answer(&asked, iq_bpf_each(asked.bpf, IQ_BPF_PROGRAMS, give_program, &asked));
}

static struct iq_error *give_map(void *context, uint32_t id, uint64_t address)
{
	struct asked *asked = context;
	struct iq_bpf_map map;
	struct iq_error *error = iq_error_prefix(iq_bpf_map_read(asked->bpf, address, &map), "BPF map %u", id);
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	if (error) {
		iq_warn_error(&asked->crash->session.diag, error);
		return NULL;
	}
	struct inquest_bpf_map given = {
		.id = id,
		.address = address,
		.type = map.type_name,
		.name = map.name,
		.key_size = map.key_size,
		.value_size = map.value_size,
		.max_entries = map.max_entries,
	};
	return go_on(asked, asked->map(asked->context, &given));
}

struct inquest_error *inquest_each_bpf_map(struct inquest *crash,
					   bool (*fn)(void *context, const struct inquest_bpf_map *map), void *context)
{
	struct asked asked = { .crash = crash, .map = fn, .context = context };
	IQ_PUBLIC_TRY(iq_session_bpf(&crash->session, &asked.bpf));
	return answer(&asked, iq_bpf_each(asked.bpf, IQ_BPF_MAPS, give_map, &asked));
}

static struct iq_error *give_element(void *context, const struct iq_bpf_element *element)
{
	struct asked *asked = context;
	struct inquest_bpf_element given = {
		.key = element->key,
		.key_size = element->key ? element->key_size : 0,
		.value = element->kind == IQ_BPF_PER_CPU ? 0 : element->value,
		.value_size = element->value_size,
		.object = element->object,
		.object_type = element->object_type,
	};
	return go_on(asked, asked->element(asked->context, &given));
}

struct inquest_error *inquest_each_bpf_element(struct inquest *crash, uint32_t map,
					       bool (*fn)(void *context, const struct inquest_bpf_element *element),
					       void *context)
{
	struct asked asked = { .crash = crash, .element = fn, .context = context };
	struct iq_bpf_map found;
	IQ_PUBLIC_TRY(iq_session_bpf(&crash->session, &asked.bpf));
	IQ_PUBLIC_TRY(iq_bpf_map_by_id(asked.bpf, map, &found));
	return answer(&asked, iq_bpf_map_each(asked.bpf, &found, give_element, &asked));
}
