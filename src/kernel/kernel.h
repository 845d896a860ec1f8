/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dead kernel as a whole: every lower room opened on one dump, and Linux's own objects read through them. One of
 * these is what a session, the verdict and a user of the library hold.
 */
#ifndef IQ_KERNEL_KERNEL_H
#define IQ_KERNEL_KERNEL_H

#include "image/image.h"
#include "symbol/symbol.h"
#include "target/target.h"
#include "type/type.h"
#include "unwind/unwind.h"

struct iq_kernel;

struct iq_kernel_options {
	const char *const *dumps;
	size_t dump_count;
	const char *vmlinux;                          /* NULL: none given */
	const struct iq_debuginfo_options *debuginfo; /* where DWARF may lie; NULL: nowhere but in `vmlinux` */
	const char *dwarf_cache;                      /* directory for indexes of DWARF; NULL: none is kept */
	size_t cache_bytes;                           /* 0: the default */
	const struct iq_diag *diag;                   /* borrowed; may be NULL */
};

struct iq_error *iq_kernel_open(const struct iq_kernel_options *options, struct iq_kernel **out);
void iq_kernel_close(struct iq_kernel *kernel);
void iq_kernel_closep(struct iq_kernel **kernel);

struct iq_dump *iq_kernel_dump(struct iq_kernel *kernel);
struct iq_target *iq_kernel_target(struct iq_kernel *kernel);
struct iq_symbols *iq_kernel_symbols(struct iq_kernel *kernel);
struct iq_types *iq_kernel_types(struct iq_kernel *kernel);
struct iq_images *iq_kernel_images(struct iq_kernel *kernel);
const struct iq_diag *iq_kernel_diag(struct iq_kernel *kernel);
/* Made on first use. */
struct iq_error *iq_kernel_unwinder(struct iq_kernel *kernel, struct iq_unwinder **out);

#endif
