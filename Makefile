# `make` lists the commands.

# Commands take their options from make's command line alone: the shell may use a variable of the same name for something else.
STACK = dev
ENV =
PYTHON = python3
TAG =
WAVE =
FROM =
TO =
ON =
WAIT =
FAULT =
CMD =
CWD =
PORT =
REVISION =
YES =
JSON =
SESSIONS =
MINUTES =
AGAINST =

# The options of each command, and those without which it does not start: what changes or removes something has no default.
up_takes := STACK
preview_takes := STACK
image_takes := STACK TAG FAULT
image_needs := STACK TAG
down_takes := STACK
down_needs := STACK
preflight_takes := STACK ON
# Of one stack, or of all stacks of an environment.
verifies_environment = $(filter ENV,$(given))
verify_takes = $(or $(verifies_environment),STACK) WAIT JSON ON
verify_needs = $(or $(verifies_environment),STACK)
status_takes := ENV JSON ON
status_needs := ENV
scan_takes := STACK JSON ON
scan_needs := STACK
redeploy_takes := STACK ON
redeploy_needs := STACK
rollback_takes := STACK TO YES ON
rollback_needs := STACK
promote_takes := FROM TO TAG ON
promote_needs := FROM TO TAG
release_takes := ENV TAG FROM WAVE YES ON
release_needs := ENV TAG FROM
task_takes := STACK CMD CWD PORT REVISION YES ON
compose_takes := STACK YES ON
cost_takes := STACK SESSIONS MINUTES AGAINST JSON
cost_needs := STACK
scale_takes := STACK SESSIONS MINUTES JSON
scale_needs := STACK SESSIONS
every_command_takes := PYTHON VENV TEST_WORKERS SANDBOX_HOME SANDBOX_ENGINE

given := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
taken := $(foreach goal,$(MAKECMDGOALS),$($(goal)_takes))
needed := $(foreach goal,$(MAKECMDGOALS),$($(goal)_needs))
define newline


endef
check = $(if $(strip $1),$(error make $(MAKECMDGOALS): $2))
$(call check,$(filter-out $(taken) $(every_command_takes),$(given)),there is no option \
  $(filter-out $(taken) $(every_command_takes),$(given)) here. The options are: $(or $(taken),none))
$(foreach name,$(given),$(call check,$(if $(value $(name)),,empty),$(name) is empty))
$(foreach name,$(given),$(call check,$(if $(findstring $(newline),$(value $(name))),lines),$(name) has more than one line))
$(foreach name,STACK ENV FROM TO TAG AGAINST,$(call check,$(filter -%,$(value $(name))),$(name) starts with a hyphen))
$(foreach name,YES JSON,$(call check,$(filter-out 0 1,$($(name))),$(name) is neither 1 nor 0))
$(call check,$(filter-out $(given),$(needed)),name $(filter-out $(given),$(needed)): \
  make $(MAKECMDGOALS) $(foreach name,$(needed),$(name)=…))

# The value of a variable as one word of the shell, with every `$` and quote in it.
quoted = $(call quote,$(value $1))
quote = '$(subst ','\'',$1)'
# An option of a command in Python, if make's command line gives it: $(call option,--to,TO).
option = $(if $(filter $2,$(given)),$1=$(call quoted,$2))

yes = $(if $(filter 1,$(YES)),--yes)
json = $(if $(filter 1,$(JSON)),--json)

VENV = .venv/bin
SCANNER = .prowler
venv_python = $(shell test -x $(VENV)/python && echo $(VENV)/python)
SANDBOX = $(VENV)/python -m sandbox
OPERATIONS = $(VENV)/python -m operations

# Variables that lead Python or pip elsewhere. What says where pip finds packages may pass.
PIP_SOURCES := PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX PIP_TRUSTED_HOST PIP_CERT PIP_CLIENT_CERT PIP_PROXY \
  PIP_CONFIG_FILE PIP_CACHE_DIR PIP_DEFAULT_TIMEOUT PIP_RETRIES PIP_KEYRING_PROVIDER
unexport $(filter-out PYTHON $(PIP_SOURCES),$(filter PYTHON% PIP_%,$(.VARIABLES)))
# The commands print characters beyond ASCII and read files in UTF-8, whatever the locale says.
export PYTHONUTF8 := 1

# Where a command on the stacks $(1) works: as ON says; else in the sandbox, if this shell has sourced one or this clone's sandbox
# has one of the stacks; else on AWS.
SANDBOX_FOLDER = $(or $(value VOICETER_SANDBOX),$(value SANDBOX_HOME),.sandbox)
space := $(subst ,, )
state = $(strip $(foreach stack,$(1),$(wildcard $(subst $(space),\ ,$(SANDBOX_FOLDER))/state/.pulumi/stacks/*/$(stack).json)))
where = $(or $(ON),$(if $(VOICETER_SANDBOX)$(call state,$(1)),sandbox,aws))
# The stacks of the environment ENV, for `where`: prod, prod-eu-north-1.
stacks_of_env = $(ENV) $(ENV)-*
# What the shell of such a command does first.
on = $(or $(on_$(call where,$(1))),echo ON=$(call quote,$(ON))': choose sandbox or aws.' >&2; exit 1;)
on_sandbox = test -f $(call quote,$(SANDBOX_FOLDER)/env) || { echo 'There is no sandbox: `make up` starts it.' >&2; exit 1; }; \
  test -r $(call quote,$(SANDBOX_FOLDER)/env) || { echo "This is another user's sandbox. SANDBOX_HOME=… names another folder." >&2; \
  exit 1; }; . $(call quote,$(SANDBOX_FOLDER)/env);
on_aws = test -z "$$VOICETER_SANDBOX" || { echo "This shell has sourced the sandbox's environment, which replaces its AWS \
  credentials and its Pulumi backend. Use a new shell for ON=aws." >&2; exit 1; };

.DEFAULT_GOAL := help
.PHONY: help up preview image down clean preflight verify status scan redeploy rollback promote release task compose cost scale \
  prices test all-tests unit lint docs plans baseline hooks bench requirements venv tools scanner python prerequisites writable trusted \
  unusable

help:
	@echo 'make up [STACK=dev]             bring a stack up in the sandbox, an AWS account on this machine'
	@echo 'make preview [STACK=dev]        show what `make up` would change, and enforce the policies of policy/'
	@echo 'make image STACK=… TAG=…        push a stand-in image to the registry of a stack in the sandbox'
	@echo '                                (FAULT=unhealthy, stuck, memory or slow: how its tasks behave)'
	@echo 'make down STACK=…               destroy a stack in the sandbox, with its protected resources'
	@echo 'make clean                      stop the sandbox and remove .sandbox/'
	@echo
	@echo 'make preflight STACK=…          check the account before the first `pulumi up`: quotas, image, models, domain'
	@echo 'make verify STACK=…             check that the service runs the stack'\''s revision (WAIT=seconds for a deployment, JSON=1)'
	@echo '                                (ENV=prod in place of STACK: every stack of the environment)'
	@echo 'make status ENV=…               show all regions of an environment in one table; fails if anything is amiss (JSON=1)'
	@echo 'make scan STACK=…               check a stack with Prowler, but for what docs/hardening.md accepts (JSON=1)'
	@echo 'make redeploy STACK=…           replace every task by a new one of the same revision'
	@echo 'make rollback STACK=…           deploy the previous version, or the version TO=…; on AWS it asks, unless YES=1'
	@echo 'make promote FROM=… TO=… TAG=…  copy an image to the registry of another stack, by digest'
	@echo 'make release ENV=… TAG=… FROM=… copy an image from a stack and deploy it to all regions of an environment: the first'
	@echo '                                alone, then WAVE=1 at a time; on AWS it asks, unless YES=1'
	@echo 'make task STACK=… CMD=…         run a command on this machine as the deployed task; also CWD, PORT, REVISION, YES=1'
	@echo 'make compose STACK=…            write a Docker Compose file of the deployed task to .compose/; also YES=1'
	@echo '  ON=sandbox or ON=aws chooses the stack. Default: the sandbox if it has the stack, else AWS.'
	@echo
	@echo 'make cost STACK=…               show what a stack costs a month, deployed or not (SESSIONS=10 MINUTES=10 for a load,'
	@echo '                                AGAINST=a stack or a git revision, JSON=1)'
	@echo 'make scale STACK=… SESSIONS=…   show which limits a stack reaches under a load, and how long a deployment takes'
	@echo '                                (MINUTES=10, JSON=1)'
	@echo 'make prices                     renew the prices from AWS'\''s public price lists'
	@echo
	@echo 'make test                       run the linters and all tests'
	@echo 'make unit                       run the unit tests, which need only the packages of requirements.txt'
	@echo 'make lint                       run the linters and the type checker'
	@echo 'make plans                      update tests/plans/, which lists what each stack registers'
	@echo 'make docs                       update the tables and the picture in the documents that come from the code'
	@echo 'make baseline                   update .secrets.baseline, the strings that look like secrets and are none'
	@echo 'make hooks                      run the linters before each `git commit` in this clone'
	@echo 'make bench                      time a preview of dev against a preview of an empty program'
	@echo 'make requirements               pin the packages of requirements*.in again, with the newest versions'
	@echo 'make venv                       create or update .venv; every command that needs it does so too'
	@echo
	@echo 'SANDBOX_ENGINE=build            build pulumi even if there is one on PATH'
	@echo 'PYTHON=…                        the Python, 3.11 or newer, that creates .venv'

up preview: prerequisites venv
	@$(SANDBOX) $@ $(call quoted,STACK)

bench: prerequisites venv
	@$(SANDBOX) bench

image: venv
	@$(SANDBOX) image $(call option,--fault,FAULT) $(call quoted,STACK) $(call quoted,TAG)

down: venv
	@$(SANDBOX) down $(call quoted,STACK)

# `sh` splits CMD in the task's environment.
task: venv
	@$(call on,$(STACK)) $(OPERATIONS) task $(call quoted,STACK) $(call option,--cwd,CWD) $(call option,--port,PORT) \
	  $(call option,--revision,REVISION) $(yes) $(if $(value CMD),-- sh -c $(call quoted,CMD))

compose: venv
	@$(call on,$(STACK)) $(OPERATIONS) compose $(call quoted,STACK) $(yes)

verify: venv
	@$(call on,$(if $(verifies_environment),$(stacks_of_env),$(STACK))) $(OPERATIONS) verify \
	  $(if $(verifies_environment),$(call option,--environment,ENV),$(call quoted,STACK)) $(call option,--wait,WAIT) $(json)

status: venv
	@$(call on,$(stacks_of_env)) $(OPERATIONS) status $(call quoted,ENV) $(json)

preflight redeploy rollback: venv
	@$(call on,$(STACK)) $(OPERATIONS) $@ $(call quoted,STACK) $(call option,--to,TO) $(yes) $(json)

scan: venv scanner
	@$(call on,$(STACK)) $(OPERATIONS) scan $(call quoted,STACK) $(json)

promote: venv
	@$(if $(filter $(call where,$(FROM)),$(call where,$(TO))),,echo 'The sandbox has only one of the stacks $(FROM) and \
	  $(TO). Choose where both are: ON=sandbox or ON=aws.' >&2; exit 1)
	@$(call on,$(FROM)) $(OPERATIONS) promote $(call quoted,FROM) $(call quoted,TO) $(call quoted,TAG)

release: venv
	@$(if $(filter $(call where,$(FROM)),$(call where,$(stacks_of_env))),,echo 'The sandbox has only one of the stack $(FROM) and the \
	  environment $(ENV). Choose where both are: ON=sandbox or ON=aws.' >&2; exit 1)
	@$(call on,$(FROM)) $(OPERATIONS) release $(call quoted,ENV) $(call quoted,FROM) $(call quoted,TAG) $(call option,--wave,WAVE) $(yes)

cost: venv
	@$(VENV)/python -m cost estimate $(call quoted,STACK) $(call option,--sessions,SESSIONS) $(call option,--minutes,MINUTES) \
	  $(call option,--against,AGAINST) $(json)

scale: venv
	@$(VENV)/python -m cost scale $(call quoted,STACK) $(call option,--sessions,SESSIONS) $(call option,--minutes,MINUTES) $(json)

prices: venv
	@$(VENV)/python -m cost prices

# With the machine's Python if there is no .venv.
clean: python
	@$(or $(venv_python),$(call quoted,PYTHON)) -m sandbox clean

# One more than there are processors, as live tests wait now and then.
TEST_WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# The linters run beside the tests: the type checker, the slowest of them, uses one processor.
test: prerequisites tools
	@$(SANDBOX) engine
	@$(MAKE) --no-print-directory --jobs=2 lint all-tests

all-tests:
	$(VENV)/pytest -m 'unit or sandbox or live' -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

unit: tools
	$(VENV)/pytest -m unit -n auto --dist loadfile --no-loadscope-reorder

lint: tools trusted
	@$(VENV)/pre-commit run --all-files

docs: tools
	@$(VENV)/python -m tests.support.documents
	@$(VENV)/python -m tests.support.dashboard_picture

plans: tools
	@$(VENV)/python -m tests.support.plans

baseline: tools
	@$(VENV)/detect-secrets scan --slim --exclude-files '^(tests/plans/|\.secrets\.baseline$$)|go\.sum$$' > .secrets.new
	@mv .secrets.new .secrets.baseline

hooks: tools trusted
	@$(VENV)/pre-commit install

# Each file keeps to the versions of those before it.
requirements: venv
	@for name in requirements requirements-sandbox requirements-dev requirements-scan; do \
	  $(VENV)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	    --custom-compile-command 'make requirements' --output-file $$name.txt $$name.in || exit; \
	done

venv: $(VENV)/.stamp

# The packages of linters and of tests are apart, as `make up` needs none of them.
tools: $(VENV)/.stamp-dev

# uv installs the packages, or pip where only pip can reach a package index. The stamp is made last, so an interrupted
# installation starts again.
$(VENV)/.stamp: requirements.txt requirements-sandbox.txt $(if $(venv_python),,unusable) | python
	@$(require_writable)
	@echo 'Python packages: installing $(filter %.txt,$^) into .venv' >&2
	@$(call quoted,PYTHON) -m venv --clear .venv || $(not_installed)
	@said=$$($(PIP_INSTALL) "$$(grep -o '^uv==[^ ;]*' requirements-sandbox.txt)" 2>&1) || $(not_installed)
	@test -x $(VENV)/uv || { echo 'pip installed into another folder than .venv. Remove prefix, root, target and user from' \
	  'the configuration that `$(VENV)/pip config debug` lists.' >&2; exit 1; }
	@$(call install,$(filter %.txt,$^))
	@touch $@

$(VENV)/.stamp-dev: requirements-dev.txt $(VENV)/.stamp
	@$(require_writable)
	@echo 'Python packages: installing $< into .venv' >&2
	@$(call install,requirements.txt requirements-sandbox.txt $<)
	@touch $@

# Prowler, in an environment of its own: it pins versions of packages that the program needs newer.
scanner: $(SCANNER)/.stamp

$(SCANNER)/.stamp: requirements-scan.txt $(VENV)/.stamp
	@$(VENV)/python -c 'import sys; sys.exit(sys.version_info >= (3, 14))' || { \
	  echo 'Prowler needs Python 3.11 to 3.13: remove .venv, then make PYTHON=/path/to/python3 …' >&2; exit 1; }
	@echo 'Python packages: installing $< into .prowler' >&2
	@$(require_writable)
	@$(VENV)/python -m venv --clear $(SCANNER) || $(not_installed)
	@said=$$($(VENV)/uv pip sync --quiet --system-certs --python $(SCANNER)/bin/python $< 2>&1) || \
	  said=$$($(SCANNER)/bin/python -m pip install --quiet --disable-pip-version-check --no-user --requirement $< 2>&1) || \
	  $(not_installed)
	@touch $@

# Only the last messages of the installers are shown, as pip prints a warning for each of its attempts.
install = said=$$($(VENV)/uv pip sync --quiet --system-certs --python $(VENV)/python $1 2>&1) || \
  said=$$($(PIP_INSTALL) $(addprefix --requirement ,$1) 2>&1) || $(not_installed)
not_installed = { printf '%s\n' "$$said" | tail -n 3 >&2; echo 'The packages could not be installed, for the reason above. \
  This takes the package index of pip (`pip config list`) or the proxy to it (HTTPS_PROXY), the disk space that the README lists, and a \
  folder that can be written.' >&2; exit 1; }
PIP_INSTALL = $(VENV)/pip install --quiet --disable-pip-version-check --no-user

# Makes .venv again if its Python is gone, as after an upgrade, or is in a folder that this user cannot read.
unusable:

require_writable = test -w . || { echo 'This folder cannot be written. Clone the repository into a folder of your own.' >&2; exit 1; }
writable:
	@$(require_writable)
docs plans baseline requirements: writable

# pre-commit asks git for the files, and git refuses the clone of another user.
trusted: writable
	@git rev-parse --git-dir >/dev/null || { echo 'The linters need git, and a clone that git trusts.' >&2; exit 1; }
# pre-commit's folder, which is below HOME otherwise.
export PRE_COMMIT_HOME = $(CURDIR)/.venv/pre-commit

python:
	@$(call quoted,PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "This needs Python 3.11 or newer, but "$(call quoted,PYTHON)" is $$($(call quoted,PYTHON) --version 2>&1 || true)." >&2; \
	  echo 'Install Python (https://www.python.org/downloads/) or choose one: make PYTHON=/path/to/python3 …' >&2; exit 1; }

# Fails before the minute of installing packages if there is neither an engine nor Go to build one.
prerequisites: python
	@test -e $(VENV)/.stamp || $(call quoted,PYTHON) -m sandbox prerequisites
