# Everything from a fresh machine: needs python3 (3.11 or newer, with venv) and make, nothing else.
# Another interpreter: make demo PYTHON=python3.13

PYTHON ?= python3
BIN := .venv/bin
DEMO := demo
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test verify fuzz bench gpu lint types format stubs docs clean

# grade exits 1 where a check did not pass, which is what the demo shows; 2 and 3 are errors.
demo: .venv/installed
	@GRADE_STATE=$(DEMO)/state GRADE_COURSE=. $(BIN)/grade submit ex10 examples/flipped_kernel/convolution.py \
	    --student demo --out $(DEMO); \
	  code=$$?; [ $$code -le 1 ] || exit $$code
	@echo "make: the report:" && find "$(CURDIR)/$(DEMO)" -name '*.html' | grep .

# The attacks watch the whole machine for what they leave behind: they run alone.
test: .venv/installed-dev
	@.ci/postgres where >/dev/null || \
	  echo "make: no PostgreSQL here, so the gradebook is tested on SQLite only: .ci/postgres install (Debian, as root)"
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --ignore tests/hostile
	$(BIN)/python -m pytest -q tests/hostile

# pytest exits 5 where no test is marked slow.
verify: .venv/installed-dev
	$(BIN)/python -m pytest -q -m slow || [ $$? -eq 5 ]

# A million frames through the decoder of the wire; prints what it found.
fuzz: .venv/installed-dev
	$(BIN)/python -m tests.worker.fuzz

bench: .venv/installed-dev
	$(BIN)/python benchmarks/run.py

# What only a GPU can show; ends with 3 where there is none.
gpu: .venv/installed-dev
	$(BIN)/python benchmarks/gpu.py

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-dev
	$(BIN)/mypy

format: .venv/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Stubs are generated from the references, never edited by hand.
stubs: .venv/installed
	$(BIN)/python -m grader.core.stub .

# The pages of every mistake are generated from the catalogue, never edited by hand.
docs: .venv/installed
	$(BIN)/python -m grader.judge.mistakes .

# The gradebook and the secret in .grade stay.
clean:
	rm -rf .venv $(DEMO) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: pyproject.toml constraints.txt | .venv/made
	$(BIN)/python -m pip install --quiet -c constraints.txt --config-settings editable_mode=compat -e .
	@touch $@

.venv/installed-dev: pyproject.toml constraints.txt | .venv/made
	$(BIN)/python -m pip install --quiet -c constraints.txt --config-settings editable_mode=compat -e '.[dev]'
	@touch $@ .venv/installed

.venv/made:
	@command -v $(PYTHON) >/dev/null || { \
	    echo "make: no $(PYTHON) here: install Python 3.11 or newer, or name one: make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "make: $$($(PYTHON) --version 2>&1) is too old: install Python 3.11 or newer, or name one: make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	    echo "make: $(PYTHON) lacks venv: install it (Debian, Ubuntu: apt install python3-venv), or name another: make PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@
