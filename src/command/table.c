/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All commands. By name: help, completion and the reference show them in this order. */
#include "command/command.h"

#include <string.h>

#define COMMANDS                                                                                                       \
	COMMAND(pointer)                                                                                               \
	COMMAND(alias)                                                                                                 \
	COMMAND(ascii)                                                                                                 \
	COMMAND(bpf)                                                                                                   \
	COMMAND(bt)                                                                                                    \
	COMMAND(btop)                                                                                                  \
	COMMAND(debuginfo)                                                                                             \
	COMMAND(dis)                                                                                                   \
	COMMAND(eval)                                                                                                  \
	COMMAND(files)                                                                                                 \
	COMMAND(foreach)                                                                                               \
	COMMAND(frame)                                                                                                 \
	COMMAND(fuser)                                                                                                 \
	COMMAND(help)                                                                                                  \
	COMMAND(ipcs)                                                                                                  \
	COMMAND(irq)                                                                                                   \
	COMMAND(kmem)                                                                                                  \
	COMMAND(list)                                                                                                  \
	COMMAND(log)                                                                                                   \
	COMMAND(mach)                                                                                                  \
	COMMAND(mod)                                                                                                   \
	COMMAND(mount)                                                                                                 \
	COMMAND(p)                                                                                                     \
	COMMAND(ps)                                                                                                    \
	COMMAND(pte)                                                                                                   \
	COMMAND(ptob)                                                                                                  \
	COMMAND(ptov)                                                                                                  \
	COMMAND(q)                                                                                                     \
	COMMAND(rd)                                                                                                    \
	COMMAND(repeat)                                                                                                \
	COMMAND(runq)                                                                                                  \
	COMMAND(search)                                                                                                \
	COMMAND(set)                                                                                                   \
	COMMAND(sig)                                                                                                   \
	COMMAND(struct)                                                                                                \
	COMMAND(swap)                                                                                                  \
	COMMAND(sym)                                                                                                   \
	COMMAND(sys)                                                                                                   \
	COMMAND(task)                                                                                                  \
	COMMAND(timer)                                                                                                 \
	COMMAND(tree)                                                                                                  \
	COMMAND(union)                                                                                                 \
	COMMAND(vm)                                                                                                    \
	COMMAND(vtop)                                                                                                  \
	COMMAND(whatis)

#define COMMAND(name) extern const struct iq_command iq_command_##name;
COMMANDS
#undef COMMAND

#define COMMAND(name) &iq_command_##name,
const struct iq_command *const iq_command_table[] = { COMMANDS NULL };
#undef COMMAND

const struct iq_command *iq_command_find(const char *name)
{
	for (const struct iq_command *const *command = iq_command_table; *command; command++)
		if (!strcmp((*command)->name, name))
			return *command;
	return NULL;
}
