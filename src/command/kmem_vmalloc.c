// SPDX-License-Identifier: GPL-2.0-or-later
/* kmem -v: what is mapped by vmalloc() and its like. */
#include "command/kmem.h"

#include "kernel/vmalloc.h"
#include "util/cleanup.h"

static struct iq_error *show_area(void *context, const struct iq_vmap_area *area)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf flags = { 0 };
	struct iq_out *out = context;
	iq_record_begin(out);
	iq_add_address(out, "vmap_area", area->address);
	iq_add_address(out, "vm_struct", area->vm);
	iq_add_address(out, "start", area->start);
	iq_add_address(out, "end", area->end);
	iq_add_unsigned(out, "size", area->end - area->start);
	if (area->vm_known) {
		iq_vmap_flag_names(area->flags, &flags);
		iq_add_string(out, "flags", iq_strbuf_text(&flags));
		iq_add_unsigned(out, "pages", area->pages);
		iq_add_address(out, "physical", area->physical);
		iq_add_address(out, "caller", area->caller);
	} else if (area->vm) {
		iq_add_unavailable(out, "flags", "the vm_struct can't be read");
	}
	iq_line(out, "{vmap_area@address}  {vm_struct@address}  {start@address} - {end@address}  {size:7}");
	iq_end(out);
	return NULL;
}

struct iq_error *iq_kmem_vmalloc(const struct iq_kmem *kmem)
{
	static const char heading[] =
		"   VMAP_AREA         VM_STRUCT                 ADDRESS RANGE                SIZE";
	if (!kmem->args->count) {
		iq_text(kmem->out, "%s", heading);
		return iq_vmap_areas_each(kmem->kernel, show_area, kmem->out);
	}
	for (size_t i = 0; i < kmem->args->count; i++) {
		struct iq_vmap_area area;
		uint64_t address;
		IQ_TRY(iq_parse_address(kmem->session, kmem->args->words[i].text, &address));
		IQ_TRY(iq_vmap_area_at(kmem->kernel, address, &area));
		if (!i)
			iq_text(kmem->out, "%s", heading);
		IQ_TRY(show_area(kmem->out, &area));
	}
	return NULL;
}
