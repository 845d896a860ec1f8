// SPDX-License-Identifier: GPL-2.0-or-later
/* crowdbpf PROGRAMS ELEMENTS: loads so many tiny programs, which all use a hash map that it fills, and stays behind. */
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { BATCH = 1000 };

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static void must(int result, const char *what, unsigned n)
{
	if (result >= 0)
		return;
	perror(what);
	printf("LAB: crowdbpf: %s %u failed\n", what, n);
	exit(1);
}

static int make_map(unsigned elements)
{
	static __u32 keys[BATCH];
	static __u64 values[BATCH];
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_HASH,
				.key_size = 4,
				.value_size = 8,
				.max_entries = elements,
				.map_name = "crowd" };
	int map = bpf(BPF_MAP_CREATE, &attr);
	must(map, "map", 0);
	for (unsigned i = 0; i < elements; i += BATCH) {
		for (unsigned j = 0; j < BATCH; j++) {
			keys[j] = i + j;
			values[j] = 3ULL * (i + j);
		}
		attr = (union bpf_attr){ .batch = { .map_fd = (__u32)map,
						    .keys = (__u64)(unsigned long)keys,
						    .values = (__u64)(unsigned long)values,
						    .count = elements - i < BATCH ? elements - i : BATCH } };
		must(bpf(BPF_MAP_UPDATE_BATCH, &attr), "elements", i);
	}
	return map;
}

/* r1 = map; r0 = n; exit */
static void load(int map, unsigned n)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
		{ .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = (int)n },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				.insns = (__u64)(unsigned long)insns,
				.insn_cnt = sizeof(insns) / sizeof(insns[0]),
				.license = (__u64)(unsigned long)"GPL" };
	snprintf(attr.prog_name, sizeof(attr.prog_name), "tiny_%u", n);
	must(bpf(BPF_PROG_LOAD, &attr), "program", n);
}

int main(int argc, char **argv)
{
	const struct rlimit much = { 100000, 100000 };
	unsigned programs = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
	setrlimit(RLIMIT_NOFILE, &much);
	int map = make_map(argc > 2 ? (unsigned)atoi(argv[2]) : 1);
	for (unsigned i = 0; i < programs; i++)
		load(map, i);
	if (fork())
		return 0;
	for (;;)
		pause();
}
