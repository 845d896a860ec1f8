// SPDX-License-Identifier: GPL-2.0-or-later
/* What to type to have a kernel's debug information. */
#include "host/internal.h"

#include "util/cleanup.h"
#include "util/strbuf.h"

#include <ctype.h>
#include <string.h>

enum distribution { UNKNOWN, DEBIAN, UBUNTU, FEDORA, RHEL, SUSE, ARCH };

static const struct {
	const char *id;
	enum distribution distribution;
} ids[] = {
	{ "debian", DEBIAN }, { "ubuntu", UBUNTU },  { "fedora", FEDORA }, { "rhel", RHEL }, { "centos", RHEL },
	{ "rocky", RHEL },    { "almalinux", RHEL }, { "ol", RHEL },       { "suse", SUSE }, { "sles", SUSE },
	{ "opensuse", SUSE }, { "sled", SUSE },      { "arch", ARCH },
};

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), n = strlen(end);
	return length >= n && strcmp(text + length - n, end) == 0;
}

/* Is there MARK with a digit behind it: ".el9", ".fc40", "+deb12"? */
static bool has_mark(const char *release, const char *mark)
{
	for (const char *at = release; (at = strstr(at, mark)); at++) {
		if (isdigit((unsigned char)at[strlen(mark)]))
			return true;
	}
	return false;
}

static bool all_digits(const char *text, const char *end)
{
	if (text >= end)
		return false;
	for (; text < end; text++) {
		if (!isdigit((unsigned char)*text))
			return false;
	}
	return true;
}

/* The names that distributions give their kernels. */
static enum distribution by_release(const char *release)
{
	const char *dash = strchr(release, '-'), *second = dash ? strchr(dash + 1, '-') : NULL;
	if (has_mark(release, "+deb") || has_mark(release, "~bpo"))
		return DEBIAN;
	if (has_mark(release, ".fc"))
		return FEDORA;
	if (has_mark(release, ".el"))
		return RHEL;
	if (ends_with(release, "-generic") || ends_with(release, "-lowlatency"))
		return UBUNTU;
	if (ends_with(release, "-default"))
		return SUSE;
	/* 6.1.0-47-amd64, 6.1.0-47-cloud-amd64 */
	if (second && all_digits(dash + 1, second) && (ends_with(release, "-amd64") || ends_with(release, "-arm64")))
		return DEBIAN;
	return strstr(release, "-arch") ? ARCH : UNKNOWN;
}

/* Could a distribution have given this name, one that is not known by it? A kernel that somebody built is in no
 * package: 6.6.0, 6.6.0-mine, 6.6.0-rc3-00017-g0123456. */
static bool is_distributed(const char *release)
{
	const char *dash = strchr(release, '-');
	return dash && isdigit((unsigned char)dash[1]) && !strstr(dash, "-g");
}

static enum distribution by_id(const char *value)
{
	value += strspn(value, "\"'");
	while (*value && *value != '"' && *value != '\'' && *value != '\n') {
		size_t length = strcspn(value, " \"'\n");
		for (size_t i = 0; i < IQ_ARRAY_SIZE(ids); i++) {
			if (strncmp(value, ids[i].id, strlen(ids[i].id)) == 0 &&
			    (strlen(ids[i].id) == length || value[strlen(ids[i].id)] == '-'))
				return ids[i].distribution;
		}
		value += length;
		value += strspn(value, " ");
	}
	return UNKNOWN;
}

/* os-release(5): ID, else the nearest of ID_LIKE. */
static enum distribution by_os_release(const struct iq_debuginfo_options *options)
{
	static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release" };
	enum distribution like = UNKNOWN;
	for (size_t i = 0; i < IQ_ARRAY_SIZE(paths); i++) {
		_cleanup_(iq_strbuf_free) struct iq_strbuf path = { 0 };
		char line[512];
		iq_strbuf_addf(&path, "%s%s", options && options->root ? options->root : "", paths[i]);
		_cleanup_fclose_ FILE *file = path.failed ? NULL : fopen(iq_strbuf_text(&path), "re");
		while (file && fgets(line, sizeof(line), file)) {
			enum distribution found = strncmp(line, "ID=", 3) == 0 ? by_id(line + 3) : UNKNOWN;
			if (found)
				return found;
			if (strncmp(line, "ID_LIKE=", 8) == 0)
				like = by_id(line + 8);
		}
		if (file)
			break;
	}
	return like;
}

/* A release becomes part of a command to type. */
static bool is_plain(const char *release)
{
	for (const char *c = release; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("+-._~", *c))
			return false;
	}
	return *release && *release != '-';
}

static void suse(const char *release, struct iq_strbuf *text)
{
	/* 6.4.0-150600.23.25-default is package kernel-default of version 6.4.0-150600.23.25.N. */
	const char *flavour = strrchr(release, '-');
	if (!flavour)
		flavour = release + strlen(release);
	const char *name = *flavour && isalpha((unsigned char)flavour[1]) ? flavour + 1 : "default";
	iq_strbuf_addf(text, "zypper --plus-content debug install kernel-%s-debuginfo (of version %.*s)", name,
		       (int)(flavour - release), release);
}

char *iq_debuginfo_advice(const struct iq_debuginfo_options *options, const char *release)
{
	_cleanup_(iq_strbuf_free) struct iq_strbuf text = { 0 };
	if (!release || !is_plain(release))
		return NULL;
	enum distribution distribution = by_release(release);
	if (!distribution && is_distributed(release))
		distribution = by_os_release(options);
	switch (distribution) {
	case DEBIAN: iq_strbuf_addf(&text, "apt-get install linux-image-%s-dbg", release); break;
	case UBUNTU:
		iq_strbuf_addf(&text, "apt-get install linux-image-%s-dbgsym (from ddebs.ubuntu.com)", release);
		break;
	case FEDORA:
	case RHEL: iq_strbuf_addf(&text, "dnf debuginfo-install kernel-%s", release); break;
	case SUSE: suse(release, &text); break;
	case ARCH:
		iq_strbuf_add(&text, "inquest --debuginfod (with DEBUGINFOD_URLS=https://debuginfod.archlinux.org)");
		break;
	case UNKNOWN: return NULL;
	}
	return iq_strbuf_steal(&text);
}
