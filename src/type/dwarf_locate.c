// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a variable is, and why not when it isn't. */
#include "type/dwarf_eval.h"
#include "util/cleanup.h"

#if IQ_HAVE_ELFUTILS

#include <inttypes.h>
#include <string.h>

enum {
	MAX_SIZE = 1 << 20, /* of a variable that is put together here */
	SHOWN_RANGES = 3,   /* in a reason */
	MAX_LIST = 1 << 16, /* entries of a location list */
};

/* Where the variable has a location: "known in 0x10-0x24 of the function". */
struct known_ranges {
	struct iq_strbuf text;
	size_t count;
};

static void note_range(struct known_ranges *known, uint64_t entry, uint64_t start, uint64_t end)
{
	if (start >= end || known->count++ >= SHOWN_RANGES)
		return;
	bool near = start >= entry && start - entry < UINT32_MAX;
	iq_strbuf_addf(&known->text, near ? "%s+%#" PRIx64 "-+%#" PRIx64 : "%s%#" PRIx64 "-%#" PRIx64,
		       known->count > 1 ? ", " : "", near ? start - entry : start, near ? end - entry : end);
}

bool iq_eval_choose(struct iq_eval *eval, Dwarf_Op **ops, size_t *count)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct known_ranges known = { 0 };
	Dwarf_Die unit, function;
	Dwarf_Addr base, start = 0, end = 0, entry = 0;
	uint64_t pc = iq_dwarf_file_pc(eval->dwarf, eval->machine->pc);
	ptrdiff_t offset = 0;
	if (!iq_failed(iq_dwarf_function_at(eval->dwarf, eval->machine->pc, &unit, &function)))
		dwarf_entrypc(&function, &entry);
	for (size_t i = 0; i < MAX_LIST; i++) {
		start = end = 0;
		offset = dwarf_getlocations(eval->attribute, offset, &base, &start, &end, ops, count);
		if (offset <= 0)
			break;
		if (pc >= start && pc < end) {
			iq_strbuf_free(&known.text);
			return true;
		}
		if (*count)
			note_range(&known, entry, start, end);
	}
	if (offset < 0) {
		/* Some entry has an operation that libdw doesn't know (gcc's DW_OP_GNU_uninit: elfutils 0.188). Asked
		 * for an address, it reads only what counts there. */
		int found = dwarf_getlocation_addr(eval->attribute, pc, ops, count, 1);
		if (found > 0) {
			iq_strbuf_free(&known.text);
			return true;
		}
		if (found == 0) {
			note_range(&known, entry, start, end);
			offset = 0;
		}
	}
	text = known.text;
	if (offset < 0)
		return iq_eval_fail(eval, "its location can't be read: %s", dwarf_errmsg(-1));
	if (!known.count)
		return iq_eval_fail(eval, "optimized out");
	return iq_eval_fail(eval, "not kept at this point (known at %s%s)", iq_strbuf_text(&text),
			    known.count > SHOWN_RANGES ? ", ..." : "");
}

/* Bytes that are put together. */
static bool allocate(struct iq_location *out, uint64_t size)
{
	out->bytes = calloc(size + 1, 1);
	out->known = calloc(size + 1, 1);
	out->size = size;
	out->kind = IQ_LOCATION_BYTES;
	return out->bytes && out->known;
}

static void put(struct iq_location *out, uint64_t at, const void *bytes, uint64_t size)
{
	if (at >= out->size)
		return;
	size = IQ_MIN(size, out->size - at);
	memcpy(out->bytes + at, bytes, size);
	memset(out->known + at, 1, size);
}

static bool locate_die(struct iq_eval *outer, Dwarf_Die *die, uint64_t size, struct iq_location *out);

/* A pointer to a variable that is in no memory: what it points to can be told, though not as an address. */
static bool locate_pointer(struct iq_eval *eval, const struct iq_place *place, struct iq_location *out)
{
	Dwarf_Die die;
	if (iq_failed(iq_dwarf_die_at(eval->dwarf, place->value, &die)))
		return iq_eval_fail(eval, "its location expression is damaged: it points to no variable");
	const char *name = iq_dwarf_name(eval->dwarf, &die);
	if (eval->nesting >= IQ_EVAL_MAX_NESTING)
		return iq_eval_fail(eval, "points to %s, which was optimized out of memory",
				    name ? name : "a variable");
	_cleanup_(iq_strbuf_free) struct iq_strbuf reason = { 0 };
	_cleanup_(iq_location_free) struct iq_location target = { 0 };
	struct iq_eval nested = *eval;
	nested.reason = &reason;
	nested.nesting++;
	if (!locate_die(&nested, &die, 8, &target))
		return iq_eval_fail(eval, "points to %s, which was optimized out of memory: %s",
				    name ? name : "a variable", iq_strbuf_text(&reason));
	if (target.kind == IQ_LOCATION_MEMORY) {
		uint64_t address = target.address + (uint64_t)place->offset;
		if (!allocate(out, 8))
			return iq_eval_fail(eval, "out of memory");
		put(out, 0, &address, 8);
		return true;
	}
	uint64_t value = 0;
	if (target.bytes && target.size <= 8)
		memcpy(&value, target.bytes, target.size);
	return iq_eval_fail(eval, "points to %s, which is in no memory; its value is %#" PRIx64,
			    name ? name : "a variable", value);
}

static bool set_place(struct iq_eval *eval, const struct iq_place *place, uint64_t size, struct iq_location *out)
{
	switch (place->kind) {
	case IQ_PLACE_MEMORY:
		out->kind = IQ_LOCATION_MEMORY;
		out->address = place->value;
		out->size = size;
		return true;
	case IQ_PLACE_VALUE:
	case IQ_PLACE_BYTES:
		if (!allocate(out, size))
			return iq_eval_fail(eval, "out of memory");
		if (place->kind == IQ_PLACE_VALUE)
			put(out, 0, &place->value, sizeof(place->value));
		else
			put(out, 0, place->bytes, place->size);
		return true;
	case IQ_PLACE_POINTER: return locate_pointer(eval, place, out);
	default: return iq_eval_fail(eval, "optimized out");
	}
}

/* Copies one piece; false: a hole. */
static bool put_piece(struct iq_eval *eval, const Dwarf_Op *ops, size_t count, uint64_t at, uint64_t size,
		      struct iq_location *out)
{
	struct iq_place place;
	if (!iq_eval_place(eval, ops, count, false, &place))
		return false;
	if (place.kind == IQ_PLACE_VALUE) {
		put(out, at, &place.value, IQ_MIN(size, sizeof(place.value)));
		return true;
	}
	if (place.kind == IQ_PLACE_BYTES) {
		put(out, at, place.bytes, IQ_MIN(size, place.size));
		return true;
	}
	if (place.kind != IQ_PLACE_MEMORY)
		return iq_eval_fail(eval, place.kind == IQ_PLACE_NONE ? "optimized out" : "points to no memory");
	if (at >= out->size || !eval->machine->read)
		return at >= out->size;
	size = IQ_MIN(size, out->size - at);
	struct iq_error *error =
		eval->machine->read(eval->machine->context, place.value, out->bytes + at, (size_t)size);
	if (error) {
		memset(out->bytes + at, 0, size);
		iq_eval_fail(eval, "needs %s", error->message);
		iq_error_free(error);
		return false;
	}
	memset(out->known + at, 1, size);
	return true;
}

static void note_hole(struct iq_strbuf *holes, uint64_t at, uint64_t size, const char *reason)
{
	if (holes->length > 512)
		return;
	iq_strbuf_addf(holes, "%sbytes %" PRIu64 "-%" PRIu64 ": %s", holes->length ? "; " : "", at, at + size - 1,
		       reason);
}

/* Bytes of the piece that ends an operation; false when it does not end on a byte. */
static bool piece_size(const Dwarf_Op *op, uint64_t *size)
{
	*size = op->number;
	if (op->atom != DW_OP_bit_piece)
		return true;
	*size = op->number / 8;
	return op->number % 8 == 0 && op->number2 == 0;
}

static bool is_piece(const Dwarf_Op *op)
{
	return op->atom == DW_OP_piece || op->atom == DW_OP_bit_piece;
}

static bool locate_pieces(struct iq_eval *eval, const Dwarf_Op *ops, size_t count, uint64_t size,
			  struct iq_location *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf holes = { 0 };
	uint64_t at = 0;
	bool some = false;
	if (!allocate(out, size))
		return iq_eval_fail(eval, "out of memory");
	for (size_t first = 0, i = 0; i < count && at < size; i++) {
		uint64_t length = 0;
		if (!is_piece(&ops[i]))
			continue;
		if (!piece_size(&ops[i], &length))
			return iq_eval_fail(eval, "its location has pieces of single bits, which are not supported");
		_cleanup_(iq_strbuf_free) struct iq_strbuf reason = { 0 };
		struct iq_eval piece = *eval;
		piece.reason = &reason;
		length = IQ_MIN(length, size - at);
		if (length && put_piece(&piece, ops + first, i - first, at, length, out))
			some = true;
		else if (length)
			note_hole(&holes, at, length, iq_strbuf_text(&reason));
		at += length;
		first = i + 1;
	}
	if (at < size)
		note_hole(&holes, at, size - at, "no location");
	if (!some)
		return iq_eval_fail(eval, "%s", iq_strbuf_text(&holes));
	out->reason = holes.length ? iq_strbuf_steal(&holes) : NULL;
	return true;
}

static bool locate_constant(struct iq_eval *eval, uint64_t size, struct iq_location *out)
{
	Dwarf_Block block;
	Dwarf_Word value = 0;
	Dwarf_Sword signed_value = 0;
	const char *text;
	if (!allocate(out, size))
		return iq_eval_fail(eval, "out of memory");
	switch (dwarf_whatform(eval->attribute)) {
	case DW_FORM_data1:
	case DW_FORM_data2:
	case DW_FORM_data4:
	case DW_FORM_data8:
	case DW_FORM_udata:
		if (dwarf_formudata(eval->attribute, &value) != 0)
			break;
		put(out, 0, &value, sizeof(value));
		return true;
	case DW_FORM_sdata:
	case DW_FORM_implicit_const:
		if (dwarf_formsdata(eval->attribute, &signed_value) != 0)
			break;
		put(out, 0, &signed_value, sizeof(signed_value));
		return true;
	default:
		text = dwarf_formstring(eval->attribute);
		if (text)
			put(out, 0, text, strlen(text) + 1);
		else if (dwarf_formblock(eval->attribute, &block) == 0)
			put(out, 0, block.data, block.length);
		else
			break;
		return true;
	}
	return iq_eval_fail(eval, "its constant value can't be read");
}

/* As `outer` asks, but for this variable. */
static bool locate_die(struct iq_eval *outer, Dwarf_Die *die, uint64_t size, struct iq_location *out)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops = NULL;
	size_t count = 0;
	struct iq_place place;
	struct iq_eval eval = iq_eval_init(outer->dwarf, outer->machine, die, &attribute, outer->steps, outer->reason);
	eval.nesting = outer->nesting;
	/* What an inlined instance has goes before what its origin says. */
	if (!dwarf_attr(die, DW_AT_location, &attribute)) {
		if (iq_dwarf_attr(eval.dwarf, die, DW_AT_const_value, &attribute))
			return locate_constant(&eval, size, out);
		if (!iq_dwarf_attr(eval.dwarf, die, DW_AT_location, &attribute))
			return iq_eval_fail(&eval, "optimized out");
	}
	if (!iq_eval_choose(&eval, &ops, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (is_piece(&ops[i]))
			return locate_pieces(&eval, ops, count, size, out);
	}
	if (!iq_eval_place(&eval, ops, count, false, &place))
		return false;
	if (count == 1 && ops->atom == DW_OP_addr && !(place.value >> 63) && eval.dwarf->kernel)
		return iq_eval_fail(&eval, "per-CPU, at offset %#" PRIx64, place.value);
	return set_place(&eval, &place, size, out);
}

struct iq_error *iq_dwarf_locate(struct iq_dwarf *dwarf, const struct iq_dwarf_variable *variable,
				 const struct iq_scope *scope, const struct iq_dwarf_machine *machine,
				 struct iq_location *out)
{
	Dwarf_Die die;
	uint64_t size = 0;
	unsigned steps = IQ_EVAL_MAX_STEPS;
	_cleanup_(iq_strbuf_free) struct iq_strbuf reason = { 0 };
	struct iq_eval eval = { .dwarf = dwarf, .machine = machine, .steps = &steps, .reason = &reason };
	*out = (struct iq_location){ .kind = IQ_LOCATION_NONE };
	IQ_TRY(iq_dwarf_die_at(dwarf, variable->die, &die));
	if (!variable->type.source || iq_failed(iq_type_size(variable->type, &size)))
		size = 8;
	iq_dwarf_start(dwarf);
	if (locate_die(&eval, &die, IQ_MIN(size, MAX_SIZE), out)) {
		if (out->kind == IQ_LOCATION_MEMORY)
			out->size = size;
		return NULL;
	}
	iq_location_free(out);
	out->reason = iq_strbuf_steal(&reason);
	return out->reason ? NULL : iq_error_no_memory();
}

#else

struct iq_error *iq_dwarf_locate(struct iq_dwarf *dwarf, const struct iq_dwarf_variable *variable,
				 const struct iq_scope *scope, const struct iq_dwarf_machine *machine,
				 struct iq_location *out)
{
	return iq_error_new(IQ_ERROR_UNSUPPORTED, "made without elfutils");
}

#endif

void iq_location_free(struct iq_location *location)
{
	free(location->bytes);
	free(location->known);
	free(location->reason);
	*location = (struct iq_location){ .kind = IQ_LOCATION_NONE };
}
