// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BTF. The input's first byte says how: bit 0 reads in pieces; bit 1: two bytes more give the size of vmlinux' part,
 * and the rest is a module's.
 */
#include "type/type.h"

#include "btf_part.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct iq_error *read_piece(void *context, uint64_t offset, void *buffer, size_t length)
{
	struct part *part = context;
	if (offset > part->size || length > part->size - offset)
		abort();
	memcpy(buffer, part->bytes + offset, length);
	return NULL;
}

static void add(struct iq_types *types, const char *module, struct part *part, bool pieces)
{
	iq_error_free(pieces ? iq_types_add_btf_paged(types, module, part->size, 1000, read_piece, part, NULL)
			     : iq_types_add_btf(types, module, load_part, part, NULL));
}

static struct iq_error *ask(void *context, struct iq_type type)
{
	unsigned *left = context;
	struct iq_type_info info;
	struct iq_type_member member;
	struct iq_strbuf text = { 0 };
	if (!(*left)--)
		return iq_error_new(IQ_ERROR_LIMIT, "enough");
	iq_type_declare(type, "x", &text);
	if (!iq_failed(iq_type_info(type, &info))) {
		for (uint32_t n = 0; n < info.count && n < 16; n++) {
			struct iq_type_enumerator enumerator;
			iq_error_free(iq_type_enumerator_at(type, n, &enumerator));
			if (!iq_failed(iq_type_member_at(type, n, &member)))
				iq_type_declare(member.type, member.name ? member.name : "", &text);
		}
	}
	iq_error_free(iq_type_describe_offset(type, *left, &text));
	iq_error_free(iq_type_member(type, "a.b[1].c", &member));
	iq_strbuf_free(&text);
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iq_types *types = iq_types_new(NULL);
	struct part base = { 0 }, module = { 0 };
	unsigned flags = size ? data[0] : 0, left = 64;
	if (size) {
		base.bytes = data + 1;
		base.size = size - 1;
	}
	if (flags & 2 && base.size >= 2) {
		size_t first = data[1] | (size_t)data[2] << 8;
		base.bytes += 2;
		base.size -= 2;
		first = first < base.size ? first : base.size;
		module = (struct part){ base.bytes + first, base.size - first };
		base.size = first;
	}
	if (!types)
		return 0;
	add(types, NULL, &base, flags & 1);
	if (flags & 2)
		add(types, "module", &module, flags & 1);
	struct iq_type type;
	struct iq_type_member member;
	int64_t value;
	iq_error_free(iq_type_parse(types, "struct task *[4]", &type));
	iq_error_free(iq_types_member(types, "task", "thread.regs[1][2]", &member));
	iq_error_free(iq_type_constant(types, "DEAD", &value));
	iq_error_free(iq_type_of_function(types, NULL, "kill_task", &type));
	iq_error_free(iq_type_of_function(types, "module", "kill_task", &type));
	iq_error_free(iq_type_of_variable(types, NULL, "current_task", &type));
	iq_error_free(iq_types_each(types, ask, &left));
	iq_types_free(types);
	return 0;
}
