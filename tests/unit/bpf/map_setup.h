/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of maps' walkers: a map in memory built by hand, and what a walk over it tells. */
#ifndef IQ_TESTS_BPF_MAP_SETUP_H
#define IQ_TESTS_BPF_MAP_SETUP_H

#include "../cmocka_setup.h"

#include "../fake_kernel.h"
#include "../kernel/objects.h"

#include "arch/x86_64.h"
#include "bpf/map_internal.h"

#define LOST UINT64_C(0xffff888000f00000) /* nothing is there */

enum { MAP = 0x40, MAX_TOLD = 16 };

struct told {
	struct iq_bpf_element elements[MAX_TOLD]; /* without keys */
	uint64_t keys[MAX_TOLD];                  /* their first 8 bytes */
	unsigned count, stop_at;                  /* the callback fails there; 0: never */
};

struct world {
	struct objects o;
	struct iq_kernel kernel;
	struct iq_bpf bpf;
	struct iq_bpf_map map;
	struct told told;
};

static inline uint64_t at(unsigned offset)
{
	return MEMORY + offset;
}

static inline void put_u32(struct world *w, uint64_t address, uint32_t value)
{
	memcpy(w->o.memory + (address - MEMORY), &value, sizeof(value));
}

static inline void put(struct world *w, uint64_t address, uint64_t value)
{
	put_u64(&w->o, address, value);
}

/* The struct of a member that is one of these. */
struct basics {
	uint32_t u32, u64, u8, list, hlist_node, hlist_head;
};

static inline struct basics add_basics(struct builder *b)
{
	struct basics t;
	b_init(b, NULL);
	t.u32 = b_int(b, "unsigned int", 4, 0);
	t.u64 = b_int(b, "unsigned long", 8, 0);
	t.u8 = b_int(b, "unsigned char", 1, 0);
	t.list = b_type(b, B_STRUCT, "list_head", false, 2, 16);
	b_member(b, "next", t.u64, 0);
	b_member(b, "prev", t.u64, 64);
	t.hlist_node = b_type(b, B_STRUCT, "hlist_node", false, 2, 16);
	b_member(b, "next", t.u64, 0);
	b_member(b, "pprev", t.u64, 64);
	t.hlist_head = b_type(b, B_STRUCT, "hlist_head", false, 1, 8);
	b_member(b, "first", t.u64, 0);
	uint32_t aux = b_type(b, B_STRUCT, "bpf_prog_aux", false, 2, 16);
	b_member(b, "id", t.u32, 0);
	b_member(b, "prog", t.u64, 64);
	uint32_t pointer = b_type(b, B_PTR, NULL, false, 0, aux);
	b_type(b, B_STRUCT, "bpf_prog", false, 1, 8);
	b_member(b, "aux", pointer, 0);
	return t;
}

static inline void world_open(struct world *w, struct builder *b, uint32_t type, uint32_t max_entries)
{
	memset(w, 0, sizeof(*w));
	objects_open(&w->o, b);
	w->o.target.arch = &iq_arch_x86_64;
	w->kernel = (struct iq_kernel){ .target = &w->o.target, .types = w->o.types };
	assert_null(iq_symbols_new(&w->o.target, &w->kernel.symbols));
	w->bpf = (struct iq_bpf){
		.kernel = &w->kernel, .target = &w->o.target, .types = w->o.types, .symbols = w->kernel.symbols
	};
	w->map = (struct iq_bpf_map){ .address = at(MAP),
				      .id = 7,
				      .type = type,
				      .type_name = "kind",
				      .key_size = 4,
				      .value_size = 8,
				      .max_entries = max_entries };
}

static inline void world_close(struct world *w)
{
	iq_bpf_deinit(&w->bpf);
	iq_symbols_free(w->kernel.symbols);
	objects_close(&w->o);
}

static inline struct iq_error *tell_element(void *context, const struct iq_bpf_element *element)
{
	struct told *told = context;
	if (told->stop_at && told->count == told->stop_at)
		return iq_error_new(IQ_ERROR_INTERRUPTED, "enough");
	assert_in_range(told->count, 0, MAX_TOLD - 1);
	if (element->key)
		memcpy(&told->keys[told->count], element->key, IQ_MIN(element->key_size, 8U));
	told->elements[told->count] = *element;
	told->elements[told->count++].key = NULL;
	return NULL;
}

/* Walks; `count` elements must come, and the error must say `why` (NULL: there is none). */
static inline void expect_elements(struct world *w, unsigned count, const char *why)
{
	unsigned stop_at = w->told.stop_at;
	w->told = (struct told){ .stop_at = stop_at };
	struct iq_error *error = iq_bpf_map_each(&w->bpf, &w->map, tell_element, &w->told);
	if (why)
		expect_error(error, error ? error->code : IQ_ERROR_FORMAT, why);
	else
		expect_success(error);
	assert_int_equal(w->told.count, count);
}

/* A walk that whoever is told ends at the second element. */
static inline void expect_end(struct world *w)
{
	w->told.stop_at = 1;
	expect_elements(w, 1, "enough");
	w->told.stop_at = 0;
}

/* An hlist of nodes at these places, with its head at `head`. */
static inline void link_hlist(struct world *w, uint64_t head, const uint64_t *nodes, unsigned count)
{
	uint64_t place = head;
	for (unsigned i = 0; i < count; i++) {
		put(w, place, nodes[i]);
		put(w, nodes[i] + 8, place);
		place = nodes[i];
	}
	put(w, place, 0);
}

#endif
