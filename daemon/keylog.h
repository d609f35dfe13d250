/* keylog.h - keys as Wireshark's two tables want them: ikev2_decryption_table and esp_sa.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_KEYLOG_H
#define DAEMON_KEYLOG_H

#include "ikev2/ikev2.h"

enum {
	KEYLOG_LINE = 1024, /* the longest has some 600 */
	KEYLOG_S = 600,     /* of giving keys, unless told otherwise */
};

/* A line of the table, without its end, into out (of KEYLOG_LINE octets, a
 * secret from then on).  False: Wireshark has no name for these algorithms, and
 * takes no table that has another. */
bool keylog_ike_line(const struct ike_sa_keys *keys, char *out);
/* dst NULL: whatever address it is sent to, as a NAT may have changed that. */
bool keylog_esp_line(
	const struct ike_ipsec_sa *sa, const struct ike_addr *dst, char *out);

#endif
