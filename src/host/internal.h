/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IQ_HOST_INTERNAL_H
#define IQ_HOST_INTERNAL_H

#include "host/debuginfo.h"

enum { IQ_MAX_BUILD_ID = 64 };

/* One question while it is answered. */
struct iq_debuginfo_search {
	const struct iq_debuginfo_options *options;
	const struct iq_debuginfo_request *request;
	struct iq_debuginfo *out;
	const char *root; /* "" or a directory without a slash at its end */
	/* The files that were looked at: links lead to one of them again. */
	IQ_VEC(struct iq_file_identity) seen;
};

struct iq_file_identity {
	uint64_t device, inode;
};

static inline bool iq_debuginfo_done(const struct iq_debuginfo_search *search)
{
	return search->out->path != NULL;
}

/* debuginfo_file.c: what is known of one file. */
struct iq_debug_file {
	uint8_t build_id[IQ_MAX_BUILD_ID];
	size_t build_id_size; /* 0: it has none */
	bool has_dwarf, relocatable;
	char *link; /* .gnu_debuglink, a file name without directories; NULL: none */
	uint32_t link_crc;
	struct iq_file_identity identity;
};

/* IQ_ERROR_NOT_FOUND: there is no such file. Messages begin with the path. */
struct iq_error *iq_debug_file_read(const char *path, struct iq_debug_file *out);
void iq_debug_file_free(struct iq_debug_file *file);
/* The checksum that .gnu_debuglink has of a file's bytes. */
struct iq_error *iq_file_crc(const char *path, uint32_t *crc);

/* debuginfo_attempt.c */
struct iq_error *iq_attempt_add(struct iq_debuginfo_search *search, enum iq_debuginfo_outcome outcome, const char *path,
				const char *detail);
/* Looks at one file; is it the right one, iq_debuginfo_done() holds afterwards. `named`: the user named the file
 * itself. *exists (may be NULL) tells whether there was one; only those and named ones become attempts. */
struct iq_error *iq_attempt_file(struct iq_debuginfo_search *search, const char *path, bool named, bool *exists);
/* "0a1b2c" of up to IQ_MAX_BUILD_ID bytes. */
void iq_build_id_text(const uint8_t *build_id, size_t size, char text[IQ_MAX_BUILD_ID * 2 + 1]);

/* debuginfo_layout.c */
struct iq_error *iq_layout_build_id(struct iq_debuginfo_search *search, const char *directory);
/* A directory that the user named: a tree like /usr/lib/debug, a whole root, a kernel's build tree, or just files. */
struct iq_error *iq_layout_named(struct iq_debuginfo_search *search, const char *directory);
/* Distributions' places. */
struct iq_error *iq_layout_system(struct iq_debuginfo_search *search);

/* debuginfo_trees.c: calls fn for each file below `directory` whose name is that of the module. */
struct iq_error *iq_trees_each(struct iq_debuginfo_trees *trees, const char *directory, const char *module,
			       struct iq_error *(*fn)(void *context, const char *path), void *context, bool *exists);
/* "nf-conntrack.ko.debug.xz" → "nf_conntrack" into name; false if a file of this name is no module. */
bool iq_module_name_of_file(const char *path, char *name, size_t size);

/* debuginfod.c */
struct iq_error *iq_debuginfod_find(struct iq_debuginfo_search *search);

#endif
