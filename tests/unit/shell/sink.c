/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors, children and their ends. */
#include "../cmocka_setup.h"

#include "shell/interrupt.h"
#include "shell/sink.h"

#include "util/cleanup.h"
#include "util/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int setup(void **state)
{
	iq_ctrl_c_init();
	iq_ctrl_c_clear();
	return 0;
}

static void test_child_reads(void **state)
{
	struct iq_child child;
	struct iq_fd_sink fd_sink = { 0 };
	struct iq_sink sink = iq_fd_sink(&fd_sink);
	char path[] = "/tmp/iq-sink-XXXXXX", text[16] = "";
	_cleanup_close_ int fd = mkstemp(path);
	_cleanup_(iq_strbuf_free) struct iq_strbuf command = { 0 };

	iq_strbuf_addf(&command, "wc -c > %s", path);
	assert_null(iq_child_start(iq_strbuf_text(&command), true, &child));
	fd_sink.fd = child.input;
	for (int i = 0; i < 50000; i++)
		assert_true(sink.write(sink.context, "0123456789", 10));
	assert_true(iq_fd_sink_flush(&fd_sink));
	iq_fd_sink_deinit(&fd_sink);
	iq_child_finish(&child, true);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "500000\n");
	unlink(path);
}

/* The child ends while we write: an error, not a signal. */
static void test_child_stops_reading(void **state)
{
	struct iq_child child;
	struct iq_fd_sink fd_sink = { 0 };
	struct iq_sink sink = iq_fd_sink(&fd_sink);
	int writes = 0;

	assert_null(iq_child_start("true", true, &child));
	fd_sink.fd = child.input;
	while (writes < 100000 && sink.write(sink.context, "0123456789", 10))
		writes++;
	assert_true(writes < 100000);
	assert_int_equal(fd_sink.error, EPIPE);
	iq_fd_sink_deinit(&fd_sink);
	iq_child_finish(&child, true);
}

/* A child that ignores Ctrl-C and SIGTERM is killed after a moment; a patient wait would take a minute. */
static void test_stubborn_child(void **state)
{
	struct iq_child child;
	double start = now();

	/* What outlives the shell must not hold the test's output, or whoever reads that waits for it. */
	const char *stubborn = "exec > /dev/null 2>&1; trap '' INT TERM; sleep 60 & wait; sleep 60";

	assert_null(iq_child_start(stubborn, true, &child));
	iq_interrupt_set(true);
	iq_child_finish(&child, true);
	assert_true(now() - start < 10);
	assert_int_equal(waitpid(child.pid, NULL, WNOHANG), -1);
	iq_ctrl_c_clear();
}

static void test_full_device(void **state)
{
	_cleanup_close_ int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct iq_fd_sink fd_sink = { .fd = fd };
	struct iq_sink sink = iq_fd_sink(&fd_sink);

	assert_true(sink.write(sink.context, "x", 1));
	assert_false(iq_fd_sink_flush(&fd_sink));
	assert_int_equal(fd_sink.error, ENOSPC);
	assert_false(sink.write(sink.context, "x", 1));
	iq_fd_sink_deinit(&fd_sink);
}

static void test_ctrl_c(void **state)
{
	raise(SIGINT);
	assert_true(iq_ctrl_c());
	assert_true(iq_interrupted());
	iq_ctrl_c_clear();
	assert_false(iq_ctrl_c());
	assert_false(iq_interrupted());
	/* A closed pipe stops the command only. */
	iq_interrupt_set(true);
	assert_false(iq_ctrl_c());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_child_reads, setup),
		cmocka_unit_test_setup(test_child_stops_reading, setup),
		cmocka_unit_test_setup(test_stubborn_child, setup),
		cmocka_unit_test_setup(test_full_device, setup),
		cmocka_unit_test_setup(test_ctrl_c, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
