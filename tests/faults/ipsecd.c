/* ipsecd.c - the daemon's own main(), under another name.
 * SPDX-License-Identifier: ISC
 */
#include "tests/faults/faults.h"

#define main ipsecd_main
#include "daemon/main.c"
