// SPDX-License-Identifier: GPL-2.0-or-later
/* bpf: the BPF programs, maps, links and types that were loaded. Parses and hands on; command/bpf.h says to whom. */
#include "command/bpf.h"

#include "util/cleanup.h"

#include <string.h>

/* Options that show something else than the lists of programs and maps. */
static const struct part {
	int key;
	struct iq_error *(*show)(const struct iq_bpf_shown *shown);
} parts[] = {
	{ 'b', iq_bpf_show_btfs },    { 'k', iq_bpf_show_images }, { 'C', iq_bpf_show_classic },
	{ 'f', iq_bpf_show_holders }, { 'l', iq_bpf_show_links },  { 0 },
};

static struct iq_error *show_calls(const struct iq_bpf_shown *shown, uint32_t id)
{
	struct iq_bpf_program program;
	IQ_TRY(iq_bpf_program_by_id(shown->bpf, id, &program));
	return iq_bpf_show_calls(shown, &program);
}

/* "bpf map 7", "bpf calls 12". */
static const struct word {
	const char *name;
	struct iq_error *(*show)(const struct iq_bpf_shown *shown, uint32_t id);
} words[] = {
	{ "map", iq_bpf_show_map },
	{ "calls", show_calls },
	{ 0 },
};

struct iq_error *iq_bpf_parse_id(const char *text, uint32_t *id)
{
	uint64_t number;
	IQ_TRY(iq_parse_number(text, &number));
	if (!number || number > INT32_MAX)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s is no ID", text);
	*id = (uint32_t)number;
	return NULL;
}

static struct iq_error *show_word(const struct iq_bpf_shown *shown)
{
	const struct iq_args *args = shown->args;
	uint32_t id;
	for (const struct word *word = words; word->name; word++) {
		if (strcmp(word->name, args->words[0].text) != 0)
			continue;
		if (args->count < 2)
			return iq_usage_error(args->command, "%s needs an ID", word->name);
		IQ_TRY(iq_bpf_parse_id(args->words[1].text, &id));
		return word->show(shown, id);
	}
	return iq_usage_error(args->command, "invalid argument: %s", args->words[0].text);
}

static bool has_one_of(const struct iq_args *args, const char *keys)
{
	for (; *keys; keys++) {
		if (iq_args_has(args, *keys))
			return true;
	}
	return false;
}

static struct iq_error *check(const struct iq_args *args)
{
	if (has_one_of(args, "tTj") && !has_one_of(args, "pPC"))
		return iq_usage_error(args->command, "-t, -T and -j need one of -p, -P, -C");
	if (iq_args_has(args, 's') && !has_one_of(args, "pPmM"))
		return iq_usage_error(args->command, "-s needs one of -p, -P, -m, -M");
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct iq_bpf_shown shown = { .session = session, .out = out, .args = args };
	IQ_TRY(check(args));
	IQ_TRY(iq_session_bpf(session, &shown.bpf));
	if (args->count)
		return show_word(&shown);
	for (const struct part *part = parts; part->key; part++) {
		if (iq_args_has(args, part->key))
			return part->show(&shown);
	}
	return iq_bpf_show_lists(&shown);
}

static const struct iq_option options[] = {
	{ 'p', NULL, "ID", "one program and more of it" },
	{ 'P', NULL, NULL, "the same for all programs" },
	{ 't', NULL, NULL, "with -p, -P, -C: the translated program under its source lines" },
	{ 'T', NULL, NULL, "the same with each instruction's bytes" },
	{ 'j', NULL, NULL,
	  "with -p, -P, -C: the machine code under the source lines and instructions that it came from" },
	{ 'm', NULL, "ID", "one map and more of it" },
	{ 'M', NULL, NULL, "the same for all maps" },
	{ 'c', NULL, NULL, "with map: how many elements it has, alone" },
	{ 's', NULL, NULL, "with -p, -P: struct bpf_prog and bpf_prog_aux; with -m, -M: struct bpf_map" },
	{ 'x', NULL, NULL, "with -s, -j and map: hexadecimal numbers" },
	{ 'd', NULL, NULL, "with -s, -j and map: decimal numbers" },
	{ 'l', NULL, NULL, "links, and all other places where programs are attached" },
	{ 'f', NULL, NULL, "who holds what: processes by descriptors, pins, each other" },
	{ 'b', NULL, NULL, "BTF objects, and who uses them" },
	{ 'k', NULL, NULL, "machine code: programs and their functions, trampolines, dispatchers" },
	{ 'C', NULL, NULL, "filters of seccomp and of sockets, which are in no list" },
	{ 0 },
};

const struct iq_command iq_command_bpf = {
	.name = "bpf",
	.summary = "BPF programs and maps",
	.options = options,
	.arguments = "[map ID | calls ID]",
	.max_arguments = 2,
	.help = "Without options, lists the programs (ID, addresses of struct bpf_prog and\n"
		"bpf_prog_aux, type, tag, IDs of the maps that it uses) and the maps (ID,\n"
		"address of struct bpf_map, type, flags).\n\n"
		"-j tells of each run of machine instructions what it was made of: the source\n"
		"line that the program's BTF keeps, and in brackets the file, the line and the\n"
		"numbers of the bytecode instructions that -t shows.\n\n"
		"\"bpf map ID\" shows what a map holds, in the order in which the kernel gives it:\n"
		"keys and values as their BTF has them, else as bytes; variables of .data, .bss\n"
		"and .rodata; a value for each CPU; programs, maps, devices and control groups by\n"
		"name; return addresses of stack traces as functions; records of ring buffers\n"
		"that were not consumed.\n\n"
		"\"bpf calls ID\" shows what a program passes to helpers, kernel functions and its own\n"
		"functions, found by following values through the bytecode: constants, ranges,\n"
		"places on the stack (fp-16), the context, maps, results of calls. Of pointers to\n"
		"the stack it says how many bytes the callee's type has, how many are passed as\n"
		"size, and how many there are up to the frame pointer, where the saved registers\n"
		"begin; TOO SHORT stands behind what has less room than the callee may write.\n\n"
		"-t shows the bytecode as bpftool does, each line of source above its\n"
		"instructions; names of maps, variables and callbacks stand behind them.\n\n"
		"-l lists the links (ID, address of struct bpf_link, type, the program's ID and\n"
		"name, where it is attached), then what is attached without a link, found at the\n"
		"hooks themselves. Of a link to many functions the first ones are shown; --json\n"
		"has them all.\n\n"
		"A program that nobody holds with -f is held by what it is attached to:\n"
		"-l shows where.\n\n"
		"-C shows seccomp's filters, the newest first (\"seccomp 0\", which is asked first),\n"
		"and those of sockets: their address, the struct bpf_prog, how many instructions\n"
		"the classic program had, the bytes of what the kernel made of it, and the ID and\n"
		"type where it is a program of bpf(2). -t shows both, the classic instructions in\n"
		"the notation of the kernel's bpf_asm.",
	.examples =
		(const struct iq_example[]){
			{ "bpf", "kfunc-6.1.47-la57.flat", "all programs and maps" },
			{ "bpf -P", "kfunc-6.1.47-la57.flat", "more of all programs" },
			{ "bpf -p 4 -t", "kfunc-6.1.47-la57.flat", "a program's bytecode and source" },
			{ "bpf -p 4 -j", "kfunc-6.1.47-la57.flat", "its machine code" },
			{ "bpf -f", "kfunc-6.1.47-la57.flat", "who holds programs, maps, links and BTF" },
			{ "bpf -l", "bpf-6.1.47.flat", "what is attached where" },
			{ "bpf map 5", "bpf-6.1.47.flat", "what a map holds" },
			{ "bpf calls 4", "kfunc-6.1.47-la57.flat", "what it passes to whom" },
			{ 0 },
		},
	.run = run,
};
