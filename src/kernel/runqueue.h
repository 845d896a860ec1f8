/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run queues: the tasks that a CPU has to run. Facts: kernel/sched/sched.h (struct rq, cfs_rq, rt_rq, dl_rq,
 * task_group), include/linux/sched.h (struct sched_entity, sched_rt_entity, sched_dl_entity), kernel/sched/fair.c,
 * rt.c, deadline.c of 5.10, 6.1, 6.12.
 */
#ifndef IQ_KERNEL_RUNQUEUE_H
#define IQ_KERNEL_RUNQUEUE_H

#include "kernel/kernel.h"

struct iq_run_queue {
	unsigned cpu;
	uint64_t address;        /* struct rq */
	uint64_t fair;           /* struct cfs_rq in it */
	uint64_t fair_root;      /* the tree in that */
	uint64_t realtime;       /* struct rt_rq */
	uint64_t realtime_array; /* the lists in that, one a priority */
	uint64_t deadline;       /* struct dl_rq */
	uint64_t deadline_root;
};

/* One thing that is queued: a task, or a group of them. */
struct iq_queued {
	uint64_t entity;     /* struct sched_entity, sched_rt_entity, sched_dl_entity */
	uint64_t task;       /* 0: a group, or a server that the CPU itself runs other classes' tasks by */
	uint64_t queue;      /* of a group: its own struct cfs_rq or rt_rq; else 0 */
	uint64_t task_group; /* of a group; 0: can't be read */
	unsigned depth;      /* groups around it */
	bool current;        /* fair: what its queue runs now, which is in no tree */
	bool delayed;   /* fair: it sleeps, and leaves the tree when it is next picked (6.12, upstream 152e11f6df29) */
	bool throttled; /* of a group: it has used up its share of time */
	unsigned list;  /* realtime: which one it is on: its priority */
};

/* `context`, and what is queued: groups before what is in them. An error ends the walk. */
typedef struct iq_error *(*iq_queued_fn)(void *context, const struct iq_queued *queued);

/* A CPU's run queue. */
struct iq_error *iq_run_queue(struct iq_kernel *kernel, unsigned cpu, struct iq_run_queue *out);

/*
 * What a struct cfs_rq, rt_rq or dl_rq of this CPU has, in the order of its tree or lists: of a cfs_rq the current
 * entity first. With `all_groups` also groups that are in no tree since they are throttled, as long as something is
 * queued in them. What is damaged, missing, or met twice is left out with all below it, and the first such error is
 * returned after the rest was shown; an error from fn ends the walk.
 */
struct iq_error *iq_fair_queue_each(struct iq_kernel *kernel, unsigned cpu, uint64_t cfs_rq, bool all_groups,
				    iq_queued_fn fn, void *context);
struct iq_error *iq_realtime_queue_each(struct iq_kernel *kernel, uint64_t rt_rq, iq_queued_fn fn, void *context);
struct iq_error *iq_deadline_queue_each(struct iq_kernel *kernel, uint64_t dl_rq, iq_queued_fn fn, void *context);

/* Appends the name of a struct task_group's control group, without its path; nothing where it has none. */
struct iq_error *iq_task_group_name(struct iq_kernel *kernel, uint64_t task_group, struct iq_strbuf *out);

#endif
