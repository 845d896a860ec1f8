// A BPF program at the start of a kernel function: it calls a helper on which the module has put a deadly kprobe.
#include <linux/types.h>

#define SECTION(name) __attribute__((section(name), used))

static long (*get_current_comm)(void *buffer, __u32 size) = (void *)16;

SECTION("fentry/ksys_sync") int on_sync(void *context)
{
	char name[16];

	get_current_comm(name, sizeof(name));
	return 0;
}

SECTION("license") char terms[] = "GPL";
