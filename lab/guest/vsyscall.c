// vsyscall: time(2) through the fixed address that statically linked programs of old call.
int main(void)
{
	long (*vsyscall_time)(long *) = (long (*)(long *))0xffffffffff600400;

	return vsyscall_time(0) == 0;
}
