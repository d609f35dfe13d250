/* ctl_convert.h - what the converters of other daemons' configurations share.
 * SPDX-License-Identifier: ISC
 *
 * Each of ctl_convert_swanctl.c, _ipsec.c and _iked.c reads its files into
 * sections of settings, which all know where they stand, and then takes one
 * setting after the other by a table of rows: what it becomes, or why it is left
 * out.  What comes of it is peers of ours (struct new_peer), which
 * ctl_convert_yaml.c writes.  A setting that no row has is named as unknown.
 *
 * All memory is the conversion's, and is wiped with it; without memory the
 * program ends.
 */
#ifndef DAEMON_CTL_CONVERT_H
#define DAEMON_CTL_CONVERT_H

#include "config/schema.h"
#include "daemon/ctl.h"

enum {
	CONVERT_MAX_FILE = 1 << 20,  /* octets of one */
	CONVERT_MAX_FILES = 64,      /* with all that are included */
	CONVERT_MAX_DEPTH = 8,       /* of includes, sections, references */
	CONVERT_MAX_LINE = 8192,     /* octets */
	CONVERT_MAX_SETTINGS = 4096, /* all together, copies included */
	CONVERT_MAX_SECTIONS = 2048,
	CONVERT_MAX_WORDS = 64, /* of one value */
};

/* --- What stands in their files ------------------------------------------- */

struct spot {
	const char *file;
	unsigned int line, column; /* from 1, in octets */
};

struct setting {
	struct setting *next;
	const char *key, *value;
	struct spot at;
};

struct section {
	struct section *next, *up;
	struct section *first, *last; /* in it */
	const char *name;
	struct spot at;
	struct setting *settings, *settings_last;
	const char *like; /* whose settings it has, too, or NULL */
	/* By also: whom it has given all it has, as it is and flipped. */
	const struct section *given_to[2];
	struct spot like_at;
};

/* --- What becomes of it --------------------------------------------------- */

/* Something that a person must know, at its place in their file. */
struct note {
	struct note *next, *next_here; /* of all; of the same map */
	struct spot at;
	const char *key, *text;
};

/* One key of ours with its words. */
struct entry {
	struct entry *next;
	const char *key;
	const char *word[CONVERT_MAX_WORDS];
	size_t count;
	const char *remark; /* behind it, or NULL */
};

struct map {
	struct entry *entries;
	struct note *notes, *notes_last;
};

struct new_child {
	struct new_child *next;
	const char *name;
	struct spot at;
	struct map map;
};

struct new_peer {
	struct new_peer *next;
	const char *name;
	struct spot at;
	struct map map, local, remote; /* local, remote: address, id, .. */
	struct new_child *children, *children_last;
	bool left_out;                    /* its notes say why */
	const char *local_id, *remote_id; /* ours; NULL: not said */
	struct new_secret *secret;
};

/* A shared key, and whose it is: identities or addresses as we write them. */
struct new_secret {
	struct new_secret *next;
	struct spot at;
	const char *key; /* what it is called there */
	const char *owner[CONVERT_MAX_WORDS];
	size_t owners; /* 0: anybody's */
	struct bytes value;
	bool used;
	bool bound; /* to the peer that has it, and nobody else's */
};

/* --- A conversion --------------------------------------------------------- */

struct convert {
	const struct ctl *ctl;
	const char *file;
	const char *daemon; /* "strongSwan": whose it is */
	struct block *blocks;
	struct section *root,
		*here; /* here: where the file goes that is read */
	size_t files, settings, sections;
	struct note *notes, *notes_last;
	struct map top; /* notes that belong to no peer, `daemon` */
	struct new_peer *peers, *peers_last;
	struct new_secret *secrets, *secrets_last;
};

void convert_clear(struct convert *c);

void *convert_alloc(struct convert *c, size_t size); /* all zero */
char *convert_copy(struct convert *c, const char *text, size_t len);
char *convert_text(struct convert *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Says FILE:LINE:COLUMN: text; always false. */
bool convert_bad(struct convert *c, struct spot at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A whole file (with a NUL behind it), within bounds; false after it was said.
 * at: who names it, NULL: the command line. */
bool convert_read(struct convert *c, const char *path, const struct spot *at,
	struct bytes *out);

/* Where one is in a file. */
struct text {
	const char *at, *end;
	struct spot spot;
	const char *line; /* where it begins */
};

/* convert_read, and a look at it: no NUL, no line beyond CONVERT_MAX_LINE. */
bool convert_open(struct convert *c, const char *path, const struct spot *at,
	struct text *text);

static inline bool convert_ended(const struct text *text)
{
	return text->at >= text->end;
}

/* A NUL at the end. */
static inline char convert_look(const struct text *text)
{
	return convert_ended(text) ? '\0' : *text->at;
}

void convert_step(struct text *text);

/* What `include PATTERN` names, relative to the folder of the file it stands in:
 * each is given to read.  False if one does not go well, or there are too many. */
bool convert_include(struct convert *c, const char *pattern, struct spot at,
	unsigned int depth,
	bool (*read)(struct convert *c, const char *path, const struct spot *at,
		unsigned int depth));

/* NULL after it was said that there are too many. */
struct section *convert_section(struct convert *c, struct section *up,
	const char *name, struct spot at);
struct section *convert_find(const struct section *up, const char *name);
/* In the place of one of that key, if replace.  False: too many. */
bool convert_setting(struct convert *c, struct section *section,
	const char *key, const char *value, struct spot at, bool replace);
const struct setting *convert_get(
	const struct section *section, const char *key);
const char *convert_value(const struct section *section, const char *key);

/* --- Notes, peers, keys of ours ------------------------------------------- */

void convert_note(struct convert *c, struct map *map, struct spot at,
	const char *key, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

bool convert_same_note(const struct note *a, const struct note *b);

/* The name is made one of ours, and unique. */
struct new_peer *convert_peer(
	struct convert *c, const char *name, struct spot at);
struct new_child *convert_child(struct convert *c, struct new_peer *peer,
	const char *name, struct spot at);
struct new_secret *convert_secret(
	struct convert *c, const char *key, struct spot at);

/* One that was made by convert_alloc joins them. */
void convert_join(struct convert *c, struct new_secret *secret);

/* NULL: not there. */
struct entry *map_get(const struct map *map, const char *key);
const char *map_word(const struct map *map, const char *key); /* or NULL */
void map_remove(struct map *map, const char *key);
/* Set or replace, as it is. */
struct entry *map_set(
	struct convert *c, struct map *map, const char *key, const char *word);
/* One word more; words that are there already are passed over. */
void map_add(
	struct convert *c, struct map *map, const char *key, const char *word);

/* --- One setting after the other ------------------------------------------ */

struct taking;

/* What becomes of one key of theirs. */
struct convert_row {
	const char *scope, *key; /* key "cert*": also cert-1, certb */
	void (*take)(struct taking *t);
	const char *ours;  /* our key */
	const char *words; /* "theirs=ours theirs=ours ..", as take says */
	const char *why;   /* it is left out */
};

struct taking {
	struct convert *c;
	const struct convert_row *row;
	const struct setting *setting;
	const char *value;
	const char *as; /* what rows call its key; NULL: as it is */
	struct new_peer *peer;
	struct new_child *child; /* or NULL */
	struct map *map;         /* where our key goes */
	enum schema_scope scope; /* what kind of map that is */
	void *state;             /* the converter's own */
};

/* By the rows of that scope; a key that none has is named. */
void convert_take(struct taking *t, const struct convert_row *rows,
	size_t count, const char *scope, const struct setting *setting);

/* At the setting that is being taken. */
void take_note(struct taking *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Nothing yet: in the end, with others. */
void take_later(struct taking *t);
/* Left out, because .. */
void take_left(struct taking *t);
#define NOT_YET "not supported yet by this version" /* a reason of many rows */
/* The same, and the peer is switched off: without it others would get in. */
void take_weaker(struct taking *t);
/* Values that mean what we do anyway; others: left out, because .. */
void take_same(struct taking *t);
/* theirs=ours; theirs= writes nothing; theirs=! is left out, because ..; `*=` is
 * any other value, which without it is named as unknown. */
void take_choice(struct taking *t);
void take_copy(struct taking *t);   /* the value itself */
void take_time(struct taking *t);   /* seconds, or with s m h d; 0: never */
void take_places(struct taking *t); /* separated by commas or spaces */
void take_id(struct taking *t);     /* into `id` */
void take_selectors(struct taking *t);
void take_file(struct taking *t); /* its last component; why: what to do */

/* Our key with that word (NULL: as collected by map_add) if our own schema takes
 * it; else it is said why not, and not written. */
void take_word(struct taking *t, const char *key, const char *word);
void take_checked(struct taking *t, const char *key);

/* Splits at any character of the set, trims; at most CONVERT_MAX_WORDS, what is
 * more is said and left out. */
size_t take_split(
	struct taking *t, const char *set, const char *out[CONVERT_MAX_WORDS]);

/* "4h" for 14400 */
const char *convert_duration(struct convert *c, uint64_t seconds);
/* As we write it, or NULL; "" for any. */
const char *convert_id(struct convert *c, const char *theirs);
/* Host bits cleared, words of theirs translated ("%any" to "any"). */
const char *convert_place(struct convert *c, const char *theirs);
const char *convert_selector(struct convert *c, const char *theirs);
/* VALUE[/MASK] by number; "" for mask 0, which is no mark; else NULL. */
const char *convert_mark(struct convert *c, const char *theirs);
/* "0x..", "0s..", or the octets themselves; false: malformed or too long. */
bool convert_octets(struct convert *c, const char *theirs, struct bytes *out);

/* --- Proposals (ctl_convert_proposal.c) ----------------------------------- */

struct new_proposal {
	uint8_t protocol;
	const struct transform *rows[MAX_OWN_TRANSFORMS];
	size_t count;
	bool none; /* also without a key exchange */
};

/* A name of theirs that our table has under this or another name; else it is
 * said. */
void new_proposal_add(
	struct taking *t, struct new_proposal *proposal, const char *name);
bool new_proposal_has(const struct new_proposal *proposal, uint8_t type);
bool new_proposal_has_cipher(const struct new_proposal *proposal, bool aead);
/* Into `ike` or `esp`, with allow_weak where it is needed; what misses something
 * is said, as `whole`. */
void new_proposal_end(
	struct taking *t, struct new_proposal *proposal, const char *whole);
/* strongSwan's: aes256-sha256-modp2048,default; row->ours: ike or esp */
void take_proposals(struct taking *t);

/* --- In the end (ctl_convert_finish.c, ctl_convert_yaml.c) ----------------- */

/* Peers that are the same but for their children become one; each that needs it
 * gets its secret; what our configuration would refuse for keys that contradict
 * each other is taken back. */
void convert_finish(struct convert *c);

/* Has it children, and all pass or drop?  Then it needs no other side. */
bool convert_only_shunts(const struct new_peer *peer);

void convert_yaml(const struct convert *c, FILE *out);

/* --- The formats ---------------------------------------------------------- */

/* Read all, and take all.  False: it was said what is malformed. */
bool convert_swanctl(struct convert *c);
bool convert_ipsec(struct convert *c);
bool convert_iked(struct convert *c);

/* The verb: convert FILE. */
int ctl_convert(struct ctl *ctl, const char *file);

#endif
