// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors, files, paths and what an eventpoll watches, in structs laid out by hand; whole, damaged, endless. */
#include "../cmocka_setup.h"

#include "objects.h"

#include "arch/x86_64.h"
#include "kernel/eventpoll.h"
#include "kernel/file.h"
#include "kernel/internal.h"
#include "kernel/path.h"

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

#define OPERATIONS UINT64_C(0xffffffff82000000)

enum {
	TASK = 0x40,
	FILES = 0x60,
	FS = 0x80,
	TABLE = 0xa0,
	TYPE = 0xc0,
	MARKS = 0x180, /* open_fds */
	SUPER = 0x100,
	DENTRIES = 0x400, /* 64 bytes each, their names 16 bytes each from NAMES on */
	NAMES = 0x1400,
	MOUNTS = 0x1800,
	INODES = 0x1c00,
	OPEN = 0x1e00, /* struct files */
	DESCRIPTORS = 0x2000,
};

struct world {
	struct objects o;
	struct iq_kernel kernel;
	struct iq_task task;
};

static uint64_t at(unsigned offset)
{
	return MEMORY + offset;
}

static uint64_t dentry(unsigned n)
{
	return at(DENTRIES + n * 64);
}

static uint64_t mount(unsigned n) /* struct mount; its struct vfsmount is 16 bytes into it */
{
	return at(MOUNTS + n * 64);
}

static void add_types(struct builder *b)
{
	b_init(b, NULL);
	uint32_t uint = b_int(b, "unsigned int", 4, 0), ulong = b_int(b, "unsigned long", 8, 0),
		 ushort = b_int(b, "unsigned short", 2, 0), sint = b_int(b, "int", 4, B_SIGNED);
	uint32_t list = b_type(b, B_STRUCT, "list_head", false, 2, 16);
	b_member(b, "next", ulong, 0);
	b_member(b, "prev", ulong, 64);
	uint32_t qstr = b_type(b, B_STRUCT, "qstr", false, 2, 16);
	b_member(b, "len", uint, 32);
	b_member(b, "name", ulong, 64);
	uint32_t hash = b_type(b, B_STRUCT, "hlist_bl_node", false, 2, 16);
	b_member(b, "next", ulong, 0);
	b_member(b, "pprev", ulong, 64);
	b_type(b, B_STRUCT, "dentry", false, 5, 64);
	b_member(b, "d_hash", hash, 0);
	b_member(b, "d_parent", ulong, 128);
	b_member(b, "d_name", qstr, 192);
	b_member(b, "d_inode", ulong, 320);
	b_member(b, "d_sb", ulong, 384);
	uint32_t vfsmount = b_type(b, B_STRUCT, "vfsmount", false, 2, 16);
	b_member(b, "mnt_root", ulong, 0);
	b_member(b, "mnt_flags", sint, 64);
	b_type(b, B_STRUCT, "mount", false, 4, 48);
	b_member(b, "mnt_parent", ulong, 0);
	b_member(b, "mnt_mountpoint", ulong, 64);
	b_member(b, "mnt", vfsmount, 128);
	b_member(b, "mnt_instance", list, 256);
	b_type(b, B_STRUCT, "super_block", false, 2, 24);
	b_member(b, "s_type", ulong, 0);
	b_member(b, "s_mounts", list, 64);
	b_type(b, B_STRUCT, "file_system_type", false, 1, 8);
	b_member(b, "name", ulong, 0);
	b_type(b, B_STRUCT, "inode", false, 4, 32);
	b_member(b, "i_ino", ulong, 0);
	b_member(b, "i_mapping", ulong, 64);
	b_member(b, "i_mode", ushort, 128);
	b_member(b, "i_private", ulong, 192);
	b_type(b, B_STRUCT, "ns_common", false, 1, 16);
	b_member(b, "ops", ulong, 64);
	b_type(b, B_STRUCT, "proc_ns_operations", false, 1, 8);
	b_member(b, "name", ulong, 0);
	uint32_t path = b_type(b, B_STRUCT, "path", false, 2, 16);
	b_member(b, "mnt", ulong, 0);
	b_member(b, "dentry", ulong, 64);
	uint32_t file = b_type(b, B_STRUCT, "file", false, 5, 48);
	b_member(b, "f_path", path, 0);
	b_member(b, "f_inode", ulong, 128);
	b_member(b, "f_op", ulong, 192);
	b_member(b, "private_data", ulong, 256);
	b_member(b, "f_mode", uint, 320);
	b_type(b, B_STRUCT, "backing_file", false, 2, 64);
	b_member(b, "file", file, 0);
	b_member(b, "user_path", path, 384);
	b_type(b, B_STRUCT, "fdtable", false, 3, 24);
	b_member(b, "max_fds", uint, 0);
	b_member(b, "fd", ulong, 64);
	b_member(b, "open_fds", ulong, 128);
	b_type(b, B_STRUCT, "files_struct", false, 1, 8);
	b_member(b, "fdt", ulong, 0);
	b_type(b, B_STRUCT, "fs_struct", false, 2, 32);
	b_member(b, "root", path, 0);
	b_member(b, "pwd", path, 128);
	b_type(b, B_STRUCT, "task_struct", false, 2, 16);
	b_member(b, "files", ulong, 0);
	b_member(b, "fs", ulong, 64);
	uint32_t node = b_type(b, B_STRUCT, "rb_node", false, 3, 24);
	b_member(b, "__rb_parent_color", ulong, 0);
	b_member(b, "rb_right", ulong, 64);
	b_member(b, "rb_left", ulong, 128);
	uint32_t root = b_type(b, B_STRUCT, "rb_root", false, 1, 8);
	b_member(b, "rb_node", ulong, 0);
	uint32_t cached = b_type(b, B_STRUCT, "rb_root_cached", false, 1, 16);
	b_member(b, "rb_root", root, 0);
	uint32_t filefd = b_type(b, B_STRUCT, "epoll_filefd", false, 2, 12);
	b_member(b, "file", ulong, 0);
	b_member(b, "fd", sint, 64);
	uint32_t event = b_type(b, B_STRUCT, "epoll_event", false, 1, 12);
	b_member(b, "events", uint, 0);
	b_type(b, B_STRUCT, "epitem", false, 3, 48);
	b_member(b, "rbn", node, 0);
	b_member(b, "ffd", filefd, 192);
	b_member(b, "event", event, 288);
	b_type(b, B_STRUCT, "eventpoll", false, 1, 16);
	b_member(b, "rbr", cached, 0);
}

static void put_dentry(struct world *w, unsigned n, unsigned parent, const char *name)
{
	uint64_t place = at(NAMES + n * 16);
	uint32_t length = (uint32_t)strlen(name);
	memcpy(w->o.memory + NAMES + n * 16, name, length + 1);
	put_u64(&w->o, dentry(n) + 8, 1); /* d_hash.pprev: it is in its directory */
	put_u64(&w->o, dentry(n) + 16, dentry(parent));
	memcpy(w->o.memory + DENTRIES + n * 64 + 28, &length, 4);
	put_u64(&w->o, dentry(n) + 32, place);
	put_u64(&w->o, dentry(n) + 40, at(INODES));
	put_u64(&w->o, dentry(n) + 48, at(SUPER));
}

static void put_mount(struct world *w, unsigned n, unsigned parent, unsigned mountpoint, unsigned root)
{
	put_u64(&w->o, mount(n), mount(parent));
	put_u64(&w->o, mount(n) + 8, dentry(mountpoint));
	put_u64(&w->o, mount(n) + 16, dentry(root));
}

/* / has dev (1), on which a file system with the root 2 is mounted; that has console (3) and pts (4); tmp (5) is in /.
 */
static void build(struct world *w)
{
	memset(w->o.memory, 0, sizeof(w->o.memory));
	put_dentry(w, 0, 0, "/");
	put_dentry(w, 1, 0, "dev");
	put_dentry(w, 2, 2, "/");
	put_dentry(w, 3, 2, "console");
	put_dentry(w, 4, 2, "pts");
	put_dentry(w, 5, 0, "tmp");
	put_mount(w, 0, 0, 0, 0);
	put_mount(w, 1, 0, 1, 2);
	put_u64(&w->o, at(SUPER), at(TYPE));
	put_u64(&w->o, at(SUPER) + 8, mount(1) + 32); /* the list of the one mount */
	put_u64(&w->o, at(SUPER) + 16, mount(1) + 32);
	put_u64(&w->o, mount(1) + 32, at(SUPER) + 8);
	put_u64(&w->o, mount(1) + 40, at(SUPER) + 8);
	put_u64(&w->o, at(TYPE), at(TYPE) + 8);
	memcpy(w->o.memory + TYPE + 8, "devtmpfs", 9);
	put_u64(&w->o, at(INODES), 1456);
	put_u64(&w->o, at(INODES) + 8, at(INODES) + 0x40);
	put_u64(&w->o, at(INODES) + 16, 0020600); /* a character device */
	put_u64(&w->o, at(TASK), at(FILES));
	put_u64(&w->o, at(TASK) + 8, at(FS));
	put_u64(&w->o, at(FILES), at(TABLE));
	put_u64(&w->o, at(FS), mount(0) + 16);
	put_u64(&w->o, at(FS) + 8, dentry(0));
	put_u64(&w->o, at(FS) + 16, mount(1) + 16);
	put_u64(&w->o, at(FS) + 24, dentry(4));
	put_u64(&w->o, at(TABLE), 64);
	put_u64(&w->o, at(TABLE) + 8, at(DESCRIPTORS));
	put_u64(&w->o, at(TABLE) + 16, at(MARKS));
	put_u64(&w->o, at(MARKS), 1ULL << 63 | 0xff); /* 1 to 7 are reserved, without a file yet */
	put_u64(&w->o, at(DESCRIPTORS), at(OPEN));
	put_u64(&w->o, at(DESCRIPTORS) + 63 * 8, at(OPEN) + 40);
	put_u64(&w->o, at(DESCRIPTORS) + 64 * 8, at(OPEN)); /* behind the table's end */
	put_u64(&w->o, at(OPEN), mount(1) + 16);
	put_u64(&w->o, at(OPEN) + 8, dentry(3));
	put_u64(&w->o, at(OPEN) + 16, at(INODES));
	put_u64(&w->o, at(OPEN) + 24, OPERATIONS);
	put_u64(&w->o, at(OPEN) + 32, 0x1234);
}

static void world_open(struct world *w)
{
	const struct iq_symbol symbol = { "bpf_map_fops", OPERATIONS, 8, 'D', IQ_SYMBOL_VMLINUX, NULL };
	struct iq_symbol_source *source;
	struct builder b;
	add_types(&b);
	objects_open(&w->o, &b);
	w->o.target.arch = &iq_arch_x86_64;
	w->kernel = (struct iq_kernel){ .target = &w->o.target, .types = w->o.types };
	w->task = (struct iq_task){ .address = at(TASK), .pid = 7 };
	assert_null(iq_symbols_new(&w->o.target, &w->kernel.symbols));
	assert_null(iq_array_symbols_new(IQ_SYMBOL_VMLINUX, NULL, &symbol, 1, &source));
	assert_null(iq_symbols_add(w->kernel.symbols, source));
	build(w);
}

static void world_close(struct world *w)
{
	iq_symbols_free(w->kernel.symbols);
	objects_close(&w->o);
}

static void expect_path(struct world *w, uint64_t on, unsigned n, const char *expected, bool expected_deleted,
			const char *why)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	bool deleted;
	struct iq_error *error = iq_path(&w->kernel, on ? on + 16 : 0, dentry(n), &path, &deleted);
	if (why)
		expect_error(error, error ? error->code : IQ_ERROR_FORMAT, why);
	else
		expect_success(error);
	assert_string_equal(iq_strbuf_text(&path), expected);
	assert_int_equal(deleted, expected_deleted);
}

static void paths_go_over_mounts(void **state)
{
	struct world w;
	world_open(&w);
	expect_path(&w, mount(1), 3, "/dev/console", false, NULL);
	expect_path(&w, mount(1), 2, "/dev", false, NULL);
	expect_path(&w, mount(0), 0, "/", false, NULL);
	expect_path(&w, mount(0), 5, "/tmp", false, NULL);
	expect_path(&w, 0, 3, "/dev/console", false, NULL); /* the mount is looked for */
	put_u64(&w.o, dentry(3) + 8, 0);                    /* no longer hashed */
	expect_path(&w, mount(1), 3, "/dev/console", true, NULL);
	put_u64(&w.o, dentry(0) + 8, 0); /* roots never are */
	expect_path(&w, mount(0), 0, "/", false, NULL);
	world_close(&w);
}

static void pseudo_files_have_names_of_their_own(void **state)
{
	struct world w;
	world_open(&w);
	put_dentry(&w, 6, 6, "");
	memcpy(w.o.memory + TYPE + 8, "pipefs", 7);
	expect_path(&w, mount(0), 6, "pipe:[1456]", false, NULL);
	memcpy(w.o.memory + TYPE + 8, "sockfs", 7);
	expect_path(&w, mount(0), 6, "socket:[1456]", false, NULL);
	memcpy(w.o.memory + TYPE + 8, "nsfs", 5);
	put_dentry(&w, 6, 6, "/");
	expect_path(&w, mount(0), 6, "/", false, "ns_common at 0, member ops");
	put_u64(&w.o, at(INODES) + 24, at(0x3000));
	put_u64(&w.o, at(0x3008), at(0x3010));
	put_u64(&w.o, at(0x3010), at(0x3018));
	memcpy(w.o.memory + 0x3018, "net", 4);
	expect_path(&w, mount(0), 6, "net:[1456]", false, NULL);
	memcpy(w.o.memory + TYPE + 8, "pidfs", 6);
	expect_path(&w, mount(0), 6, "[pidfd]", false, NULL);
	memcpy(w.o.memory + TYPE + 8, "tmpfs", 6);
	expect_path(&w, mount(0), 6, "/", false, NULL);
	put_dentry(&w, 6, 6, "memfd:one");
	expect_path(&w, mount(0), 6, "/memfd:one", true, NULL);
	put_dentry(&w, 6, 6, "bpf-map");
	memcpy(w.o.memory + TYPE + 8, "anon_inodefs", 13);
	expect_path(&w, mount(0), 6, "bpf-map", false, NULL);
	put_u64(&w.o, dentry(6) + 48, 0x1000);
	expect_path(&w, mount(0), 6, "bpf-map", false, "super_block at 0x1000, member s_type");
	world_close(&w);
}

static void damaged_paths_show_what_is_known(void **state)
{
	struct world w;
	world_open(&w);
	put_u64(&w.o, dentry(2) + 16, dentry(3)); /* a circle: the root of the mount is not among them */
	put_mount(&w, 1, 0, 1, 5);
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	expect_error(iq_path(&w.kernel, mount(1) + 16, dentry(3), &path, NULL), IQ_ERROR_LIMIT, "");
	assert_int_equal(iq_strbuf_text(&path)[0], '?');
	assert_in_range(path.length, 1, 16385);
	build(&w);
	put_u64(&w.o, dentry(3) + 32, 0x5000); /* its name is missing */
	expect_path(&w, mount(1), 3, "/dev/?", false, "name of dentry at 0xffff8880001004c0: ");
	build(&w);
	memset(w.o.memory + DENTRIES + 3 * 64 + 28, 0xff, 4);
	expect_path(&w, mount(1), 3, "/dev/?", false, "a name of 4294967295 bytes");
	build(&w);
	put_u64(&w.o, dentry(3) + 16, 0x5000); /* its directory */
	expect_path(&w, mount(1), 3, "?/console", false, "dentry at 0x5000, member d_parent: ");
	build(&w);
	put_u64(&w.o, mount(1), 0x6000); /* the mount above */
	expect_path(&w, mount(1), 3, "?/console", false, "mount at 0x6000, member mnt.mnt_root: ");
	expect_path(&w, 0x7000, 3, "?", false, "mount at 0x7000, member mnt.mnt_root: ");
	world_close(&w);
}

static struct iq_error *see_descriptor(void *context, unsigned fd, uint64_t file)
{
	struct seen *seen = context;
	IQ_TRY(see(seen, fd));
	return see(seen, file);
}

static struct iq_error *walk(struct world *w, struct seen *seen)
{
	*seen = (struct seen){ .stop_at = seen->stop_at };
	return iq_task_descriptors(&w->kernel, &w->task, see_descriptor, seen);
}

static void descriptors_are_read(void **state)
{
	struct world w;
	struct seen seen = { 0 };
	world_open(&w);
	expect_success(walk(&w, &seen));
	assert_int_equal(seen.count, 4);
	assert_int_equal(seen.values[0], 0);
	assert_int_equal(seen.values[1], at(OPEN));
	assert_int_equal(seen.values[2], 63);
	seen.stop_at = 2;
	expect_error(walk(&w, &seen), IQ_ERROR_INTERRUPTED, "enough");
	seen.stop_at = 0;
	put_u64(&w.o, at(TABLE), 0);
	expect_success(walk(&w, &seen));
	assert_int_equal(seen.count, 0);
	put_u64(&w.o, at(TASK), 0); /* it gave them back */
	expect_success(walk(&w, &seen));
	world_close(&w);
}

static void damaged_tables_show_what_is_there(void **state)
{
	struct world w;
	struct seen seen = { 0 };
	world_open(&w);
	put_u64(&w.o, at(TABLE), 0x7fffffff);
	expect_error(walk(&w, &seen), IQ_ERROR_FORMAT, "has 2147483647 descriptors");
	/* The table's first page is missing, the second is there: what the memory begins with. */
	put_u64(&w.o, at(TABLE), 520);
	put_u64(&w.o, at(TABLE) + 8, MEMORY - 4096);
	put_u64(&w.o, at(MARKS) + 64, 1);
	put_u64(&w.o, MEMORY, at(OPEN));
	expect_error(walk(&w, &seen), IQ_ERROR_MEMORY, "descriptors 0 to 511 of fdtable at 0xffff8880001000a0: ");
	assert_true(seen.count > 0);
	assert_int_equal(seen.values[0], 512);
	/* What isn't marked as open is none; without marks, what is no address of the kernel. */
	build(&w);
	put_u64(&w.o, at(MARKS), 1);
	expect_error(walk(&w, &seen), IQ_ERROR_FORMAT, "for descriptor 63, which is not open");
	assert_int_equal(seen.count, 2);
	put_u64(&w.o, at(TABLE) + 16, 0x9000);
	put_u64(&w.o, at(DESCRIPTORS) + 8, 0x7fff0000);
	expect_error(walk(&w, &seen), IQ_ERROR_MEMORY, "open_fds of fdtable at 0xffff8880001000a0: ");
	assert_int_equal(seen.count, 4);
	put_u64(&w.o, at(TABLE), 1 << 25); /* nothing of it is there: given up soon */
	put_u64(&w.o, at(TABLE) + 8, 0x100000);
	w.o.target.reads = 0;
	expect_error(walk(&w, &seen), IQ_ERROR_MEMORY, "descriptors 0 to 511");
	assert_in_range(w.o.target.reads, 1, 40);
	put_u64(&w.o, at(FILES), 0x1000);
	expect_error(walk(&w, &seen), IQ_ERROR_MEMORY, "fdtable at 0x1000, member max_fds: ");
	world_close(&w);
}

static void files_are_read(void **state)
{
	struct world w;
	struct iq_open_file file;
	struct iq_directories d;
	world_open(&w);
	expect_success(iq_open_file_read(&w.kernel, at(OPEN), &file));
	assert_int_equal(file.dentry, dentry(3));
	assert_int_equal(file.inode, at(INODES));
	assert_string_equal(file.type, "CHR");
	assert_int_equal(file.kind, IQ_FILE_BPF_MAP);
	assert_int_equal(file.private_data, 0x1234);
	expect_success(iq_task_directories(&w.kernel, &w.task, &d));
	assert_int_equal(d.cwd_dentry, dentry(4));
	/* Without names of data the dentry's name tells; a dentry that is missing leaves the file its inode. */
	put_u64(&w.o, at(OPEN) + 24, 0xffffffff83000000);
	put_u64(&w.o, at(INODES) + 16, 0600);
	put_dentry(&w, 3, 3, "btf");
	expect_success(iq_open_file_read(&w.kernel, at(OPEN), &file));
	assert_string_equal(file.type, "UNKN");
	assert_int_equal(file.kind, IQ_FILE_BTF);
	put_u64(&w.o, at(OPEN) + 8, 0x1000);
	expect_error(iq_open_file_read(&w.kernel, at(OPEN), &file), IQ_ERROR_MEMORY,
		     "dentry at 0x1000, member d_inode: ");
	assert_int_equal(file.inode, at(INODES));
	expect_error(iq_open_file_read(&w.kernel, 0x2000, &file), IQ_ERROR_MEMORY,
		     "file at 0x2000, member f_path.dentry: ");
	assert_string_equal(file.type, "?");
	world_close(&w);
}

static void files_below_others_have_the_path_that_was_opened(void **state)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	struct iq_open_file file;
	struct world w;
	world_open(&w);
	put_u64(&w.o, at(OPEN) + 48, mount(0) + 16);
	put_u64(&w.o, at(OPEN) + 56, dentry(5));
	static const struct {
		uint32_t mode;
		const char *path;
	} cases[] = {
		{ 0x1d, "/dev/console" },
		{ 1U << 24, "/dev/console" },           /* FMODE_DIO_PARALLEL_WRITE of 6.5 */
		{ 1U << 29, "/dev/console" },           /* FMODE_NOACCOUNT alone */
		{ 1U << 29 | 1U << 25 | 0x1d, "/tmp" }, /* 6.7 */
		{ 1U << 29 | 1U << 24 | 0x1d, "/tmp" }, /* 6.12.107 */
	};
	for (size_t i = 0; i < IQ_ARRAY_SIZE(cases); i++) {
		iq_strbuf_free(&path);
		path = (struct iq_strbuf){ 0 };
		put_u64(&w.o, at(OPEN) + 40, cases[i].mode);
		expect_success(iq_open_file_read(&w.kernel, at(OPEN), &file));
		assert_int_equal(file.dentry, dentry(3));
		expect_success(iq_open_file_path(&w.kernel, &file, &path, NULL));
		assert_string_equal(iq_strbuf_text(&path), cases[i].path);
	}
	world_close(&w);
}

static struct iq_error *see_watched(void *context, const struct iq_watched *watched)
{
	struct seen *seen = context;
	IQ_TRY(see(seen, (uint64_t)watched->fd));
	IQ_TRY(see(seen, watched->file));
	return see(seen, watched->events);
}

static void eventpolls_are_walked(void **state)
{
	struct world w;
	struct seen seen = { 0 };
	world_open(&w);
	uint64_t poll = at(0x3000), first = at(0x3040), second = at(0x3080);
	expect_success(iq_eventpoll_each(&w.kernel, poll, see_watched, &seen));
	assert_int_equal(seen.count, 0);
	put_u64(&w.o, poll, second);
	put_u64(&w.o, second + 16, first); /* rb_left */
	put_u64(&w.o, first, second);      /* its parent */
	put_u64(&w.o, second, 1);
	put_u64(&w.o, first + 24, at(OPEN));
	put_u64(&w.o, first + 32, 0x2001fULL << 32 | 4); /* ffd.fd and event.events, which lie side by side */
	put_u64(&w.o, second + 24, at(OPEN) + 40);
	put_u64(&w.o, second + 32, 1ULL << 32 | 9);
	expect_success(iq_eventpoll_each(&w.kernel, poll, see_watched, &seen));
	assert_int_equal(seen.count, 6);
	assert_int_equal(seen.values[0], 4);
	assert_int_equal(seen.values[1], at(OPEN));
	assert_int_equal(seen.values[2], 0x2001f);
	assert_int_equal(seen.values[3], 9);
	put_u64(&w.o, second + 16, second); /* itself */
	seen.count = 0;
	struct iq_error *error = iq_eventpoll_each(&w.kernel, poll, see_watched, &seen);
	expect_error(error, IQ_ERROR_FORMAT, "eventpoll at 0xffff888000103000: ");
	assert_int_equal(seen.count, 3);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_go_over_mounts),
		cmocka_unit_test(pseudo_files_have_names_of_their_own),
		cmocka_unit_test(damaged_paths_show_what_is_known),
		cmocka_unit_test(descriptors_are_read),
		cmocka_unit_test(damaged_tables_show_what_is_there),
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(files_below_others_have_the_path_that_was_opened),
		cmocka_unit_test(eventpolls_are_walked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
