// SPDX-License-Identifier: GPL-2.0-or-later
/* kmem -s and -S: slab caches. */
#include "command/kmem.h"

#include "kernel/slab.h"
#include "util/cleanup.h"

#include <string.h>

struct request {
	const struct iq_kmem *kmem;
	const struct iq_slab_cache *caches;
	size_t count;
	bool objects; /* -S */
	bool heading;
	bool any; /* an argument was shown */
};

static const struct iq_column columns[] = {
	{ "kmem_cache", "CACHE", "-16", "-16@address" },
	{ "object_size", "OBJSIZE", "7", "7" },
	{ "allocated", "ALLOCATED", "9", "9" },
	{ "objects", "TOTAL", "8", "8" },
	{ "slabs", "SLABS", "5", "5" },
	{ "slab_text", "SSIZE", "5", "5" },
	{ "name", "NAME", "-", "-@string" },
};

static const struct iq_table table = { columns, IQ_ARRAY_SIZE(columns), "  " };

/* A count that may not be known. */
static void add_count(struct iq_out *out, const char *key, bool known, uint64_t value, const char *reason)
{
	if (known)
		iq_add_unsigned(out, key, value);
	else if (iq_out_is_text(out))
		iq_add_string(out, key, "?");
	else
		iq_add_unavailable(out, key, reason);
}

void iq_kmem_cache_line(const struct iq_kmem *kmem, const struct iq_slab_cache *cache, bool *heading)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf size = { 0 };
	struct iq_out *out = kmem->out;
	struct iq_slab_counts counts;
	_cleanup_(iq_error_freep) struct iq_error *error = iq_slab_count(kmem->kernel, cache, &counts);
	const char *reason = error ? error->message : "";
	if (!*heading)
		iq_table_heading(out, &table);
	*heading = true;
	iq_add_address(out, "kmem_cache", cache->address);
	iq_add_string(out, "name", cache->name);
	iq_add_unsigned(out, "object_size", cache->object_size);
	iq_add_unsigned(out, "size", cache->size);
	add_count(out, "allocated", counts.allocated_known, counts.allocated, reason);
	add_count(out, "objects", counts.known, counts.objects, reason);
	add_count(out, "slabs", counts.known, counts.slabs, reason);
	add_count(out, "slab_size", cache->slab_bytes, cache->slab_bytes, "kmem_cache.oo makes no sense");
	if (iq_out_is_text(out)) {
		iq_strbuf_addf(&size, cache->slab_bytes ? "%luk" : "?", (unsigned long)cache->slab_bytes >> 10);
		iq_add_string(out, "slab_text", iq_strbuf_text(&size));
	}
	iq_table_row(out, &table);
	if (error)
		iq_warn(&kmem->session->diag, "%s", error->message);
}

/* Is the cache one of a list of names, separated by commas? */
static bool is_named(const char *names, const char *name)
{
	size_t length = strlen(name);
	for (const char *at = names; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, length) && (at[length] == ',' || !at[length]))
			return true;
	}
	return false;
}

static struct iq_error *show_one(struct request *r, const struct iq_slab_cache *cache)
{
	struct iq_error *error = NULL;
	iq_record_begin(r->kmem->out);
	/* As in crash, -S shows a cache's headings each time. */
	if (r->objects && r->heading)
		iq_line(r->kmem->out, "");
	r->heading = r->heading && !r->objects;
	iq_kmem_cache_line(r->kmem, cache, &r->heading);
	if (r->objects)
		error = iq_kmem_cache_slabs(r->kmem, cache);
	iq_end(r->kmem->out);
	return error ? error : iq_check_interrupt();
}

static void show_ignored(struct request *r, const struct iq_slab_cache *cache)
{
	iq_record_begin(r->kmem->out);
	iq_add_address(r->kmem->out, "kmem_cache", cache->address);
	iq_add_string(r->kmem->out, "name", cache->name);
	iq_add_bool(r->kmem->out, "ignored", true);
	iq_line(r->kmem->out, "{kmem_cache@address} [IGNORED]                                    {name@string}");
	iq_end(r->kmem->out);
}

static struct iq_error *show_all(struct request *r)
{
	const char *ignored = iq_args_value(r->kmem->args, 'I');
	for (size_t i = 0; i < r->count; i++) {
		if (ignored && is_named(ignored, r->caches[i].name))
			show_ignored(r, &r->caches[i]);
		else
			IQ_TRY(show_one(r, &r->caches[i]));
	}
	return NULL;
}

static void list(struct request *r)
{
	for (size_t i = 0; i < r->count; i++) {
		iq_record_begin(r->kmem->out);
		iq_add_address(r->kmem->out, "kmem_cache", r->caches[i].address);
		iq_add_string(r->kmem->out, "name", r->caches[i].name);
		iq_line(r->kmem->out, "{kmem_cache@address} {name@string}");
		iq_end(r->kmem->out);
	}
}

/* An address: the slab that it lies in. */
static struct iq_error *show_address(struct request *r, const char *word)
{
	const struct iq_slab_cache *cache;
	struct iq_slab_object object;
	struct iq_slab slab;
	uint64_t address;
	if (iq_failed(iq_parse_address(r->kmem->session, word, &address)))
		return iq_error_new(IQ_ERROR_NOT_FOUND, "there is no slab cache %s", word);
	IQ_TRY(iq_slab_at(r->kmem->kernel, address, &object));
	IQ_TRY(iq_slab_of(r->kmem->kernel, &object, &cache, &slab));
	if (r->any)
		iq_line(r->kmem->out, "");
	iq_record_begin(r->kmem->out);
	iq_add_address(r->kmem->out, "address", address);
	struct iq_error *error = iq_kmem_slab_object(r->kmem, address, &object, cache, &slab);
	iq_end(r->kmem->out);
	r->heading = false;
	r->any = true;
	return error;
}

static struct iq_error *show_argument(struct request *r, const char *word)
{
	bool found = false;
	if (!strcmp(word, "list")) {
		list(r);
		return NULL;
	}
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->caches[i].name, word))
			continue;
		found = true;
		IQ_TRY(show_one(r, &r->caches[i]));
	}
	if (!found)
		return show_address(r, word);
	r->any = true;
	return NULL;
}

struct iq_error *iq_kmem_slabs(const struct iq_kmem *kmem)
{
	struct request r = { .kmem = kmem, .objects = iq_args_has(kmem->args, 'S') };
	IQ_TRY(iq_slab_caches(kmem->kernel, &r.caches, &r.count));
	if (!kmem->args->count)
		return show_all(&r);
	for (size_t i = 0; i < kmem->args->count; i++)
		IQ_TRY(show_argument(&r, kmem->args->words[i].text));
	return NULL;
}
