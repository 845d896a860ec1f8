/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open files: the descriptors of a task, and what is behind each. */
#ifndef IQ_KERNEL_FILE_H
#define IQ_KERNEL_FILE_H

#include "kernel/task.h"

/* What a file is when it is more than a name; told by its file_operations, else by the name of its dentry. */
enum iq_file_kind {
	IQ_FILE_PLAIN,
	IQ_FILE_PIPE,
	IQ_FILE_SOCKET,
	IQ_FILE_EVENTPOLL,
	IQ_FILE_BPF_PROG,
	IQ_FILE_BPF_MAP,
	IQ_FILE_BPF_LINK,
	IQ_FILE_BTF,
};

/* Addresses are 0 where there is nothing, or where it is not known. */
struct iq_open_file {
	uint64_t address; /* struct file */
	uint64_t mount;   /* struct vfsmount */
	uint64_t dentry, inode;
	uint64_t mapping; /* the inode's struct address_space */
	uint64_t operations, private_data;
	/* What a process opened, when overlayfs or FUSE opened this below it (struct backing_file); else 0. */
	uint64_t user_mount, user_dentry;
	uint32_t mode;    /* the inode's S_IF... and permissions */
	const char *type; /* "REG", "DIR", "CHR", "BLK", "LNK", "FIFO", "SOCK", "UNKN", as crash has them; "?" when the
			     inode is not known */
	enum iq_file_kind kind;
};

/* Reads a struct file. *out holds what could be read also when there is an error, which says what could not. */
struct iq_error *iq_open_file_read(struct iq_kernel *kernel, uint64_t address, struct iq_open_file *out);

/* The same from a dentry or an inode alone: only what these lead to is set. */
struct iq_error *iq_open_file_of_dentry(struct iq_kernel *kernel, uint64_t dentry, struct iq_open_file *out);

/* Appends the file's path, as who opened it knows it: iq_path(). */
struct iq_error *iq_open_file_path(struct iq_kernel *kernel, const struct iq_open_file *file, struct iq_strbuf *out,
				   bool *deleted);

/* Calls fn with each open descriptor of a task and the address of its struct file. A part of the table that can't be
 * read is left out, and the first such error is returned after the rest was shown. Facts: struct fdtable in
 * include/linux/fdtable.h, fs/file.c. */
typedef struct iq_error *(*iq_descriptor_fn)(void *context, unsigned fd, uint64_t file);
struct iq_error *iq_task_descriptors(struct iq_kernel *kernel, const struct iq_task *task, iq_descriptor_fn fn,
				     void *context);

/* A task's root and working directory: struct fs_struct. All 0 when it has none (it has died). */
struct iq_directories {
	uint64_t root_mount, root_dentry, cwd_mount, cwd_dentry;
};
struct iq_error *iq_task_directories(struct iq_kernel *kernel, const struct iq_task *task, struct iq_directories *out);

#endif
