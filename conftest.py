"""Marks every test as `unit`, `sandbox` or `live`, by its folder; a module's `pytestmark` goes first.

pyproject.toml says what each marker means. Plain `pytest` runs the unit tests, `pytest PATH` all tests of that path.
"""

import signal
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

_ROOT: Final = Path(__file__).parent
_FOLDERS: Final = {_ROOT / "sandbox": "sandbox", _ROOT / "tests" / "live": "live"}
_MARKERS: Final = ("unit", "sandbox", "live")
# The stacks that the tests of a live file use, if other files use them too or if bringing them up takes long. The files
# run in this order: those that bring stacks up from nothing come first, those that delete or rename them last.
_SHARING: Final = {
    "tests/live/test_committed_stacks.py": "the committed stacks",
    "tests/live/test_documents_of_all_stacks.py": "the committed stacks",
    "tests/live/test_policy.py": "the committed stacks",
    "tests/live/test_recovery.py": "the committed stacks",
    "tests/live/test_interruption.py": "the stack with everything",
    "tests/live/test_alarms.py": "the stack with everything",
    "tests/live/test_boundary.py": "the stack with everything",
    "tests/live/test_documents.py": "the stack with everything",
    "tests/live/test_task.py": "the stack with everything",
    "tests/live/test_added.py": "the stack with everything",
    "tests/live/test_changed_in_place.py": "the stack with everything",
    "tests/live/test_drift.py": "the stack with everything",
    "tests/live/test_regions.py": "prod in several regions",
    "tests/live/test_protection.py": "prod in several regions",
}
# Unit tests that share recordings of the program, by what they import: each worker makes its own.
_RECORDINGS: Final = {
    "tests.support.program": "recordings of stacks with changed keys",
    "tests.cost.conftest": "recordings of the committed stacks",
    "tests.support.plans": "recordings of the committed stacks",
}


def _marker(path: Path) -> str:
    return next((marker for folder, marker in _FOLDERS.items() if path.is_relative_to(folder)), "unit")


def pytest_configure(config: pytest.Config) -> None:
    # A command that a script runs in the background ignores SIGINT, and so would all processes that the tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.args_source is config.ArgsSource.TESTPATHS and not config.option.markexpr:
        config.option.markexpr = "unit"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves the other folders alone in a unit run: their modules import packages of other files."""
    return True if config.option.markexpr == "unit" and _marker(collection_path) != "unit" else None


@pytest.hookimpl(tryfirst=True)  # before pytest deselects by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not any(item.get_closest_marker(marker) for marker in _MARKERS):
            item.add_marker(_marker(item.path))
    # First what takes longest: the live tests, and of them those that share a stack, as one worker runs them all.
    order = {file: position for position, file in enumerate(_SHARING)}
    items.sort(
        key=lambda item: (
            item.get_closest_marker("live") is None,
            order.get(item.nodeid.partition("::")[0], len(order)),
        )
    )


@cache
def _recordings_of(file: str) -> str:
    """Returns the recordings that the tests of a file share with others, or the file if it shares none."""
    path = _ROOT / file
    if _marker(path) != "unit":
        return file
    text = path.read_text()
    return next((recordings for module, recordings in _RECORDINGS.items() if module in text), file)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which a unit run may lack
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keeps files that share a stack or recordings on one worker, besides the tests of each file."""
    from xdist.scheduler import LoadFileScheduling  # pyright: ignore[reportMissingTypeStubs] - it has none

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return _SHARING.get(file) or _recordings_of(file)

    return Scheduling(config, log) if config.option.dist == "loadfile" else None
