/* ctl_certs.h - certificates as records, and ipsec-ctl list certs.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_CERTS_H
#define DAEMON_CTL_CERTS_H

#include "daemon/ctl.h"
#include "ikev2/crypto/x509.h"

#include <jansson.h>

/* A certificate that stands in file, as it is at now_s (Unix time); the caller
 * owns the record. */
json_t *certs_record(
	const char *file, const struct certificate *certificate, int64_t now_s);

/* All in certs/ and ca/, and what the peers use from elsewhere: an exit code. */
int ctl_list_certs(struct ctl *ctl);

#endif
