// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/file.h"

#include "kernel/internal.h"
#include "kernel/path.h"

#include <string.h>

enum {
	CHUNK = 512,       /* descriptors that are read at once: a page of pointers */
	MAX_MISSING = 16,  /* such chunks in a row, and the rest is given up */
	MAX_FDS = 1 << 26, /* more than sysctl_nr_open is ever set to */
	/* FMODE_BACKING in include/linux/fs.h: bit 25 of 6.5, 24 of 6.12.107. The other of the two means something else
	 * where it is used, but all backing files have FMODE_NOACCOUNT, which files of processes don't. */
	MODES_BACKING = 3 << 24,
	MODE_NOACCOUNT = 1 << 29,
};

static const char *type_name(uint32_t mode)
{
	switch (mode & 0170000) {
	case 0100000: return "REG";
	case 0120000: return "LNK";
	case 0040000: return "DIR";
	case 0020000: return "CHR";
	case 0060000: return "BLK";
	case 0010000: return "FIFO";
	case 0140000: return "SOCK";
	default: return "UNKN";
	}
}

static const struct {
	const char *operations, *name;
	enum iq_file_kind kind;
} kinds[] = {
	{ "pipefifo_fops", NULL, IQ_FILE_PIPE },
	{ "socket_file_ops", NULL, IQ_FILE_SOCKET },
	{ "eventpoll_fops", "[eventpoll]", IQ_FILE_EVENTPOLL },
	{ "bpf_prog_fops", "bpf-prog", IQ_FILE_BPF_PROG },
	{ "bpf_map_fops", "bpf-map", IQ_FILE_BPF_MAP },
	{ "bpf_link_fops", "bpf-link", IQ_FILE_BPF_LINK },
	{ "bpf_link_fops_poll", "bpf_link", IQ_FILE_BPF_LINK }, /* 6.11 */
	{ "btf_fops", "btf", IQ_FILE_BTF },
};

/* Kernels may be built without names of data: then the name that anon_inode_getfd() was given tells. */
static enum iq_file_kind kind_of(struct iq_kernel *k, const struct iq_open_file *file)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	struct iq_symbol symbol;
	if (!file->operations)
		return IQ_FILE_PLAIN;
	if (!iq_failed(iq_symbol_at(k->symbols, file->operations, &symbol)) && symbol.address == file->operations) {
		for (size_t i = 0; i < IQ_ARRAY_SIZE(kinds); i++) {
			if (strcmp(symbol.name, kinds[i].operations) == 0)
				return kinds[i].kind;
		}
		return IQ_FILE_PLAIN;
	}
	if (strcmp(file->type, "UNKN") != 0 || iq_failed(iq_path(k, file->mount, file->dentry, &path, NULL)))
		return IQ_FILE_PLAIN;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(kinds); i++) {
		if (kinds[i].name && strcmp(iq_strbuf_text(&path), kinds[i].name) == 0)
			return kinds[i].kind;
	}
	return IQ_FILE_PLAIN;
}

static void read_inode(struct iq_kernel *k, struct iq_open_file *file, struct iq_error **first)
{
	uint64_t mode;
	struct iq_error *error = iq_k_get(k, file->inode, "inode", "i_mode", &mode);
	if (error) {
		iq_error_keep(first, error);
		return;
	}
	file->mode = (uint32_t)mode;
	file->type = type_name(file->mode);
	iq_error_keep(first, iq_k_get(k, file->inode, "inode", "i_mapping", &file->mapping));
}

struct iq_error *iq_open_file_of_dentry(struct iq_kernel *kernel, uint64_t dentry, struct iq_open_file *out)
{
	struct iq_error *first = NULL;
	*out = (struct iq_open_file){ .dentry = dentry, .type = "?" };
	IQ_TRY(iq_k_get(kernel, dentry, "dentry", "d_inode", &out->inode));
	if (out->inode)
		read_inode(kernel, out, &first);
	return first;
}

/* What overlayfs maps and reads is a file of its own on the layer below, which f_path names since 6.7 (upstream
 * def3ae83da02); behind it lies the path that was opened. */
static struct iq_error *read_user_path(struct iq_kernel *k, struct iq_open_file *file)
{
	uint64_t mode;
	if (!iq_k_has(k, "backing_file", "user_path"))
		return NULL;
	IQ_TRY(iq_k_get(k, file->address, "file", "f_mode", &mode));
	if (!(mode & MODES_BACKING) || !(mode & MODE_NOACCOUNT))
		return NULL;
	IQ_TRY(iq_k_get(k, file->address, "backing_file", "user_path.mnt", &file->user_mount));
	return iq_k_get(k, file->address, "backing_file", "user_path.dentry", &file->user_dentry);
}

struct iq_error *iq_open_file_read(struct iq_kernel *kernel, uint64_t address, struct iq_open_file *out)
{
	struct iq_error *first = NULL;
	uint64_t inode = 0;
	*out = (struct iq_open_file){ .address = address, .type = "?" };
	const struct {
		const char *path;
		uint64_t *value;
	} members[] = {
		{ "f_path.dentry", &out->dentry }, { "f_path.mnt", &out->mount },          { "f_inode", &inode },
		{ "f_op", &out->operations },      { "private_data", &out->private_data },
	};
	for (size_t i = 0; i < IQ_ARRAY_SIZE(members); i++) {
		if (iq_k_has(kernel, "file", members[i].path) || i < 2)
			iq_error_keep(&first, iq_k_get(kernel, address, "file", members[i].path, members[i].value));
	}
	iq_error_keep(&first, read_user_path(kernel, out));
	/* The dentry's inode, as crash has it; the file's own (3.9, upstream dd37978c50bc) when the dentry is missing.
	 */
	if (out->dentry)
		iq_error_keep(&first, iq_k_get(kernel, out->dentry, "dentry", "d_inode", &out->inode));
	if (!out->inode)
		out->inode = inode;
	if (out->inode)
		read_inode(kernel, out, &first);
	out->kind = kind_of(kernel, out);
	return first;
}

struct iq_error *iq_open_file_path(struct iq_kernel *kernel, const struct iq_open_file *file, struct iq_strbuf *out,
				   bool *deleted)
{
	if (deleted)
		*deleted = false;
	if (file->user_dentry)
		return iq_path(kernel, file->user_mount, file->user_dentry, out, deleted);
	if (file->dentry)
		return iq_path(kernel, file->mount, file->dentry, out, deleted);
	iq_strbuf_add_char(out, '?');
	return NULL;
}

/* A table of descriptors that is walked. */
struct table {
	struct iq_kernel *k;
	uint64_t address, files, open; /* struct fdtable; its array of pointers and its bitmap */
	struct iq_error *damage;       /* the first */
	iq_descriptor_fn fn;
	void *context;
};

/* Shows the descriptors from `first` on, which `count` pointers are for. One that isn't marked as open is none: the
 * kernel sets the mark first and clears it last. Where the marks can't be read an address of the kernel is enough. */
static struct iq_error *show_chunk(struct table *t, const uint64_t *files, unsigned first, unsigned count)
{
	uint64_t marks[CHUNK / 64 + 1];
	unsigned start = first / 64, words = (first + count - 1) / 64 - start + 1;
	struct iq_error *error = iq_read(t->k->target, t->open + start * 8, marks, words * sizeof(*marks));
	bool known = !error;
	if (error)
		iq_error_keep(&t->damage, iq_error_prefix(error, "open_fds of fdtable at %#lx", t->address));
	for (unsigned i = 0; i < count; i++) {
		unsigned fd = first + i;
		bool open =
			known ? marks[fd / 64 - start] >> fd % 64 & 1 : iq_is_kernel_address(t->k->target, files[i]);
		if (files[i] && open)
			IQ_TRY(t->fn(t->context, fd, files[i]));
		else if (files[i] && known)
			iq_error_keep(&t->damage, iq_error_new(IQ_ERROR_FORMAT,
						      "fdtable at %#lx has %#lx for descriptor %u, which is not open",
						      t->address, files[i], fd));
	}
	return NULL;
}

static struct iq_error *walk_table(struct table *t)
{
	uint64_t max, files[CHUNK];
	unsigned missing = 0, count;
	IQ_TRY(iq_k_get(t->k, t->address, "fdtable", "max_fds", &max));
	IQ_TRY(iq_k_get(t->k, t->address, "fdtable", "fd", &t->files));
	IQ_TRY(iq_k_get(t->k, t->address, "fdtable", "open_fds", &t->open));
	if (max > MAX_FDS)
		return iq_error_new(IQ_ERROR_FORMAT, "fdtable at %#lx has %lu descriptors", t->address, max);
	for (unsigned fd = 0; fd < max && missing < MAX_MISSING; fd += count) {
		/* Chunks end where pages do, so that each page is read on its own. */
		count = (unsigned)IQ_MIN((uint64_t)CHUNK - (t->files / 8 + fd) % CHUNK, max - fd);
		struct iq_error *error =
			iq_read(t->k->target, t->files + (uint64_t)fd * 8, files, count * sizeof(*files));
		if (error) {
			iq_error_keep(&t->damage, iq_error_prefix(error, "descriptors %u to %u of fdtable at %#lx", fd,
							 fd + count - 1, t->address));
			missing++;
			continue;
		}
		missing = 0;
		IQ_TRY(show_chunk(t, files, fd, count));
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

struct iq_error *iq_task_descriptors(struct iq_kernel *kernel, const struct iq_task *task, iq_descriptor_fn fn,
				     void *context)
{
	struct table table = { .k = kernel, .fn = fn, .context = context };
	uint64_t files;
	IQ_TRY(iq_k_get(kernel, task->address, "task_struct", "files", &files));
	if (!files) /* exit_files() was here */
		return NULL;
	IQ_TRY(iq_k_get(kernel, files, "files_struct", "fdt", &table.address));
	struct iq_error *error = walk_table(&table);
	if (!error)
		return table.damage;
	iq_error_free(table.damage);
	return error;
}

struct iq_error *iq_task_directories(struct iq_kernel *kernel, const struct iq_task *task, struct iq_directories *out)
{
	uint64_t fs;
	struct iq_error *first = NULL;
	*out = (struct iq_directories){ 0 };
	IQ_TRY(iq_k_get(kernel, task->address, "task_struct", "fs", &fs));
	if (!fs)
		return NULL;
	iq_error_keep(&first, iq_k_get(kernel, fs, "fs_struct", "root.mnt", &out->root_mount));
	iq_error_keep(&first, iq_k_get(kernel, fs, "fs_struct", "root.dentry", &out->root_dentry));
	iq_error_keep(&first, iq_k_get(kernel, fs, "fs_struct", "pwd.mnt", &out->cwd_mount));
	iq_error_keep(&first, iq_k_get(kernel, fs, "fs_struct", "pwd.dentry", &out->cwd_dentry));
	return first;
}
