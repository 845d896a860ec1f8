// bpf-trace: processes that hold programs which trace, and a congestion control.
#include "bpf-people.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static struct bpf_object *trace;

static int event(struct perf_event_attr *attributes) { return (int)syscall(SYS_perf_event_open, attributes, -1, 0, -1, 0); }

static void __attribute__((noinline)) traced_function(void) { __asm__ volatile(""); }

static void holds_probes(void)
{
	LIBBPF_OPTS(bpf_uprobe_opts, uprobe, .func_name = "traced_function");

	attaches(trace, "on_probe");
	attaches(trace, "on_return");
	attaches(trace, "on_event");
	LINK(bpf_program__attach_uprobe_opts(program(trace, "on_user"), getpid(), "/lab/bin/bpf-trace", 0, &uprobe));
	for (int i = 0; i < 7; i++)
		sync();
	traced_function();
}

static void holds_trampolines(void)
{
	static const char *const names[] = { "before_sync", "after_sync", "changes_result", "guards_ioctl", "guards_open", "on_fork", "on_exec" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		attaches(trace, names[i]);
	sync();
	if (fork() == 0)
		_exit(0);
	wait(NULL);
}

static void holds_samples(void)
{
	struct perf_event_attr clock = { .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK, .size = sizeof(clock) };
	struct perf_event_attr tracepoint = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(tracepoint), .sample_period = 1 };
	FILE *file = fopen("/sys/kernel/tracing/events/sched/sched_process_fork/id", "r");
	int fd, number;

	clock.sample_period = 1000000000000000;
	fd = GET(event(&clock));
	GET(ioctl(fd, PERF_EVENT_IOC_SET_BPF, program_fd(trace, "on_sample")));
	if (file && fscanf(file, "%d", &number) == 1) {
		tracepoint.config = number;
		fd = GET(event(&tracepoint));
		GET(ioctl(fd, PERF_EVENT_IOC_SET_BPF, program_fd(trace, "on_fork_event")));
	}
}

static void asks(void)
{
	struct { __u32 number, answer; } question = { 21, 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &question, .ctx_size_in = sizeof(question));
	union bpf_iter_link_info about = { 0 };
	LIBBPF_OPTS(bpf_iter_attach_opts, iterator, .link_info = &about, .link_info_len = sizeof(about));
	struct bpf_link *link;

	GET(bpf_prog_test_run_opts(program_fd(trace, "answers"), &options));
	link = attaches(trace, "on_task");
	if (link)
		GET(bpf_iter_create(bpf_link__fd(link)));
	about.map.map_fd = map_fd(trace, "stack_of");
	LINK(bpf_program__attach_iter(program(trace, "on_element"), &iterator));
}

static void congests(void)
{
	struct bpf_object *object = loads("congestion.bpf.o");
	struct bpf_map *map = object ? bpf_object__find_map_by_name(object, "lab_reno") : NULL;

	if (map)
		LINK(bpf_map__attach_struct_ops(map));
}

/* From now on the programs change nothing. */
static void ends(void)
{
	size_t size;
	char *still = bpf_map__initial_value(bpf_object__find_map_by_name(trace, ".data.still"), &size);

	*still = 1;
}

int main(void)
{
	static const struct person people[] = {
		{ "bpf-trampolines", holds_trampolines }, { "bpf-probes", holds_probes }, { "bpf-samples", holds_samples },
		{ "bpf-asks", asks },                     { "bpf-congestion", congests },
	};

	libbpf_set_print(prints);
	setvbuf(stdout, NULL, _IONBF, 0);
	trace = loads("trace.bpf.o");
	if (!trace)
		return 1;
	start(people, sizeof(people) / sizeof(people[0]));
	ends();
	return 0;
}
