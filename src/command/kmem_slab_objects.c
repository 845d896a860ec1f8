// SPDX-License-Identifier: GPL-2.0-or-later
/* kmem -S: slabs and their objects. */
#include "command/kmem.h"

#include "kernel/cpu.h"
#include "util/cleanup.h"
#include "util/vec.h"

struct slabs {
	IQ_VEC(struct iq_slab) all;
};

static struct iq_error *keep(void *context, const struct iq_slab *slab)
{
	struct slabs *slabs = context;
	struct iq_slab *kept = iq_vec_push(&slabs->all);
	if (!kept)
		return iq_error_no_memory();
	*kept = *slab;
	return NULL;
}

static void slabs_free(struct slabs *slabs)
{
	iq_vec_free(&slabs->all);
}

static const char *use_name(enum iq_slab_use use)
{
	switch (use) {
	case IQ_SLAB_UNKNOWN: break;
	case IQ_SLAB_ALLOCATED: return "allocated";
	case IQ_SLAB_FREE: return "free";
	case IQ_SLAB_FREE_CPU: return "cpu";
	case IQ_SLAB_FREE_SHEAF: return "sheaf";
	}
	return "unknown";
}

static const char *use_line(const struct iq_slab_state *state)
{
	switch (state->use) {
	case IQ_SLAB_UNKNOWN: break;
	case IQ_SLAB_ALLOCATED: return "  [{object:-16x@address}]";
	case IQ_SLAB_FREE: return "   {object:-16x@address}";
	case IQ_SLAB_FREE_CPU: return "   {object:-16x@address}  (cpu {cpu} cache)";
	case IQ_SLAB_FREE_SHEAF:
		return state->cpu < 0 ? "   {object:-16x@address}  (sheaf)"
				      : "   {object:-16x@address}  (cpu {cpu} sheaf)";
	}
	return "   {object:-16x@address}  ?";
}

static void show_object(struct iq_out *out, uint64_t object, const struct iq_slab_state *state)
{
	iq_record_begin(out);
	iq_add_address(out, "object", object);
	iq_add_string(out, "use", use_name(state->use));
	if (state->cpu >= 0)
		iq_add_unsigned(out, "cpu", (unsigned)state->cpu);
	iq_line(out, use_line(state));
	iq_end(out);
}

static void show_counts(struct iq_out *out, const struct iq_slab *slab, const struct iq_slab_state *states)
{
	uint64_t allocated = 0, unknown = 0;
	for (uint64_t i = 0; i < slab->objects; i++) {
		allocated += states[i].use == IQ_SLAB_ALLOCATED;
		unknown += states[i].use == IQ_SLAB_UNKNOWN;
	}
	iq_add_unsigned(out, "objects", slab->objects);
	if (!unknown) {
		iq_add_unsigned(out, "allocated", allocated);
		iq_add_unsigned(out, "free", slab->objects - allocated);
	} else if (iq_out_is_text(out)) {
		iq_add_string(out, "allocated", "?");
		iq_add_string(out, "free", "?");
	} else {
		iq_add_unavailable(out, "allocated", "a list of free objects is damaged");
		iq_add_unavailable(out, "free", "a list of free objects is damaged");
	}
	iq_text(out, "  SLAB              MEMORY            NODE  TOTAL  ALLOCATED  FREE");
	iq_line(out, "  {slab:-16@address}  {memory:-16@address}  {node:4}  {objects:5}  {allocated:9}  {free:4}");
}

/* *use becomes that of the object `only`. */
static struct iq_error *show_slab(const struct iq_kmem *kmem, const struct iq_slab_cache *cache,
				  const struct iq_slab *slab, uint64_t only, enum iq_slab_use *use)
{
	static const char *const places[] = {
		[IQ_SLAB_CPU] = "cpu",   [IQ_SLAB_CPU_PARTIAL] = "cpu partial", [IQ_SLAB_PARTIAL] = "partial",
		[IQ_SLAB_FULL] = "full", [IQ_SLAB_NOWHERE] = "no list",
	};
	struct iq_out *out = kmem->out;
	struct iq_slab_state *states = calloc(slab->objects + 1, sizeof(*states));
	if (!states)
		return iq_error_no_memory();
	iq_warn_error(&kmem->session->diag, iq_slab_states(kmem->kernel, cache, slab, states));
	iq_add_address(out, "slab", slab->address);
	iq_add_address(out, "memory", slab->start);
	iq_add_unsigned(out, "node", slab->node);
	iq_add_string(out, "place", places[slab->place]);
	if (slab->cpu >= 0)
		iq_add_unsigned(out, "cpu", (unsigned)slab->cpu);
	iq_add_bool(out, "frozen", slab->frozen);
	show_counts(out, slab, states);
	iq_text(out, "  FREE / [ALLOCATED]");
	iq_list_begin(out, "slots");
	for (uint64_t i = 0; i < slab->objects; i++)
		if (only == UINT64_MAX || only == i)
			show_object(out, slab->start + cache->left_pad + i * cache->size, &states[i]);
	iq_end(out);
	if (only < slab->objects)
		*use = states[only].use;
	free(states);
	return iq_check_interrupt();
}

static void show_track(const struct iq_kmem *kmem, const char *key, const char *label,
		       const struct iq_slab_track *track)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf caller = { 0 };
	if (!track->caller)
		return;
	if (!iq_symbol_format(iq_kernel_symbols(kmem->kernel), track->caller, IQ_SYMBOL_WITH_MODULE, &caller))
		iq_strbuf_addf(&caller, "%lx", (unsigned long)track->caller);
	iq_object_begin(kmem->out, key);
	iq_add_address(kmem->out, "track", track->address);
	iq_add_address(kmem->out, "address", track->caller);
	iq_add_string(kmem->out, "caller", iq_strbuf_text(&caller));
	iq_add_signed(kmem->out, "cpu", track->cpu);
	iq_add_signed(kmem->out, "pid", track->pid);
	iq_add_unsigned(kmem->out, "jiffies", track->when);
	iq_add_string(kmem->out, "label", label);
	iq_line(kmem->out, "  {label}: {caller@symbol}  CPU: {cpu}  PID: {pid}  JIFFIES: {jiffies}");
	iq_end(kmem->out);
}

/* What slub_debug keeps, where it does. */
static void show_debug(const struct iq_kmem *kmem, const struct iq_slab_cache *cache, uint64_t object, bool allocated)
{
	struct iq_slab_track alloc, freed;
	uint64_t bad;
	uint8_t value;
	struct iq_error *error = iq_slab_red_zones(kmem->kernel, cache, object, allocated, &bad, &value);
	if (!error) {
		iq_object_begin(kmem->out, "red_zone");
		iq_add_bool(kmem->out, "intact", !bad);
		if (bad) {
			iq_add_address(kmem->out, "overwritten", bad);
			iq_add_hex(kmem->out, "value", value);
		}
		iq_line(kmem->out,
			bad ? "  RED ZONE: overwritten at {overwritten@address}: {value}" : "  RED ZONE: intact");
		iq_end(kmem->out);
	} else if (!iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_warn(&kmem->session->diag, "%s", error->message);
	}
	iq_error_free(error);
	error = iq_slab_tracks(kmem->kernel, cache, object, &alloc, &freed);
	if (!error) {
		show_track(kmem, "last_allocated", "ALLOCATED", &alloc);
		show_track(kmem, "last_freed", "FREED", &freed);
	} else if (!iq_error_is(error, IQ_ERROR_NOT_FOUND)) {
		iq_warn(&kmem->session->diag, "%s", error->message);
	}
	iq_error_free(error);
}

struct iq_error *iq_kmem_slab_object(const struct iq_kmem *kmem, uint64_t address, const struct iq_slab_object *object,
				     const struct iq_slab_cache *cache, const struct iq_slab *slab)
{
	enum iq_slab_use use = IQ_SLAB_UNKNOWN;
	bool heading = false;
	if (object->inside) {
		iq_add_address(kmem->out, "object", object->object);
		iq_add_unsigned(kmem->out, "offset", address - object->object);
	}
	iq_object_begin(kmem->out, "cache");
	iq_kmem_cache_line(kmem, cache, &heading);
	iq_end(kmem->out);
	/* Between the objects and behind them there is none to show. */
	IQ_TRY(show_slab(kmem, cache, slab, object->inside ? object->index : slab->objects, &use));
	/* What fills the red zones depends on it. */
	if (object->inside && use != IQ_SLAB_UNKNOWN)
		show_debug(kmem, cache, object->object, use == IQ_SLAB_ALLOCATED);
	return NULL;
}

static struct iq_error *show_place(const struct iq_kmem *kmem, const struct iq_slab_cache *cache, struct slabs *slabs,
				   enum iq_slab_place place, const char *empty)
{
	bool any = false;
	iq_vec_foreach (slab, &slabs->all) {
		if (slab->place != place)
			continue;
		any = true;
		iq_record_begin(kmem->out);
		struct iq_error *error = show_slab(kmem, cache, slab, UINT64_MAX, NULL);
		iq_end(kmem->out);
		IQ_TRY(error);
	}
	if (!any)
		iq_text(kmem->out, "  %s", empty);
	return NULL;
}

static struct iq_error *show_cpu(const struct iq_kmem *kmem, const struct iq_slab_cache *cache, unsigned cpu,
				 unsigned *per_cpu)
{
	_cleanup_(slabs_free) struct slabs slabs = { 0 };
	struct iq_out *out = kmem->out;
	struct iq_error *error = iq_slab_cpu_each(kmem->kernel, cache, cpu, keep, &slabs);
	uint64_t address;
	if (iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	iq_warn_error(&kmem->session->diag, error);
	*per_cpu += slabs.all.count && slabs.all.data[0].place == IQ_SLAB_CPU;
	iq_add_unsigned(out, "cpu", cpu);
	if (!iq_failed(iq_per_cpu(kmem->kernel, cpu, cache->cpu_slab, &address)))
		iq_add_address(out, "kmem_cache_cpu", address);
	else
		iq_add_unavailable(out, "kmem_cache_cpu", "where its per-CPU memory lies is not known");
	iq_line(out, "CPU {cpu} KMEM_CACHE_CPU:");
	iq_line(out, "  {kmem_cache_cpu@address}");
	iq_list_begin(out, "on_lists");
	iq_text(out, "CPU %u SLAB:", cpu);
	error = show_place(kmem, cache, &slabs, IQ_SLAB_CPU, "(empty)");
	iq_text(out, "CPU %u PARTIAL:", cpu);
	if (!error)
		error = show_place(kmem, cache, &slabs, IQ_SLAB_CPU_PARTIAL, "(empty)");
	iq_end(out);
	return error;
}

static struct iq_error *show_cpus(const struct iq_kmem *kmem, const struct iq_slab_cache *cache, unsigned *per_cpu)
{
	struct iq_error *error = NULL;
	const struct iq_cpu *cpus;
	size_t count;
	if (!cache->cpu_slab)
		return NULL;
	IQ_TRY(iq_cpus(kmem->kernel, &cpus, &count));
	iq_list_begin(kmem->out, "cpus");
	for (size_t i = 0; i < count && !error; i++) {
		if (!cpus[i].present)
			continue;
		iq_record_begin(kmem->out);
		error = show_cpu(kmem, cache, cpus[i].id, per_cpu);
		iq_end(kmem->out);
	}
	iq_end(kmem->out);
	return error;
}

static void node_line(struct iq_out *out, const struct iq_slab_node *node, unsigned number, unsigned per_cpu)
{
	iq_add_unsigned(out, "node", number);
	iq_add_address(out, "kmem_cache_node", node->address);
	if (node->counted)
		iq_add_unsigned(out, "slabs", node->slabs);
	else if (iq_out_is_text(out))
		iq_add_string(out, "slabs", "?");
	else
		iq_add_unavailable(out, "slabs", "this kernel doesn't count slabs (CONFIG_SLUB_DEBUG)");
	iq_add_unsigned(out, "partial", node->partial);
	iq_add_unsigned(out, "per_cpu", per_cpu);
	iq_text(out, "KMEM_CACHE_NODE   NODE  SLABS  PARTIAL  PER-CPU");
	iq_line(out, "{kmem_cache_node:-16@address}  {node:4}  {slabs:5}  {partial:7}  {per_cpu:7}");
}

static struct iq_error *show_node(const struct iq_kmem *kmem, const struct iq_slab_cache *cache, unsigned number,
				  const struct iq_slab_node *node, unsigned per_cpu)
{
	_cleanup_(slabs_free) struct slabs slabs = { 0 };
	struct iq_error *error = iq_slab_node_each(kmem->kernel, cache, number, keep, &slabs);
	if (iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	iq_warn_error(&kmem->session->diag, error);
	node_line(kmem->out, node, number, per_cpu);
	iq_list_begin(kmem->out, "on_lists");
	iq_text(kmem->out, "NODE %u PARTIAL:", number);
	error = show_place(kmem, cache, &slabs, IQ_SLAB_PARTIAL, "(empty)");
	iq_text(kmem->out, "NODE %u FULL:", number);
	if (!error)
		error = show_place(kmem, cache, &slabs, IQ_SLAB_FULL, node->full_tracked ? "(empty)" : "(not tracked)");
	iq_end(kmem->out);
	return error;
}

struct iq_error *iq_kmem_cache_slabs(const struct iq_kmem *kmem, const struct iq_slab_cache *cache)
{
	struct iq_error *error = NULL;
	unsigned nodes, per_cpu = 0;
	IQ_TRY(iq_slab_node_count(kmem->kernel, &nodes));
	IQ_TRY(show_cpus(kmem, cache, &per_cpu));
	iq_list_begin(kmem->out, "nodes");
	for (unsigned n = 0; n < nodes && !error; n++) {
		struct iq_slab_node node;
		error = iq_slab_node(kmem->kernel, cache, n, &node);
		if (error || !node.address) {
			iq_warn_error(&kmem->session->diag, error);
			error = NULL;
			continue;
		}
		iq_record_begin(kmem->out);
		error = show_node(kmem, cache, n, &node, per_cpu);
		iq_end(kmem->out);
	}
	iq_end(kmem->out);
	return error;
}
