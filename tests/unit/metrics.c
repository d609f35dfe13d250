/* metrics.c - OpenMetrics text: its form, what is in it, and what is not.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/metrics.h"

#include "daemon/daemon.h"
#include "daemon/kernel.h"
#include "daemon/totals.h"
#include "tests/daemon_fixture.h"
#include "tests/suite.h"
#include "tests/unit/openmetrics.h"
#include "tests/unit/sides.h"

#include <event2/event.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- The checker itself --------------------------------------------------- */

#define UP  "# TYPE a counter\n# HELP a It.\n"
#define END "# EOF\n"

static const struct {
	const char *text, *why; /* NULL: nothing is wrong */
} forms[] = {
	{ END, NULL },
	{ UP END, NULL },
	{ UP "a_total 1\n" END, NULL },
	{ UP "a_total{b=\"c\",d=\"\\\\\\\"\\n\"} 1.5\n" END, NULL },
	{ "# TYPE a_s gauge\n# UNIT a_s s\n# HELP a_s It.\na_s 7\n" END, NULL },
	{ "# TYPE a info\n# HELP a It.\na_info{b=\"c\"} 1\n" END, NULL },
	{ "", "no end" },
	{ UP "a_total 1\n", "no end" },
	{ UP "a_total 1" END, "behind the end of the line" },
	{ UP "a_total 1\n\n" END, "another family" },
	{ UP "a 1\n" END, "another family" },
	{ UP "a_total_b 1\n" END, "a longer name" },
	{ UP "b_total 1\n" END, "another family" },
	{ UP "a_total -1\n" END, "no value" },
	{ UP "a_total 1 1\n" END, "behind the end of the line" },
	{ UP "a_total{b=\"c\"} 1\na_total{b=\"c\"} 2\n" END, "a sample twice" },
	{ UP "a_total{b=\"c\",b=\"d\"} 1\n" END, "a label twice" },
	{ UP "a_total{b=\"\\t\"} 1\n" END, "an escape that is none" },
	{ UP "a_total{b=\"\t\"} 1\n" END, "a character in a label" },
	{ UP "a_total{} 1\n" END, "no name" },
	{ UP "a_total{1=\"c\"} 1\n" END, "no name" },
	{ "# TYPE a counter\na_total 1\n" END, "without HELP" },
	{ UP "a_total 1\n# HELP a Too late.\n" END, "behind samples" },
	{ UP "# TYPE b gauge\n# HELP b It.\nb 1\n" UP END, "a family twice" },
	{ UP "# TYPE b gauge\n# HELP b It.\na_total 1\n" END,
		"another family" },
	{ "# TYPE a gauge\n# UNIT a s\n" END, "end with its unit" },
	{ "# TYPE a info\n# HELP a It.\na_info 2\n" END, "not 1" },
	{ "# TYPE a weather\n" END, "not ours" },
	{ UP "# a comment\n" END, "a comment" },
	{ END "a_total 1\n", "behind EOF" },
};

enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

START_TEST(what_is_no_openmetrics_is_seen)
{
	char text[OPENMETRICS_TEXT];
	const char *why = openmetrics_complaint(forms[_i].text, text);

	if (!forms[_i].why)
		ck_assert_msg(!why, "%s", why);
	else
		ck_assert_msg(why && strstr(why, forms[_i].why), "%s",
			why ? why : "nothing is wrong");
}
END_TEST

/* --- Texts ---------------------------------------------------------------- */

struct scene {
	struct daemon daemon;
	struct daemon_options options;
	struct totals *totals;
	struct side a, b;
	size_t most; /* octets in one piece */
};

static void scene_open(struct scene *s)
{
	*s = (struct scene){ .totals = totals_new() };
	connect_both(&s->a, &s->b);
	s->daemon.options = &s->options;
	s->daemon.started_unix_s = 1795363771;
	s->daemon.ike = s->a.ike;
	s->daemon.kernel = kernel_open_none();
	ck_assert_ptr_nonnull(s->totals);
	ck_assert_ptr_nonnull(s->daemon.kernel);
}

static void scene_close(struct scene *s)
{
	totals_free(s->totals);
	kernel_close(s->daemon.kernel);
	side_close(&s->a);
	side_close(&s->b);
}

/* All pieces; to be freed. */
static char *whole(struct scene *s)
{
	struct metrics_walk walk = { .begun = false };
	struct metrics_text piece;
	enum metrics_step step;
	char *text = NULL, why[OPENMETRICS_TEXT];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	do {
		step = metrics_next(&walk, &s->daemon, s->totals, &piece);
		if (step == METRICS_STALE)
			ck_abort_msg("nothing has changed");
		if (piece.len > s->most)
			s->most = piece.len;
		fputs(piece.at, out);
	} while (step == METRICS_MORE);
	fclose(out);
	ck_assert_msg(!openmetrics_complaint(text, why), "%s", why);
	return text;
}

static double value(const char *text, const char *sample)
{
	double is = -1;

	ck_assert_msg(openmetrics_value(text, sample, &is), "no %s in %.2000s",
		sample, text);
	return is;
}

START_TEST(what_has_happened_is_in_it)
{
	struct scene s;
	char *text;

	scene_open(&s);
	text = whole(&s);
	ck_assert_double_eq(
		value(text, "ipsecd_build_info{version=\"" IPSECD_VERSION
			    "\",kernel=\"xfrm\"}"),
		1);
	ck_assert_double_eq(
		value(text, "ipsecd_start_time_seconds"), 1795363771);
	ck_assert_double_eq(value(text, "ipsecd_peers{state=\"up\"}"), 1);
	ck_assert_double_eq(value(text, "ipsecd_peers{state=\"down\"}"), 0);
	ck_assert_double_eq(value(text, "ipsecd_ike_sas"), 1);
	ck_assert_double_eq(
		value(text,
			"ipsecd_exchanges_total{exchange=\"auth\",role=\"asked\"}"),
		1);
	ck_assert_double_eq(value(text, "ipsecd_peer_up{peer=\"to2\"}"), 1);
	ck_assert_double_eq(
		value(text,
			"ipsecd_peer_exchanges_total{peer=\"to2\",exchange=\"init\","
			"role=\"asked\"}"),
		1);
	ck_assert_double_eq(
		value(text,
			"ipsecd_failures_total{cause=\"PEER_UNREACHABLE\"}"),
		0);
	free(text);
	scene_close(&s);
}
END_TEST

START_TEST(octets_are_there_by_child)
{
	struct totals_peer *of;
	struct scene s;
	char *text;

	scene_open(&s);
	of = totals_of(s.totals, "to2");
	totals_count(of, "net", 12345, 1000, 7);
	totals_count(of, "lan", 12346, 1, 2);
	text = whole(&s);
	ck_assert_double_eq(
		value(text,
			"ipsecd_child_traffic_bytes_total{peer=\"to2\",child=\"net\","
			"direction=\"in\"}"),
		1000);
	ck_assert_double_eq(
		value(text,
			"ipsecd_child_traffic_bytes_total{peer=\"to2\",child=\"lan\","
			"direction=\"out\"}"),
		2);
	free(text);
	s.options.kernel = DAEMON_KERNEL_NONE;
	text = whole(&s);
	ck_assert_ptr_null(strstr(text, "ipsecd_child_traffic_bytes_total{"));
	free(text);
	scene_close(&s);
}
END_TEST

/* Each counter of the first text is in the second, and not less. */
static void none_went_back(const char *first, const char *second)
{
	char *copy = strdup(first), *rest = copy, *line;
	size_t seen = 0;

	ck_assert_ptr_nonnull(copy);
	while ((line = strsep(&rest, "\n"))) {
		char *total = strstr(line, "_total"),
		     *space = strrchr(line, ' ');
		double now;

		if (line[0] == '#' || !total || !space)
			continue;
		*space = '\0';
		seen++;
		if (!openmetrics_value(second, line, &now) ||
			now < strtod(space + 1, NULL))
			ck_abort_msg("%s was %s", line, space + 1);
	}
	free(copy);
	ck_assert_uint_gt(seen, 30);
}

START_TEST(counters_never_go_back)
{
	const struct ike_wish wish = { "to2", NULL };
	struct ike_now now = at;
	struct scene s;
	char *before, *text;

	scene_open(&s);
	before = whole(&s);
	for (int i = 0; i < 6; i++) {
		now.mono_ms += 100000;
		if (i == 2)
			ike_down(s.a.ike, now, &wish);
		else if (i == 3)
			ike_up(s.a.ike, now, &wish);
		else if (i == 4)
			ike_set_peers(s.a.ike, now, &s.a.peers);
		else
			ike_rekey(s.a.ike, now, &wish);
		pass(&s.a, &s.b, now.mono_ms, now.mono_ms + 90000);
		text = whole(&s);
		none_went_back(before, text);
		free(before);
		before = text;
	}
	ck_assert_double_ge(value(text, "ipsecd_peer_rekeys_total{of=\"ike\","
					"peer=\"to2\"}"),
		2);
	free(before);
	scene_close(&s);
}
END_TEST

static void has_not(const char *text, const char *what)
{
	ck_assert_msg(!strstr(text, what), "'%s' is in it", what);
}

/* Names of the configuration and words of ours alone. */
START_TEST(no_spi_and_no_address_is_in_it)
{
	struct ike_sa_status sa;
	struct ike_child_status child;
	char *text, spi[2 * IKE_SPI_LEN + 1], addr[IKE_ADDR_SIZE];
	struct scene s;
	uint64_t walk = 0;

	scene_open(&s);
	text = whole(&s);
	ck_assert(ike_next_sa(s.a.ike, &walk, &sa));
	for (size_t i = 0; i < IKE_SPI_LEN; i++)
		snprintf(spi + 2 * i, 3, "%02x", sa.spi_i[i]);
	has_not(text, spi);
	has_not(text, ike_addr_text(&sa.local.addr, addr));
	has_not(text, ike_addr_text(&sa.remote.addr, addr));
	ck_assert(ike_child_at(s.a.ike, sa.sa, 0, &child));
	snprintf(spi, sizeof(spi), "%08x", child.in.spi);
	has_not(text, spi);
	snprintf(spi, sizeof(spi), "%u", child.in.spi);
	has_not(text, spi);
	free(text);
	scene_close(&s);
}
END_TEST

/* The configuration takes no such name; if one came through, it would stay one
 * value of one label. */
START_TEST(label_values_are_escaped)
{
	struct ike_peers peers = { .count = 1 };
	struct scene s;
	char *text;

	scene_open(&s);
	peers.peer = calloc(1, sizeof(*peers.peer));
	ck_assert_ptr_nonnull(peers.peer);
	peers.peer[0] = peer_to(1, 3, "key");
	strcpy(peers.peer[0]->name, "a\"} 1\nb\\\x1b\xff");
	ck_assert(ike_set_peers(s.a.ike, at, &peers));
	ike_peers_clear(&peers);
	text = whole(&s);
	ck_assert_double_eq(
		value(text, "ipsecd_peer_up{peer=\"a\\\"} 1\\nb\\\\??\"}"), 0);
	free(text);
	scene_close(&s);
}
END_TEST

START_TEST(a_walk_does_not_go_on_in_other_peers)
{
	struct metrics_walk walk = { .begun = false };
	struct metrics_text piece;
	struct scene s;

	scene_open(&s);
	ck_assert_int_ne((int)metrics_next(&walk, &s.daemon, s.totals, &piece),
		METRICS_STALE);
	ck_assert(ike_set_peers(s.a.ike, at, &s.a.peers));
	ck_assert_int_eq((int)metrics_next(&walk, &s.daemon, s.totals, &piece),
		METRICS_STALE);
	scene_close(&s);
}
END_TEST

/* --- Over the control socket ---------------------------------------------- */

#define METRICS "{\"method\":\"metrics\"}\n"
#define STATUS  "{\"method\":\"status\",\"params\":{\"peer\":\"peer-7\"}}\n"

/* The text of all records; to be freed. */
static char *text_of(const char *answer)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	while (*answer) {
		json_t *record =
			json_loads(answer, JSON_DISABLE_EOF_CHECK, NULL);
		const char *part =
			json_string_value(json_object_get(record, "text"));

		if (part)
			fputs(part, out);
		json_decref(record);
		answer += strcspn(answer, "\n");
		answer += *answer ? 1 : 0;
	}
	fclose(out);
	return text;
}

/* Ten thousand peers: others are served all the while, and the whole is one
 * text. */
START_TEST(others_are_served_while_it_is_made)
{
	char why[OPENMETRICS_TEXT], some[8192], *text;
	struct fixture f;
	int scraper, other;
	double is;

	fixture_open(&f, 10000);
	scraper = fixture_client(&f);
	other = fixture_client(&f);
	fixture_send(scraper, METRICS, strlen(METRICS));
	/* The other is answered within three passes of the loop. */
	for (size_t i = 0; i < 40; i++) {
		fixture_send(other, STATUS, strlen(STATUS));
		for (int pass = 0; pass < 3; pass++)
			event_base_loop(
				f.daemon.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		ck_assert_int_gt(
			recv(other, some, sizeof(some), MSG_DONTWAIT), 0);
	}
	text = text_of(fixture_answer(&f, scraper));
	ck_assert_msg(!openmetrics_complaint(text, why), "%s", why);
	ck_assert(openmetrics_value(
		text, "ipsecd_peer_up{peer=\"peer-9999\"}", &is));
	ck_assert_double_eq(is, 0);
	free(text);
	close(scraper);
	close(other);
	fixture_close(&f);
}
END_TEST

SUITE(metrics)
{
	loop_test(what_is_no_openmetrics_is_seen, FORMS);
	test(what_has_happened_is_in_it);
	test(octets_are_there_by_child);
	test(counters_never_go_back);
	test(no_spi_and_no_address_is_in_it);
	test(label_values_are_escaped);
	test(a_walk_does_not_go_on_in_other_peers);
	test(others_are_served_while_it_is_made);
}
