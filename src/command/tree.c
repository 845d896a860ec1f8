// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/evaluate.h"
#include "command/objects.h"

#include "kernel/maple.h"
#include "kernel/rbtree.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_ENTRIES = 100000000 };

struct request {
	struct iq_session *session;
	struct iq_target *target;
	struct iq_types *types;
	struct iq_out *out;
	struct iq_object_views views;
	uint64_t start;       /* the root's address; of a node with -N */
	uint64_t node_offset; /* -o */
	bool is_node, linear, positions, verbose;
	uint64_t shown;
};

/* One element; `position` is NULL unless it is asked for. */
static struct iq_error *show(struct request *tree, uint64_t address, const uint64_t *index, const char *position)
{
	iq_record_begin(tree->out);
	iq_add_address(tree->out, "address", address);
	if (index)
		iq_add_unsigned(tree->out, "index", *index);
	iq_line(tree->out, "{address@address:x}");
	if (position) {
		iq_add_string(tree->out, "position", position);
		iq_line(tree->out, index ? "  index: {index}  position: {position}" : "  position: {position}");
	}
	iq_object_views_show(&tree->views, address, tree->out);
	iq_end(tree->out);
	tree->shown++;
	return iq_check_interrupt();
}

static struct iq_error *show_rb_node(void *context, uint64_t node, const struct iq_rbtree_place *place)
{
	struct request *tree = context;
	_cleanup_(iq_strbuf_free) struct iq_strbuf position = { 0 };

	iq_strbuf_add(&position, "root");
	for (unsigned i = 0; tree->positions && i < place->depth; i++)
		iq_strbuf_addf(&position, "/%c", place->turns[i]);
	return show(tree, node - tree->node_offset, NULL, tree->positions ? iq_strbuf_text(&position) : NULL);
}

static struct iq_error *walk_rbtree(struct request *tree)
{
	uint64_t root = tree->start;

	if (!tree->is_node)
		IQ_TRY(iq_get(tree->target, tree->types, tree->start, "rb_root", "rb_node", &root));
	return iq_rbtree_each(tree->target, tree->types, root, !tree->is_node, tree->linear, MAX_ENTRIES, show_rb_node,
			      tree);
}

static void add_slots(const unsigned *slots, unsigned count, struct iq_strbuf *position)
{
	iq_strbuf_add(position, "root");
	for (unsigned i = 0; i < count; i++)
		iq_strbuf_addf(position, "/%u", slots[i]);
}

static struct iq_error *show_xarray_entry(void *context, const struct iq_xarray_place *place, uint64_t entry)
{
	struct request *tree = context;
	_cleanup_(iq_strbuf_free) struct iq_strbuf position = { 0 };

	if (place->depth)
		add_slots(place->slots, place->depth, &position);
	else
		iq_strbuf_add(&position, "direct/0");
	return show(tree, entry, &place->index, tree->positions ? iq_strbuf_text(&position) : NULL);
}

static struct iq_error *walk_xarray(struct request *tree)
{
	uint64_t head = tree->start;

	if (!tree->is_node)
		IQ_TRY(iq_xarray_head(tree->target, tree->types, tree->start, &head));
	return iq_xarray_each_place(tree->target, tree->types, head, MAX_ENTRIES, show_xarray_entry, tree);
}

/* With -v: the range that the entry is for, as the kernel's mt_dump() has it. */
static void show_range(struct request *tree, const struct iq_maple_place *place, uint64_t entry)
{
	iq_record_begin(tree->out);
	iq_add_big(tree->out, "first", place->first);
	iq_add_big(tree->out, "last", place->last);
	if (entry)
		iq_add_address(tree->out, "address", entry);
	else
		iq_add_string(tree->out, "address", NULL);
	iq_text(tree->out, entry ? "%*s%" PRIu64 "-%" PRIu64 ": %#" PRIx64 : "%*s%" PRIu64 "-%" PRIu64 ": (nil)",
		2 * (int)place->depth, "", place->first, place->last, entry);
	iq_object_views_show(&tree->views, entry, tree->out);
	iq_end(tree->out);
}

static struct iq_error *show_maple_entry(void *context, const struct iq_maple_place *place, uint64_t entry)
{
	struct request *tree = context;
	_cleanup_(iq_strbuf_free) struct iq_strbuf position = { 0 };
	uint64_t number = tree->shown + 1;

	if (tree->verbose) {
		show_range(tree, place, entry);
		return iq_check_interrupt();
	}
	if (place->depth)
		add_slots(place->slots, place->depth, &position);
	else
		iq_strbuf_add(&position, "direct/0");
	return show(tree, entry, &number, tree->positions ? iq_strbuf_text(&position) : NULL);
}

static struct iq_error *show_maple_node(void *context, const struct iq_maple_place *place, enum iq_maple_type type,
					uint64_t address)
{
	static const char *const names[] = { "dense", "leaf_64", "range_64", "arange_64" };
	struct request *tree = context;

	iq_record_begin(tree->out);
	iq_add_big(tree->out, "first", place->first);
	iq_add_big(tree->out, "last", place->last);
	iq_add_address(tree->out, "node", address);
	iq_add_unsigned(tree->out, "depth", place->depth);
	iq_add_string(tree->out, "type", names[type]);
	iq_text(tree->out, "%*s%" PRIu64 "-%" PRIu64 ": node %#" PRIx64 " depth %u type %u (maple_%s)",
		2 * (int)place->depth, "", place->first, place->last, address, place->depth, type, names[type]);
	iq_end(tree->out);
	return iq_check_interrupt();
}

static struct iq_error *walk_maple(struct request *tree)
{
	struct iq_maple_visitor visitor = { .entry = show_maple_entry, .context = tree, .empty = tree->verbose };

	if (tree->is_node)
		return iq_error_new(IQ_ERROR_ARGUMENT, "a maple tree needs its root: -N is not for it");
	if (tree->verbose)
		visitor.node = show_maple_node;
	return iq_maple_each(tree->target, tree->types, tree->start, MAX_ENTRIES, &visitor);
}

/* The kinds by name; a beginning of one that is no other's will do. */
static const struct kind {
	const char *name;
	unsigned least; /* letters */
	struct iq_error *(*walk)(struct request *tree);
} kinds[] = {
	{ "rbtree", 2, walk_rbtree },
	{ "radix", 2, walk_xarray }, /* an xarray since 4.20 */
	{ "xarray", 1, walk_xarray },
	{ "maple", 1, walk_maple },
};

static const struct kind *find_kind(const char *text)
{
	for (size_t i = 0; i < IQ_ARRAY_SIZE(kinds); i++)
		if (strlen(text) >= kinds[i].least && !strncmp(kinds[i].name, text, strlen(text)))
			return &kinds[i];
	return NULL;
}

static struct iq_error *run_request(struct request *tree, const struct kind *kind, const struct iq_args *args)
{
	const char *root_offset = iq_args_value(args, 'r'), *node_offset = iq_args_value(args, 'o');
	uint64_t offset = 0;

	tree->is_node = iq_args_has(args, 'N');
	tree->linear = iq_args_has(args, 'l');
	tree->positions = iq_args_has(args, 'p');
	tree->verbose = iq_args_has(args, 'v');
	if (root_offset && tree->is_node)
		return iq_usage_error(args->command, "-r and -N exclude each other");
	if (node_offset)
		IQ_TRY(iq_parse_offset(tree->session, node_offset, &tree->node_offset));
	if (root_offset)
		IQ_TRY(iq_parse_offset(tree->session, root_offset, &offset));
	IQ_TRY(iq_session_address(tree->session, args->words[0].text, &tree->start));
	tree->start += offset;
	IQ_TRY(iq_object_views_parse(tree->session, args, &tree->views));
	IQ_TRY(iq_error_prefix(kind->walk(tree), "%s at %#" PRIx64, kind->name, tree->start));
	if (!tree->shown && !tree->verbose)
		iq_line(tree->out, "(empty)");
	return NULL;
}

static struct iq_error *run(struct iq_session *session, const struct iq_args *args, struct iq_out *out)
{
	const char *name = iq_args_value(args, 't');
	const struct kind *kind = name ? find_kind(name) : &kinds[0];
	struct request tree = { .session = session, .out = out };
	struct iq_kernel *kernel;
	struct iq_error *error;

	if (!kind)
		return iq_usage_error(args->command, "no kind of tree is called %s: rbtree, radix, xarray or maple",
				      name);
	IQ_TRY(iq_session_kernel(session, &kernel));
	tree.target = iq_kernel_target(kernel);
	tree.types = iq_kernel_types(kernel);
	error = run_request(&tree, kind, args);
	iq_object_views_deinit(&tree.views);
	return error;
}

const struct iq_command iq_command_tree = {
	.name = "tree",
	.summary = "what is in a red-black tree, xarray, radix tree or maple tree",
	.options =
		(const struct iq_option[]){
			{ 't', NULL, "KIND", "rbtree (the default), radix, xarray or maple; rb, ra, x, m will do" },
			{ 'r', NULL, "OFFSET", "of the root in the structure at START: STRUCT.MEMBER or bytes" },
			{ 'o', NULL, "OFFSET", "of the rb_node in an element: STRUCT.MEMBER or bytes" },
			{ 's', NULL, "STRUCT[.MEMBER,...]", "show each element as this structure, or these members" },
			{ 'S', NULL, "STRUCT[.MEMBER,...]",
			  "the same, plainer: enumerators as numbers, text up to its end" },
			{ 'p', NULL, NULL, "where in the tree each element is" },
			{ 'l', NULL, NULL, "from left to right (rbtree), not each node before those below it" },
			{ 'v', NULL, NULL, "the nodes and all ranges, empty ones too (maple)" },
			{ 'N', NULL, NULL,
			  "START is a node, not a root: an rb_node's address, or what an xarray's head holds" },
			{ 'x', NULL, NULL, "numbers in hexadecimal" },
			{ 'd', NULL, NULL, "numbers in decimal" },
			{ 0 },
		},
	.arguments = "START",
	.min_arguments = 1,
	.max_arguments = 1,
	.help = "Shows the address of each element of a tree, and with -s what it holds. START is\n"
		"the root (rb_root, xarray, radix_tree_root, idr, maple_tree), or with -r the\n"
		"structure that it is in.\n\n"
		"With -p: of a red-black tree the turns taken from the root, l and r; of the\n"
		"others the slots taken, and the index (of a maple tree: a running number).\n\n"
		"A node that is damaged or missing is left out with all below it, and told of at\n"
		"the end.",
	.examples =
		(const struct iq_example[]){
			{ "tree -o vmap_area.rb_node vmap_area_root -l -x -s vmap_area.va_start,va_end",
			  "kfunc-6.1.47-la57.flat", "vmalloc's areas, by address" },
			{ "tree -t xarray -p -r pid_namespace.idr init_pid_ns", "kfunc-6.1.47-la57.flat",
			  "the table of PIDs" },
			{ "tree -t maple -v sparse_irqs", "kfunc-6.12.107.flat", "descriptors of interrupts" },
			{ 0 },
		},
	.run = run,
};
