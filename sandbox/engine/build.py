"""The Pulumi engine: the `pulumi` on PATH, or one built from its published Go modules.

The go.mod and go.sum files of `sandbox/engine` (the CLI) and `sandbox/engine/languagehost` (its Python language host)
pin the build. It is kept outside the clone, in a folder named after the version and those files.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.layout import Layout, SandboxError
from sandbox.process import say

CHOICE_VARIABLE = "SANDBOX_ENGINE"
PROGRESS_SECONDS = 20
_CLI = "github.com/pulumi/pulumi/pkg/v3"
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_SHIM = Path("python", "cmd", "pulumi-language-python-exec")
_FILES = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")
_INSTALL_PULUMI = "Pulumi's CLI: https://www.pulumi.com/docs/install/"


@dataclass(frozen=True)
class Engine:
    """An engine that can be run.

    Args:
        pulumi: the CLI.
        folder: the folder that PATH needs so that the CLI finds its language host, None if PATH has the host.
        version: the CLI's version.
    """

    pulumi: Path
    folder: Path | None
    version: str


def find(layout: Layout, environment: Mapping[str, str]) -> Engine:
    """Returns the engine on PATH if it can be used, else builds one.

    SANDBOX_ENGINE=build in the environment builds one in any case.

    Raises:
        SandboxError: there is no engine and none could be built. The text says how to get one.
    """
    from filelock import FileLock, Timeout  # `require_source` runs without packages

    found, objection = _found(layout, environment)
    if found:
        return found
    folder = _build_folder(layout, environment)
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(f"{folder.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say("Engine: waiting for another command that builds it")
        lock.acquire()
    try:
        if not _complete(folder):
            _build(layout, folder, environment, objection)
    finally:
        lock.release()
    return _built(layout, folder)


def require_source(layout: Layout, environment: Mapping[str, str]) -> None:
    """Fails if `find` could neither find nor build an engine. It needs no packages and takes no time.

    Raises:
        SandboxError: as `find` does.
    """
    found, objection = _found(layout, environment)
    if not found:
        _go(layout, _build_environment(environment), objection)


def _found(layout: Layout, environment: Mapping[str, str]) -> tuple[Engine | None, str]:
    """Returns the engine on PATH, or a complete build, or else why one has to be built."""
    choice = environment.get(CHOICE_VARIABLE, "")
    if choice not in ("", "build"):
        raise SandboxError(f"{CHOICE_VARIABLE}={choice}: leave it unset, or set it to build.")
    objection = f"{CHOICE_VARIABLE}=build"
    if not choice:
        found, objection = _on_path(layout, environment)
        if found:
            return found, ""
    folder = _build_folder(layout, environment)
    return (_built(layout, folder), "") if _complete(folder) else (None, objection)


def _built(layout: Layout, folder: Path) -> Engine:
    return Engine(folder / "pulumi", folder, pinned_version(layout))


def _build_folder(layout: Layout, environment: Mapping[str, str]) -> Path:
    return cache_folder(environment) / build_key(layout)


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Returns the folder of built engines, below XDG_CACHE_HOME or ~/.cache."""
    base = Path(environment.get("XDG_CACHE_HOME", ""))
    try:
        return (base if base.is_absolute() else Path.home() / ".cache") / "voiceter-sandbox"
    except RuntimeError:  # a user whom this machine does not know, as in a container
        raise SandboxError(
            "This user has no home folder. Set HOME, or XDG_CACHE_HOME, to a folder that can be written: the sandbox"
            " keeps a built engine there."
        ) from None


def pinned_version(layout: Layout) -> str:
    """Returns the CLI's version, which sandbox/engine/go.mod pins."""
    text = (layout.root / "sandbox" / "engine" / "go.mod").read_text()
    [version] = re.findall(rf"{re.escape(_CLI)} v(\S+)", text)
    return version


def build_key(layout: Layout) -> str:
    """Returns a build's folder name: the version, the platform, and a hash of the files that pin it."""
    digest = hashlib.sha256()
    for module in ("engine", "engine/languagehost"):
        for name in ("go.mod", "go.sum"):
            digest.update((layout.root / "sandbox" / module / name).read_bytes())
    machine = f"{platform.system()}-{platform.machine()}".lower()
    return f"pulumi-{pinned_version(layout)}-{machine}-{digest.hexdigest()[:12]}"


def _on_path(layout: Layout, environment: Mapping[str, str]) -> tuple[Engine | None, str]:
    """Returns the engine on PATH, or why it cannot be used. The sandbox's builds do not count as on PATH."""
    own = (cache_folder(environment).resolve(), layout.home.resolve())
    entries = [
        entry
        for entry in environment.get("PATH", os.defpath).split(os.pathsep)
        if entry and not any(Path(entry).resolve().is_relative_to(folder) for folder in own)
    ]
    path = os.pathsep.join(entries)
    pulumi = shutil.which("pulumi", path=path)
    if pulumi is None:
        return None, "there is no pulumi on PATH"
    try:
        answer = subprocess.run(  # noqa: S603
            [pulumi, "version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**environment, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
        said = answer.stdout.strip() if answer.returncode == 0 else ""
    except (OSError, subprocess.TimeoutExpired):
        said = ""
    if not re.match(r"v?\d+\.\d+\.\d+", said):
        return None, f"{pulumi} does not answer `pulumi version`"
    if _parts(said) < _parts(pinned_version(layout)):
        return None, f"{pulumi} is {said}, older than {pinned_version(layout)}"
    beside = Path(pulumi).resolve().parent / "pulumi-language-python"
    if shutil.which("pulumi-language-python", path=path) is None and not os.access(beside, os.X_OK):
        return None, f"{pulumi} has no pulumi-language-python beside it or on PATH"
    return Engine(Path(pulumi), None, said.removeprefix("v")), ""


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _complete(folder: Path) -> bool:
    """Whether a build is complete. A folder gets its name at the end, but somebody may clear a part of the cache."""
    return all(os.access(folder / name, os.X_OK) for name in _FILES)


def _build(layout: Layout, folder: Path, environment: Mapping[str, str], reason: str) -> None:
    sources, version = layout.root / "sandbox", pinned_version(layout)
    env = _build_environment(environment)
    go = _go(layout, env, reason)
    say(f"Engine: {reason}; building pulumi {version} from its Go modules, once, in about four minutes, into {folder}")
    for leftover in folder.parent.glob(f"{folder.name}.part-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.part-", dir=folder.parent))
    stamp = f"-s -w -X {_SDK}/go/common/version.Version={version}"
    build = [go, "build", "-mod=readonly", "-trimpath", "-buildvcs=false"]
    packages = [
        ("engine", "pulumi", stamp, f"{_CLI}/cmd/pulumi"),
        ("engine/languagehost", "pulumi-language-python", "-s -w", f"{_SDK}/python/cmd/pulumi-language-python"),
    ]
    try:
        for module, name, flags, package in packages:
            command = [*build, "-ldflags", flags, "-o", str(part / name), package]
            _run(command, sources / module, env)
        sdk = _run([go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", _SDK], sources / "engine", env).strip()
        shutil.copyfile(Path(sdk) / _SHIM, part / _SHIM.name)
        (part / _SHIM.name).chmod(0o755)
        part.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        part.replace(folder)
    except (subprocess.CalledProcessError, OSError) as error:
        raise SandboxError(
            f"The engine could not be built: {error}\n"
            f"A build needs Go's module proxy (`go env GOPROXY`) and 4 GB of disk below {folder.parent} (XDG_CACHE_HOME"
            f" names another folder) and Go's cache (`go env GOCACHE`). The next run continues where this one ended. Or"
            f" install {_INSTALL_PULUMI}"
        ) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _run(command: list[str], cwd: Path, env: Mapping[str, str]) -> str:
    """Runs Go, with its downloads and its errors on this terminal. While it compiles in silence, prints for how long.

    Returns:
        Its output.

    Raises:
        subprocess.CalledProcessError: Go failed.
    """
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        output = None
        try:
            while output is None:
                try:
                    output, _ = process.communicate(timeout=PROGRESS_SECONDS)
                except subprocess.TimeoutExpired:
                    say(f"  … building for {time.monotonic() - began:.0f} s")
        except BaseException:  # without this, the end of the block would wait for Go
            process.terminate()
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return output


def _build_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment of Go. The user's Go settings must not add to the pinned modules."""
    return {**environment, "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"}


def _go(layout: Layout, env: Mapping[str, str], objection: str) -> str:
    """Returns the `go` command. Fails if it is missing or too old for the engine's go.mod."""
    module = layout.root / "sandbox" / "engine"
    [least] = re.findall(r"^go (\S+)", (module / "go.mod").read_text(), re.MULTILINE)
    ways = (
        f"Install one of these, and run the same command again:\n"
        f"  {_INSTALL_PULUMI} ({pinned_version(layout)} or newer, with pulumi-language-python, which comes with it)\n"
        f"  Go {least} or newer, which builds the CLI from its modules: https://go.dev/doc/install"
    )
    go = shutil.which("go", path=env.get("PATH", os.defpath))
    if go is None:
        raise SandboxError(f"There is no engine, and no Go to build one: {objection}.\n{ways}")
    answer = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False, cwd=module, env=env)  # noqa: S603
    found = answer.stdout.strip().removeprefix("go")
    if answer.returncode != 0 or _parts(found) < _parts(least):
        reason = answer.stderr.strip().splitlines()[-1:] or [f"it is {found or 'of an unknown version'}"]
        raise SandboxError(
            f"There is no engine, as {objection}, and {go} is too old to build one: {reason[0]}.\n{ways}"
        )
    return go
