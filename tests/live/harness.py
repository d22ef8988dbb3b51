"""A sandbox for live tests: commands as a user types them, its files, and clients of its account."""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from sandbox.cli import stacks
from sandbox.cli.stack_file import StackFile
from sandbox.layout import Layout

ROOT: Final = Path(__file__).parents[2]
ACCOUNT_ID: Final = "123456789012"
DEADLINE_SECONDS: Final = 300
# What `make test` passes to the tests. A `make` that finds it prints which folders it enters and leaves.
_OF_MAKE: Final = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
# With it, the engine writes the state once, at the end, and not around each change of a resource, which takes most of
# its time. Only a killed engine makes a difference: tests/live/test_interruption.py starts that one without it.
_STATE_AT_END: Final = "PULUMI_SKIP_CHECKPOINTS"


@dataclass(frozen=True)
class Run:
    """A command that has ended."""

    status: int
    output: str  # standard output and standard error, interleaved


class Origin(NamedTuple):
    """How a stack was when it came up."""

    config: str  # the text of the stack file
    tasks: int


@dataclass
class LiveSandbox:
    """A sandbox in its own folder, apart from the one of this clone."""

    home: Path
    origins: dict[str, Origin] = field(default_factory=dict[str, Origin])  # of the stacks that tests share
    _clients: dict[tuple[str, ...], Any] = field(default_factory=dict[tuple[str, ...], Any])

    def run(self, script: str) -> Run:
        """Runs a script in a shell that has sourced the sandbox's environment."""
        return self.start(["/bin/sh", "-c", f'. "{self.home}/env"; export {_STATE_AT_END}=true; set -e; {script}'])

    def succeeds(self, script: str) -> str:
        """Runs a script that has to succeed; its output."""
        return succeeded(self.run(script))

    def fails(self, script: str) -> str:
        """Runs a script that has to end with an error, and with no traceback; its output."""
        run = self.run(script)
        assert run.status != 0, run.output
        assert "Traceback" not in run.output, run.output
        return run.output

    def types(self, commands: str, folder: Path) -> Run:
        """Runs commands of a document as they stand there, until one fails.

        `pulumi up` asks no question and shows no preview, `make` works in this clone, and files are in `folder`.
        """
        head = f"""
            export SANDBOX_HOME={shlex.quote(str(self.home))}
            make() {{ command make --no-print-directory -C {shlex.quote(str(ROOT))} "$@"; }}
            source() {{ . "$@"; }}
            pulumi() {{
                if [ "$1" = up ]; then command pulumi "$@" --yes --skip-preview; else command pulumi "$@"; fi
            }}
            cd {shlex.quote(str(folder))}
            """
        return self.run(f"{head}\n{commands}")

    def command(self, *arguments: str) -> Run:
        """`python -m sandbox …`, which `make` runs."""
        return self.start([sys.executable, "-m", "sandbox", *arguments])

    def operate(self, *arguments: str) -> Run:
        """`python -m operations …` in the environment of the sandbox, as `make … ON=sandbox` runs it."""
        run = self.run(shlex.join(["python", "-m", "operations", *arguments]))
        assert "Traceback" not in run.output, run.output
        return run

    def start(self, command: list[str]) -> Run:
        done = subprocess.run(  # noqa: S603 - the command under test
            command,
            cwd=ROOT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=DEADLINE_SECONDS,
        )
        return Run(done.returncode, done.stdout)

    def environment(self) -> dict[str, str]:
        """The environment of a command on this sandbox, as in a shell that no `make` has started."""
        inherited = {name: value for name, value in os.environ.items() if name not in _OF_MAKE}
        return {**inherited, "SANDBOX_HOME": str(self.home), _STATE_AT_END: "true"}

    def up(self, stack: str) -> str:
        """`make up`; its output."""
        return succeeded(self.command("up", stack))

    def down(self, stack: str) -> str:
        """`make down`; its output."""
        return succeeded(self.command("down", stack))

    def image(self, stack: str, tag: str, fault: str = "") -> None:
        """What `make image` does, in this process."""
        stacks.image(Layout(ROOT, self.home), stack, tag, fault)

    def config(self, stack: str) -> StackFile:
        """The config of the stack, from its file: starting pulumi takes much longer."""
        return StackFile(self.stack_file(stack).read_text())

    def set(self, stack: str, **config: Any) -> None:
        """Sets keys to plain values, as `pulumi config set` does."""
        file = self.config(stack)
        for key, value in config.items():
            file.set(key, value)
        self.stack_file(stack).write_text(file.text())

    @contextmanager
    def temporary_config(self, stack: str, **config: Any) -> Generator[None]:
        """Sets keys to plain values, and restores the stack file at the end."""
        file = self.stack_file(stack)
        before = file.read_text()
        self.set(stack, **config)
        try:
            yield
        finally:
            file.write_text(before)

    def configure(
        self, stack: str, *, plain: Mapping[str, str] | None = None, secret: Mapping[str, str] | None = None
    ) -> None:
        """`pulumi config set --path` of plain and secret values."""
        values = [("--plaintext", f"{path}={value}") for path, value in (plain or {}).items()]
        values += [("--secret", f"{path}={value}") for path, value in (secret or {}).items()]
        settings = " ".join(f"{kind} {shlex.quote(value)}" for kind, value in values)
        self.succeeds(f"pulumi config set-all --path {settings} -s {stack}")

    def remove(self, stack: str, *paths: str) -> None:
        """Removes keys, or entries such as `secrets.TOKEN`, as `pulumi config rm --path` does."""
        file = self.config(stack)
        for path in paths:
            key, _, entry = path.partition(".")
            if entry:
                del file.get(key)[entry]
            else:
                file.remove(key)
        self.stack_file(stack).write_text(file.text())

    def update(self, stack: str, *options: str) -> Run:
        """`pulumi up`, which prints no traceback. Without its preview, which runs the whole program once more."""
        run = self.run(f"pulumi up -s {stack} --yes --skip-preview --non-interactive {' '.join(options)}")
        assert "Traceback" not in run.output, run.output
        return run

    def updated(self, stack: str, *options: str) -> str:
        """`pulumi up`, which has to succeed; its output."""
        return succeeded(self.update(stack, *options))

    def changed(self, stack: str, *options: str) -> dict[str, str]:
        """`pulumi up`, which has to succeed; what it changed: type and name of a resource -> operation."""
        return changes_in(self.updated(stack, "--json", *options))

    def unchanged(self, stack: str) -> None:
        """Asserts that neither a refresh nor an update would change anything."""
        self.succeeds(f"pulumi preview -s {stack} --refresh --expect-no-changes --non-interactive")

    def outputs(self, stack: str) -> dict[str, Any]:
        """The outputs of the stack, none of which is secret."""
        (outputs,) = [one["outputs"] for one in self.resources(stack) if one["type"] == "pulumi:pulumi:Stack"]
        return outputs

    def state(self, stack: str) -> str:
        """The state of the stack as the engine exports it, secrets encrypted."""
        return self.succeeds(f"pulumi stack export -s {stack}")

    def resources(self, stack: str) -> list[dict[str, Any]]:
        """The resources in the state of the stack, from its file: starting pulumi takes much longer."""
        file = self.home / "state" / ".pulumi" / "stacks" / "voiceter-backend" / f"{stack}.json"
        if not file.exists():
            return []
        latest: dict[str, Any] = json.loads(file.read_text())["checkpoint"].get("latest") or {}
        return latest.get("resources", [])

    @contextmanager
    def locked(self, stack: str) -> Generator[None]:
        """Locks a stack as an update by somebody else does."""
        lock = self.home / "state" / ".pulumi" / "locks" / "organization" / "voiceter-backend" / stack / "other.json"
        lock.parent.mkdir(parents=True, exist_ok=True)
        holder = {"pid": 1, "username": "other", "hostname": "ci", "timestamp": "2026-11-28T10:50:05Z"}
        lock.write_text(json.dumps(holder))
        try:
            yield
        finally:
            lock.unlink()

    def stack_file(self, stack: str) -> Path:
        """The sandbox's copy of the stack file, which `pulumi config set` changes."""
        return self.home / "project" / f"Pulumi.{stack}.yaml"

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A boto3 client of the sandbox's account."""
        variables = self.variables()
        key = (service, region, variables["AWS_ENDPOINT_URL"])
        if key not in self._clients:
            config: Any = importlib.import_module("botocore.config")  # untyped, as boto3 is
            self._clients[key] = _boto3_session().client(
                service,
                region_name=region,
                endpoint_url=variables["AWS_ENDPOINT_URL"],
                aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
                config=config.Config(proxies={}, s3={"addressing_style": "path"}),
            )
        return self._clients[key]

    def variables(self) -> dict[str, str]:
        """The variables that the sandbox's environment exports."""
        exports = re.findall(r"^export ([A-Z_]+)=(.*)$", (self.home / "env").read_text(), re.MULTILINE)
        return {name: "".join(shlex.split(value)) for name, value in exports}


def changes_in(output: str) -> dict[str, str]:
    """What an update changed, from its output with `--json`: type and name of a resource -> operation."""
    events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    steps = [event["resourcePreEvent"]["metadata"] for event in events if "resourcePreEvent" in event]
    return {
        name_in(step["urn"]): step["op"]
        for step in steps
        # A replacement is also a creation and a deletion.
        if step["op"] not in ("same", "read", "refresh", "create-replacement", "delete-replaced")
    }


def name_in(urn: str) -> str:
    """Type and name of a resource, without `aws:`."""
    return urn.rpartition("$")[2].removeprefix("aws:").replace("::", " ")


def succeeded(run: Run) -> str:
    """The output of a command, which has to have succeeded."""
    assert run.status == 0, run.output
    return run.output


@contextmanager
def live_sandbox(folder: Path) -> Generator[LiveSandbox]:
    """A sandbox in `folder`, which is cleaned away at the end."""
    sandbox = LiveSandbox(folder / "sandbox")
    try:
        yield sandbox
    finally:
        succeeded(sandbox.command("clean"))
        assert not sandbox.home.exists()


_SESSION: list[Any] = []


def _boto3_session() -> Any:
    """One session for all clients, as each session reads botocore's models again."""
    if not _SESSION:
        _SESSION.append(importlib.import_module("boto3").Session())
    return _SESSION[0]
