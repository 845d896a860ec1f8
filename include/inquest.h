/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libinquest: open a Linux kernel crash dump and ask it anything. docs/library.md introduces it, examples/ shows it.
 *
 *     struct inquest *crash;
 *     struct inquest_error *error = inquest_open(&(struct inquest_options){ .dump = "dump.202611231506" }, &crash);
 *
 * Every function that can fail returns NULL for success or an error that the caller frees with inquest_error_free();
 * what it should have filled in is then untouched. Addresses are the dead kernel's. One opened dump is for one thread
 * at a time; several dumps can be open at once, each in a thread of its own.
 *
 * Names that this header gives stay: functions are versioned symbols (INQUEST_0.1), structures grow only into what is
 * reserved.
 */
#ifndef INQUEST_H
#define INQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define INQUEST_API __attribute__((visibility("default")))

/* "0.1.0": of the library that is running, not of this header. */
INQUEST_API const char *inquest_version(void);

/* ---- Errors ---- */

struct inquest_error;

enum inquest_code {
	INQUEST_NO_MEMORY = 1,
	INQUEST_IO,     /* the operating system refused */
	INQUEST_FORMAT, /* a damaged or hostile file */
	INQUEST_UNSUPPORTED,
	INQUEST_NOT_FOUND,   /* no such symbol, type, member, task, ... */
	INQUEST_MEMORY,      /* an address of the dead machine can't be read */
	INQUEST_ARGUMENT,    /* the question makes no sense */
	INQUEST_LIMIT,       /* a corrupt list, a cycle */
	INQUEST_INTERRUPTED, /* inquest_interrupt() */
};

/* What was wanted, where, and why it failed: one line. Lives as long as the error. */
INQUEST_API const char *inquest_error_message(const struct inquest_error *error);
INQUEST_API enum inquest_code inquest_error_code(const struct inquest_error *error);

/* The address that could not be read; false for errors that are about none. */
INQUEST_API bool inquest_error_address(const struct inquest_error *error, uint64_t *address);

/* Frees an error; NULL is fine. */
INQUEST_API void inquest_error_free(struct inquest_error *error);

/* ---- Opening ---- */

struct inquest; /* an opened dump */

/* All strings are copied. What is 0 or NULL takes its default. */
struct inquest_options {
	const char *dump;                              /* the file; or: */
	const char *const *parts;                      /* the parts of a split dump, ended by NULL */
	const char *vmlinux;                           /* a kernel with symbols: not needed */
	const char *const *debuginfo;                  /* files and directories with debug information, ended by NULL */
	bool no_debuginfo;                             /* don't look where distributions put debug information */
	bool debuginfod;                               /* ask the servers of $DEBUGINFOD_URLS for what isn't here */
	size_t cache_bytes;                            /* of decoded pages; 0: 16 MiB */
	void (*warn)(void *context, const char *line); /* gets each warning once: what is damaged or missing */
	void *context;
	uint64_t reserved[8];
};

/* Opens a dump. Reads its headers, no more: a few milliseconds. */
INQUEST_API struct inquest_error *inquest_open(const struct inquest_options *options, struct inquest **out);

/* Closes it and releases everything that it gave but values, backtraces and errors; NULL is fine. */
INQUEST_API void inquest_close(struct inquest *crash);

/* Ends the running question of every opened dump of this process with INQUEST_INTERRUPTED, as do those that follow
 * until it is called with false. May be called from a signal handler. */
INQUEST_API void inquest_interrupt(bool interrupted);

/* ---- Memory ---- */

/* Reads kernel virtual memory. Never makes up bytes: a page that is not in the dump is an INQUEST_MEMORY error that
 * says why. */
INQUEST_API struct inquest_error *inquest_read(struct inquest *crash, uint64_t address, void *buffer, size_t length);
INQUEST_API struct inquest_error *inquest_read_physical(struct inquest *crash, uint64_t address, void *buffer,
							size_t length);
/* The user memory of the task whose task_struct is at `task`. */
INQUEST_API struct inquest_error *inquest_read_user(struct inquest *crash, uint64_t task, uint64_t address,
						    void *buffer, size_t length);

/* ---- Symbols ---- */

struct inquest_symbol {
	const char *name; /* lives as long as the dump is open */
	uint64_t address;
	uint64_t size;      /* 0: not known */
	const char *module; /* "nf_conntrack", "bpf", "ftrace"; NULL: vmlinux */
	char type;          /* nm's letter; '?' not known */
	uint64_t reserved[2];
};

/* By name: vmlinux first, then modules, BPF programs and trampolines. */
INQUEST_API struct inquest_error *inquest_symbol_by_name(struct inquest *crash, const char *name,
							 struct inquest_symbol *out);
/* The symbol that holds an address. */
INQUEST_API struct inquest_error *inquest_symbol_at(struct inquest *crash, uint64_t address,
						    struct inquest_symbol *out);

/* Calls fn for each symbol of a module, or of vmlinux with NULL, by address, until it returns false. */
INQUEST_API struct inquest_error *inquest_each_symbol(struct inquest *crash, const char *module,
						      bool (*fn)(void *context, const struct inquest_symbol *symbol),
						      void *context);

/* ---- Types ---- */

/* sizeof. `type` is as C writes it: "struct task_struct", "unsigned long", "pid_t". */
INQUEST_API struct inquest_error *inquest_type_size(struct inquest *crash, const char *type, uint64_t *size);

struct inquest_member {
	uint64_t offset;     /* bytes */
	uint64_t size;       /* bytes; 0 of a flexible array */
	uint32_t bit_offset; /* of a bit-field, behind `offset` */
	uint32_t bit_size;   /* 0: no bit-field */
	uint64_t reserved[2];
};

/* A member by path: inquest_type_member(crash, "struct task_struct", "thread.sp", &member). */
INQUEST_API struct inquest_error *inquest_type_member(struct inquest *crash, const char *type, const char *path,
						      struct inquest_member *out);

/* ---- Expressions and values ---- */

struct inquest_value;

/* Evaluates a C expression with the kernel's types, as the command p does: "((struct bpf_prog *)0xff2e...)->aux->name",
 * "init_task.comm". */
INQUEST_API struct inquest_error *inquest_evaluate(struct inquest *crash, const char *expression,
						   struct inquest_value **out);
INQUEST_API void inquest_value_free(struct inquest_value *value); /* before inquest_close(); NULL is fine */

/* An integer, enum, bool, char or pointer as 64 bits, sign-extended when its type is signed. */
INQUEST_API struct inquest_error *inquest_value_integer(const struct inquest_value *value, uint64_t *number);

/* Where it lies; false of a value that was computed. */
INQUEST_API bool inquest_value_address(const struct inquest_value *value, uint64_t *address);

/* Copies its first `length` bytes. */
INQUEST_API struct inquest_error *inquest_value_bytes(const struct inquest_value *value, void *buffer, size_t length);

/* As C: "{next = 0x..., prev = 0x...}" over several lines; its type: "struct list_head". Free with inquest_free(). */
INQUEST_API struct inquest_error *inquest_value_text(const struct inquest_value *value, char **text);
INQUEST_API struct inquest_error *inquest_value_type(const struct inquest_value *value, char **text);

/* A part: a member by path ("thread.sp"), through a pointer too; an element; what a pointer points to. */
INQUEST_API struct inquest_error *inquest_value_member(const struct inquest_value *value, const char *path,
						       struct inquest_value **out);
INQUEST_API struct inquest_error *inquest_value_element(const struct inquest_value *value, int64_t index,
							struct inquest_value **out);
INQUEST_API struct inquest_error *inquest_value_dereference(const struct inquest_value *value,
							    struct inquest_value **out);

/* ---- Tasks ---- */

struct inquest_task {
	uint64_t address; /* of struct task_struct */
	int32_t pid;      /* -1: can't be read */
	int32_t tgid, ppid;
	int32_t cpu;       /* -1: not known */
	const char *comm;  /* lives as long as the dump is open */
	const char *state; /* "RU", "IN", "UN", "ID", "ZO", ..., "??" */
	bool running;      /* a CPU's current task at the crash */
	bool kernel_thread;
	bool idle;
	uint64_t reserved[4];
};

/* Calls fn for every task until it returns false: init_task, each thread group with its threads behind the leader. */
INQUEST_API struct inquest_error *
inquest_each_task(struct inquest *crash, bool (*fn)(void *context, const struct inquest_task *task), void *context);
INQUEST_API struct inquest_error *inquest_task_by_pid(struct inquest *crash, int32_t pid, struct inquest_task *out);

/* The task that panicked. INQUEST_NOT_FOUND when none did (a dump of a running machine). */
INQUEST_API struct inquest_error *inquest_panic_task(struct inquest *crash, struct inquest_task *out);

/* ---- Frames ---- */

struct inquest_backtrace;

enum inquest_frame_kind {
	INQUEST_FRAME_CALL,
	INQUEST_FRAME_EXCEPTION, /* a function that was interrupted */
	INQUEST_FRAME_USER,      /* the registers of user mode: the end */
	INQUEST_FRAME_INLINED,   /* a function inlined into the frame that follows: from debug information */
};

struct inquest_frame {
	enum inquest_frame_kind kind;
	uint64_t pc;
	uint64_t sp;
	const char *function; /* NULL: not known */
	uint64_t offset;      /* of pc in it */
	const char *module;   /* NULL: vmlinux */
	const char *file;     /* NULL: no debug information */
	unsigned line;
	uint64_t reserved[4];
};

/* The stack of the task whose task_struct is at `task`. Damage ends it early and is no error: see
 * inquest_backtrace_end(). */
INQUEST_API struct inquest_error *inquest_backtrace(struct inquest *crash, uint64_t task,
						    struct inquest_backtrace **out);
INQUEST_API void inquest_backtrace_free(struct inquest_backtrace *trace); /* before inquest_close(); NULL is fine */
INQUEST_API size_t inquest_backtrace_count(const struct inquest_backtrace *trace);

/* The n-th frame, newest first; strings live as long as the backtrace. n below the count. */
INQUEST_API void inquest_backtrace_frame(const struct inquest_backtrace *trace, size_t n, struct inquest_frame *out);

/* A register in the n-th frame: "rip", "rbx". False when it isn't known there. */
INQUEST_API bool inquest_backtrace_register(const struct inquest_backtrace *trace, size_t n, const char *name,
					    uint64_t *value);

/* Why it ends before the stack does; NULL when it is complete. */
INQUEST_API const char *inquest_backtrace_end(const struct inquest_backtrace *trace);

/* ---- Modules ---- */

struct inquest_module {
	const char *name; /* lives as long as the dump is open */
	uint64_t address; /* of struct module */
	uint64_t base, size;
	uint8_t build_id[64];
	size_t build_id_size;
	uint64_t reserved[4];
};

INQUEST_API struct inquest_error *inquest_each_module(struct inquest *crash,
						      bool (*fn)(void *context, const struct inquest_module *module),
						      void *context);

/* ---- BPF ---- */

/* What the callbacks get lives as long as the call. A program or map that is damaged is told to options.warn and left
 * out. Disassembly, links, who holds what: inquest_command(crash, "bpf ...", INQUEST_JSON, ...). */
struct inquest_bpf_program {
	uint32_t id;
	uint64_t address; /* of struct bpf_prog */
	const char *type; /* "sched_cls" */
	const char *name; /* "" where it has none */
	uint8_t tag[8];
	uint64_t code;       /* its machine code; 0: it was not compiled */
	size_t instructions; /* of bytecode, as the kernel runs it */
	uint64_t load_time;  /* nanoseconds since boot */
	uint64_t reserved[4];
};

/* Calls fn for each loaded program, by ID, until it returns false. */
INQUEST_API struct inquest_error *
inquest_each_bpf_program(struct inquest *crash, bool (*fn)(void *context, const struct inquest_bpf_program *program),
			 void *context);

struct inquest_bpf_map {
	uint32_t id;
	uint64_t address; /* of struct bpf_map */
	const char *type; /* "percpu_hash" */
	const char *name; /* "" where it has none */
	uint32_t key_size, value_size, max_entries;
	uint64_t reserved[4];
};

INQUEST_API struct inquest_error *inquest_each_bpf_map(struct inquest *crash,
						       bool (*fn)(void *context, const struct inquest_bpf_map *map),
						       void *context);

struct inquest_bpf_element {
	const void *key; /* NULL: it has none (queues, ring buffers) */
	size_t key_size;
	uint64_t value; /* its address, for inquest_read(); 0: it has none, or one on each CPU */
	size_t value_size;
	uint64_t object;         /* of maps that hold the kernel's objects: its address; 0 */
	const char *object_type; /* "bpf_prog", "net_device"; NULL */
	uint64_t reserved[4];
};

/* Calls fn for each element of the map with that ID, until it returns false. Damage is the error, after fn got what is
 * whole. INQUEST_UNSUPPORTED for a kind of map whose elements can't be told. */
INQUEST_API struct inquest_error *
inquest_each_bpf_element(struct inquest *crash, uint32_t map,
			 bool (*fn)(void *context, const struct inquest_bpf_element *element), void *context);

/* ---- Commands ---- */

enum inquest_face { INQUEST_TEXT, INQUEST_JSON };

/* Runs a command line as the program does ("bt -l", "foreach files"; no pipes, no redirection) and gives its whole
 * output, NUL-terminated: text, or a JSON array with one object (docs/json.md). Free with inquest_free(). When the
 * command fails, the error is returned and *output, unless it is NULL, holds what there was until then. */
INQUEST_API struct inquest_error *inquest_command(struct inquest *crash, const char *line, enum inquest_face face,
						  char **output);

/* Frees text that this library gave; NULL is fine. */
INQUEST_API void inquest_free(void *text);

#ifdef __cplusplus
}
#endif

#endif
