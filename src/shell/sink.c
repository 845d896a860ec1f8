/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shell/sink.h"

#include "util/diag.h"

#include <errno.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 16 };

bool iq_fd_sink_flush(struct iq_fd_sink *sink)
{
	size_t written = 0;

	while (!sink->error && written < sink->buffer.length) {
		ssize_t n = write(sink->fd, sink->buffer.text + written, sink->buffer.length - written);

		if (n >= 0)
			written += (size_t)n;
		else if (errno != EINTR || (iq_interrupted() && !sink->patient))
			sink->error = errno;
	}
	iq_strbuf_truncate(&sink->buffer, 0);
	return !sink->error;
}

static bool write_fd(void *context, const char *bytes, size_t length)
{
	struct iq_fd_sink *sink = context;

	iq_strbuf_add_bytes(&sink->buffer, bytes, length);
	if (sink->buffer.failed)
		sink->error = ENOMEM;
	return sink->buffer.length < BUFFER_SIZE ? !sink->error : iq_fd_sink_flush(sink);
}

static bool flush_fd(void *context)
{
	return iq_fd_sink_flush(context);
}

struct iq_sink iq_fd_sink(struct iq_fd_sink *sink)
{
	return (struct iq_sink){ .write = write_fd, .flush = flush_fd, .context = sink };
}

void iq_fd_sink_deinit(struct iq_fd_sink *sink)
{
	iq_strbuf_free(&sink->buffer);
}
