// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/calls.h"
#include "bpf/flow.h"
#include "bpf/insn_code.h"
#include "bpf/internal.h"
#include "bpf/map.h"

#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 5, MAX_MEMBERS = 64 };

/* What the flow analysis is fed. */
struct map {
	uint64_t address;
	struct iq_bpf_map map;
};

struct feeder {
	struct iq_bpf *bpf;
	const struct iq_bpf_code *code;
	struct iq_bpf_calls *calls;
	IQ_VEC(struct map) maps;
	uint32_t *number;                    /* by instruction: of the call or the constant */
	struct iq_bpf_value *constants;      /* in order */
	struct iq_bpf_value_flow_call *flow; /* of calls, in order */
};

static struct iq_error *unless_fatal(struct iq_error *error)
{
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	iq_error_free(error);
	return NULL;
}

/* Parameters. */

/* What the helper's prototype says: "const_size", "ptr_to_map_key"; "" if it has none. */
static void argument_kind(struct iq_bpf *bpf, uint64_t proto, size_t n, char name[64])
{
	static const char *const members[ARGUMENTS] = { "arg1_type", "arg2_type", "arg3_type", "arg4_type",
							"arg5_type" };
	uint64_t type;
	*name = '\0';
	/* The base type is in the lower 8 bits since 5.17 (d639b9d13a39); there never were more of them. */
	if (proto && !iq_failed(iq_b_get(bpf, proto, "bpf_func_proto", members[n], &type)))
		iq_bpf_enum_name(bpf, "bpf_arg_type", "ARG_", type & 0xff, name, 64);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = text ? strlen(text) : 0, tail = strlen(end);
	return length > tail && strcmp(text + length - tail, end) == 0;
}

/* Documentation/bpf/kfuncs.rst: __sz behind a parameter's name, __szk of constants. */
static bool is_size(const struct iq_bpf_argument *argument, const char *kind)
{
	return ends_with(argument->name, "__sz") || ends_with(argument->name, "__szk") ||
	       strcmp(kind, "const_size") == 0 || strcmp(kind, "const_size_or_zero") == 0;
}

static void pointed_size(struct iq_bpf_argument *argument)
{
	struct iq_type type, target;
	struct iq_type_info info;
	if (iq_failed(iq_type_strip(argument->type, &type)) || iq_failed(iq_type_info(type, &info)))
		return;
	argument->pointer = info.kind == IQ_TYPE_POINTER;
	if (!argument->pointer || iq_failed(iq_type_complete(info.target, &target)) ||
	    iq_failed(iq_type_size(target, &argument->type_size)))
		argument->type_size = 0;
}

static struct iq_error *read_parameters(struct iq_bpf *bpf, struct iq_bpf_call *call, char kinds[ARGUMENTS][64])
{
	struct iq_type_info info = { .kind = IQ_TYPE_VOID };
	bool known = false;
	if (call->callee.prototype.source)
		IQ_TRY(unless_fatal(iq_type_info(call->callee.prototype, &info)));
	for (unsigned i = 0; i < ARGUMENTS; i++) {
		argument_kind(bpf, call->callee.proto, i, kinds[i]);
		if (strcmp(kinds[i], "dontcare") != 0 && *kinds[i]) {
			call->argument_count = i + 1;
			known = true;
		}
	}
	if (info.kind == IQ_TYPE_FUNCTION)
		call->argument_count = (unsigned)IQ_MIN(info.count, (uint64_t)ARGUMENTS);
	else if (!known)
		call->argument_count = ARGUMENTS;
	for (unsigned i = 0; i < ARGUMENTS; i++) {
		struct iq_bpf_argument *argument = &call->arguments[i];
		argument->size_argument = -1;
		if (info.kind == IQ_TYPE_FUNCTION && i < call->argument_count) {
			IQ_TRY(unless_fatal(
				iq_type_parameter_at(call->callee.prototype, i, &argument->name, &argument->type)));
			if (argument->type.source)
				pointed_size(argument);
		}
		if (strncmp(kinds[i], "ptr_to_", 7) == 0)
			argument->pointer = true;
	}
	for (unsigned i = 1; i < call->argument_count; i++) {
		if (is_size(&call->arguments[i], kinds[i]) && call->arguments[i - 1].pointer)
			call->arguments[i - 1].size_argument = (int)i;
	}
	return NULL;
}

/* Which argument of a callback is what the helper was given as context: include/uapi/linux/bpf.h. */
static const struct callback {
	const char *helper;
	int8_t argument, parameter;
} callbacks[] = {
	{ "bpf_loop", 2, 1 },
	{ "bpf_for_each_map_elem", 2, 3 },
	{ "bpf_for_each_array_elem", 2, 3 },
	{ "bpf_for_each_hash_elem", 2, 3 },
	{ "bpf_user_ringbuf_drain", 2, 1 },
	{ "bpf_find_vma", 3, 2 },
};

/* Is it a pointer to something that is not const? */
static bool is_writable(const struct iq_bpf_argument *argument)
{
	struct iq_type type;
	struct iq_type_info info;
	if (iq_failed(iq_type_strip(argument->type, &type)) || iq_failed(iq_type_info(type, &info)))
		return true;
	if (info.kind != IQ_TYPE_POINTER)
		return false;
	return iq_failed(iq_type_info(info.target, &info)) || info.kind != IQ_TYPE_CONST;
}

static struct iq_bpf_value_flow_call describe(const struct iq_bpf_call *call)
{
	struct iq_bpf_value_flow_call flow = { .function = IQ_BPF_NO_FUNCTION,
					       .context_argument = IQ_BPF_NO_ARGUMENT,
					       .context_parameter = IQ_BPF_NO_ARGUMENT };
	if (call->callee.kind == IQ_BPF_CALLS_FUNCTION)
		flow.function = (uint32_t)call->callee.function;
	for (size_t i = 0; i < ARGUMENTS; i++) {
		flow.size_of[i] = (int8_t)call->arguments[i].size_argument;
		flow.keeps[i] = call->arguments[i].type.source && !is_writable(&call->arguments[i]);
	}
	for (size_t i = 0; call->callee.name && i < IQ_ARRAY_SIZE(callbacks); i++) {
		if (strcmp(call->callee.name, callbacks[i].helper) != 0)
			continue;
		flow.context_argument = callbacks[i].argument;
		flow.context_parameter = callbacks[i].parameter;
	}
	return flow;
}

/* Constants. */

static struct iq_error *map_number(struct feeder *f, uint64_t address, uint32_t *number)
{
	for (size_t i = 0; i < f->maps.count; i++) {
		if (f->maps.data[i].address == address) {
			*number = (uint32_t)i;
			return NULL;
		}
	}
	*number = (uint32_t)f->maps.count;
	struct map *map = iq_vec_push(&f->maps);
	if (!map)
		return iq_error_no_memory();
	map->address = address;
	return iq_bpf_map_read(f->bpf, address, &map->map);
}

static struct iq_error *read_constant(struct feeder *f, size_t index, struct iq_bpf_value *value)
{
	struct iq_bpf_constant constant;
	IQ_TRY(iq_bpf_constant(f->bpf, f->code, index, &constant));
	*value = iq_bpf_range(constant.value, constant.value);
	if (constant.kind == IQ_BPF_CODE)
		*value = (struct iq_bpf_value){ .kind = IQ_BPF_V_FUNCTION, .id = (uint32_t)constant.function };
	if (constant.kind != IQ_BPF_MAP && constant.kind != IQ_BPF_MAP_VALUE)
		return NULL;
	uint32_t number;
	IQ_TRY(unless_fatal(map_number(f, constant.map, &number)));
	*value = (struct iq_bpf_value){ .kind = constant.kind == IQ_BPF_MAP ? IQ_BPF_V_MAP : IQ_BPF_V_MAP_VALUE,
					.id = number };
	if (constant.kind == IQ_BPF_MAP_VALUE)
		value->offset = (int64_t)constant.offset;
	return NULL;
}

static struct iq_error *read_call(struct feeder *f, size_t index, struct iq_bpf_call *call,
				  struct iq_bpf_value_flow_call *flow)
{
	char kinds[ARGUMENTS][64];
	call->insn = (uint32_t)index;
	call->function = iq_bpf_function_of(f->code, index);
	call->line = iq_bpf_line_of(f->code, index);
	IQ_TRY(iq_bpf_callee(f->bpf, f->code, index, &call->callee));
	IQ_TRY(read_parameters(f->bpf, call, kinds));
	for (size_t i = 0; i < ARGUMENTS; i++) {
		if (strcmp(kinds[i], "ptr_to_map_key") == 0)
			call->arguments[i].map_part = IQ_BPF_ARG_KEY;
		else if (strncmp(kinds[i], "ptr_to_map_value", 16) == 0 ||
			 strcmp(kinds[i], "ptr_to_uninit_map_value") == 0)
			call->arguments[i].map_part = IQ_BPF_ARG_VALUE;
		else if (call->callee.kind == IQ_BPF_CALLS_HELPER && call->arguments[i].name &&
			 call->arguments[i].pointer && !call->arguments[i].type_size)
			call->arguments[i].map_part = strcmp(call->arguments[i].name, "key") == 0 ? IQ_BPF_ARG_KEY
						      : strcmp(call->arguments[i].name, "value") == 0
							      ? IQ_BPF_ARG_VALUE
							      : IQ_BPF_ARG_NO_PART;
	}
	*flow = describe(call);
	return NULL;
}

static size_t count_calls(const struct iq_bpf_code *code)
{
	size_t count = 0;
	for (size_t i = 0; i < code->insn_count;) {
		struct iq_bpf_meaning m = iq_bpf_insn_meaning(code->insns, code->insn_count, i);
		count += m.kind == IQ_BPF_CALL || m.kind == IQ_BPF_TAIL_CALL;
		i += m.slots;
	}
	return count;
}

static struct iq_error *read_all(struct feeder *f)
{
	const struct iq_bpf_code *code = f->code;
	size_t constants = 0, count = code->insn_count, calls = count_calls(code);
	f->number = calloc(count + 1, sizeof(*f->number));
	f->constants = calloc(count + 1, sizeof(*f->constants));
	f->flow = calloc(calls + 1, sizeof(*f->flow));
	f->calls->data = calloc(calls + 1, sizeof(*f->calls->data));
	if (!f->number || !f->constants || !f->flow || !f->calls->data)
		return iq_error_no_memory();
	for (size_t i = 0; i < count;) {
		struct iq_bpf_meaning m = iq_bpf_insn_meaning(code->insns, count, i);
		if (m.kind == IQ_BPF_LD_IMM64) {
			f->number[i] = (uint32_t)constants;
			IQ_TRY(read_constant(f, i, &f->constants[constants++]));
		} else if (m.kind == IQ_BPF_CALL || m.kind == IQ_BPF_TAIL_CALL) {
			size_t n = f->calls->count++;
			f->number[i] = (uint32_t)n;
			IQ_TRY(read_call(f, i, &f->calls->data[n], &f->flow[n]));
		}
		IQ_TRY(iq_check_interrupt());
		i += m.slots;
	}
	return NULL;
}

static struct iq_bpf_value feed_constant(void *context, size_t index)
{
	const struct feeder *f = context;
	return f->constants[f->number[index]];
}

static struct iq_bpf_value_flow_call feed_call(void *context, size_t index)
{
	const struct feeder *f = context;
	return f->flow[f->number[index]];
}

/* Answers. */

static const enum iq_bpf_argument_kind kinds_of[] = {
	[IQ_BPF_V_UNKNOWN] = IQ_BPF_ARG_UNKNOWN, [IQ_BPF_V_NUMBER] = IQ_BPF_ARG_RANGE,
	[IQ_BPF_V_STACK] = IQ_BPF_ARG_STACK,     [IQ_BPF_V_CONTEXT] = IQ_BPF_ARG_CONTEXT,
	[IQ_BPF_V_MAP] = IQ_BPF_ARG_MAP,         [IQ_BPF_V_MAP_VALUE] = IQ_BPF_ARG_MAP_VALUE,
	[IQ_BPF_V_RESULT] = IQ_BPF_ARG_RESULT,   [IQ_BPF_V_FUNCTION] = IQ_BPF_ARG_FUNCTION,
};

/* Lookups in arrays are translated into arithmetic on the map's address. */
static struct iq_error *into_array(struct feeder *f, struct iq_bpf_argument *argument)
{
	uint64_t values;
	if (argument->kind != IQ_BPF_ARG_MAP || (!argument->offset && !argument->span))
		return NULL;
	IQ_TRY(iq_member_address(f->bpf->types, 0, "bpf_array", "value", &values));
	if (argument->span != IQ_BPF_ARG_ANYWHERE && argument->offset < (int64_t)values)
		return NULL;
	argument->kind = IQ_BPF_ARG_MAP_VALUE;
	argument->offset = argument->span == IQ_BPF_ARG_ANYWHERE ? 0 : argument->offset - (int64_t)values;
	return NULL;
}

static void name_map(const struct iq_bpf_map *map, struct iq_bpf_argument *argument)
{
	argument->map_id = map->id;
	memcpy(argument->map_name, map->name, sizeof(map->name));
}

static struct iq_error *convert(struct feeder *f, const struct iq_bpf_value *value, struct iq_bpf_argument *argument)
{
	argument->kind = kinds_of[value->kind];
	if (value->kind == IQ_BPF_V_UNKNOWN)
		return NULL;
	if (value->kind == IQ_BPF_V_NUMBER) {
		if (iq_bpf_is_constant(value))
			argument->kind = IQ_BPF_ARG_CONSTANT;
		argument->value = argument->least = value->least;
		argument->most = value->most;
		return NULL;
	}
	argument->offset = value->offset;
	argument->span = value->span;
	argument->maybe_null = value->maybe_null;
	if (value->kind == IQ_BPF_V_STACK || value->kind == IQ_BPF_V_FUNCTION)
		argument->owner = value->id;
	if (value->kind == IQ_BPF_V_RESULT)
		argument->insn = value->id;
	if (value->kind == IQ_BPF_V_MAP || value->kind == IQ_BPF_V_MAP_VALUE)
		name_map(&f->maps.data[value->id].map, argument);
	return into_array(f, argument);
}

static void measure_stack(struct iq_bpf_argument *argument, size_t function, uint16_t initialised)
{
	if (argument->kind != IQ_BPF_ARG_STACK || argument->span == IQ_BPF_ARG_ANYWHERE)
		return;
	int64_t highest = argument->offset + (int64_t)argument->span;
	argument->room_known = true;
	argument->room = highest < 0 ? (uint64_t)-highest : 0;
	argument->initialised_known = argument->owner == function && !argument->span;
	argument->initialised = initialised;
}

/* Keys and values are as long as the map's that is passed with them. */
static void measure_map_part(const struct feeder *f, struct iq_bpf_call *call,
			     const struct iq_bpf_value_flow_site *site)
{
	const struct iq_bpf_map *map = NULL;
	for (size_t i = 0; i < ARGUMENTS && !map; i++) {
		if (site->arguments[i].kind == IQ_BPF_V_MAP)
			map = &f->maps.data[site->arguments[i].id].map;
	}
	for (size_t i = 0; i < ARGUMENTS && map; i++) {
		struct iq_bpf_argument *argument = &call->arguments[i];
		if (argument->map_part == IQ_BPF_ARG_KEY)
			argument->type_size = map->key_size;
		else if (argument->map_part == IQ_BPF_ARG_VALUE)
			argument->type_size = map->value_size;
	}
}

/* Is `size` that of one of the alternatives that a struct begins with? struct bpf_sock_tuple is a union of the
 * addresses of IPv4 and IPv6 in a struct. */
static bool is_alternative(struct iq_type type, uint64_t size, unsigned depth)
{
	struct iq_type complete;
	struct iq_type_info info;
	struct iq_type_member member;
	uint64_t own;
	if (depth > 4 || iq_failed(iq_type_complete(type, &complete)) || iq_failed(iq_type_info(complete, &info)))
		return false;
	if (info.kind == IQ_TYPE_STRUCT)
		return info.count && !iq_failed(iq_type_member_at(complete, 0, &member)) &&
		       is_alternative(member.type, size, depth + 1);
	for (uint32_t i = 0; info.kind == IQ_TYPE_UNION && i < info.count && i < MAX_MEMBERS; i++) {
		if (!iq_failed(iq_type_member_at(complete, i, &member)) &&
		    !iq_failed(iq_type_size(member.type, &own)) && own == size)
			return true;
	}
	return false;
}

static bool passes_alternative(const struct iq_bpf_argument *argument)
{
	struct iq_type type;
	struct iq_type_info info;
	return argument->size_known && argument->size && argument->size <= argument->room && argument->type.source &&
	       !iq_failed(iq_type_strip(argument->type, &type)) && !iq_failed(iq_type_info(type, &info)) &&
	       is_alternative(info.target, argument->size, 0);
}

static struct iq_error *answer(struct feeder *f, struct iq_bpf_call *call, const struct iq_bpf_value_flow_site *site)
{
	call->reached = site->reached;
	if (!site->reached)
		return NULL;
	measure_map_part(f, call, site);
	for (size_t i = 0; i < ARGUMENTS; i++) {
		IQ_TRY(unless_fatal(convert(f, &site->arguments[i], &call->arguments[i])));
		measure_stack(&call->arguments[i], call->function, site->initialised[i]);
	}
	for (size_t i = 0; i < ARGUMENTS; i++) {
		struct iq_bpf_argument *argument = &call->arguments[i];
		if (argument->size_argument > 0) {
			const struct iq_bpf_argument *size = &call->arguments[argument->size_argument];
			argument->size_known = size->kind == IQ_BPF_ARG_CONSTANT;
			argument->size = size->value;
		}
		argument->too_short =
			argument->room_known &&
			((argument->size_known && argument->size > argument->room) ||
			 (argument->pointer && argument->type_size > argument->room && !passes_alternative(argument)));
	}
	return NULL;
}

static struct iq_error *analyse(struct feeder *f)
{
	const struct iq_bpf_code *code = f->code;
	_cleanup_(iq_bpf_value_flow_free) struct iq_bpf_value_flow flow = { 0 };
	_cleanup_free_ struct iq_bpf_value_flow_function *functions = calloc(code->function_count, sizeof(*functions));
	if (!functions)
		return iq_error_no_memory();
	for (size_t i = 0; i < code->function_count; i++) {
		bool first = i == 0, foreign = code->program.is_function || strcmp(code->program.type_name, "ext") == 0;
		functions[i] = (struct iq_bpf_value_flow_function){
			.start = code->functions[i].start,
			.end = code->functions[i].end,
			.entry = first && !foreign                                ? IQ_BPF_ENTRY_CONTEXT
				 : first || code->functions[i].exception_callback ? IQ_BPF_ENTRY_ANY
										  : IQ_BPF_ENTRY_CALLED,
		};
	}
	struct iq_bpf_value_flow_input input = { .insns = code->insns,
						 .count = code->insn_count,
						 .functions = functions,
						 .function_count = code->function_count,
						 .constant = feed_constant,
						 .call = feed_call,
						 .context = f };
	IQ_TRY(iq_bpf_value_flow_run(&input, &flow));
	f->calls->complete = flow.complete;
	for (size_t i = 0; flow.complete && i < flow.count && i < f->calls->count; i++)
		IQ_TRY(answer(f, &f->calls->data[i], &flow.sites[i]));
	return NULL;
}

struct iq_error *iq_bpf_calls_find(struct iq_bpf *bpf, const struct iq_bpf_code *code, struct iq_bpf_calls *out)
{
	struct feeder feeder = { .bpf = bpf, .code = code, .calls = out };
	*out = (struct iq_bpf_calls){ 0 };
	struct iq_error *error = read_all(&feeder);
	if (!error)
		error = analyse(&feeder);
	iq_vec_free(&feeder.maps);
	free(feeder.number);
	free(feeder.constants);
	free(feeder.flow);
	if (error)
		iq_bpf_calls_free(out);
	return error;
}

void iq_bpf_calls_free(struct iq_bpf_calls *calls)
{
	free(calls->data);
	*calls = (struct iq_bpf_calls){ 0 };
}
