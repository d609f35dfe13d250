/* octets.h - what is in a file: read as far as there is room, and all of it written.
 * SPDX-License-Identifier: ISC
 */
#ifndef CONFIG_OCTETS_H
#define CONFIG_OCTETS_H

#include "ikev2/bytes.h"

#include <stdbool.h>
#include <sys/types.h>

/* Up to size octets, fewer only at the end of the file: their number, or -1 with
 * errno, and some may be there. */
ssize_t read_up_to(int fd, void *at, size_t size);

/* All of the text, and then it is synced.  False: errno says why not, and some of
 * it may be there.  The descriptor stays the caller's. */
bool write_all(int fd, struct bytes text);

#endif
