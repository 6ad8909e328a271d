# Each target does all of its own set-up: a virtual environment in .venv, from the lock.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
# pywb has an environment of its own: its brotlipy takes the place of the brotli that Scrapy needs.
PYWB_VENV := .venv-pywb
PYWB_STAMP := $(PYWB_VENV)/.installed
# So has wacz: what it needs is held to by nothing else here.
WACZ_VENV := .venv-wacz
WACZ_STAMP := $(WACZ_VENV)/.installed

.PHONY: help demo test test-ceph test-copies pywb wacz lint bench bench-reading bench-change lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   the main job on a made-up site, no network, under a minute"
	@echo "make test   every test"
	@echo "make test-copies   every lie of an S3 server at every step, of which make test runs a part"
	@echo "make test-ceph   copies on Ceph's S3 server; needs Debian's radosgw, ceph-mon, ceph-osd and ceph-common"
	@echo "make pywb   the replay tool that the tests hold our WARCs against, in .venv-pywb; make test does it too"
	@echo "make wacz   the checker of WACZ packages that the tamper kit is shown to, in .venv-wacz; make bench does it too"
	@echo "make lint   formatting, types, import contracts, spelling"
	@echo "make bench  measurements (see bench/README.md)"
	@echo "make bench-reading   main text, metadata, languages and facts against their floors, and what a reading costs"
	@echo "make bench-change    every kind of edit and of noise, and labelled pairs of versions, against their bars"
	@echo "make lock   resolve the dependencies again"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "khronika needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "making a virtual environment failed; on Debian: apt-get install python3-venv"; exit 1; }

$(STAMP): requirements.txt pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --require-hashes -r requirements.txt
	$(VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(STAMP)
	$(VENV)/bin/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

$(PYWB_STAMP): requirements-pywb.txt | $(VENV)/bin/python
	$(PYTHON) -m venv $(PYWB_VENV)
	$(PYWB_VENV)/bin/python -m pip install --quiet --require-hashes -r requirements-pywb.txt
	@touch $@

$(WACZ_STAMP): requirements-wacz.txt | $(VENV)/bin/python
	$(PYTHON) -m venv $(WACZ_VENV)
	$(WACZ_VENV)/bin/python -m pip install --quiet --require-hashes -r requirements-wacz.txt
	@touch $@

demo: $(STAMP)
	$(VENV)/bin/khronika demo

pywb: $(PYWB_STAMP)

wacz: $(WACZ_STAMP)

# More than two cores have something to do: many tests wait for a clock, a server or a process. A file stays in one
# worker, because its tests share what they were costly to set up.
TEST_WORKERS ?= 4
test: $(DEV_STAMP) $(PYWB_STAMP)
	@# hundreds of tests begin processes of their own: where Python is told to write no compiled files, each would
	@# compile the whole product anew
	$(VENV)/bin/python -m compileall -q archive crawler pipelines spiders settings.py
	$(VENV)/bin/python -m pytest --numprocesses $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

test-ceph: $(DEV_STAMP)
	KHRONIKA_WHOLE_CAMPAIGNS=1 $(VENV)/bin/python -m pytest -m ceph tests/crawler/test_ceph.py

# Every lie at every step, of which make test runs a part.
test-copies: $(DEV_STAMP)
	KHRONIKA_WHOLE_CAMPAIGNS=1 $(VENV)/bin/python -m pytest --numprocesses 2 tests/crawler/test_lying_server.py tests/crawler/test_doctor_s3.py tests/archive/test_copying_lies.py

lint: $(DEV_STAMP)
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/codespell

bench: $(DEV_STAMP) $(WACZ_STAMP)
	$(VENV)/bin/python -m bench

bench-reading: $(DEV_STAMP)
	$(VENV)/bin/python -m bench.reading --cost

bench-change: $(DEV_STAMP)
	$(VENV)/bin/python -m bench.change

# No index address may be in a lock: it would tie a stranger's installation to one machine's registry.
lock: $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet uv
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header pyproject.toml --extra build -o requirements.txt
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header pyproject.toml --extra build --extra dev -o requirements-dev.txt
	printf 'pywb==2.10.0\nsetuptools<81\n' | $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header - -o requirements-pywb.txt
	printf 'wacz==0.6.0\nsetuptools<81\n' | $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header - -o requirements-wacz.txt

clean:
	rm -rf $(VENV) $(PYWB_VENV) $(WACZ_VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
