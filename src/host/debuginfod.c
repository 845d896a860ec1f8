// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * debuginfod: its client's cache, which is files of this machine, and, with leave, its servers. The client is loaded
 * when it is needed: it brings a whole HTTP library along, and need not be installed. Source: elfutils'
 * debuginfod/debuginfod.h, debuginfod_find_debuginfo(3).
 */
#include "host/internal.h"

#include "util/cleanup.h"
#include "util/diag.h"
#include "util/strbuf.h"

#include <dlfcn.h>
#include <string.h>

struct client {
	void *library, *handle;
	void *(*begin)(void);
	void (*end)(void *handle);
	int (*find)(void *handle, const unsigned char *build_id, int size, char **path);
	void (*set_progress)(void *handle, int (*fn)(void *handle, long a, long b));
};

static int stop_on_interrupt(void *handle, long a, long b)
{
	return iq_interrupted();
}

static void close_client(struct client *client)
{
	if (client->handle)
		client->end(client->handle);
	/* The library stays loaded: unloading libcurl is not safe. */
}

static bool open_client(struct client *client)
{
	client->library = dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!client->library)
		return false;
	*(void **)&client->begin = dlsym(client->library, "debuginfod_begin");
	*(void **)&client->end = dlsym(client->library, "debuginfod_end");
	*(void **)&client->find = dlsym(client->library, "debuginfod_find_debuginfo");
	*(void **)&client->set_progress = dlsym(client->library, "debuginfod_set_progressfn");
	if (client->begin && client->end && client->find && client->set_progress)
		client->handle = client->begin();
	if (client->handle)
		client->set_progress(client->handle, stop_on_interrupt);
	return client->handle != NULL;
}

/* $DEBUGINFOD_CACHE_PATH, or debuginfod_client below the user's cache directory. */
static bool cache_directory(const struct iq_debuginfo_search *search, struct iq_strbuf *path)
{
	const char *given = getenv("DEBUGINFOD_CACHE_PATH"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	if (given && *given)
		iq_strbuf_add(path, given);
	else if (*search->root)
		return false;
	else if (xdg && *xdg)
		iq_strbuf_addf(path, "%s/debuginfod_client", xdg);
	else if (home && *home)
		iq_strbuf_addf(path, "%s/.cache/debuginfod_client", home);
	return path->length > 0;
}

static struct iq_error *look_in_cache(struct iq_debuginfo_search *search, const char *build_id)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
	bool exists;
	if (!cache_directory(search, &path))
		return NULL;
	iq_strbuf_addf(&path, "/%s/debuginfo", build_id);
	if (path.failed)
		return iq_error_no_memory();
	/* An empty file there means that the servers had none. */
	IQ_TRY(iq_attempt_file(search, iq_strbuf_text(&path), false, &exists));
	return exists ? NULL : iq_attempt_add(search, IQ_DEBUGINFO_ABSENT, iq_strbuf_text(&path), NULL);
}

static struct iq_error *ask_servers(struct iq_debuginfo_search *search, const char *build_id)
{
	_cleanup_(close_client) struct client client = { 0 };
	_cleanup_free_ char *path = NULL;
	_cleanup_(iq_strbuf_free) struct iq_strbuf what = { 0 };
	const char *urls = getenv("DEBUGINFOD_URLS");
	if (!search->options->debuginfod && (!urls || !*urls))
		return NULL;
	iq_strbuf_addf(&what, "debuginfod %s", urls && *urls ? urls : "(no servers)");
	if (what.failed)
		return iq_error_no_memory();
	if (!urls || !*urls)
		return iq_attempt_add(search, IQ_DEBUGINFO_ABSENT, iq_strbuf_text(&what), "DEBUGINFOD_URLS is not set");
	if (!search->options->debuginfod)
		return iq_attempt_add(search, IQ_DEBUGINFO_NOT_ASKED, iq_strbuf_text(&what), "--debuginfod asks it");
	if (!open_client(&client))
		return iq_attempt_add(search, IQ_DEBUGINFO_UNREADABLE, iq_strbuf_text(&what),
				      "libdebuginfod.so.1 can't be loaded");
	int fd = client.find(client.handle, (const unsigned char *)build_id, 0, &path);
	IQ_TRY(iq_check_interrupt());
	if (fd < 0)
		return iq_attempt_add(search, IQ_DEBUGINFO_ABSENT, iq_strbuf_text(&what), strerror(-fd));
	close(fd);
	return iq_attempt_file(search, path, false, NULL);
}

struct iq_error *iq_debuginfod_find(struct iq_debuginfo_search *search)
{
	char build_id[IQ_MAX_BUILD_ID * 2 + 1];
	iq_build_id_text(search->request->build_id, search->request->build_id_size, build_id);
	IQ_TRY(look_in_cache(search, build_id));
	return iq_debuginfo_done(search) ? NULL : ask_servers(search, build_id);
}
