/* write_all.h - all octets into a file, and onto the disk.
 * SPDX-License-Identifier: ISC
 */
#ifndef CONFIG_WRITE_ALL_H
#define CONFIG_WRITE_ALL_H

#include "ikev2/bytes.h"

#include <stdbool.h>

/* All of the text, and then it is synced.  False: errno says why not, and some of
 * it may be there.  The descriptor stays the caller's. */
bool write_all(int fd, struct bytes text);

#endif
