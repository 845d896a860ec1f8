// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/internal.h"

#include "util/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct iq_error *iq_dump_set_vmcoreinfo(struct iq_dump *dump, const void *text, size_t size)
{
	if (dump->vmcoreinfo)
		return NULL;
	size = strnlen(text, size);
	if (!size)
		return NULL;
	dump->vmcoreinfo = strndup(text, size);
	if (!dump->vmcoreinfo)
		return iq_error_no_memory();
	dump->vmcoreinfo_known = true;
	return NULL;
}

const char *iq_dump_vmcoreinfo(struct iq_dump *dump)
{
	return dump->vmcoreinfo ? dump->vmcoreinfo : "";
}

bool iq_dump_vmcoreinfo_get(struct iq_dump *dump, const char *key, const char **value, size_t *length)
{
	const size_t key_length = strlen(key);
	for (const char *line = iq_dump_vmcoreinfo(dump); *line;) {
		const char *end = strchrnul(line, '\n');
		if ((size_t)(end - line) > key_length && line[key_length] == '=' && memcmp(line, key, key_length) == 0) {
			*value = line + key_length + 1;
			*length = (size_t)(end - *value);
			return true;
		}
		line = *end ? end + 1 : end;
	}
	return false;
}

bool iq_dump_vmcoreinfo_number(struct iq_dump *dump, const char *key, int base, uint64_t *value)
{
	const char *text;
	size_t length;
	char copy[32], *end;
	if (!iq_dump_vmcoreinfo_get(dump, key, &text, &length) || length == 0 || length >= sizeof(copy))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	errno = 0;
	unsigned long long number = strtoull(copy, &end, base);
	if (errno || *end || end == copy)
		return false;
	*value = number;
	return true;
}
