# `make` lists the commands.
STACK ?= dev
PYTHON ?= python3
VENV := .venv/bin
SANDBOX := $(VENV)/python -m sandbox
OPERATIONS := $(VENV)/python -m operations
# A variable of make's command line alone. A shell may use PORT or CMD for something else.
given = $(if $(findstring command,$(origin $1)),$($1))

# Where a command on the stack $(1) works: as ON says; else in the sandbox, if this shell has sourced one or this clone's sandbox
# has the stack; else on AWS.
SANDBOX_FOLDER = $(or $(VOICETER_SANDBOX),$(SANDBOX_HOME),.sandbox)
where = $(or $(ON),$(if $(VOICETER_SANDBOX)$(wildcard $(SANDBOX_FOLDER)/state/.pulumi/stacks/*/$(1).json),sandbox,aws))
# What the shell of such a command does first.
on = $(or $(on_$(call where,$(1))),echo 'ON=$(ON): choose sandbox or aws.' >&2; exit 1;)
on_sandbox = test -f '$(SANDBOX_FOLDER)/env' || { echo 'There is no sandbox: `make up` starts it.' >&2; exit 1; }; \
  . '$(SANDBOX_FOLDER)/env';
on_aws = test -z "$$VOICETER_SANDBOX" || { echo "This shell has sourced the sandbox's environment, which replaces its AWS \
  credentials and its Pulumi backend. Use a new shell for ON=aws." >&2; exit 1; };

.DEFAULT_GOAL := help
.PHONY: help up preview image down clean preflight verify redeploy rollback promote task compose test unit lint docs plans baseline hooks \
  bench requirements named venv python

help:
	@echo 'make up [STACK=dev]             bring a stack up in the sandbox, an AWS account on this machine'
	@echo 'make preview [STACK=dev]        show what `make up` would change'
	@echo 'make image STACK=… TAG=…        push a stand-in image to the registry of a stack in the sandbox'
	@echo '                                (FAULT=unhealthy, stuck, memory or slow: how its tasks behave)'
	@echo 'make down STACK=…               destroy a stack in the sandbox, with its protected resources'
	@echo 'make clean                      stop the sandbox and remove .sandbox/'
	@echo
	@echo 'make preflight STACK=…          check the account before the first `pulumi up`: quotas, image, models, domain'
	@echo 'make verify STACK=…             check that the service runs the stack'\''s revision (WAIT=seconds for a deployment)'
	@echo 'make redeploy STACK=…           replace every task by a new one of the same revision'
	@echo 'make rollback STACK=…           deploy the previous version, or the version TO=…'
	@echo 'make promote FROM=… TO=… TAG=…  copy an image to the registry of another stack, by digest'
	@echo 'make task STACK=… CMD=…         run a command on this machine as the deployed task; also CWD, PORT, REVISION, YES=1'
	@echo 'make compose STACK=…            write a Docker Compose file of the deployed task to .compose/; also YES=1'
	@echo '  ON=sandbox or ON=aws chooses the stack. Default: the sandbox if it has the stack, else AWS.'
	@echo
	@echo 'make test                       run the linters and all tests'
	@echo 'make unit                       run the unit tests, which need only the packages of requirements.txt'
	@echo 'make lint                       run the linters and the type checker'
	@echo 'make plans                      update tests/plans/, which lists what each stack registers'
	@echo 'make docs                       update the tables in the documents that come from the code'
	@echo 'make baseline                   update .secrets.baseline, the strings that look like secrets and are none'
	@echo 'make hooks                      run the linters before each `git commit` in this clone'
	@echo 'make bench                      time a preview of dev against a preview of an empty program'
	@echo 'make requirements               pin requirements.in and requirements-dev.in again, with the newest versions'
	@echo 'make venv                       create or update .venv; every other command does it too'
	@echo
	@echo 'SANDBOX_ENGINE=build            build pulumi even if there is one on PATH'
	@echo 'PYTHON=…                        the Python, 3.11 or newer, that creates .venv'

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

compose preflight: venv
	@$(call on,$(STACK)) $(OPERATIONS) $@ '$(STACK)' $(if $(filter compose,$@),$(if $(call given,YES),--yes))

verify redeploy rollback: named venv
	@$(call on,$(STACK)) $(OPERATIONS) $@ '$(STACK)' \
	  $(if $(filter verify,$@),$(if $(WAIT),--wait '$(WAIT)')) $(if $(filter rollback,$@),$(if $(TO),--to '$(TO)'))

promote: venv
	@$(if $(and $(FROM),$(TO),$(TAG)),,echo 'Name the stacks and the image: make promote FROM=… TO=… TAG=…' >&2; exit 1)
	@$(if $(filter $(call where,$(FROM)),$(call where,$(TO))),,echo 'The sandbox has only one of the stacks $(FROM) and \
	  $(TO). Choose where both are: ON=sandbox or ON=aws.' >&2; exit 1)
	@$(call on,$(FROM)) $(OPERATIONS) promote '$(FROM)' '$(TO)' '$(TAG)'

# No default stack for commands that change or remove something.
named:
	@$(if $(filter file default undefined,$(origin STACK)),echo 'Name the stack: make $(MAKECMDGOALS) STACK=…' >&2; exit 1)
	@$(if $(filter image,$(MAKECMDGOALS)),$(if $(TAG),,echo 'Name the image: make image STACK=… TAG=…' >&2; exit 1))

# With the machine's Python if there is no .venv.
clean: python
	@$(or $(wildcard $(VENV)/python),$(PYTHON)) -m sandbox clean

# One more than there are processors, as live tests wait now and then.
TEST_WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
test: lint
	@$(SANDBOX) engine
	$(VENV)/pytest -m 'unit or sandbox or live' -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

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
	@$(VENV)/uv pip sync --quiet --system-certs --python $(VENV)/python $^ || \
	  $(VENV)/pip install --quiet --disable-pip-version-check $(^:%=--requirement %)
	@touch $@

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "This needs Python 3.11 or newer, but $(PYTHON) is $$($(PYTHON) --version 2>&1 || true)." >&2; \
	  echo 'Install Python (https://www.python.org/downloads/) or choose one: make PYTHON=/path/to/python3 …' >&2; exit 1; }
