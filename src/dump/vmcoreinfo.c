// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/internal.h"

#include "util/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_KEY "OSRELEASE="

/* A text without the kernel's release is of no use: QEMU's vmcoreinfo device without a guest that fills it leaves such
 * a note. */
struct iq_error *iq_dump_set_vmcoreinfo(struct iq_dump *dump, const void *text, size_t size)
{
	if (dump->vmcoreinfo)
		return NULL;
	size = strnlen(text, size);
	if (!memmem(text, size, FIRST_KEY, strlen(FIRST_KEY)))
		return NULL;
	dump->vmcoreinfo = strndup(text, size);
	if (!dump->vmcoreinfo)
		return iq_error_no_memory();
	dump->vmcoreinfo_known = true;
	return NULL;
}

/* The value of `key` in `text`. */
static bool get_value(const char *text, const char *key, const char **value, size_t *length)
{
	const size_t key_length = strlen(key);
	for (const char *line = text; *line;) {
		const char *end = strchrnul(line, '\n');
		if ((size_t)(end - line) > key_length && line[key_length] == '=' &&
		    memcmp(line, key, key_length) == 0) {
			*value = line + key_length + 1;
			*length = (size_t)(end - *value);
			return true;
		}
		line = *end ? end + 1 : end;
	}
	return false;
}

static bool get_number(const char *text, const char *key, int base, uint64_t *value)
{
	const char *found;
	size_t length;
	char copy[32], *end;
	if (!get_value(text, key, &found, &length) || length == 0 || length >= sizeof(copy))
		return false;
	memcpy(copy, found, length);
	copy[length] = '\0';
	errno = 0;
	unsigned long long number = strtoull(copy, &end, base);
	if (errno || *end || end == copy)
		return false;
	*value = number;
	return true;
}

/* The longest sane beginning of the bytes: lines KEY=value of printable characters. Cuts the text there. */
static bool is_plausible(char *text, size_t size)
{
	size_t end = 0;
	for (size_t at = 0; at < size && text[at];) {
		size_t line = at;
		while (at < size && text[at] >= ' ' && text[at] <= '~')
			at++;
		if (at == size || (text[at] != '\n' && text[at] != '\0') || !memchr(text + line, '=', at - line))
			break;
		end = at < size && text[at] ? ++at : at;
	}
	text[end] = '\0';
	return strncmp(text, FIRST_KEY, strlen(FIRST_KEY)) == 0 && strstr(text, "\nPAGESIZE=") &&
	       strstr(text, "\nSYMBOL(");
}

/*
 * Memory that wasn't cleared by a reboot may hold the vmcoreinfo of an earlier kernel. The right one points to a
 * kernel: on x86-64 (elsewhere nothing is confirmed) it says itself where init_uts_ns lies in physical memory, and the
 * release that stands there must be its own.
 */
static bool is_confirmed(struct iq_dump *dump, const char *text)
{
	uint64_t symbol, phys_base;
	const char *release;
	size_t length;
	char bytes[512];
	if (!get_number(text, "SYMBOL(init_uts_ns)", 16, &symbol) ||
	    !get_number(text, "NUMBER(phys_base)", 10, &phys_base) || !get_value(text, "OSRELEASE", &release, &length))
		return false;
	const uint64_t image = UINT64_C(0xffffffff80000000); /* __START_KERNEL_map */
	return symbol >= image && !iq_failed(iq_dump_read(dump, symbol - image + phys_base, bytes, sizeof(bytes))) &&
	       memmem(bytes, sizeof(bytes), release, length);
}

/* Whether two texts are of kernels at different places; copies of one text differ in the lines that the crash adds. */
static bool is_other_kernel(const char *a, const char *b)
{
	uint64_t x = 0, y = 0;
	return get_number(a, "NUMBER(phys_base)", 10, &x) != get_number(b, "NUMBER(phys_base)", 10, &y) || x != y ||
	       get_number(a, "SYMBOL(init_uts_ns)", 16, &x) != get_number(b, "SYMBOL(init_uts_ns)", 16, &y) || x != y;
}

struct candidate {
	char *text;
	bool confirmed;
};

/* Keeps the better one of what was found so far and the text at `address`. */
static void consider(struct iq_dump *dump, uint64_t address, struct candidate *best)
{
	_cleanup_free_ char *text = calloc(1, 8192 + 1);
	if (!text)
		return;
	for (size_t at = 0; at < 8192; at += 512) { /* what can be had of it */
		if (iq_failed(iq_dump_read(dump, address + at, text + at, 512)))
			break;
	}
	if (!is_plausible(text, 8192) || (best->text && strcmp(best->text, text) == 0))
		return;
	const bool confirmed = is_confirmed(dump, text);
	if (best->text && confirmed && best->confirmed && is_other_kernel(text, best->text))
		iq_warn(dump->diag, "memory holds more than one vmcoreinfo that fits a kernel (an earlier boot's?): "
				    "the longest is used");
	if (best->text &&
	    (confirmed < best->confirmed || (confirmed == best->confirmed && strlen(text) <= strlen(best->text))))
		return;
	free(best->text);
	best->text = iq_steal(text);
	best->confirmed = confirmed;
}

/* Looks for the text in all pages. Goes around the cache, which would gain nothing from it. A search that Ctrl-C ended
 * has no result: a better text may come later in memory. */
static void search(struct iq_dump *dump)
{
	struct candidate best = { 0 };
	const size_t page_size = dump->info.page_size, key_length = strlen(FIRST_KEY);
	_cleanup_free_ char *page = malloc(page_size);
	for (uint64_t pfn = 0; page && dump->ops->next_present(dump, pfn, &pfn) && !iq_interrupted(); pfn++) {
		struct iq_error *why = NULL;
		enum iq_page_state state = dump->ops->page(dump, pfn, page, &why);
		iq_error_free(why);
		if (state != IQ_PAGE_PRESENT)
			continue;
		const char *from = page, *found;
		while ((found = memmem(from, page_size - (size_t)(from - page), FIRST_KEY, key_length))) {
			consider(dump, (pfn << dump->page_shift) + (uint64_t)(found - page), &best);
			from = found + 1;
		}
	}
	if (iq_interrupted()) {
		free(best.text);
		return;
	}
	dump->vmcoreinfo = best.text;
	dump->vmcoreinfo_known = true;
}

const char *iq_dump_vmcoreinfo(struct iq_dump *dump)
{
	if (!dump->vmcoreinfo_known)
		search(dump);
	return dump->vmcoreinfo ? dump->vmcoreinfo : "";
}

bool iq_dump_vmcoreinfo_get(struct iq_dump *dump, const char *key, const char **value, size_t *length)
{
	return get_value(iq_dump_vmcoreinfo(dump), key, value, length);
}

bool iq_dump_vmcoreinfo_number(struct iq_dump *dump, const char *key, int base, uint64_t *value)
{
	return get_number(iq_dump_vmcoreinfo(dump), key, base, value);
}
