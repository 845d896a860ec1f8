// A congestion control of TCP's, by struct_ops, attached by a link: it calls kernel functions of vmlinux.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct sock {};
struct tcp_sock {
	__u32 snd_cwnd;
} __attribute__((preserve_access_index));

struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
};

extern void tcp_reno_cong_avoid(struct sock *sk, __u32 ack, __u32 acked) __ksym;

SEC("struct_ops/linked_ssthresh") __u32 BPF_PROG(linked_ssthresh, struct sock *sk)
{
	return 5;
}

SEC("struct_ops/linked_avoid") void BPF_PROG(linked_avoid, struct sock *sk, __u32 ack, __u32 acked)
{
	tcp_reno_cong_avoid(sk, ack, acked);
}

SEC("struct_ops/linked_undo") __u32 BPF_PROG(linked_undo, struct sock *sk)
{
	return ((struct tcp_sock *)sk)->snd_cwnd;
}

SEC(".struct_ops.link") struct tcp_congestion_ops lab_linked = {
	.ssthresh = (void *)linked_ssthresh,
	.cong_avoid = (void *)linked_avoid,
	.undo_cwnd = (void *)linked_undo,
	.name = "lab_linked",
};

char terms[] SEC("license") = "GPL";
