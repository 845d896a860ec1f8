/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shell/interrupt.h"

#include "util/diag.h"

#include <signal.h>

static volatile sig_atomic_t pressed;

static void on_interrupt(int signal)
{
	(void)signal;
	pressed = 1;
	iq_interrupt_set(true);
}

void iq_ctrl_c_init(void)
{
	/* No SA_RESTART: a read or write that waits must come back. */
	struct sigaction interrupt = { .sa_handler = on_interrupt }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

bool iq_ctrl_c(void)
{
	return pressed != 0;
}

void iq_ctrl_c_clear(void)
{
	pressed = 0;
	iq_interrupt_set(false);
}
