/* schema_text.h - a value of the configuration as one would write it.
 * SPDX-License-Identifier: ISC
 */
#ifndef CONFIG_SCHEMA_TEXT_H
#define CONFIG_SCHEMA_TEXT_H

#include "config/schema.h"

/* The value that `in` has where the row says, such as "1h30m" or
 * "[10.1.0.0/16, 10.2.0.0/16]"; a longer one ends with "..".  Empty if the key is
 * as if it were not written (it has no default then), and for what is kept
 * nowhere or is a secret.  Always terminated; returns out. */
const char *schema_text(
	const struct schema_row *row, const void *in, char *out, size_t size);

#endif
