// Maps of every kind; guest/bpf-maps.c fills them.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum colour { RED, GREEN = 5, BLUE = 0x7fffffff };

struct point {
	short x;
	short y;
};

struct shape_key {
	__u32 id;
	enum colour colour;
};

struct shape {
	struct point corners[3];
	char name[12];
	__u32 visible : 1;
	__u32 layer : 5;
	__s32 delta : 6;
	_Bool filled;
	union {
		__u64 area;
		__u32 halves[2];
	};
	struct {
		__s8 tiny;
		double unused_double;
	} inner;
	const char *label;
};

#define MAP(name, kind, flags, entries, key_type, value_type)                                                                            \
	struct {                                                                                                                         \
		__uint(type, BPF_MAP_TYPE_##kind);                                                                                       \
		__uint(map_flags, flags);                                                                                                \
		__uint(max_entries, entries);                                                                                            \
		__type(key, key_type);                                                                                                   \
		__type(value, value_type);                                                                                               \
	} name SEC(".maps")
/* Kinds that want no types, only sizes. */
#define MAP_OF_SIZES(name, kind, entries, its_key_size, its_value_size)                                                                  \
	struct {                                                                                                                         \
		__uint(type, BPF_MAP_TYPE_##kind);                                                                                       \
		__uint(max_entries, entries);                                                                                            \
		__uint(key_size, its_key_size);                                                                                          \
		__uint(value_size, its_value_size);                                                                                      \
	} name SEC(".maps")

struct prefix {
	__u32 length;
	__u8 address[4];
};

MAP(m_array, ARRAY, 0, 6, __u32, struct point);
MAP(m_array_mmap, ARRAY, BPF_F_MMAPABLE, 10, __u32, __u64);
MAP(m_array_odd, ARRAY, 0, 3, __u32, char[13]);
MAP(m_percpu_array, PERCPU_ARRAY, 0, 3, __u32, struct point);
MAP(m_hash, HASH, 0, 16, struct shape_key, struct shape);
MAP(m_hash_lazy, HASH, BPF_F_NO_PREALLOC, 16, __u64, __u32);
MAP(m_hash_big, HASH, 0, 4096, __u32, __u64);
MAP(m_hash_empty, HASH, 0, 8, __u32, __u32);
MAP(m_hash_strings, HASH, BPF_F_NO_PREALLOC, 8, char[9], char[5]);
MAP(m_lru_hash, LRU_HASH, 0, 8, __u32, __u64);
MAP(m_lru_own, LRU_HASH, BPF_F_NO_COMMON_LRU, 16, __u32, __u64);
MAP(m_percpu_hash, PERCPU_HASH, 0, 8, __u32, __u32);
MAP(m_percpu_lazy, PERCPU_HASH, BPF_F_NO_PREALLOC, 8, __u32, struct point);
MAP(m_lru_percpu_hash, LRU_PERCPU_HASH, 0, 8, __u32, __u64);
MAP(m_lpm_trie, LPM_TRIE, BPF_F_NO_PREALLOC, 16, struct prefix, __u32);
MAP(m_devmap, DEVMAP, 0, 4, __u32, struct bpf_devmap_val);
MAP(m_devmap_hash, DEVMAP_HASH, 0, 4, __u32, struct bpf_devmap_val);
MAP(m_cpumap, CPUMAP, 0, 2, __u32, struct bpf_cpumap_val);
MAP(m_xskmap, XSKMAP, 0, 2, __u32, __u32);
MAP(m_sockmap, SOCKMAP, 0, 4, __u32, __u64);
MAP(m_sockhash, SOCKHASH, 0, 4, __u32, __u64);
MAP(m_sockarray, REUSEPORT_SOCKARRAY, 0, 4, __u32, __u64);
MAP(m_sk_storage, SK_STORAGE, BPF_F_NO_PREALLOC, 0, int, struct point);
MAP(m_task_storage, TASK_STORAGE, BPF_F_NO_PREALLOC, 0, int, struct point);
MAP(m_inode_storage, INODE_STORAGE, BPF_F_NO_PREALLOC, 0, int, struct point);
MAP_OF_SIZES(m_queue, QUEUE, 5, 0, 8);
MAP_OF_SIZES(m_stack, STACK, 5, 0, 8);
MAP_OF_SIZES(m_queue_empty, QUEUE, 5, 0, 4);
MAP_OF_SIZES(m_bloom, BLOOM_FILTER, 64, 0, 8);
MAP_OF_SIZES(m_perf, PERF_EVENT_ARRAY, 4, 4, 4);
MAP_OF_SIZES(m_cgroups, CGROUP_ARRAY, 3, 4, 4);
MAP_OF_SIZES(m_ringbuf, RINGBUF, 8192, 0, 0);
MAP_OF_SIZES(m_user_ringbuf, USER_RINGBUF, 4096, 0, 0);

struct inner_array {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} inner_one SEC(".maps"), inner_two SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, __u32);
	__array(values, struct inner_array);
} m_array_of_maps SEC(".maps") = { .values = { [0] = &inner_one, [2] = &inner_two } };

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u64);
	__array(values, struct inner_array);
} m_hash_of_maps SEC(".maps");

struct record {
	__u32 number;
	char text[20];
};

/* Writes records, of which every fourth is discarded, and one too long for what is left. */
static long writes(__u32 turn, void *unused)
{
	struct record *record = bpf_ringbuf_reserve(&m_ringbuf, sizeof(*record), 0);

	if (!record)
		return 1;
	record->number = turn;
	__builtin_memcpy(record->text, "record of the lab..", 20);
	if (turn % 4 == 3)
		bpf_ringbuf_discard(record, 0);
	else
		bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("tc") int writes_records(struct __sk_buff *unused)
{
	__u64 value = 0x5eed;

	bpf_loop(10, writes, NULL, 0);
	bpf_map_push_elem(&m_queue, &value, 0);
	return 0;
}

char terms[] SEC("license") = "GPL";
