// SPDX-License-Identifier: GPL-2.0-or-later
/* kmem: numbers as people read them. */
#include "command/kmem.h"

#include "util/cleanup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void iq_size_text(uint64_t bytes, char text[32])
{
	static const struct {
		unsigned shift;
		const char *unit;
	} units[] = { { 30, "GB" }, { 20, "MB" } };
	for (unsigned i = 0; i < IQ_ARRAY_SIZE(units); i++) {
		if (!(bytes >> units[i].shift))
			continue;
		char number[24];
		snprintf(number, sizeof(number), "%.1f", (double)bytes / (double)(UINT64_C(1) << units[i].shift));
		size_t length = strlen(number);
		if (!strcmp(number + length - 2, ".0"))
			number[length - 2] = '\0';
		snprintf(text, 32, "%s %s", number, units[i].unit);
		return;
	}
	if (bytes)
		snprintf(text, 32, "%" PRIu64 " KB", bytes >> 10);
	else
		snprintf(text, 32, "0");
}

void iq_centre_right(const char *text, size_t width, char *buffer, size_t size)
{
	const size_t length = strlen(text), padding = width > length ? width - length : 0;
	snprintf(buffer, size, "%*s%s%*s", (int)(padding - padding / 2), "", text, (int)(padding / 2), "");
}
