"""The engine's provider protocol, for the package `awsx`."""

from __future__ import annotations

from google.protobuf import empty_pb2

from sandbox.awsx import vpc
from sandbox.awsx.monitor import Monitor, MonitorError
from sandbox.provider.stubs import grpc, plugin, provider, provider_grpc, sdk_version
from sandbox.provider.values import from_struct


class Servicer(provider_grpc.ResourceProviderServicer):
    """Constructs components. It has no resources and no configuration."""

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin.PluginInfo:  # noqa: N802
        return plugin.PluginInfo(version=sdk_version("pulumi_awsx"))

    def Handshake(  # noqa: N802
        self, request: provider.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider.ProviderHandshakeResponse:
        return provider.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True)

    def CheckConfig(  # noqa: N802
        self, request: provider.CheckRequest, context: grpc.ServicerContext
    ) -> provider.CheckResponse:
        return provider.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider.DiffRequest, context: grpc.ServicerContext) -> provider.DiffResponse:  # noqa: N802
        return provider.DiffResponse(changes=provider.DiffResponse.DIFF_NONE)

    def Configure(  # noqa: N802
        self, request: provider.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider.ConfigureResponse:
        return provider.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=True)

    def Construct(  # noqa: N802
        self, request: provider.ConstructRequest, context: grpc.ServicerContext
    ) -> provider.ConstructResponse:
        if request.type != vpc.TOKEN:
            context.abort(
                grpc.StatusCode.UNIMPLEMENTED, f"the sandbox does not support {request.type}, only {vpc.TOKEN}"
            )
        monitor = Monitor(request)
        try:
            component, outputs = vpc.build(monitor, request.name, from_struct(request.inputs)[0])
            state = monitor.outputs(component, outputs)
        except (ValueError, MonitorError) as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        finally:
            monitor.close()
        return provider.ConstructResponse(urn=component.urn, state=state)
