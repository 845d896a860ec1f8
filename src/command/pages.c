// SPDX-License-Identifier: GPL-2.0-or-later
/* btop and ptob: addresses and page numbers. */
#include "command/session.h"

static struct iq_error *page_shift(struct iq_session *session, unsigned *shift)
{
	struct iq_kernel *kernel;

	IQ_TRY(iq_session_kernel(session, &kernel));
	*shift = iq_target_arch(iq_kernel_target(kernel))->page_shift;
	return NULL;
}

static void show(struct iq_out *out, const char *from_key, uint64_t from, const char *to_key, uint64_t to)
{
	iq_record_begin(out);
	iq_add_hex(out, from_key, from);
	iq_add_hex(out, to_key, to);
	iq_text(out, "%llx: %llx", (unsigned long long)from, (unsigned long long)to);
	iq_end(out);
}

static struct iq_error *run_btop(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	unsigned shift;

	IQ_TRY(page_shift(session, &shift));
	for (size_t i = 0; i < args->count; i++) {
		uint64_t address;

		IQ_TRY(iq_parse_address(session, args->words[i].text, &address));
		show(out, "address", address, "pfn", address >> shift);
	}
	return NULL;
}

static struct iq_error *run_ptob(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	unsigned shift;

	IQ_TRY(page_shift(session, &shift));
	for (size_t i = 0; i < args->count; i++) {
		uint64_t number;

		IQ_TRY(iq_parse_number(args->words[i].text, &number));
		if (number > UINT64_MAX >> shift)
			return iq_error_new(IQ_ERROR_ARGUMENT, "no page has the number %#lx", number);
		show(out, "pfn", number, "address", number << shift);
	}
	return NULL;
}

const struct iq_command iq_command_btop = {
	.name = "btop",
	.summary = "the page number of an address",
	.arguments = "ADDRESS...",
	.min_arguments = 1,
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Divides each ADDRESS (hexadecimal) by the size of a page.",
	.examples =
		(const struct iq_example[]){
			{ "btop 512a000", "kfunc-6.1.47-la57.flat", "the number of a physical page" },
			{ 0 },
		},
	.run = run_btop,
};

const struct iq_command iq_command_ptob = {
	.name = "ptob",
	.summary = "the address of a page number",
	.arguments = "NUMBER...",
	.min_arguments = 1,
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Multiplies each NUMBER (decimal; hexadecimal with 0x or a letter) by the size\n"
		"of a page. Both are shown in hexadecimal.",
	.examples =
		(const struct iq_example[]){
			{ "ptob 512a", "kfunc-6.1.47-la57.flat", "where a page begins" },
			{ 0 },
		},
	.run = run_ptob,
};
