// SPDX-License-Identifier: GPL-2.0-or-later
/* Signals of a task laid out by hand, their queues, and names. */
#include "../cmocka_setup.h"

#include "objects.h"

#include "arch/x86_64.h"
#include "kernel/internal.h"
#include "kernel/signal.h"

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

enum { TASK = 0x100, SIGNAL = 0x200, SIGHAND = 0x400, QUEUED = 0x1000 };

struct world {
	struct objects o;
	struct iq_kernel kernel;
	struct iq_task task;
};

static uint64_t at(unsigned offset)
{
	return MEMORY + offset;
}

static void add_types(struct builder *b)
{
	b_init(b, NULL);
	uint32_t sint = b_int(b, "int", 4, B_SIGNED), ulong = b_int(b, "unsigned long", 8, 0);
	uint32_t pointer = b_type(b, B_PTR, NULL, false, 0, ulong), words = b_array(b, ulong, 1);
	uint32_t list = b_type(b, B_STRUCT, "list_head", false, 2, 16);
	b_member(b, "next", pointer, 0);
	b_member(b, "prev", pointer, 64);
	uint32_t set = b_type(b, B_STRUCT, "sigset", false, 1, 8);
	b_member(b, "sig", words, 0);
	uint32_t pending = b_type(b, B_STRUCT, "sigpending", false, 2, 24);
	b_member(b, "list", list, 0);
	b_member(b, "signal", set, 128);
	b_type(b, B_STRUCT, "task_struct", false, 4, 0x40);
	b_member(b, "signal", pointer, 0);
	b_member(b, "sighand", pointer, 64);
	b_member(b, "blocked", set, 128);
	b_member(b, "pending", pending, 192);
	b_type(b, B_STRUCT, "signal_struct", false, 2, 0x40);
	b_member(b, "nr_threads", sint, 0);
	b_member(b, "shared_pending", pending, 64);
	uint32_t action = b_type(b, B_STRUCT, "sigaction", false, 3, 24);
	b_member(b, "sa_handler", pointer, 0);
	b_member(b, "sa_flags", ulong, 64);
	b_member(b, "sa_mask", set, 128);
	uint32_t kernel_action = b_type(b, B_STRUCT, "k_sigaction", false, 1, 24);
	b_member(b, "sa", action, 0);
	uint32_t actions = b_array(b, kernel_action, 64);
	b_type(b, B_STRUCT, "sighand_struct", false, 1, 8 + 64 * 24);
	b_member(b, "action", actions, 64);
	uint32_t info = b_type(b, B_STRUCT, "kernel_siginfo", false, 1, 8);
	b_member(b, "si_signo", sint, 0);
	b_type(b, B_STRUCT, "sigqueue", false, 2, 24);
	b_member(b, "list", list, 0);
	b_member(b, "info", info, 128);
}

static void world_open(struct world *w)
{
	struct builder b;
	uint64_t head = at(TASK + 24), first = at(QUEUED), second = at(QUEUED + 0x20);
	add_types(&b);
	objects_open(&w->o, &b);
	w->o.target.arch = &iq_arch_x86_64;
	w->kernel = (struct iq_kernel){ .target = &w->o.target, .types = w->o.types };
	w->task = (struct iq_task){ .address = at(TASK) };
	put_u64(&w->o, at(TASK), at(SIGNAL));
	put_u64(&w->o, at(TASK + 8), at(SIGHAND));
	put_u64(&w->o, at(TASK + 16), 0x10000);
	put_u64(&w->o, head, first);
	put_u64(&w->o, head + 8, second);
	put_u64(&w->o, head + 16, 0x202);
	put_u64(&w->o, first, second);
	put_u64(&w->o, first + 8, head);
	put_u64(&w->o, first + 16, 2);
	put_u64(&w->o, second, head);
	put_u64(&w->o, second + 8, first);
	put_u64(&w->o, second + 16, 10);
	put_u64(&w->o, at(SIGNAL), 3);
	put_u64(&w->o, at(SIGNAL + 8), at(SIGNAL + 8));
	put_u64(&w->o, at(SIGNAL + 16), at(SIGNAL + 8));
	put_u64(&w->o, at(SIGNAL + 24), 0x4000);
	put_u64(&w->o, at(SIGHAND + 8 + 14 * 24), 0x401000);
	put_u64(&w->o, at(SIGHAND + 8 + 14 * 24 + 8), 0x10000000);
	put_u64(&w->o, at(SIGHAND + 8 + 14 * 24 + 16), 0x2);
}

static void world_close(struct world *w)
{
	objects_close(&w->o);
}

static void a_task_has_its_own_and_its_groups(void **state)
{
	struct iq_signals signals;
	struct world w;
	world_open(&w);
	expect_success(iq_task_signals(&w.kernel, &w.task, &signals));
	assert_int_equal(signals.signal, at(SIGNAL));
	assert_int_equal(signals.sighand, at(SIGHAND));
	assert_int_equal(signals.threads, 3);
	assert_int_equal(signals.blocked, 0x10000);
	assert_int_equal(signals.pending, 0x202);
	assert_int_equal(signals.shared, 0x4000);
	assert_int_equal(signals.queue, at(TASK + 24));
	assert_int_equal(signals.shared_queue, at(SIGNAL + 8));
	put_u64(&w.o, at(TASK), 0); /* reaped */
	expect_success(iq_task_signals(&w.kernel, &w.task, &signals));
	assert_int_equal(signals.shared_queue, 0);
	world_close(&w);
}

static void actions_are_counted_from_one(void **state)
{
	struct iq_signal_action action;
	struct world w;
	world_open(&w);
	expect_success(iq_signal_action(&w.kernel, at(SIGHAND), 15, &action));
	assert_int_equal(action.address, at(SIGHAND + 8 + 14 * 24));
	assert_int_equal(action.handler, 0x401000);
	assert_int_equal(action.flags, 0x10000000);
	assert_int_equal(action.mask, 2);
	expect_error(iq_signal_action(&w.kernel, at(SIGHAND), 0, &action), IQ_ERROR_ARGUMENT, "no signal 0");
	expect_error(iq_signal_action(&w.kernel, at(SIGHAND), 65, &action), IQ_ERROR_ARGUMENT, "no signal 65");
	world_close(&w);
}

static struct iq_error *describe(void *context, unsigned number, uint64_t info)
{
	iq_strbuf_addf(context, "%u@%lx ", number, info - MEMORY);
	return NULL;
}

static void queues_come_in_order(void **state)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct world w;
	world_open(&w);
	expect_success(iq_signals_each(&w.kernel, at(TASK + 24), describe, &text));
	assert_string_equal(iq_strbuf_text(&text), "2@1010 10@1030 ");
	iq_strbuf_truncate(&text, 0);
	put_u64(&w.o, at(QUEUED + 0x20), at(QUEUED)); /* goes round */
	expect_error(iq_signals_each(&w.kernel, at(TASK + 24), describe, &text), IQ_ERROR_FORMAT, "list");
	world_close(&w);
}

static void names_are_posix(void **state)
{
	static const struct {
		unsigned number;
		const char *name;
	} cases[] = {
		{ 0, "" },
		{ 1, "SIGHUP" },
		{ 9, "SIGKILL" },
		{ 31, "SIGSYS" },
		{ 32, "SIGRTMIN" },
		{ 48, "SIGRTMIN+16" },
		{ 49, "SIGRTMAX-15" },
		{ 63, "SIGRTMAX-1" },
		{ 64, "SIGRTMAX" },
		{ 65, "" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
		iq_signal_name(cases[i].number, &name);
		assert_string_equal(iq_strbuf_text(&name), cases[i].name);
	}
	assert_string_equal(iq_signal_other_name(29), "SIGPOLL");
	assert_null(iq_signal_other_name(1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_task_has_its_own_and_its_groups),
		cmocka_unit_test(actions_are_counted_from_one),
		cmocka_unit_test(queues_come_in_order),
		cmocka_unit_test(names_are_posix),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
