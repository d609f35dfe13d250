/* ctl_facts.c - what ipsec-ctl doctor looks at: the configuration, and what it leads to.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/ctl_facts.h"

#include "config/config.h"
#include "config/credentials.h"
#include "daemon/ctl_client.h"
#include "daemon/ctl_user.h"
#include "daemon/report.h"
#include "daemon/sockaddr.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_S = 6 }; /* with names that have no answer */

/* Room for one more in an array of facts, or NULL: it is left off. */
#define ADD(FACTS, ARRAY, COUNT)                                               \
	((FACTS)->COUNT == sizeof((FACTS)->ARRAY) / sizeof((FACTS)->ARRAY[0])  \
			? ((FACTS)->left_off++, NULL)                          \
			: &(FACTS)->ARRAY[(FACTS)->COUNT++])

/* --- What children need ---------------------------------------------------------- */

static void add_suite(struct facts *facts, const struct transform *encr,
	const struct transform *integ)
{
	struct facts_suite *suite;

	for (size_t i = 0; i < facts->suite_count; i++) {
		if (facts->suites[i].encr == encr &&
			facts->suites[i].integ == integ)
			return;
	}
	suite = ADD(facts, suites, suite_count);
	if (suite)
		*suite = (struct facts_suite){ .encr = encr, .integ = integ };
}

static void add_proposal(
	struct facts *facts, const struct ike_proposal *proposal)
{
	for (uint8_t i = 0; i < proposal->count; i++) {
		const struct transform *encr = proposal->transforms[i];

		if (encr->type != TRANSFORM_ENCR)
			continue;
		if (encr->aead)
			add_suite(facts, encr, NULL);
		for (uint8_t j = 0; j < proposal->count && !encr->aead; j++) {
			if (proposal->transforms[j]->type == TRANSFORM_INTEG)
				add_suite(facts, encr, proposal->transforms[j]);
		}
	}
}

/* More than one address behind us: packets of others are passed on. */
static void add_networks(
	struct facts *facts, const struct ike_child_policy *child)
{
	for (uint8_t i = 0; i < child->local_ts_count; i++) {
		const struct ike_selector *ts = &child->local_ts[i];

		if (memcmp(ts->start, ts->end, ike_addr_len(ts->family)) == 0)
			continue;
		facts->network4 |= ts->family == 4;
		facts->network6 |= ts->family == 6;
	}
}

static void add_child(struct facts *facts, const struct ike_child_policy *child)
{
	if (ike_is_shunt(child->mode))
		return;
	for (uint8_t i = 0; i < child->esp.count; i++)
		add_proposal(facts, &child->esp.list[i]);
	if (child->mode == IKE_MODE_TUNNEL)
		add_networks(facts, child);
}

/* --- Where peers are ------------------------------------------------------------- */

/* The MTU of the way there: nothing is sent. */
static void look_for_route(
	struct facts_route *route, const struct ike_addr *addr)
{
	const bool v4 = addr->family == 4;
	struct sockaddr_storage there;
	const socklen_t there_len = sockaddr_of(addr, 500, &there);
	int fd = socket(there.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(route->mtu);

	if (fd < 0 ||
		connect(fd, (const struct sockaddr *)&there, there_len) < 0 ||
		getsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
			v4 ? IP_MTU : IPV6_MTU, &route->mtu, &len) < 0) {
		route->mtu = 0;
		snprintf(route->why, sizeof(route->why), "%s", strerror(errno));
	}
	if (fd >= 0)
		close(fd);
}

static void add_place(struct facts *facts, const struct ike_peer *peer,
	const struct ike_place *place, bool live)
{
	struct facts_route *route;
	struct facts_name *name;

	if (place->kind == IKE_PLACE_NAME &&
		(name = ADD(facts, names, name_count))) {
		snprintf(name->peer, sizeof(name->peer), "%s", peer->name);
		snprintf(name->name, sizeof(name->name), "%s", place->name);
	}
	if (place->kind != IKE_PLACE_RANGE)
		return;
	facts->v6 |= place->first.family == 6;
	if (!ike_addr_equal(&place->first, &place->last) || !live)
		return;
	route = ADD(facts, routes, route_count);
	if (!route)
		return;
	snprintf(route->peer, sizeof(route->peer), "%s", peer->name);
	ike_addr_text(&place->first, route->remote);
	look_for_route(route, &place->first);
}

/* --- Certificates ---------------------------------------------------------------- */

static void add_certificate(struct facts *facts, const struct ike_peer *peer,
	const struct certificate *certificate, bool ours)
{
	struct facts_certificate *fact =
		ADD(facts, certificates, certificate_count);
	char subject[X509_TEXT];

	if (!fact)
		return;
	*fact = (struct facts_certificate){ .ours = ours };
	snprintf(fact->peer, sizeof(fact->peer), "%s", peer->name);
	snprintf(fact->subject, sizeof(fact->subject), "%.255s",
		certificate_subject_text(certificate, subject));
	certificate_validity(certificate, &fact->not_before, &fact->not_after);
}

static void add_certificates(struct facts *facts, const struct ike_peer *peer)
{
	const struct certificate *certificate;

	facts->certificates_used |= peer->own || peer->trust;
	for (size_t i = 0; peer->own; i++) {
		certificate = credential_certificate(peer->own, i);
		if (!certificate)
			break;
		add_certificate(facts, peer, certificate, true);
	}
	for (size_t i = 0; peer->trust; i++) {
		certificate = trust_leaf_at(peer->trust, i);
		if (!certificate)
			break;
		add_certificate(facts, peer, certificate, false);
	}
}

/* --- The configuration ----------------------------------------------------------- */

static void add_peer(
	struct facts *facts, const struct ike_peer *peer, bool live)
{
	if (!peer->enabled)
		return;
	for (uint8_t i = 0; i < peer->remote.place_count; i++)
		add_place(facts, peer, &peer->remote.places[i], live);
	for (size_t i = 0; i < peer->child_count; i++)
		add_child(facts, &peer->children[i]);
	add_certificates(facts, peer);
}

static void read_config(struct facts *facts, const struct facts_from *from)
{
	const struct ctl *ctl = from->ctl;
	struct config_errors errors = { 0 };
	struct ctl_user user;
	struct config *config;

	ctl_path(ctl, ctl->config, CTL_CONFIG, facts->config,
		sizeof(facts->config));
	facts->config_there =
		access(facts->config, F_OK) == 0 || errno != ENOENT;
	ctl_user_begin_for(&user, ctl, facts->config);
	config =
		config_load_at(facts->config, ctl->root, facts->now_s, &errors);
	ctl_user_end(&user);
	facts->config_loaded = config != NULL;
	facts->errors = errors.errors;
	facts->left_out = errors.left_out;
	facts->warnings = errors.warnings;
	if (config) {
		facts->peers = config->peers.count;
		facts->port = config->daemon.port;
		facts->nat_port = config->daemon.nat_port;
	}
	for (size_t i = 0; config && i < config->peers.count; i++)
		add_peer(facts, config->peers.peer[i], from->live);
	config_errors_clear(&errors);
	config_free(config);
}

/* --- Secrets --------------------------------------------------------------------- */

static void look_at_file(struct facts *facts, const char *folder,
	const char *name, const struct stat *st, mode_t forbidden)
{
	struct facts_file *file;

	if (!(st->st_mode & forbidden) && credentials_may_own(st->st_uid))
		return;
	file = ADD(facts, files, file_count);
	if (!file)
		return;
	snprintf(file->path, sizeof(file->path), "%.250s%s%.250s", folder,
		*name ? "/" : "", name);
	file->mode = st->st_mode & 07777;
	file->owner = st->st_uid;
	file->folder = S_ISDIR(st->st_mode);
	file->foreign = !(st->st_mode & forbidden);
}

static void look_at_secrets(struct facts *facts, DIR *folder)
{
	struct dirent *entry;
	struct stat st;

	if (fstat(dirfd(folder), &st) == 0)
		look_at_file(facts, facts->secrets, "", &st, S_IWGRP | S_IWOTH);
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.' ||
			fstatat(dirfd(folder), entry->d_name, &st, 0) < 0 ||
			!S_ISREG(st.st_mode))
			continue;
		look_at_file(facts, facts->secrets, entry->d_name, &st,
			S_IWGRP | S_IXGRP | S_IRWXO);
	}
}

/* Beside the configuration, as config_load has it without a root. */
static void read_secrets(struct facts *facts, const struct ctl *ctl)
{
	const char *slash = strrchr(facts->config, '/');
	DIR *folder;

	if (ctl->root || !ctl->config)
		snprintf(facts->secrets, sizeof(facts->secrets),
			"%s/etc/ipsecd/secrets", ctl->root ? ctl->root : "");
	else
		snprintf(facts->secrets, sizeof(facts->secrets), "%.*ssecrets",
			slash ? (int)(slash - facts->config + 1) : 0,
			facts->config);
	folder = opendir(facts->secrets);
	if (!folder) {
		facts->secrets_read = errno == ENOENT ? FACT_NO : FACT_UNKNOWN;
		snprintf(facts->secrets_why, sizeof(facts->secrets_why), "%s",
			strerror(errno));
		return;
	}
	facts->secrets_read = FACT_YES;
	look_at_secrets(facts, folder);
	closedir(folder);
}

/* --- The daemon ------------------------------------------------------------------ */

static void look_for_daemon(struct facts *facts, const struct ctl *ctl)
{
	char path[FACTS_PATH], error[CLIENT_TEXT], hint[CLIENT_TEXT];
	struct client client;

	ctl_path(ctl, ctl->socket, CTL_SOCKET, path, sizeof(path));
	switch (client_open(&client, path, error, hint)) {
	case REPORT_OK:
		facts->running = FACT_YES;
		client_close(&client);
		return;
	case REPORT_UNREACHABLE:
		facts->running = FACT_NO;
		break;
	default:
		break;
	}
	snprintf(facts->running_why, sizeof(facts->running_why), "%.255s",
		error);
}

/* --- Packets --------------------------------------------------------------------- */

static bool wanted(
	const struct facts *facts, enum nft_hook hook, uint8_t family)
{
	if (hook == NFT_FORWARD || hook == NFT_NAT)
		return family == 4 ? facts->network4 : facts->network6;
	return family == 4 || facts->v6;
}

static void add_packet(
	struct facts *facts, const char *name, struct nft_packet packet)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct facts_packet *fact;

		if (!wanted(facts, packet.hook, family))
			continue;
		fact = ADD(facts, packets, packet_count);
		if (!fact)
			continue;
		packet.family = family;
		*fact = (struct facts_packet){ .name = name, .packet = packet };
	}
}

static void add_packets(struct facts *facts)
{
	const uint16_t port = facts->port, nat = facts->nat_port;
	const struct {
		const char *name;
		struct nft_packet packet;
	} packets[] = {
		// clang-format off
		{ "incoming IKE", { NFT_INPUT, 4, IPPROTO_UDP, 0, port, false, false } },
		{ "incoming ESP in UDP", { NFT_INPUT, 4, IPPROTO_UDP, 0, nat, false, false } },
		{ "incoming ESP", { NFT_INPUT, 4, IPPROTO_ESP, 0, 0, false, false } },
		{ "outgoing IKE", { NFT_OUTPUT, 4, IPPROTO_UDP, port, port, false, false } },
		{ "outgoing ESP in UDP", { NFT_OUTPUT, 4, IPPROTO_UDP, nat, nat, false, false } },
		{ "outgoing ESP", { NFT_OUTPUT, 4, IPPROTO_ESP, 0, 0, false, false } },
		{ "what comes out of tunnels", { NFT_FORWARD, 4, 0, 0, 0, true, false } },
		{ "what goes into tunnels", { NFT_FORWARD, 4, 0, 0, 0, false, true } },
		{ "what goes into tunnels", { NFT_NAT, 4, 0, 0, 0, false, true } },
		// clang-format on
	};

	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
		add_packet(facts, packets[i].name, packets[i].packet);
}

/* --- All ------------------------------------------------------------------------- */

struct facts *facts_gather(const struct facts_from *from)
{
	struct facts *facts = calloc(1, sizeof(*facts));

	if (!facts) {
		fputs("ipsec-ctl: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	facts->now_s = ctl_now(from->ctl);
	facts->root = geteuid() == 0;
	facts->port = 500;
	facts->nat_port = 4500;
	read_config(facts, from);
	/* Of no child: what every kernel with ESP should have (RFC 8221). */
	if (facts->suite_count == 0)
		add_suite(facts,
			transform_find(TRANSFORM_ENCR, ENCR_AES_GCM_16, 128),
			NULL);
	read_secrets(facts, from->ctl);
	facts_read_system(facts, from->system);
	add_packets(facts);
	if (from->nft)
		facts_ask_nft(facts, from->nft);
	if (from->live) {
		facts_look_up(facts, PATIENCE_S);
		look_for_daemon(facts, from->ctl);
		facts_try_suites(facts);
	}
	return facts;
}
