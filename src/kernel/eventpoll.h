/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an epoll file descriptor watches. */
#ifndef IQ_KERNEL_EVENTPOLL_H
#define IQ_KERNEL_EVENTPOLL_H

#include "kernel/kernel.h"

struct iq_watched {
	int32_t fd;      /* as it was called when it was added */
	uint64_t file;   /* struct file */
	uint32_t events; /* EPOLL... */
};

/* Calls fn with each file that the struct eventpoll at `address` (the private_data of its file) watches, by address of
 * the files. As iq_rbtree_each() for what is damaged. Facts: struct epitem in fs/eventpoll.c. */
typedef struct iq_error *(*iq_watched_fn)(void *context, const struct iq_watched *watched);
struct iq_error *iq_eventpoll_each(struct iq_kernel *kernel, uint64_t address, iq_watched_fn fn, void *context);

#endif
