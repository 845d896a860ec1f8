/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * C types of the dead kernel: one model, whatever it was read from (BTF now; DWARF is the second front end). A type is
 * a small value: which source, which entry. Sources are added with their bytes, or with a function that fetches them on
 * first use.
 */
#ifndef IQ_TYPE_TYPE_H
#define IQ_TYPE_TYPE_H

#include "util/diag.h"
#include "util/strbuf.h"

#include <stddef.h>

struct iq_types;
struct iq_type_source; /* vmlinux, or one module */

enum iq_type_kind {
	IQ_TYPE_VOID,
	IQ_TYPE_INT, /* with bool and char, told apart by struct iq_type_info.encoding */
	IQ_TYPE_FLOAT,
	IQ_TYPE_POINTER,
	IQ_TYPE_ARRAY,
	IQ_TYPE_STRUCT,
	IQ_TYPE_UNION,
	IQ_TYPE_ENUM,
	IQ_TYPE_FUNCTION, /* a function's prototype */
	IQ_TYPE_TYPEDEF,
	IQ_TYPE_CONST,
	IQ_TYPE_VOLATILE,
	IQ_TYPE_RESTRICT,
	IQ_TYPE_TAG,     /* __user, __rcu, ...: BTF_KIND_TYPE_TAG */
	IQ_TYPE_FORWARD, /* declared, never defined here */
};

struct iq_type {
	struct iq_type_source *source; /* NULL: no type */
	uint32_t id;
};

enum iq_int_encoding { IQ_INT_UNSIGNED, IQ_INT_SIGNED, IQ_INT_BOOL, IQ_INT_CHAR };

struct iq_type_info {
	enum iq_type_kind kind;
	const char *name; /* NULL when anonymous; owned by the source; printable ASCII */
	uint64_t size;    /* bytes, through typedefs; 0 for void, functions and forwards */
	enum iq_int_encoding encoding;
	bool is_signed;        /* ints and enums */
	bool is_union_forward; /* IQ_TYPE_FORWARD */
	bool is_attribute;     /* IQ_TYPE_TAG: __attribute__((NAME)) and not __NAME */
	struct iq_type target; /* of pointers, typedefs, qualifiers, tags; element of an array; result of a function */
	uint64_t count;        /* elements of an array, members, enumerators, parameters */
	bool variadic;         /* functions */
};

struct iq_type_member {
	const char *name; /* NULL when anonymous */
	struct iq_type type;
	uint64_t bit_offset; /* from the start of the type asked for */
	uint32_t bit_size;   /* of a bit-field; 0: not one */
};

struct iq_type_enumerator {
	const char *name; /* NULL in damaged types */
	int64_t value; /* as 64 bits; see is_signed of the enum */
};

struct iq_types *iq_types_new(const struct iq_diag *diag); /* NULL when memory is out */
/* Types that are not vmlinux', a BPF program's: what messages call them; "a BPF program" gives "BTF of a BPF program". Call
 * it before anything is added. */
struct iq_error *iq_types_set_name(struct iq_types *types, const char *name);
void iq_types_free(struct iq_types *types);
void iq_types_freep(struct iq_types **types);

/* Fetches a source's bytes: malloc'ed, the type room's from then on. */
typedef struct iq_error *(*iq_type_loader)(void *context, uint8_t **bytes, size_t *size);

/* Adds BTF. `module` is NULL for vmlinux, which must come first and is the base of the others. The bytes are fetched on
 * the first question that needs them. A module whose bytes are damaged is reported once and left out; damage of
 * vmlinux' BTF is the error of each later question. `context` is freed with `free_context` (may be NULL). */
struct iq_error *iq_types_add_btf(struct iq_types *types, const char *module, iq_type_loader load, void *context,
				  void (*free_context)(void *));

/* Like iq_types_add_btf, but `size` bytes are read piece by piece where they are asked for: a first backtrace touches a
 * small part of vmlinux' BTF, and a page that is missing costs only the types on it. `phase` is the address of the
 * first byte modulo the dump's page size, so that pieces are whole pages. */
typedef struct iq_error *(*iq_type_reader)(void *context, uint64_t offset, void *buffer, size_t length);
struct iq_error *iq_types_add_btf_paged(struct iq_types *types, const char *module, uint64_t size, unsigned phase,
					iq_type_reader read, void *context, void (*free_context)(void *));

/* Are there types at all? When not, what needs them says "needs types: give a vmlinux with debug information". */
bool iq_types_available(struct iq_types *types);

/* Sets a function called once, before the first lookup that vmlinux' types can't answer, to add the modules' types. */
void iq_types_set_loader(struct iq_types *types, struct iq_error *(*load)(void *context), void *context);

/* A named type. `kind` is IQ_TYPE_STRUCT, UNION, ENUM, TYPEDEF, INT, FLOAT or FORWARD; `name` is without the keyword.
 * vmlinux first, then modules. Of several types of one name the first. */
struct iq_error *iq_type_find(struct iq_types *types, enum iq_type_kind kind, const char *name, struct iq_type *out);

/* The same in vmlinux' types alone: nothing is loaded for a name that isn't there. */
struct iq_error *iq_type_find_in_vmlinux(struct iq_types *types, enum iq_type_kind kind, const char *name,
					 struct iq_type *out);

/* A type as C writes it: "struct task_struct", "unsigned long", "pid_t", "struct list_head **", "char[16]", "int
 * (*)[4]". Integers are known without any source too. */
struct iq_error *iq_type_parse(struct iq_types *types, const char *text, struct iq_type *out);

/* The same where more text may follow the type: *length is set to the bytes that belong to it (trailing blanks not
 * counted). */
struct iq_error *iq_type_parse_prefix(struct iq_types *types, const char *text, size_t *length, struct iq_type *out);

/* Types that need not exist in any source. The same question gives the same type again. `count` 0: a flexible array. */
struct iq_error *iq_type_pointer_to(struct iq_types *types, struct iq_type target, struct iq_type *out);
struct iq_error *iq_type_array_of(struct iq_types *types, struct iq_type element, uint64_t count, struct iq_type *out);

/* The machine's void and integers of 1, 2, 4, 8 or 16 bytes as C names them on Linux ("long", "unsigned int"), without
 * any source. */
struct iq_type iq_type_void(struct iq_types *types);
struct iq_error *iq_type_int(struct iq_types *types, unsigned size, bool is_signed, struct iq_type *out);

/* The registry a type belongs to; NULL for no type. */
struct iq_types *iq_type_registry(struct iq_type type);

struct iq_error *iq_type_info(struct iq_type type, struct iq_type_info *out);

/* Through typedefs, qualifiers and tags to the type itself; bounded. */
struct iq_error *iq_type_strip(struct iq_type type, struct iq_type *out);

/* The same, and a struct or union that is only declared here becomes its definition where some source has it. */
struct iq_error *iq_type_complete(struct iq_type type, struct iq_type *out);

/* Bytes of a value of this type (arrays multiplied, overflow checked). IQ_ERROR_ARGUMENT for void, functions and what
 * is only declared. */
struct iq_error *iq_type_size(struct iq_type type, uint64_t *size);

/* The n-th member, enumerator, parameter. `type` need not be stripped. */
struct iq_error *iq_type_member_at(struct iq_type type, uint32_t n, struct iq_type_member *out);
struct iq_error *iq_type_enumerator_at(struct iq_type type, uint32_t n, struct iq_type_enumerator *out);
struct iq_error *iq_type_parameter_at(struct iq_type type, uint32_t n, const char **name, struct iq_type *out);

/* A member by path: "thread.sp", "f_path.dentry", "comm[3]", through anonymous members; not through pointers. An index
 * outside its array is IQ_ERROR_NOT_FOUND; a flexible array has every index. */
struct iq_error *iq_type_member(struct iq_type type, const char *path, struct iq_type_member *out);

/* What a byte offset inside a type is: "se.vruntime", "comm[3]", "flags+2" (bytes into a value). Of a union's members
 * the first that has something there. IQ_ERROR_NOT_FOUND in a hole. */
struct iq_error *iq_type_describe_offset(struct iq_type type, uint64_t offset, struct iq_strbuf *out);

/* Functions (BTF_KIND_FUNC → prototype), variables (BTF holds per-CPU ones on most kernels), enum constants by name.
 * `module` is NULL for vmlinux. */
struct iq_error *iq_type_of_function(struct iq_types *types, const char *module, const char *name, struct iq_type *out);
struct iq_error *iq_type_of_variable(struct iq_types *types, const char *module, const char *name, struct iq_type *out);
struct iq_error *iq_type_constant(struct iq_types *types, const char *name, int64_t *value);
/* The same, and the enum that has it. */
struct iq_error *iq_type_constant_of(struct iq_types *types, const char *name, struct iq_type *type, int64_t *value);

/* BTF by its own numbers, as the kernel's structures refer to it. `module` is NULL for vmlinux. IQ_ERROR_NOT_FOUND
 * where it has no such number, or where these types are not BTF. */
struct iq_error *iq_btf_type(struct iq_types *types, const char *module, uint32_t id, struct iq_type *out);
/* A function (BTF_KIND_FUNC): its name and prototype. */
struct iq_error *iq_btf_function(struct iq_types *types, const char *module, uint32_t id, const char **name,
				 struct iq_type *prototype);
/* A string by its offset, as line info has them; owned by the source. Not an ASCII identifier: escape it. */
struct iq_error *iq_btf_text(struct iq_types *types, const char *module, uint32_t offset, const char **out);
/* The variable of a section (BTF_KIND_DATASEC `id`) that holds the byte at `offset`: its name, type and where it begins.
 */
struct iq_type_variable {
	const char *name;
	struct iq_type type;
	uint64_t offset, size;
};
struct iq_error *iq_btf_section_at(struct iq_types *types, const char *module, uint32_t id, uint64_t offset,
				   struct iq_type_variable *out);
/* The n-th variable of a section; IQ_ERROR_NOT_FOUND behind the last. */
struct iq_error *iq_btf_section_variable(struct iq_types *types, const char *module, uint32_t id, uint32_t n,
					 struct iq_type_variable *out);

/* Calls fn for every named type of every source in order: ints, floats, structs, unions, enums, typedefs. */
struct iq_error *iq_types_each(struct iq_types *types, struct iq_error *(*fn)(void *context, struct iq_type type),
			       void *context);

/* Appends a C declaration of `name` (may be "") with this type: "char comm[16]", "void (*fn)(struct work_struct *)",
 * "struct {...} name". What is damaged becomes "<damaged type>". */
void iq_type_declare(struct iq_type type, const char *name, struct iq_strbuf *out);

/* The workhorse of kernel/: a member of a struct by names, remembered after the first question. `struct_name` and
 * `path` must be literals or otherwise outlive `types`. IQ_ERROR_NOT_FOUND names both: "struct module has no member
 * mem". */
struct iq_error *iq_types_member(struct iq_types *types, const char *struct_name, const char *path,
				 struct iq_type_member *out);

/* Does the member exist in vmlinux' types? For probing: never loads modules' types; also false when there are no types.
 */
bool iq_types_has_member(struct iq_types *types, const char *struct_name, const char *path);

/* sizeof(struct NAME) or sizeof(union NAME) or of the typedef. */
struct iq_error *iq_types_size(struct iq_types *types, const char *struct_name, uint64_t *size);

#endif
