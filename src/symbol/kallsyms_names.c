// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbol/kallsyms.h"

#include "util/cleanup.h"

#include <endian.h>
#include <string.h>

/* A polynomial hash: hash(ab) = hash(a) * BASE^|b| + hash(b), so a name's hash comes out of its tokens' hashes. */
static const uint32_t BASE = 0x01000193;

static uint32_t hash_step(uint32_t hash, char c)
{
	return hash * BASE + (uint8_t)c + 1;
}

uint32_t iq_kallsyms_hash_text(const char *name)
{
	uint32_t hash = 0;
	for (; *name; name++)
		hash = hash_step(hash, *name);
	return hash;
}

uint32_t iq_kallsyms_hash(const struct iq_kallsyms_tokens *tokens, const uint8_t *bytes, size_t length)
{
	uint32_t hash = length ? tokens->tail_hash[bytes[0]] : 0; /* its first character is the type */
	for (size_t i = 1; i < length; i++)
		hash = hash * tokens->power[bytes[i]] + tokens->hash[bytes[i]];
	return hash;
}

bool iq_kallsyms_step(const uint8_t *bytes, size_t size, size_t *at, size_t *first, size_t *length)
{
	if (*at >= size)
		return false;
	size_t start = *at + 1, count = bytes[*at];
	if (count & 0x80) {
		if (start >= size)
			return false;
		count = (count & 0x7f) | (size_t)bytes[start++] << 7;
	}
	if (!count || count > size - start)
		return false;
	*first = start;
	*length = count;
	*at = start + count;
	return true;
}

bool iq_kallsyms_expand(const struct iq_kallsyms_tokens *tokens, const uint8_t *bytes, size_t length, char *name,
			size_t *name_length, char *type)
{
	size_t n = 0;
	bool have_type = false;
	for (size_t i = 0; i < length; i++) {
		uint8_t token = bytes[i];
		if (tokens->bad[token])
			return false;
		const char *text = tokens->text + tokens->start[token];
		size_t count = tokens->length[token];
		if (count && !have_type) {
			*type = *text++;
			have_type = true;
			count--;
		}
		if (count >= IQ_KALLSYMS_NAME_SIZE - n)
			return false;
		memcpy(name + n, text, count);
		n += count;
	}
	name[n] = '\0';
	*name_length = n;
	return have_type && n;
}

static void digest_token(struct iq_kallsyms_tokens *tokens, unsigned i)
{
	const char *text = tokens->text + tokens->start[i];
	uint32_t hash = 0, tail = 0, power = 1;
	for (size_t k = 0; k < tokens->length[i]; k++) {
		hash = hash_step(hash, text[k]);
		power *= BASE;
		if (k)
			tail = hash_step(tail, text[k]);
	}
	tokens->hash[i] = hash;
	tokens->tail_hash[i] = tail;
	tokens->power[i] = power;
}

struct iq_error *iq_kallsyms_tokens_read(struct iq_target *target, uint64_t table, uint64_t index,
					 struct iq_kallsyms_tokens *out)
{
	uint16_t starts[256];
	IQ_TRY(iq_error_prefix(iq_read(target, index, starts, sizeof(starts)), "kallsyms_token_index"));
	/* The index follows the table in every kernel: scripts/kallsyms.c writes one after the other. */
	uint64_t size = index > table ? index - table : 0;
	if (!size || size > UINT16_MAX + IQ_KALLSYMS_NAME_SIZE)
		return iq_error_new(IQ_ERROR_FORMAT,
				    "kallsyms_token_index at %#lx does not follow kallsyms_token_table at %#lx", index,
				    table);
	_cleanup_free_ char *text = malloc(size + 1);
	if (!text)
		return iq_error_no_memory();
	IQ_TRY(iq_error_prefix(iq_read(target, table, text, size), "kallsyms_token_table"));
	text[size] = '\0';

	memset(out, 0, sizeof(*out));
	out->text = iq_steal(text);
	unsigned bad = 0, last_bad = 0;
	for (unsigned i = 0; i < 256; i++) {
		uint16_t start = le16toh(starts[i]);
		size_t length = start < size ? strlen(out->text + start) : 0;
		if (start >= size || start + length >= size || length > UINT8_MAX * 2) {
			out->bad[i] = true;
			bad++;
			last_bad = i;
			continue;
		}
		out->start[i] = start;
		out->length[i] = (uint16_t)length;
		digest_token(out, i);
	}
	if (bad == 256) {
		iq_kallsyms_tokens_free(out);
		return iq_error_new(IQ_ERROR_FORMAT, "kallsyms_token_index at %#lx points outside kallsyms_token_table",
				    index);
	}
	if (bad)
		iq_warn(iq_target_diag(target),
			"kallsyms_token_index: %u of 256 entries point outside the token table (the last "
			"is entry %u): symbols spelt with them have no names",
			bad, last_bad);
	return NULL;
}

void iq_kallsyms_tokens_free(struct iq_kallsyms_tokens *tokens)
{
	free(tokens->text);
	tokens->text = NULL;
}
