"""The stand-in image: what `make image` puts into a registry. Real bytes, well formed, and of no use to run."""

import enum
import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from typing import Any

# Of the image's manifest: says that its tasks do not come up, and how.
FAULT_ANNOTATION = "voiceter-sandbox.fault"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


class Fault(enum.Enum):
    """What is wrong with the tasks of an image."""

    UNHEALTHY = "unhealthy"  # they start, and never pass the health check
    STUCK = "stuck"  # they stay pending, and nothing counts that as a failure
    MEMORY = "memory"  # they become healthy, and are killed later for using more memory than they have
    MISSING = "missing"  # there is no such image: not a mark, but what the registry says


MARKS = (Fault.UNHEALTHY.value, Fault.STUCK.value, Fault.MEMORY.value)


@dataclass(frozen=True)
class Image:
    """An image: its manifest, and the blobs that it names."""

    manifest: str
    blobs: tuple[bytes, ...]


def image(name: str, fault: Fault | None = None) -> Image:
    """An image (OCI image specification 1.1) of a configuration and one small layer, of its own digest for each name.

    Args:
        name: with registry and tag; the layer holds it as a file.
        fault: what to mark the image with.
    """
    unpacked = _archive(
        "stand-in", f"{name}\nA stand-in image of the sandbox: there is nothing to run in it.\n".encode()
    )
    layer = gzip.compress(unpacked, mtime=0)
    rootfs = {"type": "layers", "diff_ids": [digest(unpacked)]}
    config = _json({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs}).encode()
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
    """What an image's manifest is marked with."""
    annotations: dict[str, str] = json.loads(manifest).get("annotations") or {}
    mark = annotations.get(FAULT_ANNOTATION)
    return Fault(mark) if mark in MARKS else None


def digest(content: bytes) -> str:
    """The digest that names content in a registry."""
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
