// A sockmap and the programs that decide about what comes through its sockets.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} streams SEC(".maps");

SEC("sk_skb/stream_parser") int parses(struct __sk_buff *packet)
{
	return packet->len;
}

SEC("sk_skb/stream_verdict") int decides(struct __sk_buff *packet)
{
	return packet->len > 4000 ? SK_DROP : SK_PASS;
}

SEC("sk_msg") int on_message(struct sk_msg_md *message)
{
	return message->size > 5000 ? SK_DROP : SK_PASS;
}

char terms[] SEC("license") = "GPL";
