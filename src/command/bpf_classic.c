// SPDX-License-Identifier: GPL-2.0-or-later
/* bpf -C: the filters of seccomp and of sockets. */
#include "bpf/classic.h"
#include "command/bpf.h"
#include "command/tasks.h"

#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

struct classics {
	const struct iq_bpf_shown *shown;
	const struct iq_task *task; /* of the last line of headings */
};

static const char heading[] = "  USE                OBJECT           BPF_PROG      CLASSIC XLATED  JITED  ID";

static struct iq_error *show_original(const struct classics *classics, const struct iq_bpf_classic *classic)
{
	struct iq_out *out = classics->shown->out;
	_cleanup_free_ struct iq_bpf_classic_insn *insns = NULL;
	IQ_TRY(iq_bpf_classic_read(classics->shown->bpf, classic, &insns));
	iq_list_begin(out, "classic");
	for (size_t i = 0; i < classic->length; i++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
		iq_bpf_classic_format(insns[i], i, &text);
		iq_record_begin(out);
		iq_add_hex(out, "code", insns[i].code);
		iq_add_unsigned(out, "jt", insns[i].jt);
		iq_add_unsigned(out, "jf", insns[i].jf);
		iq_add_hex(out, "k", insns[i].k);
		iq_add_string(out, "text", iq_strbuf_text(&text));
		iq_text(out, "    l%zu: %s", i, iq_strbuf_text(&text));
		iq_end(out);
	}
	iq_end(out);
	return NULL;
}

/* A part that may be damaged. */
static struct iq_error *tell(const struct classics *classics, struct iq_error *error)
{
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	iq_warn_error(&classics->shown->session->diag, error);
	return NULL;
}

static void add_use(struct iq_out *out, const struct iq_bpf_classic *classic)
{
	char text[48];
	iq_add_string(out, "use", classic->use);
	if (classic->sock) {
		iq_add_unsigned(out, "fd", classic->fd);
		iq_add_address(out, "sock", classic->sock);
		snprintf(text, sizeof(text), "%s fd %u", classic->use, classic->fd);
	} else {
		iq_add_unsigned(out, "depth", classic->depth);
		snprintf(text, sizeof(text), "%s %u", classic->use, classic->depth);
	}
	if (iq_out_is_text(out))
		iq_add_string(out, "place", text);
	iq_add_address(out, "object", classic->object);
	iq_add_string(out, "object_type", classic->object_type);
	iq_add_address(out, "bpf_prog", classic->program);
}

static struct iq_error *show_filter(const struct classics *classics, const struct iq_bpf_classic *classic)
{
	const struct iq_bpf_shown *shown = classics->shown;
	struct iq_out *out = shown->out;
	struct iq_bpf_program program;
	add_use(out, classic);
	iq_add_unsigned(out, "id", classic->id);
	if (classic->original)
		iq_add_unsigned(out, "classic_length", classic->length);
	else
		iq_add_string(out, "classic_length", NULL);
	if (iq_out_is_text(out)) {
		char text[16];
		snprintf(text, sizeof(text), classic->original ? "%u" : "-", classic->length);
		iq_add_string(out, "length", text);
	}
	struct iq_error *error = iq_bpf_program_read(shown->bpf, classic->program, &program);
	if (error) {
		iq_add_unavailable(out, "bytes_xlated", error->message);
		iq_line(out, "  {place:-16} {object@address} {bpf_prog@address} {length:8}");
		return tell(classics, error);
	}
	iq_add_unsigned(out, "bytes_xlated", (uint64_t)program.insn_count * 8);
	iq_add_unsigned(out, "bytes_jited", program.jited_len);
	iq_add_string(out, "type", program.type_name);
	iq_add_bool(out, "jited_by_kernel", program.jited);
	iq_line(out, classic->id ? "  {place:-16} {object@address} {bpf_prog@address} {length:8} {bytes_xlated:6} "
				   "{bytes_jited:6}  {id} {type}"
				 : "  {place:-16} {object@address} {bpf_prog@address} {length:8} {bytes_xlated:6} "
				   "{bytes_jited:6}");
	if (iq_args_has(shown->args, 't') || iq_args_has(shown->args, 'T')) {
		if (classic->original)
			IQ_TRY(tell(classics, show_original(classics, classic)));
		IQ_TRY(tell(classics, iq_bpf_show_xlated(shown, &program, iq_args_has(shown->args, 'T'))));
	}
	return iq_args_has(shown->args, 'j') ? tell(classics, iq_bpf_show_jited(shown, &program)) : NULL;
}

static struct iq_error *see(void *context, const struct iq_bpf_classic *classic)
{
	struct classics *classics = context;
	struct iq_out *out = classics->shown->out;
	iq_record_begin(out);
	if (classics->task == classic->task) {
		iq_add_task(out, classic->task);
	} else {
		if (classics->task)
			iq_line(out, "");
		iq_task_heading(out, classic->task);
		iq_text(out, "%s", heading);
	}
	classics->task = classic->task;
	struct iq_error *error = show_filter(classics, classic);
	iq_end(out);
	return error;
}

struct iq_error *iq_bpf_show_classic(const struct iq_bpf_shown *shown)
{
	struct classics classics = { .shown = shown };
	IQ_TRY(iq_bpf_classic_each(shown->bpf, see, &classics));
	if (!classics.task)
		iq_text(shown->out, "no filters of seccomp or sockets");
	return NULL;
}
