// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/mount.h"

#include "kernel/chain.h"
#include "kernel/internal.h"
#include "kernel/path.h"
#include "kernel/rbtree.h"

enum {
	MAX_MOUNTS = 1 << 20,
	MAX_SUPER_BLOCKS = 1 << 20,
	MAX_INODES = 1 << 26,
	MNT_CURSOR = 0x10000000, /* 5.8 to 6.7: where a reader of /proc/PID/mounts is */
	MAX_ERROR = 4095,        /* ERR_PTR() */
};

struct iq_error *iq_mount_read(struct iq_kernel *kernel, uint64_t address, struct iq_mount *out)
{
	struct iq_error *first = NULL;
	uint64_t name, number;
	*out = (struct iq_mount){ .address = address, .id = -1, .parent_id = -1 };
	IQ_TRY(iq_member_address(kernel->types, address, "mount", "mnt", &out->vfsmount));
	IQ_TRY(iq_k_get(kernel, address, "mount", "mnt_parent", &out->parent));
	iq_error_keep(&first, iq_k_get(kernel, address, "mount", "mnt.mnt_root", &out->root));
	iq_error_keep(&first, iq_k_get(kernel, address, "mount", "mnt.mnt_sb", &out->super_block));
	struct iq_error *error = iq_k_get(kernel, address, "mount", "mnt_id", &number);
	if (!error)
		out->id = (int32_t)number;
	iq_error_keep(&first, error);
	error = iq_k_get(kernel, out->parent, "mount", "mnt_id", &number);
	if (!error)
		out->parent_id = (int32_t)number;
	iq_error_keep(&first, error);
	error = iq_k_get(kernel, address, "mount", "mnt_ns", &out->space);
	if (out->space >= -(uint64_t)MAX_ERROR) /* MNT_NS_INTERNAL */
		out->space = 0;
	iq_error_keep(&first, error);
	error = iq_k_get(kernel, address, "mount", "mnt_devname", &name);
	if (!error && name)
		error = iq_error_prefix(iq_read_string(kernel->target, name, out->device, sizeof(out->device)),
					"device of mount at %#lx", address);
	iq_error_keep(&first, error);
	if (out->super_block)
		iq_error_keep(&first, iq_file_system_name(kernel, out->super_block, out->type, sizeof(out->type)));
	return first;
}

struct iq_error *iq_mount_path(struct iq_kernel *kernel, const struct iq_mount *mount, struct iq_strbuf *out)
{
	return iq_path(kernel, mount->vfsmount, mount->root, out, NULL);
}

static struct iq_error *read_space(struct iq_kernel *k, uint64_t address, struct iq_mount_space *out)
{
	uint64_t inode;
	*out = (struct iq_mount_space){ .address = address };
	IQ_TRY(iq_k_get(k, address, "mnt_namespace", "ns.inum", &inode));
	out->inode = (uint32_t)inode;
	return NULL;
}

struct iq_error *iq_task_mount_space(struct iq_kernel *kernel, const struct iq_task *task, struct iq_mount_space *out)
{
	uint64_t proxy, space;
	*out = (struct iq_mount_space){ 0 };
	IQ_TRY(iq_k_get(kernel, task->address, "task_struct", "nsproxy", &proxy));
	if (!proxy)
		return NULL;
	IQ_TRY(iq_k_get(kernel, proxy, "nsproxy", "mnt_ns", &space));
	return space ? read_space(kernel, space, out) : NULL;
}

struct walk {
	struct iq_kernel *kernel;
	iq_mount_space_fn space_fn;
	iq_object_fn fn;
	void *context;
	struct iq_map seen; /* namespaces */
	uint64_t dirty;     /* bits of inode.i_state */
	struct iq_error *damage;
	bool ended; /* by an error from the caller's function */
};

static struct iq_error *tell(struct walk *walk, struct iq_error *error)
{
	walk->ended |= error != NULL;
	return error;
}

/* Keeps what is missing for the end; hands on what ends the walk. */
static struct iq_error *keep(struct walk *walk, struct iq_error *error)
{
	if (walk->ended)
		return error;
	iq_error_keep(&walk->damage, error);
	return NULL;
}

static struct iq_error *end_walk(struct walk *walk, struct iq_error *error)
{
	iq_map_free(&walk->seen);
	error = keep(walk, error);
	if (!error)
		return walk->damage;
	iq_error_free(walk->damage);
	return error;
}

static struct iq_error *see_space(struct walk *walk, const struct iq_mount_space *space)
{
	bool added;
	if (!space->address)
		return NULL;
	if (!iq_map_add(&walk->seen, space->address, &added))
		return tell(walk, iq_error_no_memory());
	return added ? tell(walk, walk->space_fn(walk->context, space)) : NULL;
}

static struct iq_error *see_mount_of_super_block(void *context, uint64_t mount)
{
	struct walk *walk = context;
	struct iq_mount_space space;
	uint64_t address;
	IQ_TRY(keep(walk, iq_k_get(walk->kernel, mount, "mount", "mnt_ns", &address)));
	if (!address || address >= -(uint64_t)MAX_ERROR || iq_map_get(&walk->seen, address, NULL))
		return NULL;
	struct iq_error *error = read_space(walk->kernel, address, &space);
	if (error)
		return keep(walk, iq_error_prefix(error, "namespace of mount at %#lx", mount));
	return see_space(walk, &space);
}

static struct iq_error *see_super_block(void *context, uint64_t super_block)
{
	struct walk *walk = context;
	IQ_TRY(tell(walk, iq_check_interrupt()));
	return keep(walk, iq_super_block_mounts_each(walk->kernel, super_block, see_mount_of_super_block, walk));
}

static struct iq_error *spaces_of_tasks(struct walk *walk)
{
	const struct iq_task *tasks;
	struct iq_mount_space space;
	size_t count;
	struct iq_error *error = iq_tasks(walk->kernel, &tasks, &count);
	if (error)
		return keep(walk, error);
	for (size_t i = 0; i < count; i++) {
		error = iq_task_mount_space(walk->kernel, &tasks[i], &space);
		IQ_TRY(keep(walk, iq_error_prefix(error, "mount namespace of task %d", tasks[i].pid)));
		IQ_TRY(see_space(walk, &space));
	}
	return NULL;
}

static struct iq_error *spaces_of_super_blocks(struct walk *walk)
{
	struct iq_kernel *k = walk->kernel;
	uint64_t head;
	struct iq_error *error = iq_k_symbol(k, "super_blocks", &head);
	if (error)
		return keep(walk, error);
	return keep(walk, iq_list_each(k->target, k->types, head, "super_block", "s_list", MAX_SUPER_BLOCKS,
				       see_super_block, walk));
}

struct iq_error *iq_mount_spaces_each(struct iq_kernel *kernel, iq_mount_space_fn fn, void *context)
{
	struct walk walk = { .kernel = kernel, .space_fn = fn, .context = context };
	struct iq_error *error = spaces_of_tasks(&walk);
	return end_walk(&walk, error ? error : spaces_of_super_blocks(&walk));
}

static struct iq_error *see_listed(void *context, uint64_t mount)
{
	struct walk *walk = context;
	uint64_t flags;
	IQ_TRY(tell(walk, iq_check_interrupt()));
	if (!iq_failed(iq_k_get(walk->kernel, mount, "mount", "mnt.mnt_flags", &flags)) && flags & MNT_CURSOR)
		return NULL;
	return tell(walk, walk->fn(walk->context, mount));
}

static struct iq_error *see_node(void *context, uint64_t node, const struct iq_rbtree_place *place)
{
	struct walk *walk = context;
	uint64_t mount;
	IQ_TRY(tell(walk, iq_check_interrupt()));
	IQ_TRY(tell(walk, iq_container_of(walk->kernel->types, node, "mount", "mnt_node", &mount)));
	return tell(walk, walk->fn(walk->context, mount));
}

struct iq_error *iq_mounts_each(struct iq_kernel *kernel, uint64_t space, iq_object_fn fn, void *context)
{
	struct walk walk = { .kernel = kernel, .fn = fn, .context = context };
	uint64_t place;
	if (iq_k_has(kernel, "mnt_namespace", "list")) {
		IQ_TRY(iq_member_address(kernel->types, space, "mnt_namespace", "list", &place));
		return end_walk(&walk, iq_list_each(kernel->target, kernel->types, place, "mount", "mnt_list",
						    MAX_MOUNTS, see_listed, &walk));
	}
	IQ_TRY(iq_k_get(kernel, space, "mnt_namespace", "mounts.rb_node", &place));
	if (!place)
		return NULL;
	return end_walk(&walk,
			iq_rbtree_each(kernel->target, kernel->types, place, true, true, MAX_MOUNTS, see_node, &walk));
}

struct iq_error *iq_super_block_mounts_each(struct iq_kernel *kernel, uint64_t super_block, iq_object_fn fn,
					    void *context)
{
	struct iq_chain chain = { 0 };
	uint64_t head;
	if (iq_k_has(kernel, "mount", "mnt_instance")) {
		IQ_TRY(iq_member_address(kernel->types, super_block, "super_block", "s_mounts", &head));
		return iq_list_each(kernel->target, kernel->types, head, "mount", "mnt_instance", MAX_MOUNTS, fn,
				    context);
	}
	/* 6.17: a chain without a head. */
	IQ_TRY(iq_k_get(kernel, super_block, "super_block", "s_mounts", &chain.first));
	IQ_TRY(iq_member_address(kernel->types, 0, "mount", "mnt_next_for_sb", &chain.offset));
	return iq_chain_each(kernel->target, &chain, fn, context);
}

/* Which bits of i_state are I_DIRTY_ALL: an enum's constants where there is one (7.2 has it). Without it, as they have
 * been since 4.0 (0ae45f63d4ef added the times), but for 6.12, whose series "fs: reorder i_state bits" moved three of
 * them and made i_state a u32. */
static uint64_t dirty_bits(struct iq_kernel *k)
{
	static const char *const names[] = { "I_DIRTY_SYNC", "I_DIRTY_DATASYNC", "I_DIRTY_PAGES", "I_DIRTY_TIME" };
	struct iq_type_member member;
	uint64_t bits = 0, size;
	for (unsigned i = 0; i < IQ_ARRAY_SIZE(names); i++) {
		int64_t value;
		if (iq_failed(iq_type_constant(k->types, names[i], &value))) {
			bits = 0;
			break;
		}
		bits |= (uint64_t)value;
	}
	if (bits)
		return bits;
	bool moved = !iq_failed(iq_types_member(k->types, "inode", "i_state", &member)) &&
		     !iq_failed(iq_type_size(member.type, &size)) && size == 4;
	return moved ? 1 << 3 | 1 << 4 | 1 << 5 | 1 << 11 : 1 << 0 | 1 << 1 | 1 << 2 | 1 << 11;
}

static struct iq_error *see_inode(void *context, uint64_t inode)
{
	struct walk *walk = context;
	const char *path = iq_k_has(walk->kernel, "inode", "i_state.__state") ? "i_state.__state" : "i_state";
	uint64_t state = 0;
	IQ_TRY(tell(walk, iq_check_interrupt()));
	IQ_TRY(keep(walk, iq_k_get(walk->kernel, inode, "inode", path, &state)));
	return state & walk->dirty ? tell(walk, walk->fn(walk->context, inode)) : NULL;
}

struct iq_error *iq_dirty_inodes_each(struct iq_kernel *kernel, uint64_t super_block, iq_object_fn fn, void *context)
{
	struct walk walk = { .kernel = kernel, .fn = fn, .context = context, .dirty = dirty_bits(kernel) };
	uint64_t head;
	IQ_TRY(iq_member_address(kernel->types, super_block, "super_block", "s_inodes", &head));
	return end_walk(&walk, iq_list_each(kernel->target, kernel->types, head, "inode", "i_sb_list", MAX_INODES,
					    see_inode, &walk));
}
