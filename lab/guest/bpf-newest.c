// bpf-newest: processes that hold what only newer kernels have, and programs of bare instructions: every opcode there is.
#include "bpf-people.h"

#include <linux/filter.h>
#include <linux/netfilter.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>

static struct bpf_object *newest;

static int __attribute__((noinline)) traced_once(int number) { __asm__ volatile(""); return number + 1; }
static int __attribute__((noinline)) traced_twice(int number) { __asm__ volatile(""); return number + 2; }

static int runs_syscall(const char *name)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	return got(name, bpf_prog_test_run_opts(program_fd(newest, name), &options));
}

static void holds_devices(void)
{
	LIBBPF_OPTS(bpf_tcx_opts, before, .flags = BPF_F_BEFORE);
	LIBBPF_OPTS(bpf_netkit_opts, netkit);
	LIBBPF_OPTS(bpf_netfilter_opts, hook, .pf = NFPROTO_IPV4, .hooknum = NF_INET_LOCAL_IN, .priority = -128);
	LIBBPF_OPTS(bpf_netfilter_opts, other, .pf = NFPROTO_IPV6, .hooknum = NF_INET_POST_ROUTING, .priority = 10);
	int device = if_nametoindex("lo");

	LINK(bpf_program__attach_tcx(program(newest, "tcx_second"), device, NULL));
	LINK(bpf_program__attach_tcx(program(newest, "tcx_first"), device, &before));
	LINK(bpf_program__attach_tcx(program(newest, "tcx_out"), if_nametoindex("dummy0"), NULL));
	/* without a link, too */
	GET(bpf_prog_attach(program_fd(newest, "tcx_out"), device, BPF_TCX_EGRESS, 0));
	LINK(bpf_program__attach_netkit(program(newest, "netkit_main"), if_nametoindex("kit0"), &netkit));
	LINK(bpf_program__attach_netkit(program(newest, "netkit_peer"), if_nametoindex("kit0"), &netkit));
	LINK(bpf_program__attach_netfilter(program(newest, "on_hook"), &hook));
	LINK(bpf_program__attach_netfilter(program(newest, "on_hook"), &other));
	LINK(bpf_program__attach_cgroup(program(newest, "connects_unix"), GET(open("/tmp/cgroup/outer", O_RDONLY))));
}

static void holds_multi_probes(void)
{
	static const char *names[] = { "ksys_sync", "ksys_fchown", "ksys_sync_helper" };
	static const char *users[] = { "traced_once", "traced_twice" };
	__u64 cookies[] = { 0xc00c1e, 0xc00c1f, 0xc00c20 };
	LIBBPF_OPTS(bpf_kprobe_multi_opts, probes, .syms = names, .cookies = cookies, .cnt = 3);
	LIBBPF_OPTS(bpf_kprobe_multi_opts, returns, .syms = names, .cnt = 2, .retprobe = true);
	LIBBPF_OPTS(bpf_uprobe_multi_opts, uprobes, .syms = users, .cookies = cookies, .cnt = 2);

	LINK(bpf_program__attach_kprobe_multi_opts(program(newest, "on_many"), NULL, &probes));
	LINK(bpf_program__attach_kprobe_multi_opts(program(newest, "on_many"), NULL, &returns));
	attaches(newest, "on_session");
	LINK(bpf_program__attach_uprobe_multi(program(newest, "on_many_users"), getpid(), "/lab/bin/bpf-newest", NULL, &uprobes));
	traced_twice(traced_once(1));
}

static void holds_structures(void)
{
	__u64 value = 0x6700;
	int group = GET(open("/tmp/cgroup/outer", O_RDONLY));
	struct { __u64 runs, work[2]; } later = { .runs = 4 };

	runs_syscall("plants");
	runs_syscall("keeps");
	runs(newest, "chains_up");
	runs(newest, "may_throw");
	runs(newest, "new_opcodes");
	GET(bpf_map_update_elem(map_fd(newest, "per_group"), &group, &value, 0));
	GET(bpf_map_update_elem(map_fd(newest, "laters"), &(__u32){ 9 }, &later, 0));
}

static void congests_by_link(void)
{
	struct bpf_object *object = loads("congestion-link.bpf.o");

	if (object)
		LINK(bpf_map__attach_struct_ops(bpf_object__find_map_by_name(object, "lab_linked")));
}

static struct bpf_insn code[1000];
static int length;

static void emits(__u8 opcode, __u8 to, __u8 from, __s16 offset, __s32 number)
{
	code[length++] = (struct bpf_insn){ .code = opcode, .dst_reg = to, .src_reg = from, .off = offset, .imm = number };
}

static void emits_wide(__u8 to, __u8 kind, __u32 low, __u32 high)
{
	emits(BPF_LD | BPF_DW | BPF_IMM, to, kind, 0, low);
	emits(0, 0, 0, 0, high);
}

static void takes_program(const char *name, enum bpf_prog_type type)
{
	static char log[65536];
	LIBBPF_OPTS(bpf_prog_load_opts, options, .log_buf = log, .log_size = sizeof(log), .log_level = 1);
	int fd;

	emits(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	emits(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	fd = got(name ? name : "nameless", bpf_prog_load(type, name, "GPL", code, length, &options));
	if (fd < 0)
		printf("%s\n", log + (strlen(log) > 600 ? strlen(log) - 600 : 0));
	length = 0;
}

/* Arithmetic with constants and registers, in 64 and 32 bits. */
static void emits_arithmetic(void)
{
	static const __u8 classes[] = { BPF_ALU64, BPF_ALU };

	emits(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 3);
	emits(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1000);
	for (int i = 0; i < 2; i++) {
		for (int operation = BPF_ADD; operation <= BPF_ARSH; operation += 0x10) {
			if (operation == BPF_NEG) {
				emits(classes[i] | BPF_NEG, BPF_REG_0, 0, 0, 0);
				continue;
			}
			emits(classes[i] | operation | BPF_K, BPF_REG_0, 0, 0, 5);
			emits(classes[i] | operation | BPF_X, BPF_REG_0, BPF_REG_1, 0, 0);
		}
	}
	for (int size = 16; size <= 64; size *= 2) {
		emits(BPF_ALU | BPF_END | BPF_TO_LE, BPF_REG_0, 0, 0, size);
		emits(BPF_ALU | BPF_END | BPF_TO_BE, BPF_REG_0, 0, 0, size);
	}
}

static void emits_jumps(void)
{
	static const __u8 conditions[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT, BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE };
	static const __u8 classes[] = { BPF_JMP, BPF_JMP32 };

	emits(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0);
	emits(BPF_LDX | BPF_W | BPF_MEM, BPF_REG_0, BPF_REG_6, 0, 0);
	emits(BPF_LDX | BPF_W | BPF_MEM, BPF_REG_2, BPF_REG_6, 8, 0);
	for (int i = 0; i < 2; i++) {
		for (size_t j = 0; j < sizeof(conditions); j++) {
			emits(classes[i] | conditions[j] | BPF_K, BPF_REG_0, 0, 1, -7 + j);
			emits(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, j);
			emits(classes[i] | conditions[j] | BPF_X, BPF_REG_0, BPF_REG_2, 1, 0);
			emits(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, j);
		}
	}
	emits(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 1, 5);
	emits(BPF_JMP | BPF_JA, 0, 0, 1, 0);
	emits(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1);
}

/* Loads and stores of each size, constants and registers; packet data in the old way; a helper; values of a map. */
static void emits_memory(int map)
{
	static const __u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

	emits(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0);
	emits_wide(BPF_REG_7, 0, 0x9abcdef0, 0x12345678);
	for (size_t i = 0; i < 4; i++) {
		emits(BPF_ST | BPF_MEM | sizes[i], BPF_REG_10, 0, -8, 0x71 + i);
		emits(BPF_STX | BPF_MEM | sizes[i], BPF_REG_10, BPF_REG_7, -16, 0);
		emits(BPF_LDX | BPF_MEM | sizes[i], BPF_REG_0, BPF_REG_10, i == 3 ? -16 : -8, 0);
		if (i < 3) {
			emits(BPF_LD | BPF_ABS | sizes[i], 0, 0, 0, 14);
			emits(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_8, 0, 0, 2);
			emits(BPF_LD | BPF_IND | sizes[i], 0, BPF_REG_8, 0, 20);
		}
	}
	emits(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 1);
	emits_wide(BPF_REG_1, BPF_PSEUDO_MAP_FD, map, 0);
	emits(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0);
	emits(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4);
	emits(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	emits_wide(BPF_REG_3, BPF_PSEUDO_MAP_VALUE, map, 40);
	emits(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_3, 0, 0, -2);
}

static void emits_atomics(void)
{
	static const __s32 operations[] = { BPF_ADD, BPF_OR, BPF_AND, BPF_XOR, BPF_ADD | BPF_FETCH, BPF_OR | BPF_FETCH, BPF_AND | BPF_FETCH, BPF_XOR | BPF_FETCH, BPF_XCHG, BPF_CMPXCHG };

	emits(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8, 1);
	emits(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1);
	emits(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 6);
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		emits(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_10, BPF_REG_1, -8, operations[i]);
		emits(BPF_STX | BPF_ATOMIC | BPF_W, BPF_REG_10, BPF_REG_1, -8, operations[i]);
	}
}

/* The fourth instruction set. */
static void emits_newest(void)
{
	static const __u8 signed_sizes[] = { BPF_B, BPF_H, BPF_W };

	emits(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8, -77);
	emits(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, -1000);
	emits(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 3);
	for (int bits = 8; bits <= 32; bits *= 2) {
		emits(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_0, bits, 0);
		if (bits < 32)
			emits(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_0, bits, 0);
	}
	for (int i = 0; i < 3; i++)
		emits(BPF_LDX | 0x80 /* BPF_MEMSX */ | signed_sizes[i], BPF_REG_2, BPF_REG_10, -8, 0);
	for (int operation = BPF_DIV; operation <= BPF_MOD; operation += BPF_MOD - BPF_DIV) {
		emits(BPF_ALU64 | operation | BPF_K, BPF_REG_0, 0, 1, -7);
		emits(BPF_ALU64 | operation | BPF_X, BPF_REG_0, BPF_REG_1, 1, 0);
		emits(BPF_ALU | operation | BPF_K, BPF_REG_0, 0, 1, -7);
		emits(BPF_ALU | operation | BPF_X, BPF_REG_0, BPF_REG_1, 1, 0);
	}
	for (int size = 16; size <= 64; size *= 2)
		emits(BPF_ALU64 | BPF_END, BPF_REG_0, 0, 0, size);
	emits(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 1, 5);
	emits(BPF_JMP32 | BPF_JA, 0, 0, 0, 1);
	emits(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 9);
	emits(BPF_JMP | 0xe0 /* BPF_JCOND: may_goto */, 0, 0, 1, 0);
	emits(BPF_JMP | BPF_JA, 0, 0, -2, 0);
}

static void holds_bare(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);
	int map = GET(bpf_map_create(BPF_MAP_TYPE_ARRAY, "bare", 4, 64, 1, &options));

	emits_arithmetic();
	takes_program("bare_arithmetic", BPF_PROG_TYPE_SOCKET_FILTER);
	emits_jumps();
	takes_program("bare_jumps", BPF_PROG_TYPE_SOCKET_FILTER);
	emits_memory(map);
	takes_program("bare_memory", BPF_PROG_TYPE_SOCKET_FILTER);
	emits_atomics();
	takes_program("bare_atomics", BPF_PROG_TYPE_SCHED_CLS);
	takes_program(NULL, BPF_PROG_TYPE_XDP);
	emits_newest();
	takes_program("bare_newest", BPF_PROG_TYPE_SCHED_CLS);
}

static void holds_opcodes(void)
{
	struct bpf_object *object = loads("opcodes-v3.bpf.o");

	if (object)
		runs(object, "old_opcodes");
}

/* A descriptor of a program that another process loaded. */
static int finds(const char *name)
{
	for (__u32 id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && strcmp(info.name, name) == 0)
			return fd;
		close(fd);
	}
	return -1;
}

static void holds_more(void)
{
	struct bpf_object *more = loads("more.bpf.o"), *follows = opens("follows.bpf.o");
	int group = GET(open("/tmp/cgroup/outer", O_RDONLY)), followed = GET(finds("xdp_counts"));
	struct bpf_cgroup_storage_key key = { .attach_type = BPF_CGROUP_INET_EGRESS };
	struct { __u64 bytes, packets; } traffic[64] = { { 0 } };
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);
	struct bpf_link *link = LINK(bpf_program__attach_cgroup(program(more, "counts_traffic"), group));

	if (link && GET(bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &size)) == 0) {
		key.cgroup_inode_id = info.cgroup.cgroup_id;
		for (int cpu = 0; cpu < 64; cpu++) {
			traffic[cpu].bytes = 0xb000 + cpu;
			traffic[cpu].packets = 3 + cpu;
		}
		GET(bpf_map_update_elem(map_fd(more, "group_storage"), &key, traffic, BPF_EXIST));
		GET(bpf_map_update_elem(map_fd(more, "group_percpu"), &key, traffic, BPF_EXIST));
	}
	if (followed >= 0 && follows && GET(bpf_program__set_attach_target(program(follows, "after_program"), followed, "xdp_counts")) == 0 &&
	    GET(bpf_object__load(follows)) == 0)
		LINK(bpf_program__attach_trace(program(follows, "after_program")));
	close(followed);
}

int main(void)
{
	static const struct person people[] = {
		{ "bpf-bare", holds_bare },       { "bpf-opcodes", holds_opcodes },     { "bpf-devices", holds_devices },
		{ "bpf-multi", holds_multi_probes }, { "bpf-structures", holds_structures }, { "bpf-linked", congests_by_link },
	};
	static const struct person last[] = { { "bpf-more", holds_more } };
	struct utsname name;
	int major = 0, minor = 0, new;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	new = major > 6 || (major == 6 && minor >= 12);
	libbpf_set_print(prints);
	if (new)
		newest = loads("newest-v4.bpf.o");
	start(people, newest ? 6 : 2);
	start(last, 1);
	return 0;
}
