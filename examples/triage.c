/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * triage: several dumps at once, each in a thread of its own; the program's commands, as JSON.
 *
 *     cc triage.c $(pkg-config --cflags --libs libinquest) -pthread -o triage
 *     ./triage DUMP...
 */
#include <inquest.h>

#include <pthread.h>
#include <stdio.h>

enum { MOST = 64 };

struct job {
	const char *dump;
	char *json;                  /* what "sys" says */
	struct inquest_error *error; /* or why it says nothing */
};

static void *run(void *context)
{
	struct job *job = context;
	struct inquest *crash;

	job->error = inquest_open(&(struct inquest_options){ .dump = job->dump, .no_debuginfo = true }, &crash);
	if (job->error)
		return NULL;
	job->error = inquest_command(crash, "sys", INQUEST_JSON, &job->json);
	inquest_close(crash);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct job jobs[MOST];
	pthread_t threads[MOST];
	int count = argc - 1, failed = 0;

	if (count < 1 || count > MOST) {
		fprintf(stderr, "Usage: triage DUMP... (at most %d)\n", MOST);
		return 2;
	}
	for (int i = 0; i < count; i++) {
		jobs[i].dump = argv[i + 1];
		if (pthread_create(&threads[i], NULL, run, &jobs[i])) {
			fprintf(stderr, "triage: no thread for %s\n", jobs[i].dump);
			return 1;
		}
	}
	for (int i = 0; i < count; i++) {
		pthread_join(threads[i], NULL);
		if (jobs[i].error) {
			fprintf(stderr, "triage: %s: %s\n", jobs[i].dump, inquest_error_message(jobs[i].error));
			failed = 1;
		} else {
			printf("%s\n", jobs[i].json);
		}
		inquest_error_free(jobs[i].error);
		inquest_free(jobs[i].json);
	}
	return failed;
}
