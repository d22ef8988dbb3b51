"""`python3 -m sandbox.venv`: the virtual environment in `.venv`, from the pinned requirements.

It runs on the machine's own Python, so nothing but the standard library is imported here. A stamp, written last, says
what the environment holds: one that was interrupted, moved, or made from other requirements has no matching stamp and
is mended by the next run. uv installs when it can; where only pip is configured for the network at hand, pip does.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sandbox.layout import Layout, SandboxError, write
from sandbox.process import CommandError, locked, run_with_heartbeat, say

_FILES = ("requirements.txt", "requirements-dev.txt")
_LOCK = ".make.lock"


def make(layout: Layout) -> None:
    """Make or mend the environment; a matching one costs a glance at its stamp.

    Raises:
        SandboxError: this Python cannot make one, or the packages could not be installed.
    """
    requirements = [layout.own / name for name in _FILES]
    pinned = "".join(file.read_text() for file in requirements)
    stamp = layout.venv / ".stamp"
    wanted = "\n".join([str(layout.venv), sys.version.split()[0], hashlib.sha256(pinned.encode()).hexdigest(), ""])
    if _matches(layout, stamp, wanted):
        return
    layout.venv.mkdir(exist_ok=True)
    # uv locks `.lock` itself.
    with locked(layout.venv / _LOCK, "another make that installs the Python packages"):
        if _matches(layout, stamp, wanted):
            return
        stamp.unlink(missing_ok=True)
        say(f"Python packages: installing what {' and '.join(_FILES)} pin into {layout.venv}")
        environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
        # Where pip has been told to install elsewhere (--user), it cannot fill a virtual environment.
        environment = {k: v for k, v in environment.items() if k not in ("PIP_USER", "PIP_TARGET", "PYTHONHOME")}
        _make_empty(layout, environment)
        _install(layout, requirements, pinned, environment)
        write(stamp, wanted)


def _matches(layout: Layout, stamp: Path, wanted: str) -> bool:
    try:
        return stamp.read_text() == wanted and layout.python.exists()
    except OSError:
        return False


def _make_empty(layout: Layout, environment: dict[str, str]) -> None:
    """A Python with pip in `.venv`; one that already answers as it should is kept."""
    expected = f"{sys.version.split()[0]} {layout.venv}"
    # pip's own script names the folder that the environment was made in: one that has moved is made anew.
    probe = "import pip, sys; print(sys.version.split()[0], sys.prefix)"
    try:
        answer = subprocess.run(  # noqa: S603
            [str(layout.python), "-c", probe], capture_output=True, text=True, check=False, env=environment
        ).stdout.strip()
        first_line = (layout.venv / "bin" / "pip").read_text().partition("\n")[0]
    except OSError:
        answer, first_line = "", ""
    if answer == expected and str(layout.venv) in first_line:
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise SandboxError(
            f"{sys.executable} cannot make virtual environments: it has no ensurepip. Install it (on Debian and Ubuntu:"
            " apt install python3-venv), or name another Python: make PYTHON=/path/to/python3 …"
        )
    for entry in layout.venv.iterdir():
        if entry.name == _LOCK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    command = [sys.executable, "-m", "venv", str(layout.venv)]
    run_with_heartbeat(command, "making the virtual environment", cwd=layout.own, env=environment)


def _install(layout: Layout, requirements: list[Path], pinned: str, environment: dict[str, str]) -> None:
    python = str(layout.python)
    pip = [python, "-m", "pip", "install", "--progress-bar", "off"]
    version = re.search(r"^uv==([^\s;]+)", pinned, re.MULTILINE)
    try:
        if version is None:
            raise CommandError("uv", [f"{_FILES[1]} does not pin it"])
        run_with_heartbeat([*pip, f"uv=={version[1]}"], "installing uv", cwd=layout.own, env=environment)
        # The machine's certificates, as pip uses them: a proxy or a mirror may have one of its own.
        options = ["--system-certs", "--compile-bytecode", "--python", python]
        command = [python, "-m", "uv", "pip", "sync", *options, *map(str, requirements)]
        run_with_heartbeat(command, "installing with uv", cwd=layout.own, env=environment)
    except CommandError as error:
        say(f"  {str(error).splitlines()[-1].strip()}\n  uv cannot install here; pip tries, which takes longer")
        files = [word for file in requirements for word in ("--requirement", str(file))]
        run_with_heartbeat([*pip, *files], "installing with pip", cwd=layout.own, env=environment)


def main() -> int:
    try:
        make(Layout.of_clone())
    except SandboxError as error:
        sys.stderr.write(f"{error}\nOnce that is mended, run the same command again; it goes on from here.\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; the next run goes on from here.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
