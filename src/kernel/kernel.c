// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening all rooms on one dump, in order, and closing them in the other. */
#include "kernel/internal.h"

static struct iq_error *open_rooms(struct iq_kernel *kernel, const struct iq_kernel_options *options)
{
	struct iq_dump_options dump_options = { .cache_bytes = options->cache_bytes, .diag = options->diag };
	struct iq_images_options image_options = { .vmlinux = options->vmlinux,
						   .debuginfo = options->debuginfo,
						   .cache = options->dwarf_cache };
	IQ_TRY(iq_dump_open(options->dumps, options->dump_count, &dump_options, &kernel->dump));
	IQ_TRY(iq_target_open(kernel->dump, options->diag, &kernel->target));
	IQ_TRY(iq_symbols_new(kernel->target, &kernel->symbols));
	kernel->types = iq_types_new(options->diag);
	if (!kernel->types)
		return iq_error_no_memory();
	return iq_images_open(kernel->target, kernel->symbols, kernel->types, &image_options, &kernel->images);
}

struct iq_error *iq_kernel_open(const struct iq_kernel_options *options, struct iq_kernel **out)
{
	_cleanup_(iq_kernel_closep) struct iq_kernel *kernel = calloc(1, sizeof(*kernel));
	if (!kernel)
		return iq_error_no_memory();
	kernel->diag = options->diag;
	IQ_TRY(open_rooms(kernel, options));
	*out = iq_steal(kernel);
	return NULL;
}

void iq_kernel_close(struct iq_kernel *kernel)
{
	if (!kernel)
		return;
	iq_vec_free(&kernel->cpus);
	free(kernel->panicked);
	iq_vec_free(&kernel->tasks);
	iq_map_free(&kernel->task_index);
	iq_map_free(&kernel->rss_of_threads);
	iq_vec_free(&kernel->stacks);
	free(kernel->bugs.bytes);
	free(kernel->static_calls.bytes);
	iq_slabs_free(kernel->slabs);
	iq_unwinder_free(kernel->unwinder);
	iq_types_free(kernel->types); /* before the images: DWARF's types lie in their files */
	iq_images_close(kernel->images);
	iq_symbols_free(kernel->symbols);
	iq_target_close(kernel->target);
	iq_dump_close(kernel->dump);
	free(kernel);
}

void iq_kernel_closep(struct iq_kernel **kernel)
{
	iq_kernel_close(*kernel);
}

struct iq_dump *iq_kernel_dump(struct iq_kernel *kernel)
{
	return kernel->dump;
}

struct iq_target *iq_kernel_target(struct iq_kernel *kernel)
{
	return kernel->target;
}

struct iq_symbols *iq_kernel_symbols(struct iq_kernel *kernel)
{
	return kernel->symbols;
}

struct iq_types *iq_kernel_types(struct iq_kernel *kernel)
{
	return kernel->types;
}

struct iq_images *iq_kernel_images(struct iq_kernel *kernel)
{
	return kernel->images;
}

const struct iq_diag *iq_kernel_diag(struct iq_kernel *kernel)
{
	return kernel->diag;
}

struct iq_error *iq_kernel_unwinder(struct iq_kernel *kernel, struct iq_unwinder **out)
{
	if (!kernel->unwinder) {
		struct iq_unwind_options options = {
			.target = kernel->target,
			.symbols = kernel->symbols,
			.images = kernel->images,
			.stack_at = iq_stack_at,
			.original_return = iq_original_return,
			.context = kernel,
		};
		IQ_TRY(iq_unwinder_new(&options, &kernel->unwinder));
	}
	*out = kernel->unwinder;
	return NULL;
}
