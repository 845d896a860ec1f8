// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/filenames.h"

#include "kernel/path.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

void iq_show_path(struct iq_session *session, const struct iq_open_file *file, struct iq_strbuf *out, bool *deleted)
{
	iq_warn_error(&session->diag, iq_open_file_path(session->kernel, file, out, deleted));
}

void iq_show_directory(struct iq_session *session, uint64_t mount, uint64_t dentry, struct iq_strbuf *out,
		       bool *deleted)
{
	*deleted = false;
	if (dentry)
		iq_warn_error(&session->diag, iq_path(session->kernel, mount, dentry, out, deleted));
}

static bool number(const char *text, int base, uint64_t *value)
{
	char *end;
	if (!isxdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &end, base);
	return !*end && !errno;
}

struct iq_reference iq_reference_parse(const char *text)
{
	struct iq_reference reference = { .text = text };
	if (text) {
		reference.is_decimal = number(text, 10, &reference.decimal);
		reference.is_hex = number(text, 16, &reference.hex);
	}
	return reference;
}

bool iq_refers_to_path(const struct iq_reference *reference, const char *path)
{
	if (reference->is_decimal || !*reference->text)
		return false;
	return strcmp(reference->text, "/") == 0 ? strcmp(path, "/") == 0 : strstr(path, reference->text) != NULL;
}
