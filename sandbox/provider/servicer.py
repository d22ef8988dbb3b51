"""The engine's provider protocol, for the package `aws`."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NoReturn, TypeVar, cast

import grpc
from google.protobuf import any_pb2, empty_pb2

from . import checking
from .account import Account, AccountError, loopback_endpoint
from .checking import Naming
from .convert import ConversionError
from .faults import Fault
from .functions import invoke
from .lifecycle import HalfMadeError, Lifecycle
from .resources import TABLE
from .spec import Resource
from .stubs import plugin, provider, provider_grpc, status
from .values import UNKNOWN, Values, from_struct, to_struct

_SETTINGS = frozenset({"region", "defaultTags", "version"})
# What a program for a real account may set and what changes nothing here: the endpoint and the credentials come from
# the environment alone.
_IDLE_SETTINGS = frozenset(
    {"accessKey", "secretKey", "token", "maxRetries", "retryMode", "s3UsePathStyle", "skipCredentialsValidation"}
    | {"skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId"}
)
_CONFIG = _SETTINGS | _IDLE_SETTINGS
_EXPECTED = (AccountError, ConversionError, TimeoutError, ValueError)
_T = TypeVar("_T")


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
        return provider.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=False, accept_outputs=False, supports_autonaming_configuration=True
        )

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> plugin.PluginInfo:  # noqa: N802
        from importlib.metadata import version  # slow to import, and a plugin must start at once

        return plugin.PluginInfo(version=version("pulumi_aws"))

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
        return provider.CheckResponse(inputs=request.news, failures=_failures(reasons))

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> provider.DiffResponse:  # noqa: N802
        olds, _ = from_struct(request.old_inputs if request.HasField("old_inputs") else request.olds)
        news, _ = from_struct(request.news)
        diffs = [name for name in sorted(olds.keys() | news.keys()) if olds.get(name) != news.get(name)]
        # What is in one region is not in another, so a provider that moves takes its resources along.
        replaces = [name for name in diffs if name == "region" and UNKNOWN not in (olds.get(name), news.get(name))]
        kind = provider.DiffResponse.DIFF_SOME if diffs else provider.DiffResponse.DIFF_NONE
        return provider.DiffResponse(changes=kind, diffs=diffs, replaces=replaces)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> provider.ConfigureResponse:  # noqa: N802
        def configure() -> provider.ConfigureResponse:
            config, _ = from_struct(request.args)
            strangers = sorted(config.keys() - _CONFIG)
            if strangers:
                raise ValueError(f"the sandbox's provider has no setting {', '.join(strangers)}")
            endpoint = loopback_endpoint(self._environment)
            region = config.get("region") or self._environment.get("AWS_REGION") or ""
            if region is UNKNOWN or not region:
                raise ValueError("no region: set aws:region, or the provider's region")
            account = Account(endpoint, region, self._environment)
            given: Any = config.get("defaultTags")
            tags: Any = json.loads(given) if isinstance(given, str) else given
            default: Values = cast(Values, tags).get("tags") or {} if isinstance(tags, dict) else {}
            self._configured = account, Lifecycle(account, default)
            return provider.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

        return _answer(context, "provider aws", configure)

    # Functions

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> provider.InvokeResponse:  # noqa: N802
        args, secret = from_struct(request.args)

        def call() -> provider.InvokeResponse:
            result = invoke(self._account(), request.tok, args)
            response = provider.InvokeResponse()
            getattr(response, "return").CopyFrom(to_struct(result))  # a keyword of Python's
            return response

        return _answer(context, request.tok, call, _texts(args, secret))

    # Resources

    def Check(self, request: Any, context: grpc.ServicerContext) -> provider.CheckResponse:  # noqa: N802
        news, secret = from_struct(request.news)
        olds, _ = from_struct(request.olds)
        options = request.autonaming if request.HasField("autonaming") else None
        modes = provider.CheckRequest.AutonamingOptions
        naming = Naming(
            logical=_name(request.urn),
            seed=request.randomSeed,
            proposed=options.proposed_name if options else "",
            enforced=bool(options) and options.mode == modes.ENFORCE,
            disabled=bool(options) and options.mode == modes.DISABLE,
        )

        def check() -> provider.CheckResponse:
            resource = _resource(request.urn)
            inputs, reasons = self._lifecycle().check(resource, news, olds, naming, request.urn)
            wrapped = _secret_names(resource, secret)
            failures = _failures(reasons, wrapped, _texts(inputs, wrapped))
            return provider.CheckResponse(inputs=to_struct(inputs, wrapped), failures=failures)

        return _answer(context, _where(request.urn), check, _texts(news, secret))

    def Diff(self, request: Any, context: grpc.ServicerContext) -> provider.DiffResponse:  # noqa: N802
        olds, _ = from_struct(request.old_inputs if request.HasField("old_inputs") else request.olds)
        news, _ = from_struct(request.news)

        def diff() -> provider.DiffResponse:
            change = checking.diff(_resource(request.urn), olds, news, request.ignoreChanges)
            kinds = provider.PropertyDiff
            detailed = {
                name: kinds(
                    kind=kinds.Kind.Value(kind.upper() + ("_REPLACE" if name in change.replaces else "")),
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

        return _answer(context, _where(request.urn), diff)

    def Create(self, request: Any, context: grpc.ServicerContext) -> provider.CreateResponse:  # noqa: N802
        inputs, secret = from_struct(request.properties)

        def create() -> provider.CreateResponse:
            resource, lifecycle = _resource(request.urn), self._lifecycle()
            if request.preview:
                identifier, outputs = "", lifecycle.preview(resource, inputs)
            else:
                identifier, outputs = lifecycle.create(
                    resource, inputs, request.timeout, lambda made: self._note(request.urn, made), request.urn
                )
            return provider.CreateResponse(
                id=identifier, properties=to_struct(outputs, _secret_names(resource, secret))
            )

        return _answer(context, _where(request.urn), create, _texts(inputs, secret), secret)

    def _note(self, urn: str, identifier: str) -> None:
        journal = self._environment.get("SANDBOX_JOURNAL")
        if journal:
            line = json.dumps({"urn": urn, "id": identifier}) + "\n"
            # One write to the end of the file, so that lines of several plugins never mix.
            with open(journal, "ab", buffering=0) as file:  # noqa: PTH123 - pathlib has no unbuffered append
                file.write(line.encode())

    def Read(self, request: Any, context: grpc.ServicerContext) -> provider.ReadResponse:  # noqa: N802
        olds, old_secret = from_struct(request.properties)
        inputs, secret = from_struct(request.inputs)

        def read() -> provider.ReadResponse:
            resource = _resource(request.urn)
            found = self._lifecycle().read(resource, request.id, inputs, olds)
            if found is None:
                return provider.ReadResponse()
            wrapped = _secret_names(resource, secret | old_secret)
            return provider.ReadResponse(
                id=found[0], properties=to_struct(found[1], wrapped), inputs=to_struct(found[2], wrapped)
            )

        return _answer(context, _where(request.urn), read, _texts(inputs, secret))

    def Update(self, request: Any, context: grpc.ServicerContext) -> provider.UpdateResponse:  # noqa: N802
        olds, _ = from_struct(request.olds)
        old_inputs, _ = from_struct(request.old_inputs)
        news, secret = from_struct(request.news)

        def update() -> provider.UpdateResponse:
            resource, lifecycle = _resource(request.urn), self._lifecycle()
            if request.preview:
                outputs = lifecycle.preview(resource, news, olds)
            else:
                outputs = lifecycle.update(
                    resource, request.id, olds, old_inputs, news, request.ignoreChanges, request.timeout
                )
            return provider.UpdateResponse(properties=to_struct(outputs, _secret_names(resource, secret)))

        return _answer(context, _where(request.urn), update, _texts(news, secret), secret)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        olds, secret = from_struct(request.properties)

        def delete() -> empty_pb2.Empty:
            self._lifecycle().delete(_resource(request.urn), request.id, olds, request.timeout)
            return empty_pb2.Empty()

        return _answer(context, _where(request.urn), delete, _texts(olds, secret))

    def _account(self) -> Account:
        if not self._configured:
            raise ValueError("the provider is not configured")
        return self._configured[0]

    def _lifecycle(self) -> Lifecycle:
        self._account()
        return cast(tuple[Account, Lifecycle], self._configured)[1]


def _type(urn: str) -> str:
    """The type in a URN, `urn:pulumi:<stack>::<project>::<parent types$><type>::<name>`."""
    return urn.split("::")[2].rpartition("$")[2]


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _where(urn: str) -> str:
    return f"{_type(urn)} {_name(urn)}"


def _resource(urn: str) -> Resource:
    token = _type(urn)
    if token not in TABLE:
        raise ValueError("the sandbox does not carry out resources of this type")
    return TABLE[token]


def _secret_names(resource: Resource, secret: Collection[str]) -> set[str]:
    """The properties to wrap: those that came as secrets, those that always are, and what the secret ones end up in."""
    names = {*secret, *resource.secret}
    return names | {"tagsAll"} if "tags" in names else names


def _failures(
    faults: Iterable[Fault], secret: Collection[str] = (), hidden: Iterable[str] = ()
) -> list[provider.CheckFailure]:
    """The property stands in the text alone: the engine would print the whole value of one that a failure names."""
    texts = (fault.text(secret=fault.name in secret) for fault in faults)
    return [provider.CheckFailure(reason=_struck(text, hidden)) for text in texts]


def _struck(text: str, hidden: Iterable[str]) -> str:
    """A text without secrets."""
    for one in hidden:
        text = text.replace(one, "[secret]")
    return text


def _texts(values: Values, secret: Collection[str]) -> list[str]:
    """Every text inside the secret properties."""
    found: list[str] = []

    def collect(value: Any) -> None:
        if isinstance(value, str) and value:
            found.append(value)
        elif isinstance(value, dict):
            for item in cast(Values, value).values():
                collect(item)
        elif isinstance(value, list):
            for item in cast(list[Any], value):
                collect(item)

    for name in secret:
        collect(values.get(name))
    return sorted(found, key=len, reverse=True)


def _answer(
    context: grpc.ServicerContext,
    where: str,
    work: Callable[[], _T],
    hidden: Iterable[str] = (),
    secret: Collection[str] = (),
) -> _T:
    """The result of `work`; an error of it as one message that says where, with the texts in `hidden` struck out."""

    def message(text: object) -> str:
        return _struck(f"{where}: {text}", hidden)

    try:
        return work()
    except HalfMadeError as error:
        _abort_half_made(context, error, message(error.reason), secret)
    except _EXPECTED as error:
        context.abort(grpc.StatusCode.UNKNOWN, message(error))


def _abort_half_made(
    context: grpc.ServicerContext, error: HalfMadeError, message: str, secret: Collection[str]
) -> NoReturn:
    """Let the state keep what exists: the engine reads the object out of the status's details."""
    token = message.partition(" ")[0]
    wrapped = _secret_names(TABLE[token], secret)
    detail = any_pb2.Any()
    detail.Pack(
        provider.ErrorResourceInitFailed(
            id=error.identifier,
            properties=to_struct(error.outputs, wrapped),
            inputs=to_struct(error.inputs, wrapped),
            reasons=[message],
        )
    )
    code = grpc.StatusCode.UNKNOWN
    number = cast(tuple[int, str], code.value)[0]
    details = status.Status(code=number, message=message, details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", details.SerializeToString()),))
    context.abort(code, message)
