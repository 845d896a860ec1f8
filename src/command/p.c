/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/evaluate.h"
#include "command/space.h"

#include "kernel/cpu.h"
#include "kernel/global.h"
#include "util/cleanup.h"

#include <ctype.h>
#include <string.h>

enum { CARET_WIDTH = 100, MAX_CPUS = 8192 };

struct request {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	struct iq_print_options print;
	const char *expression;
	bool has_cpus;
	const char *cpus; /* "a", "0,2-4", "" */
	bool user;
	struct iq_space space;
};

static bool is_void(struct iq_type type)
{
	struct iq_type_info info;

	return !iq_failed(iq_type_strip(type, &type)) && !iq_failed(iq_type_info(type, &info)) &&
	       info.kind == IQ_TYPE_VOID;
}

/* LABEL is "jiffies", "per_cpu(runqueues, 0)", or NULL for an expression. */
static struct iq_error *show_text(const struct request *p, const char *label, const struct iq_value *value)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	unsigned number = (unsigned)p->session->history.count + 1;

	if (label)
		iq_strbuf_addf(&text, "%s = ", label);
	iq_strbuf_addf(&text, "$%u = ", number);
	IQ_TRY(iq_session_explain(p->session, iq_value_print(value, &p->print, &text)));
	if (text.failed)
		return iq_error_no_memory();
	IQ_TRY(iq_session_remember(p->session, value, &number));
	iq_print_lines(p->out, iq_strbuf_text(&text));
	return NULL;
}

static struct iq_error *show_record(const struct request *p, const int *cpu, const struct iq_value *value)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf type = { 0 };
	struct iq_error *error;
	unsigned number;

	IQ_TRY(iq_session_remember(p->session, value, &number));
	iq_record_begin(p->out);
	iq_add_string(p->out, "expression", p->expression);
	if (cpu)
		iq_add_unsigned(p->out, "cpu", (unsigned)*cpu);
	iq_add_unsigned(p->out, "history", number);
	iq_type_declare(value->type, "", &type);
	iq_add_string(p->out, "type", iq_strbuf_text(&type));
	if (value->place == IQ_IN_MEMORY)
		iq_add_address(p->out, "address", value->address);
	error = iq_value_record(value, &p->print, p->out, "value");
	iq_end(p->out);
	return error;
}

static struct iq_error *show(const struct request *p, const char *label, const int *cpu, const struct iq_value *value)
{
	if (!value->type.source)
		return iq_error_new(
			IQ_ERROR_ARGUMENT,
			"column 1: \"%s\" has no known type here: cast it, as in *(int *)&%s (its address is %#llx)",
			value->symbol, value->symbol, (unsigned long long)value->address);
	if (is_void(value->type)) {
		iq_text(p->out, "$%zu = void", p->session->history.count + 1);
		return NULL;
	}
	return iq_out_is_text(p->out) ? show_text(p, label, value) : show_record(p, cpu, value);
}

/* Marks the column that an error names. */
static void show_caret(const struct request *p, const struct iq_error *error)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	size_t length = strlen(p->expression), start = 0;
	unsigned column;

	if (sscanf(error->message, "column %u:", &column) != 1 || !column || column > length + 1)
		return;
	if (column > CARET_WIDTH / 2)
		start = IQ_MIN(column - CARET_WIDTH / 2, length > CARET_WIDTH ? length - CARET_WIDTH : 0);
	for (size_t i = start; i < length && i < start + CARET_WIDTH; i++)
		iq_strbuf_add_char(&line, isprint((unsigned char)p->expression[i]) ? p->expression[i] : ' ');
	iq_text(p->out, "  %s", iq_strbuf_text(&line));
	iq_text(p->out, "  %*s", (int)(column - start), "^");
}

static struct iq_error *evaluate(const struct request *p, const unsigned *cpu, struct iq_value *value)
{
	struct iq_error *error =
		iq_session_evaluate_on(p->session, p->expression, cpu, p->user ? &p->space : NULL, value);

	if (error)
		show_caret(p, error);
	return error;
}

/* Is the expression nothing but the name of a variable or function? crash shows it before the value then. */
static bool is_symbol(const struct request *p, struct iq_global *global)
{
	for (const char *c = p->expression; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			return false;
	return !isdigit((unsigned char)*p->expression) &&
	       !iq_failed(iq_global_by_name(p->kernel, p->expression, global));
}

/* What crash says to a per-CPU variable without a CPU. */
static struct iq_error *show_places(const struct request *p, const struct iq_global *global)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf type = { 0 };
	const struct iq_cpu *cpus;
	size_t count;

	IQ_TRY(iq_cpus(p->kernel, &cpus, &count));
	if (global->type.source)
		iq_type_declare(global->type, global->symbol.name, &type);
	iq_record_begin(p->out);
	iq_add_string(p->out, "expression", p->expression);
	iq_add_string(p->out, "per_cpu_type", type.length ? iq_strbuf_text(&type) : NULL);
	iq_text(p->out, "PER-CPU DATA TYPE:");
	iq_text(p->out, type.length ? "  %s;" : "  [undetermined type] %s;",
		type.length ? iq_strbuf_text(&type) : global->symbol.name);
	iq_text(p->out, "PER-CPU ADDRESSES:");
	iq_list_begin(p->out, "addresses");
	for (size_t i = 0; i < count; i++) {
		uint64_t address;

		if (iq_failed(iq_per_cpu(p->kernel, cpus[i].id, global->symbol.address, &address)))
			continue;
		iq_record_begin(p->out);
		iq_add_unsigned(p->out, "cpu", cpus[i].id);
		iq_add_address(p->out, "address", address);
		iq_line(p->out, "  [{cpu}]: {address@address}");
		iq_end(p->out);
	}
	iq_end(p->out);
	iq_end(p->out);
	return NULL;
}

static struct iq_error *choose_cpus(const struct request *p, bool chosen[static MAX_CPUS])
{
	const struct iq_task *task;
	const struct iq_cpu *cpus;
	size_t count, limit = 0;

	IQ_TRY(iq_cpus(p->kernel, &cpus, &count));
	for (size_t i = 0; i < count; i++)
		limit = IQ_MAX(limit, cpus[i].id + 1);
	limit = IQ_MIN(limit, MAX_CPUS);
	if (*p->cpus)
		return iq_parse_set(p->cpus, "cpu", chosen, limit);
	IQ_TRY(iq_session_task(p->session, &task));
	if (task->cpu < 0 || (size_t)task->cpu >= limit)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "the CPU of task %d is not known: name one", task->pid);
	chosen[task->cpu] = true;
	return NULL;
}

static struct iq_error *show_each_cpu(const struct request *p)
{
	_cleanup_free_ bool *chosen = calloc(MAX_CPUS, sizeof(*chosen));
	struct iq_global global;

	if (!chosen)
		return iq_error_no_memory();
	if (is_symbol(p, &global) && !global.per_cpu)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s is not per-CPU", p->expression);
	IQ_TRY(choose_cpus(p, chosen));
	for (int cpu = 0; cpu < MAX_CPUS; cpu++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf label = { 0 };
		_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
		unsigned number = (unsigned)cpu;

		if (!chosen[cpu])
			continue;
		IQ_TRY(iq_check_interrupt());
		IQ_TRY(evaluate(p, &number, &value));
		iq_strbuf_addf(&label, "per_cpu(%s, %d)", p->expression, cpu);
		IQ_TRY(show(p, iq_strbuf_text(&label), &cpu, &value));
	}
	return NULL;
}

static struct iq_error *run_request(const struct request *p)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	struct iq_global global;

	if (p->has_cpus)
		return show_each_cpu(p);
	bool symbol = is_symbol(p, &global);
	if (symbol && global.per_cpu)
		return show_places(p, &global);
	IQ_TRY(evaluate(p, NULL, &value));
	/* crash hands p/x on to gdb, which has no label. */
	return show(p, symbol && !p->print.format ? p->expression : NULL, NULL, &value);
}

/* "/x " before the expression. */
static struct iq_error *take_format(struct request *p, const struct iq_args *args, const char **text)
{
	if (**text != '/')
		return NULL;
	p->print.format = (*text)[1];
	if (!p->print.format || !strchr("xduotcafsz", p->print.format) || !strchr(" \t", (*text)[2]))
		return iq_usage_error(args->command, "the formats are /x /d /u /o /t /c /a /f /s /z");
	*text += 2 + strspn(*text + 2, " \t");
	return NULL;
}

/* ":0,2-4", ":a", ":" at the end; the colon of ?: is none. */
static void take_cpus(struct request *p, char *expression)
{
	char *colon = strrchr(expression, ':');

	if (!colon || strchr(expression, '?'))
		return;
	if (colon[1 + strspn(colon + 1, "0123456789,-")] && strcmp(colon + 1, "a") != 0 &&
	    strcmp(colon + 1, "all") != 0)
		return;
	*colon = '\0';
	p->has_cpus = true;
	p->cpus = colon + 1;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct request p = { .session = session, .out = out, .user = iq_args_has(args, 'u') };
	const struct iq_task *task;
	const char *text = iq_args_text(args, 0);

	IQ_TRY(iq_session_kernel(session, &p.kernel));
	IQ_TRY(iq_session_print_options(session, args, &p.print));
	p.print.pointer_types = true;
	IQ_TRY(take_format(&p, args, &text));
	_cleanup_free_ char *expression = strdup(text);
	if (!expression)
		return iq_error_no_memory();
	for (size_t length = strlen(expression); length && isspace((unsigned char)expression[length - 1]);)
		expression[--length] = '\0';
	if (!*expression)
		return iq_usage_error(args->command, "nothing to print");
	p.expression = expression;
	take_cpus(&p, expression);
	if (p.user) {
		IQ_TRY(iq_session_task(session, &task));
		IQ_TRY(iq_task_space(p.kernel, task, &p.space, NULL));
	}
	return run_request(&p);
}

const struct iq_command iq_command_p = {
	.name = "p",
	.summary = "print the value of a C expression",
	.options =
		(const struct iq_option[]){
			{ 'x', NULL, NULL, "integers in hexadecimal" },
			{ 'd', NULL, NULL, "integers in decimal" },
			{ 'u', NULL, NULL, "addresses that are not the kernel's are the task's user memory" },
			{ 0 },
		},
	.arguments = "[/FORMAT] EXPRESSION[:CPUS]",
	.min_arguments = 1,
	.max_arguments = IQ_ANY_NUMBER,
	.flags = IQ_COMMAND_PREFIX,
	.help = "EXPRESSION is C: the operators (none that writes), casts, sizeof, offsetof(),\n"
		"container_of(), typeof(), enum constants, characters and strings, with C's\n"
		"types and conversions. Only 0x means hexadecimal. \".\" and \"->\" are taken for\n"
		"each other. OBJECT@COUNT is an array of COUNT objects from OBJECT on.\n\n"
		"Names are the variables and functions of the kernel and its modules. Where the\n"
		"type of one isn't known, cast it, as in *(int *)&NAME, or (int)NAME.\n\n"
		"per_cpu(VARIABLE, CPU) and per_cpu_ptr(POINTER, CPU) are a CPU's copy of\n"
		"per-CPU data; :CPUS behind the expression evaluates it for each CPU: :0, :0,2-4,\n"
		":a for all, : for the CPU of the current task. A per-CPU variable alone shows\n"
		"its type and where each CPU has it.\n\n"
		"Each value gets a number: $1 is the first one, $ the last, $$ the one before it,\n"
		"$$3 the one three before the last. $rbx and the like are registers of the\n"
		"current frame; \"p $x = EXPRESSION\" keeps a value as $x.\n\n"
		"FORMAT is a letter, as in p/x or p /x: x hexadecimal, d decimal, u unsigned, o\n"
		"octal, t binary, c character, a address, f floating point, s string, z\n"
		"hexadecimal with leading zeros.\n\n"
		"| > and < belong to the shell where they stand outside parentheses and quotes.",
	.examples =
		(const struct iq_example[]){
			{ "p jiffies", "kfunc-6.1.47-la57.flat", "a variable" },
			{ "p init_task.comm", "kfunc-6.1.47-la57.flat", "a member of one" },
			{ "p sizeof(struct page)", "kfunc-6.1.47-la57.flat", "a size" },
			{ "p container_of(init_task.tasks.next, struct task_struct, tasks)->pid",
			  "kfunc-6.1.47-la57.flat", "the pid of the second task" },
			{ "p runqueues.nr_running:a", "kfunc-6.1.47-la57.flat", "a member of each CPU's copy" },
			{ "p/x (1UL << 40) - 1", "kfunc-6.1.47-la57.flat", "arithmetic" },
			{ 0 },
		},
	.run = run,
};
