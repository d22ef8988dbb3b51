"""The one GitHub issue about drift and the one comment about costs, through the `gh` command."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_BOT: Final = "github-actions[bot]"


class GitHubError(Exception):
    """`gh` failed; the text says which call and why."""


@dataclass(frozen=True)
class Issue:
    """The open issue with a label, of which there is one at most. `gh` finds its token in GH_TOKEN.

    Every method raises GitHubError if GitHub refuses.

    Args:
        repository: `owner/name`.
        label: the label.
    """

    repository: str
    label: str

    def write(self, title: str, body: str) -> int:
        """Opens the issue, or updates it if it is open. Returns its number."""
        content = {"title": title, "body": body}
        if number := self._number():
            self._call("PATCH", f"issues/{number}", content)
            return number
        return int(self._call("POST", "issues", {**content, "labels": [self.label]})["number"])

    def close(self, comment: str) -> int | None:
        """Closes the issue with a comment. Returns its number, or None if there is no open issue."""
        number = self._number()
        if number:
            self._call("POST", f"issues/{number}/comments", {"body": comment})
            self._call("PATCH", f"issues/{number}", {"state": "closed"})
        return number

    def _number(self) -> int | None:
        path = f"repos/{self.repository}/issues?state=open&labels={self.label}&per_page=100"
        return min(
            (
                issue["number"]
                for page in _gh("--paginate", "--slurp", path)
                for issue in page
                # GitHub lists pull requests among the issues, and people may use the label too.
                if "pull_request" not in issue and issue["user"]["login"] == _BOT
            ),
            default=None,
        )

    def _call(self, method: str, path: str, content: Mapping[str, object]) -> Any:
        return _gh("--method", method, f"repos/{self.repository}/{path}", "--input", "-", text=json.dumps(content))


def write_comment(repository: str, pull_request: str, mark: str, body: str) -> None:
    """Writes the one comment with a mark on a pull request, or updates it. `gh` finds its token in GH_TOKEN.

    Args:
        repository: `owner/name`.
        pull_request: its number.
        mark: text that GitHub does not show, and that no other comment has.
        body: the text.

    Raises:
        GitHubError: GitHub refused.
    """
    comments = f"repos/{repository}/issues/{pull_request}/comments"
    path, method = comments, "POST"
    for page in _gh("--paginate", "--slurp", f"{comments}?per_page=100"):
        for comment in page:
            if comment["user"]["login"] == _BOT and comment["body"].startswith(mark):
                path, method = f"repos/{repository}/issues/comments/{comment['id']}", "PATCH"
    _gh("--method", method, path, "--input", "-", text=json.dumps({"body": f"{mark}\n{body}"}))


def _gh(*arguments: str, text: str = "") -> Any:
    command = ["gh", "api", *arguments]
    answer = subprocess.run(command, input=text, capture_output=True, text=True, check=False)  # noqa: S603
    if answer.returncode != 0:
        raise GitHubError(f"`{' '.join(command)}` failed: {answer.stderr.strip()}")
    return json.loads(answer.stdout)
