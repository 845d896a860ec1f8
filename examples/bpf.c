/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf: programs and maps. Prints each BPF program that was loaded with its name in the kernel's style, and of each map
 * how many elements it had.
 *
 *     cc bpf.c $(pkg-config --cflags --libs libinquest) -o bpf
 *     ./bpf DUMP
 */
#include <inquest.h>

#include <inttypes.h>
#include <stdio.h>

static bool print_program(void *context, const struct inquest_bpf_program *program)
{
	(void)context;
	printf("program %" PRIu32 " %s bpf_prog_", program->id, program->type);
	for (size_t i = 0; i < sizeof(program->tag); i++)
		printf("%02x", program->tag[i]);
	printf("_%s: %zu instructions\n", program->name, program->instructions);
	return true;
}

static bool count(void *context, const struct inquest_bpf_element *element)
{
	(void)element;
	++*(uint64_t *)context;
	return true;
}

static bool print_map(void *context, const struct inquest_bpf_map *map)
{
	uint64_t elements = 0;
	struct inquest_error *error = inquest_each_bpf_element(context, map->id, count, &elements);

	printf("map %" PRIu32 " %s %s: ", map->id, map->type, map->name);
	if (error)
		printf("%s\n", inquest_error_message(error));
	else
		printf("%" PRIu64 " elements\n", elements);
	inquest_error_free(error);
	return true;
}

int main(int argc, char **argv)
{
	struct inquest *crash;
	struct inquest_error *error;

	if (argc != 2) {
		fprintf(stderr, "Usage: bpf DUMP\n");
		return 2;
	}
	error = inquest_open(&(struct inquest_options){ .dump = argv[1] }, &crash);
	if (!error) {
		error = inquest_each_bpf_program(crash, print_program, NULL);
		if (!error)
			error = inquest_each_bpf_map(crash, print_map, crash);
		inquest_close(crash);
	}
	if (error)
		fprintf(stderr, "bpf: %s\n", inquest_error_message(error));
	inquest_error_free(error);
	return error != NULL;
}
