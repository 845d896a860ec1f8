/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System V shared memory, semaphores and message queues. Facts: struct kern_ipc_perm in include/linux/ipc.h,
 * ipc_namespace in include/linux/ipc_namespace.h, and ipc/shm.c, ipc/sem.c, ipc/msg.c. */
#ifndef IQ_KERNEL_IPC_H
#define IQ_KERNEL_IPC_H

#include "kernel/task.h"

/* In the order of ipc_namespace.ids: IPC_SEM_IDS, IPC_MSG_IDS, IPC_SHM_IDS. */
enum iq_ipc_kind { IQ_IPC_SEMAPHORES, IQ_IPC_QUEUE, IQ_IPC_MEMORY };

enum { IQ_IPC_DESTROYED = 01000, IQ_IPC_LOCKED = 02000 }; /* of memory: SHM_DEST, SHM_LOCKED in iq_ipc.mode */

/* What does not belong to the kind is 0. */
struct iq_ipc {
	enum iq_ipc_kind kind;
	uint64_t address; /* struct sem_array, msg_queue or shmid_kernel */
	int32_t id;
	uint32_t key, uid, mode;
	uint64_t semaphores;
	uint64_t bytes, messages; /* bytes: in the queue's messages, or of the memory */
	uint64_t attached, file;  /* how often the memory is attached; its struct file */
};

/* The memory behind a shared memory segment, in pages. */
struct iq_ipc_pages {
	uint64_t inode;
	uint64_t allocated, resident, swapped; /* resident: in the page cache */
	bool swapped_known;                    /* not of huge pages, which have none */
};

struct iq_ipc_space {
	uint64_t address; /* struct ipc_namespace */
	uint32_t inode;   /* as in "ipc:[4026531839]" */
};

/* init_ipc_ns; NOT_FOUND when the kernel was built without. The address is set also when the rest can't be read. */
struct iq_error *iq_initial_ipc_space(struct iq_kernel *kernel, struct iq_ipc_space *out);

/* A task's: address 0 when it has none (it has died). */
struct iq_error *iq_task_ipc_space(struct iq_kernel *kernel, const struct iq_task *task, struct iq_ipc_space *out);

typedef struct iq_error *(*iq_ipc_fn)(void *context, const struct iq_ipc *ipc);

/* Calls fn with each of a kind in a namespace, in the order of indices (the lower bits of IDs). What can't be read of
 * one stays 0 (IDs: -1), what is damaged of the table is left out, and the first such error is returned after the rest
 * was shown; an error from fn ends the walk. */
struct iq_error *iq_ipcs_each(struct iq_kernel *kernel, uint64_t space, enum iq_ipc_kind kind, iq_ipc_fn fn,
			      void *context);

/* *out holds what could be read also when there is an error. */
struct iq_error *iq_ipc_pages_read(struct iq_kernel *kernel, const struct iq_ipc *ipc, struct iq_ipc_pages *out);

#endif
