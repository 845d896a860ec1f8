// SPDX-License-Identifier: GPL-2.0-or-later
/* ipcs: System V shared memory, semaphores, message queues. */
#include "command/tasks.h"

#include "kernel/ipc.h"
#include "util/cleanup.h"
#include "util/hash.h"

#include <string.h>

struct ipcs {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	bool wanted[3]; /* by enum iq_ipc_kind */
	bool pages;     /* -M */
	const char *word;
	bool is_id, is_address; /* the word */
	uint64_t id, address;
	const struct iq_ipc_space *space;
	size_t shown, found; /* of a kind in the namespace; in all */
};

static struct iq_error *told(struct ipcs *i, struct iq_error *error)
{
	if (!error || iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	iq_warn_error(&i->session->diag, error);
	return NULL;
}

static const char *const headings[] = {
	[IQ_IPC_SEMAPHORES] = "SEM_ARRAY        KEY      SEMID      UID   PERMS NSEMS",
	[IQ_IPC_QUEUE] = "MSG_QUEUE        KEY      MSQID      UID   PERMS USED-BYTES   MESSAGES",
	[IQ_IPC_MEMORY] = "SHMID_KERNEL     KEY      SHMID      UID   PERMS BYTES      NATTCH STATUS",
};

static const char *const lines[] = {
	[IQ_IPC_SEMAPHORES] = "{address@address} {key:08} {id:-10} {uid:-5} {perms:-5} {semaphores}",
	[IQ_IPC_QUEUE] = "{address@address} {key:08} {id:-10} {uid:-5} {perms:-5} {bytes:-12} {messages}",
	[IQ_IPC_MEMORY] = "{address@address} {key:08} {id:-10} {uid:-5} {perms:-5} {bytes:-10} {attached:-6} {status}",
};

static const char *const names[] = {
	[IQ_IPC_SEMAPHORES] = "semaphores",
	[IQ_IPC_QUEUE] = "queue",
	[IQ_IPC_MEMORY] = "memory",
};

static void add_status(struct ipcs *i, const struct iq_ipc *ipc)
{
	bool gone = ipc->mode & IQ_IPC_DESTROYED, locked = ipc->mode & IQ_IPC_LOCKED;
	iq_add_unsigned(i->out, "bytes", ipc->bytes);
	iq_add_unsigned(i->out, "attached", ipc->attached);
	iq_add_bool(i->out, "destroyed", gone);
	iq_add_bool(i->out, "locked", locked);
	if (iq_out_is_text(i->out))
		iq_add_string(i->out, "status", gone ? locked ? "dest locked" : "dest" : locked ? "locked" : "");
}

static void add_pages(struct ipcs *i, const struct iq_ipc *ipc)
{
	struct iq_ipc_pages pages;
	struct iq_error *error = iq_ipc_pages_read(i->kernel, ipc, &pages);
	iq_warn_error(&i->session->diag, iq_error_prefix(error, "pages of shared memory %d", ipc->id));
	iq_add_address(i->out, "inode", pages.inode);
	iq_add_unsigned(i->out, "pages", pages.allocated);
	if (error || !pages.swapped_known)
		iq_add_unavailable(i->out, "swapped_pages", error ? "it can't be read" : "huge pages are never");
	else
		iq_add_unsigned(i->out, "swapped_pages", pages.swapped);
	if (error)
		iq_add_unavailable(i->out, "resident_pages", "it can't be read");
	else
		iq_add_unsigned(i->out, "resident_pages", pages.resident);
	iq_line(i->out, "PAGES ALLOCATED/RESIDENT/SWAPPED: {pages}/{resident_pages}/{swapped_pages}");
	iq_line(i->out, "INODE: {inode@address}");
}

static bool is_meant(const struct ipcs *i, const struct iq_ipc *ipc)
{
	return !i->word || (i->is_id && ipc->id >= 0 && (uint64_t)ipc->id == i->id) ||
	       (i->is_address && ipc->address == i->address);
}

static struct iq_error *see(void *context, const struct iq_ipc *ipc)
{
	struct ipcs *i = context;
	char perms[16];
	if (!is_meant(i, ipc))
		return NULL;
	bool pages = i->pages && ipc->kind == IQ_IPC_MEMORY;
	if (pages && i->shown)
		iq_line(i->out, "");
	if (!i->shown++ || pages)
		iq_text(i->out, "%s", headings[ipc->kind]);
	i->found++;
	snprintf(perms, sizeof(perms), "%03o", ipc->mode & 0777);
	iq_record_begin(i->out);
	iq_add_unsigned(i->out, "namespace", i->space->inode);
	iq_add_string(i->out, "kind", names[ipc->kind]);
	iq_add_address(i->out, "address", ipc->address);
	iq_add_hex(i->out, "key", ipc->key);
	iq_add_signed(i->out, "id", ipc->id);
	iq_add_unsigned(i->out, "uid", ipc->uid);
	iq_add_string(i->out, "perms", perms);
	switch (ipc->kind) {
	case IQ_IPC_SEMAPHORES: iq_add_unsigned(i->out, "semaphores", ipc->semaphores); break;
	case IQ_IPC_QUEUE:
		iq_add_unsigned(i->out, "bytes", ipc->bytes);
		iq_add_unsigned(i->out, "messages", ipc->messages);
		break;
	case IQ_IPC_MEMORY: add_status(i, ipc); break;
	}
	iq_line(i->out, lines[ipc->kind]);
	if (pages)
		add_pages(i, ipc);
	iq_end(i->out);
	return NULL;
}

static struct iq_error *show_space(struct ipcs *i, const struct iq_ipc_space *space)
{
	static const enum iq_ipc_kind order[] = { IQ_IPC_MEMORY, IQ_IPC_SEMAPHORES, IQ_IPC_QUEUE };
	i->space = space;
	for (unsigned n = 0; n < IQ_ARRAY_SIZE(order); n++) {
		enum iq_ipc_kind kind = order[n];
		if (!i->wanted[kind])
			continue;
		i->shown = 0;
		struct iq_error *error = iq_ipcs_each(i->kernel, space->address, kind, see, i);
		bool damaged = error != NULL; /* none that can be read is not none */
		IQ_TRY(told(i, iq_error_prefix(error, "%s of namespace %u", names[kind], space->inode)));
		if (!i->shown && !i->word) {
			iq_text(i->out, "%s", headings[kind]);
			iq_text(i->out, damaged ? "(unavailable)" : "(none allocated)");
		}
		if (i->shown || !i->word)
			iq_line(i->out, "");
	}
	return NULL;
}

/* -a: of every task's namespace, each once. */
static struct iq_error *show_all(struct ipcs *i)
{
	_cleanup_(iq_map_free) struct iq_map seen = { 0 };
	const struct iq_task *tasks;
	size_t count;
	IQ_TRY(iq_tasks(i->kernel, &tasks, &count));
	for (size_t n = 0; n < count; n++) {
		struct iq_ipc_space space;
		bool added;
		struct iq_error *error = iq_task_ipc_space(i->kernel, &tasks[n], &space);
		IQ_TRY(told(i, iq_error_prefix(error, "IPC namespace of task %d", tasks[n].pid)));
		if (!space.address)
			continue;
		if (!iq_map_add(&seen, space.address, &added))
			return iq_error_no_memory();
		if (!added)
			continue;
		iq_text(i->out, "NAMESPACE: %016lx  ipc:[%u]", space.address, space.inode);
		IQ_TRY(show_space(i, &space));
	}
	return NULL;
}

static struct iq_error *show(struct ipcs *i, const char *word)
{
	_cleanup_(iq_task_list_free) struct iq_task_list list = { 0 };
	struct iq_ipc_space space;
	if (!word) {
		struct iq_error *error = iq_initial_ipc_space(i->kernel, &space);
		if (!space.address)
			return error;
		iq_warn_error(&i->session->diag, error);
		return show_space(i, &space);
	}
	IQ_TRY(iq_tasks_by_word(i->kernel, word, &list));
	IQ_TRY(iq_task_ipc_space(i->kernel, list.data[0], &space));
	if (!space.address)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "task %d has no IPC namespace any more", list.data[0]->pid);
	return show_space(i, &space);
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct ipcs i = { .session = session, .out = out };
	IQ_TRY(iq_session_kernel(session, &i.kernel));
	i.pages = iq_args_has(args, 'M');
	i.wanted[IQ_IPC_MEMORY] = i.pages || iq_args_has(args, 'm');
	i.wanted[IQ_IPC_SEMAPHORES] = iq_args_has(args, 's');
	i.wanted[IQ_IPC_QUEUE] = iq_args_has(args, 'q');
	if (!i.wanted[0] && !i.wanted[1] && !i.wanted[2])
		memset(i.wanted, true, sizeof(i.wanted));
	if (iq_args_has(args, 'a') && iq_args_has(args, 'n'))
		return iq_usage_error(args->command, "-a shows the namespaces of all tasks, -n that of one");
	if (args->count) {
		i.word = args->words[0].text;
		i.is_id = !iq_failed(iq_parse_number(i.word, &i.id));
		i.is_address = !iq_failed(iq_parse_address(session, i.word, &i.address));
	}
	IQ_TRY(iq_args_has(args, 'a') ? show_all(&i) : show(&i, iq_args_value(args, 'n')));
	if (i.word && !i.found)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "nothing of System V IPC has the ID or address %s", i.word);
	return NULL;
}

const struct iq_command iq_command_ipcs = {
	.name = "ipcs",
	.summary = "System V shared memory, semaphores and message queues",
	.options =
		(const struct iq_option[]){
			{ 'm', NULL, NULL, "shared memory" },
			{ 'M', NULL, NULL, "shared memory, with its inode and pages" },
			{ 's', NULL, NULL, "arrays of semaphores" },
			{ 'q', NULL, NULL, "message queues" },
			{ 'n', NULL, "PID|TASK", "of the IPC namespace of this task" },
			{ 'a', NULL, NULL, "of the IPC namespaces of all tasks, each under its own heading" },
			{ 0 },
		},
	.arguments = "[ID | ADDRESS]",
	.max_arguments = 1,
	.help = "Without options all three, of the initial IPC namespace. ADDRESS is that of a\n"
		"shmid_kernel, sem_array or msg_queue. STATUS: dest, it goes with the last who\n"
		"has it attached; locked in memory. RESIDENT pages are those in the page cache.",
	.examples =
		(const struct iq_example[]){
			{ "ipcs", "kfunc-6.1.47-la57.flat", "what there is" },
			{ "ipcs -M", "kfunc-6.1.47-la57.flat", "shared memory and where it is" },
			{ 0 },
		},
	.run = run,
};
