# Hypnic. `make run` starts it, `make test` proves it, `make help` lists the rest.
.DEFAULT_GOAL := help
PY := .venv/bin/python
PIP_AUDIT := pip-audit==2.10.1
.PHONY: help widget run test soak audit chat train lint check ask review evaluate evaluate-triage install install-dev install-stock bench bench-nlu lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install  ## install, train if needed, start everything, print the address (PORT=5005)
	@exec $(PY) -m bot.serve

test: install-dev  ## install and run every test
	@$(MAKE) --no-print-directory lint
	@$(PY) -m bot.train
	@$(PY) -m pytest

widget:  ## make web/hypnic.js from web/src (needs npm; only after a change there)
	@cd web && npm ci --ignore-scripts --no-audit --no-fund --silent && npm run --silent build

soak: install-dev  ## the long form of the fault tests: 10,000 messages, stuck processes (half an hour)
	@$(PY) -m bot.train
	@HYPNIC_SOAK=1 $(PY) -m pytest tests/faults

chat: install  ## talk to it in this terminal
	@exec $(PY) -m bot.shell

ask: install  ## what it understands and answers, without servers: make ask Q="why do i jerk"
	@$(PY) -m bot.ask "$(Q)"

train: install  ## train the model anew
	@$(PY) -m bot.train --force

check: install  ## check the data files in a few seconds, with file and line
	@$(PY) -m hypnic.checks

review: install  ## one page with every text and rule for a clinician to sign: var/review.html
	@$(PY) -m hypnic.review

evaluate: install-dev  ## score the model on the development data, write docs/evaluation.md
	@$(PY) -m benchmarks.evaluation

evaluate-triage: install-dev  ## play vignettes through rules and running bot, write docs/evaluation-triage.md
	@$(PY) -m benchmarks.triage

lint: install-dev  ## style, types and data of the project
	@$(PY) -m ruff check .
	@$(PY) -m mypy --strict hypnic
	@$(PY) -m mypy actions bot
	@$(PY) -m hypnic.checks

audit: install  ## look the pinned packages up among published advisories; asks PyPI, leaves out deploy/advisories.yml
	@.venv/bin/uv tool run $(PIP_AUDIT) --strict --disable-pip --require-hashes -r requirements.lock \
	  $$(sed -n 's/^- {id: \([^,]*\),.*/--ignore-vuln \1/p' deploy/advisories.yml)

bench: install-stock  ## measure beside a stock Rasa bot, write docs/benchmarks.md (training it takes an hour or two; KEEP=1: only once)
	@$(PY) -m benchmarks.compare $(if $(KEEP),--keep-models)
	@$(PY) -m benchmarks.stores

bench-nlu: install-stock  ## the classifier on public intent sets: make bench-nlu DATA=folder (docs/nlu.md; ten minutes)
	@.venv-stock/bin/python -m benchmarks.public_sets "$(DATA)"

install:
	@sh deploy/install.sh

install-dev:
	@sh deploy/install.sh dev

install-stock: install-dev
	@.venv/bin/uv venv --quiet --allow-existing --python .venv/bin/python .venv-stock
	@.venv/bin/uv pip install --quiet --python .venv-stock/bin/python --no-deps --require-hashes \
	  -r requirements.lock -r requirements-stock.lock

lock: install  ## renew the locked packages from the .in files
	@for set in bootstrap "" dev stock; do name=requirements$${set:+-$$set}; \
	  .venv/bin/uv pip compile --quiet $$name.in --override requirements-overrides.txt --python-version 3.10 \
	    --generate-hashes --no-header --no-annotate --output-file $$name.lock; done

clean:  ## remove the environment, models, logs and conversations
	rm -rf .venv .venv-stock .rasa var results models/*.tar.gz models/spacy models/trained.json
