# SPDX-License-Identifier: Apache-2.0
# The commands of a checkout. Each sets up what it needs first: `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
python := .venv/bin/python
training_python := .venv-training/bin/python
# make demo INPUT=...: a video file, a folder of images or a bag; without it, a drawn drive.
input := $(if $(INPUT),"$(INPUT)")
# What Python has compiled is kept, whatever the shell says: it is half of what a start costs.
unexport PYTHONDONTWRITEBYTECODE
# Most tests wait for other processes; each worker has a ROS domain of its own.
pytest := -m pytest --numprocesses logical --maxprocesses 4 --dist worksteal

.PHONY: help demo test test-runtime test-training lint setup setup-training bundle clean anew

help:  ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup  ## Classify a drawn drive, or INPUT=<video, image folder or bag>, over real ROS 2
	@$(python) -m mobilenet_perception demo $(input) --out out/demo

# Both halves at once: one is seen as it goes (+), the other, whole, when it has ended.
test:  ## Run all tests
	@$(MAKE) --no-print-directory --jobs=2 setup setup-training
	@$(MAKE) --no-print-directory --jobs=2 --output-sync test-training test-runtime

test-runtime: setup  ## Run the tests of the node and its tools
	@$(python) $(pytest) tests --ignore=tests/training

test-training: setup-training  ## Run the tests of training/, in an environment with TensorFlow
	+@$(training_python) $(pytest) tests/training

lint: setup  ## Check style, format, types, and who imports whom
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

setup: .venv/ready  ## Make the virtual environment .venv (PYTHON=, ROS_WHEELS=jazzy|kilted)
	@:

setup-training: .venv-training/ready  ## Make the virtual environment .venv-training, with TensorFlow
	@:

# An environment is made anew when a file that decides its content is newer, when its Python has gone,
# or when it was made for another place, Python or ROS 2.
content := setup.py $(wildcard constraints/*.txt interfaces/*/msg/*.msg) \
	$(addprefix scripts/,setup uv build_interfaces.py install_beside_ros.py rosidl_sources.py)
training_for := $(CURDIR) PYTHON=$(PYTHON)
runtime_for := $(training_for) ROS_WHEELS=$(ROS_WHEELS) ROS_DISTRO=$(ROS_DISTRO)

ifneq ($(shell cat .venv/ready 2>/dev/null),$(runtime_for))
.venv/ready: anew
endif
ifneq ($(shell cat .venv-training/ready 2>/dev/null),$(training_for))
.venv-training/ready: anew
endif

.venv/ready: export MADE_FOR := $(runtime_for)
.venv-training/ready: export MADE_FOR := $(training_for)
.venv/ready .venv-training/ready: %/ready: $(content) %/bin/python
	@scripts/setup $*

.venv/bin/python .venv-training/bin/python: ;

bundle: setup-training  ## Train the default bundle anew, from the data in DATA=<folder>
	@$(training_python) -m training fit $(if $(DATA),"$(DATA)") \
		--config street_signals --runs runs/street_signals
	@$(training_python) -m training bundle runs/street_signals/* -o bundles/street_signals \
		--notes training/configuration/recipes/street_signals.md

clean:  ## Remove the environments and all that the commands have written
	@rm -rf .venv .venv-training .venv*.lock .uv .uv.lock build install log out *.egg-info
	@rm -rf .import_linter_cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
