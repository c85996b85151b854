# Everything that is done with this repository. `make` alone explains itself.

SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help run build test unit e2e test-docker fmt check fuzz bench clean

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Install what is missing, build, serve examples/laptop.yaml, print a sign-in link that works once
	@scripts/run.sh

build: ## Build the release binaries carrel and carrel-init into .build/release
	@scripts/build.sh

test: ## Install what tests need, check, run every test, print the totals
	@scripts/test.sh all

unit: ## Run the Swift tests only
	@scripts/test.sh unit

e2e: ## Run the end-to-end tests against the release binary (ARGS="-k crash" picks some)
	@scripts/test.sh e2e $(ARGS)

test-docker: ## Run the container tests at full length: 200 containers, 100 kills of carrel
	@scripts/test.sh docker $(ARGS)

fmt: ## Format all Swift sources
	swift format --in-place --parallel --recursive Sources Tests Package.swift

check: ## Check format, the arrows between targets, and that no file is over 500 lines
	@scripts/check.sh

fuzz: ## Throw bytes at the gateway's codec on every core (SECONDS=600)
	@scripts/fuzz.sh $(or $(SECONDS),600)

bench: ## Measure what the goals speak of, the gateway beside its peers, write docs/benchmarks.md (25 minutes)
	@scripts/test.sh bench

clean: ## Remove what was built; keep downloaded packages, virtual environments and ./state
	swift package clean
	rm -rf .build/e2e-artifacts .build/results
