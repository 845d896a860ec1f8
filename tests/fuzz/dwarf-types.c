// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An ELF file's DWARF as the only source of types: every type by name, its parts, sizes, offsets and declaration; names
 * that are there and names that are not. Seeds: tests/unit/type/samples/types.c, compiled with gcc 12.2 and clang 14,
 *   CC -gdwarf-N -Os -c types.c && objcopy -R .comment -R .eh_frame types.o     N 2 to 5; types: -fdebug-types-section
 */
#include "type/dwarf.h"
#include "util/cleanup.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_TYPES = 64, MAX_PARTS = 24 };

static void ask_parts(struct iq_type type, const struct iq_type_info *info, struct iq_strbuf *text)
{
	for (uint32_t n = 0; n < info->count && n < MAX_PARTS; n++) {
		struct iq_type_member member;
		struct iq_type_enumerator enumerator;
		struct iq_type parameter;
		const char *name;
		iq_error_free(iq_type_enumerator_at(type, n, &enumerator));
		iq_error_free(iq_type_parameter_at(type, n, &name, &parameter));
		if (!iq_failed(iq_type_member_at(type, n, &member)))
			iq_type_declare(member.type, member.name ? member.name : "", text);
	}
}

static struct iq_error *ask(void *context, struct iq_type type)
{
	unsigned *left = context;
	struct iq_type_info info;
	struct iq_type_member member;
	struct iq_strbuf text = { 0 };
	uint64_t size;
	if (!(*left)--)
		return iq_error_new(IQ_ERROR_LIMIT, "enough");
	iq_type_declare(type, "x", &text);
	iq_error_free(iq_type_size(type, &size));
	if (!iq_failed(iq_type_info(type, &info)))
		ask_parts(type, &info, &text);
	iq_error_free(iq_type_describe_offset(type, *left, &text));
	iq_error_free(iq_type_member(type, "points[1].x", &member));
	iq_error_free(iq_type_member(type, "s", &member));
	iq_strbuf_free(&text);
	return NULL;
}

static void ask_names(struct iq_types *types)
{
	static const char *const names[] = { "sample", "point",   "colour",  "word", "int",
					     "GREEN",  "unknown", "visible", "table" };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(names); i++) {
		static const enum iq_type_kind kinds[] = { IQ_TYPE_STRUCT,  IQ_TYPE_UNION, IQ_TYPE_ENUM,
							   IQ_TYPE_TYPEDEF, IQ_TYPE_INT,   IQ_TYPE_FORWARD };
		unsigned left = MAX_TYPES;
		struct iq_type type;
		int64_t value;
		for (size_t k = 0; k < IQ_ARRAY_SIZE(kinds); k++) {
			if (!iq_failed(iq_type_find(types, kinds[k], names[i], &type)))
				iq_error_free(ask(&left, type));
		}
		iq_error_free(iq_type_constant(types, names[i], &value));
		if (!iq_failed(iq_type_of_variable(types, NULL, names[i], &type)))
			iq_error_free(ask(&left, type));
		if (!iq_failed(iq_type_of_function(types, NULL, names[i], &type)))
			iq_error_free(ask(&left, type));
	}
}

static void ask_everything(const char *path)
{
	_cleanup_(iq_types_freep) struct iq_types *types = iq_types_new(NULL);
	_cleanup_(iq_dwarf_closep) struct iq_dwarf *dwarf = NULL;
	struct iq_dwarf_options options = { .path = path, .types = types };
	unsigned left = MAX_TYPES;
	if (!types || iq_failed(iq_dwarf_open(&options, &dwarf)) || iq_failed(iq_types_add_dwarf(types, dwarf)))
		return;
	iq_error_free(iq_types_each(types, ask, &left));
	ask_names(types);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int file = memfd_create("dwarf", MFD_CLOEXEC);
	if (size > sizeof(Elf64_Ehdr) && write(file, data, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
		ask_everything(path);
	}
	close(file);
	return 0;
}
