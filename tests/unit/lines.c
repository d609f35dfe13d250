/* lines.c - each line of the log that somebody can cause who is nobody yet: N52.
 * SPDX-License-Identifier: ISC
 *
 * That the table is whole is seen elsewhere: whatever an initiator causes in any
 * test before it is authenticated must be marked as such, or core_under_test.c
 * fails that test.  The daemon's own lines about packets are log_limited()
 * (log.c).
 */
#include "tests/unit/hostile.h"

#include <fnmatch.h>

/* Each causes its line, by a request or two. */
static void no_peer_there(void)
{
	bent.us.addr.octets[3] = 9;
	begin_request();
	bent_send_init(&parts);
}

static void no_proposal(void)
{
	begin_request();
	parts_set(&parts, PAYLOAD_SA,
		hex("00000024 01010003" GCM256 PRF256 "00000008 04000010"));
	bent_send_init(&parts);
}

static void wrong_key(void)
{
	bent_initiates_keys();
	bent_auth_parts(&parts);
	forge_auth(4);
	bent_ask(IKE_AUTH, &parts);
}

static void nobody_of_that_name(void)
{
	bent_initiates_keys();
	core.peers.peer[0]->remote.id =
		(struct ike_id){ .type = ID_FQDN, .len = 3, .data = "ida" };
	bent_auth_parts(&parts);
	bent_ask(IKE_AUTH, &parts);
}

static void unknown_payload(void)
{
	bent_initiates_keys();
	bent_auth_parts(&parts);
	add_unknown(0, 200, true);
	bent_ask(IKE_AUTH, &parts);
}

static const struct line_row {
	const char *pattern;
	enum ike_log_level level;
	void (*cause)(void);
	unsigned lines; /* that one attempt causes */
	int attempts;
} rows[] = {
	/* those after them get cookies */
	{ "* asks for IKE, but no peer is configured for that address:*",
		IKE_LOG_INFO, no_peer_there, 1, 30 },
	{ "NO_PROPOSAL_CHOSEN: IKE with *: *", IKE_LOG_WARNING, no_proposal, 1,
		30 },
	/* two lines, of which the second is about the answer */
	{ "IKE_AUTH request 1 answered with AUTHENTICATION_FAILED",
		IKE_LOG_INFO, wrong_key, 2, 25 },
	{ "IKE_AUTH request 1 answered with AUTHENTICATION_FAILED",
		IKE_LOG_INFO, nobody_of_that_name, 2, 25 },
	{ "IKE_AUTH request 1 answered with UNSUPPORTED_CRITICAL_PAYLOAD",
		IKE_LOG_INFO, unknown_payload, 1, 25 },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

START_TEST(n52_each_is_limited_and_what_is_left_out_is_said)
{
	const struct line_row *row = &rows[_i];

	core_open(&plain);
	row->cause();
	ck_assert_msg(fnmatch(row->pattern, core.told_text, 0) == 0, "%s",
		core.told_text);
	ck_assert_int_eq(core.told_level, row->level);
	ck_assert_uint_eq((unsigned)core.told, row->lines);
	core_advance(60000);
	core.told = 0;
	core.left_out = 0;
	/* all in one second */
	for (int i = 0; i < row->attempts; i++)
		row->cause();
	ck_assert_int_le(core.told, 10);
	ck_assert_int_ge(core.told, 1);
	core_advance(60000);
	row->cause();
	ck_assert_uint_eq((unsigned)core.told + core.left_out,
		row->lines * (unsigned)(row->attempts + 1));
	bent.us.addr.octets[3] = 2;
	core.peers.peer[0]->remote.id = (struct ike_id){ .type = ID_NONE };
}
END_TEST

SUITE(lines)
{
	tcase_add_checked_fixture(tcase, NULL, close_core);
	loop_test(n52_each_is_limited_and_what_is_left_out_is_said, ROWS);
}
