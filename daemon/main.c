/* main.c - ipsecd: options, configuration, and then the loop.
 * SPDX-License-Identifier: ISC
 */
#include "config/config.h"
#include "daemon/daemon.h"
#include "daemon/journal.h"
#include "daemon/lastgood.h"
#include "daemon/log.h"
#include "daemon/sandbox.h"
#include "ikev2/crypto/wipe.h"

#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	EXIT_USAGE = 2,
	EXIT_CONFIG = 5,
};

#define DEFAULT_CONFIG  "/etc/ipsecd/ipsecd.yaml"
#define DEFAULT_CONTROL "/run/ipsecd/control.sock"

static const char usage[] =
	"Usage: ipsecd [OPTION]...\n"
	"IKEv2 daemon for IPsec tunnels.\n"
	"\n"
	"  -c, --config FILE    configuration (" DEFAULT_CONFIG ")\n"
	"      --root DIR       prefix of every path\n"
	"      --control SOCKET control socket (" DEFAULT_CONTROL ")\n"
	"      --port N         UDP port of IKE, for `port` of the configuration\n"
	"      --nat-port N     UDP port behind NAT, for `nat_port`\n"
	"      --kernel KIND    xfrm, or none: negotiate, install nothing\n"
	"  -f, --foreground     stay in the foreground and log to stderr; ipsecd\n"
	"                       always does\n"
	"      --log LEVELS     LEVEL[,AREA=LEVEL].., such as info,kernel=debug\n"
	"      --no-sandbox     for debuggers: run without seccomp and Landlock\n"
	"      --check          check the configuration and exit\n"
	"      --help-config    every key of the configuration\n"
	"      --help-keys      the same for programs, with tabs between columns\n"
	"      --help-sandbox   every system call that the sandbox allows\n"
	"      --help, --version\n";

struct command_line {
	struct daemon_options options;
	char config[PATH_MAX], control[PATH_MAX], state[PATH_MAX];
	bool check;
};

enum {
	OPTION_ROOT = 256,
	OPTION_CONTROL,
	OPTION_PORT,
	OPTION_NAT_PORT,
	OPTION_KERNEL,
	OPTION_LOG,
	OPTION_NO_SANDBOX,
	OPTION_CHECK,
	OPTION_HELP_CONFIG,
	OPTION_HELP_KEYS,
	OPTION_HELP_SANDBOX,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "root", required_argument, NULL, OPTION_ROOT },
	{ "control", required_argument, NULL, OPTION_CONTROL },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "nat-port", required_argument, NULL, OPTION_NAT_PORT },
	{ "kernel", required_argument, NULL, OPTION_KERNEL },
	{ "foreground", no_argument, NULL, 'f' },
	{ "log", required_argument, NULL, OPTION_LOG },
	{ "no-sandbox", no_argument, NULL, OPTION_NO_SANDBOX },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "help-config", no_argument, NULL, OPTION_HELP_CONFIG },
	{ "help-keys", no_argument, NULL, OPTION_HELP_KEYS },
	{ "help-sandbox", no_argument, NULL, OPTION_HELP_SANDBOX },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static void wrong(const char *what, const char *value)
{
	fprintf(stderr, "ipsecd: %s '%s'; see ipsecd --help\n", what, value);
	exit(EXIT_USAGE);
}

static uint16_t port_of(const char *text)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value < 1 ||
		value > UINT16_MAX)
		wrong("no port", text);
	return (uint16_t)value;
}

static enum daemon_kernel kernel_of(const char *text)
{
	if (strcmp(text, "xfrm") == 0)
		return DAEMON_KERNEL_XFRM;
	if (strcmp(text, "none") != 0)
		wrong("no kernel", text);
	return DAEMON_KERNEL_NONE;
}

static void check_levels(const char *text)
{
	struct log_levels levels = log_levels_default();
	char error[256];

	if (log_levels_parse(text, &levels, error, sizeof(error)) == 0)
		return;
	fprintf(stderr, "ipsecd: --log: %s\n", error);
	exit(EXIT_USAGE);
}

static void take_option(struct command_line *line, int option)
{
	struct daemon_options *options = &line->options;

	switch (option) {
	case 'c':
		options->config = optarg;
		break;
	case 'f':
		break;
	case OPTION_ROOT:
		options->root = optarg;
		break;
	case OPTION_CONTROL:
		options->control = optarg;
		break;
	case OPTION_PORT:
		options->port = port_of(optarg);
		break;
	case OPTION_NAT_PORT:
		options->nat_port = port_of(optarg);
		break;
	case OPTION_KERNEL:
		options->kernel = kernel_of(optarg);
		break;
	case OPTION_LOG:
		check_levels(optarg);
		options->log = optarg;
		break;
	case OPTION_NO_SANDBOX:
		options->no_sandbox = "--no-sandbox";
		break;
	case OPTION_CHECK:
		line->check = true;
		break;
	case OPTION_HELP_CONFIG:
		config_help(stdout);
		exit(EXIT_SUCCESS);
	case OPTION_HELP_KEYS:
		config_help_keys(stdout);
		exit(EXIT_SUCCESS);
	case OPTION_HELP_SANDBOX:
		sandbox_help(stdout);
		exit(EXIT_SUCCESS);
	case OPTION_HELP:
		fputs(usage, stdout);
		exit(EXIT_SUCCESS);
	case OPTION_VERSION:
		puts("ipsecd " IPSECD_VERSION);
		exit(EXIT_SUCCESS);
	default:
		fputs("Try 'ipsecd --help'.\n", stderr);
		exit(EXIT_USAGE);
	}
}

/* A path below the root, unless one was given. */
static const char *path(char room[PATH_MAX], const char *given,
	const char *root, const char *standard)
{
	int len;

	if (given)
		return given;
	len = snprintf(room, PATH_MAX, "%s%s", root ? root : "", standard);
	if (len < 0 || len >= PATH_MAX)
		wrong("too long a path", root);
	return room;
}

static void take_options(struct command_line *line, int argc, char **argv)
{
	struct daemon_options *options = &line->options;
	int option;

	while ((option = getopt_long(argc, argv, "c:f", long_options, NULL)) !=
		-1)
		take_option(line, option);
	if (optind < argc)
		wrong("no option", argv[optind]);
	options->config = path(
		line->config, options->config, options->root, DEFAULT_CONFIG);
	options->control = path(line->control, options->control, options->root,
		DEFAULT_CONTROL);
	options->state =
		path(line->state, NULL, options->root, LASTGOOD_FOLDER);
}

/* Libevent's own words, which it prints on stderr otherwise. */
static void libevent_says(int severity, const char *text)
{
	const enum log_event event =
		severity == EVENT_LOG_ERR    ? LOG_LIBEVENT_ERROR
		: severity == EVENT_LOG_WARN ? LOG_LIBEVENT_WARNING
					     : LOG_LIBEVENT;

	log_event(event, NULL, NO_FACTS, "libevent: %s", text);
}

static int check(const struct daemon_options *options)
{
	static struct config_errors errors;
	struct config *config = daemon_load(options, &errors);
	int result =
		config && errors.left_out == 0 ? EXIT_SUCCESS : EXIT_CONFIG;

	config_errors_print(&errors, stderr);
	if (result == EXIT_SUCCESS)
		printf("%s: no errors, peers: %zu\n", options->config,
			config->peers.count);
	config_errors_clear(&errors);
	config_free(config);
	return result;
}

static int start(struct daemon_options *options)
{
	static struct config_errors errors;
	struct config *config;
	int result = EXIT_CONFIG;

	sandbox_guard_memory();
	config = daemon_load(options, &errors);
	if (config)
		daemon_set_log(options, config);
	daemon_log_errors(&errors);
	if (config) {
		options->readable = &errors.folders;
		result = daemon_run(options, config);
	} else {
		log_event(LOG_NOT_STARTED, NULL,
			FACTS(fact_text("file", options->config)),
			"%s: not started: see ipsec-ctl check",
			options->config);
		lastgood_suggest(
			options->state, options->root, options->config);
	}
	config_errors_clear(&errors);
	return result;
}

int main(int argc, char **argv)
{
	struct command_line line = { .check = false };

	take_options(&line, argc, argv);
	/* Before anything that libcrypto allocates. */
	if (!crypto_wipes()) {
		fputs("ipsecd: libcrypto takes no other malloc\n", stderr);
		return EXIT_FAILURE;
	}
	if (sodium_init() < 0) {
		fputs("ipsecd: no random numbers\n", stderr);
		return EXIT_FAILURE;
	}
	if (log_is_journal(STDERR_FILENO, getenv("JOURNAL_STREAM")))
		(void)log_to_journal(JOURNAL_SOCKET);
	event_set_log_callback(libevent_says);
	if (line.check)
		return check(&line.options);
	if (!line.options.no_sandbox)
		line.options.no_sandbox = sandbox_unfit();
	return start(&line.options);
}
