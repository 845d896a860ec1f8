// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints what the room type/ knows of a raw BTF file, or of "dwarf:FILE", for comparisons and measurements:
 *
 *   print-types FILE [--module FILE] all              every struct and union: name, size, members with bit offsets and
 *                                                     bit sizes
 *   print-types FILE [--module FILE] names            the names of all structs
 *   print-types FILE [--module FILE] struct NAME…     the same as all, for some
 *   print-types FILE [--module FILE] layout NAME…     the same, with anonymous members' own
 *   print-types FILE [--module FILE] members STRUCT.PATH…
 *   print-types FILE [--module FILE] parse TYPE…
 *   print-types dwarf:FILE global NAME…               address, size and type of variables
 *   print-types dwarf:FILE function NAME…             entry, prototype and declaration of functions
 *
 * CACHE in the environment is where the index of names of DWARF is kept, under BUILD_ID.
 */
#include "type/dwarf.h"
#include "type/type.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void report(void *context, const char *line)
{
	fprintf(stderr, "print-types: %s\n", line);
}

static struct iq_error *load(void *context, uint8_t **bytes, size_t *size)
{
	_cleanup_fclose_ FILE *file = fopen(context, "rb");
	if (!file)
		return iq_error_new(IQ_ERROR_IO, "can't open %s", (char *)context);
	size_t capacity = 1 << 24;
	*bytes = malloc(capacity);
	*size = fread(*bytes, 1, capacity, file);
	return NULL;
}

static struct iq_error *read_piece(void *context, uint64_t offset, void *buffer, size_t length)
{
	FILE *file = context;
	if (fseek(file, (long)offset, SEEK_SET) || fread(buffer, 1, length, file) != length)
		return iq_error_new(IQ_ERROR_IO, "can't read at %" PRIu64, offset);
	return NULL;
}

static void close_file(void *context)
{
	fclose(context);
}

static struct iq_dwarf *opened;

static struct iq_error *add_dwarf(struct iq_types *types, const char *path, const struct iq_diag *diag)
{
	const char *id = getenv("BUILD_ID");
	struct iq_dwarf_options options = {
		.path = path,
		.types = types,
		.diag = diag,
		.cache = getenv("CACHE"),
		.build_id = (const uint8_t *)id,
		.build_id_size = id ? strlen(id) : 0,
	};
	IQ_TRY(iq_dwarf_open(&options, &opened));
	return iq_types_add_dwarf(types, opened);
}

static struct iq_error *add(struct iq_types *types, const char *module, char *path, const struct iq_diag *diag)
{
	if (strncmp(path, "dwarf:", 6) == 0)
		return add_dwarf(types, path + 6, diag);
	FILE *file = fopen(path, "rb");
	if (getenv("WHOLE") || !file || fseek(file, 0, SEEK_END)) {
		if (file)
			fclose(file);
		return iq_types_add_btf(types, module, load, path, NULL);
	}
	return iq_types_add_btf_paged(types, module, (uint64_t)ftell(file), 0, read_piece, file, close_file);
}

static struct iq_error *print_struct(void *context, struct iq_type type)
{
	struct iq_type_info info;
	IQ_TRY(iq_type_info(type, &info));
	if ((info.kind != IQ_TYPE_STRUCT && info.kind != IQ_TYPE_UNION) || !info.name)
		return NULL;
	if (context) {
		puts(info.name);
		return NULL;
	}
	printf("%s %s %" PRIu64 "\n", info.kind == IQ_TYPE_STRUCT ? "struct" : "union", info.name, info.size);
	for (uint32_t n = 0; n < info.count; n++) {
		struct iq_type_member member;
		struct iq_strbuf text = { 0 };
		IQ_TRY(iq_type_member_at(type, n, &member));
		iq_type_declare(member.type, member.name ? member.name : "", &text);
		printf("\t%s\t%" PRIu64 "\t%u\t%s\n", member.name ? member.name : "-", member.bit_offset,
		       member.bit_size, iq_strbuf_text(&text));
		iq_strbuf_free(&text);
	}
	return NULL;
}

/* The struct or union without a name that a member consists of, or an array of it; or, like pahole, what it points to.
 */
static bool anonymous_of(struct iq_type type, struct iq_type *out, uint64_t *base)
{
	struct iq_type_info info;
	for (int i = 0; i < 8 && !iq_failed(iq_type_info(type, &info)); i++, type = info.target) {
		*out = type;
		if (info.kind == IQ_TYPE_POINTER)
			*base = 0;
		else if (info.kind != IQ_TYPE_ARRAY && info.kind != IQ_TYPE_CONST && info.kind != IQ_TYPE_VOLATILE)
			return (info.kind == IQ_TYPE_STRUCT || info.kind == IQ_TYPE_UNION) && !info.name;
	}
	return false;
}

static struct iq_error *print_layout(struct iq_type type, uint64_t base, int depth)
{
	struct iq_type_info info;
	IQ_TRY(iq_type_info(type, &info));
	for (uint32_t n = 0; n < info.count; n++) {
		struct iq_type_member member;
		struct iq_type inner;
		struct iq_strbuf text = { 0 };
		uint64_t size;
		IQ_TRY(iq_type_member_at(type, n, &member));
		IQ_TRY(iq_type_size(member.type, &size));
		uint64_t inner_base = base + member.bit_offset;
		if (depth < 32 && anonymous_of(member.type, &inner, &inner_base))
			IQ_TRY(print_layout(inner, inner_base, depth + 1));
		iq_type_declare(member.type, member.name ? member.name : "", &text);
		printf("\t%" PRIu64 "\t%u\t%" PRIu64 "\t%s\t%s\n", base + member.bit_offset, member.bit_size, size,
		       member.name ? member.name : "-", iq_strbuf_text(&text));
		iq_strbuf_free(&text);
	}
	return NULL;
}

static struct iq_error *print_global(const char *what, const char *name)
{
	struct iq_type type;
	struct iq_source_line line = { 0 };
	struct iq_strbuf text = { 0 };
	uint64_t address, size = 0;
	if (!opened)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s needs dwarf:FILE", what);
	struct iq_error *error = *what == 'g' ? iq_dwarf_global(opened, name, 0, &type, &address)
					      : iq_dwarf_function(opened, name, &type, &line, &address);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_error_free(error);
		printf("%s\t-\t0\n", name);
		return NULL;
	}
	IQ_TRY(error);
	iq_error_free(iq_type_size(type, &size));
	iq_type_declare(type, name, &text);
	printf("%s\t%#" PRIx64 "\t%" PRIu64 "\t%s\t%s:%u\n", name, address, size, iq_strbuf_text(&text),
	       line.file ? line.file : "-", line.line);
	iq_strbuf_free(&text);
	return NULL;
}

static struct iq_error *run(struct iq_types *types, const char *what, char *argument)
{
	struct iq_type type;
	struct iq_type_info info;
	if (strcmp(what, "struct") == 0 || strcmp(what, "layout") == 0) {
		struct iq_error *error = iq_type_find(types, IQ_TYPE_STRUCT, argument, &type);
		if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
			iq_error_free(error);
			error = iq_type_find(types, IQ_TYPE_UNION, argument, &type);
		}
		if (error || *what == 's')
			return error ? error : print_struct(NULL, type);
		IQ_TRY(iq_type_info(type, &info));
		printf("%s %s %" PRIu64 "\n", info.kind == IQ_TYPE_STRUCT ? "struct" : "union", info.name, info.size);
		return print_layout(type, 0, 0);
	}
	if (strcmp(what, "parse") == 0) {
		struct iq_strbuf text = { 0 };
		IQ_TRY(iq_type_parse(types, argument, &type));
		iq_type_declare(type, "", &text);
		puts(iq_strbuf_text(&text));
		iq_strbuf_free(&text);
		return NULL;
	}
	if (*what == 'g' || *what == 'f')
		return print_global(what, argument);
	char *path = strchr(argument, '.');
	struct iq_type_member member;
	if (!path)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s has no path", argument);
	*path++ = '\0';
	IQ_TRY(iq_types_member(types, argument, path, &member));
	printf("%s.%s\t%" PRIu64 "\t%u\n", argument, path, member.bit_offset, member.bit_size);
	return NULL;
}

int main(int argc, char **argv)
{
	struct iq_diag diag = { report, NULL };
	struct iq_types *types = iq_types_new(&diag);
	int at = 1;
	if (argc < 3 || !types)
		return 2;
	struct iq_error *error = add(types, NULL, argv[at++], &diag);
	if (!error && strcmp(argv[at], "--module") == 0 && argc > at + 2) {
		error = add(types, "module", argv[at + 1], &diag);
		at += 2;
	}
	const char *what = argv[at++];
	if (!error && (strcmp(what, "all") == 0 || strcmp(what, "names") == 0))
		error = iq_types_each(types, print_struct, *what == 'n' ? types : NULL);
	for (; !error && at < argc; at++)
		error = run(types, what, argv[at]);
	int status = error ? 1 : 0;
	if (error)
		fprintf(stderr, "print-types: %s\n", error->message);
	iq_error_free(error);
	iq_types_free(types);
	iq_dwarf_close(opened);
	return status;
}
