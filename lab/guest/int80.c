// int80: sync(2) as 32-bit programs call it, from a 64-bit one.
int main(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(36) : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}
