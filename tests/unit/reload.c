/* reload.c - random pairs of configurations: what is told of a reload is what the core does, and no more.
 * SPDX-License-Identifier: ISC
 *
 * Host a, at 192.0.2.1, has some of six peers, at 192.0.2.11 and on, all of which
 * are host b.  Both are cores in virtual time with configurations that were
 * loaded from files.  When all is up, a gets another configuration.
 */
#include "config/changes.h"
#include "ikev2/ikev2.h"
#include "tests/suite.h"
#include "tests/unit/config_folder.h"

enum {
	PEERS = 6,
	CHILDREN = 3,
	SAS = 64,
	DATAGRAMS = 256,
	UP_MS = 8000,     /* until all is up */
	LATER_MS = 15000, /* before anybody asks whether the other is alive */
	ROUNDS = 40,
};

/* --- Random configurations ------------------------------------------------ */

/* Of a child's local_ts: one, another, or all that is around both of them. */
enum network { ONE, ANOTHER, AROUND, NETWORKS };

/* Choices, 0 being the default. */
struct child_draw {
	bool there;
	uint8_t local_ts, esp, rekey, priority, replay, inactivity;
};

struct peer_draw {
	bool there, disabled;
	uint8_t secret, dpd, ike, rekey, retransmit, encap, start, unique;
	struct child_draw child[CHILDREN];
};

static uint64_t state;

static uint32_t below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % n;
}

static bool rarely(void)
{
	return below(6) == 0;
}

static void change_child(struct child_draw *child)
{
	uint8_t *const keys[] = { &child->local_ts, &child->esp, &child->rekey,
		&child->priority, &child->replay, &child->inactivity };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (rarely())
			*keys[i] = (uint8_t)below(
				keys[i] == &child->local_ts ? NETWORKS : 2);
	}
	if (rarely())
		child->there = !child->there;
}

static void change_peer(struct peer_draw *peer)
{
	uint8_t *const keys[] = { &peer->secret, &peer->dpd, &peer->ike,
		&peer->rekey, &peer->retransmit, &peer->encap, &peer->start,
		&peer->unique };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (rarely())
			*keys[i] = (uint8_t)below(2);
	}
	for (size_t i = 0; i < CHILDREN; i++)
		change_child(&peer->child[i]);
	peer->child[0].there |= !peer->child[1].there && !peer->child[2].there;
	if (rarely())
		peer->there = !peer->there;
	if (rarely())
		peer->disabled = !peer->disabled;
}

struct text {
	char at[16384];
	size_t len;
};

#define ADD(T, ...)                                                            \
	((T)->len += (size_t)snprintf(                                         \
		 (T)->at + (T)->len, sizeof((T)->at) - (T)->len, __VA_ARGS__))

static void write_child(struct text *t, const struct child_draw *child,
	size_t p, size_t c, bool b)
{
	char ours[32], theirs[32];

	snprintf(ours, sizeof(ours), "10.%zu.%zu.0/%u", p + 1,
		c * 64 + (child->local_ts == ANOTHER ? 32u : 0u),
		child->local_ts == AROUND ? 18u : 20u);
	snprintf(theirs, sizeof(theirs), "10.%zu.%zu.0/20", p + 101, c * 64);
	ADD(t, "      c%zu:\n        local_ts: %s\n        remote_ts: %s\n", c,
		b ? theirs : ours, b ? ours : theirs);
	if (b)
		return;
	ADD(t, "%s", child->esp ? "        esp: aes128gcm16-noesn\n" : "");
	ADD(t, "%s", child->rekey ? "        rekey_time: 2h\n" : "");
	ADD(t, "%s", child->priority ? "        priority: 5000\n" : "");
	ADD(t, "%s", child->replay ? "        replay_window: 64\n" : "");
	ADD(t, "%s", child->inactivity ? "        inactivity: 1h\n" : "");
}

/* b takes all that a may propose, and begins nothing itself. */
static void write_peer(
	struct text *t, const struct peer_draw *peer, size_t p, bool b)
{
	ADD(t, "  p%zu:\n    %s: 192.0.2.%zu\n    %s: 192.0.2.1\n", p,
		b ? "local" : "remote", p + 11, b ? "remote" : "local");
	ADD(t, "    auth: psk\n    secret: key%u.psk\n", peer->secret);
	ADD(t, "%s", peer->disabled ? "    enabled: no\n" : "");
	if (!b) {
		ADD(t, "    start: %s\n", peer->start ? "on-demand" : "now");
		ADD(t, "%s", peer->dpd ? "    dpd_delay: never\n" : "");
		ADD(t, "%s",
			peer->ike ? "    ike: aes128gcm16-prfsha256-x25519\n"
				  : "");
		ADD(t, "%s", peer->rekey ? "    reauth_time: 30h\n" : "");
		ADD(t, "%s",
			peer->retransmit ? "    retransmit: {tries: 6}\n" : "");
		ADD(t, "%s", peer->encap ? "    encap: force\n" : "");
		ADD(t, "%s", peer->unique ? "    unique: no\n" : "");
	}
	ADD(t, "    children:\n");
	for (size_t c = 0; c < CHILDREN; c++) {
		if (peer->child[c].there)
			write_child(t, &peer->child[c], p, c, b);
	}
}

static const char *write_all(const struct peer_draw *peers, bool b)
{
	static struct text t;

	t.len = 0;
	ADD(&t, "peers:\n");
	for (size_t p = 0; p < PEERS; p++) {
		if (peers[p].there)
			write_peer(&t, &peers[p], p, b);
	}
	if (t.len == strlen("peers:\n"))
		ADD(&t, "  {}\n");
	ck_assert_uint_lt(t.len, sizeof(t.at));
	return t.at;
}

static void load(struct folder *f, const struct peer_draw *peers, bool b)
{
	const char *text = write_all(peers, b);

	folder_load_text(f, text);
	ck_assert_msg(f->config != NULL, "%s\n%s", text, f->shown);
}

/* --- Two hosts ------------------------------------------------------------ */

struct datagram {
	struct ike_datagram head;
	uint8_t data[4096];
};

struct host {
	struct ike *ike;
	struct datagram waits[DATAGRAMS]; /* for the other */
	size_t count;
	struct kernel_sa {
		uint32_t spi, reqid;
		bool out;
	} sad[4 * SAS]; /* in the order in which they were added */
	size_t sads;
	/* What has been done, by the peer's address; for policies by its reqid */
	unsigned sent[PEERS], kernel[PEERS];
	const struct config *config;
};

static struct host hosts[2];
static struct ike_now now;
static uint64_t drawn;

/* Octets that differ from any before. */
static void draw(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	for (size_t i = 0; i < len; i++) {
		drawn = drawn * 6364136223846793005u + 1442695040888963407u;
		out[i] = (uint8_t)(drawn >> 56);
	}
}

/* PEERS: none of them. */
static size_t peer_at(const struct ike_addr *addr)
{
	return addr->family == 4 && addr->octets[3] >= 11
		       ? (size_t)addr->octets[3] - 11
		       : PEERS;
}

static size_t peer_of_reqid(const struct config *config, uint32_t reqid)
{
	for (size_t i = 0; config && i < config->peers.count; i++) {
		const struct ike_peer *peer = config->peers.peer[i];

		for (size_t c = 0; c < peer->child_count; c++) {
			if (peer->children[c].reqid == reqid)
				return (size_t)(peer->name[1] - '0');
		}
	}
	return PEERS;
}

static void count(unsigned counts[PEERS], size_t peer)
{
	if (peer < PEERS)
		counts[peer]++;
}

static void count_sa(struct host *host, const struct ike_addr *src,
	const struct ike_addr *dst)
{
	count(host->kernel, peer_at(src));
	count(host->kernel, peer_at(dst));
}

static void add_to_kernel(struct host *host, const struct ike_ipsec_sa *add)
{
	ck_assert_uint_lt(host->sads, sizeof(host->sad) / sizeof(host->sad[0]));
	host->sad[host->sads++] =
		(struct kernel_sa){ add->ref.spi, add->reqid, add->out };
}

static void remove_from_kernel(struct host *host, uint32_t spi)
{
	for (size_t i = 0; i < host->sads; i++) {
		if (host->sad[i].spi != spi)
			continue;
		memmove(&host->sad[i], &host->sad[i + 1],
			(host->sads - i - 1) * sizeof(host->sad[0]));
		host->sads--;
		return;
	}
}

/* Does what a packet takes now, the newest of the SAs of that reqid, arrive? */
static bool carries(
	const struct host *from, const struct host *to, uint32_t reqid)
{
	const struct kernel_sa *newest = NULL;

	for (size_t i = 0; i < from->sads; i++) {
		if (from->sad[i].out && from->sad[i].reqid == reqid)
			newest = &from->sad[i];
	}
	for (size_t i = 0; newest && i < to->sads; i++) {
		if (!to->sad[i].out && to->sad[i].spi == newest->spi)
			return true;
	}
	return false;
}

static void resolve(struct host *host, const struct ike_peer *peer)
{
	struct ike_address_pair pair = { .local = { 4, { 192, 0, 2, 1 } } };
	struct ike_resolution answer = {
		.peer = peer->name, .pairs = &pair, .count = 1
	};

	pair.remote = pair.local;
	pair.remote.octets[3] = (uint8_t)(11 + peer->name[1] - '0');
	ike_resolved(host->ike, now, &answer);
}

static void perform(struct host *host, const struct ike_effect *e)
{
	struct datagram *datagram = &host->waits[host->count];

	switch (e->kind) {
	case IKE_SEND:
		ck_assert_uint_lt(host->count, DATAGRAMS);
		ck_assert_uint_le(e->send.data.len, sizeof(datagram->data));
		datagram->head = e->send;
		memcpy(datagram->data, e->send.data.at, e->send.data.len);
		host->count++;
		count(host->sent, peer_at(&e->send.remote.addr));
		return;
	case IKE_SA_ADD:
		count_sa(host, &e->add.src, &e->add.ref.dst);
		add_to_kernel(host, &e->add);
		return;
	case IKE_SA_MOVE:
		count_sa(host, &e->move.src, &e->move.ref.dst);
		return;
	case IKE_SA_DELETE:
		count_sa(host, &e->del.src, &e->del.ref.dst);
		remove_from_kernel(host, e->del.ref.spi);
		return;
	case IKE_SA_QUERY:
		ike_traffic(host->ike, now, e->query.ref,
			(struct ike_counters){ 0, 0 });
		return;
	case IKE_POLICY_ADD:
	case IKE_POLICY_DELETE:
		count(host->kernel,
			peer_of_reqid(host->config, e->policy.reqid));
		return;
	case IKE_RESOLVE:
		resolve(host, e->resolve);
		return;
	case IKE_ROUTE:
	case IKE_FETCH:
	case IKE_REPORT:
	case IKE_EXPLAIN:
	case IKE_KEYS:
		return;
	}
}

static void pump(struct host *host)
{
	struct ike_effect e;

	while (ike_effect(host->ike, &e))
		perform(host, &e);
}

static void deliver(struct host *from, struct host *to)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct datagram *sent = &from->waits[i];
		const struct ike_datagram in = {
			.local = sent->head.remote,
			.remote = sent->head.local,
			.data = bytes_of(sent->data, sent->head.data.len),
		};

		ike_receive(to->ike, now, &in);
		pump(to);
	}
	from->count = 0;
}

/* 10 ms from host to host. */
static void run(uint64_t ms)
{
	const uint64_t end = now.mono_ms + ms;

	for (; now.mono_ms < end; now.mono_ms += 10) {
		for (int i = 0; i < 2; i++) {
			if (ike_deadline(hosts[i].ike) <= now.mono_ms) {
				ike_tick(hosts[i].ike, now);
				pump(&hosts[i]);
			}
		}
		deliver(&hosts[0], &hosts[1]);
		deliver(&hosts[1], &hosts[0]);
	}
}

static void open_hosts(void)
{
	const struct ike_env env = { .random = draw };
	const struct ike_limits limits = ike_limits_default();

	now = (struct ike_now){ 1000000, 1795363771 };
	for (int i = 0; i < 2; i++) {
		memset(&hosts[i], 0, sizeof(hosts[i]));
		hosts[i].ike = ike_new(&env, &limits);
		ck_assert_ptr_nonnull(hosts[i].ike);
	}
}

static void set_peers(struct host *host, struct config *config)
{
	ck_assert(ike_set_peers(host->ike, now, &config->peers));
	host->config = config;
	pump(host);
}

/* --- What is up ------------------------------------------------------------- */

struct sa {
	size_t peer;
	uint8_t spi_i[IKE_SPI_LEN];
	char child[MAX_NAME]; /* empty: the IKE SA */
	uint32_t in, out;
};

struct sas {
	struct sa list[SAS];
	size_t count;
};

static void add_sa(struct sas *sas, const struct ike_sa_status *sa,
	const struct ike_child_status *child)
{
	struct sa *one = &sas->list[sas->count++];

	ck_assert_uint_le(sas->count, SAS);
	memset(one, 0, sizeof(*one));
	one->peer = (size_t)(sa->peer->name[1] - '0');
	memcpy(one->spi_i, sa->spi_i, sizeof(one->spi_i));
	if (!child)
		return;
	snprintf(one->child, sizeof(one->child), "%s", child->name);
	one->in = child->in.spi;
	one->out = child->out.spi;
}

static void look(const struct host *host, struct sas *out)
{
	struct ike_child_status child;
	struct ike_sa_status sa;
	uint64_t at = 0;

	out->count = 0;
	while (ike_next_sa(host->ike, &at, &sa)) {
		if (!sa.peer || strcmp(sa.phase, "established") != 0)
			continue;
		add_sa(out, &sa, NULL);
		for (size_t i = 0; i < sa.children; i++) {
			if (ike_child_at(host->ike, sa.sa, i, &child) &&
				strcmp(child.state, "up") == 0)
				add_sa(out, &sa, &child);
		}
	}
}

static bool has(const struct sas *sas, const struct sa *sa)
{
	for (size_t i = 0; i < sas->count; i++) {
		if (memcmp(&sas->list[i], sa, sizeof(*sa)) == 0)
			return true;
	}
	return false;
}

/* --- What was told ---------------------------------------------------------- */

struct expected {
	bool differs;
	enum config_effect effect;
	enum config_effect child[CHILDREN];
};

static void note_child(void *ctx, const char *name, enum config_effect effect)
{
	((struct expected *)ctx)->child[name[1] - '0'] = effect;
}

/* Is it one of a child that another is to replace, make before break? */
static bool is_replaced(const struct expected peers[PEERS], const struct sa *sa)
{
	const struct expected *peer = &peers[sa->peer];

	return sa->child[0] && peer->effect < CONFIG_EFFECT_PEER &&
	       peer->child[sa->child[1] - '0'] == CONFIG_EFFECT_REKEY_NOW;
}

static void expect(const struct config *before, const struct config *after,
	struct expected out[PEERS])
{
	struct config_changes changes;

	memset(out, 0, PEERS * sizeof(*out));
	ck_assert(config_changes_find(before, after, &changes));
	for (size_t i = 0; i < changes.count; i++) {
		const struct config_change *change = &changes.list[i];
		const struct ike_peer *peer =
			change->after ? change->after : change->before;
		struct expected *one = &out[peer->name[1] - '0'];
		const struct config_listener listener = { NULL, note_child,
			one };

		one->differs = true;
		one->effect = config_change_tell(change, &listener);
	}
	config_changes_clear(&changes);
}

static bool stays(const struct expected *peer, const struct sa *sa)
{
	switch (peer->effect) {
	case CONFIG_EFFECT_NOTHING:
	case CONFIG_EFFECT_REKEY:
	case CONFIG_EFFECT_REKEY_NOW:
		return true;
	case CONFIG_EFFECT_CHILD:
		return !sa->child[0] ||
		       peer->child[sa->child[1] - '0'] < CONFIG_EFFECT_CHILD;
	case CONFIG_EFFECT_PEER:
	case CONFIG_EFFECT_ADDED:
	case CONFIG_EFFECT_REMOVED:
	case CONFIG_EFFECT_DAEMON:
		break;
	}
	return false;
}

/* --- The test ----------------------------------------------------------------- */

static struct folder a, b, a_again, b_again;
static char story[2 * sizeof(((struct text *)NULL)->at)];

#define HOLDS(WHAT, ...) ck_assert_msg(WHAT, "round %d: " __VA_ARGS__)

static bool quiet(const struct expected *peer)
{
	return peer->effect == CONFIG_EFFECT_NOTHING ||
	       peer->effect == CONFIG_EFFECT_REKEY;
}

static void judge(int round, const struct sas *before, const struct sas *after,
	const struct expected expected[PEERS])
{
	for (size_t i = 0; i < before->count; i++) {
		const struct sa *sa = &before->list[i];
		const struct expected *peer = &expected[sa->peer];

		HOLDS(has(after, sa) == stays(peer, sa),
			"peer p%zu, told '%s': %s %s\n%s", round, sa->peer,
			config_effect_name(peer->effect),
			sa->child[0] ? sa->child : "the IKE SA",
			stays(peer, sa) ? "is gone" : "is still there", story);
	}
	for (size_t p = 0; p < PEERS; p++) {
		HOLDS(!quiet(&expected[p]) || (hosts[0].sent[p] == 0 &&
						      hosts[0].kernel[p] == 0),
			"peer p%zu, told '%s': %u messages, %u for the "
			"kernel\n%s",
			round, p, config_effect_name(expected[p].effect),
			hosts[0].sent[p], hosts[0].kernel[p], story);
	}
}

static uint32_t reqid_of(const struct host *host, const struct sa *sa)
{
	for (size_t i = 0; i < host->sads; i++) {
		if (host->sad[i].spi == sa->in)
			return host->sad[i].reqid;
	}
	return 0;
}

/* What is replaced is never without an SA that arrives, either way; at the end
 * it has been. */
static void replaced_without_gap(int round, const struct sas *before,
	const struct expected expected[PEERS], uint64_t ms)
{
	uint32_t reqid[SAS][2];
	struct sas after, theirs;

	look(&hosts[1], &theirs);
	for (size_t i = 0; i < before->count; i++) {
		reqid[i][0] = reqid_of(&hosts[0], &before->list[i]);
		reqid[i][1] = 0;
		for (size_t n = 0; n < theirs.count; n++) {
			if (theirs.list[n].child[0] &&
				theirs.list[n].out == before->list[i].in)
				reqid[i][1] =
					reqid_of(&hosts[1], &theirs.list[n]);
		}
	}
	for (uint64_t t = 0; t < ms; t += 10) {
		for (size_t i = 0; i < before->count; i++) {
			const struct sa *sa = &before->list[i];

			if (!is_replaced(expected, sa))
				continue;
			HOLDS(carries(&hosts[0], &hosts[1], reqid[i][0]) &&
					carries(&hosts[1], &hosts[0],
						reqid[i][1]),
				"peer p%zu: %s has a gap after %u ms\n%s",
				round, sa->peer, sa->child, (unsigned)t, story);
		}
		run(10);
	}
	look(&hosts[0], &after);
	for (size_t i = 0; i < before->count; i++) {
		const struct sa *sa = &before->list[i];

		if (is_replaced(expected, sa))
			HOLDS(!has(&after, sa), "peer p%zu: %s stays\n%s",
				round, sa->peer, sa->child, story);
	}
}

static size_t children_of(const struct sas *sas, size_t peer)
{
	size_t children = 0;

	for (size_t i = 0; i < sas->count; i++)
		children += sas->list[i].peer == peer && sas->list[i].child[0];
	return children;
}

/* All that start by themselves are up, each child once. */
static void all_up(int round, const struct peer_draw peers[PEERS])
{
	struct sas sas;

	look(&hosts[0], &sas);
	for (size_t p = 0; p < PEERS; p++) {
		const struct peer_draw *peer = &peers[p];
		size_t wanted = 0;

		for (size_t c = 0; c < CHILDREN; c++)
			wanted += peer->child[c].there;
		if (!peer->there || peer->disabled)
			wanted = 0;
		else if (peer->start)
			continue;
		HOLDS(children_of(&sas, p) == wanted,
			"peer p%zu: %zu children up, not %zu\n%s", round, p,
			children_of(&sas, p), wanted, story);
	}
}

static void draw_pair(
	int round, struct peer_draw was[PEERS], struct peer_draw is[PEERS])
{
	state = 0x9e3779b97f4a7c15u * (uint64_t)(round + 1);
	memset(was, 0, PEERS * sizeof(*was));
	for (size_t p = 0; p < PEERS; p++) {
		was[p].there = below(5) > 0;
		was[p].child[0].there = true;
		change_peer(&was[p]);
	}
	memcpy(is, was, PEERS * sizeof(*is));
	for (size_t p = 0; p < PEERS; p++) {
		if (below(2))
			change_peer(&is[p]);
	}
}

START_TEST(what_is_told_is_what_happens)
{
	struct peer_draw was[PEERS], is[PEERS];
	struct expected expected[PEERS];
	struct sas before, after;

	draw_pair(_i, was, is);
	snprintf(story, sizeof(story), "%s", write_all(was, false));
	snprintf(story + strlen(story), sizeof(story) - strlen(story),
		"-- and then\n%s", write_all(is, false));
	load(&a, was, false);
	load(&b, was, true);
	load(&a_again, is, false);
	load(&b_again, is, true);
	open_hosts();
	set_peers(&hosts[1], b.config);
	set_peers(&hosts[0], a.config);
	for (size_t i = 0; i < a.config->peers.count; i++)
		ike_up(hosts[0].ike, now,
			&(struct ike_wish){
				a.config->peers.peer[i]->name, NULL });
	pump(&hosts[0]);
	run(UP_MS);
	all_up(_i, was);
	look(&hosts[0], &before);

	expect(a.config, a_again.config, expected);
	ck_assert(config_compare(a.config, a_again.config));
	ck_assert(config_compare(b.config, b_again.config));
	memset(hosts[0].sent, 0, sizeof(hosts[0].sent));
	memset(hosts[0].kernel, 0, sizeof(hosts[0].kernel));
	set_peers(&hosts[0], a_again.config);
	look(&hosts[0], &after);
	judge(_i, &before, &after, expected);

	/* Nor later; and what is wanted comes. */
	set_peers(&hosts[1], b_again.config);
	replaced_without_gap(_i, &before, expected, LATER_MS);
	all_up(_i, is);
	look(&hosts[0], &after);
	for (size_t p = 0; p < PEERS; p++) {
		if (expected[p].effect == CONFIG_EFFECT_CHILD)
			expected[p].effect = CONFIG_EFFECT_PEER;
	}
	for (size_t i = 0; i < before.count; i++) {
		if (quiet(&expected[before.list[i].peer]))
			HOLDS(has(&after, &before.list[i]),
				"peer p%zu lost %s\n%s", _i,
				before.list[i].peer, before.list[i].child,
				story);
	}
	for (size_t p = 0; p < PEERS; p++)
		HOLDS(expected[p].differs || hosts[0].sent[p] == 0,
			"peer p%zu is unchanged: %u messages\n%s", _i, p,
			hosts[0].sent[p], story);
	for (int i = 0; i < 2; i++)
		ike_free(hosts[i].ike);
}
END_TEST

static void open_folders(void)
{
	struct folder *const all[] = { &a, &b, &a_again, &b_again };

	for (size_t i = 0; i < 4; i++) {
		*all[i] = folder_new();
		folder_file(all[i], "secrets/key0.psk", "the first key");
		folder_file(all[i], "secrets/key1.psk", "the second key");
	}
}

static void close_folders(void)
{
	folder_remove(&a);
	folder_remove(&b);
	folder_remove(&a_again);
	folder_remove(&b_again);
}

SUITE(reload)
{
	tcase_add_checked_fixture(tcase, open_folders, close_folders);
	loop_test(what_is_told_is_what_happens, ROUNDS);
}
