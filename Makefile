# make demo       hear a word on a simulated Cortex-M7; needs Python only
# make test       every check; gets the cross compiler and QEMU from Debian packages if missing
# make matrix     every firmware test at every optimisation, for every core and C library
# make fuzz       ten million random instructions against unicorn and QEMU, then a hundred thousand
#                 programs on all engines; N=..., PROGRAMS=..., SEED=...
# make bench      cycles of kernels and firmware; fails if they are more than they were;
#                 RENEW=1 takes them for the baseline
# make speed      our engines beside QEMU; fails if they are far slower than they were
# make lint       style, types, layers, format of C
# make kernels    the kernels, for both cores
# make firmware   the firmware, for all boards
# make docs       what is derived from the instruction definitions
# make clean      forget all of that but .venv
#
# PYTHON=python3.12 chooses the Python that .venv is made with, WORKERS=4 how many tests run at once.
WORKERS ?= 2
PYTHON ?=
export PYTHON

BIN := .venv/bin

.PHONY: demo test matrix fuzz bench speed lint kernels firmware docs clean packages

demo: .venv/.demo
	$(BIN)/armsim run firmware/prebuilt/kws-m7.elf --core m7

test: packages .venv/.test kernels firmware
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory bench
	$(BIN)/pytest -n $(WORKERS)

matrix: packages .venv/.test
	$(BIN)/pytest -n $(WORKERS) --exhaustive tests/system tests/firmware_c

fuzz: packages .venv/.test
	$(BIN)/python -m tests.differential --instructions $(or $(N),10000000) $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m tests.engine --programs $(or $(PROGRAMS),100000) $(if $(SEED),--seed $(SEED))

bench: .venv/.test firmware
	$(MAKE) --no-print-directory -s -C benchmarks/kernels aligned
	$(BIN)/armsim bench benchmarks/suite.toml --quiet $(if $(RENEW),--json,--threshold 0.1 \
		--baseline) benchmarks/baseline/suite.json

speed: packages .venv/.test
	$(BIN)/python -m benchmarks.speed --quick --check

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory -C kernels check CLANG_FORMAT=$(CURDIR)/$(BIN)/clang-format
	$(MAKE) --no-print-directory -C firmware check CLANG_FORMAT=$(CURDIR)/$(BIN)/clang-format

kernels: packages
	$(MAKE) --no-print-directory -s -C kernels

firmware: packages kernels
	$(MAKE) --no-print-directory -s -C firmware all qemu

docs: .venv/.demo
	$(BIN)/armsim isa --renew

packages:
	@.ci/packages

# Whoever makes .venv for the tests has what the demonstration needs.
.venv/.demo: pyproject.toml .ci/venv
	@test -e .venv/.test -a .venv/.test -nt pyproject.toml || .ci/venv
	@touch $@

.venv/.test: pyproject.toml .ci/venv | packages
	@.ci/venv test
	@touch $@

clean:
	$(MAKE) --no-print-directory -C kernels clean
	$(MAKE) --no-print-directory -C firmware clean
	$(MAKE) --no-print-directory -C benchmarks/kernels clean
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find armsim tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
