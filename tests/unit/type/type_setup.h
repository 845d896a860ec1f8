/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of this room share: a registry over built bytes, and a small kernel of types. */
#ifndef IQ_TESTS_TYPE_SETUP_H
#define IQ_TESTS_TYPE_SETUP_H

#include "../cmocka_setup.h"

#include "btf_builder.h"
#include "type/type.h"

#include <stdio.h>

/* What was reported last, and how many lines in all. */
struct reports {
	struct iq_diag diag;
	char last[512];
	unsigned count;
};

static inline void reports_add(void *context, const char *line)
{
	struct reports *reports = context;
	snprintf(reports->last, sizeof(reports->last), "%s", line);
	reports->count++;
}

static inline void reports_init(struct reports *reports)
{
	*reports = (struct reports){ .diag = { reports_add, reports } };
}

struct loaded {
	uint8_t *bytes;
	size_t size;
	unsigned calls;
};

static inline struct iq_error *loaded_load(void *context, uint8_t **bytes, size_t *size)
{
	struct loaded *loaded = context;
	loaded->calls++;
	*bytes = malloc(loaded->size + !loaded->size);
	*size = loaded->size;
	memcpy(*bytes, loaded->bytes, loaded->size);
	return NULL;
}

static inline struct iq_error *loaded_read(void *context, uint64_t offset, void *buffer, size_t length)
{
	struct loaded *loaded = context;
	loaded->calls++;
	assert_true(offset <= loaded->size && length <= loaded->size - offset);
	memcpy(buffer, loaded->bytes + offset, length);
	return NULL;
}

static inline void loaded_free(void *context)
{
	free(((struct loaded *)context)->bytes);
	free(context);
}

/* Adds what was built, as `module`. */
static inline struct loaded *add_built(struct iq_types *types, const char *module, const struct builder *b)
{
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	loaded->bytes = b_bytes(b, &loaded->size);
	assert_null(iq_types_add_btf(types, module, loaded_load, loaded, loaded_free));
	return loaded;
}

/* The error must be there, with this code, and its message must contain `text`. Frees it. */
static inline void expect_error(struct iq_error *error, enum iq_error_code code, const char *text)
{
	assert_non_null(error);
	if (error->code != code || !strstr(error->message, text))
		fail_msg("expected code %d and \"%s\", got %d and \"%s\"", (int)code, text, (int)error->code,
			 error->message);
	iq_error_free(error);
}

static inline void expect_success(struct iq_error *error)
{
	if (error)
		fail_msg("unexpected error: %s", error->message);
}

static inline void expect_declaration(struct iq_type type, const char *name, const char *text)
{
	struct iq_strbuf out = { 0 };
	iq_type_declare(type, name, &out);
	assert_string_equal(iq_strbuf_text(&out), text);
	iq_strbuf_free(&out);
}

/*
 * The numbers of the small kernel's types:
 *
 *   struct list_head { struct list_head *next, *prev; };
 *   typedef unsigned int u32; typedef u32 pid_t;
 *   enum state { RUNNING, DEAD = 0x80000000 };
 *   struct thread { unsigned long sp; unsigned long regs[2][3]; };
 *   struct task {
 *           enum state state;                       // 0
 *           u32 on_cpu : 1, on_rq : 3;              // bits 32, 33
 *           struct list_head tasks;                 // 8
 *           union { pid_t pid; struct { u32 low, high; }; };   // 24
 *           char comm[16];                          // 32
 *           const volatile struct thread thread;    // 48
 *           void (*fn)(struct task *, ...);         // 104
 *           struct only_declared *other;            // 112
 *           char tail[];                            // 120
 *   };                                              // 120 bytes
 */
struct small_kernel {
	uint32_t u64, u32, pid, chr, lng, list, list_pointer, state, thread, task, task_pointer, fn, other, big,
		function, variable;
};

static inline void build_small_types(struct builder *b, struct small_kernel *k)
{
	k->lng = b_int(b, "unsigned long", 8, 0);
	uint32_t u = b_int(b, "unsigned int", 4, 0);
	k->chr = b_int(b, "char", 1, 0);
	k->u32 = b_type(b, B_TYPEDEF, "u32", false, 0, u);
	k->pid = b_type(b, B_TYPEDEF, "pid_t", false, 0, k->u32);
	k->list = b_type(b, B_STRUCT, "list_head", false, 2, 16);
	k->list_pointer = k->list + 1;
	b_member(b, "next", k->list_pointer, 0);
	b_member(b, "prev", k->list_pointer, 64);
	b_type(b, B_PTR, NULL, false, 0, k->list);
	k->state = b_type(b, B_ENUM, "state", false, 2, 4);
	b_pair(b, "RUNNING", 0);
	b_pair(b, "DEAD", 0x80000000);
	uint32_t row = b_array(b, k->lng, 3);
	uint32_t rows = b_array(b, row, 2);
	k->thread = b_type(b, B_STRUCT, "thread", false, 2, 56);
	b_member(b, "sp", k->lng, 0);
	b_member(b, "regs", rows, 64);
	uint32_t vol = b_type(b, B_VOLATILE, NULL, false, 0, k->thread);
	uint32_t cv = b_type(b, B_CONST, NULL, false, 0, vol);
	uint32_t pair = b_type(b, B_STRUCT, NULL, false, 2, 8);
	b_member(b, "low", k->u32, 0);
	b_member(b, "high", k->u32, 32);
	uint32_t either = b_type(b, B_UNION, NULL, false, 2, 8);
	b_member(b, "pid", k->pid, 0);
	b_member(b, NULL, pair, 0);
	uint32_t comm = b_array(b, k->chr, 16), tail = b_array(b, k->chr, 0);
	uint32_t declared = b_type(b, B_FWD, "only_declared", false, 0, 0);
	k->other = b_type(b, B_PTR, NULL, false, 0, declared);
	uint32_t prototype = b_type(b, B_FUNC_PROTO, NULL, false, 2, 0);
	k->task = prototype + 2;
	k->task_pointer = prototype + 3;
	b_pair(b, NULL, k->task_pointer);
	b_pair(b, NULL, 0);
	k->fn = b_type(b, B_PTR, NULL, false, 0, prototype);
	b_type(b, B_STRUCT, "task", true, 10, 120);
	b_member(b, "state", k->state, 0);
	b_member(b, "on_cpu", k->u32, b_bits(32, 1));
	b_member(b, "on_rq", k->u32, b_bits(33, 3));
	b_member(b, "tasks", k->list, 64);
	b_member(b, NULL, either, 24 * 8);
	b_member(b, "comm", comm, 32 * 8);
	b_member(b, "thread", cv, 48 * 8);
	b_member(b, "fn", k->fn, 104 * 8);
	b_member(b, "other", k->other, 112 * 8);
	b_member(b, "tail", tail, 120 * 8);
	b_type(b, B_PTR, NULL, false, 0, k->task);
	k->function = b_type(b, B_FUNC, "kill_task", false, 1, prototype);
	k->variable = b_type(b, B_VAR, "current_task", false, 0, k->task_pointer);
	b_u32(b, 1);
	b_close(b);
}

static inline struct iq_types *small_kernel(struct small_kernel *k, const struct iq_diag *diag)
{
	struct builder b;
	b_init(&b, NULL);
	build_small_types(&b, k);
	struct iq_types *types = iq_types_new(diag);
	add_built(types, NULL, &b);
	return types;
}

static inline struct iq_type find(struct iq_types *types, enum iq_type_kind kind, const char *name)
{
	struct iq_type type;
	expect_success(iq_type_find(types, kind, name, &type));
	return type;
}

#endif
