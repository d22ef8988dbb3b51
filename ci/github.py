"""One comment on a pull request, one issue for drift: made once, then kept up to date, through the `gh` command."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_BOT: Final = "github-actions[bot]"


class GitHubError(Exception):
    """A call that GitHub, or `gh`, refused; the text says which and why."""


@dataclass(frozen=True)
class Repository:
    """A repository on GitHub; `gh` finds the token in GH_TOKEN.

    Args:
        name: `owner/name`.
    """

    name: str

    def comment(self, number: int, marker: str, body: str) -> None:
        """Write the pull request's comment that starts with `marker`, over the one that is there.

        Raises:
            GitHubError: GitHub refused.
        """
        text = f"{marker}\n{body}"
        for comment in self._all(f"issues/{number}/comments"):
            # Somebody else's comment may quote the marker.
            if comment["user"]["login"] == _BOT and comment["body"].startswith(marker):
                self._call("PATCH", f"issues/comments/{comment['id']}", {"body": text})
                return
        self._call("POST", f"issues/{number}/comments", {"body": text})

    def open_issue(self, label: str, title: str, body: str) -> int:
        """Open the issue with that label, or bring the open one up to date; its number.

        Raises:
            GitHubError: GitHub refused.
        """
        content = {"title": title, "body": body}
        if issue := self._issue(label):
            self._call("PATCH", f"issues/{issue}", content)
            return issue
        return int(self._call("POST", "issues", {**content, "labels": [label]})["number"])

    def close_issue(self, label: str, why: str) -> int | None:
        """Close the open issue with that label, if there is one, with a last comment; its number.

        Raises:
            GitHubError: GitHub refused.
        """
        if issue := self._issue(label):
            self._call("POST", f"issues/{issue}/comments", {"body": why})
            self._call("PATCH", f"issues/{issue}", {"state": "closed"})
        return issue

    def _issue(self, label: str) -> int | None:
        found = [
            issue["number"]
            for issue in self._all(f"issues?state=open&labels={label}")
            # GitHub lists pull requests among the issues.
            if "pull_request" not in issue and issue["user"]["login"] == _BOT
        ]
        return min(found, default=None)

    def _all(self, path: str) -> list[Any]:
        joint = "&" if "?" in path else "?"
        pages = _gh("--paginate", "--slurp", f"repos/{self.name}/{path}{joint}per_page=100")
        return [item for page in pages for item in page]

    def _call(self, method: str, path: str, content: Mapping[str, object]) -> Any:
        return _gh("--method", method, f"repos/{self.name}/{path}", "--input", "-", text=json.dumps(content))


def _gh(*arguments: str, text: str = "") -> Any:
    command = ["gh", "api", *arguments]
    answer = subprocess.run(command, input=text, capture_output=True, text=True, check=False)  # noqa: S603
    if answer.returncode != 0:
        raise GitHubError(f"`{' '.join(command)}` failed: {answer.stderr.strip() or answer.stdout.strip()}")
    return json.loads(answer.stdout)
