// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Variables of code that really runs: tests/unit/type/dwarf/live.c is compiled by several compilers, loaded and called.
 * In each of its calls of probe() the stack is walked with iq_dwarf_cfi() from the callee-saved registers, and each
 * argument and local that iq_dwarf_locate() finds must have the value that the source gives it. What GCC 12 and gdb
 * have must be found; a value that is not available must say why.
 */
#include "../cmocka_setup.h"

#include "config.h"

#include "dwarf_compile.h"
#include "type/dwarf.h"
#include "util/cleanup.h"

#if IQ_HAVE_ELFUTILS && defined(__x86_64__)

#include <dlfcn.h>
#include <link.h>

enum { FRAMES = 8, STACK = 1 << 20 };

struct expected {
	const char *function, *variable;
	long value;
	const char *caller; /* NULL: any */
	bool must;          /* with gcc */
	const char *reason; /* with gcc: no value, and this in the reason */
};

static const struct expected all[] = {
	{ "forgets", "alpha", 105, "keeps", true },
	{ "forgets", "beta", 42, "keeps", true },
	{ "forgets", "gamma", 200, "keeps", true },
	{ "keeps", "x", 100, "run", true },
	{ "reached", "x", 70, NULL, false },
	{ "reached", "y", 75, NULL, true },
	{ "forgets", "alpha", 75, "reached", true },
	{ "keeps", "y", 105, "run", true },
	{ "forgets", "alpha", 1234567, "hands_on", true },
	{ "forgets", "beta", -3, "hands_on", true },
	{ "forgets", "gamma", 7, "hands_on", true },
	{ "hands_on", "handed", 1234567, NULL, true },
	{ "inner", "in", 42, NULL, true },
	{ "inner", "factor", 3, NULL, true },
	{ "inner", "product", 126, NULL, true },
	{ "middle", "in_middle", 21, NULL, true },
	{ "middle", "twice", 42, NULL, true },
	{ "inlines", "base", 20, NULL, true },
	{ "pieces", "narrow", -9, NULL, true },
	{ "arrays", "count", 50, NULL, true },
	{ "arrays", "total", 206, NULL, true },
	{ "arrays", "block", 2060, NULL, true },
	{ "forgets", "alpha", 61, "lands", false, "called jumps, which jumped here" },
	{ "forgets", "beta", 1, "lands", false, "in RSI at entry" },
	{ "lands", "far", 60, NULL, true },
	{ "indirect", "through", 70, NULL, true },
};

static bool met[IQ_ARRAY_SIZE(all)];
static struct iq_dwarf *dwarf;
static uint64_t base, stack_low, stack_high;
static const struct compiler *compiler;
static unsigned found, missing;

/* A frame of the running program; addresses of code are the file's. */
struct frame {
	uint64_t pc, return_pc, cfa, regs[17];
	uint32_t known;
	struct frame *caller;
	char function[64];
};

/* What the probe was entered with: RBX, RBP, R12 to R15, RSP. */
static uint64_t entered[7];

static void on_probe(const char *function) __asm__("on_probe") __attribute__((used));
void probe_entry(const char *function);
__asm__(".text\n"
	".globl probe_entry\n"
	"probe_entry:\n"
	"	mov entered_with(%rip), %rax\n"
	"	mov %rbx, (%rax)\n"
	"	mov %rbp, 8(%rax)\n"
	"	mov %r12, 16(%rax)\n"
	"	mov %r13, 24(%rax)\n"
	"	mov %r14, 32(%rax)\n"
	"	mov %r15, 40(%rax)\n"
	"	mov %rsp, 48(%rax)\n"
	"	sub $8, %rsp\n"
	"	call on_probe\n"
	"	add $8, %rsp\n"
	"	ret\n");
static uint64_t *entered_with __asm__("entered_with") __attribute__((used)) = entered;

static bool get_reg(void *context, unsigned number, uint64_t *value)
{
	const struct frame *frame = context;
	if (number > 16 || !(frame->known >> number & 1))
		return false;
	*value = frame->regs[number];
	return true;
}

static bool get_cfa(void *context, uint64_t *value)
{
	const struct frame *frame = context;
	*value = frame->cfa;
	return true;
}

static struct iq_error *read_bytes(void *context, uint64_t address, void *buffer, size_t length)
{
	if (address < stack_low || address >= stack_high || length > stack_high - address)
		return iq_error_new(IQ_ERROR_MEMORY, "memory at %#lx", address);
	memcpy(buffer, (const void *)(uintptr_t)address, length);
	return NULL;
}

static bool get_caller(void *context, struct iq_dwarf **out, struct iq_dwarf_machine *machine, uint64_t *call_pc);

static struct iq_dwarf_machine machine_of(struct frame *frame)
{
	return (struct iq_dwarf_machine){ .pc = frame->pc,
					  .reg = get_reg,
					  .cfa = get_cfa,
					  .read = read_bytes,
					  .caller = get_caller,
					  .context = frame };
}

static bool get_caller(void *context, struct iq_dwarf **out, struct iq_dwarf_machine *machine, uint64_t *call_pc)
{
	struct frame *frame = context;
	if (!frame->caller)
		return false;
	*out = dwarf;
	*machine = machine_of(frame->caller);
	*call_pc = frame->caller->return_pc;
	return true;
}

static const struct expected *find_expected(const struct frame *frame, const char *function, const char *variable)
{
	for (size_t i = 0; i < IQ_ARRAY_SIZE(all); i++) {
		if (strcmp(all[i].function, function) == 0 && strcmp(all[i].variable, variable) == 0 &&
		    (!all[i].caller || (frame->caller && strcmp(all[i].caller, frame->caller->function) == 0)))
			return &all[i];
	}
	return NULL;
}

struct walk {
	struct frame *frame;
	const struct iq_scope *scope;
};

static void check_value(const struct walk *walk, const struct expected *expected, const struct iq_location *location)
{
	uint64_t value = 0;
	bool gcc = strncmp(compiler->name, "gcc", 3) == 0;
	size_t size = strcmp(expected->variable, "beta") == 0 || strcmp(expected->variable, "count") == 0 ? 4
		      : strcmp(expected->variable, "gamma") == 0                                          ? 1
		      : strcmp(expected->variable, "narrow") == 0                                         ? 2
													  : 8;
	if (location->kind == IQ_LOCATION_NONE) {
		assert_non_null(location->reason);
		assert_true(strlen(location->reason) > 8);
		if (gcc && expected->must)
			fail_msg("%s: %s of %s: %s", compiler->name, expected->variable, expected->function,
				 location->reason);
		if (gcc && expected->reason && !strstr(location->reason, expected->reason))
			fail_msg("%s: %s of %s: %s", compiler->name, expected->variable, expected->function,
				 location->reason);
		missing++;
		return;
	}
	if (gcc && expected->reason)
		fail_msg("%s: %s of %s has a value", compiler->name, expected->variable, expected->function);
	if (location->kind == IQ_LOCATION_MEMORY)
		assert_null(read_bytes(NULL, location->address, &value, size));
	else
		memcpy(&value, location->bytes, IQ_MIN(size, location->size));
	long sign_extended = (long)(value << (64 - size * 8)) >> (64 - size * 8);
	if (size == 1)
		sign_extended = (long)value;
	if (sign_extended != expected->value)
		fail_msg("%s: %s of %s is %ld, not %ld", compiler->name, expected->variable, expected->function,
			 sign_extended, expected->value);
	met[expected - all] = true;
	found++;
}

static struct iq_error *on_variable(void *context, const struct iq_dwarf_variable *variable)
{
	const struct walk *walk = context;
	const struct expected *expected = find_expected(walk->frame, walk->scope->function, variable->name);
	struct iq_dwarf_machine machine = machine_of(walk->frame);
	_cleanup_(iq_location_free) struct iq_location location = { 0 };
	IQ_TRY(iq_dwarf_locate(dwarf, variable, walk->scope, &machine, &location));
	if (getenv("VERBOSE"))
		printf("%s %s.%s kind %d %s %lx\n", compiler->name, walk->scope->function, variable->name,
		       location.kind, location.reason ? location.reason : "",
		       location.bytes ? *(long *)location.bytes : 0);
	if (expected)
		check_value(walk, expected, &location);
	return NULL;
}

static void check_frame(struct frame *frame)
{
	struct iq_scopes scopes;
	assert_null(iq_dwarf_scopes(dwarf, frame->pc, &scopes));
	for (size_t i = 0; i < scopes.count; i++) {
		struct walk walk = { frame, &scopes.data[i] };
		assert_null(iq_dwarf_variables(dwarf, &scopes.data[i], frame->pc, on_variable, &walk));
	}
	iq_scopes_free(&scopes);
}

/* Fills in the frame's CFA, and its caller. */
static bool unwind(struct frame *frame, struct frame *caller)
{
	struct iq_cfi cfi;
	assert_null(iq_dwarf_cfi(dwarf, frame->pc, &cfi));
	assert_false(cfi.cfa_is_expression);
	assert_true(frame->known >> cfi.cfa_reg & 1);
	assert_int_equal(cfi.return_reg, 16);
	frame->cfa = frame->regs[cfi.cfa_reg] + (uint64_t)cfi.cfa_offset;
	*caller = (struct frame){ 0 };
	for (unsigned i = 0; i < 17; i++) {
		bool saved = cfi.rules[i] == IQ_CFI_AT_CFA;
		if (saved)
			assert_null(read_bytes(NULL, frame->cfa + (uint64_t)cfi.offsets[i], &caller->regs[i], 8));
		else if (i == 7)
			caller->regs[i] = frame->cfa;
		else if (cfi.rules[i] == IQ_CFI_SAME)
			caller->regs[i] = frame->regs[i];
		if (saved || i == 7 || (cfi.rules[i] == IQ_CFI_SAME && frame->known >> i & 1))
			caller->known |= 1u << i;
	}
	caller->return_pc = caller->regs[16] - base;
	caller->pc = caller->return_pc - 1;
	return true;
}

static void on_probe(const char *function)
{
	struct frame frames[FRAMES + 1] = { 0 };
	static const unsigned numbers[] = { 3, 6, 12, 13, 14, 15, 7 };
	size_t count = 1;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(numbers); i++) {
		frames[0].regs[numbers[i]] = entered[i];
		frames[0].known |= 1u << numbers[i];
	}
	memcpy(&frames[0].return_pc, (const void *)(uintptr_t)entered[6], 8);
	frames[0].regs[7] += 8;
	stack_low = entered[6];
	stack_high = stack_low + 4096; /* more than these few frames; the stack is deeper */
	frames[0].return_pc -= base;
	frames[0].pc = frames[0].return_pc - 1;
	for (; count < FRAMES; count++) {
		struct frame *frame = &frames[count - 1];
		struct iq_scopes scopes;
		assert_null(iq_dwarf_scopes(dwarf, frame->pc, &scopes));
		snprintf(frame->function, sizeof(frame->function), "%s", scopes.data[scopes.count - 1].function);
		if (count == 1)
			assert_string_equal(scopes.data[0].function, function);
		iq_scopes_free(&scopes);
		unwind(frame, &frames[count]);
		if (strcmp(frame->function, "run") == 0)
			break;
		frame->caller = &frames[count];
	}
	assert_in_range(count, 2, FRAMES - 1);
	for (size_t i = 0; i < count; i++)
		check_frame(&frames[i]);
}

static void run_one(const struct compiler *with)
{
	char path[512];
	compiler = with;
	if (!compile(with, "live", "-shared -fPIC -fno-plt -Wl,-Bsymbolic", ".so", path))
		return;
	void *library = dlopen(path, RTLD_NOW);
	assert_non_null(library);
	void (**probe)(const char *) = dlsym(library, "probe");
	void (*run)(void) = dlsym(library, "run");
	struct link_map *map = NULL;
	assert_true(probe && run && dlinfo(library, RTLD_DI_LINKMAP, &map) == 0);
	base = map->l_addr;
	const struct iq_dwarf_options options = { .path = path };
	assert_null(iq_dwarf_open(&options, &dwarf));
	memset(met, 0, sizeof(met));
	found = missing = 0;
	*probe = probe_entry;
	run();
	bool gcc = strncmp(with->name, "gcc", 3) == 0;
	for (size_t i = 0; gcc && i < IQ_ARRAY_SIZE(all); i++) {
		if (all[i].must && !met[i])
			fail_msg("%s: %s of %s was never seen", with->name, all[i].variable, all[i].function);
	}
	print_message("%s: %u values right, %u not available\n", with->name, found, missing);
	assert_true(found >= 12);
	iq_dwarf_close(dwarf);
	dlclose(library);
	unlink(path);
}

static void test_gcc4(void **state)
{
	run_one(&compilers[0]);
}

static void test_gcc5(void **state)
{
	run_one(&compilers[1]);
}

static void test_clang4(void **state)
{
	run_one(&compilers[2]);
}

static void test_clang5(void **state)
{
	run_one(&compilers[3]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gcc4),
		cmocka_unit_test(test_gcc5),
		cmocka_unit_test(test_clang4),
		cmocka_unit_test(test_clang5),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	return 0;
}

#endif
