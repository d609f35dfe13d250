/* notify.h - what systemd wants to know of a service, without libsystemd (sd_notify(3)).
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/* One datagram to the socket that NOTIFY_SOCKET names; without one, nothing.
 * Nothing ever depends on its arrival. */
void notify_ready(void);
void notify_reloading(void); /* notify_ready() ends it */
void notify_stopping(void);

#endif
