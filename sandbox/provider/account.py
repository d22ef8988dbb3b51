"""The embedded account: one botocore session, one client a service and region, loopback only."""

import importlib
import ipaddress
import os
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache, cached_property, wraps
from typing import Any
from urllib.parse import urlsplit

ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"
_MADE_UP = "sandbox"
_LOCK = threading.Lock()  # botocore's session is not safe to share between threads, its clients are
_ABSENT_CODE = re.compile(r"NotFound|NoSuch|Non[Ee]xist|NotExist")
_ABSENT_MESSAGE = re.compile(
    r"not found|^no .* found|unable to describe task definition|marked (for deletion|deleted)", re.IGNORECASE
)


class AccountError(Exception):
    """A call that the account refused, or that the service's model forbids.

    `code` is AWS's error code. The text names the operation, the code and the service's message, never a parameter.
    """

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.code, self.message = code, message

    @property
    def absent(self) -> bool:
        """Whether the error says that the object does not exist."""
        return bool(_ABSENT_CODE.search(self.code) or _ABSENT_MESSAGE.search(self.message))


def loopback_endpoint(environment: Mapping[str, str]) -> str:
    """Returns the account's endpoint from the environment.

    Raises:
        ValueError: it is not set, or its host is not a loopback address.
    """
    endpoint = environment.get(ENDPOINT_VARIABLE, "")
    if not endpoint:
        raise ValueError(
            f"{ENDPOINT_VARIABLE} is not set: the sandbox's provider works on the sandbox's account only. Run `make up`"
            " and `source .sandbox/env`, or take the sandbox's plugins off PATH to work on a real account."
        )
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if parts.scheme not in ("http", "https") or not loopback:
        raise ValueError(
            f"{ENDPOINT_VARIABLE}={endpoint} is not a loopback address (127.0.0.0/8, ::1 or localhost): the sandbox's"
            " provider refuses every other endpoint, so that it can never touch a real account."
        )
    return endpoint


def _botocore(module: str) -> Any:
    """Imports a module of botocore, which is slow to import and has no types."""
    return importlib.import_module(f"botocore.{module}".rstrip("."))


def _once(make: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a function keep its results. Two callers with the same arguments wait for one result."""
    locks: defaultdict[tuple[str, ...], threading.Lock] = defaultdict(threading.Lock)
    kept = cache(make)

    @wraps(make)
    def get(*key: str) -> Any:
        with locks[key]:
            return kept(*key)

    return get


@_once
def session() -> Any:
    """The process's botocore session. It reads no profile and no configuration file of the operator's."""
    nothing = (None, None, None, None)
    session = _botocore("session").Session(session_vars={"profile": nothing, "ca_bundle": nothing})
    session.set_config_variable("config_file", os.devnull)
    session.set_config_variable("credentials_file", os.devnull)
    session.get_component("data_loader")  # safe to share between threads, once it is made
    return session


@_once
def service_model(service: str) -> Any:
    """botocore's model of a service: its operations and their shapes."""
    return session().get_service_model(service)


class Account:
    """The account behind a loopback endpoint, seen from one region.

    Args:
        endpoint: from `loopback_endpoint`.
        region: the region of all calls.
    """

    def __init__(self, endpoint: str, region: str) -> None:
        self.endpoint, self.region = endpoint, region
        self._client = _once(self._new_client)

    def _new_client(self, service: str) -> Any:
        config = _botocore("config").Config(
            proxies={},
            max_pool_connections=32,
            connect_timeout=5,
            read_timeout=60,
            retries={"total_max_attempts": 2},
            s3={"addressing_style": "path"},
        )
        with _LOCK:
            return session().create_client(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint,
                config=config,
                aws_access_key_id=_MADE_UP,
                aws_secret_access_key=_MADE_UP,
            )

    def call(self, service: str, operation: str, params: Mapping[str, Any]) -> Any:
        """Calls an operation (`CreateTable`) of a service (`dynamodb`). Returns its answer.

        Raises:
            AccountError: the account, or botocore's check of the parameters, refused it.
        """
        errors = _botocore("exceptions")
        client = self._client(service)
        try:
            return getattr(client, _botocore("").xform_name(operation))(**params)
        except errors.ClientError as error:
            refusal = error.response.get("Error", {})
            code, said = str(refusal.get("Code")), str(refusal.get("Message"))
        except errors.ParamValidationError as error:
            # The report ends each line with the offending value, which may be a secret.
            report = re.sub(r"value: .*?(, type:|, valid)", r"value\1", str(error), flags=re.DOTALL)
            code, said = "ParamValidation", report
        except (errors.ConnectionError, errors.HTTPClientError) as error:
            code, said = type(error).__name__, f"the sandbox's account does not answer: `make up` starts it ({error})"
        raise AccountError(operation, code, said)

    @cached_property
    def id(self) -> str:
        """The number of the account."""
        return self.call("sts", "GetCallerIdentity", {})["Account"]
