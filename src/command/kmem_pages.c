// SPDX-License-Identifier: GPL-2.0-or-later
/* kmem -p and -g: struct pages and their flags. */
#include "command/kmem.h"

#include "kernel/mem_map.h"
#include "util/cleanup.h"

#include <inttypes.h>
#include <string.h>

struct view {
	struct iq_out *out;
	const char *names[64]; /* the first of each bit, without PG_ */
	uint64_t known;        /* the flags whose names are in text */
	bool named;
	struct iq_strbuf text;
};

static void view_free(struct view *v)
{
	iq_strbuf_free(&v->text);
}

static struct iq_error *see_name(void *context, const char *name, unsigned bit)
{
	struct view *v = context;
	if (!v->names[bit])
		v->names[bit] = name + 3;
	return NULL;
}

/* Neighbours often have the same flags. */
static const char *flag_names(struct view *v, uint64_t flags)
{
	const char *separator = "";
	if (v->named && v->known == flags)
		return iq_strbuf_text(&v->text);
	v->named = true;
	v->known = flags;
	iq_strbuf_truncate(&v->text, 0);
	for (unsigned bit = 0; bit < 64; bit++) {
		if (!(flags >> bit & 1) || !v->names[bit])
			continue;
		iq_strbuf_addf(&v->text, "%s%s", separator, v->names[bit]);
		separator = ",";
	}
	return iq_strbuf_text(&v->text);
}

static struct iq_error *show_page(void *context, const struct iq_page *page)
{
	struct view *v = context;
	iq_record_begin(v->out);
	iq_add_address(v->out, "page", page->address);
	iq_add_address(v->out, "physical", page->physical);
	iq_add_address(v->out, "mapping", page->mapping);
	iq_add_hex(v->out, "index", page->index);
	iq_add_signed(v->out, "count", page->count);
	iq_add_hex(v->out, "flags", page->flags);
	iq_add_string(v->out, "flag_names", flag_names(v, page->flags));
	iq_line(v->out, "{page@address} {physical:8x} {mapping:16x} {index:8x} {count:2} {flags} {flag_names}");
	iq_end(v->out);
	return NULL;
}

/* A word is the address of a struct page, of kernel memory, or a physical one. */
static struct iq_error *read_page(struct iq_session *session, struct iq_kernel *kernel, const char *word,
				  struct iq_page *page)
{
	struct iq_target *target = iq_kernel_target(kernel);
	uint64_t address, physical;
	IQ_TRY(iq_parse_address(session, word, &address));
	if (!iq_failed(iq_page_physical(kernel, address, &physical)))
		return iq_page_read(kernel, address, page);
	physical = address;
	if (iq_is_kernel_address(target, address))
		IQ_TRY(iq_virt_to_phys(target, address, &physical));
	IQ_TRY(iq_page_address(kernel, physical, &address));
	return iq_page_read(kernel, address, page);
}

struct iq_error *iq_kmem_pages(const struct iq_kmem *kmem)
{
	_cleanup_(view_free) struct view v = { .out = kmem->out };
	IQ_TRY(iq_page_flags_each(kmem->kernel, see_name, &v));
	if (!kmem->args->count) {
		iq_text(kmem->out, "      PAGE       PHYSICAL      MAPPING       INDEX CNT FLAGS");
		return iq_mem_map_each(kmem->kernel, show_page, &v);
	}
	for (size_t i = 0; i < kmem->args->count; i++) {
		struct iq_page page;
		const char *word = kmem->args->words[i].text;
		IQ_TRY(iq_error_prefix(read_page(kmem->session, kmem->kernel, word, &page), "%s", word));
		if (!i)
			iq_text(kmem->out, "      PAGE       PHYSICAL      MAPPING       INDEX CNT FLAGS");
		IQ_TRY(show_page(&v, &page));
	}
	return NULL;
}

/* -g */
struct flags {
	struct iq_out *out;
	uint64_t wanted; /* 0: all */
	bool given, found;
	size_t longest;
	int digits;
};

static struct iq_error *measure_flag(void *context, const char *name, unsigned bit)
{
	struct flags *f = context;
	f->longest = IQ_MAX(f->longest, strlen(name));
	f->digits = IQ_MAX(f->digits, (int)(bit + 1) / 4 + 1);
	return NULL;
}

static struct iq_error *show_flag(void *context, const char *name, unsigned bit)
{
	struct flags *f = context;
	const uint64_t value = UINT64_C(1) << bit;
	if (f->given && !(f->wanted & value))
		return NULL;
	f->found = true;
	iq_record_begin(f->out);
	iq_add_string(f->out, "name", name);
	iq_add_unsigned(f->out, "bit", bit);
	iq_add_hex(f->out, "value", value);
	iq_text(f->out, "%s%-*s  %2u  %0*" PRIx64, f->given ? "  " : "", (int)f->longest, name, bit, f->digits, value);
	iq_end(f->out);
	return NULL;
}

struct iq_error *iq_kmem_flags(const struct iq_kmem *kmem)
{
	struct flags f = { .out = kmem->out, .given = kmem->args->count > 0 };
	if (kmem->args->count > 1)
		return iq_usage_error(kmem->args->command, "-g takes one value");
	if (f.given)
		IQ_TRY(iq_parse_hexadecimal(kmem->args->words[0].text, &f.wanted));
	IQ_TRY(iq_page_flags_each(kmem->kernel, measure_flag, &f));
	if (f.given)
		iq_text(kmem->out, "FLAGS: %" PRIx64, f.wanted);
	iq_text(kmem->out, "%s%-*s BIT  VALUE", f.given ? "  " : "", (int)f.longest, "PAGE-FLAG");
	IQ_TRY(iq_page_flags_each(kmem->kernel, show_flag, &f));
	if (!f.found)
		iq_text(kmem->out, "  (none found)");
	return NULL;
}
