/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors as values. A function that can fail returns `struct iq_error *`: NULL is success, anything else is owned by
 * the caller, who hands it on or frees it. A message says what was wanted, where, and why it failed, in one line
 * without a final full stop.
 */
#ifndef IQ_UTIL_ERROR_H
#define IQ_UTIL_ERROR_H

#include <stdbool.h>
#include <stdint.h>

enum iq_error_code {
	IQ_ERROR_NO_MEMORY = 1,  /* malloc failed */
	IQ_ERROR_IO,             /* the operating system refused: open, read, write */
	IQ_ERROR_FORMAT,         /* bytes that contradict their own format: a damaged or hostile input */
	IQ_ERROR_UNSUPPORTED,    /* well formed, but not something this build reads */
	IQ_ERROR_NOT_FOUND,      /* no such symbol, type, member, task, file, ... */
	IQ_ERROR_MEMORY,         /* an address of the dead machine can't be read: see page_state and address */
	IQ_ERROR_ARGUMENT,       /* the caller's or user's argument makes no sense */
	IQ_ERROR_LIMIT,          /* a bound on a loop or size was reached: corrupt list, cycle, ... */
	IQ_ERROR_INTERRUPTED,    /* Ctrl-C */
};

/* What a dump knows about a physical page. */
enum iq_page_state {
	IQ_PAGE_PRESENT,  /* its bytes are in the dump */
	IQ_PAGE_ZERO,     /* left out because every byte was zero: reads as zeros */
	IQ_PAGE_FILTERED, /* left out on purpose (makedumpfile -d) */
	IQ_PAGE_LOST,     /* the copy was cut short before it, or its bytes don't decode */
	IQ_PAGE_ABSENT,   /* the machine has no RAM there */
};

struct iq_error {
	enum iq_error_code code;
	enum iq_page_state page_state; /* with IQ_ERROR_MEMORY; IQ_PAGE_PRESENT when the page tables have no mapping */
	bool has_address;
	uint64_t address;              /* of memory, in the space that was read */
	char *message;
};

/* Returns a short name: "present", "zero", "filtered", "lost", "absent". */
const char *iq_page_state_name(enum iq_page_state state);

/* Makes an error; never returns NULL (out of memory gives a static error). */
struct iq_error *iq_error_new(enum iq_error_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

/* Makes an IQ_ERROR_MEMORY error for `address`. */
struct iq_error *iq_error_memory(uint64_t address, enum iq_page_state state, const char *format, ...)
	__attribute__((format(printf, 3, 4), returns_nonnull));

/* Makes an IQ_ERROR_IO error; ": " and strerror(errnum) are added. */
struct iq_error *iq_error_errno(int errnum, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

struct iq_error *iq_error_no_memory(void) __attribute__((returns_nonnull));

/* Puts context before an error's message: "CONTEXT: MESSAGE". Takes and returns `error`; NULL stays NULL. */
struct iq_error *iq_error_prefix(struct iq_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Frees an error; NULL is fine. */
void iq_error_free(struct iq_error *error);

/* Frees *error and sets it to NULL: for errors that are handled on the spot and for _cleanup_(iq_error_freep). */
void iq_error_freep(struct iq_error **error);

/* Keeps the first error of a work that goes on: takes `error`, which goes to *first if that is still NULL and is freed
 * otherwise, or when `first` is NULL. */
void iq_error_keep(struct iq_error **first, struct iq_error *error);

/* True if `error` is set and has this code. */
static inline bool iq_error_is(const struct iq_error *error, enum iq_error_code code)
{
	return error && error->code == code;
}

/* Returns from the function with the error that `expression` gives, if any. */
#define IQ_TRY(expression)                                                                                             \
	do {                                                                                                           \
		struct iq_error *iq_try_ = (expression);                                                               \
		if (iq_try_)                                                                                           \
			return iq_try_;                                                                                \
	} while (0)

/* Drops an error on purpose and tells whether there was one. */
static inline bool iq_failed(struct iq_error *error)
{
	if (!error)
		return false;
	iq_error_free(error);
	return true;
}

#endif
