/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of the program. */
#include "config.h"

#include "shell/shell.h"

#include "util/cleanup.h"

#include <elf.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

enum {
	OPTION_JSON = 256,
	OPTION_BATCH,
	OPTION_CACHE,
	OPTION_DEBUGINFO,
	OPTION_DEBUGINFOD,
	OPTION_NO_COLOR,
	OPTION_NO_DEBUGINFO,
	OPTION_SOURCE,
	OPTION_VERSION,
	OPTION_REFERENCE
};

static const struct option long_options[] = {
	{ "batch", no_argument, NULL, OPTION_BATCH },
	{ "cache", required_argument, NULL, OPTION_CACHE },
	{ "command", required_argument, NULL, 'c' },
	{ "debuginfo", required_argument, NULL, OPTION_DEBUGINFO },
	{ "debuginfod", no_argument, NULL, OPTION_DEBUGINFOD },
	{ "help", no_argument, NULL, 'h' },
	{ "input", required_argument, NULL, 'i' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "no-color", no_argument, NULL, OPTION_NO_COLOR },
	{ "no-debuginfo", no_argument, NULL, OPTION_NO_DEBUGINFO },
	{ "reference", required_argument, NULL, OPTION_REFERENCE },
	{ "source", required_argument, NULL, OPTION_SOURCE },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ 0 },
};

static const struct {
	const char *option, *help;
} option_help[] = {
	{ "-c, --command COMMAND", "run COMMAND, then end; may be given more than once" },
	{ "-i, --input FILE", "run the commands in FILE first; may be given more than once" },
	{ "--json", "write JSON instead of text" },
	{ "--batch", "neither a prompt nor commands from standard input" },
	{ "--cache SIZE", "keep at most SIZE bytes of decoded pages (16m; k, m, g are understood)" },
	{ "--debuginfo PATH",
	  "debug information: a file (vmlinux, module), or a directory of them;\nmay be given more than once" },
	{ "--no-debuginfo", "use no debug information nor source but what is named" },
	{ "--debuginfod", "ask the servers of DEBUGINFOD_URLS for what is not on this machine" },
	{ "--source DIR", "where the kernel's source lies, for dis -s" },
	{ "--no-color", "no colours; the environment's NO_COLOR does the same" },
	{ "--version", "tell the version" },
	{ "-h, --help", "this text" },
};

static const char usage_line[] = "inquest [VMLINUX] DUMP... [-c COMMAND]... [-i FILE]... [--json] [--batch]";

static const char about[] = "Opens a Linux kernel crash dump. Several DUMPs are the parts of a split one.\n"
			    "VMLINUX, a kernel with symbols, is not needed: what the dump holds is enough.\n\n"
			    "Without commands, the summary and the panicking task's backtrace are shown; on\n"
			    "a terminal, a prompt follows. When standard input is not a terminal, commands\n"
			    "are read from it.\n";

static const char more_about[] =
	"A command's output goes to a shell command with \"COMMAND | SHELL COMMAND\", to\n"
	"a file with \"> FILE\" or \">> FILE\". \"!COMMAND\" runs a shell command, \"< FILE\"\n"
	"the commands in a file; \"#\" starts a comment. Commands in ~/.inquestrc are run\n"
	"first.\n";

static const char debug_information[] =
	"Debug information (DWARF), where there is some, adds source lines, inlined\n"
	"functions, arguments and locals. It is looked for below /usr/lib/debug and\n"
	"beside the installed kernels; \"debuginfo\" tells what was found, and what to\n"
	"type for the rest.\n";

static const char exit_status[] = "The exit status is 0 when all went well, 1 when the dump could not be opened or\n"
				  "a command failed, 2 when this command line makes no sense, 130 when Ctrl-C\n"
				  "ended the run.\n";

static const char man_end[] =
	".SH ENVIRONMENT\n"
	".TP\n.B PAGER\nshows output that is longer than the terminal; less without it\n"
	".TP\n.B NO_COLOR\nif set to anything, there are no colours\n"
	".TP\n.B DEBUGINFOD_URLS\nservers that --debuginfod asks; without that option nothing is sent to any\n"
	".TP\n.B SHELL\nwhat \"!\" alone runs\n"
	".SH FILES\n"
	".TP\n.I ~/.inquestrc\ncommands that are run first; what they print is not shown\n"
	".TP\n.I ~/.local/state/inquest/history\nwhat was typed at the prompt; under XDG_STATE_HOME where that is set\n"
	".TP\n.I ~/.cache/inquest\nindexes of debug information, safe to delete; under XDG_CACHE_HOME where that is "
	"set\n"
	".SH SEE ALSO\n"
	".BR crash (8),\n.BR makedumpfile (8),\n.BR kexec (8)\n";

struct arguments {
	struct iq_shell_options shell;
	struct iq_debuginfo_options debuginfo;
	char *cache; /* directory of DWARF's indexes */
	IQ_VEC(const char *) commands, scripts, dumps, debug_paths;
};

static void arguments_deinit(struct arguments *arguments)
{
	iq_vec_free(&arguments->commands);
	iq_vec_free(&arguments->scripts);
	iq_vec_free(&arguments->dumps);
	iq_vec_free(&arguments->debug_paths);
	free(arguments->cache);
}

static int usage_error(const char *message)
{
	fprintf(stderr, "inquest: %s\nUsage: %s\n", message, usage_line);
	return EXIT_USAGE;
}

static void print_help(void)
{
	printf("Usage: %s\n\n%s\nOptions:\n", usage_line, about);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(option_help); i++) {
		int first = (int)strcspn(option_help[i].help, "\n");

		printf("  %-22s  %.*s\n", option_help[i].option, first, option_help[i].help);
		if (option_help[i].help[first])
			printf("  %-22s  %s\n", "", option_help[i].help + first + 1);
	}
	printf("\nCommands (\"help COMMAND\" tells more):\n");
	for (const struct iq_command *const *command = iq_command_table; *command; command++)
		printf("  %-22s  %s\n", (*command)->name, (*command)->summary);
	printf("\n%s\n%s\n%s", more_about, debug_information, exit_status);
}

static void print_man_page(void)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf commands = { 0 };

	printf(".TH INQUEST 1 \"\" \"inquest " IQ_VERSION
	       "\"\n.SH NAME\ninquest \\- analyse Linux kernel crash dumps\n.SH SYNOPSIS\n%s\n",
	       usage_line);
	printf(".SH DESCRIPTION\n%s.SH OPTIONS\n", about);
	for (size_t i = 0; i < IQ_ARRAY_SIZE(option_help); i++)
		printf(".TP\n.B %s\n%s\n", option_help[i].option, option_help[i].help);
	printf(".SH EXIT STATUS\n%s.SH NOTES\n%s.PP\n%s", exit_status, more_about, debug_information);
	iq_reference_man(&commands);
	fputs(iq_strbuf_text(&commands), stdout);
	fputs(man_end, stdout);
}

static int print_reference(const char *kind)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };

	if (!strcmp(kind, "man"))
		print_man_page();
	else if (!strcmp(kind, "markdown"))
		iq_reference_markdown(&text);
	else if (!strcmp(kind, "examples"))
		iq_reference_examples(&text);
	else
		return usage_error("--reference knows man, markdown and examples");
	fputs(iq_strbuf_text(&text), stdout);
	return EXIT_SUCCESS;
}

/* crash takes the kernel and the dump in any order; an ELF executable is the kernel. */
static bool is_vmlinux(const char *path)
{
	unsigned char header[EI_NIDENT + 2];
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	unsigned type;

	if (fd < 0 || read(fd, header, sizeof(header)) != sizeof(header) || memcmp(header, ELFMAG, SELFMAG))
		return false;
	type = header[EI_DATA] == ELFDATA2MSB ? header[EI_NIDENT] << 8 | header[EI_NIDENT + 1]
					      : header[EI_NIDENT + 1] << 8 | header[EI_NIDENT];
	return type == ET_EXEC || type == ET_DYN;
}

#define PUSH(vec, value)                                                                                               \
	({                                                                                                             \
		__typeof__((vec)->data) place_ = iq_vec_push(vec);                                                     \
		if (place_)                                                                                            \
			*place_ = (value);                                                                             \
		place_ != NULL;                                                                                        \
	})

/* Sorts the files given into a kernel and dumps. A kernel alone stays a "dump", whose opening tells what it is. */
static int take_files(struct arguments *arguments, char **files, int count)
{
	struct iq_kernel_options *kernel = &arguments->shell.kernel;

	for (int i = 0; i < count; i++) {
		bool taken = true;

		if (count == 1 || !is_vmlinux(files[i]))
			taken = PUSH(&arguments->dumps, files[i]);
		else if (kernel->vmlinux)
			return usage_error("two kernels were given");
		else
			kernel->vmlinux = files[i];
		if (!taken)
			return usage_error("out of memory");
	}
	return 0;
}

static int take_cache_size(struct iq_kernel_options *kernel, const char *text)
{
	uint64_t size;

	if (iq_failed(iq_parse_number(text, &size)) || !size || size > SIZE_MAX)
		return usage_error("--cache needs a size, like 64m");
	kernel->cache_bytes = (size_t)size;
	return 0;
}

/* One option; -1: go on, else the exit status. */
static int take_option(struct arguments *arguments, int option)
{
	switch (option) {
	case 'c': return PUSH(&arguments->commands, optarg) ? -1 : usage_error("out of memory");
	case 'i': return PUSH(&arguments->scripts, optarg) ? -1 : usage_error("out of memory");
	case OPTION_DEBUGINFO: return PUSH(&arguments->debug_paths, optarg) ? -1 : usage_error("out of memory");
	case OPTION_DEBUGINFOD: arguments->debuginfo.debuginfod = true; return -1;
	case OPTION_NO_DEBUGINFO: arguments->debuginfo.off = true; return -1;
	case OPTION_SOURCE: arguments->shell.source = optarg; return -1;
	case OPTION_JSON: arguments->shell.json = true; return -1;
	case OPTION_BATCH: arguments->shell.batch = true; return -1;
	case OPTION_NO_COLOR: arguments->shell.no_colour = true; return -1;
	case OPTION_CACHE: return take_cache_size(&arguments->shell.kernel, optarg) ? EXIT_USAGE : -1;
	case OPTION_VERSION: puts("inquest " IQ_VERSION); return EXIT_SUCCESS;
	case 'h': print_help(); return EXIT_SUCCESS;
	case OPTION_REFERENCE: return print_reference(optarg);
	}
	fprintf(stderr, "Usage: %s\n", usage_line);
	return EXIT_USAGE;
}

/* Where indexes of DWARF are kept: basedir-spec's cache directory, which must be absolute. */
static char *cache_directory(void)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path = NULL;

	if (base && *base == '/')
		return asprintf(&path, "%s/inquest", base) < 0 ? NULL : path;
	if (!home || *home != '/')
		return NULL;
	return asprintf(&path, "%s/.cache/inquest", home) < 0 ? NULL : path;
}

static void set_debuginfo(struct arguments *arguments)
{
	arguments->debuginfo.paths = arguments->debug_paths.data;
	arguments->debuginfo.path_count = arguments->debug_paths.count;
	arguments->cache = cache_directory();
	arguments->shell.kernel.debuginfo = &arguments->debuginfo;
	arguments->shell.kernel.dwarf_cache = arguments->cache;
}

int main(int argc, char **argv)
{
	_cleanup_(arguments_deinit) struct arguments arguments = { 0 };
	struct iq_shell_options *shell = &arguments.shell;
	int option, status;

	if (argc > 0)
		argv[0] = (char *)"inquest"; /* what getopt's complaints begin with */
	while ((option = getopt_long(argc, argv, "c:i:h", long_options, NULL)) != -1) {
		status = take_option(&arguments, option);
		if (status >= 0)
			return status;
	}
	status = take_files(&arguments, argv + optind, argc - optind);
	if (status)
		return status;
	if (!arguments.dumps.count && !arguments.commands.count && !arguments.scripts.count)
		return usage_error("no dump was given");
	set_debuginfo(&arguments);
	shell->kernel.dumps = arguments.dumps.data;
	shell->kernel.dump_count = arguments.dumps.count;
	shell->commands = arguments.commands.data;
	shell->command_count = arguments.commands.count;
	shell->scripts = arguments.scripts.data;
	shell->script_count = arguments.scripts.count;
	return iq_shell_main(shell);
}
