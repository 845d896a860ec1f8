// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Maps that need more than a program: storage of cgroups, shared and per CPU, for programs at /tmp/cgroup/{outer,gone},
 * and an XDP socket at lo in an xskmap. Stays behind.
 *     shared   cgroup_storage, key with attach type: outer 0x1111, gone 0x2222, which goes with its cgroup
 *     percpu   percpu_cgroup_storage at outer: CPU n has 0x100 + n
 *     short    cgroup_storage, key without attach type: outer 0x3333
 *     crossed  xskmap: 3 is a socket at queue 0 of lo
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FRAMES = 64, FRAME = 4096, CPUS = 64 };

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int must(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		printf("LAB: rarebpf: %s failed\n", what);
		exit(1);
	}
	return result;
}

static int make_map(const char *name, unsigned type, unsigned key_size, unsigned value_size, unsigned entries)
{
	union bpf_attr attr = {
		.map_type = type, .key_size = key_size, .value_size = value_size, .max_entries = entries
	};
	snprintf(attr.map_name, sizeof(attr.map_name), "%s", name);
	return must(bpf(BPF_MAP_CREATE, &attr), name);
}

static void set(int map, const void *key, const void *value, const char *what)
{
	union bpf_attr attr = { .map_fd = (__u32)map,
				.key = (__u64)(unsigned long)key,
				.value = (__u64)(unsigned long)value };
	must(bpf(BPF_MAP_UPDATE_ELEM, &attr), what);
}

/* bpf_get_local_storage(map, 0); return 1; */
static int load(const char *name, int map)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
		{ .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_local_storage },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_CGROUP_SKB,
				.insns = (__u64)(unsigned long)insns,
				.insn_cnt = sizeof(insns) / sizeof(insns[0]),
				.license = (__u64)(unsigned long)"GPL",
				.expected_attach_type = BPF_CGROUP_INET_EGRESS };
	snprintf(attr.prog_name, sizeof(attr.prog_name), "%s", name);
	return must(bpf(BPF_PROG_LOAD, &attr), name);
}

/* Attaches a program with such a storage; returns the cgroup's ID. */
static __u64 attach(const char *path, const char *name, int map)
{
	int directory = must(open(path, O_RDONLY | O_DIRECTORY), path);
	struct stat info;
	union bpf_attr attr = { .target_fd = (__u32)directory,
				.attach_bpf_fd = (__u32)load(name, map),
				.attach_type = BPF_CGROUP_INET_EGRESS,
				.attach_flags = BPF_F_ALLOW_MULTI };
	must(bpf(BPF_PROG_ATTACH, &attr), name);
	must(fstat(directory, &info), path);
	close(directory);
	return info.st_ino;
}

static void store(void)
{
	__u64 value = 0x1111, each[CPUS];
	int shared = make_map("shared", BPF_MAP_TYPE_CGROUP_STORAGE, 16, 8, 0);
	int percpu = make_map("percpu", BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, 16, 8, 0);
	int plain = make_map("short", BPF_MAP_TYPE_CGROUP_STORAGE, 8, 8, 0);
	struct bpf_cgroup_storage_key key = { attach("/tmp/cgroup/outer", "keeps", shared), BPF_CGROUP_INET_EGRESS };
	set(shared, &key, &value, "shared");
	key.cgroup_inode_id = attach("/tmp/cgroup/gone", "keeps_gone", shared);
	value = 0x2222;
	set(shared, &key, &value, "shared of gone");
	key.cgroup_inode_id = attach("/tmp/cgroup/outer", "keeps_each", percpu);
	for (unsigned i = 0; i < CPUS; i++)
		each[i] = 0x100 + i;
	set(percpu, &key, each, "percpu");
	key.cgroup_inode_id = attach("/tmp/cgroup/outer", "keeps_short", plain);
	value = 0x3333;
	set(plain, &key.cgroup_inode_id, &value, "short");
}

static void cross(void)
{
	int size = 16, map = make_map("crossed", BPF_MAP_TYPE_XSKMAP, 4, 4, 8), key = 3;
	int xdp = must(socket(AF_XDP, SOCK_RAW, 0), "XDP socket");
	void *memory = mmap(NULL, FRAMES * FRAME, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct xdp_umem_reg region = { .addr = (__u64)(unsigned long)memory,
				       .len = FRAMES * FRAME,
				       .chunk_size = FRAME };
	struct sockaddr_xdp address = { .sxdp_family = AF_XDP,
					.sxdp_flags = XDP_COPY,
					.sxdp_ifindex = if_nametoindex("lo") };
	must(setsockopt(xdp, SOL_XDP, XDP_UMEM_REG, &region, sizeof(region)), "XDP memory");
	must(setsockopt(xdp, SOL_XDP, XDP_UMEM_FILL_RING, &size, sizeof(size)), "fill ring");
	must(setsockopt(xdp, SOL_XDP, XDP_UMEM_COMPLETION_RING, &size, sizeof(size)), "completion ring");
	must(setsockopt(xdp, SOL_XDP, XDP_RX_RING, &size, sizeof(size)), "receive ring");
	must(bind(xdp, (struct sockaddr *)&address, sizeof(address)), "XDP bind");
	set(map, &key, &xdp, "crossed");
}

int main(void)
{
	store();
	cross();
	if (fork())
		return 0;
	for (;;)
		pause();
}
