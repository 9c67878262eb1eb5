# The only list of commands; .ci/run calls it. `make` alone prints it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

export SOLCX_BINARY_PATH := $(CURDIR)/tools/solcx
export ETH_HASH_BACKEND := pysha3
export APE_DATA_FOLDER := $(CURDIR)/build/ape
export UV_SYSTEM_CERTS := 1
# As root the embedded PostgreSQL makes itself an ordinary user with useradd, which lives here.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH):/usr/sbin

PYTHON ?= python3
SETUP := build/.python build/.node

.PHONY: help
help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# --- set-up -----------------------------------------------------------------

.PHONY: setup
setup: $(SETUP) ## install everything (done by the other commands too)

build/.doctor: tools/doctor
	@tools/doctor
	@mkdir -p build && touch $@

build/.python: build/.doctor requirements/lock.txt pyproject.toml
	@echo "Installing Python packages into .venv …"
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv || echo "uv is not to be had; pip serves"
	@if test -x .venv/bin/uv; then .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/lock.txt; \
	  else .venv/bin/python -m pip install --quiet --require-hashes -r requirements/lock.txt; fi
	@.venv/bin/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "pswallet-checkout.pth").write_text("$(CURDIR)\n")'
	@printf '#!/bin/sh\nexec "%s/.venv/bin/python" -m pswallet.cli "$$@"\n' "$(CURDIR)" > .venv/bin/pswallet && chmod +x .venv/bin/pswallet
	@touch $@

build/.node: build/.doctor package-lock.json .npmrc
	@echo "Installing the chain's tools into node_modules …"
	@npm ci --silent --ignore-scripts
	@touch $@

.PHONY: lock
lock: ## renew requirements/lock.txt from pyproject.toml, and halmos.txt
	.venv/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --no-emit-index-url -q -o requirements/lock.txt
	.venv/bin/uv pip compile requirements/halmos.in --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --no-emit-index-url -q -o requirements/halmos.txt

# --- running ----------------------------------------------------------------

.PHONY: demo
demo: $(SETUP) ## play the whole story on a fresh chain, audit it, keep running (EXIT=1: end; KEEP=1: keep the state)
	@pswallet demo $(if $(EXIT),--exit) $(if $(KEEP),--keep)

.PHONY: up
up: $(SETUP) ## the same machine without the story; its state survives a restart
	@pswallet up

.PHONY: replay
replay: $(SETUP) ## Luohu's red packets of 2020 at their size, audited (SCALE=0.01: a hundredth); build/replay.json, .svg
	@pswallet replay luohu $(if $(SCALE),--scale $(SCALE))
	@python -m bench.replay

# --- tests and checks -------------------------------------------------------

.PHONY: test
test: $(SETUP) ## all tests
	@# The compilers first, one a core: tests that start on a cold cache would each compile the same again.
	@forge build --silent & forge=$$!; ape compile > build/ape-compile.log 2>&1 || { tail -40 build/ape-compile.log; exit 1; }; wait $$forge
	@{ forge test --silent && FOUNDRY_PROFILE=units forge test --silent; } > build/forge-test.log 2>&1 & forge=$$!; \
	  pytest -n 2 --dist loadgroup; status=$$?; \
	  wait $$forge || { tail -40 build/forge-test.log; status=1; }; exit $$status

.PHONY: portability
portability: $(SETUP) ## the journey of one packet on another node: URL=http://…, else Hardhat's
	@PSWALLET_TEST_RPC_URL=$(URL) pytest -p no:ape_test tests/portability

.PHONY: prove
prove: $(SETUP) ## prove conservation, limits and the packet's sums for all inputs (docs/proofs.md)
	@FOUNDRY_PROFILE=proofs forge test
	@tools/halmos

.PHONY: faults
faults: $(SETUP) ## put faults into the contracts and see the proofs fail (docs/proofs.md)
	@tools/halmos --version
	@python tools/faults.py

.PHONY: fuzz
fuzz: $(SETUP) ## 10^6 calls of each suite of invariants, from forty seeds; resumes (docs/proofs.md)
	@tools/fuzz

.PHONY: mutate
mutate: $(SETUP) ## change the contracts one operator at a time and see the suites fail; resumes (docs/mutation.md)
	@forge build --silent
	@python tools/mutate.py $(or $(SECONDS_TO_SPEND),inf) $(FILES)

.PHONY: forgeries
forgeries: $(SETUP) ## 10,000 forged receipts of each kind: none passes (docs/receipts.md)
	@pytest -p no:ape_test --hypothesis-profile=forgeries tests/receipt/test_forgeries.py tests/receipt/test_funded.py

.PHONY: nightly
nightly: prove faults fuzz forgeries ## what is too long for each change

.PHONY: check
check: $(SETUP) ## every check of docs/architecture.md: format, lint, types, layers, words, contracts
	@tools/check

.PHONY: format
format: $(SETUP) ## let the formatters write
	@ruff format -q . && ruff check -q --fix . ; forge fmt

.PHONY: abi
abi: $(SETUP) ## compile the contracts into pswallet/chain/abi
	@python -m pswallet.chain.compile

.PHONY: client
client: $(SETUP) ## write both clients' operations and shapes from the routes, build the TypeScript one into build/client
	@python tools/client.py && python tools/schema.py && npm run --silent client

# --- measurements -----------------------------------------------------------

.PHONY: gas
gas: $(SETUP) ## gas of each operation beside its bar, from receipts; build/gas.json
	@python -m bench.gas

.PHONY: bench
bench: $(SETUP) ## claims/s and latency beside the ceiling of the same run; build/bench.json
	@python -m bench

.PHONY: draws
draws: $(SETUP) ## a million draws under each attack: nobody gains; build/draws.json, build/draws.svg
	@python -m bench.draws

.PHONY: overload
overload: $(SETUP) ## twice the capacity for 20 s: what is sent away, what is kept, how soon it is as before
	@python -m bench.overload

.PHONY: streams
streams: $(SETUP) ## memory of 2,000 idle streams of events
	@python -m bench.streams

.PHONY: soak
soak: $(SETUP) ## 0.8 of the capacity for 5 minutes (SOAK_S=300): memory and errors; build/soak.svg
	@python -m bench.soak

.PHONY: bench-audit
bench-audit: $(SETUP) ## the audit's events/s beside bare eth_getLogs, its memory over 1,000,000; build/bench.json, audit.svg
	@python -m bench.audit

.PHONY: clean
clean: ## remove what the commands made, the local state too
	rm -rf build var .venv .venv-slither .venv-halmos node_modules
