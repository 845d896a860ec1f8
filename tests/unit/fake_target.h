/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dead machine for tests of the rooms behind target/: memory made of pieces, each at its own virtual address, and
 * vmcoreinfo as text. It takes the place of the target room's functions (a test's own definitions come before the
 * library's), so include it once, in the test's only source file.
 */
#ifndef IQ_TESTS_FAKE_TARGET_H
#define IQ_TESTS_FAKE_TARGET_H

#include "target/target.h"
#include "util/cleanup.h"
#include "util/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_piece {
	uint64_t address;
	const uint8_t *bytes;
	size_t size;
};

struct iq_target {
	const struct iq_arch *arch; /* NULL unless the test sets it */
	struct fake_piece pieces[16];
	unsigned count;
	struct iq_layout layout;
	const char *vmcoreinfo;
	struct iq_diag diag;
	struct iq_strbuf warnings; /* one line each */
	uint64_t reads, bytes_read;
	uint64_t interrupt_at; /* the number of the read during which Ctrl-C comes; 0: none */
	uint64_t bases[3];
	struct iq_error *(*walk)(uint64_t address, struct iq_walk *out); /* NULL: there are no page tables */
};

static void fake_warn(void *context, const char *line)
{
	struct iq_target *target = context;
	iq_strbuf_add(&target->warnings, line);
	iq_strbuf_add_char(&target->warnings, '\n');
}

static inline void fake_init(struct iq_target *target)
{
	*target = (struct iq_target){ .diag = { .report = fake_warn, .context = target } };
}

static inline void fake_add(struct iq_target *target, uint64_t address, const void *bytes, size_t size)
{
	if (target->count == IQ_ARRAY_SIZE(target->pieces))
		abort();
	target->pieces[target->count++] = (struct fake_piece){ address, bytes, size };
}

static inline void fake_free(struct iq_target *target)
{
	iq_strbuf_free(&target->warnings);
}

struct iq_dump *iq_target_dump(const struct iq_target *target)
{
	return (struct iq_dump *)(uintptr_t)target;
}

const struct iq_arch *iq_target_arch(const struct iq_target *target)
{
	return target->arch;
}

const struct iq_diag *iq_target_diag(const struct iq_target *target)
{
	return &target->diag;
}

const struct iq_layout *iq_target_layout(const struct iq_target *target)
{
	return &target->layout;
}

struct iq_paging iq_target_paging(const struct iq_target *target)
{
	return (struct iq_paging){ 0 };
}

void iq_target_set_bases(struct iq_target *target, uint64_t direct_map, uint64_t vmalloc, uint64_t vmemmap)
{
	target->bases[0] = direct_map;
	target->bases[1] = vmalloc;
	target->bases[2] = vmemmap;
}

struct iq_error *iq_read(struct iq_target *target, uint64_t address, void *buffer, size_t length)
{
	uint8_t *to = buffer;
	if (++target->reads == target->interrupt_at)
		iq_interrupt_set(true);
	target->bytes_read += length;
	while (length) {
		const struct fake_piece *piece = target->pieces, *end = piece + target->count;
		while (piece < end && (address < piece->address || address - piece->address >= piece->size))
			piece++;
		if (piece == end)
			return iq_error_memory(address, IQ_PAGE_ABSENT, "nothing at %#lx", address);
		uint64_t offset = address - piece->address;
		size_t part = IQ_MIN(length, piece->size - offset);
		memcpy(to, piece->bytes + offset, part);
		to += part;
		address += part;
		length -= part;
	}
	return NULL;
}

struct iq_error *iq_read_u8(struct iq_target *target, uint64_t address, uint8_t *value)
{
	return iq_read(target, address, value, sizeof(*value));
}

struct iq_error *iq_read_u16(struct iq_target *target, uint64_t address, uint16_t *value)
{
	return iq_read(target, address, value, sizeof(*value));
}

struct iq_error *iq_read_u32(struct iq_target *target, uint64_t address, uint32_t *value)
{
	return iq_read(target, address, value, sizeof(*value));
}

struct iq_error *iq_read_u64(struct iq_target *target, uint64_t address, uint64_t *value)
{
	return iq_read(target, address, value, sizeof(*value));
}

struct iq_error *iq_read_string(struct iq_target *target, uint64_t address, char *buffer, size_t size)
{
	for (size_t i = 0; i + 1 < size; i++) {
		IQ_TRY(iq_read(target, address + i, buffer + i, 1));
		if (!buffer[i])
			return NULL;
	}
	buffer[size - 1] = '\0';
	return NULL;
}

struct iq_error *iq_read_space(struct iq_target *target, const struct iq_space *space, uint64_t address, void *buffer,
			       size_t length)
{
	return iq_read(target, address, buffer, length);
}

struct iq_error *iq_walk(struct iq_target *target, const struct iq_space *space, uint64_t address, struct iq_walk *out)
{
	return target->walk ? target->walk(address, out) : iq_error_new(IQ_ERROR_UNSUPPORTED, "no page tables here");
}

struct iq_error *iq_virt_to_phys(struct iq_target *target, uint64_t address, uint64_t *physical)
{
	return iq_error_new(IQ_ERROR_UNSUPPORTED, "no page tables here");
}

bool iq_phys_to_virt(struct iq_target *target, uint64_t physical, uint64_t *address)
{
	return false;
}

bool iq_is_kernel_address(const struct iq_target *target, uint64_t address)
{
	return address >= UINT64_C(0xffff800000000000);
}

bool iq_dump_vmcoreinfo_get(struct iq_dump *dump, const char *key, const char **value, size_t *length)
{
	const struct iq_target *target = (const struct iq_target *)(const void *)dump;
	const char *line = target->vmcoreinfo;
	size_t n = strlen(key);
	while (line && *line) {
		const char *end = strchrnul(line, '\n');
		if (strncmp(line, key, n) == 0 && line[n] == '=') {
			*value = line + n + 1;
			*length = (size_t)(end - *value);
			return true;
		}
		line = *end ? end + 1 : NULL;
	}
	return false;
}

bool iq_dump_vmcoreinfo_number(struct iq_dump *dump, const char *key, int base, uint64_t *value)
{
	const char *text;
	size_t length;
	if (!iq_dump_vmcoreinfo_get(dump, key, &text, &length))
		return false;
	*value = strtoull(text, NULL, base);
	return true;
}

#endif
