// SPDX-License-Identifier: GPL-2.0-or-later
/* vm's lines of areas and pages. */
#include "command/vm.h"

#include "util/cleanup.h"

#include <string.h>

/* An area with its file's path. */
struct area {
	const struct iq_vma *vma;
	struct iq_open_file file;
	struct iq_strbuf path;
	bool deleted;
	bool shown; /* its line, and the record that its pages go into */
	bool pages; /* the headings of its pages */
};

static bool shows_pages(const struct iq_vm *vm)
{
	return vm->pages || vm->reference.text;
}

static void show_area(struct iq_vm *vm, struct area *area)
{
	struct iq_out *out = vm->out;
	const struct iq_vma *vma = area->vma;
	if (area->shown)
		return;
	area->shown = true;
	iq_vm_open(vm);
	if (!vm->heading || vm->pages || area->pages)
		iq_text(out, "      VMA           START       END     FLAGS FILE");
	vm->heading = true;
	iq_record_begin(out);
	iq_add_address(out, "vma", vma->address);
	iq_add_hex(out, "start", vma->start);
	iq_add_hex(out, "end", vma->end);
	if (vma->known) {
		iq_add_hex(out, "flags", vma->flags);
		iq_add_string(out, "path", vma->file ? iq_strbuf_text(&area->path) : NULL);
		if (vma->file) {
			iq_add_bool(out, "deleted", area->deleted);
			iq_add_address(out, "file", vma->file);
			iq_add_hex(out, "offset", vma->offset);
		}
	} else if (iq_out_is_text(out)) {
		iq_add_string(out, "flags", "?");
		iq_add_string(out, "path", "?");
	} else {
		iq_add_unavailable(out, "flags", "the vm_area_struct can't be read");
		iq_add_unavailable(out, "path", "the vm_area_struct can't be read");
	}
	if (iq_out_is_text(out)) {
		iq_add_string(out, "text_path", vma->known ? vma->file ? iq_strbuf_text(&area->path) : "" : "?");
		iq_add_string(out, "mark", area->deleted ? " (deleted)" : "");
	}
	iq_line(out, "{vma@address} {start:10} {end:10} {flags:6} {text_path@string}{mark@mark}");
	if (shows_pages(vm))
		iq_list_begin(out, "pages");
}

static void close_area(struct iq_vm *vm, const struct area *area)
{
	if (!area->shown)
		return;
	if (shows_pages(vm))
		iq_end(vm->out);
	iq_end(vm->out);
}

static void swap_fields(struct iq_vm *vm, const struct iq_user_page *page)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	iq_warn_error(&vm->session->diag, iq_swap_path(vm->kernel, page->swap_type, &path));
	iq_add_string(vm->out, "swap", path.length ? iq_strbuf_text(&path) : "?");
	iq_add_unsigned(vm->out, "swap_offset", page->swap_offset);
}

/* `end`: of a hole of many pages; 0: it is one page. */
static void show_page(struct iq_vm *vm, struct area *area, uint64_t address, uint64_t end,
		      const struct iq_user_page *page)
{
	struct iq_out *out = vm->out;
	if (!area->pages)
		iq_text(out, "VIRTUAL     PHYSICAL");
	area->pages = true;
	iq_record_begin(out);
	iq_add_hex(out, "virtual", address);
	switch (page->kind) {
	case IQ_PAGE_MAPPED:
		iq_add_hex(out, "physical", page->physical);
		iq_add_string(out, "page_state",
			      iq_page_state_name(iq_dump_page_state(iq_kernel_dump(vm->kernel), page->physical)));
		iq_line(out, "{virtual:-10}  {physical:8}");
		break;
	case IQ_PAGE_SWAPPED:
		swap_fields(vm, page);
		iq_line(out, "{virtual:-10}  SWAP: {swap@string}  OFFSET: {swap_offset}");
		break;
	case IQ_PAGE_IN_FILE:
		iq_add_string(out, "file", iq_strbuf_text(&area->path));
		iq_add_hex(out, "file_offset", page->file_offset);
		iq_line(out, "{virtual:-10}  FILE: {file@string}  OFFSET: {file_offset}");
		break;
	case IQ_PAGE_NONE:
		if (end)
			iq_add_hex(out, "end", end);
		iq_line(out, end ? "{virtual:-10}  (not mapped, up to {end})" : "{virtual:-10}  (not mapped)");
		break;
	}
	iq_end(out);
}

/* Does -R mean this page, or the hole up to `next`? */
static bool page_is_meant(const struct iq_vm *vm, uint64_t address, uint64_t next, const struct iq_user_page *page)
{
	const struct iq_reference *r = &vm->reference;
	if (!r->text)
		return true;
	if (r->is_hex && r->hex && r->hex >= address && r->hex < next)
		return true;
	switch (page->kind) {
	case IQ_PAGE_MAPPED: return r->is_hex && r->hex == page->physical;
	case IQ_PAGE_SWAPPED: return r->is_decimal && r->decimal == page->swap_offset;
	case IQ_PAGE_IN_FILE: return r->is_hex && r->hex == page->file_offset;
	case IQ_PAGE_NONE: return false;
	}
	return false;
}

/* Goes through the pages of an area. A hole in the page tables where nothing can be is one line, however large. */
static struct iq_error *show_pages(struct iq_vm *vm, struct area *area)
{
	const struct iq_vma *vma = area->vma;
	unsigned shift = iq_target_arch(iq_kernel_target(vm->kernel))->page_shift;
	uint64_t size = UINT64_C(1) << shift, address = vma->start, next;
	for (; address < vma->end; address = next) {
		struct iq_user_page page;
		struct iq_error *error = iq_user_page(vm->kernel, &vm->space, vma, address, &page);
		if (error) { /* a page table that is missing: what is below it is not known */
			iq_warn_error(&vm->session->diag, iq_error_prefix(error, "task %d, pages of the area at %#lx",
									  vm->task->pid, vma->start));
			return NULL;
		}
		next = address + size;
		if (page.kind == IQ_PAGE_NONE && page.size > size)
			next = IQ_MIN((address & -page.size) + page.size, vma->end);
		if (next <= address)
			break;
		uint64_t pages = (next - address) >> shift;
		if (pages > vm->budget) {
			iq_warn(&vm->session->diag,
				"task %d: the area from %#lx to %#lx has more pages than its mm_struct says",
				vm->task->pid, vma->start, vma->end);
			return NULL;
		}
		vm->budget -= pages;
		if (page_is_meant(vm, address, next, &page)) {
			show_area(vm, area);
			show_page(vm, area, address, next - address > size ? next : 0, &page);
		}
		IQ_TRY(iq_check_interrupt());
	}
	return NULL;
}

static bool area_is_meant(const struct iq_vm *vm, const struct area *area)
{
	const struct iq_reference *r = &vm->reference;
	return !r->text || iq_refers_to_address(r, area->vma->address) ||
	       (r->is_hex && area->vma->known && r->hex == area->vma->flags) ||
	       (area->path.length && iq_refers_to_path(r, iq_strbuf_text(&area->path)));
}

struct iq_error *iq_vm_area(struct iq_vm *vm, const struct iq_vma *vma)
{
	struct area area = { .vma = vma };
	struct iq_error *error = NULL;
	if (vm->single && vma->address != vm->only)
		return NULL;
	vm->found = true;
	if (vma->file) {
		iq_warn_error(&vm->session->diag, iq_open_file_read(vm->kernel, vma->file, &area.file));
		iq_show_path(vm->session, &area.file, &area.path, &area.deleted);
	}
	if (area_is_meant(vm, &area))
		show_area(vm, &area);
	if (shows_pages(vm) && vm->directory)
		error = show_pages(vm, &area);
	close_area(vm, &area);
	iq_strbuf_free(&area.path);
	return error ? error : iq_check_interrupt();
}
