// Programs of tc. `classify` has everything a program can have that is called from others: subprograms,
// static and global, tail calls from the main program and from a subprogram, callbacks, a module's kfunc, variables of all sections.
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct nf_conn {};
struct bpf_ct_opts___lab {
	__s32 netns_id;
	__s32 error;
	__u8 l4proto;
	__u8 dir;
	__u8 reserved[2];
};

extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *, struct bpf_sock_tuple *, __u32, struct bpf_ct_opts___lab *, __u32) __ksym;
extern void bpf_ct_release(struct nf_conn *) __ksym;

int tail_one(struct __sk_buff *packet);
int tail_two(struct __sk_buff *packet);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 8);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} tails SEC(".maps") = { .values = { [1] = (void *)&tail_one, [5] = (void *)&tail_two } };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 5);
	__type(key, __u32);
	__type(value, __u64);
} squares SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

/* A lock and a timer, as programs keep them in values. */
struct guarded {
	struct bpf_spin_lock lock;
	__u32 owner;
	__u64 total;
};

struct timed {
	__u64 fired;
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct guarded);
} guarded SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct timed);
} timed SEC(".maps");

enum verdict { PASS, DROP = 2, LOOK_AGAIN = 7 };

const volatile __u32 seldom_changes = 0x1abe1;
const char motto[] = "quaeritur";
__u64 seen = 3, bytes_seen;
enum verdict last_verdict = LOOK_AGAIN;
static __u32 inner_counter = 17;

static __noinline __u64 weigh(struct __sk_buff *packet, __u64 factor)
{
	__u64 weight = packet->len * factor;

	if (packet->protocol == bpf_htons(0x0800))
		weight += 1000;
	inner_counter++;
	return weight;
}

__noinline int judge(struct __sk_buff *packet, __u32 limit)
{
	if (packet->len > limit) {
		last_verdict = DROP;
		return DROP;
	}
	last_verdict = PASS;
	return PASS;
}

static long adds_square(void *map, __u32 *key, __u64 *value, __u64 *sum)
{
	*sum += *value;
	return *key == 3;
}

static long turns(__u32 turn, __u64 *sum)
{
	*sum += turn;
	return 0;
}

static __noinline int leaves_by_tail(struct __sk_buff *packet)
{
	bpf_tail_call(packet, &tails, 5);
	return TC_ACT_OK;
}

static __noinline int looks_up(struct __sk_buff *packet)
{
	struct bpf_ct_opts___lab options = { .netns_id = -1, .l4proto = 6 };
	struct bpf_sock_tuple tuple = { .ipv4 = { .saddr = bpf_htonl(0x7f000001), .dport = bpf_htons(80) } };
	struct nf_conn *connection = bpf_skb_ct_lookup(packet, &tuple, sizeof(tuple.ipv4), &options, sizeof(options));

	if (connection) {
		bpf_ct_release(connection);
		return 1;
	}
	return options.error;
}

SEC("tc") int classify(struct __sk_buff *packet)
{
	__u32 key = 1;
	__u64 *count = bpf_map_lookup_elem(&packets, &key), sum = 0;

	if (count)
		*count += packet->len;
	seen++;
	bytes_seen += weigh(packet, seldom_changes & 3);
	bpf_for_each_map_elem(&squares, adds_square, &sum, 0);
	bpf_loop(3, turns, &sum, 0);
	if (judge(packet, 1500) == DROP)
		return TC_ACT_SHOT;
	if (looks_up(packet) > 0)
		bpf_printk("%s: %llu", motto, sum);
	if (packet->mark == 99)
		bpf_tail_call(packet, &tails, 1);
	return leaves_by_tail(packet);
}

SEC("tc") int tail_one(struct __sk_buff *packet)
{
	__u32 key = 2;
	struct guarded *value = bpf_map_lookup_elem(&guarded, &key);

	if (value) {
		bpf_spin_lock(&value->lock);
		value->total += packet->len;
		bpf_spin_unlock(&value->lock);
	}
	return TC_ACT_OK;
}

static int on_time(void *map, __u32 *key, struct timed *value)
{
	value->fired++;
	return 0;
}

SEC("tc") int tail_two(struct __sk_buff *packet)
{
	__u32 key = 1;
	struct timed *value = bpf_map_lookup_elem(&timed, &key);

	if (value && bpf_timer_init(&value->timer, &timed, 1 /* CLOCK_MONOTONIC */) == 0) {
		bpf_timer_set_callback(&value->timer, on_time);
		bpf_timer_start(&value->timer, 3600000000000ULL, 0);
	}
	packet->mark = seldom_changes;
	return TC_ACT_OK;
}

SEC("action") int act(struct __sk_buff *packet)
{
	return packet->len < 14 ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

/* To be replaced by extends.bpf.c. */
__noinline int replaceable(struct __sk_buff *packet)
{
	volatile int result = packet->len;

	return result;
}

SEC("tc") int calls_replaceable(struct __sk_buff *packet)
{
	return replaceable(packet) > 64 ? TC_ACT_OK : TC_ACT_UNSPEC;
}

char terms[] SEC("license") = "GPL";
