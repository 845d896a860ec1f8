// SPDX-License-Identifier: GPL-2.0-or-later
/* kmem -z and -V: zones, and the counters of memory. */
#include "command/kmem.h"

#include "kernel/vmstat.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

/* Counters are right-aligned to the longest name of them all: so all are read before one is shown. */
struct counter {
	const char *kind, *name;
	int64_t value;
};

struct counters {
	const char *kind;
	IQ_VEC(struct counter) list;
};

static void counters_free(struct counters *counters)
{
	iq_vec_free(&counters->list);
}

static struct iq_error *see_counter(void *context, const char *name, int64_t value)
{
	struct counters *counters = context;
	struct counter *new = iq_vec_push(&counters->list);
	if (!new)
		return iq_error_new(IQ_ERROR_NO_MEMORY, "out of memory");
	*new = (struct counter){ counters->kind, name, value };
	return NULL;
}

static void show_counters(struct iq_out *out, struct counters *counters, const char *kind, int width)
{
	iq_vec_foreach (counter, &counters->list) {
		if (strcmp(counter->kind, kind))
			continue;
		iq_record_begin(out);
		iq_add_string(out, "kind", counter->kind);
		iq_add_string(out, "name", counter->name);
		iq_add_signed(out, "value", counter->value);
		iq_text(out, "%*s: %" PRId64, width, counter->name, counter->value);
		iq_end(out);
	}
}

static int longest_name(struct counters *counters)
{
	int width = 0;
	iq_vec_foreach (counter, &counters->list)
		width = IQ_MAX(width, (int)strlen(counter->name));
	return width;
}

/* Of a kind that can't be read only the complaint is shown. */
static void keep(struct iq_session *session, struct counters *counters, struct iq_error *error)
{
	iq_warn_error(&session->diag, iq_error_prefix(error, "counters of %ss", counters->kind));
}

struct iq_error *iq_kmem_counters(const struct iq_kmem *kmem)
{
	_cleanup_(counters_free) struct counters memory = { .kind = "zone" }, events = { .kind = "event" };
	if (kmem->args->count)
		return iq_usage_error(kmem->args->command, "-V takes no arguments");
	keep(kmem->session, &memory, iq_zone_counters_each(kmem->kernel, NULL, see_counter, &memory));
	memory.kind = "node";
	keep(kmem->session, &memory, iq_node_counters_each(kmem->kernel, see_counter, &memory));
	keep(kmem->session, &events, iq_event_counters_each(kmem->kernel, see_counter, &events));
	if (!memory.list.count && !events.list.count)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "none of the counters can be read");
	iq_text(kmem->out, "  VM_ZONE_STAT:");
	show_counters(kmem->out, &memory, "zone", longest_name(&memory));
	iq_line(kmem->out, "");
	iq_text(kmem->out, "  VM_NODE_STAT:");
	show_counters(kmem->out, &memory, "node", longest_name(&memory));
	iq_line(kmem->out, "");
	iq_text(kmem->out, "  VM_EVENT_STATES:");
	show_counters(kmem->out, &events, "event", longest_name(&events));
	return NULL;
}

struct view {
	struct iq_session *session;
	struct iq_kernel *kernel;
	struct iq_out *out;
};

static struct iq_error *show_zone_counters(struct view *v, const struct iq_zone *zone)
{
	_cleanup_(counters_free) struct counters counters = { .kind = "zone" };
	IQ_TRY(iq_zone_counters_each(v->kernel, zone, see_counter, &counters));
	iq_text(v->out, "  VM_STAT:");
	const int width = longest_name(&counters);
	iq_object_begin(v->out, "counters");
	iq_vec_foreach (counter, &counters.list) {
		iq_add_signed(v->out, counter->name, counter->value);
		iq_text(v->out, "%*s: %" PRId64, width, counter->name, counter->value);
	}
	iq_end(v->out);
	iq_line(v->out, "");
	return NULL;
}

static struct iq_error *see_zone(void *context, const struct iq_zone *zone)
{
	struct view *v = context;
	struct iq_out *out = v->out;
	struct iq_error *error = NULL;
	IQ_TRY(iq_check_interrupt());
	iq_record_begin(out);
	iq_add_unsigned(out, "node", zone->node);
	iq_add_unsigned(out, "zone", zone->index);
	iq_add_address(out, "address", zone->address);
	iq_add_string(out, "name", zone->name[0] ? zone->name : NULL);
	iq_add_unsigned(out, "start_pfn", zone->start_pfn);
	iq_add_unsigned(out, "size", zone->spanned);
	iq_add_unsigned(out, "present", zone->present);
	iq_add_unsigned(out, "managed", zone->managed);
	iq_add_unsigned(out, "min", zone->min);
	iq_add_unsigned(out, "low", zone->low);
	iq_add_unsigned(out, "high", zone->high);
	iq_line(out, "NODE: {node}  ZONE: {zone}  ADDR: {address@address}  NAME: \"{name}\"");
	if (!zone->spanned) {
		iq_line(out, "  [unpopulated]");
	} else {
		iq_line(out, zone->present < zone->spanned
				     ? "  SIZE: {size}  PRESENT: {present}  MIN/LOW/HIGH: {min}/{low}/{high}"
				     : "  SIZE: {size}  MIN/LOW/HIGH: {min}/{low}/{high}");
		error = show_zone_counters(v, zone);
	}
	iq_line(out, "");
	iq_end(out);
	return error;
}

static struct iq_error *see_node(void *context, const struct iq_node *node)
{
	struct view *v = context;
	return iq_zones_each(v->kernel, node, see_zone, v);
}

struct iq_error *iq_kmem_zones(const struct iq_kmem *kmem)
{
	struct view v = { .session = kmem->session, .kernel = kmem->kernel, .out = kmem->out };
	if (kmem->args->count)
		return iq_usage_error(kmem->args->command, "-z takes no arguments");
	return iq_nodes_each(v.kernel, see_node, &v);
}
