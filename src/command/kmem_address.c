// SPDX-License-Identifier: GPL-2.0-or-later
/* kmem ADDRESS: what it is. */
#include "command/kmem.h"
#include "command/tasks.h"

#include "bpf/bpf.h"
#include "bpf/object.h"
#include "kernel/identify.h"
#include "util/cleanup.h"

#include <string.h>

struct answer {
	const struct iq_kmem *kmem;
	uint64_t address;
	bool any;
	uint64_t start, end; /* of the slab object or vmalloc area that it lies in; end 0: in none */
};

static void blank(struct answer *a)
{
	if (a->any)
		iq_line(a->kmem->out, "");
	a->any = true;
}

static void show_symbol(struct answer *a, const struct iq_fact *fact)
{
	struct iq_out *out = a->kmem->out;
	const char type[2] = { fact->symbol.type, '\0' };
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	iq_add_string(out, "symbol", fact->symbol.name);
	iq_add_string(out, "type", type);
	iq_add_unsigned(out, "offset", fact->offset);
	iq_add_string(out, "module", fact->symbol.module);
	iq_strbuf_add(&line, "{address:x@address} ({type}) {symbol@symbol}");
	if (fact->offset)
		iq_strbuf_add(&line, "+{offset}");
	if (fact->symbol.module)
		iq_strbuf_add(&line, " [{module}]");
	if (fact->kind == IQ_FACT_PER_CPU) {
		iq_add_unsigned(out, "cpu", (unsigned)fact->cpu);
		iq_strbuf_add(&line, " of CPU {cpu}");
	}
	iq_line(out, iq_strbuf_text(&line));
}

static struct iq_error *show_slab(struct answer *a, const struct iq_fact *fact)
{
	if (fact->object.inside) {
		a->start = fact->object.object;
		a->end = a->start + fact->object.size;
	}
	return iq_kmem_slab_object(a->kmem, a->address, &fact->object, fact->cache, &fact->slab);
}

static void show_task(struct answer *a, const struct iq_fact *fact)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf state = { 0 };
	struct iq_out *out = a->kmem->out;
	iq_task_state_text(a->kmem->kernel, fact->task, &state);
	iq_add_task(out, fact->task);
	iq_add_string(out, "state", iq_strbuf_text(&state));
	if (fact->kind == IQ_FACT_TASK) {
		iq_add_unsigned(out, "offset", fact->offset);
	} else {
		iq_add_address(out, "start", fact->stack.start);
		iq_add_address(out, "end", fact->stack.end);
	}
	iq_pair(out, 7, "PID", "{pid}");
	iq_pair(out, 7, "COMMAND", "\"{comm@string}\"");
	iq_pair(out, 7, "TASK", "{task@address}");
	iq_pair(out, 7, "CPU", "{cpu}");
	iq_pair(out, 7, "STATE", "{state}");
	if (fact->kind == IQ_FACT_STACK)
		iq_pair(out, 7, "STACK", "{start@address} - {end@address}");
}

static void show_stack(struct answer *a, const struct iq_fact *fact)
{
	struct iq_out *out = a->kmem->out;
	if (fact->task) {
		show_task(a, fact);
		return;
	}
	iq_add_unsigned(out, "cpu", (unsigned)fact->cpu);
	iq_add_string(out, "stack", fact->stack.name);
	iq_add_address(out, "start", fact->stack.start);
	iq_add_address(out, "end", fact->stack.end);
	iq_line(out, "{stack} STACK OF CPU {cpu}: {start@address} - {end@address}");
}

static void show_page(struct answer *a, const struct iq_fact *fact)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf names = { 0 };
	struct iq_out *out = a->kmem->out;
	iq_page_flag_names(a->kmem->kernel, fact->page.flags, &names);
	iq_add_address(out, "page", fact->page.address);
	iq_add_hex(out, "physical", fact->page.physical);
	iq_add_hex(out, "mapping", fact->page.mapping);
	iq_add_hex(out, "index", fact->page.index);
	iq_add_signed(out, "count", fact->page.count);
	iq_add_hex(out, "flags", fact->page.flags);
	iq_add_string(out, "flag_names", iq_strbuf_text(&names));
	iq_line(out, "      PAGE       PHYSICAL      MAPPING       INDEX CNT FLAGS");
	iq_line(out, "{page@address} {physical:8} {mapping:16} {index:8} {count:2} {flags} {flag_names}");
}

static void show_vmap(struct answer *a, const struct iq_fact *fact)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf flags = { 0 }, caller = { 0 };
	struct iq_out *out = a->kmem->out;
	const struct iq_vmap_area *area = &fact->area;
	a->start = area->start;
	a->end = area->end;
	iq_add_address(out, "vmap_area", area->address);
	iq_add_address(out, "vm_struct", area->vm);
	iq_add_address(out, "start", area->start);
	iq_add_address(out, "end", area->end);
	iq_add_unsigned(out, "size", area->end - area->start);
	iq_line(out, "   VMAP_AREA         VM_STRUCT                 ADDRESS RANGE                SIZE");
	iq_line(out, "{vmap_area@address}  {vm_struct@address}  {start@address} - {end@address}  {size:7}");
	if (!area->vm_known)
		return;
	iq_vmap_flag_names(area->flags, &flags);
	iq_add_string(out, "flags", iq_strbuf_text(&flags));
	if (!area->caller ||
	    !iq_symbol_format(iq_kernel_symbols(a->kmem->kernel), area->caller, IQ_SYMBOL_WITH_MODULE, &caller))
		return;
	iq_add_string(out, "caller", iq_strbuf_text(&caller));
	iq_line(out, "FLAGS: {flags}  CALLER: {caller@symbol}");
}

static struct iq_error *show_fact(void *context, const struct iq_fact *fact)
{
	static const char *const kinds[] = {
		[IQ_FACT_SYMBOL] = "symbol", [IQ_FACT_PER_CPU] = "per-cpu",
		[IQ_FACT_SLAB] = "slab",     [IQ_FACT_TASK] = "task",
		[IQ_FACT_STACK] = "stack",   [IQ_FACT_VMAP] = "vmalloc",
		[IQ_FACT_PAGE] = "page",     [IQ_FACT_STRUCT_PAGE] = "struct page",
	};
	struct answer *a = context;
	struct iq_error *error = NULL;
	blank(a);
	iq_record_begin(a->kmem->out);
	iq_add_address(a->kmem->out, "address", a->address);
	iq_add_string(a->kmem->out, "is", kinds[fact->kind]);
	switch (fact->kind) {
	case IQ_FACT_SYMBOL:
	case IQ_FACT_PER_CPU: show_symbol(a, fact); break;
	case IQ_FACT_SLAB: error = show_slab(a, fact); break;
	case IQ_FACT_TASK: show_task(a, fact); break;
	case IQ_FACT_STACK: show_stack(a, fact); break;
	case IQ_FACT_VMAP: show_vmap(a, fact); break;
	case IQ_FACT_STRUCT_PAGE:
	case IQ_FACT_PAGE: show_page(a, fact); break;
	}
	iq_end(a->kmem->out);
	return error;
}

struct bpf_search {
	struct answer *answer;
	struct iq_bpf *bpf;
	const char *type, *what;
};

/* A program or map that lies in the same object of a slab or area of vmalloc's. */
static struct iq_error *see_bpf(void *context, uint32_t id, uint64_t address)
{
	struct bpf_search *search = context;
	_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
	struct answer *a = search->answer;
	struct iq_out *out = a->kmem->out;
	if (address < a->start || address >= a->end)
		return iq_check_interrupt();
	iq_warn_error(&a->kmem->session->diag, iq_bpf_object_text(search->bpf, search->type, address, &name));
	blank(a);
	iq_record_begin(out);
	iq_add_address(out, "address", a->address);
	iq_add_string(out, "is", search->what);
	iq_add_unsigned(out, "id", id);
	iq_add_address(out, search->type, address);
	iq_add_string(out, "name", iq_strbuf_text(&name));
	iq_text(out, "%s ID: %u  NAME: \"%s\"  %s: %lx", search->what, id, iq_strbuf_text(&name), search->type,
		(unsigned long)address);
	iq_end(out);
	return NULL;
}

static struct iq_error *ask_bpf(struct answer *a)
{
	struct bpf_search programs = { a, NULL, "bpf_prog", "BPF program" }, maps = { a, NULL, "bpf_map", "BPF map" };
	if (!a->end)
		return NULL;
	IQ_TRY(iq_session_bpf(a->kmem->session, &programs.bpf));
	maps.bpf = programs.bpf;
	IQ_TRY(iq_bpf_each(programs.bpf, IQ_BPF_PROGRAMS, see_bpf, &programs));
	return iq_bpf_each(maps.bpf, IQ_BPF_MAPS, see_bpf, &maps);
}

static struct iq_error *answer_word(const struct iq_kmem *kmem, const char *word)
{
	struct answer a = { .kmem = kmem };
	struct iq_error *error;
	IQ_TRY(iq_parse_address(kmem->session, word, &a.address));
	if (!iq_is_kernel_address(iq_kernel_target(kmem->kernel), a.address)) {
		error = iq_identify_physical(kmem->kernel, a.address, show_fact, &a);
	} else {
		error = iq_identify(kmem->kernel, a.address, show_fact, &a);
		if (!error)
			error = ask_bpf(&a);
	}
	if (!error && !a.any)
		error = iq_error_new(IQ_ERROR_NOT_FOUND, "nothing is known of %lx", (unsigned long)a.address);
	return error;
}

struct iq_error *iq_kmem_addresses(const struct iq_kmem *kmem)
{
	if (!kmem->args->count)
		return iq_usage_error(kmem->args->command, "what of the kernel's memory?");
	for (size_t i = 0; i < kmem->args->count; i++) {
		if (i)
			iq_line(kmem->out, "");
		IQ_TRY(answer_word(kmem, kmem->args->words[i].text));
	}
	return NULL;
}
