/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Showing a backtrace: frames, what lies on the stack between them, raw stacks. */
#ifndef IQ_COMMAND_FRAMES_H
#define IQ_COMMAND_FRAMES_H

#include "command/tasks.h"

enum iq_lines {
	IQ_LINES_NONE,
	IQ_LINES_IF_THERE, /* where debug information is found */
	IQ_LINES_WANTED,   /* the same, and say why there are none */
};

struct iq_frame_options {
	bool offsets;     /* -s: function+offset */
	bool hexadecimal; /* -x */
	bool stack_data;  /* -f: the words of each frame */
	unsigned words;   /* -F: how they are shown, enum iq_stack_words */
	enum iq_lines lines;
	bool locals;    /* --locals: needs lines */
	bool registers; /* of frames that are not interrupted ones, too */
};

/* Adds the list "frames" and shows it as crash's bt does. An end of the walk that is not the stack's own is told in the
 * field "end" and on a line. */
struct iq_error *iq_show_backtrace(struct iq_session *session, struct iq_out *out, const struct iq_backtrace *trace,
				   const struct iq_frame_options *options);

/* Adds what such a record has of one of the frames; `level` is its number, if it has one. */
struct iq_error *iq_show_frame(struct iq_session *session, struct iq_out *out, const struct iq_backtrace *trace,
			       size_t frame, unsigned level, const struct iq_frame_options *options);

/* Does bt number this frame? Interrupted functions stand between the numbers. */
bool iq_frame_is_numbered(const struct iq_backtrace *trace, size_t frame);

/* Adds the fields function, offset, module and, for text, `text`: "bpf_test_run", with options->offsets
 * "bpf_test_run+395",
 * "(unknown)". False if no function is known; *symbol is all 0 then. */
bool iq_add_function(struct iq_out *out, struct iq_kernel *kernel, uint64_t pc, bool is_return,
		     const struct iq_frame_options *options, struct iq_symbol *symbol);

/* Where a frame's pc was found; for one that was given by its registers, the stack pointer. */
uint64_t iq_frame_place(const struct iq_frame *frame);

/* "--- <NMI exception stack> ---": what lies behind is another stack. */
void iq_show_stack_end(struct iq_out *out, const char *stack);

/* What stands for a stack's words: sixteen digits; or symbol+offset, where it is the address of one; or the cache of a
 * slab object too, [kmalloc-64], or also with the address, [ffff8881002a3d40:kmalloc-64]. */
enum iq_stack_words { IQ_WORDS_PLAIN, IQ_WORDS_SYMBOLS, IQ_WORDS_SLABS, IQ_WORDS_SLAB_ADDRESSES };

void iq_stack_word_text(struct iq_kernel *kernel, uint64_t word, unsigned words, struct iq_strbuf *line);

/* bt -r: the words of a stack, with symbols. */
struct iq_error *iq_show_raw_stack(struct iq_session *session, struct iq_out *out, uint64_t start, uint64_t end);

/* bt -T: the list "addresses", whatever looks like a return address in a stack. */
struct iq_error *iq_show_text_addresses(struct iq_session *session, struct iq_out *out, uint64_t start, uint64_t end,
					const struct iq_frame_options *options);

/* bt -t: the same on all stacks that the backtrace came by, from its newest frame on. */
struct iq_error *iq_show_live_addresses(struct iq_session *session, struct iq_out *out,
					const struct iq_backtrace *trace, const struct iq_frame_options *options);

/* bt -e, -E: blocks that look like saved registers. *found counts them. */
struct iq_error *iq_show_exception_frames(struct iq_session *session, struct iq_out *out, uint64_t start, uint64_t end,
					  size_t *found);

#endif
