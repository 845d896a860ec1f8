/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiles tests/unit/type/dwarf/NAME.c into the build directory, for the tests of type/dwarf*.c. */
#ifndef IQ_TESTS_DWARF_COMPILE_H
#define IQ_TESTS_DWARF_COMPILE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct compiler {
	const char *name, *command;
};

static const struct compiler compilers[] = {
	{ "gcc4", "gcc -O2 -gdwarf-4" },
	{ "gcc5", "gcc -O2 -gdwarf-5" },
	{ "clang4", "clang -O2 -gdwarf-4" },
	{ "clang5", "clang -O2 -gdwarf-5" },
};

enum { COMPILERS = 4 };

static bool have(const char *program)
{
	char command[256];
	snprintf(command, sizeof(command), "command -v %s >/dev/null 2>&1", program);
	return system(command) == 0;
}

/* "BUILD/dwarf-test-PID-NAME-COMPILER.SUFFIX"; false when the compiler isn't there. */
static bool compile(const struct compiler *compiler, const char *name, const char *options, const char *suffix,
		    char path[512])
{
	char program[16] = "", command[2048];
	sscanf(compiler->command, "%15s", program);
	if (!have(program))
		return false;
	snprintf(path, 512, "%s/dwarf-test-%d-%s-%s%s", getenv("IQ_BUILD_ROOT"), (int)getpid(), name, compiler->name,
		 suffix);
	snprintf(command, sizeof(command), "cd '%s' && %s %s -o '%s' tests/unit/type/dwarf/%s.c",
		 getenv("IQ_SOURCE_ROOT"), compiler->command, options, path, name);
	assert_int_equal(system(command), 0);
	return true;
}

#endif
