// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines, inlined functions and rows of line tables against addr2line and objdump, over all code of
 * tests/unit/type/dwarf/live.c: as a shared object, as a module at made-up addresses, compressed in every way, and with
 * a dwz file.
 */
#include "../cmocka_setup.h"

#include "config.h"

#include "dwarf_compile.h"
#include "type/dwarf.h"
#include "util/cleanup.h"
#include "util/strbuf.h"
#include "util/vec.h"

#if IQ_HAVE_ELFUTILS

enum { STEP = 3, MAX_CODE = 1 << 14 };

static const uint64_t TEXT = UINT64_C(0xffffffffc0123000);
static const struct iq_dwarf_section sections[] = { { ".data", UINT64_C(0xffffffffc0234000) },
						    { ".text", UINT64_C(0xffffffffc0123000) } };

static FILE *ask(const char *format, ...) __attribute__((format(printf, 1, 2)));
static FILE *ask(const char *format, ...)
{
	char command[4096];
	va_list args;
	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	FILE *output = popen(command, "r");
	assert_non_null(output);
	return output;
}

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...)
{
	char command[4096];
	va_list args;
	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	assert_int_equal(system(command), 0);
}

/* The functions of .text: objdump's symbols with a size. */
static size_t read_functions(const char *path, uint64_t (*functions)[2], size_t most)
{
	char line[512];
	size_t count = 0;
	FILE *output = ask("objdump -t '%s'", path);
	while (fgets(line, sizeof(line), output)) {
		unsigned long start, size;
		if (sscanf(line, "%lx %*c %*[F] .text %lx", &start, &size) == 2 && size && count < most) {
			functions[count][0] = start;
			functions[count++][1] = size;
		}
	}
	pclose(output);
	return count;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* What iq_dwarf_scopes() says, in addr2line's form. */
static void describe(struct iq_dwarf *dwarf, uint64_t pc, struct iq_strbuf *out)
{
	struct iq_scopes scopes;
	assert_null(iq_dwarf_scopes(dwarf, pc, &scopes));
	assert_true(scopes.count > 0 && !scopes.data[scopes.count - 1].inlined);
	for (size_t i = 0; i < scopes.count; i++) {
		const struct iq_source_line *line = &scopes.data[i].line;
		iq_strbuf_addf(out, "%s %s:%u\n", scopes.data[i].function, base_name(line->file), line->line);
	}
	iq_scopes_free(&scopes);
}

/* addr2line's answers: "0xADDRESS", then pairs of lines, function and place. */
static unsigned compare_all(struct iq_dwarf *dwarf, const char *addresses, const char *path, uint64_t text)
{
	char line[1024], place[1024];
	unsigned compared = 0;
	_cleanup_(iq_strbuf_free) struct iq_strbuf theirs = { 0 }, mine = { 0 };
	FILE *output = ask("addr2line %s -a -i -f -e '%s' < '%s'", text ? "-j .text" : "", path, addresses);
	bool more = fgets(line, sizeof(line), output);
	while (more) {
		uint64_t address = strtoull(line, NULL, 16);
		iq_strbuf_truncate(&theirs, 0);
		iq_strbuf_truncate(&mine, 0);
		while ((more = fgets(line, sizeof(line), output)) && strncmp(line, "0x", 2) != 0) {
			assert_non_null(fgets(place, sizeof(place), output));
			line[strcspn(line, "\n")] = 0;
			place[strcspn(place, " \n")] = 0;
			char *unknown = strstr(place, ":?");
			if (unknown)
				unknown[1] = '0';
			iq_strbuf_addf(&theirs, "%s %s\n", line, base_name(place));
		}
		describe(dwarf, text + address, &mine);
		assert_string_equal(iq_strbuf_text(&mine), iq_strbuf_text(&theirs));
		compared++;
	}
	pclose(output);
	return compared;
}

static struct iq_dwarf *open_file(const char *path, bool module)
{
	struct iq_dwarf *dwarf = NULL;
	struct iq_dwarf_options options = { .path = path };
	if (module) {
		options.module = "live";
		options.sections = sections;
		options.section_count = IQ_ARRAY_SIZE(sections);
	}
	struct iq_error *error = iq_dwarf_open(&options, &dwarf);
	if (error)
		fail_msg("%s", error->message);
	assert_string_equal(iq_dwarf_path(dwarf), path);
	return dwarf;
}

static void check_file(const char *path, const char *plain, bool module)
{
	static uint64_t functions[64][2];
	char addresses[600];
	_cleanup_(iq_dwarf_closep) struct iq_dwarf *dwarf = open_file(path, module);
	size_t count = read_functions(plain, functions, IQ_ARRAY_SIZE(functions));
	unsigned asked = 0;
	assert_true(count >= 12);
	snprintf(addresses, sizeof(addresses), "%s.addresses", plain);
	FILE *file = fopen(addresses, "w");
	assert_non_null(file);
	for (size_t i = 0; i < count; i++) {
		for (uint64_t offset = 0; offset < functions[i][1]; offset += STEP, asked++)
			fprintf(file, "%#lx\n", functions[i][0] + offset);
	}
	fclose(file);
	unsigned compared = compare_all(dwarf, addresses, plain, module ? TEXT : 0);
	assert_int_equal(compared, asked);
	assert_true(compared > 150);
	unlink(addresses);
}

struct rows {
	IQ_VEC(struct {
		uint64_t address;
		unsigned line;
	})
	list;
};

static struct iq_error *add_row(void *context, uint64_t address, const struct iq_source_line *line)
{
	struct rows *rows = context;
	__typeof__(rows->list.data) row = iq_vec_push(&rows->list);
	assert_non_null(row);
	assert_true(!rows->list.count || address >= rows->list.data[0].address);
	row->address = address;
	row->line = line->line;
	return NULL;
}

/* objdump's rows: "live.c 26 0x1190 1 x"; the line of an end of a sequence is "-". */
static void check_rows(const char *path)
{
	struct rows rows = { 0 };
	char text[512], name[256];
	size_t seen = 0;
	_cleanup_(iq_dwarf_closep) struct iq_dwarf *dwarf = open_file(path, false);
	assert_null(iq_dwarf_each_line(dwarf, 0, UINT32_MAX, add_row, &rows));
	FILE *output = ask("objdump --dwarf=decodedline '%s' | sort -s -k3,3", path);
	while (fgets(text, sizeof(text), output)) {
		unsigned line;
		uint64_t address;
		if (sscanf(text, "%255s %u 0x%lx", name, &line, &address) != 3 ||
		    strcmp(base_name(name), "live.c") != 0)
			continue;
		assert_true(seen < rows.list.count);
		assert_int_equal(rows.list.data[seen].address, address);
		assert_int_equal(rows.list.data[seen++].line, line);
	}
	pclose(output);
	assert_int_equal(seen, rows.list.count);
	assert_true(seen > 60);
	iq_vec_free(&rows.list);
}

static void check_outside(const char *path)
{
	_cleanup_(iq_dwarf_closep) struct iq_dwarf *dwarf = open_file(path, false);
	struct iq_source_line line;
	struct iq_scopes scopes;
	struct iq_cfi cfi;
	const uint64_t nowhere = UINT64_C(0xffff888000000000);
	struct iq_error *errors[] = { iq_dwarf_line(dwarf, nowhere, &line), iq_dwarf_scopes(dwarf, nowhere, &scopes),
				      iq_dwarf_cfi(dwarf, nowhere, &cfi) };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(errors); i++) {
		assert_true(iq_error_is(errors[i], IQ_ERROR_NOT_FOUND));
		iq_error_free(errors[i]);
	}
}

static void test_shared(void **state)
{
	char path[512];
	for (size_t i = 0; i < COMPILERS; i++) {
		if (!compile(&compilers[i], "live", "-shared -fPIC", "-lines.so", path))
			continue;
		check_file(path, path, false);
		check_rows(path);
		check_outside(path);
		unlink(path);
	}
}

static void test_module(void **state)
{
	char path[512], packed[600];
	for (size_t i = 0; i < COMPILERS; i++) {
		if (!compile(&compilers[i], "live", "-c -fno-asynchronous-unwind-tables", "-lines.o", path))
			continue;
		check_file(path, path, true);
		snprintf(packed, sizeof(packed), "%s.xz", path);
		shell("xz -k '%s'", path);
		check_file(packed, path, true);
		struct iq_cfi cfi;
		_cleanup_(iq_dwarf_closep) struct iq_dwarf *dwarf = open_file(packed, true);
		assert_null(iq_dwarf_cfi(dwarf, TEXT, &cfi));
		assert_int_equal(cfi.cfa_reg, 7);
		assert_int_equal(cfi.cfa_offset, 8);
		assert_int_equal(cfi.rules[16], IQ_CFI_AT_CFA);
		assert_int_equal(cfi.offsets[16], -8);
		unlink(packed);
		unlink(path);
	}
}

static void test_compressed(void **state)
{
	static const char *const how[][2] = { { "objcopy --compress-debug-sections=zlib '%s' '%s'", "sections" },
					      { "objcopy --compress-debug-sections=zlib-gnu '%s' '%s'", "gnu" },
					      { "gzip -c '%s' > '%s'", "gz" },
					      { "xz -c '%s' > '%s'", "xz" },
					      { "zstd -q -c '%s' > '%s'", "zst" } };
	char path[512], packed[600], command[2048];
	if (!compile(&compilers[1], "live", "-shared -fPIC", "-packed.so", path))
		skip();
	for (size_t i = 0; i < IQ_ARRAY_SIZE(how); i++) {
		snprintf(packed, sizeof(packed), "%s.%s", path, how[i][1]);
		snprintf(command, sizeof(command), how[i][0], path, packed);
		if (i == 4 && !have("zstd"))
			continue;
		assert_int_equal(system(command), 0);
		check_file(packed, path, false);
		unlink(packed);
	}
	unlink(path);
}

/* dwz moves what two files share to a third one, found by its build-id. */
static void test_alternate(void **state)
{
	char path[512], twin[600], alternate[600];
	if (!have("dwz") || !compile(&compilers[0], "live", "-shared -fPIC -Wl,--build-id", "-dwz.so", path))
		skip();
	snprintf(twin, sizeof(twin), "%s.twin", path);
	snprintf(alternate, sizeof(alternate), "%s.alternate", path);
	shell("cp '%s' '%s' && cp '%s' '%s.plain' && dwz -m '%s' -r '%s' '%s'", path, twin, path, path, alternate, path,
	      twin);
	char plain[600];
	snprintf(plain, sizeof(plain), "%s.plain", path);
	check_file(path, plain, false);

	struct iq_dwarf *dwarf = NULL;
	const struct iq_dwarf_options options = { .path = path };
	shell("objcopy --remove-section=.note.gnu.build-id '%s'", alternate);
	struct iq_error *error = iq_dwarf_open(&options, &dwarf);
	assert_true(iq_error_is(error, IQ_ERROR_NOT_FOUND));
	assert_non_null(strstr(error->message, "build-id"));
	iq_error_free(error);
	unlink(path);
	unlink(twin);
	unlink(plain);
	unlink(alternate);
}

static void expect_error(const char *path, enum iq_error_code code)
{
	struct iq_dwarf *dwarf = NULL;
	const struct iq_dwarf_options options = { .path = path };
	struct iq_error *error = iq_dwarf_open(&options, &dwarf);
	assert_true(iq_error_is(error, code));
	assert_non_null(strstr(error->message, path));
	iq_error_free(error);
}

static void test_no_dwarf(void **state)
{
	char path[512];
	expect_error("/nowhere/vmlinux", IQ_ERROR_IO);
	expect_error("/dev/null", IQ_ERROR_FORMAT);
	if (!compile(&compilers[1], "live", "-g0 -shared -fPIC", "-none.so", path))
		skip();
	expect_error(path, IQ_ERROR_NOT_FOUND);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),    cmocka_unit_test(test_module),   cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_alternate), cmocka_unit_test(test_no_dwarf),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	return 0;
}

#endif
