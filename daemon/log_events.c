/* log_events.c - what the daemon itself has to say: one row an event, with its keys.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/log_events.h"

#define ROW(AREA, WORD, LEVEL, ...)                                            \
	{                                                                      \
		LOG_AREA_##AREA,                                               \
		{                                                              \
			WORD, IKE_LOG_##LEVEL, IKE_REPORT_PROGRESS,            \
			{                                                      \
				__VA_ARGS__                                    \
			}                                                      \
		}                                                              \
	}

/* Beside these a line has peer, where it is about one, and text. */
static const struct log_row rows[] = {
	// clang-format off
	[LOG_STARTED] = ROW(DAEMON, "started", INFO, "version", "peers", "port", "nat_port"),
	[LOG_STOPPING] = ROW(DAEMON, "stopping", INFO, NULL),
	[LOG_STOPPED] = ROW(DAEMON, "stopped", INFO, NULL),
	[LOG_STOP_FORCED] = ROW(DAEMON, "stop-forced", INFO, NULL),
	[LOG_START_FAILED] = ROW(DAEMON, "start-failed", ERROR, "why"),
	[LOG_SANDBOX] = ROW(DAEMON, "sandbox", INFO, "rules", "paths"),
	[LOG_NO_SANDBOX] = ROW(DAEMON, "no-sandbox", WARNING, "why"),
	[LOG_SANDBOX_FAILED] = ROW(DAEMON, "sandbox-failed", ERROR, "why"),
	[LOG_MEMORY_NOT_LOCKED] = ROW(DAEMON, "memory-not-locked", INFO, "error"),
	[LOG_CORE_NOT_OFF] = ROW(DAEMON, "core-not-off", WARNING, "error"),
	[LOG_LIBEVENT] = ROW(DAEMON, "libevent", DEBUG, NULL),
	[LOG_LIBEVENT_WARNING] = ROW(DAEMON, "libevent-warning", WARNING, NULL),
	[LOG_LIBEVENT_ERROR] = ROW(DAEMON, "libevent-error", ERROR, NULL),
	[LOG_FETCHED] = ROW(NET, "fetched", DEBUG, "url", "octets"),
	[LOG_FETCH_FAILED] = ROW(NET, "fetch-failed", WARNING, "url", "why"),
	[LOG_RECEIVE_FAILED] = ROW(NET, "receive-failed", WARNING, "port", "error"),
	[LOG_SEND_FAILED] = ROW(NET, "send-failed", WARNING, "local", "remote", "error"),
	[LOG_IKE_NOT_EXEMPT] = ROW(NET, "ike-not-exempt", WARNING, "error"),
	[LOG_NO_ESP_IN_UDP] = ROW(NET, "no-esp-in-udp", WARNING, "port", "error"),
	[LOG_ROUTES_UNSEEN] = ROW(NET, "routes-unseen", WARNING, "error"),
	[LOG_DNS] = ROW(NET, "dns", DEBUG, NULL),
	[LOG_KERNEL_REFUSED] = ROW(KERNEL, "kernel-refused", DEBUG, "why"),
	[LOG_NOT_DELETED] = ROW(KERNEL, "not-deleted", WARNING, "seconds", "why"),
	[LOG_NOT_MOVED] = ROW(KERNEL, "not-moved", WARNING, "why"),
	[LOG_NOT_REMOVED] = ROW(KERNEL, "not-removed", ERROR, "error"),
	[LOG_SWEEP_FAILED] = ROW(KERNEL, "sweep-failed", WARNING, "error"),
	[LOG_POLICIES_REMOVED] = ROW(KERNEL, "policies-removed", INFO, "policies"),
	[LOG_SAS_REMOVED] = ROW(KERNEL, "sas-removed", INFO, "sas"),
	[LOG_EVENTS_LOST] = ROW(KERNEL, "events-lost", WARNING, NULL),
	[LOG_NEIGHBOURS_NOT_EXEMPT] = ROW(KERNEL, "neighbours-not-exempt", WARNING, "error"),
	[LOG_CONFIG_ERROR] = ROW(CONFIG, "config-error", ERROR, "file", "line", "column"),
	[LOG_CONFIG_WARNING] = ROW(CONFIG, "config-warning", WARNING, "file", "line", "column"),
	[LOG_CONFIG_MORE_ERRORS] = ROW(CONFIG, "config-more-errors", ERROR, "errors"),
	[LOG_NOT_STARTED] = ROW(CONFIG, "not-started", ERROR, "file"),
	[LOG_RELOADED] = ROW(CONFIG, "reloaded", INFO, "trial_seconds"),
	[LOG_KEPT] = ROW(CONFIG, "kept", INFO, NULL),
	[LOG_WENT_BACK] = ROW(CONFIG, "went-back", INFO, NULL),
	[LOG_RELOAD_PEER] = ROW(CONFIG, "reload-peer", INFO, "effect", "changed"),
	[LOG_RELOAD_MORE_PEERS] = ROW(CONFIG, "reload-more-peers", INFO, "peers"),
	[LOG_RELOAD_PARTLY] = ROW(CONFIG, "reload-partly", WARNING, NULL),
	[LOG_RELOAD_REFUSED] = ROW(CONFIG, "reload-refused", ERROR, "why"),
	[LOG_GO_BACK_DELAYED] = ROW(CONFIG, "go-back-delayed", ERROR, "seconds"),
	[LOG_COPY_KEPT] = ROW(CONFIG, "copy-kept", INFO, "folder", "number"),
	[LOG_COPY_OFF] = ROW(CONFIG, "copy-off", INFO, "folder"),
	[LOG_COPY_NOT_KEPT] = ROW(CONFIG, "copy-not-kept", WARNING, "folder", "why"),
	[LOG_COPY_AT_HAND] = ROW(CONFIG, "copy-at-hand", ERROR, "number", "time"),
	[LOG_NO_GROUP] = ROW(CONTROL, "no-group", INFO, "group"),
	[LOG_METRICS_FAILED] = ROW(CONTROL, "metrics-failed", ERROR, "why"),
	[LOG_KEYLOG_BEGUN] = ROW(CONTROL, "keylog-begun", WARNING, "uid", "pid", "seconds"),
	[LOG_KEYLOG_ENDED] = ROW(CONTROL, "keylog-ended", WARNING, "uid", "pid", "why"),
	[LOG_HINT] = ROW(IKE, "hint", INFO, NULL),
	[LOG_LEFT_OUT] = ROW(DAEMON, "left-out", INFO, "lines"),
	// clang-format on
};

const struct log_row *log_row_at(size_t i)
{
	return i < sizeof(rows) / sizeof(rows[0]) ? &rows[i] : NULL;
}
