/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where debug information lies on this machine, and what would bring it here. Knows paths, build-ids and ELF notes;
 * nothing of dumps. Nothing is fetched from a network unless `debuginfod` is set by who was asked for it.
 */
#ifndef IQ_HOST_DEBUGINFO_H
#define IQ_HOST_DEBUGINFO_H

#include "util/error.h"
#include "util/vec.h"

#include <stddef.h>

/* What the user said about debug information; all borrowed. */
struct iq_debuginfo_options {
	const char *const
		*paths; /* files (vmlinux, x.ko, x.ko.debug, compressed or not) and directories, tried first */
	size_t path_count;
	bool off;         /* look for nothing: only `paths` */
	bool debuginfod;  /* ask the servers of $DEBUGINFOD_URLS when nothing is here */
	const char *root; /* where distributions' paths begin, for tests; NULL: "/" */
};

struct iq_debuginfo_request {
	const char *release; /* "6.1.0-47-amd64"; NULL: not known */
	const char *module;  /* "nf_conntrack"; NULL: vmlinux */
	const uint8_t *build_id;
	size_t build_id_size; /* 0: not known: then only a file that the user named is taken, and `unchecked` is set */
	struct iq_debuginfo_trees *trees; /* remembers directories' contents between questions; NULL: none */
};

enum iq_debuginfo_outcome {
	IQ_DEBUGINFO_FOUND,
	IQ_DEBUGINFO_ABSENT,         /* no such file */
	IQ_DEBUGINFO_OTHER_BUILD_ID, /* `detail` shows it */
	IQ_DEBUGINFO_NO_DWARF,       /* the right build, but without .debug_info */
	IQ_DEBUGINFO_UNREADABLE,     /* `detail` says why: permissions, not ELF, cut off */
	IQ_DEBUGINFO_NOT_ASKED,      /* debuginfod, without leave */
};

/* "found", "absent", "other build-id", "no DWARF", "unreadable", "not asked". */
const char *iq_debuginfo_outcome_name(enum iq_debuginfo_outcome outcome);

/* One place that was looked at. */
struct iq_debuginfo_attempt {
	enum iq_debuginfo_outcome outcome;
	char *path;   /* or "debuginfod https://..." */
	char *detail; /* NULL: nothing to say */
};

struct iq_debuginfo {
	char *path;                                   /* of the file with DWARF; NULL: none was found */
	bool unchecked;                               /* taken on the user's word: there was no build-id to compare */
	IQ_VEC(struct iq_debuginfo_attempt) attempts; /* in the order in which they were made */
};

/* Looks in the order of the attempts: what the user named; build-id directories (/usr/lib/debug/.build-id/xx/yyy.debug,
 * of each directory that the user named, too); /usr/lib/debug's layouts of Debian, Ubuntu, Fedora and RHEL, SUSE, Arch;
 * beside the modules and in build trees (/lib/modules/RELEASE/build/vmlinux); the file's .gnu_debuglink; debuginfod's
 * cache and servers. Modules: .ko, .ko.debug, and those with .xz, .zst, .gz, found by file name with '-' and '_' alike.
 * Finding nothing is no error; a file that the user named for this very thing and that is another build, or has no
 * DWARF, or can't be read, is one: IQ_ERROR_ARGUMENT, with both build-ids. *out is filled all the same. */
struct iq_error *iq_debuginfo_find(const struct iq_debuginfo_options *options,
				   const struct iq_debuginfo_request *request, struct iq_debuginfo *out);
void iq_debuginfo_free(struct iq_debuginfo *result); /* fits _cleanup_() */

/* Are the paths that the user named files and directories that can be read, ELF files among them, and is the vmlinux
 * among them the kernel's (`request`, as for iq_debuginfo_find())? The error is for who typed them. */
struct iq_error *iq_debuginfo_check(const struct iq_debuginfo_options *options,
				    const struct iq_debuginfo_request *request);

/* What lies in directories that were searched, for the next question. */
struct iq_debuginfo_trees;
struct iq_debuginfo_trees *iq_debuginfo_trees_new(void); /* NULL when memory is out */
void iq_debuginfo_trees_free(struct iq_debuginfo_trees *trees);

/* Opens a regular file for reading; one that is packed with zstd is unpacked into memory first. libdw does the other
 * packings itself. IQ_ERROR_NOT_FOUND if there is none. */
struct iq_error *iq_file_open_unpacked(const char *path, int *fd);

/* The build-id of an ELF file (also a compressed one). IQ_ERROR_NOT_FOUND if it has none. */
struct iq_error *iq_file_build_id(const char *path, uint8_t build_id[64], size_t *size);

/* What to type on this distribution to have a kernel's debug information: "apt-get install
 * linux-image-6.1.0-47-amd64-dbg". The distribution is that of the release's name where it tells ("+deb12", ".el9",
 * ".fc40", "-default"), else this machine's (/etc/os-release). malloc'ed; NULL: not known. */
char *iq_debuginfo_advice(const struct iq_debuginfo_options *options, const char *release);

#endif
