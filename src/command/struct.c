// SPDX-License-Identifier: GPL-2.0-or-later
/* struct, union and "*": how a type is defined, or what an object of it holds. */
#include "command/evaluate.h"
#include "command/space.h"
#include "command/structure.h"

#include "kernel/cpu.h"
#include "kernel/global.h"
#include "util/cleanup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

enum { MAX_COUNT = 1000000, MAX_CPUS = 8192, RAW_LINE = 16, MAX_RAW = 16 << 20 };

struct request {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	const struct iq_args *args;
	struct iq_structure structure;
	struct iq_print_options options;
	uint64_t address, size;
	int64_t count;
	bool *cpus; /* malloc'ed, MAX_CPUS; NULL: no per-CPU object */
	bool user;
	struct iq_space space;
	size_t shown;
};

static void request_deinit(struct request *request)
{
	iq_structure_deinit(&request->structure);
	free(request->cpus);
}

static struct iq_error *take_kind(const struct request *request)
{
	const char *command = request->args->command->name, *title = request->structure.title;
	size_t length = strlen(command);
	const char *name = strchr(title, ' ') ? strchr(title, ' ') + 1 : title;

	if (*command == '*' || (strncmp(title, command, length) == 0 && title[length] == ' '))
		return NULL;
	return iq_error_new(IQ_ERROR_ARGUMENT, "data type mismatch: %s is not a %s", name, command);
}

/* A number of bytes, or "struct.member". */
static struct iq_error *take_offset(struct request *request)
{
	const char *text = iq_args_value(request->args, 'l');
	_cleanup_(iq_structure_deinit) struct iq_structure other = { 0 };
	struct iq_value base, member;
	uint64_t offset;

	if (!text)
		return NULL;
	if (!strchr(text, '.')) {
		IQ_TRY(iq_parse_number(text, &offset));
	} else {
		IQ_TRY(iq_structure_parse(iq_kernel_types(request->kernel), 1u << IQ_TYPE_STRUCT | 1u << IQ_TYPE_UNION,
					  text, &other));
		if (other.paths.count != 1)
			return iq_usage_error(request->args->command, "-l needs one member");
		base = iq_value_at(other.type, 0);
		IQ_TRY(iq_structure_member(NULL, &base, other.paths.data[0], &member, NULL));
		offset = member.address;
	}
	request->address -= offset;
	return NULL;
}

/* What is behind the colon of "runqueues:0,1": "" is the current task's CPU. */
static struct iq_error *take_cpus(struct request *request, const char *text)
{
	const struct iq_task *task;
	size_t count, limit = 0;
	const struct iq_cpu *cpus;

	request->cpus = calloc(MAX_CPUS, sizeof(*request->cpus));
	if (!request->cpus)
		return iq_error_no_memory();
	IQ_TRY(iq_cpus(request->kernel, &cpus, &count));
	for (size_t i = 0; i < count; i++)
		limit = IQ_MAX(limit, cpus[i].id + 1);
	if (*text)
		return iq_parse_set(text, "cpu", request->cpus, IQ_MIN(limit, MAX_CPUS));
	IQ_TRY(iq_session_task(request->session, &task));
	if (task->unknown & IQ_TASK_CPU || task->cpu < 0 || (size_t)task->cpu >= limit)
		return iq_error_new(IQ_ERROR_ARGUMENT, "the CPU of the current task is not known: say which is meant");
	request->cpus[task->cpu] = true;
	return NULL;
}

/* "init_task", "ffff888100000000", "runqueues:a" */
static struct iq_error *take_address(struct request *request, const char *word)
{
	_cleanup_free_ char *text = strdup(word);

	if (!text)
		return iq_error_no_memory();
	char *colon = strrchr(text, ':');
	if (colon && strspn(colon + 1, "0123456789,-al") == strlen(colon + 1) && !strchr(text, '?'))
		*colon = '\0';
	else
		colon = NULL;
	IQ_TRY(iq_session_address(request->session, text, &request->address));
	if (colon)
		return take_cpus(request, colon + 1);
	/* A number is meant as it is. */
	if (!request->user && strspn(text, "0123456789abcdefABCDEFx") < strlen(text) &&
	    iq_is_per_cpu_place(request->kernel, request->address))
		return take_cpus(request, "");
	return NULL;
}

static struct iq_error *take_count(struct request *request)
{
	const char *text = iq_args_value(request->args, 'c');
	bool negative;
	uint64_t number;

	request->count = 1;
	if (!text && request->args->count > 2)
		text = request->args->words[2].text;
	if (!text)
		return NULL;
	negative = *text == '-';
	IQ_TRY(iq_parse_number(text + negative, &number));
	if (!number || number > MAX_COUNT)
		return iq_error_new(IQ_ERROR_ARGUMENT, "a count of %s", text);
	/* -c -3: the three that end with the one at the address. */
	if (negative)
		request->address -= (number - 1) * request->size;
	request->count = (int64_t)number;
	return NULL;
}

/* As rd shows memory: two words a line and their text. */
static struct iq_error *show_raw(const struct request *request, const struct iq_value *value)
{
	_cleanup_free_ uint8_t *bytes = NULL, *known = NULL;
	_cleanup_(iq_error_freep) struct iq_error *first = NULL;

	uint64_t size = (request->size + 7) & ~UINT64_C(7);

	if (request->size > MAX_RAW)
		return iq_error_new(IQ_ERROR_LIMIT, "%s has %" PRIu64 " bytes", request->structure.title,
				    request->size);
	bytes = calloc(1, size + RAW_LINE);
	known = calloc(1, size + RAW_LINE);
	if (!bytes || !known)
		return iq_error_no_memory();
	IQ_TRY(iq_value_fetch(request->options.target, value, bytes, known, size, &first));
	if (first && !memchr(known, 1, size))
		return iq_steal(first);
	iq_add_string(request->out, "type", request->structure.title);
	iq_add_address(request->out, "address", value->address);
	iq_list_begin(request->out, "words");
	for (uint64_t at = 0; at < size; at += RAW_LINE) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
		size_t length = (size_t)IQ_MIN(size - at, RAW_LINE);
		bool whole = !memchr(known + at, 0, length);

		iq_strbuf_addf(&line, "%16" PRIx64 ":  ", value->address + at);
		for (size_t i = 0; i < length; i += 8) {
			uint64_t word;
			memcpy(&word, bytes + at + i, sizeof(word));
			if (whole)
				iq_add_hex(request->out, NULL, word);
			else
				iq_add_unavailable(request->out, NULL, first->message);
			if (whole)
				iq_strbuf_addf(&line, "%016" PRIx64 " ", word);
		}
		if (!whole)
			iq_strbuf_addf(&line, "<%s>", first->message);
		iq_strbuf_pad(&line, whole ? 55 : 0);
		for (size_t i = 0; i < length && whole; i++)
			iq_strbuf_add_char(&line,
					   bytes[at + i] >= 0x20 && bytes[at + i] < 0x7f ? (char)bytes[at + i] : '.');
		iq_text(request->out, "%s", iq_strbuf_text(&line));
	}
	iq_end(request->out);
	return NULL;
}

static struct iq_error *show_value(const struct request *request, const struct iq_value *value)
{
	if (iq_args_has(request->args, 'r'))
		return show_raw(request, value);
	if (iq_args_has(request->args, 'p'))
		return iq_structure_follow(&request->structure, value, &request->options, request->out);
	return iq_structure_show(&request->structure, value, &request->options, request->out);
}

static struct iq_error *show_objects(struct request *request, uint64_t address, const unsigned *cpu)
{
	bool hexadecimal = request->options.radix == 16;

	if (cpu && iq_out_is_text(request->out))
		iq_text(request->out, "[%u]: %" PRIx64, *cpu, address);
	for (int64_t i = 0; i < request->count; i++, address += request->size) {
		struct iq_value value = iq_value_at(request->structure.type, address);

		IQ_TRY(iq_check_interrupt());
		value.user = request->user;
		value.space = request->space;
		if (iq_args_has(request->args, 'o')) {
			IQ_TRY(iq_structure_define(&request->structure, address,
						   IQ_DEFINE_ADDRESSES | (hexadecimal ? IQ_DEFINE_HEXADECIMAL : 0),
						   request->out));
			continue;
		}
		if (i)
			iq_line(request->out, "");
		iq_record_begin(request->out);
		if (cpu)
			iq_add_unsigned(request->out, "cpu", *cpu);
		struct iq_error *error = show_value(request, &value);
		iq_end(request->out);
		IQ_TRY(error);
		request->shown++;
	}
	return NULL;
}

/* One CPU that can't be shown is not the end of the others. */
static struct iq_error *show_cpus(struct request *request)
{
	struct iq_error *first = NULL;

	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		uint64_t address;

		if (!request->cpus[cpu])
			continue;
		struct iq_error *error = iq_per_cpu(request->kernel, cpu, request->address, &address);
		if (!error)
			error = show_objects(request, address, &cpu);
		if (error && error->code != IQ_ERROR_MEMORY && error->code != IQ_ERROR_NOT_FOUND) {
			iq_error_free(first);
			return error;
		}
		if (error && request->shown) {
			iq_text(request->out, "[%u]: %s", cpu, error->message);
			iq_error_free(error);
		} else {
			iq_error_keep(&first, error);
		}
	}
	if (!request->shown)
		return first;
	iq_error_free(first);
	return NULL;
}

/* crash's -f: the object lies in the dump's file itself. */
static struct iq_error *show_file_bytes(struct request *request)
{
	const struct iq_session_options *options = &request->session->options;
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	_cleanup_free_ uint8_t *bytes = malloc(request->size + 1);
	_cleanup_close_ int fd = -1;

	if (!bytes || request->size > MAX_RAW)
		return iq_error_new(IQ_ERROR_LIMIT, "%" PRIu64 " bytes", request->size);
	if (!options->kernel.dump_count)
		return iq_error_new(IQ_ERROR_ARGUMENT, "no dump file");
	fd = open(options->kernel.dumps[0], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, bytes, request->size, (off_t)request->address) != (ssize_t)request->size)
		return iq_error_new(IQ_ERROR_IO, "%s: %" PRIu64 " bytes at %" PRIx64 " can't be read",
				    options->kernel.dumps[0], request->size, request->address);
	IQ_TRY(iq_value_of_bytes(request->structure.type, bytes, request->size, &value));
	iq_record_begin(request->out);
	struct iq_error *error = iq_structure_show(&request->structure, &value, &request->options, request->out);
	iq_end(request->out);
	return error;
}

static struct iq_error *show(struct request *request)
{
	const struct iq_args *args = request->args;
	const struct iq_task *task;

	if (iq_args_has(args, 'u')) {
		request->user = true;
		IQ_TRY(iq_session_task(request->session, &task));
		IQ_TRY(iq_task_space(request->kernel, task, &request->space, NULL));
	}
	IQ_TRY(iq_type_size(request->structure.type, &request->size));
	if (iq_args_has(args, 'f')) {
		IQ_TRY(iq_parse_number(args->words[1].text, &request->address));
		return show_file_bytes(request);
	}
	IQ_TRY(take_address(request, args->words[1].text));
	IQ_TRY(take_offset(request));
	IQ_TRY(take_count(request));
	return request->cpus ? show_cpus(request) : show_objects(request, request->address, NULL);
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	_cleanup_(request_deinit) struct request request = { .session = session, .out = out, .args = args };
	unsigned kinds = 1u << IQ_TYPE_STRUCT | 1u << IQ_TYPE_UNION | 1u << IQ_TYPE_TYPEDEF;
	bool hexadecimal = iq_session_hexadecimal(session, args);

	if (*args->command->name == '*')
		kinds |= 1u << IQ_TYPE_ENUM | 1u << IQ_TYPE_INT;
	IQ_TRY(iq_session_kernel(session, &request.kernel));
	IQ_TRY(iq_session_print_options(session, args, &request.options));
	IQ_TRY(iq_structure_parse(iq_kernel_types(request.kernel), kinds, args->words[0].text, &request.structure));
	IQ_TRY(take_kind(&request));
	if (args->count > 1)
		return show(&request);
	return iq_structure_define(
		&request.structure, 0,
		(iq_args_has(args, 'o') ? IQ_DEFINE_OFFSETS : 0) | (hexadecimal ? IQ_DEFINE_HEXADECIMAL : 0), out);
}

#define OPTIONS                                                                                                        \
	(const struct iq_option[])                                                                                     \
	{                                                                                                              \
		{ 'o', NULL, NULL, "offsets of the members; with an ADDRESS, their addresses" },                       \
			{ 'l', NULL, "OFFSET", "ADDRESS is that of a member: a number of bytes, or STRUCT.MEMBER" },   \
			{ 'p', NULL, NULL, "show what members that are pointers point to" },                           \
			{ 'r', NULL, NULL, "the bytes as rd shows them" },                                             \
			{ 'u', NULL, NULL, "ADDRESS is in the user memory of the current task" },                      \
			{ 'f', NULL, NULL, "ADDRESS is an offset in the dump's file" },                                \
			{ 'c', NULL, "COUNT", "show so many, one behind the other; -COUNT: that end with this one" },  \
			{ 'x', NULL, NULL, "hexadecimal numbers" }, { 'd', NULL, NULL, "decimal numbers" },            \
		{                                                                                                      \
			0                                                                                              \
		}                                                                                                      \
	}

#define ARGUMENTS "TYPE[.MEMBER[,MEMBER]...] [ADDRESS|SYMBOL[:CPUS] [COUNT]]"

#define HELP                                                                                                           \
	"Without an ADDRESS: how the type is defined and its size, or the chosen members\n"                            \
	"with their offsets. With one: what the object there holds. A MEMBER may be nested\n"                          \
	"(thread.sp), have indices (comm[0]), and lead through pointers (mm.pgd).\n\n"                                 \
	"CPUS picks the copies of a per-CPU object: 0,2-4 or a for all; a colon alone, or\n"                           \
	"nothing behind the symbol of a per-CPU variable, means the CPU of the current\n"                              \
	"task.\n\n"                                                                                                    \
	"A type's name alone, where no command is called so, is enough: file, task_struct.pid,\n"                      \
	"*page. What the dump lacks is told in its place. More than ten equal elements in a row\n"                     \
	"are shown once, with <repeats N times>."

const struct iq_command iq_command_struct = {
	.name = "struct",
	.summary = "a structure's definition, or what one holds",
	.options = OPTIONS,
	.arguments = ARGUMENTS,
	.min_arguments = 1,
	.max_arguments = 3,
	.help = HELP,
	.examples =
		(const struct iq_example[]){
			{ "struct list_head", "kfunc-6.1.47-la57.flat", "a definition" },
			{ "struct file.f_op,f_path -o", "kfunc-6.1.47-la57.flat", "where members are" },
			{ "struct task_struct.pid,comm,thread.sp init_task", "kfunc-6.1.47-la57.flat", "members" },
			{ "struct rq.nr_running,curr runqueues:a", "kfunc-6.1.47-la57.flat", "on every CPU" },
			{ "task_struct.comm,mm.pgd init_task", "kfunc-6.1.47-la57.flat", "through a pointer" },
			{ 0 },
		},
	.run = run,
};

const struct iq_command iq_command_union = {
	.name = "union",
	.summary = "a union's definition, or what one holds",
	.options = OPTIONS,
	.arguments = ARGUMENTS,
	.min_arguments = 1,
	.max_arguments = 3,
	.help = HELP,
	.examples =
		(const struct iq_example[]){
			{ "union rcu_special", "kfunc-6.1.47-la57.flat", "a definition" },
			{ 0 },
		},
	.run = run,
};

const struct iq_command iq_command_pointer = {
	.name = "*",
	.summary = "the definition of a struct, union, enum or typedef, or what one holds",
	.options = OPTIONS,
	.arguments = ARGUMENTS,
	.min_arguments = 1,
	.max_arguments = 3,
	.help = HELP,
	.examples =
		(const struct iq_example[]){
			{ "*list_head init_task", "kfunc-6.1.47-la57.flat", "what is there" },
			{ "* pid_type", "kfunc-6.1.47-la57.flat", "the constants of an enum" },
			{ 0 },
		},
	.run = run,
};
