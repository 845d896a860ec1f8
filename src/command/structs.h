/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole structs of a kernel object, as task, vm -m and vm -v show them. */
#ifndef IQ_COMMAND_STRUCTS_H
#define IQ_COMMAND_STRUCTS_H

#include "command/session.h"
#include "expr/print.h"

/* How numbers and names are to be shown: crash's way, -x and -d of the command before `set radix`. */
struct iq_print_options iq_struct_options(const struct iq_session *session, const struct iq_args *args);

/* Shows "struct NAME {...}" at an address and adds it under `key`. */
struct iq_error *iq_show_struct(struct iq_session *session, const struct iq_print_options *options, const char *name,
				uint64_t address, struct iq_out *out, const char *key);

#endif
