// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/jited.h"
#include "bpf/insn_code.h"
#include "bpf/internal.h"
#include "bpf/layout.h"
#include "bpf/resolve.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_IMAGE = 64 << 20 };

struct callees {
	struct iq_bpf *bpf;
	const struct iq_bpf_code *code;
};

static uint64_t callee_at(void *context, size_t insn)
{
	struct callees *callees = context;
	struct iq_bpf_callee callee = { 0 };
	return iq_failed(iq_bpf_callee(callees->bpf, callees->code, insn, &callee)) ? 0 : callee.address;
}

static struct iq_error *add_complaint(struct iq_bpf_jited *jited, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static struct iq_error *add_complaint(struct iq_bpf_jited *jited, const char *format, ...)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	va_list arguments;
	if (jited->complaint)
		iq_strbuf_addf(&text, "%s; ", jited->complaint);
	va_start(arguments, format);
	iq_strbuf_addv(&text, format, arguments);
	va_end(arguments);
	free(jited->complaint);
	jited->sound = false;
	jited->complaint = iq_strbuf_steal(&text);
	return jited->complaint ? NULL : iq_error_no_memory();
}

/* The kernel's list of code must have it at the same place. Classic programs, and those of users without privilege, are
 * not in it. */
static struct iq_error *check_symbol(struct iq_bpf *bpf, const struct iq_bpf_code *code,
				     const struct iq_bpf_function *function, struct iq_bpf_jited *out)
{
	const struct iq_image *image = iq_image_at(iq_kernel_images(bpf->kernel), function->image);
	if (!image)
		return NULL;
	const struct iq_symbol_range *text = &image->text[0];
	if (image->kind != IQ_IMAGE_BPF_PROGRAM)
		return add_complaint(out, "%#lx belongs to %s", function->image, image->name);
	/* The program itself stands for its first function there. */
	if (image->object && image->object != function->program && image->object != code->program.address)
		return add_complaint(out, "bpf_kallsyms has the struct bpf_prog at %#lx there", image->object);
	if (function->image + function->image_size > text->end)
		return add_complaint(out, "by bpf_kallsyms it is %lu bytes long, not %lu", text->end - function->image,
				     function->image_size);
	return NULL;
}

struct iq_error *iq_bpf_jited_load(struct iq_bpf *bpf, const struct iq_bpf_code *code, size_t function,
				   struct iq_bpf_jited *out)
{
	*out = (struct iq_bpf_jited){ 0 };
	const struct iq_bpf_function *f = &code->functions[function];
	if (!f->image)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "it has no machine code: the kernel interprets it");
	if (!f->image_size || f->image_size > MAX_IMAGE)
		return iq_error_new(IQ_ERROR_FORMAT, "struct bpf_prog at %#lx: its machine code is %lu bytes long",
				    f->program, f->image_size);
	_cleanup_free_ uint8_t *bytes = malloc(f->image_size);
	_cleanup_(iq_bpf_machine_free) struct iq_bpf_machine machine = { 0 };
	struct callees callees = { bpf, code };
	if (!bytes)
		return iq_error_no_memory();
	IQ_TRY(iq_error_prefix(iq_read(bpf->target, f->image, bytes, f->image_size), "machine code"));
	IQ_TRY(iq_bpf_machine_decode(iq_target_arch(bpf->target), bytes, f->image_size, f->image, &machine));
	struct iq_bpf_layout layout = {
		.machine = &machine, .code = code, .function = function, .callee = callee_at, .context = &callees
	};
	IQ_TRY(iq_bpf_layout_find(&layout, out));
	struct iq_error *error = check_symbol(bpf, code, f, out);
	if (error)
		iq_bpf_jited_free(out);
	return error;
}

void iq_bpf_jited_free(struct iq_bpf_jited *jited)
{
	free(jited->runs);
	free(jited->complaint);
	*jited = (struct iq_bpf_jited){ 0 };
}

const char *iq_bpf_part_name(enum iq_bpf_part part)
{
	switch (part) {
	case IQ_BPF_PROLOGUE: return "prologue";
	case IQ_BPF_BODY: return "body";
	case IQ_BPF_EPILOGUE: return "epilogue";
	case IQ_BPF_TAIL_JUMP: return "tail call";
	case IQ_BPF_EXCEPTION: return "exception";
	case IQ_BPF_PADDING: return "padding";
	case IQ_BPF_UNKNOWN: break;
	}
	return "unknown";
}

const struct iq_bpf_run *iq_bpf_run_at(const struct iq_bpf_jited *jited, uint64_t pc)
{
	for (size_t low = 0, high = jited->count; low < high;) {
		size_t middle = low + (high - low) / 2;
		const struct iq_bpf_run *run = &jited->runs[middle];
		if (pc < run->start)
			high = middle;
		else if (pc >= run->end)
			low = middle + 1;
		else
			return run;
	}
	return NULL;
}

struct iq_error *iq_bpf_call_at(struct iq_bpf *bpf, const struct iq_bpf_code *code, size_t function,
				uint64_t return_address, size_t *insn)
{
	_cleanup_(iq_bpf_jited_free) struct iq_bpf_jited jited = { 0 };
	IQ_TRY(iq_bpf_jited_load(bpf, code, function, &jited));
	const struct iq_bpf_run *run = iq_bpf_run_at(&jited, return_address - 1);
	if (!run || run->end != return_address || run->insn_end != run->insn + 1 ||
	    code->insns[run->insn].code != IQ_BPF_CODE_CALL)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "it can't be told which CALL returns to %#lx", return_address);
	*insn = run->insn;
	return NULL;
}
