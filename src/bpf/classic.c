// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/classic.h"
#include "bpf/internal.h"
#include "bpf/program.h"

#include "kernel/file.h"
#include "util/hash.h"

#include <stdlib.h>

/* A chain of seccomp filters has at most MAX_INSNS_PER_PATH (32768) instructions; BPF_MAXINSNS is 4096. */
enum { MAX_CHAIN = 32768, MAX_LENGTH = 4096, CLASSIC_INSN_SIZE = 8, FANOUT_CBPF = 6, FANOUT_EBPF = 7, PACKET = 17 };

struct walk {
	struct iq_bpf *bpf;
	iq_bpf_classic_fn fn;
	void *context;
	struct iq_error *ended; /* what fn said; the walk is over */
	const struct iq_task *task;
	struct iq_map tables, sockets; /* tables of descriptors and sockets that were seen */
};

/* What is damaged is warned of; memory and Ctrl-C end the walk, and what fn says. */
static struct iq_error *tell(struct walk *walk, struct iq_error *error)
{
	if (walk->ended || !error || iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	iq_warn_error(iq_kernel_diag(walk->bpf->kernel), error);
	return NULL;
}

static struct iq_error *add_original(struct iq_bpf *bpf, struct iq_bpf_classic *classic)
{
	uint64_t kept, length;
	/* A program that can't be read is told by who reads it as one. */
	if (iq_failed(iq_bpf_program_id(bpf, classic->program, &classic->id)) ||
	    iq_failed(iq_b_get(bpf, classic->program, "bpf_prog", "orig_prog", &kept)) || !kept)
		return NULL;
	IQ_TRY(iq_b_get(bpf, kept, "sock_fprog_kern", "len", &length));
	IQ_TRY(iq_b_get(bpf, kept, "sock_fprog_kern", "filter", &classic->original));
	if (!length || length > MAX_LENGTH) {
		classic->original = 0;
		return iq_error_new(IQ_ERROR_FORMAT,
				    "struct sock_fprog_kern at %#lx is damaged: it has %lu instructions", kept, length);
	}
	classic->length = (uint32_t)length;
	return NULL;
}

static struct iq_error *report(struct walk *walk, struct iq_bpf_classic *classic)
{
	classic->task = walk->task;
	IQ_TRY(iq_check_interrupt());
	IQ_TRY(tell(walk, add_original(walk->bpf, classic)));
	return walk->ended = walk->fn(walk->context, classic);
}

/* seccomp */

static struct iq_error *walk_chain(struct walk *walk, uint64_t filter, struct iq_map *seen)
{
	struct iq_bpf_classic classic = { .use = "seccomp", .object_type = "seccomp_filter" };
	bool added;
	for (; filter; classic.depth++) {
		if (!iq_map_add(seen, filter, &added))
			return iq_error_no_memory();
		if (!added || classic.depth >= MAX_CHAIN)
			return iq_error_new(IQ_ERROR_FORMAT, "struct seccomp_filter at %#lx: the chain has no end",
					    filter);
		classic.object = filter;
		IQ_TRY(iq_b_get(walk->bpf, filter, "seccomp_filter", "prog", &classic.program));
		IQ_TRY(report(walk, &classic));
		IQ_TRY(iq_b_get(walk->bpf, filter, "seccomp_filter", "prev", &filter));
	}
	return NULL;
}

static struct iq_error *see_seccomp(struct walk *walk)
{
	const struct iq_task *task = walk->task;
	struct iq_map seen = { 0 };
	uint64_t filter, leaders;
	if (task->kernel_thread)
		return NULL;
	IQ_TRY(iq_b_get(walk->bpf, task->address, "task_struct", "seccomp.filter", &filter));
	if (!filter)
		return NULL;
	if (task->group_leader != task->address &&
	    !iq_failed(iq_b_get(walk->bpf, task->group_leader, "task_struct", "seccomp.filter", &leaders)) &&
	    leaders == filter)
		return NULL;
	struct iq_error *error = walk_chain(walk, filter, &seen);
	iq_map_free(&seen);
	return error;
}

/* Sockets. */

static struct iq_error *see_fanout(struct walk *walk, uint64_t sock, unsigned fd)
{
	struct iq_bpf *bpf = walk->bpf;
	struct iq_bpf_classic classic = {
		.use = "packet fanout", .object_type = "packet_fanout", .fd = fd, .sock = sock
	};
	uint64_t family, type;
	IQ_TRY(iq_b_get(bpf, sock, "sock", "__sk_common.skc_family", &family));
	if (family != PACKET)
		return NULL;
	IQ_TRY(iq_b_get(bpf, sock, "packet_sock", "fanout", &classic.object));
	if (!classic.object)
		return NULL;
	IQ_TRY(iq_b_get(bpf, classic.object, "packet_fanout", "type", &type));
	if (type != FANOUT_CBPF && type != FANOUT_EBPF)
		return NULL;
	IQ_TRY(iq_b_get(bpf, classic.object, "packet_fanout", "bpf_prog", &classic.program));
	return classic.program ? report(walk, &classic) : NULL;
}

static struct iq_error *see_sock(struct walk *walk, uint64_t sock, unsigned fd)
{
	static const struct {
		const char *use, *member, *type;
	} places[] = {
		{ "socket", "sk_filter", "sk_filter" },
		{ "reuseport", "sk_reuseport_cb", "sock_reuseport" },
	};
	struct iq_bpf *bpf = walk->bpf;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(places); i++) {
		struct iq_bpf_classic classic = {
			.use = places[i].use, .object_type = places[i].type, .fd = fd, .sock = sock
		};
		IQ_TRY(iq_b_get(bpf, sock, "sock", places[i].member, &classic.object));
		if (!classic.object)
			continue;
		IQ_TRY(iq_b_get(bpf, classic.object, places[i].type, "prog", &classic.program));
		if (classic.program)
			IQ_TRY(report(walk, &classic));
	}
	return see_fanout(walk, sock, fd);
}

static struct iq_error *see_descriptor(void *context, unsigned fd, uint64_t address)
{
	struct walk *walk = context;
	struct iq_open_file file;
	uint64_t sock;
	bool added;
	IQ_TRY(iq_check_interrupt());
	IQ_TRY(tell(walk, iq_open_file_read(walk->bpf->kernel, address, &file)));
	if (file.kind != IQ_FILE_SOCKET || !file.private_data)
		return NULL;
	if (!iq_map_add(&walk->sockets, file.private_data, &added))
		return iq_error_no_memory();
	if (!added)
		return NULL;
	struct iq_error *error = iq_b_get(walk->bpf, file.private_data, "socket", "sk", &sock);
	if (!error && sock)
		error = see_sock(walk, sock, fd);
	if (error && !walk->ended)
		error = iq_error_prefix(error, "task %d, descriptor %u", walk->task->pid, fd);
	return tell(walk, error);
}

static struct iq_error *see_sockets(struct walk *walk)
{
	uint64_t table;
	bool added;
	IQ_TRY(iq_b_get(walk->bpf, walk->task->address, "task_struct", "files", &table));
	if (!table)
		return NULL;
	if (!iq_map_add(&walk->tables, table, &added))
		return iq_error_no_memory();
	return added ? iq_task_descriptors(walk->bpf->kernel, walk->task, see_descriptor, walk) : NULL;
}

static struct iq_error *walk_tasks(struct walk *walk)
{
	const struct iq_task *tasks;
	size_t count;
	bool seccomp = iq_b_has(walk->bpf, "task_struct", "seccomp.filter");
	IQ_TRY(iq_tasks(walk->bpf->kernel, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		walk->task = &tasks[i];
		struct iq_error *error = seccomp ? see_seccomp(walk) : NULL;
		if (error && !walk->ended)
			error = iq_error_prefix(error, "seccomp filters of task %d", tasks[i].pid);
		IQ_TRY(tell(walk, error));
		error = see_sockets(walk);
		if (error && !walk->ended)
			error = iq_error_prefix(error, "task %d", tasks[i].pid);
		IQ_TRY(tell(walk, error));
	}
	return NULL;
}

struct iq_error *iq_bpf_classic_each(struct iq_bpf *bpf, iq_bpf_classic_fn fn, void *context)
{
	struct walk walk = { .bpf = bpf, .fn = fn, .context = context };
	struct iq_error *error = walk_tasks(&walk);
	iq_map_free(&walk.tables);
	iq_map_free(&walk.sockets);
	return error;
}

struct iq_error *iq_bpf_classic_read(struct iq_bpf *bpf, const struct iq_bpf_classic *classic,
				     struct iq_bpf_classic_insn **out)
{
	size_t count = classic->length;
	_cleanup_free_ uint8_t *bytes = malloc(count * CLASSIC_INSN_SIZE + 1);
	_cleanup_free_ struct iq_bpf_classic_insn *insns = calloc(count + 1, sizeof(*insns));
	if (!bytes || !insns)
		return iq_error_no_memory();
	IQ_TRY(iq_error_prefix(iq_read(bpf->target, classic->original, bytes, count * CLASSIC_INSN_SIZE),
			       "classic instructions of the BPF program at %#lx", classic->program));
	for (size_t i = 0; i < count; i++) {
		const uint8_t *p = bytes + i * CLASSIC_INSN_SIZE;
		insns[i] = (struct iq_bpf_classic_insn){
			.code = (uint16_t)(p[0] | p[1] << 8),
			.jt = p[2],
			.jf = p[3],
			.k = (uint32_t)p[4] | (uint32_t)p[5] << 8 | (uint32_t)p[6] << 16 | (uint32_t)p[7] << 24,
		};
	}
	*out = iq_steal(insns);
	return NULL;
}
