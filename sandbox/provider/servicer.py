"""The engine's provider protocol, for the package `aws`."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from google.protobuf import any_pb2, empty_pb2
from google.protobuf.struct_pb2 import Struct

from . import checking
from .account import Account, AccountError, loopback_endpoint
from .checking import Naming
from .convert import ConversionError
from .lifecycle import HalfMadeError, Lifecycle
from .resource import Resource
from .rules import Fault
from .stubs import grpc, plugin, provider, provider_grpc, sdk_version, status
from .values import UNKNOWN, Values, from_struct, leaves, to_struct

# The provider settings that the program or the engine gives. Endpoint and credentials come from the environment.
SETTINGS = frozenset(
    {
        "region",
        "defaultTags",
        "allowedAccountIds",
        "version",
        "skipCredentialsValidation",
        "skipRegionValidation",
    }
)
_EXPECTED = (AccountError, ConversionError, HalfMadeError, TimeoutError, ValueError)
_T = TypeVar("_T")


def _require_allowed(account: Account, allowed: Collection[str]) -> None:
    """Refuses an account that the setting does not list, in the words of hashicorp/aws-sdk-go-base."""
    if allowed and account.id not in allowed:
        raise ValueError(f"AWS account ID not allowed: {account.id}")


class Request:
    """A request of the engine, with the properties that it is about.

    Args:
        request: the protocol's message.
        field: the message's field with the properties. Answers wrap the same secrets, and errors leave them out.
    """

    def __init__(self, request: Any, field: str) -> None:
        self.request = request
        self.values, self.secret = from_struct(getattr(request, field))
        # A URN is `urn:pulumi:<stack>::<project>::<parent types$><type>::<name>`; a function has a token instead.
        types, _, self.name = getattr(request, "urn", "").partition("::")[2].partition("::")[2].partition("::")
        self.type = types.rpartition("$")[2]
        token = getattr(request, "tok", "provider aws")
        self.where = token if field == "args" else f"{self.type} {self.name}"

    def other(self, field: str) -> Values:
        """Returns the properties in another field."""
        return from_struct(getattr(self.request, field))[0]

    @property
    def resource(self) -> Resource:
        """The resource type. Raises ValueError if the sandbox does not support it."""
        from .types import TYPES  # slow to import, and a plugin must start at once

        if self.type not in TYPES:
            raise ValueError("the sandbox does not support this resource type: sandbox/README.md says how to add one")
        return TYPES[self.type]

    @property
    def wrapped(self) -> set[str]:
        """The properties to wrap: those that came as secrets, those that always are, and `tagsAll` with secret tags."""
        names = {*self.secret, *self.resource.secret}
        return names | {"tagsAll"} if "tags" in names else names

    def struct(self, values: Values) -> Struct:
        """Returns properties of the resource in wire form."""
        return to_struct(values, self.wrapped)

    def message(self, error: Exception) -> str:
        """Returns the message that the engine shows for an error."""
        return _redact(f"{self.where}: {error}", self.values, self.secret)


def _answers(field: str) -> Callable[[Callable[["AwsProvider", Request], _T]], Callable[..., _T]]:
    """Decorates a protocol method about the properties in `field`. Its errors get the name of the resource."""

    def decorate(method: Callable[["AwsProvider", Request], _T]) -> Callable[..., _T]:
        def answer(self: "AwsProvider", request: Any, context: grpc.ServicerContext) -> _T:
            call = Request(request, field)
            try:
                return method(self, call)
            except _EXPECTED as error:
                message = call.message(error)
                if isinstance(error, HalfMadeError):
                    context.set_trailing_metadata((("grpc-status-details-bin", _half_made(error, call, message)),))
                context.abort(grpc.StatusCode.UNKNOWN, message)

        return answer

    return decorate


class AwsProvider(provider_grpc.ResourceProviderServicer):
    """Resources and functions of the package `aws`, on the account that `environment` names.

    Args:
        environment: the process's. AWS_ENDPOINT_URL must be a loopback address, or every call is refused.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._lifecycle: Lifecycle | None = None

    # The plugin

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> provider.ProviderHandshakeResponse:  # noqa: N802
        return provider.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> plugin.PluginInfo:  # noqa: N802
        return plugin.PluginInfo(version=sdk_version("pulumi_aws"))

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        if self._lifecycle:
            self._lifecycle.cancel()
        return empty_pb2.Empty()

    # Configuration

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> provider.CheckResponse:  # noqa: N802
        news, _ = from_struct(request.news)
        reasons = [
            Fault(name, "the sandbox's provider does not support this setting")
            for name in sorted(news.keys() - SETTINGS)
        ]
        try:
            loopback_endpoint(self._environment)
        except ValueError as error:
            reasons.append(Fault("", str(error)))
        return provider.CheckResponse(inputs=request.news, failures=_failures(reasons, {}, ()))

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> provider.DiffResponse:  # noqa: N802
        call = Request(request, "news")
        olds, news = call.other("old_inputs"), call.values
        diffs = [name for name in sorted(olds.keys() | news.keys()) if olds.get(name) != news.get(name)]
        # Resources do not move between regions: a provider of another region replaces them.
        replaces = [name for name in diffs if name == "region" and UNKNOWN not in (olds.get(name), news.get(name))]
        kind = provider.DiffResponse.DIFF_SOME if diffs else provider.DiffResponse.DIFF_NONE
        return provider.DiffResponse(changes=kind, diffs=diffs, replaces=replaces)

    @_answers("args")
    def Configure(self, call: Request) -> provider.ConfigureResponse:  # noqa: N802
        config = call.values
        endpoint = loopback_endpoint(self._environment)
        region = config.get("region") or self._environment.get("AWS_REGION") or ""
        if region is UNKNOWN or not region:
            raise ValueError("no region: set aws:region, or the provider's region")
        account = Account(endpoint, region)
        # The SDK passes lists and objects in a provider's settings as JSON.
        _require_allowed(account, json.loads(config.get("allowedAccountIds", "[]")))
        self._lifecycle = Lifecycle(account, json.loads(config.get("defaultTags", "{}")).get("tags", {}))
        return provider.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    # Functions

    @_answers("args")
    def Invoke(self, call: Request) -> provider.InvokeResponse:  # noqa: N802
        from .functions import invoke  # slow to import, as it imports the resource types

        response = provider.InvokeResponse()
        result = to_struct(invoke(self._ready().account, call.request.tok, call.values))
        getattr(response, "return").CopyFrom(result)  # a Python keyword
        return response

    # Resources

    @_answers("news")
    def Check(self, call: Request) -> provider.CheckResponse:  # noqa: N802
        resource, lifecycle = call.resource, self._ready()
        naming = Naming(call.name, call.request.randomSeed)
        inputs, reasons = lifecycle.check(resource, call.values, call.other("olds"), naming)
        return provider.CheckResponse(inputs=call.struct(inputs), failures=_failures(reasons, inputs, call.wrapped))

    @_answers("news")
    def Diff(self, call: Request) -> provider.DiffResponse:  # noqa: N802
        inputs, outputs = call.other("old_inputs"), call.other("olds")
        change = checking.diff(call.resource, inputs, call.values, outputs, call.request.ignoreChanges)
        detailed = {
            name: provider.PropertyDiff(
                kind=provider.PropertyDiff.Kind.Value(kind.upper() + "_REPLACE" * (name in change.replaces)),
                inputDiff=True,
            )
            for name, kind in change.kinds.items()
        }
        return provider.DiffResponse(
            changes=provider.DiffResponse.DIFF_SOME if change.kinds else provider.DiffResponse.DIFF_NONE,
            diffs=list(change.kinds),
            replaces=change.replaces,
            deleteBeforeReplace=change.delete_first,
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    @_answers("properties")
    def Create(self, call: Request) -> provider.CreateResponse:  # noqa: N802
        request, resource, lifecycle = call.request, call.resource, self._ready()
        if request.preview:
            return provider.CreateResponse(properties=call.struct(lifecycle.preview(resource, call.values)))
        identifier, outputs = lifecycle.create(resource, call.values, request.timeout)
        return provider.CreateResponse(id=identifier, properties=call.struct(outputs))

    @_answers("inputs")
    def Read(self, call: Request) -> provider.ReadResponse:  # noqa: N802
        olds, old_secret = from_struct(call.request.properties)
        found = self._ready().read(call.resource, call.request.id, call.values, olds)
        if found is None:
            return provider.ReadResponse()
        call.secret |= old_secret
        return provider.ReadResponse(id=found[0], properties=call.struct(found[1]), inputs=call.struct(found[2]))

    @_answers("news")
    def Update(self, call: Request) -> provider.UpdateResponse:  # noqa: N802
        request, resource, lifecycle = call.request, call.resource, self._ready()
        news, olds, old_inputs = call.values, call.other("olds"), call.other("old_inputs")
        if request.preview:
            outputs = lifecycle.preview(resource, news, olds)
        else:
            outputs = lifecycle.update(
                resource, request.id, olds, old_inputs, news, request.ignoreChanges, request.timeout
            )
        return provider.UpdateResponse(properties=call.struct(outputs))

    @_answers("properties")
    def Delete(self, call: Request) -> empty_pb2.Empty:  # noqa: N802
        self._ready().delete(call.resource, call.request.id, call.values, call.request.timeout)
        return empty_pb2.Empty()

    def _ready(self) -> Lifecycle:
        if not self._lifecycle:
            raise ValueError("the provider is not configured")
        return self._lifecycle


def _failures(faults: Iterable[Fault], values: Values, secret: Collection[str]) -> list[provider.CheckFailure]:
    """Returns failures that name the property in their text only, as the engine prints the value of any other."""
    texts = (fault.text(secret=fault.name in secret) for fault in faults)
    return [provider.CheckFailure(reason=_redact(text, values, secret)) for text in texts]


def _redact(text: str, values: Values, secret: Collection[str]) -> str:
    """Returns a text without the values of the secret properties."""
    hidden = {leaf for name in secret for leaf in leaves(values.get(name)) if isinstance(leaf, str) and leaf}
    for one in sorted(hidden, key=len, reverse=True):
        text = text.replace(one, "[secret]")
    return text


def _half_made(error: HalfMadeError, call: Request, message: str) -> bytes:
    """Returns a status whose details hold the object, so that the engine keeps it in the state."""
    detail = any_pb2.Any()
    detail.Pack(
        provider.ErrorResourceInitFailed(
            id=error.identifier,
            properties=call.struct(error.outputs),
            inputs=call.struct(error.inputs),
            reasons=[message],
        )
    )
    code: Any = grpc.StatusCode.UNKNOWN.value
    return status.Status(code=code[0], message=message, details=[detail]).SerializeToString()
