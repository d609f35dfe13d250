/* secrets.c - nothing derived stays on the heap when a tunnel is down, and nothing is given back unwiped.
 * SPDX-License-Identifier: ISC
 *
 * heap.c knows each private value, shared secret and key as soon as it exists;
 * libcrypto's blocks are looked at too (crypto.c).
 */
#include "tests/suite.h"
#include "tests/unit/heap.h"
#include "tests/unit/sides.h"

#include <sodium.h>
#include <stdlib.h>

struct credential *sim_credential(const char *authority, const char *name);
struct trust *sim_trust(const char *authority, const char *name);

static const char key[] = "no one else knows this one";

static struct side a, b;
static uint64_t now_ms;

static void close_sides(void)
{
	heap_unwatch();
	if (a.ike) {
		side_close(&a);
		side_close(&b);
	}
	a.ike = b.ike = NULL;
}

static void set_proposal(struct ike_proposals *out, const char *text)
{
	*out = (struct ike_proposals){ .count = 1 };
	while (*text) {
		struct ike_proposal *p = &out->list[0];
		const size_t len = strcspn(text, "-");

		p->transforms[p->count] = transform_named(bytes_of(text, len));
		ck_assert_ptr_nonnull(p->transforms[p->count]);
		p->count++;
		text += len;
		text += *text == '-';
	}
}

static struct ike_id fqdn(const char *name)
{
	struct ike_id id = { .type = ID_FQDN, .len = (uint16_t)strlen(name) };

	memcpy(id.data, name, id.len);
	return id;
}

static void use_certificates(
	struct ike_peer *peer, const char *own, const char *other)
{
	peer->local.auth = peer->remote.auth = IKE_AUTH_CERT;
	peer->local.id = fqdn(own);
	peer->remote.id = fqdn(other);
	peer->own = sim_credential("authority of secrets", own);
	peer->trust = sim_trust("authority of secrets", other);
}

static const struct suite_row {
	const char *ike, *esp;
	bool certificates;
} rows[] = {
	{ "aes256gcm16-prfsha256-x25519", "aes256gcm16-noesn", false },
	{ "chacha20poly1305-prfsha512-x25519", "chacha20poly1305-x25519-noesn",
		true },
	{ "aes256-sha256-prfsha256-modp2048", "aes256-sha256-modp2048-noesn",
		false },
	{ "aes128-sha384-prfsha384-ecp256", "aes128-sha512-ecp384-noesn",
		true },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void open_side(struct side *side, uint8_t us, uint8_t them,
	const struct suite_row *row)
{
	struct ike_peer *peer;

	side_open(side, us, them, key);
	peer = side->peers.peer[0];
	set_proposal(&peer->ike, row->ike);
	set_proposal(&peer->children[0].esp, row->esp);
	peer->rekey_ms = peer->reauth_ms = 0;
	if (row->certificates)
		use_certificates(peer, us == 1 ? "a.example" : "b.example",
			us == 1 ? "b.example" : "a.example");
}

static void seconds(unsigned count)
{
	pass(&a, &b, now_ms, now_ms + count * 1000);
	now_ms += count * 1000;
}

static struct ike_now now(void)
{
	return (struct ike_now){ now_ms, 0 };
}

static void open_both(const struct suite_row *row)
{
	const struct ike_wish up = { "to2", NULL };

	now_ms = 2000;
	heap_watch();
	open_side(&a, 1, 2, row);
	open_side(&b, 2, 1, row);
	ck_assert_int_eq(ike_up(a.ike, now(), &up), IKE_WISH_STARTED);
	seconds(3);
	ck_assert_int_eq(a.child_up, 1);
	ck_assert_int_eq(b.child_up, 1);
}

static void nothing_leaked(void)
{
	const char *what = heap_leaked();

	ck_assert_msg(!what, "a block was given back that had %s", what);
}

/* Up, rekeyed from both sides, down; the cores go on. */
START_TEST(none_outlives_its_tunnel)
{
	const struct ike_wish to_b = { "to2", NULL }, to_a = { "to1", NULL };
	const char *what;

	open_both(&rows[_i]);
	ck_assert_ptr_nonnull(heap_holds()); /* it would be seen */
	ck_assert_uint_gt(heap_secrets(), 20);
	nothing_leaked();
	ck_assert_int_eq(ike_rekey(a.ike, now(), &to_b), IKE_WISH_STARTED);
	seconds(5);
	ck_assert_int_eq(ike_rekey(b.ike, now(), &to_a), IKE_WISH_STARTED);
	seconds(5);
	ck_assert_int_eq(a.rekeyed, b.rekeyed);
	ck_assert_int_ge(a.rekeyed, 4);
	nothing_leaked();
	ck_assert_int_eq(ike_down(a.ike, now(), &to_b), IKE_WISH_STARTED);
	seconds(90);
	ck_assert_int_eq(a.adds, a.deletes);
	ck_assert_int_eq(b.adds, b.deletes);
	nothing_leaked();
	what = heap_holds();
	ck_assert_msg(!what, "there is still %s", what);
	close_sides();
}
END_TEST

/* What is replaced is gone while the tunnel is up. */
START_TEST(none_outlives_its_rekey)
{
	const struct ike_wish to_b = { "to2", NULL };
	struct ike_ipsec_sa old;
	const char *what;

	open_both(&rows[_i]);
	old = a.in;
	ck_assert_int_eq(ike_rekey(a.ike, now(), &to_b), IKE_WISH_STARTED);
	seconds(60);
	ck_assert_int_ge(a.rekeyed, 2);
	nothing_leaked();
	heap_only("the key before", old.encr_key.data, old.encr_key.len);
	what = heap_holds();
	ck_assert_msg(!what, "there is still %s", what);
	close_sides();
}
END_TEST

/* An attempt that comes to nothing, in either role: no answer to IKE_AUTH. */
START_TEST(none_outlives_what_fails)
{
	const struct ike_wish up = { "to2", NULL };
	const char *what;

	now_ms = 2000;
	heap_watch();
	open_side(&a, 1, 2, &rows[_i]);
	open_side(&b, 2, 1, &rows[_i]);
	/* b has another key, or believes another authority */
	b.peers.peer[0]->psk[0] ^= 1;
	trust_unref(b.peers.peer[0]->trust);
	b.peers.peer[0]->trust = rows[_i].certificates
					 ? sim_trust("another", "c.example")
					 : NULL;
	heap_watch();
	ck_assert_int_eq(ike_up(a.ike, now(), &up), IKE_WISH_STARTED);
	a.peers.peer[0]->keep_trying = false;
	seconds(5);
	ck_assert_int_eq(a.child_up + b.child_up, 0);
	ck_assert_uint_gt(heap_secrets(), 8);
	(void)ike_down(a.ike, now(), &up);
	seconds(90);
	nothing_leaked();
	what = heap_holds();
	ck_assert_msg(!what, "there is still %s", what);
	close_sides();
}
END_TEST

/* The outbound half that the peer was not ready for is never installed: its keys
 * go with the child. */
START_TEST(none_outlives_what_is_held_back)
{
	const struct ike_wish to_b = { "to2", "net" }, to_a = { "to1", NULL };
	const char *what;

	open_both(&rows[_i]);
	ck_assert_int_eq(ike_rekey(a.ike, now(), &to_b), IKE_WISH_STARTED);
	ike_tick(a.ike, now());
	run(&a, &b, now_ms);
	ck_assert_int_eq(b.rekeyed, 1);
	ck_assert_int_eq(b.adds, 3);
	heap_only("the key that is held back", a.in.encr_key.data,
		a.in.encr_key.len);
	ck_assert_ptr_nonnull(heap_holds());
	ck_assert_int_eq(ike_down(b.ike, now(), &to_a), IKE_WISH_STARTED);
	seconds(90);
	ck_assert_int_eq(b.adds, 3);
	nothing_leaked();
	what = heap_holds();
	ck_assert_msg(!what, "there is still %s", what);
	close_sides();
}
END_TEST

/* That heap.c sees what it is to see. */
START_TEST(what_is_left_is_found)
{
	static const char secret[] = "sixteen and more octets";
	char *block;
	char *volatile text; /* else a compiler leaves all of it out */

	heap_watch();
	heap_secret("it", secret, sizeof(secret) - 1);
	block = calloc(1, 100);
	ck_assert_ptr_null(heap_holds());
	memcpy(block + 33, secret, sizeof(secret));
	ck_assert_str_eq(heap_holds(), "it");
	sodium_memzero(block, 100);
	ck_assert_ptr_null(heap_holds());
	free(block);
	ck_assert_ptr_null(heap_leaked());
	text = strdup("it is sixteen and more octets long");
	free(text);
	ck_assert_str_eq(heap_leaked(), "it");
	heap_unwatch();
}
END_TEST

SUITE(secrets)
{
	tcase_add_checked_fixture(tcase, NULL, close_sides);
	test(what_is_left_is_found);
	loop_test(none_outlives_its_tunnel, ROWS);
	loop_test(none_outlives_its_rekey, ROWS);
	loop_test(none_outlives_what_fails, ROWS);
	loop_test(none_outlives_what_is_held_back, ROWS);
}
