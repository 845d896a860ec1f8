/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ctrl-C. The flag of util/diag.h stops a command and is also set when a pipe's reader went away; this one is the
 * person's alone. */
#ifndef IQ_SHELL_INTERRUPT_H
#define IQ_SHELL_INTERRUPT_H

#include <stdbool.h>

/* Catches SIGINT, ignores SIGPIPE. */
void iq_ctrl_c_init(void);

/* Was it pressed since iq_ctrl_c_clear()? */
bool iq_ctrl_c(void);
void iq_ctrl_c_clear(void);

#endif
