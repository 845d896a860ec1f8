/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of files: from a dentry up, over its mounts, to the root of all. */
#ifndef IQ_KERNEL_PATH_H
#define IQ_KERNEL_PATH_H

#include "kernel/kernel.h"

/* Appends the path of `dentry` on the struct vfsmount at `mount`; 0: a mount of its file system is looked for. Files
 * without a place in a tree are named as the kernel's d_path() names them ("pipe:[1456]", "net:[4026531840]",
 * "/memfd:name", which counts as deleted), but those of anon_inodefs by their own name ("bpf-prog", "[eventpoll]").
 * *deleted (may be NULL): the name is no longer in its directory. Where something can't be read the path begins with
 * "?", or has "?" in the place of a name, and the error says what it was. Facts: prepend_path(), d_path() in
 * fs/d_path.c (fs/dcache.c before 5.13). */
struct iq_error *iq_path(struct iq_kernel *kernel, uint64_t mount, uint64_t dentry, struct iq_strbuf *out,
			 bool *deleted);

/* The name of a super block's file system: "ext4". */
struct iq_error *iq_file_system_name(struct iq_kernel *kernel, uint64_t super_block, char *buffer, size_t size);

#endif
