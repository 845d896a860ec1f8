// SPDX-License-Identifier: GPL-2.0-or-later
/* Interrupt descriptors laid out by hand: in a radix tree and in an array, shared, damaged, masks in both forms. */
#include "../cmocka_setup.h"

#include "objects.h"

#include "arch/x86_64.h"
#include "kernel/internal.h"
#include "kernel/irq.h"

/* In place of the dump room's, as the target is. */
const struct iq_note *iq_dump_notes(const struct iq_dump *dump, size_t *count)
{
	*count = 0;
	return NULL;
}

enum {
	TREE = 0x100,
	LIMIT = 0x180,
	NODE = 0x200,
	DESCS = 0x400,
	ACTIONS = 0x800,
	CHIP = 0xc00,
	NAMES = 0xc80,
	MASK = 0xd00
};
enum { IDT = 0x1000, SOFTIRQS = 0x2100 };

struct world {
	struct objects o;
	struct iq_kernel kernel;
};

static uint64_t at(unsigned offset)
{
	return MEMORY + offset;
}

static uint64_t desc(unsigned n)
{
	return at(DESCS + n * 0x40);
}

static uint64_t action(unsigned n)
{
	return at(ACTIONS + n * 0x40);
}

static void add_types(struct builder *b, bool offstack)
{
	b_init(b, NULL);
	uint32_t uint = b_int(b, "unsigned int", 4, 0), ulong = b_int(b, "unsigned long", 8, 0);
	uint32_t ushort = b_int(b, "unsigned short", 2, 0), uchar = b_int(b, "unsigned char", 1, 0);
	uint32_t pointer = b_type(b, B_PTR, NULL, false, 0, ulong), slots = b_array(b, pointer, 4);
	b_type(b, B_STRUCT, "xarray", false, 2, 16);
	b_member(b, "flags", uint, 32);
	b_member(b, "xa_head", pointer, 64);
	b_type(b, B_STRUCT, "xa_node", false, 4, 48);
	b_member(b, "shift", uchar, 0);
	b_member(b, "offset", uchar, 8);
	b_member(b, "parent", pointer, 64);
	b_member(b, "slots", slots, 128);
	uint32_t mask = b_array(b, ulong, 1);
	uint32_t common = b_type(b, B_STRUCT, "irq_common_data", false, 1, 8);
	b_member(b, "affinity", offstack ? pointer : mask, 0);
	uint32_t data = b_type(b, B_STRUCT, "irq_data", false, 1, 8);
	b_member(b, "chip", pointer, 0);
	b_type(b, B_STRUCT, "irq_desc", false, 6, 0x40);
	b_member(b, "irq_common_data", common, 0);
	b_member(b, "irq_data", data, 64);
	b_member(b, "action", pointer, 128);
	b_member(b, "handle_irq", pointer, 192);
	b_member(b, "kstat_irqs", pointer, 256);
	b_member(b, "name", pointer, 320);
	b_type(b, B_STRUCT, "irq_chip", false, 1, 8);
	b_member(b, "name", pointer, 0);
	b_type(b, B_STRUCT, "irqaction", false, 4, 0x40);
	b_member(b, "handler", pointer, 0);
	b_member(b, "next", pointer, 64);
	b_member(b, "thread", pointer, 128);
	b_member(b, "name", pointer, 192);
	b_type(b, B_STRUCT, "gate_struct", false, 3, 16);
	b_member(b, "offset_low", ushort, 0);
	b_member(b, "offset_middle", ushort, 48);
	b_member(b, "offset_high", uint, 64);
	uint32_t counts = b_array(b, uint, 3);
	b_type(b, B_STRUCT, "kernel_stat", false, 1, 16);
	b_member(b, "softirqs", counts, 0);
	b_type(b, B_STRUCT, "softirq_action", false, 1, 8);
	b_member(b, "action", pointer, 0);
}

static void put_action(struct world *w, unsigned n, uint64_t next, const char *name)
{
	put_u64(&w->o, action(n), 0xf00 + n);
	put_u64(&w->o, action(n) + 8, next);
	put_u64(&w->o, action(n) + 24, at(NAMES + 16 + n * 8));
	memcpy(w->o.memory + NAMES + 16 + n * 8, name, strlen(name) + 1);
}

/* Numbers 0, 1 and 3; 1 is shared. */
static void fill(struct world *w)
{
	put_u64(&w->o, at(TREE + 8), at(NODE) | 2);
	for (unsigned n = 0; n < 4; n++)
		put_u64(&w->o, at(NODE + 16 + n * 8), n == 2 ? 0 : desc(n));
	put_u64(&w->o, at(LIMIT), 4);
	for (unsigned n = 0; n < 4; n++)
		put_u64(&w->o, desc(n) + 8, at(CHIP));
	put_u64(&w->o, at(CHIP), at(NAMES));
	memcpy(w->o.memory + NAMES, "PIC", 4);
	put_u64(&w->o, desc(1) + 16, action(0));
	put_action(w, 0, action(1), "usb");
	put_action(w, 1, 0, "eth");
}

static void world_open(struct world *w, bool tree, bool offstack)
{
	const struct iq_symbol symbols[] = {
		{ tree ? "irq_desc_tree" : "irq_desc", at(tree ? TREE : DESCS), 16, 'D', IQ_SYMBOL_VMLINUX, NULL },
		{ "nr_irqs", at(LIMIT), 4, 'D', IQ_SYMBOL_VMLINUX, NULL },
		{ "idt_table", at(IDT), 4096, 'D', IQ_SYMBOL_VMLINUX, NULL },
		{ "softirq_vec", at(SOFTIRQS), 24, 'D', IQ_SYMBOL_VMLINUX, NULL },
	};
	struct iq_symbol_source *source;
	struct builder b;
	add_types(&b, offstack);
	objects_open(&w->o, &b);
	w->o.target.arch = &iq_arch_x86_64;
	w->kernel = (struct iq_kernel){ .target = &w->o.target, .types = w->o.types };
	assert_null(iq_symbols_new(&w->o.target, &w->kernel.symbols));
	assert_null(iq_array_symbols_new(IQ_SYMBOL_VMLINUX, NULL, symbols, 4, &source));
	assert_null(iq_symbols_add(w->kernel.symbols, source));
	fill(w);
}

static void world_close(struct world *w)
{
	iq_symbols_free(w->kernel.symbols);
	objects_close(&w->o);
}

static struct iq_error *describe(void *context, const struct iq_irq *irq)
{
	struct iq_strbuf *text = context;
	iq_strbuf_addf(text, "%s%u:%s%s", text->length ? " " : "", irq->number, irq->chip_name, irq->action ? "*" : "");
	return NULL;
}

static struct iq_error *name_action(void *context, const struct iq_irq_action *a)
{
	iq_strbuf_addf(context, "%s:%lx ", a->name, a->handler);
	return NULL;
}

static void expect_irqs(struct world *w, const char *expected, const char *why)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_error *error = iq_irqs_each(&w->kernel, describe, &text);
	if (why)
		expect_error(error, error ? error->code : IQ_ERROR_FORMAT, why);
	else
		expect_success(error);
	assert_string_equal(iq_strbuf_text(&text), expected);
}

static void descriptors_are_in_a_tree_or_an_array(void **state)
{
	struct world w;
	world_open(&w, true, true);
	expect_irqs(&w, "0:PIC 1:PIC* 3:PIC", NULL);
	world_close(&w);
	world_open(&w, false, true);
	expect_irqs(&w, "0:PIC 1:PIC* 2:PIC 3:PIC", NULL);
	world_close(&w);
}

static void damage_costs_only_itself(void **state)
{
	struct world w;
	world_open(&w, true, true);
	put_u64(&w.o, at(NODE + 16), 0x1000);           /* user memory */
	put_u64(&w.o, desc(1) + 8, 0xffff888000f00000); /* a chip that is missing */
	expect_irqs(&w, "1:* 3:PIC", "IRQ 0: its descriptor is at 0x1000, which is no kernel address");
	world_close(&w);
}

static void shared_interrupts_have_several_handlers(void **state)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_irq irq = { .number = 1, .action = action(0) };
	struct world w;
	world_open(&w, true, true);
	expect_success(iq_irq_actions_each(&w.kernel, &irq, name_action, &text));
	assert_string_equal(iq_strbuf_text(&text), "usb:f00 eth:f01 ");
	iq_strbuf_truncate(&text, 0);
	put_u64(&w.o, action(1) + 8, 0xffff888000f00000);
	expect_error(iq_irq_actions_each(&w.kernel, &irq, name_action, &text), IQ_ERROR_MEMORY, "IRQ 1");
	assert_string_equal(iq_strbuf_text(&text), "usb:f00 eth:f01 ");
	world_close(&w);
}

static void masks_are_inside_or_elsewhere(void **state)
{
	for (int offstack = 0; offstack < 2; offstack++) {
		struct iq_irq irq = { .number = 1, .address = desc(1) };
		struct world w;
		bool set[66];
		world_open(&w, true, offstack);
		put_u64(&w.o, desc(1), offstack ? at(MASK) : 5);
		put_u64(&w.o, at(MASK), 5);
		put_u64(&w.o, at(MASK) + 8, 2);
		expect_success(iq_irq_affinity(&w.kernel, &irq, set, offstack ? 66 : 4));
		assert_true(set[0] && !set[1] && set[2] && !set[3]);
		assert_true(!offstack || (set[65] && !set[64]));
		world_close(&w);
	}
}

static void vectors_are_put_together(void **state)
{
	uint64_t entries[256], handlers[2];
	size_t count;
	struct world w;
	world_open(&w, true, true);
	put_u64(&w.o, at(IDT + 14 * 16), UINT64_C(0x81c0000000000b90));
	put_u64(&w.o, at(IDT + 14 * 16 + 8), UINT64_C(0xffffffff));
	expect_success(iq_idt(&w.kernel, entries));
	assert_int_equal(entries[14], UINT64_C(0xffffffff81c00b90));
	assert_int_equal(entries[13], 0);
	put_u64(&w.o, at(SOFTIRQS + 8), 0xabc);
	expect_success(iq_softirqs(&w.kernel, handlers, 2, &count)); /* three, but there is room for two */
	assert_int_equal(count, 2);
	assert_int_equal(handlers[1], 0xabc);
	world_close(&w);
}

static void too_many_numbers_are_none(void **state)
{
	unsigned limit;
	struct world w;
	world_open(&w, true, true);
	expect_success(iq_irq_limit(&w.kernel, &limit));
	assert_int_equal(limit, 4);
	put_u64(&w.o, at(LIMIT), UINT64_C(0x7fffffff));
	expect_error(iq_irq_limit(&w.kernel, &limit), IQ_ERROR_FORMAT, "nr_irqs is 2147483647");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors_are_in_a_tree_or_an_array),
		cmocka_unit_test(damage_costs_only_itself),
		cmocka_unit_test(shared_interrupts_have_several_handlers),
		cmocka_unit_test(masks_are_inside_or_elsewhere),
		cmocka_unit_test(vectors_are_put_together),
		cmocka_unit_test(too_many_numbers_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
