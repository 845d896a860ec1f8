// holders: processes that hold files of every kind, in tables of every size, below roots and mounts of their own.
#include "people.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>

static int makes(const char *path)
{
	return got(path, open(path, O_CREAT | O_RDWR, 0600));
}

static int mounts(const char *type, const char *path, const char *options)
{
	mkdir(path, 0755);
	return got(path, mount(type, path, type, 0, options));
}

static void takes_files(void)
{
	int ends[2];
	char name[64];

	makes("/tmp/plain");
	makes("/tmp/to be renamed");
	GET(rename("/tmp/to be renamed", "/tmp/renamed"));
	makes("/tmp/gone");
	GET(unlink("/tmp/gone"));
	makes("/tmp/linked");
	GET(link("/tmp/linked", "/tmp/other name"));
	GET(unlink("/tmp/linked"));
	makes("/tmp/new\nline \\ \"quoted\" \303\266");
	makes("/tmp/ends with (deleted)");
	GET(open("/tmp", O_TMPFILE | O_RDWR, 0600));
	mkdir("/tmp/folder", 0755);
	GET(open("/tmp/folder", O_RDONLY | O_DIRECTORY));
	mkdir("/tmp/gone folder", 0755);
	GET(open("/tmp/gone folder", O_RDONLY | O_DIRECTORY));
	makes("/tmp/gone folder/file");
	GET(unlink("/tmp/gone folder/file"));
	GET(rmdir("/tmp/gone folder"));
	GET(open("/", O_RDONLY | O_DIRECTORY));
	GET(symlink("/tmp/plain", "/tmp/symbolic"));
	GET(open("/tmp/symbolic", O_PATH | O_NOFOLLOW));
	GET(open("/tmp/plain", O_PATH));
	GET(open("/proc", O_PATH | O_DIRECTORY));
	GET(open("/proc/self/status", O_RDONLY));
	GET(open("/sys/kernel/mm/hugepages", O_RDONLY));
	GET(open("/dev/null", O_RDWR));
	GET(open("/dev/zram0", O_RDONLY));
	GET(mknod("/tmp/disk", S_IFBLK | 0600, makedev(7, 0)));
	GET(open("/tmp/disk", O_PATH));
	GET(mkfifo("/tmp/fifo", 0600));
	GET(open("/tmp/fifo", O_RDWR));
	GET(pipe(ends));
	GET(dup(ends[1]));
	GET(dup2(1, 200));
	GET(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	GET(open("/proc/self/ns/uts", O_RDONLY));
	snprintf(name, sizeof(name), "/proc/%d", getpid());
	GET(open(name, O_RDONLY));
	GET(chdir("/tmp/folder"));
}

static void takes_anonymous_files(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	struct io_uring_params ring = { 0 };
	struct perf_event_attr counter = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(counter) };
	sigset_t signals;
	int poller = GET(epoll_create1(0)), outer = GET(epoll_create1(EPOLL_CLOEXEC)), fd, ends[2];

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	GET(pipe(ends));
	GET(epoll_ctl(poller, EPOLL_CTL_ADD, ends[0], &event));
	event.events = EPOLLOUT | EPOLLONESHOT;
	GET(epoll_ctl(poller, EPOLL_CTL_ADD, ends[1], &event));
	fd = GET(eventfd(3, EFD_NONBLOCK));
	event.events = EPOLLIN;
	GET(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event));
	GET(epoll_ctl(outer, EPOLL_CTL_ADD, poller, &event));
	for (int i = 0; i < 20; i++)
		GET(epoll_ctl(outer, EPOLL_CTL_ADD, GET(eventfd(i, 0)), &event));
	GET(epoll_ctl(outer, EPOLL_CTL_ADD, dup2(fd, 100), &event));
	close(100);
	GET(timerfd_create(CLOCK_MONOTONIC, 0));
	GET(signalfd(-1, &signals, 0));
	GET(inotify_add_watch(GET(inotify_init1(0)), "/tmp", IN_CREATE));
	GET(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY));
	GET(memfd_create("a memfd", MFD_ALLOW_SEALING));
	GET(memfd_create("", 0));
	GET(memfd_create("huge memfd", MFD_HUGETLB));
	GET((int)syscall(SYS_memfd_secret, 0));
	GET((int)syscall(SYS_pidfd_open, getpid(), 0));
	GET((int)syscall(SYS_io_uring_setup, 4, &ring));
	GET((int)syscall(SYS_userfaultfd, 0));
	GET((int)syscall(SYS_perf_event_open, &counter, 0, -1, -1, 0));
}

/* so many descriptors, with gaps */
static void takes_number(int number, int step)
{
	struct rlimit limit = { number + 1, number + 1 };
	int fd = GET(open("/dev/zero", O_RDONLY));

	GET(setrlimit(RLIMIT_NOFILE, &limit));
	for (int i = 16; i < number; i += step)
		GET(dup2(fd, i));
}

static void takes_100(void) { takes_number(100, 3); }
static void takes_1100(void) { takes_number(1100, 2); }
static void takes_gap(void) { takes_number(70000, 10007); }

static void *takes_own_table(void *unused)
{
	prctl(PR_SET_NAME, "own-table");
	GET(unshare(CLONE_FILES | CLONE_FS));
	makes("/tmp/own");
	GET(chdir("/dev"));
	waits();
	return unused;
}

static void *shares_table(void *unused)
{
	prctl(PR_SET_NAME, "shared-table");
	makes("/tmp/shared by threads");
	waits();
	return unused;
}

static void takes_tables(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, takes_own_table, NULL);
	pthread_create(&thread, NULL, shares_table, NULL);
	usleep(200000);
}

static void takes_mounts(void)
{
	char path[400] = "/tmp/mount", *end = path + strlen(path);

	mounts("tmpfs", "/tmp/mount", "size=1m");
	makes("/tmp/mount/on tmpfs");
	mkdir("/tmp/mount/folder", 0755);
	makes("/tmp/mount/folder/below");
	mkdir("/tmp/bound", 0755);
	GET(mount("/tmp/mount/folder", "/tmp/bound", NULL, MS_BIND, NULL));
	GET(open("/tmp/bound", O_RDONLY));
	GET(open("/tmp/bound/below", O_RDONLY));
	makes("/tmp/bound file");
	GET(mount("/tmp/mount/on tmpfs", "/tmp/bound file", NULL, MS_BIND, NULL));
	GET(open("/tmp/bound file", O_RDONLY));
	/* 30 file systems, one within the other */
	for (int i = 0; i < 30; i++) {
		end += sprintf(end, "/%d", i);
		mounts("tmpfs", path, "size=64k");
	}
	strcpy(end, "/deep");
	makes(path);
	*end = '\0';
	GET(chdir(path));
	/* one over the other */
	mounts("tmpfs", "/tmp/covered", "size=64k");
	makes("/tmp/covered/below");
	mounts("tmpfs", "/tmp/covered", "size=64k");
	makes("/tmp/covered/above");
}

static void takes_detached(void)
{
	mounts("tmpfs", "/tmp/detached", "size=64k");
	mkdir("/tmp/detached/folder", 0755);
	makes("/tmp/detached/folder/file");
	GET(chdir("/tmp/detached/folder"));
	GET(open("/tmp/detached", O_PATH));
	GET(umount2("/tmp/detached", MNT_DETACH));
	/* a mount that never was anywhere */
	GET((int)syscall(SYS_open_tree, AT_FDCWD, "/tmp", 1 /* OPEN_TREE_CLONE */));
	GET((int)syscall(SYS_fsopen, "tmpfs", 0));
}

static void takes_overlay(void)
{
	char *memory;
	int fd;

	mounts("tmpfs", "/tmp/layers", "size=1m");
	mkdir("/tmp/layers/lower", 0755);
	mkdir("/tmp/layers/upper", 0755);
	mkdir("/tmp/layers/work", 0755);
	fd = makes("/tmp/layers/lower/below");
	GET(ftruncate(fd, 8192));
	mounts("overlay", "/tmp/merged", "lowerdir=/tmp/layers/lower,upperdir=/tmp/layers/upper,workdir=/tmp/layers/work");
	fd = GET(open("/tmp/merged/below", O_RDONLY));
	memory = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	got("mmap of /tmp/merged/below", memory == MAP_FAILED ? -1 : 0);
	fd = makes("/tmp/merged/written");
	GET(ftruncate(fd, 8192));
	memory = mmap(NULL, 8192, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	got("mmap of /tmp/merged/written", memory == MAP_FAILED ? -1 : 0);
	GET(chdir("/tmp/merged"));
}

static void takes_root(void)
{
	mounts("tmpfs", "/tmp/jail", "size=64k");
	mkdir("/tmp/jail/home", 0755);
	GET(chroot("/tmp/jail"));
	GET(chdir("/home"));
	makes("/home/in jail");
	GET(open("/", O_RDONLY));
}

static void takes_mount_namespace(void)
{
	GET(unshare(CLONE_NEWNS));
	GET(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	mounts("tmpfs", "/tmp/private", "size=64k");
	makes("/tmp/private/mine");
	makes("/tmp/of both namespaces");
	GET(chdir("/tmp/private"));
	GET(open("/proc/self/ns/mnt", O_RDONLY));
}

static void takes_pivoted_root(void)
{
	GET(unshare(CLONE_NEWNS));
	GET(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	mounts("tmpfs", "/tmp/container", "size=1m");
	GET(chdir("/tmp/container"));
	GET(chroot("."));
	mounts("tmpfs", "/new", "size=1m");
	mkdir("/new/old", 0755);
	GET((int)syscall(SYS_pivot_root, "/new", "/new/old"));
	GET(chdir("/"));
	makes("/in container");
	makes("/old/on the old root");
	GET(umount2("/old", MNT_DETACH));
	mkdir("/home", 0755);
	GET(chdir("/home"));
}

static void takes_gone_directories(void)
{
	int top = open("/tmp", O_RDONLY | O_DIRECTORY);

	mkdir("/tmp/gone root", 0755);
	mkdir("/tmp/gone cwd", 0755);
	GET(chdir("/tmp/gone cwd"));
	GET(chroot("/tmp/gone root"));
	GET(unlinkat(top, "gone root", AT_REMOVEDIR));
	GET(unlinkat(top, "gone cwd", AT_REMOVEDIR));
}

static void leaves_zombie(void)
{
	if (fork() == 0) {
		prctl(PR_SET_NAME, "dead");
		_exit(3);
	}
	usleep(100000);
}

/* runs a program that is not there any more */
static void runs_deleted(void)
{
	if (fork() == 0) {
		GET(execl("/tmp/gone-program", "gone-program", "sleep", NULL));
		_exit(1);
	}
	usleep(500000);
	GET(unlink("/tmp/gone-program"));
}

int main(int argc, char **argv)
{
	static const struct person people[] = {
		{ "files", takes_files },         { "anonymous", takes_anonymous_files },
		{ "100-files", takes_100 },       { "1100-files", takes_1100 },
		{ "gaps", takes_gap },            { "tables", takes_tables },
		{ "mounts", takes_mounts },       { "detached", takes_detached },
		{ "overlay", takes_overlay },     { "jail", takes_root },
		{ "namespace", takes_mount_namespace }, { "container", takes_pivoted_root },
		{ "gone-places", takes_gone_directories }, { "parent-of-dead", leaves_zombie }, { "runs-deleted", runs_deleted },
	};

	if (argc > 1)
		waits();
	start(people, sizeof(people) / sizeof(people[0]));
	return 0;
}
