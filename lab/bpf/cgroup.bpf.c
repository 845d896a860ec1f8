// Programs of cgroups.
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct socket;
struct sockaddr;

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} per_socket SEC(".maps");

__u64 listeners;

SEC("cgroup_skb/egress") int leaves_group(struct __sk_buff *packet)
{
	struct bpf_sock *socket = packet->sk;
	__u64 *value;

	if (!socket)
		return 1;
	socket = bpf_sk_fullsock(socket);
	if (!socket)
		return 1;
	value = bpf_sk_storage_get(&per_socket, socket, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (value)
		__sync_fetch_and_add(value, packet->len);
	return 1;
}

SEC("cgroup_skb/ingress") int enters_group(struct __sk_buff *packet)
{
	return 1;
}

SEC("cgroup/sock_create") int creates_socket(struct bpf_sock *socket)
{
	return socket->protocol != 253;
}

SEC("cgroup/connect4") int connects(struct bpf_sock_addr *address)
{
	return address->user_port != bpf_htons(9);
}

SEC("lsm_cgroup/socket_bind") int BPF_PROG(binds, struct socket *socket, struct sockaddr *address, int length)
{
	return 1;
}

SEC("cgroup/dev") int uses_device(struct bpf_cgroup_dev_ctx *device)
{
	return !(device->major == 240 && device->minor == 1);
}

SEC("cgroup/sysctl") int reads_sysctl(struct bpf_sysctl *sysctl)
{
	return sysctl->file_pos < 4096;
}

SEC("cgroup/getsockopt") int gets_option(struct bpf_sockopt *option)
{
	if (option->level == 0xbad)
		option->retval = 0;
	return 1;
}

SEC("sockops") int on_socket(struct bpf_sock_ops *operation)
{
	if (operation->op == BPF_SOCK_OPS_TCP_LISTEN_CB)
		listeners++;
	return 1;
}

char terms[] SEC("license") = "GPL";
