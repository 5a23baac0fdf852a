# SPDX-License-Identifier: Apache-2.0
#
# A thin front for CMake: `make help` lists the targets, CMakePresets.json says how each is built.
PREFIX = /usr/local
PYTHON = python3
FUZZ_SECONDS = 60
SWEEP_SECONDS = 60
PEERS =
PYTHONS =
EXAMPLES = 1000

export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell getconf _NPROCESSORS_ONLN)
export CTEST_PARALLEL_LEVEL ?= $(CMAKE_BUILD_PARALLEL_LEVEL)

# The make that CMake calls is on its own: it shares neither this one's flags nor its depth.
alone = env -u MAKEFLAGS -u MAKELEVEL
cmake = $(alone) cmake

to_build = compiler cmake make
to_tour = $(to_build) gnuplot
to_test = $(to_tour) compiler++ cmocka pkg-config sanitizers python numpy matplotlib
sources = $$(git ls-files '*.c' '*.h')
faults = unit/test_faults cli/test_cli_allocations cli/test_cli_faults cli/test_cli_parts \
         parts/test_parts_faults files/test_output
# Without tests, and without the kernels, whose extensions these programs do not know.
plain_sources = $$(git ls-files 'src/*.c' 'cli/*.c' 'drawing/*.c' 'python/*.c' | grep -v kernels/)

.PHONY: all tour test asan clang tsan sweep faults kernels-report fuzz mutants check-machines reproducible \
        check-long lint coverage mpi onnx peers torch wheel install format check-format clean help
.NOTPARALLEL:

all: ## build the library and the command into build/ (the default)
	@tools/install-packages.sh --only-name $(to_build)
	@$(cmake) --preset release
	@$(cmake) --build --preset release

tour: ## compute the tutorial step by step, into tour/index.html
	@tools/install-packages.sh $(to_tour)
	@$(cmake) --preset release
	@$(cmake) --build --preset release
	build/faltung tour -o tour --force

test: ## run all tests: as installed, with sanitizers, and by clang if it is there
	@tools/install-packages.sh $(to_test)
	@$(alone) tools/run-suites.sh test asan $$(command -v clang >/dev/null && echo clang)

asan: ## run the tests with AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/install-packages.sh $(to_test)
	@$(alone) tools/run-suites.sh asan

clang: ## run the tests compiled by clang
	@tools/install-packages.sh $(to_test) clang
	@$(alone) tools/run-suites.sh clang

tsan: ## run the tests of threads with ThreadSanitizer
	@tools/install-packages.sh $(to_test)
	@$(alone) tools/run-suites.sh tsan

sweep: ## compare random convolutions with an oracle for SWEEP_SECONDS (60)
	@tools/install-packages.sh $(to_test)
	@$(cmake) --preset test
	@$(cmake) --build --preset test --target test_sweep
	build-test/tests/sweep/test_sweep $(SWEEP_SECONDS)

faults: ## let allocations, reading and writing fail, one by one, and kill processes
	@tools/install-packages.sh $(to_test)
	@$(cmake) --preset test
	@$(cmake) --build --preset test
	@for test in $(faults); do build-test/tests/$$test || exit; done

kernels-report: ## show size, spills and speed of the inner loops, also by clang if it is there
	@tools/install-packages.sh $(to_test)
	@presets="test $$(command -v clang >/dev/null && echo clang)" && \
	for preset in $$presets; do \
	    $(cmake) --preset $$preset >/dev/null && \
	    $(cmake) --build --preset $$preset --target test_kernels >/dev/null || exit; \
	done && tools/kernels-report.sh $$(printf 'build-%s ' $$presets)

fuzz: ## run each fuzz target for FUZZ_SECONDS (60)
	@tools/install-packages.sh $(to_test) clang libfuzzer
	@$(cmake) --preset fuzz
	@$(cmake) --build --preset fuzz
	@for seeds in fuzz/corpus/*; do \
	    name=$${seeds##*/} && mkdir -p build-fuzz/corpus/$$name && echo "== fuzz_$$name" && \
	    build-fuzz/fuzz/fuzz_$$name -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=build-fuzz/ \
	        build-fuzz/corpus/$$name $$seeds || exit; \
	done

mutants: ## put small defects in, one by one, and see which test catches each (30 minutes)
	@tools/install-packages.sh $(to_test)
	@python=$$(tools/find-python.sh) && $(alone) $$python tests/mutants/mutants.py

lint: ## look for mistakes by clang-tidy (.clang-tidy says for which) and cppcheck (three minutes)
	@tools/install-packages.sh $(to_test) clang clang-tidy cppcheck
	@$(cmake) --preset clang -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >/dev/null
	clang-tidy -p build-clang --quiet $(plain_sources)
	@# Without what takes arrays that are filled by others, or as far as they are read, for empty,
	@# and static strings and numbers for parts of what they are told about.
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability,performance \
	    --suppress=returnDanglingLifetime:src/algorithms/lattice.c \
	    --suppress=returnDanglingLifetime:src/algorithms/complex.c \
	    --suppress=ctuuninitvar --suppress=uninitvar --suppress=missingIncludeSystem $(addprefix -I,include src cli drawing) \
	    $(plain_sources)

coverage: ## list the lines that no test runs (five minutes)
	@tools/install-packages.sh $(to_test)
	@$(alone) sh -c '$(cmake) --preset coverage && $(cmake) --build --preset coverage && \
	    ctest --preset coverage' && python=$$(tools/find-python.sh) && \
	    $$python tools/coverage.py build-coverage

check-machines: ## run tests as other machines would, by qemu (slow)
	@tools/install-packages.sh $(to_test) qemu cross-aarch64 cross-i686
	@$(alone) tools/check-machines.sh

reproducible: ## build twice, in two places, and compare what is installed
	@tools/install-packages.sh $(to_build)
	@$(alone) tools/check-reproducible.sh

check-long: ## faults, sweep, fuzz and tsan, and what they counted (20 minutes; FUZZ_SECONDS for more)
	@tools/count-checks.sh build-long $(MAKE) -k --no-print-directory faults sweep fuzz tsan

onnx: ## run ONNX's own tests of convolutions by PYTHON (python3), which needs its package onnx
	@tools/install-packages.sh --only-name $(to_build)
	@$(cmake) --preset release
	@$(cmake) --build --preset release
	@$(PYTHON) tests/onnx/node_tests.py build/faltung

peers: ## time Faltung beside other libraries, into build-peers/report.md; PEERS has options
	@tools/install-packages.sh $(to_build) compiler++ python venv
	@$(cmake) --preset release
	@$(cmake) --build --preset release
	@python=$$(tools/find-python.sh) && $$python bench/peers $(PEERS)

mpi: ## build faltung-mpi, for several processes, into build-mpi/ and test it
	@tools/install-packages.sh $(to_test) mpi
	@$(cmake) --preset mpi
	@$(cmake) --build --preset mpi
	@$(alone) ctest --preset mpi

torch: ## test the Python package beside PyTorch, by EXAMPLES (1000) random calls, and Dask
	@tools/install-packages.sh $(to_build) python venv
	@python=$$(tools/find-python.sh) && [ -x build-torch/bin/pip ] || $$python -m venv build-torch
	@build-torch/bin/pip -q --disable-pip-version-check install numpy torch hypothesis matplotlib "dask[array]" distributed
	@build-torch/bin/pip -q --disable-pip-version-check install --force-reinstall --no-deps .
	@for test in python/tests/test_*.py; do \
	    echo "$$test" && EXAMPLES=$(EXAMPLES) MPLBACKEND=Agg build-torch/bin/python -B $$test || exit; \
	done

wheel: ## build Python's wheel and source distribution into dist/, and try them by PYTHONS
	@tools/install-packages.sh $(to_build) python venv
	@tools/make-wheel.sh $(PYTHONS)

install: ## install into PREFIX (/usr/local), below DESTDIR if that is given
	@tools/install-packages.sh --only-name $(to_build)
	@$(cmake) --preset release -DCMAKE_INSTALL_PREFIX="$(PREFIX)"
	@$(cmake) --build --preset release
	@DESTDIR="$(DESTDIR)" $(cmake) --install build
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || PATH="$$PATH:/sbin" ldconfig

format: ## lay out the sources by .clang-format
	clang-format -i $(sources)

check-format: ## check that `make format` would change nothing
	clang-format --dry-run -Werror $(sources)

clean: ## remove what the other targets have built
	rm -rf build build-* dist tour

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | expand -t 14
