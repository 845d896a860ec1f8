// SPDX-License-Identifier: GPL-2.0-or-later
/* How the kernel says it died: the line in its log, and what had tainted it. */
#include "kernel/system.h"

#include "kernel/internal.h"
#include "kernel/log.h"

#include <string.h>

/* Beginnings of lines by which kernels announce their end, the decisive ones first (arch/x86/mm/fault.c, kernel/panic.c, drivers/tty/sysrq.c,
 * kernel/watchdog.c, kernel/hung_task.c, arch/x86/kernel/traps.c, lib/bug.c). */
static const char *const announcements[] = {
	"sysrq: Trigger a crash", "sysrq: SysRq : Trigger a crash", "SysRq : Trigger a crash",
	"kernel BUG at ", "BUG: unable to handle ", "BUG: kernel NULL pointer dereference", "BUG: TASK stack guard page", "BUG: IRQ stack guard page",
	"BUG: ", "Oops: ", "general protection fault",
	"divide error: ", "invalid opcode: ", "stack segment: ", "double fault: ", "int3: ", "Unable to handle kernel ",
	"NMI: IOCK error", "NMI: Not continuing",
	"Kernel panic - not syncing: ",
};

struct search {
	size_t best;
	struct iq_strbuf text;
};

static bool starts_with(const char *text, size_t length, const char *start)
{
	size_t wanted = strlen(start);
	return length >= wanted && memcmp(text, start, wanted) == 0;
}

static struct iq_error *check_line(void *context, const struct iq_log_record *record)
{
	struct search *search = context;
	for (size_t i = 0; i < search->best; i++) {
		if (!starts_with(record->text, record->text_length, announcements[i]))
			continue;
		const char *end = memchr(record->text, '\n', record->text_length);
		search->best = i;
		iq_strbuf_truncate(&search->text, 0);
		iq_strbuf_add_bytes(&search->text, record->text, end ? (size_t)(end - record->text) : record->text_length);
		break;
	}
	return NULL;
}

struct iq_error *iq_panic_message(struct iq_kernel *kernel, struct iq_strbuf *out)
{
	struct search search = { .best = IQ_ARRAY_SIZE(announcements) };
	struct iq_error *error = iq_log_each(kernel, check_line, &search);
	if (!error && search.best == IQ_ARRAY_SIZE(announcements))
		error = iq_error_new(IQ_ERROR_NOT_FOUND, "no line of the log tells of a crash");
	if (!error)
		iq_strbuf_add(out, iq_strbuf_text(&search.text));
	iq_strbuf_free(&search.text);
	return error;
}

/* Bit, letter, meaning: Documentation/admin-guide/tainted-kernels.rst. */
static const struct {
	char letter;
	const char *meaning;
} taints[] = {
	{ 'P', "proprietary module was loaded" },
	{ 'F', "module was force loaded" },
	{ 'S', "kernel running on an out of specification system" },
	{ 'R', "module was force unloaded" },
	{ 'M', "processor reported a machine check exception" },
	{ 'B', "bad page referenced or some unexpected page flags" },
	{ 'U', "taint requested by userspace application" },
	{ 'D', "kernel died recently, there was an oops or BUG" },
	{ 'A', "an ACPI table was overridden by user" },
	{ 'W', "kernel issued warning" },
	{ 'C', "staging driver was loaded" },
	{ 'I', "workaround for bug in platform firmware applied" },
	{ 'O', "externally-built (out-of-tree) module was loaded" },
	{ 'E', "unsigned module was loaded" },
	{ 'L', "soft lockup occurred" },
	{ 'K', "kernel has been live patched" },
	{ 'X', "auxiliary taint, defined by the distribution" },
	{ 'T', "kernel was built with the struct randomization plugin" },
	{ 'N', "an in-kernel test has been run" },
	{ 'J', "userspace used a mutating debug operation in fwctl" },
};

struct iq_error *iq_taint(struct iq_kernel *kernel, uint64_t *mask)
{
	uint64_t symbol;
	IQ_TRY(iq_k_symbol(kernel, "tainted_mask", &symbol));
	return iq_error_prefix(iq_read_u64(kernel->target, symbol, mask), "tainted_mask");
}

void iq_taint_letters(uint64_t mask, char letters[65])
{
	size_t n = 0;
	for (unsigned bit = 0; bit < IQ_ARRAY_SIZE(taints); bit++) {
		if (mask >> bit & 1)
			letters[n++] = taints[bit].letter;
	}
	letters[n] = '\0';
}

const char *iq_taint_meaning(unsigned bit)
{
	return bit < IQ_ARRAY_SIZE(taints) ? taints[bit].meaning : NULL;
}
