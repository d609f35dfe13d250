/* test_rekeys.c - what rekeys keep as it is: packets, the PRF, the group.
 * SPDX-License-Identifier: ISC
 *
 * Two hosts, a and b, 10 ms apart.
 */
#include "tests/sim/sim.h"

#include "tests/suite.h"

#define SUITE_IKE "aes128gcm16-prfsha256-x25519"
#define SUITE_ESP "aes128gcm16-noesn"

static struct sim *two_hosts(const char *ike_a, const char *ike_b,
	const char *esp_a, const char *esp_b)
{
	struct sim *sim = sim_new(1);

	ck_assert_ptr_nonnull(sim);
	sim->calm = true;
	sim_add_host(sim);
	sim_add_host(sim);
	sim_add_link(sim, 0, 1);
	sim->link[0].ike[0] = ike_a;
	sim->link[0].ike[1] = ike_b;
	sim->link[0].child[0].esp[0] = esp_a;
	sim->link[0].child[0].esp[1] = esp_b;
	sim->link[0].child[0].start[0] = IKE_START_NOW;
	trace_start(sim, NULL);
	sim_start_both(sim);
	sim_run(sim, 1000);
	return sim;
}

static void end(struct sim *sim)
{
	ck_assert_msg(!sim->failed, "%s\n%s", sim->failure, trace_text(sim));
	sim_free(sim);
}

/* The one IKE SA of a host. */
static struct ike_sa_status ike_sa(struct sim *sim, unsigned host)
{
	struct ike_sa_status sa;
	uint64_t at = 0;

	ck_assert_uint_eq(
		oracle_ike_sas(sim, &sim->host[host], &sim->host[1 - host]), 1);
	do {
		ck_assert(ike_next_sa(sim->host[host].ike, &at, &sa));
	} while (!sa.established);
	return sa;
}

static struct ike_child_status child(struct sim *sim, unsigned host)
{
	struct ike_child_status one;

	ck_assert_uint_eq(oracle_children(sim, &sim->host[host],
				  &sim->host[1 - host], "c1", &one),
		1);
	return one;
}

static void rekey(struct sim *sim, unsigned host, const char *name)
{
	ck_assert_int_eq((int)sim_rekey(sim, &sim->host[host],
				 &sim->host[1 - host], name),
		IKE_WISH_STARTED);
	sim_run(sim, 500);
}

/* strongSwan expands the keys of a rekeyed IKE SA with the old PRF, where RFC
 * 7296 section 2.18 takes the new one for that; so it had better not change,
 * whoever rekeys and whatever each would choose. */
START_TEST(prf_stays)
{
	struct sim *sim = two_hosts("aes128gcm16-prfsha256-prfsha384-x25519",
		"aes256gcm16-aes128gcm16-prfsha384-prfsha256-x25519", SUITE_ESP,
		SUITE_ESP);

	ck_assert_uint_eq(ike_sa(sim, 0).suite.prf->id, PRF_HMAC_SHA2_384);
	for (unsigned host = 0; host < 2; host++) {
		struct ike_sa_status old = ike_sa(sim, 0), new;

		rekey(sim, host, NULL);
		new = ike_sa(sim, 0);
		ck_assert_uint_ne(new.sa, old.sa);
		ck_assert_int_eq(new.initiator, host == 0);
		ck_assert_uint_eq(new.suite.prf->id, PRF_HMAC_SHA2_384);
	}
	end(sim);
}
END_TEST

/* A configuration that no longer has it goes first, on either side. */
START_TEST(prf_changes_if_it_must)
{
	for (unsigned changed = 0; changed < 2; changed++) {
		for (unsigned host = 0; host < 2; host++) {
			struct sim *sim = two_hosts(
				"aes128gcm16-prfsha256-prfsha384-x25519",
				"aes128gcm16-prfsha256-prfsha384-x25519",
				SUITE_ESP, SUITE_ESP);
			struct sim_config config = sim->host[changed].config;
			uint64_t old = ike_sa(sim, 0).sa;

			sim->link[0].ike[changed] =
				"aes128gcm16-prfsha384-x25519";
			sim_configure(sim, &sim->host[changed], &config);
			rekey(sim, host, NULL);
			ck_assert_uint_ne(ike_sa(sim, 0).sa, old);
			ck_assert_uint_eq(ike_sa(sim, 0).suite.prf->id,
				PRF_HMAC_SHA2_384);
			end(sim);
		}
	}
}
END_TEST

/* SAs in a host's kernel: its outbound ones, its inbound ones. */
static unsigned outbound(const struct sim_host *host)
{
	unsigned count = 0;

	for (size_t i = 0; i < host->kernel.sads; i++)
		count += host->kernel.sad[i].sa.out;
	return count;
}

/* A packet that the kernel is sealing with the old SA while the new one comes
 * is not lost, nor is one that a Delete would overtake: who has rekeyed takes its
 * old outbound SA away half a second later, and asks the peer to delete the rest
 * another half later.  The peer, who changes over then, keeps its old outbound SA
 * for a second, and both keep the inbound one for five. */
START_TEST(old_sas_go_later)
{
	struct sim *sim = two_hosts(SUITE_IKE, SUITE_IKE, SUITE_ESP, SUITE_ESP);

	rekey(sim, 0, "c1");
	ck_assert_ptr_null(strstr(trace_text(sim), "SK{ D }"));
	/* The peer has not used the new one, and holds its outbound SA back. */
	ck_assert_uint_eq(outbound(&sim->host[0]), 2);
	ck_assert_uint_eq(outbound(&sim->host[1]), 1);
	sim_run(sim, 500);
	ck_assert_ptr_null(strstr(trace_text(sim), "SK{ D }"));
	ck_assert_uint_eq(outbound(&sim->host[0]), 1);
	sim_run(sim, 500);
	ck_assert_ptr_nonnull(strstr(trace_text(sim), "SK{ D }"));
	for (unsigned host = 0; host < 2; host++) {
		ck_assert_uint_eq(outbound(&sim->host[host]), 1 + host);
		ck_assert_uint_eq(sim->host[host].kernel.sads, 3 + host);
	}
	sim_run(sim, 1000);
	for (unsigned host = 0; host < 2; host++) {
		ck_assert_uint_eq(outbound(&sim->host[host]), 1);
		ck_assert_uint_eq(sim->host[host].kernel.sads, 3);
	}
	sim_run(sim, 4000);
	for (unsigned host = 0; host < 2; host++)
		ck_assert_uint_eq(sim->host[host].kernel.sads, 2);
	end(sim);
}
END_TEST

/* The first rekey of a child asks with the IKE SA's group, not with the first
 * of its own; the next with the one that was chosen. */
START_TEST(group_is_guessed)
{
	struct sim *sim = two_hosts("aes128gcm16-prfsha256-ecp256",
		"aes128gcm16-prfsha256-ecp256",
		"aes128gcm16-x25519-ecp256-noesn",
		"aes128gcm16-ecp256-x25519-noesn");

	for (unsigned i = 0; i < 2; i++) {
		rekey(sim, 0, "c1");
		ck_assert_uint_eq(child(sim, 0).suite.ke->id, KE_ECP_256);
		ck_assert_ptr_null(
			strstr(trace_text(sim), "INVALID_KE_PAYLOAD"));
	}
	end(sim);
	sim = two_hosts(SUITE_IKE, SUITE_IKE, "aes128gcm16-x25519-ecp256-noesn",
		"aes128gcm16-ecp256-x25519-noesn");
	rekey(sim, 0, "c1");
	ck_assert_ptr_nonnull(strstr(trace_text(sim), "INVALID_KE_PAYLOAD"));
	trace_clear(sim);
	rekey(sim, 0, "c1");
	ck_assert_uint_eq(child(sim, 0).suite.ke->id, KE_ECP_256);
	ck_assert_ptr_null(strstr(trace_text(sim), "INVALID_KE_PAYLOAD"));
	end(sim);
}
END_TEST

/* The last datagram that was sent arrives. */
static void last_arrives(struct sim *sim)
{
	ck_assert_uint_gt(sim->net.held_count, 0);
	network_deliver(sim, sim->net.held_count - 1);
	sim_run(sim, 0);
}

/* How high the nonces of b begin: when it asks, and when it answers. */
static void rank_b(struct sim *sim, uint8_t rank)
{
	sim->host[1].ranked = true;
	sim->host[1].rank[0] = sim->host[1].rank[1] = rank;
}

/* Both dial at once.  That of a is up at b, which has answered last; that of b
 * is up at a, which has answered before.  b_low: whose nonce is lower. */
static struct sim *both_dial(bool b_low)
{
	struct sim *sim = two_hosts(SUITE_IKE, SUITE_IKE, SUITE_ESP, SUITE_ESP);
	struct sim_host *a = &sim->host[0], *b = &sim->host[1];

	sim_down(sim, a, b, NULL);
	sim_run(sim, 1000);
	sim->net.hold = true;
	rank_b(sim, b_low ? 0xf0 : 0x01);
	sim_up(sim, a, b, "c1");
	sim_run(sim, 0);
	last_arrives(sim);
	last_arrives(sim); /* a asks with IKE_AUTH */
	rank_b(sim, b_low ? 0x02 : 0xf0);
	sim_up(sim, b, a, "c1");
	sim_run(sim, 0);
	last_arrives(sim);
	last_arrives(sim);
	last_arrives(sim);
	ck_assert_uint_eq(sim->net.held_count, 2);
	network_deliver(sim, 0);
	sim_run(sim, 0);
	ck_assert_uint_eq(sim->net.held_count, 2);
	ck_assert_uint_eq(oracle_ike_sas(sim, a, b), 1);
	ck_assert_uint_eq(oracle_ike_sas(sim, b, a), 1);
	return sim;
}

static void one_is_left(struct sim *sim)
{
	struct sim_host *a = &sim->host[0], *b = &sim->host[1];

	network_release(sim);
	sim_run(sim, 100000);
	ck_assert_uint_eq(oracle_ike_sas(sim, a, b), 1);
	oracle_pair(sim, a, b, "c1", 1);
	end(sim);
}

/* a has both, and expects b to close its own; but b has only that of a, and
 * rekeys it. */
START_TEST(duplicate_is_rekeyed_by_who_has_one)
{
	struct sim *sim = both_dial(true);

	last_arrives(sim);
	rank_b(sim, 0x01);
	sim_rekey_ike(sim, &sim->host[1], &sim->host[0]);
	sim_run(sim, 0);
	for (unsigned i = 0; i < 5; i++)
		last_arrives(sim); /* the rekey, the Delete, what was late */
	one_is_left(sim);
}
END_TEST

/* b has both, expects a to close its own, and rekeys both; then a has both. */
START_TEST(duplicate_is_rekeyed_by_who_has_both)
{
	struct sim *sim = both_dial(false);

	network_deliver(sim, 0);
	sim_run(sim, 0);
	ck_assert_uint_eq(oracle_ike_sas(sim, &sim->host[1], &sim->host[0]), 2);
	rank_b(sim, 0x00);
	sim_rekey_ike(sim, &sim->host[1], &sim->host[0]);
	sim_run(sim, 0);
	for (unsigned i = 0; i < 4; i++)
		last_arrives(sim); /* the rekey of b's own, and the Delete */
	network_deliver(sim, 0);   /* that of a is up at a */
	sim_run(sim, 0);
	one_is_left(sim);
}
END_TEST

/* The IKE SA that replaces the old one has the configuration as it is now, not
 * as it was when it was asked for. */
START_TEST(reload_while_the_ike_sa_is_rekeyed)
{
	struct sim *sim = two_hosts(SUITE_IKE, SUITE_IKE, SUITE_ESP, SUITE_ESP);
	struct sim_config moved = sim->host[1].config;
	struct ike_child_status none;

	sim->calm = false; /* the two do not agree any more */
	moved.variant[0] = VARIANT_SELECTORS;
	ck_assert_int_eq(sim_rekey_ike(sim, &sim->host[1], &sim->host[0]),
		IKE_WISH_STARTED);
	sim_run(sim, 5); /* the request is on its way */
	sim_configure(sim, &sim->host[1], &moved);
	sim_run(sim, 5000);
	sim_up(sim, &sim->host[0], &sim->host[1], "c1");
	sim_run(sim, 5000);
	ck_assert_uint_eq(
		oracle_children(sim, &sim->host[1], &sim->host[0], "c1", &none),
		0);
	(void)ike_sa(sim, 1);
	end(sim);
}
END_TEST

SUITE(rekeys)
{
	test(duplicate_is_rekeyed_by_who_has_one);
	test(duplicate_is_rekeyed_by_who_has_both);
	test(prf_stays);
	test(prf_changes_if_it_must);
	test(old_sas_go_later);
	test(group_is_guessed);
	test(reload_while_the_ike_sa_is_rekeyed);
}
