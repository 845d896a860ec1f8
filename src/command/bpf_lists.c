// SPDX-License-Identifier: GPL-2.0-or-later
/* bpf: the lists of programs and maps in crash's layout. What is shown: bpf_prog_get_info_by_fd(),
 * bpf_map_get_info_by_fd(), bpf_map_show_fdinfo() in kernel/bpf/syscall.c. */
#include "bpf/btf.h"
#include "command/bpf.h"
#include "command/evaluate.h"
#include "command/structure.h"
#include "kernel/cpu.h"
#include "kernel/system.h"

#include "util/cleanup.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum { MAX_MAPS = 4096, MAX_ENUMERATORS = 4096, NANO = 1000000000 };

/* What is meant, and how it is laid out. */
struct list {
	const struct iq_bpf_shown *shown;
	struct iq_out *out;
	bool verbose; /* -P, -M: a heading for each */
	bool extra;   /* the lines of -p, -P, -m, -M */
	struct iq_strbuf heading, row;
	size_t entries;
};

static void list_deinit(struct list *list)
{
	iq_strbuf_free(&list->heading);
	iq_strbuf_free(&list->row);
}

static bool is_fatal(const struct iq_error *error)
{
	return iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED);
}

/* What is damaged is told; the rest has its turn. */
static struct iq_error *tell(const struct iq_bpf_shown *shown, struct iq_error *error)
{
	if (is_fatal(error))
		return error;
	iq_warn_error(&shown->session->diag, error);
	return NULL;
}

/* A field that may be damaged while the others are not. */
static bool is_there(const struct list *list, const char *key, struct iq_error *error)
{
	if (!error)
		return true;
	iq_add_unavailable(list->out, key, error->message);
	iq_warn_error(&list->shown->session->diag, error);
	return false;
}

/* crash makes the column of types as wide as the longest name of the enumeration, whose prefix it takes to have 14
 * letters. */
static int type_width(const struct list *list, const char *enumeration)
{
	struct iq_type type;
	struct iq_type_info info;
	size_t width = 0;
	if (iq_failed(iq_type_find_in_vmlinux(iq_kernel_types(iq_bpf_kernel(list->shown->bpf)), IQ_TYPE_ENUM,
					      enumeration, &type)) ||
	    iq_failed(iq_type_info(type, &info)))
		return 0;
	for (uint32_t i = 0; i < info.count && i < MAX_ENUMERATORS; i++) {
		struct iq_type_enumerator e;
		if (!iq_failed(iq_type_enumerator_at(type, i, &e)) && e.name)
			width = IQ_MAX(width, strlen(e.name));
	}
	return (int)IQ_MIN(width - IQ_MIN(width, strlen("BPF_PROG_TYPE_")), (size_t)48);
}

static void add_upper(struct iq_out *out, const char *key, const char *text)
{
	char upper[64];
	size_t i;
	for (i = 0; text[i] && i + 1 < sizeof(upper); i++)
		upper[i] = (char)toupper((unsigned char)text[i]);
	upper[i] = '\0';
	iq_add_string(out, key, upper);
}

static void show_heading(struct list *list)
{
	if (list->entries && list->verbose)
		iq_line(list->out, "");
	if (!list->entries || list->verbose)
		iq_text(list->out, "%s", iq_strbuf_text(&list->heading));
	list->entries++;
}

/* -s */

static struct iq_error *show_struct(const struct list *list, const char *type, uint64_t address)
{
	_cleanup_(iq_structure_deinit) struct iq_structure structure = { 0 };
	const struct iq_bpf_shown *shown = list->shown;
	struct iq_print_options options;
	IQ_TRY(iq_session_print_options(shown->session, shown->args, &options));
	IQ_TRY(iq_structure_parse(iq_kernel_types(iq_bpf_kernel(shown->bpf)), 1u << IQ_TYPE_STRUCT, type, &structure));
	struct iq_value value = iq_value_at(structure.type, address);
	iq_line(list->out, "");
	iq_record_begin(list->out);
	struct iq_error *error = iq_structure_show(&structure, &value, &options, list->out);
	iq_end(list->out);
	return error;
}

/* Programs. */

static struct iq_error *add_used_maps(const struct list *list, const struct iq_bpf_program *program)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	_cleanup_free_ uint32_t *ids = calloc(MAX_MAPS, sizeof(*ids));
	size_t count;
	if (!ids)
		return iq_error_no_memory();
	struct iq_error *error = iq_bpf_program_maps(list->shown->bpf, program, ids, MAX_MAPS, &count);
	if (!is_there(list, "map_ids", iq_error_prefix(error, "used_maps of BPF program %u", program->id))) {
		iq_add_string(list->out, "used_maps", "?");
		return NULL;
	}
	iq_list_begin(list->out, "map_ids");
	for (size_t i = 0; i < count && i < MAX_MAPS; i++) {
		iq_add_unsigned(list->out, NULL, ids[i]);
		iq_strbuf_addf(&text, "%s%u", i ? "," : "", ids[i]);
	}
	iq_end(list->out);
	if (iq_out_is_text(list->out))
		iq_add_string(list->out, "used_maps", iq_strbuf_text(&text));
	return NULL;
}

static void add_sizes(const struct list *list, const struct iq_bpf_program *program)
{
	uint64_t jited;
	iq_add_unsigned(list->out, "bytes_xlated", (uint64_t)program->insn_count * 8);
	if (is_there(list, "bytes_jited",
		     iq_error_prefix(iq_bpf_program_jited_len(list->shown->bpf, program, &jited),
				     "functions of BPF program %u", program->id)))
		iq_add_unsigned(list->out, "bytes_jited", jited);
	iq_add_unsigned(list->out, "bytes_memlock", program->memlock);
	/* What crash calls JITED is the first function's alone. */
	if (iq_out_is_text(list->out))
		iq_add_unsigned(list->out, "first_jited", program->jited_len);
	iq_line(list->out, "     XLATED: {bytes_xlated}  JITED: {first_jited}  MEMLOCK: {bytes_memlock}");
}

static void add_load_time(const struct list *list, const struct iq_bpf_program *program)
{
	int64_t boot;
	if (is_there(list, "load_time", iq_boot_time(iq_bpf_kernel(list->shown->bpf), &boot)))
		iq_add_time(list->out, "load_time", boot + (int64_t)(program->load_time / NANO));
	iq_add_big(list->out, "load_time_ns", program->load_time);
	iq_line(list->out, "     LOAD_TIME: {load_time}");
}

static void add_name(const struct list *list, const char *name)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	iq_add_string(list->out, "name", name);
	iq_strbuf_addf(&text, *name ? "\"%s\"" : "(unused)", name);
	if (iq_out_is_text(list->out))
		iq_add_string(list->out, "quoted", iq_strbuf_text(&text));
}

static void add_uid(const struct list *list, bool known, uint32_t uid, const char *why, const char *text)
{
	if (known)
		iq_add_unsigned(list->out, "uid", uid);
	else
		iq_add_unavailable(list->out, "uid", why);
	if (!iq_out_is_text(list->out))
		return;
	_cleanup_(iq_strbuf_free) struct iq_strbuf number = { 0 };
	iq_strbuf_addf(&number, "%u", uid);
	iq_add_string(list->out, "user", known ? iq_strbuf_text(&number) : text);
}

/* The ID of a struct btf; null where there is none. */
static bool add_btf(const struct list *list, uint64_t address, const char *what, uint32_t id)
{
	struct iq_bpf_btf btf;
	if (!address) {
		iq_add_string(list->out, "btf_id", NULL);
		return false;
	}
	if (!is_there(list, "btf_id",
		      iq_error_prefix(iq_bpf_btf_read(list->shown->bpf, address, &btf), "BTF of BPF %s %u", what, id)))
		return false;
	iq_add_unsigned(list->out, "btf_id", btf.id);
	return true;
}

/* The function that a program traces or extends. IQ_ERROR_NOT_FOUND: of an iterator or a struct_ops the number is no
 * function's. */
static struct iq_error *attach_function(const struct list *list, const struct iq_bpf_program *program,
					const char **name, const char **module)
{
	struct iq_bpf *bpf = list->shown->bpf;
	uint64_t btf = program->attach_btf;
	struct iq_type prototype;
	struct iq_types *types;
	if (!btf && program->dst_program) {
		struct iq_bpf_program target;
		IQ_TRY(iq_bpf_program_read(bpf, program->dst_program, &target));
		btf = target.btf;
	}
	/* Before 5.11 it could only be vmlinux'. */
	types = iq_kernel_types(iq_bpf_kernel(bpf));
	*module = NULL;
	if (btf || program->dst_program || iq_types_has_member(types, "bpf_prog_aux", "attach_btf"))
		IQ_TRY(iq_bpf_btf_types(bpf, btf, &types, module));
	return iq_btf_function(types, *module, program->attach_btf_id, name, &prototype);
}

static void add_attachment(const struct list *list, const struct iq_bpf_program *program, struct iq_strbuf *line)
{
	const char *name, *module;
	struct iq_bpf_program target;
	/* 0 is what programs have that need none. */
	iq_add_string(list->out, "attach_type", program->attach_type ? program->attach_name : NULL);
	if (program->attach_type)
		iq_strbuf_addf(line, "  ATTACH_TYPE: %s", program->attach_name);
	if (!program->attach_btf_id)
		return;
	iq_add_unsigned(list->out, "attach_btf_id", program->attach_btf_id);
	struct iq_error *error = attach_function(list, program, &name, &module);
	if (iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_error_free(error);
		return;
	}
	if (!is_there(list, "attach_function", error))
		return;
	iq_add_string(list->out, "attach_function", name);
	iq_add_string(list->out, "attach_module", module);
	iq_strbuf_addf(line, "  FUNCTION: %s", name);
	if (module)
		iq_strbuf_addf(line, " [%s]", module);
	if (program->dst_program && !iq_failed(iq_bpf_program_read(list->shown->bpf, program->dst_program, &target))) {
		iq_add_unsigned(list->out, "target_program_id", target.id);
		iq_strbuf_addf(line, " of program %u", target.id);
	}
}

/* What crash has no place for: a line of what the program has of it. */
static void add_more(const struct list *list, const struct iq_bpf_program *program, const char *whole_name)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	struct iq_bpf_btf btf;
	if (strcmp(whole_name, program->name) != 0)
		iq_strbuf_addf(&line, "  WHOLE_NAME: \"%s\"", whole_name);
	if (add_btf(list, program->btf, "program", program->id) &&
	    !iq_failed(iq_bpf_btf_read(list->shown->bpf, program->btf, &btf)))
		iq_strbuf_addf(&line, "  BTF: %u", btf.id);
	unsigned functions = program->function_count ? program->function_count : 1;
	iq_add_unsigned(list->out, "functions", functions);
	if (functions > 1)
		iq_strbuf_addf(&line, "  FUNCTIONS: %u", functions);
	add_attachment(list, program, &line);
	iq_add_bool(list->out, "sleepable", program->sleepable);
	if (program->sleepable)
		iq_strbuf_add(&line, "  SLEEPABLE: yes");
	iq_add_unsigned(list->out, "stack_depth", program->stack_depth);
	if (program->verified_insns)
		iq_add_unsigned(list->out, "verified_insns", program->verified_insns);
	if (line.length)
		iq_text(list->out, "   %s", iq_strbuf_text(&line));
}

static void add_extra(const struct list *list, const struct iq_bpf_program *program)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf name = { 0 };
	iq_bpf_program_name(list->shown->bpf, program, &name);
	add_sizes(list, program);
	add_load_time(list, program);
	iq_add_bool(list->out, "gpl_compatible", program->gpl_compatible);
	add_name(list, program->name);
	iq_add_string(list->out, "whole_name", iq_strbuf_text(&name));
	add_uid(list, program->uid_known, program->uid, "its user could not be read", "(unknown)");
	iq_line(list->out, "     GPL_COMPATIBLE: {gpl_compatible}  NAME: {quoted}  UID: {user}");
	add_more(list, program, iq_strbuf_text(&name));
}

static struct iq_error *show_program_parts(const struct list *list, const struct iq_bpf_program *program)
{
	const struct iq_args *args = list->shown->args;
	if (iq_args_has(args, 't') || iq_args_has(args, 'T'))
		IQ_TRY(tell(list->shown, iq_bpf_show_xlated(list->shown, program, iq_args_has(args, 'T'))));
	if (iq_args_has(args, 'j'))
		IQ_TRY(tell(list->shown, iq_bpf_show_jited(list->shown, program)));
	if (!iq_args_has(args, 's'))
		return NULL;
	iq_list_begin(list->out, "structs");
	struct iq_error *error = show_struct(list, "bpf_prog", program->address);
	if (!error)
		error = show_struct(list, "bpf_prog_aux", program->aux);
	iq_end(list->out);
	return error;
}

static struct iq_error *show_program(struct list *list, const struct iq_bpf_program *program)
{
	char tag[2 * sizeof(program->tag) + 1];
	for (size_t i = 0; i < sizeof(program->tag); i++)
		snprintf(tag + 2 * i, 3, "%02x", program->tag[i]);
	show_heading(list);
	iq_record_begin(list->out);
	iq_add_string(list->out, "kind", "program");
	iq_add_unsigned(list->out, "id", program->id);
	iq_add_address(list->out, "bpf_prog", program->address);
	iq_add_address(list->out, "bpf_prog_aux", program->aux);
	iq_add_string(list->out, "type", program->type_name);
	if (iq_out_is_text(list->out))
		add_upper(list->out, "TYPE", program->type_name);
	iq_add_string(list->out, "tag", tag);
	struct iq_error *error = add_used_maps(list, program);
	iq_line(list->out, iq_strbuf_text(&list->row));
	if (!error && list->extra)
		add_extra(list, program);
	if (!error && list->extra)
		error = iq_bpf_add_attachments(list->shown, program);
	if (!error)
		error = show_program_parts(list, program);
	iq_end(list->out);
	return error;
}

static struct iq_error *see_program(void *context, uint32_t id, uint64_t address)
{
	struct list *list = context;
	struct iq_bpf_program program;
	struct iq_error *error = iq_bpf_program_listed(list->shown->bpf, id, address, &program);
	return tell(list->shown, error ? error : show_program(list, &program));
}

static struct iq_error *show_programs(const struct iq_bpf_shown *shown, bool extra)
{
	_cleanup_(list_deinit) struct list list = { .shown = shown, .out = shown->out, .extra = extra };
	struct iq_bpf_program program;
	const char *id_text = iq_args_value(shown->args, 'p');
	uint32_t id;
	list.verbose = iq_args_has(shown->args, 'P');
	iq_strbuf_add(&list.heading, " ID      BPF_PROG       BPF_PROG_AUX   BPF_PROG_TYPE       TAG        USED_MAPS");
	iq_strbuf_add(&list.row,
		      "{id:^4} {bpf_prog:^16@address} {bpf_prog_aux:^16@address} {TYPE:^13} {tag} {used_maps:^9}");
	if (list.verbose || !id_text)
		return tell(shown, iq_bpf_each(shown->bpf, IQ_BPF_PROGRAMS, see_program, &list));
	IQ_TRY(iq_bpf_parse_id(id_text, &id));
	IQ_TRY(iq_bpf_program_by_id(shown->bpf, id, &program));
	return show_program(&list, &program);
}

/* Maps. */

/* What kernels up to 6.2 said of a map in fdinfo: 80ee81e0403c ("bpf: Eliminate rlimit-based memory accounting infra
 * for bpf maps") to 90a5527d7686 ("bpf: add new map ops ->map_mem_usage"), after which each type counts on its own. */
static bool footprint(const struct list *list, const struct iq_bpf_map *map, uint64_t *bytes)
{
	static const char *const per_cpu[] = { "percpu_hash", "percpu_array", "lru_percpu_hash",
					       "percpu_cgroup_storage" };
	static const char *const descriptors[] = { "prog_array", "perf_event_array", "cgroup_array", "array_of_maps",
						   "hash_of_maps" };
	struct iq_kernel *kernel = iq_bpf_kernel(list->shown->bpf);
	uint64_t value = map->value_size;
	if (map->memlock_known) {
		*bytes = map->memlock;
		return true;
	}
	if (iq_types_has_member(iq_kernel_types(kernel), "bpf_map_ops", "map_mem_usage"))
		return false;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(descriptors); i++) {
		if (strcmp(map->type_name, descriptors[i]) == 0)
			value = sizeof(uint32_t);
	}
	for (size_t i = 0; i < IQ_ARRAY_SIZE(per_cpu); i++) {
		const struct iq_cpu *cpus;
		size_t count;
		if (strcmp(map->type_name, per_cpu[i]) != 0)
			continue;
		if (iq_failed(iq_cpus(kernel, &cpus, &count)))
			return false;
		value = (value + 7) / 8 * 8 * count;
	}
	*bytes = ((map->key_size + value + 7) / 8 * 8 * map->max_entries + 4095) / 4096 * 4096;
	return true;
}

static void add_map_extra(const struct list *list, const struct iq_bpf_map *map)
{
	uint64_t bytes;
	iq_add_unsigned(list->out, "key_size", map->key_size);
	iq_add_unsigned(list->out, "value_size", map->value_size);
	iq_add_unsigned(list->out, "max_entries", map->max_entries);
	if (footprint(list, map, &bytes))
		iq_add_unsigned(list->out, "bytes_memlock", bytes);
	else
		iq_add_unavailable(list->out, "bytes_memlock", "each type of map counts on its own since 6.3");
	iq_line(list->out, "     KEY_SIZE: {key_size}  VALUE_SIZE: {value_size}  MAX_ENTRIES: {max_entries}  "
			   "MEMLOCK: {bytes_memlock}");
	add_name(list, map->name);
	add_uid(list, map->uid_known, map->uid, "this kernel does not keep it", "(unused)");
	iq_line(list->out, "     NAME: {quoted}  UID: {user}");

	_cleanup_(iq_strbuf_free) struct iq_strbuf line = { 0 };
	struct iq_bpf_btf btf;
	if (add_btf(list, map->btf, "map", map->id) && !iq_failed(iq_bpf_btf_read(list->shown->bpf, map->btf, &btf)))
		iq_strbuf_addf(&line, "  BTF: %u", btf.id);
	iq_add_bool(list->out, "frozen", map->frozen);
	if (map->frozen)
		iq_strbuf_add(&line, "  FROZEN: yes");
	if (map->extra) {
		iq_add_hex(list->out, "map_extra", map->extra);
		iq_strbuf_addf(&line, "  MAP_EXTRA: %#" PRIx64, map->extra);
	}
	if (line.length)
		iq_text(list->out, "   %s", iq_strbuf_text(&line));
}

/* Adds what is known of a map to the open record. */
static void add_map(struct list *list, const struct iq_bpf_map *map)
{
	show_heading(list);
	iq_add_string(list->out, "kind", "map");
	iq_add_unsigned(list->out, "id", map->id);
	iq_add_address(list->out, "bpf_map", map->address);
	iq_add_string(list->out, "type", map->type_name);
	if (iq_out_is_text(list->out))
		add_upper(list->out, "TYPE", map->type_name);
	iq_add_hex(list->out, "flags", map->flags);
	iq_line(list->out, iq_strbuf_text(&list->row));
	if (list->extra)
		add_map_extra(list, map);
}

static struct iq_error *show_map(struct list *list, const struct iq_bpf_map *map)
{
	struct iq_error *error = NULL;
	iq_record_begin(list->out);
	add_map(list, map);
	if (iq_args_has(list->shown->args, 's')) {
		iq_list_begin(list->out, "structs");
		error = show_struct(list, "bpf_map", map->address);
		iq_end(list->out);
	}
	iq_end(list->out);
	return error;
}

static struct iq_error *see_map(void *context, uint32_t id, uint64_t address)
{
	struct list *list = context;
	struct iq_bpf_map map;
	struct iq_error *error = iq_bpf_map_listed(list->shown->bpf, id, address, &map);
	return tell(list->shown, error ? error : show_map(list, &map));
}

static void lay_maps_out(struct list *list)
{
	int width = type_width(list, "bpf_map_type");
	int left = IQ_MAX(width - (int)strlen("BPF_MAP_TYPE"), 0) / 2,
	    right = IQ_MAX(width - (int)strlen("BPF_MAP_TYPE") - left, 0);
	iq_strbuf_addf(&list->heading, " ID      BPF_MAP      %*sBPF_MAP_TYPE%*s MAP_FLAGS", left, "", right, "");
	iq_strbuf_addf(&list->row, "{id:^4} {bpf_map:^16@address} {TYPE:^%d}  {flags:08}", width);
}

void iq_bpf_add_map(const struct iq_bpf_shown *shown, const struct iq_bpf_map *map)
{
	_cleanup_(list_deinit) struct list list = { .shown = shown, .out = shown->out, .extra = true };
	lay_maps_out(&list);
	add_map(&list, map);
}

static struct iq_error *show_maps(const struct iq_bpf_shown *shown, bool extra)
{
	_cleanup_(list_deinit) struct list list = { .shown = shown, .out = shown->out, .extra = extra };
	const char *id_text = iq_args_value(shown->args, 'm');
	struct iq_bpf_map map;
	uint32_t id;
	list.verbose = iq_args_has(shown->args, 'M');
	lay_maps_out(&list);
	if (list.verbose || !id_text)
		return tell(shown, iq_bpf_each(shown->bpf, IQ_BPF_MAPS, see_map, &list));
	IQ_TRY(iq_bpf_parse_id(id_text, &id));
	IQ_TRY(iq_bpf_map_by_id(shown->bpf, id, &map));
	return show_map(&list, &map);
}

struct iq_error *iq_bpf_show_lists(const struct iq_bpf_shown *shown)
{
	bool programs = iq_args_has(shown->args, 'p') || iq_args_has(shown->args, 'P');
	bool maps = iq_args_has(shown->args, 'm') || iq_args_has(shown->args, 'M');
	bool extra = programs || maps;
	struct iq_error *error = NULL;
	if (programs || !extra)
		error = show_programs(shown, extra);
	if (is_fatal(error))
		return error;
	if ((programs && maps) || !extra)
		iq_line(shown->out, "");
	if (maps || !extra)
		iq_error_keep(&error, show_maps(shown, extra));
	return error;
}
