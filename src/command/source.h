/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source lines of code, and the source itself where it is on this machine. */
#ifndef IQ_COMMAND_SOURCE_H
#define IQ_COMMAND_SOURCE_H

#include "command/session.h"
#include "type/dwarf.h"

/* The line of an instruction. `*has_dwarf` (may be NULL) tells apart: false, with an error, where there is no debug
 * information at all; true, with IQ_ERROR_NOT_FOUND, where it has no line. */
struct iq_error *iq_code_line(struct iq_kernel *kernel, uint64_t pc, bool *has_dwarf, struct iq_source_line *out);

/* Finds the file of a line: below --source, the unit's own directory, and where distributions put the kernel's source.
 * IQ_ERROR_NOT_FOUND names the places. `path` is the caller's to free. */
struct iq_error *iq_source_find(struct iq_session *session, struct iq_kernel *kernel, const struct iq_source_line *line,
				char **path);

/* dis -s: shows source text around a function, address or "FILE:LINE"; `count`: lines after it, 0: to the end of the
 * function. */
struct iq_error *iq_source_show(struct iq_session *session, const char *where, uint64_t count, struct iq_out *out);

#endif
