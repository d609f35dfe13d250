/* proposal.h - proposal strings and presets (RFC 7296 section 3.3).
 * SPDX-License-Identifier: ISC
 */
#ifndef CONFIG_PROPOSAL_H
#define CONFIG_PROPOSAL_H

#include "config/yaml.h"

/* The proposals that `ike` (PROTOCOL_IKE) or `esp` (PROTOCOL_ESP) lists: strings
 * such as aes256gcm16-prfsha256-x25519, or a preset.  allow_weak is the list of
 * that name, or NULL.  A string with "none" among its key exchanges becomes two
 * proposals, the second without key exchange.  False with errors. */
bool proposal_parse(const struct node *value, uint8_t protocol,
	const struct node *allow_weak, struct ike_proposals *out,
	struct config_errors *errors);

/* Does the list allow_weak (or NULL) have it? */
bool proposal_names_weak(const struct node *allow_weak, const char *name);

/* The list allow_weak itself: algorithms that are there, and weak. */
bool proposal_check_weak(const struct node *list, struct config_errors *errors);

#endif
