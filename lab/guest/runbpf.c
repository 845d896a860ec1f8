// runbpf test OBJECT [REPEAT [PROGRAM]]: loads a BPF object and test-runs its first program, or the one named, on an empty packet.
// runbpf attach OBJECT: loads a BPF object, attaches all its programs, and stays, with "LAB: attached" on standard output.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int test(struct bpf_object *object, int repeat, const char *name)
{
	struct bpf_program *program =
		name ? bpf_object__find_program_by_name(object, name) : bpf_object__next_program(object, NULL);
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet), .repeat = repeat);
	int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);

	printf("test run: error %d, returned %u\n", error, options.retval);
	return error != 0;
}

static int attach(struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		if (!bpf_program__attach(program)) {
			perror(bpf_program__name(program));
			return 1;
		}
	}
	puts("LAB: attached");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	struct bpf_object *object;

	if (argc < 3) {
		fprintf(stderr, "usage: runbpf test OBJECT [REPEAT [PROGRAM]] | attach OBJECT\n");
		return 2;
	}
	object = bpf_object__open(argv[2]);
	if (!object || bpf_object__load(object)) {
		perror(argv[2]);
		return 1;
	}
	if (strcmp(argv[1], "attach") == 0)
		return attach(object);
	return test(object, argc > 3 ? atoi(argv[3]) : 1, argc > 4 ? argv[4] : NULL);
}
