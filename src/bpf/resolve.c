// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/resolve.h"
#include "bpf/btf.h"
#include "bpf/insn_code.h"
#include "bpf/internal.h"
#include "bpf/map.h"

#include <string.h>

enum { MAX_KFUNCS = 256 };

/* Where the kernel's half of the address space begins. */
#define KERNEL_START UINT64_C(0xffff800000000000)

static bool fatal(const struct iq_error *error)
{
	return iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED);
}

/* What can't be read or found leaves something unnamed, no more. */
static struct iq_error *unless_fatal(struct iq_error *error)
{
	if (fatal(error))
		return error;
	iq_error_free(error);
	return NULL;
}

/* The symbol at exactly this address. */
static bool symbol_exactly(struct iq_bpf *bpf, uint64_t address, struct iq_symbol *symbol)
{
	return !iq_failed(iq_symbol_at(bpf->symbols, address, symbol)) && symbol->address == address;
}

/* Calls. */

static struct iq_error *call_address(struct iq_bpf *bpf, int32_t imm, uint64_t *address)
{
	if (!bpf->call_base)
		IQ_TRY(iq_b_symbol(bpf, "__bpf_call_base", &bpf->call_base));
	*address = bpf->call_base + (uint64_t)(int64_t)imm;
	return NULL;
}

static void function_call(const struct iq_bpf_code *code, size_t index, struct iq_bpf_callee *callee)
{
	struct iq_bpf_insn insn = code->insns[index];
	struct iq_bpf_meaning meaning = iq_bpf_insn_meaning(code->insns, code->insn_count, index);
	uint64_t target = index + (uint64_t)meaning.target;
	size_t n = (uint32_t)insn.imm;
	/* In JITed programs imm is the number (jit_subprogs()), and off is too short for the longest distances. */
	if (!insn.off || n >= code->function_count ||
	    (uint16_t)(code->functions[n].start - index - 1) != (uint16_t)insn.off)
		for (n = 0; n < code->function_count && code->functions[n].start != target;)
			n++;
	if (n >= code->function_count)
		return;
	callee->kind = IQ_BPF_CALLS_FUNCTION;
	callee->function = n;
	callee->address = code->functions[n].image;
	callee->name = code->functions[n].name;
	callee->prototype = code->functions[n].prototype;
}

/* A wrapper made by BPF_CALL_x() takes five u64; its typedef btf_NAME has the real types. */
static struct iq_error *helper_types(struct iq_bpf *bpf, struct iq_bpf_callee *callee)
{
	char name[256];
	struct iq_type type;
	struct iq_type_info info;
	snprintf(name, sizeof(name), "btf_%s", callee->name);
	struct iq_error *error = iq_type_find_in_vmlinux(bpf->types, IQ_TYPE_TYPEDEF, name, &type);
	if (!error)
		error = iq_type_strip(type, &type);
	if (!error)
		error = iq_type_info(type, &info);
	if (!error && info.kind == IQ_TYPE_POINTER)
		callee->prototype = info.target;
	else if (!fatal(error)) {
		iq_error_free(error);
		error = iq_type_of_function(bpf->types, callee->module, callee->name, &callee->prototype);
	}
	return unless_fatal(error);
}

static struct iq_error *find_proto(struct iq_bpf *bpf, struct iq_bpf_callee *callee)
{
	char name[256];
	struct iq_symbol symbol;
	uint64_t function;
	snprintf(name, sizeof(name), "%s_proto", callee->name);
	struct iq_error *error = iq_symbol_by_name_in(bpf->symbols, callee->module, name, &symbol);
	if (!error)
		error = iq_b_get(bpf, symbol.address, "bpf_func_proto", "func", &function);
	if (!error && function == callee->address)
		callee->proto = symbol.address;
	return unless_fatal(error);
}

/* A number that the verifier left, as in programs that failed to be translated: the enumerator names it. */
static struct iq_error *helper_number(struct iq_bpf *bpf, int32_t number, struct iq_bpf_callee *callee)
{
	struct iq_type type;
	struct iq_type_enumerator e;
	struct iq_error *error = iq_type_find_in_vmlinux(bpf->types, IQ_TYPE_ENUM, "bpf_func_id", &type);
	for (uint32_t i = 0; !error && i < 4096; i++) {
		error = iq_type_enumerator_at(type, i, &e);
		/* BPF_FUNC_map_lookup_elem is of bpf_map_lookup_elem() */
		if (!error && e.value == number && e.name && strncmp(e.name, "BPF_FUNC_", 9) == 0) {
			struct iq_symbol symbol;
			char name[128];
			snprintf(name, sizeof(name), "bpf_%s", e.name + 9);
			error = iq_symbol_by_name_in(bpf->symbols, NULL, name, &symbol);
			if (!error) {
				callee->kind = IQ_BPF_CALLS_HELPER;
				callee->address = symbol.address;
				callee->name = symbol.name;
			}
			break;
		}
	}
	return unless_fatal(error);
}

/* The BTF that a kfunc's id is of: vmlinux' for offset 0, else a module's by kfunc_btf_tab. */
static struct iq_error *kfunc_btf(struct iq_bpf *bpf, const struct iq_bpf_code *code, uint16_t offset, uint64_t *btf)
{
	uint64_t table, descs, size, count, own;
	*btf = 0;
	if (!offset)
		return NULL;
	IQ_TRY(iq_b_get(bpf, code->program.aux, "bpf_prog_aux", "kfunc_btf_tab", &table));
	IQ_TRY(iq_b_get(bpf, table, "bpf_kfunc_btf_tab", "nr_descs", &count));
	IQ_TRY(iq_member_address(bpf->types, table, "bpf_kfunc_btf_tab", "descs", &descs));
	IQ_TRY(iq_types_size(bpf->types, "bpf_kfunc_btf", &size));
	for (uint64_t i = 0; i < count && i < MAX_KFUNCS; i++) {
		IQ_TRY(iq_b_get(bpf, descs + i * size, "bpf_kfunc_btf", "offset", &own));
		if ((uint16_t)own == offset)
			return iq_b_get(bpf, descs + i * size, "bpf_kfunc_btf", "btf", btf);
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "kfunc_btf_tab has no %u", offset);
}

/* Where calls can't reach far (bpf_jit_supports_far_kfunc_call(), 6.3: none of x86-64), imm stays the number of the
 * function in that BTF. The table of addresses, kfunc_tab, is gone once a program was JITed. */
static struct iq_error *kfunc_by_id(struct iq_bpf *bpf, const struct iq_bpf_code *code, struct iq_bpf_insn insn,
				    struct iq_bpf_callee *callee)
{
	uint64_t btf;
	struct iq_types *types = bpf->types;
	struct iq_symbol symbol;
	callee->kind = IQ_BPF_CALLS_KFUNC;
	callee->address = 0;
	IQ_TRY(kfunc_btf(bpf, code, (uint16_t)insn.off, &btf));
	if (btf)
		IQ_TRY(iq_bpf_btf_types(bpf, btf, &types, &callee->module));
	IQ_TRY(iq_btf_function(types, callee->module, (uint32_t)insn.imm, &callee->name, &callee->prototype));
	IQ_TRY(iq_symbol_by_name_in(bpf->symbols, callee->module, callee->name, &symbol));
	callee->address = symbol.address;
	return NULL;
}

static struct iq_error *kernel_call(struct iq_bpf *bpf, const struct iq_bpf_code *code, struct iq_bpf_insn insn,
				    struct iq_bpf_callee *callee)
{
	struct iq_symbol symbol;
	IQ_TRY(call_address(bpf, insn.imm, &callee->address));
	if (symbol_exactly(bpf, callee->address, &symbol)) {
		callee->kind = insn.src == IQ_BPF_PSEUDO_KFUNC ? IQ_BPF_CALLS_KFUNC : IQ_BPF_CALLS_HELPER;
		callee->name = symbol.name;
		callee->module = symbol.module;
	} else if (insn.src == IQ_BPF_PSEUDO_KFUNC) {
		return unless_fatal(kfunc_by_id(bpf, code, insn, callee));
	} else if (!insn.src) {
		callee->address = 0;
		IQ_TRY(helper_number(bpf, insn.imm, callee));
	}
	if (!callee->name)
		return NULL;
	if (callee->kind == IQ_BPF_CALLS_KFUNC)
		return unless_fatal(iq_type_of_function(bpf->types, callee->module, callee->name, &callee->prototype));
	IQ_TRY(find_proto(bpf, callee));
	return helper_types(bpf, callee);
}

/* No function is behind that helper, only a prototype. */
static struct iq_error *tail_call(struct iq_bpf *bpf, struct iq_bpf_callee *callee)
{
	callee->kind = IQ_BPF_CALLS_HELPER;
	callee->name = "bpf_tail_call";
	return unless_fatal(iq_b_symbol(bpf, "bpf_tail_call_proto", &callee->proto));
}

struct iq_error *iq_bpf_callee(struct iq_bpf *bpf, const struct iq_bpf_code *code, size_t index,
			       struct iq_bpf_callee *out)
{
	*out = (struct iq_bpf_callee){ 0 };
	if (index >= code->insn_count)
		return iq_error_new(IQ_ERROR_ARGUMENT, "there is no instruction %zu", index);
	struct iq_bpf_insn insn = code->insns[index];
	if (iq_bpf_is_function_call(insn)) {
		function_call(code, index, out);
		return NULL;
	}
	if (insn.code == IQ_BPF_CODE_TAIL_CALL)
		return tail_call(bpf, out);
	if (insn.code == IQ_BPF_CODE_CALLX)
		out->kind = IQ_BPF_CALLS_REGISTER;
	if (insn.code != IQ_BPF_CODE_CALL)
		return NULL;
	return unless_fatal(kernel_call(bpf, code, insn, out));
}

/* Constants. */

static uint64_t wide(const struct iq_bpf_code *code, size_t index)
{
	return (uint32_t)code->insns[index].imm | (uint64_t)(uint32_t)code->insns[index + 1].imm << 32;
}

/* Where a map's values lie that programs have addresses of: map_direct_value_meta() of kernel/bpf/arraymap.c, arena.c,
 * bpf_insn_array.c. */
static struct iq_error *value_range(struct iq_bpf *bpf, uint64_t map, uint64_t *start, uint64_t *end)
{
	uint64_t type, size, entries;
	char name[48];
	*start = *end = 0;
	IQ_TRY(iq_b_get(bpf, map, "bpf_map", "map_type", &type));
	IQ_TRY(iq_b_get(bpf, map, "bpf_map", "max_entries", &entries));
	iq_bpf_enum_name(bpf, "bpf_map_type", "BPF_MAP_TYPE_", type, name, sizeof(name));
	if (strcmp(name, "array") == 0 && entries == 1) {
		IQ_TRY(iq_member_address(bpf->types, map, "bpf_array", "value", start));
		IQ_TRY(iq_b_get(bpf, map, "bpf_array", "elem_size", &size));
		*end = *start + size;
	} else if (strcmp(name, "arena") == 0) { /* 6.9 */
		IQ_TRY(iq_b_get(bpf, map, "bpf_arena", "user_vm_start", start));
		IQ_TRY(iq_b_get(bpf, map, "bpf_arena", "user_vm_end", end));
	} else if (strcmp(name, "insn_array") == 0) { /* 6.19 */
		IQ_TRY(iq_b_get(bpf, map, "bpf_insn_array", "ips", start));
		*end = *start + 8 * entries;
	}
	return NULL;
}

/* The variable of the section that a map's value is (.data, .bss, .rodata). */
static struct iq_error *name_variable(struct iq_bpf *bpf, const struct iq_bpf_map *map,
				      struct iq_bpf_constant *constant)
{
	struct iq_types *types;
	const char *module;
	struct iq_type_variable variable;
	if (!map->btf || !map->value_type_id)
		return NULL;
	IQ_TRY(iq_bpf_btf_types(bpf, map->btf, &types, &module));
	IQ_TRY(iq_btf_section_at(types, module, map->value_type_id, constant->offset, &variable));
	constant->name = variable.name;
	constant->name_offset = constant->offset - variable.offset;
	return NULL;
}

static struct iq_error *is_map(struct iq_bpf *bpf, uint64_t address, struct iq_bpf_constant *constant)
{
	struct iq_bpf_map map;
	uint64_t start, end, value = constant->value;
	bool itself = address == value;
	if (!itself) {
		IQ_TRY(value_range(bpf, address, &start, &end));
		if (value < start || value >= end)
			return NULL;
	}
	IQ_TRY(iq_bpf_map_read(bpf, address, &map));
	constant->kind = itself ? IQ_BPF_MAP : IQ_BPF_MAP_VALUE;
	constant->map = address;
	constant->map_id = map.id;
	memcpy(constant->map_name, map.name, sizeof(map.name));
	if (itself)
		return NULL;
	constant->offset = value - start;
	return name_variable(bpf, &map, constant);
}

static struct iq_error *among_used_maps(struct iq_bpf *bpf, const struct iq_bpf_program *program,
					struct iq_bpf_constant *constant)
{
	for (uint32_t i = 0; i < program->used_map_count && constant->kind == IQ_BPF_PLAIN; i++) {
		uint64_t map;
		IQ_TRY(iq_read_u64(bpf->target, program->used_maps + 8 * (uint64_t)i, &map));
		IQ_TRY(unless_fatal(is_map(bpf, map, constant)));
	}
	return NULL;
}

struct map_search {
	struct iq_bpf *bpf;
	struct iq_bpf_constant *constant;
};

static struct iq_error *is_this_map(void *context, uint32_t id, uint64_t address)
{
	struct map_search *search = context;
	(void)id;
	if (address != search->constant->value)
		return NULL;
	return unless_fatal(is_map(search->bpf, address, search->constant));
}

static void name_symbol(struct iq_bpf *bpf, struct iq_bpf_constant *constant)
{
	struct iq_symbol symbol;
	if (iq_failed(iq_symbol_at(bpf->symbols, constant->value, &symbol)))
		return;
	constant->kind = IQ_BPF_SYMBOL;
	constant->name = symbol.name;
	constant->offset = constant->name_offset = constant->value - symbol.address;
}

static void callback(const struct iq_bpf_code *code, size_t index, struct iq_bpf_constant *constant)
{
	uint64_t target = index + 1 + (uint64_t)(int64_t)code->insns[index].imm;
	for (size_t n = 0; n < code->function_count; n++) {
		if (code->functions[n].start != target)
			continue;
		constant->kind = IQ_BPF_CODE;
		constant->function = n;
		constant->name = code->functions[n].name;
	}
}

struct iq_error *iq_bpf_constant(struct iq_bpf *bpf, const struct iq_bpf_code *code, size_t index,
				 struct iq_bpf_constant *out)
{
	*out = (struct iq_bpf_constant){ 0 };
	if (iq_bpf_insn_meaning(code->insns, code->insn_count, index).kind != IQ_BPF_LD_IMM64)
		return iq_error_new(IQ_ERROR_ARGUMENT, "instruction %zu is no 64-bit constant", index);
	out->value = wide(code, index);
	if (code->insns[index].src == IQ_BPF_PSEUDO_FUNC) {
		callback(code, index, out);
		return NULL;
	}
	IQ_TRY(unless_fatal(among_used_maps(bpf, &code->program, out)));
	if (out->kind != IQ_BPF_PLAIN || out->value < KERNEL_START)
		return NULL;
	name_symbol(bpf, out);
	if (out->kind != IQ_BPF_PLAIN)
		return NULL;
	struct map_search search = { bpf, out };
	return unless_fatal(iq_bpf_each(bpf, IQ_BPF_MAPS, is_this_map, &search));
}

/* Names. */

static void add_function_call(struct iq_bpf *bpf, const struct iq_bpf_code *code, size_t index,
			      const struct iq_bpf_callee *callee, struct iq_strbuf *out)
{
	struct iq_bpf_meaning meaning = iq_bpf_insn_meaning(code->insns, code->insn_count, index);
	struct iq_symbol symbol;
	iq_strbuf_addf(out, "pc%+ld", meaning.target - 1);
	if (!callee->address)
		return;
	if (symbol_exactly(bpf, callee->address, &symbol))
		iq_strbuf_addf(out, "#%s", symbol.name);
	else
		iq_strbuf_addf(out, "#0x%lx", callee->address);
}

static bool add_call(void *context, size_t index, struct iq_strbuf *out)
{
	const struct iq_bpf_naming *naming = context;
	struct iq_bpf_callee callee;
	if (iq_failed(iq_bpf_callee(naming->bpf, naming->code, index, &callee)))
		return false;
	if (callee.kind == IQ_BPF_CALLS_FUNCTION) {
		add_function_call(naming->bpf, naming->code, index, &callee, out);
		return true;
	}
	if (!callee.name && !callee.address)
		return false;
	if (callee.name)
		iq_strbuf_add(out, callee.name);
	else
		iq_strbuf_addf(out, "0x%lx", callee.address);
	iq_strbuf_addf(out, "#%d", naming->code->insns[index].imm);
	return true;
}

/* Addresses in an arena are the program's own: no map_direct_value_meta() turns them back for bpftool. */
static bool is_arena(struct iq_bpf *bpf, uint64_t map)
{
	struct iq_bpf_map read;
	return !iq_failed(iq_bpf_map_read(bpf, map, &read)) && strcmp(read.type_name, "arena") == 0;
}

static bool add_immediate(void *context, size_t index, uint64_t value, struct iq_strbuf *out)
{
	const struct iq_bpf_naming *naming = context;
	struct iq_bpf_constant constant;
	(void)value;
	if (iq_failed(iq_bpf_constant(naming->bpf, naming->code, index, &constant)))
		return false;
	switch (constant.kind) {
	case IQ_BPF_MAP: iq_strbuf_addf(out, "map[id:%u]", constant.map_id); return true;
	case IQ_BPF_MAP_VALUE:
		if (is_arena(naming->bpf, constant.map))
			return false;
		iq_strbuf_addf(out, "map[id:%u][0]+%lu", constant.map_id, constant.offset);
		return true;
	case IQ_BPF_CODE: iq_strbuf_addf(out, "subprog[%+d]", naming->code->insns[index].imm); return true;
	default: return false;
	}
}

struct iq_bpf_names iq_bpf_names_of(struct iq_bpf_naming *naming)
{
	return (struct iq_bpf_names){ .call = add_call, .imm64 = add_immediate, .context = naming };
}

static void add_place(struct iq_strbuf *out, const char *name, uint64_t offset)
{
	iq_strbuf_add(out, name);
	if (offset)
		iq_strbuf_addf(out, "+%lu", offset);
}

void iq_bpf_constant_text(const struct iq_bpf_constant *constant, struct iq_strbuf *out)
{
	if (constant->kind == IQ_BPF_MAP || constant->kind == IQ_BPF_MAP_VALUE)
		iq_strbuf_add(out, constant->map_name);
	if (constant->kind == IQ_BPF_MAP_VALUE && constant->name)
		iq_strbuf_add(out, *constant->map_name ? ": " : "");
	if (constant->kind != IQ_BPF_MAP && constant->name)
		add_place(out, constant->name, constant->name_offset);
}
