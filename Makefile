# make app    install into .venv and serve the lab on this machine (PORT=8501)
# make test   install what tests need as well, then lint, types, doctests, laws and browser tests
# make clean  remove .venv

PYTHON ?= python3
PORT ?= 8501
PYTEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
RUN := PYTHONUTF8=1 $(BIN)/python

.PHONY: app test lint types browser clean

app: $(VENV)/.app-installed
	@echo "Gen Lab opens at http://127.0.0.1:$(PORT) (Ctrl-C stops it)"
	$(RUN) -m streamlit run streamlit_app.py --server.address 127.0.0.1 --server.port $(PORT)

# Laws in as many processes as there are cores, then the browser's tests in one (tests/conftest.py).
PROCESSES := -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
test: lint types browser
	$(RUN) -m pytest $(PROCESSES) $(PYTEST_ARGS)

lint: $(VENV)/.test-installed
	$(BIN)/ruff check .

types: $(VENV)/.test-installed
	$(BIN)/mypy

# An installed Chrome or Chromium is used as it is; only without one does Playwright fetch its own.
# That may fail without a network: the browser tests then say what is missing (and fail under CI).
browser: $(VENV)/.test-installed
	@$(RUN) -m tests.browser.chromium || $(RUN) -m playwright install chromium || true

# The stamps keep a second call from installing again, until a list of requirements changes.
$(VENV)/.test-installed: requirements-test.txt $(VENV)/.app-installed
	$(BIN)/python -m pip install --quiet -r requirements-test.txt
	@touch $@

$(VENV)/.app-installed: requirements.txt $(VENV)/.created
	$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Gen Lab needs Python 3.11 or newer; name one with 'make PYTHON=python3.11 …'."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

clean:
	rm -rf $(VENV)
