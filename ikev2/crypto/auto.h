/* auto.h - what libcrypto made for one function is freed where its name goes out of scope.
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_AUTO_H
#define IKEV2_CRYPTO_AUTO_H

/* AUTO(BIGNUM) *x = ...: wiped and freed where x goes out of scope. */
#define AUTO(TYPE) __attribute__((cleanup(auto_##TYPE))) TYPE

#define AUTO_DEFINE(TYPE, FREE)                                                \
	static inline void auto_##TYPE(TYPE **at)                              \
	{                                                                      \
		FREE(*at);                                                     \
	}

#endif
