// The reference case (cilium/ebpf issue #1781, CVE-2026-72423): the options of a conntrack lookup are one byte on the program's
// stack, passed with length 0. The lookup fails, and bpf_skb_ct_lookup() stores the error beyond that byte, over the slot where
// the program's prologue saved its caller's RBP.
#include <linux/types.h>

#define SECTION(name) __attribute__((section(name), used))

// Empty: the kernel's own BTF says what is in them. (Not only declared: libbpf wants the same kind of type on both sides.)
struct __sk_buff {};
struct nf_conn {};
struct bpf_sock_tuple {};
struct bpf_ct_opts {};

extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *, struct bpf_sock_tuple *, __u32, struct bpf_ct_opts *, __u32)
	__attribute__((section(".ksyms")));
extern void bpf_ct_release(struct nf_conn *) __attribute__((section(".ksyms")));

SECTION("tc") int call_kfunc(struct __sk_buff *packet)
{
	char byte[1];
	struct nf_conn *connection = bpf_skb_ct_lookup(packet, (void *)byte, 0, (void *)byte, 0);

	if (connection)
		bpf_ct_release(connection);
	return 1;
}

SECTION("license") char terms[] = "GPL";
