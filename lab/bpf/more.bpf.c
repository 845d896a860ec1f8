// Storages of control groups, a program for light-weight tunnels, and one at the start of another program.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct traffic {
	__u64 bytes;
	__u32 packets;
};

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, struct traffic);
} group_storage SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, struct traffic);
} group_percpu SEC(".maps");

SEC("cgroup_skb/egress") int counts_traffic(struct __sk_buff *packet)
{
	struct traffic *all = bpf_get_local_storage(&group_storage, 0), *here = bpf_get_local_storage(&group_percpu, 0);

	__sync_fetch_and_add(&all->bytes, packet->len);
	here->packets++;
	return 1;
}

SEC("lwt_in") int comes_by_tunnel(struct __sk_buff *packet)
{
	return packet->len > 2000 ? BPF_DROP : BPF_OK;
}

char terms[] SEC("license") = "GPL";
