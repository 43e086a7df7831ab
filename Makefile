# Tessera: everything is built, tested and installed from here. `make help` lists the targets.
# One tree of objects per flavour: build/ (optimised), build/san/ (ASan + UBSan, for the tests),
# build/fuzz/ (clang, libFuzzer).

VERSION  := 0.1.0
PREFIX   ?= /usr/local
DESTDIR  ?=
FLAVOUR  ?=
JOBS     ?= $(shell nproc)
BUILD    := build$(if $(FLAVOUR),/$(FLAVOUR))

ROOMS    := apdu card readers personalization host services
WARN     := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wvla \
            -Wmissing-prototypes -Wstrict-prototypes -Wcast-qual -Werror
CFLAGS   ?= -O2 -g
CPPFLAGS += -I. -D_GNU_SOURCE -DTESSERA_VERSION='"$(VERSION)"' -isystem /usr/include/PCSC -isystem /usr/include/p11-kit-1
STD      := -std=c17 -fPIC
LDLIBS   := -Wl,--as-needed -lcrypto -lpcsclite -lnfc -ljansson -lp11-kit -lutil -lpthread

ifeq ($(FLAVOUR),san)
CFLAGS   := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
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
SOURCES  := $(filter-out $(MAINS),$(shell find $(ROOMS) -name '*.c' 2>/dev/null))
OBJECTS  := $(SOURCES:%.c=$(BUILD)/obj/%.o)
ARCHIVE  := $(BUILD)/lib/libtessera.a
PROGRAMS := $(foreach m,$(MAINS),$(BUILD)/bin/$(basename $(notdir $(m))))
SUITES   := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test-*.c))
TEST_LIB := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out tests/test-%.c tests/bench-%.c,$(wildcard tests/*.c)))

.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: build all-tests deps deps-check check demo behaviours lint clean help install bench \
        tear fuzz seeds soak cortex-m model docs deb dist

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

build: deps-check $(PROGRAMS) $(ARCHIVE) ## build programs and library

# ---- compile ---------------------------------------------------------------------------------
$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(ARCHIVE): $(OBJECTS)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

define program
$(BUILD)/bin/$(basename $(notdir $(1))): $(BUILD)/obj/$(1:.c=.o) $(ARCHIVE)
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) $$(LDFLAGS) $$^ $$(LDLIBS) -o $$@
endef
$(foreach m,$(MAINS),$(eval $(call program,$(m))))

# Programs that are scripts.
SCRIPTS  := $(foreach s,$(foreach r,$(ROOMS),$(filter-out %.c,$(wildcard $(r)/tessera-*))),$(BUILD)/bin/$(notdir $(s)))

define script
$(BUILD)/bin/$(notdir $(1)): $(1)
	@mkdir -p $$(@D)
	install -m 755 $$< $$@
endef
$(foreach r,$(ROOMS),$(foreach s,$(filter-out %.c,$(wildcard $(r)/tessera-*)),$(eval $(call script,$(s)))))

build: $(SCRIPTS)
all-tests: $(SCRIPTS)

$(BUILD)/tests/test-%: $(BUILD)/obj/tests/test-%.o $(TEST_LIB) $(ARCHIVE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcunit -o $@

# One source gives two programs: a libFuzzer target, and a replay that runs files through the same
# function under the tests' sanitizers.
FUZZERS  := $(patsubst tests/fuzz/fuzz-%.c,%,$(wildcard tests/fuzz/fuzz-*.c))

$(BUILD)/replay/%: $(BUILD)/obj/tests/fuzz/fuzz-%.o $(BUILD)/obj/tests/fuzz/replay.o $(TEST_LIB) \
                   $(ARCHIVE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcunit -o $@

$(BUILD)/fuzzers/%: $(BUILD)/obj/tests/fuzz/fuzz-%.o $(TEST_LIB) $(ARCHIVE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) $^ $(LDLIBS) -lcunit -o $@

$(BUILD)/replay/seeds: $(BUILD)/obj/tests/fuzz/seeds.o $(TEST_LIB) $(ARCHIVE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcunit -o $@

$(BUILD)/docs/generate: $(BUILD)/obj/docs/generate.o $(ARCHIVE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

all-tests: $(SUITES) $(PROGRAMS) $(FUZZERS:%=$(BUILD)/replay/%) $(BUILD)/docs/generate

# A libpcsclite without a daemon, over which programs run unchanged.
FAKE_PCSC := $(BUILD)/tests/fake/libpcsclite.so.1

$(FAKE_PCSC): $(BUILD)/obj/tests/fake/pcsclite.o $(ARCHIVE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -shared -Wl,-soname,libpcsclite.so.1 -Wl,--exclude-libs,ALL $^ \
	    -Wl,--as-needed -lcrypto -o $@

# A PKCS#11 module that counts wrong PINs.
FAKE_PKCS11 := $(BUILD)/tests/fake/counting-pkcs11.so

$(FAKE_PKCS11): $(BUILD)/obj/tests/fake/pkcs11.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -shared $^ -o $@

all-tests: $(FAKE_PCSC) $(FAKE_PKCS11)

# ---- figures -----------------------------------------------------------------------------------
BENCHES  := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/bench-*.c))

$(BUILD)/tests/bench-%: $(BUILD)/obj/tests/bench-%.o $(TEST_LIB) $(ARCHIVE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcunit -lm -o $@

bench: build $(BENCHES) ## figures and goals: name, value, unit, goal, ok or short
	@tests/bench $(BENCHES)


-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# ---- prerequisites ---------------------------------------------------------------------------
PACKAGES := $(shell sed 's/\#.*//' tests/packages.txt 2>/dev/null)

deps-check: ## name the Debian packages that are missing, and install nothing
	@tests/deps check $(PACKAGES)

deps: ## install the Debian packages that are missing (root or sudo)
	@tests/deps install $(PACKAGES)

# ---- the main job ------------------------------------------------------------------------------
demo: deps ## a deposit, a payment and a torn payment through pcscd, every figure compared
	@$(MAKE) -j$(JOBS) --no-print-directory -s build
	@build/bin/tessera demo

# ---- tests -----------------------------------------------------------------------------------
TEARS    := build/tests/test-tear build/tests/test-tear-card build/tests/test-tear-scripts

check: deps ## build with sanitizers and run every test
	@$(MAKE) -j$(JOBS) --no-print-directory build $(TEARS)
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

behaviours: ## behaviours.tsv line by line: which test proves it, with what result
	@tests/behaviours $(if $(ALL),--all)

tear: ## cut power at every write and octet of every flow and every managing command
	@$(MAKE) -j$(JOBS) --no-print-directory -s $(TEARS)
	@for suite in $(TEARS); do bash -o pipefail -c "$$suite | grep ^tear" || exit 1; done

soak: ## the long runs: 10 000 cards personalized, 100 000 APDUs between two libnfc programs, every cut of a tap, every mistake in every script
	@$(MAKE) -j$(JOBS) --no-print-directory build
	@$(MAKE) -j$(JOBS) --no-print-directory FLAVOUR=san all-tests
	@tests/soak $(or $(COUNT),10000)
	@TESSERA_SOAK=100000 TESSERA_TORN=full TESSERA_MUTATE=full SUITE_TIMEOUT=14400 tests/run test-nfc test-torn e2e-mutate

cortex-m: ## the card on a Cortex-M0+: flash and RAM against their goals
	@tests/cortex-m

model: ## Promela models of the money rules: hold, and break by every excluded reading
	@tests/model/run

# Static analysis goes file by file and remembers what passed, so a second run is cheap. Across files
# cppcheck takes every result that a function fills in for one that it reads: clang-tidy looks there.
TIDY     := $(patsubst %.c,build/lint/%.tidy,$(SOURCES) $(MAINS) $(wildcard tests/*.c))

lint: ## house rules, format, shell, clang-tidy and cppcheck
	@TESSERA_RESULTS= tests/e2e-lint
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

# ---- installation ------------------------------------------------------------------------------
PUBLIC   := $(wildcard apdu/*.h card/card.h card/os/nvm.h card/port/*.h readers/*.h host/*.h \
            host/flows/*.h personalization/*.h services/wire/*.h)
SHARE     = $(DESTDIR)$(PREFIX)/share

install: build ## DESTDIR= PREFIX=: programs, library, headers, profiles, manual pages, completion
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(SHARE)/man/man1 \
	    $(SHARE)/man/man5 $(SHARE)/doc/tessera $(SHARE)/bash-completion/completions \
	    $(SHARE)/zsh/site-functions $(SHARE)/tessera/editors $(SHARE)/tessera/ci \
	    $(SHARE)/tessera/profiles
	install -m 755 $(PROGRAMS) $(SCRIPTS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(ARCHIVE) $(DESTDIR)$(PREFIX)/lib
	for header in $(PUBLIC); do \
	    install -D -m 644 $$header $(DESTDIR)$(PREFIX)/include/tessera/$$header || exit 1; done
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@LIBS@|$(filter -l%,$(LDLIBS))|' \
	    docs/tessera.pc.in >$(DESTDIR)$(PREFIX)/lib/pkgconfig/tessera.pc
	install -m 644 docs/man/*.1 $(SHARE)/man/man1
	install -m 644 docs/man/*.5 $(SHARE)/man/man5
	install -m 644 docs/completion/_tessera $(SHARE)/zsh/site-functions
	install -m 644 docs/editors/* $(SHARE)/tessera/editors
	install -m 644 docs/ci/* $(SHARE)/tessera/ci
	install -m 644 personalization/profiles/*.profile $(SHARE)/tessera/profiles
	install -m 644 README.md LICENSE docs/*.md $(SHARE)/doc/tessera
	install -m 644 docs/completion/tessera $(SHARE)/bash-completion/completions

deb: build ## build/tessera_VERSION_ARCH.deb
	@rm -rf build/deb
	@$(MAKE) -j$(JOBS) --no-print-directory -s install DESTDIR=build/deb PREFIX=/usr
	@.ci/deb build/deb $(VERSION) build/tessera_$(VERSION)_$$(dpkg --print-architecture).deb

dist: ## build/tessera-VERSION.tar.gz of what is committed
	@mkdir -p build
	git archive --prefix=tessera-$(VERSION)/ -o build/tessera-$(VERSION).tar.gz HEAD

clean: ## remove everything built
	rm -rf build
