// crowd: a few processes that wait in different ways, so that a dump has something to list: returns when all are in place.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t never_free = PTHREAD_MUTEX_INITIALIZER;

static void sleeps(void)
{
	for (;;)
		sleep(1000);
}

static void reads_pipe(void)
{
	int ends[2];
	char byte;

	if (pipe(ends) == 0 && read(ends[0], &byte, 1) < 0)
		exit(1);
}

static void reads_socket(void)
{
	int ends[2];
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && read(ends[0], &byte, 1) < 0)
		exit(1);
}

static void polls(void)
{
	struct epoll_event event;
	int fd = epoll_create1(0);

	epoll_wait(fd, &event, 1, -1);
}

static void *waits_for_lock(void *name)
{
	prctl(PR_SET_NAME, name);
	pthread_mutex_lock(&never_free);
	return NULL;
}

static void has_threads(void)
{
	static const char *const names[] = { "thread-a", "thread-b", "thread-c" };
	pthread_t thread;

	pthread_mutex_lock(&never_free);
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, waits_for_lock, (void *)names[i]);
	sleeps();
}

static void leaves_zombie(void)
{
	if (fork() == 0) {
		prctl(PR_SET_NAME, "zombie");
		_exit(3);
	}
	sleeps();
}

static void stops(void)
{
	raise(SIGSTOP);
}

static void holds_files(void)
{
	char *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || open("/tmp/notes", O_CREAT | O_RDWR, 0600) < 0 || open("/dev/null", O_WRONLY) < 0)
		exit(1);
	memset(memory, 'q', 1 << 20);
	sleeps();
}

static void spins(void)
{
	for (volatile unsigned long turns = 0;; turns++)
		;
}

int main(void)
{
	static const struct {
		const char *name;
		void (*live)(void);
	} people[] = {
		{ "sleeper", sleeps }, { "pipe-reader", reads_pipe }, { "sock-reader", reads_socket }, { "poller", polls },
		{ "threads", has_threads }, { "parent", leaves_zombie }, { "stopped", stops }, { "files", holds_files },
		{ "spinner", spins },
	};

	for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
		if (fork() == 0) {
			prctl(PR_SET_NAME, people[i].name);
			people[i].live();
			return 0;
		}
	}
	sleep(2);
	return 0;
}
