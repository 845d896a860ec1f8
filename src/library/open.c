// SPDX-License-Identifier: GPL-2.0-or-later
#include "library/internal.h"

#include <string.h>

enum { MAX_STRINGS = 65536 };

static struct iq_error *copy(struct inquest *crash, const char *text, const char **out)
{
	char **place = iq_vec_push(&crash->strings);

	if (!place)
		return iq_error_no_memory();
	*place = strdup(text);
	*out = *place;
	return *place ? NULL : iq_error_no_memory();
}

#define ADD(crash, vec, text)                                                                                          \
	({                                                                                                             \
		const char *copy_ = NULL;                                                                              \
		struct iq_error *error_ = copy(crash, text, &copy_);                                                   \
		const char **place_ = error_ ? NULL : iq_vec_push(vec);                                                \
		if (place_)                                                                                            \
			*place_ = copy_;                                                                               \
		error_ ? error_ : place_ ? NULL : iq_error_no_memory();                                                \
	})

static void warn(void *context, const char *line)
{
	struct inquest *crash = context;

	if (crash->warn)
		crash->warn(crash->context, line);
}

static struct iq_error *copy_options(struct inquest *crash, const struct inquest_options *options,
				     struct iq_session_options *out)
{
	if (options->dump)
		IQ_TRY(ADD(crash, &crash->dumps, options->dump));
	for (size_t i = 0; options->parts && options->parts[i] && i < MAX_STRINGS; i++)
		IQ_TRY(ADD(crash, &crash->dumps, options->parts[i]));
	for (size_t i = 0; options->debuginfo && options->debuginfo[i] && i < MAX_STRINGS; i++)
		IQ_TRY(ADD(crash, &crash->paths, options->debuginfo[i]));
	if (options->vmlinux)
		IQ_TRY(copy(crash, options->vmlinux, &out->kernel.vmlinux));
	crash->debuginfo = (struct iq_debuginfo_options){
		.paths = crash->paths.data,
		.path_count = crash->paths.count,
		.off = options->no_debuginfo,
		.debuginfod = options->debuginfod,
	};
	out->kernel.dumps = crash->dumps.data;
	out->kernel.dump_count = crash->dumps.count;
	out->kernel.cache_bytes = options->cache_bytes;
	out->kernel.debuginfo = &crash->debuginfo;
	crash->warn = options->warn;
	crash->context = options->context;
	return NULL;
}

static void closep(struct inquest **crash)
{
	inquest_close(*crash);
}

struct inquest_error *inquest_open(const struct inquest_options *options, struct inquest **out)
{
	_cleanup_(closep) struct inquest *crash = calloc(1, sizeof(*crash));
	struct iq_session_options session = { .warn = warn, .context = crash };

	if (!crash)
		return iq_public_error(iq_error_no_memory());
	IQ_PUBLIC_TRY(copy_options(crash, options, &session));
	iq_session_init(&crash->session, &session);
	IQ_PUBLIC_TRY(iq_session_kernel(&crash->session, &crash->kernel));
	*out = iq_steal(crash);
	return NULL;
}

void inquest_close(struct inquest *crash)
{
	if (!crash)
		return;
	iq_session_deinit(&crash->session);
	iq_vec_free(&crash->dumps);
	iq_vec_free(&crash->paths);
	iq_vec_foreach (string, &crash->strings)
		free(*string);
	iq_vec_free(&crash->strings);
	free(crash);
}
