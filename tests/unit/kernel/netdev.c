// SPDX-License-Identifier: GPL-2.0-or-later
/* Two network namespaces with three devices in structs laid out by hand. */
#include "../cmocka_setup.h"

#include "objects.h"

#include "kernel/internal.h"
#include "kernel/netdev.h"

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

enum { LIST = 0x20, NET = 0x100, DEVICE = 0x1000, STEP = 0x100, NET_DEVICES = 24, DEVICE_LIST = 24 };

struct world {
	struct objects o;
	struct iq_kernel kernel;
	struct seen seen;
	char names[8][16];
};

static uint64_t net_at(unsigned n)
{
	return MEMORY + NET + n * STEP;
}

static uint64_t device_at(unsigned n)
{
	return MEMORY + DEVICE + n * STEP;
}

static void add_types(struct builder *b)
{
	b_init(b, NULL);
	uint32_t uint = b_int(b, "unsigned int", 4, 0), chr = b_int(b, "char", 1, 0);
	uint32_t pointer = b_type(b, B_PTR, NULL, false, 0, chr), name = b_array(b, chr, 16);
	uint32_t list = b_type(b, B_STRUCT, "list_head", false, 2, 16);
	b_member(b, "next", pointer, 0);
	b_member(b, "prev", pointer, 64);
	uint32_t common = b_type(b, B_STRUCT, "ns_common", false, 1, 4);
	b_member(b, "inum", uint, 0);
	b_type(b, B_STRUCT, "net", false, 3, 40);
	b_member(b, "list", list, 0);
	b_member(b, "ns", common, 128);
	b_member(b, "dev_base_head", list, NET_DEVICES * 8);
	uint32_t possible = b_type(b, B_STRUCT, "possible_net_t", false, 1, 8);
	b_member(b, "net", pointer, 0);
	b_type(b, B_STRUCT, "net_device", false, 4, 48);
	b_member(b, "name", name, 0);
	b_member(b, "ifindex", uint, 128);
	b_member(b, "dev_list", list, DEVICE_LIST * 8);
	b_member(b, "nd_net", possible, 320);
}

static void link_two(struct world *w, uint64_t first, uint64_t second)
{
	put_u64(&w->o, first, second);
	put_u64(&w->o, second + 8, first);
}

static void put_device(struct world *w, unsigned n, unsigned net, const char *name, uint32_t index)
{
	memcpy(w->o.memory + DEVICE + n * STEP, name, strlen(name));
	put_u64(&w->o, device_at(n) + 16, index);
	put_u64(&w->o, device_at(n) + 40, net_at(net));
}

/* init_net with lo and eth0, another with lo. */
static void world_open(struct world *w)
{
	const struct iq_symbol symbols[] = { { "net_namespace_list", MEMORY + LIST, 16, 'D', IQ_SYMBOL_VMLINUX, NULL },
					     { "init_net", net_at(0), STEP, 'D', IQ_SYMBOL_VMLINUX, NULL } };
	struct iq_symbol_source *source;
	struct builder b;
	add_types(&b);
	objects_open(&w->o, &b);
	w->kernel = (struct iq_kernel){ .target = &w->o.target, .types = w->o.types };
	expect_success(iq_symbols_new(&w->o.target, &w->kernel.symbols));
	expect_success(iq_array_symbols_new(IQ_SYMBOL_VMLINUX, NULL, symbols, 2, &source));
	expect_success(iq_symbols_add(w->kernel.symbols, source));
	memset(&w->seen, 0, sizeof(w->seen));
	link_two(w, MEMORY + LIST, net_at(0));
	link_two(w, net_at(0), net_at(1));
	link_two(w, net_at(1), MEMORY + LIST);
	put_u64(&w->o, net_at(0) + 16, 4026531840);
	put_u64(&w->o, net_at(1) + 16, 4026532200);
	put_device(w, 0, 0, "lo", 1);
	put_device(w, 1, 0, "eth0", 2);
	put_device(w, 2, 1, "lo", 1);
	link_two(w, net_at(0) + NET_DEVICES, device_at(0) + DEVICE_LIST);
	link_two(w, device_at(0) + DEVICE_LIST, device_at(1) + DEVICE_LIST);
	link_two(w, device_at(1) + DEVICE_LIST, net_at(0) + NET_DEVICES);
	link_two(w, net_at(1) + NET_DEVICES, device_at(2) + DEVICE_LIST);
	link_two(w, device_at(2) + DEVICE_LIST, net_at(1) + NET_DEVICES);
}

static void world_close(struct world *w)
{
	iq_symbols_free(w->kernel.symbols);
	objects_close(&w->o);
}

static struct iq_error *see_net(void *context, const struct iq_net *net)
{
	struct world *w = context;
	assert_int_equal(net->initial, net->address == net_at(0));
	return see(&w->seen, net->inode);
}

static struct iq_error *see_device(void *context, const struct iq_netdev *device)
{
	struct world *w = context;
	memcpy(w->names[w->seen.count], device->name, sizeof(w->names[0]));
	return see(&w->seen, device->net.inode * UINT64_C(10) + device->ifindex);
}

static void namespaces_and_devices_are_found(void **state)
{
	struct world w;
	struct iq_netdev device;
	world_open(&w);
	expect_success(iq_nets_each(&w.kernel, see_net, &w));
	assert_int_equal(w.seen.count, 2);
	assert_int_equal(w.seen.values[0], 4026531840);
	assert_int_equal(w.seen.values[1], 4026532200);
	w.seen.count = 0;
	expect_success(iq_netdevs_each(&w.kernel, NULL, see_device, &w));
	assert_int_equal(w.seen.count, 3);
	assert_int_equal(w.seen.values[0], 40265318401);
	assert_int_equal(w.seen.values[1], 40265318402);
	assert_int_equal(w.seen.values[2], 40265322001);
	assert_string_equal(w.names[1], "eth0");
	expect_success(iq_netdev_read(&w.kernel, device_at(2), &device));
	assert_string_equal(device.name, "lo");
	assert_int_equal(device.net.inode, 4026532200);
	w.seen.count = 0;
	expect_success(iq_netdevs_each(&w.kernel, &device.net, see_device, &w));
	assert_int_equal(w.seen.count, 1);
	world_close(&w);
}

static void damage_costs_what_it_hides(void **state)
{
	struct world w;
	world_open(&w);
	put_u64(&w.o, device_at(1) + DEVICE_LIST, device_at(0) + DEVICE_LIST); /* a cycle */
	expect_error(iq_netdevs_each(&w.kernel, NULL, see_device, &w), IQ_ERROR_FORMAT, "after 2 elements");
	assert_int_equal(w.seen.count, 3);
	put_u64(&w.o, net_at(0) + NET_DEVICES, 0x7ffc00000000); /* no memory */
	w.seen.count = 0;
	expect_error(iq_netdevs_each(&w.kernel, NULL, see_device, &w), IQ_ERROR_MEMORY, "after 0 elements");
	assert_int_equal(w.seen.count, 1);
	put_u64(&w.o, net_at(0), net_at(0));
	w.seen.count = 0;
	expect_error(iq_nets_each(&w.kernel, see_net, &w), IQ_ERROR_FORMAT, "net.list");
	assert_int_equal(w.seen.count, 1);
	world_close(&w);
}

static void the_caller_ends_a_walk(void **state)
{
	struct world w;
	world_open(&w);
	w.seen.stop_at = 1;
	expect_error(iq_netdevs_each(&w.kernel, NULL, see_device, &w), IQ_ERROR_INTERRUPTED, "enough");
	assert_int_equal(w.seen.count, 1);
	expect_error(iq_nets_each(&w.kernel, see_net, &w), IQ_ERROR_INTERRUPTED, "enough");
	assert_int_equal(w.seen.count, 1);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(namespaces_and_devices_are_found),
		cmocka_unit_test(damage_costs_what_it_hides),
		cmocka_unit_test(the_caller_ends_a_walk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
