// A BPF program at the end of kernel functions: its trampoline calls the function itself, and stays on the stack meanwhile.
#define SECTION(name) __attribute__((section(name), used))

static int calls;

SECTION("fexit/ksys_write") int after_write(void *context)
{
	calls++;
	return 0;
}

SECTION("fexit/kernfs_fop_write_iter") int after_kernfs_write(void *context)
{
	calls++;
	return 0;
}

SECTION("license") char terms[] = "GPL";
