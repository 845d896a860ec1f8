// SPDX-License-Identifier: GPL-2.0-or-later
/* The BTF front end: the header, and each kind in the words of the model. */
#include "type/btf.h"
#include "util/cleanup.h"

#include <stdio.h>
#include <string.h>

enum { MAGIC = 0xeb9f, OLD_HEADER = 24, NEW_HEADER = 32, POINTER_SIZE = 8 };

static struct btf *of(struct iq_type_source *source)
{
	return (struct btf *)source;
}

/* Opening. */

static struct iq_error *check_section(const struct btf *btf, const char *what, uint32_t header, uint32_t offset,
				      uint32_t length)
{
	uint64_t room = btf->bytes.size - header;
	if (offset > room || length > room - offset)
		return iq_error_new(IQ_ERROR_FORMAT, "its %s (offset %u, %u bytes) do not fit into its %zu bytes", what,
				    offset, length, btf->bytes.size);
	return NULL;
}

static struct iq_error *parse_header(struct btf *btf)
{
	if (btf->bytes.size < OLD_HEADER)
		return iq_error_new(IQ_ERROR_FORMAT, "%zu bytes are too few for a header", btf->bytes.size);
	IQ_TRY(btf_bytes_need(&btf->bytes, 0, OLD_HEADER));
	const uint8_t *p = btf->bytes.data;
	unsigned magic = p[0] | p[1] << 8;
	if (magic == 0x9feb)
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "it is of a big-endian machine");
	if (magic != MAGIC)
		return iq_error_new(IQ_ERROR_FORMAT, "its magic is 0x%04x, not 0x%04x", magic, MAGIC);
	if (p[2] != 1)
		return iq_error_new(IQ_ERROR_UNSUPPORTED, "its version is %u; only 1 is known", p[2]);
	uint32_t header = btf_u32(p + 4), types = btf_u32(p + 8), types_size = btf_u32(p + 12);
	uint32_t strings = btf_u32(p + 16), strings_size = btf_u32(p + 20);
	if (header < OLD_HEADER || header > btf->bytes.size)
		return iq_error_new(IQ_ERROR_FORMAT, "its header is said to have %u bytes", header);
	IQ_TRY(check_section(btf, "types", header, types, types_size));
	IQ_TRY(check_section(btf, "strings", header, strings, strings_size));
	if (types % 4 || header % 4)
		return iq_error_new(IQ_ERROR_FORMAT, "its types are not aligned: offset %u after %u", types, header);
	if (header >= NEW_HEADER) {
		IQ_TRY(btf_bytes_need(&btf->bytes, 0, NEW_HEADER));
		uint32_t layout = btf_u32(p + 24), layout_size = btf_u32(p + 28);
		IQ_TRY(check_section(btf, "kinds' layout", header, layout, layout_size));
		btf->layout = header + layout;
		btf->layout_count = layout_size / 4;
	}
	btf->types = header + types;
	btf->types_size = types_size;
	btf->strings = header + strings;
	btf->strings_size = strings_size;
	return NULL;
}

static struct iq_error *open_base(struct btf *btf)
{
	btf->first_id = 1;
	if (!btf->source.module)
		return NULL;
	struct iq_types *types = btf->source.types;
	iq_vec_foreach (other, &types->sources) {
		if (*other && !(*other)->module && (*other)->ops == btf->source.ops)
			btf->base = of(*other);
	}
	if (!btf->base)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "it needs that of vmlinux, which is not there");
	IQ_TRY(btf->base->source.ops->open(&btf->base->source));
	/* Without all of vmlinux' types nobody knows the number of the module's first. */
	IQ_TRY(btf_scan_all(btf->base));
	btf->first_id = btf->base->first_id + btf->base->count;
	return NULL;
}

static struct iq_error *btf_open_now(struct btf *btf)
{
	if (btf->load) {
		uint8_t *data = NULL;
		size_t size = 0;
		IQ_TRY(btf->load(btf->context, &data, &size));
		btf_bytes_take(&btf->bytes, data, size);
	}
	IQ_TRY(parse_header(btf));
	return open_base(btf);
}

static struct iq_error *btf_open(struct iq_type_source *source)
{
	struct btf *btf = of(source);
	if (btf->opened && !btf->failure)
		return NULL;
	if (!btf->opened) {
		btf->opened = true;
		btf->failure = iq_error_prefix(btf_open_now(btf), "%s", btf->label);
		if (!btf->failure)
			return NULL;
	}
	struct iq_error *error = iq_error_new(btf->failure->code, "%s", btf->failure->message);
	if (error->code == btf->failure->code) {
		error->page_state = btf->failure->page_state;
		error->has_address = btf->failure->has_address;
		error->address = btf->failure->address;
	}
	return error;
}

static void btf_free(struct iq_type_source *source)
{
	struct btf *btf = of(source);
	btf_index_free(btf);
	btf_names_free(btf);
	btf_bytes_free(&btf->bytes);
	if (btf->free_context)
		btf->free_context(btf->context);
	iq_error_free(btf->failure);
	free(btf->label);
	free(source->module);
	free(btf);
}

/* Kinds in the words of the model. */

struct iq_type btf_type_of(struct btf *btf, uint32_t id)
{
	if (btf->base && id < btf->first_id)
		btf = btf->base;
	return (struct iq_type){ &btf->source, id };
}

static const enum iq_type_kind kinds[BTF_KINDS] = {
	[BTF_INT] = IQ_TYPE_INT,       [BTF_PTR] = IQ_TYPE_POINTER,       [BTF_ARRAY] = IQ_TYPE_ARRAY,
	[BTF_STRUCT] = IQ_TYPE_STRUCT, [BTF_UNION] = IQ_TYPE_UNION,       [BTF_ENUM] = IQ_TYPE_ENUM,
	[BTF_FWD] = IQ_TYPE_FORWARD,   [BTF_TYPEDEF] = IQ_TYPE_TYPEDEF,   [BTF_VOLATILE] = IQ_TYPE_VOLATILE,
	[BTF_CONST] = IQ_TYPE_CONST,   [BTF_RESTRICT] = IQ_TYPE_RESTRICT, [BTF_FUNC_PROTO] = IQ_TYPE_FUNCTION,
	[BTF_FLOAT] = IQ_TYPE_FLOAT,   [BTF_TYPE_TAG] = IQ_TYPE_TAG,      [BTF_ENUM64] = IQ_TYPE_ENUM,
};

bool btf_is_type(enum btf_kind kind)
{
	return kind < BTF_KINDS && kinds[kind];
}

static void int_info(const struct btf_record *record, struct iq_type_info *out)
{
	uint32_t encoding = btf_u32(record->extra) >> 24 & 0xf;
	out->size = record->size_or_type;
	out->is_signed = encoding & 1;
	out->encoding = out->is_signed ? IQ_INT_SIGNED : IQ_INT_UNSIGNED;
	if (encoding & 4)
		out->encoding = IQ_INT_BOOL;
	/* Compilers set BTF_INT_CHAR rarely: what is called a char is one. */
	else if (encoding & 2 || (out->size == 1 && out->name && strstr(out->name, "char")))
		out->encoding = IQ_INT_CHAR;
}

static void function_info(struct btf *btf, const struct btf_record *record, struct iq_type_info *out)
{
	out->target = btf_type_of(btf, record->size_or_type);
	out->count = record->vlen;
	if (record->vlen) {
		const uint8_t *last = record->extra + 8 * (size_t)(record->vlen - 1);
		out->variadic = btf_u32(last) == 0 && btf_u32(last + 4) == 0;
		out->count -= out->variadic;
	}
}

static struct iq_error *record_info(struct btf *btf, uint32_t id, const struct btf_record *record,
				    struct iq_type_info *out)
{
	*out = (struct iq_type_info){ .kind = kinds[record->kind] };
	IQ_TRY(btf_string(btf, record->name, &out->name));
	switch (record->kind) {
	case BTF_INT: int_info(record, out); break;
	case BTF_FLOAT: out->size = record->size_or_type; break;
	case BTF_FWD: out->is_union_forward = record->flag; break;
	case BTF_STRUCT:
	case BTF_UNION:
		out->size = record->size_or_type;
		out->count = record->vlen;
		break;
	case BTF_ENUM:
	case BTF_ENUM64:
		out->size = record->size_or_type;
		out->count = record->vlen;
		out->is_signed = record->flag; /* since Linux 6.0, upstream commit 6089fb325cf7; unsigned before */
		break;
	case BTF_ARRAY:
		out->target = btf_type_of(btf, btf_u32(record->extra));
		out->count = btf_u32(record->extra + 8);
		break;
	case BTF_PTR: out->size = POINTER_SIZE; /* fall through */
	case BTF_TYPEDEF:
	case BTF_CONST:
	case BTF_VOLATILE:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG:
		out->target = btf_type_of(btf, record->size_or_type);
		out->is_attribute = record->kind == BTF_TYPE_TAG && record->flag;
		break;
	case BTF_FUNC_PROTO: function_info(btf, record, out); break;
	default: return iq_error_new(IQ_ERROR_FORMAT, "%s: %u is not the number of a type", btf->label, id);
	}
	return NULL;
}

static struct iq_error *btf_info(struct iq_type_source *source, uint32_t id, struct iq_type_info *out)
{
	struct btf *btf = of(source);
	struct btf_record record;
	if (!id) {
		*out = (struct iq_type_info){ .kind = IQ_TYPE_VOID };
		return NULL;
	}
	IQ_TRY(btf_record(btf, id, &btf, &record));
	return record_info(btf, id, &record, out);
}

/* Gives the record of a type that has numbered parts, and checks that part n is there. */
static struct iq_error *part_of(struct btf *btf, uint32_t id, uint32_t n, struct btf **owner, struct btf_record *record)
{
	IQ_TRY(btf_record(btf, id, owner, record));
	if (n >= record->vlen)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s: type %u has %u parts, not %u", btf->label, id, record->vlen,
				    n + 1);
	return NULL;
}

/* Without kind_flag a bit-field is told by its type: an int of fewer bits than its bytes have (up to pahole 1.12). */
static void old_bit_field(struct btf *btf, uint32_t id, struct iq_type_member *member)
{
	struct btf_record record;
	for (int i = 0; i < IQ_TYPE_MAX_DEPTH && id; i++, id = record.size_or_type) {
		struct btf *owner;
		if (iq_failed(btf_record(btf, id, &owner, &record)))
			return;
		btf = owner;
		if (record.kind == BTF_INT) {
			uint32_t data = btf_u32(record.extra), bits = data & 0xff;
			if (bits && bits < (uint64_t)record.size_or_type * 8) {
				member->bit_size = bits;
				member->bit_offset += data >> 16 & 0xff;
			}
			return;
		}
		if (record.kind != BTF_TYPEDEF && record.kind != BTF_CONST && record.kind != BTF_VOLATILE)
			return;
	}
}

static struct iq_error *btf_member_at(struct iq_type_source *source, uint32_t id, uint32_t n,
				      struct iq_type_member *out)
{
	struct btf *btf = of(source);
	struct btf_record record;
	IQ_TRY(part_of(btf, id, n, &btf, &record));
	if (record.kind != BTF_STRUCT && record.kind != BTF_UNION)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s: type %u has no members", btf->label, id);
	const uint8_t *p = record.extra + 12 * (size_t)n;
	uint32_t type = btf_u32(p + 4), offset = btf_u32(p + 8);
	*out = (struct iq_type_member){ .type = btf_type_of(btf, type) };
	IQ_TRY(btf_string(btf, btf_u32(p), &out->name));
	out->bit_offset = record.flag ? offset & 0xffffff : offset;
	if (record.flag)
		out->bit_size = offset >> 24;
	else
		old_bit_field(btf, type, out);
	return NULL;
}

static struct iq_error *btf_enumerator_at(struct iq_type_source *source, uint32_t id, uint32_t n,
					  struct iq_type_enumerator *out)
{
	struct btf *btf = of(source);
	struct btf_record record;
	IQ_TRY(part_of(btf, id, n, &btf, &record));
	const uint8_t *p = record.extra;
	if (record.kind == BTF_ENUM) {
		p += 8 * (size_t)n;
		uint32_t value = btf_u32(p + 4);
		out->value = record.flag ? (int32_t)value : (int64_t)value;
	} else if (record.kind == BTF_ENUM64) {
		p += 12 * (size_t)n;
		out->value = (int64_t)(btf_u32(p + 4) | (uint64_t)btf_u32(p + 8) << 32);
	} else {
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s: type %u has no enumerators", btf->label, id);
	}
	return btf_string(btf, btf_u32(p), &out->name);
}

static struct iq_error *btf_parameter_at(struct iq_type_source *source, uint32_t id, uint32_t n, const char **name,
					 struct iq_type *out)
{
	struct btf *btf = of(source);
	struct btf_record record;
	IQ_TRY(part_of(btf, id, n, &btf, &record));
	if (record.kind != BTF_FUNC_PROTO)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s: type %u has no parameters", btf->label, id);
	const uint8_t *p = record.extra + 8 * (size_t)n;
	*out = btf_type_of(btf, btf_u32(p + 4));
	return btf_string(btf, btf_u32(p), name);
}

/* By name. */

static bool is_named_type(enum btf_kind kind)
{
	return kind == BTF_INT || kind == BTF_FLOAT || kind == BTF_STRUCT || kind == BTF_UNION || kind == BTF_ENUM ||
	       kind == BTF_ENUM64 || kind == BTF_TYPEDEF || kind == BTF_FWD || kind == BTF_VAR;
}

static bool is_function(enum btf_kind kind)
{
	return kind == BTF_FUNC;
}

static bool is_kind(enum btf_kind kind, unsigned wanted)
{
	return btf_is_type(kind) && wanted & IQ_KIND(kinds[kind]);
}

static bool is_btf_kind(enum btf_kind kind, unsigned wanted)
{
	return kind == wanted;
}

static struct iq_error *btf_find(struct iq_type_source *source, unsigned wanted, const char *name, struct iq_type *out)
{
	struct btf *btf = of(source);
	uint32_t id = 0;
	*out = (struct iq_type){ 0 };
	IQ_TRY(btf_by_name(btf, &btf->named, name, is_kind, wanted, &id));
	if (id)
		*out = (struct iq_type){ source, id };
	return NULL;
}

static struct iq_error *target_of_named(struct btf *btf, struct btf_names *names, enum btf_kind kind, const char *name,
					struct iq_type *out)
{
	uint32_t id;
	*out = (struct iq_type){ 0 };
	IQ_TRY(btf_by_name(btf, names, name, is_btf_kind, kind, &id));
	if (!id)
		return NULL;
	struct btf_record record;
	IQ_TRY(btf_record(btf, id, NULL, &record));
	*out = btf_type_of(btf, record.size_or_type);
	return NULL;
}

static struct iq_error *btf_function(struct iq_type_source *source, const char *name, struct iq_type *out)
{
	return target_of_named(of(source), &of(source)->functions, BTF_FUNC, name, out);
}

static struct iq_error *btf_variable(struct iq_type_source *source, const char *name, struct iq_type *out)
{
	return target_of_named(of(source), &of(source)->named, BTF_VAR, name, out);
}

static bool enumerator_named(struct btf *btf, uint32_t id, uint32_t count, const char *name, int64_t *value)
{
	for (uint32_t n = 0; n < count; n++) {
		struct iq_type_enumerator enumerator;
		if (iq_failed(btf_enumerator_at(&btf->source, id, n, &enumerator)) || !enumerator.name)
			continue;
		if (strcmp(enumerator.name, name) == 0) {
			*value = enumerator.value;
			return true;
		}
	}
	return false;
}

static struct iq_error *btf_constant(struct iq_type_source *source, const char *name, struct iq_type *type,
				     int64_t *value, bool *found)
{
	struct btf *btf = of(source);
	*found = false;
	for (uint32_t i = 0; !*found; i++) {
		struct btf_record record;
		IQ_TRY(btf_scan(btf, i + 1));
		if (i >= btf->count)
			return NULL;
		const uint8_t *p = btf->bytes.data + btf->types + btf->offsets[i];
		if (!is_kind((enum btf_kind)(btf_u32(p + 4) >> 24 & 0x7f), IQ_KIND(IQ_TYPE_ENUM)))
			continue;
		if (!iq_failed(btf_record(btf, btf->first_id + i, NULL, &record)))
			*found = enumerator_named(btf, btf->first_id + i, record.vlen, name, value);
		*type = (struct iq_type){ source, btf->first_id + i };
	}
	return NULL;
}

static struct iq_error *btf_each(struct iq_type_source *source,
				 struct iq_error *(*fn)(void *context, struct iq_type type), void *context)
{
	struct btf *btf = of(source);
	for (uint32_t i = 0;; i++) {
		IQ_TRY(btf_scan(btf, i + 1));
		if (i >= btf->count)
			return NULL;
		const uint8_t *p = btf->bytes.data + btf->types + btf->offsets[i];
		enum btf_kind kind = (enum btf_kind)(btf_u32(p + 4) >> 24 & 0x7f);
		if (btf_u32(p) && kind < BTF_KINDS && is_named_type(kind) && kind != BTF_FWD && kind != BTF_VAR)
			IQ_TRY(fn(context, (struct iq_type){ source, btf->first_id + i }));
	}
}

static const struct iq_type_source_ops btf_ops = {
	.open = btf_open,
	.find = btf_find,
	.info = btf_info,
	.member_at = btf_member_at,
	.enumerator_at = btf_enumerator_at,
	.parameter_at = btf_parameter_at,
	.function = btf_function,
	.variable = btf_variable,
	.constant = btf_constant,
	.each = btf_each,
	.free = btf_free,
};

struct btf *btf_from_source(struct iq_type_source *source)
{
	return source->ops == &btf_ops ? of(source) : NULL;
}

/* Adding. */

static struct btf *btf_new(const struct iq_types *types, const char *module)
{
	struct btf *btf = calloc(1, sizeof(*btf));
	if (!btf)
		return NULL;
	btf->source.ops = &btf_ops;
	btf->named.wants = is_named_type;
	btf->functions.wants = is_function;
	btf->first_id = 1;
	const char *core = types->name ? types->name : "vmlinux";
	if (asprintf(&btf->label, "BTF of %s%s", module ? "module " : "", module ? module : core) < 0) {
		free(btf);
		return NULL;
	}
	return btf;
}

static struct iq_error *adding_failed(void *context, void (*free_context)(void *context))
{
	if (free_context)
		free_context(context);
	return iq_error_no_memory();
}

struct iq_error *iq_types_add_btf(struct iq_types *types, const char *module, iq_type_loader load, void *context,
				  void (*free_context)(void *))
{
	struct btf *btf = btf_new(types, module);
	if (!btf)
		return adding_failed(context, free_context);
	btf->load = load;
	btf->context = context;
	btf->free_context = free_context;
	return iq_types_add_source(types, module, &btf->source);
}

struct iq_error *iq_types_add_btf_paged(struct iq_types *types, const char *module, uint64_t size, unsigned phase,
					iq_type_reader read, void *context, void (*free_context)(void *))
{
	struct btf *btf = btf_new(types, module);
	if (!btf)
		return adding_failed(context, free_context);
	btf->context = context;
	btf->free_context = free_context;
	/* Reported with the first question, as if the bytes had been fetched then. */
	btf->failure = iq_error_prefix(btf_bytes_reserve(&btf->bytes, size, phase, read, context), "%s", btf->label);
	btf->opened = btf->failure != NULL;
	return iq_types_add_source(types, module, &btf->source);
}
