// What the third instruction set has (clang -mcpu=v3): 32-bit arithmetic and jumps, atomics that fetch, byte order.
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

__u64 counter = 100, exchanged = 1, compared = 5;
__u32 narrow = 7, narrow_exchanged = 8, narrow_compared = 9;

static __noinline __u64 counts(__u64 amount)
{
	__u64 before = __sync_fetch_and_add(&counter, amount);

	before |= __sync_fetch_and_or(&counter, 0x10);
	before ^= __sync_fetch_and_and(&counter, ~0x20UL);
	before += __sync_fetch_and_xor(&counter, 0x3);
	__sync_fetch_and_add(&exchanged, 2);
	return before;
}

static __noinline __u32 counts_narrow(__u32 amount)
{
	__u32 before = __sync_fetch_and_add(&narrow, amount);

	before |= __sync_fetch_and_or(&narrow, 0x10);
	before += __sync_lock_test_and_set(&narrow_exchanged, amount);
	before += __sync_val_compare_and_swap(&narrow_compared, 9, 10);
	return before;
}

static __noinline int compares(__s32 left, __u32 right)
{
	int result = 0;

	if (left < -5)
		result |= 1;
	if (right > 77)
		result |= 2;
	if (left >= (__s32)right)
		result |= 4;
	if (right & 0x100)
		result |= 8;
	return result;
}

SEC("tc") int old_opcodes(struct __sk_buff *packet)
{
	__u64 sum = counts(packet->len) + counts_narrow(packet->len);

	sum += __sync_lock_test_and_set(&exchanged, sum);
	sum += __sync_val_compare_and_swap(&compared, 5, 6);
	sum ^= bpf_htonl(packet->len) + bpf_cpu_to_be64(sum) + bpf_htons(packet->mark);
	sum = (sum / 3) % 1000 + ((__s64)sum >> 5) + ((__s32)packet->len >> 2) - (packet->hash << 3);
	return compares(packet->len, packet->mark) + (sum & 1);
}

char terms[] SEC("license") = "GPL";
