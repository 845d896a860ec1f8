// SPDX-License-Identifier: GPL-2.0-or-later
#include "library/internal.h"

#include "command/evaluate.h"

#include <string.h>

static void freep(struct inquest_value **value)
{
	inquest_value_free(*value);
}

static struct inquest_value *new_value(struct inquest *crash)
{
	struct inquest_value *value = calloc(1, sizeof(*value));

	if (value)
		value->crash = crash;
	return value;
}

static struct iq_target *target_of(const struct inquest_value *value)
{
	return iq_kernel_target(value->crash->kernel);
}

struct inquest_error *inquest_evaluate(struct inquest *crash, const char *expression, struct inquest_value **out)
{
	_cleanup_(freep) struct inquest_value *value = new_value(crash);

	if (!value)
		return iq_public_error(iq_error_no_memory());
	IQ_PUBLIC_TRY(iq_session_evaluate(&crash->session, expression, &value->value));
	*out = iq_steal(value);
	return NULL;
}

void inquest_value_free(struct inquest_value *value)
{
	if (!value)
		return;
	iq_value_deinit(&value->value);
	free(value);
}

struct inquest_error *inquest_value_integer(const struct inquest_value *value, uint64_t *number)
{
	return iq_public_error(iq_value_integer(target_of(value), &value->value, number));
}

bool inquest_value_address(const struct inquest_value *value, uint64_t *address)
{
	if (value->value.place != IQ_IN_MEMORY)
		return false;
	*address = value->value.address;
	return true;
}

struct inquest_error *inquest_value_bytes(const struct inquest_value *value, void *buffer, size_t length)
{
	_cleanup_free_ uint8_t *bytes = malloc(length + 1), *known = malloc(length + 1);
	_cleanup_(iq_error_freep) struct iq_error *first = NULL;

	if (!bytes || !known)
		return iq_public_error(iq_error_no_memory());
	IQ_PUBLIC_TRY(iq_value_fetch(target_of(value), &value->value, bytes, known, length, &first));
	if (first)
		return iq_public_error(iq_steal(first));
	if (memchr(known, 0, length))
		return iq_public_error(iq_error_new(IQ_ERROR_NOT_FOUND, "not all of the value is known: %s",
						    value->value.why ? value->value.why : "optimized out"));
	memcpy(buffer, bytes, length);
	return NULL;
}

static struct inquest_error *give(struct iq_strbuf *text, char **out)
{
	char *given = text->failed ? NULL : iq_strbuf_steal(text);

	if (!given)
		return iq_public_error(iq_error_no_memory());
	*out = given;
	return NULL;
}

struct inquest_error *inquest_value_text(const struct inquest_value *value, char **text)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf buf = { 0 };
	struct iq_print_options options = {
		.target = target_of(value),
		.symbols = iq_kernel_symbols(value->crash->kernel),
		.radix = value->crash->session.radix,
	};

	IQ_PUBLIC_TRY(iq_value_print(&value->value, &options, &buf));
	return give(&buf, text);
}

struct inquest_error *inquest_value_type(const struct inquest_value *value, char **text)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf buf = { 0 };

	if (!value->value.type.source)
		return iq_public_error(iq_error_new(IQ_ERROR_NOT_FOUND, "the type of %s is not known",
						    value->value.symbol ? value->value.symbol : "the value"));
	iq_type_declare(value->value.type, "", &buf);
	return give(&buf, text);
}

static struct iq_error *pointed_to(const struct inquest_value *value, struct iq_value *out)
{
	struct iq_type type;
	struct iq_type_info info;

	if (!value->value.type.source)
		return iq_value_copy(&value->value, out);
	IQ_TRY(iq_type_strip(value->value.type, &type));
	IQ_TRY(iq_type_info(type, &info));
	if (info.kind != IQ_TYPE_POINTER)
		return iq_value_copy(&value->value, out);
	return iq_value_dereference(target_of(value), &value->value, out);
}

struct inquest_error *inquest_value_member(const struct inquest_value *value, const char *path,
					   struct inquest_value **out)
{
	_cleanup_(freep) struct inquest_value *part = new_value(value->crash);
	_cleanup_(iq_value_deinit) struct iq_value whole = { 0 };

	if (!part)
		return iq_public_error(iq_error_no_memory());
	IQ_PUBLIC_TRY(pointed_to(value, &whole));
	IQ_PUBLIC_TRY(iq_value_member(target_of(value), &whole, path, &part->value));
	*out = iq_steal(part);
	return NULL;
}

struct inquest_error *inquest_value_element(const struct inquest_value *value, int64_t index,
					    struct inquest_value **out)
{
	_cleanup_(freep) struct inquest_value *part = new_value(value->crash);

	if (!part)
		return iq_public_error(iq_error_no_memory());
	IQ_PUBLIC_TRY(iq_value_element(target_of(value), &value->value, index, &part->value));
	*out = iq_steal(part);
	return NULL;
}

struct inquest_error *inquest_value_dereference(const struct inquest_value *value, struct inquest_value **out)
{
	_cleanup_(freep) struct inquest_value *part = new_value(value->crash);

	if (!part)
		return iq_public_error(iq_error_no_memory());
	IQ_PUBLIC_TRY(iq_value_dereference(target_of(value), &value->value, &part->value));
	*out = iq_steal(part);
	return NULL;
}
