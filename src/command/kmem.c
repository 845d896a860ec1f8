// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/kmem.h"

#include "util/cleanup.h"

/* What an option does; of those given exactly one is run. */
static const struct part {
	int key;
	struct iq_error *(*run)(const struct iq_kmem *kmem);
} parts[] = {
	{ 's', iq_kmem_slabs }, { 'S', iq_kmem_slabs },   { 'i', iq_kmem_totals },   { 'f', iq_kmem_free },
	{ 'F', iq_kmem_free },  { 'v', iq_kmem_vmalloc }, { 'V', iq_kmem_counters }, { 'n', iq_kmem_nodes },
	{ 'z', iq_kmem_zones }, { 'o', iq_kmem_per_cpu }, { 'h', iq_kmem_huge },     { 'g', iq_kmem_flags },
	{ 'p', iq_kmem_pages },
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
	IQ_TRY(iq_session_kernel(session, &kmem.kernel));
	return chosen ? chosen->run(&kmem) : iq_kmem_addresses(&kmem);
}

const struct iq_command iq_command_kmem = {
	.name = "kmem",
	.summary = "the kernel's memory: what an address is, slab caches, how much, pages, zones, vmalloc areas",
	.options =
		(const struct iq_option[]){
			{ 's', NULL, NULL, "slab caches: how many objects and slabs each has" },
			{ 'S', NULL, NULL, "the same, and the slabs on their lists with all objects" },
			{ 'I', NULL, "NAMES", "with -s and -S: leave out these caches, separated by commas" },
			{ 'i', NULL, NULL, "how much memory there is, and what for" },
			{ 'f', NULL, NULL, "how many blocks are free in each zone, by order and migrate type" },
			{ 'F', NULL, NULL, "the same with each block's struct page" },
			{ 'v', NULL, NULL, "what is mapped by vmalloc() and its like" },
			{ 'V', NULL, NULL, "the counters of /proc/vmstat" },
			{ 'n', NULL, NULL, "nodes with their zones, sections, memory blocks" },
			{ 'z', NULL, NULL, "zones with their watermarks and counters" },
			{ 'o', NULL, NULL, "where each CPU has its variables" },
			{ 'h', NULL, NULL, "pools of huge pages" },
			{ 'g', NULL, NULL, "page flags: all, or those of a value" },
			{ 'p', NULL, NULL, "struct pages: all, or those of addresses" },
			{ 0 },
		},
	.arguments = "[ADDRESS | CACHE | list | shared | FLAGS]...",
	.max_arguments = IQ_ANY_NUMBER,
	.help = "Without an option, what an address is: everything that the kernel's tables say of it.\n"
		"Its symbol, or the CPU's variable; the slab cache and the object with its state; the\n"
		"task, or whose stack; the BPF program or map; the page. An address that is none of\n"
		"the kernel's is a physical one.\n\n"
		"-s shows the slab caches, or those that are named: the size of an object, how many\n"
		"are allocated, how many there are, in how many slabs of which size. Objects that\n"
		"a CPU keeps free for itself are free. \"list\" shows addresses and names only; an address\n"
		"shows the object of a slab that it points into.\n\n"
		"-S shows the slabs that CPUs and nodes have on their lists, too, with their objects:\n"
		"those in use in brackets, free ones without, with the CPU that keeps it for itself.\n"
		"Full slabs are on no list unless the cache is debugged.\n\n"
		"Where memory is missing that tells which objects are free, ALLOCATED is \"?\", and so\n"
		"is an object.\n\n"
		"-i counts pages as the kernel's own counters have them; with \"shared\" also pages\n"
		"that are held more than once, which needs a look at every page. -v with ADDRESS\n"
		"shows the area that it lies in, -p the page that it is in (a kernel address, a\n"
		"physical one, or a struct page's), -g with FLAGS (hexadecimal) the names of the\n"
		"bits that are set.",
	.examples =
		(const struct iq_example[]){
			{ "kmem ff28decdcfeaa100", "kfunc-6.1.47-la57.flat", "what a pointer is: a task" },
			{ "kmem ff28decdd6631ac8", "kfunc-6.1.47-la57.flat", "a CPU's variable" },
			{ "kmem -s kmalloc-64 task_struct", "kfunc-6.1.47-la57.flat", "two caches" },
			{ "kmem -S task_struct", "kfunc-6.1.47-la57.flat", "a cache's slabs and objects" },
			{ "kmem -i", "kfunc-6.1.47-la57.flat", "was it short of memory?" },
			{ "kmem -f", "kfunc-6.1.47-la57.flat", "what sizes of blocks were free?" },
			{ "kmem -g 10200", "kfunc-6.1.47-la57.flat", "what a page's flags mean" },
			{ "kmem -p 1000000", "kfunc-6.1.47-la57.flat", "the page of a physical address" },
			{ 0 },
		},
	.run = run,
};
