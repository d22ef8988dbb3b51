"""The stand-in image that `make image` pushes: a well-formed image with nothing in it to run."""

import enum
import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from typing import Any

# The annotation of a manifest that marks an image as faulty.
FAULT_ANNOTATION = "voiceter-sandbox.fault"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


class Fault(enum.Enum):
    """What happens to the tasks of a faulty or slow image."""

    UNHEALTHY = "unhealthy"  # tasks start and never pass the health check
    STUCK = "stuck"  # tasks stay pending, which ECS does not count as a failure
    MEMORY = "memory"  # tasks become healthy, and some are killed because they run out of memory
    SLOW = "slow"  # tasks take a moment to become healthy, beside the old tasks, which take a moment to drain
    MISSING = "missing"  # the registry lacks the image; no image is marked so


MARKS = (Fault.UNHEALTHY.value, Fault.STUCK.value, Fault.MEMORY.value, Fault.SLOW.value)


@dataclass(frozen=True)
class Image:
    """An image: its manifest and the blobs of its configuration and layers."""

    manifest: str
    blobs: tuple[bytes, ...]


def image(name: str, fault: Fault | None = None, architecture: str = "amd64") -> Image:
    """Returns an image (OCI image specification 1.1) with one small layer. Each name has another digest.

    Args:
        name: the name with registry and tag, which the layer holds in a file.
        fault: the fault that the manifest is marked with.
        architecture: amd64 or arm64.
    """
    unpacked = _archive(
        "stand-in", f"{name}\nA stand-in image of the sandbox: there is nothing to run in it.\n".encode()
    )
    layer = gzip.compress(unpacked, mtime=0)
    rootfs = {"type": "layers", "diff_ids": [digest(unpacked)]}
    config = _json({"architecture": architecture, "os": "linux", "config": {}, "rootfs": rootfs}).encode()
    manifest: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": _descriptor("application/vnd.oci.image.config.v1+json", config),
        "layers": [_descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer)],
    }
    if fault:
        manifest["annotations"] = {FAULT_ANNOTATION: fault.value}
    return Image(_json(manifest), (config, layer))


def fault_in(manifest: str) -> Fault | None:
    """Returns the fault that a manifest is marked with."""
    annotations: dict[str, str] = json.loads(manifest).get("annotations") or {}
    mark = annotations.get(FAULT_ANNOTATION)
    return Fault(mark) if mark in MARKS else None


def digest(content: bytes) -> str:
    """Returns the digest that identifies content in a registry."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _archive(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def _descriptor(kind: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "size": len(content), "digest": digest(content)}


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
