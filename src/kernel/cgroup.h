/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control groups: which there are, and what /sys/fs/cgroup calls them. Facts: struct cgroup in
 * include/linux/cgroup-defs.h, kernel/cgroup/cgroup.c; struct kernfs_node in include/linux/kernfs.h. */
#ifndef IQ_KERNEL_CGROUP_H
#define IQ_KERNEL_CGROUP_H

#include "kernel/kernel.h"

struct iq_cgroup {
	uint64_t address; /* struct cgroup */
	uint64_t parent;  /* struct cgroup; 0: it is the root of its hierarchy */
	uint64_t id;      /* as bpf_get_current_cgroup_id() and stat's inode number have it */
	uint32_t level;   /* 0: the root */
	bool dying;       /* its directory was removed, but something still refers to it */
};

/* Reads a struct cgroup. */
struct iq_error *iq_cgroup_read(struct iq_kernel *kernel, uint64_t address, struct iq_cgroup *out);

/* Appends the path of the struct cgroup at `address` below its hierarchy's root, as /proc/PID/cgroup has it for a
 * process in the root's namespace: "/", "/system.slice/ssh.service". Where something can't be read it begins with "?",
 * and the error says what it was. */
struct iq_error *iq_cgroup_path(struct iq_kernel *kernel, uint64_t address, struct iq_strbuf *out);

/* The root of the default hierarchy (cgroup v2): a struct cgroup. IQ_ERROR_NOT_FOUND without cgroups. */
struct iq_error *iq_cgroup_default_root(struct iq_kernel *kernel, uint64_t *address);

typedef struct iq_error *(*iq_cgroup_fn)(void *context, const struct iq_cgroup *cgroup);

/* Calls fn with the struct cgroup `top` and each below it, parents before their children, in the order in which they
 * were made. What is damaged or missing is left out with all below it, and the first such error is returned after the
 * rest was shown; an error from fn ends the walk. */
struct iq_error *iq_cgroups_each(struct iq_kernel *kernel, uint64_t top, iq_cgroup_fn fn, void *context);

/* The one of the default hierarchy with this id. IQ_ERROR_NOT_FOUND: "there is no cgroup with ID 77". */
struct iq_error *iq_cgroup_by_id(struct iq_kernel *kernel, uint64_t id, struct iq_cgroup *out);

#endif
