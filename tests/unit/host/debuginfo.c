// SPDX-License-Identifier: GPL-2.0-or-later
/* The search for debug information over trees that are built here: each distribution's layout, what the user names,
 * links, compressed files, files of another build, and what to say when nothing is found. */
#include "../cmocka_setup.h"

#include "config.h"
#include "elf_file.h"
#include "host/debuginfo.h"
#include "util/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#if IQ_HAVE_ELFUTILS

#define RELEASE "6.1.0-47-amd64"
#define ID "7777777777777777777777777777777777777777" /* of 'w' */

static char root[32];
static const struct elf_file right = { .type = ET_EXEC, .id = "w", .dwarf = true },
			     other = { .type = ET_EXEC, .id = "z", .dwarf = true },
			     stripped = { .type = ET_EXEC, .id = "w" };

static const char *in_root(const char *path)
{
	static char buffers[32][600];
	static unsigned next;
	char *buffer = buffers[next++ % 32];
	snprintf(buffer, sizeof(buffers[0]), "%s/%s", root, path);
	return buffer;
}

static void make_directories(const char *path)
{
	char copy[512];
	snprintf(copy, sizeof(copy), "%s", path);
	for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		assert_true(mkdir(copy, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

static void write_bytes(const char *path, const void *bytes, size_t size)
{
	make_directories(path);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fwrite(bytes, 1, size, file) == size);
	assert_int_equal(fclose(file), 0);
}

static void put(const char *path, const struct elf_file *file)
{
	uint8_t bytes[1024];
	size_t size = elf_file_bytes(file, bytes);
	write_bytes(in_root(path), bytes, size);
}

static void clean(void)
{
	char command[256];
	snprintf(command, sizeof(command), "rm -rf '%s' && mkdir '%s'", root, root);
	assert_int_equal(system(command), 0);
}

static int setup(void **state)
{
	snprintf(root, sizeof(root), "/tmp/iq-debuginfo-XXXXXX");
	unsetenv("DEBUGINFOD_URLS");
	unsetenv("DEBUGINFOD_CACHE_PATH");
	return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[256];
	snprintf(command, sizeof(command), "chmod -R u+rwx '%s'; rm -rf '%s'", root, root);
	return system(command);
}

static struct iq_error *search(const char *module, const char *id, const char *named, struct iq_debuginfo *out)
{
	uint8_t build_id[20];
	const struct iq_debuginfo_options options = { .paths = &named, .path_count = named != NULL, .root = root };
	struct iq_debuginfo_request request = { .release = RELEASE, .module = module, .build_id = build_id };
	if (id) {
		memset(build_id, *id, sizeof(build_id));
		request.build_id_size = sizeof(build_id);
	}
	return iq_debuginfo_find(&options, &request, out);
}

static void expect_found(const char *module, const char *named, const char *path)
{
	struct iq_debuginfo found;
	struct iq_error *error = search(module, "w", named, &found);
	if (error)
		fail_msg("%s", error->message);
	if (!found.path)
		fail_msg("%s was not found", path);
	assert_string_equal(found.path, in_root(path));
	assert_false(found.unchecked);
	assert_int_equal(found.attempts.data[found.attempts.count - 1].outcome, IQ_DEBUGINFO_FOUND);
	iq_debuginfo_free(&found);
}

static const struct iq_debuginfo_attempt *attempt_of(const struct iq_debuginfo *found, const char *path)
{
	for (size_t i = 0; i < found->attempts.count; i++) {
		if (strcmp(found->attempts.data[i].path, in_root(path)) == 0)
			return &found->attempts.data[i];
	}
	return NULL;
}

static void expect_attempt(const char *module, const char *path, enum iq_debuginfo_outcome outcome, const char *detail)
{
	struct iq_debuginfo found;
	assert_null(search(module, "w", NULL, &found));
	assert_null(found.path);
	const struct iq_debuginfo_attempt *attempt = attempt_of(&found, path);
	if (!attempt)
		fail_msg("%s was not looked at", path);
	assert_int_equal(attempt->outcome, outcome);
	if (detail && (!attempt->detail || !strstr(attempt->detail, detail)))
		fail_msg("%s: '%s' instead of '%s'", path, attempt->detail, detail);
	iq_debuginfo_free(&found);
}

static void expect_complaint(const char *module, const char *named, const char *const *words)
{
	struct iq_debuginfo found;
	struct iq_error *error = search(module, "w", named, &found);
	assert_non_null(error);
	assert_int_equal(error->code, IQ_ERROR_ARGUMENT);
	for (; *words; words++) {
		if (!strstr(error->message, *words))
			fail_msg("'%s' has no '%s'", error->message, *words);
	}
	assert_null(strchr(error->message, '\n'));
	iq_error_free(error);
	iq_debuginfo_free(&found);
}

static void test_vmlinux_layouts(void **state)
{
	static const char *const paths[] = {
		"usr/lib/debug/.build-id/77/77777777777777777777777777777777777777.debug",
		"usr/lib/debug/boot/vmlinux-" RELEASE,                     /* Debian, Ubuntu */
		"usr/lib/debug/vmlinux-" RELEASE,                          /* Debian's link */
		"usr/lib/debug/lib/modules/" RELEASE "/vmlinux",           /* Fedora, RHEL */
		"usr/lib/debug/usr/lib/modules/" RELEASE "/vmlinux",       /* the same without a /lib of its own */
		"usr/lib/debug/boot/vmlinux-" RELEASE ".debug",            /* SUSE */
		"usr/lib/debug/lib/modules/" RELEASE "/vmlinux.debug",     /* SUSE */
		"usr/lib/debug/usr/lib/modules/" RELEASE "/vmlinux.debug", /* SUSE */
		"usr/lib/modules/" RELEASE "/build/vmlinux",               /* pacman, a build tree */
		"lib/modules/" RELEASE "/build/vmlinux",
		"lib/modules/" RELEASE "/vmlinux",
		"boot/vmlinux-" RELEASE,
		"usr/src/linux-" RELEASE "/vmlinux",
	};
	for (size_t i = 0; i < IQ_ARRAY_SIZE(paths); i++) {
		clean();
		put(paths[i], &right);
		expect_found(NULL, NULL, paths[i]);
		clean();
		put(paths[i], &other);
		expect_attempt(NULL, paths[i], IQ_DEBUGINFO_OTHER_BUILD_ID, "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a");
		put(paths[i], &stripped);
		expect_attempt(NULL, paths[i], IQ_DEBUGINFO_NO_DWARF, NULL);
	}
	/* One of another build does not end the search. */
	put(paths[1], &other);
	put(paths[3], &right);
	expect_found(NULL, NULL, paths[3]);
}

static void test_module_layouts(void **state)
{
	static const char *const paths[] = {
		"usr/lib/debug/.build-id/77/77777777777777777777777777777777777777.debug",
		"usr/lib/debug/lib/modules/" RELEASE "/kernel/net/netfilter/nf_conntrack.ko",       /* Debian, Ubuntu */
		"usr/lib/debug/lib/modules/" RELEASE "/kernel/net/netfilter/nf_conntrack.ko.debug", /* Fedora, RHEL */
		"usr/lib/debug/usr/lib/modules/" RELEASE "/kernel/net/netfilter/nf_conntrack.ko.debug", /* SUSE */
		"usr/lib/debug/lib/modules/" RELEASE "/updates/dkms/nf-conntrack.ko",
		"usr/lib/modules/" RELEASE "/kernel/nf-conntrack.ko",
		"lib/modules/" RELEASE "/kernel/net/netfilter/nf_conntrack.ko",
	};
	const struct elf_file module = { .type = ET_REL, .id = "w", .dwarf = true };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(paths); i++) {
		clean();
		put("usr/lib/debug/lib/modules/" RELEASE "/kernel/net/netfilter/nf_conntrack_ftp.ko", &module);
		put(paths[i], &module);
		expect_found("nf_conntrack", NULL, paths[i]);
		expect_found("nf-conntrack", NULL, paths[i]);
	}
	clean();
	put(paths[1], &other);
	put(paths[4], &module);
	expect_found("nf_conntrack", NULL, paths[4]);
	expect_attempt("xfs", "usr/lib/debug/lib/modules/" RELEASE "/**/xfs.ko*", IQ_DEBUGINFO_ABSENT, NULL);
	expect_attempt("xfs", "lib/modules/" RELEASE, IQ_DEBUGINFO_ABSENT, NULL);
}

static void test_trees_are_remembered(void **state)
{
	static const uint8_t build_id[20] = { 0 };
	const struct iq_debuginfo_options options = { .root = root };
	struct iq_debuginfo_request request = { .release = RELEASE,
						.module = "a",
						.build_id = build_id,
						.build_id_size = 20,
						.trees = iq_debuginfo_trees_new() };
	struct iq_debuginfo found;
	clean();
	put("lib/modules/" RELEASE "/a.ko", &other);
	assert_null(iq_debuginfo_find(&options, &request, &found));
	assert_non_null(attempt_of(&found, "lib/modules/" RELEASE "/a.ko"));
	iq_debuginfo_free(&found);
	put("lib/modules/" RELEASE "/b.ko", &other);
	request.module = "b";
	assert_null(iq_debuginfo_find(&options, &request, &found));
	assert_null(attempt_of(&found, "lib/modules/" RELEASE "/b.ko"));
	iq_debuginfo_free(&found);
	iq_debuginfo_trees_free(request.trees);
}

static void test_named_files(void **state)
{
	clean();
	put("here/my-kernel", &right);
	put("usr/lib/debug/boot/vmlinux-" RELEASE, &right);
	expect_found(NULL, in_root("here/my-kernel"), "here/my-kernel");
	/* Of another module: not this one's business. */
	put("here/xfs.ko", &other);
	expect_found(NULL, in_root("here/xfs.ko"), "usr/lib/debug/boot/vmlinux-" RELEASE);
	put("here/nf-conntrack.ko.debug", &right);
	expect_found("nf_conntrack", in_root("here/nf-conntrack.ko.debug"), "here/nf-conntrack.ko.debug");
	/* Named by its build-id. */
	put("here/deadbeef.debug", &(struct elf_file){ .type = ET_REL, .id = "w", .dwarf = true });
	expect_found("nf_conntrack", in_root("here/deadbeef.debug"), "here/deadbeef.debug");
	put("here/deadbeef.debug", &(struct elf_file){ .type = ET_REL, .id = "z", .dwarf = true });
	expect_found(NULL, in_root("here/deadbeef.debug"), "usr/lib/debug/boot/vmlinux-" RELEASE);
}

static void test_named_files_of_no_use(void **state)
{
	const char *path = in_root("here/vmlinux"), *module = in_root("here/xfs.ko");
	const char *other_build[] = { "here/vmlinux", "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a", ID, NULL };
	const char *other_module[] = { "here/xfs.ko", "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a", ID, "xfs", NULL };
	const char *no_dwarf[] = { "here/vmlinux", ".debug_info", NULL };
	const char *no_note[] = { "here/vmlinux", "none", ID, NULL };
	clean();
	put("here/vmlinux", &other);
	put("usr/lib/debug/boot/vmlinux-" RELEASE, &right); /* is no excuse */
	expect_complaint(NULL, path, other_build);
	put("here/xfs.ko", &(struct elf_file){ .type = ET_REL, .id = "z", .dwarf = true });
	expect_complaint("xfs", module, other_module);
	put("here/vmlinux", &stripped);
	expect_complaint(NULL, path, no_dwarf);
	put("here/vmlinux", &(struct elf_file){ .type = ET_EXEC, .dwarf = true });
	expect_complaint(NULL, path, no_note);
}

static void test_damaged_files(void **state)
{
	const char *path = in_root("here/vmlinux");
	uint8_t bytes[1024];
	size_t size = elf_file_bytes(&right, bytes);
	clean();
	make_directories(path);
	expect_complaint(NULL, path, (const char *[]){ "here/vmlinux", "No such file", NULL });
	write_bytes(path, "no ELF", 6);
	expect_complaint(NULL, path, (const char *[]){ "here/vmlinux", "not an ELF file", NULL });
	write_bytes(path, "", 0);
	expect_complaint(NULL, path, (const char *[]){ "here/vmlinux", "empty", NULL });
	for (size_t cut = 1; cut < size; cut++) {
		write_bytes(path, bytes, cut);
		expect_complaint(NULL, path, (const char *[]){ "here/vmlinux", NULL });
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	expect_complaint(NULL, path, (const char *[]){ "here/vmlinux", "no regular file", NULL });
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("vmlinux", path), 0);
	expect_complaint(NULL, path, (const char *[]){ "here/vmlinux", "symbolic links", NULL });
	/* In a distribution's place such a file is told of, and no more. */
	write_bytes(in_root("usr/lib/debug/boot/vmlinux-" RELEASE), bytes, 100);
	expect_attempt(NULL, "usr/lib/debug/boot/vmlinux-" RELEASE, IQ_DEBUGINFO_UNREADABLE, "cut off or damaged");
}

static void test_named_directories(void **state)
{
	static const char *const vmlinux[] = {
		"here/vmlinux",
		"here/vmlinux-" RELEASE,
		"here/boot/vmlinux-" RELEASE,
		"here/lib/modules/" RELEASE "/vmlinux.debug",
		"here/usr/lib/debug/boot/vmlinux-" RELEASE,
		"here/usr/lib/debug/lib/modules/" RELEASE "/vmlinux",
		"here/.build-id/77/77777777777777777777777777777777777777.debug",
		"here/usr/lib/debug/.build-id/77/77777777777777777777777777777777777777.debug",
	};
	static const char *const modules[] = {
		"here/nf_conntrack.ko",
		"here/net/netfilter/nf_conntrack.ko",
		"here/usr/lib/debug/lib/modules/" RELEASE "/kernel/net/netfilter/nf_conntrack.ko.debug",
		"here/usr/lib/debug/.build-id/77/77777777777777777777777777777777777777.debug",
	};
	for (size_t i = 0; i < IQ_ARRAY_SIZE(vmlinux); i++) {
		clean();
		put(vmlinux[i], &right);
		expect_found(NULL, in_root("here"), vmlinux[i]);
	}
	for (size_t i = 0; i < IQ_ARRAY_SIZE(modules); i++) {
		clean();
		put(modules[i], &right);
		expect_found("nf_conntrack", in_root("here"), modules[i]);
	}
	/* A directory of another build is no error. */
	clean();
	put("here/vmlinux", &other);
	put("boot/vmlinux-" RELEASE, &right);
	expect_found(NULL, in_root("here"), "boot/vmlinux-" RELEASE);
}

static void test_debuglink(void **state)
{
	static const char *const paths[] = {
		"lib/modules/" RELEASE "/kernel/fs/xfs.debug",
		"lib/modules/" RELEASE "/kernel/fs/.debug/xfs.debug",
		"usr/lib/debug/lib/modules/" RELEASE "/kernel/fs/xfs.debug",
	};
	struct elf_file module = { .type = ET_REL, .id = "w", .link = "xfs.debug" };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(paths); i++) {
		clean();
		put("lib/modules/" RELEASE "/kernel/fs/xfs.ko", &module);
		put(paths[i], &right);
		expect_found("xfs", NULL, paths[i]);
		put(paths[i], &other);
		expect_attempt("xfs", paths[i], IQ_DEBUGINFO_OTHER_BUILD_ID, "7a7a");
	}
	/* Without a build-id, by its checksum. */
	uint8_t bytes[1024];
	const struct elf_file nameless = { .type = ET_REL, .dwarf = true };
	size_t size = elf_file_bytes(&nameless, bytes);
	module.link_crc = libdeflate_crc32(0, bytes, size);
	put("lib/modules/" RELEASE "/kernel/fs/xfs.ko", &module);
	put(paths[2], &nameless);
	expect_found("xfs", NULL, paths[2]);
	module.link_crc++;
	put("lib/modules/" RELEASE "/kernel/fs/xfs.ko", &module);
	expect_attempt("xfs", paths[2], IQ_DEBUGINFO_OTHER_BUILD_ID, "CRC");
	/* A name that leads elsewhere is not followed. */
	clean();
	module.link = "../xfs.debug";
	put("lib/modules/" RELEASE "/kernel/fs/xfs.ko", &module);
	put("lib/modules/" RELEASE "/kernel/xfs.debug", &right);
	expect_attempt("xfs", "lib/modules/" RELEASE "/kernel/fs/xfs.ko", IQ_DEBUGINFO_NO_DWARF, NULL);
}

static void test_compressed(void **state)
{
	static const struct {
		const char *command, *ending;
	} packers[] = { { "gzip", ".gz" }, { "xz", ".xz" }, { "zstd -q --rm", ".zst" } };
	static const char *const modules[] = { "lib/modules/" RELEASE "/a/xfs.ko",
					       "usr/lib/debug/lib/modules/" RELEASE "/a/xfs.ko.debug" };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(packers); i++) {
		char command[1100], path[512];
		clean();
		put("usr/lib/debug/boot/vmlinux-" RELEASE, &right);
		snprintf(command, sizeof(command), "%s '%s' 2>/dev/null", packers[i].command,
			 in_root("usr/lib/debug/boot/vmlinux-" RELEASE));
		if (system(command) != 0)
			continue; /* this machine has no such program */
		snprintf(path, sizeof(path), "usr/lib/debug/boot/vmlinux-" RELEASE "%s", packers[i].ending);
		expect_found(NULL, NULL, path);
		for (size_t m = 0; m < IQ_ARRAY_SIZE(modules); m++) {
			clean();
			put(modules[m], &right);
			snprintf(command, sizeof(command), "%s '%s'", packers[i].command, in_root(modules[m]));
			assert_int_equal(system(command), 0);
			snprintf(path, sizeof(path), "%s%s", modules[m], packers[i].ending);
			expect_found("xfs", NULL, path);
		}
	}
}

/* A kernel whose build-id is not known: only what the user named counts. */
static void test_unknown_build_id(void **state)
{
	struct iq_debuginfo found;
	clean();
	put("usr/lib/debug/boot/vmlinux-" RELEASE, &right);
	assert_null(search(NULL, NULL, NULL, &found));
	assert_null(found.path);
	iq_debuginfo_free(&found);
	assert_null(search(NULL, NULL, in_root("usr/lib/debug/boot/vmlinux-" RELEASE), &found));
	assert_non_null(found.path);
	assert_true(found.unchecked);
	iq_debuginfo_free(&found);
	put("here/xfs.ko", &right);
	assert_null(search("xfs", NULL, in_root("here/xfs.ko"), &found));
	assert_non_null(found.path);
	assert_true(found.unchecked);
	iq_debuginfo_free(&found);
}

static void test_off(void **state)
{
	static const uint8_t build_id[20] = "wwwwwwwwwwwwwwwwwwww";
	const struct iq_debuginfo_options options = { .root = root, .off = true };
	const struct iq_debuginfo_request request = { .release = RELEASE, .build_id = build_id, .build_id_size = 20 };
	struct iq_debuginfo found;
	clean();
	put("usr/lib/debug/boot/vmlinux-" RELEASE, &right);
	assert_null(iq_debuginfo_find(&options, &request, &found));
	assert_null(found.path);
	assert_int_equal(found.attempts.count, 0);
	iq_debuginfo_free(&found);
}

/* A release that the dump made up leads nowhere. */
static void test_hostile_release(void **state)
{
	static const uint8_t build_id[20] = "wwwwwwwwwwwwwwwwwwww";
	static const char *const releases[] = { "../../../x", "..", ".", "", "a/b" };
	const struct iq_debuginfo_options options = { .root = root };
	clean();
	put("x/vmlinux", &right);
	put("usr/lib/debug/lib/vmlinux", &right);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(releases); i++) {
		const struct iq_debuginfo_request request = { .release = releases[i],
							      .build_id = build_id,
							      .build_id_size = 20 };
		struct iq_debuginfo found;
		assert_null(iq_debuginfo_find(&options, &request, &found));
		assert_null(found.path);
		iq_debuginfo_free(&found);
	}
}

static void test_debuginfod(void **state)
{
	char path[512];
	clean();
	setenv("DEBUGINFOD_URLS", "http://127.0.0.1:9", 1);
	setenv("DEBUGINFOD_CACHE_PATH", in_root("cache"), 1);
	struct iq_debuginfo found;
	assert_null(search(NULL, "w", NULL, &found));
	assert_null(found.path);
	assert_int_equal(found.attempts.data[found.attempts.count - 1].outcome, IQ_DEBUGINFO_NOT_ASKED);
	iq_debuginfo_free(&found);
	snprintf(path, sizeof(path), "cache/%s/debuginfo", ID);
	put(path, &right);
	expect_found(NULL, NULL, path);
	write_bytes(in_root(path), "", 0); /* "there is none" */
	expect_attempt(NULL, path, IQ_DEBUGINFO_UNREADABLE, "empty");
	unsetenv("DEBUGINFOD_URLS");
	unsetenv("DEBUGINFOD_CACHE_PATH");
}

static void test_check(void **state)
{
	static const uint8_t build_id[20] = "wwwwwwwwwwwwwwwwwwww";
	const char *paths[2] = { NULL };
	const struct iq_debuginfo_options options = { .paths = paths, .path_count = 2, .root = root };
	const struct iq_debuginfo_request request = { .release = RELEASE, .build_id = build_id, .build_id_size = 20 };
	clean();
	put("here/a", &other);
	put("here/b", &right);
	put("here/xfs.ko", &(struct elf_file){ .type = ET_REL, .id = "z", .dwarf = true });
	paths[0] = in_root("here");
	paths[1] = in_root("here/xfs.ko");
	assert_null(iq_debuginfo_check(&options, &request));
	paths[0] = in_root("here/a"); /* one of two is the right one */
	paths[1] = in_root("here/b");
	assert_null(iq_debuginfo_check(&options, &request));
	paths[1] = paths[0];
	struct iq_error *error = iq_debuginfo_check(&options, &request);
	assert_non_null(error);
	assert_non_null(strstr(error->message, ID));
	iq_error_free(error);
	paths[1] = in_root("nowhere");
	error = iq_debuginfo_check(&options, &request);
	assert_non_null(error);
	assert_non_null(strstr(error->message, "No such file"));
	iq_error_free(error);
}

static void test_file_build_id(void **state)
{
	uint8_t id[64];
	size_t size;
	clean();
	put("a", &right);
	assert_null(iq_file_build_id(in_root("a"), id, &size));
	assert_int_equal(size, 20);
	assert_memory_equal(id, "wwwwwwwwwwwwwwwwwwww", 20);
	put("a", &(struct elf_file){ .type = ET_EXEC });
	struct iq_error *error = iq_file_build_id(in_root("a"), id, &size);
	assert_true(iq_error_is(error, IQ_ERROR_NOT_FOUND));
	iq_error_free(error);
}

static void expect_advice(const char *release, const char *wanted)
{
	const struct iq_debuginfo_options options = { .root = root };
	_cleanup_free_ char *advice = iq_debuginfo_advice(&options, release);
	if (!wanted) {
		assert_null(advice);
		return;
	}
	assert_non_null(advice);
	if (strncmp(advice, wanted, strlen(wanted)) != 0)
		fail_msg("'%s' instead of '%s'", advice, wanted);
}

static void test_advice(void **state)
{
	clean();
	expect_advice("6.1.0-47-amd64", "apt-get install linux-image-6.1.0-47-amd64-dbg");
	expect_advice("6.1.0-47-cloud-amd64", "apt-get install linux-image-6.1.0-47-cloud-amd64-dbg");
	expect_advice("6.12.107+deb12-amd64", "apt-get install linux-image-6.12.107+deb12-amd64-dbg");
	expect_advice("5.15.0-91-generic", "apt-get install linux-image-5.15.0-91-generic-dbgsym");
	expect_advice("6.13.8-200.fc41.x86_64", "dnf debuginfo-install kernel-6.13.8-200.fc41.x86_64");
	expect_advice("5.14.0-427.el9.x86_64", "dnf debuginfo-install kernel-5.14.0-427.el9.x86_64");
	expect_advice("6.4.0-150600.23.25-default",
		      "zypper --plus-content debug install kernel-default-debuginfo (of version 6.4.0-150600.23.25)");
	expect_advice("6.9.7-arch1-1", "inquest --debuginfod");
	expect_advice("6.6.0-mine", NULL);
	expect_advice("6.1.0-47-amd64; rm -rf /", NULL);
	expect_advice("", NULL);
	expect_advice(NULL, NULL);
	write_bytes(in_root("etc/os-release"), "NAME=x\nID_LIKE=\"fedora\"\nID=\"ubuntu\"\n", 37);
	expect_advice("5.15.0-1051-aws", "apt-get install linux-image-5.15.0-1051-aws-dbgsym");
	expect_advice("6.1.170-fp", NULL);
	expect_advice("6.6.0", NULL);
	write_bytes(in_root("etc/os-release"), "ID=mine\nID_LIKE=\"rhel fedora\"\n", 30);
	expect_advice("5.15.0-1051", "dnf debuginfo-install kernel-5.15.0-1051");
	write_bytes(in_root("etc/os-release"), "ID=opensuse-leap\n", 17);
	expect_advice("6.4.0-1-rt", "zypper --plus-content debug install kernel-rt-debuginfo");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vmlinux_layouts),
		cmocka_unit_test(test_module_layouts),
		cmocka_unit_test(test_trees_are_remembered),
		cmocka_unit_test(test_named_files),
		cmocka_unit_test(test_named_files_of_no_use),
		cmocka_unit_test(test_damaged_files),
		cmocka_unit_test(test_named_directories),
		cmocka_unit_test(test_debuglink),
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_unknown_build_id),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_hostile_release),
		cmocka_unit_test(test_debuginfod),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_file_build_id),
		cmocka_unit_test(test_advice),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

#else

int main(void)
{
	return 77;
}

#endif
