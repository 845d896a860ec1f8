// first → a subprogram → tail call to second → bpf_for_each_map_elem → each (a callback) → leaf (a subprogram) → a helper with the
// module's kprobe.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int second(struct __sk_buff *packet);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} programs SEC(".maps") = { .values = { (void *)&second } };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

static __noinline int goes_on(struct __sk_buff *packet)
{
	bpf_tail_call(packet, &programs, 0);
	return 1;
}

SEC("tc") int first(struct __sk_buff *packet)
{
	return goes_on(packet) + 1;
}

static __noinline __u64 leaf(__u64 number)
{
	return bpf_ktime_get_boot_ns() + number;
}

static long each(void *map, __u32 *key, __u64 *value, __u64 *sum)
{
	*sum += leaf(*value);
	return 0;
}

SEC("tc") int second(struct __sk_buff *packet)
{
	__u64 sum = packet->len;

	bpf_for_each_map_elem(&numbers, each, &sum, 0);
	return (int)sum;
}

char terms[] SEC("license") = "GPL";
