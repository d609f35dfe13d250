/* cookie.c - stateless cookies (RFC 7296 section 2.6).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/cookie.h"

#include <sodium.h>

void cookies_renew(struct cookies *cookies, uint64_t now_ms,
	void (*random)(void *ctx, uint8_t *out, size_t len), void *ctx)
{
	const bool first = cookies->version == 0;
	const uint64_t age = now_ms - cookies->made_ms;

	if (!first && age < COOKIE_SECRET_MS)
		return;
	/* 0 means that there is no secret yet; parity must alternate. */
	cookies->version = cookies->version == UINT8_MAX
				   ? 2
				   : (uint8_t)(cookies->version + 1);
	cookies->has_previous = !first && age < 2 * (uint64_t)COOKIE_SECRET_MS;
	cookies->made_ms = now_ms;
	random(ctx, cookies->secret[cookies->version & 1], COOKIE_SECRET_LEN);
}

/* The address goes in with its family and in full width, so that after the
 * nonce, which is of any length, all is of fixed length. */
static void make(const struct cookies *cookies, uint8_t version,
	const struct message *request, const struct ike_endpoint *from,
	uint8_t out[static OUR_COOKIE_LEN])
{
	const uint8_t port[2] = { (uint8_t)(from->port >> 8),
		(uint8_t)from->port };
	crypto_generichash_state state;

	out[0] = version;
	crypto_generichash_init(&state, cookies->secret[version & 1],
		COOKIE_SECRET_LEN, OUR_COOKIE_LEN - 1);
	crypto_generichash_update(
		&state, request->nonce.at, request->nonce.len);
	crypto_generichash_update(&state, &from->addr.family, 1);
	crypto_generichash_update(
		&state, from->addr.octets, sizeof(from->addr.octets));
	crypto_generichash_update(&state, port, sizeof(port));
	crypto_generichash_update(&state, request->header.spi_i, IKE_SPI_LEN);
	crypto_generichash_update(&state, &version, 1);
	crypto_generichash_final(&state, out + 1, OUR_COOKIE_LEN - 1);
	sodium_memzero(&state, sizeof(state));
}

void cookie_make(const struct cookies *cookies, const struct message *request,
	const struct ike_endpoint *from, uint8_t out[static OUR_COOKIE_LEN])
{
	make(cookies, cookies->version, request, from, out);
}

/* The first payload is a COOKIE notify, and there is no other. */
static bool cookie_leads(const struct message *request)
{
	if (request->header.next != PAYLOAD_NOTIFY || request->notifies == 0 ||
		request->notify[0].type != COOKIE)
		return false;
	for (size_t i = 1; i < request->notifies; i++) {
		if (request->notify[i].type == COOKIE)
			return false;
	}
	return true;
}

bool cookie_valid(const struct cookies *cookies, const struct message *request,
	const struct ike_endpoint *from)
{
	uint8_t expected[OUR_COOKIE_LEN];
	struct bytes cookie;

	if (cookies->version == 0 || !cookie_leads(request))
		return false;
	cookie = request->notify[0].data;
	if (cookie.len != OUR_COOKIE_LEN)
		return false;
	/* Any other version than these two never had one of the secrets that
	 * there are, and no cookie is made of one with a version not its own. */
	if (cookie.at[0] != cookies->version && !cookies->has_previous)
		return false;
	make(cookies, cookie.at[0], request, from, expected);
	return sodium_memcmp(expected, cookie.at, OUR_COOKIE_LEN) == 0;
}
