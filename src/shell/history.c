/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shell/shell.h"

#include "util/cleanup.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Makes every directory on the way to `path`, closed to others. */
static void make_parents(char *path)
{
	for (char *at = path + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		mkdir(path, 0700);
		*at = '/';
	}
}

char *iq_history_path(void)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int fd;

	if (state && *state == '/')
		iq_strbuf_addf(&path, "%s/inquest/history", state);
	else if (home && *home == '/')
		iq_strbuf_addf(&path, "%s/.local/state/inquest/history", home);
	if (!path.length || path.failed)
		return NULL;
	make_parents(path.text);
	/* What was typed may be about somebody's memory: for the owner's eyes, also when the file was there before. */
	fd = open(path.text, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return NULL;
	fchmod(fd, 0600);
	close(fd);
	return iq_strbuf_steal(&path);
}
