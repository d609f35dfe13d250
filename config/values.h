/* values.h - words of the configuration as values: times, addresses, selectors.
 * SPDX-License-Identifier: ISC
 */
#ifndef CONFIG_VALUES_H
#define CONFIG_VALUES_H

#include "config/yaml.h"

bool value_bool(const char *text, bool *out);
bool value_number(const char *text, uint64_t *out);
/* "90", "90s", "1h30m", "7d", "500ms" in milliseconds.  False also for what
 * does not fit. */
bool value_duration(const char *text, uint64_t *ms);

/* "4096", "512KiB", "10GiB" (K to E) in octets.  False also for what does not
 * fit. */
bool value_size(const char *text, uint64_t *bytes);

/* What follows complains itself, and gives false after that. */

/* 10.0.0.1, 10.0.0.0/8, 10.0.0.1-10.0.0.9 (or IPv6): len characters at offset
 * of the word. */
bool value_range(const struct node *word, size_t offset, size_t len,
	struct ike_addr *first, struct ike_addr *last,
	struct config_errors *errors);

/* Where a side may be found: a range, a name, `any`, or a list of them. */
bool value_places(const struct node *value, struct ike_side *side,
	struct config_errors *errors);

/* NET [PROTO[/PORT[-PORT]]], or a list of them; NET may be `dynamic`. */
bool value_selectors(const struct node *value,
	struct ike_selector out[MAX_SELECTORS], uint8_t *count,
	struct config_errors *errors);

/* Addresses, or `any` (count 0). */
bool value_addresses(const struct node *value, struct ike_addr *out,
	size_t size, uint8_t *count, struct config_errors *errors);

/* The words of a list, or the word itself as a list of one: begin with NULL.
 * What is no word is complained about and left out. */
const struct node *value_next(const struct node *value,
	const struct node *before, struct config_errors *errors);

#endif
