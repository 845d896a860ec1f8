// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/ipc.h"

#include "kernel/internal.h"
#include "kernel/page_cache.h"
#include "kernel/path.h"

#include <string.h>

enum { MAX_IDS = 1 << 24, PAGE = 4096 }; /* IPCMNI_EXTEND */

static struct iq_error *read_space(struct iq_kernel *k, uint64_t address, struct iq_ipc_space *out)
{
	uint64_t inode;
	*out = (struct iq_ipc_space){ .address = address };
	IQ_TRY(iq_k_get(k, address, "ipc_namespace", "ns.inum", &inode));
	out->inode = (uint32_t)inode;
	return NULL;
}

struct iq_error *iq_initial_ipc_space(struct iq_kernel *kernel, struct iq_ipc_space *out)
{
	uint64_t address;
	*out = (struct iq_ipc_space){ 0 };
	IQ_TRY(iq_k_symbol(kernel, "init_ipc_ns", &address));
	return read_space(kernel, address, out);
}

struct iq_error *iq_task_ipc_space(struct iq_kernel *kernel, const struct iq_task *task, struct iq_ipc_space *out)
{
	uint64_t proxy, space;
	*out = (struct iq_ipc_space){ 0 };
	IQ_TRY(iq_k_get(kernel, task->address, "task_struct", "nsproxy", &proxy));
	if (!proxy)
		return NULL;
	IQ_TRY(iq_k_get(kernel, proxy, "nsproxy", "ipc_ns", &space));
	return space ? read_space(kernel, space, out) : NULL;
}

/* The struct around the kern_ipc_perm, and where that is in it. */
static const struct {
	const char *type, *common;
} kinds[] = { [IQ_IPC_SEMAPHORES] = { "sem_array", "sem_perm" },
	      [IQ_IPC_QUEUE] = { "msg_queue", "q_perm" },
	      [IQ_IPC_MEMORY] = { "shmid_kernel", "shm_perm" } };

struct walk {
	struct iq_kernel *kernel;
	enum iq_ipc_kind kind;
	iq_ipc_fn fn;
	void *context;
	struct iq_error *damage;
	bool ended; /* by an error from the caller's function */
};

/* Members that can't be read stay as they are. */
static void get(struct walk *walk, uint64_t address, const char *type, const char *member, uint64_t *value)
{
	iq_error_keep(&walk->damage, iq_k_get(walk->kernel, address, type, member, value));
}

static void read_common(struct walk *walk, uint64_t common, struct iq_ipc *out)
{
	uint64_t id = UINT64_MAX, key = 0, uid = 0, mode = 0;
	get(walk, common, "kern_ipc_perm", "id", &id);
	get(walk, common, "kern_ipc_perm", "key", &key);
	get(walk, common, "kern_ipc_perm", "uid.val", &uid);
	get(walk, common, "kern_ipc_perm", "mode", &mode);
	out->id = (int32_t)id;
	out->key = (uint32_t)key;
	out->uid = (uint32_t)uid;
	out->mode = (uint32_t)mode;
}

static struct iq_error *see_entry(void *context, uint64_t index, uint64_t common)
{
	struct walk *walk = context;
	struct iq_ipc ipc = { .kind = walk->kind };
	const char *type = kinds[walk->kind].type;
	struct iq_error *error =
		iq_container_of(walk->kernel->types, common, type, kinds[walk->kind].common, &ipc.address);
	if (!error)
		error = iq_check_interrupt();
	if (error) {
		walk->ended = true;
		return error;
	}
	read_common(walk, common, &ipc);
	switch (walk->kind) {
	case IQ_IPC_SEMAPHORES: get(walk, ipc.address, type, "sem_nsems", &ipc.semaphores); break;
	case IQ_IPC_QUEUE:
		get(walk, ipc.address, type, "q_cbytes", &ipc.bytes);
		get(walk, ipc.address, type, "q_qnum", &ipc.messages);
		break;
	case IQ_IPC_MEMORY:
		get(walk, ipc.address, type, "shm_segsz", &ipc.bytes);
		get(walk, ipc.address, type, "shm_nattch", &ipc.attached);
		get(walk, ipc.address, type, "shm_file", &ipc.file);
		break;
	}
	error = walk->fn(walk->context, &ipc);
	walk->ended = error != NULL;
	return error;
}

struct iq_error *iq_ipcs_each(struct iq_kernel *kernel, uint64_t space, enum iq_ipc_kind kind, iq_ipc_fn fn,
			      void *context)
{
	struct walk walk = { .kernel = kernel, .kind = kind, .fn = fn, .context = context };
	struct iq_type_member ids, tree;
	uint64_t size;
	IQ_TRY(iq_types_member(kernel->types, "ipc_namespace", "ids", &ids));
	IQ_TRY(iq_types_member(kernel->types, "ipc_ids", "ipcs_idr", &tree));
	IQ_TRY(iq_type_size(ids.type, &size));
	size /= IQ_ARRAY_SIZE(kinds);
	struct iq_error *error = iq_xarray_each(kernel->target, kernel->types,
						space + ids.bit_offset / 8 + kind * size + tree.bit_offset / 8, MAX_IDS,
						see_entry, &walk);
	if (walk.ended) {
		iq_error_free(walk.damage);
		return error;
	}
	iq_error_keep(&walk.damage, error);
	return walk.damage;
}

struct iq_error *iq_ipc_pages_read(struct iq_kernel *kernel, const struct iq_ipc *ipc, struct iq_ipc_pages *out)
{
	uint64_t mapping, super_block, shmem;
	char system[32];
	*out = (struct iq_ipc_pages){ .allocated = ipc->bytes / PAGE + (ipc->bytes % PAGE != 0) };
	IQ_TRY(iq_k_get(kernel, ipc->file, "file", "f_inode", &out->inode));
	IQ_TRY(iq_k_get(kernel, out->inode, "inode", "i_mapping", &mapping));
	IQ_TRY(iq_mapping_pages(kernel, mapping, &out->resident));
	IQ_TRY(iq_k_get(kernel, out->inode, "inode", "i_sb", &super_block));
	IQ_TRY(iq_file_system_name(kernel, super_block, system, sizeof(system)));
	if (strcmp(system, "tmpfs") != 0)
		return NULL;
	IQ_TRY(iq_container_of(kernel->types, out->inode, "shmem_inode_info", "vfs_inode", &shmem));
	IQ_TRY(iq_k_get(kernel, shmem, "shmem_inode_info", "swapped", &out->swapped));
	out->swapped_known = true;
	return NULL;
}
