// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/runqueue.h"

#include "kernel/internal.h"
#include "kernel/rbtree.h"

enum {
	MAX_QUEUED = 1 << 22,      /* PID_MAX_LIMIT */
	MAX_DEPTH = 64,            /* of groups */
	MAX_REALTIME_LISTS = 1024, /* MAX_RT_PRIO is 100 */
};

struct walk {
	struct iq_kernel *kernel;
	iq_queued_fn fn;
	void *context;
	unsigned cpu;
	bool all_groups;
	bool stopped; /* fn gave the error: the walk is over */
	unsigned depth;
	unsigned list;
	struct iq_map seen; /* queues and entities */
	struct iq_error *damage;
};

static struct iq_error *walk_fair(struct walk *w, uint64_t cfs_rq);
static struct iq_error *walk_realtime(struct walk *w, uint64_t rt_rq);

static struct iq_error *member(struct iq_kernel *k, uint64_t address, const char *type, const char *path, uint64_t *out)
{
	return iq_member_address(k->types, address, type, path, out);
}

struct iq_error *iq_run_queue(struct iq_kernel *k, unsigned cpu, struct iq_run_queue *out)
{
	*out = (struct iq_run_queue){ .cpu = cpu };
	IQ_TRY(iq_per_cpu_symbol(k, cpu, "runqueues", &out->address));
	IQ_TRY(iq_k_check_cpu(k, out->address, "rq", cpu));
	IQ_TRY(member(k, out->address, "rq", "cfs", &out->fair));
	IQ_TRY(member(k, out->fair, "cfs_rq", "tasks_timeline", &out->fair_root));
	IQ_TRY(member(k, out->address, "rq", "rt", &out->realtime));
	IQ_TRY(member(k, out->realtime, "rt_rq", "active", &out->realtime_array));
	IQ_TRY(member(k, out->address, "rq", "dl", &out->deadline));
	return member(k, out->deadline, "dl_rq", "root", &out->deadline_root);
}

/* Keeps damage for the end; what ends the walk is handed on. */
static struct iq_error *keep(struct walk *w, struct iq_error *error)
{
	if (!error || w->stopped || iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	iq_error_keep(&w->damage, error);
	return NULL;
}

static struct iq_error *see_once(struct walk *w, uint64_t address, const char *what)
{
	bool added;
	if (!iq_map_add(&w->seen, address, &added))
		return iq_error_no_memory();
	if (!added)
		return iq_error_new(IQ_ERROR_LIMIT, "%s at %#lx is queued twice", what, address);
	return w->seen.count > MAX_QUEUED ? iq_error_new(IQ_ERROR_LIMIT, "more is queued than there can be") : NULL;
}

static struct iq_error *give(struct walk *w, const struct iq_queued *queued)
{
	struct iq_error *error = w->fn(w->context, queued);
	w->stopped = error != NULL;
	IQ_TRY(error);
	return iq_check_interrupt();
}

/* What is in a group, a level deeper. */
static struct iq_error *walk_group(struct walk *w, uint64_t queue, struct iq_error *(*walk)(struct walk *, uint64_t))
{
	if (w->depth >= MAX_DEPTH)
		return keep(w, iq_error_new(IQ_ERROR_LIMIT, "groups of tasks are nested more than %d deep", MAX_DEPTH));
	w->depth++;
	struct iq_error *error = walk(w, queue);
	w->depth--;
	return keep(w, error);
}

static struct iq_error *give_fair_group(struct walk *w, struct iq_queued *queued)
{
	uint64_t throttled = 0;
	iq_error_keep(&w->damage, iq_k_get(w->kernel, queued->queue, "cfs_rq", "tg", &queued->task_group));
	if (iq_k_has(w->kernel, "cfs_rq", "throttled"))
		iq_error_keep(&w->damage, iq_k_get(w->kernel, queued->queue, "cfs_rq", "throttled", &throttled));
	queued->throttled = throttled;
	IQ_TRY(give(w, queued));
	return walk_group(w, queued->queue, walk_fair);
}

static struct iq_error *give_fair(struct walk *w, uint64_t entity, bool current)
{
	struct iq_kernel *k = w->kernel;
	struct iq_queued queued = { .entity = entity, .depth = w->depth, .current = current };
	uint64_t delayed = 0;
	IQ_TRY(see_once(w, entity, "sched_entity"));
	if (iq_k_has(k, "sched_entity", "my_q"))
		IQ_TRY(iq_k_get(k, entity, "sched_entity", "my_q", &queued.queue));
	if (iq_k_has(k, "sched_entity", "sched_delayed"))
		IQ_TRY(iq_k_get(k, entity, "sched_entity", "sched_delayed", &delayed));
	queued.delayed = delayed;
	if (queued.queue)
		return give_fair_group(w, &queued);
	IQ_TRY(iq_container_of(k->types, entity, "task_struct", "se", &queued.task));
	return give(w, &queued);
}

static struct iq_error *see_fair(void *context, uint64_t node, const struct iq_rbtree_place *place)
{
	struct walk *w = context;
	uint64_t entity;
	IQ_TRY(iq_container_of(w->kernel->types, node, "sched_entity", "run_node", &entity));
	return keep(w, give_fair(w, entity, false));
}

/* A group's queue on this CPU: task_group.cfs_rq is an array of pointers, per-CPU memory in later kernels. */
static struct iq_error *group_queue(struct walk *w, uint64_t task_group, uint64_t *queue)
{
	struct iq_kernel *k = w->kernel;
	struct iq_type_member found;
	struct iq_type_info info, target;
	struct iq_type type;
	IQ_TRY(iq_types_member(k->types, "task_group", "cfs_rq", &found));
	IQ_TRY(iq_type_strip(found.type, &type));
	IQ_TRY(iq_type_info(type, &info));
	IQ_TRY(iq_type_strip(info.target, &type));
	IQ_TRY(iq_type_info(type, &target));
	IQ_TRY(iq_k_get(k, task_group, "task_group", "cfs_rq", queue));
	if (target.kind != IQ_TYPE_POINTER)
		return iq_per_cpu(k, w->cpu, *queue, queue);
	return iq_error_prefix(iq_read_u64(k->target, *queue + 8 * (uint64_t)w->cpu, queue),
			       "cfs_rq of task_group at %#lx", task_group);
}

/* How many are queued in a cfs_rq: nr_running, nr_queued from 6.14 (upstream 736c55a02c47). */
static struct iq_error *count_queued(struct iq_kernel *k, uint64_t cfs_rq, uint64_t *count)
{
	return iq_k_get(k, cfs_rq, "cfs_rq", iq_k_has(k, "cfs_rq", "nr_queued") ? "nr_queued" : "nr_running", count);
}

struct child {
	struct walk *walk;
	unsigned depth; /* of the search, not of what is shown */
	bool found;
};

static struct iq_error *has_queued(void *context, uint64_t task_group);

static struct iq_error *children(struct walk *w, uint64_t task_group, iq_object_fn fn, void *context)
{
	uint64_t head;
	IQ_TRY(member(w->kernel, task_group, "task_group", "children", &head));
	return iq_list_each(w->kernel->target, w->kernel->types, head, "task_group", "siblings", MAX_QUEUED, fn,
			    context);
}

/* Is anything queued in this group or below that was not come by? */
static struct iq_error *has_queued(void *context, uint64_t task_group)
{
	struct child *child = context;
	struct walk *w = child->walk;
	uint64_t queue, count;
	IQ_TRY(iq_check_interrupt());
	if (child->found || child->depth >= MAX_DEPTH)
		return NULL;
	IQ_TRY(group_queue(w, task_group, &queue));
	IQ_TRY(count_queued(w->kernel, queue, &count));
	child->found = count && !iq_map_get(&w->seen, queue, NULL);
	child->depth++;
	struct iq_error *error = child->found ? NULL : children(w, task_group, has_queued, child);
	child->depth--;
	return error;
}

/* A group that is in no tree: shown when there is something in it. */
static struct iq_error *see_child(void *context, uint64_t task_group)
{
	struct walk *w = context;
	struct child child = { .walk = w };
	struct iq_queued queued = { .depth = w->depth, .task_group = task_group };
	IQ_TRY(keep(w, group_queue(w, task_group, &queued.queue)));
	if (!queued.queue || iq_map_get(&w->seen, queued.queue, NULL))
		return NULL;
	IQ_TRY(keep(w, has_queued(&child, task_group)));
	return child.found ? give_fair_group(w, &queued) : NULL;
}

static struct iq_error *walk_tree(struct walk *w, uint64_t address, const char *type, const char *path,
				  iq_rbtree_fn see)
{
	struct iq_kernel *k = w->kernel;
	uint64_t tree, root;
	/* A struct rb_root_cached begins with its struct rb_root, that with its pointer. */
	IQ_TRY(member(k, address, type, path, &tree));
	IQ_TRY(iq_error_prefix(iq_read_u64(k->target, tree, &root), "%s at %#lx", type, address));
	return root ? iq_rbtree_each(k->target, k->types, root, true, true, MAX_QUEUED, see, w) : NULL;
}

static struct iq_error *walk_fair(struct walk *w, uint64_t cfs_rq)
{
	struct iq_kernel *k = w->kernel;
	uint64_t current = 0, group = 0;
	IQ_TRY(see_once(w, cfs_rq, "cfs_rq"));
	IQ_TRY(keep(w, iq_k_get(k, cfs_rq, "cfs_rq", "curr", &current)));
	if (current)
		IQ_TRY(keep(w, give_fair(w, current, true)));
	IQ_TRY(keep(w, walk_tree(w, cfs_rq, "cfs_rq", "tasks_timeline", see_fair)));
	if (!w->all_groups || !iq_k_has(k, "cfs_rq", "tg"))
		return NULL;
	IQ_TRY(keep(w, iq_k_get(k, cfs_rq, "cfs_rq", "tg", &group)));
	return group ? keep(w, children(w, group, see_child, w)) : NULL;
}

static struct iq_error *see_realtime(void *context, uint64_t entity)
{
	struct walk *w = context;
	struct iq_kernel *k = w->kernel;
	struct iq_queued queued = { .entity = entity, .depth = w->depth, .list = w->list };
	uint64_t throttled = 0;
	unsigned list = w->list;
	IQ_TRY(see_once(w, entity, "sched_rt_entity"));
	if (iq_k_has(k, "sched_rt_entity", "my_q"))
		IQ_TRY(keep(w, iq_k_get(k, entity, "sched_rt_entity", "my_q", &queued.queue)));
	if (!queued.queue) {
		IQ_TRY(iq_container_of(k->types, entity, "task_struct", "rt", &queued.task));
		return give(w, &queued);
	}
	iq_error_keep(&w->damage, iq_k_get(k, queued.queue, "rt_rq", "tg", &queued.task_group));
	if (iq_k_has(k, "rt_rq", "rt_throttled"))
		iq_error_keep(&w->damage, iq_k_get(k, queued.queue, "rt_rq", "rt_throttled", &throttled));
	queued.throttled = throttled;
	IQ_TRY(give(w, &queued));
	struct iq_error *error = walk_group(w, queued.queue, walk_realtime);
	w->list = list;
	return error;
}

static struct iq_error *walk_realtime(struct walk *w, uint64_t rt_rq)
{
	struct iq_kernel *k = w->kernel;
	struct iq_type_member queue;
	struct iq_type_info info;
	struct iq_type type;
	uint64_t lists;
	IQ_TRY(see_once(w, rt_rq, "rt_rq"));
	IQ_TRY(iq_types_member(k->types, "rt_prio_array", "queue", &queue));
	IQ_TRY(iq_type_strip(queue.type, &type));
	IQ_TRY(iq_type_info(type, &info));
	IQ_TRY(member(k, rt_rq, "rt_rq", "active.queue", &lists));
	for (unsigned i = 0; i < info.count && i < MAX_REALTIME_LISTS; i++) {
		w->list = i;
		IQ_TRY(keep(w, iq_list_each(k->target, k->types, lists + 16 * (uint64_t)i, "sched_rt_entity",
					    "run_list", MAX_QUEUED, see_realtime, w)));
	}
	return NULL;
}

static struct iq_error *see_deadline(void *context, uint64_t node, const struct iq_rbtree_place *place)
{
	struct walk *w = context;
	struct iq_kernel *k = w->kernel;
	struct iq_queued queued = { 0 };
	uint64_t server = 0;
	IQ_TRY(iq_container_of(k->types, node, "sched_dl_entity", "rb_node", &queued.entity));
	/* struct rq's fair_server and others, in no task (6.8, upstream 63ba8422f876). */
	if (iq_k_has(k, "sched_dl_entity", "dl_server"))
		IQ_TRY(keep(w, iq_k_get(k, queued.entity, "sched_dl_entity", "dl_server", &server)));
	if (!server)
		IQ_TRY(iq_container_of(k->types, queued.entity, "task_struct", "dl", &queued.task));
	return give(w, &queued);
}

static struct iq_error *walk_deadline(struct walk *w, uint64_t dl_rq)
{
	return walk_tree(w, dl_rq, "dl_rq", "root", see_deadline);
}

static struct iq_error *run_walk(struct walk *w, uint64_t queue, struct iq_error *(*walk)(struct walk *, uint64_t))
{
	struct iq_error *error = walk(w, queue);
	if (error)
		iq_error_free(w->damage);
	else
		error = w->damage;
	iq_map_free(&w->seen);
	return error;
}

struct iq_error *iq_fair_queue_each(struct iq_kernel *kernel, unsigned cpu, uint64_t cfs_rq, bool all_groups,
				    iq_queued_fn fn, void *context)
{
	struct walk w = { .kernel = kernel, .fn = fn, .context = context, .cpu = cpu, .all_groups = all_groups };
	return run_walk(&w, cfs_rq, walk_fair);
}

struct iq_error *iq_realtime_queue_each(struct iq_kernel *kernel, uint64_t rt_rq, iq_queued_fn fn, void *context)
{
	struct walk w = { .kernel = kernel, .fn = fn, .context = context };
	return run_walk(&w, rt_rq, walk_realtime);
}

struct iq_error *iq_deadline_queue_each(struct iq_kernel *kernel, uint64_t dl_rq, iq_queued_fn fn, void *context)
{
	struct walk w = { .kernel = kernel, .fn = fn, .context = context };
	return run_walk(&w, dl_rq, walk_deadline);
}

struct iq_error *iq_task_group_name(struct iq_kernel *kernel, uint64_t task_group, struct iq_strbuf *out)
{
	uint64_t cgroup, node, name;
	char text[256];
	if (!iq_k_has(kernel, "task_group", "css"))
		return NULL;
	/* An autogroup has none. */
	IQ_TRY(iq_k_get(kernel, task_group, "task_group", "css.cgroup", &cgroup));
	if (!cgroup)
		return NULL;
	IQ_TRY(iq_k_get(kernel, cgroup, "cgroup", "kn", &node));
	IQ_TRY(iq_k_get(kernel, node, "kernfs_node", "name", &name));
	IQ_TRY(iq_error_prefix(iq_read_string(kernel->target, name, text, sizeof(text)), "name of task_group"));
	iq_strbuf_add(out, text);
	return NULL;
}
