/* engine.c - every SA of one host: finding them, waking them, the queue of effects.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/engine.h"
#include "ikev2/child.h"
#include "ikev2/exchange.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	/* The most that one exchange causes: the policies of a child put in
	 * place, those of another taken away, and some packets and reports. */
	EFFECTS_AN_INPUT = 4 * MAX_PAIRS,
};

struct ike_limits ike_limits_default(void)
{
	return (struct ike_limits){
		.port = 500,
		.nat_port = 4500,
		.cookie_threshold = 30,
		.half_open_limit = 1000,
		.half_open_per_source = 5,
		.half_open_ms = 30000,
		.reqid_base = 0x69000000,
		.fragment_size = 1280,
	};
}

struct ike *ike_new(const struct ike_env *env, const struct ike_limits *limits)
{
	struct ike *ike = calloc(1, sizeof(*ike));

	if (!ike)
		return NULL;
	ike->env = *env;
	ike->limits = *limits;
	ike->crypto = crypto_new();
	ike->revocations = revocations_new();
	ike->scratch_out = calloc(1, SCRATCH_LEN);
	ike->scratch_in = calloc(1, SCRATCH_LEN);
	if (!ike->crypto || !ike->revocations || !ike->scratch_out ||
		!ike->scratch_in) {
		ike_free(ike);
		return NULL;
	}
	env->random(env->ctx, ike->hash_key, sizeof(ike->hash_key));
	return ike;
}

static void free_effects(struct ike *ike)
{
	struct ike_effect effect;

	while (ike_effect(ike, &effect))
		sodium_memzero(&effect, sizeof(effect));
	free(ike->effects.ring);
	ike->effects.ring = NULL;
}

void ike_free(struct ike *ike)
{
	if (!ike)
		return;
	while (ike->sa_count > 0)
		sa_free(ike->sas[ike->sa_count - 1]);
	dials_free(ike);
	free_effects(ike);
	wakes_free(&ike->wakes);
	table_free(&ike->by_spi);
	table_free(&ike->by_init);
	table_free(&ike->by_source);
	table_free(&ike->by_id);
	table_free(&ike->by_child_spi);
	table_free(&ike->policies.table);
	table_free(&ike->policies.by_remote);
	revocations_free(ike->revocations);
	crypto_free(ike->crypto);
	if (ike->scratch_out)
		sodium_memzero(ike->scratch_out, SCRATCH_LEN);
	if (ike->scratch_in)
		sodium_memzero(ike->scratch_in, SCRATCH_LEN);
	free(ike->scratch_out);
	free(ike->scratch_in);
	free(ike->sas);
	sodium_memzero(ike, sizeof(*ike));
	free(ike);
}

/* --- Looking up ----------------------------------------------------------- */

uint64_t ike_hash(const struct ike *ike, const void *data, size_t len)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t hash;

	crypto_shorthash(out, data, len, ike->hash_key);
	memcpy(&hash, out, sizeof(hash));
	return hash;
}

/* Our SPIs are random already, and nobody else can choose them. */
uint64_t ike_spi_hash(const uint8_t spi[static IKE_SPI_LEN])
{
	uint64_t hash;

	memcpy(&hash, spi, sizeof(hash));
	return hash;
}

struct ike_sa *ike_find_sa(
	const struct ike *ike, const uint8_t spi[static IKE_SPI_LEN])
{
	struct table_node *node = table_first(&ike->by_spi, ike_spi_hash(spi));

	return node ? HOLDER(node, struct ike_sa, by_spi) : NULL;
}

/* The place of the first SA born after birth. */
static size_t place_after(const struct ike *ike, uint64_t birth)
{
	size_t low = 0, high = ike->sa_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ike->sas[middle]->birth <= birth)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct ike_sa *ike_find_birth(const struct ike *ike, uint64_t birth)
{
	size_t place = place_after(ike, birth);

	if (place == 0 || ike->sas[place - 1]->birth != birth)
		return NULL;
	return ike->sas[place - 1];
}

struct child *ike_find_child(const struct ike *ike, uint32_t spi_in)
{
	struct table_node *node = table_first(&ike->by_child_spi, spi_in);

	return node ? HOLDER(node, struct child, by_spi) : NULL;
}

/* Outbound SPIs are in no table: rarely are they asked for. */
struct child *ike_find_child_of(
	const struct ike *ike, struct ike_sa_ref ref, bool *out)
{
	struct child *child = ike_find_child(ike, ref.spi);

	*out = !child || !ike_addr_equal(&child->local, &ref.dst);
	for (size_t i = 0; *out && i < ike->sa_count; i++) {
		child = child_by_spi_out(ike->sas[i], ref.spi);
		if (child && ike_addr_equal(&child->remote, &ref.dst))
			return child;
	}
	return *out ? NULL : child;
}

uint32_t ike_new_esp_spi(struct ike *ike)
{
	uint32_t spi;

	do {
		uint8_t octets[ESP_SPI_LEN];

		ike->env.random(ike->env.ctx, octets, sizeof(octets));
		memcpy(&spi, octets, sizeof(spi));
		/* 1 to 255 are reserved (RFC 4303 section 2.1). */
	} while (spi <= 255 || ike_find_child(ike, spi));
	return spi;
}

/* --- SAs enter and leave -------------------------------------------------- */

static bool reserve_sa(struct ike *ike)
{
	size_t size = ike->sa_size ? ike->sa_size * 2 : 16;
	struct ike_sa **sas;

	if (ike->sa_count < ike->sa_size)
		return true;
	sas = calloc(size, sizeof(struct ike_sa *));
	if (!sas)
		return false;
	if (ike->sa_count)
		memcpy(sas, ike->sas, ike->sa_count * sizeof(struct ike_sa *));
	free(ike->sas);
	ike->sas = sas;
	ike->sa_size = size;
	return true;
}

bool ike_enter(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;

	if (!reserve_sa(ike) ||
		!wake_join(&ike->wakes, &sa->wake, WAKE_SA, sa->birth))
		return false;
	ike->sas[ike->sa_count++] = sa;
	table_add(&ike->by_spi, &sa->by_spi, ike_spi_hash(sa_own_spi(sa)));
	return true;
}

void ike_leave(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;
	size_t place = place_after(ike, sa->birth) - 1;

	memmove(&ike->sas[place], &ike->sas[place + 1],
		(ike->sa_count - place - 1) * sizeof(struct ike_sa *));
	ike->sa_count--;
	table_remove(&ike->by_spi, &sa->by_spi);
	if (sa->in_id)
		table_remove(&ike->by_id, &sa->by_id);
	wake_leave(&ike->wakes, &sa->wake);
}

static uint64_t id_hash(const struct ike_sa *sa)
{
	uint8_t buffer[8 + 2 * (3 + MAX_ID_LEN)];
	struct writer w = writer_of(buffer, sizeof(buffer));

	write_u64(&w, sa->dial ? sa->dial->birth : 0);
	write_u8(&w, sa->local_id.type);
	write_u16(&w, sa->local_id.len);
	write_bytes(&w, bytes_of(sa->local_id.data, sa->local_id.len));
	write_u8(&w, sa->remote_id.type);
	write_u16(&w, sa->remote_id.len);
	write_bytes(&w, bytes_of(sa->remote_id.data, sa->remote_id.len));
	return ike_hash(sa->ike, buffer, w.len);
}

void ike_enter_id(struct ike_sa *sa)
{
	table_add(&sa->ike->by_id, &sa->by_id, id_hash(sa));
	sa->in_id = true;
}

struct ike_sa *ike_same_id(
	const struct ike *ike, const struct ike_sa *sa, struct ike_sa *after)
{
	struct table_node *node = after ? table_next(&after->by_id)
					: table_first(&ike->by_id, id_hash(sa));

	return node ? HOLDER(node, struct ike_sa, by_id) : NULL;
}

/* --- Effects -------------------------------------------------------------- */

bool ike_reserve(struct ike *ike, size_t count)
{
	struct effects *effects = &ike->effects;
	size_t size = effects->size ? effects->size : EFFECTS_AN_INPUT;
	struct queued *ring;

	if (effects->count + count <= effects->size)
		return true;
	while (size < effects->count + count)
		size *= 2;
	ring = calloc(size, sizeof(*ring));
	if (!ring)
		return false;
	for (size_t i = 0; i < effects->count; i++)
		ring[i] = effects->ring[(effects->first + i) % effects->size];
	if (effects->ring)
		sodium_memzero(
			effects->ring, effects->size * sizeof(*effects->ring));
	free(effects->ring);
	effects->ring = ring;
	effects->size = size;
	effects->first = 0;
	return true;
}

static struct queued *emit(struct ike *ike, enum ike_effect_kind kind)
{
	struct effects *effects = &ike->effects;
	struct queued *at;
	bool room;

	/* Every input reserves what it is likely to need, and is dropped where
	 * there is no memory for that; one that needs more gets it here. */
	room = ike_reserve(ike, 1);
	assert(room);
	at = &effects->ring[(effects->first + effects->count++) %
			    effects->size];
	*at = (struct queued){ .effect = { .kind = kind } };
	return at;
}

struct ike_effect *ike_emit(struct ike *ike, enum ike_effect_kind kind)
{
	return &emit(ike, kind)->effect;
}

void ike_send(struct ike *ike, const struct ike_endpoint *local,
	const struct ike_endpoint *remote, struct packet *packet)
{
	for (; packet; packet = packet->next) {
		struct queued *at = emit(ike, IKE_SEND);

		at->packet = packet_ref(packet);
		at->effect.send = (struct ike_datagram){ *local, *remote,
			bytes_of(packet->data, packet->len) };
	}
}

bool ike_fetch(struct ike *ike, const struct revocation_question *question)
{
	struct packet *copy = packet_new(bytes_of(question, sizeof(*question)));
	struct queued *at;

	if (!copy)
		return false;
	at = emit(ike, IKE_FETCH);
	at->packet = copy;
	at->effect.fetch = (const void *)copy->data;
	return true;
}

struct ike_explanation *ike_explain(struct ike *ike)
{
	struct packet *room = packet_blank(sizeof(struct ike_explanation));
	struct queued *at;

	if (!room)
		return NULL;
	at = emit(ike, IKE_EXPLAIN);
	at->packet = room;
	at->effect.explain = (const void *)room->data;
	return (void *)room->data;
}

static void drop_current(struct effects *effects)
{
	packet_unref(effects->current.packet);
	sodium_memzero(&effects->current, sizeof(effects->current));
}

void ike_then(struct child *child, void (*then)(struct child *child))
{
	struct queued *at = emit(child->sa->ike, IKE_SA_QUERY);

	at->effect.sa = child->sa->birth;
	at->effect.child = child->birth;
	at->then = then;
}

bool ike_send_instead(
	struct ike *ike, const struct packet *was, struct packet *packet)
{
	struct effects *effects = &ike->effects;

	for (size_t i = 0; i < effects->count; i++) {
		struct queued *at =
			&effects->ring[(effects->first + i) % effects->size];

		if (at->packet != was)
			continue;
		packet_unref(at->packet);
		at->packet = packet_ref(packet);
		at->effect.send.data = bytes_of(packet->data, packet->len);
		return true;
	}
	return false;
}

static void take_first(struct effects *effects)
{
	struct queued *at = &effects->ring[effects->first];

	effects->current = *at;
	sodium_memzero(at, sizeof(*at));
	effects->first = (effects->first + 1) % effects->size;
	/* the same few slots again, which are near */
	if (--effects->count == 0)
		effects->first = 0;
}

/* All effects before it have been carried out. */
static void go_on(struct ike *ike, const struct queued *step)
{
	const struct ike_sa *sa = ike_find_birth(ike, step->effect.sa);
	struct child *child = sa ? child_find(sa, step->effect.child) : NULL;

	if (!child)
		return;
	step->then(child);
	ike_touch(child->sa);
}

bool ike_effect(struct ike *ike, struct ike_effect *out)
{
	struct effects *effects = &ike->effects;

	drop_current(effects);
	while (effects->count > 0 && effects->ring[effects->first].then) {
		struct queued step;

		/* Without memory it waits. */
		if (!ike_begin(ike, ike->now))
			return false;
		take_first(effects);
		step = effects->current;
		go_on(ike, &step);
		ike_end(ike);
	}
	if (effects->count == 0)
		return false;
	take_first(effects);
	*out = effects->current.effect;
	return true;
}

/* --- Telling people ------------------------------------------------------- */

static void say(struct ike *ike, struct ike_log *line)
{
	line->anybody = ike->complaining;
	ike->complaining = false;
	if (line->anybody && line->level <= IKE_LOG_INFO) {
		line->left_out = ike->complaints_left_out;
		ike->complaints_left_out = 0;
	}
	if (ike->env.log)
		ike->env.log(ike->env.ctx, line);
}

void ike_note(struct ike *ike, enum ike_event_name event, const char *peer,
	const struct ike_fact *facts, const char *format, ...)
{
	const struct ike_event *row = ike_event_at(event);
	char text[512];
	struct ike_log line = { .event = row,
		.level = row->level,
		.peer = peer,
		.facts = facts,
		.text = text };
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	say(ike, &line);
}

struct ike_effect *ike_report(struct ike *ike, enum ike_event_name event,
	enum ike_cause cause, const char *peer, const char *child,
	const struct ike_fact *facts, const char *format, ...)
{
	const struct ike_event *row = ike_event_at(event);
	struct ike_effect *effect = ike_emit(ike, IKE_REPORT);
	struct ike_report *told = &effect->report;
	struct ike_log line = { .event = row,
		.level = row->level,
		.peer = peer,
		.child = child,
		.cause = ike_cause_name(cause),
		.facts = facts,
		.text = told->text };
	va_list args;

	told->kind = row->kind;
	told->cause = cause;
	snprintf(told->peer, sizeof(told->peer), "%s", peer ? peer : "");
	snprintf(told->child, sizeof(told->child), "%s", child ? child : "");
	va_start(args, format);
	vsnprintf(told->text, sizeof(told->text), format, args);
	va_end(args);
	say(ike, &line);
	return effect;
}

const char *sa_peer_name(const struct ike_sa *sa)
{
	return sa->peer ? sa->peer->name : NULL;
}

/* --- Around every input --------------------------------------------------- */

void ike_touch(struct ike_sa *sa)
{
	if (sa->touched)
		return;
	sa->touched = true;
	sa->touched_next = sa->ike->touched;
	sa->ike->touched = sa;
}

void ike_touch_dial(struct ike *ike, struct dial *dial)
{
	if (dial->touched)
		return;
	dial->touched = true;
	dial->touched_next = ike->touched_dials;
	ike->touched_dials = dial;
}

bool ike_begin(struct ike *ike, struct ike_now now)
{
	/* A clock that steps back would make deadlines of the past. */
	if (now.mono_ms < ike->now.mono_ms)
		now.mono_ms = ike->now.mono_ms;
	ike->now = now;
	return ike_reserve(ike, EFFECTS_AN_INPUT);
}

static void settle_sa(struct ike_sa *sa)
{
	if (sa->phase == PHASE_DEAD) {
		sa_free(sa);
		return;
	}
	if (waiting_is_over(sa))
		exchange_resume(sa);
	exchange_next(sa);
	if (sa->phase != PHASE_DEAD)
		wake_set(&sa->ike->wakes, &sa->wake, sa_deadline(sa));
}

void ike_end(struct ike *ike)
{
	while (ike->touched || ike->touched_dials) {
		struct ike_sa *sa = ike->touched;
		struct dial *dial = ike->touched_dials;

		/* One SA may cause as much as one input. */
		if (!ike_reserve(ike, EFFECTS_AN_INPUT))
			break;
		if (sa) {
			ike->touched = sa->touched_next;
			sa->touched = false;
			if (sa->dial)
				ike_touch_dial(ike, sa->dial);
			settle_sa(sa);
		} else {
			ike->touched_dials = dial->touched_next;
			dial->touched = false;
			dial_note_state(ike, dial);
			wake_set(&ike->wakes, &dial->wake, dial_deadline(dial));
		}
	}
	ike->datagram = NULL;
	ike->first_fragment = 0;
	ike->explain = NULL;
}

void ike_tick(struct ike *ike, struct ike_now now)
{
	struct wake *wake;

	if (!ike_begin(ike, now))
		return;
	while ((wake = wake_first(&ike->wakes)) &&
		wake->at_ms <= ike->now.mono_ms) {
		if (!ike_reserve(ike, EFFECTS_AN_INPUT))
			break;
		/* Whoever wakes moves its own deadline; this keeps a mistake
		 * there from becoming an endless loop. */
		wake_set(&ike->wakes, wake, IKE_NEVER);
		if (wake->kind == WAKE_SA) {
			struct ike_sa *sa = HOLDER(wake, struct ike_sa, wake);

			ike_touch(sa);
			sa_wake(sa);
		} else {
			struct dial *dial = HOLDER(wake, struct dial, wake);

			ike_touch_dial(ike, dial);
			dial_wake(ike, dial);
		}
	}
	ike_end(ike);
}

uint64_t ike_deadline(const struct ike *ike)
{
	const struct wake *first = wake_first(&ike->wakes);

	return first ? first->at_ms : IKE_NEVER;
}
