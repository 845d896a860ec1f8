// SPDX-License-Identifier: GPL-2.0-or-later
/* irq: interrupts, who handles them, and how often they came. */
#include "command/cpus.h"
#include "command/session.h"

#include "kernel/irq.h"
#include "util/cleanup.h"
#include "util/vec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS_WIDTH = 16, MAX_CPUS = 8192, MAX_SOFTIRQS = 64 };

struct irqs {
	struct iq_session *session;
	struct iq_kernel *kernel;
	const struct iq_args *args;
	struct iq_out *out;
	struct iq_cpu_list cpus;
	IQ_VEC(struct iq_irq) list;           /* those that have a descriptor, by number */
	IQ_VEC(struct iq_irq_action) actions; /* of one */
};

static void irqs_free(struct irqs *s)
{
	iq_vec_free(&s->list);
	iq_vec_free(&s->actions);
	iq_cpu_list_free(&s->cpus);
}

static struct iq_error *tell(const struct irqs *s, struct iq_error *error)
{
	if (!error || iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	iq_warn_error(&s->session->diag, error);
	return NULL;
}

static struct iq_error *collect(void *context, const struct iq_irq *irq)
{
	struct irqs *s = context;
	struct iq_irq *added = iq_vec_push(&s->list);
	if (!added)
		return iq_error_no_memory();
	*added = *irq;
	return NULL;
}

static struct iq_error *collect_action(void *context, const struct iq_irq_action *action)
{
	struct irqs *s = context;
	struct iq_irq_action *added = iq_vec_push(&s->actions);
	if (!added)
		return iq_error_no_memory();
	*added = *action;
	return NULL;
}

static struct iq_error *load_actions(struct irqs *s, const struct iq_irq *irq)
{
	s->actions.count = 0;
	return irq->action ? tell(s, iq_irq_actions_each(s->kernel, irq, collect_action, s)) : NULL;
}

/* "ehci_hcd:usb2,uhci_hcd:usb7" */
static void join_names(struct irqs *s, struct iq_strbuf *text)
{
	iq_vec_foreach (action, &s->actions)
		iq_strbuf_addf(text, "%s%s", text->length ? "," : "", action->name);
}

static void add_actions(struct irqs *s)
{
	iq_list_begin(s->out, "actions");
	iq_vec_foreach (action, &s->actions) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf handler = { 0 };
		iq_symbol_format(iq_kernel_symbols(s->kernel), action->handler, 0, &handler);
		iq_record_begin(s->out);
		iq_add_address(s->out, "action", action->address);
		iq_add_string(s->out, "name", action->name);
		iq_add_address(s->out, "handler", action->handler);
		iq_add_string(s->out, "function", handler.text);
		if (action->thread)
			iq_add_address(s->out, "thread", action->thread);
		iq_end(s->out);
	}
	iq_end(s->out);
}

static void add_centred(struct iq_strbuf *line, const char *text)
{
	int padding = ADDRESS_WIDTH - (int)strlen(text);
	iq_strbuf_addf(line, "%*s%s%*s  ", padding / 2, "", text, padding - padding / 2, "");
}

static void add_place(struct iq_strbuf *line, uint64_t address)
{
	char text[32];
	snprintf(text, sizeof(text), "%" PRIx64, address);
	add_centred(line, address ? text : "(unused)");
}

static void show_line(struct iq_out *out, struct iq_strbuf *line)
{
	while (line->length && line->text[line->length - 1] == ' ')
		iq_strbuf_truncate(line, line->length - 1);
	iq_text(out, "%s", iq_strbuf_text(line));
	iq_strbuf_truncate(line, 0);
}

/* One number; `irq` is NULL where it has no descriptor. */
static struct iq_error *show_irq(struct irqs *s, unsigned number, const struct iq_irq *irq)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	int width = snprintf(NULL, 0, "%u", number), padding = IQ_MAX(4 - width, 0);
	s->actions.count = 0;
	if (irq)
		IQ_TRY(load_actions(s, irq));
	iq_record_begin(s->out);
	iq_add_unsigned(s->out, "irq", number);
	if (irq) {
		iq_add_address(s->out, "irq_desc", irq->address);
		iq_add_string(s->out, "chip", irq->chip_name);
		iq_add_string(s->out, "flow", irq->flow);
	} else {
		iq_add_string(s->out, "irq_desc", NULL);
	}
	add_actions(s);
	iq_strbuf_addf(&line, "%*s%u%*s  ", (padding + 1) / 2, "", number, padding / 2, "");
	add_place(&line, irq ? irq->address : 0);
	if (!s->actions.count)
		add_centred(&line, irq && irq->action ? "(unavailable)" : "(unused)");
	iq_vec_foreach (action, &s->actions) {
		if (action != s->actions.data)
			iq_strbuf_addf(&line, "%*s", 4 + 2 + ADDRESS_WIDTH + 2, "");
		add_place(&line, action->address);
		iq_strbuf_addf(&line, "\"%s\"", action->name);
		show_line(s->out, &line);
	}
	if (line.length)
		show_line(s->out, &line);
	iq_end(s->out);
	return iq_check_interrupt();
}

static const struct iq_irq *find_irq(struct irqs *s, unsigned number)
{
	iq_vec_foreach (irq, &s->list) {
		if (irq->number == number)
			return irq;
	}
	return NULL;
}

/* The list is in order, so each number is looked at once. */
static struct iq_error *show_all(struct irqs *s, unsigned limit)
{
	size_t next = 0;
	for (unsigned number = 0; number < limit; number++) {
		while (next < s->list.count && s->list.data[next].number < number)
			next++;
		const struct iq_irq *irq =
			next < s->list.count && s->list.data[next].number == number ? &s->list.data[next] : NULL;
		if (irq || !iq_args_has(s->args, 'u'))
			IQ_TRY(show_irq(s, number, irq));
	}
	return NULL;
}

static struct iq_error *show_list(struct irqs *s)
{
	unsigned limit;
	IQ_TRY(iq_irq_limit(s->kernel, &limit));
	for (size_t i = 0; i < s->args->count; i++) {
		uint64_t number;
		IQ_TRY(iq_parse_number(s->args->words[i].text, &number));
		if (number >= limit)
			return iq_error_new(IQ_ERROR_ARGUMENT, "no IRQ %lu: there are %u, counted from 0", number,
					    limit);
	}
	iq_text(s->out, " IRQ   IRQ_DESC/_DATA      IRQACTION      NAME");
	if (!s->args->count)
		return show_all(s, limit);
	for (size_t i = 0; i < s->args->count; i++) {
		uint64_t number;
		IQ_TRY(iq_parse_number(s->args->words[i].text, &number));
		IQ_TRY(show_irq(s, (unsigned)number, find_irq(s, (unsigned)number)));
	}
	return NULL;
}

static size_t cpu_limit(struct iq_kernel *kernel)
{
	const struct iq_cpu *cpus;
	size_t count;
	if (iq_failed(iq_cpus(kernel, &cpus, &count)) || !count)
		return 0;
	return IQ_MIN((size_t)cpus[count - 1].id + 1, (size_t)MAX_CPUS);
}

/* Adds the list of CPUs, and gives "0-3,7". */
static void add_affinity(struct iq_out *out, const bool *set, size_t limit, struct iq_strbuf *text)
{
	iq_list_begin(out, "affinity");
	for (size_t cpu = 0; cpu < limit; cpu++) {
		if (!set[cpu])
			continue;
		iq_add_unsigned(out, NULL, cpu);
		if (cpu && set[cpu - 1])
			continue;
		size_t last = cpu;
		while (last + 1 < limit && set[last + 1])
			last++;
		iq_strbuf_addf(text, "%s%zu", text->length ? "," : "", cpu);
		if (last > cpu)
			iq_strbuf_addf(text, "-%zu", last);
	}
	iq_end(out);
}

static struct iq_error *show_affinity(struct irqs *s)
{
	bool set[MAX_CPUS];
	size_t limit = cpu_limit(s->kernel);
	iq_text(s->out, "IRQ NAME                 AFFINITY");
	iq_vec_foreach (irq, &s->list) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf names = { 0 }, text = { 0 };
		if (!irq->action)
			continue;
		IQ_TRY(load_actions(s, irq));
		join_names(s, &names);
		iq_record_begin(s->out);
		iq_add_unsigned(s->out, "irq", irq->number);
		iq_add_string(s->out, "name", iq_strbuf_text(&names));
		struct iq_error *error = iq_irq_affinity(s->kernel, irq, set, limit);
		if (error) {
			iq_add_unavailable(s->out, "affinity", error->message);
			iq_strbuf_add(&text, "(unavailable)");
		} else {
			add_affinity(s->out, set, limit, &text);
		}
		IQ_TRY(tell(s, error));
		iq_text(s->out, "%3u %-20s %s", irq->number, iq_strbuf_text(&names), iq_strbuf_text(&text));
		iq_end(s->out);
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

static struct iq_error *show_counts_of(struct irqs *s, const struct iq_irq *irq)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 }, names = { 0 };
	struct iq_error *damage = NULL;
	IQ_TRY(load_actions(s, irq));
	join_names(s, &names);
	iq_record_begin(s->out);
	iq_add_unsigned(s->out, "irq", irq->number);
	iq_add_string(s->out, "name", iq_strbuf_text(&names));
	iq_add_string(s->out, "chip", irq->chip_name);
	iq_add_string(s->out, "flow", irq->flow);
	iq_strbuf_addf(&line, "%3u: ", irq->number);
	iq_list_begin(s->out, "counts");
	for (size_t i = 0; i < s->cpus.count; i++) {
		uint32_t count;
		struct iq_error *error = iq_irq_count(s->kernel, irq, s->cpus.data[i]->id, &count);
		iq_record_begin(s->out);
		iq_add_unsigned(s->out, "cpu", s->cpus.data[i]->id);
		if (error) {
			iq_add_unavailable(s->out, "count", error->message);
			iq_strbuf_addf(&line, "%10s ", "?");
		} else {
			iq_add_unsigned(s->out, "count", count);
			iq_strbuf_addf(&line, "%10u ", count);
		}
		iq_error_keep(&damage, error);
		iq_end(s->out);
	}
	iq_end(s->out);
	iq_strbuf_addf(&line, "%8s-%-8s %s", irq->chip_name, irq->flow, iq_strbuf_text(&names));
	show_line(s->out, &line);
	iq_end(s->out);
	IQ_TRY(tell(s, damage));
	return iq_check_interrupt();
}

static struct iq_error *show_counts(struct irqs *s)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	iq_strbuf_add(&line, "     ");
	for (size_t i = 0; i < s->cpus.count; i++) {
		char name[16];
		snprintf(name, sizeof(name), "CPU%u", s->cpus.data[i]->id);
		iq_strbuf_addf(&line, "%10s ", name);
	}
	show_line(s->out, &line);
	iq_vec_foreach (irq, &s->list) {
		if (irq->action)
			IQ_TRY(show_counts_of(s, irq));
	}
	return NULL;
}

static struct iq_error *show_softirqs(const struct irqs *s)
{
	uint64_t handlers[MAX_SOFTIRQS];
	size_t count;
	/* What could be read is shown, then why no more. */
	struct iq_error *error = iq_softirqs(s->kernel, handlers, MAX_SOFTIRQS, &count);
	iq_text(s->out, "SOFTIRQ_VEC      ACTION");
	for (size_t i = 0; i < count; i++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
		if (!handlers[i])
			continue;
		iq_symbol_format(iq_kernel_symbols(s->kernel), handlers[i], IQ_SYMBOL_WITH_MODULE, &name);
		iq_record_begin(s->out);
		iq_add_unsigned(s->out, "number", i);
		iq_add_address(s->out, "action", handlers[i]);
		iq_add_string(s->out, "function", name.text);
		iq_text(s->out, "    [%zu]%*s%" PRIx64 "  <%s>", i, i < 10 ? 5 : 4, "", handlers[i],
			iq_strbuf_text(&name));
		iq_end(s->out);
	}
	return error;
}

static struct iq_error *show_idt(const struct irqs *s)
{
	uint64_t entries[256];
	IQ_TRY(iq_idt(s->kernel, entries));
	for (unsigned i = 0; i < 256; i++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
		char label[16];
		snprintf(label, sizeof(label), "[%u]", i);
		iq_symbol_format(iq_kernel_symbols(s->kernel), entries[i], 0, &name);
		iq_record_begin(s->out);
		iq_add_unsigned(s->out, "vector", i);
		iq_add_address(s->out, "entry", entries[i]);
		iq_add_string(s->out, "name", name.text);
		if (name.length)
			iq_text(s->out, "%5s %s", label, name.text);
		else
			iq_text(s->out, "%5s %" PRIx64, label, entries[i]);
		iq_end(s->out);
	}
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	_cleanup_(irqs_free) struct irqs s = { .session = session, .args = args, .out = out };
	IQ_TRY(iq_session_kernel(session, &s.kernel));
	if (iq_args_has(args, 'd'))
		return show_idt(&s);
	if (iq_args_has(args, 'b'))
		return show_softirqs(&s);
	if (iq_args_has(args, 'c') && !iq_args_has(args, 's'))
		return iq_usage_error(args->command, "-c goes with -s");
	IQ_TRY(iq_cpu_list_choose(s.kernel, iq_args_value(args, 'c'), &s.cpus));
	struct iq_error *damage = iq_irqs_each(s.kernel, collect, &s);
	/* Without one of them there is nothing but the damage. */
	if (!s.list.count)
		IQ_TRY(damage);
	IQ_TRY(tell(&s, damage));
	if (iq_args_has(args, 'a'))
		return show_affinity(&s);
	return iq_args_has(args, 's') ? show_counts(&s) : show_list(&s);
}

const struct iq_command iq_command_irq = {
	.name = "irq",
	.summary = "interrupts: who handles them, how often they came, where they may go",
	.options =
		(const struct iq_option[]){
			{ 'u', NULL, NULL, "only those that have a descriptor" },
			{ 'd', NULL, NULL, "the entry point of each vector (x86's IDT)" },
			{ 'b', NULL, NULL, "the handlers of soft interrupts" },
			{ 'a', NULL, NULL, "the CPUs that each interrupt in use may come to" },
			{ 's', NULL, NULL, "how often each interrupt in use came to each CPU" },
			{ 'c', NULL, "CPUS", "with -s: only these CPUs: 1, 0,2-4, a" },
			{ 0 },
		},
	.arguments = "[IRQ]...",
	.max_arguments = IQ_ANY_NUMBER,
	.help = "A line for each interrupt's number: its struct irq_desc, and the struct irqaction\n"
		"of each driver that handles it, with the driver's name. \"(unused)\": no descriptor,\n"
		"or nobody handles it.\n\n"
		"-s is as /proc/interrupts was: counts, the interrupt controller and how the\n"
		"interrupt is signalled, names.",
	.examples =
		(const struct iq_example[]){
			{ "irq -u", "kfunc-6.1.47-la57.flat", "all that have a descriptor" },
			{ "irq -s", "kfunc-6.1.47-la57.flat", "how often each came" },
			{ "irq 4", "kfunc-6.1.47-la57.flat", "one" },
			{ 0 },
		},
	.run = run,
};
