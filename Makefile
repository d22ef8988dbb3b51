# `make` lists the commands. SANDBOX_ENGINE=build builds pulumi even where one is on PATH.
STACK ?= dev
PYTHON ?= python3
VENV := .venv/bin
SANDBOX := $(VENV)/python -m sandbox
OPERATIONS := $(VENV)/python -m operations
# A variable of make's command line alone: a shell may well have a PORT or a CMD of its own for something else.
given = $(if $(findstring command,$(origin $1)),$($1))

# Where a command on the stack $(1) works: as ON says, else in the sandbox that this shell has sourced, else in the sandbox of
# this clone if that has the stack, else on AWS.
SANDBOX_FOLDER = $(or $(VOICETER_SANDBOX),$(SANDBOX_HOME),.sandbox)
where = $(or $(ON),$(if $(VOICETER_SANDBOX)$(wildcard $(SANDBOX_FOLDER)/state/.pulumi/stacks/*/$(1).json),sandbox,aws))
# What the command's shell does first.
on = $(or $(on_$(call where,$(1))),echo 'ON=$(ON): choose sandbox or aws.' >&2; exit 1;)
on_sandbox = test -f '$(SANDBOX_FOLDER)/env' || { echo 'There is no sandbox: `make up` starts it.' >&2; exit 1; }; \
  . '$(SANDBOX_FOLDER)/env';
on_aws = test -z "$$VOICETER_SANDBOX" || { echo "This shell has sourced the sandbox's environment, which replaced its AWS \
  credentials and its Pulumi backend: use a new shell for AWS." >&2; exit 1; };

.DEFAULT_GOAL := help
.PHONY: help up preview image down clean verify redeploy rollback promote task compose test unit lint docs plans baseline hooks \
  bench requirements named venv python

help:
	@echo 'make up [STACK=dev]          bring a stack up in the sandbox, an AWS account on this machine'
	@echo 'make preview [STACK=dev]     show what an up would change'
	@echo 'make image STACK=… TAG=…     put a stand-in image into the registry of a stack in the sandbox'
	@echo '                             (FAULT=unhealthy, stuck or memory: one with that fault)'
	@echo 'make down STACK=…            take a stack of the sandbox down, protected or not'
	@echo 'make clean                   stop the sandbox and remove .sandbox/'
	@echo
	@echo 'make verify STACK=…          whether its service runs what the stack says, whole and healthy (WAIT=seconds)'
	@echo 'make redeploy STACK=…        the same version out again'
	@echo 'make rollback STACK=…        back to the version before, or to TO=…'
	@echo 'make promote FROM=… TO=… TAG=…  copy an image from one stack to another, by digest'
	@echo 'make task STACK=… CMD=…      run a command here as the task that a stack deployed; also CWD, PORT, REVISION, YES=1'
	@echo 'make compose STACK=…         write a Docker Compose file of that task into .compose/; also YES=1'
	@echo '  On the sandbox where that has the stack, else by this shell: ON=sandbox and ON=aws say which.'
	@echo
	@echo 'make test                    linters, types and all tests'
	@echo 'make unit                    the unit tests alone, which need requirements.txt and nothing else'
	@echo 'make lint                    the linters and types alone: Python, workflows, shell, secrets, upkeep'
	@echo 'make plans                   renew tests/plans/, what each stack registers, after a change of the program'
	@echo 'make docs                    renew the tables in the documents that are made from the code'
	@echo 'make baseline                renew .secrets.baseline: what looks like a secret and is none'
	@echo 'make hooks                   run the linters before each git commit in this clone'
	@echo 'make bench                   time a preview of dev against one of an empty program'
	@echo 'make requirements            pin anew what requirements.in and requirements-dev.in ask for'
	@echo 'make venv                    the virtual environment in .venv; every other command makes it too'
	@echo
	@echo 'SANDBOX_ENGINE=build         builds pulumi even where one is on PATH'
	@echo 'PYTHON=…                     the Python, 3.11 or newer, that makes the virtual environment'

up preview bench: venv
	@$(SANDBOX) $@ $(if $(filter bench,$@),,'$(STACK)')

image: named venv
	@$(SANDBOX) image '$(STACK)' '$(TAG)' $(if $(FAULT),--fault '$(FAULT)')

down: named venv
	@$(SANDBOX) down '$(STACK)'

# CMD is a command line, so the shell splits it.
task: venv
	@$(call on,$(STACK)) $(OPERATIONS) task '$(STACK)' $(if $(call given,CWD),--cwd '$(call given,CWD)') \
	  $(if $(call given,PORT),--port '$(call given,PORT)') $(if $(call given,REVISION),--revision '$(call given,REVISION)') \
	  $(if $(call given,YES),--yes) -- $(call given,CMD)

compose: venv
	@$(call on,$(STACK)) $(OPERATIONS) compose '$(STACK)' $(if $(call given,YES),--yes)

verify redeploy rollback: named venv
	@$(call on,$(STACK)) $(OPERATIONS) $@ '$(STACK)' \
	  $(if $(filter verify,$@),$(if $(WAIT),--wait '$(WAIT)')) $(if $(filter rollback,$@),$(if $(TO),--to '$(TO)'))

promote: venv
	@$(if $(and $(FROM),$(TO),$(TAG)),,echo 'Say which: make promote FROM=… TO=… TAG=…' >&2; exit 1)
	@$(if $(filter $(call where,$(FROM)),$(call where,$(TO))),,echo 'The sandbox has only one of the stacks $(FROM) and \
	  $(TO): choose with ON=sandbox or ON=aws where both are.' >&2; exit 1)
	@$(call on,$(FROM)) $(OPERATIONS) promote '$(FROM)' '$(TO)' '$(TAG)'

# What changes or removes something names it: no default stack here.
named:
	@$(if $(filter file default undefined,$(origin STACK)),echo 'Say which: make $(MAKECMDGOALS) STACK=…' >&2; exit 1)
	@$(if $(filter image,$(MAKECMDGOALS)),$(if $(TAG),,echo 'Say which: make image STACK=… TAG=…' >&2; exit 1))

# On the machine's Python, so that it works without a virtual environment too.
clean: python
	@$(PYTHON) -m sandbox clean

test: lint
	@$(SANDBOX) engine
	$(VENV)/pytest -m 'unit or sandbox or live' -n auto --dist loadfile --no-loadscope-reorder

unit: venv
	$(VENV)/pytest -m unit -n auto

lint: venv
	@$(VENV)/pre-commit run --all-files

docs: venv
	@$(VENV)/python -m tests.support.documents

plans: venv
	@$(VENV)/python -m tests.support.plans

baseline: venv
	@$(VENV)/detect-secrets scan --slim --exclude-files '^(tests/plans/|\.secrets\.baseline$$)|go\.sum$$' > .secrets.new
	@mv .secrets.new .secrets.baseline

hooks: venv
	@$(VENV)/pre-commit install

# The second file keeps to the versions of the first.
requirements: venv
	@for name in requirements requirements-dev; do \
	  $(VENV)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	    --custom-compile-command 'make requirements' --output-file $$name.txt $$name.in || exit; \
	done

venv: $(VENV)/.stamp

# uv installs the packages, or pip where only pip can reach a package index. The stamp is made last, so an interrupted
# installation starts again.
$(VENV)/.stamp: requirements.txt requirements-dev.txt | python
	@echo 'Python packages: installing requirements.txt and requirements-dev.txt into .venv'
	@$(PYTHON) -m venv --clear .venv
	@$(VENV)/pip install --quiet --disable-pip-version-check "$$(grep -o '^uv==[^ ;]*' requirements-dev.txt)"
	@$(VENV)/uv pip sync --quiet --system-certs --compile-bytecode --python $(VENV)/python $^ || \
	  $(VENV)/pip install --quiet --disable-pip-version-check $(^:%=--requirement %)
	@touch $@

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "This needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1 || true)." >&2; \
	  echo 'Install one (https://www.python.org/downloads/), or name it: make PYTHON=/path/to/python3 …' >&2; exit 1; }
