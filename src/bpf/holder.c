// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/holder.h"
#include "bpf/element.h"
#include "bpf/internal.h"
#include "bpf/program.h"

#include "kernel/path.h"
#include "util/hash.h"

#include <string.h>

enum { MAX_SUPER_BLOCKS = 1 << 20, MAX_INODES = 1 << 24, MAX_ALIASES = 1 << 16, MAX_BTFS = 1024 };

struct walk {
	struct iq_bpf *bpf;
	iq_bpf_holder_fn fn;
	void *context;
	struct iq_error *ended; /* what fn said; the walk is over */
	struct iq_bpf_holder holder;
	/* Of pins: the operations of inodes. */
	uint64_t operations[3];
	/* Tables of descriptors that were seen. */
	struct iq_map tables;
};

/* What is damaged is warned of; memory and Ctrl-C end the walk, and what fn says. */
static struct iq_error *tell(struct walk *walk, struct iq_error *error)
{
	if (walk->ended || !error || iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	iq_warn_error(iq_kernel_diag(walk->bpf->kernel), error);
	return NULL;
}

static struct iq_error *report(struct walk *walk, enum iq_file_kind kind, uint64_t object)
{
	walk->holder.kind = kind;
	walk->holder.object = object;
	IQ_TRY(iq_check_interrupt());
	return walk->ended = walk->fn(walk->context, &walk->holder);
}

/* Descriptors. */

static struct iq_error *see_descriptor(void *context, unsigned fd, uint64_t address)
{
	struct walk *walk = context;
	struct iq_open_file file;
	IQ_TRY(iq_check_interrupt());
	IQ_TRY(tell(walk, iq_open_file_read(walk->bpf->kernel, address, &file)));
	if (file.kind != IQ_FILE_BPF_PROG && file.kind != IQ_FILE_BPF_MAP && file.kind != IQ_FILE_BPF_LINK &&
	    file.kind != IQ_FILE_BTF)
		return NULL;
	walk->holder.fd = fd;
	walk->holder.file = address;
	return report(walk, file.kind, file.private_data);
}

static struct iq_error *see_task(struct walk *walk, const struct iq_task *task)
{
	uint64_t table;
	bool added = false;
	IQ_TRY(iq_b_get(walk->bpf, task->address, "task_struct", "files", &table));
	if (!table)
		return NULL;
	if (!iq_map_add(&walk->tables, table, &added))
		return iq_error_no_memory();
	if (!added)
		return NULL;
	walk->holder = (struct iq_bpf_holder){ .by = IQ_BPF_HELD_BY_DESCRIPTOR, .task = task };
	return iq_task_descriptors(walk->bpf->kernel, task, see_descriptor, walk);
}

static struct iq_error *walk_tasks(struct walk *walk)
{
	const struct iq_task *tasks;
	size_t count;
	IQ_TRY(iq_tasks(walk->bpf->kernel, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		struct iq_error *error = see_task(walk, &tasks[i]);
		if (error && !walk->ended)
			error = iq_error_prefix(error, "task %d", tasks[i].pid);
		IQ_TRY(tell(walk, error));
	}
	return NULL;
}

/* Pins: what an inode is of, its operations tell. */

static struct iq_error *see_alias(void *context, uint64_t dentry)
{
	struct walk *walk = context;
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	bool deleted;
	IQ_TRY(tell(walk, iq_path(walk->bpf->kernel, 0, dentry, &path, &deleted)));
	walk->holder.path = iq_strbuf_text(&path);
	struct iq_error *error = report(walk, walk->holder.kind, walk->holder.object);
	walk->holder.path = NULL;
	return error;
}

static struct iq_error *see_inode(void *context, uint64_t inode)
{
	static const enum iq_file_kind kinds[] = { IQ_FILE_BPF_PROG, IQ_FILE_BPF_MAP, IQ_FILE_BPF_LINK };
	struct walk *walk = context;
	struct iq_bpf *bpf = walk->bpf;
	uint64_t operations, object, aliases;
	IQ_TRY(iq_check_interrupt());
	IQ_TRY(iq_b_get(bpf, inode, "inode", "i_op", &operations));
	for (size_t i = 0; i < IQ_ARRAY_SIZE(kinds); i++) {
		if (!operations || operations != walk->operations[i])
			continue;
		IQ_TRY(iq_b_get(bpf, inode, "inode", "i_private", &object));
		IQ_TRY(iq_member_address(bpf->types, inode, "inode", "i_dentry", &aliases));
		walk->holder = (struct iq_bpf_holder){
			.kind = kinds[i], .object = object, .by = IQ_BPF_HELD_BY_PIN, .inode = inode
		};
		IQ_TRY(tell(walk, iq_hlist_each(bpf->target, bpf->types, aliases, "dentry", "d_u.d_alias", MAX_ALIASES,
						see_alias, walk)));
	}
	return NULL;
}

static struct iq_error *see_super_block(void *context, uint64_t super_block)
{
	struct walk *walk = context;
	struct iq_bpf *bpf = walk->bpf;
	char name[16];
	uint64_t inodes;
	IQ_TRY(iq_check_interrupt());
	struct iq_error *error = iq_file_system_name(bpf->kernel, super_block, name, sizeof(name));
	if (error) /* of BPF's or not: what is pinned there, if anything, is not shown */
		return tell(walk, iq_error_prefix(error, "super_block at %#lx", super_block));
	if (strcmp(name, "bpf") != 0)
		return NULL;
	IQ_TRY(iq_member_address(bpf->types, super_block, "super_block", "s_inodes", &inodes));
	return tell(walk,
		    iq_list_each(bpf->target, bpf->types, inodes, "inode", "i_sb_list", MAX_INODES, see_inode, walk));
}

static struct iq_error *walk_pins(struct walk *walk)
{
	static const char *const names[] = { "bpf_prog_iops", "bpf_map_iops", "bpf_link_iops" };
	struct iq_bpf *bpf = walk->bpf;
	uint64_t head;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(names); i++) {
		if (iq_failed(iq_b_symbol(bpf, names[i], &walk->operations[i])))
			walk->operations[i] = 0; /* links: 5.7 */
	}
	IQ_TRY(iq_b_symbol(bpf, "super_blocks", &head));
	return tell(walk, iq_list_each(bpf->target, bpf->types, head, "super_block", "s_list", MAX_SUPER_BLOCKS,
				       see_super_block, walk));
}

/* What they hold of each other. */

static struct iq_error *hold(struct walk *walk, enum iq_file_kind kind, uint64_t object)
{
	return object ? report(walk, kind, object) : NULL;
}

/* An array of structs that begin with a struct btf pointer. */
static struct iq_error *hold_btfs(struct walk *walk, const struct iq_bpf_program *program, uint64_t array,
				  const char *type, uint64_t count)
{
	uint64_t size, btf;
	if (count > MAX_BTFS)
		return iq_error_new(IQ_ERROR_FORMAT, "struct bpf_prog at %#lx is damaged: it uses %lu BTF objects",
				    program->address, count);
	IQ_TRY(iq_types_size(walk->bpf->types, type, &size));
	for (uint64_t i = 0; i < count; i++) {
		IQ_TRY(iq_b_get(walk->bpf, array + i * size, type, "btf", &btf));
		if (btf != program->btf && btf != program->attach_btf)
			IQ_TRY(hold(walk, IQ_FILE_BTF, btf));
	}
	return NULL;
}

/* Those of modules: whose variables it has the addresses of (5.11: 541c3bad8dc5), whose functions it calls (5.16:
 * 2357672c54c3). */
static struct iq_error *hold_used_btfs(struct walk *walk, const struct iq_bpf_program *program)
{
	struct iq_bpf *bpf = walk->bpf;
	uint64_t array = 0, count = 0;
	IQ_TRY(iq_b_get_if(bpf, program->aux, "bpf_prog_aux", "used_btfs", &array));
	if (array) {
		IQ_TRY(iq_b_get(bpf, program->aux, "bpf_prog_aux", "used_btf_cnt", &count));
		IQ_TRY(hold_btfs(walk, program, array, "btf_mod_pair", count));
	}
	array = 0;
	IQ_TRY(iq_b_get_if(bpf, program->aux, "bpf_prog_aux", "kfunc_btf_tab", &array));
	if (!array)
		return NULL;
	IQ_TRY(iq_b_get(bpf, array, "bpf_kfunc_btf_tab", "nr_descs", &count));
	return hold_btfs(walk, program, array, "bpf_kfunc_btf", count);
}

static struct iq_error *see_program(struct walk *walk, uint32_t id, uint64_t address)
{
	struct iq_bpf *bpf = walk->bpf;
	struct iq_bpf_program program;
	IQ_TRY(iq_bpf_program_listed(bpf, id, address, &program));
	for (uint32_t i = 0; i < program.used_map_count; i++) {
		uint64_t map;
		IQ_TRY(iq_error_prefix(iq_read_u64(bpf->target, program.used_maps + 8 * (uint64_t)i, &map),
				       "used_maps of BPF program %u", id));
		IQ_TRY(hold(walk, IQ_FILE_BPF_MAP, map));
	}
	IQ_TRY(hold(walk, IQ_FILE_BPF_PROG, program.dst_program));
	IQ_TRY(hold(walk, IQ_FILE_BTF, program.attach_btf));
	IQ_TRY(hold(walk, IQ_FILE_BTF, program.btf));
	return hold_used_btfs(walk, &program);
}

static struct iq_error *see_element(void *context, const struct iq_bpf_element *element)
{
	struct walk *walk = context;
	if (element->kind != IQ_BPF_OBJECT)
		return NULL;
	if (strcmp(element->object_type, "bpf_prog") == 0)
		return hold(walk, IQ_FILE_BPF_PROG, element->object);
	if (strcmp(element->object_type, "bpf_map") == 0)
		return hold(walk, IQ_FILE_BPF_MAP, element->object);
	return NULL;
}

static struct iq_error *see_map(struct walk *walk, uint32_t id, uint64_t address)
{
	static const char *const of_objects[] = { "prog_array", "array_of_maps", "hash_of_maps" };
	struct iq_bpf_map map;
	IQ_TRY(iq_bpf_map_listed(walk->bpf, id, address, &map));
	IQ_TRY(hold(walk, IQ_FILE_BTF, map.btf));
	for (size_t i = 0; i < IQ_ARRAY_SIZE(of_objects); i++) {
		if (strcmp(map.type_name, of_objects[i]) == 0)
			return iq_bpf_map_each(walk->bpf, &map, see_element, walk);
	}
	return NULL;
}

static struct iq_error *see_link(struct walk *walk, uint32_t id, uint64_t address)
{
	uint64_t program;
	IQ_TRY(iq_error_prefix(iq_b_get(walk->bpf, address, "bpf_link", "prog", &program), "BPF link %u", id));
	return hold(walk, IQ_FILE_BPF_PROG, program);
}

static const struct {
	enum iq_bpf_table table;
	enum iq_bpf_holder_kind by;
	struct iq_error *(*see)(struct walk *walk, uint32_t id, uint64_t address);
} tables[] = {
	{ IQ_BPF_PROGRAMS, IQ_BPF_HELD_BY_PROGRAM, see_program },
	{ IQ_BPF_MAPS, IQ_BPF_HELD_BY_MAP, see_map },
	{ IQ_BPF_LINKS, IQ_BPF_HELD_BY_LINK, see_link },
};

struct pass {
	struct walk *walk;
	size_t table;
};

static struct iq_error *see_object(void *context, uint32_t id, uint64_t address)
{
	const struct pass *pass = context;
	struct walk *walk = pass->walk;
	walk->holder = (struct iq_bpf_holder){ .by = tables[pass->table].by, .id = id };
	return tell(walk, tables[pass->table].see(walk, id, address));
}

struct iq_error *iq_bpf_holders_each(struct iq_bpf *bpf, iq_bpf_holder_fn fn, void *context)
{
	struct walk walk = { .bpf = bpf, .fn = fn, .context = context };
	struct iq_error *error = tell(&walk, walk_tasks(&walk));
	iq_map_free(&walk.tables);
	IQ_TRY(error);
	IQ_TRY(tell(&walk, walk_pins(&walk)));
	for (size_t i = 0; i < IQ_ARRAY_SIZE(tables); i++) {
		struct pass pass = { &walk, i };
		IQ_TRY(tell(&walk, iq_bpf_each(bpf, tables[i].table, see_object, &pass)));
	}
	return NULL;
}
