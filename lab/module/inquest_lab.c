// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inquest_lab: ways for a kernel to die, each by name:
 *
 *	echo NAME[:ARGUMENT] > /sys/module/inquest_lab/parameters/crash
 *
 * A new way is a function and a line in bugs[].
 */
#include <linux/delay.h>
#include <linux/ftrace.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/stringify.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include <asm/nmi.h>

/* Neither inlined nor cloned (lab_probed.constprop.0), so that tracers and tests find the function by its name. */
#define whole noinline __attribute__((noipa))

struct lab_box {
	long key;
	int value;
};

static struct lab_box *lab_no_box;

/* What most of them end with: a store through a null pointer, at offset 8. */
static whole void lab_write_to_null(struct lab_box *box)
{
	WRITE_ONCE(box->value, 1);
}

/* Keeps the CPU in the kernel, with interrupts enabled, until something that was started strikes it. */
static whole void lab_waits(void)
{
	ktime_t end = ktime_add_ms(ktime_get(), 3000);

	while (ktime_before(ktime_get(), end))
		cpu_relax();
}

/* "later" as the argument: don't wait, strike whatever runs then. */
static whole void lab_waits_unless_later(const char *argument)
{
	if (strcmp(argument, "later") != 0)
		lab_waits();
}

static whole void lab_null(const char *argument)
{
	lab_write_to_null(lab_no_box);
}

/* A call through a null function pointer. */
static void (*lab_no_function)(void);

static whole void lab_null_call(const char *argument)
{
	READ_ONCE(lab_no_function)();
}

/* A call to where no code is: the module's data, an address that nothing is mapped at, one that is none. */
static whole void lab_jump(const char *argument)
{
	unsigned long address = strcmp(argument, "data") == 0    ? (unsigned long)&lab_no_box
			      : strcmp(argument, "unmapped") == 0 ? 0xffffffffdeadb000
								  : 0xdeadbeefdeadbeef;

	((void (*)(void))address)();
	barrier();
}

/* A function that aligns its stack pointer: where its caller's frame is can't be told from the depth. */
static whole void lab_realigned(const char *argument)
{
	struct lab_box boxes[4] __aligned(64) = { };

	OPTIMIZER_HIDE_VAR(argument);
	boxes[argument[0] & 3].key = 1;
	barrier_data(boxes);
	lab_write_to_null(lab_no_box);
	barrier_data(boxes);
}

/* A hard interrupt: the timer's. */
static struct hrtimer lab_hrtimer;

static whole enum hrtimer_restart lab_hrtimer_fires(struct hrtimer *timer)
{
	lab_write_to_null(lab_no_box);
	return HRTIMER_NORESTART;
}

static whole void lab_hardirq(const char *argument)
{
	hrtimer_init(&lab_hrtimer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	lab_hrtimer.function = lab_hrtimer_fires;
	hrtimer_start(&lab_hrtimer, ms_to_ktime(200), HRTIMER_MODE_REL_PINNED_HARD);
	lab_waits_unless_later(argument);
}

/* A soft interrupt on the way out of a hard one. */
static whole void lab_timer_fires(struct timer_list *timer)
{
	lab_write_to_null(lab_no_box);
}

static DEFINE_TIMER(lab_timer, lab_timer_fires);

static whole void lab_softirq(const char *argument)
{
	lab_timer.expires = jiffies + HZ / 5;
	add_timer_on(&lab_timer, raw_smp_processor_id());
	lab_waits_unless_later(argument);
}

/* A soft interrupt in ksoftirqd: raised again and again until that has to take over. */
static whole void lab_tasklet_runs(struct tasklet_struct *tasklet)
{
	if (strncmp(current->comm, "ksoftirqd", strlen("ksoftirqd")) == 0)
		lab_write_to_null(lab_no_box);
	tasklet_schedule(tasklet);
}

static DECLARE_TASKLET(lab_tasklet, lab_tasklet_runs);

static whole void lab_ksoftirqd(const char *argument)
{
	tasklet_schedule(&lab_tasklet);
	ssleep(5);
}

static whole void lab_rcu_calls(struct rcu_head *head)
{
	lab_write_to_null(lab_no_box);
}

static whole void lab_rcu(const char *argument)
{
	static struct rcu_head head;

	call_rcu(&head, lab_rcu_calls);
	ssleep(5);
}

/* An interrupt from this CPU to the others, while this one waits for them. */
static whole void lab_ipi_arrives(void *info)
{
	lab_write_to_null(lab_no_box);
}

static whole void lab_ipi(const char *argument)
{
	smp_call_function(lab_ipi_arrives, NULL, 1);
}

/* An NMI, which has to come from outside. */
static whole int lab_nmi_arrives(unsigned int type, struct pt_regs *regs)
{
	lab_write_to_null(lab_no_box);
	return NMI_HANDLED;
}

static whole void lab_nmi(const char *argument)
{
	register_nmi_handler(NMI_UNKNOWN, lab_nmi_arrives, 0, "inquest_lab");
	pr_emerg("LAB: inject\n");
	for (;;)
		lab_waits();
}

/* A stack that runs over its guard page: a double fault. */
static whole unsigned long lab_recurse(unsigned long depth)
{
	volatile unsigned long frame[32];

	frame[depth % 32] = depth;
	return depth == ULONG_MAX ? 0 : lab_recurse(depth + 1) + frame[(depth + 1) % 32];	/* never, but gcc wants an end */
}

static whole void lab_stack_overflow(const char *argument)
{
	pr_info("%lu\n", lab_recurse(0));
}

/* Kernel threads. */
static whole void lab_work_runs(struct work_struct *work)
{
	lab_write_to_null(lab_no_box);
}

static DECLARE_WORK(lab_work, lab_work_runs);

static whole void lab_workqueue(const char *argument)
{
	schedule_work(&lab_work);
	ssleep(5);
}

static whole int lab_thread_runs(void *data)
{
	lab_write_to_null(lab_no_box);
	return 0;
}

static whole void lab_kthread(const char *argument)
{
	kthread_run(lab_thread_runs, NULL, "lab-thread");
	ssleep(5);
}

/* A kprobe's handler, in the three ways to get there: through ftrace, through int3, through a jump into a detour buffer. */
static whole int lab_kprobe_hits(struct kprobe *probe, struct pt_regs *regs)
{
	lab_write_to_null(lab_no_box);
	return 0;
}

static whole void lab_kprobe_after(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe lab_probe = { .pre_handler = lab_kprobe_hits };

static whole void lab_probed(int number)
{
	pr_info("probed %d\n", number);
}

/* notrace: without the call of ftrace at its start. */
static whole notrace void lab_probed_notrace(int number)
{
	pr_info("probed %d\n", number);
}

static void lab_set_probe(const char *symbol)
{
	int error;

	lab_probe.symbol_name = symbol;
	error = register_kprobe(&lab_probe);
	if (error)
		pr_err("kprobe on %s: error %d\n", symbol, error);
}

/* With an argument: on that function, which somebody else will call. */
static whole void lab_kprobe(const char *argument)
{
	static char symbol[64];

	strscpy(symbol, *argument ? argument : "lab_probed", sizeof(symbol));
	lab_set_probe(symbol);
	lab_probed(1);
}

static whole void lab_kprobe_int3(const char *argument)
{
	lab_probe.post_handler = lab_kprobe_after;	/* a probe with one is not optimised into a jump */
	lab_set_probe("lab_probed_notrace");
	lab_probed_notrace(1);
}

static whole void lab_kprobe_jump(const char *argument)
{
	lab_set_probe("lab_probed_notrace");
	ssleep(2);					/* the optimiser works in the background */
	lab_probed_notrace(1);
}

/* A probe in the middle of a function, where the stack is deeper than at its start: on a NOP as long as a jump. */
#define LAB_NOP 0x0f, 0x1f, 0x44, 0x00, 0x00

static whole notrace void lab_probed_inside(int number)
{
	volatile int frame[16];

	frame[number % 16] = number;
	asm volatile(".byte " __stringify(LAB_NOP));
	pr_info("probed %d\n", frame[number % 16]);
}

static whole void lab_kprobe_jump_inside(const char *argument)
{
	static const u8 nop[] = { LAB_NOP };

	while (lab_probe.offset < 256 && memcmp((u8 *)lab_probed_inside + lab_probe.offset, nop, sizeof(nop)) != 0)
		lab_probe.offset++;
	lab_set_probe("lab_probed_inside");
	ssleep(2);
	lab_probed_inside(1);
}

/* An ftrace callback, which runs under a trampoline of its own. */
static whole void lab_ftrace_calls(unsigned long ip, unsigned long parent, struct ftrace_ops *ops, struct ftrace_regs *regs)
{
	lab_write_to_null(lab_no_box);
}

static struct ftrace_ops lab_ops = { .func = lab_ftrace_calls };

static whole void lab_ftrace(const char *argument)
{
	ftrace_set_filter(&lab_ops, "lab_probed", strlen("lab_probed"), 1);
	register_ftrace_function(&lab_ops);
	lab_probed(1);
}

/* Three functions, for tracers that replace return addresses. */
static whole int lab_traced_inner(int number)
{
	lab_write_to_null(lab_no_box);
	return number;
}

static whole int lab_traced_middle(int number)
{
	return lab_traced_inner(number + 1) + 1;
}

static whole int lab_traced_outer(int number)
{
	return lab_traced_middle(number + 1) + 1;
}

static whole void lab_traced(const char *argument)
{
	pr_info("%d\n", lab_traced_outer(1));
}

static const struct {
	const char *name;
	void (*run)(const char *argument);
} bugs[] = {
	{ "null", lab_null },
	{ "null-call", lab_null_call },
	{ "jump", lab_jump },
	{ "realigned", lab_realigned },
	{ "hardirq", lab_hardirq },
	{ "softirq", lab_softirq },
	{ "ksoftirqd", lab_ksoftirqd },
	{ "rcu", lab_rcu },
	{ "ipi", lab_ipi },
	{ "nmi", lab_nmi },
	{ "stack-overflow", lab_stack_overflow },
	{ "workqueue", lab_workqueue },
	{ "kthread", lab_kthread },
	{ "kprobe", lab_kprobe },
	{ "kprobe-int3", lab_kprobe_int3 },
	{ "kprobe-jump", lab_kprobe_jump },
	{ "kprobe-jump-inside", lab_kprobe_jump_inside },
	{ "ftrace", lab_ftrace },
	{ "traced", lab_traced },
};

static int lab_crash(const char *value, const struct kernel_param *parameter)
{
	char name[64], *argument = name;
	size_t i;

	strscpy(name, value, sizeof(name));
	strsep(&argument, ":\n");
	if (!argument)
		argument = "";
	else
		argument[strcspn(argument, "\n")] = '\0';
	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (strcmp(bugs[i].name, name) == 0) {
			bugs[i].run(argument);
			return 0;
		}
	}
	return -EINVAL;
}

static const struct kernel_param_ops lab_crash_ops = { .set = lab_crash };

module_param_cb(crash, &lab_crash_ops, NULL, 0200);
MODULE_PARM_DESC(crash, "the name of the way to die");
MODULE_DESCRIPTION("ways for a kernel to die, for the tests of inquest");
MODULE_LICENSE("GPL");
