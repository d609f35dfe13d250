/* wiped.c - what is given back holds no key (RFC 7296 section 2.12: "forgotten").
 * SPDX-License-Identifier: ISC
 *
 * Two engines connect, rekey and part; every block that they free is searched
 * for the shared key and for the keys of their SAs.
 */
#include "tests/suite.h"
#include "tests/unit/heap.h"
#include "tests/unit/sides.h"

#include <string.h>

enum { MAX_KEYS = 30 };

static struct side a, b;
static struct secret keys[MAX_KEYS];
static size_t key_count;
static uint64_t now_ms;

static void watch(const struct secret *key)
{
	ck_assert_uint_lt(key_count, MAX_KEYS);
	keys[key_count] = *key;
	heap_watch(secret_bytes(&keys[key_count++]));
}

/* The keys of the SAs that are there now. */
static void watch_sas(const struct side *side)
{
	struct ike_sa_status sa;
	struct secret sk[4];
	uint64_t walk = 0;

	watch(&side->in.encr_key);
	watch(&side->out.encr_key);
	while (ike_next_sa(side->ike, &walk, &sa)) {
		ck_assert(ike_sa_secrets(side->ike, sa.sa, sk));
		watch(&sk[0]);
		watch(&sk[1]);
	}
}

static void open_watched(void)
{
	static const char psk[] = "a secret of both";

	key_count = 0;
	now_ms = 2000;
	heap_watch(bytes_of(psk, strlen(psk)));
	connect_both(&a, &b);
	ck_assert_int_eq(a.child_up, 1);
	watch_sas(&a);
}

static void settle(void)
{
	now_ms += 1000;
	pass(&a, &b, now_ms, now_ms + 60000);
	now_ms += 60000;
}

static void close_watched(void)
{
	size_t found, which;

	side_close(&a);
	side_close(&b);
	found = heap_forget(&which);
	ck_assert_msg(found == 0,
		"%zu blocks with a key, the first has key %zu", found, which);
}

static void wish(enum ike_wish_result (*say)(
	struct ike *, struct ike_now, const struct ike_wish *))
{
	const struct ike_wish to2 = { "to2", NULL };

	ck_assert_int_ne(say(a.ike, (struct ike_now){ now_ms, 0 }, &to2),
		IKE_WISH_IMPOSSIBLE);
	run(&a, &b, now_ms);
	settle();
}

START_TEST(stop)
{
	open_watched();
	close_watched();
}
END_TEST

START_TEST(down)
{
	open_watched();
	wish(ike_down);
	ck_assert_int_eq(a.adds, a.deletes);
	close_watched();
}
END_TEST

/* The child and the IKE SA, one after the other. */
START_TEST(rekeyed)
{
	open_watched();
	wish(ike_rekey);
	ck_assert_int_eq(a.rekeyed, 2);
	watch_sas(&a);
	wish(ike_down);
	ck_assert_int_eq(a.adds, a.deletes);
	close_watched();
}
END_TEST

/* The responder of a child's rekey holds back the SA that it is to send on, and
 * is stopped before it may (RFC 7296 section 2.8). */
START_TEST(held_back)
{
	const struct ike_wish net = { "to2", "net" };
	struct ike_effect e;
	int adds = 0;

	open_watched();
	ck_assert_int_eq(ike_rekey(a.ike, (struct ike_now){ now_ms, 0 }, &net),
		IKE_WISH_STARTED);
	ike_tick(a.ike, (struct ike_now){ now_ms, 0 });
	drain(&a, &b, 1, 2, now_ms);
	ck_assert_int_eq(b.adds, 2);
	drain(&b, &a, 2, 1, now_ms);
	ck_assert_int_eq(b.adds, 3);
	while (ike_effect(a.ike, &e)) {
		if (e.kind != IKE_SA_ADD)
			continue;
		watch(&e.add.encr_key);
		adds++;
	}
	ck_assert_int_eq(adds, 2);
	close_watched();
}
END_TEST

SUITE(wiped)
{
	test(stop);
	test(down);
	test(rekeyed);
	test(held_back);
}
