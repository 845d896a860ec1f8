// SPDX-License-Identifier: GPL-2.0-or-later
// Programs whose registers and stacks hold what lab/compare-frames expects. In assembly, since a compiler chooses registers itself.
//
// start → tail call → middle → tail call → last → five (5 arguments) → bpf_for_each_map_elem → each (a callback) → bpf_skb_pull_data →
// skb_ensure_writable → a trampoline → on_writable → a helper with the module's kprobe. Meanwhile another CPU is in spins or turn (XDP).
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

// Registers that the assembly uses beside those of the arguments.
#define others "r0", "r6", "r7", "r8", "r9", "memory"
#define all_others "r2", "r3", "r4", "r5", others
#define kept __attribute__((noinline, used))

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 3);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} programs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

struct given {
	struct __sk_buff *packet;
	__u64 magic;
};

SEC("tc") int start(struct __sk_buff *packet)
{
	asm volatile("r6 = r1;"
		     "r2 = %[programs] ll;"
		     "r3 = 0;"
		     "call 12;"
		     : "+r"(packet)
		     : [programs] "i"(&programs)
		     : all_others);
	return 1;
}

SEC("tc") int middle(struct __sk_buff *packet)
{
	asm volatile("r6 = r1;"
		     "r7 = 1;"
		     "*(u64 *)(r10 - 16) = r7;"
		     "r2 = %[programs] ll;"
		     "r3 = 1;"
		     "call 12;"
		     : "+r"(packet)
		     : [programs] "i"(&programs)
		     : all_others);
	return 1;
}

// Only the second of the numbers leads on.
static kept long each(void *map, __u32 *key, __u64 *value, struct given *given)
{
	if (*key != 1)
		return 0;
	bpf_skb_pull_data(given->packet, 77);
	return *value + *key + given->magic == 1;
}

static kept int five(struct __sk_buff *packet, __u64 number, __u64 *words, __u32 small, void *map)
{
	asm volatile("r6 = r1;"
		     "r7 = r2;"
		     "r8 = r3;"
		     "r9 = r4;"
		     "*(u64 *)(r10 - 8) = r5;"
		     "r1 = 0x5555555566666666 ll;"
		     "*(u64 *)(r10 - 16) = r1;"
		     "r1 = 0x6d61676963 ll;"
		     "*(u64 *)(r10 - 24) = r1;"
		     "*(u64 *)(r10 - 32) = r6;"
		     "r1 = r5;"
		     "r2 = each ll;"
		     "r3 = r10;"
		     "r3 += -32;"
		     "r4 = 0;"
		     "call 164;"
		     : "+r"(packet), "+r"(number), "+r"(words), "+r"(small), "+r"(map)
		     :
		     : others);
	return 0;
}

// A tail call that is never made gives it a counter of its own.
SEC("tc") int last(struct __sk_buff *packet)
{
	asm volatile("r6 = r1;"
		     "r2 = *(u32 *)(r1 + 0);"
		     "if r2 != 1 goto 1f;"
		     "r2 = %[programs] ll;"
		     "r3 = 2;"
		     "call 12;"
		     "1: r7 = 0x7070707012345678 ll;"
		     "r8 = 0x8080808087654321 ll;"
		     "r9 = 0x9;"
		     "*(u64 *)(r10 - 8) = r7;"
		     "*(u64 *)(r10 - 16) = r8;"
		     "r1 = 0x2424242424242424 ll;"
		     "*(u64 *)(r10 - 24) = r1;"
		     "r1 = r6;"
		     "r2 = 0x2222222233333333 ll;"
		     "r3 = r10;"
		     "r3 += -24;"
		     "r4 = 44;"
		     "r5 = %[numbers] ll;"
		     "call five;"
		     : "+r"(packet)
		     : [programs] "i"(&programs), [numbers] "i"(&numbers)
		     : all_others);
	return 0;
}

SEC("fentry/skb_ensure_writable") int on_writable(unsigned long long *arguments)
{
	asm volatile("r6 = r1;"
		     "r7 = *(u64 *)(r1 + 0);"
		     "r8 = *(u64 *)(r1 + 8);"
		     "if r8 != 77 goto 1f;"
		     "r9 = 0x99999999aaaaaaaa ll;"
		     "*(u64 *)(r10 - 8) = r9;"
		     "call 125;"
		     "1:"
		     : "+r"(arguments)
		     :
		     : all_others);
	return 0;
}

static kept long turn(__u32 index, void *nothing)
{
	return 0;
}

SEC("xdp") int spins(struct xdp_md *packet)
{
	asm volatile("r9 = r1;"
		     "r1 = 0x1234123456785678 ll;"
		     "*(u64 *)(r10 - 8) = r1;"
		     "r1 = 8000000;"
		     "r2 = turn ll;"
		     "r3 = 0;"
		     "r4 = 0;"
		     "call 181;"
		     "r0 = *(u32 *)(r9 + 0);"
		     : "+r"(packet)
		     :
		     : all_others);
	return XDP_PASS;
}

char terms[] SEC("license") = "GPL";
