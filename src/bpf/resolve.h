/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the instructions of a loaded program refer to. Facts: do_misc_fixups(), fixup_kfunc_call() in
 * kernel/bpf/verifier.c; bpf_insn_prepare_dump() in kernel/bpf/syscall.c. */
#ifndef IQ_BPF_RESOLVE_H
#define IQ_BPF_RESOLVE_H

#include "bpf/code.h"

enum iq_bpf_callee_kind {
	IQ_BPF_CALLS_UNKNOWN,
	IQ_BPF_CALLS_HELPER,
	IQ_BPF_CALLS_KFUNC,    /* a kernel function by its BTF id */
	IQ_BPF_CALLS_FUNCTION, /* a function of the program */
	IQ_BPF_CALLS_REGISTER,
};

struct iq_bpf_callee {
	enum iq_bpf_callee_kind kind;
	uint64_t address;         /* of the kernel's function; of a function of the program its machine code */
	const char *name;         /* the symbol: "bpf_map_lookup_elem"; a function's own name; NULL: not known */
	const char *module;       /* "nf_conntrack"; NULL: vmlinux or the program */
	struct iq_type prototype; /* out of the kernel's or the program's BTF; source NULL: not known */
	size_t function;          /* IQ_BPF_CALLS_FUNCTION: its number in the code */
	uint64_t proto;           /* of a helper its struct bpf_func_proto; 0: not found */
};

/* What the CALL instruction at `index` calls. A call of something unknown is no error. */
struct iq_error *iq_bpf_callee(struct iq_bpf *bpf, const struct iq_bpf_code *code, size_t index,
			       struct iq_bpf_callee *out);

/* Appends "int first(struct __sk_buff *packet)", or the name alone where the prototype is not known. */
void iq_bpf_prototype_text(struct iq_type prototype, const char *name, struct iq_strbuf *out);

enum iq_bpf_constant_kind {
	IQ_BPF_PLAIN,
	IQ_BPF_MAP,       /* struct bpf_map */
	IQ_BPF_MAP_VALUE, /* inside of a map's value: of an array with one element, or an arena */
	IQ_BPF_CODE,      /* a callback: a function of the program */
	IQ_BPF_SYMBOL,    /* a variable of the kernel */
};

struct iq_bpf_constant {
	enum iq_bpf_constant_kind kind;
	uint64_t value;
	uint32_t map_id;
	char map_name[16];
	uint64_t map;         /* struct bpf_map */
	uint64_t offset;      /* MAP_VALUE: into the value; SYMBOL: from the symbol */
	uint64_t name_offset; /* from what `name` names */
	const char
		*name; /* SYMBOL, CODE: its name; MAP_VALUE: the variable of the section, where BTF knows; else NULL */
	size_t function; /* CODE */
};

/* What the 64 bits of the LD_IMM64 at `index` are. */
struct iq_error *iq_bpf_constant(struct iq_bpf *bpf, const struct iq_bpf_code *code, size_t index,
				 struct iq_bpf_constant *out);

/* Appends what bpftool's notation leaves out: "counts" of a map, "app.rodata: limit+4", "jiffies", a callback's name;
 * nothing of other constants. */
void iq_bpf_constant_text(const struct iq_bpf_constant *constant, struct iq_strbuf *out);

/* Names for iq_bpf_insn_format() out of the above, in bpftool's notation. */
struct iq_bpf_naming {
	struct iq_bpf *bpf;
	const struct iq_bpf_code *code;
};
struct iq_bpf_names iq_bpf_names_of(struct iq_bpf_naming *naming);

#endif
