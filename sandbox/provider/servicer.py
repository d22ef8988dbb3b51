"""The engine's provider protocol, for the package `aws`."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from google.protobuf import any_pb2, empty_pb2
from google.protobuf.struct_pb2 import Struct

from . import checking
from .account import Account, AccountError, loopback_endpoint, service_model, session
from .checking import Naming
from .convert import ConversionError
from .faults import Fault
from .lifecycle import HalfMadeError, Lifecycle
from .spec import Resource
from .stubs import grpc, plugin, provider, provider_grpc, sdk_version, status
from .values import UNKNOWN, Values, from_struct, is_object, leaves, to_struct

# What a provider may be given. Only the first line changes anything here: the endpoint and the credentials come from
# the environment alone, and the rest is what a program for a real account may set.
_CONFIG = frozenset(
    {"region", "defaultTags", "version"}
    | {"accessKey", "secretKey", "token", "maxRetries", "retryMode", "s3UsePathStyle", "skipCredentialsValidation"}
    | {"skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId"}
)
_EXPECTED = (AccountError, ConversionError, HalfMadeError, TimeoutError, ValueError)
_T = TypeVar("_T")


class _Asked:
    """A request of the engine, with the properties that it is about.

    Args:
        request: the protocol's message.
        field: where in it the properties are: those that an answer wraps secrets by, and an error leaves out.
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
        """The properties in another field."""
        return from_struct(getattr(self.request, field))[0]

    @property
    def resource(self) -> Resource:
        """The type's entry in the table. Raises ValueError."""
        from .types import TABLE  # takes long to import, and a plugin must start at once

        if self.type not in TABLE:
            raise ValueError("the sandbox does not carry out resources of this type")
        return TABLE[self.type]

    @property
    def wrapped(self) -> set[str]:
        """The properties to wrap: what came as a secret, what always is one, and what the secret ones end up in."""
        names = {*self.secret, *self.resource.secret}
        return names | {"tagsAll"} if "tags" in names else names

    def struct(self, values: Values) -> Struct:
        """Properties of the resource in wire form."""
        return to_struct(values, self.wrapped)

    def message(self, error: Exception) -> str:
        """What the engine shows of an error."""
        return _struck(f"{self.where}: {error}", self.values, self.secret)


def _answers(field: str) -> Callable[[Callable[["AwsProvider", _Asked], _T]], Callable[..., _T]]:
    """A method of the protocol about the properties in `field`; an error of it becomes one message that says where."""

    def decorate(method: Callable[["AwsProvider", _Asked], _T]) -> Callable[..., _T]:
        def answer(self: "AwsProvider", request: Any, context: grpc.ServicerContext) -> _T:
            asked = _Asked(request, field)
            try:
                return method(self, asked)
            except _EXPECTED as error:
                message = asked.message(error)
                if isinstance(error, HalfMadeError):
                    context.set_trailing_metadata((("grpc-status-details-bin", _half_made(error, asked, message)),))
                context.abort(grpc.StatusCode.UNKNOWN, message)

        return answer

    return decorate


class AwsProvider(provider_grpc.ResourceProviderServicer):
    """Resources and functions of the package `aws`, on the account that `environment` names.

    Args:
        environment: the process's; AWS_ENDPOINT_URL must be a loopback address, or every call is refused.
            SANDBOX_JOURNAL names a file that gets a line for each object made: an engine that is killed cannot record
            the last ones.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._configured: tuple[Account, Lifecycle] | None = None

    # The plugin

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> provider.ProviderHandshakeResponse:  # noqa: N802
        return provider.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> plugin.PluginInfo:  # noqa: N802
        return plugin.PluginInfo(version=sdk_version("pulumi_aws"))

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> provider.GetSchemaResponse:  # noqa: N802
        return provider.GetSchemaResponse(schema="{}")

    def Attach(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        if self._configured:
            self._configured[1].cancel()
        return empty_pb2.Empty()

    # Configuration

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> provider.CheckResponse:  # noqa: N802
        news, _ = from_struct(request.news)
        reasons = [Fault(name, "the sandbox's provider has no such setting") for name in sorted(news.keys() - _CONFIG)]
        try:
            loopback_endpoint(self._environment)
        except ValueError as error:
            reasons.append(Fault("", str(error)))
        return provider.CheckResponse(inputs=request.news, failures=_failures(reasons, {}, ()))

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> provider.DiffResponse:  # noqa: N802
        asked = _Asked(request, "news")
        olds, news = asked.other("old_inputs"), asked.values
        diffs = [name for name in sorted(olds.keys() | news.keys()) if olds.get(name) != news.get(name)]
        # What is in one region is not in another, so a provider that moves takes its resources along.
        replaces = [name for name in diffs if name == "region" and UNKNOWN not in (olds.get(name), news.get(name))]
        kind = provider.DiffResponse.DIFF_SOME if diffs else provider.DiffResponse.DIFF_NONE
        return provider.DiffResponse(changes=kind, diffs=diffs, replaces=replaces)

    @_answers("args")
    def Configure(self, asked: _Asked) -> provider.ConfigureResponse:  # noqa: N802
        config = asked.values
        endpoint = loopback_endpoint(self._environment)
        region = config.get("region") or self._environment.get("AWS_REGION") or ""
        if region is UNKNOWN or not region:
            raise ValueError("no region: set aws:region, or the provider's region")
        given = config.get("defaultTags")
        tags: Any = json.loads(given) if isinstance(given, str) else given
        account = Account(endpoint, region, self._environment)
        self._configured = account, Lifecycle(account, tags.get("tags") or {} if is_object(tags) else {})
        return provider.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    # Functions

    @_answers("args")
    def Invoke(self, asked: _Asked) -> provider.InvokeResponse:  # noqa: N802
        from .functions import invoke  # slow to import, as it brings the table along

        response = provider.InvokeResponse()
        result = to_struct(invoke(self._ready()[0], asked.request.tok, asked.values))
        getattr(response, "return").CopyFrom(result)  # a keyword of Python's
        return response

    # Resources

    @_answers("news")
    def Check(self, asked: _Asked) -> provider.CheckResponse:  # noqa: N802
        request, modes = asked.request, provider.CheckRequest.AutonamingOptions
        options = request.autonaming  # an empty message, where there are none
        naming = Naming(
            logical=asked.name,
            seed=request.randomSeed,
            proposed=options.proposed_name,
            enforced=options.mode == modes.ENFORCE,
            disabled=options.mode == modes.DISABLE,
        )
        resource, lifecycle = asked.resource, self._ready()[1]
        inputs, reasons = lifecycle.check(resource, asked.values, asked.other("olds"), naming)
        return provider.CheckResponse(inputs=asked.struct(inputs), failures=_failures(reasons, inputs, asked.wrapped))

    @_answers("news")
    def Diff(self, asked: _Asked) -> provider.DiffResponse:  # noqa: N802
        inputs, outputs = asked.other("old_inputs"), asked.other("olds")
        change = checking.diff(asked.resource, inputs, asked.values, outputs, asked.request.ignoreChanges)
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
    def Create(self, asked: _Asked) -> provider.CreateResponse:  # noqa: N802
        request, resource, lifecycle = asked.request, asked.resource, self._ready()[1]
        if request.preview:
            return provider.CreateResponse(properties=asked.struct(lifecycle.preview(resource, asked.values)))
        note, in_state = partial(self._note, request.urn), partial(self._in_state, request.urn)
        identifier, outputs = lifecycle.create(resource, asked.values, request.timeout, request.urn, note, in_state)
        return provider.CreateResponse(id=identifier, properties=asked.struct(outputs))

    def _note(self, urn: str, identifier: str) -> None:
        journal = self._environment.get("SANDBOX_JOURNAL")
        if journal:
            line = json.dumps({"urn": urn, "id": identifier}) + "\n"
            # One write to the end of the file, so that lines of several plugins never mix.
            with open(journal, "ab", buffering=0) as file:  # noqa: PTH123 - pathlib has no unbuffered append
                file.write(line.encode())

    def _in_state(self, urn: str, identifier: str) -> bool:
        from sandbox.engine_state import holds  # rarely needed, and a plugin must start at once

        return holds(self._environment.get("PULUMI_BACKEND_URL", ""), urn, identifier)

    @_answers("inputs")
    def Read(self, asked: _Asked) -> provider.ReadResponse:  # noqa: N802
        olds, old_secret = from_struct(asked.request.properties)
        found = self._ready()[1].read(asked.resource, asked.request.id, asked.values, olds)
        if found is None:
            return provider.ReadResponse()
        asked.secret |= old_secret
        return provider.ReadResponse(id=found[0], properties=asked.struct(found[1]), inputs=asked.struct(found[2]))

    @_answers("news")
    def Update(self, asked: _Asked) -> provider.UpdateResponse:  # noqa: N802
        request, resource, lifecycle = asked.request, asked.resource, self._ready()[1]
        news, olds, old_inputs = asked.values, asked.other("olds"), asked.other("old_inputs")
        if request.preview:
            outputs = lifecycle.preview(resource, news, olds)
        else:
            outputs = lifecycle.update(
                resource, request.id, olds, old_inputs, news, request.ignoreChanges, request.timeout
            )
        return provider.UpdateResponse(properties=asked.struct(outputs))

    @_answers("properties")
    def Delete(self, asked: _Asked) -> empty_pb2.Empty:  # noqa: N802
        self._ready()[1].delete(asked.resource, asked.request.id, asked.values, asked.request.timeout)
        return empty_pb2.Empty()

    def _ready(self) -> tuple[Account, Lifecycle]:
        if not self._configured:
            raise ValueError("the provider is not configured")
        return self._configured


def _failures(faults: Iterable[Fault], values: Values, secret: Collection[str]) -> list[provider.CheckFailure]:
    """The property stands in the text alone: the engine would print the whole value of one that a failure names."""
    texts = (fault.text(secret=fault.name in secret) for fault in faults)
    return [provider.CheckFailure(reason=_struck(text, values, secret)) for text in texts]


def _struck(text: str, values: Values, secret: Collection[str]) -> str:
    """A text without those that stand in the secret properties."""
    hidden = {leaf for name in secret for leaf in leaves(values.get(name)) if isinstance(leaf, str) and leaf}
    for one in sorted(hidden, key=len, reverse=True):
        text = text.replace(one, "[secret]")
    return text


def _half_made(error: HalfMadeError, asked: _Asked, message: str) -> bytes:
    """A status that lets the state keep what exists: the engine reads the object out of its details."""
    detail = any_pb2.Any()
    detail.Pack(
        provider.ErrorResourceInitFailed(
            id=error.identifier,
            properties=asked.struct(error.outputs),
            inputs=asked.struct(error.inputs),
            reasons=[message],
        )
    )
    code: Any = grpc.StatusCode.UNKNOWN.value
    return status.Status(code=code[0], message=message, details=[detail]).SerializeToString()


def prepare() -> Iterator[None]:
    """Load what the calls to come will need, a step each time: half a second in all, while the program is at work.

    That is botocore, the tables and the models of their services, the most used ones first.
    """
    session()
    yield
    from .types import TABLE

    for service, _ in Counter(resource.service for resource in TABLE.values()).most_common():
        yield
        service_model(service)
