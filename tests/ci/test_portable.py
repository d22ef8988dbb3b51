"""What the Makefile, the scripts and the documents may use: what Linux, macOS and the BSDs all have.

macOS has GNU make 3.81, bash 3.2 as sh, and the tools of the BSDs.
"""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.commands import blocks

ROOT = Path(__file__).parents[2]

# Options and commands that only GNU's or Linux's tools have, as POSIX and the manuals of macOS list others.
TOOLS = {
    "folders of Linux": r"(?<![\w.~-])/(?:proc|sys|dev/shm)\b",
    "timeout": r"(?:^|[|;&(]\s*|\b(?:nice|env|exec)\s+)timeout\s",
    "xargs -r, -d": r"\bxargs\s+(?:-\w+\s+)*-(?:\w*[rd]|-no-run-if-empty)",
    "date -d": r"\bdate\s+(?:-\w+\s+)*(?:-d|--)\w*",
    "date +%N": r"\bdate\b[^|;)]*\+[^|;)]*%N",
    "readlink -f, realpath": r"\breadlink\s+-\w*[fem]|\brealpath\s",
    "sed -i": r"\bsed\s+(?:-\w+\s+)*(?:-\w*i|--in-place)",
    "sed -r": r"\bsed\s+(?:-\w+\s+)*-\w*r\b",
    "grep -P": r"\bgrep\s+(?:-\w+\s+)*-\w*P",
    "stat -c": r"\bstat\s+(?:-\w+\s+)*(?:-c|--)",
    "sha256sum": r"\b(?:sha\d+|md5)sum\b",
    "mktemp --": r"\bmktemp\s+(?:-\w+\s+)*(?:--|-p)",
    "cp, mv, ln, rm, mkdir, ls, sort, touch, tail, head, du, df --": (
        r"(?<!\bs3 )\b(?:cp|mv|ln|rm|mkdir|ls|sort|touch|tail|head|du|df|cat|wc|tr|cut)\s+(?:-\w+\s+)*--\w"
    ),
    "cp -t": r"\b(?:cp|mv|ln)\s+(?:-\w+\s+)*-\w*t\b",
    "head -n -1": r"\bhead\s+-n\s*-",
    "find -printf": r"\bfind\b[^|;]*-printf",
    "base64 -w": r"\bbase64\s+-\w*[wd]",
    "ps --": r"\bps\s+--",
    "commands of Linux": r"(?:^|[|;&(]\s*)(?:tac|nproc|getent|flock|setsid|ss|ip|free|zcat|numfmt|shuf|setpriv)\s",
}
# What sh lacks: bash's own syntax is no problem of macOS alone, as sh is dash on Debian.
SHELL = {
    "[[": r"\[\[\s",
    "<<<": r"<<<",
    "<( )": r"(?<![\w$])<\(",
    "arrays": r"\b\w+=\(|\bdeclare\b|\bmapfile\b|\breadarray\b",
    "&>": r"&>|\|&",
    "${x^^}": r"\$\{\w+(?:\^|,|@|//|:\d|: -)",
    "$'…'": r"(?<![\w\"'$])\$'",
    "function": r"^\s*function\s",
    "source": r"(?:^|[;&]\s*)source\s",
    "echo -e": r"\becho\s+-[ne]",
    "==": r"\[\s[^]]*==",
    "pipefail": r"pipefail",
}
# What GNU make has had since 3.82, as its NEWS says.
MAKE = {
    ".ONESHELL": r"^\.ONESHELL",
    ".RECIPEPREFIX": r"^\.RECIPEPREFIX",
    "undefine": r"^\s*undefine\b",
    "private": r"(?:^|:\s*)private\b",
    "define NAME =": r"^\s*define\s+\w+\s*[:?+]?=",
    "!=": r"^[\w.-]+\s*!=",
    "::=": r"^[\w.-]+\s*::+=",
    "$(file)": r"\$\(file\s",
    "$(let), $(intcmp), $(guile)": r"\$\((?:let|intcmp|guile)\s",
    ".SHELLSTATUS": r"\.SHELLSTATUS",
    "&:": r"&:",
    ".WAIT, .NOTINTERMEDIATE, .EXTRA_PREREQS": r"\.(?:WAIT|NOTINTERMEDIATE|EXTRA_PREREQS)\b",
    ".SHELLFLAGS": r"\.SHELLFLAGS",
    "options of later versions": r"--(?:output-sync|trace|eval|shuffle)\b|\$\(MAKE\)[^\n]*\s-O",
    "load": r"^-?load\s",
}


def found(rules: dict[str, str], text: str) -> dict[str, str]:
    """Returns the rules that a text breaks, with what breaks them."""
    hits = {name: re.search(pattern, text, re.MULTILINE) for name, pattern in rules.items()}
    return {name: hit[0] for name, hit in hits.items() if hit}


def tracked(*patterns: str) -> list[Path]:
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return [ROOT / name for name in names.split("\0") if name]


DOCUMENTS = [str(path.relative_to(ROOT)) for path in tracked("*.md")]
SCRIPTS = [
    path
    for path in tracked(".ci", "ci", "sandbox", "operations", "*.sh")
    if path.is_file() and path.read_bytes().startswith(b"#!") and path.suffix != ".py"
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_of_the_documents_are_portable(document: str) -> None:
    code = "".join(block.code for block in blocks(document))
    assert found(TOOLS, code) == {}
    # `source` is of bash and zsh, in which the documents' commands are typed.
    assert not found(SHELL, code).keys() - {"source"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_portable(script: Path) -> None:
    text = script.read_text()
    assert found(TOOLS, text) == {}
    if text.startswith("#!/bin/sh"):
        assert found(SHELL, text) == {}
    else:
        assert text.startswith("#!/usr/bin/env bash\n")
        assert not found(SHELL, text).keys() - {"pipefail", "[["}


def test_makefile_works_with_the_make_and_the_tools_of_macos() -> None:
    text = (ROOT / "Makefile").read_text()
    assert found(MAKE, text) == {}
    assert found(TOOLS, text) == {}
    assert found(SHELL, text) == {}
    # The echo of macOS's sh reads a backslash as an escape.
    escaped = [line for line in re.findall(r"\becho '[^'\n]*'", text) if re.search(r"\\\w", line)]
    assert escaped == []


# macOS lacks these, limits them (a socket's path has 104 bytes there), or needs root for them; a fork of a process with
# threads crashes there.
LINUX = (
    r"os\.(fork|forkpty|pidfd_open|sched_\w+|eventfd|memfd_create|getrandom|pipe2|posix_fadvise|posix_fallocate|splice"
    r"|copy_file_range|setns|unshare|getxattr|setxattr|listxattr|O_TMPFILE|O_PATH|O_DIRECT|getresuid|setresuid|fdatasync)"
    r"|socket\.(AF_UNIX|AF_NETLINK|AF_PACKET|SO_BINDTODEVICE|SO_PEERCRED|SOCK_CLOEXEC|SOCK_NONBLOCK)"
    r"|signal\.(pidfd_send_signal|sigtimedwait|sigwaitinfo|SIGRTMIN|SIGPWR|SIGSTKFLT)"
    r"|select\.(epoll|EPOLL\w+)|resource\.(prlimit|RLIMIT_RTPRIO)|multiprocessing\.\w+|net_connections|io_counters"
    r"|cpu_affinity|memory_maps|rlimit|start_unix_server|open_unix_connection|clock_gettime_ns"
    r"|/(proc|sys|dev/shm)(/.*)?"
)
ALLOWED = {("sandbox/tests/test_sandbox_cli.py", "/proc")}  # it takes another full file system where there is no /proc


def test_python_uses_no_interface_of_linux() -> None:
    found: set[tuple[str, str]] = set()
    for path in set(tracked("*.py")) - {Path(__file__)}:
        for node in ast.walk(ast.parse(path.read_text())):
            name = ""
            if isinstance(node, ast.Attribute):
                name = f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else node.attr
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                name = node.value
            if re.fullmatch(LINUX, name):
                found.add((str(path.relative_to(ROOT)), name))
    assert found == ALLOWED


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        (TOOLS, "echo a | xargs -r rm"),
        (TOOLS, "date -u -d yesterday"),
        (TOOLS, "cat x; timeout 5 y"),
        (TOOLS, "cp -r --parents a b"),
        (TOOLS, "sed -i s/a/b/ c"),
        (TOOLS, "ls /proc/self"),
        (SHELL, "if [[ a == b ]]; then"),
        (SHELL, "x=${y^^}"),
        (MAKE, "\n.ONESHELL:\n"),
        (MAKE, "x != date"),
        (MAKE, "define x =\ny\nendef"),
    ],
)
def test_rule_finds_what_it_is_for(rules: dict[str, str], text: str) -> None:
    assert found(rules, text)


def test_names_of_files_differ_by_more_than_case() -> None:
    """The file system of macOS takes two names that differ by case alone for one."""
    names = [str(path.relative_to(ROOT)).lower() for path in tracked()]
    assert len(names) == len(set(names))
