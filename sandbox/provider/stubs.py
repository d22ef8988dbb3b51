"""The provider protocol's messages, without the rest of the Pulumi SDK.

Importing `pulumi.runtime.proto` the plain way first runs `pulumi/__init__.py`, which takes several times as long as all
else that a plugin does to start. While the stubs are imported, empty packages therefore stand in for `pulumi` and
`pulumi.runtime`; they are taken away again afterwards, so that a later `import pulumi` finds the real SDK, which then
uses the same stubs.
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
        raise ModuleNotFoundError(f"an SDK is not installed: no package `{package}`", name=package)
    return Path(spec.submodule_search_locations[0])


def sdk_version(package: str) -> str:
    """The version of a provider's SDK, such as `pulumi_aws`, without the slow import of the package's metadata."""
    return str(json.loads((_folder(package) / "pulumi-plugin.json").read_text())["version"])


@contextmanager
def _bare_packages() -> Generator[None]:
    if "pulumi" in sys.modules:
        yield
        return
    root = _folder("pulumi")
    stand_ins = {"pulumi": root, "pulumi.runtime": root / "runtime", "pulumi.runtime.proto": root / "runtime" / "proto"}
    for name, path in stand_ins.items():
        package = ModuleType(name)
        package.__path__ = [str(path)]
        sys.modules[name] = package
    try:
        yield
    finally:
        for name in stand_ins:
            sys.modules.pop(name, None)


with _bare_packages():
    from pulumi.runtime.proto import plugin_pb2 as plugin
    from pulumi.runtime.proto import provider_pb2 as provider
    from pulumi.runtime.proto import provider_pb2_grpc as provider_grpc
    from pulumi.runtime.proto import resource_pb2 as resource
    from pulumi.runtime.proto import resource_pb2_grpc as resource_grpc
    from pulumi.runtime.proto import status_pb2 as status

__all__ = ["plugin", "provider", "provider_grpc", "resource", "resource_grpc", "sdk_version", "status"]
