"""The engine is found on PATH, or built once into a cache."""

import os
import shutil
import stat
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox.engine import build as engine
from sandbox.layout import PACKAGE_ROOT, Layout, SandboxError

FILES = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")
# A `go` that builds empty programs and counts its builds.
GO = """#!/bin/sh
case "$1" in
  env) echo "go${FAKE_GO_VERSION:-1.26.6}" ;;
  build)
    echo build >> "$FAKE_GO_LOG"
    if [ -n "$FAKE_GO_ERROR" ]; then echo "$FAKE_GO_ERROR" >&2; exit 1; fi
    while [ "$1" != -o ]; do shift; done
    sleep "${FAKE_GO_SECONDS:-0}"
    printf '#!/bin/sh\\n' > "$2"; chmod +x "$2" ;;
  list) echo "$FAKE_GO_MODULE" ;;
esac
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    root = tmp_path / "clone"
    for module in ("engine", "engine/languagehost"):
        shutil.copytree(PACKAGE_ROOT / "sandbox" / module, root / "sandbox" / module, dirs_exist_ok=True)
    return Layout(root, root / ".sandbox")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment without pulumi, and with a Go that builds empty programs."""
    shim = tmp_path / "module" / "python" / "cmd" / "pulumi-language-python-exec"
    shim.parent.mkdir(parents=True)
    shim.write_text("#!/usr/bin/env python\n")
    shim.chmod(0o444)
    _script(tmp_path / "go" / "go", GO)
    return {
        "PATH": os.pathsep.join([str(tmp_path / "go"), "/usr/bin", "/bin"]),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "FAKE_GO_LOG": str(tmp_path / "builds"),
        "FAKE_GO_MODULE": str(tmp_path / "module"),
    }


def _script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def _builds(environment: Mapping[str, str]) -> int:
    log = Path(environment["FAKE_GO_LOG"])
    return len(log.read_text().splitlines()) if log.exists() else 0


def _with_pulumi(
    environment: Mapping[str, str], folder: Path, answer: str, *, language_host: bool = True
) -> dict[str, str]:
    _script(folder / "pulumi", f"#!/bin/sh\n{answer}\n")
    if language_host:
        _script(folder / "pulumi-language-python", "#!/bin/sh\n")
    return {**environment, "PATH": os.pathsep.join([str(folder), environment["PATH"]])}


def test_pulumi_on_path_is_used(layout: Layout, environment: dict[str, str], tmp_path: Path) -> None:
    given = _with_pulumi(environment, tmp_path / "bin", "echo v3.300.1")
    assert engine.find(layout, given) == engine.Engine(tmp_path / "bin" / "pulumi", None, "3.300.1")
    assert _builds(given) == 0


@pytest.mark.parametrize(
    ("answer", "language_host", "objection"),
    [
        ("echo v3.273.0", True, "older than"),
        ("echo v3.300.1", False, "has no pulumi-language-python"),
        ("exit 1", True, "does not answer"),
        ("echo hello", True, "does not answer"),
    ],
)
def test_unusable_pulumi_on_path_is_named_and_one_is_built(
    layout: Layout,
    environment: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    language_host: bool,
    objection: str,
) -> None:
    given = _with_pulumi(environment, tmp_path / "bin", answer, language_host=language_host)
    assert engine.find(layout, given).pulumi.is_relative_to(tmp_path / "cache")
    assert objection in capsys.readouterr().out


def test_build_is_complete_executable_and_done_once(layout: Layout, environment: dict[str, str]) -> None:
    first = engine.find(layout, environment)
    assert first.folder is not None
    assert sorted(path.name for path in first.folder.iterdir()) == sorted(FILES)
    assert all(os.access(first.folder / name, os.X_OK) for name in FILES)
    assert stat.S_IMODE(first.folder.stat().st_mode) == 0o755
    assert first.version in first.folder.name
    assert engine.find(layout, environment) == first
    assert _builds(environment) == 2


def test_variable_forces_a_build(layout: Layout, environment: dict[str, str], tmp_path: Path) -> None:
    given = _with_pulumi(environment, tmp_path / "bin", "echo v3.300.1") | {"SANDBOX_ENGINE": "build"}
    assert engine.find(layout, given).pulumi.is_relative_to(tmp_path / "cache")
    with pytest.raises(SandboxError, match="SANDBOX_ENGINE=path"):
        engine.find(layout, given | {"SANDBOX_ENGINE": "path"})


def test_build_of_the_sandbox_on_path_is_found_in_the_cache(layout: Layout, environment: dict[str, str]) -> None:
    built = engine.find(layout, environment)
    assert built.folder is not None
    sourced = {**environment, "PATH": os.pathsep.join([str(built.folder), environment["PATH"]])}
    assert engine.find(layout, sourced) == built


def test_without_pulumi_and_go_one_message_says_how_to_get_either(
    layout: Layout, environment: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(SandboxError) as error:
        engine.find(layout, {**environment, "PATH": str(tmp_path)})
    assert "https://www.pulumi.com/docs/install/" in str(error.value)
    assert "https://go.dev/doc/install" in str(error.value)
    assert "there is no pulumi on PATH" in str(error.value)
    with pytest.raises(SandboxError, match="no Go to build one"):
        engine.require_source(layout, {**environment, "PATH": str(tmp_path)})


def test_source_of_an_engine_is_a_pulumi_or_go_or_a_build(
    layout: Layout, environment: dict[str, str], tmp_path: Path
) -> None:
    engine.require_source(layout, environment)
    assert _builds(environment) == 0
    engine.require_source(layout, _with_pulumi({**environment, "PATH": ""}, tmp_path / "bin", "echo v3.300.1"))
    engine.find(layout, environment)
    engine.require_source(layout, {**environment, "PATH": str(tmp_path)})


def test_old_go_is_refused_with_its_version(layout: Layout, environment: dict[str, str]) -> None:
    with pytest.raises(SandboxError, match=r"go/go is too old to build one: it is 1\.21\.3"):
        engine.find(layout, environment | {"FAKE_GO_VERSION": "1.21.3"})


def test_long_build_says_that_it_works(
    layout: Layout, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine, "PROGRESS_SECONDS", 0.05)
    assert engine.find(layout, environment | {"FAKE_GO_SECONDS": "0.2"}).pulumi.exists()
    assert "… building for 0 s" in capsys.readouterr().out


def test_failed_build_shows_the_errors_of_go_and_leaves_no_folder(
    layout: Layout, environment: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SandboxError, match="The engine could not be built"):
        engine.find(layout, environment | {"FAKE_GO_ERROR": "x.go:1: syntax error"})
    assert "x.go:1: syntax error" in capfd.readouterr().err
    cache = engine.cache_folder(environment)
    assert [path for path in cache.iterdir() if path.is_dir()] == []
    assert engine.find(layout, environment).pulumi.exists()


def test_incomplete_build_is_built_again_and_a_leftover_is_removed(layout: Layout, environment: dict[str, str]) -> None:
    folder = engine.cache_folder(environment) / engine.build_key(layout)
    leftover = folder.with_name(f"{folder.name}.part-dead")
    leftover.mkdir(parents=True)
    (leftover / "pulumi").write_text("half")
    assert engine.find(layout, environment).folder == folder
    assert not leftover.exists()
    (folder / "pulumi-language-python").unlink()
    engine.find(layout, environment)
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)


def test_two_builds_at_once_build_once(layout: Layout, environment: dict[str, str]) -> None:
    slow = environment | {"FAKE_GO_SECONDS": "0.5"}
    found: list[engine.Engine] = []
    threads = [threading.Thread(target=lambda: found.append(engine.find(layout, slow))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1]
    assert _builds(environment) == 2


def test_key_changes_with_the_pinned_modules(layout: Layout) -> None:
    before = engine.build_key(layout)
    with (layout.root / "sandbox" / "engine" / "languagehost" / "go.sum").open("a") as sums:
        sums.write("more\n")
    assert engine.build_key(layout) != before


def test_user_without_a_home_folder_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_242_424)  # as a container may run a command
    with pytest.raises(SandboxError, match="Set HOME, or XDG_CACHE_HOME, to a folder that can be written"):
        engine.cache_folder({})
    assert engine.cache_folder({"XDG_CACHE_HOME": str(tmp_path)}).is_relative_to(tmp_path)
