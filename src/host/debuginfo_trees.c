// SPDX-License-Identifier: GPL-2.0-or-later
/* Modules lie somewhere below a directory: each is walked once. */
#include "host/internal.h"

#include "util/cleanup.h"
#include "util/diag.h"

#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_ENTRIES = 2000000, MAX_DEPTH = 40 };

struct file {
	char *module, *path;
};

struct tree {
	char *directory;
	bool exists;
	IQ_VEC(struct file) files; /* by module, then by path */
};

struct iq_debuginfo_trees {
	IQ_VEC(struct tree) trees;
};

struct iq_debuginfo_trees *iq_debuginfo_trees_new(void)
{
	return calloc(1, sizeof(struct iq_debuginfo_trees));
}

static void free_tree(struct tree *tree)
{
	iq_vec_foreach (file, &tree->files) {
		free(file->module);
		free(file->path);
	}
	iq_vec_free(&tree->files);
	free(tree->directory);
}

void iq_debuginfo_trees_free(struct iq_debuginfo_trees *trees)
{
	if (!trees)
		return;
	iq_vec_foreach (tree, &trees->trees)
		free_tree(tree);
	iq_vec_free(&trees->trees);
	free(trees);
}

static void free_treesp(struct iq_debuginfo_trees **trees)
{
	iq_debuginfo_trees_free(*trees);
}

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t n = strlen(end);
	return length > n && memcmp(text + length - n, end, n) == 0;
}

bool iq_module_name_of_file(const char *path, char *name, size_t size)
{
	static const char *const ends[] = { ".xz", ".zst", ".gz", ".debug", ".ko" };
	const char *base = strrchr(path, '/');
	base = base ? base + 1 : path;
	size_t length = strlen(base);
	bool is_module = false;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(ends); i++) {
		if (!ends_with(base, length, ends[i]))
			continue;
		length -= strlen(ends[i]);
		is_module = i == IQ_ARRAY_SIZE(ends) - 1;
	}
	if (!is_module || length >= size)
		return false;
	for (size_t i = 0; i < length; i++)
		name[i] = base[i] == '-' ? '_' : base[i];
	name[length] = '\0';
	return true;
}

static struct iq_error *add_file(struct tree *tree, const char *path)
{
	char name[256];
	if (!iq_module_name_of_file(path, name, sizeof(name)))
		return NULL;
	struct file *file = iq_vec_push(&tree->files);
	if (!file)
		return iq_error_no_memory();
	*file = (struct file){ strdup(name), strdup(path) };
	return file->module && file->path ? NULL : iq_error_no_memory();
}

static void close_fts(FTS **fts)
{
	if (*fts)
		fts_close(*fts);
}

/* Links are not followed but for the directory itself: /lib/modules/RELEASE/build leads elsewhere. */
static struct iq_error *walk(struct tree *tree)
{
	char *const roots[] = { tree->directory, NULL };
	_cleanup_(close_fts) FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	FTSENT *entry;
	if (!fts)
		return iq_error_errno(errno, "%s", tree->directory);
	for (unsigned n = 0; n < MAX_ENTRIES && (entry = fts_read(fts)); n++) {
		IQ_TRY(iq_check_interrupt());
		if (entry->fts_info == FTS_D && entry->fts_level > 0 &&
		    (entry->fts_name[0] == '.' || entry->fts_level > MAX_DEPTH))
			fts_set(fts, entry, FTS_SKIP);
		else if (entry->fts_info == FTS_F || entry->fts_info == FTS_SL || entry->fts_info == FTS_NSOK)
			IQ_TRY(add_file(tree, entry->fts_path));
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const struct file *x = a, *y = b;
	int order = strcmp(x->module, y->module);
	return order ? order : strcmp(x->path, y->path);
}

static struct iq_error *find_tree(struct iq_debuginfo_trees *trees, const char *directory, const struct tree **out)
{
	struct stat status;
	iq_vec_foreach (tree, &trees->trees) {
		if (strcmp(tree->directory, directory) == 0) {
			*out = tree;
			return NULL;
		}
	}
	struct tree new = { .directory = strdup(directory) };
	if (!new.directory)
		return iq_error_no_memory();
	new.exists = stat(directory, &status) == 0 && S_ISDIR(status.st_mode);
	struct iq_error *error = new.exists ? walk(&new) : NULL;
	struct tree *place = error ? NULL : iq_vec_push(&trees->trees);
	if (!place) {
		free_tree(&new);
		return error ? error : iq_error_no_memory();
	}
	if (new.files.count)
		qsort(new.files.data, new.files.count, sizeof(*new.files.data), compare);
	*place = new;
	*out = place;
	return NULL;
}

struct iq_error *iq_trees_each(struct iq_debuginfo_trees *trees, const char *directory, const char *module,
			       struct iq_error *(*fn)(void *context, const char *path), void *context, bool *exists)
{
	_cleanup_(free_treesp) struct iq_debuginfo_trees *own = NULL;
	const struct tree *tree;
	_cleanup_free_ char *name = strdup(module);
	if (!trees)
		trees = own = iq_debuginfo_trees_new();
	if (!trees || !name)
		return iq_error_no_memory();
	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : *c;
	IQ_TRY(find_tree(trees, directory, &tree));
	*exists = tree->exists;
	size_t low = 0, high = tree->files.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(tree->files.data[middle].module, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < tree->files.count && strcmp(tree->files.data[low].module, name) == 0; low++)
		IQ_TRY(fn(context, tree->files.data[low].path));
	return NULL;
}
