/* exchange.h - an exchange is a row: what it holds, and its functions; and when it may happen.
 * SPDX-License-Identifier: ISC
 *
 * IKEv2 is request and response with a window of one in each direction, so an
 * SA's state is its phase, its request in flight, and its last reply; there is
 * no other state machine.  To add an exchange: its row in exchange.c, another in
 * the table of what is possible there, and a file with its ask, answer, finish
 * and give_up.
 */
#ifndef IKEV2_EXCHANGE_H
#define IKEV2_EXCHANGE_H

#include "ikev2/engine.h"

struct exchange {
	const char *name; /* for logs and ipsec-ctl */
	uint8_t type;     /* enum exchange_type */
	enum ike_exchange counts_as;
	/* Not IKE_OK: the answer, whatever is asked, and there is no more here. */
	enum ike_error refusal;
	struct payload_rule request, response;

	/* Build the request.  False: there is nothing to ask any more. */
	bool (*ask)(
		struct ike_sa *sa, struct work *work, struct message_out *out);
	/* Responder: build the reply, or return the error that is the reply.
	 * IKE_WAIT, and the same of finish: nothing has changed, and it is
	 * called again with the same message. */
	enum ike_error (*answer)(struct ike_sa *sa, const struct message *in,
		struct message_out *out);
	/* Initiator: the reply is in.  IKE_DROP: as if it had not come. */
	enum ike_error (*finish)(
		struct ike_sa *sa, struct work *work, const struct message *in);
	/* Initiator: nothing was asked, or no reply will come. */
	void (*give_up)(struct ike_sa *sa, struct work *work);
	/* Initiator: the reply is the peer's, and cannot be read. */
	void (*unreadable)(struct ike_sa *sa, struct work *work);
};

extern const struct exchange exchange_init, exchange_auth, exchange_child_new,
	exchange_child_rekey, exchange_rekey, exchange_delete,
	exchange_liveness, exchange_address_update, exchange_address_check,
	exchange_address_list;

/* Start the next queued exchange if the window is free. */
void exchange_next(struct ike_sa *sa);

/* A request that is next in the window, or the reply to ours: the datagram
 * that the engine works on. */
void exchange_request(struct ike_sa *sa, const struct ike_header *header);
void exchange_reply(struct ike_sa *sa, const struct ike_header *header);
/* The message that waited for an answer from outside, once more. */
void exchange_resume(struct ike_sa *sa);
/* IKE_SA_INIT, decoded already; the SA is new, and dies if it is refused. */
void exchange_request_clear(struct ike_sa *sa, const struct message *in);
/* The request in flight has used all its tries. */
void exchange_give_up(struct ike_sa *sa);

/* --- init.c, auth.c, child_new.c, child_rekey.c, rekey.c, inform.c, mobike.c ------------------------------------ */

bool init_ask(struct ike_sa *, struct work *, struct message_out *);
enum ike_error init_answer(
	struct ike_sa *, const struct message *, struct message_out *);
enum ike_error init_finish(
	struct ike_sa *, struct work *, const struct message *);
void init_give_up(struct ike_sa *, struct work *);

bool auth_ask(struct ike_sa *, struct work *, struct message_out *);
enum ike_error auth_answer(
	struct ike_sa *, const struct message *, struct message_out *);
enum ike_error auth_finish(
	struct ike_sa *, struct work *, const struct message *);
void auth_give_up(struct ike_sa *, struct work *);
void auth_unreadable(struct ike_sa *, struct work *);

bool child_ask(struct ike_sa *, struct work *, struct message_out *);
enum ike_error child_answer(
	struct ike_sa *, const struct message *, struct message_out *);
enum ike_error child_finish(
	struct ike_sa *, struct work *, const struct message *);
void child_give_up(struct ike_sa *, struct work *);
void child_unreadable(struct ike_sa *, struct work *);

bool child_rekey_ask(struct ike_sa *, struct work *, struct message_out *);
enum ike_error child_rekey_answer(
	struct ike_sa *, const struct message *, struct message_out *);
enum ike_error child_rekey_finish(
	struct ike_sa *, struct work *, const struct message *);
void child_rekey_give_up(struct ike_sa *, struct work *);
void child_rekey_unreadable(struct ike_sa *, struct work *);

bool rekey_ask(struct ike_sa *, struct work *, struct message_out *);
enum ike_error rekey_answer(
	struct ike_sa *, const struct message *, struct message_out *);
enum ike_error rekey_finish(
	struct ike_sa *, struct work *, const struct message *);
void rekey_give_up(struct ike_sa *, struct work *);
void rekey_unreadable(struct ike_sa *, struct work *);

bool delete_ask(struct ike_sa *, struct work *, struct message_out *);
enum ike_error inform_answer(
	struct ike_sa *, const struct message *, struct message_out *);
/* Does this request end the IKE SA? */
bool inform_ends_ike(const struct message *in);
enum ike_error delete_finish(
	struct ike_sa *, struct work *, const struct message *);
void delete_give_up(struct ike_sa *, struct work *);
bool liveness_ask(struct ike_sa *, struct work *, struct message_out *);
enum ike_error liveness_finish(
	struct ike_sa *, struct work *, const struct message *);
void liveness_give_up(struct ike_sa *, struct work *);

/* The reply that was just made says yes to what the kernel refuses: it becomes
 * an error.  False: it has been sent already, or is not of that exchange. */
bool exchange_take_back(
	struct ike_sa *sa, uint8_t exchange, enum ike_error error);

bool address_update_ask(struct ike_sa *, struct work *, struct message_out *);
enum ike_error address_update_finish(
	struct ike_sa *, struct work *, const struct message *);
bool address_check_ask(struct ike_sa *, struct work *, struct message_out *);
enum ike_error address_check_finish(
	struct ike_sa *, struct work *, const struct message *);
bool address_list_ask(struct ike_sa *, struct work *, struct message_out *);
enum ike_error address_finish(
	struct ike_sa *, struct work *, const struct message *);
void address_give_up(struct ike_sa *, struct work *);

#endif
