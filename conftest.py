"""Marks every test as `unit`, `sandbox` or `live`, by its folder; a module's `pytestmark` goes first.

pyproject.toml says what each marker means. Plain `pytest` runs the unit tests, `pytest PATH` all tests of that path.
"""

from pathlib import Path
from typing import Final

import pytest

_ROOT: Final = Path(__file__).parent
_FOLDERS: Final = {_ROOT / "sandbox": "sandbox", _ROOT / "tests" / "live": "live"}
_MARKERS: Final = ("unit", "sandbox", "live")


def _marker(path: Path) -> str:
    return next((marker for folder, marker in _FOLDERS.items() if path.is_relative_to(folder)), "unit")


def pytest_configure(config: pytest.Config) -> None:
    if config.args_source is config.ArgsSource.TESTPATHS and not config.option.markexpr:
        config.option.markexpr = "unit"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves the other folders alone in a unit run: their modules import packages of requirements-dev.txt."""
    return True if config.option.markexpr == "unit" and _marker(collection_path) != "unit" else None


@pytest.hookimpl(tryfirst=True)  # before pytest deselects by marker
def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    for item in items:
        if not any(item.get_closest_marker(marker) for marker in _MARKERS):
            item.add_marker(_marker(item.path))
    if config.pluginmanager.hasplugin("xdist"):
        _distribute(items)


def _distribute(items: list[pytest.Item]) -> None:
    """Keeps the tests of a file in one process, as they share fixtures, and begins with the longest: the live tests.

    Files whose tests share a stack that is up name a group of their own.
    """
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    items.sort(key=lambda item: item.get_closest_marker("live") is None)
