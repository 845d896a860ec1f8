// SPDX-License-Identifier: GPL-2.0-or-later
/* Names to DIEs, variables and functions; the index on disk, damaged in every way. */
#include "dwarf_setup.h"

#include "config.h"

#if IQ_HAVE_ELFUTILS

#include <dirent.h>
#include <fcntl.h>

static const uint64_t SLIDE = 0x12000000;
static const uint8_t ID[4] = { 0xab, 0xcd, 0x01, 0x02 }, OTHER_ID[4] = { 0xab, 0xcd, 0x01, 0x03 };
static const char *const ways[] = { "-gdwarf-2 -gstrict-dwarf", "-gdwarf-4", "-gdwarf-5", "-gdwarf-5 -flto",
				    "-gdwarf-4 -ffunction-sections" };

static void expect_global(struct sample_file *file, const char *name, uint64_t at, const char *declaration,
			  uint64_t found)
{
	struct iq_type type;
	uint64_t address;
	expect_success(iq_dwarf_global(file->dwarf, name, at, &type, &address));
	expect_declaration(type, name, declaration);
	assert_int_equal(address, found);
}

static void check_globals(struct sample_file *file)
{
	struct iq_type type;
	uint64_t address;
	uint64_t sample = symbol_address(file, "sample", 0) + SLIDE;
	assert_true(sample > SLIDE);
	expect_global(file, "sample", 0, "struct sample sample", sample);
	expect_global(file, "sample", sample, "struct sample sample", sample);
	expect_global(file, "packed", 0, "struct packed packed[3]", symbol_address(file, "packed", 0) + SLIDE);
	/* Declared before it was defined, and declared in the other unit. */
	expect_global(file, "declared_first", 0, "int declared_first",
		      symbol_address(file, "declared_first", 0) + SLIDE);
	expect_global(file, "elsewhere", 0, "int elsewhere", symbol_address(file, "elsewhere", 0) + SLIDE);
	expect_global(file, "table", 0, "unsigned long long (*table[4])(int, struct point *)",
		      symbol_address(file, "table", 0) + SLIDE);
	expect_error(iq_dwarf_global(file->dwarf, "nothing", 0, &type, &address), IQ_ERROR_NOT_FOUND, "nothing");
	expect_error(iq_dwarf_global(file->dwarf, "sample", sample + 8, &type, &address), IQ_ERROR_NOT_FOUND, "sample");
	/* Not variables. */
	expect_error(iq_dwarf_global(file->dwarf, "point", 0, &type, &address), IQ_ERROR_NOT_FOUND, "point");
	expect_error(iq_dwarf_global(file->dwarf, "visible", 0, &type, &address), IQ_ERROR_NOT_FOUND, "visible");
}

/* Two static variables of one name: which one is told by the address. */
static void check_statics(struct sample_file *file)
{
	uint64_t first = symbol_address(file, "hidden", 0) + SLIDE, second = symbol_address(file, "hidden", 1) + SLIDE;
	struct iq_type type;
	struct iq_type_info info;
	uint64_t address, size;
	bool seen_word = false, seen_bytes = false;
	assert_true(first > SLIDE && second > SLIDE);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t at = i ? second : first;
		expect_success(iq_dwarf_global(file->dwarf, "hidden", at, &type, &address));
		assert_int_equal(address, at);
		expect_success(iq_type_size(type, &size));
		expect_success(iq_type_info(type, &info));
		seen_word |= size == 8 && info.kind == IQ_TYPE_TYPEDEF;
		seen_bytes |= size == 3 && info.kind == IQ_TYPE_ARRAY;
	}
	assert_true(seen_word && seen_bytes);
	expect_success(iq_dwarf_global(file->dwarf, "hidden", 0, &type, &address));
	assert_true(address == first || address == second);
}

static void check_functions(struct sample_file *file)
{
	struct iq_type type;
	struct iq_source_line line;
	uint64_t entry;
	expect_success(iq_dwarf_function(file->dwarf, "visible", &type, &line, &entry));
	expect_declaration(type, "visible", "int visible(struct sample *, const char *, ...)");
	assert_int_equal(entry, symbol_address(file, "visible", 0) + SLIDE);
	assert_non_null(line.file);
	assert_non_null(strstr(line.file, "types.c"));
	assert_int_equal(line.line, 30);
	const char *name;
	struct iq_type parameter;
	expect_success(iq_type_parameter_at(type, 1, &name, &parameter));
	assert_string_equal(name, "format");
	expect_declaration(parameter, name, "const char *format");
	expect_error(iq_type_parameter_at(type, 2, &name, &parameter), IQ_ERROR_NOT_FOUND, "parameter");
	/* Inlined everywhere: no code of its own. */
	expect_success(iq_dwarf_function(file->dwarf, "inlined", &type, &line, &entry));
	expect_declaration(type, "inlined", "int inlined(int)");
	assert_int_equal(entry, 0);
	assert_int_equal(line.line, 18);
	expect_error(iq_dwarf_function(file->dwarf, "sample", &type, &line, &entry), IQ_ERROR_NOT_FOUND, "sample");
}

static void test_questions(void **state)
{
	unsigned built = 0;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct sample_file file;
		if (sample_build(&file, ways[i], NULL)) {
			built++;
			/* Built, then from the cache. */
			for (unsigned again = 0; again < 2; again++) {
				sample_open(&file, SLIDE, ID, sizeof(ID));
				check_globals(&file);
				if (!strstr(ways[i], "lto")) {
					check_statics(&file);
					check_functions(&file);
				}
				assert_int_equal(((struct dwarf_index *)file.dwarf->index.data)->mapped, again);
				assert_int_equal(file.reports.count, 0);
				sample_close(&file);
			}
		}
		sample_remove(&file);
	}
	if (!built)
		skip();
}

static void test_dwz(void **state)
{
	struct sample_file file;
	if (!run_command("command -v dwz >/dev/null") ||
	    !sample_build(&file, "-gdwarf-4", "cp %1$s %1$s-2 && dwz -m %1$s-alternate %1$s %1$s-2 2>/dev/null"))
		skip();
	sample_open(&file, SLIDE, ID, sizeof(ID));
	check_globals(&file);
	check_statics(&file);
	check_functions(&file);
	sample_remove(&file);
}

/* What is on disk. */

static void index_path(const struct sample_file *file, char path[256])
{
	snprintf(path, 256, "%s/abcd0102", file->cache);
}

static uint8_t *read_whole(const char *path, size_t *size)
{
	uint8_t *bytes = malloc(1 << 20);
	FILE *stream = fopen(path, "rb");
	assert_non_null(stream);
	*size = fread(bytes, 1, 1 << 20, stream);
	fclose(stream);
	return bytes;
}

static void write_whole(const char *path, const uint8_t *bytes, size_t size)
{
	FILE *stream = fopen(path, "wb");
	assert_non_null(stream);
	assert_int_equal(fwrite(bytes, 1, size, stream), size);
	fclose(stream);
}

/* Builds the sample and its index; false: no compiler. */
static bool prepare(struct sample_file *file, struct dwarf_index_header *header)
{
	const struct dwarf_index *index;
	if (!sample_build(file, "-gdwarf-5", NULL))
		return false;
	sample_open(file, SLIDE, ID, sizeof(ID));
	expect_success(iq_dwarf_index(file->dwarf, &index));
	assert_false(index->mapped);
	*header = *index->header;
	return true;
}

static bool loads(const struct sample_file *file, const struct dwarf_index_header *header)
{
	struct dwarf_index index;
	if (iq_failed(iq_dwarf_index_load(file->cache, header, &index)))
		return false;
	iq_dwarf_index_release(&index);
	return true;
}

static void test_every_byte(void **state)
{
	struct sample_file file;
	struct dwarf_index_header header;
	char path[256];
	size_t size;
	if (!prepare(&file, &header))
		skip();
	index_path(&file, path);
	assert_true(loads(&file, &header));
	uint8_t *bytes = read_whole(path, &size);
	assert_true(size > 1000 && size == header.file_size);
	for (size_t i = 0; i < size; i++) {
		static const uint8_t flips[] = { 0x01, 0x80, 0xff };
		bytes[i] ^= flips[i % 3];
		write_whole(path, bytes, size);
		if (loads(&file, &header))
			fail_msg("damage of byte %zu is not noticed", i);
		bytes[i] ^= flips[i % 3];
	}
	for (size_t length = 0; length < size; length += 1 + length / 64) {
		write_whole(path, bytes, length);
		assert_false(loads(&file, &header));
	}
	uint8_t *longer = calloc(1, size + 1);
	memcpy(longer, bytes, size);
	write_whole(path, longer, size + 1);
	assert_false(loads(&file, &header));
	free(longer);
	write_whole(path, bytes, size);
	assert_true(loads(&file, &header));
	free(bytes);
	sample_remove(&file);
}

/* Of another build, another file of the same build, another version. */
static void test_foreign(void **state)
{
	struct sample_file file;
	struct dwarf_index_header header, other;
	if (!prepare(&file, &header))
		skip();
	other = header;
	other.info_size++;
	assert_false(loads(&file, &other));
	other = header;
	other.types_size++;
	assert_false(loads(&file, &other));
	other = header;
	other.alternate_size++;
	assert_false(loads(&file, &other));
	other = header;
	other.version++;
	assert_false(loads(&file, &other));
	/* The right name, the wrong contents. */
	char path[256], other_path[300];
	index_path(&file, path);
	snprintf(other_path, sizeof(other_path), "%s/abcd0103", file.cache);
	assert_int_equal(rename(path, other_path), 0);
	other = header;
	memcpy(other.build_id, OTHER_ID, sizeof(OTHER_ID));
	assert_false(loads(&file, &other));
	sample_remove(&file);
}

static unsigned files_in(const char *directory)
{
	unsigned count = 0;
	DIR *dir = opendir(directory);
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* A damaged file is replaced, and the answers are right meanwhile. */
static void test_rebuilt(void **state)
{
	struct sample_file file;
	struct dwarf_index_header header;
	char path[256];
	struct stat status;
	size_t size;
	if (!prepare(&file, &header))
		skip();
	sample_close(&file);
	index_path(&file, path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(stat(file.cache, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	uint8_t *bytes = read_whole(path, &size);
	bytes[size / 2] ^= 0x10;
	write_whole(path, bytes, size);
	free(bytes);
	assert_false(loads(&file, &header));
	sample_open(&file, SLIDE, ID, sizeof(ID));
	check_globals(&file);
	assert_true(loads(&file, &header));
	assert_int_equal(files_in(file.cache), 1); /* no temporary files are left */
	sample_remove(&file);
}

/* Others' files are not believed, and nowhere to write is no failure. */
static void test_permissions(void **state)
{
	struct sample_file file;
	struct dwarf_index_header header;
	char path[256], moved[300];
	if (!prepare(&file, &header))
		skip();
	index_path(&file, path);
	assert_int_equal(chmod(path, 0622), 0);
	assert_false(loads(&file, &header));
	assert_int_equal(chmod(path, 0600), 0);
	assert_true(loads(&file, &header));
	snprintf(moved, sizeof(moved), "%s-moved", path);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(symlink(moved, path), 0);
	assert_false(loads(&file, &header));
	sample_close(&file);
	/* A file where the directory should be. */
	snprintf(file.cache, sizeof(file.cache), "%s/sample", file.directory);
	sample_open(&file, SLIDE, ID, sizeof(ID));
	check_globals(&file);
	assert_int_equal(file.reports.count, 0);
	sample_remove(&file);
}

static void test_interrupt(void **state)
{
	struct sample_file file;
	struct iq_type type;
	uint64_t address;
	if (!sample_build(&file, "-gdwarf-5", NULL))
		skip();
	sample_open(&file, SLIDE, ID, sizeof(ID));
	iq_interrupt_set(true);
	expect_error(iq_dwarf_global(file.dwarf, "sample", 0, &type, &address), IQ_ERROR_INTERRUPTED, "");
	iq_interrupt_set(false);
	check_globals(&file);
	sample_remove(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions), cmocka_unit_test(test_dwz),     cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_foreign),   cmocka_unit_test(test_rebuilt), cmocka_unit_test(test_permissions),
		cmocka_unit_test(test_interrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	return 77;
}

#endif
