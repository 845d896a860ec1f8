// sockets: processes with sockets of every family and state.
#include "people.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_in v4(const char *address, int port)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, address, &name.sin_addr);
	return name;
}

static struct sockaddr_in6 v6(const char *address, int port)
{
	struct sockaddr_in6 name = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	inet_pton(AF_INET6, address, &name.sin6_addr);
	return name;
}

#define NAME(name) (struct sockaddr *)&(name), sizeof(name)

/* A socket of a family and type that listens at a name. */
static int listens(int family, int type, int protocol, struct sockaddr *name, socklen_t length)
{
	int fd = GET(socket(family, type, protocol)), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	GET(bind(fd, name, length));
	GET(listen(fd, 5));
	return fd;
}

static int connects(int family, int type, int protocol, struct sockaddr *name, socklen_t length)
{
	int fd = GET(socket(family, type, protocol));

	GET(connect(fd, name, length));
	return fd;
}

static void takes_tcp(void)
{
	struct sockaddr_in here = v4("127.0.0.1", 7001), there = v4("127.0.0.3", 0), both = v4("127.0.0.1", 7003);
	struct sockaddr_in6 here6 = v6("::1", 7002), any6 = v6("::", 7003);
	int server = listens(AF_INET, SOCK_STREAM, 0, NAME(here)), client = GET(socket(AF_INET, SOCK_STREAM, 0));

	GET(bind(client, NAME(there)));
	GET(connect(client, NAME(here)));
	GET(accept(server, NULL, NULL));

	/* one that goes through the states of closing: FIN_WAIT2 here, CLOSE_WAIT there */
	client = connects(AF_INET, SOCK_STREAM, 0, NAME(here));
	GET(accept(server, NULL, NULL));
	GET(shutdown(client, SHUT_WR));
	/* one that nobody accepts */
	connects(AF_INET, SOCK_STREAM, 0, NAME(here));

	server = listens(AF_INET6, SOCK_STREAM, 0, NAME(here6));
	connects(AF_INET6, SOCK_STREAM, 0, NAME(here6));
	GET(accept(server, NULL, NULL));
	/* IPv4 within IPv6 */
	server = listens(AF_INET6, SOCK_STREAM, 0, NAME(any6));
	connects(AF_INET, SOCK_STREAM, 0, NAME(both));
	GET(accept(server, NULL, NULL));
	/* neither bound nor connected */
	GET(socket(AF_INET, SOCK_STREAM, 0));
	GET(socket(AF_INET6, SOCK_STREAM, 0));
}

static void takes_mptcp(void)
{
	struct sockaddr_in here = v4("127.0.0.1", 7004);
	int server = listens(AF_INET, SOCK_STREAM, IPPROTO_MPTCP, NAME(here));

	connects(AF_INET, SOCK_STREAM, IPPROTO_MPTCP, NAME(here));
	GET(accept(server, NULL, NULL));
}

static void takes_udp(void)
{
	struct sockaddr_in here = v4("0.0.0.0", 7011), there = v4("127.0.0.1", 7011);
	struct sockaddr_in6 here6 = v6("::1", 7012), there6 = v6("::1", 7012);

	GET(bind(GET(socket(AF_INET, SOCK_DGRAM, 0)), NAME(here)));
	connects(AF_INET, SOCK_DGRAM, 0, NAME(there));
	GET(bind(GET(socket(AF_INET6, SOCK_DGRAM, 0)), NAME(here6)));
	connects(AF_INET6, SOCK_DGRAM, 0, NAME(there6));
	GET(socket(AF_INET, SOCK_DGRAM, 0));
	connects(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE, NAME(there));
}

static void takes_raw(void)
{
	struct sockaddr_ll device = { .sll_family = AF_PACKET, .sll_protocol = htons(3), .sll_ifindex = if_nametoindex("lo") };
	struct sockaddr_in here = v4("127.0.0.1", 0);
	int bound = GET(socket(AF_INET, SOCK_RAW, IPPROTO_UDP));

	GET(bind(bound, NAME(here)));
	GET(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	GET(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));
	GET(socket(AF_INET, SOCK_RAW, IPPROTO_RAW));
	GET(socket(AF_PACKET, SOCK_RAW, htons(3)));
	GET(bind(GET(socket(AF_PACKET, SOCK_DGRAM, htons(3))), NAME(device)));
	GET(socket(AF_XDP, SOCK_RAW, 0));
}

static void takes_netlink(void)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK }, chosen = { .nl_family = AF_NETLINK, .nl_pid = 4711, .nl_groups = 1 };
	struct sockaddr_nl high = { .nl_family = AF_NETLINK, .nl_pid = 4000000000 };

	GET(bind(GET(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)), NAME(any)));
	GET(bind(GET(socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT)), NAME(chosen)));
	GET(bind(GET(socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC)), NAME(high)));
	GET(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
}

static void takes_unix(void)
{
	struct sockaddr_un path = { AF_UNIX, "/tmp/stream.sock" }, abstract = { AF_UNIX, "\0abstract\0zero" };
	struct sockaddr_un mail = { AF_UNIX, "/tmp/mail.sock" }, packets = { AF_UNIX, "/tmp/a name with blanks" };
	struct sockaddr_un gone = { AF_UNIX, "/tmp/gone.sock" }, family = { AF_UNIX };
	struct sockaddr_un longest = { AF_UNIX };
	socklen_t length = 2 + 14;
	int server = listens(AF_UNIX, SOCK_STREAM, 0, NAME(path)), pair[2];

	connects(AF_UNIX, SOCK_STREAM, 0, NAME(path));
	GET(accept(server, NULL, NULL));
	connects(AF_UNIX, SOCK_STREAM, 0, NAME(path));       /* not accepted */
	server = listens(AF_UNIX, SOCK_STREAM, 0, (struct sockaddr *)&abstract, length);
	connects(AF_UNIX, SOCK_STREAM, 0, (struct sockaddr *)&abstract, length);
	GET(accept(server, NULL, NULL));
	GET(bind(GET(socket(AF_UNIX, SOCK_DGRAM, 0)), NAME(mail)));
	connects(AF_UNIX, SOCK_DGRAM, 0, NAME(mail));
	server = listens(AF_UNIX, SOCK_SEQPACKET, 0, NAME(packets));
	connects(AF_UNIX, SOCK_SEQPACKET, 0, NAME(packets));
	GET(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	GET(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	close(pair[1]);                                       /* its peer has gone */
	GET(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	close(pair[0]);
	GET(bind(GET(socket(AF_UNIX, SOCK_DGRAM, 0)), NAME(gone)));
	unlink(gone.sun_path);
	GET(bind(GET(socket(AF_UNIX, SOCK_DGRAM, 0)), (struct sockaddr *)&family, 2)); /* a name of the kernel's choice */
	memset(longest.sun_path, 'l', sizeof(longest.sun_path));
	memcpy(longest.sun_path, "/tmp/", 5);
	GET(bind(GET(socket(AF_UNIX, SOCK_DGRAM, 0)), NAME(longest)));
	GET(socket(AF_UNIX, SOCK_STREAM, 0));
}

static void takes_other_network(void)
{
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct sockaddr_in here = v4("127.0.0.1", 7001);
	int server;

	GET(unshare(CLONE_NEWNET));
	server = GET(socket(AF_INET, SOCK_DGRAM, 0));
	GET(ioctl(server, SIOCSIFFLAGS, &loopback));
	server = listens(AF_INET, SOCK_STREAM, 0, NAME(here));
	connects(AF_INET, SOCK_STREAM, 0, NAME(here));
	GET(accept(server, NULL, NULL));
	GET(open("/proc/self/ns/net", O_RDONLY));
}

int main(void)
{
	static const struct person people[] = {
		{ "tcp", takes_tcp },         { "mptcp", takes_mptcp }, { "udp", takes_udp },           { "raw", takes_raw },
		{ "netlink", takes_netlink }, { "unix", takes_unix },   { "network", takes_other_network },
	};

	start(people, sizeof(people) / sizeof(people[0]));
	return 0;
}
