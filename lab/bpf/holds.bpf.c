// Programs and maps of several kinds, to be held open: runbpf attach keeps them, their links and their BTF.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} by_number SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} per_cpu_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16);
	__type(key, __u64);
	__type(value, __u64);
} recent SEC(".maps");

__u64 calls;

SEC("fentry/ksys_sync") int on_sync(void *context)
{
	__u32 key = 0;
	__u64 *count = bpf_map_lookup_elem(&per_cpu_counts, &key);

	if (count)
		*count += 1;
	calls++;
	return 0;
}

SEC("raw_tracepoint/sys_enter") int on_enter(void *context)
{
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_sync") int on_event(void *context)
{
	return 0;
}

SEC("kprobe/ksys_sync") int on_probe(void *context)
{
	return 0;
}

SEC("iter/task") int on_task(void *context)
{
	return 0;
}

char terms[] SEC("license") = "GPL";
