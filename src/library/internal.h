/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands behind the handles of inquest.h. An inquest_error is an iq_error, an inquest_code an iq_error_code. */
#ifndef IQ_LIBRARY_INTERNAL_H
#define IQ_LIBRARY_INTERNAL_H

#include "inquest.h"

#include "command/session.h"
#include "expr/value.h"
#include "util/cleanup.h"

struct inquest {
	struct iq_session session;
	struct iq_kernel *kernel;
	IQ_VEC(char *) strings; /* copies of what the options named */
	IQ_VEC(const char *) dumps, paths;
	struct iq_debuginfo_options debuginfo;
	void (*warn)(void *context, const char *line);
	void *context;
};

struct inquest_value {
	struct inquest *crash;
	struct iq_value value;
};

static inline struct inquest_error *iq_public_error(struct iq_error *error)
{
	return (struct inquest_error *)error;
}

/* Returns from a public function with the error that `expression` gives, if any. */
#define IQ_PUBLIC_TRY(expression)                                                                                      \
	do {                                                                                                           \
		struct iq_error *iq_try_ = (expression);                                                               \
		if (iq_try_)                                                                                           \
			return iq_public_error(iq_try_);                                                               \
	} while (0)

#endif
