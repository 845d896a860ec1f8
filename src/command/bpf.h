/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the command bpf: bpf.c parses, each of these shows one thing. */
#ifndef IQ_COMMAND_BPF_H
#define IQ_COMMAND_BPF_H

#include "bpf/bpf.h"
#include "bpf/map.h"
#include "bpf/program.h"
#include "command/session.h"

struct iq_bpf_shown {
	struct iq_session *session;
	struct iq_bpf *bpf;
	struct iq_out *out;
	const struct iq_args *args;
};

/* bpf.c: "12": an ID as people type it. */
struct iq_error *iq_bpf_parse_id(const char *text, uint32_t *id);

/* bpf_lists.c: programs and maps, all or those that -p, -P, -m, -M say. */
struct iq_error *iq_bpf_show_lists(const struct iq_bpf_shown *shown);

/* bpf_lists.c: adds to the open record what -m shows of a map. */
void iq_bpf_add_map(const struct iq_bpf_shown *shown, const struct iq_bpf_map *map);

/* bpf_code.c: -t and, with `opcodes`, -T: the list "xlated" of the current record. */
struct iq_error *iq_bpf_show_xlated(const struct iq_bpf_shown *shown, const struct iq_bpf_program *program,
				    bool opcodes);

/* bpf_jited.c: -j: the list "jited" of the current record. */
struct iq_error *iq_bpf_show_jited(const struct iq_bpf_shown *shown, const struct iq_bpf_program *program);

/* bpf_links.c: -l: links, and what is attached without one. */
struct iq_error *iq_bpf_show_links(const struct iq_bpf_shown *shown);

/* bpf_links.c: adds to a program's open record where it is attached, and who traces it. */
struct iq_error *iq_bpf_add_attachments(const struct iq_bpf_shown *shown, const struct iq_bpf_program *program);

/* bpf_holders.c: -f: which processes and pins hold what. */
struct iq_error *iq_bpf_show_holders(const struct iq_bpf_shown *shown);

/* bpf_images.c: -k, all JITed images. */
struct iq_error *iq_bpf_show_images(const struct iq_bpf_shown *shown);

/* bpf_btfs.c: -b, BTF objects. */
struct iq_error *iq_bpf_show_btfs(const struct iq_bpf_shown *shown);

/* bpf_classic.c: -C, filters of seccomp and sockets. */
struct iq_error *iq_bpf_show_classic(const struct iq_bpf_shown *shown);

/* bpf_map.c: `bpf map ID`: what a map holds, with -c the count alone. */
struct iq_error *iq_bpf_show_map(const struct iq_bpf_shown *shown, uint32_t id);

/* bpf_struct_ops.c: the object "struct_ops" of the current record: the functions of a struct_ops map. */
struct iq_error *iq_bpf_show_struct_ops(const struct iq_bpf_shown *shown, const struct iq_bpf_map *map);

/* bpf_calls.c: `bpf calls ID`: call sites, arguments, sizes. */
struct iq_error *iq_bpf_show_calls(const struct iq_bpf_shown *shown, const struct iq_bpf_program *program);

#endif
