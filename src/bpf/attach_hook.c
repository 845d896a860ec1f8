// SPDX-License-Identifier: GPL-2.0-or-later
/* One attachment, put together from what the files about hooks find. */
#include "bpf/attach.h"
#include "bpf/btf.h"
#include "kernel/cgroup.h"
#include "kernel/netdev.h"

#include <string.h>

static void add_words(struct iq_strbuf *text, const char *between, const char *format, va_list arguments)
{
	if (text->length)
		iq_strbuf_add(text, between);
	iq_strbuf_addv(text, format, arguments);
}

void iq_bpf_hook_name(struct iq_bpf_hook *hook, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(hook->hook, sizeof(hook->hook), format, arguments);
	va_end(arguments);
}

void iq_bpf_hook_detail(struct iq_bpf_hook *hook, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add_words(&hook->detail, " ", format, arguments);
	va_end(arguments);
}

void iq_bpf_hook_damaged(struct iq_bpf_hook *hook, struct iq_error *error)
{
	if (!error)
		return;
	/* A program is asked for by the link and by the hook. */
	if (!strstr(iq_strbuf_text(&hook->damage), error->message)) {
		if (hook->damage.length)
			iq_strbuf_add(&hook->damage, "; ");
		iq_strbuf_add(&hook->damage, error->message);
	}
	iq_error_free(error);
}

static struct iq_bpf_fact *new_fact(struct iq_bpf_hook *hook, const char *name, enum iq_bpf_fact_kind kind)
{
	struct iq_bpf_fact *fact = iq_vec_push(&hook->facts);
	if (fact)
		*fact = (struct iq_bpf_fact){ .name = name, .kind = kind };
	else
		hook->failed = true;
	return fact;
}

void iq_bpf_hook_text(struct iq_bpf_hook *hook, const char *name, const char *text)
{
	char *copy = strdup(text);
	struct iq_bpf_fact *fact = copy ? new_fact(hook, name, IQ_BPF_FACT_TEXT) : NULL;
	if (fact) {
		fact->text = copy;
		return;
	}
	free(copy);
	hook->failed = true;
}

void iq_bpf_hook_number(struct iq_bpf_hook *hook, const char *name, enum iq_bpf_fact_kind kind, uint64_t number)
{
	struct iq_bpf_fact *fact = new_fact(hook, name, kind);
	if (fact)
		fact->number = number;
}

void iq_bpf_hook_object(struct iq_bpf_hook *hook, const char *type, uint64_t address)
{
	hook->attachment.object = address;
	hook->attachment.object_type = type;
}

void iq_bpf_hook_enum(struct iq_bpf *bpf, struct iq_bpf_hook *hook, const char *name, const char *enumeration,
		      const char *prefix, uint64_t value)
{
	char text[48];
	iq_bpf_enum_name(bpf, enumeration, prefix, value, text, sizeof(text));
	iq_bpf_hook_text(hook, name, text);
}

void iq_bpf_hook_cookie(struct iq_bpf_hook *hook, uint64_t cookie)
{
	if (!cookie)
		return;
	iq_bpf_hook_number(hook, "cookie", IQ_BPF_FACT_HEX, cookie);
	iq_bpf_hook_detail(hook, "cookie %#lx", cookie);
}

void iq_bpf_hook_function(struct iq_bpf *bpf, struct iq_bpf_hook *hook, uint64_t address)
{
	struct iq_symbol symbol;
	bool found = !iq_failed(iq_symbol_at(bpf->symbols, address, &symbol));
	if (found) {
		uint64_t offset = address - symbol.address;
		_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
		iq_strbuf_add(&text, symbol.name);
		if (offset)
			iq_strbuf_addf(&text, "+%#lx", offset);
		if (symbol.module)
			iq_strbuf_addf(&text, " [%s]", symbol.module);
		iq_bpf_hook_detail(hook, "%s", iq_strbuf_text(&text));
		iq_bpf_hook_text(hook, "function", symbol.name);
		if (symbol.module)
			iq_bpf_hook_text(hook, "module", symbol.module);
		iq_bpf_hook_number(hook, "offset", IQ_BPF_FACT_NUMBER, offset);
	} else {
		iq_bpf_hook_detail(hook, "%#lx", address);
	}
	iq_bpf_hook_number(hook, "address", IQ_BPF_FACT_ADDRESS, address);
}

struct iq_error *iq_bpf_hook_device(struct iq_bpf *bpf, struct iq_bpf_hook *hook, uint64_t device)
{
	struct iq_netdev netdev;
	iq_bpf_hook_object(hook, "net_device", device);
	if (!device) { /* it went away below its link */
		iq_bpf_hook_detail(hook, "no device any more");
		return NULL;
	}
	struct iq_error *error = iq_netdev_read(bpf->kernel, device, &netdev);
	iq_bpf_hook_text(hook, "device", netdev.name);
	iq_bpf_hook_number(hook, "ifindex", IQ_BPF_FACT_NUMBER, netdev.ifindex);
	iq_bpf_hook_number(hook, "netns", IQ_BPF_FACT_NUMBER, netdev.net.inode);
	iq_bpf_hook_detail(hook, "%s (ifindex %u", netdev.name, netdev.ifindex);
	if (!netdev.net.initial)
		iq_strbuf_addf(&hook->detail, ", netns %u", netdev.net.inode);
	iq_strbuf_add_char(&hook->detail, ')');
	return error;
}

struct iq_error *iq_bpf_hook_net(struct iq_bpf *bpf, struct iq_bpf_hook *hook, uint64_t address)
{
	struct iq_net net;
	iq_bpf_hook_object(hook, "net", address);
	if (!address) {
		iq_bpf_hook_detail(hook, "no netns any more");
		return NULL;
	}
	IQ_TRY(iq_net_read(bpf->kernel, address, &net));
	iq_bpf_hook_number(hook, "netns", IQ_BPF_FACT_NUMBER, net.inode);
	iq_bpf_hook_detail(hook, "netns %u", net.inode);
	return NULL;
}

struct iq_error *iq_bpf_hook_cgroup(struct iq_bpf *bpf, struct iq_bpf_hook *hook, uint64_t address)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	struct iq_cgroup cgroup;
	iq_bpf_hook_object(hook, "cgroup", address);
	if (!address) {
		iq_bpf_hook_detail(hook, "no cgroup any more");
		return NULL;
	}
	struct iq_error *error = iq_cgroup_path(bpf->kernel, address, &path);
	iq_bpf_hook_text(hook, "cgroup", iq_strbuf_text(&path));
	iq_bpf_hook_detail(hook, "%s", iq_strbuf_text(&path));
	struct iq_error *second = iq_cgroup_read(bpf->kernel, address, &cgroup);
	if (!second) {
		iq_bpf_hook_number(hook, "cgroup_id", IQ_BPF_FACT_NUMBER, cgroup.id);
		if (cgroup.dying)
			iq_bpf_hook_detail(hook, "(removed)");
	}
	iq_error_keep(&error, second);
	return error;
}

struct iq_error *iq_bpf_hook_map(struct iq_bpf *bpf, struct iq_bpf_hook *hook, uint64_t address)
{
	struct iq_bpf_map map;
	iq_bpf_hook_object(hook, "bpf_map", address);
	if (!address) {
		iq_bpf_hook_detail(hook, "no map any more");
		return NULL;
	}
	IQ_TRY(iq_bpf_map_read(bpf, address, &map));
	iq_bpf_hook_number(hook, "map_id", IQ_BPF_FACT_NUMBER, map.id);
	if (*map.name)
		iq_bpf_hook_text(hook, "map", map.name);
	iq_bpf_hook_detail(hook, *map.name ? "map %u \"%s\"" : "map %u", map.id, map.name);
	return NULL;
}

struct iq_error *iq_bpf_hook_lsm(struct iq_bpf *bpf, struct iq_bpf_hook *hook)
{
	struct iq_bpf_program program;
	struct iq_type prototype;
	struct iq_types *types;
	const char *module, *name;
	IQ_TRY(iq_bpf_program_read(bpf, hook->attachment.program, &program));
	IQ_TRY(iq_bpf_btf_types(bpf, program.attach_btf, &types, &module));
	IQ_TRY(iq_btf_function(types, module, program.attach_btf_id, &name, &prototype));
	iq_bpf_hook_text(hook, "function", name);
	iq_bpf_hook_detail(hook, "%s", name);
	return NULL;
}

void iq_bpf_hook_program(struct iq_bpf *bpf, struct iq_bpf_hook *hook, uint64_t program)
{
	hook->attachment.program = program;
	hook->attachment.program_id = 0;
	if (!program)
		return;
	iq_bpf_hook_damaged(hook, iq_bpf_program_id(bpf, program, &hook->attachment.program_id));
}

void iq_bpf_hook_free(struct iq_bpf_hook *hook)
{
	if (!hook)
		return;
	iq_vec_foreach (fact, &hook->facts)
		free((char *)fact->text);
	iq_vec_free(&hook->facts);
	iq_strbuf_free(&hook->detail);
	iq_strbuf_free(&hook->damage);
	free(hook);
}
