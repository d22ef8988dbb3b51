"""What is wrong with a resource's inputs, reported before anything is created."""

import json
import re
from typing import Any, NamedTuple

_SHOWN_CHARACTERS = 80


class Fault(NamedTuple):
    """One broken rule.

    path    the property as the program spells it, `healthCheck.interval`; empty for the whole resource
    rule    what is allowed
    value   the value that was given, if it can be shown
    """

    path: str
    rule: str
    value: Any = None

    @property
    def name(self) -> str:
        """The top-level property."""
        return re.split(r"[.\[]", self.path)[0]

    def text(self, *, secret: bool) -> str:
        """Returns the fault as one line, without the value of a secret property."""
        if not self.path:
            return self.rule
        if secret or self.value is None:
            return f"`{self.path}`: {self.rule}"
        shown = json.dumps(self.value, ensure_ascii=False, default=str)
        return f"`{self.path}` is {shown[:_SHOWN_CHARACTERS]}{'…' * (len(shown) > _SHOWN_CHARACTERS)}: {self.rule}"
