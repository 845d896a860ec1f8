/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Structures as struct, list -s, tree -s and task -R show them: "task_struct", "task_struct.pid,comm",
 * "sock.sk_prot->name". */
#ifndef IQ_COMMAND_STRUCTURE_H
#define IQ_COMMAND_STRUCTURE_H

#include "command/session.h"
#include "expr/print.h"

struct iq_structure {
	struct iq_type type;  /* as it was named: a struct, a union, a typedef */
	char *title;          /* "struct task_struct"; of a typedef with its type's keyword: "struct atomic_t" */
	IQ_VEC(char *) paths; /* of the members that are wanted; none: all */
};

/* Reads "task_struct.pid,comm". `kinds` is a set of 1 << IQ_TYPE_STRUCT, UNION, TYPEDEF, ENUM, INT, in which they are
 * looked for. Members are held against the type; a path may have indices, and may go through pointers ("mm.pgd",
 * "mm->pgd"). */
struct iq_error *iq_structure_parse(struct iq_types *types, unsigned kinds, const char *text, struct iq_structure *out);
void iq_structure_deinit(struct iq_structure *structure); /* fits _cleanup_() */

/* One member of a value by such a path, as an lvalue. *last (may be NULL): is it the last of its struct? */
struct iq_error *iq_structure_member(struct iq_target *target, const struct iq_value *value, const char *path,
				     struct iq_value *out, bool *last);

/* Shows the structure at value->address as crash does ("struct list_head {...}", or "  pid = 118,"...) and adds the
 * fields "type", "address", "value" to the open record. IQ_ERROR_MEMORY when nothing of it can be read. */
struct iq_error *iq_structure_show(const struct iq_structure *structure, const struct iq_value *value,
				   const struct iq_print_options *options, struct iq_out *out);

/* The same with -p: members that are pointers are followed by what they point to. */
struct iq_error *iq_structure_follow(const struct iq_structure *structure, const struct iq_value *value,
				     const struct iq_print_options *options, struct iq_out *out);

enum {
	IQ_DEFINE_OFFSETS = 1 << 0,     /* "[8]" before each member */
	IQ_DEFINE_ADDRESSES = 1 << 1,   /* "[ffff888100000008]" */
	IQ_DEFINE_HEXADECIMAL = 1 << 2, /* offsets, sizes */
};

/* Shows how the type is defined, with "SIZE: 16" behind it, in a record of its own; of the chosen members offset and
 * declaration. */
struct iq_error *iq_structure_define(const struct iq_structure *structure, uint64_t address, unsigned flags,
				     struct iq_out *out);

/* A line whose first word is no command but names a type: "task_struct.pid 0xffff...", "*page ffff...". Appends the
 * line for the command "*"; false if it is none. */
bool iq_structure_expand(struct iq_session *session, const char *line, struct iq_strbuf *buf);

#endif
