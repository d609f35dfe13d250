/* model.c - main of `make model`: two sides, a few operations, one loss, and every order of events there is.
 * SPDX-License-Identifier: ISC
 *
 * model [-o OPERATIONS] [-n EACH] [-l LOSSES] [-t STEPS] [-v PATH]
 *
 *	-o RKCDUL	what a side may begin: R rekey the child, K rekey the
 *			IKE SA, C take the child down, D take all down, U bring
 *			a second child up, L ask whether the peer is alive
 *	-n 2		how many of them each side begins
 *	-l 1		how many datagrams are lost
 *	-t 2		how often time passes to the next deadline while others
 *			are under way
 *	-v PATH		tell the story of one path, as a failure prints it
 *
 * An IKE SA with a child is up.  Then, at each step, one of the datagrams on
 * their way arrives (any: they may overtake each other) or is lost, a side
 * begins its next operation, or time passes to the next deadline; and whenever
 * a core draws a nonce, it is a low or a high one.  When nothing is on its way,
 * all may also be left alone: then exactly one pair of SAs must be left where
 * somebody wants the child, and none where nobody does.  And until somebody
 * takes the child down, what either side sends through it is heard at any time.
 *
 * The search is depth-first over the real cores.  They cannot be copied, so a
 * path is a list of choices, and each is played from the start; the same
 * choices give the same simulation to the octet.  A state that was met before
 * (digest.h) is not gone through again.  The workers share what was met.
 */
#include "tests/sim/digest.h"
#include "tests/sim/sim.h"

#include <assert.h>
#include <ctype.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_DEPTH = 512,
	MAX_ACTIONS = SIM_HELD * 2 + 16,
	WORKERS = 2,
	SEEN = 1 << 26, /* slots, 8 octets each, as they are used */
	CONNECT_MS = 6000,
	SETTLE_MS = 200000,
	QUIET_MS = 60000,
};

/* --- What is explored ----------------------------------------------------- */

struct bounds {
	const char *operations;
	unsigned each, losses, steps;
};

enum action_kind {
	ACTION_DELIVER,
	ACTION_BEGIN,
	ACTION_JUDGE,
	ACTION_TIME,
	ACTION_LOSE,
};

struct action {
	enum action_kind kind;
	unsigned which; /* the datagram, or the side */
	char operation;
};

/* One choice of several. */
struct pick {
	uint16_t chosen, of;
};

/* Shared by the workers. */
struct board {
	atomic_bool stop;
	atomic_ullong states, edges, paths, judged;
	atomic_uint deepest;
	atomic_bool failed;
	char failure[512];
	struct pick path[MAX_DEPTH];
	size_t depth;
	_Atomic uint64_t seen[SEEN];
};

struct model {
	struct bounds bounds;
	struct board *board;
	bool backwards; /* takes the choices in the other order */
	bool tell;
	struct sim *sim;
	struct pick path[MAX_DEPTH];
	size_t depth, at; /* of the path; where this run is in it */
	unsigned left[2], losses, steps;
	bool taken_down; /* the child, by somebody's wish */
	int octet; /* first of the nonces of this step; -1: not chosen yet */
};

/* The next choice: as recorded, or the first of a new one. */
static unsigned pick(struct model *m, size_t of)
{
	unsigned chosen;

	assert(of > 0 && of < UINT16_MAX);
	if (m->at == m->depth) {
		assert(m->depth < MAX_DEPTH);
		m->path[m->depth++] = (struct pick){ 0, (uint16_t)of };
	}
	assert(m->path[m->at].of == of); /* else it is not deterministic */
	chosen = m->path[m->at++].chosen;
	return m->backwards ? (unsigned)of - 1 - chosen : chosen;
}

/* On to the next path; false: that was the last. */
static bool next_path(struct model *m)
{
	while (m->depth > 0) {
		struct pick *last = &m->path[m->depth - 1];

		if (++last->chosen < last->of)
			return true;
		m->depth--;
	}
	return false;
}

/* --- States --------------------------------------------------------------- */

static bool open_message(void *ctx, const uint8_t *message, size_t len,
	uint8_t *copy, size_t *begin, size_t *end)
{
	const struct sim *sim = ctx;

	return trace_open(sim, message, len, copy, begin, end);
}

static void put_host(struct digest *d, const struct sim_host *host)
{
	const struct sim_kernel *kernel = &host->kernel;

	digest_core(d, host->ike);
	digest_number(d, kernel->sads);
	for (size_t i = 0; i < kernel->sads; i++) {
		digest_spi(d, kernel->sad[i].sa.ref.spi);
		digest_number(d, kernel->sad[i].sa.out);
		digest_number(d, kernel->sad[i].sa.reqid);
	}
	digest_number(d, kernel->spds);
	for (size_t i = 0; i < kernel->spds; i++) {
		const struct ike_policy *policy = &kernel->spd[i].policy;

		digest_octets(d, policy->local_ts.start, 4);
		digest_octets(d, policy->remote_ts.start, 4);
		digest_number(d, policy->reqid);
		digest_number(d, policy->remote.family);
	}
}

static void put_state(struct digest *d, const struct model *m)
{
	const struct sim *sim = m->sim;

	digest_number(d, m->left[0]);
	digest_number(d, m->left[1]);
	digest_number(d, m->losses);
	digest_number(d, m->steps);
	digest_number(d, m->taken_down);
	for (unsigned i = 0; i < 2; i++)
		put_host(d, &sim->host[i]);
	digest_number(d, sim->net.held_count);
	for (size_t i = 0; i < sim->net.held_count; i++) {
		const struct held *held = &sim->net.held[i];

		digest_number(d, held->sender);
		digest_message(d, held->packet->data, held->packet->len);
	}
	assert(sim->events == 0);
}

/* Two states of one number would be taken for one: with a hundred million of
 * them that happens once in 3,000 times. */
static uint64_t number_of(const struct model *m)
{
	static struct digest d;
	uint64_t number;

	memset(&d, 0, offsetof(struct digest, out));
	d.names = d.nonces = 0;
	d.now_ms = m->sim->now.mono_ms;
	d.open = open_message;
	d.ctx = m->sim;
	put_state(&d, m);
	d.writing = true;
	put_state(&d, m);
	number = digest_end(&d);
	return number ? number : 1;
}

/* True: nobody was here before. */
static bool claim(struct board *board, uint64_t number)
{
	size_t at = (size_t)(number & (SEEN - 1));

	for (;; at = (at + 1) & (SEEN - 1)) {
		uint64_t there = 0;

		if (atomic_compare_exchange_strong(
			    &board->seen[at], &there, number))
			return true;
		if (there == number)
			return false;
	}
}

/* --- What may happen ------------------------------------------------------ */

static bool same_as_earlier(const struct sim_network *net, size_t i)
{
	const struct held *held = &net->held[i];

	for (size_t k = 0; k < i; k++) {
		const struct held *other = &net->held[k];

		if (other->sender == held->sender &&
			other->packet->len == held->packet->len &&
			memcmp(other->packet->data, held->packet->data,
				held->packet->len) == 0)
			return true;
	}
	return false;
}

static size_t list_actions(const struct model *m, struct action *out)
{
	const struct sim_network *net = &m->sim->net;
	size_t n = 0;

	for (unsigned i = 0; i < net->held_count; i++) {
		if (!same_as_earlier(net, i))
			out[n++] = (struct action){ ACTION_DELIVER, i, 0 };
	}
	for (unsigned side = 0; side < 2; side++) {
		for (const char *op = m->bounds.operations;
			*op && m->left[side] > 0; op++)
			out[n++] = (struct action){ ACTION_BEGIN, side, *op };
	}
	if (net->held_count == 0)
		out[n++] = (struct action){ ACTION_JUDGE, 0, 0 };
	if (m->steps > 0)
		out[n++] = (struct action){ ACTION_TIME, 0, 0 };
	for (unsigned i = 0; i < net->held_count && m->losses > 0; i++) {
		if (!same_as_earlier(net, i))
			out[n++] = (struct action){ ACTION_LOSE, i, 0 };
	}
	return n;
}

/* Make before break: what a host would send now has somebody who hears it. */
static bool is_heard(struct sim_host *from, const struct sim_host *to,
	const struct sim_child *child, unsigned side)
{
	const struct ike_flow flow = sim_kernel_flow(
		&child->local[side][0], &child->remote[side][0]);
	const struct spd_entry *policy =
		sim_kernel_policy_out(&from->kernel, &flow);
	const struct sad_entry *newest = NULL;

	for (size_t i = 0; policy && i < from->kernel.sads; i++) {
		const struct sad_entry *entry = &from->kernel.sad[i];

		if (entry->sa.out && entry->sa.reqid == policy->policy.reqid &&
			(!newest || entry->born > newest->born))
			newest = entry;
	}
	return newest &&
	       sim_kernel_find(&to->kernel, newest->sa.ref, false) != NULL;
}

static void check_heard(struct model *m)
{
	struct sim *sim = m->sim;

	for (unsigned side = 0; side < 2 && !m->taken_down; side++) {
		if (!is_heard(&sim->host[side], &sim->host[1 - side],
			    &sim->link[0].child[0], side))
			sim_fail(sim, "make before break",
				"nobody hears what %c would send now",
				sim->host[side].letter);
	}
}

static void begin(struct model *m, unsigned side, char operation)
{
	struct sim *sim = m->sim;
	struct sim_host *host = &sim->host[side];
	const struct sim_host *other = &sim->host[1 - side];
	const char peer[2] = { other->letter, '\0' };

	switch (operation) {
	case 'R':
		sim_rekey(sim, host, other, "c1");
		return;
	case 'C':
		sim_down(sim, host, other, "c1");
		return;
	case 'D':
		sim_down(sim, host, other, NULL);
		return;
	case 'U':
		sim_up(sim, host, other, "c2");
		return;
	case 'K':
		sim_rekey_ike(sim, host, other);
		return;
	default:
		trace_line(sim, "%c asks whether its peer lives", host->letter);
		sim_begin(sim);
		inside_liveness(host->ike, sim->now, peer);
		sim_pump(sim, host);
		return;
	}
}

static void act(struct model *m, const struct action *action)
{
	struct sim *sim = m->sim;

	m->octet = -1;
	switch (action->kind) {
	case ACTION_DELIVER:
		trace_line(sim, "what %c sent arrives: %u of %zu",
			sim->host[sim->net.held[action->which].sender].letter,
			action->which + 1, sim->net.held_count);
		network_deliver(sim, action->which);
		break;
	case ACTION_BEGIN:
		m->left[action->which]--;
		m->taken_down |=
			action->operation == 'C' || action->operation == 'D';
		begin(m, action->which, action->operation);
		break;
	case ACTION_TIME:
		m->steps--;
		(void)sim_step(sim, IKE_NEVER - 1);
		trace_line(sim, "time has passed");
		break;
	case ACTION_LOSE:
		m->losses--;
		network_lose(sim, action->which);
		break;
	case ACTION_JUDGE:
		break;
	}
	/* what is due at once, as a wish is */
	sim_run(sim, 0);
	check_heard(m);
}

/* --- Curve25519, remembered ----------------------------------------------- */

/* Each path computes again what those before it computed: half of the time. */
int __real_crypto_scalarmult_curve25519(
	unsigned char *q, const unsigned char *n, const unsigned char *p);
int __wrap_crypto_scalarmult_curve25519(
	unsigned char *q, const unsigned char *n, const unsigned char *p);
int __wrap_crypto_scalarmult_curve25519_base(
	unsigned char *q, const unsigned char *n);

int __wrap_crypto_scalarmult_curve25519(
	unsigned char *q, const unsigned char *n, const unsigned char *p)
{
	static struct {
		uint8_t n[32], p[32], q[32];
		int result;
		bool known;
	} kept[1 << 12], *one;
	uint64_t hash = hash_more(hash_more(HASH_START, n, 32), p, 32);

	one = &kept[(hash ^ hash >> 32) % (1 << 12)];
	if (!one->known || memcmp(one->n, n, 32) != 0 ||
		memcmp(one->p, p, 32) != 0) {
		memcpy(one->n, n, 32);
		memcpy(one->p, p, 32);
		one->result = __real_crypto_scalarmult_curve25519(one->q, n, p);
		one->known = true;
	}
	memcpy(q, one->q, 32);
	return one->result;
}

int __wrap_crypto_scalarmult_curve25519_base(
	unsigned char *q, const unsigned char *n)
{
	static const unsigned char nine[32] = { 9 };

	return __wrap_crypto_scalarmult_curve25519(q, n, nine);
}

/* --- What must be left ---------------------------------------------------- */

static void judge(struct model *m)
{
	struct sim *sim = m->sim;
	struct sim_host *a = &sim->host[0], *b = &sim->host[1];
	struct ike_child_status one;
	uint64_t end = sim->now.mono_ms + SETTLE_MS;
	size_t ike_a, ike_b, second;
	bool wanted;

	trace_line(sim, "all is left alone");
	network_release(sim);
	while (sim_step(sim, end))
		check_heard(m);
	if (sim->failed)
		return;
	wanted = inside_wants(a->ike, "b", "c1") ||
		 inside_wants(b->ike, "a", "c1");
	ike_a = oracle_ike_sas(sim, a, b);
	ike_b = oracle_ike_sas(sim, b, a);
	if (ike_a != ike_b || ike_a > 1)
		sim_fail(sim, "convergence",
			"a has %zu IKE SAs with b, which has %zu", ike_a,
			ike_b);
	oracle_pair(sim, a, b, "c1", wanted ? 1 : 0);
	second = oracle_children(sim, a, b, "c2", &one);
	oracle_pair(sim, a, b, "c2", second > 0 ? 1 : 0);
	if (!sim->failed)
		sim_down(sim, a, b, NULL);
	if (!sim->failed)
		sim_down(sim, b, a, NULL);
	if (!sim->failed)
		sim_run(sim, QUIET_MS);
	if (!sim->failed)
		oracle_silent(sim);
}

/* --- One path ------------------------------------------------------------- */

/* A nonce is low or high.  A private key of Curve25519 is as long, and no worse
 * for it.  Jitter is none, so that states are alike. */
static void draw(struct sim *sim, uint8_t *out, size_t len)
{
	struct model *m = sim->owner;

	if (len == 1)
		out[0] = 0;
	if (len != NONCE_LEN || !sim->net.hold)
		return;
	if (m->octet < 0)
		m->octet = pick(m, 2) ? 0xc0 : 0x40;
	out[0] = (uint8_t)m->octet;
}

/* An IKE SA and a child, which both sides want. */
static void connect(struct model *m)
{
	struct sim *sim = m->sim;
	struct sim_link *link;

	sim_add_host(sim);
	sim_add_host(sim);
	link = sim_add_link(sim, 0, 1);
	link->base_ms = 500;
	link->tries = 3;
	link->dpd_ms = 30000;
	sim_add_child(sim, link, IKE_MODE_TUNNEL);
	link->child[0].start[0] = IKE_START_NOW;
	for (unsigned i = 2; i-- > 0;) {
		sim->host[i].config.present[0] = true;
		sim_start(sim, &sim->host[i]);
	}
	sim_run(sim, CONNECT_MS);
	/* only now, so that not both sides dial */
	link->child[0].start[1] = IKE_START_NOW;
	sim_configure(sim, &sim->host[1], &sim->host[1].config);
	assert(inside_wants(sim->host[1].ike, "a", "c1"));
	sim_run(sim, CONNECT_MS);
	oracle_pair(sim, &sim->host[0], &sim->host[1], "c1", 1);
	trace_clear(sim);
	sim->net.hold = true;
}

static void make_sim(struct model *m)
{
	m->sim = sim_new(1);
	assert(m->sim);
	m->sim->owner = m;
	m->sim->draw = draw;
	m->at = 0;
	m->left[0] = m->left[1] = m->bounds.each;
	m->losses = m->bounds.losses;
	m->steps = m->bounds.steps;
	m->taken_down = false;
	if (m->tell)
		trace_start(m->sim, stdout);
	else
		trace_keys(m->sim);
	connect(m);
}

static void note_depth(struct model *m)
{
	unsigned deepest = atomic_load(&m->board->deepest);

	while (m->at > deepest &&
		!atomic_compare_exchange_weak(
			&m->board->deepest, &deepest, (unsigned)m->at))
		;
}

/* From the start to the end of the path, and on along the first choices until
 * a state that is known, or the end. */
static void run_path(struct model *m)
{
	struct action actions[MAX_ACTIONS];
	struct board *board = m->board;

	make_sim(m);
	while (!m->sim->failed) {
		const struct action *action;
		size_t n;

		if (m->at == m->depth && !m->tell) {
			if (!claim(board, number_of(m)))
				break;
			atomic_fetch_add(&board->states, 1);
			note_depth(m);
		}
		n = list_actions(m, actions);
		if (m->at == m->depth)
			atomic_fetch_add(&board->edges, n);
		action = &actions[pick(m, n)];
		if (action->kind == ACTION_JUDGE) {
			atomic_fetch_add(&board->judged, 1);
			judge(m);
			break;
		}
		act(m, action);
	}
	atomic_fetch_add(&board->paths, 1);
}

static void keep_failure(struct model *m)
{
	struct board *board = m->board;

	if (atomic_exchange(&board->failed, true))
		return;
	memcpy(board->failure, m->sim->failure, sizeof(board->failure));
	board->depth = m->at;
	for (size_t i = 0; i < m->at; i++) {
		board->path[i] = m->path[i];
		if (m->backwards)
			board->path[i].chosen = (uint16_t)(m->path[i].of - 1 -
							   m->path[i].chosen);
	}
	atomic_store(&board->stop, true);
}

static void explore(struct model *m)
{
	do {
		run_path(m);
		if (m->sim->failed)
			keep_failure(m);
		sim_free(m->sim);
	} while (!atomic_load(&m->board->stop) && next_path(m));
}

/* --- What comes out ------------------------------------------------------- */

/* The path of a failure, played again with its story. */
static void tell_path(struct model *m)
{
	m->tell = true;
	m->backwards = false;
	run_path(m);
	if (m->sim->failed && trace_pcap(m->sim, "model.pcap")) {
		printf("model.pcap is written; ikev2_decryption_table:\n");
		trace_decryption_table(m->sim, stdout);
	}
	sim_free(m->sim);
}

static void read_path(struct model *m, const char *text)
{
	while (m->depth < MAX_DEPTH && isdigit((unsigned char)*text)) {
		char *end;
		unsigned long chosen = strtoul(text, &end, 10);
		unsigned long of = *end == '/' ? strtoul(end + 1, &end, 10) : 0;

		m->path[m->depth++] =
			(struct pick){ (uint16_t)chosen, (uint16_t)of };
		text = *end == ',' ? end + 1 : end;
	}
}

static int tell_failure(struct model *m)
{
	const struct board *board = m->board;

	memcpy(m->path, board->path, sizeof(m->path));
	m->depth = board->depth;
	printf("\n");
	fflush(stdout);
	tell_path(m);
	printf("\nFAILED %s\nbuild/release/model -o %s -n %u -l %u -t %u -v ",
		board->failure, m->bounds.operations, m->bounds.each,
		m->bounds.losses, m->bounds.steps);
	for (size_t i = 0; i < board->depth; i++)
		printf("%s%u/%u", i ? "," : "", board->path[i].chosen,
			board->path[i].of);
	printf("\n");
	return EXIT_FAILURE;
}

static void print_counts(const struct board *board, time_t begun)
{
	printf("%llu states, %llu choices, depth %u, %llu paths, %llu ends, %lld s",
		atomic_load(&board->states), atomic_load(&board->edges),
		atomic_load(&board->deepest), atomic_load(&board->paths),
		atomic_load(&board->judged), (long long)(time(NULL) - begun));
}

/* False: a worker has crashed. */
static bool wait_for(struct board *board, time_t begun)
{
	time_t told = begun;
	bool well = true;

	for (unsigned left = WORKERS; left > 0;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid > 0) {
			left--;
			if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
				well = false;
				atomic_store(&board->stop, true);
			}
			continue;
		}
		nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
		if (time(NULL) - told < 30)
			continue;
		told = time(NULL);
		printf("model: ");
		print_counts(board, begun);
		printf(" so far\n");
		fflush(stdout);
	}
	return well;
}

static int run_all(struct model *m)
{
	time_t begun = time(NULL);
	bool well;

	for (unsigned i = 0; i < WORKERS; i++) {
		if (fork() != 0)
			continue;
		m->backwards = i % 2 != 0;
		explore(m);
		_exit(0);
	}
	well = wait_for(m->board, begun);
	if (atomic_load(&m->board->failed))
		return tell_failure(m);
	if (!well) {
		printf("\nFAILED a crash\n");
		return EXIT_FAILURE;
	}
	printf("model: -o %s -n %u -l %u -t %u: ", m->bounds.operations,
		m->bounds.each, m->bounds.losses, m->bounds.steps);
	print_counts(m->board, begun);
	printf(", no violation\n");
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static struct model model = { .bounds = { "RKCDUL", 2, 1, 2 } };
	const char *path = NULL;
	int option;

	while ((option = getopt(argc, argv, "o:n:l:t:v:")) != -1) {
		switch (option) {
		case 'o':
			model.bounds.operations = optarg;
			break;
		case 'n':
			model.bounds.each = (unsigned)atoi(optarg);
			break;
		case 'l':
			model.bounds.losses = (unsigned)atoi(optarg);
			break;
		case 't':
			model.bounds.steps = (unsigned)atoi(optarg);
			break;
		case 'v':
			path = optarg;
			break;
		default:
			return 2;
		}
	}
	model.board = mmap(NULL, sizeof(*model.board), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (sodium_init() < 0 || model.board == MAP_FAILED)
		return EXIT_FAILURE;
	if (!path)
		return run_all(&model);
	read_path(&model, path);
	tell_path(&model);
	return EXIT_SUCCESS;
}
