/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/session.h"

#include <stdlib.h>
#include <time.h>

enum { MAX_SECONDS = 86400 };

static const double SLICE = 0.1;

/* Sleeps, unless Ctrl-C comes. In slices: a signal between the look at the flag and the sleep would not cut it short.
 */
static struct iq_error *pause_for(double seconds)
{
	for (double left = seconds; left > 0; left -= SLICE) {
		double slice = left < SLICE ? left : SLICE;
		IQ_TRY(iq_check_interrupt());
		nanosleep(&(struct timespec){ .tv_nsec = (long)(slice * 1e9) }, NULL);
	}
	return iq_check_interrupt();
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	const char *pause = args->words[0].text;
	bool has_pause = pause[0] == '-';
	double seconds = 0;
	char *end;

	if (has_pause) {
		seconds = strtod(pause + 1, &end);
		if (end == pause + 1 || *end || !(seconds >= 0 && seconds <= MAX_SECONDS))
			return iq_usage_error(args->command, "%s is no number of seconds", pause + 1);
		if (args->count < 2)
			return iq_usage_error(args->command, "what should be repeated?");
	}
	while (!session->quit) {
		IQ_TRY(iq_session_run_nested(session, iq_args_text(args, has_pause), out));
		iq_out_flush(out);
		IQ_TRY(pause_for(seconds));
	}
	return NULL;
}

const struct iq_command iq_command_repeat = {
	.name = "repeat",
	.summary = "run a command again and again",
	.arguments = "[-SECONDS] COMMAND...",
	.min_arguments = 1,
	.max_arguments = IQ_ANY_NUMBER,
	.flags = IQ_COMMAND_RAW | IQ_COMMAND_NO_DUMP,
	.help = "Runs COMMAND until Ctrl-C is pressed, the command fails, or what reads its\n"
		"output goes away, SECONDS after each other (a fraction is fine). Useful on a\n"
		"live system, and with a pipe that ends it.",
	.examples =
		(const struct iq_example[]){
			{ "repeat -0.1 rd jiffies | head -n 3", "kfunc-6.1.47-la57.flat", "three times" },
			{ 0 },
		},
	.run = run,
};
