// SPDX-License-Identifier: GPL-2.0-or-later
#include "library/internal.h"

#include "util/diag.h"

static bool gather(void *context, const char *bytes, size_t length)
{
	iq_strbuf_add_bytes(context, bytes, length);
	return true;
}

struct inquest_error *inquest_command(struct inquest *crash, const char *line, enum inquest_face face, char **output)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_out_options options = { .face = face == INQUEST_JSON ? IQ_FACE_JSON : IQ_FACE_TEXT };
	struct iq_out *out = iq_out_new(&options, (struct iq_sink){ .write = gather, .context = &text });

	if (!out)
		return iq_public_error(iq_error_no_memory());
	struct iq_error *error = iq_session_run(&crash->session, line, out);
	iq_out_free(out);
	if (!output)
		return iq_public_error(error);
	char *given = text.failed ? NULL : iq_strbuf_steal(&text);
	if (!given && !error)
		return iq_public_error(iq_error_no_memory());
	*output = given;
	return iq_public_error(error);
}
