# Everything sets itself up: on a fresh Debian 12, as root, each target installs what it needs, and nothing when nothing is missing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
VENV := .venv
PYTHON := $(VENV)/bin/python
KETNOI := $(VENV)/bin/ketnoi
JUDGES := $(VENV)/other-clients/.ready
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: demo demo-down test unit ci bench faults setup setup-lab setup-test lint docs clean

demo: setup-lab
	@$(PYTHON) -m lab.demo

demo-down: $(VENV)/.ready
	@$(KETNOI) lab down

# The lab's tests mostly wait; on a quiet machine two provinces at a time halve that: make test LABS=2
test: setup-test
	@$(MAKE) --no-print-directory lint unit
	@$(MAKE) --no-print-directory ci
	@$(PYTHON) -m pytest tests/lab -q --durations=15 $(if $(LABS),-n $(LABS) --dist loadfile)

unit: setup
	@$(PYTHON) -m pytest tests/unit tests/sim -q -n 4 --dist loadfile

# A province's own inventory: make ci INVENTORY=../our-province/inventory/binh-dinh [SITE=an-nhon-01]
ci: $(VENV)/.ready
	@tools/apt ci
	@tests/ci/run $(if $(INVENTORY),-i '$(abspath $(INVENTORY))') $(if $(SITE),--site '$(SITE)')

bench: setup-test
	@$(PYTHON) -m bench

# On the province that `make demo` left up: make faults [SEED=7] [MINUTES=30]
faults: setup-test
	@$(PYTHON) -m lab.storm $(if $(SEED),--seed '$(SEED)') $(if $(MINUTES),--minutes '$(MINUTES)')

lint: setup
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/mypy --no-error-summary edge_agent province lab bootstrap bench tools
	@$(VENV)/bin/ansible-lint --offline -q playbooks roles

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

clean:
	rm -rf $(VENV) .cache build dist out
