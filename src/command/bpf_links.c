// SPDX-License-Identifier: GPL-2.0-or-later
/* bpf -l: links, and what is attached without one. Also where the program of bpf -p hangs. */
#include "bpf/link.h"
#include "command/bpf.h"

#include "util/cleanup.h"

#include <string.h>

/* Of a link with thousands of functions the text face shows the first ones. */
enum { TARGETS_IN_TEXT = 16 };

struct links {
	const struct iq_bpf_shown *shown;
	struct iq_out *out;
	bool with_links; /* the first half of the list */
	bool headed, follows;
	uint64_t program;
	uint32_t program_id;
	size_t targets;
};

static void add_fact(struct iq_out *out, const struct iq_bpf_fact *fact)
{
	switch (fact->kind) {
	case IQ_BPF_FACT_TEXT: iq_add_string(out, fact->name, fact->text); break;
	case IQ_BPF_FACT_NUMBER: iq_add_unsigned(out, fact->name, fact->number); break;
	case IQ_BPF_FACT_SIGNED: iq_add_signed(out, fact->name, (int64_t)fact->number); break;
	case IQ_BPF_FACT_HEX: iq_add_hex(out, fact->name, fact->number); break;
	case IQ_BPF_FACT_ADDRESS: iq_add_address(out, fact->name, fact->number); break;
	}
}

/* "hook" to "damage": what an attachment has wherever it is shown. */
static void add_place(struct iq_out *out, const struct iq_bpf_attachment *attachment)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf where = { 0 };
	iq_strbuf_addf(&where, *attachment->detail ? "%s %s" : "%s", attachment->hook, attachment->detail);
	if (attachment->damage)
		iq_strbuf_addf(&where, " (%s)", attachment->damage);
	iq_add_string(out, "hook", attachment->hook);
	iq_add_string(out, "detail", attachment->detail);
	if (attachment->object) {
		iq_object_begin(out, "object");
		iq_add_string(out, "type", attachment->object_type);
		iq_add_address(out, "address", attachment->object);
		iq_end(out);
	}
	for (size_t i = 0; i < attachment->fact_count; i++)
		add_fact(out, &attachment->facts[i]);
	if (attachment->damage)
		iq_add_string(out, "damage", attachment->damage);
	if (iq_out_is_text(out))
		iq_add_string(out, "WHERE", iq_strbuf_text(&where));
}

/* The program that hangs there. */
static void add_program(const struct links *links, const struct iq_bpf_attachment *attachment)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 }, number = { 0 };
	struct iq_bpf_program program;
	if (!attachment->program) {
		iq_add_string(links->out, "program_id", NULL);
		iq_add_string(links->out, "name", NULL);
	} else {
		iq_add_unsigned(links->out, "program_id", attachment->program_id);
		iq_add_address(links->out, "bpf_prog", attachment->program);
		if (!iq_failed(iq_bpf_program_read(links->shown->bpf, attachment->program, &program)))
			iq_bpf_program_name(links->shown->bpf, &program, &name);
		iq_add_string(links->out, "name", name.length ? iq_strbuf_text(&name) : NULL);
	}
	if (!iq_out_is_text(links->out))
		return;
	iq_strbuf_addf(&number, attachment->program_id ? "%u" : "-", attachment->program_id);
	iq_add_string(links->out, "PROG", iq_strbuf_text(&number));
	iq_add_string(links->out, "NAME", name.length ? iq_strbuf_text(&name) : "-");
}

static struct iq_error *see_target(void *context, const struct iq_bpf_target *target)
{
	struct links *links = context;
	struct iq_out *out = links->out;
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	if (iq_out_is_text(out) && links->targets++ >= TARGETS_IN_TEXT)
		return NULL;
	iq_record_begin(out);
	if (target->member) {
		iq_add_string(out, "member", target->member);
		iq_add_unsigned(out, "program_id", target->program_id);
		iq_strbuf_addf(&text, "%s: program %u", target->member, target->program_id);
	} else {
		iq_add_string(out, "function", target->function);
		iq_add_string(out, "module", target->module);
		iq_add_unsigned(out, "offset", target->offset);
		iq_strbuf_add(&text, target->function ? target->function : "");
		if (target->offset || !target->function)
			iq_strbuf_addf(&text, "+%#lx", target->offset);
		if (target->module)
			iq_strbuf_addf(&text, " [%s]", target->module);
	}
	if (target->address)
		iq_add_address(out, "address", target->address);
	if (target->reference_counter)
		iq_add_unsigned(out, "reference_counter", target->reference_counter);
	if (target->cookie_known) {
		iq_add_hex(out, "cookie", target->cookie);
		iq_strbuf_addf(&text, " cookie %#lx", target->cookie);
	}
	iq_text(out, "            %s", iq_strbuf_text(&text));
	iq_end(out);
	return NULL;
}

static struct iq_error *show_targets(struct links *links, const struct iq_bpf_attachment *attachment)
{
	links->targets = 0;
	iq_add_unsigned(links->out, "target_count", attachment->target_count);
	iq_list_begin(links->out, "targets");
	struct iq_error *error = iq_bpf_targets_each(links->shown->bpf, attachment, see_target, links);
	iq_end(links->out);
	if (links->targets > TARGETS_IN_TEXT)
		iq_text(links->out, "            and %zu more", links->targets - TARGETS_IN_TEXT);
	if (iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	iq_warn_error(&links->shown->session->diag, iq_error_prefix(error, "link %u", attachment->link_id));
	return NULL;
}

static struct iq_error *show_link(struct links *links, const struct iq_bpf_attachment *attachment)
{
	struct iq_out *out = links->out;
	char type[48];
	struct iq_error *error = NULL;
	if (!links->headed)
		iq_text(out, " LINK      BPF_LINK      TYPE            PROG  NAME                WHERE");
	links->headed = true;
	iq_bpf_enum_name(links->shown->bpf, "bpf_link_type", "BPF_LINK_TYPE_", attachment->link_type, type,
			 sizeof(type));
	iq_record_begin(out);
	iq_add_string(out, "kind", "link");
	iq_add_unsigned(out, "id", attachment->link_id);
	iq_add_address(out, "bpf_link", attachment->link);
	iq_add_string(out, "type", type);
	add_program(links, attachment);
	add_place(out, attachment);
	iq_line(out, "{id:5}  {bpf_link@address}  {type:-14}  {PROG:4}  {NAME:-18@symbol}  {WHERE}");
	if (attachment->target_count)
		error = show_targets(links, attachment);
	iq_end(out);
	return error;
}

static struct iq_error *show_attachment(struct links *links, const struct iq_bpf_attachment *attachment)
{
	struct iq_out *out = links->out;
	if (!links->headed) {
		if (links->follows)
			iq_text(out, "%s", "");
		iq_text(out, " PROG  NAME                ATTACHED WITHOUT A LINK");
	}
	links->headed = true;
	iq_record_begin(out);
	iq_add_string(out, "kind", "attachment");
	add_program(links, attachment);
	add_place(out, attachment);
	iq_line(out, "{PROG:5}  {NAME:-18@symbol}  {WHERE}");
	iq_end(out);
	return NULL;
}

/* Members of a struct_ops are shown below its link. */
static bool is_link(const struct iq_bpf_attachment *attachment)
{
	return attachment->link_id;
}

static bool is_part_of_link(const struct iq_bpf_attachment *attachment)
{
	return is_link(attachment) && attachment->program && strcmp(attachment->hook, "struct_ops") == 0;
}

static struct iq_error *see_attachment(void *context, const struct iq_bpf_attachment *attachment)
{
	struct links *links = context;
	if (is_link(attachment) != links->with_links || is_part_of_link(attachment))
		return NULL;
	return links->with_links ? show_link(links, attachment) : show_attachment(links, attachment);
}

struct iq_error *iq_bpf_show_links(const struct iq_bpf_shown *shown)
{
	bool any = false;
	for (int half = 0; half < 2; half++) {
		struct links links = { .shown = shown, .out = shown->out, .with_links = half == 0, .follows = any };
		IQ_TRY(iq_bpf_attachments_each(shown->bpf, see_attachment, &links));
		any = any || links.headed;
	}
	if (!any)
		iq_text(shown->out, "no attached program was found");
	return NULL;
}

static struct iq_error *see_of_program(void *context, const struct iq_bpf_attachment *attachment)
{
	const struct links *links = context;
	struct iq_out *out = links->out;
	if (attachment->program != links->program)
		return NULL;
	iq_record_begin(out);
	add_place(out, attachment);
	if (is_link(attachment))
		iq_add_unsigned(out, "link_id", attachment->link_id);
	iq_line(out, is_link(attachment) ? "     ATTACHED: {WHERE} (link {link_id})" : "     ATTACHED: {WHERE}");
	iq_end(out);
	return NULL;
}

/* Who traces or extends this program? */
static struct iq_error *see_of_target(void *context, const struct iq_bpf_attachment *attachment)
{
	const struct links *links = context;
	struct iq_out *out = links->out;
	if (!attachment->target_program_id || attachment->target_program_id != links->program_id)
		return NULL;
	iq_record_begin(out);
	iq_add_string(out, "hook", attachment->hook);
	if (attachment->link_id)
		iq_add_unsigned(out, "link_id", attachment->link_id);
	add_program(links, attachment);
	iq_line(out, "     TRACED BY: {hook} of program {PROG} \"{NAME}\"");
	iq_end(out);
	return NULL;
}

struct iq_error *iq_bpf_add_attachments(const struct iq_bpf_shown *shown, const struct iq_bpf_program *program)
{
	struct links links = {
		.shown = shown, .out = shown->out, .program = program->address, .program_id = program->id
	};
	iq_list_begin(shown->out, "attachments");
	struct iq_error *error = iq_bpf_attachments_each(shown->bpf, see_of_program, &links);
	iq_end(shown->out);
	IQ_TRY(error);
	iq_list_begin(shown->out, "traced_by");
	error = iq_bpf_attachments_each(shown->bpf, see_of_target, &links);
	iq_end(shown->out);
	return error;
}
