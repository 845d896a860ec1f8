// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/page_entry.h"
#include "command/session.h"

#include "util/cleanup.h"

#include <inttypes.h>

static void add_centred(struct iq_strbuf *line, uint64_t value, int width)
{
	int padding = width - snprintf(NULL, 0, "%" PRIx64, value), left = (padding + 1) / 2;

	iq_strbuf_addf(line, "%*s%" PRIx64 "%*s", left, "", value, padding - left, "");
}

/* crash makes the columns as wide as what is in them. */
void iq_show_page_entry(struct iq_out *out, uint64_t pte, uint64_t page, const char *flags)
{
	int pte_width = IQ_MAX(snprintf(NULL, 0, "%" PRIx64, pte), 3);
	int page_width = IQ_MAX(snprintf(NULL, 0, "%" PRIx64, page), 8);
	char pte_spec[16], page_spec[16];
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	const struct iq_column columns[] = { { NULL, "PTE", pte_spec },
					     { NULL, "PHYSICAL", page_spec },
					     { NULL, "FLAGS", "" } };

	snprintf(pte_spec, sizeof(pte_spec), "^%d", pte_width);
	snprintf(page_spec, sizeof(page_spec), "^%d", page_width);
	iq_table_heading(out, &(struct iq_table){ columns, IQ_ARRAY_SIZE(columns), "  " });
	add_centred(&line, pte, pte_width);
	iq_strbuf_add(&line, "  ");
	add_centred(&line, page, page_width);
	iq_text(out, "%s  (%s)", iq_strbuf_text(&line), flags);
}

/* An entry that is not present and not empty: a page that was swapped out, or one of the kernel's marks for pages that
 * move, are poisoned or lie on a device, which look like places in swap areas that there are not. */
static struct iq_error *show_swapped(struct iq_kernel *kernel, struct iq_out *out, const struct iq_pte *pte)
{
	uint32_t areas = 0;
	struct iq_symbol symbol;

	if (!iq_failed(iq_symbol_by_name_in(iq_kernel_symbols(kernel), NULL, "nr_swapfiles", &symbol)))
		IQ_TRY(iq_error_prefix(iq_read_u32(iq_kernel_target(kernel), symbol.address, &areas), "nr_swapfiles"));
	iq_add_unsigned(out, "swap_area", pte->swap_type);
	iq_add_hex(out, "swap_offset", pte->swap_offset);
	iq_line(out, "{entry}: not present: place {swap_offset} in swap area {swap_area}");
	if (pte->swap_type >= areas)
		iq_text(out,
			"(there %s %u swap area%s: a mark of the kernel for a page that moves, is poisoned or lies "
			"elsewhere)",
			areas == 1 ? "is" : "are", areas, areas == 1 ? "" : "s");
	return NULL;
}

static struct iq_error *show(struct iq_kernel *kernel, struct iq_out *out, uint64_t entry)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf flags = { 0 };
	struct iq_target *target = iq_kernel_target(kernel);
	const struct iq_arch *arch = iq_target_arch(target);
	struct iq_paging paging = { .encryption_mask = iq_target_layout(target)->encryption_mask };
	struct iq_error *error = NULL;
	struct iq_pte pte;

	arch->decode_pte(&paging, entry, &pte);
	iq_record_begin(out);
	iq_add_hex(out, "entry", entry);
	iq_add_bool(out, "mapped", pte.mapped);
	if (pte.mapped) {
		arch->format_page_flags(pte.flags, &flags);
		iq_add_hex(out, "physical", pte.physical);
		iq_add_string(out, "flags", iq_strbuf_text(&flags));
		iq_show_page_entry(out, entry, pte.physical, iq_strbuf_text(&flags));
	} else if (pte.swapped) {
		error = show_swapped(kernel, out, &pte);
	} else {
		iq_show_page_entry(out, entry, 0, "no mapping");
	}
	iq_end(out);
	return error;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct iq_kernel *kernel;

	IQ_TRY(iq_session_kernel(session, &kernel));
	for (size_t i = 0; i < args->count; i++) {
		uint64_t entry;

		IQ_TRY(iq_parse_hexadecimal(args->words[i].text, &entry));
		if (i)
			iq_line(out, "");
		IQ_TRY(show(kernel, out, entry));
	}
	return NULL;
}

const struct iq_command iq_command_pte = {
	.name = "pte",
	.summary = "take a page table entry apart",
	.arguments = "CONTENTS...",
	.min_arguments = 1,
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Shows what the hexadecimal contents of a page table entry of the lowest level\n"
		"say: the physical address and the flags of the page or, of an entry that is not\n"
		"present, the place in a swap area.",
	.examples =
		(const struct iq_example[]){
			{ "pte 800000002fc87163", "kfunc-6.1.47-la57.flat", "an entry that maps a page" },
			{ 0 },
		},
	.run = run,
};
