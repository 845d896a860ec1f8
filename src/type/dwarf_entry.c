// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a register held when the function was entered: the caller's call site says what it passed (DWARF 5, 3.4; GCC's
 * DW_TAG_GNU_call_site before), in terms of what the caller still has.
 */
#include "type/dwarf_eval.h"

#if IQ_HAVE_ELFUTILS

#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

/* A call: where it is described, and the frame that made it. */
struct call {
	struct iq_dwarf *dwarf; /* the caller's */
	struct iq_dwarf_machine machine;
	Dwarf_Die function; /* the caller; addr NULL: not known */
	Dwarf_Die site;
	const char *name; /* the caller's; NULL: not known */
};

static bool is_call_site(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);
	return tag == DW_TAG_call_site || tag == DW_TAG_GNU_call_site;
}

static bool returns_to(struct iq_dwarf *dwarf, Dwarf_Die *site, uint64_t address)
{
	Dwarf_Attribute attribute;
	Dwarf_Addr at = 0;
	return (dwarf_attr(site, DW_AT_call_return_pc, &attribute) || dwarf_attr(site, DW_AT_low_pc, &attribute)) &&
	       dwarf_formaddr(&attribute, &at) == 0 && iq_dwarf_runtime(dwarf, at) == address;
}

/* Looks through a function's blocks and inlined functions for the call that returns to `address`. */
static bool find_site(struct iq_dwarf *dwarf, Dwarf_Die *function, uint64_t address, Dwarf_Die *out)
{
	Dwarf_Die path[IQ_DWARF_MAX_DEPTH];
	size_t depth = 0;
	if (dwarf_child(function, &path[0]) != 0)
		return false;
	while (iq_dwarf_spend(dwarf)) {
		Dwarf_Die *at = &path[depth];
		int tag = dwarf_tag(at);
		if (is_call_site(at) && returns_to(dwarf, at, address)) {
			*out = *at;
			return true;
		}
		if ((tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine) &&
		    depth + 1 < IQ_DWARF_MAX_DEPTH && dwarf_child(at, at + 1) == 0) {
			depth++;
			continue;
		}
		while (!iq_dwarf_next(&path[depth])) {
			if (!depth--)
				return false;
		}
	}
	return false;
}

/* The frame below, and the site of the call that is still to return. `what` is wanted of it. */
static bool find_call(struct iq_eval *eval, const char *what, struct call *out)
{
	uint64_t return_pc = 0;
	Dwarf_Die unit;
	memset(out, 0, sizeof(*out));
	if (eval->nesting >= IQ_EVAL_MAX_NESTING)
		return iq_eval_fail(eval, "%s; it was handed on from too many callers", what);
	if (!eval->machine->caller ||
	    !eval->machine->caller(eval->machine->context, &out->dwarf, &out->machine, &return_pc) || !out->dwarf)
		return iq_eval_fail(eval, "%s; the caller's debug information is not known", what);
	if (iq_failed(iq_dwarf_function_at(out->dwarf, out->machine.pc, &unit, &out->function)))
		return iq_eval_fail(eval, "%s; there is no debug information for the caller at %#" PRIx64, what,
				    return_pc);
	out->name = iq_dwarf_name(out->dwarf, &out->function);
	iq_dwarf_start(out->dwarf);
	if (!find_site(out->dwarf, &out->function, return_pc, &out->site))
		return iq_eval_fail(eval, "%s; the caller %s does not say what it passed", what,
				    out->name ? out->name : "");
	return true;
}

static struct iq_eval in_caller(const struct iq_eval *eval, struct call *call, Dwarf_Die *die,
				Dwarf_Attribute *attribute, struct iq_strbuf *reason)
{
	struct iq_eval nested = iq_eval_init(call->dwarf, &call->machine, die, attribute, eval->steps, reason);
	nested.nesting = eval->nesting + 1;
	return nested;
}

static bool attribute_of(Dwarf_Die *die, unsigned name, unsigned gnu_name, Dwarf_Attribute *out)
{
	return dwarf_attr(die, name, out) || dwarf_attr(die, gnu_name, out);
}

/* Follows abstract origins and specifications to the function itself. */
static Dwarf_Die original(struct iq_dwarf *dwarf, Dwarf_Die die)
{
	Dwarf_Attribute attribute;
	for (unsigned i = 0; i < IQ_EVAL_MAX_NESTING; i++) {
		Dwarf_Die next;
		if (!attribute_of(&die, DW_AT_abstract_origin, DW_AT_specification, &attribute) ||
		    !iq_dwarf_target(dwarf, &attribute, &next))
			break;
		die = next;
	}
	return die;
}

/* Is the function that the site calls `callee`? When it jumped on to another one, the registers may have changed. */
static bool calls(struct iq_eval *eval, struct call *call, Dwarf_Die *callee, const char *what)
{
	Dwarf_Attribute attribute;
	Dwarf_Die target;
	const char *caller = call->name ? call->name : "the caller", *name = iq_dwarf_name(eval->dwarf, callee);
	if (attribute_of(&call->site, DW_AT_call_origin, DW_AT_abstract_origin, &attribute) &&
	    iq_dwarf_target(call->dwarf, &attribute, &target)) {
		target = original(call->dwarf, target);
		Dwarf_Die itself = original(eval->dwarf, *callee);
		if (call->dwarf == eval->dwarf &&
		    iq_dwarf_die_key(call->dwarf, &target) == iq_dwarf_die_key(eval->dwarf, &itself))
			return true;
		const char *called = iq_dwarf_name(call->dwarf, &target);
		if (name && called && strcmp(name, called) == 0)
			return true;
		return iq_eval_fail(eval, "%s; %s called %s, which jumped here", what, caller, called ? called : "?");
	}
	_cleanup_(iq_strbuf_free) struct iq_strbuf unused = { 0 };
	struct iq_place place;
	Dwarf_Addr entry = 0;
	if (attribute_of(&call->site, DW_AT_call_target, DW_AT_GNU_call_site_target, &attribute) &&
	    dwarf_entrypc(callee, &entry) == 0) {
		struct iq_eval nested = in_caller(eval, call, &call->site, &attribute, &unused);
		if (iq_eval_attribute(&nested, true, &place) && place.kind == IQ_PLACE_VALUE)
			return place.value == iq_dwarf_runtime(eval->dwarf, entry) ||
			       iq_eval_fail(eval, "%s; %s called a function that jumped here", what, caller);
	}
	return iq_eval_fail(eval, "%s; %s called through a pointer, which may have led here by a detour", what, caller);
}

/* The value that a parameter of the call site had. */
static bool parameter_value(struct iq_eval *eval, struct call *call, Dwarf_Die *parameter, const char *what,
			    uint64_t *value)
{
	Dwarf_Attribute attribute;
	struct iq_place place;
	if (!attribute_of(parameter, DW_AT_call_value, DW_AT_GNU_call_site_value, &attribute))
		return iq_eval_fail(eval, "%s; %s did not keep what it passed", what,
				    call->name ? call->name : "the caller");
	_cleanup_(iq_strbuf_free) struct iq_strbuf reason = { 0 };
	struct iq_eval nested = in_caller(eval, call, parameter, &attribute, &reason);
	if (iq_eval_attribute(&nested, true, &place) && place.kind == IQ_PLACE_VALUE) {
		*value = place.value;
		return true;
	}
	return iq_eval_fail(eval, "%s; in %s: %s", what, call->name ? call->name : "the caller",
			    reason.length ? reason.text : "optimized out");
}

/* The parameter of the site whose place is the expression `wanted`. */
static bool find_by_place(struct iq_dwarf *dwarf, Dwarf_Die *site, const Dwarf_Block *wanted, Dwarf_Die *out)
{
	Dwarf_Attribute attribute;
	Dwarf_Block block;
	bool more = dwarf_child(site, out) == 0;
	for (; more && iq_dwarf_spend(dwarf); more = iq_dwarf_next(out)) {
		if (dwarf_attr(out, DW_AT_location, &attribute) && dwarf_formblock(&attribute, &block) == 0 &&
		    block.length == wanted->length && memcmp(block.data, wanted->data, block.length) == 0)
			return true;
	}
	return false;
}

/* Registers that a function gives back unchanged have in its caller what they had at its entry (AMD64 ABI). */
static bool survives_calls(uint64_t number)
{
	return number == 3 || number == 6 || (number >= 12 && number <= 15);
}

/* The value of a register at entry without a call site. */
static bool without_site(struct iq_eval *eval, uint64_t number, uint64_t *value)
{
	struct iq_dwarf *dwarf = NULL;
	struct iq_dwarf_machine machine = { 0 };
	uint64_t return_pc;
	if (number == 7 && eval->machine->cfa && eval->machine->cfa(eval->machine->context, value)) {
		*value -= 8; /* where the return address lies */
		return true;
	}
	return survives_calls(number) && eval->machine->caller &&
	       eval->machine->caller(eval->machine->context, &dwarf, &machine, &return_pc) && machine.reg &&
	       machine.reg(machine.context, (unsigned)number, value);
}

static bool entry_register(const Dwarf_Block *block, uint64_t *number)
{
	if (block->length == 1 && block->data[0] >= DW_OP_reg0 && block->data[0] <= DW_OP_reg31)
		*number = block->data[0] - DW_OP_reg0;
	else if (block->length == 2 && block->data[0] == DW_OP_regx && block->data[1] < 0x80)
		*number = block->data[1];
	else
		return false;
	return true;
}

bool iq_eval_entry_value(struct iq_eval *eval, const Dwarf_Op *op, uint64_t *value)
{
	Dwarf_Attribute inner;
	Dwarf_Block block;
	Dwarf_Die unit, callee, parameter;
	uint64_t number = 0;
	char what[64] = "computed from values at entry", buffer[32];
	if (dwarf_getlocation_attr(eval->attribute, op, &inner) != 0 || dwarf_formblock(&inner, &block) != 0)
		return iq_eval_fail(eval, "its location expression is damaged: no operand for an entry value");
	if (entry_register(&block, &number)) {
		if (without_site(eval, number, value))
			return true;
		snprintf(what, sizeof(what), "in %s at entry", iq_eval_register_name(number, buffer));
	}
	struct call call;
	if (iq_failed(iq_dwarf_function_at(eval->dwarf, eval->machine->pc, &unit, &callee)))
		return iq_eval_fail(eval, "%s; the function itself is not known", what);
	if (!find_call(eval, what, &call) || !calls(eval, &call, &callee, what))
		return false;
	if (!find_by_place(call.dwarf, &call.site, &block, &parameter))
		return iq_eval_fail(eval, "%s; the call in %s does not say what it passed", what,
				    call.name ? call.name : "the caller");
	return parameter_value(eval, &call, &parameter, what, value);
}

bool iq_eval_parameter(struct iq_eval *eval, uint64_t die, uint64_t *value)
{
	static const char *const what = "an argument that was optimized out";
	Dwarf_Die unit, callee, wanted, parameter, named;
	Dwarf_Attribute attribute;
	struct call call;
	if (iq_failed(iq_dwarf_function_at(eval->dwarf, eval->machine->pc, &unit, &callee)) ||
	    iq_failed(iq_dwarf_die_at(eval->dwarf, die, &wanted)))
		return iq_eval_fail(eval, "its location expression is damaged: it names no parameter");
	if (!find_call(eval, what, &call) || !calls(eval, &call, &callee, what))
		return false;
	uint64_t key = iq_dwarf_die_key(eval->dwarf, &wanted);
	bool more = dwarf_child(&call.site, &parameter) == 0;
	for (; more && iq_dwarf_spend(call.dwarf); more = iq_dwarf_next(&parameter)) {
		if (attribute_of(&parameter, DW_AT_call_parameter, DW_AT_abstract_origin, &attribute) &&
		    iq_dwarf_target(call.dwarf, &attribute, &named) && call.dwarf == eval->dwarf &&
		    iq_dwarf_die_key(call.dwarf, &named) == key)
			return parameter_value(eval, &call, &parameter, what, value);
	}
	return iq_eval_fail(eval, "%s; the call in %s does not say what it passed", what,
			    call.name ? call.name : "the caller");
}

#endif
