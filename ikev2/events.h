/* events.h - what the core has to say: one row an event, with its keys.
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_EVENTS_H
#define IKEV2_EVENTS_H

#include "ikev2/facts.h"

/* Names in events.c; ipsecd(8) says what each means. */
enum ike_event_name {
	/* Reports, in the order of enum ike_report_kind. */
	EVENT_CONNECTING,
	EVENT_PROGRESS,
	EVENT_IKE_UP,
	EVENT_CHILD_UP,
	EVENT_CHILD_DOWN,
	EVENT_IKE_DOWN,
	EVENT_FAILED,
	EVENT_REFUSED,
	EVENT_REKEYED,
	EVENT_REKEY_FAILED,
	/* Reports of IKE_REPORT_PROGRESS. */
	EVENT_TRYING,
	EVENT_RETRANSMIT,
	EVENT_UNPROVEN_NOTIFY,
	EVENT_ASKED_LATER,
	EVENT_MOVED,
	EVENT_PATH_TRIED,
	EVENT_REVOCATION_ASKED,
	/* Lines alone. */
	EVENT_REVOCATION_SILENT,
	EVENT_REQUEST_SENT,
	EVENT_REQUEST_UNANSWERED,
	EVENT_REQUEST_REFUSED,
	EVENT_REPLY_REFUSED,
	EVENT_FRAGMENTS,
	EVENT_HALF_OPEN_LIMIT,
	EVENT_PACKET_WAITS,
	EVENT_PATH_REFUSED,
	EVENT_STRANGER_REJECTED,
	EVENT_STRANGER_UNKNOWN,
};

/* The i-th row, NULL past the end. */
const struct ike_event *ike_event_at(size_t i);

#endif
