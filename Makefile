# SPDX-License-Identifier: Apache-2.0
# Thin names for `krait` commands. Everything runs in .venv, which the first target that needs it creates.

.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.krait-installed
PYTHON ?= $(shell for p in python3.12 python3.11 python3; do \
	  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null \
	  && { echo $$p; break; }; done)

# `make sim` takes TESTCASE, SIM, WAVES and COV as cocotb's makefiles do (harness/regress/README.md).
# Options: SEED (a number), JOBS (simulations at a time), BOARD of `make bench` (sim, sim:u280; all of them without),
# BOARD (vc709, vck190, u280), KERNEL and CONFIG of `make bitstream`, KERNEL and CONFIG of `make synth`.
SEED  ?=
BOARD ?=
KERNEL ?=
CONFIG ?=
JOBS  ?= $(shell nproc 2>/dev/null || echo 2)
SEED_OPTION = $(if $(SEED),--seed $(SEED),)

.PHONY: help sim test faults nightly cover lint gen bench synth formal mutate bitstream report doctor zoo clean distclean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

sim: $(STAMP) ## Main job: regression, benchmark on the virtual board, HTML report
	@$(BIN)/krait regress $(if $(TESTCASE),,smoke) --jobs $(JOBS) $(SEED_OPTION); verdict=$$?; \
	[ $$verdict -le 1 ] || exit $$verdict; \
	$(BIN)/krait bench --board sim $(SEED_OPTION) || exit $$?; \
	$(BIN)/krait report || exit $$?; exit $$verdict

test: $(STAMP) ## Run all tests (SEED=n repeats a run)
	@$(BIN)/krait test --jobs $(JOBS) $(SEED_OPTION)

faults: $(STAMP) ## Plant a wrong bit in each unit of the accelerators: its test must fail, and mamba2_accel's (an hour)
	@$(BIN)/python -m pytest -q -m nightly tests/rtl/test_mamba2_accel_faults.py tests/rtl/test_ternary_accel_faults.py

nightly: $(STAMP) ## All tests that take hours: the faults, and cells and levels of every configuration
	@$(BIN)/python -m pytest -m nightly --junitxml=$(or $(KRAIT_BUILD),build)/test/nightly.xml

cover: $(STAMP) ## Coverage closure (KERNEL=mamba2_accel); tern_matvec without
	@$(BIN)/krait cover --jobs $(JOBS) $(if $(KERNEL),--kernel $(KERNEL),) $(SEED_OPTION)

lint: $(STAMP) ## ruff, mypy --strict, tclint and three Verilog linters
	@$(BIN)/krait lint

gen: $(STAMP) ## Regenerate headers, wrappers and tables from golden/spec
	@$(BIN)/krait gen

bench: $(STAMP) ## Benchmarks on the virtual boards (BOARD=sim:u280 for one), with report
	@$(BIN)/krait bench $(if $(BOARD),--board $(BOARD),--all) $(SEED_OPTION); verdict=$$?; \
	[ $$verdict -le 1 ] || exit $$verdict; \
	$(BIN)/krait report || exit $$?; exit $$verdict

synth: $(STAMP) ## Cells and logic levels by Yosys (KERNEL=mamba2_accel CONFIG=sim); an hour or more for large ones
	@$(BIN)/krait synth $(if $(KERNEL),--kernel $(KERNEL),) $(if $(CONFIG),--config $(CONFIG),)

formal: $(STAMP) ## Proofs of RTL modules by SymbiYosys, each with a fault that it refutes
	@$(BIN)/krait formal --jobs $(JOBS)

mutate: $(STAMP) ## Faults in every hand-written module, 20 each, and which of them the tests do not see; hours
	@$(BIN)/krait mutate --jobs $(JOBS)

bitstream: $(STAMP) ## Bitstream by Vivado or Vitis (BOARD=vc709 KERNEL=ternary_accel CONFIG=vc709); hours
	@$(BIN)/krait board bitstream $(or $(BOARD),vc709) $(if $(KERNEL),--kernel $(KERNEL),) $(if $(CONFIG),--config $(CONFIG),)

report: $(STAMP) ## Write the HTML report from the newest results
	@$(BIN)/krait report

doctor: $(STAMP) ## Say what is installed, what is missing and how to get it
	@$(BIN)/krait doctor

zoo: $(STAMP) ## Retrain the tiny models of golden/zoo (about two hours on two cores)
	@$(BIN)/python -m golden.zoo.train --model bitnet-tiny && $(BIN)/python -m golden.zoo.train --model mamba2-tiny

clean: ## Remove everything that krait wrote (build/)
	rm -rf build

distclean: clean ## Also remove the virtual environment
	rm -rf $(VENV)

$(STAMP): pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "krait: needs Python 3.11 or 3.12 with the venv module; found neither (set PYTHON=/path/to/python3.11)" >&2; exit 3; fi
	@echo "krait: creating $(VENV) with $$($(PYTHON) --version) and installing the pinned dependencies (about 1 GB, a few minutes)"
	@$(PYTHON) -m venv $(VENV) || { echo "krait: '$(PYTHON) -m venv' failed; on Debian and Ubuntu install python3-venv" >&2; exit 3; }
	@$(BIN)/python -m venv $(VENV)/tclint && $(VENV)/tclint/bin/python -m pip install -q --disable-pip-version-check tclint==0.9.0 || echo "krait: tclint is missing, Tcl will not be linted" >&2
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -e '.[dev]' || { echo "krait: installing the dependencies failed; see pip's message above" >&2; exit 3; }
	@touch $@
