// runframes: runs the programs of frames.bpf.o: an endless test run of the XDP program in a child, and the others on a packet of 100
// bytes with a mark. runframes spin: the XDP program alone, in this process.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int descriptor(struct bpf_object *object, const char *program)
{
	return bpf_program__fd(bpf_object__find_program_by_name(object, program));
}

static void spin(struct bpf_object *object)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet), .repeat = 1);

	prctl(PR_SET_NAME, "spinner");
	for (;;) {
		if (bpf_prog_test_run_opts(descriptor(object, "spins"), &options)) {
			perror("spins");
			_exit(1);
		}
	}
}

static int fill(struct bpf_object *object)
{
	int programs = bpf_object__find_map_fd_by_name(object, "programs");
	int numbers = bpf_object__find_map_fd_by_name(object, "numbers");
	__u32 key = 0;
	int program = descriptor(object, "middle");

	if (bpf_map_update_elem(programs, &key, &program, 0))
		return -1;
	key = 1;
	program = descriptor(object, "last");
	__u64 number = 0x3131313132323232;
	return bpf_map_update_elem(programs, &key, &program, 0) || bpf_map_update_elem(numbers, &key, &number, 0);
}

int main(int argc, char **argv)
{
	struct bpf_object *object = bpf_object__open("frames.bpf.o");
	char packet[100] = { 0 };
	struct __sk_buff context = { .mark = 0x1234abcd };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet), .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = 1);

	if (!object || bpf_object__load(object) || fill(object)) {
		perror("frames.bpf.o");
		return 1;
	}
	if ((argc > 1 && strcmp(argv[1], "spin") == 0) || fork() == 0)
		spin(object);
	if (!bpf_program__attach(bpf_object__find_program_by_name(object, "on_writable"))) {
		perror("on_writable");
		return 1;
	}
	sleep(2);
	printf("start: error %d\n", bpf_prog_test_run_opts(descriptor(object, "start"), &options));
	return 1;
}
