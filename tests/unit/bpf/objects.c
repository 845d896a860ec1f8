// SPDX-License-Identifier: GPL-2.0-or-later
/* What objects are called, in structs laid out by hand. */
#include "map_setup.h"

#include "bpf/object.h"

enum { DEVICE = 0x100, NET = 0x180, TASK = 0x200, INODE = 0x280, EVENT = 0x300, XDP = 0x380, OTHER_NET = 0x400 };

static void add_types(struct builder *b)
{
	struct basics t = add_basics(b);
	uint32_t name = b_array(b, t.u8, 16), sint = b_int(b, "int", 4, B_SIGNED);
	uint32_t ns = b_type(b, B_STRUCT, "ns_common", false, 1, 8);
	b_member(b, "inum", t.u32, 0);
	b_type(b, B_STRUCT, "net", false, 1, 8);
	b_member(b, "ns", ns, 0);
	uint32_t net = b_type(b, B_STRUCT, "possible_net_t", false, 1, 8);
	b_member(b, "net", t.u64, 0);
	b_type(b, B_STRUCT, "net_device", false, 3, 32);
	b_member(b, "name", name, 0);
	b_member(b, "ifindex", sint, 128);
	b_member(b, "nd_net", net, 192);
	b_type(b, B_STRUCT, "task_struct", false, 2, 24);
	b_member(b, "pid", sint, 0);
	b_member(b, "comm", name, 64);
	b_type(b, B_STRUCT, "inode", false, 2, 16);
	b_member(b, "i_ino", t.u64, 0);
	b_member(b, "i_dentry", t.hlist_head, 64);
	uint32_t attr = b_type(b, B_STRUCT, "perf_event_attr", false, 2, 16);
	b_member(b, "type", t.u32, 0);
	b_member(b, "config", t.u64, 64);
	b_type(b, B_STRUCT, "perf_event", false, 2, 24);
	b_member(b, "attr", attr, 0);
	b_member(b, "cpu", sint, 128);
	b_type(b, B_STRUCT, "xdp_sock", false, 2, 16);
	b_member(b, "dev", t.u64, 0);
	b_member(b, "queue_id", t.u32, 64);
}

static void open_objects(struct world *w)
{
	const struct iq_symbol symbol = { "init_net", at(NET), 8, 'D', IQ_SYMBOL_VMLINUX, NULL };
	struct iq_symbol_source *source;
	struct builder b;
	add_types(&b);
	world_open(w, &b, 0, 0);
	assert_null(iq_array_symbols_new(IQ_SYMBOL_VMLINUX, NULL, &symbol, 1, &source));
	assert_null(iq_symbols_add(w->kernel.symbols, source));
	put_u32(w, at(NET), 4026531840u);
	put_u32(w, at(OTHER_NET), 4026532200u);
	memcpy(w->o.memory + DEVICE, "eth0", 5);
	put_u32(w, at(DEVICE) + 16, 3);
	put(w, at(DEVICE) + 24, at(NET));
	put_u32(w, at(TASK), 412);
	memcpy(w->o.memory + TASK + 8, "bash", 5);
	put(w, at(INODE), 4711);
	put_u32(w, at(EVENT), 1);
	put(w, at(EVENT) + 8, 9);
	put_u32(w, at(EVENT) + 16, UINT32_MAX); /* any CPU */
	put(w, at(XDP), at(DEVICE));
	put_u32(w, at(XDP) + 8, 2);
}

static void expect_text(struct world *w, const char *type, uint64_t address, const char *expected, const char *why)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_error *error = iq_bpf_object_text(&w->bpf, type, address, &text);
	if (why)
		expect_error(error, error ? error->code : IQ_ERROR_FORMAT, why);
	else
		expect_success(error);
	assert_string_equal(iq_strbuf_text(&text), expected);
}

static void objects_have_names(void **state)
{
	struct world w;
	open_objects(&w);
	expect_text(&w, "net_device", at(DEVICE), "eth0 (3)", NULL);
	expect_text(&w, "task_struct", at(TASK), "412 bash", NULL);
	expect_text(&w, "inode", at(INODE), "4711", NULL); /* no dentry */
	expect_text(&w, "perf_event", at(EVENT), "type 1 config 9 CPU -1", NULL);
	expect_text(&w, "xdp_sock", at(XDP), "XDP eth0 (3) queue 2", NULL);
	expect_text(&w, "something", at(XDP), "", NULL);
	put(&w, at(XDP), 0); /* not bound */
	expect_text(&w, "xdp_sock", at(XDP), "XDP", NULL);
	put(&w, at(DEVICE) + 24, at(OTHER_NET));
	expect_text(&w, "net_device", at(DEVICE), "eth0 (3) net:[4026532200]", NULL);
	world_close(&w);
}

static void what_can_be_read_is_told(void **state)
{
	struct world w;
	open_objects(&w);
	put(&w, at(DEVICE) + 24, LOST);
	expect_text(&w, "net_device", at(DEVICE), "eth0 (3)", "net at 0xffff888000f00000");
	expect_text(&w, "net_device", LOST, "", "net_device at 0xffff888000f00000");
	expect_text(&w, "task_struct", MEMORY + MEMORY_SIZE - 4, "0", "task_struct at");
	put(&w, at(XDP), LOST);
	expect_text(&w, "xdp_sock", at(XDP), "XDP ", "net_device at 0xffff888000f00000");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_have_names),
		cmocka_unit_test(what_can_be_read_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
