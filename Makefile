# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# gft's build.  "make help" lists what there is to make.
#
#   make CC=clang         another compiler       make V=1      every command shown
#   make SAN=1            ASan and UBSan, into a folder of its own

.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash

VERSION := 0.1.0
CC ?= gcc
CXX ?= g++
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := g++
endif
PREFIX ?= /usr/local

SAN ?=
OUT ?= build$(if $(SAN),/asan)
LLVM_CONFIG ?= llvm-config
PKG_CONFIG ?= pkg-config

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
CFLAGS ?= -O2 -g
COMMA := ,
SAN_FLAGS := $(if $(SAN),-fsanitize=address$(COMMA)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
ALL_CFLAGS := -std=c17 -D_GNU_SOURCE -DGFT_VERSION='"$(VERSION)"' -Iinclude -I$(OUT)/gen -I. $(WARN) \
	$(if $(WERROR),-Werror) $(CFLAGS) $(SAN_FLAGS) -fvisibility=hidden -MMD -MP
LDLIBS := -lbpf -ldw -lelf -lZydis -lz -ldl -lpthread
ALL_LDFLAGS := $(LDFLAGS) $(SAN_FLAGS) -rdynamic

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' '$(1)' '$(subst $(OUT)/,,$(2))';)

# --- sources ----------------------------------------------------------------------

PARSER_SRC := $(wildcard parser/*.c)
CODEGEN_SRC := $(filter-out codegen/ctypes.c,$(wildcard codegen/*.c))
RUNTIME_SRC := $(filter-out runtime/main.c,$(wildcard runtime/*.c runtime/*/*.c))
HAVE_GRAMMAR := $(wildcard parser/script.y)
GEN_SRC := $(if $(HAVE_GRAMMAR),$(OUT)/gen/script.tab.c $(OUT)/gen/script.lex.c)
LIB_OBJ := $(patsubst %.c,$(OUT)/obj/%.o,$(PARSER_SRC) $(CODEGEN_SRC) $(RUNTIME_SRC)) \
	$(if $(HAVE_GRAMMAR),$(OUT)/obj/gen/script.tab.o $(OUT)/obj/gen/script.lex.o) $(OUT)/obj/gen/embed.o

UNIT := $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ := $(patsubst tests/fuzz/%.c,$(OUT)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
TOOLS := $(patsubst tests/tools/%.c,$(OUT)/tools/%,$(wildcard tests/tools/*.c))

.PHONY: all
all: $(OUT)/gft $(OUT)/libgft-clang.so $(OUT)/libgft-ctypes.so ## build gft (the default)

$(OUT)/gft: $(OUT)/obj/runtime/main.o $(OUT)/libgft.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(OUT)/libgft.a $(LDLIBS)

$(OUT)/libgft.a: $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar qcs $@ $^

$(OUT)/obj/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -c -o $@ $<

# --- scanner and grammar -------------------------------------------------------------

$(OUT)/gen/script.tab.c: parser/script.y
	$(call say,BISON,$@)
	$(Q)mkdir -p $(@D) && bison -Wall -Werror -Wno-yacc -o $@ --defines=$(OUT)/gen/script.tab.h $<
$(OUT)/gen/script.tab.h: $(OUT)/gen/script.tab.c ;

$(OUT)/gen/script.lex.c: parser/script.l
	$(call say,FLEX,$@)
	$(Q)mkdir -p $(@D) && flex -o $@ --header-file=$(OUT)/gen/script.lex.h $<
$(OUT)/gen/script.lex.h: $(OUT)/gen/script.lex.c ;

# generated code is compiled without the warnings that generators earn
$(OUT)/obj/gen/script.%.o: $(OUT)/gen/script.%.c $(OUT)/gen/script.tab.h $(OUT)/gen/script.lex.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(filter-out -Wmissing-prototypes -Wshadow,$(ALL_CFLAGS)) -Iparser \
		-Wno-unused-function -Wno-unused-but-set-variable -Wno-sign-compare -c -o $@ $<
$(patsubst %.c,$(OUT)/obj/%.o,$(PARSER_SRC) $(CODEGEN_SRC)): | $(GEN_SRC)

# --- what the program carries: the BPF templates and the headers they include ------------

BPF_INCLUDE := $(shell $(PKG_CONFIG) --variable=includedir libbpf 2>/dev/null || echo /usr/include)/bpf
EMBED := $(wildcard bpf-templates/*.h) include/gft/wire.h include/gft/setup.h include/gft/hist.h include/gft/capture.h \
	$(addprefix $(BPF_INCLUDE)/,bpf_helpers.h bpf_helper_defs.h bpf_core_read.h)

$(OUT)/gen/embed.S: $(EMBED) packaging/embed.sh
	$(call say,EMBED,$@)
	$(Q)mkdir -p $(@D) && packaging/embed.sh $(EMBED) >$@
$(OUT)/obj/gen/embed.o: $(OUT)/gen/embed.S $(EMBED)
	$(Q)mkdir -p $(@D) && $(CC) -c -o $@ $<

# --- Clang: the one C++ file, loaded only when a script must be compiled -------------------

$(OUT)/libgft-clang.so: codegen/clang.cc include/gft/clang.h
	$(call say,CXX,$@)
	$(Q)mkdir -p $(@D) && $(CXX) $(shell $(LLVM_CONFIG) --cxxflags | sed 's/-DNDEBUG//') -std=c++17 -fno-rtti -fPIC \
		-O1 -Wall -Wextra -Wno-unused-parameter -fvisibility=hidden -Iinclude -shared -o $@ $< \
		-L$(shell $(LLVM_CONFIG) --libdir) -lclang-cpp $(shell $(LLVM_CONFIG) --libs bpf --link-shared)

# libclang reads the C of scripts: a shared object too, loaded only when a script has some
$(OUT)/libgft-ctypes.so: codegen/ctypes.c include/gft/ctypes.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=c17 -D_GNU_SOURCE -Iinclude -I$(shell $(LLVM_CONFIG) --includedir) $(WARN) \
		$(if $(WERROR),-Werror) $(CFLAGS) -fPIC -fvisibility=hidden -shared -o $@ $< \
		-L$(shell $(LLVM_CONFIG) --libdir) -lclang

# --- the examples -------------------------------------------------------------------------

GO ?= $(firstword $(wildcard $(foreach v,1.23 1.22 1.21 1.24 1.25 1.26 1.19,/usr/lib/go-$(v)/bin/go)) go)
GO_ENV := GO111MODULE=off GOTOOLCHAIN=local GOFLAGS= CGO_ENABLED=0 GOCACHE=$(abspath $(OUT))/gocache
EXAMPLES := $(patsubst examples/%/main.go,examples/bin/%,$(wildcard examples/*/main.go))

.PHONY: examples
examples: $(EXAMPLES) ## build the example Go programs
examples/bin/%: examples/%/main.go
	$(call say,GO,$@)
	$(Q)mkdir -p $(@D) && cd examples/$* && $(GO_ENV) $(GO) build -o ../bin/$* .

# --- tests -----------------------------------------------------------------------------------

$(OUT)/unit/%: tests/unit/%.c $(OUT)/libgft.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -Itests $(ALL_LDFLAGS) -o $@ $< $(OUT)/libgft.a $(LDLIBS) -lcmocka
$(OUT)/tools/%: tests/tools/%.c $(OUT)/libgft.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -Itests $(ALL_LDFLAGS) -o $@ $< $(OUT)/libgft.a $(LDLIBS)

.PHONY: unit unit-bin tools
unit: $(UNIT) ## build and run the unit tests alone
	$(Q)for t in $(UNIT); do $$t || exit 1; done
tools: $(TOOLS) ## build the tools that tests use (replay, sitecheck, ...)
unit-bin: $(UNIT) ## build the unit tests without running them

.PHONY: check
check: all tools unit-bin fuzz-alone ## run the lanes that need neither root nor BPF
	$(Q)tests/run --lanes=unit,golden,style

.PHONY: test
test: ## install what is missing, build, run every lane this machine can run
	$(Q)packaging/install-deps.sh test
	$(Q)$(MAKE) --no-print-directory all tools unit-bin fuzz-alone examples
	$(Q)tests/run

.PHONY: demo
demo: ## install what is missing, build, and show the call graph of a real Go program
	$(Q)packaging/install-deps.sh demo
	$(Q)$(MAKE) --no-print-directory all examples
	$(Q)examples/demo.sh

.PHONY: bench
bench: ## measure cost and speed as ratios to a baseline in the same run
	$(Q)packaging/install-deps.sh bench
	$(Q)$(MAKE) --no-print-directory all tools examples
	$(Q)tests/bench/run

.PHONY: golden
golden: all tools ## rewrite the expected files of the golden tests (then read the diff)
	$(Q)tests/run --lanes=golden --rewrite

.PHONY: asan
asan: ## build with ASan and UBSan into build/asan
	$(Q)$(MAKE) --no-print-directory SAN=1 all tools unit-bin

.PHONY: format format-check
FORMAT_FILES := $(wildcard include/gft/*.h parser/*.[ch] codegen/*.[ch] codegen/*.cc runtime/*.[ch] runtime/*/*.[ch] \
	bpf-templates/*.[ch] tests/*/*.[ch])
format: ## apply clang-format
	$(Q)clang-format -i $(FORMAT_FILES)
format-check: ## say what clang-format would change
	$(Q)clang-format --dry-run --Werror $(FORMAT_FILES)

# coverage-guided, with ASan and UBSan: hostile scripts, streams and binaries
FUZZ_TIME ?= 60
.PHONY: fuzz fuzz-run
fuzz: ## feed hostile input to the readers for FUZZ_TIME seconds each
	$(Q)$(MAKE) --no-print-directory OUT=build/fuzzing CC=clang SAN=1 CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' fuzz-run
fuzz-run: $(FUZZ) build/fuzz-base/values $(OUT)/unit/test_target_made $(OUT)/tools/mkstream ## the part of fuzz that runs in its own build folder
	$(Q)mkdir -p $(OUT)/fuzz/seeds/target $(OUT)/fuzz/seeds/stream && $(OUT)/unit/test_target_made $(OUT)/fuzz/seeds/target && \
		for t in tests/golden/replay/*.txt; do \
			$(OUT)/tools/mkstream $$t $(OUT)/fuzz/seeds/stream/$$(basename $$t .txt) || exit 1; done
	$(Q)for f in $(FUZZ); do mkdir -p $$f.corpus; \
		d=tests/fuzz/$$(basename $$f | sed 's/^fuzz_//').dict; [ -e $$d ] && d=-dict=$$d || d=; \
		echo "--- $$(basename $$f), $(FUZZ_TIME) s"; \
		s=$$(ls -d $(OUT)/fuzz/seeds/$$(basename $$f | sed 's/^fuzz_//') 2>/dev/null); \
		[ $$(basename $$f) = fuzz_script ] && s='tests/golden/c tests/golden/diag examples'; \
		$$f $$d -max_total_time=$(FUZZ_TIME) -timeout=20 -rss_limit_mb=4096 -artifact_prefix=$$f. $$f.corpus $$s 2>&1 | \
			grep -E '^Done|ERROR|SUMMARY|Test unit' ; [ $${PIPESTATUS[0]} -eq 0 ] || exit 1; done
$(OUT)/fuzz/%: tests/fuzz/%.c $(OUT)/libgft.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -Itests $(ALL_LDFLAGS) -DGFT_LIBFUZZER -fsanitize=fuzzer -o $@ $< $(OUT)/libgft.a $(LDLIBS)

# the same targets with a driver of their own (tests/fuzz/alone.h), for the tests: no coverage, no clang
.PHONY: fuzz-alone
fuzz-alone: $(patsubst tests/fuzz/%.c,$(OUT)/fuzz-alone/%,$(wildcard tests/fuzz/fuzz_*.c)) ## the fuzz targets with a driver of their own, for the tests
$(OUT)/fuzz-alone/%: tests/fuzz/%.c tests/fuzz/alone.h $(OUT)/libgft.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -Itests $(ALL_LDFLAGS) -o $@ $< $(OUT)/libgft.a $(LDLIBS)

# what fuzz_facts damages: a Go program with DWARF that is not compressed
build/fuzz-base/values: $(wildcard tests/integration/progs/values/*.go)
	$(call say,GO,$@)
	$(Q)mkdir -p $(@D) && cd tests/integration/progs/values && $(GO_ENV) $(GO) build -ldflags=-compressdwarf=false \
		-o $(abspath $@) .

.PHONY: layers
layers: ## check that no room includes what it must not know
	$(Q)tests/layers.sh

.PHONY: install
install: all ## install into PREFIX (DESTDIR is honoured)
	install -D -m 755 $(OUT)/gft $(DESTDIR)$(PREFIX)/bin/gft
	install -D -m 755 $(OUT)/libgft-clang.so $(DESTDIR)$(PREFIX)/lib/gft/libgft-clang.so
	install -D -m 644 packaging/gft.1 $(DESTDIR)$(PREFIX)/share/man/man1/gft.1
	install -D -m 644 packaging/completions/gft.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/gft
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/gft README.md docs/*.md
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/gft/examples examples/*.gft
	install -D -m 755 $(OUT)/libgft-ctypes.so $(DESTDIR)$(PREFIX)/lib/gft/libgft-ctypes.so

.PHONY: clean
clean: ## remove everything that was built
	rm -rf build examples/bin

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

-include $(LIB_OBJ:.o=.d) $(OUT)/obj/runtime/main.d $(UNIT:=.d) $(TOOLS:=.d)
