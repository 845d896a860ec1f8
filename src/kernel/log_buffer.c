// SPDX-License-Identifier: GPL-2.0-or-later
/* The record buffer of 3.5 to 5.9: struct printk_log headers, each with its text and dictionary behind it
 * (kernel/printk/printk.c of 4.18). */
#include "kernel/internal.h"
#include "kernel/log.h"
#include "kernel/log_layout.h"

#include <string.h>

enum { MAX_BUFFER = 1 << 28, MAX_RECORD = 65536 };

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

/* The buffer, and the record in hand. */
struct buffer {
	struct iq_kernel *kernel;
	struct header header;
	uint64_t address, size, first, next, seq, clear;
	uint8_t bytes[MAX_RECORD];
};

static struct iq_error *open_buffer(struct buffer *b)
{
	struct iq_kernel *k = b->kernel;
	IQ_TRY(read_header_layout(k, &b->header));
	IQ_TRY(read_variable(k, "log_buf", 8, &b->address));
	IQ_TRY(read_variable(k, "log_buf_len", 4, &b->size));
	IQ_TRY(read_variable(k, "log_first_idx", 4, &b->first));
	IQ_TRY(read_variable(k, "log_next_idx", 4, &b->next));
	iq_error_free(read_variable(k, "log_first_seq", 8, &b->seq));
	iq_error_free(read_variable(k, "clear_seq", 8, &b->clear));
	if (b->size < b->header.size || b->size > MAX_BUFFER || b->first >= b->size || b->next > b->size)
		return iq_error_new(IQ_ERROR_FORMAT, "log_buf of %lu bytes with records from %lu to %lu", b->size,
				    b->first, b->next);
	return NULL;
}

/* Reads the header of the record at `at`; its length, 0 where the writer went back to the start. */
static struct iq_error *read_header(struct buffer *b, uint64_t at, uint64_t *length)
{
	*length = 0;
	if (at + b->header.size > b->size)
		return NULL;
	IQ_TRY(iq_read(b->kernel->target, b->address + at, b->bytes, b->header.size));
	*length = u16_at(b->bytes, b->header.length);
	return NULL;
}

/* The rest of a record of `length` bytes, of which `room` are left. */
static struct iq_error *read_rest(struct buffer *b, uint64_t at, uint64_t length, uint64_t room,
				  struct iq_log_record *out)
{
	const struct header *h = &b->header;
	uint64_t text = u16_at(b->bytes, h->text_length), dict = u16_at(b->bytes, h->dict_length);
	if (length > room || length < h->size || text + dict > length - h->size)
		return iq_error_new(IQ_ERROR_FORMAT,
				    "record of %lu bytes with %lu of text and %lu of dictionary at %lu", length, text,
				    dict, at);
	IQ_TRY(iq_read(b->kernel->target, b->address + at, b->bytes, length));
	memcpy(&out->time_ns, b->bytes + h->time, 8);
	/* facility and level share the two bytes behind dict_len. */
	out->facility = b->bytes[h->dict_length + 2];
	out->flags = b->bytes[h->dict_length + 3] & 31;
	out->level = b->bytes[h->dict_length + 3] >> 5;
	out->text = (const char *)b->bytes + h->size;
	out->text_length = text;
	out->dict = dict ? out->text + text : NULL;
	out->dict_length = dict;
	out->subsystem = out->device = "";
	return NULL;
}

struct iq_error *iq_log_buffer_each(struct iq_kernel *kernel, iq_log_fn fn, void *context)
{
	_cleanup_free_ struct buffer *b = calloc(1, sizeof(*b));
	if (!b)
		return iq_error_no_memory();
	b->kernel = kernel;
	IQ_TRY(open_buffer(b));
	/* The way is from first to next, by the end if next lies before. Equal from the start means empty: the writer
	 * keeps a header free. */
	bool by_end = b->next < b->first;
	for (uint64_t at = b->first, length; at != b->next || by_end; b->seq++) {
		IQ_TRY(read_header(b, at, &length));
		if (!length && by_end) {
			by_end = false;
			at = 0;
			if (!b->next)
				break;
			IQ_TRY(read_header(b, at, &length));
		}
		struct iq_log_record record = { .seq = b->seq, .cleared = b->seq < b->clear };
		IQ_TRY(read_rest(b, at, length, (by_end ? b->size : b->next) - at, &record));
		IQ_TRY(fn(context, &record));
		at += length;
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}
