// record: says on standard output what every process in user space holds, as /proc tells it, and then crashes the kernel. lab/compare
// reads it. A line is "LAB: WHAT PID …"; blanks within a path are themselves, other bytes that the console would not keep are \ooo.
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void escaped(const char *text)
{
	for (; *text; text++) {
		if (isprint((unsigned char)*text) && *text != '\\')
			putchar(*text);
		else
			printf("\\%03o", (unsigned char)*text);
	}
}

static FILE *in_proc(int id, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", id, name);
	return fopen(path, "r");
}

/* "LAB: what id [text ]target" */
static int says_link(const char *what, int id, const char *text, const char *path)
{
	char target[PATH_MAX + 1];
	ssize_t length = readlink(path, target, PATH_MAX);

	if (length < 0)
		return -1;
	target[length] = '\0';
	printf("LAB: %s %d %s", what, id, text);
	escaped(target);
	putchar('\n');
	return 0;
}

static void says_lines(const char *what, int id, const char *name)
{
	char line[PATH_MAX + 256];
	FILE *file = in_proc(id, name);

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		printf("LAB: %s %d ", what, id);
		escaped(line);
		putchar('\n');
	}
	if (file)
		fclose(file);
}

/* What fdinfo has beyond what every file has, in one line. */
static void says_info(int id, int fd)
{
	char name[64], line[512];
	FILE *file;
	int count = 0;

	snprintf(name, sizeof(name), "fdinfo/%d", fd);
	file = in_proc(id, name);
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "pos:", 4) || !strncmp(line, "flags:", 6) || !strncmp(line, "mnt_id:", 7) || !strncmp(line, "ino:", 4))
			continue;
		line[strcspn(line, "\n")] = '\0';
		printf(count++ ? ";" : "LAB: fdinfo %d %d ", id, fd);
		escaped(line);
	}
	if (count)
		putchar('\n');
	if (file)
		fclose(file);
}

static void says_files(int id)
{
	char path[PATH_MAX], text[64];
	struct dirent *entry;
	struct stat status;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", id);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		int fd = atoi(entry->d_name);

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", id, fd);
		if (stat(path, &status) < 0)
			continue;
		snprintf(text, sizeof(text), "%d %o ", fd, status.st_mode);
		says_link("fd", id, text, path);
		/* thousands of them would say nothing */
		if (fd < 1000)
			says_info(id, fd);
	}
	if (folder)
		closedir(folder);
}

/* Of each page that is somewhere: what /proc/PID/pagemap has. */
static void says_pages(int id)
{
	char line[PATH_MAX + 256];
	FILE *maps = in_proc(id, "maps"), *pages = in_proc(id, "pagemap");
	unsigned long start, end;
	uint64_t entry;

	while (maps && pages && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx", &start, &end) != 2 || start >> 63)
			continue;
		fseek(pages, start / 4096 * 8, SEEK_SET);
		for (; start < end && fread(&entry, 8, 1, pages) == 1; start += 4096) {
			if (entry >> 62)
				printf("LAB: page %d %lx %lx\n", id, start, entry);
		}
	}
	if (maps)
		fclose(maps);
	if (pages)
		fclose(pages);
}

static void says_directories(int id)
{
	static const char *const names[] = { "root", "cwd", "exe" };
	char path[64];

	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", id, names[i]);
		says_link(names[i], id, "", path);
	}
}

static int other_network(int id)
{
	char path[64];
	struct stat mine, its;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", id);
	return stat("/proc/self/ns/net", &mine) == 0 && stat(path, &its) == 0 && mine.st_ino != its.st_ino;
}

static void says_sockets(int id)
{
	static const char *const tables[] = { "tcp", "tcp6", "udp", "udp6", "udplite", "raw", "raw6", "unix", "netlink", "packet" };
	char name[32];

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		snprintf(name, sizeof(name), "net/%s", tables[i]);
		says_lines(tables[i], id, name);
	}
}

static void says_process(int id)
{
	char path[64], comm[64] = "";
	struct dirent *entry;
	DIR *threads;
	FILE *file = in_proc(id, "comm");

	if (file && fgets(comm, sizeof(comm), file))
		comm[strcspn(comm, "\n")] = '\0';
	if (file)
		fclose(file);
	printf("LAB: process %d %s\n", id, comm);
	says_lines("statm", id, "statm");
	says_lines("map", id, "maps");
	if (strncmp(comm, "mem-", 4) == 0)
		says_pages(id);
	if (other_network(id))
		says_sockets(id);
	snprintf(path, sizeof(path), "/proc/%d/task", id);
	threads = opendir(path);
	while (threads && (entry = readdir(threads))) {
		int thread = atoi(entry->d_name);

		if (!thread)
			continue;
		printf("LAB: thread %d %d\n", thread, id);
		says_directories(thread);
		says_files(thread);
	}
	if (threads)
		closedir(threads);
}

static int is_kernel_thread(int id)
{
	char path[64], target[8];

	/* A zombie has no exe either, but its parent is not kthreadd: it is left out, having nothing. */
	snprintf(path, sizeof(path), "/proc/%d/exe", id);
	return readlink(path, target, sizeof(target)) < 0;
}

int main(void)
{
	struct dirent *entry;
	DIR *folder = opendir("/proc");
	int trigger = open("/proc/sysrq-trigger", O_WRONLY);

	while (folder && (entry = readdir(folder))) {
		int id = atoi(entry->d_name);

		if (id && id != getpid() && !is_kernel_thread(id))
			says_process(id);
	}
	says_sockets(1);
	says_lines("mounts", 1, "mountinfo");
	says_lines("swaps", 1, "../swaps");
	puts("LAB: recorded");
	fflush(stdout);
	sleep(1);
	return write(trigger, "c", 1) != 1;
}
