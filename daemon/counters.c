/* counters.c - what the core and the kernel have counted: names, and the record.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/counters.h"

#include "daemon/report.h"

static const char *const exchanges[IKE_EXCHANGES] = {
	[IKE_EXCHANGE_INIT] = "init",
	[IKE_EXCHANGE_AUTH] = "auth",
	[IKE_EXCHANGE_CHILD] = "child",
	[IKE_EXCHANGE_CHILD_REKEY] = "child-rekey",
	[IKE_EXCHANGE_REKEY] = "ike-rekey",
	[IKE_EXCHANGE_INFORM] = "informational",
	[IKE_EXCHANGE_OTHER] = "other",
};

static const char *const dropped[IKE_DROPPEDS] = {
	[IKE_DROPPED_MALFORMED] = "malformed",
	[IKE_DROPPED_VERSION] = "version",
	[IKE_DROPPED_UNKNOWN] = "unknown-sa",
	[IKE_DROPPED_COOKIE] = "cookie",
	[IKE_DROPPED_HALF_OPEN] = "half-open",
	[IKE_DROPPED_REFUSED] = "refused",
	[IKE_DROPPED_WINDOW] = "window",
	[IKE_DROPPED_PHASE] = "phase",
	[IKE_DROPPED_FORGED] = "forged",
	[IKE_DROPPED_FRAGMENT] = "fragment",
	[IKE_DROPPED_RESOURCES] = "resources",
};

const char *counters_exchange(enum ike_exchange exchange)
{
	return exchanges[exchange];
}

const char *counters_dropped(enum ike_dropped why)
{
	return dropped[why];
}

static void set(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key,
		json_integer(
			value > INT64_MAX ? INT64_MAX : (json_int_t)value));
}

static json_t *exchanges_object(const struct ike_counts *counts)
{
	json_t *all = json_object();

	for (size_t i = 0; i < IKE_EXCHANGES; i++) {
		json_t *one = json_object();

		set(one, "asked", counts->asked[i]);
		set(one, "answered", counts->answered[i]);
		set(one, "refused", counts->refused[i]);
		json_object_set_new(all, exchanges[i], one);
	}
	return all;
}

static json_t *dropped_object(const struct ike_counts *counts)
{
	json_t *object = json_object();

	for (size_t i = 0; i < IKE_DROPPEDS; i++)
		set(object, dropped[i], counts->dropped[i]);
	return object;
}

static json_t *failures_object(const struct ike_counts *counts)
{
	json_t *object = json_object();

	for (size_t i = 0; i < IKE_CAUSES; i++)
		set(object, report_cause_name(ike_cause_at(i), IKE_OK),
			counts->failures[i]);
	return object;
}

static json_t *children_array(const struct totals_peer *totals)
{
	json_t *array = json_array();
	uint64_t in, out;
	const char *name;

	for (size_t i = 0; (name = totals_child(totals, i, &in, &out)) != NULL;
		i++) {
		json_t *child = json_object();

		report_set_text(child, "name", name);
		set(child, "in_bytes", in);
		set(child, "out_bytes", out);
		json_array_append_new(array, child);
	}
	return array;
}

json_t *counters_record(const char *peer, const struct ike_counts *counts,
	const struct totals_peer *totals)
{
	json_t *record = report_head("counters"), *object;

	if (peer)
		report_set_text(record, "peer", peer);
	json_object_set_new(record, "exchanges", exchanges_object(counts));
	object = json_object();
	set(object, "sent", counts->resent);
	set(object, "received", counts->repeated);
	json_object_set_new(record, "retransmits", object);
	json_object_set_new(record, "dropped", dropped_object(counts));
	json_object_set_new(record, "failures", failures_object(counts));
	object = json_object();
	set(object, "ike", counts->rekeys);
	set(object, "children", counts->child_rekeys);
	set(object, "failed", counts->rekeys_failed);
	json_object_set_new(record, "rekeys", object);
	if (!totals)
		return record;
	set(record, "in_bytes", totals_in(totals));
	set(record, "out_bytes", totals_out(totals));
	json_object_set_new(record, "children", children_array(totals));
	return record;
}
