// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Expressions. The text is the input up to its first NUL; what stands behind it is BTF, and the memory at the objects
 * that names stand for.
 */
#include "../unit/fake_target.h"

#include "expr/expr.h"
#include "expr/print.h"

#include "btf_part.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every short name is an object of the type "struct NAME" or a number. */
static struct iq_error *identifier(void *context, const char *name, struct iq_value *out)
{
	struct iq_types *types = context;
	struct iq_type type;
	if (strlen(name) > 8)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no %s", name);
	if (name[0] == 'u') {
		*out = iq_value_at((struct iq_type){ 0 }, 0x1000);
		out->symbol = "u";
		return NULL;
	}
	if (iq_failed(iq_type_find(types, IQ_TYPE_STRUCT, name, &type)))
		IQ_TRY(iq_type_int(types, 8, name[0] < 'n', &type));
	*out = iq_value_at(type, UINT64_C(0xffff888000000000) + (unsigned char)name[0]);
	return NULL;
}

static struct iq_error *reg(void *context, const char *name, struct iq_value *out)
{
	struct iq_type type;
	IQ_TRY(iq_type_int(context, 4, true, &type));
	return iq_value_of_integer(type, (unsigned char)name[0], out);
}

static struct iq_error *history(void *context, int number, struct iq_value *out)
{
	struct iq_type type;
	IQ_TRY(iq_type_parse(context, "void *", &type));
	return iq_value_of_integer(type, (uint64_t)number, out);
}

static struct iq_error *per_cpu(void *context, uint64_t address, unsigned cpu, uint64_t *out)
{
	*out = address + cpu * UINT64_C(0x1000);
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iq_types *types = iq_types_new(NULL);
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	size_t length = end ? (size_t)(end - data) : size;
	struct part btf = { end ? end + 1 : NULL, end ? size - length - 1 : 0 };
	char *text = malloc(length + 1);
	if (!types || !text)
		abort();
	if (length)
		memcpy(text, data, length);
	text[length] = '\0';
	if (btf.size)
		iq_error_free(iq_types_add_btf(types, NULL, load_part, &btf, NULL));

	struct iq_target target;
	fake_init(&target);
	fake_add(&target, UINT64_C(0xffff888000000000), data, size);
	struct iq_expr_context context = { &target, types, identifier, reg, history, per_cpu, types, NULL };
	struct iq_print_options options = { .target = &target, .radix = 10 };
	struct iq_value value = { 0 };
	struct iq_strbuf out = { 0 };
	struct iq_type type;
	if (!iq_failed(iq_expr_evaluate(&context, text, &value))) {
		iq_error_free(iq_value_print(&value, &options, &out));
		iq_value_deinit(&value);
	}
	if (!iq_failed(iq_expr_type(&context, text, &type)))
		iq_type_declare(type, "", &out);
	iq_strbuf_free(&out);
	free(text);
	iq_types_free(types);
	fake_free(&target);
	return 0;
}
