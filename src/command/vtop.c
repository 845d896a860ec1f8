/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/page_entry.h"
#include "command/session.h"
#include "command/space.h"

#include "kernel/page.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

struct place {
	struct iq_kernel *kernel;
	const struct iq_space *space; /* NULL: the kernel's */
	const struct iq_task *task;   /* whose space it is */
	uint64_t directory;           /* address of the top page table; 0 unknown */
};

static const char *size_name(uint64_t size)
{
	return size >> 30 ? "  (1GB)" : size >> 21 ? "  (2MB)" : "";
}

static void show_steps(struct iq_out *out, const struct iq_walk *walk)
{
	iq_list_begin(out, "steps");
	for (unsigned i = 0; i < walk->count; i++) {
		iq_record_begin(out);
		iq_add_string(out, "level", walk->steps[i].level);
		iq_add_hex(out, "entry_address", walk->steps[i].entry_address);
		iq_add_hex(out, "entry", walk->steps[i].entry);
		/* crash names only the top entry's value. */
		iq_line(out, i ? "{level:6}: {entry_address} => {entry}" : "PAGE DIRECTORY: {entry}");
		iq_end(out);
	}
	iq_end(out);
}

static void show_page(const struct place *place, struct iq_out *out, const struct iq_walk *walk)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf flags = { 0 };
	struct iq_target *target = iq_kernel_target(place->kernel);
	uint64_t page = walk->physical & ~(walk->page_size - 1);
	enum iq_page_state state = iq_dump_page_state(iq_target_dump(target), walk->physical);

	iq_target_arch(target)->format_page_flags(walk->flags, &flags);
	iq_add_hex(out, "page", page);
	iq_add_unsigned(out, "page_size", walk->page_size);
	iq_add_string(out, "flags", iq_strbuf_text(&flags));
	iq_add_string(out, "page_state", iq_page_state_name(state));
	iq_text(out, "  PAGE: %" PRIx64 "%s", page, size_name(walk->page_size));
	iq_line(out, "");
	iq_show_page_entry(out, walk->steps[walk->count - 1].entry, page, iq_strbuf_text(&flags));
	if (state != IQ_PAGE_PRESENT) {
		iq_line(out, "");
		iq_line(out, state == IQ_PAGE_ZERO ? "the dump knows the page: all its bytes are zero"
						   : "the page is not in the dump: {page_state}");
	}
}

/* What the kernel knows of the page, as crash has it; left out when that can't be read, or there are no types. */
static void show_struct_page(const struct place *place, struct iq_out *out, const struct iq_walk *walk)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf names = { 0 };
	struct iq_page page;
	uint64_t address;

	if (iq_failed(iq_page_address(place->kernel, walk->physical, &address)) ||
	    iq_failed(iq_page_read(place->kernel, address, &page)))
		return;
	iq_page_flag_names(place->kernel, page.flags, &names);
	iq_object_begin(out, "struct_page");
	iq_add_address(out, "address", page.address);
	iq_add_hex(out, "physical", page.physical);
	iq_add_hex(out, "mapping", page.mapping);
	iq_add_hex(out, "index", page.index);
	iq_add_signed(out, "count", page.count);
	iq_add_hex(out, "flags", page.flags);
	iq_add_string(out, "flag_names", iq_strbuf_text(&names));
	iq_line(out, "");
	iq_line(out, "      PAGE       PHYSICAL      MAPPING       INDEX CNT FLAGS");
	iq_line(out, "{address} {physical:8} {mapping:16} {index:8} {count:2} {flags} {flag_names}");
	iq_end(out);
}

static struct iq_error *show(const struct place *place, struct iq_out *out, uint64_t address)
{
	bool user = place->space != NULL;
	struct iq_walk walk;

	IQ_TRY(iq_walk(iq_kernel_target(place->kernel), place->space, address, &walk));
	iq_record_begin(out);
	iq_add_address(out, "virtual", address);
	if (user)
		iq_add_signed(out, "pid", place->task->pid);
	else
		iq_add_string(out, "pid", NULL);
	if (walk.mapped)
		iq_add_hex(out, "physical", walk.physical);
	else
		iq_add_string(out, "physical", NULL);
	iq_add_bool(out, "mapped", walk.mapped);
	iq_line(out, user ? "VIRTUAL     PHYSICAL" : "VIRTUAL           PHYSICAL");
	iq_line(out, walk.mapped ? user ? "{virtual:-10x}  {physical:-16}" : "{virtual:-16x}  {physical:-16}"
		     : user      ? "{virtual:-10x}  (not mapped)"
				 : "{virtual:-16x}  (not mapped)");
	iq_line(out, "");
	if (place->directory)
		iq_text(out, "PGD DIRECTORY: %" PRIx64, place->directory);
	show_steps(out, &walk);
	if (walk.mapped && walk.count) {
		show_page(place, out, &walk);
		show_struct_page(place, out, &walk);
	}
	iq_line(out, "");
	iq_end(out);
	return NULL;
}

static uint64_t kernel_directory(struct iq_kernel *kernel)
{
	static const char *const names[] = { "init_top_pgt", "swapper_pg_dir" };
	struct iq_symbol symbol;

	for (size_t i = 0; i < IQ_ARRAY_SIZE(names); i++)
		if (!iq_failed(iq_symbol_by_name(iq_kernel_symbols(kernel), names[i], &symbol)))
			return symbol.address;
	return 0;
}

static struct iq_error *choose_task(struct iq_session *session, struct iq_kernel *kernel, const char *text,
				    const struct iq_task **task)
{
	uint64_t number;

	if (!text)
		return iq_session_task(session, task);
	if (!iq_failed(iq_parse_number(text, &number)) && number <= INT32_MAX)
		return iq_task_by_pid(kernel, (int32_t)number, task);
	IQ_TRY(iq_parse_address(session, text, &number));
	return iq_task_by_address(kernel, number, task);
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	const char *task_text = iq_args_value(args, 'c');
	struct iq_kernel *kernel;

	IQ_TRY(iq_session_kernel(session, &kernel));
	for (size_t i = 0; i < args->count; i++) {
		struct place place = { .kernel = kernel };
		struct iq_space space;
		uint64_t address;
		bool user;

		IQ_TRY(iq_parse_address(session, args->words[i].text, &address));
		user = iq_args_has(args, 'u') ||
		       (!iq_args_has(args, 'k') && !iq_is_kernel_address(iq_kernel_target(kernel), address));
		if (user || task_text) {
			IQ_TRY(choose_task(session, kernel, task_text, &place.task));
			IQ_TRY(iq_task_space(kernel, place.task, &space, &place.directory));
			place.space = &space;
		} else {
			place.directory = kernel_directory(kernel);
		}
		IQ_TRY(show(&place, out, address));
	}
	return NULL;
}

const struct iq_command iq_command_vtop = {
	.name = "vtop",
	.summary = "translate virtual addresses to physical ones, step by step",
	.options =
		(const struct iq_option[]){
			{ 'u', NULL, NULL, "the addresses are in user memory" },
			{ 'k', NULL, NULL, "the addresses are the kernel's" },
			{ 'c', NULL, "PID|TASK", "through this task's page tables instead of the current one's" },
			{ 0 },
		},
	.arguments = "ADDRESS|SYMBOL...",
	.min_arguments = 1,
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Walks the page tables as the machine would and shows every entry on the way,\n"
		"the page's flags, and what the dump knows of the page. Kernel addresses go\n"
		"through the kernel's own tables, all others through those of the current task.",
	.examples =
		(const struct iq_example[]){
			{ "vtop init_task", "kfunc-6.1.47-la57.flat", "a kernel variable" },
			{ "vtop linux_banner bpf_skb_ct_lookup", "kfunc-6.1.47-la57.flat", "more than one" },
			{ 0 },
		},
	.run = run,
};
