"""The commands on stacks: up, preview, image."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sandbox.account import process as accounts
from sandbox.account.process import Account
from sandbox.cli import environment, fixtures, locks, project, state
from sandbox.cli.project import Stack
from sandbox.cli.stack_file import path_text
from sandbox.engine import build as engines
from sandbox.engine.build import Engine
from sandbox.layout import Layout, SandboxError
from sandbox.process import say

_CONFIRMED = ("--yes", "--skip-preview", "--non-interactive")


@dataclass(frozen=True)
class Session:
    """What a command on a stack works with: the engine, the account, and the environment of both."""

    layout: Layout
    engine: Engine
    account: Account
    stack: Stack
    environment: Mapping[str, str]

    @classmethod
    def open(cls, layout: Layout, stack_name: str, *, new_account: bool) -> Self:
        """Finds or builds the engine, finds or starts the account, and writes the sandbox's project file.

        Args:
            new_account: whether to start over if the last account has ended or the engine was killed.

        Raises:
            SandboxError: a step failed, or the last account has ended and `new_account` is False.
        """
        stack = project.read_stack(layout, stack_name)
        environment.write_plugins(layout)
        project.write_project(layout)
        engine = engines.find(layout, os.environ)
        # Two commands at once must not start two accounts.
        with locks.of_account(layout):
            account = _account(layout, stack_name, new_account=new_account)
        layout.state.mkdir(exist_ok=True)
        merged = environment.for_commands(layout, engine, account, stack.region, os.environ)
        return cls(layout, engine, account, stack, merged)

    @property
    def region(self) -> str:
        """The stack's region."""
        return self.stack.region

    def pulumi(self, *arguments: str, quiet: bool = False) -> None:
        """Runs the engine on this stack, with its output on this terminal.

        Args:
            quiet: show the output only if the engine fails.

        Raises:
            SandboxError: the engine ended with a status other than 0. Its output says why.
        """
        sys.stdout.flush()
        process = subprocess.Popen(  # noqa: S603
            [str(self.engine.pulumi), *arguments],
            cwd=self.layout.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
        )
        try:
            output, _ = process.communicate()
        except KeyboardInterrupt:
            # The terminal sends the engine the same signal. The engine finishes the operations under way and saves its
            # state.
            process.wait()
            raise
        if process.returncode != 0:
            sys.stdout.write(output or "")
            raise SandboxError(f"`pulumi {arguments[0]}` of {self.stack.name} ended with status {process.returncode}.")


def _account(layout: Layout, stack_name: str, *, new_account: bool) -> Account:
    """Returns the account, or starts a new one and drops the state of every stack, which was of the account before.

    A killed engine may have created objects that its state does not list. Nothing repairs that here, as a new account
    takes seconds.
    """
    account = accounts.find(layout)
    interrupted = new_account and state.is_interrupted(layout, stack_name)
    if account and not interrupted:
        return account
    others = [name for name in state.stacks(layout) if name != stack_name and state.resources(layout, name)]
    if account and others:
        raise SandboxError(
            f"The engine was killed while it updated {stack_name}, so the account may hold objects that the state does"
            f" not list. `make clean` starts over and drops {', '.join(others)} as well. To repair {stack_name}, follow"
            " docs/recovery.md, `An engine that was killed`."
        )
    if interrupted and account:
        say(f"State: the engine was killed while it updated {stack_name}; starting over with a new account")
    elif accounts.recorded(layout):
        lost = ", ".join(state.stacks(layout)) or "no stack"
        say(f"Account: its process has ended, and its content is lost. The state still lists: {lost}.")
        if not new_account:
            raise SandboxError(f"`make up STACK={stack_name}` starts over with a new account.")
    shutil.rmtree(layout.state, ignore_errors=True)
    return accounts.start(layout, os.environ)


def up(layout: Layout, stack_name: str) -> None:
    """Brings a stack up with what it needs from outside, and prints its outputs.

    Raises:
        SandboxError: a step failed.
    """
    project.read_stack(layout, stack_name)  # refuses an unknown stack before anything is written
    with locks.exclusively(layout, stack_name):
        session = Session.open(layout, stack_name, new_account=True)
        environment.write_file(layout, session.engine, session.account, session.region)
        missing_tag = _write_copy(session)
        session.pulumi("stack", "select", "--create", stack_name, "--non-interactive", quiet=True)
        _supply_secret_values(session)
        if missing_tag:
            say(f"Up: {stack_name}, all but the service, as there is no repository for its image yet")
            _pulumi_up(session)
            _push_stand_in(session, missing_tag)
            project.set_in_copy(layout, stack_name, fixtures.IMAGE_TAG, missing_tag)
        say(f"Up: {stack_name}")
        _pulumi_up(session)
        _print_result(session)


def preview(layout: Layout, stack_name: str) -> None:
    """Shows what an `up` would change, and which policies that breaks.

    Raises:
        SandboxError: a step failed, a policy is broken, or the account has ended.
    """
    project.read_stack(layout, stack_name)
    with locks.exclusively(layout, stack_name):
        session = Session.open(layout, stack_name, new_account=False)
        if not layout.env.exists():
            environment.write_file(layout, session.engine, session.account, session.region)
        _write_copy(session)
        if stack_name not in state.stacks(layout):
            session.pulumi("stack", "init", stack_name, "--no-select", "--non-interactive", quiet=True)
        _supply_secret_values(session)
    session.pulumi("preview", "--stack", stack_name, "--non-interactive", "--policy-pack", str(layout.policy_pack))


def image(layout: Layout, stack_name: str, tag: str, fault: str = "") -> None:
    """Pushes a stand-in image to a stack's repository, and prints how to deploy it.

    Args:
        fault: what is wrong with the image's tasks, see `fixtures.push_image`.

    Raises:
        SandboxError: there is no account or no repository, or the tag or the fault is invalid.
    """
    stack = project.read_stack(layout, stack_name)
    account = accounts.find(layout)
    if account is None:
        raise SandboxError(f"No account is running. Bring the stack up first: `make up STACK={stack_name}`.")
    file = project.read_copy(layout, stack_name) or stack.file
    uri = fixtures.push_image(account, stack_name, stack.region, tag, fault, fixtures.architecture(file))
    say(
        f"Pushed a stand-in image{f' with the fault {fault}' if fault else ''}: {uri}:{tag}\n"
        f"To deploy it, after `source {os.path.relpath(layout.env)}`:\n"
        f"  pulumi config set {fixtures.IMAGE_TAG} {tag} -s {stack_name}\n  pulumi up -s {stack_name}"
    )


def _write_copy(session: Session) -> str | None:
    """Writes the sandbox's copy of the stack file: the committed file plus what the sandbox supplies.

    Returns:
        The tag of the stand-in image, if there is no repository to push it to yet. The copy then has no imageTag.
    """
    stack, file = session.stack, session.stack.file
    fixtures.supply_config(session.account, stack.name, session.region, file)
    tag = _stand_in_tag(stack)
    repository = fixtures.repository_uri(session.account, stack.name, session.region)
    if tag and repository:
        _push_stand_in(session, tag)
        file.set(fixtures.IMAGE_TAG, tag)
    elif tag:
        file.remove(fixtures.IMAGE_TAG)
    project.write_copy(session.layout, stack.name, file)
    return None if repository else tag


def _stand_in_tag(stack: Stack) -> str | None:
    """Returns the tag under which the stack gets a stand-in image, None if its imageTag is the program's to judge.

    A committed imageTag names an image that the sandbox's registry lacks. In a stack that was made in the sandbox,
    imageTag is the user's.
    """
    tag = stack.file.get(fixtures.IMAGE_TAG)
    if tag is None or tag == fixtures.STAND_IN_TAG:
        return fixtures.STAND_IN_TAG
    if stack.committed and str(tag).startswith("sha256:"):
        return fixtures.STAND_IN_TAG  # no image can be made for a given digest
    return str(tag) if stack.committed and fixtures.is_tag(tag) else None


def _push_stand_in(session: Session, tag: str) -> None:
    stack, region, architecture = session.stack.name, session.region, fixtures.architecture(session.stack.file)
    if not fixtures.has_image(session.account, stack, region, tag):
        uri = fixtures.push_image(session.account, stack, region, tag, architecture=architecture)
        say(f"Supplied: a stand-in image {uri}:{tag}, as {fixtures.IMAGE_TAG}")


def _supply_secret_values(session: Session) -> None:
    """Sets made-up values in the copy for the encrypted values of the committed file."""
    if not session.stack.secrets:
        return
    paths = {path_text(path): fixtures.stand_in_value(path[-1], session.region) for path in session.stack.secrets}
    options = [option for path, value in paths.items() for option in ("--secret", f"{path}={value}")]
    session.pulumi("config", "set-all", "--stack", session.stack.name, "--path", *options, quiet=True)
    say(f"Supplied: made-up secret values, as {', '.join(path.partition(':')[2] for path in paths)}")


def _pulumi_up(session: Session) -> None:
    session.pulumi("up", "--stack", session.stack.name, *_CONFIRMED, "--suppress-outputs")


def _print_result(session: Session) -> None:
    name = session.stack.name
    say("")
    session.pulumi("stack", "output", "--stack", name)
    env = shlex.quote(os.path.relpath(session.layout.env))
    home = os.environ.get("SANDBOX_HOME")  # a command in another shell needs it, too
    where = f" SANDBOX_HOME={shlex.quote(home)}" if home else ""
    say(
        f"\n{name} is up. Next:\n"
        f"  source {env}: plain pulumi and aws in this shell then work on the sandbox, for example\n"
        f"    pulumi preview -s {name}\n"
        "    aws dynamodb list-tables\n"
        f"  make image STACK={name} TAG=1.0.0{where}: push another stand-in image to deploy\n"
        f"  make down STACK={name}{where}: take the stack down\n"
        f"  make clean{where}: stop the account and remove the sandbox"
    )
