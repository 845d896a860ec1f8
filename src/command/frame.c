// SPDX-License-Identifier: GPL-2.0-or-later
/* frame: chooses the frame whose registers and locals expressions mean. */
#include "command/chosen.h"
#include "command/frames.h"

enum { LOCALS = 256 };

static struct iq_error *show(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct iq_frame_options options = {
		.offsets = true,
		.hexadecimal = iq_session_hexadecimal(session, args),
		.lines = iq_args_has(args, LOCALS) ? IQ_LINES_WANTED : IQ_LINES_IF_THERE,
		.locals = iq_args_has(args, LOCALS),
		.registers = iq_args_has(args, 'r'),
	};
	struct iq_chosen_frame *chosen;
	IQ_TRY(iq_session_frame(session, &chosen));
	const struct iq_scopes *scopes = &chosen->source.scopes;
	const struct iq_scope *scope = chosen->scope < scopes->count ? &scopes->data[chosen->scope] : NULL;
	iq_record_begin(out);
	IQ_TRY(iq_show_frame(session, out, &chosen->trace, chosen->index, iq_frame_level(&chosen->trace, chosen->index),
			     &options));
	iq_add_string(out, "chosen", scope ? scope->function : NULL);
	if (scope && scope->inlined)
		iq_line(out, "    (names are those of {chosen@symbol})");
	iq_end(out);
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	if (args->count)
		IQ_TRY(iq_session_choose_frame(session, args->words[0].text));
	return show(session, args, out);
}

const struct iq_command iq_command_frame = {
	.name = "frame",
	.summary = "choose the frame whose registers and locals expressions mean",
	.arguments = "[NUMBER | e[NUMBER] | FUNCTION]",
	.max_arguments = 1,
	.options =
		(const struct iq_option[]){
			{ LOCALS, "locals", NULL,
			  "its arguments and local variables (needs debug information, unless it is a BPF program's)" },
			{ 'r', NULL, NULL, "its registers, as far as they are known" },
			{ 'x', NULL, NULL, "offsets in hexadecimal" },
			{ 'd', NULL, NULL, "offsets in decimal" },
			{ 0 },
		},
	.help = "Frames are those of the task chosen with `set`, and have the numbers that `bt`\n"
		"shows. An interrupted function stands between the numbers: `e` is the first of\n"
		"them, `e2` the second. A function's name chooses the newest frame that is in it,\n"
		"also where it was inlined.\n\n"
		"Without an argument, shows the frame that is chosen: at first the interrupted\n"
		"function of the kernel, or #0 if there is none. What registers held in a function\n"
		"that called another is only known of those that a call preserves.\n\n"
		"In a BPF program's frame $r0 to $r10 and $fp are the registers of BPF in\n"
		"expressions, and names those of its arguments and of what it traces. Its context\n"
		"has the kernel's type: `p packet->len` is that of the struct sk_buff.",
	.examples =
		(const struct iq_example[]){
			{ "frame", "kfunc-6.1.47-la57.flat", "the function that died" },
			{ "frame -r 9", "kfunc-6.1.47-la57.flat", "another one of its callers, with registers" },
			{ "frame bpf_test_run", "kfunc-6.1.47-la57.flat", "by name" },
			{ 0 },
		},
	.run = run,
};
