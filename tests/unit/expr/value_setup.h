/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of values share: types built in the test, a page of memory behind which another one is missing, and
 * symbols. */
#ifndef IQ_TESTS_VALUE_SETUP_H
#define IQ_TESTS_VALUE_SETUP_H

#include "../type/type_setup.h"

#include "../fake_target.h"
#include "expr/print.h"

#define PAGE_ADDRESS UINT64_C(0xffff888000001000)
#define CODE_ADDRESS UINT64_C(0xffffffff81000000)

struct machine {
	struct iq_target target;
	uint8_t page[4096];
	struct iq_types *types;
	struct iq_symbols *symbols;
	struct small_kernel small;
	struct builder b;
};

/* The small kernel's types; the test adds its own to m->b and then calls machine_start(). */
static inline void machine_init(struct machine *m)
{
	memset(m, 0, sizeof(*m));
	fake_init(&m->target);
	fake_add(&m->target, PAGE_ADDRESS, m->page, sizeof(m->page));
	m->target.layout.text = CODE_ADDRESS;
	m->target.layout.text_end = CODE_ADDRESS + 0x100000;
	b_init(&m->b, NULL);
	build_small_types(&m->b, &m->small);
}

static inline void machine_start(struct machine *m)
{
	static const struct iq_symbol symbols[] = {
		{ .name = "kill_task", .address = CODE_ADDRESS + 0x100, .size = 0x40, .type = 'T' },
		{ .name = "table", .address = CODE_ADDRESS + 0x1000, .size = 0x40000, .type = 'R' },
		{ .name = "__start_things", .address = CODE_ADDRESS + 0x41000, .size = 0x1000, .type = 'D' },
		{ .name = "state", .address = CODE_ADDRESS + 0x42000, .size = 0x20000, .type = 'D' },
	};
	struct iq_symbol_source *source;

	b_close(&m->b);
	m->types = iq_types_new(NULL);
	add_built(m->types, NULL, &m->b);
	expect_success(iq_symbols_new(&m->target, &m->symbols));
	expect_success(iq_array_symbols_new(IQ_SYMBOL_VMLINUX, NULL, symbols, IQ_ARRAY_SIZE(symbols), &source));
	expect_success(iq_symbols_add(m->symbols, source));
}

static inline void machine_free(struct machine *m)
{
	iq_symbols_free(m->symbols);
	iq_types_free(m->types);
	fake_free(&m->target);
}

static inline struct iq_type parse(struct machine *m, const char *text)
{
	struct iq_type type;
	expect_success(iq_type_parse(m->types, text, &type));
	return type;
}

static inline void put64(uint8_t *p, uint64_t value)
{
	b_put(p, (uint32_t)value);
	b_put(p + 4, (uint32_t)(value >> 32));
}

#endif
