# The front door: `make help` lists what stands here. Each target works from a clean clone, as root or with sudo.
.DEFAULT_GOAL := help
SHELL := /bin/bash
STATE ?= state

.PHONY: help run build test packages packages-test format clean

help: ## what stands here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

packages: ## install what the build needs (apt; sudo when not root)
	@tools/install.sh tools/packages.txt

packages-test: packages ## install what the tests need, too
	@tools/install.sh tools/packages-test.txt

build: packages ## build/release/bin/sssd and build/release/bin/ssctl
	@tools/build.sh release sssd ssctl

run: build ## try it: a pretend Instagram, a first user, real signed webhooks; stops with Ctrl-C
	@tools/run.sh $(STATE)

test: packages-test ## everything that is checked, with one summary at the end
	@tools/test.sh

format: ## bring the sources to the house's format
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i

clean: ## remove what was built
	rm -rf build
