/* SPDX-License-Identifier: GPL-2.0-or-later */
/* whatis: how a type, a symbol or an expression is declared; which structures have a size or hold a type. */
#include "command/evaluate.h"
#include "command/structure.h"

#include "kernel/global.h"
#include "util/cleanup.h"
#include "util/hash.h"

#include <ctype.h>
#include <string.h>

enum { MAX_DEPTH = 32, MAX_VISITS = 4000000 };

/* The search for structures */

struct match {
	const char *name; /* the registry's */
	uint64_t size;
	bool is_union;
};

struct search {
	uint64_t low, high;
	const char *member;  /* NULL: any */
	struct iq_map known; /* of a type: does it hold one? */
	IQ_VEC(struct match) matches;
	unsigned visits;
};

static void search_deinit(struct search *search)
{
	iq_map_free(&search->known);
	iq_vec_free(&search->matches);
}

static bool holds(struct search *search, struct iq_type type, unsigned depth);

static bool member_holds(struct search *search, const struct iq_type_member *member, unsigned depth)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	struct iq_type type = member->type;
	struct iq_type_info info;

	iq_type_declare(member->type, "", &text);
	if (strstr(iq_strbuf_text(&text), search->member))
		return true;
	for (unsigned i = 0; i < MAX_DEPTH; i++) {
		if (iq_failed(iq_type_strip(type, &type)) || iq_failed(iq_type_info(type, &info)))
			return false;
		if (info.kind != IQ_TYPE_ARRAY)
			break;
		type = info.target;
	}
	return (info.kind == IQ_TYPE_STRUCT || info.kind == IQ_TYPE_UNION) && holds(search, type, depth + 1);
}

static bool holds(struct search *search, struct iq_type type, unsigned depth)
{
	uint64_t key = iq_hash_u64((uintptr_t)type.source) ^ type.id, known;
	struct iq_type_info info;
	bool found = false;

	if (iq_map_get(&search->known, key, &known))
		return known;
	if (depth > MAX_DEPTH || iq_failed(iq_type_info(type, &info)))
		return false;
	for (uint32_t n = 0; n < info.count && !found && ++search->visits < MAX_VISITS; n++) {
		struct iq_type_member member;

		found = !iq_failed(iq_type_member_at(type, n, &member)) && member_holds(search, &member, depth);
	}
	iq_map_set(&search->known, key, found);
	return found;
}

static struct iq_error *consider(void *context, struct iq_type type)
{
	struct search *search = context;
	struct iq_type_info info;
	struct match *match;

	IQ_TRY(iq_check_interrupt());
	if (iq_failed(iq_type_info(type, &info)) || !info.name ||
	    (info.kind != IQ_TYPE_STRUCT && info.kind != IQ_TYPE_UNION) || info.size < search->low ||
	    info.size > search->high || (search->member && !holds(search, type, 0)))
		return NULL;
	match = iq_vec_push(&search->matches);
	if (!match)
		return iq_error_no_memory();
	*match = (struct match){ info.name, info.size, info.kind == IQ_TYPE_UNION };
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const struct match *left = a, *right = b;

	if (left->size != right->size)
		return left->size < right->size ? -1 : 1;
	int order = strcmp(left->name, right->name);
	return order ? order : (int)left->is_union - (int)right->is_union;
}

/* "192", "0xc0", "256-512" */
static struct iq_error *take_range(struct search *search, const char *text)
{
	const char *dash = strchr(text, '-');
	_cleanup_free_ char *low = dash ? strndup(text, (size_t)(dash - text)) : strdup(text);

	if (!low)
		return iq_error_no_memory();
	IQ_TRY(iq_parse_number(low, &search->low));
	search->high = search->low;
	if (dash)
		IQ_TRY(iq_parse_number(dash + 1, &search->high));
	return NULL;
}

static const struct iq_table table = {
	.columns =
		(const struct iq_column[]){ { "size", "SIZE", "@heading", "4" }, { "type", "TYPE", "@heading", "" } },
	.count = 2,
	.gap = "  ",
};

static struct iq_error *search_types(struct iq_types *types, const struct iq_args *args, struct iq_out *out)
{
	_cleanup_(search_deinit) struct search search = { .low = 1, .high = UINT64_MAX };
	const struct match *last = NULL;

	search.member = iq_args_value(args, 'm');
	if (iq_args_has(args, 'r'))
		IQ_TRY(take_range(&search, iq_args_value(args, 'r')));
	IQ_TRY(iq_types_each(types, consider, &search));
	if (!search.matches.count)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no struct or union is like that");
	qsort(search.matches.data, search.matches.count, sizeof(*search.matches.data), compare);
	iq_table_heading(out, &table);
	iq_vec_foreach (match, &search.matches) {
		/* vmlinux and modules may have the same one. */
		if (last && !compare(last, match))
			continue;
		last = match;
		iq_record_begin(out);
		iq_add_unsigned(out, "size", match->size);
		iq_add_string(out, "type", match->name);
		iq_add_string(out, "kind", match->is_union ? "union" : "struct");
		iq_table_row(out, &table);
		iq_end(out);
	}
	return NULL;
}

/* Declarations */

static void show(struct iq_out *out, const char *text, const char *declaration)
{
	iq_record_begin(out);
	iq_add_string(out, "expression", text);
	iq_add_string(out, "declaration", declaration);
	iq_line(out, "{declaration}");
	iq_end(out);
}

static bool is_name(const char *text)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) || text[length] == '_')
		length++;
	return length && !text[length] && !isdigit((unsigned char)*text);
}

/* A variable or function, or an enum constant. False in *found if the name is none of them. */
static struct iq_error *show_symbol(struct iq_session *session, const char *text, struct iq_out *out, bool *found)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	struct iq_kernel *kernel;
	struct iq_global global;
	struct iq_type type;
	int64_t value;

	IQ_TRY(iq_session_kernel(session, &kernel));
	*found = is_name(text);
	if (!*found)
		return NULL;
	struct iq_error *error = iq_global_by_name(kernel, text, &global);
	if (!error && !global.type.source)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "the type of %s is not known (it is at %#llx)", text,
				    (unsigned long long)global.symbol.address);
	if (!error) {
		iq_type_declare(global.type, text, &line);
		iq_strbuf_add_char(&line, ';');
	} else if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_error_free(error);
		error = iq_type_constant_of(iq_kernel_types(kernel), text, &type, &value);
		if (!error) {
			iq_type_declare(type, "", &line);
			iq_strbuf_addf(&line, " = %lld", (long long)value);
		}
	}
	*found = !error;
	if (*found)
		show(out, text, iq_strbuf_text(&line));
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_error_free(error);
		return NULL;
	}
	return error;
}

static struct iq_error *show_expression(struct iq_session *session, const char *text, struct iq_out *out)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	struct iq_type type;

	IQ_TRY(iq_session_type_of(session, text, &type));
	iq_type_declare(type, "", &line);
	show(out, text, iq_strbuf_text(&line));
	return NULL;
}

/* "list_head", "struct task_struct.pid,comm", "gfp_t": what struct shows, too. */
static bool names_type(const char *text)
{
	size_t length = strcspn(text, " ");
	bool keyword = (length == 6 && !strncmp(text, "struct", 6)) || (length == 5 && !strncmp(text, "union", 5)) ||
		       (length == 4 && !strncmp(text, "enum", 4));

	if (keyword)
		text += length + strspn(text + length, " ");
	while (isalnum((unsigned char)*text) || strchr(keyword ? "_.,[]" : "_.,", *text)) {
		if (!*text)
			return true;
		text++;
	}
	return false;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	const unsigned kinds = 1u << IQ_TYPE_STRUCT | 1u << IQ_TYPE_UNION | 1u << IQ_TYPE_TYPEDEF | 1u << IQ_TYPE_ENUM |
			       1u << IQ_TYPE_INT;
	_cleanup_(iq_structure_deinit) struct iq_structure structure = { 0 };
	_cleanup_free_ char *text = strdup(iq_args_text(args, 0));
	struct iq_kernel *kernel;
	bool found = false;

	IQ_TRY(iq_session_kernel(session, &kernel));
	if (!text)
		return iq_error_no_memory();
	for (size_t length = strlen(text); length && isspace((unsigned char)text[length - 1]);)
		text[--length] = '\0';
	if (iq_args_has(args, 'r') || iq_args_has(args, 'm')) {
		if (*text)
			return iq_usage_error(args->command, "-r and -m search for a name, they take none");
		return search_types(iq_kernel_types(kernel), args, out);
	}
	if (!*text)
		return iq_usage_error(args->command, "what is meant?");
	if (!iq_args_has(args, 'o'))
		IQ_TRY(show_symbol(session, text, out, &found));
	if (found)
		return NULL;
	if (!names_type(text))
		return show_expression(session, text, out);
	struct iq_error *error = iq_structure_parse(iq_kernel_types(kernel), kinds, text, &structure);
	if (!error)
		return iq_structure_define(&structure, 0,
					   (iq_args_has(args, 'o') ? IQ_DEFINE_OFFSETS : 0) |
						   (session->radix == 16 ? IQ_DEFINE_HEXADECIMAL : 0),
					   out);
	struct iq_error *second = show_expression(session, text, out);
	if (second) {
		iq_error_free(error);
		return second;
	}
	iq_error_free(error);
	return NULL;
}

const struct iq_command iq_command_whatis = {
	.name = "whatis",
	.summary = "how a type, symbol or expression is declared; search for structures",
	.options =
		(const struct iq_option[]){
			{ 'o', NULL, NULL, "members with their offsets" },
			{ 'r', NULL, "SIZE[-SIZE]", "all structures of this size, or between two sizes" },
			{ 'm', NULL, "TYPE", "all structures with a member whose type has TYPE in its name" },
			{ 0 },
		},
	.arguments = "[TYPE | SYMBOL | EXPRESSION]",
	.max_arguments = IQ_ANY_NUMBER,
	.flags = IQ_COMMAND_PREFIX,
	.help = "A struct, union, enum or typedef is shown as `struct` does; its keyword may be\n"
		"left out. A variable or function is shown with its declaration, an enum constant\n"
		"with its enum and value, of another C expression the type. Nothing is read for it.\n"
		"A name that is both a symbol and a type is the symbol; write \"struct NAME\".\n\n"
		"-r and -m search all structs and unions of vmlinux and the modules. -m also finds\n"
		"pointers to the type, and what lies in an embedded structure. Both may be given.",
	.examples =
		(const struct iq_example[]){
			{ "whatis list_head", "kfunc-6.1.47-la57.flat", "a struct" },
			{ "whatis -o list_head", "kfunc-6.1.47-la57.flat", "with offsets" },
			{ "whatis bpf_test_run", "kfunc-6.1.47-la57.flat", "a function" },
			{ "whatis init_task.tasks.next", "kfunc-6.1.47-la57.flat", "the type of an expression" },
			{ "whatis -r 256-512 -m bpf_prog", "kfunc-6.1.47-la57.flat",
			  "structures of a size that know a BPF program" },
			{ 0 },
		},
	.run = run,
};
