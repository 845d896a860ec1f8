// bpf-net: processes that hold programs of the network: at interfaces, cgroups, sockets, namespaces; and classic filters.
#include "bpf-people.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int tcp_listens(int port, int reuse)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = GET(socket(AF_INET, SOCK_STREAM, 0)), one = 1;

	if (reuse)
		GET(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)));
	GET(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	GET(listen(fd, 8));
	return fd;
}

static int tcp_connects(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = GET(socket(AF_INET, SOCK_STREAM, 0));

	GET(connect(fd, (struct sockaddr *)&address, sizeof(address)));
	return fd;
}

/* One program and its map have a pin; the extension that replaces a function of another program is in a link, and the link only in a pin. */
static void pins_some(struct bpf_object *net)
{
	struct bpf_object *extension = opens("extends.bpf.o");
	struct bpf_link *link;

	GET(mkdir("/sys/fs/bpf/lab", 0700));
	GET(bpf_obj_pin(program_fd(net, "act"), "/sys/fs/bpf/lab/act"));
	bpf_program__unload(program(net, "act"));
	GET(bpf_obj_pin(map_fd(net, "squares"), "/sys/fs/bpf/lab/squares"));
	if (!extension || bpf_program__set_attach_target(program(extension, "replacement"), program_fd(net, "calls_replaceable"), "replaceable"))
		return;
	GET(bpf_object__load(extension));
	link = LINK(bpf_program__attach_trace(program(extension, "replacement")));
	if (link)
		GET(bpf_link__pin(link, "/sys/fs/bpf/lab/replacement"));
	bpf_link__destroy(link);
	bpf_object__close(extension);
}

static void holds_tc(void)
{
	struct bpf_object *net = loads("tc.bpf.o");

	if (!net)
		exit(1);
	pins_some(net);
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = if_nametoindex("dummy0"), .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, first, .handle = 1, .priority = 1, .prog_fd = program_fd(net, "classify"));
	LIBBPF_OPTS(bpf_tc_opts, second, .handle = 7, .priority = 2, .prog_fd = program_fd(net, "calls_replaceable"));
	LIBBPF_OPTS(bpf_tc_opts, out, .handle = 1, .priority = 1, .prog_fd = program_fd(net, "classify"));
	__u64 value = 0;

	for (__u32 i = 0; i < 5; i++) {
		value = i * i;
		bpf_map_update_elem(map_fd(net, "squares"), &i, &value, 0);
	}
	struct { __u32 lock, owner; __u64 total; } guarded = { .owner = 0x0b, .total = 40 };
	__u32 key = 2;

	GET(bpf_map_update_elem(map_fd(net, "guarded"), &key, &guarded, 0));
	GET(bpf_tc_hook_create(&hook));
	hook.attach_point = BPF_TC_INGRESS;
	GET(bpf_tc_attach(&hook, &first));
	GET(bpf_tc_attach(&hook, &second));
	hook.attach_point = BPF_TC_EGRESS;
	GET(bpf_tc_attach(&hook, &out));
	runs(net, "classify");
	runs(net, "tail_one");
}

/* Keeps only the link: the program has no descriptor any more. */
static void holds_xdp(void)
{
	struct bpf_object *net = loads_only("net.bpf.o", "xdp_");
	struct bpf_link *link;

	GET(bpf_xdp_attach(if_nametoindex("lo"), program_fd(net, "xdp_passes"), XDP_FLAGS_SKB_MODE, NULL));
	link = LINK(bpf_program__attach_xdp(program(net, "xdp_counts"), if_nametoindex("dummy0")));
	if (link)
		GET(dup(bpf_link__fd(link)));
	bpf_object__close(net);
}

static void holds_cgroup(void)
{
	static const struct { const char *name; enum bpf_attach_type type; } direct[] = {
		{ "enters_group", BPF_CGROUP_INET_INGRESS }, { "uses_device", BPF_CGROUP_DEVICE }, { "reads_sysctl", BPF_CGROUP_SYSCTL },
	};
	static const char *const linked[] = { "leaves_group", "creates_socket", "connects", "gets_option", "on_socket", "binds" };
	struct bpf_object *net = loads("cgroup.bpf.o");
	int outer = GET(open("/tmp/cgroup/outer", O_RDONLY)), inner = GET(open("/tmp/cgroup/outer/inner", O_RDONLY));

	for (size_t i = 0; i < sizeof(direct) / sizeof(direct[0]); i++)
		GET(bpf_prog_attach(program_fd(net, direct[i].name), outer, direct[i].type, i ? 0 : BPF_F_ALLOW_MULTI));
	for (size_t i = 0; i < sizeof(linked) / sizeof(linked[0]); i++)
		LINK(bpf_program__attach_cgroup(program(net, linked[i]), inner));
	__u64 value = 0xfeed;
	int fd = GET(socket(AF_INET, SOCK_DGRAM, 0));

	GET(bpf_map_update_elem(map_fd(net, "per_socket"), &fd, &value, BPF_ANY));
}

static void holds_namespace(void)
{
	struct bpf_object *net = loads_only("net.bpf.o", "names_");
	int space = GET(open("/proc/self/ns/net", O_RDONLY));

	LINK(bpf_program__attach_netns(program(net, "names_socket"), space));
	GET(bpf_prog_attach(program_fd(net, "names_fields"), 0, BPF_FLOW_DISSECTOR, 0));
}

/* A connection in a sockmap, whose programs decide. */
static void holds_streams(void)
{
	struct bpf_object *net = loads("streams.bpf.o");
	int map = map_fd(net, "streams"), server = tcp_listens(8001, 0), client = tcp_connects(8001), fd = GET(accept(server, NULL, NULL));
	__u32 key = 1;

	GET(bpf_prog_attach(program_fd(net, "parses"), map, BPF_SK_SKB_STREAM_PARSER, 0));
	GET(bpf_prog_attach(program_fd(net, "decides"), map, BPF_SK_SKB_STREAM_VERDICT, 0));
	GET(bpf_prog_attach(program_fd(net, "on_message"), map, BPF_SK_MSG_VERDICT, 0));
	GET(bpf_map_update_elem(map, &key, &client, BPF_ANY));
	key = 3;
	GET(bpf_map_update_elem(map, &key, &fd, BPF_ANY));
}

static void holds_filter(void)
{
	struct bpf_object *net = loads_only("net.bpf.o", "for_");
	int fd = GET(socket(AF_INET, SOCK_DGRAM, 0)), program = program_fd(net, "for_short"), reuse = tcp_listens(8002, 1);

	GET(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof(program)));
	program = program_fd(net, "for_group");
	GET(setsockopt(reuse, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &program, sizeof(program)));
}

/* Filters in the old language; the kernel translates them. */
static void holds_classic(void)
{
	struct sock_filter first[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0800, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 65535),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter second[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_CPU),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 2),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog filter = { sizeof(first) / sizeof(first[0]), first }, choice = { sizeof(second) / sizeof(second[0]), second };
	int fd = GET(socket(AF_INET, SOCK_DGRAM, 0)), reuse = tcp_listens(8003, 1);

	GET(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)));
	GET(setsockopt(reuse, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &choice, sizeof(choice)));
}

static void filters_calls(__u32 number, __u32 result)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xc000003e, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, result),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };

	GET(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	GET((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &filter));
}

/* Two filters, one upon the other, and a child that inherits them and adds a third. */
static void is_sandboxed(void)
{
	filters_calls(SYS_mount, SECCOMP_RET_ERRNO | EPERM);
	filters_calls(SYS_ptrace, SECCOMP_RET_ERRNO | ENOSYS);
	if (fork() == 0) {
		prctl(PR_SET_NAME, "sandboxed-child");
		filters_calls(SYS_swapon, SECCOMP_RET_TRAP);
		waits();
	}
	usleep(100000);
}

int main(void)
{
	static const struct person people[] = {
		{ "bpf-tc", holds_tc },           { "bpf-xdp", holds_xdp },       { "bpf-cgroup", holds_cgroup },
		{ "bpf-namespace", holds_namespace }, { "bpf-streams", holds_streams }, { "bpf-filter", holds_filter },
		{ "bpf-classic", holds_classic }, { "sandboxed", is_sandboxed },
	};

	libbpf_set_print(prints);
	start(people, sizeof(people) / sizeof(people[0]));
	return 0;
}
