.PHONY: help check test proto devnet bench
help: ## list targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'
check: ## format, lint, types, layers, house rules, unit tests (about a minute)
	scripts/test --fast
test: ## everything that CI runs
	scripts/test
proto: ## regenerate src/supercloud/pb from proto/
	scripts/proto
devnet: ## a local supercloud with the sample deployed, until Ctrl-C
	scripts/quickstart
bench: ## print the benchmarks
	scripts/bench
