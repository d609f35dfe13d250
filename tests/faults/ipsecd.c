/* ipsecd.c - the daemon's own main(), under another name.
 * SPDX-License-Identifier: ISC
 */
#include "tests/faults/faults.h"

#include "ikev2/crypto/wipe.h"

/* libcrypto is told once in a process, before it allocates for anybody: by the
 * test's main(), as there are peers and other lives beside this one. */
static bool told_already(void)
{
	return true;
}

#define main         ipsecd_main
#define crypto_wipes told_already
#include "daemon/main.c"
