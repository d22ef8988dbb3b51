"""What the Makefile, the scripts and the documents may use: what Linux, macOS and the BSDs all have.

macOS has GNU make 3.81, bash 3.2 as sh, and the tools of the BSDs. What sh itself lacks, shellcheck and the dash of
Debian find.
"""

from __future__ import annotations

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
    "readlink -f, realpath": r"\breadlink\s+-\w*[fem]|\brealpath\s",
    "sed -i, -r": r"\bsed\s+(?:-\w+\s+)*(?:-\w*[ir]|--in-place)",
    "grep -P": r"\bgrep\s+(?:-\w+\s+)*-\w*P",
    "stat -c": r"\bstat\s+(?:-\w+\s+)*(?:-c|--)",
    "sha256sum": r"\b(?:sha\d+|md5)sum\b",
    "mktemp --": r"\bmktemp\s+(?:-\w+\s+)*(?:--|-p)",
    "long options": r"(?<!\bs3 )\b(?:cp|mv|ln|rm|mkdir|ls|sort|touch|tail|head|du|cat|ps)\s+(?:-\w+\s+)*--\w",
    "head -n -1": r"\bhead\s+-n\s*-",
    "commands of Linux": r"(?:^|[|;&(]\s*)(?:tac|nproc|getent|flock|setsid|ss|ip|free|zcat|numfmt|shuf|setpriv)\s",
}
# What GNU make has had since 3.82, as its NEWS says.
MAKE = {
    ".ONESHELL, .RECIPEPREFIX, .SHELLFLAGS": r"^\.(?:ONESHELL|RECIPEPREFIX|SHELLFLAGS)",
    "undefine, private, load": r"^\s*(?:undefine|private|-?load)\b",
    "define NAME =": r"^\s*define\s+\w+\s*[:?+]?=",
    "!=, ::=": r"^[\w.-]+\s*(?:!=|::+=)",
    "$(file), $(let), $(intcmp)": r"\$\((?:file|let|intcmp)\s",
    "&:": r"&:",
    ".WAIT, .SHELLSTATUS": r"\.(?:WAIT|SHELLSTATUS)\b",
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
    assert found(TOOLS, "".join(block.code for block in blocks(document))) == {}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_portable(script: Path) -> None:
    assert found(TOOLS, script.read_text()) == {}


def test_makefile_works_with_the_make_and_the_tools_of_macos() -> None:
    text = (ROOT / "Makefile").read_text()
    assert found(MAKE, text) == {}
    assert found(TOOLS, text) == {}
    # The echo of macOS's sh reads a backslash as an escape.
    escaped = [line for line in re.findall(r"\becho '[^'\n]*'", text) if re.search(r"\\\w", line)]
    assert escaped == []


# macOS lacks these, limits them (a socket's path has 104 bytes there), or needs root for them; a fork of a process with
# threads crashes there.
LINUX = re.compile(
    r"\bos\.(fork|forkpty|pidfd_open|sched_\w+|eventfd|memfd_create|pipe2|posix_fallocate|splice|setns|O_TMPFILE|O_PATH)\b"
    r"|\bsocket\.(AF_UNIX|AF_NETLINK|AF_PACKET|SO_BINDTODEVICE|SO_PEERCRED|SOCK_CLOEXEC|SOCK_NONBLOCK)\b"
    r"|\bsignal\.(sigtimedwait|sigwaitinfo|SIGRTMIN|SIGPWR)\b|\bselect\.(epoll|EPOLL)|\bresource\.prlimit\b"
    r"|\bmultiprocessing\.\w|\.(net_connections|io_counters|cpu_affinity|memory_maps)\(|\b(start_unix_server)\("
    r"|\"/(proc|sys|dev/shm)[/\"]"
)
ALLOWED = {
    ("sandbox/tests/cli/test_commands.py", '"/proc"')
}  # it takes another full file system where there is no /proc


def test_python_uses_no_interface_of_linux() -> None:
    used = {
        (str(path.relative_to(ROOT)), hit[0])
        for path in set(tracked("*.py")) - {Path(__file__)}
        for hit in LINUX.finditer(path.read_text())
    }
    assert used == ALLOWED


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        (TOOLS, "echo a | xargs -r rm"),
        (TOOLS, "date -u -d yesterday"),
        (TOOLS, "cat x; timeout 5 y"),
        (TOOLS, "cp -r --parents a b"),
        (TOOLS, "sed -i s/a/b/ c"),
        (TOOLS, "ls /proc/self"),
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
