/* schema.c - every key of ipsecd.yaml(5) is there, and every row is proved.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"

#include "config/schema.h"
#include "tests/unit/config_folder.h"

/* How a value of each row is written, and one that is none.  NULL for what is
 * a map of keys. */
/* clang-format off */
static const struct {
	enum schema_scope scope;
	const char *key, *good, *bad;
	const char *says; /* of the bad one: the error / the hint */
} samples[] = {
	{ SCOPE_TOP, "daemon", NULL, "word",
		"'daemon' is a map of keys / KEY: VALUE, further in, on lines below" },
	{ SCOPE_TOP, "defaults", NULL, "word",
		"'defaults' is a map of keys / KEY: VALUE, further in, on lines below" },
	{ SCOPE_TOP, "peers", NULL, "word",
		"'peers' is a map of keys / KEY: VALUE, further in, on lines below" },
	{ SCOPE_TOP, "include", "[]", "{a: b}",
		"'include' is a list of files / such as [sites/*.yaml]" },
	{ SCOPE_TOP, "authorities", NULL, "word",
		"'authorities' is a map of keys / KEY: VALUE, further in, on lines below" },
	{ SCOPE_DAEMON, "listen", "[192.0.2.1]", "name",
		"'name' is no address / names do not go here" },
	{ SCOPE_DAEMON, "port", "501", "65536",
		"'port' is a number from 1 to 65535" },
	{ SCOPE_DAEMON, "nat_port", "4501", "0",
		"'nat_port' is a number from 1 to 65535" },
	{ SCOPE_DAEMON, "log", "info,ike=debug", "loud",
		"LEVEL or AREA=LEVEL is expected here / error, warning, info or debug" },
	{ SCOPE_DAEMON, "cookie_threshold", "0", "many",
		"'cookie_threshold' is a number from 0 to 1000000" },
	{ SCOPE_DAEMON, "half_open_limit", "1", "0",
		"'half_open_limit' is a number from 1 to 1000000" },
	{ SCOPE_DAEMON, "half_open_per_source", "1", "-1",
		"'half_open_per_source' is a number from 1 to 1000000" },
	{ SCOPE_DAEMON, "fragment_size", "300", "299",
		"'fragment_size' is a number from 300 to 65535" },
	{ SCOPE_DAEMON, "control", NULL, "word",
		"'control' is a map of keys / KEY: VALUE, further in, on lines below" },
	{ SCOPE_DAEMON, "metrics", "9466", "192.0.2.1:9466",
		"'metrics' only listens on loopback: 127.0.0.0/8 or ::1 / let a proxy with TLS and a password stand in front" },
	{ SCOPE_CONTROL, "group", "wheel", "a b",
		"'a b' is no name for 'group' / a group of this machine" },
	{ SCOPE_PEER, "enabled", "no", "maybe",
		"'enabled' is 'yes' or 'no', not 'maybe'" },
	{ SCOPE_PEER, "local", "192.0.2.1", "192.0.2",
		"'192.0.2' is no address and no name" },
	{ SCOPE_PEER, "remote", "192.0.2.2", "192.0.2",
		"'192.0.2' is no address and no name" },
	{ SCOPE_PEER, "local_id", "east", "any",
		"'any' is no identity / who we are is one name" },
	{ SCOPE_PEER, "remote_id", "any", "\"%any\"",
		"'%any' is no identity / any identity is 'any'" },
	{ SCOPE_PEER, "auth", "psk", "pks",
		"'pks' is nothing that 'auth' can be / did you mean 'psk'?" },
	{ SCOPE_PEER, "local_auth", "[psk]", "[]",
		"the list is empty / or leave the key out" },
	{ SCOPE_PEER, "remote_auth", "[psk, cert]", "eap-mschapv2",
		"'remote_auth: eap-mschapv2' is not supported yet by this version / for now: psk, cert, pubkey" },
	{ SCOPE_PEER, "revocation", "strict", "hard",
		"'hard' is nothing that 'revocation' can be / off, soft, strict" },
	{ SCOPE_PEER, "rsa_padding", "pkcs1", "oaep",
		"'oaep' is nothing that 'rsa_padding' can be / pss, pkcs1" },
	{ SCOPE_PEER, "secret", "office.psk", "[a]",
		"'secret' is a single value / a file, cred:NAME, or hex:.. base64:.. text:.." },
	{ SCOPE_PEER, "ike", "default", "defualt",
		"unknown algorithm 'defualt' / did you mean 'default'?" },
	{ SCOPE_PEER, "dpd_delay", "never", "0",
		"'dpd_delay' is from 1s to 24h / or never" },
	{ SCOPE_PEER, "dpd_action", "restart", "hold",
		"'hold' is nothing that 'dpd_action' can be / clear, on-demand, restart" },
	{ SCOPE_PEER, "close_action", "clear", "no",
		"'no' is nothing that 'close_action' can be / clear, on-demand, restart" },
	{ SCOPE_PEER, "rekey_time", "never", "9s",
		"'rekey_time' is from 10s to 720h / or never" },
	{ SCOPE_PEER, "reauth_time", "7d", "9s",
		"'reauth_time' is from 10s to 720h / or never" },
	{ SCOPE_CHILD, "rekey_time", "45m", "31d",
		"'rekey_time' is from 10s to 720h / or never" },
	{ SCOPE_CHILD, "inactivity", "10m", "9s",
		"'inactivity' is from 10s to 720h / or never" },
	{ SCOPE_CHILD, "rekey_bytes", "10GiB", "10GB",
		"'10GB' is no size / such as 10GiB or auto" },
	{ SCOPE_CHILD, "rekey_packets", "10", "9",
		"'rekey_packets' is a number from 10 to 1152921504606846976 / or auto" },
	{ SCOPE_PEER, "retransmit", NULL, "5",
		"'retransmit' is a map of keys / KEY: VALUE, further in, on lines below" },
	{ SCOPE_RETRANSMIT, "tries", "1", "0",
		"'tries' is a number from 1 to 20" },
	{ SCOPE_RETRANSMIT, "base", "100ms", "99ms",
		"'base' is from 100ms to 1m" },
	{ SCOPE_RETRANSMIT, "max", "1h", "2h",
		"'max' is from 100ms to 1h" },
	{ SCOPE_PEER, "keep_trying", "yes", "5",
		"'keep_trying' is 'yes' or 'no', not '5'" },
	{ SCOPE_PEER, "unique", "keep", "yes",
		"'yes' is nothing that 'unique' can be / replace, keep, no" },
	{ SCOPE_PEER, "childless", "no", "never",
		"'childless' is 'yes' or 'no', not 'never'" },
	{ SCOPE_PEER, "encap", "force", "yes",
		"'yes' is nothing that 'encap' can be / auto, force, no" },
	{ SCOPE_PEER, "mobike", "no", "always",
		"'mobike' is 'yes' or 'no', not 'always'" },
	{ SCOPE_PEER, "fragmentation", "no", "force",
		"'fragmentation' is 'yes' or 'no', not 'force'" },
	{ SCOPE_PEER, "allow_weak", "[sha1]", "[sha256]",
		"'sha256' is not weak / leave it out" },
	{ SCOPE_PEER, "children", NULL, "[a]",
		"'children' is a map of keys / KEY: VALUE, further in, on lines below" },
	{ SCOPE_SIDE, "address", "192.0.2.1", "",
		"a value is missing / or leave the key out" },
	{ SCOPE_SIDE, "port", "4500", "0",
		"'port' is a number from 1 to 65535" },
	{ SCOPE_SIDE, "id", "east", "dn:x",
		"'dn:x' is no identity / such as 'C=CH, O=Example, CN=vpn': C, ST, L, O, OU, CN, DC, E, UID .." },
	{ SCOPE_SIDE, "auth", "psk", "eap-tls",
		"'remote_auth: eap-tls' is not supported yet by this version / for now: psk, cert, pubkey" },
	{ SCOPE_SIDE, "secret", "office.psk", "",
		"'secret' is a single value / a file, cred:NAME, or hex:.. base64:.. text:.." },
	{ SCOPE_SIDE, "cert", "vpn.pem", "[vpn.pem]",
		"a single value is expected here / no list, and no map" },
	{ SCOPE_SIDE, "key", "vpn.key", "",
		"a value is missing / or leave the key out" },
	{ SCOPE_SIDE, "ca", "[root.pem, other]", "[]",
		"the list is empty / or leave the key out" },
	{ SCOPE_SIDE, "pubkey", "vpn.pub", "{a: b}",
		"a word or a list is expected here / a list is [one, two]" },
	{ SCOPE_AUTHORITY, "ca", "root.pem", "",
		"a value is missing / or leave the key out" },
	{ SCOPE_AUTHORITY, "crl", "[a.crl]", "{}",
		"a word or a list is expected here / a list is [one, two]" },
	{ SCOPE_AUTHORITY, "crl_uris", "'http://crl.example/a.crl'",
		"'https://crl.example/a.crl'",
		"'https://crl.example/a.crl' is no address that could be asked / http: what is fetched is signed itself" },
	{ SCOPE_AUTHORITY, "ocsp_uris", "['http://ocsp.example']", "ocsp.example",
		"'ocsp.example' is no address that could be asked / http://HOST/.., not longer than 511 characters" },
	{ SCOPE_CHILD, "mode", "transport", "bypass",
		"'bypass' is nothing that 'mode' can be / did you mean 'pass'?" },
	{ SCOPE_CHILD, "local_ts", "10.0.0.0/8", "10.0.0.1/8",
		"'10.0.0.1/8' has host bits set / did you mean '10.0.0.0/8'?" },
	{ SCOPE_CHILD, "remote_ts", "10.0.0.0/8", "10.0.0.1/8",
		"'10.0.0.1/8' has host bits set / did you mean '10.0.0.0/8'?" },
	{ SCOPE_CHILD, "esp", "aes128-sha256", "aes128",
		"'aes128': no integrity algorithm / such as sha256" },
	{ SCOPE_CHILD, "start", "now", "soon",
		"'soon' is nothing that 'start' can be / wait, now, on-demand" },
	{ SCOPE_CHILD, "replay_window", "4096", "4097",
		"'replay_window' is a number from 0 to 4096" },
	{ SCOPE_CHILD, "priority", "auto", "0",
		"'priority' is a number from 1 to 4294967295 / or auto" },
	{ SCOPE_PEER, "if_id", "42", "0",
		"'if_id' is a number from 1 to 4294967295" },
	{ SCOPE_CHILD, "if_id_in", "42", "one",
		"'if_id_in' is a number from 1 to 4294967295" },
	{ SCOPE_CHILD, "if_id_out", "4294967295", "4294967296",
		"'if_id_out' is a number from 1 to 4294967295" },
	{ SCOPE_CHILD, "mark_in", "0x10/0xff", "0x100/0xff",
		"'0x100/0xff' is no mark / such as 0x10/0xff: no bit that the mask has not" },
	{ SCOPE_CHILD, "mark_out", "7", "-1",
		"'-1' is no mark / such as 0x10/0xff: no bit that the mask has not" },
};
/* clang-format on */
enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static size_t sample_of(const struct schema_row *row)
{
	size_t i = 0;

	while (i < SAMPLES && (samples[i].scope != row->scope ||
				      strcmp(samples[i].key, row->key) != 0))
		i++;
	return i;
}

/* A whole configuration with this key in the right place. */
static void write_with(
	char out[1024], enum schema_scope scope, const char *key, const char *v)
{
	static const char *const shapes[SCHEMA_SCOPES] = {
		"%s: %s\n",
		"daemon:\n  %s: %s\n",
		"daemon:\n  control:\n    %s: %s\n",
		"peers:\n  office:\n    %s: %s\n",
		"peers:\n  office:\n    auth: psk\n    remote:\n      %s: %s\n",
		"peers:\n  office:\n    auth: psk\n    remote: a.example\n"
		"    retransmit:\n      %s: %s\n",
		"peers:\n  office:\n    auth: psk\n    remote: a.example\n"
		"    children:\n      c:\n        %s: %s\n",
		"authorities:\n  a:\n    %s: %s\n",
	};
	static const char ours[] = /* the one that `remote` has not */
		"peers:\n  office:\n    auth: psk\n    remote: a.example\n"
		"    local:\n      %s: %s\n";
	const bool own = scope == SCOPE_SIDE && strcmp(key, "key") == 0;
	const char *shape = own ? ours : shapes[scope];
	const char *first = strstr(shape, "%s");
	const char *second = strstr(first + 1, "%s");

	snprintf(out, 1024, "%.*s%s%.*s%s%s", (int)(first - shape), shape, key,
		(int)(second - first - 2), first + 2, v, second + 2);
	if (scope == SCOPE_PEER && strcmp(key, "auth") != 0)
		strcat(out, "    auth: psk\n");
	if (scope == SCOPE_PEER && strcmp(key, "remote") != 0)
		strcat(out, "    remote: a.example\n");
	if (scope == SCOPE_AUTHORITY && strcmp(key, "ca") != 0)
		strcat(out, "    ca: root.pem\n");
	if (scope == SCOPE_SIDE && !own && strcmp(key, "address") != 0)
		strcat(out, "      address: a.example\n");
}

static void says(const struct config_errors *errors, const char *expected)
{
	const struct config_error *e = errors->list;
	char said[512];

	while (e->severity != CONFIG_ERROR)
		e++;
	snprintf(said, sizeof(said), "%s%s%s", e->text, e->hint ? " / " : "",
		e->hint ? e->hint : "");
	ck_assert_str_eq(said, expected);
}

START_TEST(every_row_is_read_and_refused)
{
	struct folder f = folder_new();
	const struct schema_row *row;
	char text[1024];

	for (size_t i = 0; (row = schema_at(i)); i++) {
		size_t s = sample_of(row);

		if (row->kind == KIND_LATER)
			continue;
		ck_assert_msg(s < SAMPLES, "no sample for '%s'", row->key);
		write_with(text, row->scope, row->key,
			samples[s].good ? samples[s].good : "");
		if (strcmp(row->key, "children") != 0) {
			folder_load_text(&f, text);
			ck_assert_msg(
				f.config != NULL, "%s\n%s", text, f.shown);
		}
		write_with(text, row->scope, row->key, samples[s].bad);
		folder_load_text(&f, text);
		ck_assert_msg(!f.config && f.errors.errors == 1, "%s\n%s", text,
			f.shown);
		says(&f.errors, samples[s].says);
	}
	folder_remove(&f);
}
END_TEST

/* Over HTTP on loopback, and nowhere else. */
START_TEST(metrics_are_for_loopback)
{
	static const struct {
		const char *text;
		uint8_t family, first;
		uint16_t port; /* 0: off */
		const char *error;
	} values[] = {
		{ "9466", 4, 127, 9466, NULL },
		{ "127.9.8.7:1", 4, 127, 1, NULL },
		{ "'[::1]:65535'", 6, 0, 65535, NULL },
		{ "off", 0, 0, 0, NULL },
		{ "no", 0, 0, 0, NULL },
		{ "0", 0, 0, 0, "'0' is no port" },
		{ "65536", 0, 0, 0, "'65536' is no port" },
		{ "-1", 0, 0, 0, "'-1' is no port" },
		{ "yes", 0, 0, 0, "'yes' is no port" },
		{ "127.0.0.1", 0, 0, 0, "'127.0.0.1' is no port" },
		{ "'127.0.0.1:'", 0, 0, 0, "'127.0.0.1:' is no port" },
		{ "'::1:9466'", 0, 0, 0, "'::1:9466' is no port" },
		{ "'[::1]'", 0, 0, 0, "'[::1]' is no port" },
		{ "localhost:9466", 0, 0, 0, "'localhost:9466' is no port" },
		{ "0.0.0.0:9466", 0, 0, 0, "only listens on loopback" },
		{ "192.0.2.1:9466", 0, 0, 0, "only listens on loopback" },
		{ "'[::]:9466'", 0, 0, 0, "only listens on loopback" },
		{ "'[::ffff:127.0.0.1]:9466'", 0, 0, 0,
			"only listens on loopback" },
		{ "[9466]", 0, 0, 0, "" },
	};
	struct folder f = folder_new();
	char text[128];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct ike_endpoint *is;

		snprintf(text, sizeof(text), "daemon:\n  metrics: %s\n",
			values[i].text);
		folder_load_text(&f, text);
		if (values[i].error) {
			ck_assert_msg(
				!f.config && strstr(f.shown, values[i].error),
				"%s: %s", text, f.shown);
			continue;
		}
		ck_assert_msg(f.config != NULL, "%s: %s", text, f.shown);
		is = &f.config->daemon.metrics;
		ck_assert_uint_eq(is->port, values[i].port);
		ck_assert_uint_eq(is->addr.family, values[i].family);
		ck_assert_uint_eq(is->addr.octets[0], values[i].first);
	}
	folder_remove(&f);
}
END_TEST

START_TEST(later_is_said)
{
	struct folder f = folder_new();
	const struct schema_row *row;
	char text[1024], expected[128];

	for (size_t i = 0; (row = schema_at(i)); i++) {
		if (row->kind != KIND_LATER)
			continue;
		write_with(text, row->scope, row->key, "yes");
		folder_load_text(&f, text);
		snprintf(expected, sizeof(expected),
			"error: '%s' is not supported yet by this version\n",
			row->key);
		ck_assert_msg(!f.config && strstr(f.shown, expected), "%s\n%s",
			text, f.shown);
		ck_assert_uint_eq(f.errors.errors, 1);
	}
	folder_remove(&f);
}
END_TEST

/* Each key there is to be: it is there, for now or for later. */
START_TEST(every_key_of_the_interface_is_known)
{
	/* clang-format off */
	static const struct { enum schema_scope scope; const char *keys; } all[] = {
		{ SCOPE_TOP, "daemon defaults peers pools authorities users radius include" },
		{ SCOPE_DAEMON, "listen port nat_port log cookie_threshold half_open_limit half_open_per_source "
			"fragment_size control metrics workers" },
		{ SCOPE_CONTROL, "group" },
		{ SCOPE_PEER, "enabled local remote local_id remote_id local_auth remote_auth auth secret ike rekey_time "
			"reauth_time dpd_delay dpd_action close_action retransmit keep_trying unique mobike fragmentation "
			"childless encap pool request if_id interface revocation rsa_padding allow_weak children" },
		{ SCOPE_SIDE, "address port id auth cert key ca pubkey secret eap_id" },
		{ SCOPE_RETRANSMIT, "tries base max" },
		{ SCOPE_CHILD, "mode local_ts remote_ts esp start rekey_time rekey_bytes rekey_packets inactivity "
			"replay_window esn copy_dscp copy_df mark_in mark_out if_id_in if_id_out priority offload" },
		{ SCOPE_AUTHORITY, "ca crl crl_uris ocsp_uris" },
	};
	/* clang-format on */
	char keys[512], *rest, *key;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(keys, sizeof(keys), "%s", all[i].keys);
		for (key = strtok_r(keys, " ", &rest); key;
			key = strtok_r(NULL, " ", &rest))
			ck_assert_msg(schema_find(all[i].scope, key) != NULL,
				"%s", key);
	}
}
END_TEST

/* The defaults are those of ipsecd.yaml(5), and of ike_peer_new. */
START_TEST(defaults_are_the_core_s)
{
	struct ike_peer *expected = ike_peer_new();
	struct folder f = folder_new();
	const struct config_daemon *d;
	struct ike_peer *peer;

	folder_load_text(&f, "peers: {office: {auth: psk, remote: any}}\n");
	peer = folder_peer(&f, "office");
	ck_assert(peer->enabled && expected->enabled);
	ck_assert_uint_eq(peer->dpd_delay_ms, 30000);
	ck_assert_uint_eq(expected->dpd_delay_ms, 30000);
	ck_assert_uint_eq(peer->retransmit_tries, 5);
	ck_assert_uint_eq(expected->retransmit_tries, 5);
	ck_assert_uint_eq(peer->retransmit_base_ms, 2000);
	ck_assert_uint_eq(expected->retransmit_base_ms, 2000);
	ck_assert_uint_eq(peer->retransmit_max_ms, 60000);
	ck_assert_uint_eq(expected->retransmit_max_ms, 60000);
	ck_assert(!peer->keep_trying && !expected->keep_trying);
	ck_assert_int_eq(peer->unique, IKE_UNIQUE_REPLACE);
	ck_assert_int_eq(expected->unique, IKE_UNIQUE_REPLACE);
	ck_assert(peer->childless && expected->childless);
	ck_assert_int_eq(peer->encap, IKE_ENCAP_AUTO);
	ck_assert_int_eq(expected->encap, IKE_ENCAP_AUTO);
	ck_assert(peer->fragmentation && peer->mobike);
	ck_assert(expected->fragmentation);
	ck_assert_uint_eq(peer->child_count, 1);
	ck_assert_str_eq(peer->children[0].name, "office");
	ck_assert_int_eq(peer->children[0].mode, IKE_MODE_TUNNEL);
	ck_assert_int_eq(peer->children[0].start, IKE_START_WAIT);
	ck_assert_uint_eq(peer->children[0].replay_window, 128);
	ck_assert_uint_eq(peer->children[0].priority, 0);
	ck_assert_uint_eq(peer->children[0].local_ts[0].family, 0);
	ck_assert_uint_eq(peer->children[0].local_ts[0].end_port, 65535);
	d = &f.config->daemon;
	ck_assert_uint_eq(d->listen_count, 0);
	ck_assert_uint_eq(d->port, 500);
	ck_assert_uint_eq(d->nat_port, 4500);
	ck_assert_uint_eq(d->cookie_threshold, 30);
	ck_assert_uint_eq(d->half_open_limit, 1000);
	ck_assert_uint_eq(d->half_open_per_source, 5);
	ck_assert_uint_eq(d->fragment_size, 1280);
	ck_assert_str_eq(d->log, "info");
	ck_assert_str_eq(d->control_group, "ipsecd");
	ck_assert_uint_eq(d->metrics.port, 0);
	ike_peer_unref(expected);
	folder_remove(&f);
}
END_TEST

START_TEST(helps)
{
	const struct schema_row *row;
	char *text, *shown;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	config_help(out);
	fclose(out);
	for (size_t i = 0; (row = schema_at(i)); i++) {
		ck_assert_ptr_nonnull(strstr(text, row->key));
		ck_assert_ptr_nonnull(strstr(text, row->help));
	}
	free(text);
	out = open_memstream(&shown, &len);
	ck_assert(config_explain("dpd_delay", out));
	ck_assert(!config_explain("dpd_dealy", out));
	fclose(out);
	ck_assert_ptr_nonnull(strstr(shown, "silence before"));
	free(shown);
}
END_TEST

static char *keys_for_programs(void)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	config_help_keys(out);
	fclose(out);
	return text;
}

START_TEST(keys_for_programs_have_seven_columns)
{
	char *text = keys_for_programs(), *rest, *line;
	const struct schema_row *row;
	size_t i = 0;

	for (line = strtok_r(text, "\n", &rest); line;
		line = strtok_r(NULL, "\n", &rest)) {
		size_t tabs = 0;

		row = schema_at(i++);
		ck_assert_ptr_nonnull(row);
		for (const char *c = line; *c; c++)
			tabs += *c == '\t';
		ck_assert_uint_eq(tabs, 6);
		ck_assert_str_eq(strrchr(line, '\t') + 1, row->help);
		ck_assert_msg(*row->help != '\0', "%s", row->key);
	}
	ck_assert_ptr_null(schema_at(i));
	free(text);
}
END_TEST

START_TEST(keys_for_programs_say_values_and_effects)
{
	static const char *const expected[] = {
		"daemon\tport\tnumber\t500\t1 to 65535\t\tUDP port of IKE\n",
		"peer\tdpd_delay\tduration|never\t30s\t1s to 1d\tnothing\t",
		"peer\trekey_time\tduration|never\t24h\t10s to 30d\trekey\t",
		"peer\tauth\twords\t\tpsk | cert | pubkey\tpeer\t",
		"child\tmode\tword\ttunnel\ttunnel | transport | pass | drop"
		"\tchild\t",
		"child\trekey_bytes\tsize|auto\tauto\t64KiB to 1024PiB\t"
		"rekey\t",
		"retransmit\tbase\tduration\t2s\t100ms to 1m\tnothing\t",
		"side\tcert\tfile\t\t\t\t",
		"top\tpools\tnot yet\t\t\t\t",
	};
	char *text = keys_for_programs();

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		ck_assert_msg(strstr(text, expected[i]) != NULL, "%s in\n%s",
			expected[i], text);
	free(text);
}
END_TEST

SUITE(schema)
{
	test(keys_for_programs_have_seven_columns);
	test(keys_for_programs_say_values_and_effects);
	test(every_row_is_read_and_refused);
	test(metrics_are_for_loopback);
	test(later_is_said);
	test(every_key_of_the_interface_is_known);
	test(defaults_are_the_core_s);
	test(helps);
}
