// SPDX-License-Identifier: GPL-2.0-or-later
/* mount: what is mounted, where, in which namespace. */
#include "command/filenames.h"
#include "command/tasks.h"

#include "kernel/mount.h"
#include "kernel/object.h"
#include "util/cleanup.h"
#include "util/hash.h"

#include <string.h>

struct file {
	uint64_t address, vfsmount;
};

struct mounts {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	bool files, inodes, all; /* -f, -i, -a */
	const char *word;        /* the one that is shown; NULL: every one */
	uint64_t address, owner; /* the word as an address; the super block of the dentry or inode there */
	IQ_VEC(struct file) open;
	struct iq_map seen; /* struct files */
	const struct iq_mount_space *space;
	size_t spaces, shown; /* the latter: mounts, of the namespace */
	size_t found;         /* mounts in all */
};

static void mounts_free(struct mounts *m)
{
	iq_vec_free(&m->open);
	iq_map_free(&m->seen);
}

/* What is missing is told, and the rest shown. */
static struct iq_error *told(struct mounts *m, struct iq_error *error)
{
	if (!error || iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	iq_warn_error(&m->session->diag, error);
	return NULL;
}

static bool is_meant(const struct mounts *m, const struct iq_mount *mount, const char *path)
{
	uint64_t a = m->address;
	if (!m->word || strcmp(m->word, path) == 0 || strcmp(m->word, mount->device) == 0)
		return true;
	return a && (a == mount->address || a == mount->vfsmount || a == mount->super_block ||
		     (m->owner && m->owner == mount->super_block));
}

static void show_space(struct mounts *m)
{
	if (!m->all || m->shown)
		return;
	if (m->spaces++)
		iq_line(m->out, "");
	if (m->space->inode)
		iq_text(m->out, "NAMESPACE: %016lx  mnt:[%u]", m->space->address, m->space->inode);
	else
		iq_text(m->out, "NAMESPACE: %016lx  anonymous", m->space->address);
}

/* -f: those of the descriptors' files that were opened through this mount. */
static struct iq_error *show_files(struct mounts *m, const struct iq_mount *mount)
{
	size_t count = 0;
	iq_list_begin(m->out, "open_files");
	for (size_t i = 0; i < m->open.count; i++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
		struct iq_open_file file;
		bool deleted;
		if (m->open.data[i].vfsmount != mount->vfsmount)
			continue;
		iq_warn_error(&m->session->diag, iq_open_file_read(m->kernel, m->open.data[i].address, &file));
		iq_show_path(m->session, &file, &path, &deleted);
		if (!count++) {
			iq_text(m->out, "OPEN FILES:");
			iq_text(m->out, "     DENTRY           INODE       TYPE  PATH");
		}
		iq_record_begin(m->out);
		iq_add_address(m->out, "file", file.address);
		iq_add_address(m->out, "dentry", file.dentry);
		iq_add_address(m->out, "inode", file.inode);
		iq_add_string(m->out, "type", file.type);
		iq_add_string(m->out, "path", iq_strbuf_text(&path));
		iq_add_bool(m->out, "deleted", deleted);
		if (iq_out_is_text(m->out))
			iq_add_string(m->out, "mark", deleted ? " (deleted)" : "");
		iq_line(m->out, "{dentry@address} {inode@address} {type:-4}  {path@string}{mark@mark}");
		iq_end(m->out);
		IQ_TRY(iq_check_interrupt());
	}
	iq_end(m->out);
	if (!count)
		iq_text(m->out, "No open files found");
	return NULL;
}

struct inodes {
	struct mounts *m;
	size_t count;
};

static struct iq_error *see_dirty(void *context, uint64_t inode)
{
	struct inodes *inodes = context;
	if (!inodes->count++)
		iq_text(inodes->m->out, "DIRTY INODES");
	iq_add_address(inodes->m->out, NULL, inode);
	iq_text(inodes->m->out, "%016lx", inode);
	return NULL;
}

/* -i: of the mount's super block. */
static struct iq_error *show_inodes(struct mounts *m, const struct iq_mount *mount)
{
	struct inodes inodes = { .m = m };
	iq_list_begin(m->out, "dirty_inodes");
	struct iq_error *error =
		mount->super_block ? told(m, iq_dirty_inodes_each(m->kernel, mount->super_block, see_dirty, &inodes))
				   : NULL;
	iq_end(m->out);
	if (!inodes.count)
		iq_text(m->out, "No dirty inodes found");
	return error;
}

static void add_id(struct iq_out *out, const char *key, int32_t value)
{
	if (value >= 0)
		iq_add_signed(out, key, value);
	else
		iq_add_unavailable(out, key, "it can't be read");
}

static void add_mount(struct mounts *m, const struct iq_mount *mount, const char *path)
{
	iq_add_unsigned(m->out, "namespace", m->space->inode);
	iq_add_address(m->out, "mount", mount->address);
	iq_add_address(m->out, "super_block", mount->super_block);
	iq_add_string(m->out, "type", *mount->type ? mount->type : NULL);
	iq_add_string(m->out, "device", *mount->device ? mount->device : NULL);
	iq_add_string(m->out, "directory", path);
	add_id(m->out, "id", mount->id);
	add_id(m->out, "parent_id", mount->parent_id);
}

static struct iq_error *see_mount(void *context, uint64_t address)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	struct mounts *m = context;
	struct iq_mount mount;
	iq_warn_error(&m->session->diag, iq_mount_read(m->kernel, address, &mount));
	struct iq_error *error = mount.root ? iq_mount_path(m->kernel, &mount, &path) : NULL;
	if (!path.length)
		iq_strbuf_add_char(&path, '?');
	iq_warn_error(&m->session->diag, iq_error_prefix(error, "directory of mount at %#lx", address));
	if (!is_meant(m, &mount, iq_strbuf_text(&path)))
		return NULL;
	show_space(m);
	if (m->shown && (m->files || m->inodes))
		iq_line(m->out, "");
	if (!m->shown++ || m->files || m->inodes)
		iq_text(m->out, "     MOUNT           SUPERBLK     TYPE   DEVNAME   DIRNAME");
	m->found++;
	iq_record_begin(m->out);
	add_mount(m, &mount, iq_strbuf_text(&path));
	if (iq_out_is_text(m->out)) { /* a long type takes of the room for the device */
		_cleanup_(iq_strbuf_free) struct iq_strbuf what = { 0 };
		iq_strbuf_addf(&what, "%-6s %s", *mount.type ? mount.type : "?", *mount.device ? mount.device : "?");
		iq_add_string(m->out, "what", iq_strbuf_text(&what));
		iq_line(m->out, "{mount@address} {super_block@address} {what:-16} {directory@string}");
	}
	error = m->files ? show_files(m, &mount) : NULL;
	if (!error && m->inodes)
		error = show_inodes(m, &mount);
	iq_end(m->out);
	return error;
}

static struct iq_error *see_space(void *context, const struct iq_mount_space *space)
{
	struct mounts *m = context;
	m->space = space;
	m->shown = 0;
	return told(m, iq_error_prefix(iq_mounts_each(m->kernel, space->address, see_mount, m), "mount namespace %u",
				       space->inode));
}

static struct iq_error *see_descriptor(void *context, unsigned fd, uint64_t address)
{
	struct mounts *m = context;
	uint64_t vfsmount;
	bool added;
	if (!iq_map_add(&m->seen, address, &added))
		return iq_error_no_memory();
	if (!added)
		return iq_check_interrupt();
	IQ_TRY(told(m, iq_get(iq_kernel_target(m->kernel), iq_kernel_types(m->kernel), address, "file", "f_path.mnt",
			      &vfsmount)));
	struct file *file = iq_vec_push(&m->open);
	if (!file)
		return iq_error_no_memory();
	*file = (struct file){ address, vfsmount };
	return iq_check_interrupt();
}

static struct iq_error *collect_files(struct mounts *m)
{
	const struct iq_task *tasks;
	size_t count;
	IQ_TRY(iq_tasks(m->kernel, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		struct iq_error *error = iq_task_descriptors(m->kernel, &tasks[i], see_descriptor, m);
		IQ_TRY(told(m, iq_error_prefix(error, "task %d", tasks[i].pid)));
	}
	return NULL;
}

/* The namespace of a task that a word names; without one, of the first process that has one, as crash has it. */
static struct iq_error *choose_space(struct mounts *m, const char *word, struct iq_mount_space *space)
{
	_cleanup_(iq_task_list_free) struct iq_task_list list = { 0 };
	const struct iq_task *tasks;
	size_t count;
	if (word) {
		IQ_TRY(iq_tasks_by_word(m->kernel, word, &list));
		IQ_TRY(iq_task_mount_space(m->kernel, list.data[0], space));
		if (space->address)
			return NULL;
		return iq_error_new(IQ_ERROR_NOT_FOUND, "task %d has no mount namespace any more", list.data[0]->pid);
	}
	IQ_TRY(iq_tasks(m->kernel, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		if (tasks[i].pid < 1)
			continue;
		IQ_TRY(told(m, iq_task_mount_space(m->kernel, &tasks[i], space)));
		if (space->address)
			return NULL;
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "no task leads to a mount namespace");
}

static bool get_kernel_address(const struct mounts *m, uint64_t address, const char *type, const char *member,
			       uint64_t *out)
{
	struct iq_target *target = iq_kernel_target(m->kernel);
	return !iq_failed(iq_get(target, iq_kernel_types(m->kernel), address, type, member, out)) &&
	       iq_is_kernel_address(target, *out);
}

/* The super block of the dentry or inode that the word is the address of: a dentry's inode has the same one. */
static bool find_owner(struct mounts *m)
{
	uint64_t inode, owner;
	m->owner = 0;
	if (!m->address)
		return false;
	if (get_kernel_address(m, m->address, "dentry", "d_sb", &m->owner) &&
	    get_kernel_address(m, m->address, "dentry", "d_inode", &inode) &&
	    get_kernel_address(m, inode, "inode", "i_sb", &owner) && owner == m->owner)
		return true;
	return get_kernel_address(m, m->address, "inode", "i_sb", &m->owner);
}

static struct iq_error *show(struct mounts *m, const char *task)
{
	struct iq_mount_space space;
	m->spaces = 0;
	if (m->all)
		return told(m, iq_mount_spaces_each(m->kernel, see_space, m));
	IQ_TRY(choose_space(m, task, &space));
	return see_space(m, &space);
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	_cleanup_(mounts_free) struct mounts m = { .session = session, .out = out };
	struct iq_error *error;
	IQ_TRY(iq_session_kernel(session, &m.kernel));
	m.files = iq_args_has(args, 'f');
	m.inodes = iq_args_has(args, 'i');
	m.all = iq_args_has(args, 'a');
	if (m.all && iq_args_has(args, 'n'))
		return iq_usage_error(args->command, "-a shows the namespaces of all tasks, -n that of one");
	if (args->count) {
		m.word = args->words[0].text;
		if (iq_failed(iq_parse_address(session, m.word, &m.address)) ||
		    !iq_is_kernel_address(iq_kernel_target(m.kernel), m.address))
			m.address = 0;
	}
	if (m.files)
		IQ_TRY(collect_files(&m));
	error = show(&m, iq_args_value(args, 'n'));
	if (!error && m.word && !m.found && find_owner(&m))
		error = show(&m, iq_args_value(args, 'n'));
	if (!error && m.word && !m.found)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no mount, super block, device or directory of a mount is %s",
				    m.word);
	return error;
}

const struct iq_command iq_command_mount = {
	.name = "mount",
	.summary = "mounted file systems",
	.options =
		(const struct iq_option[]){
			{ 'a', NULL, NULL, "of every mount namespace, each under its own heading" },
			{ 'n', NULL, "PID|TASK", "of the mount namespace of this task" },
			{ 'f', NULL, NULL, "of each mount the files that tasks have open on it" },
			{ 'i', NULL, NULL, "of each mount the dirty inodes of its file system" },
			{ 0 },
		},
	.arguments = "[MOUNT | SUPERBLOCK | DENTRY | INODE | DEVICE | DIRECTORY]",
	.max_arguments = 1,
	.help = "Without options, the mount namespace of the first process. MOUNT is the\n"
		"address of the struct mount or of the vfsmount in it, SUPERBLK that of the\n"
		"struct super_block; DIRNAME begins at the root of all mounts. With a word only\n"
		"the mount that has it, or those of the file system that it belongs to.",
	.examples =
		(const struct iq_example[]){
			{ "mount", "kfunc-6.1.47-la57.flat", "what is mounted" },
			{ "mount -f /dev", "kfunc-6.1.47-la57.flat", "what tasks have open on /dev" },
			{ "mount -a", "bpf-6.1.47.flat", "the mounts of all namespaces" },
			{ 0 },
		},
	.run = run,
};
