/* events.c - what the core has to say: one row an event, with its keys.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/events.h"

/* Beside these a line has peer, child and cause, where they are known, and text. */
static const struct ike_event events[] = {
	// clang-format off
	[EVENT_CONNECTING] = { "connecting", IKE_LOG_INFO, IKE_REPORT_CONNECTING, { NULL } },
	[EVENT_IKE_UP] = { "ike-up", IKE_LOG_INFO, IKE_REPORT_IKE_UP, { "role", "id", "local", "remote", "suite" } },
	[EVENT_CHILD_UP] = { "child-up", IKE_LOG_INFO, IKE_REPORT_CHILD_UP, { "spi_in", "spi_out", "local_ts", "remote_ts", "remote", "suite" } },
	[EVENT_CHILD_DOWN] = { "child-down", IKE_LOG_INFO, IKE_REPORT_CHILD_DOWN, { "spi_in", "spi_out", "why" } },
	[EVENT_IKE_DOWN] = { "ike-down", IKE_LOG_INFO, IKE_REPORT_IKE_DOWN, { "remote", "why" } },
	[EVENT_TAKEN_DOWN] = { "taken-down", IKE_LOG_INFO, IKE_REPORT_TAKEN_DOWN, { "why" } },
	[EVENT_FAILED] = { "failed", IKE_LOG_WARNING, IKE_REPORT_FAILED, { "notify" } },
	[EVENT_REFUSED] = { "refused", IKE_LOG_WARNING, IKE_REPORT_REFUSED, { "notify" } },
	[EVENT_REKEYED] = { "rekeyed", IKE_LOG_INFO, IKE_REPORT_REKEYED, { "role", "spi_in", "spi_out", "old_spi_in", "old_spi_out" } },
	[EVENT_REKEY_FAILED] = { "rekey-failed", IKE_LOG_WARNING, IKE_REPORT_REKEY_FAILED, { "notify", "why" } },
	[EVENT_TRYING] = { "trying", IKE_LOG_DEBUG, IKE_REPORT_PROGRESS, { "remote" } },
	[EVENT_RETRANSMIT] = { "retransmit", IKE_LOG_DEBUG, IKE_REPORT_PROGRESS, { "remote", "try", "tries" } },
	[EVENT_UNPROVEN_NOTIFY] = { "unproven-notify", IKE_LOG_DEBUG, IKE_REPORT_PROGRESS, { "notify" } },
	[EVENT_ASKED_LATER] = { "asked-later", IKE_LOG_DEBUG, IKE_REPORT_PROGRESS, { "notify" } },
	[EVENT_MOVED] = { "moved", IKE_LOG_DEBUG, IKE_REPORT_PROGRESS, { "local", "remote" } },
	[EVENT_PATH_TRIED] = { "path-tried", IKE_LOG_DEBUG, IKE_REPORT_PROGRESS, { "local", "remote" } },
	[EVENT_REVOCATION_ASKED] = { "revocation-asked", IKE_LOG_DEBUG, IKE_REPORT_PROGRESS, { "url" } },
	[EVENT_SPI_TAKEN] = { "spi-taken", IKE_LOG_DEBUG, IKE_REPORT_PROGRESS, { "why" } },
	[EVENT_ADDRESS_CHANGED] = { "address-changed", IKE_LOG_DEBUG, IKE_REPORT_PROGRESS, { "local", "remote" } },
	[EVENT_NEXT_ADDRESS] = { "next-address", IKE_LOG_DEBUG, IKE_REPORT_PROGRESS, { "notify" } },
	[EVENT_MS_STATUS] = { "ms-status", IKE_LOG_DEBUG, IKE_REPORT_PROGRESS, { "status" } },
	[EVENT_REVOCATION_SILENT] = { "revocation-silent", IKE_LOG_INFO, IKE_REPORT_PROGRESS, { "url", "seconds" } },
	[EVENT_REQUEST_SENT] = { "request-sent", IKE_LOG_DEBUG, IKE_REPORT_PROGRESS, { "exchange", "message_id" } },
	[EVENT_REQUEST_UNANSWERED] = { "request-unanswered", IKE_LOG_INFO, IKE_REPORT_PROGRESS, { "exchange", "message_id" } },
	[EVENT_REQUEST_REFUSED] = { "request-refused", IKE_LOG_INFO, IKE_REPORT_PROGRESS, { "exchange", "message_id", "notify" } },
	[EVENT_REPLY_REFUSED] = { "reply-refused", IKE_LOG_INFO, IKE_REPORT_PROGRESS, { "exchange", "notify" } },
	[EVENT_FRAGMENTS] = { "fragments", IKE_LOG_DEBUG, IKE_REPORT_PROGRESS, { "message_id", "have", "total" } },
	[EVENT_HALF_OPEN_LIMIT] = { "half-open-limit", IKE_LOG_WARNING, IKE_REPORT_PROGRESS, { "remote", "there", "most" } },
	[EVENT_PACKET_WAITS] = { "packet-waits", IKE_LOG_INFO, IKE_REPORT_PROGRESS, { "wanted" } },
	[EVENT_NOT_WIDER] = { "not-wider", IKE_LOG_INFO, IKE_REPORT_PROGRESS, { "missing", "seconds" } },
	[EVENT_PATH_REFUSED] = { "path-refused", IKE_LOG_WARNING, IKE_REPORT_PROGRESS, { "why" } },
	[EVENT_STRANGER_REJECTED] = { "stranger-rejected", IKE_LOG_WARNING, IKE_REPORT_PROGRESS, { "notify", "id", "remote" } },
	[EVENT_STRANGER_UNKNOWN] = { "stranger-unknown", IKE_LOG_INFO, IKE_REPORT_PROGRESS, { "notify", "remote" } },
	[EVENT_REVOCATION_UNKNOWN] = { "revocation-unknown", IKE_LOG_DEBUG, IKE_REPORT_PROGRESS, { "why" } },
	[EVENT_NO_MEMORY] = { "no-memory", IKE_LOG_ERROR, IKE_REPORT_PROGRESS, { NULL } },
	// clang-format on
};

const struct ike_event *ike_event_at(size_t i)
{
	return i < sizeof(events) / sizeof(events[0]) ? &events[i] : NULL;
}
