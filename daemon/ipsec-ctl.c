/* ipsec-ctl.c - the command line of ipsecd (ipsec-ctl(8)).
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_verbs.h"
#include "daemon/report.h"
#include "ikev2/crypto/wipe.h"

#include <langinfo.h>
#include <locale.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool shows_colors(void)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && term && *term &&
	       strcmp(term, "dumb") != 0 && (!no_color || !*no_color);
}

int main(int argc, char **argv)
{
	struct ctl ctl = { .out = stdout, .err = stderr, .fd = -1 };
	struct timespec now;
	int code;

	if (!crypto_wipes() || sodium_init() < 0)
		return REPORT_FAILED;
	setlocale(LC_CTYPE, "");
	clock_gettime(CLOCK_REALTIME, &now);
	ctl.style.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	ctl.style.now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	ctl.terminal = shows_colors();
	code = ctl_run(&ctl, argc, argv);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	perror("ipsec-ctl: standard output");
	return code == REPORT_OK ? REPORT_FAILED : code;
}
