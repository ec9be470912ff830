# SPDX-License-Identifier: MIT
#
#   make            build/echorelay
#   make demo       install what is missing, build, run on the simulated world
#   make check      install what is missing, build, run every test; ends with "N passed, N failed"
#   make bench      measure: CPU, packet spacing, latency, terminal bytes
#   make check-rig  the same program on real BlueZ and PipeWire, on virtual radios (tests/rig/README.md)
#   make soak-rig   the same, for hours of their time
#   make soak-real  eight hours at real time, eight simulated speakers and a screen (HOURS=0.1 for less)
#   make soak-screen    a day of an attached screen in virtual time: bytes and memory by the hour (HOURS=1)
#   make soak       seven days of a household in the simulated world, an hour of ours: a table of uptime; with
#                   SINK=pipewire the Echo plays to PipeWire's sink instead of the relay's own, in half the time
#   make lint       formatting, static checks, layering, manuals
#   make asan tsan  the tests of parts under sanitizers, asan is ASan and UBSan at once; WHOLE=1 for all tests
#   make coverage   how much of the program the tests run, by folder; 90 % of the lines are wanted
#   make valgrind   the tests of parts, and a short demo, under valgrind: half an hour
#   make fuzz       hostile input for everything that reads some, FUZZ_SECONDS=7 for each (tests/fuzz)
#   make install uninstall [PREFIX=/usr/local] [DESTDIR=] [WIREPLUMBER=/etc/wireplumber]
#   make deb        a Debian package, build/deb/*.deb; DEB_HOST=arm64 for another machine
#   make help clean
#
# V=1 shows the commands.  Everything is built below build/, each flavour in a folder of its own.

FLAVOUR ?= release
PREFIX  ?= /usr/local
VERSION := $(shell git describe --tags --dirty 2>/dev/null || sed -n 's/^## \([0-9.]*\).*/\1/p;T;q' NEWS.md)

ifeq ($(FLAVOUR),release)
out := build
else
out := build/$(FLAVOUR)
endif

libraries := libsystemd libpipewire-0.3 sbc ncursesw jansson inih sndfile fftw3f
PKG_CONFIG ?= pkg-config
pkg-config-of = $(shell $(PKG_CONFIG) $(1) $(libraries) 2>/dev/null)

flags_release := -O3 -fno-math-errno -fno-trapping-math -D_FORTIFY_SOURCE=2
flags_asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
flags_tsan    := -O1 -fsanitize=thread
flags_fuzz    := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -Wno-unused-command-line-argument
flags_lint    := $(flags_release)
# GNU C, for there a program that becomes another (exec) leaves its counts behind.
flags_coverage := -O1 -std=gnu11 --coverage -fprofile-update=atomic

warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion \
	    -Wno-sign-conversion -Wvla -Wformat=2 -Wundef
CPPFLAGS += -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -DDATADIR='"$(PREFIX)/share/echorelay"' \
	    -DLIBEXECDIR='"$(PREFIX)/libexec"' \
	    -Isrc -I. $(patsubst -I%,-isystem %,$(call pkg-config-of,--cflags))
# What the processor can check of returns and jumps.
machine   := $(shell command -v $(firstword $(CC)) >/dev/null && $(CC) -dumpmachine)
branches  := $(if $(filter x86_64-% i%86-%,$(machine)),-fcf-protection)\
    $(if $(filter aarch64-%,$(machine)),-mbranch-protection=standard)
hardening := -fPIE -fstack-protector-strong $(if $(filter arm%,$(machine)),,-fstack-clash-protection) $(branches)
CFLAGS   += -std=c11 -g $(hardening) $(warnings) $(flags_$(FLAVOUR))
LDFLAGS  += -pie -Wl,-z,relro,-z,now $(filter -fsanitize% --coverage,$(flags_$(FLAVOUR)))
LDLIBS   += $(call pkg-config-of,--libs) -lm -lpthread
ifdef WERROR
CFLAGS   += -Werror
endif

helper  := src/helper/flush.c
sources := $(filter-out $(helper),$(wildcard src/*.c src/*/*.c ui/*.c))
generated := $(out)/generated/keymaps.c $(out)/generated/scenarios.c $(out)/generated/unit.c
objects := $(sources:%.c=$(out)/%.o) $(generated:%.c=%.o)
library := $(filter-out $(out)/src/main.o,$(objects))

helpers := $(wildcard tests/helpers/*.c)
suites  := $(wildcard tests/unit/test-*.c tests/sim/test-*.c tests/screens/test-*.c)
benches := $(wildcard tests/bench/bench-*.c)
tools   := $(wildcard tests/tools/*.c)
rig     := $(wildcard tests/rig/programs/*.c) tests/tools/sofa.c
rig_parts := $(wildcard tests/rig/parts/*.c)
rig_preload := $(wildcard tests/rig/preload/*.c)
fuzzers := $(filter-out tests/fuzz/fuzz.c,$(wildcard tests/fuzz/*.c))

# As many at a time as there are processors, where nobody said how many.
parallel = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2))

.PHONY: all help demo check check-flavour check-rig soak soak-screen soak-real soak-rig rig-programs bench lint asan tsan \
	coverage valgrind fuzz fuzz-programs format install uninstall deb clean
.DELETE_ON_ERROR:
.SECONDARY:

all: $(out)/completions $(out)/echorelay $(out)/echorelay-flush

help:
	@sed -n '2,/^$$/ s/^# \{0,1\}//p' Makefile

$(out)/echorelay: $(objects)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(out)/echorelay-flush: $(helper:%.c=$(out)/%.o)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

$(out)/libechorelay.a: $(library)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(out)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# What a source sends is made finite before it gets here (engine/intake.c): min and max are then one
# instruction each, four samples at a time.
$(out)/src/audio/%.o $(out)/src/a2dp/%.o: CFLAGS += -ffinite-math-only -fno-signed-zeros

# The fuzzer learns nothing from what computes sound, and is the faster the less it looks at.
ifeq ($(FLAVOUR),fuzz)
$(patsubst %.c,$(out)/%.o,$(wildcard src/audio/*.c) $(addprefix src/sim/,dac.c ear.c music.c)): \
    CFLAGS += -O3 -fno-sanitize=fuzzer-no-link
endif

$(out)/generated/%.o: $(out)/generated/%.c
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Keymaps and scenarios are compiled in: the program works without any file of its own.
c-strings = for f in $^; do n=$${f\#\#*/}; echo "{\"$${n%.*}\","; \
	    sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $$f; echo '},'; done; echo '{0}};'

$(out)/generated/keymaps.c: $(wildcard keymaps/*.keys)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && { echo '#include "ui/keymap.h"'; \
	  echo 'const struct keymap_builtin keymap_builtins[] = {'; $(c-strings); } >$@

$(out)/generated/unit.c: src/share/systemd/echorelay.service
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && { echo '#include "program/service.h"'; echo 'const char service_unit[] ='; \
	  sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $<; echo ';'; } >$@

# Made from the program's own tables; not where it was built for another machine.
$(out)/completions: $(out)/echorelay
	$(call say,GEN,$@)
	$(Q)rm -rf $@ && mkdir -p $@ && if $< --version >/dev/null 2>&1; then \
	  $< completion bash >$@/echorelay && $< completion zsh >$@/_echorelay && \
	  $< completion fish >$@/echorelay.fish; fi

$(out)/generated/scenarios.c: $(wildcard src/sim/scenarios/*.scenario)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && { echo '#include "sim/scenario.h"'; \
	  echo 'const struct scenario_builtin scenario_builtins[] = {'; $(c-strings); } >$@

$(out)/tests/%: $(out)/tests/%.o $(helpers:%.c=$(out)/%.o) $(out)/libechorelay.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -rdynamic -o $@ $^ $(LDLIBS) -lcmocka -ldl

# A guest of the rig has no cmocka, and these want none.
$(out)/tests/tools/%: $(out)/tests/tools/%.o $(out)/libechorelay.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(out)/tests/tools/make-sound: $(out)/tests/helpers/tone.o
$(out)/tests/tools/sofa $(out)/tests/tools/hears: $(out)/tests/helpers/record.o

$(out)/tests/rig/parts.a: $(rig_parts:%.c=$(out)/%.o)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(out)/tests/rig/programs/%: $(out)/tests/rig/programs/%.o $(out)/tests/rig/parts.a $(out)/libechorelay.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(out)/tests/rig/preload/%.so: tests/rig/preload/%.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -O2 -Wall -Wextra -fPIC -shared -o $@ $<

$(out)/tests/unit/test-rig: $(out)/tests/rig/parts.a

$(out)/tests/helpers.a: $(helpers:%.c=$(out)/%.o)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# libFuzzer has a main of its own, and is the faster the less of the house is linked.
$(out)/tests/fuzz/%: $(out)/tests/fuzz/%.o $(out)/tests/fuzz/fuzz.o $(out)/tests/helpers.a $(out)/libechorelay.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS) -lcmocka

# --- what a user types --------------------------------------------------------------------------

demo:
	$(Q).ci/packages.sh build
	$(Q)$(MAKE) $(parallel) --no-print-directory all
	$(Q)$(out)/echorelay --demo --standalone

check:
	$(Q).ci/packages.sh build check
	$(Q)$(MAKE) $(parallel) --no-print-directory check-flavour

test_programs = $(suites:%.c=$(out)/%)
# Under a sanitizer the parts are run; the whole program in a terminal, whose time-outs are for a fast one, with WHOLE=1.
ifneq ($(filter release coverage,$(FLAVOUR))$(WHOLE),)
whole_programs := $(wildcard tests/e2e/test-*.sh)
endif
check-flavour: rig-programs $(out)/echorelay $(out)/echorelay-flush $(test_programs) $(tools:%.c=$(out)/%)
	$(Q)BUILD=$(out) FLAVOUR=$(FLAVOUR) tests/run.sh $(test_programs) $(whole_programs)

rig-programs: $(out)/echorelay $(out)/echorelay-flush $(rig:%.c=$(out)/%) $(rig_preload:%.c=$(out)/%.so) $(out)/tests/tools/pty

check-rig soak-rig:
	$(Q).ci/packages.sh build
	$(Q)BUILD=$(out) tests/rig/$(@:soak-rig=soak).sh

soak:
	$(Q).ci/packages.sh build check
	$(Q)$(MAKE) --no-print-directory $(out)/tests/soak/household
	$(Q)$(out)/tests/soak/household $(DAYS)

soak-screen:
	$(Q).ci/packages.sh build check
	$(Q)$(MAKE) --no-print-directory $(out)/tests/soak/screen
	$(Q)$(out)/tests/soak/screen $(HOURS)

soak-real:
	$(Q).ci/packages.sh build check
	$(Q)$(MAKE) --no-print-directory all $(tools:%.c=$(out)/%)
	$(Q)BUILD=$(out) tests/soak/real.sh

asan tsan:
	$(Q).ci/packages.sh build check
	$(Q)$(MAKE) $(parallel) --no-print-directory FLAVOUR=$@ check-flavour

coverage:
	$(Q).ci/packages.sh build check coverage
	$(Q)find build/coverage -name '*.gcda' -delete 2>/dev/null || true
	$(Q)$(MAKE) --no-print-directory FLAVOUR=$@ check-flavour; failed=$$?; tests/coverage.sh && exit $$failed

# Valgrind is some thirty times slower: what is long is made as short as under a sanitizer.
valgrind:
	$(Q).ci/packages.sh build check valgrind
	$(Q)$(MAKE) --no-print-directory all $(filter-out $(out)/tests/screens/%,$(test_programs)) rig-programs
	$(Q)BUILD=$(out) tests/valgrind.sh $(filter-out $(out)/tests/screens/%,$(test_programs))

# By clang, whose runtime has the fuzzer; where it is not to be had, that is said and nothing fails.
FUZZ_CC ?= clang
fuzz:
	$(Q).ci/packages.sh build check
	$(Q)FUZZ_CC="$(FUZZ_CC)" MAKE="$(MAKE)" tests/fuzz/run.sh

fuzz-programs: $(fuzzers:%.c=$(out)/%)

bench:
	$(Q).ci/packages.sh build check
	$(Q)$(MAKE) --no-print-directory bench-programs
	$(Q)BUILD=$(out) tests/bench/run.sh

.PHONY: bench-programs
bench-programs: $(out)/echorelay $(benches:%.c=$(out)/%) $(tools:%.c=$(out)/%)

lint:
	$(Q).ci/packages.sh build check lint
	$(Q)$(MAKE) --no-print-directory all
	$(Q)BUILD=$(out) tests/lint/run.sh

# The list of keys in the manual is what the program says of itself.
manual: all
	$(Q)$(out)/echorelay --keymap default --list-keys | sed 's/\\/\\e/g' >$(out)/keys.txt
	$(Q)awk -v keys=$(out)/keys.txt '/^.Ed/ { skip = 0 } !skip; \
	  /^.Sh/ { here = /DEFAULT KEYS/ } \
	  here && /^.Bd/ { while ((getline line < keys) > 0) print line; skip = 1 }' \
	  man/echorelay-keys.5 >$(out)/keys.5 && cp $(out)/keys.5 man/echorelay-keys.5

format:
	clang-format -i $(sources) $(helper) $(wildcard src/*.h src/*/*.h ui/*.h tests/*/*.[ch] tests/rig/*/*.[ch])

# Where things go; what the tree does not have is left out.
pages = $(wildcard man/*.$(1))
into = $(if $(strip $(2)),install -d $(DESTDIR)$(1) && install -m644 $(2) $(DESTDIR)$(1),:)
share := $(PREFIX)/share
# WirePlumber before 0.5 looks below /etc and /usr only.
WIREPLUMBER ?= $(if $(filter /usr,$(PREFIX)),/usr/share,/etc)/wireplumber

install: all
	install -Dm755 $(out)/echorelay $(DESTDIR)$(PREFIX)/bin/echorelay
	install -Dm755 $(out)/echorelay-flush $(DESTDIR)$(PREFIX)/libexec/echorelay-flush
	$(call into,$(share)/echorelay,src/share/echorelay.conf)
	$(call into,$(share)/echorelay/keymaps,$(wildcard keymaps/*.keys))
	$(call into,$(share)/echorelay/wireplumber,$(wildcard src/share/wireplumber/*))
	$(call into,$(WIREPLUMBER)/bluetooth.lua.d,$(wildcard src/share/wireplumber/*.lua))
	$(call into,$(WIREPLUMBER)/wireplumber.conf.d,$(wildcard src/share/wireplumber/*.conf))
	$(call into,$(share)/bash-completion/completions,$(wildcard $(out)/completions/echorelay))
	$(call into,$(share)/zsh/vendor-completions,$(wildcard $(out)/completions/_echorelay))
	$(call into,$(share)/fish/vendor_completions.d,$(wildcard $(out)/completions/echorelay.fish))
	$(call into,$(PREFIX)/lib/systemd/user,$(wildcard src/share/systemd/*.service))
	$(foreach n,1 5 7 8,$(call into,$(share)/man/man$(n),$(call pages,$(n)));)

uninstall:
	rm -rf $(DESTDIR)$(share)/echorelay
	rm -f $(DESTDIR)$(WIREPLUMBER)/bluetooth.lua.d/80-echorelay.lua \
	  $(DESTDIR)$(WIREPLUMBER)/wireplumber.conf.d/80-echorelay.conf
	cd $(DESTDIR)$(PREFIX) && rm -f bin/echorelay libexec/echorelay-flush lib/systemd/user/echorelay*.service \
	  share/bash-completion/completions/echorelay share/zsh/vendor-completions/_echorelay \
	  share/fish/vendor_completions.d/echorelay.fish $(foreach page,$(wildcard man/*),share/man/man*/$(notdir $(page)))

# The package is made from a copy, so that the tree stays as it is: build/deb/echorelay_VERSION_ARCH.deb.
# Who publishes it writes his own address into control and changelog: that of the tree is none.
# DEB_HOST=arm64 builds for that machine; once before that, as root: dpkg --add-architecture arm64.
package := build/deb/echorelay
deb:
	.ci/packages.sh deb
	.ci/packages.sh $(if $(DEB_HOST),--host $(DEB_HOST)) build
	rm -rf build/deb && mkdir -p $(package)
	cp -r Makefile LICENSE NEWS.md README.md src ui keymaps tests man .ci $(package)
	mv $(package)/src/share/debian $(package)/debian
	cd $(package) && dpkg-buildpackage -us -uc -b $(if $(DEB_HOST),-a$(DEB_HOST) -d -Pcross,)
	lintian --fail-on error,warning --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog \
	  build/deb/*.changes

clean:
	rm -rf build

-include $(wildcard $(out)/src/*.d $(out)/src/*/*.d $(out)/ui/*.d $(out)/tests/*/*.d $(out)/tests/rig/*/*.d)
