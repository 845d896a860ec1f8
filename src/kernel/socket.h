/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets: what kind, between whom. */
#ifndef IQ_KERNEL_SOCKET_H
#define IQ_KERNEL_SOCKET_H

#include "kernel/kernel.h"

struct iq_socket {
	uint64_t address; /* struct socket; 0: none */
	uint64_t sock;    /* struct sock; 0: released */
	char family[16];  /* "INET", "UNIX", ...: AF_ names; the number of others */
	char type[16];    /* "STREAM", "DGRAM", ... */
	const char
		*state; /* of TCP "ESTABLISHED", "LISTEN", ...; else of the socket: "UNCONNECTED", "CONNECTED", ... */
	uint32_t protocol; /* IPPROTO_... */
	/* "10.0.2.15-22", "fe80::1-22" (as crash writes them), "/run/x.sock" ("@" for each NUL of an abstract one); ""
	 * where there is none. */
	char local[160], peer[160];
};

/* Reads the struct socket at `address`: the private_data of a socket's file. *out holds what could be read also when
 * there is an error. Facts: include/linux/net.h, include/net/sock.h, af_unix.h, tcp_states.h. */
struct iq_error *iq_socket_read(struct iq_kernel *kernel, uint64_t address, struct iq_socket *out);

/* The same from the struct sock, which may have outlived its socket (address 0), never had one, or be a small one (of
 * TIME_WAIT, or of a connection that is being accepted) of which only addresses and state are known. */
struct iq_error *iq_sock_read(struct iq_kernel *kernel, uint64_t sock, struct iq_socket *out);

#endif
