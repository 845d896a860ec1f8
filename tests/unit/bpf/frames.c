// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames of two programs on a stack built by hand. The machine code was made by GNU as 2.40. */
#include "map_setup.h"

#include "bpf/code.h"
#include "bpf/frame.h"
#include "bpf/insn_code.h"

/* In place of the image room's: no code but the programs' is known. */
const struct iq_image *iq_image_at(struct iq_images *images, uint64_t address)
{
	return NULL;
}

struct iq_error *iq_images_jited(struct iq_images *images, const struct iq_image *const **list, size_t *count)
{
	*count = 0;
	return NULL;
}

struct iq_error *iq_images_modules(struct iq_images *images, const struct iq_image *const **list, size_t *count)
{
	*count = 0;
	return NULL;
}

struct iq_error *iq_kernel_unwinder(struct iq_kernel *kernel, struct iq_unwinder **out)
{
	return iq_error_new(IQ_ERROR_NOT_FOUND, "no unwinder");
}

#define IMAGE UINT64_C(0xffffffffc0001000)
#define COUNTING UINT64_C(0xffffffffc0002000)
#define STACK UINT64_C(0xffffc90000100000)
enum { IMAGE_SIZE = 0x2f, RETURN = 0x27, COUNTING_SIZE = 0x30, COUNTING_RETURN = 0x2a, STACK_WORDS = 64, FP = 40 };

/*
 *      nopl 0x0(%rax,%rax,1)
 *      xchg %ax,%ax
 *      push %rbp
 *      mov %rsp,%rbp
 *      sub $0x10,%rsp
 *      push %rbx
 *      push %r13
 *      mov %rdi,%rbx
 *      mov $5,%r13d
 *      mov %rbx,-8(%rbp)
 *      call somewhere
 *      xor %eax,%eax
 *      pop %r13
 *      pop %rbx
 *      leave
 *      ret
 *      int3
 */
static const uint8_t image[IMAGE_SIZE] = {
	0x0f, 0x1f, 0x44, 0x00, 0x00, 0x66, 0x90, 0x55, 0x48, 0x89, 0xe5, 0x48, 0x81, 0xec, 0x10, 0x00,
	0x00, 0x00, 0x53, 0x41, 0x55, 0x48, 0x89, 0xfb, 0x41, 0xbd, 0x05, 0x00, 0x00, 0x00, 0x48, 0x89,
	0x5d, 0xf8, 0xe8, 0xda, 0x0f, 0x00, 0x00, 0x31, 0xc0, 0x41, 0x5d, 0x5b, 0xc9, 0xc3, 0xcc,
};

/* What it was made of. */
static const struct iq_bpf_insn insns[] = {
	{ 0xbf, 6, 1, 0, 0 },   /* r6 = r1 */
	{ 0xb7, 7, 0, 0, 5 },   /* r7 = 5 */
	{ 0x7b, 10, 6, -8, 0 }, /* *(u64 *)(r10 - 8) = r6 */
	{ 0x85, 0, 0, 0, 125 }, { 0xb7, 0, 0, 0, 0 }, { 0x95, 0, 0, 0, 0 },
};

/*
 * As 6.12 makes programs that count tail calls:
 *      nopl 0x0(%rax,%rax,1)
 *      xor %rax,%rax
 *      push %rbp
 *      mov %rsp,%rbp
 *      sub $8,%rsp
 *      cmp $33,%rax
 *      ja 1f
 *      push %rax
 *      mov %rsp,%rax
 *      jmp 2f
 *   1: push %rax
 *   2: push %rax
 *      push %rbx
 *      mov %rdi,%rbx
 *      call somewhere
 *      xor %eax,%eax
 *      pop %rbx
 *      leave
 *      ret
 *      int3
 */
static const uint8_t counting[COUNTING_SIZE] = {
	0x0f, 0x1f, 0x44, 0x00, 0x00, 0x48, 0x31, 0xc0, 0x55, 0x48, 0x89, 0xe5, 0x48, 0x81, 0xec, 0x08,
	0x00, 0x00, 0x00, 0x48, 0x83, 0xf8, 0x21, 0x77, 0x06, 0x50, 0x48, 0x89, 0xe0, 0xeb, 0x01, 0x50,
	0x50, 0x53, 0x48, 0x89, 0xfb, 0xe8, 0xa9, 0x0f, 0x00, 0x00, 0x31, 0xc0, 0x5b, 0xc9, 0xc3, 0xcc,
};

static const struct iq_bpf_insn counting_insns[] = {
	{ 0xbf, 6, 1, 0, 0 }, { 0x85, 0, 0, 0, 125 }, { 0xb7, 0, 0, 0, 0 }, { 0x95, 0, 0, 0, 0 }
};

struct stage {
	struct world w;
	uint8_t code[64];
	uint64_t stack[STACK_WORDS];
	struct iq_bpf_code *program; /* the room's */
	struct iq_frame frames[2];
	struct iq_backtrace trace;
	struct iq_bpf_frame frame;
};

static uint64_t word(unsigned n)
{
	return STACK + 8 * n;
}

/* struct bpf_ctx_convert { struct __sk_buff BPF_PROG_TYPE_SCHED_CLS_prog; struct sk_buff BPF_PROG_TYPE_SCHED_CLS_kern;
 * }; */
static void add_types(struct builder *b)
{
	struct basics t = add_basics(b);
	uint32_t seen = b_type(b, B_STRUCT, "__sk_buff", false, 1, 4);
	b_member(b, "len", t.u32, 0);
	uint32_t own = b_type(b, B_STRUCT, "sk_buff", false, 1, 8);
	b_member(b, "len", t.u32, 32);
	b_type(b, B_STRUCT, "bpf_ctx_convert", false, 2, 16);
	b_member(b, "BPF_PROG_TYPE_SCHED_CLS_prog", seen, 0);
	b_member(b, "BPF_PROG_TYPE_SCHED_CLS_kern", own, 64);
}

/* A program with one function, whose frame lies below one of the kernel's. */
static void open_stage(struct stage *s, uint64_t address, const uint8_t *bytes, size_t size, unsigned at)
{
	struct builder b;
	bool other = address == COUNTING;
	memset(s, 0, sizeof(*s));
	add_types(&b);
	world_open(&s->w, &b, 0, 0);
	memcpy(s->code, bytes, size);
	fake_add(&s->w.o.target, address, s->code, size);
	fake_add(&s->w.o.target, STACK, s->stack, sizeof(s->stack));
	size_t count = other ? IQ_ARRAY_SIZE(counting_insns) : IQ_ARRAY_SIZE(insns);
	struct iq_bpf_code *code = s->program = calloc(1, sizeof(*code));
	code->insns = calloc(count, sizeof(*code->insns));
	memcpy(code->insns, other ? counting_insns : insns, count * sizeof(*code->insns));
	code->functions = calloc(1, sizeof(*code->functions));
	code->functions[0] = (struct iq_bpf_function){ .end = (uint32_t)count,
						       .image = address,
						       .image_size = size,
						       .stack_depth = other ? 8 : 12,
						       .tail_call_reachable = other };
	code->insn_count = count;
	code->function_count = 1;
	strcpy(code->program.type_name, "sched_cls");
	*iq_vec_push(&s->w.bpf.codes) = code;
	s->frames[0] = (struct iq_frame){ .kind = IQ_FRAME_CALL, .pc = address + at, .pc_is_return = true };
	s->frames[1] = (struct iq_frame){ .kind = IQ_FRAME_CALL,
					  .proof = IQ_PROOF_CODE,
					  .pc = 0xffffffff81000100,
					  .pc_is_return = true,
					  .pc_slot = word(FP + 1) };
	s->trace = (struct iq_backtrace){ .frames = s->frames, .count = 2 };
	s->stack[FP + 1] = 0xffffffff81000100;
	s->stack[FP] = 0xca11;
}

static void close_stage(struct stage *s)
{
	iq_bpf_frame_free(&s->frame);
	world_close(&s->w);
}

static void read_it(struct stage *s)
{
	expect_success(iq_bpf_frame_read(&s->w.bpf, &s->trace, 0, &s->frame));
}

static void expect_slot(const struct stage *s, unsigned n, int offset, enum iq_bpf_slot_kind kind, unsigned reg,
			uint64_t value)
{
	const struct iq_bpf_slot *slot = &s->frame.slots[n];
	assert_in_range(n, 0, s->frame.slot_count - 1);
	assert_int_equal(slot->offset, offset);
	assert_int_equal(slot->kind, kind);
	assert_int_equal(slot->reg, reg);
	assert_int_equal(slot->address, word(FP) + (uint64_t)(int64_t)offset);
	assert_true(slot->known);
	assert_int_equal(slot->value, value);
}

static void open_usual(struct stage *s)
{
	open_stage(s, IMAGE, image, sizeof(image), RETURN);
	iq_reg_set(&s->frames[0].regs, IQ_X86_RBX, 0xffff888000abc000);
	iq_reg_set(&s->frames[0].regs, IQ_X86_R13, 5);
	iq_reg_set(&s->frames[0].regs, IQ_X86_R14, 0x1414);
	s->stack[FP - 1] = 0xffff888000abc000;
	s->stack[FP - 2] = 0x1616;
	s->stack[FP - 3] = 0xb0b0;
	s->stack[FP - 4] = 0x1313;
}

static void registers_stack_and_context(void **state)
{
	struct stage s;
	open_usual(&s);
	read_it(&s);
	const struct iq_bpf_frame *f = &s.frame;
	assert_int_equal(f->insn, 3);
	assert_int_equal(f->insn_end, 4);
	assert_int_equal(f->part, IQ_BPF_BODY);
	assert_int_equal(f->fp, word(FP));
	assert_int_equal(f->known, 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10);
	assert_int_equal(f->dead, 0x3f | 1 << 8 | 1 << 9); /* r8 is the caller's */
	assert_int_equal(f->reg[6], 0xffff888000abc000);
	assert_int_equal(f->reg[7], 5);
	assert_int_equal(f->reg[10], word(FP));
	assert_int_equal(f->slot_count, 6);
	expect_slot(&s, 0, 8, IQ_BPF_SLOT_RETURN, 0, 0xffffffff81000100);
	expect_slot(&s, 1, 0, IQ_BPF_SLOT_SAVED, IQ_X86_RBP, 0xca11);
	expect_slot(&s, 2, -8, IQ_BPF_SLOT_STACK, 0, 0xffff888000abc000);
	expect_slot(&s, 3, -16, IQ_BPF_SLOT_STACK, 0, 0x1616);
	expect_slot(&s, 4, -24, IQ_BPF_SLOT_SAVED, IQ_X86_RBX, 0xb0b0);
	expect_slot(&s, 5, -32, IQ_BPF_SLOT_SAVED, IQ_X86_R13, 0x1313);
	assert_false(f->tail_calls_known);
	assert_true(f->context_known);
	assert_int_equal(f->context, 0xffff888000abc000);
	assert_string_equal(f->context_from, "R6");
	assert_string_equal(f->context_seen_as, "struct __sk_buff");
	expect_declaration(f->context_type, "", "struct sk_buff *");
	assert_null(f->why);
	close_stage(&s);
}

static void the_stack_knows_what_registers_do_not(void **state)
{
	struct stage s;
	open_usual(&s);
	s.frames[0].regs.known = 0;
	read_it(&s);
	assert_int_equal(s.frame.known, 1 << 10);
	assert_true(s.frame.context_known);
	assert_string_equal(s.frame.context_from, "fp-8");
	close_stage(&s);
}

static void an_interrupted_program_has_all_registers(void **state)
{
	struct stage s;
	open_usual(&s);
	/* Before the call. */
	s.frames[0] = (struct iq_frame){ .kind = IQ_FRAME_EXCEPTION, .pc = IMAGE + 0x22 };
	for (unsigned reg = 0; reg < 16; reg++)
		iq_reg_set(&s.frames[0].regs, reg, 0x100 + reg);
	iq_reg_set(&s.frames[0].regs, IQ_X86_RBP, word(FP));
	read_it(&s);
	static const uint8_t machine[] = { IQ_X86_RAX, IQ_X86_RDI, IQ_X86_RSI, IQ_X86_RDX, IQ_X86_RCX,
					   IQ_X86_R8,  IQ_X86_RBX, IQ_X86_R13, IQ_X86_R14, IQ_X86_R15 };
	assert_int_equal(s.frame.known, 0x7ff);
	for (unsigned reg = 0; reg < 10; reg++)
		assert_int_equal(s.frame.reg[reg], 0x100 + machine[reg]);
	assert_string_equal(s.frame.context_from, "R6");
	close_stage(&s);
	/* In the prologue there is no frame yet. */
	open_usual(&s);
	s.frames[0] = (struct iq_frame){ .kind = IQ_FRAME_EXCEPTION, .pc = IMAGE + 8 };
	iq_reg_set(&s.frames[0].regs, IQ_X86_RBP, 0xca11);
	iq_reg_set(&s.frames[0].regs, IQ_X86_RDI, 0xffff888000abc000);
	read_it(&s);
	assert_true(s.frame.context_known);
	assert_string_equal(s.frame.context_from, "R1");
	assert_int_equal(s.frame.part, IQ_BPF_PROLOGUE);
	assert_int_equal(s.frame.fp, 0);
	assert_int_equal(s.frame.slot_count, 0);
	assert_string_equal(s.frame.why, "the prologue has not made the frame yet");
	close_stage(&s);
}

static void open_counting(struct stage *s)
{
	open_stage(s, COUNTING, counting, sizeof(counting), COUNTING_RETURN);
	s->stack[FP - 1] = 0x11;
	s->stack[FP - 2] = 2;
	s->stack[FP - 3] = word(FP - 2);
	s->stack[FP - 4] = 0xb0b0;
}

static void counts_tail_calls(void **state)
{
	struct stage s;
	open_counting(&s);
	read_it(&s);
	assert_int_equal(s.frame.slot_count, 6);
	expect_slot(&s, 3, -16, IQ_BPF_SLOT_TAIL_CALLS, 0, 2);
	expect_slot(&s, 4, -24, IQ_BPF_SLOT_TAIL_CALLS_AT, 0, word(FP - 2));
	expect_slot(&s, 5, -32, IQ_BPF_SLOT_SAVED, IQ_X86_RBX, 0xb0b0);
	assert_true(s.frame.tail_calls_known);
	assert_int_equal(s.frame.tail_calls, 2);
	close_stage(&s);
	/* Up to 6.11: one push, and the count in its upper half. */
	open_counting(&s);
	static const uint8_t one[] = { 0x50, 0x66, 0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0x66, 0x90, 0x90 };
	memcpy(s.code + 0x13, one, sizeof(one));
	memset(s.code + 0x13 + sizeof(one) - 1, 0x90, 0x21 - 0x13 - sizeof(one) + 1);
	s.stack[FP - 2] = UINT64_C(3) << 32;
	read_it(&s);
	assert_true(s.frame.tail_calls_known);
	assert_int_equal(s.frame.tail_calls, 3);
	close_stage(&s);
}

static void impossible_counters_are_told(void **state)
{
	struct stage s;
	open_counting(&s);
	s.stack[FP - 2] = 34;
	read_it(&s);
	assert_false(s.frame.tail_calls_known);
	assert_non_null(strstr(s.frame.why, "the tail-call counter is 34"));
	close_stage(&s);
	open_counting(&s);
	s.stack[FP - 3] = 0x10;
	read_it(&s);
	assert_false(s.frame.tail_calls_known);
	assert_non_null(strstr(s.frame.why, "the tail-call counter: nothing at 0x10"));
	close_stage(&s);
}

static void damage_is_told_and_the_rest_is_shown(void **state)
{
	struct stage s;
	/* A prologue that is none: the kernel's own number tells the stack's size. */
	open_usual(&s);
	s.code[7] = 0x90;
	read_it(&s);
	assert_non_null(strstr(s.frame.why, "its prologue is damaged"));
	assert_int_equal(s.frame.slot_count, 4);
	expect_slot(&s, 3, -16, IQ_BPF_SLOT_STACK, 0, 0x1616);
	assert_int_equal(s.frame.reg[6], 0xffff888000abc000);
	close_stage(&s);
	/* Code and struct bpf_prog_aux disagree. */
	open_usual(&s);
	s.program->functions[0].stack_depth = 64;
	read_it(&s);
	assert_non_null(strstr(s.frame.why, "its code makes a stack of 16 bytes, struct bpf_prog_aux has 64"));
	assert_int_equal(s.frame.slot_count, 6);
	close_stage(&s);
	/* The stack's page is not there. */
	open_usual(&s);
	s.w.o.target.pieces[2].size = 8 * FP;
	read_it(&s);
	assert_false(s.frame.slots[0].known || s.frame.slots[1].known);
	assert_true(s.frame.slots[2].known);
	close_stage(&s);
	/* Nor is the code. */
	open_usual(&s);
	s.w.o.target.pieces[1].size = 0;
	read_it(&s);
	assert_non_null(strstr(s.frame.why, "its prologue: nothing at"));
	assert_int_equal(s.frame.reg[6], 0xffff888000abc000);
	close_stage(&s);
}

static void a_destroyed_frame_pointer_is_told(void **state)
{
	struct stage s;
	open_usual(&s);
	iq_reg_set(&s.frames[0].regs, IQ_X86_RBP, 0xffffffffea1cfd80);
	read_it(&s);
	assert_int_equal(s.frame.fp, word(FP));
	assert_string_equal(s.frame.why, "rbp is 0xffffffffea1cfd80, not the frame pointer");
	close_stage(&s);
}

static void other_code_has_no_bpf_frame(void **state)
{
	struct stage s;
	open_usual(&s);
	struct iq_error *error = iq_bpf_frame_read(&s.w.bpf, &s.trace, 1, &s.frame);
	assert_int_equal(error->code, IQ_ERROR_NOT_FOUND);
	iq_error_free(error);
	s.frames[0].kind = IQ_FRAME_USER;
	error = iq_bpf_frame_read(&s.w.bpf, &s.trace, 0, &s.frame);
	assert_int_equal(error->code, IQ_ERROR_NOT_FOUND);
	iq_error_free(error);
	close_stage(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_stack_and_context),
		cmocka_unit_test(the_stack_knows_what_registers_do_not),
		cmocka_unit_test(an_interrupted_program_has_all_registers),
		cmocka_unit_test(counts_tail_calls),
		cmocka_unit_test(impossible_counters_are_told),
		cmocka_unit_test(damage_is_told_and_the_rest_is_shown),
		cmocka_unit_test(a_destroyed_frame_pointer_is_told),
		cmocka_unit_test(other_code_has_no_bpf_frame),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
