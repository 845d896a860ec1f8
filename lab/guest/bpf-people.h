// bpf-people.h: for processes that hold BPF objects (people.h).
#include "people.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

/* A kernel that lacks something says so, for the log. */
static inline int prints(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return level == LIBBPF_DEBUG ? 0 : vprintf(format, arguments);
}

static inline struct bpf_object *opens(const char *file)
{
	struct bpf_object *object = bpf_object__open(file);

	if (!object)
		printf("LAB: not had: %s: %m\n", file);
	return object;
}

static inline struct bpf_object *loads(const char *file)
{
	struct bpf_object *object = opens(file);

	if (object && bpf_object__load(object)) {
		printf("LAB: not had: %s: %m\n", file);
		return NULL;
	}
	return object;
}

/* Only the programs whose names start so. */
static inline struct bpf_object *loads_only(const char *file, const char *prefix)
{
	struct bpf_object *object = opens(file);
	struct bpf_program *program;

	if (!object)
		exit(1);
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, strncmp(bpf_program__name(program), prefix, strlen(prefix)) == 0);
	if (GET(bpf_object__load(object)) < 0)
		exit(1);
	return object;
}

static inline struct bpf_program *program(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	if (!program) {
		printf("LAB: no program %s\n", name);
		exit(1);
	}
	return program;
}

static inline int program_fd(struct bpf_object *object, const char *name) { return bpf_program__fd(program(object, name)); }

static inline int map_fd(struct bpf_object *object, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(object, name);

	if (fd < 0)
		printf("LAB: no map %s\n", name);
	return fd;
}

static inline struct bpf_link *links(const char *what, struct bpf_link *link)
{
	if (!link)
		printf("LAB: not had: %s: %m\n", what);
	return link;
}
#define LINK(call) links(#call, call)

/* Loads an object to have its one program attached, as its section says, and kept. */
static inline struct bpf_link *attaches(struct bpf_object *object, const char *name)
{
	return links(name, bpf_program__attach(program(object, name)));
}

static inline int runs(struct bpf_object *object, const char *name)
{
	char packet[64] = { [12] = 8, [14] = 0x45 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet), .repeat = 1);

	return got(name, bpf_prog_test_run_opts(program_fd(object, name), &options));
}
