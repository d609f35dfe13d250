/* ctl_doctor.c - ipsec-ctl doctor: THE table of what is looked at, and what is said of it.
 * SPDX-License-Identifier: ISC
 *
 * Checks judge what ctl_facts.c has gathered, and ask nobody.  To add one: a
 * function, and its row at the end; tests/unit/ctl_doctor.c fails without a text
 * of it.
 */
#include "daemon/ctl_doctor.h"

#include "daemon/report.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	DAY = 86400,
	SOON = 30 * DAY,
	MTU_IPV6 = 1280, /* RFC 8200 section 5 */
	MTU_ROOM = 1400, /* what ESP adds, and 1280 inside */
};

/* 2026-01-01: no clock of this version is behind that. */
static const int64_t made_s = INT64_C(1767225600);

#define AS_ROOT "sudo ipsec-ctl doctor"

/* --- Findings -------------------------------------------------------------------- */

/* The next finding of the check that is looked at; past the last it goes over the
 * last.  Its fix is for the caller, by fix(). */
static struct finding *found(struct findings *f, enum level level,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
static struct finding *found(
	struct findings *f, enum level level, const char *format, ...)
{
	struct finding *finding =
		&f->list[f->count < MAX_FINDINGS ? f->count++ : f->count - 1];
	va_list args;

	finding->check = f->check;
	finding->level = level;
	finding->fix[0] = '\0';
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
	return finding;
}

static void fix(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void fix(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(finding->fix, sizeof(finding->fix), format, args);
	va_end(args);
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* --- Configuration and daemon ---------------------------------------------------- */

static void check_configuration(const struct facts *facts, struct findings *f)
{
	struct finding *at = NULL;

	if (!facts->config_there) {
		fix(found(f, LEVEL_PROBLEM, "there is no %s", facts->config),
			"write one: ipsecd --help-config shows all keys");
		return;
	}
	if (!facts->config_loaded)
		at = found(f, LEVEL_PROBLEM, "%s has %zu error%s",
			facts->config, facts->errors, plural(facts->errors));
	else if (facts->left_out > 0)
		at = found(f, facts->root ? LEVEL_PROBLEM : LEVEL_UNKNOWN,
			"%s has peers that are left out: %zu file%s they need "
			"cannot be used%s",
			facts->config, facts->left_out, plural(facts->left_out),
			facts->root ? "" : ", or not by you");
	else if (facts->peers == 0)
		found(f, LEVEL_WARNING, "%s has no peers", facts->config);
	else if (facts->warnings > 0)
		at = found(f, LEVEL_WARNING, "%s has %zu warning%s",
			facts->config, facts->warnings,
			plural(facts->warnings));
	else
		found(f, LEVEL_OK, "%s: no errors, %zu peer%s", facts->config,
			facts->peers, plural(facts->peers));
	if (at)
		fix(at, "ipsec-ctl check %s", facts->config);
}

static void check_daemon(const struct facts *facts, struct findings *f)
{
	switch (facts->running) {
	case FACT_YES:
		found(f, LEVEL_OK, "ipsecd answers");
		return;
	case FACT_NO:
		fix(found(f, LEVEL_WARNING, "%s", facts->running_why),
			"systemctl enable --now ipsecd");
		return;
	case FACT_UNKNOWN:
		break;
	}
	fix(found(f, LEVEL_UNKNOWN, "whether ipsecd is running%s%s",
		    *facts->running_why ? ": " : "", facts->running_why),
		AS_ROOT);
}

/* --- The kernel ------------------------------------------------------------------ */

static size_t count_accepted(const struct facts *facts, enum fact accepted)
{
	size_t count = 0;

	for (size_t i = 0; i < facts->suite_count; i++)
		count += facts->suites[i].accepted == accepted;
	return count;
}

static void kernel_refuses(
	const struct facts *facts, struct findings *f, const char *why)
{
	fix(found(f, LEVEL_PROBLEM, "Linux %s: %s", facts->release, why),
		"modprobe -a esp4 esp6, or a kernel that has them: apt-get "
		"install linux-image-amd64");
}

static void check_kernel(const struct facts *facts, struct findings *f)
{
	if (facts->tried == FACT_YES && count_accepted(facts, FACT_YES) > 0)
		found(f, LEVEL_OK, "Linux %s has ESP: it took SAs",
			facts->release);
	else if (facts->tried == FACT_YES)
		kernel_refuses(facts, f, facts->suites[0].why);
	else if (facts->esp4 == FACT_NO)
		kernel_refuses(facts, f, "there is no ESP for IPv4");
	else if (facts->esp6 == FACT_NO && facts->v6)
		kernel_refuses(facts, f, "there is no ESP for IPv6");
	else if (facts->esp4 == FACT_YES)
		found(f, LEVEL_OK, "Linux %s has ESP for IPv4%s",
			facts->release,
			facts->esp6 == FACT_YES ? " and IPv6" : "");
	else
		fix(found(f, LEVEL_UNKNOWN,
			    "Linux %s%s: whether it has ESP is not known%s%s",
			    facts->release,
			    facts->xfrm == FACT_YES ? " has IPsec" : "",
			    *facts->tried_why ? ": " : "", facts->tried_why),
			AS_ROOT);
}

/* "aes256-sha256" */
static const char *suite_text(
	const struct facts_suite *suite, char out[SUITE_NAME_SIZE])
{
	const struct suite named = { .encr = suite->encr,
		.integ = suite->integ };

	suite_name(&named, out, SUITE_NAME_SIZE);
	return out;
}

/* Not tried: what is loaded can be seen, what could be loaded cannot. */
static void algorithms_by_list(const struct facts *facts, struct findings *f)
{
	char name[SUITE_NAME_SIZE];

	for (size_t i = 0; i < facts->suite_count; i++) {
		if (facts->suites[i].listed == FACT_YES)
			continue;
		fix(found(f, LEVEL_UNKNOWN,
			    "%s is not loaded: whether the kernel has it only "
			    "root can try",
			    suite_text(&facts->suites[i], name)),
			AS_ROOT);
		return;
	}
	found(f, LEVEL_OK, "/proc/crypto has all that esp names");
}

static void check_algorithms(const struct facts *facts, struct findings *f)
{
	const size_t good = count_accepted(facts, FACT_YES);
	char name[SUITE_NAME_SIZE];

	if (facts->suite_count == 0)
		return;
	if (facts->tried != FACT_YES) {
		algorithms_by_list(facts, f);
		return;
	}
	/* The kernel's row has said it. */
	if (good == 0)
		return;
	if (good == facts->suite_count)
		found(f, LEVEL_OK,
			"the kernel takes each of the %zu that esp names",
			good);
	for (size_t i = 0; i < facts->suite_count; i++) {
		const struct facts_suite *suite = &facts->suites[i];

		if (suite->accepted != FACT_NO)
			continue;
		suite_text(suite, name);
		fix(found(f, LEVEL_WARNING,
			    "a peer that chooses %s will get no tunnel: %s",
			    name, suite->why),
			"leave %s out of esp, or load what the kernel lacks",
			suite->encr->name);
	}
}

/* --- Ports ----------------------------------------------------------------------- */

static const char *unit_of(const char *program)
{
	static const struct {
		const char *program, *unit;
	} units[] = {
		{ "charon-systemd", "strongswan" },
		{ "charon", "strongswan-starter" },
		{ "pluto", "ipsec" },
		{ "iked", "iked" },
		{ "racoon", "racoon" },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].program, program) == 0)
			return units[i].unit;
	}
	return NULL;
}

/* IPv4 and IPv6 are two sockets of one program. */
static bool seen_before(const struct facts *facts, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (facts->sockets[j].port == facts->sockets[i].port &&
			facts->sockets[j].pid == facts->sockets[i].pid)
			return true;
	}
	return false;
}

static void tell_holder(const struct facts_socket *socket, struct findings *f)
{
	const char *unit = unit_of(socket->program);
	struct finding *at;

	if (socket->pid == 0) {
		fix(found(f, LEVEL_UNKNOWN,
			    "UDP %u is in use: only root can see by whom",
			    socket->port),
			"sudo ss -lunp sport = :%u", socket->port);
		return;
	}
	if (strcmp(socket->program, "ipsecd") == 0) {
		found(f, LEVEL_OK, "UDP %u is held by ipsecd (process %ld)",
			socket->port, socket->pid);
		return;
	}
	at = found(f, LEVEL_PROBLEM, "UDP %u is held by %s (process %ld)",
		socket->port, socket->program, socket->pid);
	if (unit)
		fix(at, "systemctl disable --now %s", unit);
	else
		fix(at,
			"systemctl status %ld, which names its unit; then "
			"systemctl disable --now UNIT",
			socket->pid);
}

static void check_ports(const struct facts *facts, struct findings *f)
{
	if (facts->sockets_read != FACT_YES)
		found(f, LEVEL_UNKNOWN, "/proc/net/udp cannot be read");
	else if (facts->socket_count == 0)
		found(f, LEVEL_OK, "nobody holds UDP %u or %u", facts->port,
			facts->nat_port);
	for (size_t i = 0; i < facts->socket_count; i++) {
		if (!seen_before(facts, i))
			tell_holder(&facts->sockets[i], f);
	}
}

/* --- Ways through this host ------------------------------------------------------ */

static void check_forward(
	int value, const char *family, const char *sysctl, struct findings *f)
{
	if (value > 0)
		found(f, LEVEL_OK, "%s packets are passed on", family);
	else if (value < 0)
		found(f, LEVEL_UNKNOWN, "%s cannot be read", sysctl);
	else
		fix(found(f, LEVEL_PROBLEM,
			    "%s packets of the networks here are not passed "
			    "on: %s is 0",
			    family, sysctl),
			"sysctl -w %s=1, and for good: echo %s=1 "
			">>/etc/sysctl.d/60-ipsecd.conf",
			sysctl, sysctl);
}

static void check_forwarding(const struct facts *facts, struct findings *f)
{
	if (facts->network4)
		check_forward(
			facts->forward4, "IPv4", "net.ipv4.ip_forward", f);
	if (facts->network6)
		check_forward(facts->forward6, "IPv6",
			"net.ipv6.conf.all.forwarding", f);
	if (!facts->network4 && !facts->network6)
		found(f, LEVEL_OK,
			"no tunnel is for a network behind this host");
}

/* Packets that came out of ESP are exempt; those that bring it are not. */
static void check_rp_filter(const struct facts *facts, struct findings *f)
{
	if (facts->rp_filter < 0)
		found(f, LEVEL_UNKNOWN, "rp_filter cannot be read");
	else if (facts->rp_filter == 1)
		fix(found(f, LEVEL_WARNING,
			    "%s drops IKE and ESP whose answers leave by "
			    "another interface: rp_filter is 1",
			    *facts->rp_interface ? facts->rp_interface
						 : "this host"),
			"sysctl -w net.ipv4.conf.all.rp_filter=2");
	else
		found(f, LEVEL_OK, "packets may come in by any interface%s",
			facts->rp_filter == 2 ? " that has a way back" : "");
}

/* --- nftables -------------------------------------------------------------------- */

static void fix_packet(struct finding *at, const struct facts_packet *packet)
{
	char family[24], table[48], chain[48], match[64];

	if (sscanf(packet->where, "table %23s %47[^,], chain %47[^,],", family,
		    table, chain) != 3)
		return;
	if (packet->verdict == NFT_MAYBE) {
		fix(at, "nft -a list chain %s %s %s", family, table, chain);
		return;
	}
	if (packet->packet.hook == NFT_FORWARD ||
		packet->packet.hook == NFT_NAT) {
		fix(at, "nft insert rule %s %s %s %s ipsec exists accept",
			family, table, chain,
			packet->packet.from_tunnel ? "meta" : "rt");
		return;
	}
	if (packet->packet.protocol == IPPROTO_UDP)
		snprintf(match, sizeof(match), "udp %s %u",
			packet->packet.hook == NFT_OUTPUT ? "sport" : "dport",
			packet->packet.dst);
	else
		snprintf(match, sizeof(match), "meta l4proto esp");
	fix(at, "nft insert rule %s %s %s %s accept", family, table, chain,
		match);
}

/* The same of IPv6, by the same rule. */
static bool said_of_ipv4(const struct facts *facts, size_t i)
{
	const struct facts_packet *packet = &facts->packets[i];

	return packet->packet.family == 6 && i > 0 &&
	       facts->packets[i - 1].name == packet->name &&
	       facts->packets[i - 1].verdict == packet->verdict &&
	       strcmp(facts->packets[i - 1].where, packet->where) == 0;
}

static void judge_packets(const struct facts *facts, struct findings *f)
{
	bool all = true;

	for (size_t i = 0; i < facts->packet_count; i++) {
		const struct facts_packet *packet = &facts->packets[i];
		const unsigned int family = packet->packet.family;
		const char *what;

		all &= packet->verdict == NFT_PASSES;
		if (packet->verdict == NFT_PASSES || said_of_ipv4(facts, i))
			continue;
		what = packet->packet.hook == NFT_NAT
			       ? "gets another source address"
			       : "is dropped";
		if (packet->verdict == NFT_DROPPED)
			fix_packet(found(f, LEVEL_PROBLEM, "IPv%u: %s %s: %s",
					   family, packet->name, what,
					   packet->where),
				packet);
		else
			fix_packet(
				found(f, LEVEL_UNKNOWN,
					"IPv%u: whether %s %s depends on more than is known here: %s",
					family, packet->name, what,
					packet->where),
				packet);
	}
	if (all)
		found(f, LEVEL_OK, "nftables lets IKE and ESP pass");
}

static void check_nftables(const struct facts *facts, struct findings *f)
{
	if (facts->nft == FACT_YES)
		judge_packets(facts, f);
	else if (facts->nft == FACT_NO)
		fix(found(f, LEVEL_UNKNOWN,
			    "whether nftables drops IKE or ESP: %s",
			    facts->nft_why),
			"apt-get install nftables");
	else
		fix(found(f, LEVEL_UNKNOWN,
			    "whether nftables drops IKE or ESP%s%s",
			    *facts->nft_why ? ": " : "", facts->nft_why),
			AS_ROOT);
	if (facts->legacy)
		fix(found(f, LEVEL_UNKNOWN,
			    "iptables without nftables has rules, too, which "
			    "are not looked at"),
			"iptables-legacy -S");
}

/* --- The ways to peers ----------------------------------------------------------- */

static void judge_route(const struct facts_route *route, struct findings *f)
{
	if (route->mtu <= 0)
		fix(found(f, LEVEL_PROBLEM, "no way to %s (peer %s): %s",
			    route->remote, route->peer, route->why),
			"ip route get %s", route->remote);
	else if (route->mtu < MTU_IPV6)
		fix(found(f, LEVEL_PROBLEM,
			    "the way to %s (peer %s) takes packets of %d "
			    "octets: IPv6 needs %d",
			    route->remote, route->peer, route->mtu, MTU_IPV6),
			"ip route get %s, and the mtu of its interface: ip "
			"link set DEV mtu 1500",
			route->remote);
	else if (route->mtu < MTU_ROOM)
		fix(found(f, LEVEL_WARNING,
			    "the way to %s (peer %s) takes packets of %d "
			    "octets: TCP through the tunnel may hang",
			    route->remote, route->peer, route->mtu),
			"nft add rule inet filter forward tcp flags syn tcp "
			"option maxseg size set rt mtu");
}

static void check_mtu(const struct facts *facts, struct findings *f)
{
	int least = 0;

	for (size_t i = 0; i < facts->route_count; i++) {
		const int mtu = facts->routes[i].mtu;

		judge_route(&facts->routes[i], f);
		if (mtu >= MTU_ROOM && (least == 0 || mtu < least))
			least = mtu;
	}
	if (facts->route_count == 0)
		found(f, LEVEL_OK, "no peer has a fixed address to look at");
	else if (least > 0)
		found(f, LEVEL_OK,
			"ways to peers take packets of %d octets or more",
			least);
}

static void check_names(const struct facts *facts, struct findings *f)
{
	size_t good = 0;

	for (size_t i = 0; i < facts->name_count; i++) {
		const struct facts_name *name = &facts->names[i];

		switch (name->resolves) {
		case FACT_YES:
			good++;
			break;
		case FACT_NO:
			fix(found(f, LEVEL_PROBLEM,
				    "%s (peer %s) does not resolve: %s",
				    name->name, name->peer, name->why),
				"getent ahosts %s", name->name);
			break;
		case FACT_UNKNOWN:
			found(f, LEVEL_UNKNOWN, "whether %s resolves",
				name->name);
			break;
		}
	}
	if (facts->name_count == 0)
		found(f, LEVEL_OK, "no peer has a name to look up");
	else if (good == facts->name_count)
		found(f, LEVEL_OK, "%zu name%s of peers resolve%s", good,
			plural(good), good == 1 ? "s" : "");
}

/* --- Time ------------------------------------------------------------------------ */

static const char *date_text(int64_t unix_s, char out[TEXT_SHORT])
{
	const time_t then = (time_t)unix_s;
	struct tm tm;

	if (!gmtime_r(&then, &tm) ||
		strftime(out, TEXT_SHORT, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(out, TEXT_SHORT, "?");
	return out;
}

static void check_clock(const struct facts *facts, struct findings *f)
{
	char date[TEXT_SHORT];

	date_text(facts->now_s, date);
	if (facts->now_s < made_s)
		fix(found(f, LEVEL_PROBLEM,
			    "it says %s, before this version was made", date),
			"timedatectl set-ntp true");
	else
		found(f, LEVEL_OK, "it says %s", date);
}

static bool is_listed_before(const struct facts *facts, size_t i)
{
	const struct facts_certificate *at = &facts->certificates[i];

	for (size_t j = 0; j < i; j++) {
		const struct facts_certificate *other = &facts->certificates[j];

		if (other->not_after == at->not_after &&
			strcmp(other->subject, at->subject) == 0)
			return true;
	}
	return false;
}

/* True: nothing to say of it. */
static bool judge_certificate(const struct facts_certificate *certificate,
	int64_t now_s, struct findings *f)
{
	const char *whose = certificate->ours ? "our certificate"
					      : "the peer's certificate";
	const char *renew = certificate->ours
				    ? "renew it: ipsec-ctl ca issue NAME, or "
				      "where it comes from; then ipsec-ctl "
				      "reload"
				    : "get the peer's new one; then ipsec-ctl "
				      "reload";
	char text[TEXT_SHORT];

	if (now_s < certificate->not_before)
		fix(found(f, LEVEL_PROBLEM,
			    "%s %s (peer %s) is not valid before %s: is the "
			    "clock right?",
			    whose, certificate->subject, certificate->peer,
			    date_text(certificate->not_before, text)),
			"timedatectl set-ntp true");
	else if (now_s > certificate->not_after)
		fix(found(f, LEVEL_PROBLEM, "%s %s (peer %s) has expired: %s",
			    whose, certificate->subject, certificate->peer,
			    date_text(certificate->not_after, text)),
			"%s", renew);
	else if (certificate->not_after - now_s < SOON)
		fix(found(f, LEVEL_WARNING, "%s %s (peer %s) expires in %s",
			    whose, certificate->subject, certificate->peer,
			    text_duration(
				    certificate->not_after - now_s, text)),
			"%s", renew);
	else
		return true;
	return false;
}

static void check_certificates(const struct facts *facts, struct findings *f)
{
	size_t good = 0, bad = 0;

	for (size_t i = 0; i < facts->certificate_count; i++) {
		if (is_listed_before(facts, i))
			continue;
		if (judge_certificate(&facts->certificates[i], facts->now_s, f))
			good++;
		else
			bad++;
	}
	if (!facts->certificates_used)
		found(f, LEVEL_OK, "no peer uses any");
	else if (facts->certificate_count == 0)
		found(f, LEVEL_OK,
			"peers have keys without certificates, or "
			"an authority of their own");
	else if (bad == 0)
		found(f, LEVEL_OK, "%zu, none of which expires within 30 days",
			good);
}

/* --- Secrets --------------------------------------------------------------------- */

static void check_secrets(const struct facts *facts, struct findings *f)
{
	if (facts->secrets_read == FACT_NO)
		fix(found(f, LEVEL_WARNING, "there is no folder %s",
			    facts->secrets),
			"systemd-tmpfiles --create");
	else if (facts->secrets_read == FACT_UNKNOWN)
		fix(found(f, LEVEL_UNKNOWN, "%s cannot be read: %s",
			    facts->secrets, facts->secrets_why),
			AS_ROOT);
	else if (facts->file_count == 0)
		found(f, LEVEL_OK, "%s: nobody else may read or change them",
			facts->secrets);
	for (size_t i = 0; i < facts->file_count; i++) {
		const struct facts_file *file = &facts->files[i];

		if (file->foreign) {
			fix(found(f, LEVEL_PROBLEM,
				    "%s belongs to another user (uid %u)",
				    file->path, (unsigned int)file->owner),
				"chown root %s", file->path);
			continue;
		}
		fix(found(f, LEVEL_PROBLEM,
			    "others may %s %s: its mode is %04o",
			    file->folder ? "put files into" : "read or change",
			    file->path, (unsigned int)file->mode),
			"chmod %s %s", file->folder ? "750" : "640",
			file->path);
	}
}

static void check_rest(const struct facts *facts, struct findings *f)
{
	if (facts->left_off > 0)
		found(f, LEVEL_UNKNOWN,
			"%zu of them were left off: there are more than are "
			"looked at",
			facts->left_off);
}

/* --- The table ------------------------------------------------------------------- */

static const struct check {
	const char *name;
	void (*look)(const struct facts *facts, struct findings *f);
} checks[] = {
	{ "configuration", check_configuration },
	{ "daemon", check_daemon },
	{ "kernel", check_kernel },
	{ "algorithms", check_algorithms },
	{ "ports", check_ports },
	{ "forwarding", check_forwarding },
	{ "rp_filter", check_rp_filter },
	{ "nftables", check_nftables },
	{ "mtu", check_mtu },
	{ "names", check_names },
	{ "clock", check_clock },
	{ "certificates", check_certificates },
	{ "secrets", check_secrets },
	{ "the rest", check_rest },
};
enum { CHECKS = sizeof(checks) / sizeof(checks[0]) };

const char *doctor_check(size_t i)
{
	return i < CHECKS ? checks[i].name : NULL;
}

void doctor_judge(const struct facts *facts, struct findings *findings)
{
	findings->count = 0;
	for (size_t i = 0; i < CHECKS; i++) {
		findings->check = checks[i].name;
		checks[i].look(facts, findings);
	}
}

/* --- Telling --------------------------------------------------------------------- */

static void tell_json(const struct ctl *ctl, const struct finding *finding)
{
	static const char *const results[] = { [LEVEL_OK] = "ok",
		[LEVEL_WARNING] = "warning",
		[LEVEL_PROBLEM] = "problem",
		[LEVEL_UNKNOWN] = "unknown" };
	json_t *record = report_head("finding");

	report_set_text(record, "check", finding->check);
	report_set_text(record, "result", results[finding->level]);
	report_set_text(record, "text", finding->text);
	if (*finding->fix)
		report_set_text(record, "fix", finding->fix);
	ctl_record(ctl, record);
}

static const char *mark_of(const struct ctl *ctl, enum level level)
{
	switch (level) {
	case LEVEL_OK:
		return style_mark(&ctl->style, MARK_UP);
	case LEVEL_WARNING:
		return style_mark(&ctl->style, MARK_MIDDLE);
	case LEVEL_PROBLEM:
		return style_mark(&ctl->style, MARK_DOWN);
	case LEVEL_UNKNOWN:
		break;
	}
	return "?";
}

static void add_row(const struct ctl *ctl, struct table *table,
	const struct finding *finding)
{
	char *clean = text_clean(&ctl->style, finding->text);

	table_cell(
		table, "%s %s", mark_of(ctl, finding->level), finding->check);
	table_cell(table, "%s", clean);
	table_row_end(table);
	free(clean);
	if (!*finding->fix)
		return;
	clean = text_clean(&ctl->style, finding->fix);
	table_cell(table, "%s", "");
	table_cell(
		table, "%s %s", style_mark(&ctl->style, MARK_THEREFORE), clean);
	table_row_end(table);
	free(clean);
}

static void tell_sum(const struct ctl *ctl, const size_t counts[])
{
	if (counts[LEVEL_PROBLEM] + counts[LEVEL_WARNING] +
			counts[LEVEL_UNKNOWN] ==
		0) {
		fputs("nothing is in the way\n", ctl->out);
		return;
	}
	fprintf(ctl->out, "%zu problem%s, %zu warning%s, %zu unknown\n",
		counts[LEVEL_PROBLEM], plural(counts[LEVEL_PROBLEM]),
		counts[LEVEL_WARNING], plural(counts[LEVEL_WARNING]),
		counts[LEVEL_UNKNOWN]);
}

int doctor_tell(const struct ctl *ctl, const struct findings *findings)
{
	size_t counts[LEVEL_UNKNOWN + 1] = { 0 };
	struct table *table = ctl_speaks(ctl) ? table_new() : NULL;

	for (size_t i = 0; i < findings->count; i++) {
		counts[findings->list[i].level]++;
		tell_json(ctl, &findings->list[i]);
		if (table)
			add_row(ctl, table, &findings->list[i]);
	}
	if (table) {
		table_print(table, ctl->out, 0, 3);
		tell_sum(ctl, counts);
	}
	return counts[LEVEL_PROBLEM] > 0 ? REPORT_FAILED : REPORT_OK;
}

int ctl_doctor(struct ctl *ctl, const struct verb *verb, char **args, int count)
{
	const struct facts_from from = {
		.ctl = ctl, .system = "", .nft = "", .live = true
	};
	struct facts *facts = facts_gather(&from);
	struct findings *findings = calloc(1, sizeof(*findings));
	int code = REPORT_FAILED;

	(void)verb;
	(void)args;
	(void)count;
	if (findings) {
		doctor_judge(facts, findings);
		code = doctor_tell(ctl, findings);
	}
	free(findings);
	free(facts);
	return code;
}
