// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/kmem.h"

#include "util/cleanup.h"

/* What an option does; of those given exactly one is run. */
static const struct part {
	int key;
	struct iq_error *(*run)(const struct iq_kmem *kmem);
} parts[] = {
	{ 's', iq_kmem_slabs },
	{ 'S', iq_kmem_slabs },
};

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	struct iq_kmem kmem = { .session = session, .args = args, .out = out };
	const struct part *chosen = NULL;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(parts); i++) {
		if (!iq_args_has(args, parts[i].key))
			continue;
		if (chosen)
			return iq_usage_error(args->command, "-%c and -%c exclude each other", chosen->key,
					      parts[i].key);
		chosen = &parts[i];
	}
	if (!chosen)
		return iq_usage_error(args->command, "what of the kernel's memory?");
	IQ_TRY(iq_session_kernel(session, &kmem.kernel));
	return chosen->run(&kmem);
}

const struct iq_command iq_command_kmem = {
	.name = "kmem",
	.summary = "the kernel's memory: slab caches",
	.options =
		(const struct iq_option[]){
			{ 's', NULL, NULL, "slab caches: how many objects and slabs each has" },
			{ 'S', NULL, NULL, "the same, and the slabs on their lists with all objects" },
			{ 'I', NULL, "NAMES", "with -s and -S: leave out these caches, separated by commas" },
			{ 0 },
		},
	.arguments = "[CACHE | list]...",
	.max_arguments = IQ_ANY_NUMBER,
	.help = "-s shows the slab caches, or those that are named: the size of an object, how many\n"
		"are allocated, how many there are, in how many slabs of which size. Objects that\n"
		"a CPU keeps free for itself are free. \"list\" shows addresses and names only.\n\n"
		"-S shows the slabs that CPUs and nodes have on their lists, too, with their objects:\n"
		"those in use in brackets, free ones without, with the CPU that keeps it for itself.\n"
		"Full slabs are on no list unless the cache is debugged.\n\n"
		"Where memory is missing that tells which objects are free, ALLOCATED is \"?\", and so\n"
		"is an object.",
	.examples =
		(const struct iq_example[]){
			{ "kmem -s kmalloc-64 task_struct", "kfunc-6.1.47-la57.flat", "two caches" },
			{ "kmem -S task_struct", "kfunc-6.1.47-la57.flat", "a cache's slabs and objects" },
			{ 0 },
		},
	.run = run,
};
