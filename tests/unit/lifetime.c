/* lifetime.c - octets and packets: how many a key may protect, and what comes after.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"
#include "tests/unit/sides.h"

#define AES_BYTES   (UINT64_C(256) << 30)
#define PACKETS_32  (UINT64_C(3) << 30)
#define LATER(SOFT) ((SOFT) + ((SOFT) + 9) / 10)

/* What is configured, what stands in the kernel.  soft is the limit itself, as
 * for the inbound SA; the outbound SA's is up to a tenth less.  hard is the
 * outbound SA's; the inbound SA's is a tenth more. */
static const struct row {
	const char *esp;
	const char *esn;
	uint64_t bytes, packets;
	uint64_t soft_bytes, hard_bytes, soft_packets, hard_packets;
} rows[] = {
	// clang-format off
	{ "aes256gcm16", "noesn", 0, 0, AES_BYTES, LATER(AES_BYTES), PACKETS_32, LATER(PACKETS_32) },
	{ "aes256gcm16", "esn", 0, 0, AES_BYTES, LATER(AES_BYTES), 0, 0 },
	{ "chacha20poly1305", "esn", 0, 0, 0, 0, 0, 0 },
	{ "chacha20poly1305", "noesn", 0, 0, 0, 0, PACKETS_32, LATER(PACKETS_32) },
	{ "chacha20poly1305", "esn", 1000000, 50, 1000000, 1100000, 50, 55 },
	{ "aes256gcm16", "esn", 1000000, 0, 1000000, 1100000, 0, 0 },
	/* Never more than what the cipher and the numbers allow. */
	{ "aes128gcm16", "noesn", AES_BYTES + 1, PACKETS_32 + 1, AES_BYTES, LATER(AES_BYTES), PACKETS_32, LATER(PACKETS_32) },
	/* The hard limit is behind the soft one. */
	{ "aes256gcm16", "esn", 0, 1, AES_BYTES, LATER(AES_BYTES), 1, 2 },
	// clang-format on
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void configure(struct side *side, const struct row *row)
{
	struct ike_child_policy *child = &side->peers.peer[0]->children[0];
	const char *const names[] = { row->esp, row->esn };

	child->esp.list[0].count = 0;
	for (size_t i = 0; i < 2; i++)
		child->esp.list[0].transforms[child->esp.list[0].count++] =
			transform_named(bytes_of(names[i], strlen(names[i])));
	child->rekey_bytes = row->bytes;
	child->rekey_packets = row->packets;
}

static void connect_with(struct side *a, struct side *b, const struct row *row)
{
	const struct ike_wish up = { "to2", NULL };

	side_open(a, 1, 2, "a secret of both");
	side_open(b, 2, 1, "a secret of both");
	configure(a, row);
	configure(b, row);
	ck_assert_int_eq(ike_up(a->ike, at, &up), IKE_WISH_STARTED);
	run(a, b, at.mono_ms);
	ck_assert_int_eq(a->child_up, 1);
}

static void assert_earlier(uint64_t soft, uint64_t limit)
{
	ck_assert_uint_le(soft, limit);
	ck_assert_uint_ge(soft, limit - limit / 10);
}

START_TEST(a_key_protects_so_much)
{
	const struct row *row = &rows[_i];
	struct side a, b;

	connect_with(&a, &b, row);
	ck_assert_uint_eq(a.in.soft_bytes, row->soft_bytes);
	ck_assert_uint_eq(a.in.hard_bytes, LATER(row->hard_bytes));
	ck_assert_uint_eq(a.in.soft_packets, row->soft_packets);
	ck_assert_uint_eq(a.in.hard_packets, LATER(row->hard_packets));
	assert_earlier(a.out.soft_bytes, row->soft_bytes);
	ck_assert_uint_eq(a.out.hard_bytes, row->hard_bytes);
	assert_earlier(a.out.soft_packets, row->soft_packets);
	ck_assert_uint_eq(a.out.hard_packets, row->hard_packets);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* Not all at once, nor both sides. */
START_TEST(soft_limits_are_drawn)
{
	struct side a, b;

	connect_with(&a, &b, &rows[0]);
	ck_assert_uint_ne(a.out.soft_bytes, b.out.soft_bytes);
	ck_assert_uint_ne(a.out.soft_packets, b.out.soft_packets);
	ck_assert_uint_ne(a.out.soft_bytes, AES_BYTES);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* A tenth earlier at most, and anything between is possible. */
START_TEST(soft_limits_are_spread_over_a_tenth)
{
	static const struct row row = { "chacha20poly1305", "esn", 0, 50, 0, 0,
		50, 55 };
	const struct ike_wish up = { "to2", NULL };
	bool seen[51] = { false };

	for (uint8_t i = 0; i < 100; i++) {
		struct side a, b;

		side_open(&a, 1, 2, "a secret of both");
		side_open(&b, 2, 1, "a secret of both");
		a.seed = 100u + i;
		configure(&a, &row);
		configure(&b, &row);
		ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
		run(&a, &b, at.mono_ms);
		ck_assert_uint_ge(a.out.soft_packets, 45);
		ck_assert_uint_le(a.out.soft_packets, 50);
		seen[a.out.soft_packets] = true;
		side_close(&a);
		side_close(&b);
	}
	for (size_t i = 45; i <= 50; i++)
		ck_assert_msg(seen[i], "never %zu", i);
}
END_TEST

static void expire(struct side *side, const struct ike_ipsec_sa *sa, bool hard)
{
	const struct ike_sa_ref ref = sa->ref;

	ike_expire(side->ike, at, ref, hard);
}

START_TEST(soft_is_a_rekey)
{
	struct side a, b;

	connect_both(&a, &b);
	expire(&a, _i ? &a.in : &a.out, false);
	pass(&a, &b, 2000, 20000);
	ck_assert_int_eq(a.rekeyed, 1);
	ck_assert_int_eq(b.rekeyed, 1);
	ck_assert_int_eq(a.child_down, 0);
	assert_one_pair(&a, &b);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* Both sides' kernels say so at once. */
START_TEST(soft_on_both_sides_is_one_rekey)
{
	struct side a, b;

	connect_both(&a, &b);
	expire(&a, &a.out, false);
	expire(&a, &a.in, false);
	expire(&b, &b.out, false);
	expire(&b, &b.in, false);
	pass(&a, &b, 2000, 60000);
	assert_one_pair(&a, &b);
	ck_assert_int_eq(a.child_down + b.child_down, 0);
	/* A collision at most: no rekey of what has been rekeyed. */
	ck_assert_int_le(a.rekeyed, 2);
	side_close(&a);
	side_close(&b);
}
END_TEST

START_TEST(hard_is_down_and_up_again)
{
	const struct ike_wish up = { "to2", NULL };
	struct side a, b;
	uint32_t before;

	side_open(&a, 1, 2, "a secret of both");
	side_open(&b, 2, 1, "a secret of both");
	a.peers.peer[0]->keep_trying = true;
	a.peers.peer[0]->children[0].start = IKE_START_NOW;
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	run(&a, &b, at.mono_ms);
	before = a.out.ref.spi;
	expire(&a, _i ? &a.in : &a.out, true);
	pass(&a, &b, 2000, 60000);
	ck_assert_int_eq(a.child_down, 1);
	ck_assert_int_eq(b.child_down, 1);
	ck_assert_int_eq(a.child_up, 2);
	ck_assert_uint_ne(a.out.ref.spi, before);
	assert_one_pair(&a, &b);
	side_close(&a);
	side_close(&b);
}
END_TEST

/* As responder of a rekey the outbound SA is held back; b hears nothing of
 * the reply until now. */
static void rekey_unanswered(struct side *a, struct side *b)
{
	const struct ike_wish rekey = { "to2", "net" };
	struct ike_effect e;

	ck_assert_int_eq(ike_rekey(a->ike, at, &rekey), IKE_WISH_STARTED);
	ike_tick(a->ike, at);
	drain(a, b, 1, 2, at.mono_ms);
	while (ike_effect(b->ike, &e)) {
		b->adds += e.kind == IKE_SA_ADD;
		if (e.kind == IKE_SA_ADD)
			*(e.add.out ? &b->out : &b->in) = e.add;
	}
	ck_assert_int_eq(b->adds, 3);
}

/* The old SA ends while the new one waits: then it waits no longer. */
START_TEST(hard_while_it_is_replaced_is_not_down)
{
	struct ike_ipsec_sa old;
	struct side a, b;

	connect_both(&a, &b);
	old = b.out;
	rekey_unanswered(&a, &b);
	expire(&b, &old, true);
	drain(&b, &a, 2, 1, at.mono_ms);
	ck_assert_int_eq(b.adds, 4);
	ck_assert_int_eq(b.child_down, 0);
	pass(&a, &b, 2000, 120000);
	assert_one_pair(&a, &b);
	ck_assert_int_eq(b.child_down, 0);
	side_close(&a);
	side_close(&b);
}
END_TEST

START_TEST(a_soft_limit_of_the_new_sa_shows_that_it_is_used)
{
	struct side a, b;

	connect_both(&a, &b);
	rekey_unanswered(&a, &b);
	expire(&b, &b.in, false);
	drain(&b, &a, 2, 1, at.mono_ms);
	ck_assert_int_eq(b.adds, 4);
	pass(&a, &b, 2000, 120000);
	assert_one_pair(&a, &b);
	side_close(&a);
	side_close(&b);
}
END_TEST

START_TEST(n51_an_expire_of_nothing_of_ours)
{
	struct ike_ipsec_sa other;
	struct side a, b;

	connect_both(&a, &b);
	other = a.out;
	other.ref.spi++;
	expire(&a, &other, true);
	other = a.out;
	other.ref.dst = address(77);
	expire(&a, &other, true);
	other = a.in;
	other.ref.dst = address(77);
	expire(&a, &other, true);
	pass(&a, &b, 2000, 10000);
	ck_assert_int_eq(a.child_down, 0);
	ck_assert_int_eq(a.adds, 2);
	side_close(&a);
	side_close(&b);
}
END_TEST

START_TEST(n51_an_acquire_of_nothing_of_ours)
{
	const struct ike_flow flow = { 4, 17, { 4, { 10, 1, 0, 1 } },
		{ 4, { 10, 2, 0, 1 } }, 1000, 53 };
	struct side a, b;

	connect_both(&a, &b);
	ike_acquire(a.ike, at, a.out.reqid + 0x1000, &flow);
	ike_acquire(a.ike, at, 0, &flow);
	ike_acquire(a.ike, at, UINT32_MAX, &flow);
	pass(&a, &b, 2000, 10000);
	ck_assert_int_eq(a.adds, 2);
	assert_one_pair(&a, &b);
	side_close(&a);
	side_close(&b);
}
END_TEST

SUITE(lifetime)
{
	loop_test(a_key_protects_so_much, ROWS);
	test(soft_limits_are_drawn);
	test(soft_limits_are_spread_over_a_tenth);
	loop_test(soft_is_a_rekey, 2);
	test(soft_on_both_sides_is_one_rekey);
	loop_test(hard_is_down_and_up_again, 2);
	test(hard_while_it_is_replaced_is_not_down);
	test(a_soft_limit_of_the_new_sa_shows_that_it_is_used);
	test(n51_an_expire_of_nothing_of_ours);
	test(n51_an_acquire_of_nothing_of_ours);
}
