/* proofs.h - how the two sides of a peer prove themselves: methods, keys, certificates.
 * SPDX-License-Identifier: ISC
 *
 * Inside config/ only.
 */
#ifndef CONFIG_PROOFS_H
#define CONFIG_PROOFS_H

#include "config/reading.h"
#include "config/store.h"

/* After the identities: `auth`, `local_auth`, `remote_auth`, `secret`, and what
 * stands in `local` and `remote`.  Who we say we are, if that is said nowhere.
 * A peer whose files are not what it needs is left out: its `error` says why. */
void proofs_read(
	const struct reading *r, struct ike_peer *peer, struct store *store);

#endif
