/* resync.h - the kernel's SAs and policies against the core's, after its events were lost.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_RESYNC_H
#define DAEMON_RESYNC_H

struct daemon;

/* SAs that the kernel has lost, or that are used up, are told to the core (by
 * the kernel's expire event); what is in the kernel, of our range, and nobody's
 * is removed.  0 or -errno. */
int resync(const struct daemon *daemon);

#endif
