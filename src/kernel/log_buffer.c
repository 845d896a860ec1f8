// SPDX-License-Identifier: GPL-2.0-or-later
/* The record buffer of 3.5 to 5.9: struct printk_log headers, each with its text and dictionary behind it (kernel/printk/printk.c of 4.18). */
#include "kernel/internal.h"
#include "kernel/log.h"
#include "kernel/log_layout.h"

#include <string.h>

enum { MAX_BUFFER = 1 << 28 };

struct header {
	uint64_t size, time, length, text_length, dict_length;
};

static struct iq_error *read_header_layout(struct iq_kernel *k, struct header *h)
{
	IQ_TRY(iq_log_size(k, "printk_log", &h->size));
	IQ_TRY(iq_log_offset(k, "printk_log", "ts_nsec", &h->time));
	IQ_TRY(iq_log_offset(k, "printk_log", "len", &h->length));
	IQ_TRY(iq_log_offset(k, "printk_log", "text_len", &h->text_length));
	IQ_TRY(iq_log_offset(k, "printk_log", "dict_len", &h->dict_length));
	if (h->size < 16 || h->size > 64 || h->time + 8 > h->size || h->length + 2 > h->size ||
	    h->text_length + 2 > h->size || h->dict_length + 4 > h->size)
		return iq_error_new(IQ_ERROR_FORMAT, "struct printk_log of %lu bytes", h->size);
	return NULL;
}

static struct iq_error *read_variable(struct iq_kernel *k, const char *name, size_t size, uint64_t *value)
{
	uint64_t symbol;
	*value = 0;
	IQ_TRY(iq_log_symbol(k, name, &symbol));
	return iq_error_prefix(iq_read(k->target, symbol, value, size), "%s", name);
}

static uint16_t u16_at(const uint8_t *bytes, uint64_t offset)
{
	return (uint16_t)(bytes[offset] | bytes[offset + 1] << 8);
}

/* One record at `bytes`, of which `room` are left in the buffer. */
static struct iq_error *parse_record(const struct header *h, const uint8_t *bytes, uint64_t room, struct iq_log_record *out)
{
	uint64_t length = u16_at(bytes, h->length), text = u16_at(bytes, h->text_length), dict = u16_at(bytes, h->dict_length);
	if (length > room || length < h->size || text + dict > length - h->size)
		return iq_error_new(IQ_ERROR_FORMAT, "record of %lu bytes with %lu of text and %lu of dictionary", length, text,
				    dict);
	memcpy(&out->time_ns, bytes + h->time, 8);
	/* facility and level share the two bytes behind dict_len. */
	out->facility = bytes[h->dict_length + 2];
	out->flags = bytes[h->dict_length + 3] & 31;
	out->level = bytes[h->dict_length + 3] >> 5;
	out->text = (const char *)bytes + h->size;
	out->text_length = text;
	out->dict = dict ? out->text + text : NULL;
	out->dict_length = dict;
	out->subsystem = out->device = "";
	return NULL;
}

struct iq_error *iq_log_buffer_each(struct iq_kernel *kernel, iq_log_fn fn, void *context)
{
	struct header h;
	uint64_t buffer, size, first, next, seq = 0, clear = 0;
	IQ_TRY(read_header_layout(kernel, &h));
	IQ_TRY(read_variable(kernel, "log_buf", 8, &buffer));
	IQ_TRY(read_variable(kernel, "log_buf_len", 4, &size));
	IQ_TRY(read_variable(kernel, "log_first_idx", 4, &first));
	IQ_TRY(read_variable(kernel, "log_next_idx", 4, &next));
	iq_error_free(read_variable(kernel, "log_first_seq", 8, &seq));
	iq_error_free(read_variable(kernel, "clear_seq", 8, &clear));
	if (size < h.size || size > MAX_BUFFER || first >= size || next > size)
		return iq_error_new(IQ_ERROR_FORMAT, "log_buf of %lu bytes with records from %lu to %lu", size, first, next);
	_cleanup_free_ uint8_t *bytes = malloc(size);
	if (!bytes)
		return iq_error_no_memory();
	IQ_TRY(iq_error_prefix(iq_read(kernel->target, buffer, bytes, size), "log_buf"));
	bool wrapped = false;
	for (uint64_t at = first; at != next; seq++) { /* equal from the start: empty, since the writer always keeps a header free */
		/* A zero length, or no room for a header, means: go on at the start. */
		if (at + h.size > size || u16_at(bytes + at, h.length) == 0) {
			if (wrapped)
				break;
			wrapped = true;
			at = 0;
			if (at == next)
				break;
		}
		struct iq_log_record record = { .seq = seq, .cleared = seq < clear };
		IQ_TRY(parse_record(&h, bytes + at, size - at, &record));
		IQ_TRY(fn(context, &record));
		at += u16_at(bytes + at, h.length);
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}
