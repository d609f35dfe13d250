/* resync.c - what the daemon believes to be in the kernel, and what comes of what is not.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/resync.h"

#include "daemon/daemon.h"
#include "daemon/kernel_ops.h"
#include "tests/suite.h"
#include "tests/unit/sides.h"

/* A kernel that has lost one SA. */
struct forgetful {
	struct kernel kernel; /* first */
	struct ike *ike;
	struct ike_sa_ref lost, seen[8];
	size_t sas, policies;
	int error;
};

static int forgetful_resync(struct kernel *kernel, uint32_t reqid_base,
	const struct kernel_owned *owned)
{
	struct forgetful *f = (struct forgetful *)kernel;

	ck_assert_uint_eq(reqid_base, ike_limits_default().reqid_base);
	f->sas = owned->sa_count;
	f->policies = owned->policy_count;
	for (size_t i = 0; i < f->sas && i < 8; i++)
		f->seen[i] = owned->sas[i];
	if (f->error == 0 && f->lost.spi != 0)
		ike_expire(f->ike, at, f->lost, true);
	return f->error;
}

static bool has(const struct forgetful *f, const struct ike_ipsec_sa *sa)
{
	for (size_t i = 0; i < f->sas; i++) {
		if (f->seen[i].spi == sa->ref.spi &&
			ike_addr_equal(&f->seen[i].dst, &sa->ref.dst))
			return true;
	}
	return false;
}

START_TEST(n51_all_that_is_ours_is_looked_for)
{
	struct forgetful f = { .kernel.resync = forgetful_resync };
	struct daemon daemon = { .kernel = &f.kernel };
	struct side a, b;

	connect_both(&a, &b);
	daemon.ike = a.ike;
	ck_assert_int_eq(resync(&daemon), 0);
	ck_assert_uint_eq(f.sas, 2);
	ck_assert_uint_eq(f.policies, 1);
	ck_assert(has(&f, &a.in) && has(&f, &a.out));
	f.error = -1;
	ck_assert_int_eq(resync(&daemon), -1);
	side_close(&a);
	side_close(&b);
}
END_TEST

START_TEST(n51_a_child_without_its_sa_comes_back)
{
	const struct ike_wish up = { "to2", NULL };
	struct forgetful f = { .kernel.resync = forgetful_resync };
	struct daemon daemon = { .kernel = &f.kernel };
	struct side a, b;

	side_open(&a, 1, 2, "a secret of both");
	side_open(&b, 2, 1, "a secret of both");
	a.peers.peer[0]->keep_trying = true;
	a.peers.peer[0]->children[0].start = IKE_START_NOW;
	ck_assert_int_eq(ike_up(a.ike, at, &up), IKE_WISH_STARTED);
	run(&a, &b, at.mono_ms);
	daemon.ike = f.ike = a.ike;
	f.lost = _i ? a.in.ref : a.out.ref;
	ck_assert_int_eq(resync(&daemon), 0);
	pass(&a, &b, 2000, 60000);
	ck_assert_int_eq(a.child_down, 1);
	ck_assert_int_eq(a.child_up, 2);
	assert_one_pair(&a, &b);
	side_close(&a);
	side_close(&b);
}
END_TEST

SUITE(resync)
{
	test(n51_all_that_is_ours_is_looked_for);
	loop_test(n51_a_child_without_its_sa_comes_back, 2);
}
