// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/path.h"

#include "kernel/internal.h"
#include "kernel/mount.h"

#include <string.h>

enum {
	MAX_STEPS = 4096,     /* from a dentry to its parent, or to where its mount is */
	MAX_NAME = 4095,      /* NAME_MAX is 255; names of pseudo files may be longer */
	MAX_PATH = 16 * 1024, /* PATH_MAX is 4096, seen from a process' root */
	MNT_INTERNAL = 0x4000,
};

/* A path, written from its end. */
struct path {
	struct iq_kernel *k;
	struct iq_error *damage; /* the first */
	size_t start;
	char text[MAX_PATH];
};

static bool prepend(struct path *path, const char *text, size_t length)
{
	if (length > path->start)
		return false;
	path->start -= length;
	memcpy(path->text + path->start, text, length);
	return true;
}

/* A dentry's own name, which may be empty. `name` has MAX_NAME + 1 bytes. */
static struct iq_error *dentry_name(struct iq_kernel *k, uint64_t dentry, char *name)
{
	uint64_t address, length;
	name[0] = '\0';
	IQ_TRY(iq_k_get(k, dentry, "dentry", "d_name.len", &length));
	IQ_TRY(iq_k_get(k, dentry, "dentry", "d_name.name", &address));
	if (length > MAX_NAME)
		return iq_error_new(IQ_ERROR_FORMAT, "dentry at %#lx: a name of %lu bytes", dentry, length);
	IQ_TRY(iq_error_prefix(iq_read(k->target, address, name, length), "name of dentry at %#lx", dentry));
	name[length] = '\0';
	return NULL;
}

struct iq_error *iq_file_system_name(struct iq_kernel *kernel, uint64_t super_block, char *buffer, size_t size)
{
	uint64_t type, name;
	IQ_TRY(iq_k_get(kernel, super_block, "super_block", "s_type", &type));
	IQ_TRY(iq_k_get(kernel, type, "file_system_type", "name", &name));
	return iq_error_prefix(iq_read_string(kernel->target, name, buffer, size), "name of file_system_type at %#lx",
			       type);
}

/* "net", "uts", "mnt": struct proc_ns_operations, by the struct ns_common that the inode's i_private is since 3.19
 * (upstream e149ed2b805f). */
static struct iq_error *namespace_kind(struct iq_kernel *k, uint64_t inode, char *buffer, size_t size)
{
	uint64_t common, operations, name;
	IQ_TRY(iq_k_get(k, inode, "inode", "i_private", &common));
	IQ_TRY(iq_k_get(k, common, "ns_common", "ops", &operations));
	IQ_TRY(iq_k_get(k, operations, "proc_ns_operations", "name", &name));
	return iq_error_prefix(iq_read_string(k->target, name, buffer, size), "name of proc_ns_operations at %#lx",
			       operations);
}

/* Whose dentries d_path() names by simple_dname(): shared memory and memfds, huge pages, secret memory, rings of AIO.
 */
static bool has_simple_names(const char *system)
{
	static const char *const systems[] = { "tmpfs", "hugetlbfs", "secretmem", "aio" };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(systems); i++) {
		if (strcmp(system, systems[i]) == 0)
			return true;
	}
	return false;
}

/* Pipes, sockets and the like: a dentry that is its own parent, but no mount's root. */
static struct iq_error *pseudo_name(struct iq_kernel *k, uint64_t dentry, const char *name, struct iq_strbuf *out,
				    bool *deleted)
{
	uint64_t super_block, inode, number = 0;
	char system[64], kind[64];
	IQ_TRY(iq_k_get(k, dentry, "dentry", "d_sb", &super_block));
	IQ_TRY(iq_file_system_name(k, super_block, system, sizeof(system)));
	if (strcmp(system, "pidfs") == 0) { /* 6.9; pidfds were of anon_inodefs before, by this name */
		iq_strbuf_add(out, "[pidfd]");
		return NULL;
	}
	bool pipe = strcmp(system, "pipefs") == 0, socket = strcmp(system, "sockfs") == 0;
	bool space = strcmp(system, "nsfs") == 0;
	if (has_simple_names(system) && *name != '/') {
		iq_strbuf_addf(out, "/%s", name);
		*deleted = true;
		return NULL;
	}
	if (!pipe && !socket && !space && *name) {
		iq_strbuf_add(out, name);
		return NULL;
	}
	IQ_TRY(iq_k_get(k, dentry, "dentry", "d_inode", &inode));
	struct iq_error *error = NULL;
	snprintf(kind, sizeof(kind), "%s", pipe ? "pipe" : socket ? "socket" : system);
	if (inode && space)
		error = namespace_kind(k, inode, kind, sizeof(kind));
	if (inode && !error)
		error = iq_k_get(k, inode, "inode", "i_ino", &number);
	if (!error)
		iq_strbuf_addf(out, "%s:[%lu]", kind, number);
	return error;
}

struct mount_search {
	struct iq_kernel *k;
	uint64_t found, internal;
};

static struct iq_error *see_mount(void *context, uint64_t mount)
{
	struct mount_search *search = context;
	uint64_t flags;
	IQ_TRY(iq_k_get(search->k, mount, "mount", "mnt.mnt_flags", &flags));
	if (!(flags & MNT_INTERNAL) && !search->found)
		search->found = mount;
	if (!search->internal)
		search->internal = mount;
	return NULL;
}

/* A mount of the file system, best one that users see. */
static uint64_t find_mount(struct iq_kernel *k, uint64_t dentry)
{
	struct mount_search search = { .k = k };
	uint64_t super_block;
	struct iq_error *error = iq_k_get(k, dentry, "dentry", "d_sb", &super_block);
	if (!error)
		error = iq_super_block_mounts_each(k, super_block, see_mount, &search);
	iq_error_free(error);
	return search.found ? search.found : search.internal;
}

/* One step up: to where the mount is when the dentry is its root, else to the parent, whose child's name is prepended.
 * *end: this was the root. */
static struct iq_error *step(struct path *path, uint64_t *mount, uint64_t *dentry, bool *end)
{
	struct iq_kernel *k = path->k;
	uint64_t root = 0, parent, mount_parent;
	char name[MAX_NAME + 1];
	*end = false;
	if (*mount)
		IQ_TRY(iq_k_get(k, *mount, "mount", "mnt.mnt_root", &root));
	if (*mount && root == *dentry) {
		IQ_TRY(iq_k_get(k, *mount, "mount", "mnt_parent", &mount_parent));
		*end = mount_parent == *mount;
		if (*end)
			return NULL;
		IQ_TRY(iq_k_get(k, *mount, "mount", "mnt_mountpoint", dentry));
		*mount = mount_parent;
		return NULL;
	}
	IQ_TRY(iq_k_get(k, *dentry, "dentry", "d_parent", &parent));
	*end = parent == *dentry;
	if (*end)
		return NULL;
	struct iq_error *error = dentry_name(k, *dentry, name);
	if (error) {
		iq_error_keep(&path->damage, error);
		strcpy(name, "?");
	}
	if (!prepend(path, name, strlen(name)) || !prepend(path, "/", 1))
		return iq_error_new(IQ_ERROR_LIMIT, "a path of more than %d bytes", MAX_PATH);
	*dentry = parent;
	return NULL;
}

/* Is the dentry one of a file without a place in a tree? */
static struct iq_error *is_pseudo(struct iq_kernel *k, uint64_t mount, uint64_t dentry, bool *pseudo)
{
	uint64_t root = 0, parent;
	*pseudo = false;
	IQ_TRY(iq_k_get(k, dentry, "dentry", "d_parent", &parent));
	if (mount)
		IQ_TRY(iq_k_get(k, mount, "mount", "mnt.mnt_root", &root));
	*pseudo = parent == dentry && root != dentry;
	return NULL;
}

/* d_unlinked() */
static bool is_deleted(struct iq_kernel *k, uint64_t dentry)
{
	uint64_t parent, hash;
	return !iq_failed(iq_k_get(k, dentry, "dentry", "d_parent", &parent)) && parent != dentry &&
	       !iq_failed(iq_k_get(k, dentry, "dentry", "d_hash.pprev", &hash)) && !hash;
}

static struct iq_error *walk_up(struct path *path, uint64_t mount, uint64_t dentry)
{
	uint64_t start = dentry;
	bool end = false;
	for (unsigned i = 0; !end; i++) {
		if (i == MAX_STEPS)
			return iq_error_new(IQ_ERROR_LIMIT, "no root after %d steps up from dentry %#lx", MAX_STEPS,
					    start);
		IQ_TRY(step(path, &mount, &dentry, &end));
	}
	return NULL;
}

struct iq_error *iq_path(struct iq_kernel *kernel, uint64_t mount, uint64_t dentry, struct iq_strbuf *out,
			 bool *deleted)
{
	char name[MAX_NAME + 1];
	bool pseudo, gone;
	if (!deleted)
		deleted = &gone;
	*deleted = is_deleted(kernel, dentry);
	if (mount)
		IQ_TRY(iq_container_of(kernel->types, mount, "mount", "mnt", &mount));
	else
		mount = find_mount(kernel, dentry);
	struct iq_error *error = is_pseudo(kernel, mount, dentry, &pseudo);
	if (!error && pseudo) {
		error = dentry_name(kernel, dentry, name);
		if (!error)
			error = pseudo_name(kernel, dentry, name, out, deleted);
		if (error)
			iq_strbuf_add(out, *name ? name : "?");
		return error;
	}
	_cleanup_free_ struct path *path = malloc(sizeof(*path));
	if (!path) {
		iq_error_free(error);
		return iq_error_no_memory();
	}
	path->k = kernel;
	path->damage = error;
	path->start = MAX_PATH;
	error = error ? NULL : walk_up(path, mount, dentry);
	bool whole = !error && !(path->damage && path->start == MAX_PATH);
	if (error)
		iq_error_keep(&path->damage, error);
	if (!whole)
		iq_strbuf_add_char(out, '?');
	else if (path->start == MAX_PATH)
		iq_strbuf_add_char(out, '/');
	iq_strbuf_add_bytes(out, path->text + path->start, MAX_PATH - path->start);
	return path->damage;
}
