// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/internal.h"

#include "util/cleanup.h"
#include "util/diag.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

void iq_debuginfo_free(struct iq_debuginfo *result)
{
	iq_vec_foreach (attempt, &result->attempts) {
		free(attempt->path);
		free(attempt->detail);
	}
	iq_vec_free(&result->attempts);
	free(result->path);
	result->path = NULL;
}

/* A file of another module is not even opened: there may be many. */
static bool is_other_module(const struct iq_debuginfo_request *request, const char *path)
{
	char name[256], wanted[256];
	if (!iq_module_name_of_file(path, name, sizeof(name)))
		return false;
	if (!request->module)
		return true;
	snprintf(wanted, sizeof(wanted), "%s.ko", request->module);
	return !iq_module_name_of_file(wanted, wanted, sizeof(wanted)) || strcmp(name, wanted) != 0;
}

static struct iq_error *try_named(struct iq_debuginfo_search *search, const char *path)
{
	struct stat status;
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return iq_layout_named(search, path);
	return is_other_module(search->request, path) ? NULL : iq_attempt_file(search, path, true, NULL);
}

static bool is_named(const struct iq_debuginfo_options *options, const char *path)
{
	for (size_t i = 0; i < options->path_count; i++) {
		if (strcmp(options->paths[i], path) == 0)
			return true;
	}
	return false;
}

/* What to say about a file that was named and is of no use. */
static struct iq_error *complain(const struct iq_debuginfo_request *request, const struct iq_debuginfo_attempt *attempt)
{
	char wanted[IQ_MAX_BUILD_ID * 2 + 1];
	switch (attempt->outcome) {
	case IQ_DEBUGINFO_OTHER_BUILD_ID:
		iq_build_id_text(request->build_id, request->build_id_size, wanted);
		return iq_error_new(IQ_ERROR_ARGUMENT,
				    "%s is of another build than the dump's %s: its build-id is %s, the dump's %s",
				    attempt->path, request->module ? request->module : "kernel", attempt->detail,
				    wanted);
	case IQ_DEBUGINFO_NO_DWARF:
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s has no debug information: it has no .debug_info",
				    attempt->path);
	case IQ_DEBUGINFO_UNREADABLE: return iq_error_new(IQ_ERROR_ARGUMENT, "%s", attempt->detail);
	case IQ_DEBUGINFO_ABSENT:
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s: No such file or directory", attempt->path);
	default: return NULL;
	}
}

/* Whatever the user named: files first, since a directory may hold older ones, too. */
static struct iq_error *find_named(struct iq_debuginfo_search *search)
{
	const struct iq_debuginfo_options *options = search->options;
	for (size_t i = 0; i < options->path_count && !iq_debuginfo_done(search); i++)
		IQ_TRY(try_named(search, options->paths[i]));
	if (iq_debuginfo_done(search))
		return NULL;
	iq_vec_foreach (attempt, &search->out->attempts)
		if (is_named(options, attempt->path))
			IQ_TRY(complain(search->request, attempt));
	return NULL;
}

static struct iq_error *find(struct iq_debuginfo_search *search)
{
	IQ_TRY(find_named(search));
	if (iq_debuginfo_done(search) || search->options->off || !search->request->build_id_size)
		return NULL;
	IQ_TRY(iq_layout_system(search));
	return iq_debuginfo_done(search) ? NULL : iq_debuginfod_find(search);
}

struct iq_error *iq_debuginfo_find(const struct iq_debuginfo_options *options,
				   const struct iq_debuginfo_request *request, struct iq_debuginfo *out)
{
	struct iq_debuginfo_search search = { .options = options, .request = request, .out = out, .root = "" };
	*out = (struct iq_debuginfo){ 0 };
	if (options->root && strcmp(options->root, "/") != 0)
		search.root = options->root;
	struct iq_error *error = find(&search);
	iq_vec_free(&search.seen);
	return error;
}

struct iq_error *iq_debuginfo_check(const struct iq_debuginfo_options *options,
				    const struct iq_debuginfo_request *request)
{
	_cleanup_(iq_debuginfo_free) struct iq_debuginfo found = { 0 };
	struct iq_debuginfo_search search = { .options = options, .request = request, .out = &found, .root = "" };
	for (size_t i = 0; i < options->path_count; i++) {
		_cleanup_(iq_debug_file_free) struct iq_debug_file file = { 0 };
		struct stat status;
		if (stat(options->paths[i], &status) != 0)
			return iq_error_errno(errno, "%s", options->paths[i]);
		if (!S_ISDIR(status.st_mode))
			IQ_TRY(iq_debug_file_read(options->paths[i], &file));
		else if (access(options->paths[i], R_OK | X_OK) != 0)
			return iq_error_errno(errno, "%s", options->paths[i]);
	}
	struct iq_error *error = find_named(&search);
	iq_vec_free(&search.seen);
	return error;
}
