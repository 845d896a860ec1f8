/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of the log: a kernel whose only memory is a log buffer at LOG, described by vmcoreinfo; and what was
 * read from it. */
#ifndef IQ_TESTS_KERNEL_LOG_SETUP_H
#define IQ_TESTS_KERNEL_LOG_SETUP_H

#include "../fake_target.h"
#include "kernel/internal.h"
#include "kernel/log.h"

enum { LOG_SIZE = 0x1000 };

#define LOG UINT64_C(0xffffffff82000000)

struct log_machine {
	struct iq_target target;
	struct iq_kernel kernel;
	uint8_t memory[LOG_SIZE];
	struct iq_strbuf vmcoreinfo;
	/* "SEQ <FACILITY.LEVEL> text|" of each record, "clear" before the cleared ones. */
	struct iq_strbuf records;
	unsigned count, stop_after;
	struct iq_log_record last; /* its texts are gone, but for these: */
	char subsystem[32], device[64], dict[64];
};

static inline void put(struct log_machine *m, uint64_t offset, uint64_t value, unsigned size)
{
	if (offset > LOG_SIZE - size)
		abort();
	memcpy(m->memory + offset, &value, size);
}

static inline uint64_t got(const struct log_machine *m, uint64_t offset)
{
	uint64_t value;
	memcpy(&value, m->memory + offset, 8);
	return value;
}

static inline void log_open(struct log_machine *m, const char *vmcoreinfo)
{
	fake_init(&m->target);
	fake_add(&m->target, LOG, m->memory, LOG_SIZE);
	iq_strbuf_add(&m->vmcoreinfo, vmcoreinfo);
	m->target.vmcoreinfo = iq_strbuf_text(&m->vmcoreinfo);
	m->kernel.target = &m->target;
	m->kernel.dump = iq_target_dump(&m->target);
	m->kernel.diag = &m->target.diag;
	m->kernel.types = iq_types_new(&m->target.diag);
	if (!m->kernel.types || iq_failed(iq_symbols_new(&m->target, &m->kernel.symbols)))
		abort();
}

static inline void log_close(struct log_machine *m)
{
	iq_symbols_free(m->kernel.symbols);
	iq_types_free(m->kernel.types);
	iq_strbuf_free(&m->vmcoreinfo);
	iq_strbuf_free(&m->records);
	fake_free(&m->target);
}

static inline struct iq_error *log_note(void *context, const struct iq_log_record *record)
{
	struct log_machine *m = context;
	m->count++;
	m->last = *record;
	snprintf(m->subsystem, sizeof(m->subsystem), "%s", record->subsystem);
	snprintf(m->device, sizeof(m->device), "%s", record->device);
	memcpy(m->dict, record->dict ? record->dict : "", IQ_MIN(record->dict_length, sizeof(m->dict)));
	iq_strbuf_addf(&m->records, "%s%lu <%u.%u> ", record->cleared ? "clear " : "", record->seq, record->facility,
		       record->level);
	iq_strbuf_add_bytes(&m->records, record->text, record->text_length);
	iq_strbuf_add_char(&m->records, '|');
	return m->stop_after && m->count == m->stop_after ? iq_error_new(IQ_ERROR_INTERRUPTED, "enough") : NULL;
}

/* Reads the log from the beginning. */
static inline struct iq_error *log_read(struct log_machine *m)
{
	iq_strbuf_truncate(&m->records, 0);
	iq_strbuf_truncate(&m->target.warnings, 0);
	m->count = 0;
	return iq_log_each(&m->kernel, log_note, m);
}

#endif
