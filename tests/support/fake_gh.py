"""A `gh` command that keeps the issues and comments of a repository in a file, and answers as `gh api` does.

It knows only the calls that ci.github makes. Any other call ends with an error, as GitHub's would.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

BOT = "github-actions[bot]"
State = Callable[[], dict[str, Any]]  # returns what the repository holds
_REPOSITORY = "octo/backend"


def install(folder: Path) -> Path:
    """Writes the command into `folder` and returns the file that it keeps its data in."""
    script = folder / "gh"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).resolve()} {folder / "github.json"} "$@"\n')
    script.chmod(0o755)
    state = folder / "github.json"
    state.write_text(json.dumps({"issues": [], "comments": [], "writes": 0}))
    return state


def _list(state: dict[str, Any], path: str) -> list[Any]:
    if found := re.fullmatch(r"issues\?state=open&labels=(\w+)&per_page=100", path):
        return [i for i in state["issues"] if i["state"] == "open" and found[1] in i["labels"]]
    if found := re.fullmatch(r"issues/(\d+)/comments\?per_page=100", path):
        return [comment for comment in state["comments"] if comment["issue"] == int(found[1])]
    raise ValueError(path)


def _write(state: dict[str, Any], method: str, path: str, content: dict[str, Any]) -> Any:
    state["writes"] += 1
    user = {"user": {"login": BOT}}
    if method == "POST" and path == "issues":
        made = {"number": 40 + len(state["issues"]), "state": "open", **user, **content}
        state["issues"].append(made)
        return made
    if method == "POST" and (found := re.fullmatch(r"issues/(\d+)/comments", path)):
        made = {"id": 900 + len(state["comments"]), "issue": int(found[1]), **user, **content}
        state["comments"].append(made)
        return made
    if method == "PATCH" and (found := re.fullmatch(r"issues/comments/(\d+)", path)):
        [comment] = [comment for comment in state["comments"] if comment["id"] == int(found[1])]
        comment.update(content)
        return comment
    if method == "PATCH" and (found := re.fullmatch(r"issues/(\d+)", path)):
        [issue] = [issue for issue in state["issues"] if issue["number"] == int(found[1])]
        issue.update(content)
        return issue
    raise ValueError(f"{method} {path}")


def main(file: Path, arguments: list[str]) -> int:
    if os.environ.get("GH_TOKEN") != "token":
        sys.stderr.write("gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.\n")
        return 4
    state = json.loads(file.read_text())
    prefix = f"repos/{_REPOSITORY}/"
    try:
        match arguments:
            case ["api", "--paginate", "--slurp", address] if address.startswith(prefix):
                # With --slurp, gh returns a list of pages. Here, a page has two items.
                items = _list(state, address.removeprefix(prefix))
                answer: Any = [items[start : start + 2] for start in range(0, len(items), 2)] or [[]]
            case ["api", "--method", method, address, "--input", "-"] if address.startswith(prefix):
                answer = _write(state, method, address.removeprefix(prefix), json.loads(sys.stdin.read()))
            case _:
                raise ValueError(" ".join(arguments))
    except ValueError as error:
        sys.stderr.write(f"gh: Not Found (HTTP 404) {error}\n")
        return 1
    file.write_text(json.dumps(state))
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
