// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/object.h"

#include "bpf/internal.h"
#include "bpf/map.h"
#include "bpf/program.h"
#include "kernel/cgroup.h"
#include "kernel/netdev.h"
#include "kernel/path.h"
#include "kernel/socket.h"

#include <string.h>

static struct iq_error *program_text(struct iq_bpf *bpf, uint64_t address, struct iq_strbuf *out)
{
	struct iq_bpf_program program;
	IQ_TRY(iq_bpf_program_read(bpf, address, &program));
	iq_bpf_program_name(bpf, &program, out);
	return NULL;
}

static struct iq_error *map_text(struct iq_bpf *bpf, uint64_t address, struct iq_strbuf *out)
{
	char name[16];
	IQ_TRY(iq_get_string(bpf->target, bpf->types, address, "bpf_map", "name", name, sizeof(name)));
	iq_strbuf_add(out, name);
	return NULL;
}

static struct iq_error *device_text(struct iq_bpf *bpf, uint64_t address, struct iq_strbuf *out)
{
	struct iq_netdev device;
	struct iq_error *error = iq_netdev_read(bpf->kernel, address, &device);
	if (*device.name)
		iq_strbuf_addf(out, "%s (%u)", device.name, device.ifindex);
	if (device.net.inode && !device.net.initial)
		iq_strbuf_addf(out, " net:[%u]", device.net.inode);
	return error;
}

static struct iq_error *socket_text(struct iq_bpf *bpf, uint64_t address, struct iq_strbuf *out)
{
	struct iq_socket socket;
	struct iq_error *error = iq_sock_read(bpf->kernel, address, &socket);
	iq_strbuf_add(out, socket.family);
	const char *parts[] = { socket.type, socket.local, socket.peer, socket.state };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(parts); i++) {
		if (*parts[i] && strcmp(parts[i], "?") != 0)
			iq_strbuf_addf(out, " %s", parts[i]);
	}
	return error;
}

static struct iq_error *xdp_socket_text(struct iq_bpf *bpf, uint64_t address, struct iq_strbuf *out)
{
	uint64_t device, queue;
	iq_strbuf_add(out, "XDP");
	IQ_TRY(iq_b_get(bpf, address, "xdp_sock", "dev", &device));
	if (!device) /* not bound */
		return NULL;
	iq_strbuf_add_char(out, ' ');
	IQ_TRY(device_text(bpf, device, out));
	IQ_TRY(iq_b_get(bpf, address, "xdp_sock", "queue_id", &queue));
	iq_strbuf_addf(out, " queue %lu", queue);
	return NULL;
}

static struct iq_error *cgroup_text(struct iq_bpf *bpf, uint64_t address, struct iq_strbuf *out)
{
	return iq_cgroup_path(bpf->kernel, address, out);
}

static struct iq_error *task_text(struct iq_bpf *bpf, uint64_t address, struct iq_strbuf *out)
{
	uint64_t pid;
	char comm[65];
	IQ_TRY(iq_b_get(bpf, address, "task_struct", "pid", &pid));
	iq_strbuf_addf(out, "%ld", (long)pid);
	IQ_TRY(iq_get_string(bpf->target, bpf->types, address, "task_struct", "comm", comm, sizeof(comm)));
	iq_strbuf_addf(out, " %s", comm);
	return NULL;
}

/* An inode has one name for each of its dentries: the first will do. */
static struct iq_error *inode_text(struct iq_bpf *bpf, uint64_t address, struct iq_strbuf *out)
{
	uint64_t number, alias, dentry;
	IQ_TRY(iq_b_get(bpf, address, "inode", "i_ino", &number));
	iq_strbuf_addf(out, "%lu", number);
	IQ_TRY(iq_b_get(bpf, address, "inode", "i_dentry.first", &alias));
	if (!alias)
		return NULL;
	const char *link = iq_b_has(bpf, "dentry", "d_u.d_alias") ? "d_u.d_alias" : "d_alias";
	IQ_TRY(iq_container_of(bpf->types, alias, "dentry", link, &dentry));
	iq_strbuf_add_char(out, ' ');
	return iq_path(bpf->kernel, 0, dentry, out, NULL);
}

static struct iq_error *event_text(struct iq_bpf *bpf, uint64_t address, struct iq_strbuf *out)
{
	static const struct {
		const char *name, *path;
	} parts[] = { { "type", "attr.type" }, { " config", "attr.config" }, { " CPU", "cpu" } };
	for (size_t i = 0; i < IQ_ARRAY_SIZE(parts); i++) {
		uint64_t value;
		IQ_TRY(iq_b_get(bpf, address, "perf_event", parts[i].path, &value));
		iq_strbuf_addf(out, "%s %ld", parts[i].name, (long)value); /* CPU -1: any */
	}
	return NULL;
}

struct iq_error *iq_bpf_object_text(struct iq_bpf *bpf, const char *type, uint64_t address, struct iq_strbuf *out)
{
	static const struct {
		const char *type;
		struct iq_error *(*text)(struct iq_bpf *bpf, uint64_t address, struct iq_strbuf *out);
	} kinds[] = {
		{ "bpf_prog", program_text }, { "bpf_map", map_text },   { "net_device", device_text },
		{ "sock", socket_text },      { "cgroup", cgroup_text }, { "xdp_sock", xdp_socket_text },
		{ "task_struct", task_text }, { "inode", inode_text },   { "perf_event", event_text },
	};
	for (size_t i = 0; i < IQ_ARRAY_SIZE(kinds); i++) {
		if (strcmp(type, kinds[i].type) == 0)
			return kinds[i].text(bpf, address, out);
	}
	return NULL;
}
