/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shell commands that we start: the right-hand side of a pipe, a pager, !COMMAND. */
#include "shell/sink.h"

#include "util/cleanup.h"
#include "util/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

extern char **environ;

static int spawn_shell(const char *text, int input, pid_t *pid)
{
	char *const argv[] = { "sh", "-c", (char *)text, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int errnum;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGINT);
	sigaddset(&defaults, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	if (input >= 0)
		posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	errnum = posix_spawn(pid, "/bin/sh", &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return errnum;
}

struct iq_error *iq_child_start(const char *text, bool pipe, struct iq_child *child)
{
	int ends[2] = { -1, -1 };
	int errnum;

	if (pipe && pipe2(ends, O_CLOEXEC) < 0)
		return iq_error_errno(errno, "a pipe to %s", text);
	errnum = spawn_shell(text, ends[0], &child->pid);
	if (ends[0] >= 0)
		close(ends[0]);
	child->input = ends[1];
	if (!errnum)
		return NULL;
	iq_closep(&ends[1]);
	child->input = -1;
	return iq_error_errno(errnum, "/bin/sh -c \"%s\"", text);
}

/* Sleeps a little longer each time, so that a child that ends at once costs no wait. */
static void nap(unsigned *milliseconds)
{
	struct timespec pause = { 0, (long)*milliseconds * 1000000 };

	nanosleep(&pause, NULL);
	*milliseconds = IQ_MIN(*milliseconds * 2, 20u);
}

/* A program that took the terminal out of its line mode (less, vi) deals with Ctrl-C itself. */
static bool terminal_is_taken(void)
{
	struct termios mode;

	return tcgetattr(STDOUT_FILENO, &mode) == 0 && !(mode.c_lflag & ICANON);
}

void iq_child_finish(struct iq_child *child, bool impatient)
{
	unsigned pause = 1, waited = 0;

	iq_closep(&child->input);
	child->input = -1;
	while (waitpid(child->pid, NULL, WNOHANG) == 0) {
		if (impatient && iq_interrupted() && !terminal_is_taken()) {
			/* The terminal's Ctrl-C went to it as well: half a second to obey, then it must go. */
			if (!waited)
				kill(child->pid, SIGTERM);
			else if (waited > 500)
				kill(child->pid, SIGKILL);
			waited += pause;
		}
		nap(&pause);
	}
}
