// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/program.h"
#include "bpf/btf.h"
#include "bpf/internal.h"

#include <string.h>

/* BPF_COMPLEXITY_LIMIT_INSNS is what the verifier walks; a program is never longer. BPF_MAX_SUBPROGS is 256. */
enum { MAX_INSNS = 1000000, MAX_FUNCTIONS = 1024, MAX_MAPS = 4096, PAGE = 4096 };

static struct iq_error *damaged(const struct iq_bpf_program *program, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static struct iq_error *damaged(const struct iq_bpf_program *program, const char *format, ...)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	va_list arguments;
	va_start(arguments, format);
	iq_strbuf_addv(&text, format, arguments);
	va_end(arguments);
	return iq_error_new(IQ_ERROR_FORMAT, "struct bpf_prog at %#lx is damaged: %s", program->address,
			    iq_strbuf_text(&text));
}

static struct iq_error *read_flags(struct iq_bpf *bpf, struct iq_bpf_program *p)
{
	uint64_t jited, gpl, function = 0, sleepable = 0;
	IQ_TRY(iq_b_get(bpf, p->address, "bpf_prog", "jited", &jited));
	IQ_TRY(iq_b_get(bpf, p->address, "bpf_prog", "gpl_compatible", &gpl));
	IQ_TRY(iq_b_get_if(bpf, p->address, "bpf_prog", "is_func", &function));
	/* 6.8: 66c8473135c6 ("bpf: move sleepable flag from bpf_prog_aux to bpf_prog") */
	IQ_TRY(iq_b_get_if(bpf, p->address, "bpf_prog", "sleepable", &sleepable));
	if (!sleepable)
		IQ_TRY(iq_b_get_if(bpf, p->aux, "bpf_prog_aux", "sleepable", &sleepable));
	p->jited = jited;
	p->gpl_compatible = gpl;
	p->is_function = function;
	p->sleepable = sleepable;
	return NULL;
}

static struct iq_error *read_program(struct iq_bpf *bpf, struct iq_bpf_program *p)
{
	uint64_t pages;
	IQ_TRY(iq_b_get(bpf, p->address, "bpf_prog", "aux", &p->aux));
	IQ_TRY(iq_b_get32(bpf, p->address, "bpf_prog", "type", &p->type));
	IQ_TRY(iq_b_get32(bpf, p->address, "bpf_prog", "expected_attach_type", &p->attach_type));
	IQ_TRY(iq_b_get32(bpf, p->address, "bpf_prog", "len", &p->insn_count));
	IQ_TRY(iq_b_get32(bpf, p->address, "bpf_prog", "jited_len", &p->jited_len));
	IQ_TRY(iq_b_get(bpf, p->address, "bpf_prog", "bpf_func", &p->image));
	IQ_TRY(iq_b_get(bpf, p->address, "bpf_prog", "pages", &pages));
	IQ_TRY(iq_member_address(bpf->types, p->address, "bpf_prog", "insnsi", &p->insns));
	uint64_t tag;
	IQ_TRY(iq_member_address(bpf->types, p->address, "bpf_prog", "tag", &tag));
	IQ_TRY(iq_read(bpf->target, tag, p->tag, sizeof(p->tag)));
	p->memlock = pages * PAGE;
	return NULL;
}

static struct iq_error *read_aux(struct iq_bpf *bpf, struct iq_bpf_program *p)
{
	uint64_t user = 0, verified = 0;
	IQ_TRY(iq_b_get32(bpf, p->aux, "bpf_prog_aux", "id", &p->id));
	IQ_TRY(iq_get_string(bpf->target, bpf->types, p->aux, "bpf_prog_aux", "name", p->name, sizeof(p->name)));
	IQ_TRY(iq_b_get(bpf, p->aux, "bpf_prog_aux", "load_time", &p->load_time));
	IQ_TRY(iq_b_get32(bpf, p->aux, "bpf_prog_aux", "func_cnt", &p->function_count));
	IQ_TRY(iq_b_get(bpf, p->aux, "bpf_prog_aux", "func", &p->functions));
	IQ_TRY(iq_b_get32(bpf, p->aux, "bpf_prog_aux", "func_idx", &p->function_index));
	IQ_TRY(iq_b_get(bpf, p->aux, "bpf_prog_aux", "used_maps", &p->used_maps));
	IQ_TRY(iq_b_get32(bpf, p->aux, "bpf_prog_aux", "used_map_cnt", &p->used_map_count));
	IQ_TRY(iq_b_get(bpf, p->aux, "bpf_prog_aux", "btf", &p->btf));
	IQ_TRY(iq_b_get32(bpf, p->aux, "bpf_prog_aux", "stack_depth", &p->stack_depth));
	IQ_TRY(iq_b_get32(bpf, p->aux, "bpf_prog_aux", "attach_btf_id", &p->attach_btf_id));
	/* 5.11: 22dc4a0f5ed1 ("bpf: Remove hard-coded btf_vmlinux assumption from BPF verifier") */
	IQ_TRY(iq_b_get_if(bpf, p->aux, "bpf_prog_aux", "attach_btf", &p->attach_btf));
	/* 5.11: 3aac1ead5eb6; linked_prog before */
	IQ_TRY(iq_b_get_if(bpf, p->aux, "bpf_prog_aux", "dst_prog", &p->dst_program));
	IQ_TRY(iq_b_get_if(bpf, p->aux, "bpf_prog_aux", "linked_prog", &p->dst_program));
	/* 5.16: aba64c7da983 ("bpf: Add verified_insns to bpf_prog_info and fdinfo") */
	IQ_TRY(iq_b_get_if(bpf, p->aux, "bpf_prog_aux", "verified_insns", &verified));
	p->verified_insns = (uint32_t)verified;
	IQ_TRY(iq_b_get(bpf, p->aux, "bpf_prog_aux", "user", &user));
	if (!user)
		return NULL;
	p->uid_known = !iq_failed(iq_b_get32(bpf, user, "user_struct", "uid.val", &p->uid));
	return NULL;
}

static struct iq_error *check_back_pointer(struct iq_bpf *bpf, const struct iq_bpf_program *p)
{
	uint64_t back;
	if (!iq_is_kernel_address(bpf->target, p->aux))
		return damaged(p, "its aux is %#lx", p->aux);
	IQ_TRY(iq_error_prefix(iq_b_get(bpf, p->aux, "bpf_prog_aux", "prog", &back),
			       "aux of the struct bpf_prog at %#lx", p->address));
	if (back != p->address)
		return damaged(p, "its aux at %#lx is of the one at %#lx", p->aux, back);
	return NULL;
}

struct iq_error *iq_bpf_program_id(struct iq_bpf *bpf, uint64_t address, uint32_t *id)
{
	struct iq_bpf_program program = { .address = address };
	*id = 0;
	IQ_TRY(iq_b_get(bpf, address, "bpf_prog", "aux", &program.aux));
	IQ_TRY(check_back_pointer(bpf, &program));
	return iq_b_get32(bpf, program.aux, "bpf_prog_aux", "id", id);
}

static struct iq_error *check(struct iq_bpf *bpf, const struct iq_bpf_program *p)
{
	IQ_TRY(check_back_pointer(bpf, p));
	if (!p->insn_count || p->insn_count > MAX_INSNS)
		return damaged(p, "it has %u instructions", p->insn_count);
	/* bpf_prog_alloc(): the struct and its instructions are one allocation. */
	if (p->memlock && p->insns - p->address + 8 * (uint64_t)p->insn_count > p->memlock)
		return damaged(p, "it has %u instructions in %lu pages", p->insn_count, p->memlock / PAGE);
	return NULL;
}

static struct iq_error *check_aux(const struct iq_bpf_program *p)
{
	if (p->function_count > MAX_FUNCTIONS)
		return damaged(p, "it has %u functions", p->function_count);
	if (p->used_map_count > MAX_MAPS)
		return damaged(p, "it uses %u maps", p->used_map_count);
	return NULL;
}

struct iq_error *iq_bpf_program_read(struct iq_bpf *bpf, uint64_t address, struct iq_bpf_program *out)
{
	*out = (struct iq_bpf_program){ .address = address };
	IQ_TRY(read_program(bpf, out));
	IQ_TRY(check(bpf, out));
	IQ_TRY(read_aux(bpf, out));
	IQ_TRY(check_aux(out));
	IQ_TRY(read_flags(bpf, out));
	iq_bpf_enum_name(bpf, "bpf_prog_type", "BPF_PROG_TYPE_", out->type, out->type_name, sizeof(out->type_name));
	iq_bpf_enum_name(bpf, "bpf_attach_type", "BPF_", out->attach_type, out->attach_name, sizeof(out->attach_name));
	return NULL;
}

struct iq_error *iq_bpf_program_listed(struct iq_bpf *bpf, uint32_t id, uint64_t address, struct iq_bpf_program *out)
{
	IQ_TRY(iq_error_prefix(iq_bpf_program_read(bpf, address, out), "BPF program %u", id));
	if (out->id != id)
		return iq_error_prefix(damaged(out, "its own ID is %u", out->id), "BPF program %u", id);
	return NULL;
}

struct iq_error *iq_bpf_program_by_id(struct iq_bpf *bpf, uint32_t id, struct iq_bpf_program *out)
{
	uint64_t address;
	IQ_TRY(iq_bpf_by_id(bpf, IQ_BPF_PROGRAMS, id, &address));
	return iq_bpf_program_listed(bpf, id, address, out);
}

/* Of a function of a program, the entry with its number. */
static struct iq_error *function_name(struct iq_bpf *bpf, const struct iq_bpf_program *program, const char **name)
{
	uint64_t infos, count, id, size;
	struct iq_types *types;
	const char *module;
	struct iq_type prototype;
	*name = NULL;
	IQ_TRY(iq_b_get(bpf, program->aux, "bpf_prog_aux", "func_info", &infos));
	IQ_TRY(iq_b_get(bpf, program->aux, "bpf_prog_aux", "func_info_cnt", &count));
	if (!infos || program->function_index >= count)
		return NULL;
	IQ_TRY(iq_types_size(bpf->types, "bpf_func_info", &size));
	IQ_TRY(iq_b_get(bpf, infos + program->function_index * size, "bpf_func_info", "type_id", &id));
	IQ_TRY(iq_bpf_btf_types(bpf, program->btf, &types, &module));
	return iq_btf_function(types, module, (uint32_t)id, name, &prototype);
}

void iq_bpf_program_name(struct iq_bpf *bpf, const struct iq_bpf_program *program, struct iq_strbuf *out)
{
	const char *name;
	/* The kernel cut it only if it fills its room, but a function's own name may differ from what its loader gave.
	 */
	bool whole = !iq_failed(function_name(bpf, program, &name)) && name;
	bool same = whole && strncmp(name, program->name, strlen(program->name)) == 0;
	iq_strbuf_add(out, same ? name : program->name);
}

static struct iq_error *function_at(struct iq_bpf *bpf, const struct iq_bpf_program *program, uint32_t n,
				    uint64_t *address)
{
	return iq_read_u64(bpf->target, program->functions + 8 * (uint64_t)n, address);
}

struct iq_error *iq_bpf_program_jited_len(struct iq_bpf *bpf, const struct iq_bpf_program *program, uint64_t *length)
{
	*length = program->jited_len;
	if (!program->function_count || !program->functions || program->is_function)
		return NULL;
	*length = 0;
	for (uint32_t i = 0; i < program->function_count; i++) {
		uint64_t function, own;
		IQ_TRY(function_at(bpf, program, i, &function));
		IQ_TRY(iq_b_get(bpf, function, "bpf_prog", "jited_len", &own));
		*length += own;
	}
	return NULL;
}

struct iq_error *iq_bpf_program_maps(struct iq_bpf *bpf, const struct iq_bpf_program *program, uint32_t *ids,
				     size_t limit, size_t *count)
{
	*count = program->used_map_count;
	for (uint32_t i = 0; i < program->used_map_count && i < limit; i++) {
		uint64_t map;
		ids[i] = 0;
		IQ_TRY(iq_read_u64(bpf->target, program->used_maps + 8 * (uint64_t)i, &map));
		if (iq_failed(iq_b_get32(bpf, map, "bpf_map", "id", &ids[i])))
			ids[i] = 0;
	}
	return NULL;
}

struct owner_search {
	struct iq_bpf *bpf;
	uint64_t functions, found;
};

static struct iq_error *owns(void *context, uint32_t id, uint64_t address)
{
	struct owner_search *search = context;
	uint64_t aux, functions;
	if (!iq_failed(iq_b_get(search->bpf, address, "bpf_prog", "aux", &aux)) &&
	    !iq_failed(iq_b_get(search->bpf, aux, "bpf_prog_aux", "func", &functions)) &&
	    functions == search->functions)
		search->found = address;
	return NULL;
}

struct iq_error *iq_bpf_program_owner(struct iq_bpf *bpf, const struct iq_bpf_program *program,
				      struct iq_bpf_program *out)
{
	struct owner_search search = { .bpf = bpf, .functions = program->functions };
	if (!program->functions || program->id) {
		*out = *program;
		return NULL;
	}
	struct iq_error *error = iq_bpf_each(bpf, IQ_BPF_PROGRAMS, owns, &search);
	if (search.found) {
		iq_error_free(error);
		return iq_bpf_program_read(bpf, search.found, out);
	}
	IQ_TRY(error);
	return iq_error_new(IQ_ERROR_NOT_FOUND, "no program in prog_idr has the function at %#lx", program->address);
}
