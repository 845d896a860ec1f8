// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The index of names as a file has it (checksums are not compared here): whatever it says, questions stay inside it.
 * And names on their way into an index: what was put in comes out.
 */
#include "type/dwarf_index.h"

#include "util/cleanup.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct dwarf_index *index, const char *name)
{
	struct dwarf_index_entry entry;
	uint32_t cursor = 0;
	while (iq_dwarf_index_next(index, name, &cursor, &entry)) {
		if (strcmp(entry.name, name) != 0 || entry.kind >= DWARF_INDEX_KINDS || entry.space >= DWARF_SPACES)
			abort();
	}
}

static void read_file(const uint8_t *data, size_t size)
{
	/* Aligned, as a mapping is. */
	_cleanup_free_ void *copy = malloc(size + 1);
	struct dwarf_index_header wanted;
	struct dwarf_index index;
	if (!copy || size < sizeof(wanted))
		return;
	memcpy(copy, data, size);
	memcpy(&wanted, data, sizeof(wanted));
	wanted.magic = DWARF_INDEX_MAGIC;
	wanted.version = DWARF_INDEX_VERSION;
	if (!iq_dwarf_index_parse(copy, size, &wanted, &index))
		return;
	struct dwarf_index_entry entry;
	for (uint32_t n = 0; n < 4096 && iq_dwarf_index_at(&index, n, &entry); n++)
		ask(&index, entry.name);
	ask(&index, "");
	ask(&index, "task_struct");
}

/* Each byte of the input is a name of one letter, a kind, and whether it is a string that stays. */
static void build(const uint8_t *data, size_t size)
{
	static const char names[8][4] = { "a", "b", "c", "d", "aa", "ab", "", "abc" };
	struct dwarf_index_header header = { .magic = DWARF_INDEX_MAGIC, .version = DWARF_INDEX_VERSION };
	struct dwarf_index_builder builder = { 0 };
	struct dwarf_index index;
	unsigned found[8] = { 0 };
	for (size_t i = 0; i < size; i++) {
		unsigned name = data[i] & 7, kind = (data[i] >> 3) % DWARF_INDEX_KINDS;
		found[name] |= 1u << kind;
		if (iq_failed(iq_dwarf_index_add(&builder, (enum dwarf_index_kind)kind, names[name], data[i] >> 7,
						 i & 1, DWARF_SPACE_INFO, i)))
			abort();
	}
	if (iq_failed(iq_dwarf_index_finish(&builder, &header, &index)))
		abort();
	for (unsigned name = 0; name < 8; name++) {
		struct dwarf_index_entry entry;
		unsigned kinds = 0;
		for (uint32_t cursor = 0; iq_dwarf_index_next(&index, names[name], &cursor, &entry);) {
			kinds |= 1u << entry.kind;
			if (entry.die >= size || (data[entry.die] & 7) != name)
				abort();
		}
		unsigned defined = 1u << DWARF_INDEX_STRUCT | 1u << DWARF_INDEX_VARIABLE | 1u << DWARF_INDEX_FUNCTION;
		if ((kinds & defined) != (*names[name] ? found[name] & defined : 0))
			abort();
	}
	iq_dwarf_index_release(&index);
	iq_dwarf_index_builder_free(&builder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && *data == 'b')
		build(data + 1, size - 1);
	else
		read_file(data, size);
	return 0;
}
