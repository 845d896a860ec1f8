/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shell/sink.h"

#include "util/cleanup.h"

#include <string.h>
#include <sys/ioctl.h>

void iq_pager_init(struct iq_pager *pager, int screen)
{
	struct winsize size = { 0 };

	*pager = (struct iq_pager){
		.rows = 24, .columns = 80, .child.input = -1, .sink = { .fd = screen, .patient = true }
	};
	if (ioctl(screen, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return;
	pager->rows = size.ws_row;
	pager->columns = size.ws_col;
}

static bool start(struct iq_pager *pager)
{
	static const char usual[] =
		"command -v less >/dev/null && exec less -RFX; command -v more >/dev/null && exec more; exec cat";
	const char *command = getenv("PAGER");
	struct iq_error *error;

	/* Colours, and no clearing of the screen: what other programs ask of less, too. */
	setenv("LESS", "RFX", false);
	error = iq_child_start(command && *command ? command : usual, true, &pager->child);
	if (iq_failed(error))
		return false;
	pager->started = true;
	pager->sink.fd = pager->child.input;
	return true;
}

static void count_lines(struct iq_pager *pager, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '\n' || ++pager->column > pager->columns) {
			pager->lines++;
			pager->column = 0;
		}
	}
}

static bool write_pager(void *context, const char *bytes, size_t length)
{
	struct iq_pager *pager = context;
	struct iq_sink sink = iq_fd_sink(&pager->sink);

	if (!pager->started && !pager->direct) {
		iq_strbuf_add_bytes(&pager->held, bytes, length);
		count_lines(pager, bytes, length);
		if (pager->lines < pager->rows || !start(pager))
			return !pager->held.failed;
		bytes = pager->held.text;
		length = pager->held.length;
	}
	/* The reader is waiting for it: line by line. */
	return sink.write(sink.context, bytes, length) && sink.flush(sink.context);
}

static bool flush_pager(void *context)
{
	struct iq_pager *pager = context;
	struct iq_sink sink = iq_fd_sink(&pager->sink);

	if (pager->started || pager->direct)
		return true;
	pager->direct = true;
	return sink.write(sink.context, iq_strbuf_text(&pager->held), pager->held.length) && sink.flush(sink.context);
}

struct iq_sink iq_pager_sink(struct iq_pager *pager)
{
	return (struct iq_sink){ .write = write_pager, .flush = flush_pager, .context = pager };
}

void iq_pager_finish(struct iq_pager *pager)
{
	if (pager->started)
		iq_child_finish(&pager->child, false);
	else
		flush_pager(pager);
	iq_fd_sink_deinit(&pager->sink);
	iq_strbuf_free(&pager->held);
}
