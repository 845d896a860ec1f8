/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small dead kernel for expressions: the types of type_setup.h, a task and what belongs to it in memory, names. */
#ifndef IQ_TESTS_EXPR_SETUP_H
#define IQ_TESTS_EXPR_SETUP_H

#include "../type/type_setup.h"

#include "../fake_target.h"

#include "expr/expr.h"

#define TASK UINT64_C(0xffff888000001000)
#define PERCPU UINT64_C(0x100)
#define CPU_STEP UINT64_C(0xffff888000010000) /* CPU n has its copy at PERCPU + (n + 1) * CPU_STEP */
#define FUNCTION UINT64_C(0xffffffff81000100)
#define UNTYPED UINT64_C(0xffffffff82000000)
#define USER UINT64_C(0x7ffff000)

/* struct task of type_setup.h. */
struct task_bytes {
	uint32_t state, on_cpu_and_rq;
	uint64_t next, prev;
	uint32_t low, high;
	char comm[16];
	uint64_t sp, regs[2][3];
	uint64_t fn, other;
	char tail[8];
};

struct dead {
	struct iq_target target;
	struct small_kernel k;
	struct iq_types *types;
	struct iq_expr_context context;
	struct task_bytes task, copies[2];
	uint32_t untyped, user;
	struct iq_value history;
	unsigned asked; /* names that were looked up */
};

static inline struct iq_error *dead_identifier(void *context, const char *name, struct iq_value *out)
{
	struct dead *d = context;
	struct iq_type type = { 0 };
	d->asked++;
	if (!strcmp(name, "task") || !strcmp(name, "percpu")) {
		IQ_TRY(iq_type_parse(d->types, "struct task", &type));
		*out = iq_value_at(type, *name == 't' ? TASK : PERCPU);
	} else if (!strcmp(name, "kill_task")) {
		IQ_TRY(iq_type_of_function(d->types, NULL, name, &type));
		*out = iq_value_at(type, FUNCTION);
	} else if (!strcmp(name, "untyped")) {
		*out = iq_value_at(type, UNTYPED);
		out->symbol = "untyped";
	} else {
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no symbol %s", name);
	}
	return NULL;
}

static inline struct iq_error *dead_register(void *context, const char *name, struct iq_value *out)
{
	struct dead *d = context;
	struct iq_type type;
	if (strcmp(name, "rbx") != 0)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no register %s", name);
	IQ_TRY(iq_type_int(d->types, 8, false, &type));
	return iq_value_of_integer(type, TASK, out);
}

static inline struct iq_error *dead_history(void *context, int number, struct iq_value *out)
{
	struct dead *d = context;
	struct iq_type type;
	IQ_TRY(iq_type_int(d->types, 4, true, &type));
	return iq_value_of_integer(type, (uint64_t)number, out);
}

static inline struct iq_error *dead_per_cpu(void *context, uint64_t address, unsigned cpu, uint64_t *out)
{
	if (cpu > 1)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "there is no CPU %u", cpu);
	*out = address + (cpu + 1) * CPU_STEP;
	return NULL;
}

static inline void dead_init(struct dead *d)
{
	*d = (struct dead){
		.task = { 0x80000000,
			  0x5 << 1 | 1,
			  TASK + 0x108,
			  TASK + 8,
			  42,
			  7,
			  "swapper/0",
			  0x1111,
			  { { 1, 2, 3 }, { 4, 5, (uint64_t)-6 } },
			  FUNCTION,
			  0x9000,
			  "tailtai" },
		.untyped = 0xcafe1234,
		.user = 99,
	};
	fake_init(&d->target);
	d->types = small_kernel(&d->k, NULL);
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		d->copies[cpu].low = 100 + cpu;
		fake_add(&d->target, PERCPU + (cpu + 1) * CPU_STEP, &d->copies[cpu], sizeof(d->copies[cpu]));
	}
	fake_add(&d->target, TASK, &d->task, sizeof(d->task));
	fake_add(&d->target, UNTYPED, &d->untyped, sizeof(d->untyped));
	fake_add(&d->target, USER, &d->user, sizeof(d->user));
	d->context = (struct iq_expr_context){
		&d->target, d->types, dead_identifier, dead_register, dead_history, dead_per_cpu, d, NULL
	};
}

static inline void dead_free(struct dead *d)
{
	iq_types_free(d->types);
	fake_free(&d->target);
}

#endif
