/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The colours. One theme: of the eight, only red and magenta can be read on black and on white in usual palettes. */
#include "render/out.h"

#include "util/cleanup.h"

#include <string.h>

static const struct {
	const char *name, *sgr;
} styles[] = {
	{ "heading", "1" }, { "address", "35" }, { "symbol", "1" }, { "string", "1" },
	{ "mark", "1;31" }, { "dim", "2" },      { "error", "31" },
};

const char *iq_theme_style(const char *name, size_t length)
{
	for (size_t i = 0; i < IQ_ARRAY_SIZE(styles); i++)
		if (strlen(styles[i].name) == length && !memcmp(styles[i].name, name, length))
			return styles[i].sgr;
	return NULL;
}
