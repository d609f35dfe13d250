# ipsecd - one makefile for everything; objects live in build/<flavour>/.
#
#   make            the daemon and ipsec-ctl (release)
#   make check      what scripts/check runs: every test that needs no other machine
#   make test       the unit tests alone, under ASan and UBSan
#   make sim        seeded simulation: make sim SEEDS=10000 [SEED=1]
#   make model      two sides, every order of events: make model MODEL="-n 1 -l 0"
#   make collisions every story of rekeys and deletes that meet, in all cases
#   make year       one tunnel for a virtual year: make year DAYS=365
#   make hostile    a hostile peer against ipsecd, over UDP
#   make demo       two daemons, a tunnel, a ping
#   make interop    the matrix against strongSwan, Libreswan and OpenIKED (root)
#   make crash      kill -9 at 100 random moments in each role, in the lab (root; half an hour)
#   make fuzz       libFuzzer on one target: make fuzz FUZZ=message TIME=60
#   make faults     whatever can fail fails, one after the other: make faults N="alloc 1234"
#   make mutate     the core broken in 200 ways, one by one: do its tests see it? make mutate SEED=2
#   make bench      the figures of the README
#   make install    DESTDIR= PREFIX=/usr
#   make deb        a Debian package, in build/deb
#   V=1             shows every command

CC ?= gcc
FLAVOUR ?= release
PREFIX ?= /usr
DESTDIR ?=
VERSION := 0.1.0
B := build/$(FLAVOUR)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wcast-qual -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
	-Wundef -Wwrite-strings -Wimplicit-fallthrough -Wswitch-enum

# gcc 12 takes it, clang 14 wants a second flag to.
ZERO := $(shell $(CC) -ftrivial-auto-var-init=zero -E -x c /dev/null \
	>/dev/null 2>&1 && echo -ftrivial-auto-var-init=zero)

FLAGS_release := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 \
	-fstack-protector-strong -fstack-clash-protection -fcf-protection \
	$(ZERO) -fPIE
LINK_release := -pie -Wl,-z,relro,-z,now
FLAGS_plain := $(FLAGS_release)
FLAGS_check := -O1 -g -Werror -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
LINK_check := -fsanitize=address,undefined
FLAGS_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
LINK_fuzz := -fsanitize=fuzzer,address,undefined
FLAGS_coverage := -O0 -g --coverage
LINK_coverage := --coverage
# scripts/mutate builds one object a mutant
FLAGS_mutate := -O1 $(ZERO)

PACKAGES := libsodium libcrypto libevent_core libevent_extra yaml-0.1 libmnl jansson
DAEMON_PACKAGES := libseccomp
TEST_PACKAGES := check
CFLAGS_ALL = -std=c11 -D_GNU_SOURCE -DIPSECD_VERSION='"$(VERSION)"' $(WARN) \
	$(FLAGS_$(FLAVOUR)) -I. \
	$(shell pkg-config --cflags $(PACKAGES) $(DAEMON_PACKAGES)) $(CFLAGS)
DAEMON_LIBS = $(shell pkg-config --libs $(DAEMON_PACKAGES))
LIBS = $(shell pkg-config --libs $(PACKAGES))
TEST_LIBS = $(shell pkg-config --libs $(TEST_PACKAGES))

CORE := $(wildcard ikev2/*.c ikev2/wire/*.c ikev2/crypto/*.c)
CONFIG := $(wildcard config/*.c)
# Two programs share daemon/: the files that are only ipsec-ctl's are ctl*.c;
# report.c, the records, is in both.
CTL := $(wildcard daemon/ctl*.c)
DAEMON := $(filter-out daemon/main.c daemon/ipsec-ctl.c $(CTL),\
	$(wildcard daemon/*.c))
UNIT := $(wildcard tests/unit/*.c)
# What tests and fuzz targets share: a core, and a peer of it that breaks rules.
BENT := tests/unit/bent.c tests/unit/core_under_test.c tests/unit/parts.c
FUZZERS := $(filter-out tests/fuzz/libfuzzer.c,$(wildcard tests/fuzz/*.c))
MODEL_ONLY := $(wildcard tests/sim/model*.c) tests/sim/snapshot.c
SIM := $(filter-out tests/sim/swarm.c $(MODEL_ONLY) tests/sim/year.c tests/sim/test_%.c,$(wildcard tests/sim/*.c)) daemon/keylog.c
SIM_TESTS := $(wildcard tests/sim/test_*.c)
BENCH := $(wildcard tests/bench/*.c)
FAULTS := $(wildcard tests/faults/*.c)

# make V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf "  %-5s %s\n" $(1) $(2))

obj = $(patsubst %.c,$(B)/%.o,$(1))

.PHONY: all lab-programs check coverage test sim collisions model fuzz faults hostile demo interop crash mutate bench lint layers pages install deb clean
all: $(B)/ipsecd $(B)/ipsec-ctl

$(B)/ipsecd: $(call obj,daemon/main.c $(DAEMON) $(CONFIG) $(CORE))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_$(FLAVOUR)) $(LDFLAGS) -o $@ $^ $(LIBS) $(DAEMON_LIBS)
$(B)/ipsec-ctl: $(call obj,daemon/ipsec-ctl.c $(CTL) daemon/report.c \
		daemon/sockaddr.c daemon/xfrm_answers.c daemon/xfrm_message.c \
		daemon/xfrm_names.c daemon/xfrm_selectors.c daemon/lastgood_read.c $(CONFIG) $(CORE))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_$(FLAVOUR)) $(LDFLAGS) -o $@ $^ $(LIBS)
# What the tests see of secrets: tests/unit/derived.c.
WRAP_derived := crypto_scalarmult_curve25519 crypto_scalarmult_curve25519_base \
	dh_new dh_answer dh_agree prf keymat_ike keymat_ike_rekey keymat_child
# What the unit tests see or count: memory.c, heap.c, taken.c, operations.c, waiting_fake.c.
WRAP_unit := $(WRAP_derived) calloc free realloc \
	auth_answer auth_finish EVP_DigestVerifyFinal EVP_DigestVerify EVP_PKEY_verify \
	EVP_PKEY_verify_recover crypto_sign_verify_detached X509_verify_cert
$(B)/unit: $(call obj,tests/main.c $(UNIT) $(FUZZERS) $(SIM_TESTS) $(SIM) $(DAEMON) $(CTL) $(CONFIG) $(CORE))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_$(FLAVOUR)) $(LDFLAGS) $(WRAP_unit:%=-Wl,--wrap=%) -o $@ $^ $(LIBS) $(DAEMON_LIBS) $(TEST_LIBS)
# The daemon with its main(), and what stands before the C library: no wraps.
$(B)/faults: $(call obj,$(FAULTS) $(DAEMON) $(CONFIG) $(CORE))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_$(FLAVOUR)) $(LDFLAGS) -rdynamic -o $@ $^ $(LIBS) $(DAEMON_LIBS)
$(B)/sim: $(call obj,tests/sim/swarm.c $(SIM) $(CORE))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_$(FLAVOUR)) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/year: $(call obj,tests/sim/year.c $(SIM) $(CORE))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_$(FLAVOUR)) $(LDFLAGS) -o $@ $^ $(LIBS)
# Its key exchange remembers what it has computed; its memory can be put back.
$(B)/model: $(call obj,$(MODEL_ONLY) $(SIM) $(CORE))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_$(FLAVOUR)) $(LDFLAGS) \
		-Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=free \
		-Wl,--wrap=crypto_scalarmult_curve25519 \
		-Wl,--wrap=crypto_scalarmult_curve25519_base -o $@ $^ $(LIBS)
$(B)/bench: $(call obj,$(BENCH) $(CORE))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_$(FLAVOUR)) $(LDFLAGS) -o $@ $^ $(LIBS)

# What tests/live needs: an ipsecd that tells its secrets, and the calls of any
# other into libsodium, counted.
$(B)/telling: $(call obj,daemon/main.c $(DAEMON) $(CONFIG) $(CORE) tests/unit/derived.c tests/live/telling.c)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_$(FLAVOUR)) $(LDFLAGS) $(WRAP_derived:%=-Wl,--wrap=%) -o $@ $^ $(LIBS) $(DAEMON_LIBS)
$(B)/counted.so: tests/live/counted.c
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -fPIC -shared -o $@ $< -ldl
live-programs: all $(B)/telling $(B)/counted.so $(B)/bench
.PHONY: live-programs

# What tests/lab/run needs beyond the two programs.
$(B)/traffic: $(call obj,tests/lab/traffic.c)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_$(FLAVOUR)) $(LDFLAGS) -o $@ $^
lab-programs: all $(B)/unit $(B)/traffic

FUZZ ?= message
$(B)/fuzz-%: tests/fuzz/libfuzzer.c $(call obj,tests/fuzz/$(FUZZ).c $(BENT) $(SIM) \
	$(DAEMON) $(CTL) $(CONFIG) $(CORE))
	$(CC) $(CFLAGS_ALL) $(LINK_$(FLAVOUR)) $(LDFLAGS) -DFUZZ_TARGET=fuzz_$* \
		-o $@ $^ $(LIBS) $(DAEMON_LIBS)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# The plain objects that scripts/check-layers looks into.
core-objects: $(call obj,$(CORE))
.PHONY: core-objects

check:
	scripts/check
coverage:
	scripts/coverage
test:
	$(MAKE) FLAVOUR=check build/check/unit
	CK_FORK=no build/check/unit
layers:
	scripts/check-layers
lint:
	clang-format --dry-run -Werror $(shell git ls-files '*.c' '*.h')
SEED ?= 1
SEEDS ?= 1000
sim:
	$(MAKE) FLAVOUR=release build/release/sim
	build/release/sim $(SEED) $(SEEDS)
DAYS ?= 365
year:
	$(MAKE) FLAVOUR=release build/release/year
	build/release/year $(DAYS)
MODEL ?= -o RKCDUL -n 2 -l 1 -t 0
model:
	$(MAKE) FLAVOUR=release build/release/model
	build/release/model $(MODEL)
collisions:
	$(MAKE) FLAVOUR=release build/release/sim
	build/release/sim collisions
TIME ?= 60
fuzz:
	$(MAKE) CC=clang FLAVOUR=fuzz build/fuzz/fuzz-$(FUZZ)
	mkdir -p build/fuzz/corpus/$(FUZZ)
	build/fuzz/fuzz-$(FUZZ) -max_total_time=$(TIME) -max_len=4096 -timeout=25 \
		$(addprefix -dict=,$(wildcard tests/fuzz/dict/$(FUZZ))) \
		-artifact_prefix=build/fuzz/ build/fuzz/corpus/$(FUZZ) \
		tests/fuzz/corpus/$(FUZZ)
# Whatever an allocation, a system call or the kernel's answer is: each fails once.
N ?=
faults:
	$(MAKE) FLAVOUR=check build/check/faults
	build/check/faults $(N)
hostile:
	scripts/hostile
demo:
	scripts/demo
interop:
	scripts/interop
crash:
	KILLS=100 LAB_SECONDS=10800 tests/lab/run kill
mutate:
	scripts/mutate -s $(SEED)
bench:
	scripts/bench

# The manual pages, with what the programs know filled in.
PAGES := $(wildcard systemd/man/*)
pages: $(PAGES:systemd/man/%=$(B)/man/%)
$(B)/man/%: systemd/man/% scripts/manual $(B)/ipsecd $(B)/ipsec-ctl
	@mkdir -p $(@D)
	$(call say,MAN,$@)
	$(Q)scripts/manual $< $(B) >$@.new && mv $@.new $@

install: all pages
	install -D -m 755 $(B)/ipsecd $(DESTDIR)$(PREFIX)/sbin/ipsecd
	install -D -m 755 $(B)/ipsec-ctl $(DESTDIR)$(PREFIX)/bin/ipsec-ctl
	install -D -m 644 systemd/ipsecd.service \
		$(DESTDIR)$(PREFIX)/lib/systemd/system/ipsecd.service
	install -D -m 644 systemd/ipsecd.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/ipsecd.conf
	install -D -m 644 systemd/ipsecd.tmpfiles \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/ipsecd.conf
	for page in $(notdir $(PAGES)); do \
		install -D -m 644 $(B)/man/$$page \
			$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$$page || exit; \
	done
	install -D -m 644 daemon/ipsecd-1.schema.json \
		$(DESTDIR)$(PREFIX)/share/ipsecd/ipsecd-1.schema.json
	install -D -m 755 systemd/completion/complete \
		$(DESTDIR)$(PREFIX)/share/ipsecd/complete
	install -D -m 644 systemd/completion/ipsec-ctl.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/ipsec-ctl
	install -D -m 644 systemd/completion/_ipsec-ctl \
		$(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_ipsec-ctl
	install -D -m 644 systemd/completion/ipsec-ctl.fish \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/ipsec-ctl.fish

deb:
	scripts/deb

clean:
	rm -rf build
