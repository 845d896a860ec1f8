// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/evaluate.h"
#include "command/space.h"
#include "command/tasks.h"

#include "kernel/search.h"
#include "util/cleanup.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum { MAX_PATTERNS = 100, MAX_CONTEXT = 4096, TEXT_SHOWN = 56, LINE_BYTES = 16 };

struct request {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_target *target;
	struct iq_out *out;
	struct iq_space user;
	struct iq_search search;
	struct iq_search_pattern patterns[MAX_PATTERNS];
	char *labels[MAX_PATTERNS]; /* of what was no plain number: shown behind the value */
	char *texts[MAX_PATTERNS];
	unsigned context;           /* -x */
	const struct iq_task *task; /* -t, -T: whose stack it is */
	bool task_shown, any;
};

static struct iq_error *read_memory(const struct request *r, uint64_t address, void *buffer, size_t length)
{
	if (r->search.memory == IQ_SEARCH_PHYSICAL)
		return iq_dump_read(iq_target_dump(r->target), address, buffer, length);
	return iq_read_space(r->target, r->search.space, address, buffer, length);
}

static uint64_t read_word(const uint8_t *bytes, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)bytes[i] << 8 * i;
	return value;
}

/* A line of memory beside a hit, as rd has it. */
static void show_words(const struct request *r, uint64_t address, const uint8_t *bytes, unsigned count)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	unsigned size = r->search.size;

	iq_strbuf_addf(&line, "%16" PRIx64 ":  ", address);
	for (unsigned i = 0; i < count; i++) {
		iq_add_hex(r->out, NULL, read_word(bytes + i * size, size));
		iq_strbuf_addf(&line, "%0*" PRIx64 " ", (int)size * 2, read_word(bytes + i * size, size));
	}
	iq_strbuf_pad(&line, strlen("ffffffff00000000:  ") + LINE_BYTES / size * (size * 2 + 1) + 2);
	for (unsigned i = 0; i < count * size; i++)
		iq_strbuf_add_char(&line, bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.');
	iq_text(r->out, "%s", iq_strbuf_text(&line));
}

/* Up to `count` values from `address` on; what can't be read ends them. */
static void show_context(const struct request *r, const char *key, uint64_t address, unsigned count)
{
	unsigned size = r->search.size, per_line = LINE_BYTES / size;

	iq_list_begin(r->out, key);
	while (count) {
		unsigned part = IQ_MIN(count, per_line);
		uint8_t bytes[LINE_BYTES];

		if (iq_failed(read_memory(r, address, bytes, (size_t)part * size)))
			break;
		show_words(r, address, bytes, part);
		address += part * size;
		count -= part;
	}
	iq_end(r->out);
}

static void show_value(const struct request *r, const struct iq_search_hit *hit)
{
	const char *label = r->labels[hit->pattern];
	unsigned size = r->search.size;
	char spaces[] = "  ";

	iq_add_hex(r->out, "value", hit->value);
	iq_add_string(r->out, "argument", label);
	if (r->context)
		show_context(r, "before", hit->address - (uint64_t)r->context * size, r->context);
	spaces[1 + (r->context != 0)] = '\0';
	if (label)
		iq_text(r->out, "%" PRIx64 ":%s%" PRIx64 " (%s)", hit->address, spaces, hit->value, label);
	else
		iq_text(r->out, "%" PRIx64 ":%s%" PRIx64, hit->address, spaces, hit->value);
	if (r->context) {
		show_context(r, "after", hit->address + size, r->context);
		iq_line(r->out, "");
	}
}

static void show_text(const struct request *r, const struct iq_search_hit *hit)
{
	char text[TEXT_SHOWN + 1];
	size_t length = 0;

	while (length < TEXT_SHOWN && !iq_failed(read_memory(r, hit->address + length, text + length, 1))) {
		text[length] = text[length] >= 0x20 && text[length] < 0x7f ? text[length] : '.';
		length++;
	}
	text[length] = '\0';
	iq_add_string(r->out, "text", text);
	iq_text(r->out, "%" PRIx64 ": %s", hit->address, text);
}

static struct iq_error *show_hit(void *context, const struct iq_search_hit *hit)
{
	struct request *r = context;

	iq_session_progress(r->session, "search", 0, 0);
	r->search.progress = NULL; /* the terminal is the answer's now */
	iq_record_begin(r->out);
	iq_add_address(r->out, "address", hit->address);
	if (r->task && !r->task_shown) {
		if (r->any)
			iq_line(r->out, "");
		iq_task_heading(r->out, r->task);
		r->task_shown = true;
	} else if (r->task) {
		iq_add_task(r->out, r->task);
	}
	if (r->search.size)
		show_value(r, hit);
	else
		show_text(r, hit);
	iq_end(r->out);
	r->any = true;
	return iq_check_interrupt();
}

static void on_progress(void *context, uint64_t pages)
{
	struct request *r = context;
	const struct iq_dump_info *info = iq_dump_info(iq_target_dump(r->target));
	/* Virtual memory has most pages more than once; so this is a little early. */
	uint64_t total = info->pages_present ? info->pages_present : info->max_pfn;

	iq_session_progress(r->session, "search", pages, total + total / 8 + 1);
}

static struct iq_error *search_range(struct request *r, uint64_t first, uint64_t last)
{
	/* What was told of progress ends with the first hit, for all ranges. */
	r->search.first = IQ_MAX(first, r->search.first);
	r->search.last = IQ_MIN(last, r->search.last);
	if (r->search.first > r->search.last)
		return NULL;
	return iq_search(r->target, &r->search);
}

static struct iq_error *search_ranges(struct request *r, const uint64_t (*ranges)[2], size_t count)
{
	struct iq_search whole = r->search;

	for (size_t i = 0; i < count; i++) {
		r->search.first = whole.first;
		r->search.last = whole.last;
		IQ_TRY(search_range(r, ranges[i][0], ranges[i][1]));
	}
	return NULL;
}

/* -K: the direct map and the image; -V: everything else of the kernel. */
static struct iq_error *search_parts(struct request *r, bool direct)
{
	const struct iq_layout *l = iq_target_layout(r->target);
	uint64_t map = l->direct_map, map_end = map + l->direct_map_size, text = l->text, text_end = l->text_end;

	if (!map || !text || text_end <= text || text < map_end)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "where the direct map and the kernel's image lie is not known");
	if (direct) {
		const uint64_t ranges[][2] = { { map, map_end - 1 }, { text, text_end - 1 } };

		return search_ranges(r, ranges, IQ_ARRAY_SIZE(ranges));
	}
	const uint64_t ranges[][2] = { { 0, map - 1 }, { map_end, text - 1 }, { text_end, UINT64_MAX } };

	return search_ranges(r, ranges, IQ_ARRAY_SIZE(ranges));
}

static struct iq_error *search_stacks(struct request *r, bool active)
{
	struct iq_search whole = r->search;
	const struct iq_task *tasks;
	size_t count;

	IQ_TRY(iq_tasks(r->kernel, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		if ((active && !tasks[i].on_cpu) || !tasks[i].stack || !tasks[i].stack_size)
			continue;
		r->task = &tasks[i];
		r->task_shown = false;
		r->search.first = whole.first;
		r->search.last = whole.last;
		IQ_TRY(search_range(r, tasks[i].stack, tasks[i].stack + tasks[i].stack_size - 1));
	}
	return NULL;
}

/* Adds what a word stands for: text with -c; else a hexadecimal number, or the value of a symbol or expression. */
static struct iq_error *add_pattern(struct request *r, const char *word)
{
	size_t n = r->search.pattern_count;
	struct iq_search_pattern *pattern = &r->patterns[n];
	uint64_t limit;

	if (n == MAX_PATTERNS)
		return iq_error_new(IQ_ERROR_ARGUMENT, "more than %d things to look for", MAX_PATTERNS);
	r->search.pattern_count++;
	if (!r->search.size) {
		r->texts[n] = strdup(word);
		*pattern = (struct iq_search_pattern){ .text = r->texts[n], .length = strlen(word) };
		return r->texts[n] ? NULL : iq_error_no_memory();
	}
	if (iq_failed(iq_parse_hexadecimal(word, &pattern->value))) {
		size_t length = strlen(word);
		bool bracketed = *word == '(' && word[length - 1] == ')';

		/* As in crash, a variable means its address, not what it holds, in an expression too. */
		if (iq_failed(iq_parse_address(r->session, word, &pattern->value)))
			IQ_TRY(iq_session_address(r->session, word, &pattern->value));
		r->labels[n] = strndup(word + bracketed, length - 2 * bracketed);
		if (!r->labels[n])
			return iq_error_no_memory();
	}
	limit = UINT64_MAX >> (64 - 8 * r->search.size);
	if (pattern->value > limit)
		return iq_error_new(IQ_ERROR_ARGUMENT, "%s is larger than a value of %u bytes can be", word,
				    r->search.size);
	return NULL;
}

static int depth_of(const char *text, int depth)
{
	for (; *text; text++)
		depth += (*text == '(') - (*text == ')');
	return depth;
}

/* Words up to the closing bracket are one expression. */
static struct iq_error *take_patterns(struct request *r, const struct iq_args *args)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf word = { 0 };
	int depth = 0;

	for (size_t i = 0; i < args->count; i++) {
		if (word.length)
			iq_strbuf_add_char(&word, ' ');
		iq_strbuf_add(&word, args->words[i].text);
		depth = r->search.size ? depth_of(args->words[i].text, depth) : 0;
		if (depth > 0 && i + 1 < args->count)
			continue;
		IQ_TRY(add_pattern(r, iq_strbuf_text(&word)));
		iq_strbuf_truncate(&word, 0);
		depth = 0;
	}
	return NULL;
}

static struct iq_error *take_range(struct request *r, const struct iq_args *args)
{
	const char *start = iq_args_value(args, 's'), *end = iq_args_value(args, 'e'),
		   *length = iq_args_value(args, 'l');
	bool kernel = r->search.memory == IQ_SEARCH_VIRTUAL && !r->search.space;
	uint64_t number;

	r->search.first = kernel ? UINT64_C(1) << 63 : 0;
	r->search.last = r->search.space ? INT64_MAX : UINT64_MAX;
	if (start) {
		IQ_TRY(iq_session_address(r->session, start, &number));
		if (kernel && !iq_is_kernel_address(r->target, number))
			return iq_error_new(IQ_ERROR_ARGUMENT,
					    "%s is no kernel address: -u is for user memory, -p for physical", start);
		r->search.first = number & ~UINT64_C(7);
	}
	if (end && length)
		return iq_usage_error(args->command, "-e and -l exclude each other");
	if (end) {
		IQ_TRY(iq_session_address(r->session, end, &number));
		if (number <= r->search.first)
			return iq_error_new(IQ_ERROR_ARGUMENT, "the end %" PRIx64 " is not behind the start %" PRIx64,
					    number, r->search.first);
		r->search.last = number - 1;
	}
	if (length) {
		IQ_TRY(iq_parse_number(length, &number));
		if (!number || number - 1 > UINT64_MAX - r->search.first)
			return iq_error_new(IQ_ERROR_ARGUMENT, "%s is no length of memory", length);
		r->search.last = r->search.first + (number - 1);
	}
	return NULL;
}

static struct iq_error *take_kind(struct request *r, const struct iq_args *args)
{
	const char *mask = iq_args_value(args, 'm'), *context = iq_args_value(args, 'x');
	uint64_t number;

	r->search.size = iq_args_has(args, 'c') ? 0 : iq_args_has(args, 'h') ? 2 : iq_args_has(args, 'w') ? 4 : 8;
	if (!r->search.size && (mask || context))
		return iq_usage_error(args->command, "-m and -x are not for text");
	if (mask)
		IQ_TRY(iq_parse_hexadecimal(mask, &r->search.mask));
	if (context) {
		IQ_TRY(iq_parse_number(context, &number));
		if (number > MAX_CONTEXT)
			return iq_error_new(IQ_ERROR_ARGUMENT, "-x %s: that is more than %d", context, MAX_CONTEXT);
		r->context = (unsigned)number;
	}
	return NULL;
}

static struct iq_error *take_memory(struct request *r, const struct iq_args *args)
{
	static const char kinds[] = "kKVuptT";
	const struct iq_task *task;
	unsigned given = 0;

	for (const char *kind = kinds; *kind; kind++)
		given += iq_args_has(args, *kind);
	if (given > 1)
		return iq_usage_error(args->command, "-k, -K, -V, -u, -p, -t and -T exclude each other");
	if (iq_args_has(args, 'p'))
		r->search.memory = IQ_SEARCH_PHYSICAL;
	if (iq_args_has(args, 'u')) {
		IQ_TRY(iq_session_task(r->session, &task));
		IQ_TRY(iq_task_space(r->kernel, task, &r->user, NULL));
		r->search.space = &r->user;
	}
	return NULL;
}

static struct iq_error *run_request(struct request *r, const struct iq_args *args)
{
	IQ_TRY(take_kind(r, args));
	IQ_TRY(take_memory(r, args));
	IQ_TRY(take_range(r, args));
	IQ_TRY(take_patterns(r, args));
	if (iq_args_has(args, 't') || iq_args_has(args, 'T'))
		return search_stacks(r, iq_args_has(args, 'T'));
	if (iq_args_has(args, 'K') || iq_args_has(args, 'V'))
		return search_parts(r, iq_args_has(args, 'K'));
	return iq_search(r->target, &r->search);
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct request r = { .session = session, .out = out };
	struct iq_error *error;

	IQ_TRY(iq_session_kernel(session, &r.kernel));
	r.target = iq_kernel_target(r.kernel);
	r.search.patterns = r.patterns;
	r.search.hit = show_hit;
	r.search.progress = on_progress;
	r.search.context = &r;
	error = run_request(&r, args);
	iq_session_progress(session, "search", 0, 0);
	for (size_t i = 0; i < MAX_PATTERNS; i++) {
		free(r.labels[i]);
		free(r.texts[i]);
	}
	return error;
}

const struct iq_command iq_command_search = {
	.name = "search",
	.summary = "look for values or text in memory",
	.options =
		(const struct iq_option[]){
			{ 's', NULL, "START", "from this address on" },
			{ 'e', NULL, "END", "up to this address" },
			{ 'l', NULL, "LENGTH", "so many bytes" },
			{ 'k', NULL, NULL, "in all of the kernel's memory (the default)" },
			{ 'K', NULL, NULL, "in the direct map and the kernel's image only" },
			{ 'V', NULL, NULL, "in the kernel's memory but for these: vmalloc, modules, vmemmap, ..." },
			{ 'u', NULL, NULL, "in the user memory of the current task" },
			{ 'p', NULL, NULL, "in physical memory" },
			{ 't', NULL, NULL, "in the stacks of all tasks" },
			{ 'T', NULL, NULL, "in the stacks of the tasks that ran" },
			{ 'm', NULL, "MASK", "bits that may differ, hexadecimal" },
			{ 'c', NULL, NULL, "text, not values" },
			{ 'w', NULL, NULL, "values of 32 bits" },
			{ 'h', NULL, NULL, "values of 16 bits" },
			{ 'x', NULL, "COUNT", "show so many values before and behind each hit" },
			{ 0 },
		},
	.arguments = "VALUE | SYMBOL | (EXPRESSION) | TEXT...",
	.min_arguments = 1,
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Shows where the values (hexadecimal, of 64 bits unless -w or -h) or, with -c, the\n"
		"texts stand, by address. Virtual memory is what the page tables map: most of the\n"
		"kernel's pages are in the direct map, and some elsewhere a second time. Pages\n"
		"that are not in the dump are stepped over.\n\n"
		"Values lie at multiples of their size. Text may span pages, and is shown with\n"
		"what follows it.",
	.examples =
		(const struct iq_example[]){
			{ "search -t init_task", "kfunc-6.1.47-la57.flat", "who has it on a stack" },
			{ "search -K -c \"Linux version\"", "kfunc-6.1.47-la57.flat", "text" },
			{ "search -p -m ffff -w -x 2 babe0000", "kfunc-6.1.47-la57.flat",
			  "the upper half of a word, and its neighbours" },
			{ 0 },
		},
	.run = run,
};
