/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts and their namespaces, super blocks and their dirty inodes. Facts: struct mount and mnt_namespace in
 * fs/mount.h, fs/namespace.c, struct super_block in include/linux/fs.h. */
#ifndef IQ_KERNEL_MOUNT_H
#define IQ_KERNEL_MOUNT_H

#include "kernel/object.h"
#include "kernel/task.h"

/* Addresses are 0, and texts empty, where they could not be read. */
struct iq_mount {
	uint64_t address;  /* struct mount */
	uint64_t vfsmount; /* the struct vfsmount in it */
	uint64_t super_block;
	uint64_t root;     /* the dentry that is its root */
	uint64_t parent;   /* struct mount; itself: of no other's */
	uint64_t space;    /* struct mnt_namespace; 0 of the kernel's own mounts */
	int32_t id;        /* as in /proc/PID/mountinfo; -1: not known */
	int32_t parent_id; /* the same */
	char type[32];     /* of the file system: "ext4" */
	char device[256];  /* "/dev/vda1", "none" */
};

struct iq_mount_space {
	uint64_t address; /* struct mnt_namespace */
	uint32_t inode;   /* as in "mnt:[4026531841]"; 0: an anonymous one, of no process */
};

/* *out holds what could be read also when there is an error. */
struct iq_error *iq_mount_read(struct iq_kernel *kernel, uint64_t address, struct iq_mount *out);

/* Appends where it is mounted, from the root of all mounts on: iq_path(). */
struct iq_error *iq_mount_path(struct iq_kernel *kernel, const struct iq_mount *mount, struct iq_strbuf *out);

/* The mount namespace of a task: address 0 when it has none (it has died). */
struct iq_error *iq_task_mount_space(struct iq_kernel *kernel, const struct iq_task *task, struct iq_mount_space *out);

typedef struct iq_error *(*iq_mount_space_fn)(void *context, const struct iq_mount_space *space);

/* Calls fn with each mount namespace once: those of tasks in the order of the tasks, then those that only a mount of
 * some file system leads to (held by a file, or on their way out). What can't be read is left out, and the first such
 * error is returned after the rest was shown; an error from fn ends the walk. */
struct iq_error *iq_mount_spaces_each(struct iq_kernel *kernel, iq_mount_space_fn fn, void *context);

/* Calls fn with the struct mount of each mount of a namespace, in the kernel's order: a list, since 6.8 (upstream
 * 2eea9ce4310d) a tree by unique ID. Damage as above. */
struct iq_error *iq_mounts_each(struct iq_kernel *kernel, uint64_t space, iq_object_fn fn, void *context);

/* The same for the mounts of a super block, in all namespaces and in none. */
struct iq_error *iq_super_block_mounts_each(struct iq_kernel *kernel, uint64_t super_block, iq_object_fn fn,
					    void *context);

/* Calls fn with each struct inode of a super block that is dirty (I_DIRTY_ALL: its contents, itself, or its times). */
struct iq_error *iq_dirty_inodes_each(struct iq_kernel *kernel, uint64_t super_block, iq_object_fn fn, void *context);

#endif
