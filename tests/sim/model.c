/* model.c - main of `make model`: two sides, a few operations, one loss, and every order of events there is.
 * SPDX-License-Identifier: ISC
 *
 * model [-o OPERATIONS] [-n EACH] [-l LOSSES] [-t STEPS] [-e] [-f] [-w WORKERS]
 *	[-v PATH]
 *
 *	-o RKCDUL	what a side may begin: R rekey the child, K rekey the
 *			IKE SA, C take the child down, D take all down, U bring
 *			a second child up, L ask whether the peer is alive
 *	-n 2		how many of them each side begins; 2,1: a two, b one
 *	-l 1		how many datagrams are lost
 *	-t 0		how often time passes to the next deadline while others
 *			are under way, after a datagram was lost ..
 *	-e		.. or at any time
 *	-f		full: without the reductions below
 *	-w 2		how many processes search
 *	-v PATH		tell the story of one path, as a failure prints it
 *
 * An IKE SA with a child is up.  Then, at each step, one of the datagrams on
 * their way arrives (any: they may overtake each other) or is lost, a side
 * begins its next operation, or time passes to the next deadline; and whenever
 * a core draws a nonce, it is lower or higher than each of those that it may be
 * compared with.  When nothing is on its way, all may also be left alone: then exactly one pair of SAs must be left where
 * somebody wants the child, and none where nobody does.  And until somebody
 * takes the child down, what either side sends through it is heard at any time.
 *
 * The search is depth-first over the real cores.  A path is a list of choices,
 * and the same choices give the same simulation to the octet: so what is found
 * can be played again.  The search itself does not begin anew for each path; the
 * memory of the simulation is kept at each state, and put back (snapshot.h).  A
 * state that was met before (digest.h) is not gone through again.  The workers
 * share what was met.
 *
 * Two reductions, and why no violation is lost with them:
 *
 * - Two steps that touch different sides lead to the same state in both orders
 *   (world_commute).  So once all that follows the one was searched, it need not
 *   be taken again after the other: it sleeps until a step that it does not
 *   commute with (sleep sets: Godefroid, Partial-Order Methods for the
 *   Verification of Concurrent Systems, 1996).  Every state is still met, and
 *   every state is checked; only ways to them are left out.
 * - A datagram that nobody will act upon any more (inside_is_late) is delivered
 *   as soon as that is so, and must change nothing (clear_late).  It would
 *   change nothing later either, as what makes it late never ends.
 *
 * With -f neither is done.  The states, without the late datagrams in them, must
 * be as many: it prints them.
 *
 * What it takes: -n 2 -l 1 -t 0, all operations: 6.5 million states, 22 million
 * steps, 13 minutes on two cores; -n 1 -l 1 -t 1: 28,000 states, some seconds.
 */
#include "tests/sim/model.h"
#include "tests/sim/snapshot.h"

#include <assert.h>
#include <ctype.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_WORKERS = 64,
	SEEN = 1 << 27, /* slots, 16 octets each, as they are used */
};

/* A state that was met. */
struct seen {
	_Atomic uint64_t number; /* 0: free */
	_Atomic uint64_t taken;  /* those of its actions that somebody takes */
};

/* Shared by the workers. */
struct board {
	atomic_bool stop;
	atomic_ullong states, lean, edges, asleep, judged;
	atomic_uint deepest;
	atomic_bool failed;
	char failure[512];
	struct pick path[MODEL_DEPTH];
	size_t depth;
	struct seen seen[SEEN];
	struct seen leaner[SEEN]; /* -f: without the late datagrams */
};

/* What a state needs to be gone on from. */
struct frame {
	struct snapshot memory;
	struct left left;
	bool taken_down;
	size_t at;
	struct alive nonce[DIGEST_NONCES];
	size_t alive;
};

struct model {
	struct world world;
	struct board *board;
	bool backwards; /* takes the actions in the other order */
	struct frame *frames[MODEL_DEPTH];
};

/* --- The search ----------------------------------------------------------- */

/* The slot of a state; *met: it had one. */
static struct seen *seen_of(struct seen *table, uint64_t number, bool *met)
{
	size_t at = (size_t)(number & (SEEN - 1));

	number = number ? number : 1;
	for (;; at = (at + 1) & (SEEN - 1)) {
		uint64_t there = 0;

		*met = !atomic_compare_exchange_strong(
			&table[at].number, &there, number);
		if (!*met || there == number)
			return &table[at];
	}
}

static void count_state(struct model *m)
{
	struct board *board = m->board;
	unsigned at = (unsigned)m->world.at;
	unsigned deepest = atomic_load(&board->deepest);
	bool met;

	atomic_fetch_add(&board->states, 1);
	while (at > deepest &&
		!atomic_compare_exchange_weak(&board->deepest, &deepest, at))
		;
	if (!m->world.bounds.full)
		return;
	(void)seen_of(board->leaner, world_lean_number(&m->world), &met);
	atomic_fetch_add(&board->lean, !met);
}

static void keep_failure(struct model *m)
{
	struct board *board = m->board;

	if (atomic_exchange(&board->failed, true))
		return;
	memcpy(board->failure, m->world.sim->failure, sizeof(board->failure));
	memcpy(board->path, m->world.path, sizeof(board->path));
	board->depth = m->world.at;
	atomic_store(&board->stop, true);
}

static void frame_save(struct model *m, size_t level)
{
	struct frame *frame;

	assert(level < MODEL_DEPTH);
	if (!m->frames[level]) {
		/* not among what is kept and put back */
		m->frames[level] =
			mmap(NULL, sizeof(*frame), PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert(m->frames[level] != MAP_FAILED);
	}
	frame = m->frames[level];
	frame->left = m->world.left;
	frame->taken_down = m->world.taken_down;
	frame->at = m->world.at;
	frame->alive = m->world.alive;
	memcpy(frame->nonce, m->world.nonce, sizeof(frame->nonce));
	snapshot_save(&frame->memory);
}

static void frame_restore(struct model *m, const struct frame *frame)
{
	snapshot_restore(&frame->memory);
	m->world.left = frame->left;
	m->world.taken_down = frame->taken_down;
	m->world.at = frame->at;
	m->world.alive = frame->alive;
	memcpy(m->world.nonce, frame->nonce, sizeof(frame->nonce));
}

/* What is asleep in a state: actions of the one before. */
struct sleepers {
	size_t count;
	struct action action[MODEL_ACTIONS];
};

static bool is_asleep(
	const struct sleepers *sleepers, const struct action *action)
{
	for (size_t i = 0; i < sleepers->count && !action->twin; i++) {
		const struct action *one = &sleepers->action[i];

		if (one->kind == action->kind &&
			one->packet == action->packet &&
			(one->packet ||
				(one->which == action->which &&
					one->operation == action->operation)))
			return true;
	}
	return false;
}

static uint64_t bit(size_t i)
{
	return UINT64_C(1) << i;
}

/* A state and what may happen in it. */
struct place {
	size_t level, n;
	struct action action[MODEL_ACTIONS];
	uint64_t to_take, sleeping;
};

/* False: there is nothing left to do here.  Whoever comes first takes what does
 * not sleep; who comes later, and has others asleep, takes what is missing. */
static bool enter(
	struct model *m, const struct sleepers *sleepers, struct place *place)
{
	struct seen *seen;
	uint64_t awake = 0, taken;
	bool met;

	seen = seen_of(m->board->seen, world_number(&m->world), &met);
	if (!met)
		count_state(m);
	place->n = world_actions(&m->world, place->action);
	for (size_t i = 0; i < place->n; i++) {
		if (!is_asleep(sleepers, &place->action[i]))
			awake |= bit(i);
	}
	taken = atomic_fetch_or(&seen->taken, awake);
	place->to_take = awake & ~taken;
	place->sleeping = ~(awake | taken);
	if (!met)
		atomic_fetch_add(&m->board->asleep,
			(unsigned)__builtin_popcountll(
				place->sleeping & (bit(place->n - 1) * 2 - 1)));
	return place->to_take != 0;
}

static void fall_asleep(const struct model *m, const struct place *place,
	const struct action *taken, struct sleepers *out)
{
	out->count = 0;
	for (size_t i = 0; i < place->n && !m->world.bounds.full; i++) {
		const struct action *action = &place->action[i];

		if ((place->sleeping & bit(i)) && !action->twin &&
			world_commute(&m->world, action, taken))
			out->action[out->count++] = *action;
	}
}

static void visit(
	struct model *m, size_t level, const struct sleepers *sleepers);

static void take_once(struct model *m, const struct place *place, size_t i,
	unsigned gap, uint64_t *gaps)
{
	const struct action *action = &place->action[i];
	struct world *w = &m->world;
	const struct frame *frame = m->frames[place->level];
	struct sleepers sleepers;

	frame_restore(m, frame);
	fall_asleep(m, place, action, &sleepers);
	(void)world_pick(w, (unsigned)i, place->n);
	atomic_fetch_add(&m->board->edges, 1);
	w->gap = gap;
	world_act(w, action);
	if (gap == 0)
		*gaps = w->draws > 0 ? world_gaps(w, frame->nonce, frame->alive)
				     : 1;
	if (w->sim->failed)
		keep_failure(m);
	else if (action->kind == ACTION_JUDGE)
		atomic_fetch_add(&m->board->judged, 1);
	else
		visit(m, place->level + 1, &sleepers);
}

/* With all that its nonces may be, if it draws any. */
static void take(struct model *m, const struct place *place, size_t i)
{
	uint64_t gaps = 1;

	for (unsigned gap = 0; gap <= m->frames[place->level]->alive; gap++) {
		if ((gaps & bit(gap)) && !atomic_load(&m->board->stop))
			take_once(m, place, i, gap, &gaps);
	}
}

static void visit(
	struct model *m, size_t level, const struct sleepers *sleepers)
{
	struct place place = { .level = level };

	if (!enter(m, sleepers, &place))
		return;
	frame_save(m, level);
	for (size_t k = 0; k < place.n; k++) {
		size_t i = m->backwards ? place.n - 1 - k : k;

		if (atomic_load(&m->board->stop))
			return;
		if (!(place.to_take & bit(i)))
			continue;
		take(m, &place, i);
		place.sleeping |= bit(i);
	}
}

static void search(struct model *m)
{
	static const struct sleepers none;

	world_make(&m->world, NULL);
	if (m->world.sim->failed)
		keep_failure(m);
	else
		visit(m, 0, &none);
}

/* --- What comes out ------------------------------------------------------- */

/* The path of a failure, played again with its story. */
static void tell_path(struct model *m)
{
	struct world *w = &m->world;
	struct action action[MODEL_ACTIONS];

	world_make(w, stdout);
	while (!w->sim->failed && w->at < w->depth) {
		size_t n;

		(void)world_number(w);
		n = world_actions(w, action);
		world_act(w, &action[world_pick(w, 0, n)]);
	}
	if (w->sim->failed)
		(void)trace_pcap(w->sim, "model", stdout);
}

static void read_path(struct world *w, const char *text)
{
	while (w->depth < MODEL_DEPTH && isdigit((unsigned char)*text)) {
		char *end;
		unsigned long chosen = strtoul(text, &end, 10);
		unsigned long of = *end == '/' ? strtoul(end + 1, &end, 10) : 0;

		w->path[w->depth++] =
			(struct pick){ (uint16_t)chosen, (uint16_t)of };
		text = *end == ',' ? end + 1 : end;
	}
}

static void print_bounds(const struct bounds *bounds)
{
	printf("-o %s -n %u,%u -l %u -t %u%s%s", bounds->operations,
		bounds->each[0], bounds->each[1], bounds->losses, bounds->steps,
		bounds->early ? " -e" : "", bounds->full ? " -f" : "");
}

static int tell_failure(struct model *m)
{
	const struct board *board = m->board;

	memcpy(m->world.path, board->path, sizeof(board->path));
	m->world.depth = board->depth;
	printf("\n");
	fflush(stdout);
	tell_path(m);
	printf("\nFAILED %s\nbuild/release/model ", board->failure);
	print_bounds(&m->world.bounds);
	printf(" -v ");
	for (size_t i = 0; i < board->depth; i++)
		printf("%s%u/%u", i ? "," : "", board->path[i].chosen,
			board->path[i].of);
	printf("\n");
	return EXIT_FAILURE;
}

static void print_counts(const struct board *board, time_t begun)
{
	printf("%llu states", atomic_load(&board->states));
	if (atomic_load(&board->lean) > 0)
		printf(" (%llu but for late datagrams)",
			atomic_load(&board->lean));
	printf(", depth %u, %llu steps, %llu asleep, %llu ends, %lld s",
		atomic_load(&board->deepest), atomic_load(&board->edges),
		atomic_load(&board->asleep), atomic_load(&board->judged),
		(long long)(time(NULL) - begun));
}

/* False: a worker has crashed. */
static bool wait_for(struct board *board, unsigned workers, time_t begun)
{
	time_t told = begun;
	bool well = true;

	for (unsigned left = workers; left > 0;) {
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

static int run_all(struct model *m, unsigned workers)
{
	time_t begun = time(NULL);
	bool well;

	for (unsigned i = 0; i < workers; i++) {
		pid_t pid = fork();

		assert(pid >= 0);
		if (pid != 0)
			continue;
		m->backwards = i % 2 != 0;
		search(m);
		_exit(0);
	}
	well = wait_for(m->board, workers, begun);
	if (atomic_load(&m->board->failed))
		return tell_failure(m);
	if (!well) {
		printf("\nFAILED a crash\n");
		return EXIT_FAILURE;
	}
	printf("model: ");
	print_bounds(&m->world.bounds);
	printf(": ");
	print_counts(m->board, begun);
	printf(", no violation\n");
	return EXIT_SUCCESS;
}

/* False: that is no option. */
static bool read_option(struct bounds *bounds, unsigned *workers, int option)
{
	char *end;

	switch (option) {
	case 'o':
		bounds->operations = optarg;
		return true;
	case 'n':
		bounds->each[0] = (unsigned)strtoul(optarg, &end, 10);
		bounds->each[1] =
			*end == ',' ? (unsigned)atoi(end + 1) : bounds->each[0];
		return true;
	case 'l':
		bounds->losses = (unsigned)atoi(optarg);
		return true;
	case 't':
		bounds->steps = (unsigned)atoi(optarg);
		return true;
	case 'e':
		bounds->early = true;
		return true;
	case 'f':
		bounds->full = true;
		return true;
	case 'w':
		*workers = (unsigned)atoi(optarg);
		return *workers > 0 && *workers <= MAX_WORKERS;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	static struct model model = { .world.bounds = {
					      .operations = "RKCDUL",
					      .each = { 2, 2 },
					      .losses = 1,
					      .steps = 0,
				      } };
	const char *path = NULL;
	unsigned workers = 2;
	int option;

	while ((option = getopt(argc, argv, "o:n:l:t:efw:v:")) != -1) {
		if (option == 'v')
			path = optarg;
		else if (!read_option(&model.world.bounds, &workers, option))
			return 2;
	}
	model.board = mmap(NULL, sizeof(*model.board), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (sodium_init() < 0 || model.board == MAP_FAILED)
		return EXIT_FAILURE;
	if (!path)
		return run_all(&model, workers);
	read_path(&model.world, path);
	tell_path(&model);
	return EXIT_SUCCESS;
}
