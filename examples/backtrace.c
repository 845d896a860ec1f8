/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backtrace: who panicked, and on which way through the kernel.
 *
 *     cc backtrace.c $(pkg-config --cflags --libs libinquest) -o backtrace
 *     ./backtrace DUMP
 */
#include <inquest.h>

#include <inttypes.h>
#include <stdio.h>

static int fail(struct inquest_error *error)
{
	fprintf(stderr, "backtrace: %s\n", inquest_error_message(error));
	inquest_error_free(error);
	return 1;
}

static void show(const struct inquest_backtrace *trace)
{
	for (size_t n = 0; n < inquest_backtrace_count(trace); n++) {
		struct inquest_frame frame;
		uint64_t rbx;

		inquest_backtrace_frame(trace, n, &frame);
		if (frame.kind == INQUEST_FRAME_USER) {
			printf("    user mode\n");
			continue;
		}
		printf("%s%s+%" PRIu64, frame.kind == INQUEST_FRAME_EXCEPTION ? "  * " : "    ",
		       frame.function ? frame.function : "(unknown)", frame.offset);
		if (frame.module)
			printf(" [%s]", frame.module);
		if (frame.file)
			printf(" at %s:%u", frame.file, frame.line);
		if (frame.kind == INQUEST_FRAME_EXCEPTION && inquest_backtrace_register(trace, n, "rbx", &rbx))
			printf(", rbx %" PRIx64, rbx);
		printf("\n");
	}
	if (inquest_backtrace_end(trace))
		printf("    (the walk ends here: %s)\n", inquest_backtrace_end(trace));
}

int main(int argc, char **argv)
{
	struct inquest *crash;
	struct inquest_task task;
	struct inquest_backtrace *trace;
	struct inquest_error *error;

	if (argc != 2) {
		fprintf(stderr, "Usage: backtrace DUMP\n");
		return 2;
	}
	error = inquest_open(&(struct inquest_options){ .dump = argv[1] }, &crash);
	if (error)
		return fail(error);
	error = inquest_panic_task(crash, &task);
	if (!error)
		error = inquest_backtrace(crash, task.address, &trace);
	if (!error) {
		printf("%s, PID %d, on CPU %d\n", task.comm, task.pid, task.cpu);
		show(trace);
		inquest_backtrace_free(trace);
	}
	inquest_close(crash);
	return error ? fail(error) : 0;
}
