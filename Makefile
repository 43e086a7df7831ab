# Tessera: everything is built, tested and installed from here. `make help` lists the targets.
# One tree of objects per flavour: build/ (optimised), build/san/ (ASan + UBSan, for the tests),
# build/fuzz/ (clang, libFuzzer).

VERSION  := 0.1.0
PREFIX   ?= /usr/local
DESTDIR  ?=
FLAVOUR  ?=
JOBS     ?= $(shell nproc)
BUILD    := build$(if $(FLAVOUR),/$(FLAVOUR))

ROOMS    := base apdu card readers personalization host services
WARN     := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wvla \
            -Wmissing-prototypes -Wstrict-prototypes -Wcast-qual -Werror
CFLAGS   ?= -O2 -g
CPPFLAGS += -I. -D_GNU_SOURCE -DTESSERA_VERSION='"$(VERSION)"' -isystem /usr/include/PCSC -isystem /usr/include/p11-kit-1 -isystem /usr/include/postgresql $(PANGO)
PANGO    := $(subst -I,-isystem ,$(shell pkg-config --cflags-only-I pangocairo 2>/dev/null))
STD      := -std=c17 -fPIC
LDLIBS   := -Wl,--as-needed -lcrypto -lpcsclite -lnfc -ljansson -lsqlite3 -lpq -lmicrohttpd -lgnutls -lcurl -lp11-kit -linih -ledit -lavformat -lavcodec -lavutil -lswscale -lswresample -lSDL2 -lpangocairo-1.0 -lpango-1.0 -lcairo -lgobject-2.0 -lglib-2.0 -lutil -lpthread

ifeq ($(FLAVOUR),san)
CFLAGS   := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# The usual linker takes three times as long for what has sanitizers.
LDFLAGS  ?= $(if $(shell command -v ld.gold),-fuse-ld=gold)
endif
ifeq ($(FLAVOUR),fuzz)
CC       := clang
CFLAGS   := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
WARN     := -Wall
# What only looks on needs no coverage of its own, and erasing compares nothing worth steering by.
build/fuzz/obj/tests/%.o build/fuzz/obj/apdu/bytes.o: CFLAGS := -O2 -g -fsanitize=address,undefined -fno-sanitize-recover=all
build/fuzz/obj/tests/fuzz/%.o: CFLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
endif

MAINS    := $(foreach r,$(ROOMS),$(wildcard $(r)/tessera.c $(r)/tessera-*.c))
PRELOADS := $(shell find $(ROOMS) -path '*/preload/*.c')
SOURCES  := $(filter-out $(MAINS) $(PRELOADS),$(shell find $(ROOMS) -name '*.c' 2>/dev/null))
OBJECTS  := $(SOURCES:%.c=$(BUILD)/obj/%.o)
ARCHIVE  := $(BUILD)/lib/libtessera.a
PROGRAMS := $(foreach m,$(MAINS),$(BUILD)/bin/$(basename $(notdir $(m))))
TESTED   := $(shell find tests/unit tests/attack tests/tear -name 'test-*.c')
SUITES   := $(TESTED:%.c=$(BUILD)/%)
KIT      := $(shell find tests/kit tests/tear tests/bench -name '*.c' -not -name 'test-*' -not -name 'bench-*' -not -name 'long-*')
TEST_LIB := $(KIT:%.c=$(BUILD)/obj/%.o)

.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: always build prune all-tests test-programs tears deps deps-check check demo behaviours lint clean help install uninstall library bench bench-long \
        tear ha bare coverage release-figures fuzz seeds soak mutants cortex-m model figures docs manual deb dist

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

build: deps-check $(PROGRAMS) $(ARCHIVE) ## build programs and library

# `make` says what it does in a word a file, `make -s` nothing; V=1 shows whole commands.
SILENT   := $(findstring s,$(filter-out -%,$(firstword $(MAKEFLAGS))))
Q        := $(if $(filter 1,$(V)),,@)
say       = $(if $(SILENT)$(filter 1,$(V)),:,printf '  %-5s %s\n' $(1) $@)

# ---- compile ---------------------------------------------------------------------------------
# What everything is compiled with: an edit of this file that leaves it as it was compiles nothing again,
# but for fuzzers, some of whose objects have flags of their own.
FLAGS    := $(CC) $(STD) $(WARN) $(CPPFLAGS) $(CFLAGS)
FLAGGED  := $(BUILD)/obj/flags
quoted    = '$(subst ','\'',$(1))'

$(FLAGGED): always
	@mkdir -p $(@D)
	@printf '%s\n' $(call quoted,$(FLAGS)) | cmp -s - $@ || printf '%s\n' $(call quoted,$(FLAGS)) >$@

$(BUILD)/obj/%.o: %.c $(FLAGGED) $(if $(filter fuzz,$(FLAVOUR)),Makefile)
	@mkdir -p $(@D)
	@$(call say,CC)
	$(Q)$(CC) $(STD) $(WARN) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# Pages of terminals stand in their objects.
$(patsubst %.c,$(BUILD)/obj/%.o,$(shell grep -l '^PAGE_FILE' host/*/*.c)): $(wildcard host/*/page/*)

$(ARCHIVE): $(OBJECTS)
	@mkdir -p $(@D)
	@rm -f $@
	@$(call say,AR)
	$(Q)$(AR) rcs $@ $^

# The front becomes another program and does nothing else: starting it with sanitizers would be a third of each
# command of a suite. With them it is build/san/front/tessera, which e2e-options asks.
front     = $(and $(filter san,$(FLAVOUR)),$(filter host/tessera.c,$(1)))

define program
$(BUILD)/$(if $(call front,$(1)),front,bin)/$(basename $(notdir $(1))): $(BUILD)/obj/$(1:.c=.o) $(ARCHIVE)
	@mkdir -p $$(@D)
	@$$(call say,LINK)
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) $$^ $$(LDLIBS) -o $$@
endef
$(foreach m,$(MAINS),$(eval $(call program,$(m))))

ifeq ($(FLAVOUR),san)
FRONT    := host/tessera.c $(addprefix base/,bytes.c calendar.c failure.c program.c options/programs.c options/suggest.c)

$(BUILD)/bin/tessera: $(FRONT) $(wildcard base/*.h base/options/*.h) $(FLAGGED)
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(STD) $(WARN) $(CPPFLAGS) $(filter-out -fsanitize% -fno-sanitize%,$(CFLAGS)) $(LDFLAGS) $(FRONT) -o $@

test-programs: $(BUILD)/front/tessera
endif

# Programs that are scripts.
SCRIPTS  := $(foreach s,$(foreach r,$(ROOMS),$(filter-out %.c,$(wildcard $(r)/tessera-*))),$(BUILD)/bin/$(notdir $(s)))

define script
$(BUILD)/bin/$(notdir $(1)): $(1)
	@mkdir -p $$(@D)
	$$(Q)install -m 755 $$< $$@
endef
$(foreach r,$(ROOMS),$(foreach s,$(filter-out %.c,$(wildcard $(r)/tessera-*)),$(eval $(call script,$(s)))))

# Libraries that are preloaded into programs which are not ours, hence without sanitizers.
LIBEXEC  := $(foreach p,$(PRELOADS),$(BUILD)/lib/tessera/$(basename $(notdir $(p))).so)

define preload
$(BUILD)/lib/tessera/$(basename $(notdir $(1))).so: $(1) $(FLAGGED)
	@mkdir -p $$(@D)
	@$$(call say,LINK)
	$$(Q)$$(CC) $$(STD) $$(WARN) $$(CPPFLAGS) -O2 -g -shared $$< -o $$@
endef
$(foreach p,$(PRELOADS),$(eval $(call preload,$(p))))

build: $(LIBEXEC)

build: $(SCRIPTS)

# A program whose source is gone, as on another branch, is gone, too: commands are what is there.
STALE    := $(filter-out $(PROGRAMS) $(SCRIPTS),$(wildcard $(BUILD)/bin/*))

build test-programs: prune

prune:
	@rm -f $(STALE)

# Suites share one copy of the library and of their kit: half a hundred links of both take longer
# than the tests.
TESTS_SO := $(BUILD)/lib/libtessera-tests.so
USE_SO   := -Wl,-rpath,$(abspath $(BUILD)/lib)

# FFmpeg and Pango bring a hundred libraries, which no suite should load: programs show what is done with
# them.
$(TESTS_SO): $(TEST_LIB) $(filter-out $(BUILD)/obj/host/media/% $(BUILD)/obj/personalization/letters/% $(BUILD)/obj/base/sheet/% $(BUILD)/obj/host/service/bill_sheet.o,$(OBJECTS))
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(@F) -Wl,-z,defs $^ $(LDLIBS) -lcunit -o $@

$(SUITES): $(BUILD)/%: $(BUILD)/obj/%.o $(TESTS_SO)
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(USE_SO) $(LDLIBS) -lcunit -o $@

# One source gives two programs: a libFuzzer target, and a replay that runs files through the same
# function under the tests' sanitizers.
FUZZERS  := $(patsubst tests/fuzz/fuzz-%.c,%,$(wildcard tests/fuzz/fuzz-*.c))

$(BUILD)/replay/%: $(BUILD)/obj/tests/fuzz/fuzz-%.o $(BUILD)/obj/tests/fuzz/replay.o $(TESTS_SO)
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(USE_SO) $(LDLIBS) -lcunit -o $@

$(BUILD)/fuzzers/%: $(BUILD)/obj/tests/fuzz/fuzz-%.o $(TEST_LIB) $(ARCHIVE)
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) $^ $(LDLIBS) -lcunit -o $@

$(BUILD)/replay/seeds: $(BUILD)/obj/tests/fuzz/seeds.o $(TEST_LIB) $(ARCHIVE)
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcunit -o $@

$(BUILD)/docs/generate: $(BUILD)/obj/docs/generate.o $(ARCHIVE)
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# What scripts of tests/e2e run, and every suite.
test-programs: $(PROGRAMS) $(SCRIPTS) $(LIBEXEC) $(FUZZERS:%=$(BUILD)/replay/%) $(BUILD)/docs/generate
all-tests: $(SUITES) test-programs

# A libpcsclite without a daemon, over which programs run unchanged.
FAKE_PCSC := $(BUILD)/tests/fake/libpcsclite.so.1

$(FAKE_PCSC): $(BUILD)/obj/tests/fake/pcsclite.o $(ARCHIVE)
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-soname,libpcsclite.so.1 -Wl,--exclude-libs,ALL $^ \
	    -Wl,--as-needed -lcrypto -o $@

# A PKCS#11 module that counts wrong PINs.
FAKE_PKCS11 := $(BUILD)/tests/fake/counting-pkcs11.so

$(FAKE_PKCS11): $(BUILD)/obj/tests/fake/pkcs11.o
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) -shared $^ -o $@

# An HTTP server to aim clients at.
HTTP_ECHO := $(BUILD)/tests/fake/http-echo

$(HTTP_ECHO): $(BUILD)/obj/tests/fake/http-echo.o $(TEST_LIB) $(ARCHIVE)
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcunit -o $@

# What kills a program at one of its durable steps; preloaded, hence without sanitizers.
KILL_AT := $(BUILD)/tests/fake/kill-at.so

$(KILL_AT): tests/fake/kill-at.c $(FLAGGED)
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(STD) $(WARN) $(CPPFLAGS) -O2 -g -shared $< -o $@

test-programs: $(FAKE_PCSC) $(FAKE_PKCS11) $(HTTP_ECHO) $(KILL_AT)

# ---- figures -----------------------------------------------------------------------------------
BENCHES  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/bench-*.c))

LONGS    := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/long-*.c))

$(BENCHES) $(LONGS): $(BUILD)/%: $(BUILD)/obj/%.o $(TEST_LIB) $(ARCHIVE)
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcunit -lm -o $@

bench: build $(BENCHES) ## figures and goals: name, value, unit, goal, ok or short
	@tests/bench/run $(BENCHES) tests/bench/kiosk-taps

# 10^7 payments take hours, mostly of signing them: PAYMENTS="100000 1000000 10000000".
bench-long: build $(LONGS) $(BUILD)/tests/bench/bench-charge ## [PAYMENTS="N..."]: the close of a month of 10^6 subscribers; speed and size of a clearing center as its database grows, build/transfers.svg
	@$(BUILD)/tests/bench/bench-charge 1000000
	@TESSERA_LAB=1 $(BUILD)/tests/bench/long-transfers build/transfers.tsv $(or $(PAYMENTS),100000 1000000)
	@tests/bench/plot build/transfers.tsv >build/transfers.svg

figures: library ## sizes, nesting, circles, symbols, docstrings into docs/figures.md
	@tests/figures >build/figures.md && mv build/figures.md docs/figures.md

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# ---- prerequisites ---------------------------------------------------------------------------
# In parts: what building needs, demo, test, develop (tests/packages.txt).
deps-check: ## [PART=build|demo|test|develop]: name the Debian packages that are missing, install nothing
	@tests/deps check $(or $(PART),build)

deps: ## [PART=...]: install the Debian packages that are missing (root or sudo)
	@tests/deps install $(or $(PART),develop)

# ---- the main job ------------------------------------------------------------------------------
demo: ## deposits, payments, and tickets from the till to the screen, every figure compared
	@tests/deps install demo
	@$(MAKE) -j$(JOBS) --no-print-directory -s build
	@build/bin/tessera demo settlement
	@build/bin/tessera demo
	@build/bin/tessera demo charge
	@build/bin/tessera demo trust

# ---- tests -----------------------------------------------------------------------------------
TEARS    := $(addprefix build/tests/tear/,test-tear test-tear-card test-tear-scripts test-tear-tickets)

tears: $(TEARS) build/tests/attack/test-rot

check: ## build with sanitizers and run every test
	@tests/deps install test
	@$(MAKE) -j$(JOBS) --no-print-directory build library tears
	@$(MAKE) -j$(JOBS) --no-print-directory FLAVOUR=san all-tests
	@tests/run

# SECONDS is bash's own variable, too: it counts only when it was given on the command line.
fuzz: ## SECONDS=n [TARGET=name]: libFuzzer on every target of tests/fuzz
	@$(MAKE) -j$(JOBS) --no-print-directory FLAVOUR=fuzz $(addprefix build/fuzz/fuzzers/,$(or $(TARGET),$(FUZZERS)))
	@tests/fuzz/run $(if $(filter command line,$(origin SECONDS)),$(SECONDS),60) $(or $(TARGET),$(FUZZERS))

seeds: $(BUILD)/replay/seeds ## write the seed corpora of objects, certificates and commands again
	@$(BUILD)/replay/seeds tests/corpus

docs: $(BUILD)/docs/generate ## print the reference pages from the tables of apdu/
	@for page in commands objects; do $(BUILD)/docs/generate $$page >docs/$$page.md || exit 1; done

manual: $(PROGRAMS) ## write the options of the manual pages as the programs' tables have them
	@docs/options write

# As root and in a container what README.md says; an ordinary user with sudo sees the demo.
bare: ## [FORM=root|container|user|templates]: README's commands and the CI templates on bare Debian 12
	@for form in $(or $(FORM),root container templates); do tests/bare $$form || exit 1; done
	@$(if $(FORM),,tests/bare user 'sudo apt-get update -qq && sudo apt-get install -qq make >/dev/null && make demo')

coverage: ## which lines the suites reach: build/coverage/index.html, and a floor for each room
	@tests/deps install develop
	@tests/coverage

release-figures: ## figures of this version into docs/releases.tsv, and their picture; after make check and coverage
	@tests/releases record $(VERSION)
	@tests/releases draw >docs/releases.svg

behaviours: ## behaviours.tsv line by line: which test proves it, with what result
	@tests/behaviours $(if $(ALL),--all)

tear: ## cut power at every write and octet of every flow and every managing command
	@$(MAKE) -j$(JOBS) --no-print-directory -s tears
	@for suite in $(TEARS); do bash -o pipefail -c "$$suite | grep ^tear" || exit 1; done

ha: ## two instances of clearing, licence and charge over one PostgreSQL: twenty kills and ten falls of the server each, judged by the auditor
	@$(MAKE) -j$(JOBS) --no-print-directory FLAVOUR=san all-tests
	@TESSERA_HA=full SUITE_TIMEOUT=3600 tests/run test-several

soak: ## the long runs: 10 000 cards personalized, 1 000 seeds of a world killed at random, 100 000 APDUs between two libnfc programs, every cut of a tap, 60 kills of each terminal, every bit of an image, a storm of ticket messages, every mistake in every script, every mutant
	@$(MAKE) -j$(JOBS) --no-print-directory build
	@$(MAKE) -j$(JOBS) --no-print-directory FLAVOUR=san all-tests
	@tests/soak $(or $(COUNT),10000) $(or $(SEEDS),1000)
	@TESSERA_SOAK=100000 TESSERA_TORN=full TESSERA_MUTATE=full TESSERA_ROT=full TESSERA_STORM=full TESSERA_MEMCHECK=full TESSERA_HA=full TESSERA_KILLS=1000 SUITE_TIMEOUT=14400 tests/run test-several e2e-operations test-nfc test-torn test-torn-machines test-nfc-torn-tickets test-rot test-ticket-storm e2e-mutate e2e-memcheck
	@TESSERA_TERMINAL_KILLS=full SUITE_TIMEOUT=14400 tests/run e2e-kiosk-taps e2e-deposit e2e-vend
	@PATH=$(CURDIR)/build/bin:$$PATH TESSERA_LAB=1 tests/bench/kiosk-taps 10000
	@tests/mutants/run

mutants: ## break the code on purpose, patch by patch of tests/mutants: does the named suite notice?
	@$(MAKE) -j$(JOBS) --no-print-directory FLAVOUR=san all-tests
	@tests/mutants/run

cortex-m: ## the card on a Cortex-M0+: flash and RAM against their goals
	@tests/cortex-m

model: ## Promela models of the money rules: hold, and break by every excluded reading
	@tests/model/run

# Static analysis goes file by file and remembers what passed, so a second run is cheap. Across files
# cppcheck takes every result that a function fills in for one that it reads: clang-tidy looks there.
TIDY     := $(patsubst %.c,build/lint/%.tidy,$(SOURCES) $(MAINS) $(TESTED) $(KIT))

lint: ## house rules, format, shell, clang-tidy and cppcheck
	@TESSERA_RESULTS= tests/e2e/house/e2e-lint
	@$(MAKE) -j$(JOBS) --no-print-directory -s -j2 -k $(TIDY)
	@mkdir -p build/lint/cppcheck
	@cppcheck -q -j2 --std=c11 --inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
	    --suppress=ctuuninitvar \
	    --enable=warning,performance,portability --cppcheck-build-dir=build/lint/cppcheck \
	    -D_GNU_SOURCE -I. $(wildcard $(ROOMS)) tests
	@echo "lint: clean"

build/lint/%.tidy: %.c .clang-tidy
	@mkdir -p $(@D)
	@$(CC) $(STD) $(CPPFLAGS) -MM -MP -MT $@ -MF $(@:.tidy=.d) $<
	@clang-tidy --quiet $< -- $(STD) $(CPPFLAGS) 2>$(@:.tidy=.log) || { cat $(@:.tidy=.log); exit 1; }
	@touch $@

-include $(shell find build/lint -name '*.d' 2>/dev/null)

# ---- the library -------------------------------------------------------------------------------
# What others link against: only what the public headers declare is to be seen, of the objects only
# those that it needs. docs/library.md.
LIBRARY  := $(BUILD)/library
PUBLIC   := $(shell grep -v '^\#' docs/library/headers.txt)
SONAME   := libtessera.so.0
SHARED   := $(LIBRARY)/libtessera.so.$(VERSION)
LIB_LIBS := -Wl,--as-needed -lcrypto -lpcsclite -lnfc
wanted    = $$(sed 's/^/$(1)/' $(LIBRARY)/exports)

$(LIBRARY)/exports: $(ARCHIVE) $(PUBLIC) docs/library/exports docs/library/headers.txt
	@mkdir -p $(@D)
	$(Q)docs/library/exports $(ARCHIVE) $(PUBLIC) >$@

$(LIBRARY)/map: $(LIBRARY)/exports
	$(Q){ echo 'TESSERA_0 {'; sed '1s/^/global: /; s/$$/;/' $<; echo 'local: *; };'; } >$@

$(SHARED): $(LIBRARY)/map $(ARCHIVE)
	@$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,-z,defs,-Bsymbolic,--version-script=$< \
	    $(call wanted,-Wl$(,)-u$(,)) $(ARCHIVE) $(LIB_LIBS) -o $@

$(LIBRARY)/libtessera.a: $(LIBRARY)/exports $(ARCHIVE)
	@$(call say,AR)
	$(Q)$(LD) -r $(call wanted,-u ) $(ARCHIVE) -o $(LIBRARY)/tessera.o
	$(Q)objcopy --strip-debug --keep-global-symbols=$< $(LIBRARY)/tessera.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(LIBRARY)/tessera.o

$(LIBRARY)/reference.md: $(PUBLIC) docs/library/reference docs/library/headers.txt
	@mkdir -p $(@D)
	$(Q)docs/library/reference $(PUBLIC) >$@

, := ,
library: $(SHARED) $(LIBRARY)/libtessera.a $(LIBRARY)/reference.md

# ---- installation ------------------------------------------------------------------------------
SHARE     = $(DESTDIR)$(PREFIX)/share
LIB      ?= lib
LIBDIR    = $(DESTDIR)$(PREFIX)/$(LIB)
PRELOAD   = $(DESTDIR)$(PREFIX)/lib/tessera
INCLUDE   = $(DESTDIR)$(PREFIX)/include/tessera

install: build library ## DESTDIR= PREFIX= LIB=: programs, library, headers, profiles, manual pages, completion
	install -d $(DESTDIR)$(PREFIX)/bin $(LIBDIR)/pkgconfig $(PRELOAD) $(SHARE)/man/man1 \
	    $(SHARE)/man/man5 $(SHARE)/doc/tessera $(SHARE)/bash-completion/completions \
	    $(SHARE)/zsh/site-functions $(SHARE)/tessera/editors $(SHARE)/tessera/ci \
	    $(SHARE)/tessera/profiles $(SHARE)/doc/tessera/examples
	install -m 755 $(PROGRAMS) $(SCRIPTS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(LIBEXEC) $(PRELOAD)
	install -m 644 $(LIBRARY)/libtessera.a $(SHARED) $(LIBDIR)
	ln -sf $(notdir $(SHARED)) $(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(LIBDIR)/libtessera.so
	for header in $(PUBLIC); do \
	    install -d $(INCLUDE)/$${header%/*} && docs/library/publish $$header >$(INCLUDE)/$$header && \
	    chmod 644 $(INCLUDE)/$$header || exit 1; done
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIB@|$(LIB)|; s|@VERSION@|$(VERSION)|; s|@LIBS@|$(filter -l%,$(LIB_LIBS))|' \
	    docs/tessera.pc.in >$(LIBDIR)/pkgconfig/tessera.pc
	install -m 644 docs/man/*.1 $(SHARE)/man/man1
	install -m 644 docs/man/*.5 $(SHARE)/man/man5
	install -m 644 docs/completion/_tessera $(SHARE)/zsh/site-functions
	install -m 644 docs/editors/* $(SHARE)/tessera/editors
	install -m 644 docs/ci/* $(SHARE)/tessera/ci
	install -m 644 personalization/profiles/*.profile $(SHARE)/tessera/profiles
	install -m 644 README.md CHANGELOG.md LICENSE docs/*.md $(LIBRARY)/reference.md $(SHARE)/doc/tessera
	install -m 644 docs/examples/* docs/serve/* $(SHARE)/doc/tessera/examples
	install -m 644 docs/completion/tessera $(SHARE)/bash-completion/completions

# What an install would put there is removed, and what is left empty of our own directories.
uninstall: ## DESTDIR= PREFIX=: remove what make install with the same words put there
	@rm -rf $(BUILD)/uninstall
	@$(MAKE) --no-print-directory -s install DESTDIR=$(BUILD)/uninstall >/dev/null
	@cd $(BUILD)/uninstall && find . ! -type d -printf '$(DESTDIR)/%P\0' | xargs -0 rm -f
	@cd $(BUILD)/uninstall && find . -depth -type d -path '*/tessera*' -printf '$(DESTDIR)/%P\0' | \
	    xargs -0 rmdir --ignore-fail-on-non-empty
	@rm -rf $(BUILD)/uninstall

deb: build ## build/tessera_VERSION_ARCH.deb
	@rm -rf build/deb
	@$(MAKE) -j$(JOBS) --no-print-directory -s install DESTDIR=build/deb PREFIX=/usr \
	    LIB=lib/$$($(CC) -print-multiarch) >/dev/null
	@.ci/deb build/deb $(VERSION) build/tessera_$(VERSION)_$$(dpkg --print-architecture).deb

dist: ## build/tessera-VERSION.tar.gz of what is committed
	@mkdir -p build
	git archive --prefix=tessera-$(VERSION)/ -o build/tessera-$(VERSION).tar.gz HEAD

clean: ## remove everything built
	rm -rf build
