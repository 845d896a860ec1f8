// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/resolve.h"

#include "util/cleanup.h"

enum { MAX_PARAMETERS = 64 };

static void add_parameters(struct iq_type prototype, const struct iq_type_info *info, struct iq_strbuf *out)
{
	for (uint32_t i = 0; i < info->count && i < MAX_PARAMETERS; i++) {
		const char *name;
		struct iq_type type;
		if (iq_failed(iq_type_parameter_at(prototype, i, &name, &type)))
			return;
		if (i)
			iq_strbuf_add(out, ", ");
		iq_type_declare(type, name ? name : "", out);
	}
	if (info->variadic)
		iq_strbuf_add(out, info->count ? ", ..." : "...");
	else if (!info->count)
		iq_strbuf_add(out, "void");
}

void iq_bpf_prototype_text(struct iq_type prototype, const char *name, struct iq_strbuf *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf declared = { 0 };
	struct iq_type_info info;
	if (!prototype.source || iq_failed(iq_type_info(prototype, &info)) || info.kind != IQ_TYPE_FUNCTION) {
		iq_strbuf_add(out, name);
		return;
	}
	iq_strbuf_addf(&declared, "%s(", name);
	add_parameters(prototype, &info, &declared);
	iq_strbuf_add_char(&declared, ')');
	iq_type_declare(info.target, iq_strbuf_text(&declared), out);
}
