// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/slab_name.h"

#include "kernel/slab.h"

bool iq_slab_name(struct iq_kernel *kernel, uint64_t address, bool with_address, struct iq_strbuf *out)
{
	struct iq_slab_object object;

	if (iq_failed(iq_slab_at(kernel, address, &object)))
		return false;
	if (with_address)
		iq_strbuf_addf(out, "[%lx:%s]", address, object.name);
	else
		iq_strbuf_addf(out, "[%s]", object.name);
	return true;
}
