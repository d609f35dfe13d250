/* config.h - the configuration: daemon settings and peers, and what is wrong with it.
 * SPDX-License-Identifier: ISC
 *
 * config_load reads a main file, what it includes and peers.d/ beside it, and
 * gives a whole new struct config or none: who reloads compares it with the
 * running one and then takes it over, or throws it away.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "ikev2/peer.h"

#include <stdio.h>

enum {
	CONFIG_MAX_LISTEN = 16,
	CONFIG_MAX_ERRORS = 50,
	CONFIG_LOG_SIZE = 256,
	CONFIG_GROUP_SIZE = 64,
};

/* The section `daemon`. */
struct config_daemon {
	struct ike_addr listen[CONFIG_MAX_LISTEN];
	uint8_t listen_count;      /* 0: any */
	uint16_t port, nat_port;   /* 500, 4500; 0: let the kernel choose */
	char log[CONFIG_LOG_SIZE]; /* "LEVEL[,AREA=LEVEL]..": levels are checked
	                            * here, areas by who has them */
	uint32_t cookie_threshold; /* half-open SAs as responder */
	uint32_t half_open_limit, half_open_per_source;
	uint32_t fragment_size;                /* octets of an IP datagram */
	char control_group[CONFIG_GROUP_SIZE]; /* "ipsecd" */
	struct ike_endpoint metrics; /* loopback; port 0: not over HTTP */
};

/* A file of the configuration as it was read. */
struct config_text {
	char *name, *text;
	size_t len;
};

struct config {
	struct config_daemon daemon;
	struct ike_peers peers;    /* those that are left out among them: their
	                         * `error` is not empty */
	struct config_text *texts; /* in the order they were read, the main file
				    * first; maybe with inline secrets */
	size_t text_count;
};

enum config_severity {
	CONFIG_ERROR,    /* in the text: nothing is loaded */
	CONFIG_LEFT_OUT, /* in a file that one peer names: that peer is left
	                  * out; a reload is refused */
	CONFIG_WARNING,
};

struct config_error {
	enum config_severity severity;
	char *file;
	unsigned int line, column; /* from 1, in characters; 0: the file */
	unsigned int width;        /* characters that the marker underlines */
	char *text;
	char *hint;   /* "did you mean 'remote_ts'?", or NULL */
	char *source; /* that line, for showing: no control characters, inline
	               * secrets starred; NULL if there is none */
};

/* Folders that files were read from, or would have been: absolute, without
 * symbolic links, each once.  For who lets itself read there and nowhere else. */
struct config_folders {
	char **list; /* owned */
	size_t count;
};

/* Start with all zero. */
struct config_errors {
	struct config_error list[CONFIG_MAX_ERRORS];
	size_t count;                      /* kept in the list */
	size_t left_off;                   /* found after the list was full */
	size_t errors, left_out, warnings; /* by severity, all found */
	struct config_folders folders;
};

/* Load `file`.  root is the prefix of /etc/ipsecd/secrets, certs, ca and crls;
 * NULL or "": the folders of these names beside the file.  All errors are added to *errors, in the
 * order of the text as far as possible.  NULL if one of them is a CONFIG_ERROR;
 * who reloads refuses a CONFIG_LEFT_OUT, too.  sodium_init comes first. */
struct config *config_load(
	const char *file, const char *root, struct config_errors *errors);
/* The same at another time than now: what is valid, and what has expired. */
struct config *config_load_at(const char *file, const char *root,
	int64_t unix_s, struct config_errors *errors);
void config_free(struct config *config); /* NULL is fine */
/* Wipes the texts, which nobody needs who keeps no copy. */
void config_forget_texts(struct config *config);

/* Fills new->peers.change: for each of its peers the maximum of the schema's
 * on_change over the keys whose parsed value differs from the running peer of
 * that name (secrets by content); IKE_CHANGE_PEER if there was none.  False
 * without memory: change is NULL then, so that all count as new. */
bool config_compare(const struct config *running, struct config *new);

/* All of them, each as
 *
 *	FILE:6:5: error: unknown key 'remote_subnet'
 *	  6 |     remote_subnet: 10.2.0.0/16
 *	    |     ^~~~~~~~~~~~~  did you mean 'remote_ts'?
 */
void config_errors_print(const struct config_errors *errors, FILE *out);
void config_error_print(const struct config_error *error, FILE *out);
void config_errors_clear(struct config_errors *errors);

/* Every key with its kind, default and meaning, as text for people. */
void config_help(FILE *out);
/* The same for programs (ipsecd.yaml(5) is made from it): one key a line, with
 * tabs between the map it stands in, key, kind, default, values, what a reload
 * does when it has changed (enum ike_change), and meaning. */
void config_help_keys(FILE *out);
/* One key ("dpd_delay"); false if there is none of that name. */
bool config_explain(const char *key, FILE *out);

#endif
