// Programs that trace: on functions, at their start and end, on events, samples, security hooks, and such that are asked.
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct file;
struct seq_file;
struct task_struct {
	int pid;
	int tgid;
	struct task_struct *real_parent;
} __attribute__((preserve_access_index));

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 16 * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __s64);
} stack_of SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} per_task SEC(".maps");

struct call {
	__u64 arguments[2];
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} calls SEC(".maps");

__u32 counts[8];
__u32 wanted_pid;
/* Nothing may change any more while the facts are taken. */
_Bool still SEC(".data.still");

SEC("kprobe/ksys_sync") int BPF_KPROBE(on_probe)
{
	__u32 pid = bpf_get_current_pid_tgid();
	__s64 stack;

	if (still)
		return 0;
	stack = bpf_get_stackid(ctx, &stacks, 0);
	bpf_map_update_elem(&stack_of, &pid, &stack, BPF_ANY);
	counts[0]++;
	return 0;
}

SEC("kretprobe/ksys_sync") int BPF_KRETPROBE(on_return, long result)
{
	counts[1] += !still && result == 0;
	return 0;
}

SEC("uprobe") int BPF_KPROBE(on_user)
{
	counts[2]++;
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_sync") int on_event(void *context)
{
	struct call *call = still ? NULL : bpf_ringbuf_reserve(&calls, sizeof(*call), 0);

	if (!call)
		return 0;
	call->arguments[0] = bpf_get_current_pid_tgid();
	call->arguments[1] = 0x1234567890abcdef;
	bpf_get_current_comm(call->comm, sizeof(call->comm));
	/* every third is thrown away */
	if (counts[3]++ % 3 == 2)
		bpf_ringbuf_discard(call, 0);
	else
		bpf_ringbuf_submit(call, 0);
	return 0;
}

SEC("tracepoint/sched/sched_process_fork") int on_fork_event(void *context)
{
	return 0;
}

SEC("raw_tracepoint/sched_process_exec") int on_exec(struct bpf_raw_tracepoint_args *context)
{
	if (still)
		return 0;
	counts[4]++;
	return context->args[0] == 0;
}

SEC("tp_btf/sched_process_fork") int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	__u64 *value = bpf_task_storage_get(&per_task, parent, NULL, still ? 0 : BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (value && !still)
		*value = child->pid;
	return 0;
}

SEC("perf_event") int on_sample(struct bpf_perf_event_data *sample)
{
	counts[5] += sample->sample_period != 0;
	return 0;
}

static __noinline int is_wanted(struct task_struct *task)
{
	return task->tgid == wanted_pid || task->real_parent->tgid == wanted_pid;
}

SEC("fentry/ksys_sync") int BPF_PROG(before_sync)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!still && is_wanted(task))
		counts[6]++;
	return 0;
}

SEC("fexit/ksys_sync") int BPF_PROG(after_sync)
{
	if (!still)
		counts[6] += 2;
	return 0;
}

SEC("fmod_ret/security_file_fcntl") int BPF_PROG(changes_result, struct file *file, unsigned int command, unsigned long argument, int result)
{
	return command == 0xbad ? -1 : 0;
}

SEC("lsm/file_ioctl") int BPF_PROG(guards_ioctl, struct file *file, unsigned int command, unsigned long argument, int result)
{
	if (result)
		return result;
	return command == 0x1ab0 ? -13 : 0;
}

SEC("lsm.s/file_open") int BPF_PROG(guards_open, struct file *file, int result)
{
	return result;
}

SEC("iter/task") int on_task(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;

	int pid;

	if (!task)
		return 0;
	pid = task->pid;
	bpf_seq_write(context->meta->seq, &pid, sizeof(pid));
	return 0;
}

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	void *map;
	__u32 *key;
	__s64 *value;
};

SEC("iter/bpf_map_elem") int on_element(struct bpf_iter__bpf_map_elem *context)
{
	return 0;
}

struct question {
	__u32 number;
	__u32 answer;
};

SEC("syscall") int answers(struct question *question)
{
	question->answer = question->number * 2 + counts[0];
	return 7;
}

char terms[] SEC("license") = "GPL";
