/* wipe.h - what libcrypto gives back is wiped.
 * SPDX-License-Identifier: ISC
 *
 * It wipes most of what it knows to be secret, but not all: the multiplication
 * of a point of P-256 (OpenSSL 3.0) gives a copy of the private value back as
 * it is.
 */
#ifndef IKEV2_CRYPTO_WIPE_H
#define IKEV2_CRYPTO_WIPE_H

#include <stdbool.h>
#include <stddef.h>

/* From now on all that libcrypto allocates comes from these.  To be called
 * before it has allocated anything, else it is false. */
bool crypto_wipes(void) __attribute__((warn_unused_result));

/* The same as malloc(), realloc() and free(); file and line are libcrypto's
 * and not looked at. */
void *wipe_malloc(size_t size, const char *file, int line);
void *wipe_realloc(void *at, size_t size, const char *file, int line);
void wipe_free(void *at, const char *file, int line);

#endif
