// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where distributions put a kernel's debug information. RELEASE is the kernel's.
 *
 *   Debian, Ubuntu  /usr/lib/debug/boot/vmlinux-RELEASE, /usr/lib/debug/lib/modules/RELEASE/kernel/.../NAME.ko
 *                   (linux-image-RELEASE-dbg, -dbgsym)
 *   Fedora, RHEL    /usr/lib/debug/lib/modules/RELEASE/vmlinux, .../kernel/.../NAME.ko.debug; below
 *                   /usr/lib/debug/usr/lib/modules where /lib is no directory of its own (kernel-debuginfo)
 *   SUSE            /usr/lib/debug/boot/vmlinux-RELEASE.debug, /usr/lib/debug/lib/modules/RELEASE/vmlinux.debug, and
 *                   below /usr/lib/debug/usr/lib/modules (kernel-default-debuginfo)
 *   pacman          /usr/lib/modules/RELEASE/build/vmlinux (scripts/package/PKGBUILD's debug package: a link to
 *                   /usr/src/debug/NAME/vmlinux)
 */
#include "host/internal.h"

#include "util/cleanup.h"
#include "util/strbuf.h"

#include <string.h>

static const char *const compressions[] = { "", ".xz", ".zst", ".gz" };

/* Below a tree like /usr/lib/debug; %s is the release. */
static const char *const debug_vmlinux[] = {
	"boot/vmlinux-%s",
	"lib/modules/%s/vmlinux",
	"usr/lib/modules/%s/vmlinux",
	"vmlinux-%s",
};
static const char *const debug_modules[] = { "lib/modules/%s", "usr/lib/modules/%s" };

/* Below the root of a system. */
static const char *const root_vmlinux[] = {
	"usr/lib/modules/%s/build/vmlinux",
	"lib/modules/%s/build/vmlinux",
	"usr/lib/modules/%s/vmlinux",
	"lib/modules/%s/vmlinux",
	"boot/vmlinux-%s",
	"usr/src/linux-%s/vmlinux",
};
static const char *const root_modules[] = { "usr/lib/modules/%s", "lib/modules/%s" };

/* DIRECTORY/PATTERN with the pattern's %s replaced. */
static struct iq_error *expand(const char *directory, const char *pattern, const char *release, struct iq_strbuf *path)
{
	const char *at = strstr(pattern, "%s");
	iq_strbuf_addf(path, "%s/", directory);
	iq_strbuf_add_bytes(path, pattern, at ? (size_t)(at - pattern) : strlen(pattern));
	if (at)
		iq_strbuf_addf(path, "%s%s", release, at + 2);
	return path->failed ? iq_error_no_memory() : NULL;
}

/* A vmlinux' path with all its endings; what isn't there is one attempt. */
static struct iq_error *try_endings(struct iq_debuginfo_search *search, struct iq_strbuf *path)
{
	size_t length = path->length;
	bool any = false;
	for (size_t i = 0; i < 2 * IQ_ARRAY_SIZE(compressions) && !iq_debuginfo_done(search); i++) {
		bool exists;
		iq_strbuf_truncate(path, length);
		iq_strbuf_addf(path, "%s%s", i % 2 ? ".debug" : "", compressions[i / 2]);
		if (path->failed)
			return iq_error_no_memory();
		IQ_TRY(iq_attempt_file(search, iq_strbuf_text(path), false, &exists));
		any |= exists;
	}
	iq_strbuf_truncate(path, length);
	return any ? NULL : iq_attempt_add(search, IQ_DEBUGINFO_ABSENT, iq_strbuf_text(path), NULL);
}

/* A release comes out of the dump: it names one directory and nothing above it. */
static const char *safe_release(const struct iq_debuginfo_search *search)
{
	const char *release = search->request->release;
	return release && *release && !strchr(release, '/') && strcmp(release, ".") != 0 && strcmp(release, "..") != 0
		       ? release
		       : NULL;
}

static struct iq_error *try_vmlinux(struct iq_debuginfo_search *search, const char *directory,
				    const char *const *patterns, size_t count)
{
	const char *release = safe_release(search);
	for (size_t i = 0; i < count && !iq_debuginfo_done(search); i++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
		if (!release && strstr(patterns[i], "%s"))
			continue;
		IQ_TRY(expand(directory, patterns[i], release, &path));
		IQ_TRY(try_endings(search, &path));
	}
	return NULL;
}

struct module_walk {
	struct iq_debuginfo_search *search;
	size_t count;
};

static struct iq_error *try_module_file(void *context, const char *path)
{
	struct module_walk *walk = context;
	walk->count++;
	return iq_debuginfo_done(walk->search) ? NULL : iq_attempt_file(walk->search, path, false, NULL);
}

static struct iq_error *try_module_tree(struct iq_debuginfo_search *search, const char *directory)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf wanted = { 0 };
	struct module_walk walk = { search };
	bool exists;
	IQ_TRY(iq_trees_each(search->request->trees, directory, search->request->module, try_module_file, &walk,
			     &exists));
	if (walk.count)
		return NULL;
	iq_strbuf_add(&wanted, directory);
	if (exists)
		iq_strbuf_addf(&wanted, "/**/%s.ko*", search->request->module);
	return wanted.failed ? iq_error_no_memory()
			     : iq_attempt_add(search, IQ_DEBUGINFO_ABSENT, iq_strbuf_text(&wanted), NULL);
}

static struct iq_error *try_modules(struct iq_debuginfo_search *search, const char *directory,
				    const char *const *patterns, size_t count)
{
	const char *release = safe_release(search);
	for (size_t i = 0; i < count && release && !iq_debuginfo_done(search); i++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
		IQ_TRY(expand(directory, patterns[i], release, &path));
		IQ_TRY(try_module_tree(search, iq_strbuf_text(&path)));
	}
	return NULL;
}

static struct iq_error *try_debug_tree(struct iq_debuginfo_search *search, const char *directory)
{
	return search->request->module ? try_modules(search, directory, debug_modules, IQ_ARRAY_SIZE(debug_modules))
				       : try_vmlinux(search, directory, debug_vmlinux, IQ_ARRAY_SIZE(debug_vmlinux));
}

struct iq_error *iq_layout_build_id(struct iq_debuginfo_search *search, const char *directory)
{
	const struct iq_debuginfo_request *request = search->request;
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	char text[IQ_MAX_BUILD_ID * 2 + 1];
	bool exists;
	if (request->build_id_size < 2 || iq_debuginfo_done(search))
		return NULL;
	iq_build_id_text(request->build_id, request->build_id_size, text);
	iq_strbuf_addf(&path, "%s/.build-id/%.2s/%s.debug", directory, text, text + 2);
	if (path.failed)
		return iq_error_no_memory();
	IQ_TRY(iq_attempt_file(search, iq_strbuf_text(&path), false, &exists));
	return exists ? NULL : iq_attempt_add(search, IQ_DEBUGINFO_ABSENT, iq_strbuf_text(&path), NULL);
}

struct iq_error *iq_layout_named(struct iq_debuginfo_search *search, const char *directory)
{
	static const char *const flat[] = { "vmlinux" };
	_cleanup_(iq_strbuf_free) struct iq_strbuf inner = { 0 };
	iq_strbuf_addf(&inner, "%s/usr/lib/debug", directory);
	if (inner.failed)
		return iq_error_no_memory();
	IQ_TRY(iq_layout_build_id(search, directory));
	IQ_TRY(iq_layout_build_id(search, iq_strbuf_text(&inner)));
	if (search->request->module)
		return iq_debuginfo_done(search) ? NULL : try_module_tree(search, directory);
	IQ_TRY(try_vmlinux(search, directory, flat, 1));
	IQ_TRY(try_debug_tree(search, directory));
	return try_debug_tree(search, iq_strbuf_text(&inner));
}

struct iq_error *iq_layout_system(struct iq_debuginfo_search *search)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf debug = { 0 };
	iq_strbuf_addf(&debug, "%s/usr/lib/debug", search->root);
	if (debug.failed)
		return iq_error_no_memory();
	IQ_TRY(iq_layout_build_id(search, iq_strbuf_text(&debug)));
	if (!iq_debuginfo_done(search))
		IQ_TRY(try_debug_tree(search, iq_strbuf_text(&debug)));
	if (iq_debuginfo_done(search))
		return NULL;
	return search->request->module ? try_modules(search, search->root, root_modules, IQ_ARRAY_SIZE(root_modules))
				       : try_vmlinux(search, search->root, root_vmlinux, IQ_ARRAY_SIZE(root_vmlinux));
}
