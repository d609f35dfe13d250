/* changes.c - what a reload changes: each kind of key as it is written, and what becomes of peers and children.
 * SPDX-License-Identifier: ISC
 */
#include "config/changes.h"

#include "config/schema.h"
#include "config/schema_text.h"
#include "tests/suite.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/told.h"

/* Two configurations, and what is told of them. */
#define OFFICE "peers:\n  office:\n    auth: psk\n    remote: 192.0.2.1\n"
#define TWO                                                                    \
	OFFICE "    children: {a: {local_ts: 10.1.0.0/16}, "                   \
	       "b: {local_ts: 10.2.0.0/16}}\n"
#define KEY(TEXT) OFFICE "    " TEXT "\n"

static const struct row {
	const char *before, *after, *told;
} rows[] = {
	// clang-format off
	/* The same, in another spelling. */
	{ OFFICE, OFFICE, "" },
	{ OFFICE, "x-a: b\n" OFFICE, "" },
	{ KEY("dpd_delay: 60s"), KEY("dpd_delay: 1m"), "" },
	{ KEY("ike: default"), OFFICE, "" },
	{ OFFICE, "defaults: {auth: psk}\npeers: {office: {remote: {address: 192.0.2.1}}}\n", "" },
	{ TWO, OFFICE "    children: {b: {local_ts: 10.2.0.0/16}, a: {local_ts: 10.1.0.0/16}}\n", "" },

	/* At once. */
	{ KEY("dpd_delay: 90s"), KEY("dpd_delay: never"),
		"office nothing\n  dpd_delay: 1m30s -> never\n" },
	{ OFFICE, KEY("retransmit: {tries: 6, base: 1500ms}"),
		"office nothing\n  retransmit.tries: 5 -> 6\n  retransmit.base: 2s -> 1s500ms\n" },
	{ OFFICE, KEY("dpd_action: restart"),
		"office nothing\n  dpd_action:  -> restart\n  keep_trying: no -> yes\n" },
	{ KEY("mobike: no"), KEY("unique: keep"),
		"office nothing\n  unique: replace -> keep\n  mobike: no -> yes\n" },
	{ OFFICE, KEY("inactivity: 1h"),
		"office nothing\n  office.inactivity: never -> 1h\n  child office nothing\n" },

	{ OFFICE, KEY("start: on-demand"),
		"office nothing\n  keep_trying: no -> yes\n  office.start: wait -> on-demand\n  child office nothing\n" },

	/* At the next negotiation. */
	{ OFFICE, KEY("ike: aes128gcm16-prfsha256-x25519"),
		"office rekey\n  ike: default -> aes128gcm16-prfsha256-x25519\n" },
	{ KEY("ike: [default, aes128-sha256-modp2048]"), KEY("ike: [aes128-sha256-modp2048, aes256-sha256-ecp256]"),
		"office rekey\n  ike: [default, aes128-prfsha256-sha256-modp2048] -> "
		"[aes128-prfsha256-sha256-modp2048, aes256-prfsha256-sha256-ecp256]\n" },
	{ KEY("esp: aes256gcm16"), KEY("rekey_bytes: 1GiB"),
		"office rekey\n  office.esp: aes256gcm16-esn-noesn -> default\n"
		"  office.rekey_bytes: auto -> 1GiB\n  child office rekey\n" },
	{ OFFICE, KEY("rekey_time: 36h"), "office rekey\n  rekey_time: 1d -> 1d12h\n" },
	{ KEY("reauth_time: 10m"), OFFICE, "office rekey\n  reauth_time: 10m -> never\n" },
	{ KEY("rekey_packets: 1000"), OFFICE,
		"office rekey\n  office.rekey_packets: 1000 -> auto\n  child office rekey\n" },

	/* Children are rekeyed. */
	{ KEY("priority: 7"), KEY("replay_window: 64\n    esp: aes256gcm16"),
		"office rekey-now\n  office.esp: default -> aes256gcm16-esn-noesn\n  office.replay_window: 128 -> 64\n"
		"  office.priority: 7 -> auto\n  child office rekey-now\n" },

	{ KEY("local_ts: 10.1.0.0/16"), KEY("local_ts: [10.7.0.0/16, 10.1.0.0/16]\n    remote_ts: 10.2.0.0/16"),
		"office child\n  office.local_ts: 10.1.0.0/16 -> [10.7.0.0/16, 10.1.0.0/16]\n"
		"  office.remote_ts: dynamic -> 10.2.0.0/16\n  child office child\n" },
	{ TWO, OFFICE "    children: {a: {local_ts: [10.1.0.0/16, 10.7.0.0/16]}, b: {local_ts: 10.2.0.0/15, priority: 7}}\n",
		"office rekey-now\n  a.local_ts: 10.1.0.0/16 -> [10.1.0.0/16, 10.7.0.0/16]\n  child a rekey-now\n"
		"  b.local_ts: 10.2.0.0/16 -> 10.2.0.0/15\n  b.priority: auto -> 7\n  child b rekey-now\n" },

	/* Children. */
	{ OFFICE "    children: {a: {local_ts: [10.1.0.0/16, 10.7.0.0/16]}}\n", OFFICE "    children: {a: {local_ts: 10.1.0.0/16}}\n",
		"office child\n  a.local_ts: [10.1.0.0/16, 10.7.0.0/16] -> 10.1.0.0/16\n  child a child\n" },
	{ OFFICE "    children: {a: {local_ts: 10.1.0.0/16 tcp/80}}\n", OFFICE "    children: {a: {local_ts: 10.1.0.0/16 tcp}}\n",
		"office rekey-now\n  a.local_ts: 10.1.0.0/16 tcp/80 -> 10.1.0.0/16 tcp\n  child a rekey-now\n" },
	{ TWO, OFFICE "    children: {a: {local_ts: 10.1.0.0/16}, b: {local_ts: [10.2.0.0/17, 10.9.0.1 tcp/80]}}\n",
		"office child\n  b.local_ts: 10.2.0.0/16 -> [10.2.0.0/17, 10.9.0.1/32 tcp/80]\n  child b child\n" },
	{ TWO, OFFICE "    children: {a: {local_ts: 10.1.0.0/16, esp: aes256gcm16}, c: {local_ts: 10.2.0.0/16}}\n",
		"office child\n  a.esp: default -> aes256gcm16-esn-noesn\n  child a rekey\n  child c added\n  child b removed\n" },
	{ KEY("mark_in: 0x10/0xff"), KEY("mark_out: 7"),
		"office child\n  office.mark_in: 0x10/0xff -> \n  office.mark_out:  -> 0x7\n  child office child\n" },
	{ OFFICE, KEY("if_id: 42"),
		"office child\n  if_id:  -> 42\n  office.if_id_in:  -> 42\n  office.if_id_out:  -> 42\n  child office child\n" },
	/* The peer's if_id, where its children have their own. */
	{ KEY("if_id: 42\n    if_id_in: 1\n    if_id_out: 1"), KEY("if_id: 43\n    if_id_in: 1\n    if_id_out: 1"),
		"office nothing\n  if_id: 42 -> 43\n" },
	{ KEY("mode: transport"), KEY("priority: 7\n    replay_window: 64"),
		"office child\n  office.mode: transport -> tunnel\n  office.replay_window: 128 -> 64\n"
		"  office.priority: auto -> 7\n  child office child\n" },

	/* The peer. */
	{ OFFICE, "peers: {office: {auth: psk, remote: {address: [vpn.example, 10.0.0.0/30, 10.0.1.1-10.0.1.2], port: 501}}}\n",
		"office peer\n  remote: 192.0.2.1 -> [vpn.example, 10.0.0.0/30, 10.0.1.1-10.0.1.2]\n  remote.port:  -> 501\n" },
	{ OFFICE, "peers: {office: {auth: psk, remote: {address: 192.0.2.1, port: 501}}}\n",
		"office peer\n  remote.port:  -> 501\n" },
	{ OFFICE, KEY("local: 192.0.2.9"), "office peer\n  local: any -> 192.0.2.9\n" },
	{ KEY("local_id: a.example"), KEY("remote_id: '*.example'"),
		"office peer\n  local_id: a.example -> \n  remote_id: any -> *.example\n" },
	{ OFFICE, KEY("secret: other.psk\n    dpd_delay: 1h"), "office peer\n  secret: content\n  dpd_delay: 30s -> 1h\n" },
	{ OFFICE, KEY("secret: same.psk"), "" },
	{ OFFICE, KEY("secret: 'text:a shared key'"), "" },
	{ KEY("encap: force"), OFFICE, "office peer\n  encap: force -> auto\n" },
	{ OFFICE, KEY("enabled: no"), "office removed\n  enabled: yes -> no\n" },
	{ KEY("enabled: no"), OFFICE, "office added\n  enabled: no -> yes\n" },
	{ KEY("enabled: no"), KEY("enabled: no\n    dpd_delay: 1h"), "office nothing\n  dpd_delay: 30s -> 1h\n" },
	{ OFFICE, "peers: {lab: {auth: psk, secret: office.psk, remote: 192.0.2.2}}\n", "lab added\noffice removed\n" },
	{ OFFICE, OFFICE "  lab: {auth: psk, enabled: no, remote: 192.0.2.2}\n", "lab nothing\n" },

	/* The daemon. */
	{ OFFICE, "daemon: {log: 'info,ike=debug'}\n" OFFICE, "daemon nothing\n  log: info -> info,ike=debug\n" },
	{ "daemon: {log: debug, listen: [192.0.2.1, '::1'], control: {group: a}}\n" OFFICE, "daemon: {port: 501}\n" OFFICE,
		"daemon nothing\n  log: debug -> info\n"
		"daemon daemon\n  listen: [192.0.2.1, ::1] -> any\n  port: 500 -> 501\n  control.group: a -> ipsecd\n" },
	// clang-format on
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static struct folder before, after;

static void open_folders(void)
{
	before = folder_new();
	after = folder_new();
	for (int i = 0; i < 2; i++) {
		struct folder *f = i ? &after : &before;

		folder_file(f, "secrets/same.psk", "a shared key");
		folder_file(f, "secrets/other.psk", "another key");
	}
}

static void close_folders(void)
{
	folder_remove(&before);
	folder_remove(&after);
}

static void load(const char *was, const char *is)
{
	folder_load_text(&before, was);
	folder_load_text(&after, is);
	ck_assert_msg(before.config && after.config, "%s\n%s%s", was,
		before.shown, after.shown);
}

START_TEST(tells_what_changes)
{
	open_folders();
	load(rows[_i].before, rows[_i].after);
	ck_assert_str_eq(told(before.config, after.config), rows[_i].told);
	close_folders();
}
END_TEST

/* Whatever is told, the core is told the same by config_compare: it begins a
 * peer anew when, and only when, that is said. */
START_TEST(the_core_is_told_the_same)
{
	struct config_changes changes;

	open_folders();
	load(rows[_i].before, rows[_i].after);
	ck_assert(config_compare(before.config, after.config));
	ck_assert(config_changes_find(before.config, after.config, &changes));
	for (size_t i = 0; i < changes.count; i++) {
		const struct config_change *change = &changes.list[i];
		enum config_effect effect = config_change_tell(change, NULL);
		enum ike_change to_core = after.config->peers.change[0];

		if (!change->before || !change->after ||
			!change->before->enabled || !change->after->enabled)
			continue;
		ck_assert_ptr_eq(change->after, after.config->peers.peer[0]);
		ck_assert_int_eq(effect == CONFIG_EFFECT_PEER,
			to_core == IKE_CHANGE_PEER);
		ck_assert_int_le(effect, (enum config_effect)to_core);
	}
	config_changes_clear(&changes);
	close_folders();
}
END_TEST

START_TEST(a_peer_that_was_left_out_is_begun)
{
	const char *text;

	open_folders();
	load(KEY("secret: none.psk"), OFFICE);
	text = told(before.config, after.config);
	ck_assert_msg(strstr(text, "office peer\n  secret: content\n"
				   "  left_out: secret '") == text &&
			      strstr(text, "none.psk': No such"),
		"%s", text);
	close_folders();
}
END_TEST

START_TEST(a_long_value_ends_with_dots)
{
	const struct schema_row *row = schema_find(SCOPE_CHILD, "local_ts");
	char text[24];

	open_folders();
	load(OFFICE, KEY("local_ts: [10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16]"));
	schema_text(row, &after.config->peers.peer[0]->children[0], text,
		sizeof(text));
	ck_assert_str_eq(text, "[10.1.0.0/16, 10.2.0...");
	schema_text(row, &after.config->peers.peer[0]->children[0], text, 4);
	ck_assert_str_eq(text, "[..");
	close_folders();
}
END_TEST

/* Every default is written as the schema has it, or in the shortest form. */
START_TEST(defaults_are_written_as_in_the_schema)
{
	static const char *const other[][2] = { { "24h", "1d" },
		{ "60s", "1m" }, { "NAME.psk", "" } };
	const struct schema_row *row;

	open_folders();
	load(OFFICE, OFFICE);
	for (size_t i = 0; (row = schema_at(i)); i++) {
		const struct config *config = after.config;
		const struct ike_peer *peer = config->peers.peer[0];
		const char *expected = row->standard;
		char text[CONFIG_VALUE_SIZE];

		if (!row->standard || row->size == 0 ||
			row->scope == SCOPE_SIDE)
			continue;
		for (size_t j = 0; j < 3; j++) {
			if (strcmp(expected, other[j][0]) == 0)
				expected = other[j][1];
		}
		schema_text(row,
			row->scope == SCOPE_DAEMON ||
					row->scope == SCOPE_CONTROL
				? (const void *)&config->daemon
			: row->scope == SCOPE_CHILD
				? (const void *)&peer->children[0]
				: (const void *)peer,
			text, sizeof(text));
		ck_assert_msg(strcmp(text, expected) == 0, "%s: %s, not %s",
			row->key, text, expected);
	}
	close_folders();
}
END_TEST

SUITE(changes)
{
	loop_test(tells_what_changes, ROWS);
	loop_test(the_core_is_told_the_same, ROWS);
	test(a_peer_that_was_left_out_is_begun);
	test(a_long_value_ends_with_dots);
	test(defaults_are_written_as_in_the_schema);
}
