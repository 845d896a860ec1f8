/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that know hooks share: one attachment being put together, and the walk that collects all of them. */
#ifndef IQ_BPF_ATTACH_H
#define IQ_BPF_ATTACH_H

#include "bpf/internal.h"
#include "bpf/link.h"
#include "bpf/map.h"

#include "util/hash.h"
#include "util/strbuf.h"

/* UAPI's numbers of enum bpf_link_type. */
enum {
	IQ_BPF_LINK_RAW_TRACEPOINT = 1,
	IQ_BPF_LINK_TRACING,
	IQ_BPF_LINK_CGROUP,
	IQ_BPF_LINK_ITER,
	IQ_BPF_LINK_NETNS,
	IQ_BPF_LINK_XDP,
	IQ_BPF_LINK_PERF_EVENT,
	IQ_BPF_LINK_KPROBE_MULTI,
	IQ_BPF_LINK_STRUCT_OPS,
	IQ_BPF_LINK_NETFILTER,
	IQ_BPF_LINK_TCX,
	IQ_BPF_LINK_UPROBE_MULTI,
	IQ_BPF_LINK_NETKIT,
	IQ_BPF_LINK_SOCKMAP,
};

struct iq_bpf_hook {
	struct iq_bpf_attachment attachment; /* its texts and facts point to what follows */
	struct iq_strbuf detail, damage;
	char hook[64];
	IQ_VEC(struct iq_bpf_fact) facts;
	bool failed; /* memory is out */
};

struct iq_bpf_attachments {
	IQ_VEC(struct iq_bpf_hook *) hooks;
};

/* The walk. */
struct iq_bpf_hooks {
	struct iq_bpf *bpf;
	struct iq_bpf_attachments *found;
	struct iq_map links;     /* each struct bpf_link in link_idr, → its place in found->hooks */
	struct iq_map programs;  /* of these links */
	struct iq_map objects;   /* what they hang on, where one object has one program: perf events */
	struct iq_map grouped;   /* programs that some cgroup's lists or links have */
	struct iq_map events;    /* attach_perf.c: iq_bpf_event_key() of each program at a trace_event_call */
	struct iq_error *damage; /* the first at this kind of hooks, and how many more */
	size_t more_damage;
};

/* attach_hook.c: parts of an attachment. `detail` gets words, with blanks between them. */
void iq_bpf_hook_name(struct iq_bpf_hook *hook, const char *format, ...) __attribute__((format(printf, 2, 3)));
void iq_bpf_hook_detail(struct iq_bpf_hook *hook, const char *format, ...) __attribute__((format(printf, 2, 3)));
void iq_bpf_hook_text(struct iq_bpf_hook *hook, const char *name, const char *text);
void iq_bpf_hook_number(struct iq_bpf_hook *hook, const char *name, enum iq_bpf_fact_kind kind, uint64_t number);
void iq_bpf_hook_object(struct iq_bpf_hook *hook, const char *type, uint64_t address);
/* A fact of vmlinux' enumerators: "attach_type", by name without its prefix. */
void iq_bpf_hook_enum(struct iq_bpf *bpf, struct iq_bpf_hook *hook, const char *name, const char *enumeration,
		      const char *prefix, uint64_t value);
/* Cookie 0 is none. */
void iq_bpf_hook_cookie(struct iq_bpf_hook *hook, uint64_t cookie);
/* The function at `address`: facts function, module, offset, address; in words too. */
void iq_bpf_hook_function(struct iq_bpf *bpf, struct iq_bpf_hook *hook, uint64_t address);
struct iq_error *iq_bpf_hook_device(struct iq_bpf *bpf, struct iq_bpf_hook *hook, uint64_t device);
struct iq_error *iq_bpf_hook_net(struct iq_bpf *bpf, struct iq_bpf_hook *hook, uint64_t net);
struct iq_error *iq_bpf_hook_cgroup(struct iq_bpf *bpf, struct iq_bpf_hook *hook, uint64_t cgroup);
struct iq_error *iq_bpf_hook_map(struct iq_bpf *bpf, struct iq_bpf_hook *hook, uint64_t map);
void iq_bpf_hook_program(struct iq_bpf *bpf, struct iq_bpf_hook *hook, uint64_t program);
/* The function of an LSM hook that the program was loaded for. */
struct iq_error *iq_bpf_hook_lsm(struct iq_bpf *bpf, struct iq_bpf_hook *hook);
/* Takes the error: part of it can't be read. */
void iq_bpf_hook_damaged(struct iq_bpf_hook *hook, struct iq_error *error);
void iq_bpf_hook_free(struct iq_bpf_hook *hook);

/* attach.c: a new attachment of a program that was found at a hook; the list has it from then on. */
struct iq_error *iq_bpf_hook_new(struct iq_bpf_hooks *hooks, uint64_t program, const char *name,
				 struct iq_bpf_hook **out);
/* Damage at hooks: kept to be reported, NULL comes back; but a walk that must end gets its error again. */
struct iq_error *iq_bpf_hooks_damaged(struct iq_bpf_hooks *hooks, struct iq_error *error);
/* Is the struct bpf_link at `address` one of those in link_idr? */
bool iq_bpf_hooks_has_link(const struct iq_bpf_hooks *hooks, uint64_t link);

/* The type of attachment that a link keeps: in `path` of its own struct, or (newer) in struct bpf_link. */
struct iq_error *iq_bpf_link_attach_type(struct iq_bpf *bpf, uint64_t link, uint64_t container, const char *type,
					 const char *path, uint64_t *out);

/* Of a link: `container` is the address of the struct around it. What is found stays also when there is an error. */
typedef struct iq_error *(*iq_bpf_link_describer)(struct iq_bpf_hooks *hooks, struct iq_bpf_hook *hook,
						  uint64_t container);
struct iq_error *iq_bpf_describe_raw_tracepoint(struct iq_bpf_hooks *, struct iq_bpf_hook *, uint64_t);
struct iq_error *iq_bpf_describe_tracing(struct iq_bpf_hooks *, struct iq_bpf_hook *, uint64_t);
struct iq_error *iq_bpf_describe_cgroup(struct iq_bpf_hooks *, struct iq_bpf_hook *, uint64_t);
struct iq_error *iq_bpf_describe_iter(struct iq_bpf_hooks *, struct iq_bpf_hook *, uint64_t);
struct iq_error *iq_bpf_describe_netns(struct iq_bpf_hooks *, struct iq_bpf_hook *, uint64_t);
struct iq_error *iq_bpf_describe_xdp(struct iq_bpf_hooks *, struct iq_bpf_hook *, uint64_t);
struct iq_error *iq_bpf_describe_perf_event(struct iq_bpf_hooks *, struct iq_bpf_hook *, uint64_t);
struct iq_error *iq_bpf_describe_kprobe_multi(struct iq_bpf_hooks *, struct iq_bpf_hook *, uint64_t);
struct iq_error *iq_bpf_describe_uprobe_multi(struct iq_bpf_hooks *, struct iq_bpf_hook *, uint64_t);
struct iq_error *iq_bpf_describe_struct_ops(struct iq_bpf_hooks *, struct iq_bpf_hook *, uint64_t);
struct iq_error *iq_bpf_describe_netfilter(struct iq_bpf_hooks *, struct iq_bpf_hook *, uint64_t);
struct iq_error *iq_bpf_describe_tcx(struct iq_bpf_hooks *, struct iq_bpf_hook *, uint64_t);
struct iq_error *iq_bpf_describe_netkit(struct iq_bpf_hooks *, struct iq_bpf_hook *, uint64_t);
struct iq_error *iq_bpf_describe_sockmap(struct iq_bpf_hooks *, struct iq_bpf_hook *, uint64_t);

/* What is at hooks without a link. */
struct iq_error *iq_bpf_find_trampolines(struct iq_bpf_hooks *hooks);
struct iq_error *iq_bpf_find_perf_events(struct iq_bpf_hooks *hooks);
struct iq_error *iq_bpf_find_trace_events(struct iq_bpf_hooks *hooks);
struct iq_error *iq_bpf_find_devices(struct iq_bpf_hooks *hooks);
struct iq_error *iq_bpf_find_namespaces(struct iq_bpf_hooks *hooks);
struct iq_error *iq_bpf_find_cgroups(struct iq_bpf_hooks *hooks);
struct iq_error *iq_bpf_find_maps(struct iq_bpf_hooks *hooks);
struct iq_error *iq_bpf_find_sockets(struct iq_bpf_hooks *hooks);
/* attach_tc.c: of one device, one namespace. */
struct iq_error *iq_bpf_find_tc(struct iq_bpf_hooks *hooks, uint64_t device);
struct iq_error *iq_bpf_find_actions(struct iq_bpf_hooks *hooks, uint64_t net);
/* attach_mprog.c: tcx and netkit. */
struct iq_error *iq_bpf_find_mprog(struct iq_bpf_hooks *hooks, uint64_t device);
/* attach_struct_ops.c: of one map. */
struct iq_error *iq_bpf_find_struct_ops(struct iq_bpf_hooks *hooks, const struct iq_bpf_map *map);

/* Targets; see link.h. */
struct iq_error *iq_bpf_kprobe_multi_targets(struct iq_bpf *bpf, uint64_t link, iq_bpf_target_fn fn, void *context);
struct iq_error *iq_bpf_uprobe_multi_targets(struct iq_bpf *bpf, uint64_t link, iq_bpf_target_fn fn, void *context);
struct iq_error *iq_bpf_struct_ops_targets(struct iq_bpf *bpf, uint64_t map, iq_bpf_target_fn fn, void *context);

/* prog_array.c: each program of a struct bpf_prog_array, without the dummies that removals leave. */
typedef struct iq_error *(*iq_bpf_array_fn)(void *context, uint64_t program, uint64_t item);
struct iq_error *iq_bpf_prog_array_each(struct iq_bpf *bpf, uint64_t array, iq_bpf_array_fn fn, void *context);

/* The same of a struct bpf_mprog_entry: with the link that put it there, or 0. */
typedef struct iq_error *(*iq_bpf_mprog_fn)(void *context, uint64_t program, uint64_t link);
struct iq_error *iq_bpf_mprog_each(struct iq_bpf *bpf, uint64_t entry, iq_bpf_mprog_fn fn, void *context);

#endif
