/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands about files share: paths for people, and what -R refers to. */
#ifndef IQ_COMMAND_FILENAMES_H
#define IQ_COMMAND_FILENAMES_H

#include "command/session.h"
#include "kernel/file.h"

/* Appends a file's path; damage on the way is warned of, and shows as "?" in it. */
void iq_show_path(struct iq_session *session, const struct iq_open_file *file, struct iq_strbuf *out, bool *deleted);

/* The same for a directory: dentry 0 appends nothing. */
void iq_show_directory(struct iq_session *session, uint64_t mount, uint64_t dentry, struct iq_strbuf *out,
		       bool *deleted);

/* The argument of -R: a number, in whatever base it makes sense, or a part of a name. */
struct iq_reference {
	const char *text; /* NULL: there is none */
	bool is_decimal, is_hex;
	uint64_t decimal, hex;
};

struct iq_reference iq_reference_parse(const char *text);

static inline bool iq_refers_to_address(const struct iq_reference *reference, uint64_t address)
{
	return reference->is_hex && address && reference->hex == address;
}

/* Is it a part of this path? "/" is only the root itself; a decimal number is no name. */
bool iq_refers_to_path(const struct iq_reference *reference, const char *path);

#endif
