// bpf-maps: fills maps of every kind with known values, and holds them. `bpf-maps small` leaves out what takes much room.
#include "bpf-people.h"

#include <arpa/inet.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static struct bpf_object *maps;
static int is_small;

enum { CPUS = 64 };

static void puts_in(const char *map, const void *key, const void *value)
{
	int fd = map_fd(maps, map);

	if (fd >= 0 && bpf_map_update_elem(fd, key, value, BPF_ANY) < 0)
		printf("LAB: not had: an element of %s: %m\n", map);
}

struct point {
	short x;
	short y;
};

struct shape_key {
	__u32 id;
	int colour;
};

struct shape {
	struct point corners[3];
	char name[12];
	__u32 visible : 1;
	__u32 layer : 5;
	__s32 delta : 6;
	_Bool filled;
	__u64 area;
	struct {
		__s8 tiny;
		double unused_double;
	} inner;
	const char *label;
};

static void fills_arrays(void)
{
	__u64 points[CPUS] = { 0 };
	struct point point;
	__u64 word;
	void *memory;

	for (__u32 i = 0; i < 6; i++) {
		point = (struct point){ i, -i * 100 };
		puts_in("m_array", &i, &point);
	}
	for (__u32 i = 0; i < 3; i++) {
		char odd[13] = "odd-sized   ";

		odd[10] = '0' + i;
		puts_in("m_array_odd", &i, odd);
		for (int cpu = 0; cpu < CPUS; cpu++) {
			point = (struct point){ i * 10, cpu + 1 };
			memcpy(&points[cpu], &point, sizeof(point));
		}
		puts_in("m_percpu_array", &i, points);
	}
	for (__u32 i = 0; i < 10; i++) {
		word = 0x1111111111111111 * i;
		puts_in("m_array_mmap", &i, &word);
	}
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd(maps, "m_array_mmap"), 0);
	if (memory != MAP_FAILED)
		((__u64 *)memory)[9] = 0xabcdef;
}

static void fills_hashes(void)
{
	__u64 word, words[CPUS];
	int big = is_small ? 100 : 4000;

	for (int i = 0; i < 3; i++) {
		static const int colours[] = { 0, 5, 0x7fffffff };
		struct shape_key key = { 100 + i, colours[i] };
		struct shape shape = { { { i, 1 }, { 2, 3 }, { 4, -5 } }, "triangle", i & 1, 10 + i, -3 - i, i == 2, 0x100000002 * (i + 1), { -7, 0.5 }, "" };

		shape.label = (const char *)0x1234;
		puts_in("m_hash", &key, &shape);
	}
	for (__u64 i = 1; i <= 5; i++) {
		__u64 key = i << 40 | i;
		__u32 value = i * 1000;

		puts_in("m_hash_lazy", &key, &value);
	}
	for (__u32 i = 0; i < (__u32)big; i++) {
		__u32 key = i * 2654435761U;

		word = i;
		puts_in("m_hash_big", &key, &word);
	}
	puts_in("m_hash_strings", "one\0\0\0\0\0", "eins");
	puts_in("m_hash_strings", "thirteen", "drei");
	for (__u32 i = 0; i < 12; i++) {
		word = i + 0x100;
		puts_in("m_lru_hash", &i, &word);
		puts_in("m_lru_own", &i, &word);
	}
	for (__u32 i = 3; i < 6; i++) {
		for (int cpu = 0; cpu < CPUS; cpu++)
			words[cpu] = i * 0x10001 + cpu;
		puts_in("m_percpu_hash", &i, words);
		puts_in("m_percpu_lazy", &i, words);
		puts_in("m_lru_percpu_hash", &i, words);
	}
}

static void fills_others(void)
{
	static const struct { __u32 length; __u8 address[4]; } prefixes[] = {
		{ 0, { 0 } }, { 8, { 10 } }, { 16, { 10, 1 } }, { 24, { 10, 1, 2 } }, { 32, { 10, 1, 2, 3 } }, { 12, { 172, 16 } }, { 31, { 192, 168, 0, 4 } },
	};

	for (__u32 i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		puts_in("m_lpm_trie", &prefixes[i], &i);
	for (__u64 i = 1; i <= 4; i++) {
		__u64 value = i * 0x0101;

		puts_in("m_queue", NULL, &value);
		puts_in("m_stack", NULL, &value);
		puts_in("m_bloom", NULL, &value);
	}
	__u64 gone;

	/* so that the queue starts in the middle, and goes round */
	GET(bpf_map_lookup_and_delete_elem(map_fd(maps, "m_queue"), NULL, &gone));
	GET(bpf_map_lookup_and_delete_elem(map_fd(maps, "m_queue"), NULL, &gone));
	puts_in("m_queue", NULL, &(__u64){ 0x77 });
	puts_in("m_queue", NULL, &(__u64){ 0x88 });
	GET(bpf_map_lookup_and_delete_elem(map_fd(maps, "m_stack"), NULL, &gone));
	int inner = map_fd(maps, "inner_one");

	puts_in("inner_one", &(__u32){ 1 }, &(__u32){ 0x1001 });
	puts_in("inner_two", &(__u32){ 0 }, &(__u32){ 0x2000 });
	puts_in("m_hash_of_maps", &(__u64){ 42 }, &inner);
	inner = map_fd(maps, "inner_two");
	puts_in("m_hash_of_maps", &(__u64){ 43 }, &inner);
}

static int listens(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = GET(socket(AF_INET, SOCK_STREAM, 0)), one = 1;

	GET(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)));
	GET(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	GET(listen(fd, 8));
	return fd;
}

static void fills_references(void)
{
	struct perf_event_attr clock = { .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_BPF_OUTPUT, .size = sizeof(clock), .sample_type = PERF_SAMPLE_RAW };
	struct bpf_devmap_val device = { .ifindex = if_nametoindex("lo"), .bpf_prog.fd = -1 };
	struct bpf_cpumap_val cpu = { .qsize = 32, .bpf_prog.fd = -1 };
	struct point point = { 21, -22 };
	int fd, socket_fd = listens(8010);

	clock.sample_period = 1;
	puts_in("m_devmap", &(__u32){ 1 }, &device);
	puts_in("m_devmap_hash", &(__u32){ 77 }, &device);
	device.ifindex = if_nametoindex("dummy0");
	puts_in("m_devmap", &(__u32){ 3 }, &device);
	puts_in("m_devmap_hash", &(__u32){ 78 }, &device);
	puts_in("m_cpumap", &(__u32){ 1 }, &cpu);
	fd = GET((int)syscall(SYS_perf_event_open, &clock, -1, 0, -1, 0));
	puts_in("m_perf", &(__u32){ 0 }, &fd);
	fd = GET(open("/tmp/cgroup/outer", O_RDONLY));
	puts_in("m_cgroups", &(__u32){ 2 }, &fd);
	puts_in("m_sockmap", &(__u32){ 1 }, &(__u64){ socket_fd });
	puts_in("m_sockhash", &(__u32){ 0x50c }, &(__u64){ socket_fd });
	puts_in("m_sockarray", &(__u32){ 2 }, &(__u64){ listens(8011) });
	puts_in("m_sk_storage", &socket_fd, &point);
	fd = GET((int)syscall(SYS_pidfd_open, getpid(), 0));
	point.x++;
	puts_in("m_task_storage", &fd, &point);
	fd = GET(open("/tmp/cgroup/outer", O_RDONLY));
	point.x++;
	puts_in("m_inode_storage", &fd, &point);
}

/* Half of what was written is consumed, as a reader does: the consumer's position is in a page that user space may write. */
static void fills_ringbuf(void)
{
	int fd = map_fd(maps, "m_ringbuf");
	__u64 *consumer = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	runs(maps, "writes_records");
	if (consumer != MAP_FAILED)
		*consumer = 3 * 32;
	/* a record that the program that reads them would find */
	fd = map_fd(maps, "m_user_ringbuf");
	struct user_ring_buffer *ring = fd >= 0 ? user_ring_buffer__new(fd, NULL) : NULL;
	__u64 *record = ring ? user_ring_buffer__reserve(ring, 16) : NULL;

	if (record) {
		record[0] = 0xc0ffee;
		record[1] = 2;
		user_ring_buffer__submit(ring, record);
	}
}

static void holds_maps(void)
{
	fills_arrays();
	fills_hashes();
	fills_others();
	fills_references();
	fills_ringbuf();
}

int main(int argc, char **argv)
{
	static const struct person people[] = { { "bpf-maps", holds_maps } };

	is_small = argc > 1 && strcmp(argv[1], "small") == 0;
	libbpf_set_print(prints);
	setvbuf(stdout, NULL, _IONBF, 0);
	maps = opens("maps.bpf.o");
	if (is_small)
		bpf_map__set_max_entries(bpf_object__find_map_by_name(maps, "m_hash_big"), 128);
	if (!maps || GET(bpf_object__load(maps)) < 0)
		return 1;
	start(people, 1);
	return 0;
}
