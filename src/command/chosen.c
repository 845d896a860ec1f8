// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/chosen.h"

#include "command/bpf_frame.h"
#include "command/frames.h"
#include "util/cleanup.h"

#include <string.h>

void iq_chosen_frame_free(struct iq_chosen_frame *chosen)
{
	if (!chosen)
		return;
	iq_source_free(&chosen->source);
	iq_backtrace_free(&chosen->trace);
	free(chosen->why);
	free(chosen);
}

static void chosen_freep(struct iq_chosen_frame **chosen)
{
	iq_chosen_frame_free(*chosen);
}

static bool is_interrupted(const struct iq_backtrace *trace, size_t i)
{
	return trace->frames[i].kind != IQ_FRAME_USER && !iq_frame_is_numbered(trace, i);
}

/* Finds out where in the source the frame is. Without debug information it still has registers. */
static struct iq_error *settle(struct iq_kernel *kernel, struct iq_chosen_frame *chosen, size_t index)
{
	const struct iq_frame *frame = &chosen->trace.frames[index];
	iq_source_free(&chosen->source);
	free(iq_steal(chosen->why));
	chosen->index = index;
	chosen->scope = 0;
	struct iq_error *error = frame->kind == IQ_FRAME_USER || frame->kind == IQ_FRAME_POSSIBLE
					 ? iq_error_new(IQ_ERROR_NOT_FOUND, "the frame is no function's that is known")
					 : iq_frame_source(kernel, frame, &chosen->source);
	chosen->known = !error;
	if (!error) {
		chosen->scope = chosen->source.scopes.count ? chosen->source.scopes.count - 1 : 0;
		return NULL;
	}
	if (iq_error_is(error, IQ_ERROR_NO_MEMORY) || iq_error_is(error, IQ_ERROR_INTERRUPTED))
		return error;
	chosen->why = strdup(error->message);
	iq_error_free(error);
	return NULL;
}

/* The session's task's own frames; kept until another task is meant. */
static struct iq_error *walk(struct iq_session *session, struct iq_chosen_frame **out)
{
	_cleanup_(chosen_freep) struct iq_chosen_frame *chosen = NULL;
	struct iq_kernel *kernel;
	const struct iq_task *task;
	IQ_TRY(iq_session_kernel(session, &kernel));
	IQ_TRY(iq_session_task(session, &task));
	if (session->frame && session->frame->task == task->address) {
		*out = session->frame;
		return NULL;
	}
	chosen = calloc(1, sizeof(*chosen));
	if (!chosen)
		return iq_error_no_memory();
	chosen->task = task->address;
	IQ_TRY(iq_task_backtrace_with_registers(kernel, task, IQ_UNWIND_SCAN, &chosen->trace));
	if (!chosen->trace.count)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "task %d has no frame", task->pid);
	size_t index = 0;
	while (index < chosen->trace.count && !is_interrupted(&chosen->trace, index))
		index++;
	IQ_TRY(settle(kernel, chosen, index < chosen->trace.count ? index : 0));
	iq_chosen_frame_free(session->frame);
	*out = session->frame = iq_steal(chosen);
	return NULL;
}

struct iq_error *iq_session_frame(struct iq_session *session, struct iq_chosen_frame **out)
{
	return walk(session, out);
}

unsigned iq_frame_level(const struct iq_backtrace *trace, size_t frame)
{
	unsigned level = 0;
	for (size_t i = 0; i < frame; i++)
		level += iq_frame_is_numbered(trace, i);
	return level;
}

static struct iq_error *choose_number(struct iq_kernel *kernel, struct iq_chosen_frame *chosen, unsigned number)
{
	unsigned count = 0;
	for (size_t i = 0; i < chosen->trace.count; i++) {
		if (iq_frame_is_numbered(&chosen->trace, i) && count++ == number)
			return settle(kernel, chosen, i);
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "the task has no frame #%u: there are %u, counted from 0", number,
			    count);
}

static struct iq_error *choose_interrupted(struct iq_kernel *kernel, struct iq_chosen_frame *chosen, unsigned nth)
{
	unsigned count = 0;
	for (size_t i = 0; i < chosen->trace.count; i++) {
		if (is_interrupted(&chosen->trace, i) && ++count == nth)
			return settle(kernel, chosen, i);
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND,
			    "the task has no e%u: %u of its functions were interrupted in the kernel", nth, count);
}

static bool is_called(const struct iq_scope *scope, const char *name)
{
	return scope->function && strcmp(scope->function, name) == 0;
}

static struct iq_error *choose_function(struct iq_kernel *kernel, struct iq_chosen_frame *chosen, const char *name)
{
	size_t before = chosen->index, scope = chosen->scope;
	for (size_t i = 0; i < chosen->trace.count; i++) {
		struct iq_symbol symbol;
		IQ_TRY(settle(kernel, chosen, i));
		for (size_t n = 0; n < chosen->source.scopes.count; n++) {
			if (is_called(&chosen->source.scopes.data[n], name)) {
				chosen->scope = n;
				return NULL;
			}
		}
		if (!iq_failed(iq_symbol_at(iq_kernel_symbols(kernel), iq_frame_source_pc(&chosen->trace.frames[i]),
					    &symbol)) &&
		    strcmp(symbol.name, name) == 0)
			return NULL;
	}
	IQ_TRY(settle(kernel, chosen, before));
	chosen->scope = scope;
	return iq_error_new(IQ_ERROR_NOT_FOUND, "no frame of the task is in \"%s\"", name);
}

static bool is_number(const char *word)
{
	size_t length = strlen(word);
	return length && length < 9 && strspn(word, "0123456789") == length;
}

struct iq_error *iq_session_choose_frame(struct iq_session *session, const char *word)
{
	struct iq_chosen_frame *chosen;
	struct iq_kernel *kernel;
	IQ_TRY(iq_session_kernel(session, &kernel));
	IQ_TRY(walk(session, &chosen));
	struct iq_error *error;
	if (strcmp(word, "e") == 0)
		error = choose_interrupted(kernel, chosen, 1);
	else if (*word == 'e' && is_number(word + 1))
		error = choose_interrupted(kernel, chosen, (unsigned)atoi(word + 1));
	else if (is_number(word))
		error = choose_number(kernel, chosen, (unsigned)atoi(word));
	else
		error = choose_function(kernel, chosen, word);
	chosen->by_user |= !error;
	return error;
}

/* A local of the frame that is looked for by name. */
struct search {
	const char *name;
	bool found;
	char *reason;
	struct iq_value value;
};

static struct iq_error *compare_local(void *context, const struct iq_local *local)
{
	struct search *search = context;
	if (strcmp(local->name, search->name) != 0)
		return NULL;
	/* The innermost block's comes last, and hides the others. */
	iq_value_deinit(&search->value);
	search->value = (struct iq_value){ 0 };
	free(iq_steal(search->reason));
	search->found = true;
	if (!local->reason)
		return iq_value_copy(local->value, &search->value);
	search->reason = strdup(local->reason);
	return search->reason ? NULL : iq_error_no_memory();
}

/* In the chosen function; then in those that were inlined there, or that it was inlined into. */
static struct iq_error *search_scopes(struct iq_kernel *kernel, const struct iq_chosen_frame *chosen,
				      struct search *search, size_t *scope)
{
	*scope = chosen->scope;
	IQ_TRY(iq_frame_locals(kernel, &chosen->trace, chosen->index, &chosen->source, *scope, compare_local, search));
	for (size_t n = 0; n < chosen->source.scopes.count && !search->found; n++) {
		*scope = n;
		IQ_TRY(iq_frame_locals(kernel, &chosen->trace, chosen->index, &chosen->source, n, compare_local,
				       search));
	}
	return NULL;
}

struct iq_error *iq_session_frame_local(struct iq_session *session, const char *name, struct iq_value *out)
{
	struct iq_chosen_frame *chosen;
	struct iq_kernel *kernel;
	struct search search = { .name = name };
	size_t scope;
	IQ_TRY(iq_session_kernel(session, &kernel));
	IQ_TRY(walk(session, &chosen));
	if (iq_bpf_is_chosen(kernel, chosen))
		return iq_bpf_chosen_local(session, chosen, name, out);
	if (!chosen->known || !chosen->source.scopes.count)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "no locals are known: %s",
				    chosen->why ? chosen->why : "the frame is assembly's");
	_cleanup_free_ char *reason = NULL;
	struct iq_error *error = search_scopes(kernel, chosen, &search, &scope);
	reason = search.reason;
	if (!error && !search.found)
		error = iq_error_new(IQ_ERROR_NOT_FOUND, "the frame has no local \"%s\"", name);
	if (!error && reason)
		error = iq_error_new(IQ_ERROR_ARGUMENT, "%s of %s is not known: %s", name,
				     chosen->source.scopes.data[scope].function, reason);
	if (error) {
		iq_value_deinit(&search.value);
		return error;
	}
	*out = search.value;
	return NULL;
}

struct iq_error *iq_session_frame_registers(struct iq_session *session, struct iq_regs *out)
{
	struct iq_chosen_frame *chosen;
	IQ_TRY(walk(session, &chosen));
	*out = chosen->trace.frames[chosen->index].regs;
	return NULL;
}
