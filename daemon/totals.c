/* totals.c - what each peer's children have carried since the daemon started.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/totals.h"

#include "daemon/named.h"

#include <stdlib.h>

#define NO_NAME SIZE_MAX

/* Of all children with one name that are gone. */
struct name_count {
	char name[MAX_NAME];
	uint64_t in_bytes, out_bytes;
};

struct child_count {
	uint64_t child;
	size_t name;                  /* its row; NO_NAME without memory */
	uint64_t in_bytes, out_bytes; /* as last seen */
	bool seen;                    /* since totals_begin */
	bool up;                      /* its last counts will be told */
};

struct totals_peer {
	char name[MAX_NAME];
	uint64_t in_bytes, out_bytes; /* of children that are gone */
	uint64_t rekeys;
	struct child_count *children; /* sorted by child */
	size_t count, size;
	struct name_count *names;
	size_t name_count, name_size;
};

/* A child that is up. */
struct live {
	uint64_t child;
	struct totals_peer *peer;
	struct ike_sa_ref in;
};

struct totals {
	struct named peers;
	struct live *lives; /* sorted by child */
	size_t live_count, live_size;
};

struct totals *totals_new(void)
{
	return calloc(1, sizeof(struct totals));
}

void totals_free(struct totals *totals)
{
	if (!totals)
		return;
	for (size_t i = 0; i < totals->peers.count; i++) {
		const struct totals_peer *peer = named_at(&totals->peers, i);

		free(peer->children);
		free(peer->names);
	}
	named_clear(&totals->peers);
	free(totals->lives);
	free(totals);
}

/* Room for one more; false without memory. */
static bool grow(void **array, size_t *size, size_t count, size_t each)
{
	size_t more = *size ? 2 * *size : 4;
	void *grown;

	if (count < *size)
		return true;
	grown = reallocarray(*array, more, each);
	if (!grown)
		return false;
	*array = grown;
	*size = more;
	return true;
}

struct totals_peer *totals_of(struct totals *totals, const char *peer)
{
	return named_make(&totals->peers, peer, sizeof(struct totals_peer));
}

void totals_begin(struct totals_peer *peer)
{
	for (size_t i = 0; i < peer->count; i++)
		peer->children[i].seen = false;
}

/* The place of a child of a peer: where it is, or where it belongs.  A gateway
 * has ten thousand under one peer. */
static size_t place_in(const struct totals_peer *peer, uint64_t child)
{
	size_t low = 0, high = peer->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (peer->children[middle].child < child)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct child_count *child_at(
	const struct totals_peer *peer, size_t at, uint64_t child)
{
	return at < peer->count && peer->children[at].child == child
		       ? &peer->children[at]
		       : NULL;
}

static struct child_count *find_child(struct totals_peer *peer, uint64_t child)
{
	return child_at(peer, place_in(peer, child), child);
}

/* There are as many names as the configuration has, and has had. */
static size_t name_of(struct totals_peer *peer, const char *name)
{
	void *names = peer->names;

	for (size_t i = 0; i < peer->name_count; i++) {
		if (strcmp(peer->names[i].name, name) == 0)
			return i;
	}
	if (strlen(name) >= MAX_NAME ||
		!grow(&names, &peer->name_size, peer->name_count,
			sizeof(*peer->names)))
		return NO_NAME;
	peer->names = names;
	peer->names[peer->name_count] = (struct name_count){ .in_bytes = 0 };
	memcpy(peer->names[peer->name_count].name, name, strlen(name) + 1);
	return peer->name_count++;
}

static struct child_count *child_of(
	struct totals_peer *peer, const char *name, uint64_t child)
{
	const size_t at = place_in(peer, child);
	struct child_count *row = child_at(peer, at, child);
	void *children = peer->children;

	if (row)
		return row;
	if (!grow(&children, &peer->size, peer->count, sizeof(*peer->children)))
		return NULL;
	peer->children = children;
	row = &peer->children[at];
	memmove(row + 1, row, (peer->count - at) * sizeof(*row));
	*row = (struct child_count){ .child = child,
		.name = name_of(peer, name) };
	peer->count++;
	return row;
}

/* What no SA counts any more. */
static void keep(struct totals_peer *peer, size_t name, uint64_t in_bytes,
	uint64_t out_bytes)
{
	peer->in_bytes += in_bytes;
	peer->out_bytes += out_bytes;
	if (name == NO_NAME)
		return;
	peer->names[name].in_bytes += in_bytes;
	peer->names[name].out_bytes += out_bytes;
}

void totals_count(struct totals_peer *peer, const char *name, uint64_t child,
	uint64_t in_bytes, uint64_t out_bytes)
{
	struct child_count *row = child_of(peer, name, child);

	if (!row)
		return;
	/* A counter that went back belongs to a new SA of the same child. */
	keep(peer, row->name, in_bytes < row->in_bytes ? row->in_bytes : 0,
		out_bytes < row->out_bytes ? row->out_bytes : 0);
	row->in_bytes = in_bytes;
	row->out_bytes = out_bytes;
	row->seen = true;
}

void totals_end(struct totals_peer *peer)
{
	size_t kept = 0;

	for (size_t i = 0; i < peer->count; i++) {
		const struct child_count row = peer->children[i];

		if (row.seen || row.up) {
			peer->children[kept++] = row;
			continue;
		}
		keep(peer, row.name, row.in_bytes, row.out_bytes);
	}
	peer->count = kept;
}

/* --- Last counts ---------------------------------------------------------- */

/* The place of a child: where it is, or where it belongs. */
static size_t place_of_child(const struct totals *totals, uint64_t child)
{
	size_t low = 0, high = totals->live_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (totals->lives[middle].child < child)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool totals_knows(const struct totals *totals, uint64_t child)
{
	size_t at = place_of_child(totals, child);

	return at < totals->live_count && totals->lives[at].child == child;
}

void totals_up(struct totals *totals, const char *peer, const char *name,
	uint64_t child, struct ike_sa_ref in)
{
	struct totals_peer *of = totals_of(totals, peer);
	struct child_count *row = of ? child_of(of, name, child) : NULL;
	size_t at = place_of_child(totals, child);
	void *lives = totals->lives;

	if (!row || totals_knows(totals, child) ||
		!grow(&lives, &totals->live_size, totals->live_count,
			sizeof(*totals->lives)))
		return;
	totals->lives = lives;
	memmove(totals->lives + at + 1, totals->lives + at,
		(totals->live_count - at) * sizeof(*totals->lives));
	totals->lives[at] = (struct live){ child, of, in };
	totals->live_count++;
	row->up = true;
}

/* Its SAs are gone: what it has carried is the peer's. */
static void settle(struct totals *totals, size_t at)
{
	struct totals_peer *peer = totals->lives[at].peer;
	struct child_count *row = find_child(peer, totals->lives[at].child);

	if (row) {
		keep(peer, row->name, row->in_bytes, row->out_bytes);
		peer->count--;
		memmove(row, row + 1,
			(size_t)(peer->children + peer->count - row) *
				sizeof(*row));
	}
	totals->live_count--;
	memmove(totals->lives + at, totals->lives + at + 1,
		(totals->live_count - at) * sizeof(*totals->lives));
}

void totals_last(struct totals *totals, uint64_t child, struct ike_sa_ref ref,
	uint64_t bytes)
{
	size_t at = place_of_child(totals, child);
	struct child_count *row;
	struct live *live;

	if (!totals_knows(totals, child))
		return;
	live = &totals->lives[at];
	row = find_child(live->peer, child);
	if (!row)
		return;
	if (ref.spi != live->in.spi ||
		!ike_addr_equal(&ref.dst, &live->in.dst)) {
		row->out_bytes =
			bytes > row->out_bytes ? bytes : row->out_bytes;
		return;
	}
	row->in_bytes = bytes > row->in_bytes ? bytes : row->in_bytes;
	/* The inbound SA is the last to go, and one that was replaced before
	 * it was used has no other. */
	settle(totals, at);
}

void totals_rekeyed(struct totals *totals, const char *peer)
{
	struct totals_peer *of = totals_of(totals, peer);

	if (of)
		of->rekeys++;
}

uint64_t totals_rekeys(const struct totals_peer *peer)
{
	return peer->rekeys;
}

void totals_moved(struct totals *totals, uint64_t child, struct ike_sa_ref was,
	const struct ike_addr *dst)
{
	size_t at = place_of_child(totals, child);
	struct ike_sa_ref *in;

	if (!totals_knows(totals, child))
		return;
	in = &totals->lives[at].in;
	if (was.spi == in->spi && ike_addr_equal(&was.dst, &in->dst))
		in->dst = *dst;
}

uint64_t totals_in(const struct totals_peer *peer)
{
	uint64_t sum = peer->in_bytes;

	for (size_t i = 0; i < peer->count; i++)
		sum += peer->children[i].in_bytes;
	return sum;
}

uint64_t totals_out(const struct totals_peer *peer)
{
	uint64_t sum = peer->out_bytes;

	for (size_t i = 0; i < peer->count; i++)
		sum += peer->children[i].out_bytes;
	return sum;
}

const char *totals_child(const struct totals_peer *peer, size_t i,
	uint64_t *in_bytes, uint64_t *out_bytes)
{
	const struct name_count *name;

	if (i >= peer->name_count)
		return NULL;
	name = &peer->names[i];
	*in_bytes = name->in_bytes;
	*out_bytes = name->out_bytes;
	for (size_t c = 0; c < peer->count; c++) {
		if (peer->children[c].name != i)
			continue;
		*in_bytes += peer->children[c].in_bytes;
		*out_bytes += peer->children[c].out_bytes;
	}
	return name->name;
}
