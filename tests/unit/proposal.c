/* proposal.c - proposal strings and presets.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"

#include "config/proposal.h"

#include <stdio.h>
#include <stdlib.h>

#define GROUPS " x25519 ecp256 ecp384 modp3072 modp2048 modp4096"
#define AEADS  "aes256gcm16 aes128gcm16 chacha20poly1305"
#define CBCS   "aes256 aes128"
#define INTEGS " sha256 sha384 sha512"

/* The names of all transforms, a ';' after each proposal. */
static void spell(const struct ike_proposals *p, char out[1024])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < p->count; i++) {
		for (size_t j = 0; j < p->list[i].count; j++)
			len += (size_t)snprintf(out + len, 1024 - len, "%s%s",
				j ? " " : "", p->list[i].transforms[j]->name);
		len += (size_t)snprintf(out + len, 1024 - len, ";");
	}
}

/* The value is written as YAML; weak may be NULL. */
static bool parse(const char *yaml, uint8_t protocol, const char *weak,
	char out[1024], char error[1024])
{
	struct config_errors errors = { 0 };
	struct ike_proposals proposals;
	struct source source;
	struct node *root;
	char text[512];
	bool ok;

	snprintf(
		text, sizeof(text), "p: %s\nw: %s\n", yaml, weak ? weak : "[]");
	ck_assert(source_of_text(
		"f", bytes_of(text, strlen(text)), &source, &errors));
	root = node_parse(&source, &errors);
	ck_assert_ptr_nonnull(root);
	ok = proposal_parse(node_get(root, "p"), protocol, node_get(root, "w"),
		&proposals, &errors);
	ck_assert(ok == (errors.errors == 0));
	if (ok)
		spell(&proposals, out);
	error[0] = '\0';
	for (size_t i = 0; i < errors.count; i++) {
		const struct config_error *e = &errors.list[i];
		size_t len = strlen(error);

		snprintf(error + len, 1024 - len, "%u+%u %s%s%s;", e->column,
			e->width, e->text, e->hint ? " / " : "",
			e->hint ? e->hint : "");
	}
	config_errors_clear(&errors);
	node_free(root);
	source_clear(&source);
	return ok;
}

/* clang-format off */
static const struct {
	uint8_t protocol;
	const char *text, *weak, *proposals;
} taken[] = {
	{ PROTOCOL_IKE, "default", NULL,
		AEADS " prfsha384 prfsha256 prfsha512" GROUPS ";"
		CBCS " prfsha256 prfsha384 prfsha512" INTEGS GROUPS ";" },
	{ PROTOCOL_ESP, "default", NULL,
		AEADS GROUPS " esn noesn;" AEADS " esn noesn;"
		CBCS INTEGS GROUPS " esn noesn;" CBCS INTEGS " esn noesn;" },
	{ PROTOCOL_IKE, "aes256gcm16-prfsha384-x25519", NULL, "aes256gcm16 prfsha384 x25519;" },
	{ PROTOCOL_IKE, "aes128-sha256-modp2048", NULL, "aes128 prfsha256 sha256 modp2048;" },
	{ PROTOCOL_IKE, "chacha20poly1305-prfsha256-curve25519", NULL, "chacha20poly1305 prfsha256 x25519;" },
	{ PROTOCOL_IKE, "aes128-sha384-prfsha512-nistp256", NULL, "aes128 prfsha512 sha384 ecp256;" },
	{ PROTOCOL_IKE, "ecp256-sha384-aes256-sha256-modp2048-aes128", NULL,
		"aes256 aes128 prfsha384 prfsha256 sha384 sha256 ecp256 modp2048;" },
	{ PROTOCOL_IKE, "[aes128-sha256-ecp256, default]", NULL,
		"aes128 prfsha256 sha256 ecp256;"
		AEADS " prfsha384 prfsha256 prfsha512" GROUPS ";"
		CBCS " prfsha256 prfsha384 prfsha512" INTEGS GROUPS ";" },
	{ PROTOCOL_IKE, "aes128-sha1-modp2048", "[sha1]", "aes128 prfsha1 sha1 modp2048;" },
	{ PROTOCOL_IKE, "aes128gcm16-prfsha1-modp2048", "sha1", "aes128gcm16 prfsha1 modp2048;" },
	{ PROTOCOL_IKE, "aes128gcm16-prfsha1-modp2048", "[prfsha1]", "aes128gcm16 prfsha1 modp2048;" },
	{ PROTOCOL_ESP, "aes256gcm16", NULL, "aes256gcm16 esn noesn;" },
	{ PROTOCOL_ESP, "aes256gcm16-noesn", NULL, "aes256gcm16 noesn;" },
	{ PROTOCOL_ESP, "aes128-sha256-esn", NULL, "aes128 sha256 esn;" },
	{ PROTOCOL_ESP, "aes256gcm16-x25519", NULL, "aes256gcm16 x25519 esn noesn;" },
	{ PROTOCOL_ESP, "aes256gcm16-x25519-none", NULL, "aes256gcm16 x25519 esn noesn;aes256gcm16 esn noesn;" },
	{ PROTOCOL_ESP, "aes256gcm16-none-noesn", NULL, "aes256gcm16 noesn;" },
	{ PROTOCOL_ESP, "aes128-sha1", "[sha1]", "aes128 sha1 esn noesn;" },
};

static const struct {
	uint8_t protocol;
	const char *text, *weak, *errors;
} refused[] = {
	{ PROTOCOL_IKE, "aes265gcm16-prfsha256-x25519", NULL,
		"4+11 unknown algorithm 'aes265gcm16' / did you mean 'aes256gcm16'?;" },
	{ PROTOCOL_IKE, "aes128-sha256-mdp2048", NULL, "18+7 unknown algorithm 'mdp2048' / did you mean 'modp2048'?;" },
	{ PROTOCOL_IKE, "aes128-quux-modp2048", NULL, "11+4 unknown algorithm 'quux' / ipsec-ctl list algorithms;" },
	{ PROTOCOL_IKE, "defualt", NULL, "4+7 unknown algorithm 'defualt' / did you mean 'default'?;" },
	{ PROTOCOL_ESP, "aes128-defualt", NULL, "11+7 unknown algorithm 'defualt' / ipsec-ctl list algorithms;" },
	{ PROTOCOL_IKE, "3des-md5-modp1024", NULL,
		"4+4 '3des' is not supported by this version / leave it out;9+3 'md5' is not supported by this version / leave it out;"
		"13+8 'modp1024' is not supported by this version / leave it out;" },
	{ PROTOCOL_IKE, "aes128-sha256-x25519-ke1_mlkem768", NULL,
		"25+12 'ke1_mlkem768' is not supported by this version / leave it out;" },
	{ PROTOCOL_IKE, "aes128-sha1-modp2048", NULL, "11+4 'sha1' is weak / to take it: allow_weak: [sha1];" },
	{ PROTOCOL_IKE, "aes128gcm16-prfsha1-x25519", NULL, "16+7 'prfsha1' is weak / to take it: allow_weak: [sha1];" },
	{ PROTOCOL_IKE, "aes256gcm16-x25519", NULL, "4+18 'aes256gcm16-x25519': no PRF / such as prfsha256;" },
	{ PROTOCOL_IKE, "aes256gcm16-sha256-x25519", NULL,
		"4+25 'aes256gcm16-sha256-x25519': the cipher has its integrity built in, and needs a PRF / did you mean 'prfsha256'?;" },
	{ PROTOCOL_ESP, "aes256gcm16-sha256", NULL,
		"4+18 'aes256gcm16-sha256': the cipher has its integrity built in / leave out 'sha256';" },
	{ PROTOCOL_IKE, "aes128-aes128gcm16-sha256-prfsha256-x25519", NULL,
		"4+42 'aes128-aes128gcm16-sha256-prfsha256-x25519': a cipher with built-in integrity beside one without / make it two proposals;" },
	{ PROTOCOL_IKE, "aes128-modp2048", NULL, "4+15 'aes128-modp2048': no integrity algorithm / such as sha256;" },
	{ PROTOCOL_IKE, "aes128-sha256", NULL, "4+13 'aes128-sha256': no key exchange / such as x25519;" },
	{ PROTOCOL_IKE, "sha256-x25519", NULL, "4+13 'sha256-x25519': no cipher / such as aes256gcm16;" },
	{ PROTOCOL_IKE, "aes128-sha256-none", NULL, "18+4 an IKE SA always has a key exchange / such as x25519;" },
	{ PROTOCOL_IKE, "aes128-sha256-x25519-esn", NULL, "25+3 'esn' belongs into esp / leave it out;" },
	{ PROTOCOL_ESP, "aes128gcm16-prfsha256", NULL, "16+9 'prfsha256' belongs into ike: esp has no PRF / leave it out;" },
	{ PROTOCOL_ESP, "aes128-sha256-aes128", NULL, "18+6 'aes128' stands there twice / leave one of them out;" },
	{ PROTOCOL_ESP, "aes128--sha256", NULL, "11+1 an algorithm is expected here / such as aes256gcm16-prfsha256-x25519;" },
	{ PROTOCOL_ESP, "aes128-sha256-", NULL, "18+1 an algorithm is expected here / such as aes256gcm16-prfsha256-x25519;" },
	{ PROTOCOL_ESP, "aes128-sha256!", NULL, "4+14 'aes128-sha256!': one proposal is words joined by '-' / a list is [one, two];" },
	{ PROTOCOL_ESP, "windows", NULL, "4+7 preset 'windows' is not supported yet by this version / for now: default;" },
	{ PROTOCOL_ESP, "[]", NULL, "4+1 the list is empty / or leave the key out;" },
	{ PROTOCOL_ESP, "", NULL, "1+1 a value is missing / or leave the key out;" },
	{ PROTOCOL_ESP, "{a: b}", NULL, "4+1 a word or a list is expected here / a list is [one, two];" },
	{ PROTOCOL_ESP, "[[a]]", NULL, "5+1 a word is expected here / a list is [one, two];" },
	{ PROTOCOL_ESP, "[default, default, default]", NULL,
		"23+7 more than 8 proposals ('none' makes one more) / one may name several of a kind: aes256-aes128-..;" },
};
/* clang-format on */

START_TEST(takes)
{
	char out[1024] = "", error[1024];

	parse(taken[_i].text, taken[_i].protocol, taken[_i].weak, out, error);
	ck_assert_str_eq(error, "");
	ck_assert_str_eq(out, taken[_i].proposals);
}
END_TEST

START_TEST(refuses)
{
	char out[1024], error[1024];

	parse(refused[_i].text, refused[_i].protocol, refused[_i].weak, out,
		error);
	ck_assert_str_eq(error, refused[_i].errors);
}
END_TEST

/* A proposal string with this transform in it. */
static const char *string_with(const struct transform *row, char out[128])
{
	const char *format = "%s";

	switch ((enum transform_type)row->type) {
	case TRANSFORM_ENCR:
		format = row->aead ? "%s-prfsha256-x25519" : "%s-sha256-x25519";
		break;
	case TRANSFORM_PRF:
		format = "aes128gcm16-%s-x25519";
		break;
	case TRANSFORM_INTEG:
		format = "aes128-%s-x25519";
		break;
	case TRANSFORM_KE:
		format = "aes128-sha256-%s";
		break;
	case TRANSFORM_ESN:
		format = "aes128-sha256-%s";
		break;
	case TRANSFORM_TYPES:
		break;
	}
	snprintf(out, 128, "%.*s%s%s", (int)(strchr(format, '%') - format),
		format, row->name, strchr(format, '%') + 2);
	return out;
}

/* Whatever stands in the table of transforms can be written. */
START_TEST(names_every_transform)
{
	const struct transform *row;
	char text[128], out[1024], error[1024];

	for (size_t i = 0; (row = transform_at(i)); i++) {
		bool esn = row->type == TRANSFORM_ESN;

		string_with(row, text);
		ck_assert_msg(parse(text, esn ? PROTOCOL_ESP : PROTOCOL_IKE,
				      "[sha1]", out, error),
			"%s: %s", text, error);
		ck_assert_msg(strstr(out, row->name) != NULL, "%s", row->name);
	}
}
END_TEST

START_TEST(no_preset_is_weak)
{
	char out[1024], error[1024];

	ck_assert(parse("default", PROTOCOL_IKE, NULL, out, error));
	ck_assert_ptr_null(strstr(out, "sha1"));
	ck_assert(parse("default", PROTOCOL_ESP, NULL, out, error));
	ck_assert_ptr_null(strstr(out, "sha1"));
}
END_TEST

SUITE(proposal)
{
	loop_test(takes, sizeof(taken) / sizeof(taken[0]));
	loop_test(refuses, sizeof(refused) / sizeof(refused[0]));
	test(names_every_transform);
	test(no_preset_is_weak);
}
