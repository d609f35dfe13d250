/* explained.c - the last failures of each peer are kept; a flood of others takes nobody's place.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/explained.h"

#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

static struct ike_explanation why(const char *peer, bool ours, uint32_t from)
{
	struct ike_explanation out = { .initiator = ours,
		.cause = IKE_CAUSE_PROPOSAL,
		.error = NO_PROPOSAL_CHOSEN,
		.remote = { .addr = { 4, { 10, (uint8_t)(from >> 16),
						 (uint8_t)(from >> 8),
						 (uint8_t)from } } } };

	snprintf(out.peer, sizeof(out.peer), "%s", peer);
	snprintf(out.text, sizeof(out.text), "%s %u", ours ? "ours" : "theirs",
		from);
	snprintf(out.fix_here, sizeof(out.fix_here), "edit %u", from);
	return out;
}

static bool keep(struct explained *explained, const struct ike_explanation *one,
	int64_t unix_ms)
{
	char hint[EXPLAINED_HINT];

	return explained_keep(explained, one, unix_ms, hint);
}

static size_t count(const struct explained *explained, const char *peer)
{
	json_t *record;
	size_t i = 0;

	while ((record = explained_record(explained, peer, i))) {
		json_decref(record);
		i++;
	}
	return i;
}

static bool has(
	const struct explained *explained, const char *peer, const char *text)
{
	bool found = false;
	json_t *record;

	for (size_t i = 0; (record = explained_record(explained, peer, i));
		i++) {
		found |= strcmp(json_string_value(
					json_object_get(record, "text")),
				 text) == 0;
		json_decref(record);
	}
	return found;
}

START_TEST(the_newest_comes_first_and_the_same_counts_on)
{
	struct explained *explained = explained_new();
	struct ike_explanation one = why("b", true, 1);
	json_t *record;

	ck_assert(keep(explained, &one, 1000));
	one = why("b", true, 2);
	ck_assert(keep(explained, &one, 2000));
	one = why("b", true, 1);
	ck_assert(!keep(explained, &one, 3000));
	ck_assert_uint_eq(count(explained, "b"), 2);
	record = explained_record(explained, "b", 0);
	ck_assert_str_eq(
		json_string_value(json_object_get(record, "text")), "ours 1");
	ck_assert_int_eq(
		json_integer_value(json_object_get(record, "count")), 2);
	ck_assert_str_eq(json_string_value(json_object_get(record, "first")),
		"1970-01-01T00:00:01.000Z");
	ck_assert_str_eq(json_string_value(json_object_get(record, "time")),
		"1970-01-01T00:00:03.000Z");
	json_decref(record);
	ck_assert_uint_eq(count(explained, "c"), 0);
	explained_free(explained);
}
END_TEST

START_TEST(n52_strangers_take_no_more_than_their_place)
{
	struct explained *explained = explained_new();
	struct ike_explanation one = why("", false, 1);

	ck_assert(keep(explained, &one, 0));
	for (uint32_t from = 2; from < 2000; from++) {
		one = why("", false, from);
		(void)keep(explained, &one, from);
	}
	ck_assert_uint_eq(count(explained, NULL), EXPLAINED_STRANGERS);
	ck_assert(has(explained, NULL, "theirs 1"));
	ck_assert_uint_eq(
		explained_left_out(explained), 1999 - EXPLAINED_STRANGERS);
	/* A minute later one of them makes room, and only one. */
	one = why("", false, 3000);
	ck_assert(keep(explained, &one, EXPLAINED_ROOM_MS));
	ck_assert(has(explained, NULL, "theirs 3000"));
	ck_assert(!has(explained, NULL, "theirs 1"));
	ck_assert(has(explained, NULL, "theirs 2"));
	explained_free(explained);
}
END_TEST

START_TEST(n52_what_others_cause_never_hides_what_we_began)
{
	struct explained *explained = explained_new();
	struct ike_explanation one = why("b", true, 1);

	ck_assert(keep(explained, &one, 0));
	for (uint32_t from = 2; from < 200; from++) {
		one = why("b", false, from);
		(void)keep(explained, &one, from * (int64_t)EXPLAINED_ROOM_MS);
	}
	ck_assert(has(explained, "b", "ours 1"));
	ck_assert(has(explained, "b", "theirs 199"));
	ck_assert_uint_eq(count(explained, "b"), 1 + EXPLAINED_THEIRS);
	for (uint32_t from = 200; from < 400; from++) {
		one = why("b", true, from);
		ck_assert(keep(explained, &one, 0));
	}
	ck_assert_uint_eq(count(explained, "b"), EXPLAINED_KEPT);
	ck_assert(has(explained, "b", "ours 399"));
	ck_assert(has(explained, "b", "theirs 199"));
	explained_free(explained);
}
END_TEST

/* One that could have been meant for several is found at each of them. */
START_TEST(each_candidate_has_it)
{
	struct explained *explained = explained_new();
	struct ike_explanation one = why("b", false, 1);

	one.tried_count = 3;
	strcpy(one.tried[0].peer, "a");
	strcpy(one.tried[1].peer, "b");
	strcpy(one.tried[2].peer, "c");
	ck_assert(keep(explained, &one, 0));
	for (size_t i = 0; i < 3; i++) {
		const char *peer = one.tried[i].peer;
		json_t *record = explained_record(explained, peer, 0);

		ck_assert_str_eq(explained_peer(explained, i), peer);
		ck_assert_uint_eq(count(explained, peer), 1);
		ck_assert_str_eq(
			json_string_value(json_object_get(record, "peer")),
			peer);
		json_decref(record);
	}
	ck_assert_ptr_null(explained_peer(explained, 3));
	explained_free(explained);
}
END_TEST

START_TEST(the_hint_is_of_that_very_failure)
{
	struct explained *explained = explained_new();
	struct ike_explanation one = why("b", true, 1);
	char hint[EXPLAINED_HINT];

	ck_assert(explained_keep(explained, &one, 0, hint));
	ck_assert_str_eq(hint, "here: edit 1");
	strcpy(one.fix_there, "the other");
	one.remote.addr.octets[3] = 7;
	strcpy(one.text, "another");
	ck_assert(explained_keep(explained, &one, 0, hint));
	ck_assert_str_eq(hint, "here: edit 1; or there: the other");
	ck_assert(explained_hint(explained, "b", "ours 1", hint));
	ck_assert_str_eq(hint, "here: edit 1");
	ck_assert(!explained_hint(explained, "b", "ours 2", hint));
	ck_assert(!explained_hint(explained, "x", "ours 1", hint));
	explained_free(explained);
}
END_TEST

SUITE(explained)
{
	test(the_newest_comes_first_and_the_same_counts_on);
	test(n52_strangers_take_no_more_than_their_place);
	test(n52_what_others_cause_never_hides_what_we_began);
	test(each_candidate_has_it);
	test(the_hint_is_of_that_very_failure);
}
