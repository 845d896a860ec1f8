// SPDX-License-Identifier: GPL-2.0-or-later
/* Tasks: the kernel's list of thread groups with the threads of each, and the idle tasks, which are on no list. */
#include "kernel/internal.h"

#include <stdio.h>
#include <string.h>

enum { MAX_TASKS = 4 << 20, MAX_COMPLAINTS = 8, PF_KTHREAD = 0x00200000 };

/* include/linux/sched.h; unchanged since 4.14 (upstream 06eb61844d84). */
enum {
	STATE_INTERRUPTIBLE = 0x1, STATE_UNINTERRUPTIBLE = 0x2, STATE_STOPPED = 0x4, STATE_TRACED = 0x8,
	EXIT_STATE_DEAD = 0x10, EXIT_STATE_ZOMBIE = 0x20, STATE_PARKED = 0x40, STATE_DEAD = 0x80,
	STATE_WAKING = 0x200, STATE_NOLOAD = 0x400, STATE_NEW = 0x800,
};

static struct iq_error *task_pid(struct iq_kernel *k, uint64_t task, const char *path, int32_t *out)
{
	uint64_t value;
	IQ_TRY(iq_k_get(k, task, "task_struct", path, &value));
	*out = (int32_t)value;
	return NULL;
}

/* Where a task's CPU number is: in task_struct since thread_info moved there, as cpu itself before 5.16 (upstream bcf9033e5449). */
static struct iq_error *task_cpu(struct iq_kernel *k, uint64_t task, int32_t *cpu)
{
	uint64_t value;
	const char *path = iq_k_has(k, "task_struct", "thread_info.cpu") ? "thread_info.cpu" : "cpu";
	IQ_TRY(iq_k_get(k, task, "task_struct", path, &value));
	*cpu = (int32_t)value;
	return NULL;
}

/* Members may lie on different pages, of which one is missing: each is read for itself, and what fails is noted. Returns the first error. */
struct filling {
	struct iq_task *task;
	struct iq_error *error;
};

static bool filled(struct filling *f, unsigned what, struct iq_error *error)
{
	if (!error)
		return true;
	f->task->unknown |= what;
	iq_error_keep(&f->error, error);
	return false;
}

static void fill_pid(struct iq_kernel *k, struct filling *f, unsigned what, const char *path, int32_t *out)
{
	if (!filled(f, what, task_pid(k, f->task->address, path, out)))
		*out = -1;
}

static void fill_number(struct iq_kernel *k, struct filling *f, unsigned what, const char *path, uint64_t *out)
{
	if (!filled(f, what, iq_k_get(k, f->task->address, "task_struct", path, out)))
		*out = 0;
}

static struct iq_error *fill_task(struct iq_kernel *k, uint64_t address, struct iq_task *t)
{
	struct filling f = { .task = t };
	uint64_t flags;
	t->address = address;
	fill_pid(k, &f, IQ_TASK_PID, "pid", &t->pid);
	fill_pid(k, &f, IQ_TASK_TGID, "tgid", &t->tgid);
	if (!filled(&f, IQ_TASK_COMM,
		    iq_get_string(k->target, k->types, address, "task_struct", "comm", t->comm, sizeof(t->comm))))
		t->comm[0] = '\0';
	fill_number(k, &f, IQ_TASK_STATE, iq_k_has(k, "task_struct", "__state") ? "__state" : "state", &t->state);
	fill_number(k, &f, IQ_TASK_STATE, "exit_state", &t->exit_state);
	fill_number(k, &f, IQ_TASK_FLAGS, "flags", &flags);
	fill_number(k, &f, IQ_TASK_MM, "mm", &t->mm);
	fill_number(k, &f, IQ_TASK_MM, "active_mm", &t->active_mm);
	fill_number(k, &f, IQ_TASK_STACK, "stack", &t->stack);
	/* fork_idle() leaves an idle task's real_parent at who called it, the thread that becomes init. */
	fill_number(k, &f, IQ_TASK_LINKS, t->pid ? "real_parent" : "parent", &t->parent);
	fill_number(k, &f, IQ_TASK_LINKS, "group_leader", &t->group_leader);
	if (!filled(&f, IQ_TASK_CPU, task_cpu(k, address, &t->cpu)))
		t->cpu = -1;
	t->flags = (uint32_t)flags;
	t->kernel_thread = t->flags & PF_KTHREAD || (!t->mm && !t->exit_state && !(t->unknown & (IQ_TASK_MM | IQ_TASK_FLAGS)));
	t->stack_size = iq_thread_size(k);
	t->ppid = -1;
	if (!(t->unknown & IQ_TASK_LINKS))
		filled(&f, IQ_TASK_PPID, iq_error_prefix(task_pid(k, t->parent, "tgid", &t->ppid), "its parent"));
	else
		t->unknown |= IQ_TASK_PPID;
	return f.error;
}

/* A missing page under the types, say, makes every task a damaged one: a few stand for all. */
static void complain(struct iq_kernel *k, uint64_t address, struct iq_error *error)
{
	if (error && k->task_complaints++ < MAX_COMPLAINTS)
		iq_warn(k->diag, "task %#lx: %s", address, error->message);
	iq_error_free(error);
}

static struct iq_error *add_task(void *context, uint64_t address)
{
	struct iq_kernel *k = context;
	bool added;
	if (!iq_map_add(&k->task_index, address, &added))
		return iq_error_no_memory();
	if (!added)
		return NULL;
	if (k->tasks.count >= MAX_TASKS)
		return iq_error_new(IQ_ERROR_LIMIT, "more than %d tasks", MAX_TASKS);
	struct iq_task *task = iq_vec_push(&k->tasks);
	if (!task || !iq_map_set(&k->task_index, address, k->tasks.count - 1))
		return iq_error_no_memory();
	complain(k, address, fill_task(k, address, task));
	return iq_check_interrupt();
}

/* The walk over the lists. */
struct loading {
	struct iq_kernel *kernel;
	bool damaged; /* a list is broken: tasks may be missing */
};

/* Tells of a broken list and lets the walk go on; hands on what must end it. */
static struct iq_error *broken(struct loading *loading, struct iq_error *error)
{
	if (!error || iq_error_is(error, IQ_ERROR_INTERRUPTED) || iq_error_is(error, IQ_ERROR_NO_MEMORY))
		return error;
	loading->damaged = true;
	iq_warn_error(loading->kernel->diag, error);
	return NULL;
}

/* A thread group: the threads on its leader's signal->thread_head (3.13, upstream 0c740d0afc3b), the leader first. */
static struct iq_error *add_group(void *context, uint64_t leader)
{
	struct loading *loading = context;
	struct iq_kernel *k = loading->kernel;
	uint64_t signal, head;
	IQ_TRY(add_task(k, leader));
	struct iq_error *error = iq_k_get(k, leader, "task_struct", "signal", &signal);
	if (!error && signal) {
		error = iq_member_address(k->types, signal, "signal_struct", "thread_head", &head);
		if (!error)
			error = iq_list_each(k->target, k->types, head, "task_struct", "thread_node", MAX_TASKS, add_task, k);
	}
	return broken(loading, iq_error_prefix(error, "threads of task %#lx", leader));
}

/* A struct pid of the initial namespace, to whose first list (PIDTYPE_PID) its task is linked: by pid_links since 4.19 (upstream 2c4704756cab), by
 * a struct pid_link before. A task whose PID is another one was reached by damage. */
static struct iq_error *add_by_pid(void *context, uint64_t number, uint64_t entry)
{
	struct loading *loading = context;
	struct iq_kernel *k = loading->kernel;
	const char *link = iq_k_has(k, "task_struct", "pid_links") ? "pid_links[0]" : "pids[0].node";
	uint64_t node, task, pid;
	if (!iq_is_kernel_address(k->target, entry))
		return NULL; /* reserved for a task that is being made */
	struct iq_error *error = iq_k_get(k, entry, "pid", "tasks[0].first", &node);
	if (!error && !node)
		return NULL; /* an exited task's; sessions and process groups keep it */
	if (!error)
		error = iq_container_of(k->types, node, "task_struct", link, &task);
	if (!error && !iq_failed(iq_k_get(k, task, "task_struct", "pid", &pid)) && pid != number)
		error = iq_error_new(IQ_ERROR_FORMAT, "task %#lx has the PID %d", task, (int32_t)pid);
	if (error)
		return broken(loading, iq_error_prefix(error, "PID %lu", number));
	return add_task(k, task);
}

/* What the broken lists don't lead to any more, the initial PID namespace still has: an IDR since 4.15 (upstream 95846ecf9dac). */
static struct iq_error *add_by_pids(struct loading *loading)
{
	struct iq_kernel *k = loading->kernel;
	size_t before = k->tasks.count;
	uint64_t namespace, idr = 0;
	struct iq_error *error = iq_k_symbol(k, "init_pid_ns", &namespace);
	if (!error)
		error = iq_member_address(k->types, namespace, "pid_namespace", "idr", &idr);
	if (!error)
		error = iq_xarray_each(k->target, k->types, idr, MAX_TASKS, add_by_pid, loading);
	if (k->tasks.count > before)
		iq_warn(k->diag, "%zu tasks are on no list, but in the table of PIDs", k->tasks.count - before);
	return broken(loading, iq_error_prefix(error, "table of PIDs"));
}

static void set_cpu(struct iq_task *task, unsigned cpu)
{
	task->cpu = (int32_t)cpu;
	task->unknown &= ~(unsigned)IQ_TASK_CPU;
}

static struct iq_error *add_idle(struct iq_kernel *k, const struct iq_cpu *cpu)
{
	uint64_t task, index;
	struct iq_error *error = iq_idle_task(k, cpu, &task);
	if (error || !task) {
		k->tasks_missing |= cpu->id != 0; /* the first one's is init_task */
		if (cpu->offset_known && cpu->current_task) /* else damage was told when the CPUs were read */
			iq_warn_error(k->diag, error);
		else
			iq_error_free(error);
		return NULL;
	}
	IQ_TRY(add_task(k, task));
	if (iq_map_get(&k->task_index, task, &index)) {
		k->tasks.data[index].idle = true;
		set_cpu(&k->tasks.data[index], cpu->id);
	}
	return NULL;
}

static struct iq_error *load_tasks(struct iq_kernel *k)
{
	struct loading loading = { .kernel = k };
	const struct iq_cpu *cpus;
	size_t count;
	uint64_t init_task, head;
	IQ_TRY(iq_cpus(k, &cpus, &count));
	IQ_TRY(iq_k_symbol(k, "init_task", &init_task));
	IQ_TRY(add_task(k, init_task));
	for (size_t i = 0; i < count; i++)
		IQ_TRY(add_idle(k, &cpus[i]));
	IQ_TRY(iq_member_address(k->types, init_task, "task_struct", "tasks", &head));
	struct iq_error *error =
		iq_list_each(k->target, k->types, head, "task_struct", "tasks", MAX_TASKS, add_group, &loading);
	IQ_TRY(broken(&loading, iq_error_prefix(error, "task list")));
	k->tasks_missing |= loading.damaged;
	return loading.damaged ? add_by_pids(&loading) : NULL;
}

/* Did this CPU run its current task? An offline CPU did if panic() stopped it (stop_this_cpu() takes it off the online mask), which the task's
 * on_cpu tells; one that never ran has init_task there from the beginning. */
static bool ran_current(struct iq_kernel *k, const struct iq_cpu *cpu)
{
	uint64_t on_cpu;
	int32_t number;
	if (!cpu->current_task || (cpu->online && cpu->masks_known))
		return cpu->current_task != 0;
	return !iq_failed(iq_k_get(k, cpu->current_task, "task_struct", "on_cpu", &on_cpu)) && on_cpu &&
	       !iq_failed(task_cpu(k, cpu->current_task, &number)) && number == (int32_t)cpu->id;
}

/* A CPU whose current task can't be read: the task that says that it ran there. */
static void mark_by_task(struct iq_kernel *k, const struct iq_cpu *cpu)
{
	uint64_t on_cpu;
	iq_vec_foreach(task, &k->tasks) {
		if (!(task->unknown & IQ_TASK_CPU) && task->cpu == (int32_t)cpu->id &&
		    !iq_failed(iq_k_get(k, task->address, "task_struct", "on_cpu", &on_cpu)) && on_cpu)
			task->on_cpu = true;
	}
}

/* What the CPUs know of the tasks: who is current. A current task that is on no list any more is shown too. */
static struct iq_error *mark_running(struct iq_kernel *k)
{
	const struct iq_cpu *cpus;
	size_t count;
	uint64_t index;
	IQ_TRY(iq_cpus(k, &cpus, &count));
	for (size_t i = 0; i < count; i++) {
		if (ran_current(k, &cpus[i])) {
			IQ_TRY(add_task(k, cpus[i].current_task));
			if (iq_map_get(&k->task_index, cpus[i].current_task, &index)) {
				k->tasks.data[index].on_cpu = true;
				set_cpu(&k->tasks.data[index], cpus[i].id);
			}
		} else if (!cpus[i].current_task) {
			mark_by_task(k, &cpus[i]);
		}
	}
	return NULL;
}

struct iq_error *iq_tasks(struct iq_kernel *kernel, const struct iq_task **tasks, size_t *count)
{
	if (!kernel->tasks_loaded) {
		kernel->tasks.count = 0;
		iq_map_free(&kernel->task_index);
		kernel->task_complaints = 0;
		kernel->tasks_missing = false;
		IQ_TRY(iq_error_prefix(load_tasks(kernel), "tasks"));
		IQ_TRY(mark_running(kernel));
		if (kernel->task_complaints > MAX_COMPLAINTS)
			iq_warn(kernel->diag, "tasks: the same goes for %zu more", kernel->task_complaints - MAX_COMPLAINTS);
		kernel->tasks_loaded = true;
	}
	*tasks = kernel->tasks.data;
	*count = kernel->tasks.count;
	return NULL;
}

bool iq_tasks_complete(struct iq_kernel *kernel)
{
	return kernel->tasks_loaded && !kernel->tasks_missing;
}

struct iq_error *iq_task_by_pid(struct iq_kernel *kernel, int32_t pid, const struct iq_task **out)
{
	const struct iq_task *tasks;
	size_t count;
	IQ_TRY(iq_tasks(kernel, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		if (tasks[i].pid == pid) {
			*out = &tasks[i];
			return NULL;
		}
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "no task has the PID %d", pid);
}

struct iq_error *iq_task_by_address(struct iq_kernel *kernel, uint64_t address, const struct iq_task **out)
{
	const struct iq_task *tasks;
	size_t count;
	uint64_t index;
	IQ_TRY(iq_tasks(kernel, &tasks, &count));
	if (!iq_map_get(&kernel->task_index, address, &index) || index >= count)
		return iq_error_new(IQ_ERROR_NOT_FOUND, "there is no task at %#lx", address);
	*out = &tasks[index];
	return NULL;
}

/*
 * Where the stack of a task that ran is, if its task_struct doesn't tell, for want of types or of the page: around the CPU's stack pointer, since stacks are
 * aligned to their size (THREAD_ALIGN), if the word that the kernel puts at each one's end (include/uapi/linux/magic.h) proves it.
 */
static void find_running_stack(struct iq_kernel *k, struct iq_task *task)
{
	const struct iq_arch *arch = iq_target_arch(k->target);
	struct iq_regs regs;
	uint64_t size = iq_thread_size(k), word;
	if (!(task->unknown & IQ_TASK_STACK) || iq_failed(iq_cpu_registers(k, (unsigned)task->cpu, &regs)) ||
	    !iq_reg_known(&regs, arch->reg_sp))
		return;
	uint64_t start = regs.value[arch->reg_sp] & ~(size - 1);
	if (iq_failed(iq_read_u64(k->target, start, &word)) || word != STACK_END_MAGIC)
		return;
	task->stack = start;
	task->stack_size = size;
	task->unknown &= ~(unsigned)IQ_TASK_STACK;
}

/* A CPU's current task without the list of all: what a first backtrace needs. */
static struct iq_error *read_current_alone(struct iq_kernel *k, const struct iq_cpu *cpu, const struct iq_task **out)
{
	if (!k->panicked) {
		k->panicked = calloc(1, sizeof(*k->panicked));
		if (!k->panicked)
			return iq_error_no_memory();
		iq_warn_error(k->diag, iq_error_prefix(fill_task(k, cpu->current_task, k->panicked), "task %#lx", cpu->current_task));
		k->panicked->on_cpu = true;
		k->panicked->idle = k->panicked->pid == 0 && !(k->panicked->unknown & IQ_TASK_PID);
		set_cpu(k->panicked, cpu->id);
		find_running_stack(k, k->panicked);
	}
	*out = k->panicked;
	return NULL;
}

struct iq_error *iq_panic_task(struct iq_kernel *kernel, const struct iq_task **out)
{
	const struct iq_cpu *cpus;
	size_t count;
	unsigned cpu;
	IQ_TRY(iq_crashing_cpu(kernel, &cpu));
	IQ_TRY(iq_cpus(kernel, &cpus, &count));
	for (size_t i = 0; i < count; i++) {
		if (cpus[i].id != cpu || !cpus[i].current_task)
			continue;
		return kernel->tasks_loaded ? iq_task_by_address(kernel, cpus[i].current_task, out) :
					      read_current_alone(kernel, &cpus[i], out);
	}
	const struct iq_task *tasks;
	IQ_TRY(iq_tasks(kernel, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		if (tasks[i].on_cpu && tasks[i].cpu == (int32_t)cpu) {
			*out = &tasks[i];
			return NULL;
		}
	}
	return iq_error_new(IQ_ERROR_NOT_FOUND, "the current task of CPU %u, which crashed, is not known", cpu);
}

const char *iq_task_state_name(const struct iq_task *task)
{
	uint64_t state = task->state | task->exit_state;
	if (task->unknown & IQ_TASK_STATE)
		return "??";
	if (state & EXIT_STATE_ZOMBIE)
		return "ZO";
	if (state & (EXIT_STATE_DEAD | STATE_DEAD))
		return "DE";
	if (state == 0)
		return "RU";
	if (state & STATE_INTERRUPTIBLE)
		return "IN";
	if (state & STATE_UNINTERRUPTIBLE)
		return state & STATE_NOLOAD ? "ID" : "UN";
	if (state & STATE_STOPPED)
		return "ST";
	if (state & STATE_TRACED)
		return "TR";
	if (state & STATE_PARKED)
		return "PA";
	if (state & STATE_WAKING)
		return "WA";
	if (state & STATE_NEW)
		return "NE";
	return "??";
}
