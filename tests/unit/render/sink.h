/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An output into a string. */
#ifndef IQ_TESTS_RENDER_SINK_H
#define IQ_TESTS_RENDER_SINK_H

#include "render/render.h"

struct text_sink {
	struct iq_strbuf text;
	size_t room; /* after so many bytes the reader goes away */
};

static inline bool text_sink_write(void *context, const char *bytes, size_t length)
{
	struct text_sink *sink = context;

	if (sink->text.length + length > sink->room)
		return false;
	iq_strbuf_add_bytes(&sink->text, bytes, length);
	return true;
}

static inline struct iq_out *text_sink_out(struct text_sink *sink, enum iq_face face, bool colour)
{
	sink->room = SIZE_MAX;
	return iq_out_new(&(struct iq_out_options){ face, colour },
			  (struct iq_sink){ .write = text_sink_write, .context = sink });
}

#endif
