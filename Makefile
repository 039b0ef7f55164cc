# Short names for ./run, ./test and scripts/: nothing is decided here.

.PHONY: run test check lock bench

run: ## serves the demonstration on port 8000
	./run

ifdef T
test: ## everything, or T=tests/web/test_x.py alone, at once
	scripts/try $(T)
else
test:
	./test
endif

check: ## style, types, architecture, dead code: what ./test does before the tests, without a database
	.venv/bin/pre-commit run --all-files

lock: ## writes requirements*.txt again from pyproject.toml
	scripts/lock

bench: ## the engine beside other tools
	scripts/bench
