/* ctl_facts_system.c - what /proc and nft tell of this host.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_facts.h"

#include "daemon/xfrm_names.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LINE_SIZE = 1024,
	RULESET_MAX = 8 << 20,
	NFT_TIMEOUT_MS = 60000,
};

/* --- Files ----------------------------------------------------------------------- */

static FILE *open_below(const char *system, const char *path)
{
	char full[2 * FACTS_PATH];

	snprintf(full, sizeof(full), "%s%s", system, path);
	return fopen(full, "re");
}

static bool is_below(const char *system, const char *path)
{
	FILE *file = open_below(system, path);

	if (file)
		fclose(file);
	return file != NULL;
}

static bool read_line(
	const char *system, const char *path, char *out, size_t size)
{
	FILE *file = open_below(system, path);
	bool got;

	out[0] = '\0';
	if (!file)
		return false;
	got = fgets(out, (int)size, file) != NULL;
	fclose(file);
	out[strcspn(out, "\n")] = '\0';
	return got;
}

/* A sysctl that is a small number; -1: there is none. */
static int read_number(const char *system, const char *path)
{
	char line[32];

	if (!read_line(system, path, line, sizeof(line)) ||
		!isdigit((unsigned char)line[0]))
		return -1;
	return (int)strtol(line, NULL, 10);
}

/* Has the file a line with this in it?  at_start: at its beginning. */
static enum fact has_line(
	const char *system, const char *path, const char *what, bool at_start)
{
	FILE *file = open_below(system, path);
	enum fact found = FACT_NO;
	char line[LINE_SIZE];

	if (!file)
		return FACT_UNKNOWN;
	while (found == FACT_NO && fgets(line, sizeof(line), file)) {
		const char *at = strstr(line, what);

		if (at && (!at_start || at == line))
			found = FACT_YES;
	}
	fclose(file);
	return found;
}

/* --- The kernel ------------------------------------------------------------------ */

/* Loaded, part of the kernel, or to be loaded when it is needed. */
static enum fact has_module(
	const char *system, const char *release, const char *name)
{
	char path[FACTS_PATH], loaded[64], file[64];
	enum fact builtin, loadable;

	snprintf(loaded, sizeof(loaded), "%s ", name);
	snprintf(file, sizeof(file), "/%s.ko", name);
	if (has_line(system, "/proc/modules", loaded, true) == FACT_YES)
		return FACT_YES;
	snprintf(
		path, sizeof(path), "/lib/modules/%s/modules.builtin", release);
	builtin = has_line(system, path, file, false);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	loadable = has_line(system, path, file, false);
	if (builtin == FACT_YES || loadable == FACT_YES)
		return FACT_YES;
	return builtin == FACT_NO && loadable == FACT_NO ? FACT_NO
							 : FACT_UNKNOWN;
}

/* "name         : rfc4106(gcm(aes))".  What is not listed may still be made when
 * it is asked for. */
static enum fact listed(const char *system, const struct transform *transform)
{
	const char *name = transform ? xfrm_name(transform) : NULL;
	FILE *file = open_below(system, "/proc/crypto");
	char line[LINE_SIZE], value[128];
	enum fact found = FACT_UNKNOWN;

	while (file && name && found != FACT_YES &&
		fgets(line, sizeof(line), file)) {
		if (sscanf(line, "name : %127s", value) == 1 &&
			strcmp(value, name) == 0)
			found = FACT_YES;
	}
	if (file)
		fclose(file);
	return found;
}

static void read_kernel(struct facts *facts, const char *system)
{
	read_line(system, "/proc/sys/kernel/osrelease", facts->release,
		sizeof(facts->release));
	if (is_below(system, "/proc/net/xfrm_stat"))
		facts->xfrm = FACT_YES;
	facts->esp4 = has_module(system, facts->release, "esp4");
	facts->esp6 = has_module(system, facts->release, "esp6");
	for (size_t i = 0; i < facts->suite_count; i++) {
		struct facts_suite *suite = &facts->suites[i];

		suite->listed = listed(system, suite->encr);
		if (suite->listed == FACT_YES && suite->integ)
			suite->listed = listed(system, suite->integ);
	}
}

/* --- Sockets --------------------------------------------------------------------- */

static void add_socket(
	struct facts *facts, unsigned int port, unsigned long inode)
{
	if (port != facts->port && port != facts->nat_port)
		return;
	if (facts->socket_count == FACTS_SOCKETS) {
		facts->left_off++;
		return;
	}
	facts->sockets[facts->socket_count++] =
		(struct facts_socket){ .port = (uint16_t)port, .inode = inode };
}

/* " 7: 00000000:01F4 00000000:0000 07 0:0 0:0 0 0 0 INODE .." */
static enum fact read_sockets(
	struct facts *facts, const char *system, const char *path)
{
	FILE *file = open_below(system, path);
	char line[LINE_SIZE];

	if (!file)
		return FACT_UNKNOWN;
	while (fgets(line, sizeof(line), file)) {
		unsigned long inode;
		unsigned int port;

		if (sscanf(line,
			    " %*u: %*[0-9A-Fa-f]:%x %*s %*s %*s %*s %*s %*s "
			    "%*s %lu",
			    &port, &inode) == 2)
			add_socket(facts, port, inode);
	}
	fclose(file);
	return FACT_YES;
}

static void name_holder(struct facts *facts, const char *system,
	const char *pid, unsigned long inode)
{
	char path[FACTS_PATH];

	for (size_t i = 0; i < facts->socket_count; i++) {
		struct facts_socket *socket = &facts->sockets[i];

		if (socket->inode != inode || socket->pid > 0)
			continue;
		socket->pid = strtol(pid, NULL, 10);
		snprintf(path, sizeof(path), "/proc/%s/comm", pid);
		read_line(
			system, path, socket->program, sizeof(socket->program));
	}
}

static void look_at_process(
	struct facts *facts, const char *system, const char *pid)
{
	char path[2 * FACTS_PATH], target[128];
	struct dirent *entry;
	unsigned long inode;
	DIR *folder;

	snprintf(path, sizeof(path), "%s/proc/%s/fd", system, pid);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		ssize_t len = readlinkat(dirfd(folder), entry->d_name, target,
			sizeof(target) - 1);

		if (len <= 0)
			continue;
		target[len] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) == 1)
			name_holder(facts, system, pid, inode);
	}
	if (folder)
		closedir(folder);
}

static void find_holders(struct facts *facts, const char *system)
{
	char path[2 * FACTS_PATH];
	struct dirent *entry;
	DIR *folder;

	if (facts->socket_count == 0)
		return;
	snprintf(path, sizeof(path), "%s/proc", system);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at_process(facts, system, entry->d_name);
	}
	if (folder)
		closedir(folder);
}

/* --- Sysctls --------------------------------------------------------------------- */

/* The larger of "all" and an interface's own is in force; 1 is stricter than 2. */
static void read_rp_filter(struct facts *facts, const char *system)
{
	const int all =
		read_number(system, "/proc/sys/net/ipv4/conf/all/rp_filter");
	char path[2 * FACTS_PATH];
	struct dirent *entry;
	DIR *folder;

	facts->rp_filter = all;
	snprintf(path, sizeof(path), "%s/proc/sys/net/ipv4/conf", system);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		const char *name = entry->d_name;
		int own;

		if (name[0] == '.' || strcmp(name, "all") == 0 ||
			strcmp(name, "default") == 0 || strcmp(name, "lo") == 0)
			continue;
		snprintf(path, sizeof(path),
			"/proc/sys/net/ipv4/conf/%.200s/rp_filter", name);
		own = read_number(system, path);
		if ((own > all ? own : all) != 1 || own < 0)
			continue;
		facts->rp_filter = 1;
		snprintf(facts->rp_interface, sizeof(facts->rp_interface),
			"%.31s", name);
	}
	if (folder)
		closedir(folder);
}

void facts_read_system(struct facts *facts, const char *system)
{
	char tables[64];
	enum fact v4, v6;

	facts->legacy = read_line(
		system, "/proc/net/ip_tables_names", tables, sizeof(tables));
	read_kernel(facts, system);
	v4 = read_sockets(facts, system, "/proc/net/udp");
	v6 = read_sockets(facts, system, "/proc/net/udp6");
	facts->sockets_read =
		v4 == FACT_YES || v6 == FACT_YES ? FACT_YES : FACT_UNKNOWN;
	find_holders(facts, system);
	facts->forward4 = read_number(system, "/proc/sys/net/ipv4/ip_forward");
	facts->forward6 =
		read_number(system, "/proc/sys/net/ipv6/conf/all/forwarding");
	read_rp_filter(facts, system);
}

/* --- nft ------------------------------------------------------------------------- */

/* Started with its output to *from: its process, or -1. */
static pid_t start_nft(const char *nft, int *from)
{
	char name[] = "nft", json[] = "-j", list[] = "list",
	     ruleset[] = "ruleset", locale[] = "LC_ALL=C";
	char *const argv[] = { name, json, list, ruleset, NULL };
	char *const environment[] = { locale, NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], error;
	pid_t child = -1;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(
		&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	error = posix_spawn(&child, nft, &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	*from = ends[0];
	if (error == 0)
		return child;
	close(ends[0]);
	errno = error;
	return -1;
}

/* All that it prints, or NULL; free. */
static char *read_ruleset(int from)
{
	size_t len = 0, size = 0;
	char *text = NULL;

	for (;;) {
		struct pollfd wait = { .fd = from, .events = POLLIN };
		ssize_t got;

		if (len + 1 >= size) {
			char *more = size < RULESET_MAX
					     ? realloc(text, size * 2 + 65536)
					     : NULL;

			if (!more)
				break;
			text = more;
			size = size * 2 + 65536;
		}
		if (poll(&wait, 1, NFT_TIMEOUT_MS) <= 0)
			break;
		got = read(from, text + len, size - len - 1);
		if (got < 0)
			break;
		len += (size_t)got;
		text[len] = '\0';
		if (got == 0)
			return text;
	}
	free(text);
	return NULL;
}

static bool ended_well(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void judge_packets(struct facts *facts, const json_t *ruleset)
{
	for (size_t i = 0; i < facts->packet_count; i++) {
		struct facts_packet *packet = &facts->packets[i];

		packet->verdict =
			nft_judge(ruleset, &packet->packet, packet->where);
	}
	facts->nft = FACT_YES;
}

static const char *find_nft(void)
{
	static const char *const places[] = { "/usr/sbin/nft", "/sbin/nft",
		"/usr/local/sbin/nft" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (access(places[i], X_OK) == 0)
			return places[i];
	}
	return places[0];
}

void facts_ask_nft(struct facts *facts, const char *nft)
{
	json_t *ruleset = NULL;
	char *text;
	pid_t child;
	int from;
	bool well;

	child = start_nft(*nft ? nft : find_nft(), &from);
	if (child < 0) {
		facts->nft = FACT_NO;
		snprintf(facts->nft_why, sizeof(facts->nft_why), "%s",
			errno == ENOENT ? "nft is not installed"
					: strerror(errno));
		return;
	}
	text = read_ruleset(from);
	close(from);
	if (!text)
		kill(child, SIGKILL);
	well = ended_well(child);
	if (text && well)
		ruleset = json_loads(text, 0, NULL);
	free(text);
	if (ruleset)
		judge_packets(facts, ruleset);
	else
		snprintf(facts->nft_why, sizeof(facts->nft_why), "%s",
			facts->root ? "nft -j list ruleset does not answer"
				    : "that needs root");
	json_decref(ruleset);
}
