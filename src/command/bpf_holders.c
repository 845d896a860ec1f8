// SPDX-License-Identifier: GPL-2.0-or-later
/* bpf -f: who holds which program, map, link and BTF object. */
#include "bpf/file.h"
#include "bpf/holder.h"
#include "command/bpf.h"
#include "command/tasks.h"

#include "util/cleanup.h"
#include "util/hash.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct object {
	enum iq_file_kind kind;
	uint32_t id;
	uint64_t address;
};

struct held {
	size_t object, order;
	struct iq_bpf_holder holder;
	char *path;
};

struct holders {
	const struct iq_bpf_shown *shown;
	IQ_VEC(struct object) objects;
	IQ_VEC(struct held) held;
	struct iq_map by_address;
	enum iq_file_kind kind; /* of the table that is read */
};

static void holders_deinit(struct holders *holders)
{
	iq_vec_foreach (held, &holders->held)
		free(held->path);
	iq_vec_free(&holders->held);
	iq_vec_free(&holders->objects);
	iq_map_free(&holders->by_address);
}

static struct iq_error *add_object(struct holders *holders, enum iq_file_kind kind, uint32_t id, uint64_t address)
{
	if (iq_map_get(&holders->by_address, address, NULL))
		return NULL;
	if (!iq_map_set(&holders->by_address, address, holders->objects.count))
		return iq_error_no_memory();
	struct object *object = iq_vec_push(&holders->objects);
	if (!object)
		return iq_error_no_memory();
	*object = (struct object){ kind, id, address };
	return NULL;
}

static struct iq_error *see_object(void *context, uint32_t id, uint64_t address)
{
	struct holders *holders = context;
	return add_object(holders, holders->kind, id, address);
}

static struct iq_error *see_holder(void *context, const struct iq_bpf_holder *holder)
{
	struct holders *holders = context;
	uint64_t object;
	/* What is in no table any more is still held. */
	IQ_TRY(add_object(holders, holder->kind, 0, holder->object));
	iq_map_get(&holders->by_address, holder->object, &object);
	struct held *held = iq_vec_push(&holders->held);
	if (!held)
		return iq_error_no_memory();
	*held = (struct held){ .object = (size_t)object, .order = holders->held.count, .holder = *holder };
	held->holder.path = NULL;
	if (!holder->path)
		return NULL;
	held->path = strdup(holder->path);
	return held->path ? NULL : iq_error_no_memory();
}

/* By object; of one, as they were told. */
static int compare(const void *a, const void *b)
{
	const struct held *left = a, *right = b;
	if (left->object != right->object)
		return left->object < right->object ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

static void show_holder(struct iq_out *out, const struct held *held)
{
	static const char *const names[] = { [IQ_BPF_HELD_BY_DESCRIPTOR] = "fd",
					     [IQ_BPF_HELD_BY_PIN] = "pin",
					     [IQ_BPF_HELD_BY_PROGRAM] = "program",
					     [IQ_BPF_HELD_BY_MAP] = "map",
					     [IQ_BPF_HELD_BY_LINK] = "link" };
	const struct iq_bpf_holder *holder = &held->holder;
	iq_record_begin(out);
	iq_add_string(out, "by", names[holder->by]);
	switch (holder->by) {
	case IQ_BPF_HELD_BY_DESCRIPTOR:
		iq_add_task(out, holder->task);
		iq_add_unsigned(out, "fd", holder->fd);
		iq_add_address(out, "file", holder->file);
		iq_line(out, "      PID: {pid:-6} COMMAND: \"{comm@string}\"  FD: {fd}");
		break;
	case IQ_BPF_HELD_BY_PIN:
		iq_add_string(out, "path", held->path);
		iq_add_address(out, "inode", holder->inode);
		iq_line(out, "      PIN: {path}");
		break;
	default:
		iq_add_unsigned(out, "holder_id", holder->id);
		iq_line(out, "      {by} {holder_id}");
		break;
	}
	iq_end(out);
}

static void show_object(struct holders *holders, size_t n, size_t *next)
{
	static const char *const kinds[] = { [IQ_FILE_BPF_PROG] = "program",
					     [IQ_FILE_BPF_MAP] = "map",
					     [IQ_FILE_BPF_LINK] = "link",
					     [IQ_FILE_BTF] = "btf" };
	const struct object *object = &holders->objects.data[n];
	struct iq_out *out = holders->shown->out;
	struct iq_bpf_file file;
	_cleanup_(iq_strbuf_free) struct iq_strbuf title = { 0 };
	struct iq_error *error = iq_bpf_file_read(holders->shown->bpf, object->kind, object->address, &file);
	iq_record_begin(out);
	iq_add_string(out, "kind", kinds[object->kind]);
	iq_add_unsigned(out, "id", object->id);
	iq_add_address(out, "address", object->address);
	iq_strbuf_addf(&title, "%s %u", kinds[object->kind], object->id);
	if (error) {
		iq_add_unavailable(out, "type", error->message);
		iq_add_unavailable(out, "name", error->message);
		iq_warn_error(&holders->shown->session->diag, error);
	} else {
		iq_add_string(out, "type", *file.type ? file.type : NULL);
		iq_add_string(out, "name", *file.name ? file.name : NULL);
		if (*file.type)
			iq_strbuf_addf(&title, "  %s", file.type);
		if (*file.name)
			iq_strbuf_addf(&title, "  \"%s\"", file.name);
	}
	iq_text(out, "%016" PRIx64 "  %s", object->address, iq_strbuf_text(&title));
	iq_list_begin(out, "holders");
	for (; *next < holders->held.count && holders->held.data[*next].object == n; ++*next)
		show_holder(out, &holders->held.data[*next]);
	iq_end(out);
	iq_end(out);
}

struct iq_error *iq_bpf_show_holders(const struct iq_bpf_shown *shown)
{
	static const struct {
		enum iq_bpf_table table;
		enum iq_file_kind kind;
	} tables[] = { { IQ_BPF_PROGRAMS, IQ_FILE_BPF_PROG },
		       { IQ_BPF_MAPS, IQ_FILE_BPF_MAP },
		       { IQ_BPF_LINKS, IQ_FILE_BPF_LINK },
		       { IQ_BPF_BTFS, IQ_FILE_BTF } };
	_cleanup_(holders_deinit) struct holders holders = { .shown = shown };
	size_t next = 0;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(tables); i++) {
		holders.kind = tables[i].kind;
		struct iq_error *error = iq_bpf_each(shown->bpf, tables[i].table, see_object, &holders);
		if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
			return error;
		iq_warn_error(&shown->session->diag, error);
	}
	IQ_TRY(iq_bpf_holders_each(shown->bpf, see_holder, &holders));
	if (holders.held.count)
		qsort(holders.held.data, holders.held.count, sizeof(*holders.held.data), compare);
	for (size_t i = 0; i < holders.objects.count; i++) {
		show_object(&holders, i, &next);
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}
