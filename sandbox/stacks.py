"""The commands on stacks: up, preview, image."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sandbox import engine_state, environment, presence, project, recovery, supplies
from sandbox.account import process as accounts
from sandbox.account.process import Account, Condition
from sandbox.engine import build as engines
from sandbox.engine.build import Engine
from sandbox.layout import Layout, SandboxError
from sandbox.process import locked, locked_or_refused, say
from sandbox.project import Stack
from sandbox.stack_file import StackFile, path_text
from sandbox.wants import wants

_DEFAULT_REGION = "us-east-1"
_CONFIRMED = ("--yes", "--skip-preview", "--non-interactive")


@dataclass(frozen=True)
class Session:
    """All that a command on a stack works with: the engine, the account that answers, and the environment of both."""

    layout: Layout
    engine: Engine
    account: Account
    stack: Stack
    region: str
    environment: Mapping[str, str]

    @classmethod
    def open(cls, layout: Layout, stack_name: str, *, new_account: bool) -> Self:
        """Find or build the engine, find or start the account, and bring the sandbox's project up to date.

        Args:
            new_account: start a new one also where the last one has ended.

        Raises:
            SandboxError: any of these could not be done, or the last account has ended and no new one was asked for.
        """
        process_environment = dict(os.environ)
        environment.write_plugins(layout)
        project.write_project(layout)
        with locked(layout.home / "lock", "another command of this sandbox"):
            stack = project.sync(layout, stack_name)
        engine = engines.find(layout, process_environment)
        with locked(layout.home / "lock", "another command of this sandbox"):
            account = _account(layout, stack_name, process_environment, new_account=new_account)
        region = project.region(layout, stack_name) or _DEFAULT_REGION
        layout.state.mkdir(exist_ok=True)
        merged = environment.for_commands(layout, engine, account, region, process_environment)
        return cls(layout, engine, account, stack, region, merged)

    def pulumi(self, *arguments: str, quiet: bool = False) -> None:
        """Run the engine on this stack, with its output on this terminal.

        Args:
            quiet: show what it says only when it fails.

        Raises:
            SandboxError: it ended with another status than 0; it has said why itself.
        """
        command = [str(self.engine.pulumi), *arguments]
        sys.stdout.flush()
        output = subprocess.PIPE if quiet else None
        process = subprocess.Popen(  # noqa: S603
            command,
            cwd=self.layout.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
        )
        try:
            said, _ = process.communicate()
        except KeyboardInterrupt:
            # The terminal has sent the engine the same signal: it ends what is under way and saves its state.
            process.wait()
            raise
        if process.returncode != 0:
            if quiet and said:
                sys.stdout.write(said)
            raise SandboxError(f"`pulumi {arguments[0]}` of {self.stack.name} ended with status {process.returncode}.")

    def select(self) -> None:
        """Make the stack where it is missing, and the one that plain `pulumi` commands work on."""
        self.pulumi("stack", "select", "--create", self.stack.name, "--non-interactive", quiet=True)

    def copy(self) -> StackFile:
        return project.read(self.layout, self.stack.name)

    def save(self, copy: StackFile) -> None:
        """Write the copy with what the sandbox supplied or withdrew."""
        project.save_supplied(self.layout, self.stack.name, copy)


def _account(layout: Layout, stack_name: str, process_environment: Mapping[str, str], *, new_account: bool) -> Account:
    condition, account = accounts.find(layout)
    if account:
        return account
    if condition is Condition.ENDED:
        up = engine_state.stacks(layout)
        say(
            "Account: its process has ended (a restart of the machine, or it was killed), and all that was in it is"
            f" gone. The state of {', '.join(up) or 'no stack'} still lists what was there."
        )
        if not new_account:
            raise SandboxError(
                f"`make up STACK={stack_name}` starts a new, empty account and builds the stack anew in it;"
                " `make clean` drops everything."
            )
    return accounts.start(layout, environment.cleaned(process_environment))


def exclusively(layout: Layout, stack: str) -> AbstractContextManager[None]:
    """Keep two commands from changing one stack at once."""
    return locked_or_refused(
        layout.home / "locks" / stack, f"Another make is changing the stack {stack}; wait for it to end, and try again."
    )


def up(layout: Layout, stack_name: str, traces: Path | None = None) -> None:
    """Bring a stack up, with what it needs from outside, and say what there is now.

    Args:
        traces: a folder that gets the engine's OpenTelemetry traces, a file for each time that it is run.

    Raises:
        SandboxError: any step failed.
    """
    session = Session.open(layout, stack_name, new_account=True)
    with exclusively(layout, stack_name):
        environment.write_file(layout, session.engine, session.account, session.region)
        if engine_state.mend(layout, stack_name):
            say(f"State: an engine was killed while it wrote that of {stack_name}; mended from what it had before")
        session.select()
        recovery.recover(layout, stack_name, session.pulumi)
        gone = is_gone(session)
        if gone:
            _start_over(session)
        _supply(session)
        tag = _image_to_supply(session, gone=gone)
        if tag and not supplies.has_repository(session.account, stack_name, session.region):
            say(f"Up: {stack_name}, all but the service, as its registry holds no image yet")
            _set_image_tag(session, None)
            _pulumi_up(session, traces)
        if tag:
            _supply_image(session, tag)
        say(f"Up: {stack_name}")
        _pulumi_up(session, traces)
        _tell(session)


def _pulumi_up(session: Session, traces: Path | None) -> None:
    traced = ["--otel-traces", f"{traces.as_uri()}/up-{len(list(traces.iterdir()))}.json"] if traces else []
    session.pulumi("up", "--stack", session.stack.name, *_CONFIRMED, "--suppress-outputs", *traced)


def is_gone(session: Session) -> bool:
    """Whether the stack's state lists what was in an account that is gone."""
    resources = engine_state.resources(session.layout, session.stack.name)
    return presence.none_left(session.account, session.region, resources)


def forget_state(session: Session) -> None:
    """Drop the state of a stack of which nothing is left; its config stays."""
    session.pulumi("stack", "rm", session.stack.name, "--force", "--yes", "--preserve-config", quiet=True)


def _start_over(session: Session) -> None:
    name = session.stack.name
    say(f"State: {name} was brought up on an account that is gone; building it anew on this one")
    for other in engine_state.stacks(session.layout):
        resources = engine_state.resources(session.layout, other)
        region = project.region(session.layout, other) or _DEFAULT_REGION
        if other != name and presence.none_left(session.account, region, resources):
            say(f"State: so was {other}; `make up STACK={other}` builds it anew")
    forget_state(session)
    session.select()


def _supply(session: Session) -> None:
    copy = session.copy()
    if supplies.supply_config(session.account, session.stack.name, session.region, copy):
        session.save(copy)
    missing = [path for path in session.stack.secrets if path not in copy.secure_paths()]
    if missing:
        values = (f"{path_text(path)}={supplies.stand_in_value(path[-1], session.region)}" for path in missing)
        options = [word for value in values for word in ("--secret", value)]
        session.pulumi("config", "set-all", "--stack", session.stack.name, "--path", *options, quiet=True)
        names = ", ".join(".".join(path).partition(":")[2] for path in missing)
        say(f"Supplied: made-up secret values for {names} in the sandbox's copy")


def _image_to_supply(session: Session, *, gone: bool) -> str | None:
    """The tag of the image that the stack wants and its registry lacks; None where there is nothing to supply.

    A tag that somebody set in the sandbox and never pushed is left for the program to refuse. The stand-in's is the
    sandbox's own: an account that was killed takes the image with it, whatever the state had of it by then.
    """
    key = wants().image_key
    if not key:
        return None
    wanted, committed = session.copy().get(key), session.stack.committed.get(key)
    name = session.stack.name
    if wanted is None:
        return committed if committed and supplies.is_tag(committed) else supplies.STAND_IN_TAG
    if not gone and wanted not in (committed, supplies.STAND_IN_TAG):
        return None
    if supplies.has_image(session.account, name, session.region, wanted):
        return None
    if wanted.startswith("sha256:"):
        return supplies.STAND_IN_TAG
    return wanted if supplies.is_tag(wanted) else None


def _supply_image(session: Session, tag: str) -> None:
    name, region = session.stack.name, session.region
    if not supplies.has_image(session.account, name, region, tag):
        uri = supplies.push_image(session.account, name, region, tag)
        say(f"Supplied: a stand-in image {uri}:{tag}, as {wants().image_key} of the sandbox's copy")
    _set_image_tag(session, tag)


def _set_image_tag(session: Session, tag: str | None) -> None:
    copy = session.copy()
    if tag:
        copy.set(wants().image_key, tag)
    else:
        copy.remove(wants().image_key)
    session.save(copy)


def _tell(session: Session) -> None:
    name = session.stack.name
    say("")
    session.pulumi("stack", "output", "--stack", name)
    env = shlex.quote(os.path.relpath(session.layout.env))
    say(
        f"\n{name} is up. Next:\n"
        f"  source {env}: this shell then works on the sandbox with plain pulumi and aws, for example\n"
        f"    pulumi preview -s {name}\n"
        "    aws dynamodb list-tables\n"
        f"  make image STACK={name} TAG=1.0.0: another stand-in image to deploy\n"
        f"  make down STACK={name}: take the stack down\n"
        "  make clean: stop the account and remove the sandbox"
    )


def preview(layout: Layout, stack_name: str) -> None:
    """Show what an `up` would do.

    Raises:
        SandboxError: a step failed, or the account has ended.
    """
    session = Session.open(layout, stack_name, new_account=False)
    if not layout.env.exists():
        environment.write_file(layout, session.engine, session.account, session.region)
    with exclusively(layout, stack_name):
        if stack_name not in engine_state.stacks(layout):
            session.pulumi("stack", "init", stack_name, "--no-select", "--non-interactive", quiet=True)
        _supply(session)
    if is_gone(session):
        say(f"State: {stack_name} is that of an account that is gone; `make up STACK={stack_name}` builds it anew")
    session.pulumi("preview", "--stack", stack_name, "--non-interactive")


def image(layout: Layout, stack_name: str, tag: str, fault: str = "") -> None:
    """Put a stand-in image into a stack's registry, and say how to deploy it.

    Args:
        fault: what its tasks are to suffer from, see `supplies.push_image`.

    Raises:
        SandboxError: there is no account or no registry, or the tag or the fault cannot be used.
    """
    project.sync(layout, stack_name)
    _, account = accounts.find(layout)
    if account is None:
        raise SandboxError(f"No account is running: bring the stack up first, with `make up STACK={stack_name}`.")
    region = project.region(layout, stack_name) or _DEFAULT_REGION
    uri = supplies.push_image(account, stack_name, region, tag, fault)
    marked = f" whose tasks will be {fault}" if fault else ""
    say(
        f"Pushed a stand-in image{marked}: {uri}:{tag}\nTo deploy it, after `source {os.path.relpath(layout.env)}`:\n"
        f"  pulumi config set {wants().image_key} {tag} -s {stack_name}\n  pulumi up -s {stack_name}"
    )
