// SPDX-License-Identifier: GPL-2.0-or-later
/* files: what tasks have open. */
#include "bpf/file.h"
#include "command/filenames.h"
#include "command/tasks.h"

#include "kernel/eventpoll.h"
#include "kernel/object.h"
#include "kernel/page.h"
#include "kernel/page_cache.h"
#include "kernel/socket.h"
#include "util/cleanup.h"

#include <string.h>

struct files {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	struct iq_reference reference;
	bool cache; /* -c */
	/* of the task that is being shown */
	const struct iq_task *task;
	const char *root, *cwd;
	bool root_deleted, cwd_deleted;
	bool opened, heading; /* its record, the line of headings */
};

static void add_address(struct iq_out *out, const char *key, uint64_t value)
{
	if (value)
		iq_add_address(out, key, value);
	else if (iq_out_is_text(out))
		iq_add_string(out, key, "?");
	else
		iq_add_unavailable(out, key, "it can't be read");
}

static void add_bpf(struct files *f, const struct iq_open_file *file, struct iq_strbuf *details)
{
	static const char *const kinds[] = { [IQ_FILE_BPF_PROG] = "program",
					     [IQ_FILE_BPF_MAP] = "map",
					     [IQ_FILE_BPF_LINK] = "link",
					     [IQ_FILE_BTF] = "btf" };
	struct iq_bpf *bpf;
	struct iq_bpf_file object;
	struct iq_error *error = iq_session_bpf(f->session, &bpf);
	if (!error)
		error = iq_bpf_file_read(bpf, file->kind, file->private_data, &object);
	if (error) {
		iq_warn_error(&f->session->diag, error);
		return;
	}
	iq_object_begin(f->out, "bpf");
	iq_add_string(f->out, "kind", kinds[file->kind]);
	iq_add_address(f->out, "address", file->private_data);
	iq_add_unsigned(f->out, "id", object.id);
	iq_add_string(f->out, "type", *object.type ? object.type : NULL);
	iq_add_string(f->out, "name", *object.name ? object.name : NULL);
	iq_end(f->out);
	iq_strbuf_addf(details, "id %u", object.id);
	if (*object.type)
		iq_strbuf_addf(details, ", %s", object.type);
	if (*object.name)
		iq_strbuf_addf(details, ", %s", object.name);
}

static void add_socket(struct files *f, const struct iq_open_file *file, struct iq_strbuf *details)
{
	struct iq_socket socket;
	iq_warn_error(&f->session->diag, iq_socket_read(f->kernel, file->private_data, &socket));
	iq_object_begin(f->out, "socket");
	iq_add_address(f->out, "address", socket.address);
	iq_add_address(f->out, "sock", socket.sock);
	iq_add_string(f->out, "family", socket.family);
	iq_add_string(f->out, "type", socket.type);
	iq_add_unsigned(f->out, "protocol", socket.protocol);
	iq_add_string(f->out, "state", socket.state);
	iq_add_string(f->out, "local", *socket.local ? socket.local : NULL);
	iq_add_string(f->out, "peer", *socket.peer ? socket.peer : NULL);
	iq_end(f->out);
	iq_strbuf_addf(details, "%s:%s", socket.family, socket.type);
	if (*socket.local)
		iq_strbuf_addf(details, " %s", socket.local);
	if (*socket.peer)
		iq_strbuf_addf(details, " %s", socket.peer);
	iq_strbuf_addf(details, " %s", socket.state);
}

struct watches {
	struct files *f;
	struct iq_strbuf *details;
};

static struct iq_error *see_watched(void *context, const struct iq_watched *watched)
{
	struct watches *w = context;
	iq_record_begin(w->f->out);
	iq_add_signed(w->f->out, "fd", watched->fd);
	iq_add_address(w->f->out, "file", watched->file);
	iq_add_hex(w->f->out, "events", watched->events);
	iq_end(w->f->out);
	iq_strbuf_addf(w->details, "%s%d", w->details->length ? ", " : "watches fd ", watched->fd);
	return iq_check_interrupt();
}

static struct iq_error *add_watches(struct files *f, const struct iq_open_file *file, struct iq_strbuf *details)
{
	struct watches w = { f, details };
	iq_list_begin(f->out, "watches");
	struct iq_error *error = iq_eventpoll_each(f->kernel, file->private_data, see_watched, &w);
	iq_end(f->out);
	if (iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	iq_warn_error(&f->session->diag, error);
	return NULL;
}

/* What there is to say beyond the name; the text of it goes behind the path. */
static struct iq_error *add_details(struct files *f, const struct iq_open_file *file, struct iq_strbuf *details)
{
	switch (file->kind) {
	case IQ_FILE_BPF_PROG:
	case IQ_FILE_BPF_MAP:
	case IQ_FILE_BPF_LINK:
	case IQ_FILE_BTF: add_bpf(f, file, details); break;
	case IQ_FILE_SOCKET: add_socket(f, file, details); break;
	case IQ_FILE_EVENTPOLL: return add_watches(f, file, details);
	default: break;
	}
	return NULL;
}

/* The task's lines and its record, before the first of its files that is shown. */
static void open_task(struct files *f)
{
	if (f->opened)
		return;
	f->opened = true;
	iq_record_begin(f->out);
	iq_task_heading(f->out, f->task);
	iq_add_string(f->out, "root", f->root);
	iq_add_string(f->out, "cwd", f->cwd);
	iq_add_bool(f->out, "root_deleted", f->root_deleted);
	iq_add_bool(f->out, "cwd_deleted", f->cwd_deleted);
	if (iq_out_is_text(f->out)) {
		iq_add_string(f->out, "root_mark", f->root_deleted ? " (deleted)" : "");
		iq_add_string(f->out, "cwd_mark", f->cwd_deleted ? " (deleted)" : "");
	}
	if (f->root)
		iq_line(f->out, "ROOT: {root}{root_mark@mark}    CWD: {cwd}{cwd_mark@mark}");
	iq_list_begin(f->out, "files");
}

static void show_heading(struct files *f)
{
	if (f->heading)
		return;
	f->heading = true;
	iq_text(f->out, f->cache ? " FD      INODE          I_MAPPING     NRPAGES TYPE PATH"
				 : " FD       FILE            DENTRY           INODE       TYPE PATH");
}

static void add_pages(struct files *f, const struct iq_open_file *file)
{
	uint64_t pages;
	struct iq_error *error = file->mapping ? iq_mapping_pages(f->kernel, file->mapping, &pages) : NULL;
	add_address(f->out, "mapping", file->mapping);
	if (file->mapping && !error)
		iq_add_unsigned(f->out, "cached_pages", pages);
	else if (iq_out_is_text(f->out))
		iq_add_string(f->out, "cached_pages", "?");
	else
		iq_add_unavailable(f->out, "cached_pages", "it can't be read");
	iq_warn_error(&f->session->diag, error);
}

static struct iq_error *show_file(struct files *f, unsigned fd, const struct iq_open_file *file, const char *path,
				  bool deleted)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf details = { 0 };
	open_task(f);
	show_heading(f);
	iq_record_begin(f->out);
	iq_add_unsigned(f->out, "fd", fd);
	iq_add_address(f->out, "file", file->address);
	iq_add_address(f->out, "dentry", file->dentry);
	add_address(f->out, "inode", file->inode);
	iq_add_string(f->out, "type", file->type);
	iq_add_string(f->out, "path", path);
	iq_add_bool(f->out, "deleted", deleted);
	if (f->cache)
		add_pages(f, file);
	struct iq_error *error = add_details(f, file, &details);
	if (iq_out_is_text(f->out)) {
		iq_add_string(f->out, "mark", deleted ? " (deleted)" : "");
		iq_add_string(f->out, "gap", details.length ? "  " : "");
		iq_add_string(f->out, "details", iq_strbuf_text(&details));
	}
	iq_line(f->out, f->cache ? "{fd:3} {inode:^16@address} {mapping:^16@address} {cached_pages:7} {type:-4} "
				   "{path@string}{mark@mark}{gap}{details}"
				 : "{fd:3} {file@address} {dentry@address} {inode:^16@address} {type:-4} "
				   "{path@string}{mark@mark}{gap}{details}");
	iq_end(f->out);
	return error;
}

static bool is_meant(const struct files *f, unsigned fd, const struct iq_open_file *file, const char *path)
{
	const struct iq_reference *r = &f->reference;
	return !r->text || (r->is_decimal && r->decimal == fd) || iq_refers_to_address(r, file->address) ||
	       iq_refers_to_address(r, file->dentry) || iq_refers_to_address(r, file->inode) ||
	       iq_refers_to_address(r, file->mapping) || strcmp(r->text, file->type) == 0 || iq_refers_to_path(r, path);
}

static struct iq_error *see_descriptor(void *context, unsigned fd, uint64_t address)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	struct files *f = context;
	struct iq_open_file file;
	bool deleted;
	iq_warn_error(&f->session->diag, iq_error_prefix(iq_open_file_read(f->kernel, address, &file),
							 "task %d, file descriptor %u", f->task->pid, fd));
	iq_show_path(f->session, &file, &path, &deleted);
	if (is_meant(f, fd, &file, iq_strbuf_text(&path)))
		IQ_TRY(show_file(f, fd, &file, iq_strbuf_text(&path), deleted));
	return iq_check_interrupt();
}

static struct iq_error *show_task(struct files *f, const struct iq_task *task)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf root = { 0 }, cwd = { 0 };
	struct iq_directories directories;
	f->task = task;
	f->opened = f->heading = false;
	iq_warn_error(&f->session->diag,
		      iq_error_prefix(iq_task_directories(f->kernel, task, &directories), "task %d", task->pid));
	iq_show_directory(f->session, directories.root_mount, directories.root_dentry, &root, &f->root_deleted);
	iq_show_directory(f->session, directories.cwd_mount, directories.cwd_dentry, &cwd, &f->cwd_deleted);
	f->root = root.length ? iq_strbuf_text(&root) : NULL;
	f->cwd = cwd.length ? iq_strbuf_text(&cwd) : NULL;
	bool meant = !f->reference.text || (f->root && iq_refers_to_path(&f->reference, f->root)) ||
		     (f->cwd && iq_refers_to_path(&f->reference, f->cwd));
	if (meant)
		open_task(f);
	struct iq_error *error = iq_task_descriptors(f->kernel, task, see_descriptor, f);
	if (error && error->code != IQ_ERROR_INTERRUPTED) {
		if (!f->heading && !f->reference.text) {
			open_task(f);
			iq_text(f->out, "(not known: %s)", error->message);
			f->heading = true;
		}
		iq_warn_error(&f->session->diag, iq_error_prefix(error, "task %d", task->pid));
		error = NULL;
	}
	if (!f->opened)
		return error;
	if (!f->heading && !f->reference.text)
		iq_text(f->out, "No open files");
	iq_end(f->out);
	iq_end(f->out);
	if (f->reference.text)
		iq_line(f->out, "");
	return error;
}

static struct iq_error *show_tasks(struct files *f, const struct iq_args *args)
{
	const struct iq_task *current;
	if (!args->count) {
		IQ_TRY(iq_session_task(f->session, &current));
		return show_task(f, current);
	}
	for (size_t n = 0; n < args->count; n++) {
		_cleanup_(iq_task_list_free) struct iq_task_list tasks = { 0 };
		IQ_TRY(iq_tasks_by_word(f->kernel, args->words[n].text, &tasks));
		for (size_t i = 0; i < tasks.count; i++) {
			IQ_TRY(show_task(f, tasks.data[i]));
			/* crash's blank line behind each task but the last */
			if (!f->reference.text && (n + 1 < args->count || i + 1 < tasks.count))
				iq_line(f->out, "");
		}
	}
	return NULL;
}

/* -d */
static struct iq_error *show_dentry(struct files *f, const char *text)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	struct iq_target *target = iq_kernel_target(f->kernel);
	struct iq_types *types = iq_kernel_types(f->kernel);
	struct iq_open_file file;
	uint64_t dentry, super_block;
	bool deleted;
	IQ_TRY(iq_parse_address(f->session, text, &dentry));
	IQ_TRY(iq_get(target, types, dentry, "dentry", "d_sb", &super_block));
	iq_warn_error(&f->session->diag, iq_open_file_of_dentry(f->kernel, dentry, &file));
	iq_show_path(f->session, &file, &path, &deleted);
	iq_text(f->out, "     DENTRY           INODE           SUPERBLK     TYPE PATH");
	iq_record_begin(f->out);
	iq_add_address(f->out, "dentry", dentry);
	add_address(f->out, "inode", file.inode);
	iq_add_address(f->out, "super_block", super_block);
	iq_add_string(f->out, "type", file.type);
	iq_add_string(f->out, "path", iq_strbuf_text(&path));
	iq_add_bool(f->out, "deleted", deleted);
	if (iq_out_is_text(f->out))
		iq_add_string(f->out, "mark", deleted ? " (deleted)" : "");
	iq_line(f->out,
		"{dentry@address} {inode:^16@address} {super_block@address} {type:-4} {path@string}{mark@mark}");
	iq_end(f->out);
	return NULL;
}

static struct iq_error *see_page(void *context, uint64_t index, uint64_t address)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf names = { 0 };
	struct files *f = context;
	struct iq_page page;
	struct iq_error *error = iq_page_read(f->kernel, address, &page);
	if (error) {
		iq_warn_error(&f->session->diag, iq_error_prefix(error, "page %lu at %#lx", index, address));
		return NULL;
	}
	iq_page_flag_names(f->kernel, page.flags, &names);
	if (!f->heading)
		iq_text(f->out, "      PAGE       PHYSICAL      MAPPING       INDEX CNT FLAGS");
	f->heading = true;
	iq_record_begin(f->out);
	iq_add_address(f->out, "page", address);
	iq_add_hex(f->out, "physical", page.physical);
	iq_add_address(f->out, "mapping", page.mapping);
	iq_add_unsigned(f->out, "index", page.index);
	iq_add_signed(f->out, "count", page.count);
	iq_add_hex(f->out, "flags", page.flags);
	iq_add_string(f->out, "flag_names", iq_strbuf_text(&names));
	iq_line(f->out, "{page@address} {physical:8} {mapping@address} {index:8x} {count:2} {flags} {flag_names}");
	iq_end(f->out);
	return iq_check_interrupt();
}

/* -p */
static struct iq_error *show_pages(struct files *f, const char *text)
{
	struct iq_target *target = iq_kernel_target(f->kernel);
	struct iq_types *types = iq_kernel_types(f->kernel);
	uint64_t inode, mapping, pages;
	IQ_TRY(iq_parse_address(f->session, text, &inode));
	IQ_TRY(iq_get(target, types, inode, "inode", "i_mapping", &mapping));
	IQ_TRY(iq_mapping_pages(f->kernel, mapping, &pages));
	iq_record_begin(f->out);
	iq_add_address(f->out, "inode", inode);
	iq_add_address(f->out, "mapping", mapping);
	iq_add_unsigned(f->out, "cached_pages", pages);
	iq_text(f->out, "     INODE        NRPAGES");
	iq_line(f->out, "{inode@address}  {cached_pages:7}");
	iq_line(f->out, "");
	iq_list_begin(f->out, "pages");
	struct iq_error *error = pages ? iq_cached_pages(f->kernel, mapping, see_page, f) : NULL;
	iq_end(f->out);
	iq_end(f->out);
	return error;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct files f = { .session = session, .out = out };
	const char *dentry = iq_args_value(args, 'd'), *inode = iq_args_value(args, 'p');
	if ((dentry || inode) && (args->count || args->option_count > 1))
		return iq_usage_error(args->command, "-d and -p stand alone");
	IQ_TRY(iq_session_kernel(session, &f.kernel));
	f.cache = iq_args_has(args, 'c');
	f.reference = iq_reference_parse(iq_args_value(args, 'R'));
	if (dentry)
		return show_dentry(&f, dentry);
	return inode ? show_pages(&f, inode) : show_tasks(&f, args);
}

const struct iq_command iq_command_files = {
	.name = "files",
	.summary = "open files of tasks, their root and working directories",
	.options =
		(const struct iq_option[]){
			{ 'd', NULL, "DENTRY", "a dentry's inode, super block, type and path instead" },
			{ 'p', NULL, "INODE", "the pages of an inode that are in the page cache instead" },
			{ 'c', NULL, NULL, "of each file the address_space and how many pages of it are cached" },
			{ 'R', NULL, "REFERENCE",
			  "only what refers to this descriptor, type, part of a path, or address of a file, dentry, "
			  "inode or address_space" },
			{ 0 },
		},
	.arguments = "[PID | TASK]...",
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Without arguments, the files of the current task. TYPE is REG, DIR, CHR, BLK,\n"
		"LNK, FIFO or SOCK, or UNKN for what has no type, such as [eventpoll] or\n"
		"bpf-prog. Paths begin at the root of all mounts. Behind a path stand:\n"
		"(deleted), when the name is gone from its directory; of BPF programs, maps,\n"
		"links and BTF the id, type and name; of sockets the family, type, addresses\n"
		"with ports (of a nameless unix socket its peer), and state; of an [eventpoll]\n"
		"the descriptors that it watches. `?` is in the place of what can't be read.",
	.examples =
		(const struct iq_example[]){
			{ "files", "kfunc-6.1.47-la57.flat", "what the panicking task had open" },
			{ "files -c 1", "kfunc-6.1.47-la57.flat", "what of its files is cached" },
			{ "foreach files -R bpf-prog", "kfunc-6.1.47-la57.flat", "who holds BPF programs" },
			{ 0 },
		},
	.run = run,
};
