// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/code.h"
#include "bpf/btf.h"
#include "bpf/internal.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_LINES = 1000000, LINE_COLUMN_BITS = 10 };

static void note(struct iq_bpf_code *code, struct iq_error *error, const char *what)
{
	if (!error)
		return;
	char *more = NULL;
	/* Names and lines are lost for one reason when it is the BTF: once is enough. */
	bool told = code->notes && strstr(code->notes, error->message);
	if (!told && asprintf(&more, "%s%s%s: %s", code->notes ? code->notes : "", code->notes ? "; " : "", what,
			      error->message) >= 0) {
		free(code->notes);
		code->notes = more;
	}
	iq_error_free(error);
}

static bool is_fatal(const struct iq_error *error)
{
	return iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED);
}

static struct iq_error *read_insns(struct iq_bpf *bpf, struct iq_bpf_code *code)
{
	size_t count = code->program.insn_count;
	_cleanup_free_ uint8_t *bytes = malloc(count * IQ_BPF_INSN_SIZE);
	code->insns = calloc(count, sizeof(*code->insns));
	if (!bytes || !code->insns)
		return iq_error_no_memory();
	IQ_TRY(iq_error_prefix(iq_read(bpf->target, code->program.insns, bytes, count * IQ_BPF_INSN_SIZE),
			       "instructions of the BPF program at %#lx", code->program.address));
	code->insn_count = count;
	for (size_t i = 0; i < count; i++)
		code->insns[i] = iq_bpf_insn_decode(bytes + i * IQ_BPF_INSN_SIZE);
	return NULL;
}

/* Functions. */

static struct iq_error *read_function(struct iq_bpf *bpf, uint64_t address, struct iq_bpf_function *function,
				      uint32_t *length)
{
	uint64_t aux, jited, reachable = 0, callback = 0, boundary = 0;
	function->program = address;
	IQ_TRY(iq_b_get32(bpf, address, "bpf_prog", "len", length));
	IQ_TRY(iq_b_get(bpf, address, "bpf_prog", "aux", &aux));
	IQ_TRY(iq_b_get(bpf, address, "bpf_prog", "jited", &jited));
	IQ_TRY(iq_b_get32(bpf, aux, "bpf_prog_aux", "stack_depth", &function->stack_depth));
	IQ_TRY(iq_b_get_if(bpf, aux, "bpf_prog_aux", "tail_call_reachable", &reachable));
	IQ_TRY(iq_b_get_if(bpf, aux, "bpf_prog_aux", "exception_cb", &callback));
	IQ_TRY(iq_b_get_if(bpf, aux, "bpf_prog_aux", "exception_boundary", &boundary));
	function->tail_call_reachable = reachable;
	function->exception_callback = callback;
	function->exception_boundary = boundary;
	if (!jited)
		return NULL;
	IQ_TRY(iq_b_get(bpf, address, "bpf_prog", "bpf_func", &function->image));
	return iq_b_get(bpf, address, "bpf_prog", "jited_len", &function->image_size);
}

static struct iq_error *read_functions(struct iq_bpf *bpf, struct iq_bpf_code *code)
{
	const struct iq_bpf_program *program = &code->program;
	bool several = program->function_count && program->functions && !program->is_function;
	size_t count = several ? program->function_count : 1;
	uint32_t at = 0;
	code->functions = calloc(count, sizeof(*code->functions));
	if (!code->functions)
		return iq_error_no_memory();
	for (size_t i = 0; i < count; i++) {
		uint64_t address = program->address;
		uint32_t length = 0;
		struct iq_bpf_function function = { 0 };
		if (several)
			IQ_TRY(iq_read_u64(bpf->target, program->functions + 8 * i, &address));
		IQ_TRY(read_function(bpf, address, &function, &length));
		if (!length || length > code->insn_count - at)
			return iq_error_new(IQ_ERROR_FORMAT, "function %zu has %u instructions, where %zu are left", i,
					    length, code->insn_count - at);
		function.start = at;
		function.end = at += length;
		code->functions[code->function_count++] = function;
	}
	return NULL;
}

/* Without its functions a program is shown as one that has no machine code. */
static void one_function(struct iq_bpf_code *code)
{
	code->functions[0] =
		(struct iq_bpf_function){ .end = (uint32_t)code->insn_count, .program = code->program.address };
	code->function_count = 1;
}

static struct iq_error *name_functions(struct iq_bpf *bpf, struct iq_bpf_code *code)
{
	uint64_t infos, count, size;
	struct iq_types *types;
	const char *module;
	IQ_TRY(iq_b_get(bpf, code->program.aux, "bpf_prog_aux", "func_info", &infos));
	IQ_TRY(iq_b_get(bpf, code->program.aux, "bpf_prog_aux", "func_info_cnt", &count));
	if (!infos || !code->program.btf)
		return NULL;
	IQ_TRY(iq_types_size(bpf->types, "bpf_func_info", &size));
	IQ_TRY(iq_bpf_btf_types(bpf, code->program.btf, &types, &module));
	for (size_t i = 0; i < code->function_count && i < count; i++) {
		uint32_t id;
		IQ_TRY(iq_b_get32(bpf, infos + i * size, "bpf_func_info", "type_id", &id));
		IQ_TRY(iq_btf_function(types, module, id, &code->functions[i].name, &code->functions[i].prototype));
	}
	return NULL;
}

/* Lines. */

static uint32_t u32_at(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* struct bpf_line_info: what it is made of has been ABI since 4.20. */
struct raw_lines {
	uint8_t *infos, *jited;
	size_t count;
};

enum { LINE_INFO_SIZE = 16 };

static struct iq_error *fetch_lines(struct iq_bpf *bpf, const struct iq_bpf_code *code, struct raw_lines *raw)
{
	uint64_t infos, jited, count;
	uint64_t aux = code->program.aux;
	IQ_TRY(iq_b_get(bpf, aux, "bpf_prog_aux", "linfo", &infos));
	IQ_TRY(iq_b_get(bpf, aux, "bpf_prog_aux", "jited_linfo", &jited));
	IQ_TRY(iq_b_get(bpf, aux, "bpf_prog_aux", "nr_linfo", &count));
	if (!infos || !count || !code->program.btf)
		return NULL;
	if (count > MAX_LINES)
		return iq_error_new(IQ_ERROR_FORMAT, "%lu of them are said to be there", count);
	raw->infos = malloc(count * LINE_INFO_SIZE);
	raw->jited = calloc(count, 8);
	if (!raw->infos || !raw->jited)
		return iq_error_no_memory();
	IQ_TRY(iq_read(bpf->target, infos, raw->infos, count * LINE_INFO_SIZE));
	raw->count = count;
	return jited ? iq_read(bpf->target, jited, raw->jited, count * 8) : NULL;
}

static struct iq_error *read_line(const struct raw_lines *raw, size_t n, struct iq_types *types, const char *module,
				  struct iq_bpf_line *line)
{
	const uint8_t *p = raw->infos + n * LINE_INFO_SIZE;
	uint32_t place = u32_at(p + 12);
	line->insn = u32_at(p);
	line->line = place >> LINE_COLUMN_BITS;
	line->column = place & ((1u << LINE_COLUMN_BITS) - 1);
	line->jited = (uint64_t)u32_at(raw->jited + 8 * n) | (uint64_t)u32_at(raw->jited + 8 * n + 4) << 32;
	IQ_TRY(iq_btf_text(types, module, u32_at(p + 4), &line->file));
	IQ_TRY(iq_btf_text(types, module, u32_at(p + 8), &line->text));
	while (*line->text == ' ' || *line->text == '\t')
		line->text++;
	return NULL;
}

static struct iq_error *read_lines(struct iq_bpf *bpf, struct iq_bpf_code *code)
{
	struct raw_lines raw = { 0 };
	struct iq_types *types;
	const char *module;
	struct iq_error *error = fetch_lines(bpf, code, &raw);
	if (!error && raw.count)
		error = iq_bpf_btf_types(bpf, code->program.btf, &types, &module);
	if (!error && raw.count && !(code->lines = calloc(raw.count, sizeof(*code->lines))))
		error = iq_error_no_memory();
	for (size_t i = 0; i < raw.count && !error; i++) {
		struct iq_bpf_line *line = &code->lines[code->line_count];
		error = read_line(&raw, i, types, module, line);
		if (!error && (line->insn >= code->insn_count || (i && line->insn <= line[-1].insn)))
			error = iq_error_new(IQ_ERROR_FORMAT, "number %zu is of instruction %u", i, line->insn);
		if (error)
			break;
		line->function = (uint32_t)iq_bpf_function_of(code, line->insn);
		code->line_count++;
	}
	free(raw.infos);
	free(raw.jited);
	return error;
}

/* A part that may be missing. */
static struct iq_error *optional(struct iq_bpf_code *code, struct iq_error *error, const char *what)
{
	if (is_fatal(error))
		return error;
	note(code, error, what);
	return NULL;
}

static struct iq_error *load(struct iq_bpf *bpf, uint64_t address, struct iq_bpf_code *code)
{
	struct iq_bpf_program given;
	IQ_TRY(iq_bpf_program_read(bpf, address, &given));
	struct iq_error *error = iq_bpf_program_owner(bpf, &given, &code->program);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND))
		code->program = given; /* on its way out: the function alone is left */
	IQ_TRY(optional(code, error, "program"));
	IQ_TRY(read_insns(bpf, code));
	error = read_functions(bpf, code);
	if (error && code->functions)
		one_function(code);
	IQ_TRY(optional(code, error, "functions"));
	IQ_TRY(optional(code, name_functions(bpf, code), "names of functions"));
	return optional(code, read_lines(bpf, code), "source lines");
}

struct iq_error *iq_bpf_code_load(struct iq_bpf *bpf, uint64_t program, struct iq_bpf_code *out)
{
	*out = (struct iq_bpf_code){ 0 };
	struct iq_error *error = load(bpf, program, out);
	if (error)
		iq_bpf_code_free(out);
	return error;
}

void iq_bpf_code_free(struct iq_bpf_code *code)
{
	free(code->insns);
	free(code->functions);
	free(code->lines);
	free(code->notes);
	*code = (struct iq_bpf_code){ 0 };
}

/* By address. */

static bool holds(const struct iq_bpf_code *code, uint64_t pc, size_t *function)
{
	for (size_t i = 0; i < code->function_count; i++) {
		const struct iq_bpf_function *f = &code->functions[i];
		if (f->image && pc >= f->image && pc - f->image < f->image_size) {
			*function = i;
			return true;
		}
	}
	return false;
}

struct iq_error *iq_bpf_code_at(struct iq_bpf *bpf, uint64_t pc, const struct iq_bpf_code **out, size_t *function)
{
	iq_vec_foreach (kept, &bpf->codes) {
		if (holds(*kept, pc, function)) {
			*out = *kept;
			return NULL;
		}
	}
	struct iq_images *images = iq_kernel_images(bpf->kernel);
	const struct iq_image *image = iq_image_at(images, pc), *const *all;
	size_t count;
	if (!image || image->kind != IQ_IMAGE_BPF_PROGRAM)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "%#lx is no code of a BPF program", pc);
	if (!image->object) /* whose an image is, is only looked for when all of them are wanted */
		IQ_TRY(iq_images_jited(images, &all, &count));
	if (!image->object)
		return iq_error_new(IQ_ERROR_FORMAT, "%s: which struct bpf_prog it belongs to is not known",
				    image->name);
	struct iq_bpf_code *code = calloc(1, sizeof(*code));
	if (!code || !iq_vec_reserve(&bpf->codes, bpf->codes.count + 1)) {
		free(code);
		return iq_error_no_memory();
	}
	struct iq_error *error = iq_bpf_code_load(bpf, image->object, code);
	if (!error && !holds(code, pc, function))
		error = iq_error_new(IQ_ERROR_FORMAT,
				     "struct bpf_prog at %#lx: the machine code of its functions does not hold %#lx",
				     image->object, pc);
	if (error) {
		iq_bpf_code_free(code);
		free(code);
		return error;
	}
	*iq_vec_push(&bpf->codes) = code;
	*out = code;
	return NULL;
}

void iq_bpf_codes_free(struct iq_bpf *bpf)
{
	iq_vec_foreach (code, &bpf->codes) {
		iq_bpf_code_free(*code);
		free(*code);
	}
	iq_vec_free(&bpf->codes);
}

const struct iq_bpf_line *iq_bpf_line_of(const struct iq_bpf_code *code, size_t insn)
{
	const struct iq_bpf_line *found = NULL;
	for (size_t low = 0, high = code->line_count; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (code->lines[middle].insn <= insn) {
			found = &code->lines[middle];
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return found && found->function == iq_bpf_function_of(code, insn) ? found : NULL;
}

const struct iq_bpf_line *iq_bpf_line_at(const struct iq_bpf_code *code, size_t function, uint64_t pc)
{
	const struct iq_bpf_line *found = NULL;
	/* Lines whose instructions gave no code share their place: the last one counts. */
	for (size_t i = 0; i < code->line_count; i++) {
		const struct iq_bpf_line *line = &code->lines[i];
		if (line->function == function && line->jited && line->jited <= pc &&
		    (!found || line->jited >= found->jited))
			found = line;
	}
	return found;
}

size_t iq_bpf_function_of(const struct iq_bpf_code *code, size_t insn)
{
	for (size_t i = 0; i < code->function_count; i++) {
		if (insn < code->functions[i].end)
			return i;
	}
	return 0;
}
