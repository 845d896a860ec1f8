// people.h: processes that take something, hold it, and wait for the end. main() returns when all have what they wanted; what one could not
// get is told on standard output, and is no reason to stop: a smaller kernel has less.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct person {
	const char *name;
	void (*takes)(void);
};

static inline int got(const char *what, int result)
{
	if (result < 0)
		printf("LAB: not had: %s: %m\n", what);
	return result;
}
#define GET(call) got(#call, call)

static inline void waits(void)
{
	for (;;)
		pause();
}

static inline void start(const struct person *people, size_t count)
{
	int ready[2];
	char byte;

	setvbuf(stdout, NULL, _IONBF, 0);
	for (size_t i = 0; i < count; i++) {
		if (pipe2(ready, O_CLOEXEC) < 0)
			exit(1);
		if (fork() == 0) {
			close(ready[0]);
			prctl(PR_SET_NAME, people[i].name);
			people[i].takes();
			if (write(ready[1], "", 1) < 0)
				exit(1);
			close(ready[1]);
			waits();
		}
		close(ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			printf("LAB: not had: %s\n", people[i].name);
		close(ready[0]);
	}
}
