/* ctl_explain.h - `ipsec-ctl explain` of a word: a configuration key, an exit code, a notify, a proposal.
 * SPDX-License-Identifier: ISC
 */
#ifndef DAEMON_CTL_EXPLAIN_H
#define DAEMON_CTL_EXPLAIN_H

#include "config/errors.h"
#include "daemon/ctl.h"

/* Says what the word means; needs no daemon.  False, and nothing said: it is none
 * of these, so it may be a peer. */
bool ctl_explain_word(const struct ctl *ctl, const char *word);

/* And if it is no peer either: what was probably meant. */
const char *ctl_explain_hint(const char *word, char out[HINT_SIZE]);

#endif
