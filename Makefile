# Fanfare. `make help` lists the targets.
GO      ?= go
SHARED  ?= ../shared
FUZZTIME ?= 10s
BENCHTIME ?= 1x
SHELL   := /bin/bash

.PHONY: help build docs test lint bench fuzz crash jobs conformance demo

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: ## build bin/fanfare
	CGO_ENABLED=0 $(GO) build -o bin/fanfare ./cmd/fanfare

demo: ## the whole story in a few seconds
	$(GO) run ./cmd/fanfare demo

lint: ## gofmt, go vet and staticcheck
	@out=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

test: ## the whole suite; its last lines say what this machine could not run
	@GO="$(GO)" test/run.sh

bench: ## every benchmark, once (BENCHTIME=2s for figures)
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./...

docs: ## write the generated pages of docs anew
	$(GO) test -count=1 ./test/documents -update

fuzz: ## every fuzz target for FUZZTIME (10s)
	@GO="$(GO)" FUZZTIME="$(FUZZTIME)" test/fuzz.sh

crash: ## twenty kills in the middle of a send
	FANFARE_CRASH_KILLS=20 $(GO) test -count=1 -v -timeout 30m ./test/crash

jobs: ## 200,000 registrations to Azurite and back, with kills
	FANFARE_JOB_REGISTRATIONS=200000 $(GO) test -count=1 -v -timeout 60m ./test/jobs

conformance: ## real clients' drivers from SHARED (../shared) against fanfare dev
	$(GO) run ./test/conformance -shared "$(SHARED)"
