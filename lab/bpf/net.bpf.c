// Programs at devices, sockets and network namespaces.
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

static __noinline __u32 checksum(void *data, void *end)
{
	__u8 *bytes = data;
	__u32 sum = 0;

	if ((void *)(bytes + 14) > end)
		return 0;
	for (int i = 0; i < 14; i++)
		sum += bytes[i];
	return sum;
}

SEC("xdp") int xdp_counts(struct xdp_md *packet)
{
	void *data = (void *)(long)packet->data, *end = (void *)(long)packet->data_end;

	return checksum(data, end) == 0xffff ? XDP_DROP : XDP_PASS;
}

SEC("xdp") int xdp_passes(struct xdp_md *packet)
{
	return packet->ingress_ifindex == 77 ? XDP_ABORTED : XDP_PASS;
}

SEC("socket") int for_short(struct __sk_buff *packet)
{
	return packet->len > 100 ? 0 : packet->len;
}

SEC("flow_dissector") int names_fields(struct __sk_buff *packet)
{
	struct bpf_flow_keys *keys = packet->flow_keys;

	keys->n_proto = bpf_htons(0x88b5);
	return 0;
}

SEC("sk_lookup") int names_socket(struct bpf_sk_lookup *lookup)
{
	return lookup->local_port == 7 ? SK_DROP : SK_PASS;
}

SEC("sk_reuseport") int for_group(struct sk_reuseport_md *packet)
{
	return packet->hash & 1 ? SK_PASS : SK_DROP;
}

char terms[] SEC("license") = "GPL";
