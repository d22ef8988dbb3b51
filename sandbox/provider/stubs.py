"""The provider protocol's messages without the rest of the Pulumi SDK, and gRPC without `grpc.aio`.

`import pulumi.runtime.proto` runs `pulumi/__init__.py` first, which takes longer than the rest of a plugin's start.
While the stubs are imported, empty packages therefore stand in for `pulumi`, `pulumi.runtime` and `grpc.aio`. They are
removed afterwards, so that a later import finds the real packages.
"""

import importlib.util
import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"the package `{package}` is not installed: run `make venv`", name=package)
    return Path(spec.submodule_search_locations[0])


def sdk_version(package: str) -> str:
    """Returns the version of a provider's SDK, such as `pulumi_aws`, without the slow import of package metadata."""
    return str(json.loads((_folder(package) / "pulumi-plugin.json").read_text())["version"])


@contextmanager
def _stand_ins() -> Generator[None]:
    paths: dict[str, list[str]] = {} if "grpc" in sys.modules else {"grpc.aio": []}
    if "pulumi" not in sys.modules:
        root = str(_folder("pulumi"))
        for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
            paths[name] = [root + name.removeprefix("pulumi").replace(".", "/")]
    packages = {name: ModuleType(name) for name in paths}
    for name, package in packages.items():
        package.__path__ = paths[name]
    sys.modules.update(packages)
    try:
        yield
    finally:
        for name, package in packages.items():
            sys.modules.pop(name, None)
            parent, _, child = name.rpartition(".")
            if getattr(sys.modules.get(parent), child, None) is package:  # for `from grpc import aio`
                delattr(sys.modules[parent], child)


with _stand_ins():
    import grpc
    from pulumi.runtime.proto import plugin_pb2 as plugin
    from pulumi.runtime.proto import provider_pb2 as provider
    from pulumi.runtime.proto import provider_pb2_grpc as provider_grpc
    from pulumi.runtime.proto import resource_pb2 as resource
    from pulumi.runtime.proto import resource_pb2_grpc as resource_grpc
    from pulumi.runtime.proto import status_pb2 as status

__all__ = ["grpc", "plugin", "provider", "provider_grpc", "resource", "resource_grpc", "sdk_version", "status"]
