// SPDX-License-Identifier: GPL-2.0-or-later
/* From a task to the registers its stack is walked from, and to its backtrace. */
#include "kernel/internal.h"

#include "arch/x86_64.h"

#include <string.h>

struct iq_error *iq_task_stack_pointer(struct iq_kernel *kernel, const struct iq_task *task, uint64_t *sp)
{
	return iq_k_get(kernel, task->address, "task_struct", "thread.sp", sp);
}

/* struct inactive_task_frame, which __switch_to_asm pushes (arch/x86/include/asm/switch_to.h); its end is the stack pointer of __schedule. */
static struct iq_error *sleeping_registers(struct iq_kernel *k, const struct iq_task *task, struct iq_regs *regs)
{
	static const struct {
		const char *member;
		uint8_t reg;
	} saved[] = { { "r15", IQ_X86_R15 }, { "r14", IQ_X86_R14 }, { "r13", IQ_X86_R13 }, { "r12", IQ_X86_R12 },
		      { "bx", IQ_X86_RBX },  { "bp", IQ_X86_RBP },  { "ret_addr", IQ_X86_RIP } };
	uint64_t sp, size, value;
	IQ_TRY(iq_task_stack_pointer(k, task, &sp));
	IQ_TRY(iq_types_size(k->types, "inactive_task_frame", &size));
	for (size_t i = 0; i < IQ_ARRAY_SIZE(saved); i++) {
		IQ_TRY(iq_k_get(k, sp, "inactive_task_frame", saved[i].member, &value));
		iq_reg_set(regs, saved[i].reg, value);
	}
	/* __schedule or the entry code of a new task. Elsewhere: the task ran, and this is what it has left of an older switch. */
	if (!iq_image_at(k->images, value - 1))
		return iq_error_new(IQ_ERROR_FORMAT, "the return address %#lx at %#lx is not in any code", value, sp + size - 8);
	iq_reg_set(regs, IQ_X86_RSP, sp + size);
	return NULL;
}

struct iq_error *iq_task_registers(struct iq_kernel *kernel, const struct iq_task *task, struct iq_regs *regs, bool *exact)
{
	memset(regs, 0, sizeof(*regs));
	*exact = task->on_cpu;
	if (task->on_cpu)
		return iq_error_prefix(iq_cpu_registers(kernel, (unsigned)task->cpu, regs), "task %d runs on CPU %d",
				       task->pid, task->cpu);
	return iq_error_prefix(sleeping_registers(kernel, task, regs), "saved registers of task %d", task->pid);
}

/* The search for a CPU's last function, newer than the registers that it left. */
struct last_search {
	struct iq_kernel *kernel;
	const struct iq_task *task;
	const struct iq_regs *note; /* what crash_save_cpu() kept: a frame that the right walk comes by */
	struct iq_symbol last;      /* machine_kexec or crash_nmi_callback */
	unsigned flags;
	bool found;
	struct iq_backtrace trace;
};

/* Does the walk come by the registers of the note? crash_kexec() stores either the exception's or its own. */
static bool passes_note(const struct last_search *search, const struct iq_backtrace *trace)
{
	uint64_t note_pc = search->note->value[IQ_X86_RIP], note_sp = search->note->value[IQ_X86_RSP];
	struct iq_symbol of_note, of_frame;
	for (size_t i = 1; i < trace->count; i++) {
		const struct iq_frame *frame = &trace->frames[i];
		if ((frame->kind == IQ_FRAME_EXCEPTION || frame->kind == IQ_FRAME_USER) && frame->pc == note_pc && frame->sp == note_sp)
			return true;
		/* Its own: another pc of the same function, while the stack pointer is the same. */
		if (frame->kind == IQ_FRAME_CALL && frame->sp == note_sp &&
		    !iq_failed(iq_symbol_at(search->kernel->symbols, note_pc, &of_note)) &&
		    !iq_failed(iq_symbol_at(search->kernel->symbols, frame->pc - 1, &of_frame)) &&
		    of_note.address == of_frame.address)
			return true;
	}
	return false;
}

/* Tries a walk from a return address into the last function: machine_kexec's call of relocate_kernel, say. */
static struct iq_error *try_walk(struct last_search *search, struct iq_unwinder *unwinder, uint64_t slot, uint64_t address)
{
	struct iq_regs regs = { 0 };
	struct iq_backtrace trace;
	iq_reg_set(&regs, IQ_X86_RIP, address);
	iq_reg_set(&regs, IQ_X86_RSP, slot + 8);
	IQ_TRY(iq_unwind(unwinder, &regs, false, search->task->address, search->flags, &trace));
	if (passes_note(search, &trace)) {
		trace.frames[0].pc_slot = slot;
		search->trace = trace;
		search->found = true;
	} else {
		iq_backtrace_free(&trace);
	}
	return NULL;
}

static struct iq_error *search_stack(struct last_search *search, struct iq_unwinder *unwinder, uint64_t start, uint64_t end)
{
	for (uint64_t slot = start; slot + 8 <= end && !search->found; slot += 8) {
		uint64_t word;
		if (!iq_failed(iq_read_u64(search->kernel->target, slot, &word)) && word > search->last.address &&
		    word <= search->last.address + search->last.size && iq_is_return_address(unwinder, word))
			IQ_TRY(try_walk(search, unwinder, slot, word));
	}
	return iq_check_interrupt();
}

/*
 * The registers in a CPU's note are those of the exception, of __crash_kexec, or of what the NMI interrupted; the functions that came after,
 * down to machine_kexec on the crashing CPU and crash_nmi_callback on the others, are on the stack as well. Their frames are taken only
 * if a walk from a return address into that function comes by the note's registers.
 */
static struct iq_error *walk_from_last(struct last_search *search, const char *last)
{
	struct iq_kernel *k = search->kernel;
	struct iq_stack stacks[16];
	size_t count;
	struct iq_unwinder *unwinder;
	uint64_t note_sp = search->note->value[IQ_X86_RSP];
	IQ_TRY(iq_symbol_by_name_in(k->symbols, NULL, last, &search->last));
	IQ_TRY(iq_kernel_unwinder(k, &unwinder));
	/* On the task's own stack what is newer lies below; most often it is there, and the CPU's stacks need not be known. */
	bool own = note_sp >= k->walked.start && note_sp < k->walked.end;
	IQ_TRY(search_stack(search, unwinder, k->walked.start, own ? note_sp & ~UINT64_C(7) : k->walked.end));
	if (search->found)
		return NULL;
	IQ_TRY(iq_cpu_stacks(k, (unsigned)search->task->cpu, stacks, IQ_ARRAY_SIZE(stacks), &count));
	for (size_t i = 0; i < count && !search->found; i++)
		IQ_TRY(search_stack(search, unwinder, stacks[i].start, stacks[i].end));
	return NULL;
}

struct iq_error *iq_task_backtrace(struct iq_kernel *kernel, const struct iq_task *task, unsigned flags,
				   struct iq_backtrace *out)
{
	struct iq_regs regs;
	struct iq_unwinder *unwinder;
	unsigned crashing;
	bool exact;
	*out = (struct iq_backtrace){ 0 };
	if (task->unknown & IQ_TASK_STACK)
		return iq_error_new(IQ_ERROR_MEMORY, "where the stack of task %#lx is can't be read", task->address);
	if (!task->stack)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "task %d is dead and has given its stack back", task->pid);
	kernel->walked = (struct iq_stack){ task->stack, task->stack + task->stack_size, "task" };
	IQ_TRY(iq_task_registers(kernel, task, &regs, &exact));
	IQ_TRY(iq_kernel_unwinder(kernel, &unwinder));
	if (task->on_cpu && !iq_failed(iq_crashing_cpu(kernel, &crashing))) {
		struct last_search search = { .kernel = kernel, .task = task, .note = &regs, .flags = flags };
		bool here = crashing == (unsigned)task->cpu;
		if (!iq_failed(walk_from_last(&search, here ? "machine_kexec" : "crash_nmi_callback")) && search.found) {
			*out = search.trace;
			return NULL;
		}
	}
	IQ_TRY(iq_unwind(unwinder, &regs, exact, task->address, flags, out));
	/* A sleeping task's pc lies in the struct inactive_task_frame at its saved stack pointer, which is what people know it by. */
	uint64_t saved_sp;
	if (!exact && !iq_failed(iq_task_stack_pointer(kernel, task, &saved_sp)))
		out->frames[0].pc_slot = saved_sp;
	return NULL;
}
