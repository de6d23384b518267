# csilink: build, run and test. `make help` lists the targets.
#
#   make                         build everything into build/ (programs in build/bin)
#   make library                 libcsilink.so and libcsilink.a, into build/lib
#   make examples                the library used from C, into build/examples
#   make run                     install what is missing, build, simulate 8 UEs for 10 s at 10 dB
#   make test                    install what is missing, build, run every test
#   make models                  train the shipped models into build/models (tools/make-models.sh)
#   make zoo                     train the field's networks alike into build/zoo; ZOO="csinet crnet" picks
#   make install                 PREFIX (/usr/local) and DESTDIR say where; also uninstall
#   make dist, make deb          a source tarball, a Debian package
#   make test-chaos              a cell under kills, floods and full disks for 10 minutes; SECONDS, SEED
#   make test-containers         the image, and a cell in containers, where podman works
#   make fuzz                    the fuzz targets, with clang; FUZZ_SECONDS=10 runs each that long
#   make format-check, arrows-check, circles-check, writes-check    layout and shape of the source
#   make tidy                    clang-tidy over the programs (.clang-tidy); TIDY="common/io" picks
#   make coverage                which lines of common/ the tests run (tools/coverage.sh)
#   make check-docs              figures in the documents against what the programs print
#   make SAN=address,undefined   the same targets with sanitizers (also SAN=thread)
#   make CC=clang                the same targets with clang
#   make DEBUG=1                 no optimisation, for a debugger or valgrind
#   make test VALGRIND=1         runs the test programs under valgrind (it has no AVX-512)
#   make V=1                     shows the commands
#
# Each combination builds into a folder of its own under build/, so none disturbs another.

comma := ,
Q := $(if $(V),,@)
say = $(if $(V),,@echo '  $(1)'; )
# Fuzzing needs clang, its coverage counters in every object, and sanitizers to notice anything.
FUZZING := $(if $(filter fuzz fuzz-targets,$(MAKECMDGOALS)),fuzz)
ifneq ($(FUZZING),)
SAN ?= address,undefined
ifeq ($(origin CC),default)
CC := clang
endif
endif
COMPILER := $(if $(findstring clang,$(CC)),clang)
VARIANT := $(subst $(comma),-,$(SAN))$(if $(COMPILER),$(if $(SAN),-)clang)$(if $(DEBUG),-debug)$(FUZZING:%=-%)$(if $(COVERAGE),coverage)
BUILD ?= build$(if $(VARIANT),/$(VARIANT))
BIN := $(BUILD)/bin
GEN := $(BUILD)/gen

VERSION := $(shell cat VERSION)
# Which commit, for the records of runs; a source without its history has none.
SOURCE := $(or $(shell git describe --always --dirty --tags 2>/dev/null),unknown)

PACKAGES := libzmq libprotobuf-c libuv fftw3f openblas matio libcjson libcyaml yaml-0.1 zlib
PKG_CFLAGS := $(filter-out -pthread,$(shell pkg-config --cflags $(PACKAGES) 2>/dev/null))
PKG_LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
# Goals that compile nothing, or only through a second make.
NOT_BUILDING := help deps run test fuzz clean format-check arrows-check writes-check tidy coverage install-files uninstall dist dist-check deb
BUILDING := $(filter-out $(NOT_BUILDING),$(or $(MAKECMDGOALS),all))
ifeq ($(PKG_LIBS)$(if $(BUILDING),,no),)
$(error libraries are missing; `make deps` installs them, as `make run` and `make test` do)
endif

# -fno-math-errno and -fno-trapping-math let loops vectorise; neither changes a result.
# Contraction into fused multiply-adds is off (the same numbers at every level) except in the
# network kernels, where speed is the point and the tests state a tolerance.
# Counting lines (COVERAGE=1) wants code that stays near its lines.
OPT := $(if $(DEBUG),-O0,$(if $(SAN),-O1 -fno-omit-frame-pointer,$(if $(COVERAGE),-O1 --coverage,-O3)))
CFLAGS ?= -g
WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror
# One set of objects makes the programs and the shared library: position-independent, and hidden but
# for what include/csilink.h declares. Hidden, a call costs what it costs in a program.
STD := -std=c17 -D_GNU_SOURCE -fno-math-errno -fno-trapping-math -ffp-contract=off -pthread \
       -fPIC -fvisibility=hidden
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all) \
            $(if $(FUZZING),-fsanitize=fuzzer-no-link)
INCLUDES := -Icommon -I. -I$(GEN) -isystem $(GEN)/isystem $(patsubst -I%,-isystem %,$(PKG_CFLAGS))
COMPILE = $(CC) $(STD) $(OPT) $(CFLAGS) $(WARN) $(SANFLAGS) $(INCLUDES) -MMD -MP$(CPPFLAGS:%= %)
LINK = $(CC) $(OPT) $(CFLAGS) $(LDFLAGS) $(SANFLAGS) -pthread -rdynamic
LIBS := $(PKG_LIBS) -lm
# A change of flags rebuilds: every object depends on this stamp.
STAMP := $(BUILD)/flags

# --- what is built -----------------------------------------------------------------------------

LIB_SRC := $(wildcard common/*/*.c common/*/*/*.c train/*.c train/*/*.c)
SIMD_SRC := $(filter %_simd.c,$(LIB_SRC))
PLAIN_SRC := $(filter-out %_simd.c,$(LIB_SRC))
# What the compiler compiles for, which is not this machine where it is a cross compiler.
TARGET := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine 2>/dev/null)))
SIMD_LEVELS_x86_64 := base avx2 avx512
SIMD_LEVELS_aarch64 := base dotprod
SIMD_LEVELS := $(or $(SIMD_LEVELS_$(TARGET)),base)
SIMD_FLAGS_base :=
SIMD_FLAGS_dotprod := -march=armv8.2-a+dotprod
SIMD_FLAGS_avx2 := -march=x86-64-v3
SIMD_FLAGS_avx512 := -march=x86-64-v4 -mprefer-vector-width=512

LIB := $(BUILD)/libcommon.a
LIB_OBJ := $(PLAIN_SRC:%.c=$(BUILD)/obj/%.o) \
           $(foreach level,$(SIMD_LEVELS),$(SIMD_SRC:%.c=$(BUILD)/obj/%.$(level).o)) \
           $(BUILD)/obj/gen/csilink.pb-c.o $(BUILD)/obj/gen/onnx.pb-c.o

# The library for others: what include/csilink.h declares, and nothing else, is seen from outside.
API_SRC := $(wildcard api/*.c)
API_OBJ := $(API_SRC:%.c=$(BUILD)/obj/%.o)
ABI := $(shell sed -n 's/^.define CSL_ABI //p' include/csilink.h)
SHARED := $(BUILD)/lib/libcsilink.so
STATIC := $(BUILD)/lib/libcsilink.a
PKG_LIBS_SHARED := $(shell pkg-config --libs libprotobuf-c fftw3f openblas matio zlib 2>/dev/null)

PROGRAMS := ue-agent channel-sim bs-server csilink
SRC_ue-agent := $(wildcard ue-agent/*.c)
SRC_channel-sim := $(wildcard channel-sim/*.c)
SRC_bs-server := $(wildcard bs-server/*.c)
SRC_csilink := $(wildcard cli/*.c cli/*/*.c monitor/*.c)
LIBS_csilink = $(shell pkg-config --libs libmicrohttpd nettle)
# How the library is used from C. uci is linked to common/ alone, to show that it needs no other
# library; the others see csilink.h, as a program elsewhere does.
EXAMPLES := $(patsubst examples/%.c,$(BUILD)/examples/%,$(wildcard examples/*.c))
PROGRAM_OBJ := $(foreach p,$(PROGRAMS),$(SRC_$(p):%.c=$(BUILD)/obj/%.o))

UNIT := $(patsubst tests/unit/%.c,$(BUILD)/test/%,$(wildcard tests/unit/test_*.c))
CONFORMANCE := $(patsubst tests/conformance/%.c,$(BUILD)/test/%,$(wildcard tests/conformance/test_*.c))
TEST_OBJ := $(patsubst $(BUILD)/test/%,$(BUILD)/obj/tests/unit/%.o,$(UNIT)) \
            $(patsubst $(BUILD)/test/%,$(BUILD)/obj/tests/conformance/%.o,$(CONFORMANCE)) \
            $(BUILD)/obj/tests/harness.o $(BUILD)/obj/tests/channel_stats.o

# A fuzz target and, to run it, libFuzzer (fuzz/) or the driver in tests/fuzz/replay.c (replay/).
FUZZ_NAMES := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ := $(FUZZ_NAMES:%=$(BUILD)/fuzz/%)
REPLAY := $(FUZZ_NAMES:%=$(BUILD)/replay/%) $(BUILD)/replay/self_test
FUZZ_OBJ := $(patsubst tests/fuzz/%.c,$(BUILD)/obj/tests/fuzz/%.o,$(wildcard tests/fuzz/*.c))

# A test of a program's own file links that object, too.
EXTRA_test_settings := channel-sim/settings
EXTRA_test_delay := channel-sim/delay channel-sim/passage
EXTRA_test_backlog := channel-sim/backlog channel-sim/delay channel-sim/passage
EXTRA_test_owners := channel-sim/owners
EXTRA_test_returns := channel-sim/returns
EXTRA_test_pending := ue-agent/pending
EXTRA_test_monitor := monitor/model monitor/metrics monitor/json
EXTRA_test_monitor_access := monitor/guard monitor/token monitor/clients monitor/listen
EXTRA_test_monitor_json := monitor/json monitor/model
LIBS_test_monitor_access = $(shell pkg-config --libs nettle)
EXTRA_test_job := bs-server/job
EXTRA_test_ues := bs-server/ues
EXTRA_test_queue := bs-server/queue bs-server/job
EXTRA_test_pool := bs-server/pool bs-server/queue bs-server/job bs-server/follow
EXTRA_test_follow := bs-server/follow bs-server/job
EXTRA_test_pool_held := $(EXTRA_test_pool)
EXTRA_test_watch := ue-agent/watch
EXTRA_test_truths := ue-agent/truths
EXTRA_test_ledger := ue-agent/ledger ue-agent/report_pool ue-agent/measurers ue-agent/memories \
    ue-agent/outcome ue-agent/pending ue-agent/reports ue-agent/snrs ue-agent/truths ue-agent/watch
EXTRA_test_ledger_measures := $(EXTRA_test_ledger)
EXTRA_test_measurers := ue-agent/measurers ue-agent/report_pool
EXTRA_test_record := ue-agent/reports
EXTRA_test_library := $(API_SRC:%.c=%)
EXTRA_test_library_codecs := $(API_SRC:%.c=%)
EXTRA_test_label := cli/sweep/label cli/eval/case cli/eval/limit cli/eval/limit_plot cli/plot/figure \
    cli/plot/gnuplot
EXTRA_test_adaptation := cli/uplink/count cli/uplink/trial
EXTRA_test_list := cli/ui/list
EXTRA_test_latency_window := cli/ui/latency
EXTRA_test_league := cli/league/league cli/league/list cli/league/list_file cli/league/expand \
    cli/league/order cli/league/score cli/league/store cli/eval/settings cli/ui/lines cli/ui/list
EXTRA_test_limit := cli/eval/limit cli/eval/limit_file cli/eval/settings
EXTRA_test_compare := cli/data/critic cli/data/portrait cli/data/targets
EXTRA_test_overload := cli/run/overload
EXTRA_test_reproduce := cli/reproduce/list cli/reproduce/reproduce cli/ui/list

MONITOR := $(basename $(wildcard monitor/*.c))
EXTRA_fuzz_endpoints := cli/ui/endpoints
EXTRA_fuzz_http := $(MONITOR)
LIBS_fuzz_http := $(LIBS_csilink)
EXTRA_fuzz_json := $(MONITOR)
LIBS_fuzz_json := $(LIBS_csilink)
EXTRA_fuzz_league := cli/league/list cli/league/list_file cli/league/expand cli/league/store \
    cli/eval/settings cli/ui/lines cli/ui/list
EXTRA_fuzz_limit := cli/eval/limit cli/eval/limit_file cli/eval/settings
EXTRA_fuzz_message := tests/fuzz/mutate_message
EXTRA_fuzz_metadata := tests/fuzz/mutate_message
EXTRA_fuzz_options := cli/ui/list
EXTRA_fuzz_points := cli/sweep/json cli/sweep/points cli/sweep/store cli/eval/case cli/eval/limit \
    cli/eval/settings cli/ui/lines
EXTRA_fuzz_reproduce := cli/reproduce/list cli/ui/list
EXTRA_fuzz_settings := channel-sim/settings tests/fuzz/mutate_message
EXTRA_fuzz_show := cli/show/json cli/show/print
EXTRA_fuzz_station := tests/fuzz/mutate_message
EXTRA_fuzz_spec := api/channel_spec
EXTRA_fuzz_targets := cli/data/targets
EXTRA_fuzz_telemetry := cli/ui/screen cli/ui/view cli/ui/latency $(MONITOR) tests/fuzz/mutate_message
LIBS_fuzz_telemetry := $(LIBS_csilink)

# Programs that the integration tests drive the link with.
TEST_TOOLS := $(patsubst tests/integration/%.c,$(BUILD)/test-tools/%,$(wildcard tests/integration/*.c)) \
              $(patsubst tests/chaos/%.c,$(BUILD)/test-tools/%,$(wildcard tests/chaos/*.c)) \
              $(BUILD)/test-tools/make_corpus

.PHONY: all examples library run test test-chaos test-containers models zoo zoo-page deps clean help tests fuzz fuzz-targets format-check arrows-check \
    circles-check writes-check check-docs tidy tidy-files coverage
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS:%=$(BIN)/%) $(EXAMPLES) library

library: $(SHARED) $(STATIC)

examples: $(EXAMPLES)

help:
	@sed -n '3,24s/^# \{0,1\}//p' Makefile

# Installing takes effect before anything is compiled, so the real work is a second make.
run: deps
	@$(MAKE) --no-print-directory all
	$(BIN)/csilink run --ues 8 --duration 10 --snr 10

VALGRIND_COMMAND := valgrind -q --error-exitcode=9 --leak-check=full \
    --errors-for-leak-kinds=definite --suppressions=tests/valgrind.supp
SLOWNESS := $(if $(SAN),4,$(if $(VALGRIND),10,1))

test: deps
	@$(MAKE) --no-print-directory $(if $(CSILINK_TESTS),,all) tests CSILINK_TESTS="$(CSILINK_TESTS)"
	@CSILINK_BUILD=$(BUILD) CSILINK_TESTS="$(CSILINK_TESTS)" \
	    CSILINK_TEST_SLOW=$(or $(CSILINK_TEST_SLOW),$(SLOWNESS)) \
	    CSILINK_WRAP="$(if $(VALGRIND),$(VALGRIND_COMMAND))" tests/run.sh

test-chaos: tests
	@tests/chaos/chaos.py --bin $(BIN) --seconds $(or $(SECONDS),600) --seed $(or $(SEED),1)

test-containers: all
	@CSILINK_BIN=$(BIN) tests/containers/run.sh

models: $(BIN)/csilink
	@CSILINK_BIN=$(BIN) MODELS_OUT="$(MODELS_OUT)" ONLY='$(ONLY)' SAMPLES="$(SAMPLES)" \
	    QUICK="$(or $(QUICK),0)" OPTIONS="$(OPTIONS)" tools/make-models.sh

# tools/make-zoo.sh has the variables.
zoo: $(BIN)/csilink
	@CSILINK_BIN=$(BIN) ZOO="$(ZOO)" ZOO_CR="$(ZOO_CR)" ZOO_CHANNEL="$(ZOO_CHANNEL)" ZOO_NOISE="$(ZOO_NOISE)" \
	    ZOO_DATA="$(ZOO_DATA)" ZOO_MEASURE="$(ZOO_MEASURE)" ZOO_SHIP="$(ZOO_SHIP)" ZOO_SHIP_MB="$(ZOO_SHIP_MB)" \
	    $(if $(filter undefined,$(origin ZOO_INT8)),,ZOO_INT8="$(ZOO_INT8)") ZOO_OUT="$(ZOO_OUT)" SAMPLES="$(SAMPLES)" OPTIONS="$(OPTIONS)" tools/make-zoo.sh

zoo-page:
	@tools/zoo-table $(or $(ZOO_OUT),build/zoo) docs/zoo.md

deps:
	@tools/install-deps.sh

# With CSILINK_TESTS, only what those tests run: a script may run any of the programs and tools.
TEST_SCRIPTS := $(filter %.sh,$(CSILINK_TESTS))
# These need neither the library nor the examples; CI has them in two more builds.
RUN_PROGRAMS_ALONE := fuzz_corpus.sh golden.sh hostile.sh restart.sh run.sh
ifeq ($(strip $(CSILINK_TESTS)),)
tests: $(UNIT) $(CONFORMANCE) $(TEST_TOOLS) $(REPLAY) all man
else
tests: $(filter $(CSILINK_TESTS:%=$(BUILD)/test/%),$(UNIT) $(CONFORMANCE)) \
       $(if $(TEST_SCRIPTS),$(TEST_TOOLS) $(if $(filter-out $(RUN_PROGRAMS_ALONE),$(TEST_SCRIPTS)),all,$(PROGRAMS:%=$(BIN)/%))) $(if $(filter fuzz_corpus.sh,$(TEST_SCRIPTS)),$(REPLAY)) \
       $(if $(filter manual.sh install.sh library.sh package.sh docs.sh,$(TEST_SCRIPTS)),man)
endif

# --- generated code ----------------------------------------------------------------------------

# onnx.proto belongs to libonnx-dev; it is compiled, never copied into the project.
ONNX_DIR := $(firstword $(wildcard /usr/include/onnx /usr/local/include/onnx))
PROTO_GEN := $(GEN)/isystem/csilink.pb-c.h $(GEN)/isystem/onnx.pb-c.h

$(GEN)/isystem/csilink.pb-c.c $(GEN)/isystem/csilink.pb-c.h &: proto/csilink.proto
	@mkdir -p $(GEN)/isystem
	$(Q)protoc-c --c_out=$(GEN)/isystem -Iproto csilink.proto

$(GEN)/isystem/onnx.pb-c.c $(GEN)/isystem/onnx.pb-c.h &: $(ONNX_DIR)/onnx.proto
	@mkdir -p $(GEN)/isystem
	$(Q)protoc-c --c_out=$(GEN)/isystem -I$(ONNX_DIR) onnx.proto

$(BUILD)/obj/gen/%.o: $(GEN)/isystem/%.c $(STAMP)
	@mkdir -p $(@D)
	$(call say,CC $<)$(CC) $(STD) $(OPT) $(CFLAGS) $(SANFLAGS) $(INCLUDES) -w -c $< -o $@

# --- objects, library, programs, tests ---------------------------------------------------------

ifneq ($(BUILDING),)
$(shell mkdir -p $(BUILD); echo '$(COMPILE)' | cmp -s - $(STAMP) || echo '$(COMPILE)' > $(STAMP))
$(shell echo '$(SOURCE)' | cmp -s - $(BUILD)/source || echo '$(SOURCE)' > $(BUILD)/source)
endif

$(BUILD)/obj/common/base/version.o: INCLUDES += -DCSILINK_VERSION='"$(VERSION)"'
$(BUILD)/obj/common/base/version.o: VERSION
$(BUILD)/obj/cli/run/versions.o: INCLUDES += -DCSILINK_SOURCE='"$(SOURCE)"'
$(BUILD)/obj/cli/run/versions.o: $(BUILD)/source
$(BUILD)/obj/common/nn/kernels/%: STD += -ffp-contract=fast
# A test is compiled for every run of it, so compiling costs more than its own code: -O1 takes 112 s of CPU time
# in place of 198 for all of them, and the library that they test stays at -O3.
$(BUILD)/obj/tests/%: OPT := $(if $(SAN)$(DEBUG)$(COVERAGE),$(OPT),-O1)

define simd_rule
$(BUILD)/obj/%_simd.$(1).o: %_simd.c $(STAMP) | $(PROTO_GEN)
	@mkdir -p $$(@D)
	$$(call say,CC $$< ($(1)))$$(COMPILE) $(SIMD_FLAGS_$(1)) -DSIMD_LEVEL=$(1) -c $$< -o $$@
endef
$(foreach level,$(SIMD_LEVELS),$(eval $(call simd_rule,$(level))))

# Generated headers count as system headers, which -MMD leaves out.
$(BUILD)/obj/%.o: %.c $(STAMP) $(PROTO_GEN)
	@mkdir -p $(@D)
	$(call say,CC $<)$(COMPILE) $(if $(filter tests/%,$<),-Itests) -c $< -o $@

# The page's files are part of the program.
$(BUILD)/obj/monitor/assets.o: $(wildcard monitor/assets/*)

$(LIB): $(LIB_OBJ)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR $@)ar rcs $@ $^

define program_rule
$(BIN)/$(1): $(SRC_$(1):%.c=$(BUILD)/obj/%.o) $(LIB)
	@mkdir -p $$(@D)
	$$(call say,LD $$@)$$(LINK) $$^ $$(LIBS) $$(LIBS_$(1)) -o $$@
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rule,$(p))))

# The name that programs ask the loader for ends in the ABI's number.
$(BUILD)/obj/api/%.o $(BUILD)/obj/tests/unit/test_library.o $(BUILD)/obj/tests/unit/test_library_codecs.o \
    $(BUILD)/obj/tests/fuzz/fuzz_spec.o: \
    INCLUDES += -Iinclude
$(SHARED): $(SHARED).$(ABI)
	@ln -sf $(notdir $<) $@
$(SHARED).$(ABI): $(API_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD $@)$(CC) -shared $(OPT) $(CFLAGS) $(LDFLAGS) $(SANFLAGS) -pthread -Wl,-soname,$(@F) \
	    -Wl,--as-needed $(if $(SAN),,-Wl$(comma)-z$(comma)defs) $(API_OBJ) $(LIB) $(PKG_LIBS_SHARED) -lm -o $@

# One object, in which everything that is hidden has become local.
$(STATIC): $(API_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(call say,AR $@)$(CC) -r -nostdlib $(API_OBJ) $(LIB) -o $(BUILD)/obj/libcsilink.o
	$(Q)objcopy --localize-hidden $(BUILD)/obj/libcsilink.o
	@rm -f $@
	$(Q)ar rcs $@ $(BUILD)/obj/libcsilink.o

$(BUILD)/examples/uci: $(BUILD)/obj/examples/uci.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD $@)$(LINK) $^ -o $@

$(BUILD)/examples/%: examples/%.c include/csilink.h $(SHARED)
	@mkdir -p $(@D)
	$(call say,CC $@)$(CC) -std=c17 $(OPT) $(CFLAGS) $(WARN) $(SANFLAGS) -Iinclude $< \
	    $(LDFLAGS) -L$(dir $(SHARED)) -Wl,-rpath,'$$ORIGIN/../lib' -lcsilink -lm -o $@

# Tests and fuzz targets, some 300 programs, are linked again whenever the library changes. lld takes 0.24 s
# of CPU time for test_codec where ld takes 0.56, and 0.40 in place of 1.20 with clang's sanitizers. gold, which
# comes with ld, is as fast, but warns of each symbol of the sanitizers.
FAST_LD = $(eval FAST_LD := $(if $(filter x86_64,$(TARGET)),$(firstword $(foreach ld,lld $(if $(SAN),,gold),\
    $(shell $(CC) -fuse-ld=$(ld) -Wl,--version >/dev/null 2>&1 && echo -fuse-ld=$(ld))))))$(FAST_LD)
LINK_TEST = $(LINK) $(if $(findstring -fuse-ld=,$(LDFLAGS)),,$(FAST_LD)) $(filter %.o,$^) $(LIB) $(LIBS) $(LIBS_$(notdir $@))

$(BUILD)/test/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/obj/tests/harness.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD $@)$(LINK_TEST) -lcunit -o $@

$(BUILD)/test/%: $(BUILD)/obj/tests/conformance/%.o $(BUILD)/obj/tests/harness.o \
                 $(BUILD)/obj/tests/channel_stats.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD $@)$(LINK_TEST) -lcunit -o $@

$(foreach test,$(notdir $(UNIT)),$(if $(EXTRA_$(test)),\
    $(eval $(BUILD)/test/$(test): $(EXTRA_$(test):%=$(BUILD)/obj/%.o))))

$(BUILD)/test-tools/%: $(BUILD)/obj/tests/integration/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD $@)$(LINK_TEST) -o $@

$(BUILD)/test-tools/%: $(BUILD)/obj/tests/chaos/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD $@)$(LINK_TEST) -o $@

$(BUILD)/test-tools/make_corpus: $(BUILD)/obj/tests/fuzz/corpus_files.o \
                                 $(BUILD)/obj/tests/fuzz/corpus_networks.o \
                                 $(BUILD)/obj/tests/fuzz/corpus_reports.o \
                                 $(BUILD)/obj/tests/fuzz/corpus_uci.o

$(BUILD)/test-tools/%: $(BUILD)/obj/tests/fuzz/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD $@)$(LINK_TEST) -o $@

$(BUILD)/replay/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/replay.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD $@)$(LINK_TEST) $(LIBS_$(@F)) -o $@

$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD $@)$(LINK_TEST) $(LIBS_$(@F)) -fsanitize=fuzzer -o $@

$(foreach target,$(FUZZ_NAMES),$(if $(EXTRA_$(target)),\
    $(eval $(BUILD)/replay/$(target) $(BUILD)/fuzz/$(target): $(EXTRA_$(target):%=$(BUILD)/obj/%.o))))

# Every parser of outside data has a target (tests/fuzz/README.md). Without clang's libFuzzer, this
# says so and succeeds: `make test` replays the corpora with any compiler.
fuzz:
	@if tools/fuzz.sh available '$(CC)'; then $(MAKE) --no-print-directory fuzz-targets && \
	    FUZZ_SECONDS='$(FUZZ_SECONDS)' FUZZ_TARGETS='$(FUZZ_TARGETS)' tools/fuzz.sh run $(BUILD); fi
fuzz-targets: $(FUZZ)

include tools/install.mk

# These are part of `make test`, too (tests/integration/arrows.sh).
arrows-check:
	@tools/check-arrows
circles-check: all
	@tools/check-circles $(BUILD)/obj

# How files are written (tests/integration/files.sh).
writes-check:
	@tools/check-writes

# clang-tidy, a file at a time; what was clean is asked again when its object is made anew, which is when
# the file or a header of it has changed.
TIDY ?= common api cli train ue-agent bs-server channel-sim monitor
TIDY_SRC := $(filter $(foreach place,$(TIDY),$(place) $(place)/%),$(sort $(LIB_SRC) $(API_SRC) \
              $(foreach program,$(PROGRAMS),$(SRC_$(program)))))
TIDY_STD = $(filter-out -ffp-contract%,$(STD)) -DSIMD_LEVEL=base
$(BUILD)/obj/common/base/error.tidy: TIDIED =
TIDIED = -include tools/tidy.h
$(BUILD)/obj/%_simd.tidy: %_simd.c $(BUILD)/obj/%_simd.base.o .clang-tidy tools/tidy.h
	$(call say,TIDY $<)clang-tidy --quiet $< -- $(TIDY_STD) $(TIDIED) $(INCLUDES) -Iinclude 2>/dev/null
	@touch $@
$(BUILD)/obj/%.tidy: %.c $(BUILD)/obj/%.o .clang-tidy tools/tidy.h
	$(call say,TIDY $<)clang-tidy --quiet $< -- $(TIDY_STD) $(TIDIED) $(INCLUDES) -Iinclude \
	    -DCSILINK_VERSION='""' -DCSILINK_SOURCE='""' 2>/dev/null
	@touch $@
# clang-tidy counts on standard error what it left out; without the program nothing is checked.
tidy:
	@command -v clang-tidy >/dev/null || { \
	    echo "clang-tidy is missing: tools/install-deps.sh tests clang-tidy installs it" >&2; exit 1; }
	@$(MAKE) --no-print-directory --keep-going tidy-files
tidy-files: $(TIDY_SRC:%.c=$(BUILD)/obj/%.tidy)

# Lines of common/ that tests run, in a build of its own (tools/coverage.sh says which tests).
coverage:
	@tools/install-deps.sh tests gcovr
	@CSILINK_TESTS="$(CSILINK_TESTS)" tools/coverage.sh '$(MAKE)'

# Figures of documents against the programs, all of them; `make test` has the quick ones (docs.sh).
check-docs: all
	@tools/check-docs $(BIN)

format-check:
	clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h')

clean:
	rm -rf build

-include $(LIB_OBJ:.o=.d) $(API_OBJ:.o=.d) $(PROGRAM_OBJ:.o=.d) $(TEST_OBJ:.o=.d) $(FUZZ_OBJ:.o=.d) \
         $(BUILD)/obj/examples/uci.d \
         $(TEST_TOOLS:$(BUILD)/test-tools/%=$(BUILD)/obj/tests/integration/%.d) \
         $(TEST_TOOLS:$(BUILD)/test-tools/%=$(BUILD)/obj/tests/chaos/%.d)
