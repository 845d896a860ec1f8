/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network namespaces and the devices in them. Facts: struct net in include/net/net_namespace.h, struct net_device in
 * include/linux/netdevice.h. */
#ifndef IQ_KERNEL_NETDEV_H
#define IQ_KERNEL_NETDEV_H

#include "kernel/kernel.h"

struct iq_net {
	uint64_t address; /* struct net */
	uint32_t inode;   /* as in "net:[4026531840]" */
	bool initial;     /* init_net */
};

struct iq_netdev {
	uint64_t address; /* struct net_device */
	char name[16];
	uint32_t ifindex;
	struct iq_net net;
};

struct iq_error *iq_net_read(struct iq_kernel *kernel, uint64_t address, struct iq_net *out);

/* *out holds what could be read also when there is an error. */
struct iq_error *iq_netdev_read(struct iq_kernel *kernel, uint64_t address, struct iq_netdev *out);

typedef struct iq_error *(*iq_net_fn)(void *context, const struct iq_net *net);
typedef struct iq_error *(*iq_netdev_fn)(void *context, const struct iq_netdev *device);

/* Calls fn with each network namespace, in the order of net_namespace_list (init_net is first). What can't
 * be read of one stays 0, the rest of a damaged list is left out, and the first such error is returned after what is
 * left was shown; an error from fn ends the walk. A kernel without networking has none. */
struct iq_error *iq_nets_each(struct iq_kernel *kernel, iq_net_fn fn, void *context);

/* The same with each device of a namespace, in the order in which `ip link` shows them; of all namespaces when `net` is
 * NULL. */
struct iq_error *iq_netdevs_each(struct iq_kernel *kernel, const struct iq_net *net, iq_netdev_fn fn, void *context);

#endif
