/* test_traces.c - stories: one exchange a test, told by what the daemons log and send.
 * SPDX-License-Identifier: ISC
 *
 * Two hosts, a and b, 10 ms apart. A line is the virtual time in milliseconds,
 * then what a host sends (a > ..), or logs (a: peer: ..), or is told. SPIs are
 * random and shown as dots.
 */
#include "tests/sim/sim.h"

#include "tests/suite.h"

#include <ctype.h>
#include <stdlib.h>

static struct sim *story(void)
{
	struct sim *sim = sim_new(1);

	ck_assert_ptr_nonnull(sim);
	sim->calm = true;
	sim_add_host(sim);
	sim_add_host(sim);
	sim_add_link(sim, 0, 1);
	trace_start(sim, NULL);
	return sim;
}

/* Both daemons run; their first words are not part of the story. */
static void start(struct sim *sim)
{
	sim_start_both(sim);
	trace_clear(sim);
}

static void up(struct sim *sim, unsigned host, const char *child)
{
	sim_up(sim, &sim->host[host], &sim->host[1 - host], child);
	sim_run(sim, 1000);
}

static void down(struct sim *sim, unsigned host, const char *child)
{
	sim_down(sim, &sim->host[host], &sim->host[1 - host], child);
	sim_run(sim, 1000);
}

static void hide_spis(char *text)
{
	for (char *at = text; *at; at++) {
		size_t digits = 0;

		while (isxdigit((unsigned char)at[digits]))
			digits++;
		if (digits == 8)
			memset(at, '.', 8);
		at += digits ? digits - 1 : 0;
	}
}

static void expect(struct sim *sim, const char *text)
{
	char *told = strdup(trace_text(sim));

	ck_assert_ptr_nonnull(told);
	hide_spis(told);
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	if (strcmp(told, text) != 0)
		printf("--- expected\n%s--- told\n%s---\n", text, told);
	ck_assert_msg(strcmp(told, text) == 0, "the story is another one");
	free(told);
	trace_clear(sim);
}

/* RFC 7296 section 1.2 */
START_TEST(first_exchanges)
{
	struct sim *sim = story();

	start(sim);
	up(sim, 0, NULL);
	// clang-format off
	expect(sim,
		"[0] a is told: up b\n"
		"[0] a: connecting peer=b text=\"connecting\"\n"
		"[7] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[17] b > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[27] a > IKE_AUTH request 1: SK{ IDi IDr AUTH N(INITIAL_CONTACT) SA TSi TSr }\n"
		"[37] b: ike-up peer=a role=responder id=a.example.com local=192.0.2.2:500 remote=192.0.2.1:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'a.example.com' (we are responder)\"\n"
		"[37] b: child-up peer=a child=c1 spi_in=........ spi_out=........ local_ts=10.4.0.0/20 remote_ts=10.0.0.0/20 remote=192.0.2.1:500 suite=aes128gcm16 text=\"child c1 up: 10.4.0.0/20 to 10.0.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n"
		"[37] b > IKE_AUTH response 1: SK{ IDr AUTH SA TSi TSr }\n"
		"[47] a: ike-up peer=b role=initiator id=b.example.com local=192.0.2.1:500 remote=192.0.2.2:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'b.example.com' (we are initiator)\"\n"
		"[47] a: child-up peer=b child=c1 spi_in=........ spi_out=........ local_ts=10.0.0.0/20 remote_ts=10.4.0.0/20 remote=192.0.2.2:500 suite=aes128gcm16 text=\"child c1 up: 10.0.0.0/20 to 10.4.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 2.6 */
START_TEST(cookie)
{
	struct sim *sim = story();

	sim->host[1].limits.cookie_threshold = 0;
	start(sim);
	up(sim, 0, NULL);
	// clang-format off
	expect(sim,
		"[0] a is told: up b\n"
		"[0] a: connecting peer=b text=\"connecting\"\n"
		"[7] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[17] b > IKE_SA_INIT response 0: N(COOKIE)\n"
		"[27] a > IKE_SA_INIT request 0: N(COOKIE) SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[37] b > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[47] a > IKE_AUTH request 1: SK{ IDi IDr AUTH N(INITIAL_CONTACT) SA TSi TSr }\n"
		"[57] b: ike-up peer=a role=responder id=a.example.com local=192.0.2.2:500 remote=192.0.2.1:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'a.example.com' (we are responder)\"\n"
		"[57] b: child-up peer=a child=c1 spi_in=........ spi_out=........ local_ts=10.4.0.0/20 remote_ts=10.0.0.0/20 remote=192.0.2.1:500 suite=aes128gcm16 text=\"child c1 up: 10.4.0.0/20 to 10.0.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n"
		"[57] b > IKE_AUTH response 1: SK{ IDr AUTH SA TSi TSr }\n"
		"[67] a: ike-up peer=b role=initiator id=b.example.com local=192.0.2.1:500 remote=192.0.2.2:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'b.example.com' (we are initiator)\"\n"
		"[67] a: child-up peer=b child=c1 spi_in=........ spi_out=........ local_ts=10.0.0.0/20 remote_ts=10.4.0.0/20 remote=192.0.2.2:500 suite=aes128gcm16 text=\"child c1 up: 10.0.0.0/20 to 10.4.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 1.2: the responder wants another group */
START_TEST(invalid_ke_payload)
{
	struct sim *sim = story();

	sim->link[0].ike[0] = "aes128gcm16-prfsha256-ecp256-x25519";
	start(sim);
	up(sim, 0, NULL);
	// clang-format off
	expect(sim,
		"[0] a is told: up b\n"
		"[0] a: connecting peer=b text=\"connecting\"\n"
		"[7] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[17] b > IKE_SA_INIT response 0: N(INVALID_KE_PAYLOAD)\n"
		"[27] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[37] b > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[47] a > IKE_AUTH request 1: SK{ IDi IDr AUTH N(INITIAL_CONTACT) SA TSi TSr }\n"
		"[57] b: ike-up peer=a role=responder id=a.example.com local=192.0.2.2:500 remote=192.0.2.1:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'a.example.com' (we are responder)\"\n"
		"[57] b: child-up peer=a child=c1 spi_in=........ spi_out=........ local_ts=10.4.0.0/20 remote_ts=10.0.0.0/20 remote=192.0.2.1:500 suite=aes128gcm16 text=\"child c1 up: 10.4.0.0/20 to 10.0.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n"
		"[57] b > IKE_AUTH response 1: SK{ IDr AUTH SA TSi TSr }\n"
		"[67] a: ike-up peer=b role=initiator id=b.example.com local=192.0.2.1:500 remote=192.0.2.2:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'b.example.com' (we are initiator)\"\n"
		"[67] a: child-up peer=b child=c1 spi_in=........ spi_out=........ local_ts=10.0.0.0/20 remote_ts=10.4.0.0/20 remote=192.0.2.2:500 suite=aes128gcm16 text=\"child c1 up: 10.0.0.0/20 to 10.4.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 2.6.1: the cookie stays with the other group */
START_TEST(cookie_and_invalid_ke_payload)
{
	struct sim *sim = story();

	sim->host[1].limits.cookie_threshold = 0;
	sim->link[0].ike[0] = "aes128gcm16-prfsha256-ecp256-x25519";
	start(sim);
	up(sim, 0, NULL);
	// clang-format off
	expect(sim,
		"[0] a is told: up b\n"
		"[0] a: connecting peer=b text=\"connecting\"\n"
		"[7] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[17] b > IKE_SA_INIT response 0: N(COOKIE)\n"
		"[27] a > IKE_SA_INIT request 0: N(COOKIE) SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[37] b > IKE_SA_INIT response 0: N(INVALID_KE_PAYLOAD)\n"
		"[47] a > IKE_SA_INIT request 0: N(COOKIE) SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[57] b > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[67] a > IKE_AUTH request 1: SK{ IDi IDr AUTH N(INITIAL_CONTACT) SA TSi TSr }\n"
		"[77] b: ike-up peer=a role=responder id=a.example.com local=192.0.2.2:500 remote=192.0.2.1:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'a.example.com' (we are responder)\"\n"
		"[77] b: child-up peer=a child=c1 spi_in=........ spi_out=........ local_ts=10.4.0.0/20 remote_ts=10.0.0.0/20 remote=192.0.2.1:500 suite=aes128gcm16 text=\"child c1 up: 10.4.0.0/20 to 10.0.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n"
		"[77] b > IKE_AUTH response 1: SK{ IDr AUTH SA TSi TSr }\n"
		"[87] a: ike-up peer=b role=initiator id=b.example.com local=192.0.2.1:500 remote=192.0.2.2:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'b.example.com' (we are initiator)\"\n"
		"[87] a: child-up peer=b child=c1 spi_in=........ spi_out=........ local_ts=10.0.0.0/20 remote_ts=10.4.0.0/20 remote=192.0.2.2:500 suite=aes128gcm16 text=\"child c1 up: 10.0.0.0/20 to 10.4.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 1.3.1 */
START_TEST(second_child)
{
	struct sim *sim = story();

	sim_add_child(sim, &sim->link[0], IKE_MODE_TUNNEL);
	start(sim);
	up(sim, 0, "c1");
	trace_clear(sim);
	up(sim, 0, "c2");
	// clang-format off
	expect(sim,
		"[1000] a is told: up b/c2\n"
		"[1000] a > CREATE_CHILD_SA request 2: SK{ SA Nonce TSi TSr }\n"
		"[1010] b: child-up peer=a child=c2 spi_in=........ spi_out=........ local_ts=10.12.0.0/20 remote_ts=10.8.0.0/20 remote=192.0.2.1:500 suite=aes128gcm16 text=\"child c2 up: 10.12.0.0/20 to 10.8.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n"
		"[1010] b > CREATE_CHILD_SA response 2: SK{ SA Nonce TSi TSr }\n"
		"[1020] a: child-up peer=b child=c2 spi_in=........ spi_out=........ local_ts=10.8.0.0/20 remote_ts=10.12.0.0/20 remote=192.0.2.2:500 suite=aes128gcm16 text=\"child c2 up: 10.8.0.0/20 to 10.12.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 1.3.1: with a key exchange of its own */
START_TEST(second_child_with_pfs)
{
	struct sim *sim = story();
	struct sim_child *child;

	child = sim_add_child(sim, &sim->link[0], IKE_MODE_TRANSPORT);
	child->esp[0] = child->esp[1] = "aes256-sha256-x25519-noesn";
	start(sim);
	up(sim, 0, "c1");
	trace_clear(sim);
	up(sim, 1, "c2");
	// clang-format off
	expect(sim,
		"[1000] b is told: up a/c2\n"
		"[1000] b > CREATE_CHILD_SA request 0: SK{ N(USE_TRANSPORT_MODE) SA Nonce KE TSi TSr }\n"
		"[1010] a: child-up peer=b child=c2 spi_in=........ spi_out=........ local_ts=\"192.0.2.1/32 tcp\" remote_ts=\"192.0.2.2/32 tcp/1001\" remote=192.0.2.2:500 suite=aes256-sha256-x25519 text=\"child c2 up: 192.0.2.1/32 tcp to 192.0.2.2/32 tcp/1001, aes256-sha256-x25519, SPIs ........ in, ........ out\"\n"
		"[1010] a > CREATE_CHILD_SA response 0: SK{ N(USE_TRANSPORT_MODE) SA Nonce KE TSi TSr }\n"
		"[1020] b: child-up peer=a child=c2 spi_in=........ spi_out=........ local_ts=\"192.0.2.2/32 tcp/1001\" remote_ts=\"192.0.2.1/32 tcp\" remote=192.0.2.1:500 suite=aes256-sha256-x25519 text=\"child c2 up: 192.0.2.2/32 tcp/1001 to 192.0.2.1/32 tcp, aes256-sha256-x25519, SPIs ........ in, ........ out\"\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 1.4.1 */
START_TEST(delete_of_a_child)
{
	struct sim *sim = story();

	sim_add_child(sim, &sim->link[0], IKE_MODE_TUNNEL);
	start(sim);
	up(sim, 0, NULL);
	trace_clear(sim);
	down(sim, 0, "c2");
	// clang-format off
	expect(sim,
		"[1000] a is told: down b/c2\n"
		"[1000] a: child-down peer=b child=c2 spi_in=........ spi_out=........ why=\"by command\" text=\"child c2 down: by command\"\n"
		"[1000] a > INFORMATIONAL request 3: SK{ D }\n"
		"[1010] b: child-down peer=a child=c2 spi_in=........ spi_out=........ why=\"deleted by the peer\" text=\"child c2 down: deleted by the peer\"\n"
		"[1010] b > INFORMATIONAL response 3: SK{ D }\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 1.4.1 */
START_TEST(delete_of_the_ike_sa)
{
	struct sim *sim = story();

	start(sim);
	up(sim, 0, NULL);
	trace_clear(sim);
	down(sim, 1, NULL);
	// clang-format off
	expect(sim,
		"[1000] b is told: down a\n"
		"[1000] b: child-down peer=a child=c1 spi_in=........ spi_out=........ why=\"by command\" text=\"child c1 down: by command\"\n"
		"[1000] b: ike-down peer=a remote=192.0.2.1:500 why=\"by command\" text=\"IKE SA down: by command\"\n"
		"[1000] b > INFORMATIONAL request 0: SK{ D }\n"
		"[1010] a: child-down peer=b child=c1 spi_in=........ spi_out=........ why=\"deleted by the peer\" text=\"child c1 down: deleted by the peer\"\n"
		"[1010] a: ike-down peer=b remote=192.0.2.2:500 why=\"deleted by the peer\" text=\"IKE SA down: deleted by the peer\"\n"
		"[1010] a > INFORMATIONAL response 0: SK{ }\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 2.4 */
START_TEST(liveness)
{
	struct sim *sim = story();

	sim->link[0].dpd_ms = 10000;
	start(sim);
	up(sim, 0, NULL);
	trace_clear(sim);
	sim_run(sim, 13000);
	// clang-format off
	expect(sim,
		"[11037] b > INFORMATIONAL request 0: SK{ }\n"
		"[11047] a > INFORMATIONAL request 2: SK{ }\n"
		"[11047] a > INFORMATIONAL response 0: SK{ }\n"
		"[11057] b > INFORMATIONAL response 2: SK{ }\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 2.4: nobody there any more */
START_TEST(peer_is_dead)
{
	struct sim *sim = story();

	sim->link[0].dpd_ms = 10000;
	sim->link[0].tries = 2;
	start(sim);
	up(sim, 0, NULL);
	sim_kill(sim, &sim->host[1]);
	trace_clear(sim);
	sim_run(sim, 40000);
	// clang-format off
	expect(sim,
		"[11047] a > INFORMATIONAL request 2: SK{ }\n"
		"[13047] a > INFORMATIONAL request 2: SK{ }\n"
		"[16647] a > INFORMATIONAL request 2: SK{ }\n"
		"[23127] a: request-unanswered peer=b exchange=\"INFORMATIONAL (liveness)\" message_id=2 text=\"INFORMATIONAL (liveness) request 2: no answer, giving up\"\n"
		"[23127] a: child-down peer=b child=c1 spi_in=........ spi_out=........ why=\"the peer does not answer\" text=\"child c1 down: the peer does not answer\"\n"
		"[23127] a: ike-down peer=b cause=PEER_UNREACHABLE remote=192.0.2.2:500 why=\"the peer does not answer\" text=\"IKE SA down: the peer does not answer\"\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 2.21.2 */
START_TEST(wrong_psk)
{
	struct sim *sim = story();

	sim->link[0].fits = false;
	start(sim);
	up(sim, 0, NULL);
	// clang-format off
	expect(sim,
		"[0] a is told: up b\n"
		"[0] a: connecting peer=b text=\"connecting\"\n"
		"[7] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[17] b > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[27] a > IKE_AUTH request 1: SK{ IDi IDr AUTH N(INITIAL_CONTACT) SA TSi TSr }\n"
		"[37] b: warning: refused peer=a cause=PEER_REJECTED notify=AUTHENTICATION_FAILED text=\"AUTHENTICATION_FAILED: we rejected 'a.example.com' at 192.0.2.1: its pre-shared key is not ours\"\n"
		"[37] b: request-refused exchange=IKE_AUTH message_id=1 notify=AUTHENTICATION_FAILED text=\"IKE_AUTH request 1 answered with AUTHENTICATION_FAILED\"\n"
		"[37] b > IKE_AUTH response 1: SK{ N(AUTHENTICATION_FAILED) }\n"
		"[47] a: warning: failed peer=b cause=REJECTED_BY_PEER notify=AUTHENTICATION_FAILED text=\"AUTHENTICATION_FAILED: the peer rejected our key or identity 'a.example.com'\"\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 2.21.1: an answer that nobody vouches for is tried again */
START_TEST(no_ike_proposal)
{
	struct sim *sim = story();

	sim->link[0].ike[1] = "chacha20poly1305-prfsha256-x25519";
	start(sim);
	up(sim, 0, NULL);
	sim_run(sim, 60000);
	// clang-format off
	expect(sim,
		"[0] a is told: up b\n"
		"[0] a: connecting peer=b text=\"connecting\"\n"
		"[7] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[17] b: warning: refused peer=a cause=NO_PROPOSAL_CHOSEN notify=NO_PROPOSAL_CHOSEN text=\"NO_PROPOSAL_CHOSEN: IKE with 192.0.2.1: no encryption in common: they offer aes128gcm16; we accept chacha20poly1305\"\n"
		"[17] b > IKE_SA_INIT response 0: N(NO_PROPOSAL_CHOSEN)\n"
		"[2007] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[2017] b: warning: refused peer=a cause=NO_PROPOSAL_CHOSEN notify=NO_PROPOSAL_CHOSEN text=\"NO_PROPOSAL_CHOSEN: IKE with 192.0.2.1: no encryption in common: they offer aes128gcm16; we accept chacha20poly1305\"\n"
		"[2017] b > IKE_SA_INIT response 0: N(NO_PROPOSAL_CHOSEN)\n"
		"[5607] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[5617] b: warning: refused peer=a cause=NO_PROPOSAL_CHOSEN notify=NO_PROPOSAL_CHOSEN text=\"NO_PROPOSAL_CHOSEN: IKE with 192.0.2.1: no encryption in common: they offer aes128gcm16; we accept chacha20poly1305\"\n"
		"[5617] b > IKE_SA_INIT response 0: N(NO_PROPOSAL_CHOSEN)\n"
		"[12087] a: request-unanswered peer=b exchange=IKE_SA_INIT message_id=0 text=\"IKE_SA_INIT request 0: no answer, giving up\"\n"
		"[12087] a: warning: failed peer=b cause=NO_PROPOSAL_CHOSEN notify=NO_PROPOSAL_CHOSEN text=\"NO_PROPOSAL_CHOSEN: 192.0.2.2 accepts none of our IKE proposals, or knows no peer at our address\"\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 2.21.2: the IKE SA stays without its child */
START_TEST(no_esp_proposal)
{
	struct sim *sim = story();

	sim->link[0].child[0].esp[1] = "chacha20poly1305-noesn";
	start(sim);
	up(sim, 0, NULL);
	// clang-format off
	expect(sim,
		"[0] a is told: up b\n"
		"[0] a: connecting peer=b text=\"connecting\"\n"
		"[7] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[17] b > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[27] a > IKE_AUTH request 1: SK{ IDi IDr AUTH N(INITIAL_CONTACT) SA TSi TSr }\n"
		"[37] b: ike-up peer=a role=responder id=a.example.com local=192.0.2.2:500 remote=192.0.2.1:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'a.example.com' (we are responder)\"\n"
		"[37] b: warning: refused peer=a child=c1 cause=NO_PROPOSAL_CHOSEN notify=NO_PROPOSAL_CHOSEN text=\"NO_PROPOSAL_CHOSEN: child c1: no encryption in common: they offer aes128gcm16; we accept chacha20poly1305\"\n"
		"[37] b > IKE_AUTH response 1: SK{ IDr AUTH N(NO_PROPOSAL_CHOSEN) }\n"
		"[47] a: ike-up peer=b role=initiator id=b.example.com local=192.0.2.1:500 remote=192.0.2.2:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'b.example.com' (we are initiator)\"\n"
		"[47] a: warning: failed peer=b child=c1 cause=NO_PROPOSAL_CHOSEN notify=NO_PROPOSAL_CHOSEN text=\"child c1: the peer answers NO_PROPOSAL_CHOSEN: no ESP proposal in common\"\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 2.9 */
START_TEST(ts_unacceptable)
{
	struct sim *sim = story();

	sim->link[0].child[0].local[1][0] = sim_net4(10, 99, 0, 0, 16);
	start(sim);
	up(sim, 0, NULL);
	// clang-format off
	expect(sim,
		"[0] a is told: up b\n"
		"[0] a: connecting peer=b text=\"connecting\"\n"
		"[7] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[17] b > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[27] a > IKE_AUTH request 1: SK{ IDi IDr AUTH N(INITIAL_CONTACT) SA TSi TSr }\n"
		"[37] b: ike-up peer=a role=responder id=a.example.com local=192.0.2.2:500 remote=192.0.2.1:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'a.example.com' (we are responder)\"\n"
		"[37] b: warning: refused peer=a cause=TS_UNACCEPTABLE notify=TS_UNACCEPTABLE text=\"TS_UNACCEPTABLE: the peer asks for 10.4.0.0/20 to 10.0.0.0/20, we have 10.99.0.0/16 to 10.0.0.0/20\"\n"
		"[37] b > IKE_AUTH response 1: SK{ IDr AUTH N(TS_UNACCEPTABLE) }\n"
		"[47] a: ike-up peer=b role=initiator id=b.example.com local=192.0.2.1:500 remote=192.0.2.2:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'b.example.com' (we are initiator)\"\n"
		"[47] a: warning: failed peer=b child=c1 cause=TS_UNACCEPTABLE notify=TS_UNACCEPTABLE text=\"child c1: the peer answers TS_UNACCEPTABLE: no traffic selectors in common\"\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 2.9: the responder allows a part */
START_TEST(narrowed)
{
	struct sim *sim = story();

	sim->link[0].child[0].local[1][0] = sim_net4(10, 4, 1, 0, 24);
	start(sim);
	up(sim, 0, NULL);
	// clang-format off
	expect(sim,
		"[0] a is told: up b\n"
		"[0] a: connecting peer=b text=\"connecting\"\n"
		"[7] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[17] b > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[27] a > IKE_AUTH request 1: SK{ IDi IDr AUTH N(INITIAL_CONTACT) SA TSi TSr }\n"
		"[37] b: ike-up peer=a role=responder id=a.example.com local=192.0.2.2:500 remote=192.0.2.1:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'a.example.com' (we are responder)\"\n"
		"[37] b: child-up peer=a child=c1 spi_in=........ spi_out=........ local_ts=10.4.1.0/24 remote_ts=10.0.0.0/20 remote=192.0.2.1:500 suite=aes128gcm16 text=\"child c1 up: 10.4.1.0/24 to 10.0.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n"
		"[37] b > IKE_AUTH response 1: SK{ IDr AUTH SA TSi TSr }\n"
		"[47] a: ike-up peer=b role=initiator id=b.example.com local=192.0.2.1:500 remote=192.0.2.2:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'b.example.com' (we are initiator)\"\n"
		"[47] a: child-up peer=b child=c1 spi_in=........ spi_out=........ local_ts=10.0.0.0/20 remote_ts=10.4.1.0/24 remote=192.0.2.2:500 suite=aes128gcm16 text=\"child c1 up: 10.0.0.0/20 to 10.4.1.0/24, aes128gcm16, SPIs ........ in, ........ out\"\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 2.1: the request is lost, then its answer; both are sent
 * again as they were. */
START_TEST(retransmission)
{
	struct sim *sim = story();

	start(sim);
	sim->net.lose_next[0] = 1;
	sim_up(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 2015);
	sim->net.lose_next[1] = 1;
	sim_run(sim, 5000);
	// clang-format off
	expect(sim,
		"[0] a is told: up b\n"
		"[0] a: connecting peer=b text=\"connecting\"\n"
		"[7] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[7] and it is lost\n"
		"[2007] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[2017] b > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[2017] and it is lost\n"
		"[5607] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[5617] b > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[5627] a > IKE_AUTH request 1: SK{ IDi IDr AUTH N(INITIAL_CONTACT) SA TSi TSr }\n"
		"[5637] b: ike-up peer=a role=responder id=a.example.com local=192.0.2.2:500 remote=192.0.2.1:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'a.example.com' (we are responder)\"\n"
		"[5637] b: child-up peer=a child=c1 spi_in=........ spi_out=........ local_ts=10.4.0.0/20 remote_ts=10.0.0.0/20 remote=192.0.2.1:500 suite=aes128gcm16 text=\"child c1 up: 10.4.0.0/20 to 10.0.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n"
		"[5637] b > IKE_AUTH response 1: SK{ IDr AUTH SA TSi TSr }\n"
		"[5647] a: ike-up peer=b role=initiator id=b.example.com local=192.0.2.1:500 remote=192.0.2.2:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'b.example.com' (we are initiator)\"\n"
		"[5647] a: child-up peer=b child=c1 spi_in=........ spi_out=........ local_ts=10.0.0.0/20 remote_ts=10.4.0.0/20 remote=192.0.2.2:500 suite=aes128gcm16 text=\"child c1 up: 10.0.0.0/20 to 10.4.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7383: one fragment of the request is lost, then one of the response; all
 * fragments of the request go again, and the response on its first. */
START_TEST(fragments)
{
	struct sim *sim = story();

	sim->calm = false; /* a waits for its outbound SA, and b has it */
	sim->net.mtu = 200;
	sim->host[0].limits.fragment_size = sim->host[1].limits.fragment_size =
		200;
	start(sim);
	sim_up(sim, &sim->host[0], &sim->host[1], NULL);
	sim_run(sim, 20);
	sim->net.lose_next[0] = 1;
	sim_run(sim, 1000);
	sim->net.lose_next[1] = 1;
	sim_run(sim, 10000);
	// clang-format off
	expect(sim,
		"[0] a is told: up b\n"
		"[0] a: connecting peer=b text=\"connecting\"\n"
		"[7] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[17] b > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[27] a > IKE_AUTH request 1: SKF 1 of 2\n"
		"[27] and it is lost\n"
		"[27] a > IKE_AUTH request 1: SKF 2 of 2\n"
		"[2027] a > IKE_AUTH request 1: SKF 1 of 2\n"
		"[2027] a > IKE_AUTH request 1: SKF 2 of 2\n"
		"[2037] b: ike-up peer=a role=responder id=a.example.com local=192.0.2.2:500 remote=192.0.2.1:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'a.example.com' (we are responder)\"\n"
		"[2037] b: child-up peer=a child=c1 spi_in=........ spi_out=........ local_ts=10.4.0.0/20 remote_ts=10.0.0.0/20 remote=192.0.2.1:500 suite=aes128gcm16 text=\"child c1 up: 10.4.0.0/20 to 10.0.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n"
		"[2037] b > IKE_AUTH response 1: SKF 1 of 2\n"
		"[2037] and it is lost\n"
		"[2037] b > IKE_AUTH response 1: SKF 2 of 2\n"
		"[5627] a > IKE_AUTH request 1: SKF 1 of 2\n"
		"[5627] a > IKE_AUTH request 1: SKF 2 of 2\n"
		"[5637] b > IKE_AUTH response 1: SKF 1 of 2\n"
		"[5637] b > IKE_AUTH response 1: SKF 2 of 2\n"
		"[5647] a: ike-up peer=b role=initiator id=b.example.com local=192.0.2.1:500 remote=192.0.2.2:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'b.example.com' (we are initiator)\"\n"
		"[5647] a: child-up peer=b child=c1 spi_in=........ spi_out=........ local_ts=10.0.0.0/20 remote_ts=10.4.0.0/20 remote=192.0.2.2:500 suite=aes128gcm16 text=\"child c1 up: 10.0.0.0/20 to 10.4.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* Whatever the path takes, nothing longer is sent, also with the headers of
 * IPv6; and a new IKE SA cuts as the old one did. */
START_TEST(fragments_at_every_size)
{
	for (uint32_t mtu = 200; mtu < 500; mtu += 13) {
		struct sim *sim = story();

		sim->link[0].family = mtu % 2 ? 6 : 4;
		sim->net.mtu = mtu;
		sim->host[0].limits.fragment_size =
			sim->host[1].limits.fragment_size = mtu;
		sim_add_child(sim, &sim->link[0], IKE_MODE_TUNNEL);
		start(sim);
		up(sim, 0, "c1");
		sim_rekey(sim, &sim->host[0], &sim->host[1], NULL);
		sim_run(sim, 3000);
		ck_assert_ptr_nonnull(
			strstr(trace_text(sim), "IKE SA rekeyed"));
		up(sim, 1, "c2");
		ck_assert_msg(!sim->failed, "%s", sim->failure);
		ck_assert_ptr_null(strstr(trace_text(sim), "too long"));
		ck_assert_ptr_nonnull(strstr(trace_text(sim), "c2 up"));
		ck_assert_ptr_null(strstr(trace_text(sim), "again"));
		sim_free(sim);
	}
}
END_TEST

/* The path is as narrow, and one side knows nothing of fragments: nothing long
 * comes through. */
START_TEST(fragments_not_announced)
{
	struct sim *sim = story();

	sim->net.mtu = 200;
	sim->host[0].limits.fragment_size = sim->host[1].limits.fragment_size =
		200;
	sim->link[0].fragmentation[1] = false;
	start(sim);
	up(sim, 0, NULL);
	// clang-format off
	expect(sim,
		"[0] a is told: up b\n"
		"[0] a: connecting peer=b text=\"connecting\"\n"
		"[7] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[17] b > IKE_SA_INIT response 0: SA KE Nonce N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[27] a > IKE_AUTH request 1: SK{ IDi IDr AUTH N(INITIAL_CONTACT) SA TSi TSr }\n"
		"[27] which is too long for the path\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 2.23 */
START_TEST(behind_a_nat)
{
	struct sim *sim = story();

	sim->net.nat = sim->host[0].natted = true;
	sim->host[0].addr[0] = (struct ike_addr){ 4, { 10, 255, 0, 2 } };
	start(sim);
	up(sim, 0, NULL);
	sim_run(sim, 25000);
	// clang-format off
	expect(sim,
		"[0] a is told: up b\n"
		"[0] a: connecting peer=b text=\"connecting\"\n"
		"[7] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[17] b > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[27] a > IKE_AUTH request 1: SK{ IDi IDr AUTH N(INITIAL_CONTACT) SA TSi TSr } (from port 4500)\n"
		"[37] b: ike-up peer=a role=responder id=a.example.com local=192.0.2.2:4500 remote=203.0.113.1:20001 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'a.example.com' (we are responder)\"\n"
		"[37] b: child-up peer=a child=c1 spi_in=........ spi_out=........ local_ts=10.4.0.0/20 remote_ts=10.0.0.0/20 remote=203.0.113.1:20001 suite=aes128gcm16 text=\"child c1 up: 10.4.0.0/20 to 10.0.0.0/20, aes128gcm16 in UDP, SPIs ........ in, ........ out\"\n"
		"[37] b > IKE_AUTH response 1: SK{ IDr AUTH SA TSi TSr } (from port 4500)\n"
		"[47] a: ike-up peer=b role=initiator id=b.example.com local=10.255.0.2:4500 remote=192.0.2.2:4500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'b.example.com' (we are initiator)\"\n"
		"[47] a: child-up peer=b child=c1 spi_in=........ spi_out=........ local_ts=10.0.0.0/20 remote_ts=10.4.0.0/20 remote=192.0.2.2:4500 suite=aes128gcm16 text=\"child c1 up: 10.0.0.0/20 to 10.4.0.0/20, aes128gcm16 in UDP, SPIs ........ in, ........ out\"\n"
		"[20027] a > keepalive (from port 4500)\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 2.8.1 by analogy: of two IKE SAs made at once the one with
 * the lowest nonce goes. */
START_TEST(both_start_now)
{
	struct sim *sim = story();

	sim->link[0].child[0].start[0] = IKE_START_NOW;
	sim->link[0].child[0].start[1] = IKE_START_NOW;
	sim->net.delay_ms = 50;
	start(sim);
	sim_run(sim, 20000);
	// clang-format off
	expect(sim,
		"[0] b > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[15] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[50] a > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[65] b > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[100] b > IKE_AUTH request 1: SK{ IDi IDr AUTH SA TSi TSr }\n"
		"[115] a > IKE_AUTH request 1: SK{ IDi IDr AUTH SA TSi TSr }\n"
		"[150] a: ike-up peer=b role=responder id=b.example.com local=192.0.2.1:500 remote=192.0.2.2:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'b.example.com' (we are responder)\"\n"
		"[150] a: child-up peer=b child=c1 spi_in=........ spi_out=........ local_ts=10.0.0.0/20 remote_ts=10.4.0.0/20 remote=192.0.2.2:500 suite=aes128gcm16 text=\"child c1 up: 10.0.0.0/20 to 10.4.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n"
		"[150] a > IKE_AUTH response 1: SK{ IDr AUTH SA TSi TSr }\n"
		"[165] b: ike-up peer=a role=responder id=a.example.com local=192.0.2.2:500 remote=192.0.2.1:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'a.example.com' (we are responder)\"\n"
		"[165] b: child-up peer=a child=c1 spi_in=........ spi_out=........ local_ts=10.4.0.0/20 remote_ts=10.0.0.0/20 remote=192.0.2.1:500 suite=aes128gcm16 text=\"child c1 up: 10.4.0.0/20 to 10.0.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n"
		"[165] b > IKE_AUTH response 1: SK{ IDr AUTH SA TSi TSr }\n"
		"[200] b: ike-up peer=a role=initiator id=a.example.com local=192.0.2.2:500 remote=192.0.2.1:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'a.example.com' (we are initiator)\"\n"
		"[200] b: child-up peer=a child=c1 spi_in=........ spi_out=........ local_ts=10.4.0.0/20 remote_ts=10.0.0.0/20 remote=192.0.2.1:500 suite=aes128gcm16 text=\"child c1 up: 10.4.0.0/20 to 10.0.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n"
		"[215] a: ike-up peer=b role=initiator id=b.example.com local=192.0.2.1:500 remote=192.0.2.2:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'b.example.com' (we are initiator)\"\n"
		"[215] a: child-up peer=b child=c1 spi_in=........ spi_out=........ local_ts=10.0.0.0/20 remote_ts=10.4.0.0/20 remote=192.0.2.2:500 suite=aes128gcm16 text=\"child c1 up: 10.0.0.0/20 to 10.4.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n"
		"[5215] a: child-down peer=b child=c1 spi_in=........ spi_out=........ why=duplicate text=\"child c1 down: duplicate\"\n"
		"[5215] a: ike-down peer=b remote=192.0.2.2:500 why=duplicate text=\"IKE SA down: duplicate\"\n"
		"[5215] a > INFORMATIONAL request 2: SK{ D }\n"
		"[5265] b: child-down peer=a child=c1 spi_in=........ spi_out=........ why=\"deleted by the peer\" text=\"child c1 down: deleted by the peer\"\n"
		"[5265] b: ike-down peer=a remote=192.0.2.1:500 why=\"deleted by the peer\" text=\"IKE SA down: deleted by the peer\"\n"
		"[5265] b > INFORMATIONAL response 2: SK{ }\n");
	// clang-format on
	oracle_converged(sim);
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	sim_free(sim);
}
END_TEST

/* N31: the kernel refuses the child; the IKE SA stays */
START_TEST(kernel_without_esp)
{
	struct sim *sim = story();

	start(sim);
	sim->host[1].kernel.no_esp = true;
	up(sim, 0, NULL);
	// clang-format off
	expect(sim,
		"[0] a is told: up b\n"
		"[0] a: connecting peer=b text=\"connecting\"\n"
		"[7] a > IKE_SA_INIT request 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[17] b > IKE_SA_INIT response 0: SA KE Nonce N(IKEV2_FRAGMENTATION_SUPPORTED) N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)\n"
		"[27] a > IKE_AUTH request 1: SK{ IDi IDr AUTH N(INITIAL_CONTACT) SA TSi TSr }\n"
		"[37] b: ike-up peer=a role=responder id=a.example.com local=192.0.2.2:500 remote=192.0.2.1:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'a.example.com' (we are responder)\"\n"
		"[37] b: warning: failed peer=a child=c1 cause=KERNEL_REFUSED text=\"child c1: the kernel refused it: this kernel has no ESP\"\n"
		"[37] b > IKE_AUTH response 1: SK{ IDr AUTH SA TSi TSr }\n"
		"[37] b > INFORMATIONAL request 0: SK{ D }\n"
		"[47] a: ike-up peer=b role=initiator id=b.example.com local=192.0.2.1:500 remote=192.0.2.2:500 suite=aes128gcm16-prfsha256-x25519 text=\"IKE SA up with 'b.example.com' (we are initiator)\"\n"
		"[47] a: child-up peer=b child=c1 spi_in=........ spi_out=........ local_ts=10.0.0.0/20 remote_ts=10.4.0.0/20 remote=192.0.2.2:500 suite=aes128gcm16 text=\"child c1 up: 10.0.0.0/20 to 10.4.0.0/20, aes128gcm16, SPIs ........ in, ........ out\"\n"
		"[47] a: child-down peer=b child=c1 spi_in=........ spi_out=........ why=\"deleted by the peer\" text=\"child c1 down: deleted by the peer\"\n"
		"[47] a > INFORMATIONAL response 0: SK{ D }\n");
	// clang-format on
	sim_free(sim);
}
END_TEST

/* RFC 7296 section 1.4.1: the response is lost, the Delete of what it made is
 * not; the child does not come up when the response arrives after all */
START_TEST(delete_overtakes_the_response)
{
	struct sim *sim = story();

	sim_add_child(sim, &sim->link[0], IKE_MODE_TUNNEL);
	start(sim);
	up(sim, 0, "c1");
	trace_clear(sim);
	sim->host[1].kernel.no_esp = true;
	sim->net.lose_next[1] = 1;
	up(sim, 0, "c2");
	sim_run(sim, 3000);
	// clang-format off
	expect(sim,
		"[1000] a is told: up b/c2\n"
		"[1000] a > CREATE_CHILD_SA request 2: SK{ SA Nonce TSi TSr }\n"
		"[1010] b: warning: failed peer=a child=c2 cause=KERNEL_REFUSED text=\"child c2: the kernel refused it: this kernel has no ESP\"\n"
		"[1010] b > CREATE_CHILD_SA response 2: SK{ SA Nonce TSi TSr }\n"
		"[1010] and it is lost\n"
		"[1010] b > INFORMATIONAL request 0: SK{ D }\n"
		"[1020] a > INFORMATIONAL response 0: SK{ }\n"
		"[3000] a > CREATE_CHILD_SA request 2: SK{ SA Nonce TSi TSr }\n"
		"[3010] b > CREATE_CHILD_SA response 2: SK{ SA Nonce TSi TSr }\n"
		"[3020] a: warning: failed peer=b child=c2 cause=FAILED text=\"child c2: the peer deleted it as soon as it was made\"\n");
	// clang-format on
	ck_assert_uint_eq(sim->host[0].kernel.sads, 2);
	sim_free(sim);
}
END_TEST

/* The Delete waits for the window, and nobody opens it */
START_TEST(delete_waits_in_vain)
{
	struct sim *sim = story();

	sim_add_child(sim, &sim->link[0], IKE_MODE_TUNNEL);
	sim->link[0].tries = 1;
	start(sim);
	up(sim, 0, "c1");
	sim_kill(sim, &sim->host[1]);
	trace_clear(sim);
	up(sim, 0, "c2");
	down(sim, 0, NULL);
	sim_run(sim, 60000);
	// clang-format off
	expect(sim,
		"[1000] a is told: up b/c2\n"
		"[1000] a > CREATE_CHILD_SA request 2: SK{ SA Nonce TSi TSr }\n"
		"[2000] a is told: down b\n"
		"[2000] a: child-down peer=b child=c1 spi_in=........ spi_out=........ why=\"by command\" text=\"child c1 down: by command\"\n"
		"[2000] a: ike-down peer=b remote=192.0.2.2:500 why=\"by command\" text=\"IKE SA down: by command\"\n"
		"[3000] a > CREATE_CHILD_SA request 2: SK{ SA Nonce TSi TSr }\n"
		"[6600] a: request-unanswered peer=b exchange=CREATE_CHILD_SA message_id=2 text=\"CREATE_CHILD_SA request 2: no answer, giving up\"\n");
	// clang-format on
	ck_assert_uint_eq(sim->host[0].kernel.sads, 0);
	sim_free(sim);
}
END_TEST

static void ck_c2(struct sim *sim, size_t times)
{
	struct ike_child_status one;

	sim_run(sim, 20000);
	ck_assert_msg(!sim->failed, "%s", sim->failure);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(oracle_children(sim, &sim->host[i],
					  &sim->host[1 - i], "c2", &one),
			times);
	sim_free(sim);
}

/* It is asked for when somebody takes it down: the answer does not bring it up
 * for good. */
START_TEST(down_while_it_comes_up)
{
	struct sim *sim = story();

	sim_add_child(sim, &sim->link[0], IKE_MODE_TUNNEL);
	start(sim);
	up(sim, 0, "c1");
	sim_up(sim, &sim->host[0], &sim->host[1], "c2");
	sim_run(sim, 5);
	sim_down(sim, &sim->host[0], &sim->host[1], "c2");
	ck_c2(sim, 0);
}
END_TEST

/* RFC 7296 section 2.25.2: TEMPORARY_FAILURE is no answer for good. */
START_TEST(up_while_the_peer_rekeys)
{
	struct sim *sim = story();

	sim_add_child(sim, &sim->link[0], IKE_MODE_TUNNEL);
	start(sim);
	up(sim, 0, "c1");
	sim_rekey_ike(sim, &sim->host[1], &sim->host[0]);
	sim_run(sim, 5);
	sim_up(sim, &sim->host[0], &sim->host[1], "c2");
	ck_c2(sim, 1);
}
END_TEST

SUITE(traces)
{
	test(delete_overtakes_the_response);
	test(delete_waits_in_vain);
	test(first_exchanges);
	test(cookie);
	test(invalid_ke_payload);
	test(cookie_and_invalid_ke_payload);
	test(second_child);
	test(second_child_with_pfs);
	test(delete_of_a_child);
	test(delete_of_the_ike_sa);
	test(liveness);
	test(peer_is_dead);
	test(wrong_psk);
	test(no_ike_proposal);
	test(no_esp_proposal);
	test(ts_unacceptable);
	test(narrowed);
	test(retransmission);
	test(fragments);
	test(fragments_at_every_size);
	test(fragments_not_announced);
	test(behind_a_nat);
	test(both_start_now);
	test(kernel_without_esp);
	test(down_while_it_comes_up);
	test(up_while_the_peer_rekeys);
}
