// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/evaluate.h"
#include "command/objects.h"

#include "kernel/chain.h"
#include "util/cleanup.h"

#include <string.h>

enum { LINK_BYTES = 8 }; /* a list_head's prev lies behind its next */

struct request {
	struct iq_session *session;
	struct iq_target *target;
	struct iq_out *out;
	struct iq_object_views views;
	const char *start_text;
	bool has_offset;
	uint64_t start;
	uint64_t link_offset;   /* of the link in what the addresses shown are of */
	uint64_t struct_offset; /* -l: of the link in the struct that -s shows */
	struct iq_chain chain;
};

static struct iq_error *show_element(void *context, uint64_t link)
{
	const struct request *list = context;
	uint64_t address = link - list->link_offset;

	iq_record_begin(list->out);
	iq_add_address(list->out, "address", address);
	iq_line(list->out, "{address@address:x}");
	iq_object_views_show(&list->views, address - list->struct_offset, list->out);
	iq_end(list->out);
	return NULL;
}

/* One word is the start; of two, one is the offset, in any order. */
static struct iq_error *take_words(struct request *list, const struct iq_args *args)
{
	const char *offset = iq_args_value(args, 'o');
	size_t start = 0;

	if (args->count == 2) {
		if (offset)
			return iq_usage_error(args->command, "more than one start");
		bool named = strchr(args->words[0].text, '.') && !strchr(args->words[1].text, '.');
		start = named || iq_is_offset(list->session, args->words[0].text) ? 1 : 0;
		offset = args->words[!start].text;
	}
	list->start_text = args->words[start].text;
	list->has_offset = offset != NULL;
	return offset ? iq_parse_offset(list->session, offset, &list->link_offset) : NULL;
}

/* -H: `start` is a list_head outside, which is not shown. */
static struct iq_error *begin_behind(struct request *list, uint64_t head)
{
	list->chain.circular = true;
	if (!list->chain.end)
		list->chain.end = head;
	IQ_TRY(iq_error_prefix(iq_read_u64(list->target, head + list->chain.offset, &list->chain.first),
			       "list_head at %#lx", head));
	if (!list->chain.first)
		return iq_error_new(IQ_ERROR_FORMAT, "list_head at %#lx points to NULL: it was never initialised",
				    head);
	return NULL;
}

static struct iq_error *take_start(struct request *list, const struct iq_args *args)
{
	const char *head_offset = iq_args_value(args, 'O'), *end = iq_args_value(args, 'e');
	uint64_t offset = list->link_offset;

	IQ_TRY(iq_session_address(list->session, list->start_text, &list->start));
	if (end)
		IQ_TRY(iq_session_address(list->session, end, &list->chain.end));
	if (iq_args_has(args, 'r'))
		list->chain.offset = LINK_BYTES;
	if (iq_args_has(args, 'H'))
		return begin_behind(list, list->start);
	if (iq_args_has(args, 'h')) {
		if (head_offset) {
			IQ_TRY(iq_parse_offset(list->session, head_offset, &offset));
			return begin_behind(list, list->start + offset);
		}
		list->chain.circular = true;
		list->chain.first = list->start + offset;
		return NULL;
	}
	/* The pointers lead to whatever the first address is of. */
	list->chain.offset += list->link_offset;
	list->link_offset = 0;
	list->chain.first = list->start;
	return NULL;
}

static struct iq_error *take_struct_offset(struct request *list, const struct iq_args *args)
{
	const char *text = iq_args_value(args, 'l');

	if (!text)
		return NULL;
	if (list->has_offset)
		return iq_usage_error(args->command, "-l and an offset exclude each other");
	return iq_parse_offset(list->session, text, &list->struct_offset);
}

static struct iq_error *check(const struct iq_args *args)
{
	bool head = iq_args_has(args, 'h'), outside = iq_args_has(args, 'H');

	if (head && outside)
		return iq_usage_error(args->command, "-h and -H exclude each other");
	if (iq_args_has(args, 'O') && !head)
		return iq_usage_error(args->command, "-O needs -h");
	return NULL;
}

static struct iq_error *run_request(struct request *list, const struct iq_args *args)
{
	IQ_TRY(take_words(list, args));
	IQ_TRY(take_start(list, args));
	IQ_TRY(take_struct_offset(list, args));
	IQ_TRY(iq_object_views_parse(list->session, args, &list->views));
	if (list->chain.first == list->chain.end) {
		iq_line(list->out, "(empty)");
		return NULL;
	}
	return iq_chain_each(list->target, &list->chain, show_element, list);
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct request list = { .session = session, .out = out };
	struct iq_kernel *kernel;
	struct iq_error *error;

	IQ_TRY(check(args));
	IQ_TRY(iq_session_kernel(session, &kernel));
	list.target = iq_kernel_target(kernel);
	list.chain.brent = iq_args_has(args, 'B');
	error = run_request(&list, args);
	iq_object_views_deinit(&list.views);
	return error;
}

const struct iq_command iq_command_list = {
	.name = "list",
	.summary = "follow a linked list",
	.options =
		(const struct iq_option[]){
			{ 'H', NULL, NULL, "START is a list_head outside the elements" },
			{ 'h', NULL, NULL, "START is a structure whose list_head is one of the list" },
			{ 'o', NULL, "OFFSET", "of the pointer or list_head in an element: STRUCT.MEMBER or bytes" },
			{ 'O', NULL, "OFFSET", "of the list's head in the structure START (with -h)" },
			{ 'e', NULL, "END", "the list ends at the address END" },
			{ 's', NULL, "STRUCT[.MEMBER,...]", "show each element as this structure, or these members" },
			{ 'S', NULL, "STRUCT[.MEMBER,...]",
			  "the same, plainer: enumerators as numbers, text up to its end" },
			{ 'l', NULL, "OFFSET", "of the list_head in STRUCT, when the addresses are of list_heads" },
			{ 'r', NULL, NULL, "backwards, by the list_heads' prev" },
			{ 'B', NULL, NULL, "see circles with R. P. Brent's algorithm, which needs no memory" },
			{ 'x', NULL, NULL, "numbers in hexadecimal" },
			{ 'd', NULL, NULL, "numbers in decimal" },
			{ 0 },
		},
	.arguments = "[OFFSET] START",
	.min_arguments = 1,
	.max_arguments = 2,
	.help = "Shows the address of each element of a list, and with -s what it holds.\n\n"
		"Without -H and -h, START is the first element, and each holds at OFFSET (0) the\n"
		"address of the next. With -H, START is a list_head of its own, such as a\n"
		"LIST_HEAD(), and with -h a structure whose list_head at OFFSET belongs to the\n"
		"list; with -O that one is the list's head, and not shown.\n\n"
		"A list ends at NULL, where it comes back to its start, or at END. One that goes\n"
		"round elsewhere, or leads to no kernel address or to missing memory, ends with\n"
		"an error behind what came before.",
	.examples =
		(const struct iq_example[]){
			{ "list -H modules -o module.list -s module.name", "kfunc-6.1.47-la57.flat",
			  "the loaded modules" },
			{ "list task_struct.tasks -h init_task -s task_struct.pid,comm", "kfunc-6.1.47-la57.flat",
			  "all processes" },
			{ "list task_struct.real_parent init_task", "kfunc-6.1.47-la57.flat",
			  "by a pointer that is no list_head" },
			{ 0 },
		},
	.run = run,
};
