/* load.c - floods of IKE_SA_INIT while honest peers connect: N36, N38, N39.
 * SPDX-License-Identifier: ISC
 *
 * One core, twenty more that want to connect to it, and what seems to come from
 * anywhere; in virtual time.  What a request costs is counted: key exchanges,
 * octets of answers, memory.
 */
#include "ikev2/engine.h"
#include "tests/suite.h"
#include "tests/unit/heap.h"
#include "tests/unit/sides.h"

#include <stdlib.h>

enum {
	HONEST = 20,
	SERVER = 1,
	FIRST = 2, /* 192.0.2.2 and up are the honest peers */
	FLOOD = 100000,
	ROUND = 50, /* requests a millisecond */
	HALF_OPEN_MS = 30000,
	KEY_LEN = 32, /* of x25519, the last but a header of KE */
};

static const char key[] = "a secret of both";

static struct {
	struct side server, client[HONEST];
	uint64_t now_ms;
	struct bytes request; /* an honest IKE_SA_INIT, to make others of */
	uint8_t room[2048];
	/* of what the server says to whom is none of the honest peers */
	size_t answers, longest;
	uint16_t notify; /* in the last of them; 0: none */
} net;

static struct ike_now now(void)
{
	return (struct ike_now){ net.now_ms, 0 };
}

/* --- The network ---------------------------------------------------------- */

static int honest_at(const struct ike_endpoint *to)
{
	const struct ike_addr first = address(FIRST);

	if ((to->port != 500 && to->port != 4500) || to->addr.family != 4 ||
		memcmp(to->addr.octets, first.octets, 3) != 0 ||
		to->addr.octets[3] < FIRST ||
		to->addr.octets[3] >= FIRST + HONEST)
		return -1;
	return to->addr.octets[3] - FIRST;
}

static void note_answer(struct bytes data)
{
	struct ike_header header;
	struct message in;

	net.answers++;
	if (data.len > net.longest)
		net.longest = data.len;
	net.notify = 0;
	if (read_header(data, &header) &&
		message_read(&in, header.next,
			bytes_of(data.at + IKE_HEADER_LEN,
				data.len - IKE_HEADER_LEN),
			IKE_HEADER_LEN) == IKE_OK &&
		in.notifies == 1)
		net.notify = in.notify[0].type;
}

/* What one side wants; packets arrive at once. */
static bool carry(struct side *side, uint8_t us)
{
	struct ike_effect e;
	bool any = false;

	while (ike_effect(side->ike, &e)) {
		const struct ike_address_pair pair = { address(us),
			address(SERVER) };
		struct ike_resolution found = { .pairs = &pair, .count = 1 };
		const struct ike_datagram d = { e.send.remote, e.send.local,
			e.send.data };
		int to;

		any = true;
		if (e.kind == IKE_REPORT)
			side->child_up += e.report.kind == IKE_REPORT_CHILD_UP;
		if (e.kind == IKE_RESOLVE) {
			found.peer = e.resolve->name;
			ike_resolved(side->ike, now(), &found);
		}
		if (e.kind != IKE_SEND)
			continue;
		if (us != SERVER) {
			ike_receive(net.server.ike, now(), &d);
			continue;
		}
		to = honest_at(&e.send.remote);
		if (to < 0)
			note_answer(e.send.data);
		else if (net.client[to].ike)
			ike_receive(net.client[to].ike, now(), &d);
	}
	return any;
}

static void settle(void)
{
	bool more = true;

	while (more) {
		more = carry(&net.server, SERVER);
		for (int i = 0; i < HONEST; i++) {
			if (net.client[i].ike)
				more |= carry(
					&net.client[i], (uint8_t)(FIRST + i));
		}
	}
}

static void seeded(void *ctx, uint8_t *out, size_t len)
{
	struct side *side = ctx;

	for (size_t i = 0; i < len; i++) {
		side->seed = side->seed * 6364136223846793005u +
			     1442695040888963407u;
		out[i] = (uint8_t)(side->seed >> 56);
	}
}

static void open_server(void)
{
	const struct ike_env env = { seeded, NULL, &net.server };
	const struct ike_limits limits = ike_limits_default();
	struct side *side = &net.server;

	*side = (struct side){ .seed = SERVER };
	side->ike = ike_new(&env, &limits);
	ck_assert_ptr_nonnull(side->ike);
	side->peers.peer = calloc(HONEST, sizeof(struct ike_peer *));
	side->peers.count = HONEST;
	for (int i = 0; i < HONEST; i++)
		side->peers.peer[i] =
			peer_to(SERVER, (uint8_t)(FIRST + i), key);
	/* Strangers get as far as anybody does. */
	side->peers.peer[0]->remote.place_count = 0;
	ike_set_peers(side->ike, now(), &side->peers);
}

/* An honest request that went nowhere, as what the others are made of. */
static void take_request(void)
{
	const struct ike_wish up = { "to1", NULL };
	const struct ike_address_pair pair = { address(200), address(SERVER) };
	struct ike_resolution found = { .pairs = &pair, .count = 1 };
	struct ike_effect e;
	struct side side;

	side_open(&side, 200, SERVER, key);
	ck_assert_int_eq(ike_up(side.ike, now(), &up), IKE_WISH_STARTED);
	while (ike_effect(side.ike, &e)) {
		if (e.kind == IKE_RESOLVE) {
			found.peer = e.resolve->name;
			ike_resolved(side.ike, now(), &found);
		}
		if (e.kind != IKE_SEND)
			continue;
		ck_assert_uint_le(e.send.data.len, sizeof(net.room));
		memcpy(net.room, e.send.data.at, e.send.data.len);
		net.request = bytes_of(net.room, e.send.data.len);
	}
	side_close(&side);
	ck_assert_uint_gt(net.request.len, IKE_HEADER_LEN);
}

static void open_net(void)
{
	memset(&net, 0, sizeof(net));
	net.now_ms = 5000;
	take_request();
	open_server();
	settle();
}

static void close_net(void)
{
	heap_unwatch();
	for (int i = 0; i < HONEST; i++) {
		if (net.client[i].ike)
			side_close(&net.client[i]);
		net.client[i].ike = NULL;
	}
	if (net.server.ike)
		side_close(&net.server);
	net.server.ike = NULL;
}

static void start_client(int i)
{
	const struct ike_wish up = { "to1", NULL };
	struct side *side = &net.client[i];

	side_open(side, (uint8_t)(FIRST + i), SERVER, key);
	ck_assert_int_eq(ike_up(side->ike, now(), &up), IKE_WISH_STARTED);
	settle();
}

static int connected(void)
{
	int count = 0;

	for (int i = 0; i < HONEST; i++)
		count += net.client[i].child_up == 1;
	return count;
}

static void tick(void)
{
	ike_tick(net.server.ike, now());
	for (int i = 0; i < HONEST; i++) {
		if (net.client[i].ike)
			ike_tick(net.client[i].ike, now());
	}
	settle();
}

static void advance(uint64_t ms)
{
	for (const uint64_t end = net.now_ms + ms; net.now_ms < end;) {
		net.now_ms += ms < 1000 ? ms : 1000;
		tick();
	}
}

/* --- What does not come from where it seems to ---------------------------- */

static void give(struct bytes data, const struct ike_endpoint *from)
{
	const struct ike_datagram d = { { address(SERVER), 500 }, *from, data };

	ike_receive(net.server.ike, now(), &d);
	settle();
}

static struct ike_endpoint anywhere(uint32_t n)
{
	const uint32_t spread = n * 2654435761u; /* no two alike */

	return (struct ike_endpoint){ { 4, { 10, (uint8_t)(spread >> 24),
						   (uint8_t)(spread >> 16),
						   (uint8_t)(spread >> 8) } },
		(uint16_t)(1024 + n % 60000) };
}

/* A neighbour of the honest peers, or one of them as far as one can see. */
static struct ike_endpoint nearby(uint32_t n)
{
	struct ike_endpoint from = { address((uint8_t)n),
		(uint16_t)(5000 + n % 60000) };

	if (from.addr.octets[3] == SERVER)
		from.addr.octets[3] = 99;
	return from;
}

/* The offset of the body of the first payload of a type. */
static size_t body_of(const uint8_t *message, size_t len, uint8_t type)
{
	size_t offset = IKE_HEADER_LEN;

	for (uint8_t next = message[16]; offset + 4 <= len;) {
		if (next == type)
			return offset + 4;
		next = message[offset];
		offset += (size_t)(message[offset + 2] << 8 |
				   message[offset + 3]);
	}
	ck_abort_msg("no payload %u", type);
	return 0;
}

/* The kinds of requests, and what comes back to one where nothing holds it up;
 * 0: silence, or what is no error. */
enum kind {
	GOOD,
	OTHER_GROUP,
	NO_PROPOSAL,
	CRITICAL,
	ALL_ZERO, /* the public value, which the group forbids */
	MAJOR_3,
	NO_KE,
	KINDS,
};

static const uint16_t notify_of[KINDS] = {
	[OTHER_GROUP] = INVALID_KE_PAYLOAD,
	[NO_PROPOSAL] = NO_PROPOSAL_CHOSEN,
	[CRITICAL] = UNSUPPORTED_CRITICAL_PAYLOAD,
	[MAJOR_3] = INVALID_MAJOR_VERSION,
};

/* The n-th of its kind, which no other is alike. */
static struct bytes make(enum kind kind, uint32_t n, uint8_t *out)
{
	const size_t len = net.request.len;

	memcpy(out, net.request.at, len);
	memcpy(out, &n, sizeof(n));
	out[4] = 0xf0; /* none of the honest peers' */
	switch (kind) {
	case GOOD:
	case KINDS:
		break;
	case OTHER_GROUP:
		out[body_of(out, len, PAYLOAD_KE) + 1] = KE_ECP_256;
		break;
	case NO_PROPOSAL: /* an algorithm that nobody has */
		out[body_of(out, len, PAYLOAD_SA) + 8 + 7] = 0xee;
		break;
	case CRITICAL:
		out[16] = 200;
		out[IKE_HEADER_LEN + 1] |= PAYLOAD_CRITICAL;
		break;
	case ALL_ZERO:
		memset(out + body_of(out, len, PAYLOAD_KE) + 4, 0, KEY_LEN);
		break;
	case MAJOR_3:
		out[17] = 0x30;
		break;
	case NO_KE: /* it is a vendor ID */
		out[IKE_HEADER_LEN] = PAYLOAD_VENDOR;
		break;
	}
	return bytes_of(out, len);
}

static uint64_t half_open(void)
{
	return net.server.ike->half_open;
}

/* One request of the flood, which has no cookie: past the threshold it costs
 * no key exchange, and what comes back is never longer. */
static void strike(enum kind kind, uint32_t n, const struct ike_endpoint *from)
{
	const bool past =
		half_open() >= net.server.ike->limits.cookie_threshold;
	const unsigned long before = x25519_operations;
	const uint64_t open = half_open();
	uint8_t room[sizeof(net.room)];
	const struct bytes data = make(kind, n, room);

	net.answers = net.longest = 0;
	give(data, from);
	ck_assert_uint_le(net.answers, 1);
	if (past || half_open() == open) {
		ck_assert_uint_eq(x25519_operations, before);
		ck_assert_uint_le(net.longest, data.len);
	}
}

/* --- N38 ------------------------------------------------------------------- */

static void flood_with(struct ike_endpoint (*from)(uint32_t n))
{
	size_t blocks = 0, octets = 0;
	unsigned long before;
	uint64_t most = 0;

	open_net();
	before = x25519_operations;
	heap_watch();
	for (uint32_t n = 0; n < FLOOD; n++) {
		const struct ike_endpoint src = from(n);

		if (n % ROUND == 0) {
			net.now_ms++;
			tick();
		}
		/* One honest peer each so often. */
		if (n % (FLOOD / HONEST) == FLOOD / HONEST / 2)
			start_client((int)(n / (FLOOD / HONEST)));
		strike((enum kind)(n % KINDS), n, &src);
		if (half_open() > most)
			most = half_open();
		if (n == FLOOD / 2) {
			blocks = heap_blocks();
			octets = heap_octets();
		}
	}
	ck_assert_uint_ge(most, 15); /* it was a flood */
	ck_assert_uint_le(most, 30 + HONEST);
	advance(5000);
	ck_assert_int_eq(connected(), HONEST);
	/* Four each for the honest, and two for each that got in before. */
	ck_assert_uint_le(x25519_operations - before, 4 * HONEST + 2 * 30);
	/* In the second half nothing grows but what honest peers have: their
	 * own core and SA, and what the server has of each. */
	ck_assert_uint_gt(blocks, 0);
	ck_assert_uint_le(heap_blocks(), blocks + (HONEST / 2 + 1) * 60);
	ck_assert_uint_le(heap_octets(), octets + (HONEST / 2 + 1) * 400000);
	advance(HALF_OPEN_MS);
	ck_assert_uint_eq(half_open(), 0);
	ck_assert_uint_eq(net.server.ike->sa_count, HONEST);
	close_net();
}

START_TEST(n38_a_flood_from_anywhere)
{
	flood_with(anywhere);
}
END_TEST

/* .. and from where the honest peers are, who are not locked out by it. */
START_TEST(n38_a_flood_from_the_neighbourhood)
{
	flood_with(nearby);
}
END_TEST

/* A flood leaves no memory behind, of which kind its requests are. */
START_TEST(n38_nothing_is_kept)
{
	size_t blocks;

	open_net();
	heap_watch();
	for (uint32_t n = 0; n < 2000; n++) {
		const struct ike_endpoint src = anywhere(n);

		strike((enum kind)(n % KINDS), n, &src);
	}
	advance(HALF_OPEN_MS + 1000);
	ck_assert_uint_eq(half_open(), 0);
	blocks = heap_blocks();
	for (uint32_t n = 2000; n < 22000; n++) {
		const struct ike_endpoint src = anywhere(n);

		strike((enum kind)(n % KINDS), n, &src);
	}
	advance(HALF_OPEN_MS + 1000);
	ck_assert_uint_eq(half_open(), 0);
	ck_assert_uint_le(heap_blocks(), blocks);
	close_net();
}
END_TEST

/* --- Answers without state ------------------------------------------------- */

/* Each kind, cut or filled to every length: what comes back says what is wrong
 * where there is room for it in the request's length, and else nothing does. */
START_TEST(n38_no_answer_is_longer_than_its_request)
{
	uint8_t room[sizeof(net.room)];
	unsigned seen = 0;

	open_net();
	for (int kind = OTHER_GROUP; kind < KINDS; kind++) {
		for (size_t len = 1; len <= net.request.len; len++) {
			const struct ike_endpoint src = anywhere((uint32_t)len);
			uint8_t *copy = malloc(len);

			(void)make((enum kind)kind, (uint32_t)len, room);
			room[26] = (uint8_t)(len >> 8);
			room[27] = (uint8_t)len;
			memcpy(copy, room, len);
			net.answers = net.longest = 0;
			net.notify = 0;
			give(bytes_of(copy, len), &src);
			free(copy);
			ck_assert_uint_le(net.answers, 1);
			ck_assert_uint_le(net.longest, len);
			ck_assert_uint_eq(half_open(), 0);
			if (net.answers && net.notify == notify_of[kind])
				seen |= 1u << kind;
			advance(20); /* no more than a hundred a second */
		}
	}
	ck_assert_uint_eq(seen, 1u << OTHER_GROUP | 1u << NO_PROPOSAL |
					1u << CRITICAL | 1u << MAJOR_3);
	close_net();
}
END_TEST

/* A cookie for the shortest request that gets one. */
START_TEST(n38_no_cookie_is_longer_than_its_request)
{
	/* header; SA, KE and nonce that are as short as can be */
	enum { SHORTEST = IKE_HEADER_LEN + 4 + 8 + 4 };
	uint8_t room[sizeof(net.room)];
	int cookies = 0;

	open_net();
	for (uint32_t n = 0; n < 30; n++) {
		const struct ike_endpoint src = anywhere(n);

		give(make(GOOD, n, room), &src);
	}
	ck_assert_uint_eq(half_open(), 30);
	for (size_t len = SHORTEST; len <= net.request.len; len++) {
		const struct ike_endpoint src = anywhere((uint32_t)len + 30);

		(void)make(GOOD, (uint32_t)len + 30, room);
		room[26] = (uint8_t)(len >> 8);
		room[27] = (uint8_t)len;
		net.answers = net.longest = 0;
		give(bytes_of(room, len), &src);
		ck_assert_uint_le(net.longest, len);
		cookies += net.answers > 0 && net.notify == COOKIE;
	}
	ck_assert_int_gt(cookies, 0);
	close_net();
}
END_TEST

/* Errors without state are limited in number, too: a hundred a second. */
START_TEST(n38_errors_are_limited)
{
	uint8_t room[sizeof(net.room)];
	size_t answers = 0;

	open_net();
	for (uint32_t n = 0; n < 10000; n++) {
		const struct ike_endpoint src = anywhere(n);

		net.answers = 0;
		give(make(n % 2 ? OTHER_GROUP : MAJOR_3, n, room), &src);
		answers += net.answers > 0 && net.notify != COOKIE;
	}
	ck_assert_uint_eq(answers, 100);
	/* that second is not over, and then it is */
	for (int last = 0; last < 2; last++) {
		const struct ike_endpoint src = anywhere(1);

		advance(last ? 1 : 999);
		net.answers = 0;
		give(make(MAJOR_3, 1, room), &src);
		ck_assert_uint_eq(net.answers, (size_t)last);
	}
	close_net();
}
END_TEST

/* What is refused keeps nothing, so half-open SAs never ask for cookies; but it
 * has cost a look at all peers.  The next second begins anew. */
START_TEST(n38_refused_ones_ask_for_cookies)
{
	uint8_t room[sizeof(net.room)];

	open_net();
	for (int second = 0; second < 2; second++) {
		for (uint32_t n = 0; n < 100; n++) {
			const struct ike_endpoint src = anywhere(n);

			net.answers = 0;
			give(make(NO_PROPOSAL, n, room), &src);
			ck_assert_uint_eq(net.answers, 1);
			ck_assert_uint_eq(net.notify,
				n < 30 ? NO_PROPOSAL_CHOSEN : COOKIE);
		}
		ck_assert_uint_eq(half_open(), 0);
		advance(1000);
	}
	close_net();
}
END_TEST

/* --- N36 ------------------------------------------------------------------- */

START_TEST(n36_a_repeat_costs_no_key_exchange)
{
	const struct ike_endpoint src = anywhere(7);
	uint8_t room[sizeof(net.room)];
	const struct bytes data = (open_net(), make(GOOD, 7, room));
	unsigned long before = x25519_operations;

	give(data, &src);
	ck_assert_uint_eq(x25519_operations, before + 2);
	before = x25519_operations;
	net.answers = 0;
	for (int i = 0; i < 1000; i++)
		give(data, &src);
	ck_assert_uint_eq(net.answers, 20); /* so much for a forged source */
	ck_assert_uint_eq(x25519_operations, before);
	ck_assert_uint_eq(half_open(), 1);
	close_net();
}
END_TEST

/* One that the group forbids is refused for nothing, however often. */
START_TEST(n36_a_forbidden_value_costs_no_key_exchange)
{
	unsigned long before;

	open_net();
	before = x25519_operations;
	for (uint32_t n = 0; n < 1000; n++) {
		const struct ike_endpoint src = anywhere(n);

		strike(ALL_ZERO, n, &src);
	}
	ck_assert_uint_eq(x25519_operations, before);
	ck_assert_uint_eq(half_open(), 0);
	close_net();
}
END_TEST

/* --- N39 ------------------------------------------------------------------- */

/* The cookie that the server sent last, in front of the same request. */
static uint8_t cookie[COOKIE_LEN_MAX];
static size_t cookie_len;

/* Who can hear us there asks, and never goes on; true if it was let in. */
static bool ask_and_be_silent(uint32_t n, const struct ike_endpoint *from)
{
	uint8_t request[sizeof(net.room)], again[sizeof(net.room) + 64];
	const struct bytes data = make(GOOD, n, request);
	const uint64_t before = half_open();
	struct ike_datagram d = { { address(SERVER), 500 }, *from, data };
	struct ike_effect e;
	struct writer w = writer_of(again, sizeof(again));

	cookie_len = 0;
	ike_receive(net.server.ike, now(), &d);
	while (ike_effect(net.server.ike, &e)) {
		struct ike_header header;
		struct message in;

		if (e.kind != IKE_SEND || !read_header(e.send.data, &header) ||
			message_read(&in, header.next,
				bytes_of(e.send.data.at + IKE_HEADER_LEN,
					e.send.data.len - IKE_HEADER_LEN),
				IKE_HEADER_LEN) != IKE_OK ||
			!message_notify(&in, COOKIE))
			continue;
		cookie_len = message_notify(&in, COOKIE)->data.len;
		memcpy(cookie, message_notify(&in, COOKIE)->data.at,
			cookie_len);
	}
	if (cookie_len == 0)
		return half_open() > before;
	write_bytes(&w, bytes_of(request, IKE_HEADER_LEN));
	again[16] = PAYLOAD_NOTIFY;
	write_u8(&w, request[16]);
	write_u8(&w, 0);
	write_u16(&w, (uint16_t)(8 + cookie_len));
	write_u16(&w, 0);
	write_u16(&w, COOKIE);
	write_bytes(&w, bytes_of(cookie, cookie_len));
	write_bytes(&w,
		bytes_of(request + IKE_HEADER_LEN, data.len - IKE_HEADER_LEN));
	again[26] = (uint8_t)(w.len >> 8);
	again[27] = (uint8_t)w.len;
	d.data = written(&w);
	ck_assert(!w.bad);
	ike_receive(net.server.ike, now(), &d);
	settle();
	return half_open() > before;
}

static struct ike_endpoint at6(uint8_t subnet, uint8_t host)
{
	return (struct ike_endpoint){ { 6, { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0,
						   subnet, 0, 0, 0, 0, 0, 0, 0,
						   host } },
		500 };
}

/* Ten thousand from one /24 or /56 that return every cookie: so many places are
 * taken, and the others are there for everybody else. */
static void n39_with(bool six)
{
	int let_in = 0, of_one = 0;

	open_net();
	for (uint32_t n = 0; n < 10000; n++) {
		struct ike_endpoint from =
			six ? at6((uint8_t)n, (uint8_t)(n >> 8))
			    : (struct ike_endpoint){
				      { 4, { 198, 51, 100, (uint8_t)n } },
				      (uint16_t)(1024 + n)
			      };

		let_in += ask_and_be_silent(n, &from);
	}
	ck_assert_int_eq(let_in, 40);
	ck_assert_uint_eq(half_open(), 40);
	/* A single address has its own limit: five. */
	for (uint32_t n = 10000; n < 10100; n++) {
		struct ike_endpoint from =
			six ? at6(77, (uint8_t)n)
			    : (struct ike_endpoint){ { 4, { 198, 51, 101, 1 } },
				      (uint16_t)n };

		if (six) /* in the next network, too */
			from.addr.octets[6] = 1;
		of_one += ask_and_be_silent(n, &from);
	}
	ck_assert_int_eq(of_one, 5);
	for (int i = 0; i < HONEST; i++)
		start_client(i);
	ck_assert_int_eq(connected(), HONEST);
	/* After half a minute that network is like any other. */
	advance(HALF_OPEN_MS + 1000);
	ck_assert_uint_eq(half_open(), 0);
	{
		const struct ike_endpoint from =
			six ? at6(1, 1)
			    : (struct ike_endpoint){ { 4, { 198, 51, 100, 1 } },
				      500 };

		ck_assert(ask_and_be_silent(20000, &from));
	}
	close_net();
}

START_TEST(n39_half_open_of_one_network)
{
	n39_with(_i == 1);
}
END_TEST

/* An honest peer whose address others send from, too: there is a place for who
 * returns the cookie, now; and for who is behind the same NAT as an attacker
 * that returns them, when those are forgotten. */
START_TEST(n39_nobody_is_locked_out)
{
	struct ike_endpoint from = { address(FIRST), 5000 };
	uint8_t room[sizeof(net.room)];

	open_net();
	for (uint32_t n = 0; n < 1000; n++) {
		from.port++;
		give(make(GOOD, n, room), &from);
	}
	ck_assert_uint_lt(half_open(), 5);
	start_client(0);
	ck_assert_int_eq(net.client[0].child_up, 1);
	for (uint32_t n = 1000; n < 2000; n++) {
		from = (struct ike_endpoint){ address(FIRST + 1),
			(uint16_t)(5000 + n) };
		(void)ask_and_be_silent(n, &from);
	}
	start_client(1);
	ck_assert_int_eq(net.client[1].child_up, 0);
	advance(2 * HALF_OPEN_MS);
	ck_assert_int_eq(net.client[1].child_up, 1);
	close_net();
}
END_TEST

SUITE(load)
{
	tcase_add_checked_fixture(tcase, NULL, close_net);
	test(n38_a_flood_from_anywhere);
	test(n38_a_flood_from_the_neighbourhood);
	test(n38_nothing_is_kept);
	test(n38_no_answer_is_longer_than_its_request);
	test(n38_no_cookie_is_longer_than_its_request);
	test(n38_errors_are_limited);
	test(n38_refused_ones_ask_for_cookies);
	test(n36_a_repeat_costs_no_key_exchange);
	test(n36_a_forbidden_value_costs_no_key_exchange);
	loop_test(n39_half_open_of_one_network, 2);
	test(n39_nobody_is_locked_out);
}
