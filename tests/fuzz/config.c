/* config.c - fuzz target: a configuration file, loaded, shown and compared.
 * SPDX-License-Identifier: ISC
 */
#include "config/config.h"

#include "config/schema.h"
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

/* --- What holds for every configuration that is taken ---------------------- */

static void check_proposals(const struct ike_proposals *p, bool ike)
{
	HOLDS(p->count > 0 && p->count <= MAX_OWN_PROPOSALS);
	for (size_t i = 0; i < p->count; i++) {
		bool has[TRANSFORM_TYPES] = { false };

		HOLDS(p->list[i].count <= MAX_OWN_TRANSFORMS);
		for (size_t j = 0; j < p->list[i].count; j++)
			has[p->list[i].transforms[j]->type] = true;
		HOLDS(has[TRANSFORM_ENCR]);
		HOLDS(has[TRANSFORM_INTEG] != p->list[i].transforms[0]->aead);
		HOLDS(has[TRANSFORM_PRF] == ike && has[TRANSFORM_ESN] != ike);
		HOLDS(has[TRANSFORM_KE] || !ike);
	}
}

static void check_selectors(const struct ike_selector *list, size_t count)
{
	char text[IKE_SELECTOR_SIZE];

	HOLDS(count > 0 && count <= MAX_SELECTORS);
	for (size_t i = 0; i < count; i++) {
		HOLDS(memcmp(list[i].start, list[i].end, 16) <= 0);
		HOLDS(list[i].start_port <= list[i].end_port);
		HOLDS(strlen(ike_selector_text(&list[i], text)) <
			IKE_SELECTOR_SIZE - 1);
	}
}

/* A peer that is not left out has all that it needs. */
static void check_proofs(const struct ike_peer *peer)
{
	const uint8_t local = peer->local.auth, remote = peer->remote.auth;

	HOLDS(local == IKE_AUTH_PSK || local == IKE_AUTH_CERT ||
		local == IKE_AUTH_PUBKEY);
	HOLDS(remote != 0);
	HOLDS(peer->psk_len == 0 || ((local | remote) & IKE_AUTH_PSK));
	if (!peer->enabled || *peer->error || ike_peer_only_shunts(peer))
		return;
	HOLDS(!((local | remote) & IKE_AUTH_PSK) || peer->psk_len > 0);
	HOLDS((peer->own != NULL) == (local != IKE_AUTH_PSK));
	HOLDS((peer->trust != NULL) == ((remote & IKE_AUTH_SIGNATURE) != 0));
}

static void check_peer(const struct ike_peer *peer)
{
	HOLDS(strlen(peer->name) > 0 && strlen(peer->name) < MAX_NAME);
	HOLDS(peer->psk_len <= MAX_PSK_LEN);
	check_proofs(peer);
	HOLDS(peer->retransmit_tries > 0);
	HOLDS(peer->retransmit_base_ms <= peer->retransmit_max_ms);
	HOLDS(peer->remote.place_count <= MAX_PLACES);
	HOLDS(peer->child_count > 0 && peer->child_count <= MAX_CHILDREN);
	check_proposals(&peer->ike, true);
	for (size_t i = 0; i < peer->child_count; i++) {
		const struct ike_child_policy *child = &peer->children[i];

		HOLDS(*child->name != '\0');
		check_proposals(&child->esp, false);
		check_selectors(child->local_ts, child->local_ts_count);
		check_selectors(child->remote_ts, child->remote_ts_count);
	}
}

/* --- What holds for every error ---------------------------------------------- */

static void check_errors(const struct config_errors *errors)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	HOLDS(out != NULL);
	config_errors_print(errors, out);
	fclose(out);
	for (size_t i = 0; i < len; i++) {
		HOLDS((unsigned char)text[i] >= ' ' || text[i] == '\n');
		HOLDS(text[i] != '\xc2' || (unsigned char)text[i + 1] >= 0xa0);
	}
	HOLDS(len == 0 || text[len - 1] == '\n');
	HOLDS(errors->count + errors->left_off ==
		errors->errors + errors->left_out + errors->warnings);
	free(text);
}

/* --- Twice from a file in memory ------------------------------------------------ */

static struct config *load(const char *file)
{
	struct config_errors errors = { 0 };
	struct config *config = config_load(file, "/nonexistent", &errors);

	HOLDS((config == NULL) == (errors.errors > 0));
	check_errors(&errors);
	config_errors_clear(&errors);
	return config;
}

static void load_twice(const char *file)
{
	struct config *one = load(file), *two = load(file);

	HOLDS((one == NULL) == (two == NULL));
	if (one) {
		HOLDS(config_compare(one, two));
		HOLDS(one->peers.count == two->peers.count);
		for (size_t i = 0; i < one->peers.count; i++) {
			check_peer(one->peers.peer[i]);
			HOLDS(two->peers.change[i] == IKE_CHANGE_NOTHING);
		}
	}
	config_free(one);
	config_free(two);
}

/* No files of this machine but the input itself. */
static bool names_files(const uint8_t *data, size_t size)
{
	return memmem(data, size, "include", 7) || memmem(data, size, "\\", 1);
}

void fuzz_config(const uint8_t *data, size_t size)
{
	struct config_errors errors = { 0 };
	struct source source;
	char file[64];
	int fd;

	if (source_of_text("f", bytes_of(data, size), &source, &errors))
		node_free(node_parse(&source, &errors));
	check_errors(&errors);
	source_clear(&source);
	config_errors_clear(&errors);
	if (names_files(data, size))
		return;
	fd = memfd_create("config", MFD_CLOEXEC);
	HOLDS(fd >= 0);
	HOLDS(write(fd, data, size) == (ssize_t)size);
	snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	load_twice(file);
	close(fd);
}
