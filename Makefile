# Everything sets itself up: on a fresh Debian 12, as root, each target installs what it needs, and nothing when nothing is missing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
VENV := .venv
PYTHON := $(VENV)/bin/python
KETNOI := $(VENV)/bin/ketnoi
LABS ?= 2
JUDGES := $(VENV)/other-clients/.ready
MUTANTS := $(VENV)/mutants/.ready
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# Compile a module once, not in each of the thousand processes that tests start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo demo-down test stages unit lab quick soak ci bench faults mutants setup setup-lab setup-test lint lint-python docs clean

demo: setup-lab
	@$(PYTHON) -m lab.demo

demo-down: $(VENV)/.ready
	@$(KETNOI) lab down

# Everything, stage by stage: seconds of each, and at the end the 15 slowest tests of all.
test:
	@tools/stage --all $(MAKE) --no-print-directory stages

stages:
	@tools/stage setup $(MAKE) --no-print-directory setup-test
	@tools/stage lint $(MAKE) --no-print-directory lint
	@tools/stage unit $(MAKE) --no-print-directory unit
	@tools/stage ci $(MAKE) --no-print-directory ci
	@tools/stage lab $(MAKE) --no-print-directory lab

# More workers than cores: most of tests/sim waits for processes.
unit: setup
	@$(PYTHON) -m pytest tests/sim tests/unit tests/attack -q -n 10 --dist worksteal

# Two provinces at a time, since their tests mostly wait; make lab LABS=1 for one.
lab: setup-test
	@$(PYTHON) -m pytest tests/lab -q -n $(LABS) --dist loadfile --no-loadscope-reorder

# Between two edits, in under 90 s: lint but for Ansible's, and the unit tests of files that are not marked slow.
quick: lint-python
	@$(PYTHON) -m pytest tests/unit -q -n 2 --dist worksteal -m "not slow"

# What soaks, about 25 minutes: random tests twenty times as wide (5), then all kinds of faults on a demo's province (MINUTES=10, more at need).
soak: setup-test
	@KETNOI_SOAK=20 $(PYTHON) -m pytest tests/unit tests/sim tests/attack -q -n 4 --dist worksteal -m "hypothesis or soak"
	@$(MAKE) --no-print-directory demo
	@$(MAKE) --no-print-directory faults

# A province's own inventory: make ci INVENTORY=../our-province/inventory/binh-dinh [SITE=an-nhon-01]
ci: $(VENV)/.ready
	@tools/apt ci
	@tests/ci/run $(if $(INVENTORY),-i '$(abspath $(INVENTORY))') $(if $(SITE),--site '$(SITE)')

bench: setup-test
	@$(PYTHON) -m bench

# On the province that `make demo` left up: make faults [SEED=7] [MINUTES=30]
faults: setup-test
	@$(PYTHON) -m lab.storm $(if $(SEED),--seed '$(SEED)') $(if $(MINUTES),--minutes '$(MINUTES)')

# Small changes to the modules that carry the promises: which does no test notice? About 25 minutes, in copies of the tree:
# make mutants [ONLY="outbox hub/"] [SEED=1]
mutants: setup $(MUTANTS)
	@PYTHONPATH=$(VENV)/mutants $(PYTHON) -m tools.mutants $(if $(ONLY),--only $(ONLY)) $(if $(SEED),--seed '$(SEED)')

lint: lint-python
	@$(VENV)/bin/ansible-lint --offline -q playbooks roles

lint-python: setup
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/mypy --no-error-summary edge_agent province lab bootstrap bench tools plugins

# Everything under docs/ and in the READMEs that is made from something else
docs: setup
	@$(PYTHON) -m tools.docs

setup: $(JUDGES)
	@tools/apt unit

setup-lab: $(VENV)/.ready
	@tools/apt lab

setup-test: $(JUDGES)
	@tools/apt test

$(VENV)/.ready: pyproject.toml requirements.lock tools/venv
	@tools/venv $(VENV)

$(JUDGES): $(VENV)/.ready tools/judges tools/npm/package-lock.json
	@tools/judges $(VENV)

$(MUTANTS): $(VENV)/.ready tools/mutants/requirements.lock
	@tools/uv $(VENV) --target $(VENV)/mutants --require-hashes --no-deps -r tools/mutants/requirements.lock
	@touch $@

clean:
	rm -rf $(VENV) .cache build dist out
