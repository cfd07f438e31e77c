# The front door. What is built, and how, is CMake's business.
PRESET ?= release
MODEL ?= build/models/all-MiniLM-L6-v2
JOBS ?= $(shell nproc)
BUILD = cmake --preset $(PRESET) >/dev/null && cmake --build --preset $(PRESET) -j $(JOBS)

.PHONY: all demo bench bench-peers check asan tsan clang format install clean help bootstrap weights

all: bootstrap ## build the library and the program into build/release
	@$(BUILD)

demo: bootstrap weights ## fine-tune a pretrained BERT on three-class NLI; MNLI=DIR trains on real MNLI files
	@$(BUILD) --target levin_program
	@build/$(PRESET)/levin demo --model.name $(MODEL) $(if $(MNLI),--data.dir $(MNLI))

bench: all weights ## what this machine can do at most, and what levin uses of it; BENCH="--json" and so on
	@build/$(PRESET)/levin bench $(BENCH) --model.name $(MODEL)

bench-peers: all weights ## levin beside the Python packages in turn, on TEXTS=FILE, one text a line
	@PEERS="$(PEERS)" bench/peers/run build/$(PRESET)/levin $(MODEL) "$(TEXTS)"

check: all weights ## build, then run every check and test that a contributor needs
	@LEVIN_MODEL="$(abspath $(MODEL))" tools/check $(PRESET)

asan tsan clang: weights ## the tests under sanitizers, or built with clang
	@tools/bootstrap extra
	@cmake --preset $@ >/dev/null && cmake --build --preset $@ -j $(JOBS)
	@LEVIN_MODEL="$(abspath $(MODEL))" ctest --preset $@ -j $(JOBS)

format: ## rewrite the sources as .clang-format says
	@git ls-files '*.c' '*.h' | xargs clang-format -i

install: all ## install to PREFIX (default /usr/local), under DESTDIR if given
	@cmake --install build/$(PRESET) $(if $(PREFIX),--prefix $(PREFIX))

clean: ## remove everything that was built
	@rm -rf build

bootstrap:
	@tools/bootstrap

weights: bootstrap
	@tools/fetch-weights $(MODEL)

help: ## this list
	@sed -n 's/^\([a-z][a-z -]*\):.*## /\1: /p' $(MAKEFILE_LIST)
