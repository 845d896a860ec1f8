// SPDX-License-Identifier: GPL-2.0-or-later
/* The main fields of what a BPF program has as its context. */
#include "command/bpf_frame.h"

#include "expr/print.h"
#include "util/cleanup.h"

#include <string.h>

struct field {
	const char *path; /* through pointers with -> */
	char format; /* as struct iq_print_options has it; 'n': in the network's byte order; 's': an array of characters
		      */
};

struct context {
	const char *type;
	struct field fields[10];
};

static const struct context contexts[] = {
	{ "sk_buff",
	  { { "len", 0 },
	    { "data_len", 0 },
	    { "mark", 'x' },
	    { "protocol", 'n' },
	    { "dev->name", 's' },
	    { "data", 'x' },
	    { "head", 'x' },
	    { "sk", 0 } } },
	{ "xdp_buff",
	  { { "data", 0 },
	    { "data_end", 0 },
	    { "data_meta", 0 },
	    { "rxq->dev->name", 's' },
	    { "rxq->queue_index", 0 } } },
	{ "pt_regs", { { "ip", 'a' }, { "sp", 'x' }, { "di", 'x' }, { "si", 'x' }, { "dx", 'x' }, { "ax", 'x' } } },
	{ "sock",
	  { { "sk_family", 0 },
	    { "__sk_common.skc_family", 0 },
	    { "sk_type", 0 },
	    { "sk_protocol", 0 },
	    { "sk_mark", 'x' } } },
	{ "bpf_sock_ops_kern", { { "op", 0 }, { "sk", 0 }, { "skb", 0 } } },
	{ "bpf_sock_addr_kern", { { "sk", 0 }, { "uaddr", 0 } } },
	{ "sk_msg", { { "data", 0 }, { "data_end", 0 }, { "sk", 0 }, { "sg.size", 0 } } },
	{ "sk_reuseport_kern", { { "skb", 0 }, { "sk", 0 }, { "hash", 'x' }, { "reuseport_id", 0 } } },
	{ "bpf_sk_lookup_kern",
	  { { "family", 0 }, { "protocol", 0 }, { "sport", 'n' }, { "dport", 0 }, { "ingress_ifindex", 0 } } },
	{ "bpf_flow_dissector", { { "skb", 0 }, { "data", 0 }, { "data_end", 0 } } },
	{ "bpf_perf_event_data_kern", { { "regs->ip", 'a' }, { "regs", 0 }, { "event", 0 } } },
	{ "bpf_sysctl_kern", { { "table->procname", 0 }, { "write", 0 }, { "cur_val", 0 }, { "new_val", 0 } } },
	{ "bpf_sockopt_kern", { { "sk", 0 }, { "level", 0 }, { "optname", 0 }, { "optlen", 0 }, { "retval", 0 } } },
	{ "bpf_cgroup_dev_ctx", { { "access_type", 'x' }, { "major", 0 }, { "minor", 0 } } },
	{ "bpf_nf_ctx",
	  { { "state->hook", 0 }, { "state->pf", 0 }, { "state->in", 0 }, { "state->out", 0 }, { "skb", 0 } } },
};

struct shown {
	struct iq_target *target;
	struct iq_print_options options;
	struct iq_out *out;
	struct iq_strbuf text;
};

/* A member, through pointers where the path says so. */
static struct iq_error *follow(struct iq_target *target, const struct iq_value *start, const char *path,
			       struct iq_value *out)
{
	char part[64];
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	IQ_TRY(iq_value_copy(start, &value));
	for (;;) {
		const char *arrow = strstr(path, "->");
		struct iq_value member = { 0 };
		snprintf(part, sizeof(part), "%.*s", arrow ? (int)(arrow - path) : (int)strlen(path), path);
		IQ_TRY(iq_value_member(target, &value, part, &member));
		iq_value_deinit(&value);
		value = member;
		if (!arrow)
			break;
		struct iq_value object = { 0 };
		IQ_TRY(iq_value_dereference(target, &value, &object));
		iq_value_deinit(&value);
		value = object;
		path = arrow + 2;
	}
	return iq_value_copy(&value, out);
}

/* Numbers on the wire have their highest byte first. */
static struct iq_error *show_swapped(struct shown *s, const struct iq_value *value, const char *key)
{
	uint64_t number;
	IQ_TRY(iq_value_integer(s->target, value, &number));
	number = (number >> 8 & 0xff) | (number & 0xff) << 8;
	iq_add_hex(s->out, key, number);
	iq_strbuf_addf(&s->text, "0x%04lx", number);
	return NULL;
}

/* A name in an array: what is behind its end is of no interest. */
static struct iq_error *show_name(struct shown *s, const struct iq_value *value, const char *key)
{
	char name[64] = "";
	IQ_TRY(iq_read_string(s->target, value->address, name, sizeof(name)));
	iq_add_string(s->out, key, name);
	iq_strbuf_addf(&s->text, "\"%s\"", name);
	return NULL;
}

static struct iq_error *show_value(struct shown *s, const struct iq_value *value, const struct field *field)
{
	if (field->format == 's')
		return show_name(s, value, field->path);
	if (field->format == 'n')
		return show_swapped(s, value, field->path);
	s->options.format = field->format;
	if (iq_out_is_text(s->out))
		return iq_value_print(value, &s->options, &s->text);
	return iq_value_record(value, &s->options, s->out, field->path);
}

static bool is_fatal(const struct iq_error *error)
{
	return iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED);
}

/* A member that this kernel doesn't have is left out; what can't be read says so once. */
static struct iq_error *show_field(struct shown *s, const struct iq_value *object, const struct field *field,
				   bool *dead)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	struct iq_error *error = follow(s->target, object, field->path, &value);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_error_free(error);
		return NULL;
	}
	iq_strbuf_addf(&s->text, "%s%s = ", s->text.length ? ", " : "", field->path);
	if (!error)
		error = show_value(s, &value, field);
	if (!error || is_fatal(error))
		return error;
	iq_add_unavailable(s->out, field->path, error->message);
	iq_strbuf_addf(&s->text, "<%s>", error->message);
	*dead = !strstr(field->path, "->");
	iq_error_free(error);
	return NULL;
}

static const struct context *context_of(struct iq_type type)
{
	struct iq_type_info info;
	if (iq_failed(iq_type_strip(type, &type)) || iq_failed(iq_type_info(type, &info)) || !info.name)
		return NULL;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(contexts); i++) {
		if (strcmp(contexts[i].type, info.name) == 0)
			return &contexts[i];
	}
	return NULL;
}

struct iq_error *iq_show_bpf_context(struct iq_session *session, struct iq_out *out, const struct iq_bpf_frame *frame)
{
	struct iq_kernel *kernel;
	struct iq_type_info info;
	struct iq_error *error = NULL;
	bool dead = false;
	IQ_TRY(iq_session_kernel(session, &kernel));
	IQ_TRY(iq_type_info(frame->context_type, &info));
	const struct context *context = context_of(info.target);
	if (!context)
		return NULL;
	struct shown s = { .target = iq_kernel_target(kernel), .out = out };
	s.options = (struct iq_print_options){
		.target = s.target, .symbols = iq_kernel_symbols(kernel), .radix = session->radix, .one_line = true
	};
	struct iq_value object = iq_value_at(info.target, frame->context);
	iq_object_begin(out, "fields");
	for (const struct field *field = context->fields;
	     field < context->fields + IQ_ARRAY_SIZE(context->fields) && field->path && !error && !dead; field++)
		error = show_field(&s, &object, field, &dead);
	iq_end(out);
	if (!error && s.text.length)
		iq_text(out, "            {%s}", iq_strbuf_text(&s.text));
	iq_strbuf_free(&s.text);
	return error;
}
