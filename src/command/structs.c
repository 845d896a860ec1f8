// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/structs.h"

#include "util/cleanup.h"

#include <limits.h>

struct iq_print_options iq_struct_options(const struct iq_session *session, const struct iq_args *args)
{
	return (struct iq_print_options){
		.target = iq_kernel_target(session->kernel),
		.symbols = iq_kernel_symbols(session->kernel),
		.radix = iq_session_hexadecimal(session, args) ? 16 : 10,
		.repeat_threshold = UINT_MAX,
		.static_names = true,
	};
}

struct iq_error *iq_show_struct(struct iq_session *session, const struct iq_print_options *options, const char *name,
				uint64_t address, struct iq_out *out, const char *key)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_type type;
	IQ_TRY(iq_type_find(iq_kernel_types(session->kernel), IQ_TYPE_STRUCT, name, &type));
	struct iq_value value = iq_value_at(type, address);
	if (!iq_out_is_text(out))
		return iq_error_prefix(iq_value_record(&value, options, out, key), "%s at %#lx", name, address);
	iq_strbuf_addf(&text, "struct %s ", name);
	IQ_TRY(iq_error_prefix(iq_value_print(&value, options, &text), "%s at %#lx", name, address));
	iq_print_lines(out, iq_strbuf_text(&text));
	return NULL;
}
