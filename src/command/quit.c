/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/session.h"

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	session->quit = true;
	return NULL;
}

const struct iq_command iq_command_q = {
	.name = "q",
	.summary = "end the session",
	.flags = IQ_COMMAND_NO_DUMP,
	.help = "Ends the session, as does the end of the input (Ctrl-D at the prompt).",
	.run = run,
};
