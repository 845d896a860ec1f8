/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mounts: expressions and values. Walks the list of superblocks with the kernel's own types, and prints each file
 * system with its block size and the references to it.
 *
 *     cc mounts.c $(pkg-config --cflags --libs libinquest) -o mounts
 *     ./mounts DUMP
 */
#include <inquest.h>

#include <inttypes.h>
#include <stdio.h>

enum { MOST = 10000 };

/* A member of a struct, as C text; what can't be read says why. */
static void print_member(const struct inquest_value *value, const char *path)
{
	struct inquest_value *member = NULL;
	char *text = NULL;
	struct inquest_error *error = inquest_value_member(value, path, &member);

	if (!error)
		error = inquest_value_text(member, &text);
	printf("  %s", error ? inquest_error_message(error) : text);
	inquest_error_free(error);
	inquest_free(text);
	inquest_value_free(member);
}

static struct inquest_error *show(struct inquest *crash, uint64_t list, uint64_t *next)
{
	char expression[200];
	struct inquest_value *block, *link = NULL;
	struct inquest_error *error;

	snprintf(expression, sizeof(expression),
		 "*container_of((struct list_head *)%#" PRIx64 ", struct super_block, s_list)", list);
	error = inquest_evaluate(crash, expression, &block);
	if (error)
		return error;
	print_member(block, "s_id");
	print_member(block, "s_blocksize");
	print_member(block, "s_count");
	printf("\n");
	error = inquest_value_member(block, "s_list.next", &link);
	if (!error)
		error = inquest_value_integer(link, next);
	inquest_value_free(link);
	inquest_value_free(block);
	return error;
}

static struct inquest_error *walk(struct inquest *crash)
{
	struct inquest_symbol head;
	struct inquest_error *error = inquest_symbol_by_name(crash, "super_blocks", &head);
	uint64_t at = 0;

	if (!error)
		error = inquest_read(crash, head.address, &at, sizeof(at));
	/* A dump's lists can be damaged: no walk without a bound. */
	for (int n = 0; !error && at != head.address && n < MOST; n++)
		error = show(crash, at, &at);
	return error;
}

int main(int argc, char **argv)
{
	struct inquest *crash;
	struct inquest_error *error;

	if (argc != 2) {
		fprintf(stderr, "Usage: mounts DUMP\n");
		return 2;
	}
	error = inquest_open(&(struct inquest_options){ .dump = argv[1] }, &crash);
	if (!error) {
		error = walk(crash);
		inquest_close(crash);
	}
	if (error)
		fprintf(stderr, "mounts: %s\n", inquest_error_message(error));
	inquest_error_free(error);
	return error != NULL;
}
