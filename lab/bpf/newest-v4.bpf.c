// What Linux 6.12 has and 6.1 hasn't: attachments (tcx, netkit, netfilter, multi probes), an arena, exceptions, open-coded iterators, kernel
// pointers and lists in maps, and the fourth instruction set (clang -mcpu=v4): sign-extending moves and loads, signed division, byte swaps.
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define __arena __attribute__((address_space(1)))

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 8);
	__ulong(map_extra, 0x1ull << 44);
} arena SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} per_group SEC(".maps");

struct bpf_cpumask {};
struct masked {
	__u32 number;
	struct bpf_cpumask __attribute__((btf_type_tag("kptr"))) *mask;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct masked);
} masks SEC(".maps");

struct node {
	struct bpf_list_node link;
	__u64 number;
};

struct chain {
	struct bpf_spin_lock lock;
	struct bpf_list_head head __attribute__((btf_decl_tag("contains:node:link")));
	__u32 length;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct chain);
} chains SEC(".maps");

struct later {
	__u64 runs;
	struct bpf_wq work;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct later);
} laters SEC(".maps");

extern void __arena *bpf_arena_alloc_pages(void *map, void __arena *address, __u32 pages, int node, __u64 flags) __ksym;
extern struct bpf_cpumask *bpf_cpumask_create(void) __ksym;
extern void bpf_cpumask_release(struct bpf_cpumask *mask) __ksym;
extern void bpf_cpumask_set_cpu(__u32 cpu, struct bpf_cpumask *mask) __ksym;
extern void *bpf_obj_new_impl(__u64 type, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *object, void *meta) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 offset) __ksym;
extern void bpf_throw(__u64 cookie) __attribute__((noreturn)) __ksym;
extern int bpf_dynptr_from_skb(struct __sk_buff *packet, __u64 flags, struct bpf_dynptr *pointer) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *pointer, __u32 offset, void *buffer, __u32 size) __ksym;

struct bpf_nf_ctx {};

struct leaf {
	__u64 number;
	struct leaf __arena *next;
};

struct leaf __arena *first_leaf;
int __arena arena_number = 0x5a5a;

/* Pages of the arena, and a list in them: pointers of another address space. */
SEC("syscall") int plants(void *context)
{
	struct leaf __arena *leaves = bpf_arena_alloc_pages(&arena, NULL, 2, -1, 0);
	__u32 i;

	if (!leaves)
		return 1;
	bpf_for(i, 0, 5) {
		leaves[i].number = 0x1000 + i;
		leaves[i].next = i < 4 ? &leaves[i + 1] : NULL;
	}
	first_leaf = leaves;
	arena_number++;
	return 0;
}

SEC("syscall") int keeps(void *context)
{
	__u32 key = 1;
	struct masked *masked = bpf_map_lookup_elem(&masks, &key);
	struct bpf_cpumask *mask;

	if (!masked)
		return 1;
	mask = bpf_cpumask_create();
	if (!mask)
		return 2;
	bpf_cpumask_set_cpu(1, mask);
	masked->number = 33;
	mask = bpf_kptr_xchg(&masked->mask, mask);
	if (mask)
		bpf_cpumask_release(mask);
	return 0;
}

SEC("tc") int chains_up(struct __sk_buff *packet)
{
	__u32 key = 0;
	struct chain *chain = bpf_map_lookup_elem(&chains, &key);
	struct node *node;

	if (!chain)
		return 1;
	for (int i = 0; i < 3; i++) {
		node = bpf_obj_new_impl(bpf_core_type_id_local(struct node), NULL);
		if (!node)
			return 2;
		node->number = 500 + i;
		bpf_spin_lock(&chain->lock);
		bpf_list_push_back_impl(&chain->head, &node->link, NULL, 0);
		chain->length++;
		bpf_spin_unlock(&chain->lock);
	}
	return 0;
}

__noinline int catches(__u64 cookie)
{
	return cookie == 42 ? 7 : 8;
}

static __noinline int throws(struct __sk_buff *packet)
{
	if (packet->len > 60000)
		bpf_throw(42);
	return packet->len;
}

SEC("tc") __attribute__((btf_decl_tag("exception_callback:catches"))) int may_throw(struct __sk_buff *packet)
{
	return throws(packet) + 1;
}

static __s8 tiny = -3;
static __s16 small = -300;
static __s32 middle = -70000;
__s64 wide = -5000000000;

/* As long as it takes, but no longer: may_goto. */
#define bounded                                                                                                                          \
	({                                                                                                                               \
		__label__ stops, goes_on;                                                                                                \
		asm volatile goto("may_goto %l[stops]" ::::stops);                                                                       \
		goto goes_on;                                                                                                            \
	stops:                                                                                                                           \
		break;                                                                                                                   \
	goes_on:;                                                                                                                        \
	})

static __noinline __s64 extends(__s64 number)
{
	volatile __s8 *t = &tiny;
	volatile __s16 *s = &small;
	volatile __s32 *m = &middle;
	__s64 sum = *t + *s + *m;

	sum += (__s8)number;
	sum += (__s16)(number + 1);
	sum += (__s32)(number + 2);
	sum += number / (*t | 1) + number % -7;
	sum += (__s32)number / -5 + (__s32)number % 11;
	return sum;
}

SEC("tc") int new_opcodes(struct __sk_buff *packet)
{
	__u64 i = 0, sum = 0;

	while (1) {
		if (i++ > packet->len)
			break;
		sum += i;
		bounded;
	}
	wide += extends(sum);
	wide ^= __builtin_bswap64(sum) + __builtin_bswap32(packet->len) + __builtin_bswap16(packet->mark);
	asm volatile("r0 = %0; if r0 == 5 goto near%=; gotol far%=; near%=: r0 = 1; far%=:" ::"r"(sum) : "r0");
	return wide & 3;
}

SEC("tcx/ingress") int tcx_first(struct __sk_buff *packet)
{
	return packet->len == 4321 ? 2 : -1;
}

SEC("tcx/ingress") int tcx_second(struct __sk_buff *packet)
{
	unsigned char buffer[20];
	struct bpf_dynptr pointer;
	unsigned char *bytes;

	if (bpf_dynptr_from_skb(packet, 0, &pointer))
		return -1;
	bytes = bpf_dynptr_slice(&pointer, 14, buffer, sizeof(buffer));
	return bytes && bytes[0] == 0x99 ? 2 : -1;
}

SEC("tcx/egress") int tcx_out(struct __sk_buff *packet)
{
	return -1;
}

SEC("netkit/primary") int netkit_main(struct __sk_buff *packet)
{
	return packet->len > 1500 ? 2 : -1;
}

SEC("netkit/peer") int netkit_peer(struct __sk_buff *packet)
{
	return -1;
}

SEC("netfilter") int on_hook(struct bpf_nf_ctx *context)
{
	return 1;
}

SEC("kprobe.multi/ksys_[st]*") int on_many(struct pt_regs *registers)
{
	return bpf_get_func_ip(registers) == bpf_get_attach_cookie(registers);
}

SEC("kprobe.session/ksys_sync") int on_session(struct pt_regs *registers)
{
	return 0;
}

SEC("uprobe.multi") int on_many_users(struct pt_regs *registers)
{
	return 0;
}

SEC("cgroup/connect_unix") int connects_unix(struct bpf_sock_addr *address)
{
	return 1;
}

char terms[] SEC("license") = "GPL";
