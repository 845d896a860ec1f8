// A program at the end of another program.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

__u64 followed;

SEC("fexit/xdp_counts") int BPF_PROG(after_program, struct xdp_md *packet, int result)
{
	if (result == XDP_DROP)
		followed++;
	return 0;
}

char terms[] SEC("license") = "GPL";
