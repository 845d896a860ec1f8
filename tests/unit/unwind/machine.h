/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A little machine whose stacks are walked by the tests of unwind/: machine code made by GNU as 2.40 from the lines below, and the symbols over it. The test
 * brings its own iq_image_at(), in place of the image room's.
 *
 *     # victim: bpf_test_run's shape: frame pointer, five more pushes, a big frame, a call
 *     .globl victim
 *     victim:
 *      push %rbp
 *      mov %rsp,%rbp
 *      push %r15
 *      push %r14
 *      push %r13
 *      push %r12
 *      push %rbx
 *      sub $0x70,%rsp
 *      call callee
 *     victim_ret:
 *      mov -0x80(%rbp),%r8
 *      add $0x70,%rsp
 *      pop %rbx
 *      pop %r12
 *      pop %r13
 *      pop %r14
 *      pop %r15
 *      pop %rbp
 *      ret
 *     victim_end:
 *     # wrapped: returns early before it saves anything
 *     wrapped:
 *      test %rdi,%rdi
 *      je 1f
 *      push %rbx
 *      mov %rdi,%rbx
 *      call callee
 *     wrapped_ret:
 *      pop %rbx
 *     wrapped_after_pop:
 *     1: ret
 *     wrapped_end:
 *     # aligned: the depth is not constant
 *     aligned:
 *      lea 8(%rsp),%r10
 *      and $-32,%rsp
 *      push -8(%r10)
 *      push %rbp
 *      mov %rsp,%rbp
 *      push %r10
 *      sub $0x20,%rsp
 *      call callee
 *     aligned_ret:
 *      mov -8(%rbp),%r10
 *      leave
 *      lea -8(%r10),%rsp
 *      ret
 *     aligned_end:
 *     # torn: two paths that disagree
 *     torn:
 *      test %rdi,%rdi
 *      je 1f
 *      push %rbx
 *     1: call callee
 *     torn_ret:
 *      ret
 *     torn_end:
 *     # doomed: ends with a call that does not return
 *     doomed:
 *      push %rbx
 *      sub $0x10,%rsp
 *      call callee
 *     doomed_end:
 *     # jit: a BPF program's prologue
 *     jit:
 *      nopl 0x0(%rax,%rax,1)
 *      xchg %ax,%ax
 *      push %rbp
 *      mov %rsp,%rbp
 *      sub $0x8,%rsp
 *      push %rbx
 *      call callee
 *     jit_ret:
 *      pop %rbx
 *      leave
 *      ret
 *     jit_end:
 *     callee:
 *      ret
 */
#ifndef IQ_TESTS_UNWIND_MACHINE_H
#define IQ_TESTS_UNWIND_MACHINE_H

#include "../fake_target.h"

#include "arch/x86_64.h"
#include "image/image.h"
#include "symbol/symbol.h"
#include "unwind/unwind.h"

#define CODE UINT64_C(0xffffffff81000000)
#define STACK UINT64_C(0xffffc90000010000)
#define STACK_WORDS 512

/* Offsets of the labels above. */
enum {
	VICTIM_RET = 0x16, WRAPPED = 0x29, WRAPPED_RET = 0x37, WRAPPED_AFTER_POP = 0x38, ALIGNED = 0x39, ALIGNED_RET = 0x55,
	TORN = 0x5f, TORN_RET = 0x6a, DOOMED = 0x6b, DOOMED_END = 0x75, JIT = 0x75, JIT_RET = 0x89, CALLEE = 0x8c, CODE_SIZE = 0x8d,
};

static const uint8_t machine_code[CODE_SIZE] = {
	0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0x41, 0x56, 0x41, 0x55, 0x41, 0x54,
	0x53, 0x48, 0x83, 0xec, 0x70, 0xe8, 0x76, 0x00, 0x00, 0x00, 0x4c, 0x8b,
	0x45, 0x80, 0x48, 0x83, 0xc4, 0x70, 0x5b, 0x41, 0x5c, 0x41, 0x5d, 0x41,
	0x5e, 0x41, 0x5f, 0x5d, 0xc3, 0x48, 0x85, 0xff, 0x74, 0x0a, 0x53, 0x48,
	0x89, 0xfb, 0xe8, 0x55, 0x00, 0x00, 0x00, 0x5b, 0xc3, 0x4c, 0x8d, 0x54,
	0x24, 0x08, 0x48, 0x83, 0xe4, 0xe0, 0x41, 0xff, 0x72, 0xf8, 0x55, 0x48,
	0x89, 0xe5, 0x41, 0x52, 0x48, 0x83, 0xec, 0x20, 0xe8, 0x37, 0x00, 0x00,
	0x00, 0x4c, 0x8b, 0x55, 0xf8, 0xc9, 0x49, 0x8d, 0x62, 0xf8, 0xc3, 0x48,
	0x85, 0xff, 0x74, 0x01, 0x53, 0xe8, 0x22, 0x00, 0x00, 0x00, 0xc3, 0x53,
	0x48, 0x83, 0xec, 0x10, 0xe8, 0x17, 0x00, 0x00, 0x00, 0x0f, 0x1f, 0x04,
	0x00, 0x66, 0x90, 0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x08, 0x53,
	0xe8, 0x03, 0x00, 0x00, 0x00, 0x5b, 0xc9, 0xc3, 0xc3,
};

/*
 * A page further: the detour of an optimised kprobe, the function that it was put into, entry code of int3.
 *
 *     detour:
 *      call callee
 *     detour_ret:
 *      ret
 *     probed:
 *      jmp detour
 *     asm_exc_int3:
 *      call callee
 *     int3_ret:
 *      ret
 *     arch_rethook_trampoline:
 *      ret
 *     # two functions called split, the second of which has the cold part
 *     decoy:
 *      ret
 *     split:
 *      push %rbx
 *      push %rbp
 *      test %rdi,%rdi
 *      jne cold
 *     back: pop %rbp
 *      pop %rbx
 *      ret
 *     cold:
 *      call callee
 *     cold_ret:
 *      jmp back
 *     cold_end:
 */
#define MORE (CODE + 0x1000)
enum { DETOUR_RET = 0x5, PROBED = 0x6, INT3 = 0xb, INT3_RET = 0x10, RETHOOK = 0x11, DECOY = 0x12, SPLIT = 0x13, COLD = 0x1d,
	COLD_RET = 0x22, MORE_SIZE = 0x24 };

static const uint8_t more_code[MORE_SIZE] = {
	0xe8, 0x87, 0xf0, 0xff, 0xff, 0xc3, 0xe9, 0xf5, 0xff, 0xff, 0xff, 0xe8, 0x7c, 0xf0, 0xff, 0xff, 0xc3, 0xc3,
	0xc3, 0x53, 0x55, 0x48, 0x85, 0xff, 0x75, 0x03, 0x5d, 0x5b, 0xc3, 0xe8, 0x6a, 0xf0, 0xff, 0xff, 0xeb, 0xf6,
};

struct machine {
	struct iq_target target;
	struct iq_symbols *symbols;
	struct iq_unwinder *unwinder;
	uint64_t stack[STACK_WORDS];
};

static struct iq_image machine_image; /* what iq_image_at() gives for the code: a test puts its ORC table in */

const struct iq_image *iq_image_at(struct iq_images *images, uint64_t address)
{
	static const struct iq_image detours = { .kind = IQ_IMAGE_KPROBE_PAGE, .name = "kprobe_optinsn_page" };
	if (address >= MORE && address < MORE + PROBED)
		return &detours;
	return (address >= CODE && address < CODE + CODE_SIZE) || (address >= MORE && address < MORE + MORE_SIZE)
		       ? &machine_image
		       : NULL;
}

/* What stands for an image's DWARF: call frame information for one place. It is looked for only once it was asked for,
 * unless it is open. */
static struct {
	uint64_t pc; /* 0: there is no DWARF */
	struct iq_cfi cfi;
	bool open;
	unsigned asked;
} machine_dwarf;

struct iq_error *iq_image_dwarf(struct iq_images *images, const struct iq_image *image, struct iq_dwarf **out)
{
	machine_dwarf.asked++;
	if (!machine_dwarf.pc)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no debug information");
	machine_dwarf.open = true;
	*out = (struct iq_dwarf *)&machine_dwarf;
	return NULL;
}

struct iq_dwarf *iq_image_open_dwarf(struct iq_images *images, const struct iq_image *image)
{
	return machine_dwarf.open ? (struct iq_dwarf *)&machine_dwarf : NULL;
}

struct iq_error *iq_dwarf_cfi(struct iq_dwarf *dwarf, uint64_t pc, struct iq_cfi *out)
{
	*out = machine_dwarf.cfi;
	return pc == machine_dwarf.pc ? NULL : iq_error_new(IQ_ERROR_NOT_FOUND, "none for %#lx", pc);
}

static bool machine_stack_at(void *context, uint64_t sp, struct iq_stack *out)
{
	if (sp < STACK || sp >= STACK + STACK_WORDS * 8)
		return false;
	*out = (struct iq_stack){ STACK, STACK + STACK_WORDS * 8, "task" };
	return true;
}

static inline void machine_open(struct machine *m)
{
	static const struct iq_symbol names[] = {
		{ "victim", CODE, WRAPPED, 'T', IQ_SYMBOL_VMLINUX, NULL },
		{ "wrapped", CODE + WRAPPED, ALIGNED - WRAPPED, 'T', IQ_SYMBOL_VMLINUX, NULL },
		{ "aligned", CODE + ALIGNED, TORN - ALIGNED, 'T', IQ_SYMBOL_VMLINUX, NULL },
		{ "torn", CODE + TORN, DOOMED - TORN, 'T', IQ_SYMBOL_VMLINUX, NULL },
		{ "doomed", CODE + DOOMED, DOOMED_END - DOOMED, 'T', IQ_SYMBOL_VMLINUX, NULL },
		{ "jit", CODE + JIT, CALLEE - JIT, 'T', IQ_SYMBOL_VMLINUX, NULL },
		{ "secondary_startup_64", CODE + CALLEE, 1, 'T', IQ_SYMBOL_VMLINUX, NULL },
		{ "kprobe_optinsn_page", MORE, PROBED, 't', IQ_SYMBOL_VMLINUX, NULL },
		{ "probed", MORE + PROBED, INT3 - PROBED, 'T', IQ_SYMBOL_VMLINUX, NULL },
		{ "asm_exc_int3", MORE + INT3, RETHOOK - INT3, 'T', IQ_SYMBOL_VMLINUX, NULL },
		{ "arch_rethook_trampoline", MORE + RETHOOK, 1, 'T', IQ_SYMBOL_VMLINUX, NULL },
		{ "split", MORE + DECOY, 1, 't', IQ_SYMBOL_VMLINUX, NULL },
		{ "split", MORE + SPLIT, COLD - SPLIT, 't', IQ_SYMBOL_VMLINUX, NULL },
		{ "split.cold", MORE + COLD, MORE_SIZE - COLD, 't', IQ_SYMBOL_VMLINUX, NULL },
	};
	struct iq_symbol_source *source;
	*m = (struct machine){ 0 };
	memset(&machine_dwarf, 0, sizeof(machine_dwarf));
	machine_image = (struct iq_image){ .kind = IQ_IMAGE_VMLINUX, .name = "vmlinux" };
	fake_init(&m->target);
	m->target.arch = &iq_arch_x86_64;
	fake_add(&m->target, CODE, machine_code, sizeof(machine_code));
	fake_add(&m->target, MORE, more_code, sizeof(more_code));
	fake_add(&m->target, STACK, m->stack, sizeof(m->stack));
	if (iq_failed(iq_symbols_new(&m->target, &m->symbols)) ||
	    iq_failed(iq_array_symbols_new(IQ_SYMBOL_VMLINUX, NULL, names, IQ_ARRAY_SIZE(names), &source)) ||
	    iq_failed(iq_symbols_add(m->symbols, source)))
		abort();
	struct iq_unwind_options options = {
		.target = &m->target, .symbols = m->symbols, .stack_at = machine_stack_at, .context = m,
	};
	if (iq_failed(iq_unwinder_new(&options, &m->unwinder)))
		abort();
}

static inline void machine_close(struct machine *m)
{
	iq_unwinder_free(m->unwinder);
	iq_symbols_free(m->symbols);
	fake_free(&m->target);
}

/* Fits cmocka's setup and teardown. */
static inline int open_machine(void **state)
{
	struct machine *m = malloc(sizeof(*m));
	machine_open(m);
	*state = m;
	return 0;
}

static inline int close_machine(void **state)
{
	machine_close(*state);
	free(*state);
	return 0;
}

#endif
