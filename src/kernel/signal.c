// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/signal.h"

#include "kernel/internal.h"

enum { MAX_QUEUED = 1 << 22 };

struct iq_error *iq_task_signals(struct iq_kernel *k, const struct iq_task *task, struct iq_signals *out)
{
	*out = (struct iq_signals){ 0 };
	IQ_TRY(iq_k_get(k, task->address, "task_struct", "signal", &out->signal));
	IQ_TRY(iq_k_get(k, task->address, "task_struct", "sighand", &out->sighand));
	IQ_TRY(iq_k_get(k, task->address, "task_struct", "blocked.sig[0]", &out->blocked));
	IQ_TRY(iq_k_get(k, task->address, "task_struct", "pending.signal.sig[0]", &out->pending));
	IQ_TRY(iq_member_address(k->types, task->address, "task_struct", "pending", &out->queue));
	/* A dead task that was reaped has given it back. */
	if (!out->signal)
		return NULL;
	IQ_TRY(iq_k_get(k, out->signal, "signal_struct", "nr_threads", &out->threads));
	IQ_TRY(iq_k_get(k, out->signal, "signal_struct", "shared_pending.signal.sig[0]", &out->shared));
	return iq_member_address(k->types, out->signal, "signal_struct", "shared_pending", &out->shared_queue);
}

struct iq_error *iq_signal_action(struct iq_kernel *k, uint64_t sighand, unsigned number, struct iq_signal_action *out)
{
	uint64_t size;
	*out = (struct iq_signal_action){ 0 };
	if (number < 1 || number > IQ_SIGNALS)
		return iq_error_new(IQ_ERROR_ARGUMENT, "there is no signal %u", number);
	IQ_TRY(iq_types_size(k->types, "k_sigaction", &size));
	IQ_TRY(iq_member_address(k->types, sighand, "sighand_struct", "action", &out->address));
	out->address += (number - 1) * size;
	IQ_TRY(iq_k_get(k, out->address, "k_sigaction", "sa.sa_handler", &out->handler));
	IQ_TRY(iq_k_get(k, out->address, "k_sigaction", "sa.sa_flags", &out->flags));
	return iq_k_get(k, out->address, "k_sigaction", "sa.sa_mask.sig[0]", &out->mask);
}

struct queue {
	struct iq_kernel *kernel;
	iq_signal_fn fn;
	void *context;
};

static struct iq_error *see_queued(void *context, uint64_t address)
{
	struct queue *queue = context;
	uint64_t number, info;
	IQ_TRY(iq_check_interrupt());
	IQ_TRY(iq_k_get(queue->kernel, address, "sigqueue", "info.si_signo", &number));
	IQ_TRY(iq_member_address(queue->kernel->types, address, "sigqueue", "info", &info));
	return queue->fn(queue->context, (unsigned)number, info);
}

struct iq_error *iq_signals_each(struct iq_kernel *k, uint64_t pending, iq_signal_fn fn, void *context)
{
	struct queue queue = { k, fn, context };
	uint64_t head;
	IQ_TRY(iq_member_address(k->types, pending, "sigpending", "list", &head));
	return iq_list_each(k->target, k->types, head, "sigqueue", "list", MAX_QUEUED, see_queued, &queue);
}

void iq_signal_name(unsigned number, struct iq_strbuf *out)
{
	static const char *const names[IQ_SIGRTMIN] = {
		[1] = "HUP",   [2] = "INT",     [3] = "QUIT",  [4] = "ILL",     [5] = "TRAP",  [6] = "ABRT",
		[7] = "BUS",   [8] = "FPE",     [9] = "KILL",  [10] = "USR1",   [11] = "SEGV", [12] = "USR2",
		[13] = "PIPE", [14] = "ALRM",   [15] = "TERM", [16] = "STKFLT", [17] = "CHLD", [18] = "CONT",
		[19] = "STOP", [20] = "TSTP",   [21] = "TTIN", [22] = "TTOU",   [23] = "URG",  [24] = "XCPU",
		[25] = "XFSZ", [26] = "VTALRM", [27] = "PROF", [28] = "WINCH",  [29] = "IO",   [30] = "PWR",
		[31] = "SYS",
	};
	/* Real-time signals are counted from the nearer end. */
	enum { MIDDLE = (IQ_SIGRTMIN + IQ_SIGNALS) / 2 };
	if (number < 1 || number > IQ_SIGNALS)
		return;
	if (number < IQ_SIGRTMIN)
		iq_strbuf_addf(out, "SIG%s", names[number]);
	else if (number == IQ_SIGRTMIN || number == IQ_SIGNALS)
		iq_strbuf_add(out, number == IQ_SIGRTMIN ? "SIGRTMIN" : "SIGRTMAX");
	else if (number <= MIDDLE)
		iq_strbuf_addf(out, "SIGRTMIN+%u", number - IQ_SIGRTMIN);
	else
		iq_strbuf_addf(out, "SIGRTMAX-%u", IQ_SIGNALS - number);
}

const char *iq_signal_other_name(unsigned number)
{
	switch (number) {
	case 6: return "SIGIOT";
	case 17: return "SIGCLD";
	case 29: return "SIGPOLL";
	case 31: return "SIGUNUSED";
	}
	return NULL;
}
