// SPDX-License-Identifier: GPL-2.0-or-later
/* The lock-less printk ring buffer. Facts: kernel/printk/printk_ringbuffer.[ch],
 * Documentation/admin-guide/kdump/vmcoreinfo.rst. */
#include "kernel/internal.h"
#include "kernel/log.h"
#include "kernel/log_layout.h"

#include <string.h>

/* log_buf_len is at most 2^31, with a descriptor for every 32 bytes (LOG_BUF_LEN_MAX, PRB_AVGBITS). */
enum { MAX_DATA_BITS = 31, MAX_COUNT_BITS = 26, MAX_DAMAGED = 65536, MAX_UNFINISHED = 256 };
enum { MAX_TEXT = 65536, STATE_SHIFT = 62, STATE_COMMITTED = 1, STATE_FINALIZED = 2, WORD = 8 };

#define ID_MASK ((UINT64_C(1) << STATE_SHIFT) - 1)

struct ring {
	struct iq_kernel *kernel;
	uint64_t count, descs, infos, head, tail; /* descriptor ring */
	uint64_t data, data_size;                 /* text ring */
	uint64_t desc_size, state_offset, begin_offset, next_offset;
	uint64_t info_size, seq, time, text_len, facility, caller, dev_info;
	bool has_caller, has_dev_info;
	uint64_t clear_seq;
	unsigned damaged;
	uint8_t *info;
	char *text;
	char subsystem[17], device[49];
};

static void ring_free(struct ring *ring)
{
	free(ring->info);
	free(ring->text);
}

static struct iq_error *read_at(struct ring *r, uint64_t base, const char *type, const char *member, uint64_t *value)
{
	uint64_t offset;
	IQ_TRY(iq_log_offset(r->kernel, type, member, &offset));
	return iq_error_prefix(iq_read_u64(r->kernel->target, base + offset, value), "%s.%s", type, member);
}

static struct iq_error *read_bits(struct ring *r, uint64_t base, const char *type, const char *member, unsigned most,
				  uint64_t *size)
{
	uint64_t offset;
	uint32_t bits;
	IQ_TRY(iq_log_offset(r->kernel, type, member, &offset));
	IQ_TRY(iq_error_prefix(iq_read_u32(r->kernel->target, base + offset, &bits), "%s.%s", type, member));
	if (!bits || bits > most)
		return iq_error_new(IQ_ERROR_FORMAT, "%s.%s is %u", type, member, bits);
	*size = UINT64_C(1) << bits;
	return NULL;
}

static struct iq_error *open_rings(struct ring *r, uint64_t ring)
{
	struct iq_kernel *k = r->kernel;
	uint64_t offset, desc_ring, data_ring, counter = 0;
	IQ_TRY(iq_log_offset(k, "printk_ringbuffer", "desc_ring", &offset));
	desc_ring = ring + offset;
	IQ_TRY(iq_log_offset(k, "printk_ringbuffer", "text_data_ring", &offset));
	data_ring = ring + offset;
	IQ_TRY(read_bits(r, desc_ring, "prb_desc_ring", "count_bits", MAX_COUNT_BITS, &r->count));
	IQ_TRY(read_at(r, desc_ring, "prb_desc_ring", "descs", &r->descs));
	IQ_TRY(read_at(r, desc_ring, "prb_desc_ring", "infos", &r->infos));
	IQ_TRY(iq_log_offset(k, "atomic_long_t", "counter", &counter));
	IQ_TRY(read_at(r, desc_ring + counter, "prb_desc_ring", "head_id", &r->head));
	IQ_TRY(read_at(r, desc_ring + counter, "prb_desc_ring", "tail_id", &r->tail));
	IQ_TRY(read_bits(r, data_ring, "prb_data_ring", "size_bits", MAX_DATA_BITS, &r->data_size));
	IQ_TRY(read_at(r, data_ring, "prb_data_ring", "data", &r->data));
	IQ_TRY(iq_log_size(k, "prb_desc", &r->desc_size));
	IQ_TRY(iq_log_offset(k, "prb_desc", "state_var", &r->state_offset));
	r->state_offset += counter;
	IQ_TRY(iq_log_offset(k, "prb_desc", "text_blk_lpos", &offset));
	IQ_TRY(iq_log_offset(k, "prb_data_blk_lpos", "begin", &r->begin_offset));
	IQ_TRY(iq_log_offset(k, "prb_data_blk_lpos", "next", &r->next_offset));
	r->begin_offset += offset;
	r->next_offset += offset;
	return NULL;
}

/* struct printk_info, and the buffer for one of them. */
static struct iq_error *open_info(struct ring *r)
{
	struct iq_kernel *k = r->kernel;
	IQ_TRY(iq_log_size(k, "printk_info", &r->info_size));
	IQ_TRY(iq_log_offset(k, "printk_info", "seq", &r->seq));
	IQ_TRY(iq_log_offset(k, "printk_info", "ts_nsec", &r->time));
	IQ_TRY(iq_log_offset(k, "printk_info", "text_len", &r->text_len));
	/* facility, and the byte of flags and level behind it, follow text_len (struct printk_info); vmcoreinfo doesn't
	 * say. */
	if (iq_failed(iq_log_offset(k, "printk_info", "facility", &r->facility)))
		r->facility = r->text_len + 2;
	r->has_caller = !iq_failed(iq_log_offset(k, "printk_info", "caller_id", &r->caller));
	r->has_dev_info = !iq_failed(iq_log_offset(k, "printk_info", "dev_info", &r->dev_info));
	if (r->info_size < 24 || r->info_size > 4096 || r->seq + 8 > r->info_size || r->time + 8 > r->info_size ||
	    r->facility + 2 > r->info_size || r->text_len + 2 > r->info_size)
		return iq_error_new(IQ_ERROR_FORMAT, "struct printk_info of %lu bytes", r->info_size);
	r->has_caller = r->has_caller && r->caller + 4 <= r->info_size;
	r->has_dev_info = r->has_dev_info && r->dev_info + 64 <= r->info_size;
	r->info = malloc(r->info_size);
	r->text = malloc(MAX_TEXT);
	return r->info && r->text ? NULL : iq_error_no_memory();
}

/* clear_seq: a plain u64 at first, a struct latched_seq of two copies since 5.13; the latch's lowest bit says which
 * copy is whole. */
static void read_clear_seq(struct ring *r)
{
	uint64_t symbol, latch, values;
	uint32_t sequence;
	struct iq_kernel *k = r->kernel;
	if (iq_failed(iq_log_symbol(k, "clear_seq", &symbol)))
		return;
	if (iq_failed(iq_log_offset(k, "latched_seq", "val", &values))) {
		iq_error_free(iq_read_u64(k->target, symbol, &r->clear_seq));
		return;
	}
	if (iq_failed(iq_log_offset(k, "latched_seq", "latch", &latch)))
		latch = 0;
	if (!iq_failed(iq_read_u32(k->target, symbol + latch, &sequence)))
		iq_error_free(iq_read_u64(k->target, symbol + values + 8 * (sequence & 1), &r->clear_seq));
}

/*
 * Where a record's text lies: behind the id at the block's start, which is the ring's start if the block would not fit
 * before the end. A block that just fits is moved to the start by kernels before 6.18 ("printk_ringbuffer: don't
 * needlessly wrap data blocks around"), left by later ones; its next - 1 tells in both.
 */
static struct iq_error *read_text(struct ring *r, uint64_t id, uint64_t begin, uint64_t next, struct iq_log_record *out)
{
	uint64_t at, room, block_id, mask = r->data_size - 1;
	out->text = r->text;
	if ((begin & 1) || (next & 1)) { /* NO_LPOS and FAILED_LPOS: a record without text */
		out->text_length = 0;
		return NULL;
	}
	if ((begin & ~mask) == ((next - 1) & ~mask) &&
	    (int64_t)(next - begin) > 0) { /* positions begin below zero and pass it */
		at = begin & mask;
		room = next - begin;
	} else if ((begin & ~mask) + r->data_size == ((next - 1) & ~mask)) {
		at = 0;
		room = next & mask;
	} else {
		return iq_error_new(IQ_ERROR_FORMAT, "block from %#lx to %#lx", begin, next);
	}
	if (room < WORD || room > r->data_size)
		return iq_error_new(IQ_ERROR_FORMAT, "block of %lu bytes", room);
	IQ_TRY(iq_read_u64(r->kernel->target, r->data + at, &block_id));
	if (block_id != id)
		return iq_error_new(IQ_ERROR_FORMAT, "block of another record");
	out->text_length = IQ_MIN(out->text_length, room - WORD);
	return iq_read(r->kernel->target, r->data + at + WORD, r->text, out->text_length);
}

/* One that is being made belongs to who had it a round before, or to nobody yet; such are the newest ones. */
static bool is_strange(const struct ring *r, uint64_t id, uint64_t state)
{
	uint64_t owner = state & ID_MASK;
	bool newest = ((r->head - id) & ID_MASK) < MAX_UNFINISHED;
	return owner != id && !(newest && (!state || owner == ((id - r->count) & ID_MASK)));
}

static struct iq_error *read_record(struct ring *r, uint64_t id, struct iq_log_record *out, bool *there)
{
	struct iq_target *t = r->kernel->target;
	uint64_t state, begin, next, index = id & (r->count - 1), desc = r->descs + index * r->desc_size;
	uint16_t length;
	IQ_TRY(iq_read_u64(t, desc + r->state_offset, &state));
	unsigned step = (unsigned)(state >> STATE_SHIFT);
	uint64_t owner = state & ID_MASK;
	*there = owner == id && (step == STATE_COMMITTED || step == STATE_FINALIZED);
	if (is_strange(r, id, state))
		return iq_error_new(IQ_ERROR_FORMAT, "the descriptor of record %#lx is that of %#lx", id, owner);
	if (!*there)
		return NULL;
	IQ_TRY(iq_read_u64(t, desc + r->begin_offset, &begin));
	IQ_TRY(iq_read_u64(t, desc + r->next_offset, &next));
	IQ_TRY(iq_read(t, r->infos + index * r->info_size, r->info, r->info_size));
	memcpy(&out->seq, r->info + r->seq, 8);
	memcpy(&out->time_ns, r->info + r->time, 8);
	memcpy(&length, r->info + r->text_len, 2);
	out->text_length = length;
	out->facility = r->info[r->facility];
	out->flags = r->info[r->facility + 1] & 31;
	out->level = r->info[r->facility + 1] >> 5;
	out->has_caller = r->has_caller;
	if (r->has_caller)
		memcpy(&out->caller, r->info + r->caller, 4);
	if (r->has_dev_info) { /* struct dev_printk_info: char subsystem[16], device[48] */
		memcpy(r->subsystem, r->info + r->dev_info, 16);
		memcpy(r->device, r->info + r->dev_info + 16, 48);
	}
	out->subsystem = r->subsystem;
	out->device = r->device;
	out->cleared = out->seq < r->clear_seq;
	return read_text(r, id, begin, next, out);
}

struct iq_error *iq_log_ring_each(struct iq_kernel *kernel, uint64_t ring, iq_log_fn fn, void *context)
{
	_cleanup_(ring_free) struct ring r = { .kernel = kernel };
	IQ_TRY(open_rings(&r, ring));
	IQ_TRY(open_info(&r));
	read_clear_seq(&r);
	uint64_t used = ((r.head - r.tail) & ID_MASK) + 1;
	if (used > r.count) {
		iq_warn(kernel->diag, "kernel log: descriptors from %#lx to %#lx in a ring of %lu", r.tail, r.head,
			r.count);
		used = r.count; /* each tells whose it is */
		r.tail = (r.head - used + 1) & ID_MASK;
	}
	for (uint64_t i = 0; i < used; i++) {
		struct iq_log_record record = { 0 };
		bool there = false;
		struct iq_error *error = read_record(&r, (r.tail + i) & ID_MASK, &record, &there);
		if (error) {
			if (!r.damaged++)
				iq_warn(kernel->diag, "kernel log: a record is damaged: %s", error->message);
			iq_error_free(error);
			if (r.damaged == MAX_DAMAGED)
				return iq_error_new(IQ_ERROR_LIMIT, "%u records are damaged: the rest is not looked at",
						    r.damaged);
		} else if (there) {
			IQ_TRY(fn(context, &record));
		}
		IQ_TRY(iq_check_interrupt());
	}
	if (r.damaged > 1)
		iq_warn(kernel->diag, "kernel log: %u records are damaged", r.damaged);
	return NULL;
}
