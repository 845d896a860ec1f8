// SPDX-License-Identifier: GPL-2.0-or-later
/* Run queues laid out by hand: tasks, groups in groups, groups that are held back, real-time lists, deadlines; damaged.
 */
#include "../cmocka_setup.h"

#include "objects.h"

#include "arch/x86_64.h"
#include "kernel/internal.h"
#include "kernel/runqueue.h"

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

/* Tasks of 0x80 bytes (se at 8, rt at 0x40, dl at 0x60), groups of 0x80, their queues of 0x40 behind. */
enum { TASKS = 0x400, GROUPS = 0x1000, QUEUES = 0x1800, ENTITIES = 0x2000, REALTIME = 0x3000, DEADLINES = 0x3800 };

struct world {
	struct objects o;
	struct iq_kernel kernel;
};

static uint64_t at(unsigned offset)
{
	return MEMORY + offset;
}

static uint64_t task(unsigned n)
{
	return at(TASKS + n * 0x80);
}

static uint64_t entity(unsigned n) /* of task n */
{
	return task(n) + 8;
}

static uint64_t group(unsigned n)
{
	return at(GROUPS + n * 0x80);
}

static uint64_t queue(unsigned n) /* of group n; 0 is the CPU's own */
{
	return at(QUEUES + n * 0x40);
}

static uint64_t group_entity(unsigned n)
{
	return at(ENTITIES + n * 0x40);
}

static void add_types(struct builder *b, bool delayed)
{
	b_init(b, NULL);
	uint32_t uint = b_int(b, "unsigned int", 4, 0), ulong = b_int(b, "unsigned long", 8, 0);
	uint32_t list = b_type(b, B_STRUCT, "list_head", false, 2, 16);
	b_member(b, "next", ulong, 0);
	b_member(b, "prev", ulong, 64);
	uint32_t node = b_type(b, B_STRUCT, "rb_node", false, 3, 24);
	b_member(b, "__rb_parent_color", ulong, 0);
	b_member(b, "rb_right", ulong, 64);
	b_member(b, "rb_left", ulong, 128);
	uint32_t se = b_type(b, B_STRUCT, "sched_entity", false, delayed ? 3 : 2, 0x30);
	b_member(b, "run_node", node, 0);
	b_member(b, "my_q", ulong, 192);
	if (delayed)
		b_member(b, "sched_delayed", ulong, 256);
	uint32_t rt = b_type(b, B_STRUCT, "sched_rt_entity", false, 1, 16);
	b_member(b, "run_list", list, 0);
	uint32_t dl = b_type(b, B_STRUCT, "sched_dl_entity", false, 2, 32);
	b_member(b, "rb_node", node, 0);
	b_member(b, "dl_server", uint, 192);
	b_type(b, B_STRUCT, "task_struct", false, 3, 0x80);
	b_member(b, "se", se, 64);
	b_member(b, "rt", rt, 0x200);
	b_member(b, "dl", dl, 0x300);
	uint32_t cfs = b_type(b, B_STRUCT, "cfs_rq", false, 5, 0x40);
	b_member(b, "nr_running", ulong, 0);
	b_member(b, "tasks_timeline", ulong, 64);
	b_member(b, "curr", ulong, 128);
	b_member(b, "tg", ulong, 192);
	b_member(b, "throttled", ulong, 256);
	uint32_t pointer = b_type(b, B_PTR, NULL, false, 0, cfs), queues = b_type(b, B_PTR, NULL, false, 0, pointer);
	b_type(b, B_STRUCT, "task_group", false, 3, 0x40);
	b_member(b, "children", list, 0);
	b_member(b, "siblings", list, 128);
	b_member(b, "cfs_rq", queues, 256);
	uint32_t lists = b_array(b, list, 4);
	uint32_t array = b_type(b, B_STRUCT, "rt_prio_array", false, 1, 64);
	b_member(b, "queue", lists, 0);
	b_type(b, B_STRUCT, "rt_rq", false, 1, 64);
	b_member(b, "active", array, 0);
	b_type(b, B_STRUCT, "dl_rq", false, 1, 16);
	b_member(b, "root", ulong, 0);
}

static void put_node(struct world *w, uint64_t node, uint64_t parent, uint64_t left, uint64_t right)
{
	put_u64(&w->o, node, parent | 1);
	put_u64(&w->o, node + 8, right);
	put_u64(&w->o, node + 16, left);
}

static void put_list(struct world *w, uint64_t head, uint64_t element)
{
	put_u64(&w->o, head, element ? element : head);
	put_u64(&w->o, head + 8, element ? element : head);
	if (!element)
		return;
	put_u64(&w->o, element, head);
	put_u64(&w->o, element + 8, head);
}

/*
 * The CPU runs task 0. In its tree, from the left: task 1, group 1, task 2. Group 1 runs nothing and has task 3 and
 * group 2, which has task 4. Group 3, a child of group 1, is throttled with task 5 in it, and in no tree.
 */
static void fill(struct world *w)
{
	for (unsigned n = 0; n < 4; n++) {
		put_u64(&w->o, queue(n) + 24, group(n));
		put_u64(&w->o, group(n) + 32, at(0x100 + n * 16)); /* two CPUs */
		put_u64(&w->o, at(0x100 + n * 16 + 8), queue(n));
		put_u64(&w->o, group_entity(n) + 24, queue(n));
		put_list(w, group(n), 0);
	}
	put_u64(&w->o, queue(0) + 16, entity(0));
	put_u64(&w->o, queue(0) + 8, group_entity(1));
	put_node(w, group_entity(1), 0, entity(1), entity(2));
	put_node(w, entity(1), group_entity(1), 0, 0);
	put_node(w, entity(2), group_entity(1), 0, 0);
	put_u64(&w->o, queue(1) + 8, entity(3));
	put_node(w, entity(3), 0, 0, group_entity(2));
	put_node(w, group_entity(2), entity(3), 0, 0);
	put_u64(&w->o, queue(2) + 8, entity(4));
	put_node(w, entity(4), 0, 0, 0);
	put_u64(&w->o, queue(3), 1);
	put_u64(&w->o, queue(3) + 8, entity(5));
	put_u64(&w->o, queue(3) + 32, 1);
	put_node(w, entity(5), 0, 0, 0);
	put_list(w, group(0), group(1) + 16);
	put_list(w, group(1), group(3) + 16);
	put_u64(&w->o, entity(2) + 32, 1);
}

static void world_open(struct world *w, bool delayed)
{
	struct builder b;
	add_types(&b, delayed);
	objects_open(&w->o, &b);
	w->o.target.arch = &iq_arch_x86_64;
	w->kernel = (struct iq_kernel){ .target = &w->o.target, .types = w->o.types };
	fill(w);
}

static void world_close(struct world *w)
{
	objects_close(&w->o);
}

static struct iq_error *describe(void *context, const struct iq_queued *q)
{
	struct iq_strbuf *text = context;
	if (text->length)
		iq_strbuf_add_char(text, ' ');
	for (unsigned i = 0; i < q->depth; i++)
		iq_strbuf_add_char(text, '.');
	if (q->queue)
		iq_strbuf_addf(text, "g%u%s", (unsigned)((q->task_group - group(0)) / 0x80), q->throttled ? "!" : "");
	else if (q->task)
		iq_strbuf_addf(text, "%u%s%s", (unsigned)((q->task - task(0)) / 0x80), q->current ? "*" : "",
			       q->delayed ? "z" : "");
	else
		iq_strbuf_add(text, "server");
	if (q->list)
		iq_strbuf_addf(text, "@%u", q->list);
	return NULL;
}

static void expect_fair(struct world *w, bool all, const char *expected, const char *why)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_error *error = iq_fair_queue_each(&w->kernel, 1, queue(0), all, describe, &text);
	if (why)
		expect_error(error, error ? error->code : IQ_ERROR_FORMAT, why);
	else
		expect_success(error);
	assert_string_equal(iq_strbuf_text(&text), expected);
}

static void groups_come_before_what_is_in_them(void **state)
{
	struct world w;
	world_open(&w, false);
	expect_fair(&w, false, "0* 1 g1 .3 .g2 ..4 2", NULL);
	world_close(&w);
}

static void delayed_tasks_are_marked_where_kernels_have_them(void **state)
{
	struct world w;
	world_open(&w, true);
	expect_fair(&w, false, "0* 1 g1 .3 .g2 ..4 2z", NULL);
	world_close(&w);
}

static void throttled_groups_are_found_by_their_parents(void **state)
{
	struct world w;
	world_open(&w, false);
	expect_fair(&w, true, "0* 1 g1 .3 .g2 ..4 .g3! ..5 2", NULL);
	put_u64(&w.o, queue(3), 0); /* nothing in it */
	expect_fair(&w, true, "0* 1 g1 .3 .g2 ..4 2", NULL);
	world_close(&w);
}

static void damage_costs_only_what_is_below_it(void **state)
{
	struct world w;
	world_open(&w, false);
	put_u64(&w.o, queue(2) + 8, 0xffff888000f00000); /* a tree that is missing */
	expect_fair(&w, false, "0* 1 g1 .3 .g2 2", "rb_node at 0xffff888000f00000");
	put_u64(&w.o, group_entity(2) + 24, queue(0)); /* a group that holds itself */
	expect_fair(&w, false, "0* 1 g1 .3 .g0 2", "cfs_rq at 0xffff888000101800 is queued twice");
	put_u64(&w.o, queue(0) + 16, 0xffff888000f00000); /* curr */
	expect_fair(&w, false, "1 g1 .3 .g0 2", "sched_entity at 0xffff888000f00000");
	world_close(&w);
}

static struct iq_error *refuse(void *context, const struct iq_queued *q)
{
	if ((*(unsigned *)context)++ == 2)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "enough");
	return NULL;
}

static void a_callback_ends_the_walk(void **state)
{
	unsigned count = 0;
	struct world w;
	world_open(&w, false);
	expect_error(iq_fair_queue_each(&w.kernel, 1, queue(0), true, refuse, &count), IQ_ERROR_NOT_FOUND, "enough");
	assert_int_equal(count, 3);
	world_close(&w);
}

static void realtime_lists_come_by_priority(void **state)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct world w;
	world_open(&w, false);
	put_list(&w, at(REALTIME), 0);
	put_list(&w, at(REALTIME) + 16, task(6) + 0x40);
	put_list(&w, at(REALTIME) + 32, 0);
	put_list(&w, at(REALTIME) + 48, task(7) + 0x40);
	expect_success(iq_realtime_queue_each(&w.kernel, at(REALTIME), describe, &text));
	assert_string_equal(iq_strbuf_text(&text), "6@1 7@3");
	iq_strbuf_truncate(&text, 0);
	put_u64(&w.o, at(REALTIME) + 32, 0xffff888000f00000); /* the list of priority 2 leads away */
	expect_error(iq_realtime_queue_each(&w.kernel, at(REALTIME), describe, &text), IQ_ERROR_MEMORY, "list");
	assert_string_equal(iq_strbuf_text(&text), "6@1 7@3");
	world_close(&w);
}

static void servers_are_no_tasks(void **state)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct world w;
	world_open(&w, false);
	uint64_t server = at(DEADLINES) + 0x100;
	put_u64(&w.o, at(DEADLINES), server);
	put_node(&w, server, 0, task(8) + 0x60, 0);
	put_node(&w, task(8) + 0x60, server, 0, 0);
	put_u64(&w.o, server + 24, 1);
	expect_success(iq_deadline_queue_each(&w.kernel, at(DEADLINES), describe, &text));
	assert_string_equal(iq_strbuf_text(&text), "8 server");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_come_before_what_is_in_them),
		cmocka_unit_test(delayed_tasks_are_marked_where_kernels_have_them),
		cmocka_unit_test(throttled_groups_are_found_by_their_parents),
		cmocka_unit_test(damage_costs_only_what_is_below_it),
		cmocka_unit_test(a_callback_ends_the_walk),
		cmocka_unit_test(realtime_lists_come_by_priority),
		cmocka_unit_test(servers_are_no_tasks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
