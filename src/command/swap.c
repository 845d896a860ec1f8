// SPDX-License-Identifier: GPL-2.0-or-later
/* swap: where pages are swapped to. */
#include "command/filenames.h"
#include "command/kmem.h"

#include "kernel/swap.h"
#include "util/cleanup.h"

#include <inttypes.h>

struct view {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
	unsigned shift; /* from pages to KiB */
};

static void add_path(struct view *v, const struct iq_swap_area *area)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	struct iq_open_file file;
	struct iq_error *error = area->file ? iq_open_file_read(v->kernel, area->file, &file)
					    : iq_error_new(IQ_ERROR_NOT_FOUND, "it has no file");
	if (error) {
		iq_add_unavailable(v->out, "file_name", error->message);
		iq_warn_error(&v->session->diag, iq_error_prefix(error, "swap area %u", area->type));
		return;
	}
	iq_show_path(v->session, &file, &path, NULL);
	iq_add_string(v->out, "file_name", iq_strbuf_text(&path));
}

static void show_line(struct view *v, const struct iq_swap_area *area)
{
	char text[32], size[32], used[32], percent[32], share[32];
	snprintf(text, sizeof(text), "%" PRIu64 "k", area->pages << v->shift);
	iq_centre_right(text, 10, size, sizeof(size));
	snprintf(text, sizeof(text), "%" PRIu64 "k", area->used << v->shift);
	iq_centre_right(text, 10, used, sizeof(used));
	snprintf(percent, sizeof(percent), "%2" PRIu64 "%%", area->pages ? area->used * 100 / area->pages : 0);
	iq_centre_right(percent, 4, share, sizeof(share));
	iq_add_string(v->out, "size_text", size);
	iq_add_string(v->out, "used_text", used);
	iq_add_string(v->out, "share_text", share);
	iq_add_string(v->out, "type_text", !area->kind_known ? "    ?" : area->partition ? "PARTITION" : "  FILE");
	iq_line(v->out, "{swap_info_struct@address}  {type_text:-9} {size_text} {used_text} {share_text} {priority:4}  "
			"{file_name}");
}

static struct iq_error *show_area(void *context, const struct iq_swap_area *area)
{
	struct view *v = context;
	iq_record_begin(v->out);
	iq_add_unsigned(v->out, "number", area->type);
	iq_add_address(v->out, "swap_info_struct", area->address);
	iq_add_string(v->out, "type", !area->kind_known ? NULL : area->partition ? "partition" : "file");
	iq_add_unsigned(v->out, "size_kb", area->pages << v->shift);
	iq_add_unsigned(v->out, "used_kb", area->used << v->shift);
	iq_add_signed(v->out, "priority", area->priority);
	add_path(v, area);
	if (iq_out_is_text(v->out))
		show_line(v, area);
	iq_end(v->out);
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct view v = { .session = session, .out = out };
	(void)args;
	IQ_TRY(iq_session_kernel(session, &v.kernel));
	v.shift = iq_target_arch(iq_kernel_target(v.kernel))->page_shift - 10;
	iq_text(out, "SWAP_INFO_STRUCT    TYPE       SIZE       USED     PCT  PRI  FILENAME");
	return iq_swap_areas_each(v.kernel, show_area, &v);
}

const struct iq_command iq_command_swap = {
	.name = "swap",
	.summary = "swap areas",
	.max_arguments = 0,
	.help = "Where pages are swapped to, and how much of it is used. PRI says which area is\n"
		"filled first: the one with the highest.",
	.examples =
		(const struct iq_example[]){
			{ "swap", "bpf-6.1.47.flat", "is there any?" },
			{ 0 },
		},
	.run = run,
};
