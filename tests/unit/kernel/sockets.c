// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets in structs laid out by hand. */
#include "../cmocka_setup.h"

#include "objects.h"

#include "arch/x86_64.h"
#include "kernel/internal.h"
#include "kernel/socket.h"

#include <netinet/in.h>

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

enum { SOCKET = 0x100, SOCK = 0x200, ADDRESS = 0x300, PEER = 0x400, PEER_ALLOC = 0x500 };

struct world {
	struct objects o;
	struct iq_kernel kernel;
};

static uint64_t at(unsigned offset)
{
	return MEMORY + offset;
}

static void add_types(struct builder *b)
{
	b_init(b, NULL);
	uint32_t uint = b_int(b, "unsigned int", 4, 0), ulong = b_int(b, "unsigned long", 8, 0),
		 ushort = b_int(b, "unsigned short", 2, 0), chr = b_int(b, "unsigned char", 1, 0);
	uint32_t v6 = b_array(b, chr, 16), bytes = b_array(b, chr, 0);
	uint32_t inode = b_type(b, B_STRUCT, "inode", false, 1, 8);
	b_member(b, "i_ino", ulong, 0);
	uint32_t socket = b_type(b, B_STRUCT, "socket", false, 3, 24);
	b_member(b, "state", uint, 0);
	b_member(b, "type", ushort, 32);
	b_member(b, "sk", ulong, 64);
	b_type(b, B_STRUCT, "socket_alloc", false, 2, 32);
	b_member(b, "socket", socket, 0);
	b_member(b, "vfs_inode", inode, 192);
	uint32_t common = b_type(b, B_STRUCT, "sock_common", false, 8, 56);
	b_member(b, "skc_daddr", uint, 0);
	b_member(b, "skc_rcv_saddr", uint, 32);
	b_member(b, "skc_dport", ushort, 64);
	b_member(b, "skc_num", ushort, 80);
	b_member(b, "skc_family", ushort, 96);
	b_member(b, "skc_state", chr, 112);
	b_member(b, "skc_v6_daddr", v6, 128);
	b_member(b, "skc_v6_rcv_saddr", v6, 256);
	uint32_t sock = b_type(b, B_STRUCT, "sock", false, 4, 72);
	b_member(b, "__sk_common", common, 0);
	b_member(b, "sk_socket", ulong, 448);
	b_member(b, "sk_protocol", ushort, 512);
	b_member(b, "sk_type", ushort, 528);
	b_type(b, B_STRUCT, "unix_sock", false, 3, 88);
	b_member(b, "sk", sock, 0);
	b_member(b, "addr", ulong, 576);
	b_member(b, "peer", ulong, 640);
	b_type(b, B_STRUCT, "unix_address", false, 2, 8);
	b_member(b, "len", uint, 32);
	b_member(b, "name", bytes, 64);
}

static void put_u16(struct world *w, unsigned offset, uint16_t value)
{
	memcpy(w->o.memory + offset, &value, sizeof(value));
}

static void world_open(struct world *w, uint16_t family, uint16_t type, uint8_t state, uint16_t protocol)
{
	struct builder b;
	add_types(&b);
	objects_open(&w->o, &b);
	w->o.target.arch = &iq_arch_x86_64;
	w->kernel = (struct iq_kernel){ .target = &w->o.target, .types = w->o.types };
	w->o.memory[SOCKET] = 1; /* SS_UNCONNECTED */
	put_u16(w, SOCKET + 4, type);
	put_u64(&w->o, at(SOCKET) + 8, at(SOCK));
	put_u16(w, SOCK + 12, family);
	w->o.memory[SOCK + 14] = state;
	put_u16(w, SOCK + 64, protocol);
}

static void states_are_those_of_the_protocol(void **state)
{
	static const struct {
		uint16_t type, protocol;
		uint8_t state;
		const char *expected;
	} cases[] = {
		{ SOCK_STREAM, IPPROTO_TCP, 1, "ESTABLISHED" },
		{ SOCK_STREAM, IPPROTO_TCP, 8, "CLOSE_WAIT" },
		{ SOCK_STREAM, 262, 10, "LISTEN" },
		/* MPTCP */ { SOCK_DGRAM, IPPROTO_UDP, 7, "UNCONNECTED" },
	};
	for (size_t i = 0; i < IQ_ARRAY_SIZE(cases); i++) {
		struct iq_socket socket;
		struct world w;
		world_open(&w, AF_INET, cases[i].type, cases[i].state, cases[i].protocol);
		memcpy(w.o.memory + SOCK, (uint8_t[]){ 10, 0, 2, 2, 127, 0, 0, 3, 0x1b, 0x59, 0x16, 0 }, 12);
		expect_success(iq_socket_read(&w.kernel, at(SOCKET), &socket));
		assert_string_equal(socket.state, cases[i].expected);
		assert_string_equal(socket.local, "127.0.0.3-22");
		assert_string_equal(socket.peer, "10.0.2.2-7001");
		assert_int_equal(socket.protocol, cases[i].protocol);
		objects_close(&w.o);
	}
}

static void expect_name(const void *name, uint32_t length, const char *expected, const char *why)
{
	struct iq_socket socket;
	struct world w;
	world_open(&w, AF_UNIX, SOCK_DGRAM, 7, 0);
	put_u64(&w.o, at(SOCK) + 72, at(ADDRESS));
	length += 2; /* sun_family */
	memcpy(w.o.memory + ADDRESS + 4, &length, 4);
	memcpy(w.o.memory + ADDRESS + 10, name, IQ_MIN(length - 2, 128U));
	struct iq_error *error = iq_socket_read(&w.kernel, at(SOCKET), &socket);
	if (why)
		expect_error(error, IQ_ERROR_FORMAT, why);
	else
		expect_success(error);
	assert_string_equal(socket.local, expected);
	objects_close(&w.o);
}

static void unix_sockets_have_names(void **state)
{
	char longest[128] = "/tmp/";
	expect_name("", 0, "", NULL);
	expect_name("/run/x.sock", 12, "/run/x.sock", NULL); /* the kernel counts the zero */
	expect_name("\0abstract\0zero", 14, "@abstract@zero", NULL);
	expect_name("\0two\0\0", 6, "@two@@", NULL);
	memset(longest + 5, 'l', 103);
	expect_name(longest, 109, longest, NULL); /* all of sun_path's 108 bytes, and the kernel's zero behind */
	expect_name(longest, 110, "", "unix_address at 0xffff888000100300 has 112 bytes");
}

static void unix_sockets_have_peers(void **state)
{
	struct iq_socket socket;
	struct world w;
	world_open(&w, AF_UNIX, SOCK_STREAM, 1, 0);
	put_u64(&w.o, at(SOCK) + 80, at(PEER));
	expect_success(iq_socket_read(&w.kernel, at(SOCKET), &socket));
	assert_string_equal(socket.state, "CONNECTED");
	assert_string_equal(socket.peer, ""); /* closed, or not accepted yet */
	put_u64(&w.o, at(PEER) + 56, at(PEER_ALLOC));
	put_u64(&w.o, at(PEER_ALLOC) + 24, 4690);
	expect_success(iq_socket_read(&w.kernel, at(SOCKET), &socket));
	assert_string_equal(socket.peer, "socket:[4690]");
	objects_close(&w.o);
}

static void a_sock_needs_no_socket(void **state)
{
	struct iq_socket socket;
	struct world w;
	world_open(&w, AF_INET, SOCK_STREAM, 10, IPPROTO_TCP);
	put_u16(&w, SOCK + 66, SOCK_STREAM);
	put_u16(&w, SOCK + 10, 80);
	put_u64(&w.o, at(SOCK) + 56, at(SOCKET));
	expect_success(iq_sock_read(&w.kernel, at(SOCK), &socket));
	assert_int_equal(socket.address, at(SOCKET));
	assert_string_equal(socket.local, "0.0.0.0-80");
	assert_string_equal(socket.state, "LISTEN");
	put_u64(&w.o, at(SOCKET) + 8, at(PEER)); /* the socket has another */
	expect_success(iq_sock_read(&w.kernel, at(SOCK), &socket));
	assert_int_equal(socket.sock, at(SOCK));
	assert_string_equal(socket.local, "0.0.0.0-80");
	put_u64(&w.o, at(SOCK) + 56, 0); /* closed */
	expect_success(iq_sock_read(&w.kernel, at(SOCK), &socket));
	assert_int_equal(socket.address, 0);
	assert_string_equal(socket.type, "STREAM");
	assert_string_equal(socket.state, "LISTEN");
	objects_close(&w.o);
}

/* Of struct inet_timewait_sock and struct request_sock only the beginning is there. */
static void small_socks_have_addresses_only(void **state)
{
	static const struct {
		uint8_t state;
		const char *name;
	} cases[] = { { 6, "TIME_WAIT" }, { 12, "NEW_SYN_RECV" } };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(cases); i++) {
		struct iq_socket socket;
		struct world w;
		world_open(&w, AF_INET, SOCK_STREAM, cases[i].state, 0xffff);
		put_u64(&w.o, at(SOCK) + 56, 0x1234); /* something else */
		put_u16(&w, SOCK + 10, 80);
		expect_success(iq_sock_read(&w.kernel, at(SOCK), &socket));
		assert_string_equal(socket.state, cases[i].name);
		assert_string_equal(socket.local, "0.0.0.0-80");
		assert_int_equal(socket.protocol, IPPROTO_TCP);
		objects_close(&w.o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_are_those_of_the_protocol),
		cmocka_unit_test(unix_sockets_have_names),
		cmocka_unit_test(unix_sockets_have_peers),
		cmocka_unit_test(a_sock_needs_no_socket),
		cmocka_unit_test(small_socks_have_addresses_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
