"""The engine's resource monitor as a component sees it: register resources.

It uses the protocol directly: importing the Pulumi SDK would add more than a second to a preview.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.struct_pb2 import Struct

from sandbox.provider.host import MESSAGE_BYTES
from sandbox.provider.stubs import grpc, provider, resource_grpc, sdk_version
from sandbox.provider.stubs import resource as messages
from sandbox.provider.values import SIGNATURE, UNKNOWN, Values, from_struct, to_struct

# The protocol's mark for a reference to a resource: sdk/go/common/resource/plugin/rpc.go.
_RESOURCE_REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"


class MonitorError(Exception):
    """The engine refused a registration or a call. The text is the engine's."""


@dataclass(frozen=True)
class Registered:
    """A resource that the engine has registered. In a preview the id of a new resource is `UNKNOWN`."""

    urn: str
    id: Any
    outputs: Mapping[str, Any]
    package_version: str

    def reference(self) -> Values:
        """Returns the resource as a value in another resource's outputs."""
        return {SIGNATURE: _RESOURCE_REFERENCE, "urn": self.urn, "id": self.id, "packageVersion": self.package_version}


class Monitor:
    """The resource monitor of one Construct call, with the options that its children inherit."""

    def __init__(self, request: provider.ConstructRequest) -> None:
        self._request = request
        options = [("grpc.max_receive_message_length", MESSAGE_BYTES)]
        self._channel = grpc.insecure_channel(request.monitorEndpoint, options=options)
        # The type checker knows the generated stubs only partly.
        self._stub: Any = resource_grpc.ResourceMonitorStub(self._channel)
        self._aws = request.providers.get("aws", "")
        self._aws_version = sdk_version("pulumi_aws")

    def close(self) -> None:
        self._channel.close()

    def component(self) -> Registered:
        """Registers the component itself, with the inputs and options of the Construct call."""
        request: Any = self._request
        return self._register(
            messages.RegisterResourceRequest(
                type=request.type,
                name=request.name,
                parent=request.parent,
                object=request.inputs,
                providers=request.providers,
                aliases=request.aliases,
                dependencies=request.dependencies,
            )
        )

    def resource(
        self, type_: str, name: str, inputs: Mapping[str, Any], parent: Registered, *uses: Registered
    ) -> Registered:
        """Registers a resource of the `aws` provider that depends on its parent and on the resources that it `uses`."""
        return self._register(
            messages.RegisterResourceRequest(
                type=type_,
                name=name,
                parent=parent.urn,
                custom=True,
                object=to_struct(inputs),
                provider=self._aws,
                version=self._aws_version,
                dependencies=sorted({parent.urn, *(used.urn for used in uses)}),
            )
        )

    def outputs(self, component: Registered, outputs: Mapping[str, Any]) -> Struct:
        """Registers the component's outputs. Returns them in the form of Construct's answer."""
        body = to_struct(outputs)
        self._call(
            self._stub.RegisterResourceOutputs, messages.RegisterResourceOutputsRequest(urn=component.urn, outputs=body)
        )
        return body

    def _register(self, request: messages.RegisterResourceRequest) -> Registered:
        inherited = self._request
        request.acceptSecrets = True
        request.acceptResources = True
        request.aliasSpecs = True
        request.supportsResultReporting = True
        request.supportsPartialValues = True  # else a preview leaves out unknown outputs
        request.protect = inherited.protect
        request.retainOnDelete = inherited.retainOnDelete
        request.deletedWith = inherited.deletedWith
        answer = self._call(self._stub.RegisterResource, request)
        if answer.result != messages.SUCCESS:
            raise MonitorError(f"{request.type} {request.name} was not registered")
        outputs, _ = from_struct(answer.object)
        return Registered(answer.urn, answer.id or UNKNOWN, outputs, self._aws_version)

    @staticmethod
    def _call(method: Any, request: Any) -> Any:
        try:
            return method(request)
        except grpc.RpcError as error:
            details = error.details() if isinstance(error, grpc.Call) else None
            raise MonitorError(details or str(error)) from None
