/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the room: the types of well-known variables of vmlinux, as its source declares them. */
#ifndef IQ_KERNEL_GLOBAL_TABLE_H
#define IQ_KERNEL_GLOBAL_TABLE_H

#include <stddef.h>

struct iq_global_entry {
	/* "T []": as many as the symbol has room for, of char as the string is long; "T [CONSTANT]": an enum's */
	const char *name, *type;
};

extern const struct iq_global_entry iq_global_table[];
extern const size_t iq_global_table_size;

#endif
