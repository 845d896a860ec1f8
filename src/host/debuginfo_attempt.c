// SPDX-License-Identifier: GPL-2.0-or-later
/* Looking at one place, and writing down how it went. */
#include "host/internal.h"

#include "util/cleanup.h"
#include "util/strbuf.h"

#include <string.h>

static const char *const outcome_names[] = {
	[IQ_DEBUGINFO_FOUND] = "found",
	[IQ_DEBUGINFO_ABSENT] = "absent",
	[IQ_DEBUGINFO_OTHER_BUILD_ID] = "other build-id",
	[IQ_DEBUGINFO_NO_DWARF] = "no DWARF",
	[IQ_DEBUGINFO_UNREADABLE] = "unreadable",
	[IQ_DEBUGINFO_NOT_ASKED] = "not asked",
};

const char *iq_debuginfo_outcome_name(enum iq_debuginfo_outcome outcome)
{
	return outcome_names[outcome];
}

void iq_build_id_text(const uint8_t *build_id, size_t size, char text[IQ_MAX_BUILD_ID * 2 + 1])
{
	text[0] = '\0';
	for (size_t i = 0; i < size && i < IQ_MAX_BUILD_ID; i++)
		snprintf(text + i * 2, 3, "%02x", build_id[i]);
}

struct iq_error *iq_attempt_add(struct iq_debuginfo_search *search, enum iq_debuginfo_outcome outcome, const char *path,
				const char *detail)
{
	struct iq_debuginfo_attempt *attempt = iq_vec_push(&search->out->attempts);
	if (!attempt)
		return iq_error_no_memory();
	*attempt = (struct iq_debuginfo_attempt){ outcome, strdup(path), detail ? strdup(detail) : NULL };
	return attempt->path && (attempt->detail || !detail) ? NULL : iq_error_no_memory();
}

static struct iq_error *take(struct iq_debuginfo_search *search, const char *path, const char *detail, bool unchecked)
{
	IQ_TRY(iq_attempt_add(search, IQ_DEBUGINFO_FOUND, path, detail));
	search->out->path = strdup(path);
	search->out->unchecked = unchecked;
	return search->out->path ? NULL : iq_error_no_memory();
}

static struct iq_error *note_other(struct iq_debuginfo_search *search, const char *path,
				   const struct iq_debug_file *file)
{
	char text[IQ_MAX_BUILD_ID * 2 + 1];
	iq_build_id_text(file->build_id, file->build_id_size, text);
	return iq_attempt_add(search, IQ_DEBUGINFO_OTHER_BUILD_ID, path, *text ? text : "none");
}

static bool same_build_id(const struct iq_debuginfo_request *request, const struct iq_debug_file *file)
{
	return request->build_id_size == file->build_id_size &&
	       memcmp(request->build_id, file->build_id, file->build_id_size) == 0;
}

static bool was_seen(struct iq_debuginfo_search *search, const struct iq_debug_file *file, struct iq_error **error)
{
	iq_vec_foreach (seen, &search->seen)
		if (seen->device == file->identity.device && seen->inode == file->identity.inode)
			return true;
	struct iq_file_identity *new = iq_vec_push(&search->seen);
	if (new)
		*new = file->identity;
	else
		*error = iq_error_no_memory();
	return false;
}

/* A file that a .gnu_debuglink named: the right build-id, or the right sum where it has none. */
static struct iq_error *try_linked(struct iq_debuginfo_search *search, const struct iq_debug_file *from,
				   const char *path)
{
	_cleanup_(iq_debug_file_free) struct iq_debug_file file = { 0 };
	uint32_t crc;
	struct iq_error *error = iq_debug_file_read(path, &file);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_error_free(error);
		return NULL;
	}
	if (!error && !file.build_id_size)
		error = iq_file_crc(path, &crc);
	if (error) {
		struct iq_error *lost = iq_attempt_add(search, IQ_DEBUGINFO_UNREADABLE, path, error->message);
		iq_error_free(error);
		return lost;
	}
	if (file.build_id_size ? search->request->build_id_size && !same_build_id(search->request, &file)
			       : crc != from->link_crc)
		return file.build_id_size ? note_other(search, path, &file)
					  : iq_attempt_add(search, IQ_DEBUGINFO_OTHER_BUILD_ID, path,
							   "its CRC is not that of .gnu_debuglink");
	if (!file.has_dwarf)
		return iq_attempt_add(search, IQ_DEBUGINFO_NO_DWARF, path, NULL);
	return take(search, path, "by .gnu_debuglink", !search->request->build_id_size);
}

/* GDB's places: beside the file, .debug/ beside it, and the same directory below /usr/lib/debug. */
static struct iq_error *follow_link(struct iq_debuginfo_search *search, const struct iq_debug_file *from,
				    const char *path)
{
	const char *slash = strrchr(path, '/');
	int length = slash ? (int)(slash - path) : 1;
	const char *directory = slash ? path : ".";
	const char *inside = directory;
	size_t root = strlen(search->root);
	if (strncmp(directory, search->root, root) == 0 && directory[root] == '/')
		inside += root;
	for (unsigned i = 0; i < 3 && !iq_debuginfo_done(search); i++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf linked = { 0 };
		if (i == 2)
			iq_strbuf_addf(&linked, "%s/usr/lib/debug", search->root);
		if (i == 2 && *inside != '/')
			continue;
		iq_strbuf_add_bytes(&linked, i == 2 ? inside : directory,
				    (size_t)length - (i == 2 ? (size_t)(inside - directory) : 0));
		iq_strbuf_addf(&linked, "%s/%s", i == 1 ? "/.debug" : "", from->link);
		if (linked.failed)
			return iq_error_no_memory();
		IQ_TRY(try_linked(search, from, iq_strbuf_text(&linked)));
	}
	return NULL;
}

/* Is a file that the user named meant for what is asked for? The name of a module tells; anything else that is no
 * relocatable object may be vmlinux. */
static bool is_meant(const struct iq_debuginfo_search *search, const char *path, const struct iq_debug_file *file)
{
	char name[256];
	bool is_module = iq_module_name_of_file(path, name, sizeof(name));
	if (!search->request->module)
		return !is_module && !file->relocatable;
	if (!is_module)
		return false;
	for (size_t i = 0;; i++) {
		char wanted = search->request->module[i] == '-' ? '_' : search->request->module[i];
		if (wanted != name[i])
			return false;
		if (!wanted)
			return true;
	}
}

static struct iq_error *judge(struct iq_debuginfo_search *search, const char *path, const struct iq_debug_file *file,
			      bool named)
{
	const struct iq_debuginfo_request *request = search->request;
	bool meant = !named || is_meant(search, path, file), unchecked = !request->build_id_size;
	if (unchecked && !(named && meant))
		return NULL;
	if (!unchecked && !same_build_id(request, file))
		return meant ? note_other(search, path, file) : NULL;
	if (file->has_dwarf)
		return take(search, path, NULL, unchecked);
	IQ_TRY(iq_attempt_add(search, IQ_DEBUGINFO_NO_DWARF, path, NULL));
	return file->link ? follow_link(search, file, path) : NULL;
}

struct iq_error *iq_attempt_file(struct iq_debuginfo_search *search, const char *path, bool named, bool *exists)
{
	_cleanup_(iq_debug_file_free) struct iq_debug_file file = { 0 };
	struct iq_error *error = iq_debug_file_read(path, &file), *lost = NULL;
	bool absent = iq_error_is(error, IQ_ERROR_NOT_FOUND);
	if (exists)
		*exists = !absent;
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	if (absent && named)
		lost = iq_attempt_add(search, IQ_DEBUGINFO_ABSENT, path, NULL);
	else if (error && !absent)
		lost = iq_attempt_add(search, IQ_DEBUGINFO_UNREADABLE, path, error->message);
	else if (!error && !was_seen(search, &file, &lost) && !lost)
		lost = judge(search, path, &file, named);
	iq_error_free(error);
	return lost;
}
