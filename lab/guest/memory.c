// memory: processes with areas of memory of every kind. The names of those whose pages are to be recorded begin with "mem-".
#include "people.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>

enum { PAGE = 4096, HUGE = 2 << 20 };

static char *map(const char *what, size_t size, int protection, int flags, int fd, long offset)
{
	char *memory = mmap(NULL, size, protection, flags, fd, offset);

	if (memory == MAP_FAILED) {
		got(what, -1);
		return NULL;
	}
	return memory;
}

/* so many bytes of a new file, which looks different on each page */
static int file_of(const char *path, int pages)
{
	int fd = GET(open(path, O_RDWR | O_CREAT, 0600));
	char page[PAGE];

	for (int i = 0; i < pages; i++) {
		memset(page, 'a' + i, sizeof(page));
		if (write(fd, page, sizeof(page)) < 0)
			got(path, -1);
	}
	return fd;
}

static void takes_file_maps(void)
{
	int fd = file_of("/tmp/mapped", 16), gone = file_of("/tmp/mapped and gone", 4), memory = GET(memfd_create("mapped-memfd", 0));
	char *private = map("private", 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 4 * PAGE);
	volatile char *shared = map("shared", 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (!private || !shared)
		return;
	private[PAGE] = 'X'; /* this page is its own now */
	(void)shared[3 * PAGE];
	map("read-only", PAGE, PROT_READ, MAP_SHARED, fd, 15 * PAGE);
	map("executable", PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	map("beyond the end", 4 * PAGE, PROT_READ, MAP_PRIVATE, fd, 64 * PAGE);
	map("gone", 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, gone, 0);
	GET(unlink("/tmp/mapped and gone"));
	GET(ftruncate(memory, 4 * PAGE));
	map("memfd", 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, memory, 0);
	map("/dev/zero, shared", 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, GET(open("/dev/zero", O_RDWR)), 0);
	map("/dev/zero, private", 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, GET(open("/dev/zero", O_RDWR)), 0);
	map("/dev/mem", 2 * PAGE, PROT_READ, MAP_SHARED | MAP_POPULATE, GET(open("/dev/mem", O_RDONLY)), 0xf0000);
}

static void takes_anonymous(void)
{
	char *memory = map("private", 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *shm;
	int id = GET(shmget(4242, 3 * PAGE, IPC_CREAT | 0600)), gone = GET(shmget(IPC_PRIVATE, 2 * PAGE, 0600));

	memset(memory, 'm', 16 * PAGE);
	GET(mprotect(memory + 4 * PAGE, 2 * PAGE, PROT_READ));
	GET(mprotect(memory + 8 * PAGE, 2 * PAGE, PROT_NONE));
	GET(mprotect(memory + 12 * PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	GET(munmap(memory + 14 * PAGE, PAGE));
	GET(madvise(memory + PAGE, PAGE, MADV_DONTNEED));
	GET(mlock(memory + 2 * PAGE, PAGE));
	GET(prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, memory, 2 * PAGE, "named memory"));
	map("shared", 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	map("grows down", 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_POPULATE, -1, 0);
	shm = shmat(id, NULL, 0);
	if (shm != (char *)-1)
		*shm = 's';
	shm = shmat(gone, NULL, 0);
	if (shm != (char *)-1)
		shm[PAGE] = 's';
	GET(shmctl(gone, IPC_RMID, NULL));
	if (GET(sbrk(3 * PAGE) == (void *)-1 ? -1 : 0) == 0)
		memset((char *)sbrk(0) - PAGE, 'h', PAGE);
	if (read(GET(open("/dev/zero", O_RDONLY)), map("read", PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ? memory : NULL, 1) < 0)
		got("/dev/zero", -1);
}

static void takes_huge(void)
{
	char *memory = map("transparent", 3 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *huge;

	if (!memory)
		return;
	memory += -(unsigned long)memory % HUGE;
	GET(madvise(memory, 2 * HUGE, MADV_HUGEPAGE));
	memory[5] = 'T';
	huge = map("hugetlb", 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (huge)
		huge[HUGE + 5] = 'H';
	huge = map("hugetlb, shared", HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (huge)
		huge[5] = 'S';
}

/* Pages that lie in swap, among some that don't, and some that came back. */
static void takes_swapped(void)
{
	char *memory = map("private", 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *shared = map("shared", 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (!memory || !shared)
		return;
	GET(madvise(memory, 64 * PAGE, MADV_NOHUGEPAGE));
	for (int i = 0; i < 64; i++)
		memset(memory + i * PAGE, i, PAGE);
	memset(shared, 's', 8 * PAGE);
	GET(madvise(memory, 48 * PAGE, MADV_PAGEOUT));
	GET(madvise(shared, 4 * PAGE, MADV_PAGEOUT));
	memory[16 * PAGE + 1] = 'b';
	GET(mprotect(memory + 24 * PAGE, 4 * PAGE, PROT_NONE));
}

static void takes_many_areas(void)
{
	char *memory = map("many", 4000 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	for (int i = 0; memory && i < 4000; i += 2)
		GET(mprotect(memory + i * PAGE, PAGE, PROT_READ | PROT_WRITE));
}

static void *lives(void *name)
{
	prctl(PR_SET_NAME, name);
	waits();
	return NULL;
}

static void takes_threads(void)
{
	static char names[24][16];
	pthread_t thread;

	for (int i = 0; i < 24; i++) {
		snprintf(names[i], sizeof(names[i]), "thread-%d", i);
		pthread_create(&thread, NULL, lives, names[i]);
	}
	usleep(200000);
}

int main(void)
{
	static const struct person people[] = {
		{ "mem-files", takes_file_maps }, { "mem-anonymous", takes_anonymous }, { "mem-huge", takes_huge },
		{ "mem-swapped", takes_swapped }, { "many-areas", takes_many_areas },   { "many-threads", takes_threads },
	};

	start(people, sizeof(people) / sizeof(people[0]));
	return 0;
}
