/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/source.h"
#include "command/bpf_source.h"

#include "util/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct iq_error *iq_code_line(struct iq_kernel *kernel, uint64_t pc, bool *has_dwarf, struct iq_source_line *out)
{
	struct iq_images *images = iq_kernel_images(kernel);
	const struct iq_image *image = iq_image_at(images, pc);
	struct iq_dwarf *dwarf;

	if (has_dwarf)
		*has_dwarf = false;
	if (!image)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%#lx is in no code that is known", pc);
	IQ_TRY(iq_image_dwarf(images, image, &dwarf));
	if (has_dwarf)
		*has_dwarf = true;
	return iq_dwarf_line(dwarf, pc, out);
}

/* Finding the file. */

struct search {
	const char *file;        /* relative to a directory, or absolute */
	char *found;             /* NULL: not yet */
	struct iq_strbuf looked; /* "DIR, DIR" */
};

static bool is_file(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* An absolute path is tried below the directory as a whole and without its first names, one after the other. */
static struct iq_error *look_below(struct search *search, const char *directory)
{
	const char *file = search->file;

	if (search->found)
		return NULL;
	iq_strbuf_addf(&search->looked, "%s%s", search->looked.length ? ", " : "", directory);
	while (!strncmp(file, "../", 3))
		file += 3;
	for (unsigned i = 0; file && i < 64; i++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };

		file += strspn(file, "/");
		iq_strbuf_addf(&path, "%s/%s", directory, file);
		if (path.failed)
			return iq_error_no_memory();
		if (is_file(iq_strbuf_text(&path))) {
			search->found = iq_strbuf_steal(&path);
			return search->found ? NULL : iq_error_no_memory();
		}
		file = *search->file == '/' ? strchr(file, '/') : NULL;
	}
	return NULL;
}

static struct iq_error *look_at(struct search *search, const char *path)
{
	if (search->found)
		return NULL;
	iq_strbuf_addf(&search->looked, "%s%s", search->looked.length ? ", " : "", path);
	if (is_file(path))
		search->found = strdup(path);
	return NULL;
}

/* "6.1.0" of "6.1.0-47-amd64", and "6.1". */
static void versions(const char *release, char three[32], char two[32])
{
	size_t dots = 0, length = 0;

	three[0] = two[0] = '\0';
	while (length < 31 && (isdigit((unsigned char)release[length]) || release[length] == '.')) {
		if (release[length] == '.' && ++dots == 2)
			snprintf(two, 32, "%.*s", (int)length, release);
		length++;
	}
	snprintf(three, 32, "%.*s", (int)length, release);
}

__attribute__((format(printf, 2, 3))) static struct iq_error *look_in(struct search *search, const char *format, ...)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	va_list args;

	va_start(args, format);
	iq_strbuf_addv(&path, format, args);
	va_end(args);
	return path.failed ? iq_error_no_memory() : look_below(search, iq_strbuf_text(&path));
}

/*
 * Debian: linux-source-6.1 unpacked; Ubuntu: linux-source-5.15.0; SUSE: kernel-source's linux-6.4.0-150600.23.25;
 * Fedora and RHEL: kernel-debuginfo-common; where the kernel was built here: the links beside its modules.
 */
static struct iq_error *look_in_usr_src(struct search *search, const char *release)
{
	char three[32], two[32];
	const char *flavour = strrchr(release, '-');

	if (strchr(release, '/'))
		return NULL;
	versions(release, three, two);
	if (*two)
		IQ_TRY(look_in(search, "/usr/src/linux-source-%s", two));
	IQ_TRY(look_in(search, "/usr/src/linux-source-%s", three));
	IQ_TRY(look_in(search, "/usr/src/linux-%s", release));
	if (flavour)
		IQ_TRY(look_in(search, "/usr/src/linux-%.*s", (int)(flavour - release), release));
	IQ_TRY(look_in(search, "/usr/src/debug/kernel-%s/linux-%s", three, release));
	IQ_TRY(look_in(search, "/lib/modules/%s/source", release));
	return look_in(search, "/lib/modules/%s/build", release);
}

static struct iq_error *look_everywhere(struct iq_session *session, struct iq_kernel *kernel,
					const struct iq_source_line *line, struct search *search)
{
	const char *release = iq_images_release(iq_kernel_images(kernel));

	if (session->options.source)
		IQ_TRY(look_below(search, session->options.source));
	/* Nothing of this machine but what was named. */
	if (session->options.kernel.debuginfo && session->options.kernel.debuginfo->off)
		return NULL;
	if (*line->file == '/')
		IQ_TRY(look_at(search, line->file));
	else if (line->directory && *line->directory == '/')
		IQ_TRY(look_below(search, line->directory));
	return release ? look_in_usr_src(search, release) : NULL;
}

struct iq_error *iq_source_find(struct iq_session *session, struct iq_kernel *kernel, const struct iq_source_line *line,
				char **path)
{
	struct search search = { .file = line->file };
	struct iq_error *error = look_everywhere(session, kernel, line, &search);

	if (!error && search.looked.failed)
		error = iq_error_no_memory();
	if (!error && !search.found)
		error = iq_error_new(IQ_ERROR_NOT_FOUND, "the source %s was not found%s%s: --source says where it is",
				     line->file, search.looked.length ? " in " : "", iq_strbuf_text(&search.looked));
	iq_strbuf_free(&search.looked);
	*path = search.found;
	return error;
}

/* Showing it. */

enum { LINES_BEFORE = 5, MAX_LINES = 5000 };

/* "net/core/dev.c:123" */
static bool is_file_and_line(const char *where, struct iq_source_line *out, char **file)
{
	const char *colon = strrchr(where, ':');
	char *end;
	unsigned long line;

	if (!colon || colon == where || !isdigit((unsigned char)colon[1]))
		return false;
	errno = 0;
	line = strtoul(colon + 1, &end, 10);
	if (*end || errno || !line || line > UINT32_MAX)
		return false;
	*file = strndup(where, (size_t)(colon - where));
	*out = (struct iq_source_line){ .file = *file, .line = (unsigned)line };
	return true;
}

struct view {
	struct iq_out *out;
	unsigned first, marked, last; /* last 0: to the end of the function */
	unsigned shown;
};

static void show_line(struct view *view, unsigned number, const char *text)
{
	iq_record_begin(view->out);
	iq_add_unsigned(view->out, "number", number);
	iq_add_string(view->out, "text", text);
	iq_add_bool(view->out, "marked", number == view->marked);
	iq_text(view->out, "%s%u\t%s", number == view->marked ? "* " : "  ", number, text);
	iq_end(view->out);
	view->shown++;
}

/* A function ends with the brace in the first column. */
static struct iq_error *show_lines(struct view *view, const char *path)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	size_t size = 0;
	ssize_t length;
	unsigned number = 0;

	if (!file)
		return iq_error_errno(errno, "%s", path);
	while (view->shown < MAX_LINES && (length = getline(&text, &size, file)) >= 0) {
		IQ_TRY(iq_check_interrupt());
		while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
			text[--length] = '\0';
		if (++number < view->first)
			continue;
		if (view->last && number > view->last)
			break;
		show_line(view, number, text);
		if (!view->last && number >= view->marked && *text == '}')
			break;
	}
	return view->shown && number >= view->marked
		       ? NULL
		       : iq_error_new(IQ_ERROR_NOT_FOUND, "%s has %u lines: line %u is not in it", path, number,
				      view->marked);
}

/* Of code of a BPF program *bpf is set: its source is not in files. */
static struct iq_error *choose_line(struct iq_session *session, struct iq_kernel *kernel, const char *where,
				    struct iq_source_line *line, char **file, struct iq_bpf_place *bpf)
{
	uint64_t address;
	bool has_dwarf;

	if (is_file_and_line(where, line, file))
		return *file ? NULL : iq_error_no_memory();
	IQ_TRY(iq_parse_address(session, where, &address));
	struct iq_error *error = iq_bpf_place_at(session, address, bpf);
	if (!iq_error_is(error, IQ_ERROR_NOT_FOUND))
		return error;
	iq_error_free(error);
	IQ_TRY(iq_code_line(kernel, address, &has_dwarf, line));
	if (!line->file || !*line->file || !line->line)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "the compiler gave %#lx no line", address);
	return NULL;
}

struct iq_error *iq_source_show(struct iq_session *session, const char *where, uint64_t count, struct iq_out *out)
{
	_cleanup_free_ char *file = NULL, *path = NULL;
	struct iq_source_line line;
	struct iq_bpf_place bpf = { 0 };
	struct iq_kernel *kernel;
	struct iq_error *error;

	IQ_TRY(iq_session_kernel(session, &kernel));
	IQ_TRY(choose_line(session, kernel, where, &line, &file, &bpf));
	if (bpf.code)
		return iq_bpf_source_show(&bpf, count, out);
	iq_record_begin(out);
	iq_add_string(out, "file", line.file);
	iq_add_string(out, "directory", line.directory);
	iq_add_unsigned(out, "line", line.line);
	iq_line(out, "FILE: {file}");
	iq_line(out, "LINE: {line}");
	iq_text(out, "%s", "");
	error = iq_source_find(session, kernel, &line, &path);
	if (!error) {
		struct view view = { .out = out,
				     .first = line.line > LINES_BEFORE ? line.line - LINES_BEFORE : 1,
				     .marked = line.line,
				     .last = count ? line.line + (unsigned)IQ_MIN(count, (uint64_t)MAX_LINES) : 0 };

		iq_add_string(out, "source", path);
		iq_list_begin(out, "lines");
		error = show_lines(&view, path);
		iq_end(out);
	}
	iq_end(out);
	return error;
}
