"""The commands that are read from documents."""

from __future__ import annotations

import pytest

from tests.support.commands import Block, blocks_in, filled

TEXT = """\
# Title

```sh
make up      # a comment
```

## Section

<!-- not run: needs an account -->
```sh
aws login
```

- An item:

  ```sh
  one
    two
  ```

```
$ shown, not run
```

```sh
last
```
"""


def test_blocks_have_their_heading_and_the_reason_why_no_test_runs_them() -> None:
    assert blocks_in("a.md", TEXT) == [
        Block("a.md", "Title", "make up      # a comment\n"),
        Block("a.md", "Section", "aws login\n", "needs an account"),
        Block("a.md", "Section", "one\n  two\n"),
        Block("a.md", "Section", "last\n"),
    ]


def test_values_replace_those_of_the_document() -> None:
    code = "STACK=prod\nKEY='a b'; aws x --tag Key=Stack STACK=\"$STACK\" TAG=1.4.2\n"
    expected = "STACK=dev\nKEY=k; aws x --tag Key=Stack STACK=dev TAG=stand-in\n"
    assert filled(code, STACK="dev", KEY="k", TAG="stand-in") == expected
    with pytest.raises(ValueError, match="no MISSING=… in"):
        filled(code, MISSING="x")
