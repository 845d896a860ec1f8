// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log. The input's first byte: 0 for the lock-less ring, else the record buffer before it; the rest is their
 * memory, at the address and with the places that tests/unit/kernel/ uses.
 */
#include "../unit/kernel/ring_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BUFFER_VMCOREINFO                                                                                              \
	"SYMBOL(log_buf)=ffffffff82000000\nSYMBOL(log_buf_len)=ffffffff82000008\nSYMBOL(log_first_idx)="               \
	"ffffffff8200000c\n"                                                                                           \
	"SYMBOL(log_next_idx)=ffffffff82000010\nSYMBOL(log_first_seq)=ffffffff82000018\n"                              \
	"SYMBOL(clear_seq)=ffffffff82000020\nSIZE(printk_log)=16\n"                                                    \
	"OFFSET(printk_log.ts_nsec)=0\nOFFSET(printk_log.len)=8\nOFFSET(printk_log.text_len)=10\n"                     \
	"OFFSET(printk_log.dict_len)=12\n"

struct seen {
	uint64_t count, sum;
};

/* Every byte that is handed over must be readable, and no walk may be longer than its bounds say. */
static struct iq_error *look(void *context, const struct iq_log_record *record)
{
	struct seen *seen = context;
	for (size_t i = 0; i < record->text_length; i++)
		seen->sum += (uint8_t)record->text[i];
	for (size_t i = 0; i < record->dict_length; i++)
		seen->sum += (uint8_t)record->dict[i];
	seen->sum += strlen(record->subsystem) + strlen(record->device);
	if (record->text_length > 65535 || record->dict_length > 65535 || record->level > 7)
		abort();
	return ++seen->count < 100000 ? NULL : iq_error_new(IQ_ERROR_LIMIT, "enough");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { 0 };
	if (!size)
		return 0;
	struct log_machine *m = calloc(1, sizeof(*m));
	if (!m)
		return 0;
	log_open(m, data[0] ? BUFFER_VMCOREINFO : RING_VMCOREINFO RING_SIZES RING_LATCH);
	m->target.pieces[0].size = IQ_MIN(size - 1, (size_t)LOG_SIZE);
	memcpy(m->memory, data + 1, m->target.pieces[0].size);
	iq_error_free(iq_log_each(&m->kernel, look, &seen));
	log_close(m);
	free(m);
	return 0;
}
