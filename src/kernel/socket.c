// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/socket.h"

#include "kernel/internal.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

enum {
	UNIX_ADDRESS_MAX = 111, /* sockaddr_un, and the zero that the kernel adds: unix_mkname() */
	UNIX_CONNECTED = 1,
	UNIX_LISTENING = 10,
	PROTOCOL_MPTCP = 262, /* IPPROTO_MPTCP, 5.6: has TCP's states */
	TCP_TIME_WAIT = 6,
	TCP_NEW_SYN_RECV = 12,
};

struct number_name {
	unsigned number;
	const char *name;
};

static const struct number_name families[] = {
	{ AF_UNIX, "UNIX" },     { AF_INET, "INET" },       { AF_INET6, "INET6" },         { AF_NETLINK, "NETLINK" },
	{ AF_PACKET, "PACKET" }, { AF_KEY, "KEY" },         { AF_BLUETOOTH, "BLUETOOTH" }, { AF_ALG, "ALG" },
	{ AF_VSOCK, "VSOCK" },   { AF_XDP, "XDP" },         { AF_TIPC, "TIPC" },           { AF_CAN, "CAN" },
	{ AF_RDS, "RDS" },       { AF_QIPCRTR, "QIPCRTR" }, { AF_PPPOX, "PPPOX" },         { AF_KCM, "KCM" },
};

static const struct number_name types[] = {
	{ SOCK_STREAM, "STREAM" },       { SOCK_DGRAM, "DGRAM" }, { SOCK_RAW, "RAW" },       { SOCK_RDM, "RDM" },
	{ SOCK_SEQPACKET, "SEQPACKET" }, { SOCK_DCCP, "DCCP" },   { SOCK_PACKET, "PACKET" },
};

static void name_number(const struct number_name *names, size_t count, uint64_t number, char *buffer, size_t size)
{
	snprintf(buffer, size, "%lu", number);
	for (size_t i = 0; i < count; i++) {
		if (names[i].number == number)
			snprintf(buffer, size, "%s", names[i].name);
	}
}

/* enum tcp states from 1 on; enum socket_state from 0 on. */
static const char *const tcp_states[] = { "?",         "ESTABLISHED", "SYN_SENT",    "SYN_RECV",   "FIN_WAIT1",
					  "FIN_WAIT2", "TIME_WAIT",   "CLOSE",       "CLOSE_WAIT", "LAST_ACK",
					  "LISTEN",    "CLOSING",     "NEW_SYN_RECV" };
static const char *const socket_states[] = { "FREE", "UNCONNECTED", "CONNECTING", "CONNECTED", "DISCONNECTING" };

/* An address and its port, as crash's net writes them. */
static struct iq_error *endpoint(struct iq_kernel *k, uint64_t sock, bool v6, bool local, char *buffer, size_t size)
{
	const char *path = local ? v6 ? "__sk_common.skc_v6_rcv_saddr" : "__sk_common.skc_rcv_saddr"
			   : v6  ? "__sk_common.skc_v6_daddr"
				 : "__sk_common.skc_daddr";
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];
	uint64_t place, port;
	IQ_TRY(iq_k_get(k, sock, "sock", local ? "__sk_common.skc_num" : "__sk_common.skc_dport", &port));
	IQ_TRY(iq_member_address(k->types, sock, "sock", path, &place));
	IQ_TRY(iq_error_prefix(iq_read(k->target, place, address, v6 ? 16 : 4), "sock at %#lx, member %s", sock, path));
	if (!inet_ntop(v6 ? AF_INET6 : AF_INET, address, text, sizeof(text)))
		strcpy(text, "?");
	if (!local) /* in the network's order */
		port = ntohs((uint16_t)port);
	snprintf(buffer, size, "%s-%lu", text, port);
	return NULL;
}

static struct iq_error *unix_name(struct iq_kernel *k, uint64_t sock, char *buffer, size_t size)
{
	uint64_t address, length, place;
	char name[UNIX_ADDRESS_MAX + 1];
	IQ_TRY(iq_k_get(k, sock, "unix_sock", "addr", &address));
	if (!address)
		return NULL;
	IQ_TRY(iq_k_get(k, address, "unix_address", "len", &length));
	IQ_TRY(iq_member_address(k->types, address, "unix_address", "name", &place));
	if (length > UNIX_ADDRESS_MAX)
		return iq_error_new(IQ_ERROR_FORMAT, "unix_address at %#lx has %lu bytes", address, length);
	if (length <= 2) /* sun_family alone */
		return NULL;
	length -= 2;
	IQ_TRY(iq_error_prefix(iq_read(k->target, place + 2, name, length), "unix_address at %#lx", address));
	name[length] = '\0';
	bool abstract = !name[0];
	/* An abstract name is all of these bytes; /proc/net/unix, too, has @ for a zero among them. */
	for (uint64_t i = 0; abstract && i < length; i++) {
		if (!name[i])
			name[i] = '@';
	}
	snprintf(buffer, size, "%s", name);
	return NULL;
}

/* What files calls the socket that a struct sock belongs to; nothing when it was closed. */
static struct iq_error *socket_name(struct iq_kernel *k, uint64_t sock, char *buffer, size_t size)
{
	uint64_t socket, number;
	IQ_TRY(iq_k_get(k, sock, "sock", "sk_socket", &socket));
	if (!socket)
		return NULL;
	IQ_TRY(iq_container_of(k->types, socket, "socket_alloc", "socket", &socket));
	IQ_TRY(iq_k_get(k, socket, "socket_alloc", "vfs_inode.i_ino", &number));
	snprintf(buffer, size, "socket:[%lu]", number);
	return NULL;
}

/* Few ends of unix sockets have a name: the peer is at least told by its inode's number. */
static struct iq_error *unix_names(struct iq_kernel *k, struct iq_socket *out)
{
	uint64_t peer;
	IQ_TRY(unix_name(k, out->sock, out->local, sizeof(out->local)));
	IQ_TRY(iq_k_get(k, out->sock, "unix_sock", "peer", &peer));
	if (!peer)
		return NULL;
	IQ_TRY(unix_name(k, peer, out->peer, sizeof(out->peer)));
	return *out->peer ? NULL : socket_name(k, peer, out->peer, sizeof(out->peer));
}

static struct iq_error *netlink_port(struct iq_kernel *k, struct iq_socket *out)
{
	uint64_t port;
	IQ_TRY(iq_k_get(k, out->sock, "netlink_sock", "portid", &port));
	snprintf(out->local, sizeof(out->local), "%lu", port);
	return NULL;
}

/* Only a struct sock_common: struct inet_timewait_sock, struct request_sock. */
static bool is_small(uint64_t family, uint64_t state)
{
	return (family == AF_INET || family == AF_INET6) && (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV);
}

static struct iq_error *read_sock(struct iq_kernel *k, struct iq_socket *out)
{
	uint64_t family, state, protocol;
	IQ_TRY(iq_k_get(k, out->sock, "sock", "__sk_common.skc_family", &family));
	name_number(families, IQ_ARRAY_SIZE(families), family, out->family, sizeof(out->family));
	IQ_TRY(iq_k_get(k, out->sock, "sock", "__sk_common.skc_state", &state));
	bool inet = family == AF_INET || family == AF_INET6;
	if (is_small(family, state))
		protocol = IPPROTO_TCP;
	else
		IQ_TRY(iq_k_get(k, out->sock, "sock", "sk_protocol", &protocol));
	out->protocol = (uint32_t)protocol;
	if (inet && (protocol == IPPROTO_TCP || protocol == PROTOCOL_MPTCP) && state &&
	    state < IQ_ARRAY_SIZE(tcp_states))
		out->state = tcp_states[state];
	/* Unix sockets use two of TCP's states for themselves; newer kernels don't keep the socket's own. */
	if (family == AF_UNIX && (state == UNIX_CONNECTED || state == UNIX_LISTENING))
		out->state = state == UNIX_CONNECTED ? "CONNECTED" : "LISTEN";
	if (family == AF_UNIX)
		return unix_names(k, out);
	if (family == AF_NETLINK)
		return netlink_port(k, out);
	if (!inet)
		return NULL;
	IQ_TRY(endpoint(k, out->sock, family == AF_INET6, true, out->local, sizeof(out->local)));
	return endpoint(k, out->sock, family == AF_INET6, false, out->peer, sizeof(out->peer));
}

struct iq_error *iq_socket_read(struct iq_kernel *kernel, uint64_t address, struct iq_socket *out)
{
	uint64_t type, state;
	*out = (struct iq_socket){ .address = address, .family = "?", .type = "?", .state = "?" };
	IQ_TRY(iq_k_get(kernel, address, "socket", "type", &type));
	name_number(types, IQ_ARRAY_SIZE(types), type, out->type, sizeof(out->type));
	IQ_TRY(iq_k_get(kernel, address, "socket", "state", &state));
	if (state < IQ_ARRAY_SIZE(socket_states))
		out->state = socket_states[state];
	IQ_TRY(iq_k_get(kernel, address, "socket", "sk", &out->sock));
	return out->sock ? read_sock(kernel, out) : NULL;
}

struct iq_error *iq_sock_read(struct iq_kernel *kernel, uint64_t sock, struct iq_socket *out)
{
	uint64_t family, state, type, socket;
	*out = (struct iq_socket){ .sock = sock, .family = "?", .type = "?", .state = "?" };
	IQ_TRY(iq_k_get(kernel, sock, "sock", "__sk_common.skc_family", &family));
	IQ_TRY(iq_k_get(kernel, sock, "sock", "__sk_common.skc_state", &state));
	if (is_small(family, state))
		return read_sock(kernel, out);
	IQ_TRY(iq_k_get(kernel, sock, "sock", "sk_socket", &socket));
	struct iq_error *error = socket ? iq_socket_read(kernel, socket, out) : NULL;
	if (!error && socket && out->sock == sock)
		return NULL;
	/* The struct sock says as much itself, but for the state of a socket without TCP's. */
	iq_error_free(error);
	*out = (struct iq_socket){ .address = socket, .sock = sock, .family = "?", .type = "?", .state = "?" };
	IQ_TRY(iq_k_get(kernel, sock, "sock", "sk_type", &type));
	name_number(types, IQ_ARRAY_SIZE(types), type, out->type, sizeof(out->type));
	return read_sock(kernel, out);
}
