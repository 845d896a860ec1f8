// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/cgroup.h"

#include "kernel/internal.h"

#include <string.h>

enum {
	CSS_ONLINE = 1 << 1,
	MAX_LEVEL = 4096, /* each is a part of a path, of which the kernel's limit is 4,096 bytes */
	MAX_NAME = 255,   /* NAME_MAX */
	MAX_CGROUPS = 1 << 20,
};

struct iq_error *iq_cgroup_read(struct iq_kernel *kernel, uint64_t address, struct iq_cgroup *out)
{
	uint64_t flags, node, css, level;
	*out = (struct iq_cgroup){ .address = address };
	IQ_TRY(iq_k_get(kernel, address, "cgroup", "self.flags", &flags));
	IQ_TRY(iq_k_get(kernel, address, "cgroup", "self.parent", &css));
	IQ_TRY(iq_k_get(kernel, address, "cgroup", "level", &level));
	IQ_TRY(iq_k_get(kernel, address, "cgroup", "kn", &node));
	/* Before 5.5 (67c0496e87d1) the ID was a union, whose 64 bits are the same. */
	IQ_TRY(iq_k_get(kernel, node, "kernfs_node", "id", &out->id));
	out->dying = !(flags & CSS_ONLINE);
	out->level = (uint32_t)level;
	return css ? iq_container_of(kernel->types, css, "cgroup", "self", &out->parent) : NULL;
}

/* Names from a node up to its root, which has none. */
struct path {
	struct iq_kernel *k;
	const char *parent; /* member of struct kernfs_node */
	IQ_VEC(char *) names;
};

static void path_free(struct path *path)
{
	iq_vec_foreach (name, &path->names)
		free(*name);
	iq_vec_free(&path->names);
}

static struct iq_error *climb(struct path *path, uint64_t node)
{
	uint64_t parent, name;
	char text[MAX_NAME + 1];
	for (unsigned i = 0; i < MAX_LEVEL; i++) {
		IQ_TRY(iq_k_get(path->k, node, "kernfs_node", path->parent, &parent));
		if (!parent)
			return NULL;
		IQ_TRY(iq_k_get(path->k, node, "kernfs_node", "name", &name));
		IQ_TRY(iq_error_prefix(iq_read_string(path->k->target, name, text, sizeof(text)),
				       "name of kernfs_node at %#lx", node));
		char *copy = strdup(text);
		char **kept = copy ? iq_vec_push(&path->names) : NULL;
		if (!kept) {
			free(copy);
			return iq_error_no_memory();
		}
		*kept = copy;
		node = parent;
	}
	return iq_error_new(IQ_ERROR_LIMIT, "no root after %d steps up, at kernfs_node %#lx", MAX_LEVEL, node);
}

struct iq_error *iq_cgroup_path(struct iq_kernel *kernel, uint64_t address, struct iq_strbuf *out)
{
	/* 6.15: 633488947ef6 ("kernfs: Use RCU to access kernfs_node::parent") */
	const char *parent = iq_k_has(kernel, "kernfs_node", "__parent") ? "__parent" : "parent";
	_cleanup_(path_free) struct path path = { .k = kernel, .parent = parent };
	uint64_t node;
	struct iq_error *error = iq_k_get(kernel, address, "cgroup", "kn", &node);
	if (!error)
		error = climb(&path, node);
	if (error)
		iq_strbuf_add_char(out, '?');
	else if (!path.names.count)
		iq_strbuf_add_char(out, '/');
	for (size_t i = path.names.count; i; i--)
		iq_strbuf_addf(out, "/%s", path.names.data[i - 1]);
	return iq_error_prefix(error, "path of cgroup at %#lx", address);
}

struct iq_error *iq_cgroup_default_root(struct iq_kernel *kernel, uint64_t *address)
{
	uint64_t root;
	IQ_TRY(iq_k_symbol(kernel, "cgrp_dfl_root", &root));
	return iq_member_address(kernel->types, root, "cgroup_root", "cgrp", address);
}

/* Those whose turn is still to come: the last first. */
struct walk {
	struct iq_kernel *k;
	size_t seen;
	struct iq_error *damage; /* the first */
	IQ_VEC(struct iq_cgroup) waiting;
	struct iq_cgroup parent;
};

static void walk_free(struct walk *walk)
{
	iq_vec_free(&walk->waiting);
}

/* A child names its parent, and is one level below it: so no walk ends where it has been. */
static struct iq_error *check_child(struct walk *walk, uint64_t address, struct iq_cgroup *child)
{
	IQ_TRY(iq_cgroup_read(walk->k, address, child));
	if (child->parent != walk->parent.address)
		return iq_error_new(IQ_ERROR_FORMAT, "cgroup at %#lx: its parent is %#lx, not %#lx", address,
				    child->parent, walk->parent.address);
	if (child->level != walk->parent.level + 1 || child->level > MAX_LEVEL)
		return iq_error_new(IQ_ERROR_FORMAT, "cgroup at %#lx: it is at level %u, its parent at %u", address,
				    child->level, walk->parent.level);
	return NULL;
}

static struct iq_error *add_child(void *context, uint64_t address)
{
	struct walk *walk = context;
	struct iq_cgroup child;
	IQ_TRY(iq_check_interrupt());
	if (++walk->seen > MAX_CGROUPS)
		return iq_error_new(IQ_ERROR_LIMIT, "more than %d cgroups", MAX_CGROUPS);
	struct iq_error *error = check_child(walk, address, &child);
	if (error) {
		iq_error_keep(&walk->damage, error);
		return NULL;
	}
	struct iq_cgroup *kept = iq_vec_push(&walk->waiting);
	if (!kept)
		return iq_error_no_memory();
	*kept = child;
	return NULL;
}

/* Puts the children behind those that wait, the first of them last. What is missing of them doesn't end the walk. */
static struct iq_error *add_children(struct walk *walk)
{
	uint64_t head;
	size_t before = walk->waiting.count;
	struct iq_kernel *k = walk->k;
	IQ_TRY(iq_member_address(k->types, walk->parent.address, "cgroup", "self.children", &head));
	struct iq_error *error =
		iq_list_each(k->target, k->types, head, "cgroup", "self.sibling", MAX_CGROUPS, add_child, walk);
	if (iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	iq_error_keep(&walk->damage, error);
	for (size_t first = before, last = walk->waiting.count; first + 1 < last; first++, last--) {
		struct iq_cgroup moved = walk->waiting.data[first];
		walk->waiting.data[first] = walk->waiting.data[last - 1];
		walk->waiting.data[last - 1] = moved;
	}
	return NULL;
}

static struct iq_error *walk_all(struct walk *walk, iq_cgroup_fn fn, void *context)
{
	while (walk->waiting.count) {
		walk->parent = walk->waiting.data[--walk->waiting.count];
		IQ_TRY(fn(context, &walk->parent));
		IQ_TRY(add_children(walk));
	}
	return NULL;
}

struct iq_error *iq_cgroups_each(struct iq_kernel *kernel, uint64_t top, iq_cgroup_fn fn, void *context)
{
	_cleanup_(walk_free) struct walk walk = { .k = kernel };
	struct iq_cgroup *first = iq_vec_push(&walk.waiting);
	if (!first)
		return iq_error_no_memory();
	IQ_TRY(iq_cgroup_read(kernel, top, first));
	struct iq_error *error = walk_all(&walk, fn, context);
	if (!error)
		return walk.damage;
	iq_error_free(walk.damage);
	return error;
}

struct search {
	uint64_t id;
	bool found;
	struct iq_cgroup *out;
};

static struct iq_error *is_it(void *context, const struct iq_cgroup *cgroup)
{
	struct search *search = context;
	if (cgroup->id == search->id) {
		search->found = true;
		*search->out = *cgroup;
	}
	return NULL;
}

struct iq_error *iq_cgroup_by_id(struct iq_kernel *kernel, uint64_t id, struct iq_cgroup *out)
{
	struct search search = { .id = id, .out = out };
	uint64_t top;
	IQ_TRY(iq_cgroup_default_root(kernel, &top));
	struct iq_error *error = iq_cgroups_each(kernel, top, is_it, &search);
	if (search.found) {
		iq_error_free(error);
		return NULL;
	}
	IQ_TRY(error);
	return iq_error_new(IQ_ERROR_NOT_FOUND, "there is no cgroup with ID %lu", id);
}
