/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scope-bound release of resources, the way systemd and libdrgn do it. */
#ifndef IQ_UTIL_CLEANUP_H
#define IQ_UTIL_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((__cleanup__(function)))
#define _cleanup_free_ _cleanup_(iq_freep)
#define _cleanup_close_ _cleanup_(iq_closep)
#define _cleanup_fclose_ _cleanup_(iq_fclosep)

/* Gives a pointer away out of a _cleanup_ variable. */
#define iq_steal(pointer)                                                                                              \
	({                                                                                                             \
		__typeof__(&(pointer)) iq_p_ = &(pointer);                                                             \
		__typeof__(pointer) iq_v_ = *iq_p_;                                                                    \
		*iq_p_ = NULL;                                                                                         \
		iq_v_;                                                                                                 \
	})

#define IQ_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define IQ_MIN(a, b) ((a) < (b) ? (a) : (b))
#define IQ_MAX(a, b) ((a) > (b) ? (a) : (b))

static inline void iq_freep(void *p)
{
	free(*(void **)p);
}

static inline void iq_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void iq_fclosep(FILE **file)
{
	if (*file)
		fclose(*file);
}

#endif
