/* secrets_configured.c - a shared key is in memory while it is configured, and then no more.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/heap.h"

static const char two_peers[] =
	"peers:\n"
	"  office:\n    remote: 192.0.2.1\n    auth: psk\n"
	"  other:\n    remote: 192.0.2.2\n    auth: psk\n"
	"    local_ts: 10.1.0.0/16\n    remote_ts: 10.2.0.0/16\n";
static const char one_peer[] =
	"peers:\n"
	"  other:\n    remote: 192.0.2.2\n    auth: psk\n"
	"    local_ts: 10.1.0.0/16\n    remote_ts: 10.2.0.0/16\n";

/* A shared key is there while it is configured, and then no more: of the file,
 * its text, its octets. */
START_TEST(a_shared_key_goes_with_its_peer)
{
	static const char *const texts[] = { "of one office and no other\n",
		"hex:6f66206f6e65206f666669636520616e64206e6f206f74686572\n",
		"base64:b2Ygb25lIG9mZmljZSBhbmQgbm8gb3RoZXI=\n" };
	struct folder f = folder_new();
	const char *what;

	folder_file(&f, "secrets/office.psk", texts[_i]);
	folder_file(&f, "secrets/other.psk", "another\n");
	heap_watch();
	heap_secret("the shared key", "of one office and no other", 26);
	heap_secret("its text", texts[_i], strlen(texts[_i]) - 1);
	folder_load_text(&f, two_peers);
	ck_assert_msg(f.config != NULL, "%s", f.shown);
	ck_assert_str_eq(folder_peer(&f, "office")->error, "");
	ck_assert_ptr_nonnull(heap_holds());
	ck_assert_ptr_null(heap_leaked());
	folder_load_text(&f, one_peer);
	ck_assert_msg(f.config != NULL, "%s", f.shown);
	ck_assert_ptr_null(heap_leaked());
	what = heap_holds();
	ck_assert_msg(!what, "there is still %s", what);
	heap_unwatch();
	folder_remove(&f);
}
END_TEST

SUITE(secrets_configured)
{
	tcase_add_checked_fixture(tcase, NULL, heap_unwatch);
	loop_test(a_shared_key_goes_with_its_peer, 3);
}
