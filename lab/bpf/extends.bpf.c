// An extension: takes the place of the function `replaceable` of net.bpf.c.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u32 replaced = 12;

SEC("freplace/replaceable") int replacement(struct __sk_buff *packet)
{
	replaced++;
	if (packet->len > 9000)
		return 9000;
	return packet->len + 1;
}

char terms[] SEC("license") = "GPL";
