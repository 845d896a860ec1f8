// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading virtual memory: translation with its cache, and the words for what can't be read. */
#include "target/internal.h"
#include "util/cleanup.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

static uint64_t page_size(const struct iq_target *target)
{
	return UINT64_C(1) << target->arch->page_shift;
}

/* The table to use: the kernel's half is the kernel's own in every space (a process's copy may lag behind, and the
 * table that PTI has for user mode lacks most of it). */
static uint64_t table_of(const struct iq_target *target, const struct iq_space *space, uint64_t address)
{
	return space && !iq_is_kernel_address(target, address) ? space->table : 0;
}

static struct iq_tlb_entry *small_slot(struct iq_target *target, uint64_t table, uint64_t page)
{
	return &target->small[(page ^ table >> 12) % IQ_TLB_SMALL];
}

static struct iq_tlb_entry *large_slot(struct iq_target *target, uint64_t table, uint64_t page)
{
	return &target->large[(page ^ table >> 12) % IQ_TLB_LARGE];
}

void iq_target_forget(struct iq_target *target)
{
	memset(target->small, 0, sizeof(target->small));
	memset(target->large, 0, sizeof(target->large));
}

static bool cached(struct iq_target *target, uint64_t table, uint64_t address, uint64_t *physical)
{
	unsigned shift = target->arch->page_shift;
	const struct iq_tlb_entry *entry = small_slot(target, table, address >> shift);
	if (entry->tag == (address >> shift) + 1 && entry->table == table) {
		*physical = entry->physical + (address & ((UINT64_C(1) << shift) - 1));
		return true;
	}
	shift = IQ_TLB_LARGE_SHIFT;
	entry = large_slot(target, table, address >> shift);
	if (entry->tag == (address >> shift) + 1 && entry->table == table) {
		*physical = entry->physical + (address & ((UINT64_C(1) << shift) - 1));
		return true;
	}
	return false;
}

/* On a live machine only the image and the direct map stay where they are. */
static bool may_cache(const struct iq_target *target, uint64_t table, uint64_t address)
{
	if (!target->info->live)
		return true;
	const struct iq_layout *layout = iq_target_layout(target);
	return !table && (address - layout->direct_map < layout->direct_map_size ||
			  (address >= layout->text && address < layout->text_end));
}

static void remember(struct iq_target *target, uint64_t table, uint64_t address, const struct iq_walk *walk)
{
	if (!may_cache(target, table, address))
		return;
	unsigned shift = walk->page_size >> IQ_TLB_LARGE_SHIFT ? IQ_TLB_LARGE_SHIFT : target->arch->page_shift;
	struct iq_tlb_entry *entry = shift == IQ_TLB_LARGE_SHIFT ? large_slot(target, table, address >> shift)
								 : small_slot(target, table, address >> shift);
	entry->tag = (address >> shift) + 1;
	entry->table = table;
	entry->physical = walk->physical & ~((UINT64_C(1) << shift) - 1);
}

static bool in_image(const struct iq_target *target, uint64_t address)
{
	const struct iq_layout *layout = &target->layout;
	return target->linear_image && address >= layout->text &&
	       address < (layout->text_end ? layout->text_end : layout->modules);
}

/* Without page tables: the image from vmcoreinfo, the direct map once its base is known, and what the file's headers
 * map. */
static bool translate_linear(const struct iq_target *target, uint64_t address, uint64_t *physical)
{
	const struct iq_layout *layout = &target->layout;
	for (size_t i = 0; i < target->mapping_count; i++) {
		const struct iq_dump_mapping *mapping = &target->mappings[i];
		if (address - mapping->virtual_address < mapping->size) {
			*physical = mapping->physical_address + (address - mapping->virtual_address);
			return true;
		}
	}
	if (layout->direct_map && address - layout->direct_map < layout->direct_map_size) {
		*physical = address - layout->direct_map;
		return true;
	}
	if (in_image(target, address)) {
		*physical = address - layout->link_base + layout->phys_base;
		return true;
	}
	return false;
}

/* Why the bytes of `what` can't be had, told of a virtual address. Takes the dump's error. */
static struct iq_error *unreadable(const struct iq_target *target, uint64_t address, const char *what,
				   struct iq_error *taken)
{
	_cleanup_(iq_error_freep) struct iq_error *error = taken;
	enum iq_page_state state = error->page_state;
	int level = target->info->dump_level;

	if (state == IQ_PAGE_FILTERED && level >= 0)
		return iq_error_memory(address, state,
				       "0x%" PRIx64 ": %s is not in the dump (filtered out: makedumpfile -d %d)",
				       address, what, level);
	if (state == IQ_PAGE_FILTERED)
		return iq_error_memory(address, state, "0x%" PRIx64 ": %s is not in the dump (filtered out)", address,
				       what);
	if (state == IQ_PAGE_ABSENT)
		return iq_error_memory(address, state,
				       "0x%" PRIx64 ": %s is at physical 0x%" PRIx64 ", where the machine has no RAM",
				       address, what, error->address);
	return iq_error_memory(address, state, "0x%" PRIx64 ": %s", address, error->message);
}

/* An address that the tables don't map. */
static struct iq_error *unmapped(const struct iq_target *target, uint64_t address, const struct iq_walk *walk)
{
	if (walk->count == 0)
		return iq_error_memory(address, IQ_PAGE_PRESENT, "0x%" PRIx64 ": not a canonical address", address);
	const struct iq_walk_step *last = &walk->steps[walk->count - 1];
	if (last->entry && !iq_is_kernel_address(target, address))
		return iq_error_memory(address, IQ_PAGE_PRESENT,
				       "0x%" PRIx64 ": page is swapped out or moving (%s is %" PRIx64 ")", address,
				       last->level, last->entry);
	return iq_error_memory(address, IQ_PAGE_PRESENT,
			       "0x%" PRIx64 ": no mapping in the page tables (%s is %" PRIx64 ")", address, last->level,
			       last->entry);
}

/* A table that can't be read, or is damaged: the steps tell how far the walk came. Takes the error. */
static struct iq_error *walk_failed(const struct iq_target *target, uint64_t address, struct iq_error *error)
{
	if (iq_error_is(error, IQ_ERROR_FORMAT)) {
		_cleanup_(iq_error_freep) struct iq_error *damage = error;
		return iq_error_memory(address, IQ_PAGE_PRESENT, "0x%" PRIx64 ": %s", address, damage->message);
	}
	if (!iq_error_is(error, IQ_ERROR_MEMORY))
		return iq_error_prefix(error, "0x%" PRIx64, address);
	/* The walk's message begins with "LEVEL table at physical ADDRESS". */
	_cleanup_free_ char *what = strdup(error->message);
	if (!what) {
		iq_error_free(error);
		return iq_error_no_memory();
	}
	char *end = strchr(what, ':');
	if (end)
		*end = '\0';
	return unreadable(target, address, what, error);
}

static struct iq_error *no_tables(uint64_t address)
{
	return iq_error_memory(address, IQ_PAGE_LOST, "0x%" PRIx64 ": no page tables to translate the address with",
			       address);
}

/* `table` is 0 for the kernel's. Where the table that was found is a process's, what that maps is not kernel memory. */
static struct iq_error *translate(struct iq_target *target, uint64_t table, uint64_t address, uint64_t *physical)
{
	struct iq_walk walk = { 0 };
	uint64_t root = table ? table : target->layout.kernel_table;

	if (!root)
		return translate_linear(target, address, physical) ? NULL : no_tables(address);
	if (target->image_unmapped && !table && in_image(target, address)) {
		*physical = address - target->layout.link_base + target->layout.phys_base;
		return NULL;
	}
	struct iq_error *error = target->arch->walk(&target->paging, root, address, &walk);
	if (error) {
		if (!table && translate_linear(target, address, physical)) {
			iq_error_free(error);
			return NULL;
		}
		return walk_failed(target, address, error);
	}
	if (!walk.mapped)
		return unmapped(target, address, &walk);
	if (!table && !iq_is_kernel_address(target, address))
		return iq_error_memory(address, IQ_PAGE_PRESENT, "0x%" PRIx64 ": not a kernel address", address);
	remember(target, table, address, &walk);
	*physical = walk.physical;
	return NULL;
}

/* Reads within one page. */
static struct iq_error *read_in_page(struct iq_target *target, const struct iq_space *space, uint64_t address,
				     void *buffer, size_t length)
{
	uint64_t table = table_of(target, space, address), physical;
	if (space && !table && !iq_is_kernel_address(target, address))
		return no_tables(address);
	if (!cached(target, table, address, &physical))
		IQ_TRY(translate(target, table, address, &physical));
	struct iq_error *error = iq_dump_read(target->dump, physical, buffer, length);
	if (!error)
		return NULL;
	if (!iq_error_is(error, IQ_ERROR_MEMORY))
		return iq_error_prefix(error, "0x%" PRIx64, address);
	uint64_t skipped = error->has_address && error->address - physical < length ? error->address - physical : 0;
	return unreadable(target, address + skipped, "page", error);
}

struct iq_error *iq_read_space(struct iq_target *target, const struct iq_space *space, uint64_t address, void *buffer,
			       size_t length)
{
	if (length && address + (length - 1) < address)
		return iq_error_memory(address, IQ_PAGE_PRESENT,
				       "0x%" PRIx64 ": %zu bytes go past the end of the address space", address,
				       length);
	uint64_t size = page_size(target);
	for (char *at = buffer; length;) {
		size_t piece = IQ_MIN(length, size - (address & (size - 1)));
		IQ_TRY(read_in_page(target, space, address, at, piece));
		at += piece;
		address += piece;
		length -= piece;
	}
	return NULL;
}

struct iq_error *iq_read(struct iq_target *target, uint64_t address, void *buffer, size_t length)
{
	return iq_read_space(target, NULL, address, buffer, length);
}

/* The machines here are little-endian, and so are their dumps. */
#define DEFINE_READ(bits, to_host)                                                                                     \
	struct iq_error *iq_read_u##bits(struct iq_target *target, uint64_t address, uint##bits##_t *value)            \
	{                                                                                                              \
		uint##bits##_t raw;                                                                                    \
		IQ_TRY(iq_read_space(target, NULL, address, &raw, sizeof(raw)));                                       \
		*value = to_host(raw);                                                                                 \
		return NULL;                                                                                           \
	}

DEFINE_READ(8, )
DEFINE_READ(16, le16toh)
DEFINE_READ(32, le32toh)
DEFINE_READ(64, le64toh)

struct iq_error *iq_read_string(struct iq_target *target, uint64_t address, char *buffer, size_t size)
{
	if (size == 0)
		return iq_error_new(IQ_ERROR_ARGUMENT, "0x%" PRIx64 ": a string needs room for its NUL", address);
	/* Mostly short, so small pieces. */
	const size_t small_piece = 64;
	size_t length = 0;
	buffer[0] = '\0';
	while (length < size - 1) {
		size_t piece = IQ_MIN(small_piece - (address & (small_piece - 1)), size - 1 - length);
		struct iq_error *error = iq_read_space(target, NULL, address, buffer + length, piece);
		if (error) {
			buffer[length] = '\0';
			return error;
		}
		const char *end = memchr(buffer + length, '\0', piece);
		if (end)
			return NULL;
		length += piece;
		address += piece;
	}
	buffer[length] = '\0';
	return NULL;
}

struct iq_error *iq_walk(struct iq_target *target, const struct iq_space *space, uint64_t address, struct iq_walk *out)
{
	uint64_t root = space ? space->table : target->layout.kernel_table;
	memset(out, 0, sizeof(*out));
	if (!root)
		return no_tables(address);
	return iq_error_prefix(target->arch->walk(&target->paging, root, address, out), "%" PRIx64, address);
}

struct iq_error *iq_virt_to_phys(struct iq_target *target, uint64_t address, uint64_t *physical)
{
	return cached(target, 0, address, physical) ? NULL : translate(target, 0, address, physical);
}
