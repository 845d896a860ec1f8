/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/evaluate.h"

#include "command/bpf_frame.h"
#include "command/chosen.h"
#include "kernel/cpu.h"
#include "kernel/global.h"
#include "util/cleanup.h"

#include <ctype.h>
#include <string.h>

enum { MAX_HISTORY = 1 << 20 };

struct evaluation {
	struct iq_session *session;
	struct iq_kernel *kernel;
	const unsigned *cpu; /* NULL: none was chosen */
};

/* Names */

/* Nobody has chosen a frame, but the name means nothing else: that of the interrupted function may have it. Where that
 * knows nothing either, `error` it is. */
static struct iq_error *default_local(struct iq_session *session, const char *name, struct iq_error *error,
				      struct iq_value *out)
{
	struct iq_error *local = iq_session_frame_local(session, name, out);
	if (!local || iq_error_is(local, IQ_ERROR_ARGUMENT) || iq_error_is(local, IQ_ERROR_NO_MEMORY)) {
		iq_error_free(error);
		return local;
	}
	iq_error_free(local);
	return error;
}

static struct iq_error *find_identifier(void *context, const char *name, struct iq_value *out)
{
	struct evaluation *evaluation = context;
	struct iq_session *session = evaluation->session;
	struct iq_global global;
	uint64_t address;

	if (session->frame && session->frame->by_user) {
		struct iq_error *error = iq_session_frame_local(session, name, out);

		if (!iq_error_is(error, IQ_ERROR_NOT_FOUND))
			return error;
		iq_error_free(error);
	}
	struct iq_error *error = iq_global_by_name(evaluation->kernel, name, &global);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND))
		return default_local(session, name, error, out);
	IQ_TRY(error);
	address = global.symbol.address;
	if (global.per_cpu && evaluation->cpu)
		IQ_TRY(iq_per_cpu(evaluation->kernel, *evaluation->cpu, address, &address));
	/* A function without a prototype still has an address and can be called by nobody. */
	if (!global.type.source && global.function) {
		struct iq_type_info info;
		struct iq_type pointer;

		IQ_TRY(iq_type_parse(iq_kernel_types(evaluation->kernel), "void (*)(void)", &pointer));
		IQ_TRY(iq_type_info(pointer, &info));
		global.type = info.target;
	}
	*out = iq_value_at(global.type, address);
	out->symbol = global.symbol.name;
	return NULL;
}

static struct iq_error *find_per_cpu(void *context, uint64_t address, unsigned cpu, uint64_t *out)
{
	struct evaluation *evaluation = context;

	return iq_per_cpu(evaluation->kernel, cpu, address, out);
}

/* Registers: "rbx", and the parts of it that have names of their own. */

struct part {
	unsigned reg, shift, size;
};

static bool find_register(const struct iq_arch *arch, const char *name, struct part *part)
{
	for (unsigned reg = 0; reg < arch->reg_count; reg++) {
		if (!strcmp(arch->reg_names[reg], name)) {
			*part = (struct part){ reg, 0, 8 };
			return true;
		}
	}
	if (!strcmp(name, "pc") || !strcmp(name, "sp") || !strcmp(name, "fp")) {
		*part = (struct part){ *name == 'p' ? arch->reg_pc : *name == 's' ? arch->reg_sp : arch->reg_fp, 0, 8 };
		return true;
	}
	return false;
}

/* x86-64's eax, ax, al, ah; r8d, r8w, r8b; sil. */
static bool find_part(const struct iq_arch *arch, const char *name, struct part *part)
{
	size_t length = strlen(name);
	char full[8];

	if (length < 2 || length > 4 || strcmp(arch->name, "x86_64") != 0)
		return false;
	if (*name == 'r' && isdigit((unsigned char)name[1]) && strchr("dwb", name[length - 1])) {
		snprintf(full, sizeof(full), "%.*s", (int)length - 1, name);
		if (!find_register(arch, full, part))
			return false;
		part->size = name[length - 1] == 'd' ? 4 : name[length - 1] == 'w' ? 2 : 1;
		return true;
	}
	if (*name == 'e' && length == 3) {
		snprintf(full, sizeof(full), "r%s", name + 1);
		part->size = 4;
	} else if (length == 2 && strchr("abcd", *name) && strchr("lh", name[1])) {
		snprintf(full, sizeof(full), "r%cx", *name);
		part->size = 1;
	} else if (length == 3 && name[2] == 'l') {
		snprintf(full, sizeof(full), "r%.2s", name);
		part->size = 1;
	} else if (length == 2) {
		snprintf(full, sizeof(full), "r%s", name);
		part->size = 2;
	} else {
		return false;
	}
	unsigned size = part->size;
	if (!find_register(arch, full, part))
		return false;
	part->size = size;
	part->shift = length == 2 && name[1] == 'h' ? 8 : 0;
	return true;
}

static struct iq_error *register_type(struct evaluation *evaluation, const struct part *part, struct iq_type *out)
{
	struct iq_types *types = iq_kernel_types(evaluation->kernel);
	const struct iq_arch *arch = iq_target_arch(iq_kernel_target(evaluation->kernel));

	if (part->size == 8 && part->reg == arch->reg_pc)
		return iq_type_parse(types, "void (*)(void)", out);
	if (part->size == 8 && part->reg == arch->reg_sp)
		return iq_type_parse(types, "void *", out);
	return iq_type_int(types, part->size, false, out);
}

static struct iq_error *find_dollar(void *context, const char *name, struct iq_value *out)
{
	struct evaluation *evaluation = context;
	const struct iq_arch *arch = iq_target_arch(iq_kernel_target(evaluation->kernel));
	struct iq_regs regs = { 0 };
	struct iq_type type;
	struct part part;
	bool done;

	iq_vec_foreach (variable, &evaluation->session->variables)
		if (!strcmp(variable->name, name))
			return iq_value_copy(&variable->value, out);
	IQ_TRY(iq_bpf_chosen_register(evaluation->session, name, &done, out));
	if (done)
		return NULL;
	if (!find_register(arch, name, &part) && !find_part(arch, name, &part))
		return iq_error_new(IQ_ERROR_NOT_FOUND,
				    "$%s is no register and no variable of yours (\"p $%s = 5\" would make one)", name,
				    name);
	IQ_TRY(iq_session_frame_registers(evaluation->session, &regs));
	if (!iq_reg_known(&regs, part.reg))
		return iq_error_new(IQ_ERROR_ARGUMENT, "the value of %s in this frame is not known", name);
	IQ_TRY(register_type(evaluation, &part, &type));
	return iq_value_of_integer(type, regs.value[part.reg] >> part.shift, out);
}

/* History */

static struct iq_error *find_history(void *context, int number, struct iq_value *out)
{
	struct evaluation *evaluation = context;
	const struct iq_session *session = evaluation->session;
	long long count = (long long)session->history.count;
	long long index = number > 0 ? number - 1 : count - 1 + number;

	if (!count)
		return iq_error_new(IQ_ERROR_ARGUMENT, "the history is empty: no value was printed yet");
	if (index < 0 || index >= count)
		return iq_error_new(IQ_ERROR_ARGUMENT, "the history has $1 to $%lld", count);
	return iq_value_copy(&session->history.data[index], out);
}

struct iq_error *iq_session_remember(struct iq_session *session, const struct iq_value *value, unsigned *number)
{
	struct iq_value copy = { 0 }, *kept;

	*number = (unsigned)session->history.count + 1;
	if (*number > MAX_HISTORY)
		return iq_error_new(IQ_ERROR_LIMIT, "the history holds no more than %d values", MAX_HISTORY);
	IQ_TRY(iq_value_copy(value, &copy));
	kept = iq_vec_push(&session->history);
	if (!kept) {
		iq_value_deinit(&copy);
		return iq_error_no_memory();
	}
	*kept = copy;
	return NULL;
}

/* Convenience variables */

/* "$x = " at the start: the name, and where the rest begins. */
static bool is_assignment(const char *text, char name[static 64], const char **rest)
{
	const char *p = text + strspn(text, " \t");
	size_t length;

	if (*p++ != '$' || isdigit((unsigned char)*p))
		return false;
	for (length = 0; isalnum((unsigned char)p[length]) || p[length] == '_';)
		length++;
	*rest = p + length + strspn(p + length, " \t");
	if (!length || length >= 64 || **rest != '=' || (*rest)[1] == '=')
		return false;
	snprintf(name, 64, "%.*s", (int)length, p);
	++*rest;
	return true;
}

static struct iq_error *set_variable(struct iq_session *session, const char *name, const struct iq_value *value)
{
	struct iq_value copy = { 0 };
	struct iq_convenience *variable = NULL;

	IQ_TRY(iq_value_copy(value, &copy));
	iq_vec_foreach (known, &session->variables)
		if (!strcmp(known->name, name))
			variable = known;
	if (!variable) {
		char *kept = strdup(name);

		variable = kept ? iq_vec_push(&session->variables) : NULL;
		if (!variable) {
			free(kept);
			iq_value_deinit(&copy);
			return iq_error_no_memory();
		}
		variable->name = kept;
	}
	iq_value_deinit(&variable->value);
	variable->value = copy;
	return NULL;
}

/* Evaluating */

static struct iq_error *prepare(struct iq_session *session, struct evaluation *evaluation,
				struct iq_expr_context *context)
{
	IQ_TRY(iq_session_kernel(session, &evaluation->kernel));
	evaluation->session = session;
	*context = (struct iq_expr_context){
		.target = iq_kernel_target(evaluation->kernel),
		.types = iq_kernel_types(evaluation->kernel),
		.identifier = find_identifier,
		.reg = find_dollar,
		.history = find_history,
		.per_cpu = find_per_cpu,
		.context = evaluation,
	};
	return NULL;
}

struct iq_error *iq_session_explain(struct iq_session *session, struct iq_error *error)
{
	enum { LOWEST = 4096, HIGHEST = 1 << 30 };
	bool low = error && error->address >= LOWEST && error->address < HIGHEST;

	if (!iq_error_is(error, IQ_ERROR_MEMORY) || !error->has_address ||
	    (!low && !iq_is_kernel_address(iq_kernel_target(session->kernel), error->address)) ||
	    !iq_is_per_cpu_place(session->kernel, error->address))
		return error;
	struct iq_error *better = iq_error_new(
		IQ_ERROR_ARGUMENT, "%s (of per-CPU data say whose, as in per_cpu(x, 0) or with :0 at the end)",
		error->message);
	iq_error_free(error);
	return better;
}

struct iq_error *iq_session_evaluate_on(struct iq_session *session, const char *text, const unsigned *cpu,
					const struct iq_space *user, struct iq_value *out)
{
	struct evaluation evaluation = { .cpu = cpu };
	struct iq_expr_context context;
	char name[64];
	const char *rest;

	IQ_TRY(prepare(session, &evaluation, &context));
	context.user = user;
	if (!is_assignment(text, name, &rest))
		return iq_session_explain(session, iq_expr_evaluate(&context, text, out));
	/* Blanks keep the columns of errors right. */
	_cleanup_free_ char *blanked = strdup(text);
	if (!blanked)
		return iq_error_no_memory();
	memset(blanked, ' ', (size_t)(rest - text));
	IQ_TRY(iq_session_explain(session, iq_expr_evaluate(&context, blanked, out)));
	return set_variable(session, name, out);
}

struct iq_error *iq_session_evaluate(struct iq_session *session, const char *text, struct iq_value *out)
{
	return iq_session_evaluate_on(session, text, NULL, NULL, out);
}

struct iq_error *iq_session_type_of(struct iq_session *session, const char *text, struct iq_type *out)
{
	struct evaluation evaluation = { 0 };
	struct iq_expr_context context;

	IQ_TRY(prepare(session, &evaluation, &context));
	return iq_expr_type(&context, text, out);
}

/* "ffff888100000000", "init_task", "bpf_test_run+315": words, and numbers added to them. */
static bool is_plain_address(const char *text)
{
	size_t length = strspn(text, " \t");
	bool word = false;

	for (text += length; *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("_.$@", *text))
			word = true;
		else if (!word || !strchr("+-", *text) || !text[1] || text[1] == '>')
			return false;
	}
	return word;
}

static struct iq_error *c_address(struct iq_session *session, const char *text, uint64_t *address)
{
	_cleanup_(iq_value_deinit) struct iq_value value = { 0 };
	struct iq_kernel *kernel;
	struct iq_type_info info;
	struct iq_type type;

	IQ_TRY(iq_session_kernel(session, &kernel));
	IQ_TRY(iq_session_evaluate(session, text, &value));
	*address = value.address;
	if (!value.type.source)
		return NULL;
	IQ_TRY(iq_type_strip(value.type, &type));
	IQ_TRY(iq_type_info(type, &info));
	if (info.kind == IQ_TYPE_INT || info.kind == IQ_TYPE_ENUM || info.kind == IQ_TYPE_POINTER)
		return iq_value_integer(iq_kernel_target(kernel), &value, address);
	if (value.place != IQ_IN_MEMORY)
		return iq_error_new(IQ_ERROR_ARGUMENT, "\"%s\" is neither a number nor an object in memory", text);
	return NULL;
}

typedef struct iq_error *(*address_fn)(struct iq_session *session, const char *text, uint64_t *address);

/* What one way can't read, the other may. Whose error counts is the last argument. */
static struct iq_error *one_or_other(struct iq_session *session, const char *text, address_fn one, address_fn other,
				     bool first_counts, uint64_t *address)
{
	struct iq_error *first = one(session, text, address), *second;

	if (!first || iq_error_is(first, IQ_ERROR_INTERRUPTED) || iq_error_is(first, IQ_ERROR_NO_MEMORY))
		return first;
	second = other(session, text, address);
	if (second && first_counts) {
		iq_error_free(second);
		return first;
	}
	iq_error_free(first);
	return second;
}

struct iq_error *iq_session_address(struct iq_session *session, const char *text, uint64_t *address)
{
	if (is_plain_address(text))
		return one_or_other(session, text, iq_calculate_address, c_address, true, address);
	return one_or_other(session, text, c_address, iq_calculate_address, true, address);
}

struct iq_error *iq_parse_address(struct iq_session *session, const char *text, uint64_t *address)
{
	if (is_plain_address(text) && !strchr(text, '.'))
		return iq_calculate_address(session, text, address);
	return one_or_other(session, text, iq_calculate_address, c_address, false, address);
}

struct iq_error *iq_session_print_options(struct iq_session *session, const struct iq_args *args,
					  struct iq_print_options *out)
{
	struct iq_kernel *kernel;

	IQ_TRY(iq_session_kernel(session, &kernel));
	*out = (struct iq_print_options){
		.target = iq_kernel_target(kernel),
		.symbols = iq_kernel_symbols(kernel),
		.radix = iq_session_hexadecimal(session, args) ? 16 : 10,
		.element_limit = session->print_max,
		.repeat_threshold = session->print_repeats,
		.static_names = true,
	};
	return NULL;
}
