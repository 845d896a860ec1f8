// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/netdev.h"

#include "kernel/internal.h"

enum { MAX_NETS = 1 << 20, MAX_DEVICES = 1 << 20 };

struct iq_error *iq_net_read(struct iq_kernel *kernel, uint64_t address, struct iq_net *out)
{
	uint64_t inode, initial;
	*out = (struct iq_net){ .address = address };
	struct iq_error *error = iq_k_symbol(kernel, "init_net", &initial);
	out->initial = !error && initial == address;
	iq_error_free(error);
	IQ_TRY(iq_k_get(kernel, address, "net", "ns.inum", &inode));
	out->inode = (uint32_t)inode;
	return NULL;
}

/* The device itself; `out->net` is the caller's. */
static struct iq_error *read_device(struct iq_kernel *k, uint64_t address, struct iq_netdev *out)
{
	uint64_t index;
	out->address = address;
	IQ_TRY(iq_get_string(k->target, k->types, address, "net_device", "name", out->name, sizeof(out->name)));
	IQ_TRY(iq_k_get(k, address, "net_device", "ifindex", &index));
	out->ifindex = (uint32_t)index;
	return NULL;
}

struct iq_error *iq_netdev_read(struct iq_kernel *kernel, uint64_t address, struct iq_netdev *out)
{
	uint64_t net;
	*out = (struct iq_netdev){ 0 };
	IQ_TRY(read_device(kernel, address, out));
	IQ_TRY(iq_k_get(kernel, address, "net_device", "nd_net.net", &net));
	return iq_net_read(kernel, net, &out->net);
}

struct walk {
	struct iq_kernel *kernel;
	iq_net_fn net_fn;
	iq_netdev_fn device_fn;
	void *context;
	const struct iq_net *net;
	struct iq_error *damage;
	bool ended; /* by an error from the caller's function */
};

/* What ends the walk, and what is only kept for its end, both come as errors from the lists. */
static struct iq_error *end_walk(struct walk *walk, struct iq_error *error)
{
	if (walk->ended) {
		iq_error_free(walk->damage);
		return error;
	}
	iq_error_keep(&walk->damage, error);
	return walk->damage;
}

static struct iq_error *tell(struct walk *walk, struct iq_error *error)
{
	walk->ended = error;
	return error;
}

static struct iq_error *tell_net(void *context, uint64_t address)
{
	struct walk *walk = context;
	struct iq_net net;
	IQ_TRY(tell(walk, iq_check_interrupt()));
	iq_error_keep(&walk->damage, iq_net_read(walk->kernel, address, &net));
	return tell(walk, walk->net_fn(walk->context, &net));
}

struct iq_error *iq_nets_each(struct iq_kernel *kernel, iq_net_fn fn, void *context)
{
	struct walk walk = { .kernel = kernel, .net_fn = fn, .context = context };
	uint64_t head;
	struct iq_error *error = iq_k_symbol(kernel, "net_namespace_list", &head);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_error_free(error);
		return NULL;
	}
	IQ_TRY(error);
	error = iq_list_each(kernel->target, kernel->types, head, "net", "list", MAX_NETS, tell_net, &walk);
	return end_walk(&walk, error);
}

static struct iq_error *tell_device(void *context, uint64_t address)
{
	struct walk *walk = context;
	struct iq_netdev device = { .net = *walk->net };
	IQ_TRY(tell(walk, iq_check_interrupt()));
	iq_error_keep(&walk->damage, read_device(walk->kernel, address, &device));
	return tell(walk, walk->device_fn(walk->context, &device));
}

static struct iq_error *devices_of(struct walk *walk, const struct iq_net *net)
{
	uint64_t head;
	walk->net = net;
	IQ_TRY(iq_member_address(walk->kernel->types, net->address, "net", "dev_base_head", &head));
	return iq_list_each(walk->kernel->target, walk->kernel->types, head, "net_device", "dev_list", MAX_DEVICES,
			    tell_device, walk);
}

static struct iq_error *devices_of_each(void *context, const struct iq_net *net)
{
	struct walk *walk = context;
	struct iq_error *error = devices_of(walk, net);
	if (walk->ended)
		return error;
	iq_error_keep(&walk->damage, error);
	return NULL;
}

struct iq_error *iq_netdevs_each(struct iq_kernel *kernel, const struct iq_net *net, iq_netdev_fn fn, void *context)
{
	struct walk walk = { .kernel = kernel, .device_fn = fn, .context = context };
	return end_walk(&walk, net ? devices_of(&walk, net) : iq_nets_each(kernel, devices_of_each, &walk));
}
