/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a printk ring as kernel/printk/printk_ringbuffer.c does: eight descriptors and 256 bytes of text. For tests
 * and fuzzing. */
#ifndef IQ_TESTS_KERNEL_RING_BUILDER_H
#define IQ_TESTS_KERNEL_RING_BUILDER_H

#include "log_setup.h"

enum { DESCS = 8, TEXT_BYTES = 256 };
enum { RESERVED, COMMITTED, FINALIZED, REUSABLE };

/* Where things lie in LOG. */
enum { PRB = 0, CLEAR_SEQ = 8, RING = 0x40, DESC_AT = 0x100, INFO_AT = 0x400, TEXT_AT = 0x800 };

/* Where members lie: of 6.12. */
enum {
	COUNT_BITS = RING,
	HEAD_ID = RING + 24,
	TAIL_ID = RING + 32,
	SIZE_BITS = RING + 48,
	HEAD_LPOS = RING + 64,
	TAIL_LPOS = RING + 72
};

#define RING_VMCOREINFO                                                                                                \
	"SYMBOL(prb)=ffffffff82000000\nSYMBOL(clear_seq)=ffffffff82000008\n"                                           \
	"OFFSET(printk_ringbuffer.desc_ring)=0\nOFFSET(printk_ringbuffer.text_data_ring)=48\n"                         \
	"OFFSET(prb_desc_ring.count_bits)=0\nOFFSET(prb_desc_ring.descs)=8\nOFFSET(prb_desc_ring.infos)=16\n"          \
	"OFFSET(prb_desc_ring.head_id)=24\nOFFSET(prb_desc_ring.tail_id)=32\n"                                         \
	"SIZE(prb_desc)=24\nOFFSET(prb_desc.state_var)=0\nOFFSET(prb_desc.text_blk_lpos)=8\n"                          \
	"OFFSET(prb_data_blk_lpos.begin)=0\nOFFSET(prb_data_blk_lpos.next)=8\n"                                        \
	"OFFSET(printk_info.seq)=0\nOFFSET(printk_info.ts_nsec)=8\nOFFSET(printk_info.text_len)=16\n"                  \
	"OFFSET(printk_info.caller_id)=20\nOFFSET(printk_info.dev_info)=24\n"                                          \
	"OFFSET(prb_data_ring.size_bits)=0\nOFFSET(prb_data_ring.data)=8\nOFFSET(atomic_long_t.counter)=0\n"
#define RING_SIZES "SIZE(printk_info)=88\n"
#define RING_LATCH "OFFSET(latched_seq.val)=8\n"

static inline unsigned place_of(uint64_t id)
{
	return (unsigned)(id % DESCS);
}

static inline void ring_state(struct log_machine *m, uint64_t id, unsigned state)
{
	put(m, DESC_AT + 24 * place_of(id), (uint64_t)state << 62 | id, 8);
}

static inline void ring_block(struct log_machine *m, uint64_t id, uint64_t begin, uint64_t next)
{
	put(m, DESC_AT + 24 * place_of(id) + 8, begin, 8);
	put(m, DESC_AT + 24 * place_of(id) + 16, next, 8);
}

/* As _DEFINE_PRINTKRB() leaves it: one descriptor in use, reusable; the logical positions one lap below zero. */
static inline void ring_init(struct log_machine *m)
{
	uint64_t first = (UINT64_C(1) << 62) - (DESCS + 1), lpos = 0 - (uint64_t)TEXT_BYTES;
	put(m, PRB, LOG + RING, 8);
	put(m, COUNT_BITS, 3, 4);
	put(m, RING + 8, LOG + DESC_AT, 8);
	put(m, RING + 16, LOG + INFO_AT, 8);
	put(m, HEAD_ID, first, 8);
	put(m, TAIL_ID, first, 8);
	put(m, SIZE_BITS, 8, 4);
	put(m, RING + 56, LOG + TEXT_AT, 8);
	put(m, HEAD_LPOS, lpos, 8);
	put(m, TAIL_LPOS, lpos, 8);
	ring_state(m, first, REUSABLE);
	ring_block(m, first, 1, 1);
}

/* Gives the oldest record's descriptor and block back. */
static inline void ring_drop_oldest(struct log_machine *m)
{
	uint64_t id = got(m, TAIL_ID), next = got(m, DESC_AT + 24 * place_of(id) + 16);
	ring_state(m, id, REUSABLE);
	if (!(next & 1))
		put(m, TAIL_LPOS, next, 8);
	put(m, TAIL_ID, (id + 1) & ~(UINT64_C(3) << 62), 8);
}

/* Places the text: a block that would pass the ring's end begins anew at its start. `fits` as kernels since 6.18 see
 * it. */
static inline void ring_store(struct log_machine *m, uint64_t id, const char *text, bool new_rule)
{
	uint64_t size = (8 + strlen(text) + 7) / 8 * 8, begin = got(m, HEAD_LPOS), next = begin + size,
		 at = begin % TEXT_BYTES;
	bool fits = begin / TEXT_BYTES == (next - new_rule) / TEXT_BYTES;
	if (!fits) {
		put(m, TEXT_AT + at, id, 8);
		next = (next - new_rule) / TEXT_BYTES * TEXT_BYTES + size;
		at = 0;
	}
	while (got(m, TAIL_ID) != id && next - got(m, TAIL_LPOS) > TEXT_BYTES)
		ring_drop_oldest(m);
	put(m, TEXT_AT + at, id, 8);
	memcpy(m->memory + TEXT_AT + at + 8, text, strlen(text));
	put(m, HEAD_LPOS, next, 8);
	ring_block(m, id, begin, next);
}

/* printk(). Returns the record's id. */
static inline uint64_t ring_write_by(struct log_machine *m, const char *text, unsigned state, bool new_rule)
{
	uint64_t id = (got(m, HEAD_ID) + 1) & ~(UINT64_C(3) << 62), info = INFO_AT + 88 * place_of(id);
	uint64_t seq = (id - ((UINT64_C(1) << 62) - DESCS)) & ~(UINT64_C(3) << 62); /* the first record has 0 */
	if (((id - got(m, TAIL_ID)) & ~(UINT64_C(3) << 62)) == DESCS)
		ring_drop_oldest(m);
	put(m, HEAD_ID, id, 8);
	memset(m->memory + info, 0, 88);
	put(m, info, seq, 8);
	put(m, info + 8, seq * 1000000000, 8);
	put(m, info + 16, strlen(text), 2);
	put(m, info + 18, 3, 1);      /* facility */
	put(m, info + 19, 6 << 5, 1); /* level, above five bits of flags */
	ring_state(m, id, state);
	if (*text)
		ring_store(m, id, text, new_rule);
	else
		ring_block(m, id, 3, 3); /* NO_LPOS */
	return id;
}

static inline uint64_t ring_write(struct log_machine *m, const char *text)
{
	return ring_write_by(m, text, FINALIZED, false);
}

#endif
