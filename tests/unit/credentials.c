/* credentials.c - shared keys from text, from files, from systemd.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"

#include "config/credentials.h"
#include "tests/unit/config_folder.h"

#include <limits.h>
#include <sodium.h>

static struct credentials_psk psk;
static char error[CREDENTIALS_TEXT], hint[CREDENTIALS_TEXT];

static enum credentials_result read_psk(
	const struct folder *f, const char *secret)
{
	char folder[128];

	snprintf(folder, sizeof(folder), "%s/secrets", f->path);
	return credentials_read_psk(secret, folder, &psk, error, hint);
}

static void is_key(const char *key, size_t len)
{
	ck_assert_str_eq(error, "");
	ck_assert_uint_eq(psk.len, len);
	ck_assert_mem_eq(psk.data, key, len);
}

static void reads(const char *secret, const char *key, size_t len)
{
	ck_assert_int_eq(
		credentials_read_psk(secret, "/nowhere", &psk, error, hint),
		CREDENTIALS_OK);
	is_key(key, len);
	ck_assert(psk.in_text);
}

START_TEST(reads_inline_keys)
{
	reads("text:a b: c", "a b: c", 6);
	reads("text:0x0102", "0x0102", 6);
	reads("hex:0001ff", "\x00\x01\xff", 3);
	reads("hex:00:01:FF", "\x00\x01\xff", 3);
	reads("base64:AAH/", "\x00\x01\xff", 3);
	reads("base64:AAE=", "\x00\x01", 2);
	reads("base64:AAE", "\x00\x01", 2);
}
END_TEST

#define NO_HEX    "not hexadecimal, or longer than 512 octets"
#define NO_BASE64 "not base64, or longer than 512 octets"
#define EMPTY     "the secret is empty"
#define HEX       "hex: and an even number of 0-9 and a-f"
#define TEXT      "text: takes any characters"
#define KEYGEN    "ipsec-ctl keygen psk -o FILE"
#define UNIT      "LoadCredential=NAME:FILE in the unit"

START_TEST(refuses_inline_keys)
{
	static const struct {
		const char *text, *error, *hint;
	} bad[] = {
		{ "text:", EMPTY, KEYGEN },
		{ "hex:", EMPTY, KEYGEN },
		{ "hex:0", NO_HEX, HEX },
		{ "hex:0g", NO_HEX, HEX },
		{ "hex:0x01", NO_HEX, HEX },
		{ "base64:", EMPTY, KEYGEN },
		{ "base64:A", NO_BASE64, TEXT },
		{ "base64:A*==", NO_BASE64, TEXT },
		{ "cred:", "'' is no name of a credential", UNIT },
		{ "cred:a/b", "'a/b' is no name of a credential", UNIT },
		{ "cred:../b", "'../b' is no name of a credential", UNIT },
	};
	char longer[8 + MAX_PSK_LEN] = "text:";

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(credentials_read_psk(bad[i].text, "/nowhere",
					 &psk, error, hint),
			CREDENTIALS_BAD_TEXT);
		ck_assert_str_eq(error, bad[i].error);
		ck_assert_str_eq(hint, bad[i].hint);
	}
	memset(longer + 5, 'x', MAX_PSK_LEN);
	reads(longer, longer + 5, MAX_PSK_LEN);
	longer[5 + MAX_PSK_LEN] = 'x';
	ck_assert_int_eq(
		credentials_read_psk(longer, "/nowhere", &psk, error, hint),
		CREDENTIALS_BAD_TEXT);
	ck_assert_str_eq(error, "the secret is longer than 512 octets");
}
END_TEST

/* RFC 7296 section 2.15: the octets of the key and no other, so what an editor
 * adds at the end is not part of it, and nothing else has a meaning. */
START_TEST(a_file_is_its_octets)
{
	/* clang-format off */
	static const struct { const char *text; size_t len, key; } files[] = {
		{ "abc", 3, 3 }, { "abc\n", 4, 3 }, { "abc\r\n", 5, 3 },
		{ "abc\n\n", 5, 4 }, { " abc ", 5, 5 }, { "0x616263\n", 9, 8 },
		{ "hex:6162", 8, 8 }, { "text:a", 6, 6 }, { "a\0b\n", 4, 3 },
		{ "\xff\xfe", 2, 2 },
	};
	/* clang-format on */
	struct folder f = folder_new();

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		folder_write(
			&f, "secrets/k", files[i].text, files[i].len, 0640);
		ck_assert_int_eq(read_psk(&f, "k"), CREDENTIALS_OK);
		is_key(files[i].text, files[i].key);
		ck_assert(!psk.in_text);
	}
	folder_remove(&f);
}
END_TEST

static void refused(const struct folder *f, const char *secret, const char *why)
{
	ck_assert_int_eq(read_psk(f, secret), CREDENTIALS_BAD_FILE);
	ck_assert_msg(strstr(error, why) != NULL, "%s", error);
	ck_assert_uint_eq(psk.len, 0);
}

START_TEST(refuses_files)
{
	char longest[MAX_PSK_LEN + 4], path[128];
	struct folder f = folder_new();

	refused(&f, "nothing", "No such file");
	ck_assert_ptr_nonnull(strstr(hint, "ipsec-ctl keygen psk -o "));
	folder_write(&f, "secrets/e", "", 0, 0600);
	refused(&f, "e", "is empty");
	folder_write(&f, "secrets/e", "\n", 1, 0600);
	refused(&f, "e", "is empty");
	folder_make(&f, "secrets/folder", 0700);
	refused(&f, "folder", "not a regular file");
	snprintf(path, sizeof(path), "%s/secrets/pipe", f.path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	refused(&f, "pipe", "not a regular file"); /* and does not wait */
	memset(longest, 'x', sizeof(longest));
	folder_write(&f, "secrets/l", longest, MAX_PSK_LEN, 0600);
	ck_assert_int_eq(read_psk(&f, "l"), CREDENTIALS_OK);
	memcpy(longest + MAX_PSK_LEN, "\r\n", 2);
	folder_write(&f, "secrets/l", longest, MAX_PSK_LEN + 2, 0600);
	ck_assert_int_eq(read_psk(&f, "l"), CREDENTIALS_OK);
	ck_assert_uint_eq(psk.len, MAX_PSK_LEN);
	memcpy(longest + MAX_PSK_LEN, "xxxx", 4);
	for (size_t len = MAX_PSK_LEN + 1; len <= MAX_PSK_LEN + 4; len++) {
		folder_write(&f, "secrets/l", longest, len, 0600);
		refused(&f, "l", "is longer than 512 octets");
	}
	folder_remove(&f);
}
END_TEST

START_TEST(n50_secret_that_others_can_read)
{
	struct folder f = folder_new();

	for (mode_t mode = 0; mode < 01000; mode++) {
		folder_write(&f, "secrets/k", "key", 3, mode | 0400);
		if (((mode | 0400) & 0037) == 0) {
			ck_assert_int_eq(read_psk(&f, "k"), CREDENTIALS_OK);
			continue;
		}
		refused(&f, "k", "others can ");
		ck_assert_ptr_nonnull(strstr(hint, "chmod 0640 "));
	}
	folder_make(&f, "open", 0777);
	folder_write(&f, "open/k", "key", 3, 0600);
	refused(&f, "../open/k", "can be written by others");
	folder_remove(&f);
}
END_TEST

/* Whoever owns it can read it, whatever its mode. */
START_TEST(n50_secret_of_another_user)
{
	struct folder f;
	char path[128], folder[128];

	if (geteuid() != 0)
		SKIP("not root");
	f = folder_new();
	snprintf(folder, sizeof(folder), "%s/secrets", f.path);
	snprintf(path, sizeof(path), "%s/secrets/k", f.path);
	folder_write(&f, "secrets/k", "key", 3, 0600);
	ck_assert_int_eq(chown(path, 1000, 0), 0);
	refused(&f, "k", "/secrets/k' belongs to another user (uid 1000)");
	ck_assert_ptr_nonnull(strstr(hint, "chown root /"));
	ck_assert_int_eq(chown(path, 999, 0), 0);
	ck_assert_int_eq(read_psk(&f, "k"), CREDENTIALS_OK);
	ck_assert_int_eq(chown(folder, 65534, 0), 0);
	refused(&f, "k", "/secrets' belongs to another user (uid 65534)");
	/* To who is not root also those of the system are others. */
	ck_assert_int_eq(chown(folder, 0, 0), 0);
	ck_assert_int_eq(chmod(f.path, 0755), 0);
	ck_assert_int_eq(chmod(folder, 0755), 0);
	ck_assert_int_eq(seteuid(65534), 0);
	refused(&f, "k", "another user (uid 999)");
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(chown(path, 65534, 0), 0);
	ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(read_psk(&f, "k"), CREDENTIALS_OK);
	ck_assert_int_eq(seteuid(0), 0);
	folder_remove(&f);
}
END_TEST

START_TEST(reads_credentials_of_systemd)
{
	struct folder f = folder_new();
	char folder[128], name[PATH_MAX + 6] = "cred:";

	unsetenv("CREDENTIALS_DIRECTORY");
	refused(&f, "cred:office", "systemd gave no credentials");
	snprintf(folder, sizeof(folder), "%s/peers.d", f.path);
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	folder_write(&f, "peers.d/office", "from systemd\n", 13, 0400);
	ck_assert_int_eq(read_psk(&f, "cred:office"), CREDENTIALS_OK);
	is_key("from systemd", 12);
	refused(&f, "cred:other", "No such file");
	memset(name + 5, 'x', PATH_MAX);
	ck_assert_int_eq(read_psk(&f, name), CREDENTIALS_BAD_TEXT);
	ck_assert_str_eq(error, "the name of the credential is too long");
	unsetenv("CREDENTIALS_DIRECTORY");
	folder_remove(&f);
}
END_TEST

START_TEST(makes_new_keys)
{
	char one[CREDENTIALS_NEW_PSK], two[CREDENTIALS_NEW_PSK], path[128];
	struct folder f = folder_new();
	uint8_t key[64];
	struct stat st;
	size_t len;

	credentials_new_psk(one);
	credentials_new_psk(two);
	ck_assert_uint_eq(strlen(one), 44);
	ck_assert_str_ne(one, two);
	ck_assert_int_eq(sodium_base642bin(key, sizeof(key), one, 44, NULL,
				 &len, NULL, sodium_base64_VARIANT_ORIGINAL),
		0);
	ck_assert_uint_eq(len, 32);
	snprintf(path, sizeof(path), "%s/secrets/new.psk", f.path);
	ck_assert_msg(credentials_write_new_psk(path, error), "%s", error);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(read_psk(&f, "new.psk"), CREDENTIALS_OK);
	ck_assert_uint_eq(psk.len, 44);
	ck_assert(!credentials_write_new_psk(path, error));
	ck_assert_ptr_nonnull(strstr(error, "File exists"));
	folder_remove(&f);
}
END_TEST

/* Root makes a key for a daemon that is not root. */
START_TEST(new_keys_are_for_the_group_of_the_folder)
{
	char path[128], folder[128];
	struct folder f;
	struct stat st;

	if (geteuid() != 0)
		SKIP("not root");
	f = folder_new();
	snprintf(folder, sizeof(folder), "%s/secrets", f.path);
	snprintf(path, sizeof(path), "%s/secrets/new.psk", f.path);
	ck_assert_int_eq(chown(folder, 0, 65534), 0);
	ck_assert_int_eq(chmod(folder, 0750), 0);
	ck_assert_msg(credentials_write_new_psk(path, error), "%s", error);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert_uint_eq(st.st_gid, 65534);
	ck_assert_int_eq(read_psk(&f, "new.psk"), CREDENTIALS_OK);
	folder_remove(&f);
}
END_TEST

SUITE(credentials)
{
	test(reads_inline_keys);
	test(refuses_inline_keys);
	test(a_file_is_its_octets);
	test(refuses_files);
	test(n50_secret_that_others_can_read);
	test(n50_secret_of_another_user);
	test(reads_credentials_of_systemd);
	test(makes_new_keys);
	test(new_keys_are_for_the_group_of_the_folder);
}
