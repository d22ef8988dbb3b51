"""Runs the program, or a part of it, under Pulumi's mocks, and records what it registers, exports and logs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from unittest import mock

import pulumi
import pulumi.runtime
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto.source_pb2 import StackTrace
from pulumi.runtime.stack import Stack

from components.edge import certificates, records
from components.edge.certificates import Certificate
from components.service import running
from recording.config import NAMESPACE, engine_config
from recording.deployment import Deployment, Registration
from recording.fake_aws import FakeAws, route_tables
from recording.wire import holds_secret, plain, struct


class _RecordingMonitor(MockMonitor):
    """Pulumi's mock of the engine, which also records the options of each request."""

    def __init__(self, answers: FakeAws, deployment: Deployment) -> None:
        super().__init__(answers)
        self._deployment = deployment
        self._answer: Any = super()  # whose methods have no types

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        if request.type == "awsx:ec2:Vpc":
            # The SDK asks the engine for the resources that the outputs of the component refer to.
            for urn, id_ in route_tables(request.name).items():
                self.resources[urn] = MockMonitor.ResourceRegistration(urn, id_, {})
        response = self._answer.RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            inputs = struct(request.object)
            self._deployment.registered.append(
                Registration(
                    type=request.type,
                    name=request.name,
                    urn=response.urn,
                    parent=request.parent,
                    inputs=plain(inputs),
                    secret_inputs=frozenset(key for key, value in inputs.items() if holds_secret(value)),
                    custom=request.custom,
                    protect=request.protect,
                    retain_on_delete=request.retainOnDelete,
                    ignore_changes=tuple(request.ignoreChanges),
                    replace_on_changes=tuple(request.replaceOnChanges),
                    delete_before_replace=(request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None),
                    depends_on=frozenset(request.dependencies),
                    provider=_provider_name(request),
                    timeouts=_timeouts(request.customTimeouts),
                    transforms=len(request.transforms),
                    before_update=tuple(request.hooks.before_update),
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        self._deployment.outputs_of.append(request.urn)
        return self._answer.RegisterResourceOutputs(request)

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        if not request.tok.startswith("pulumi:"):
            self._deployment.calls.append((request.tok, plain(struct(request.args)), request.provider))
        return self._answer.Invoke(request)


def deploy(
    program: Callable[[], object],
    *,
    stack: str = "prod",
    config: Mapping[str, object] | None = None,
    encrypted: Collection[str] = ("secrets",),
    answers: FakeAws | None = None,
) -> Deployment:
    """Runs `program` as the engine would, and waits for all of its outputs.

    The keys of `config` may have the project's namespace. `encrypted` names the keys that the stack file holds as
    secrets. Raises what the program raises.
    """
    answers = answers or FakeAws()
    deployment = Deployment()
    # Drops the root resource and the exports of an earlier run.
    pulumi.runtime.reset_options()
    pulumi.runtime.set_mocks(
        answers,
        project=NAMESPACE,
        stack=stack,
        logger=_recording_logger(deployment),
        monitor=_RecordingMonitor(answers, deployment),
    )

    async def keep_exports(outputs: Mapping[str, Any]) -> None:
        for key, value in outputs.items():
            output = pulumi.Output.from_input(value)
            deployment.exports[key] = await output.future()
            if await output.is_secret():
                deployment.secret_exports.add(key)

    def run() -> object:
        program()
        root = pulumi.runtime.get_root_resource()
        assert isinstance(root, Stack)  # noqa: S101 - for the type checker
        return keep_exports(root.outputs)

    runtime: Any = pulumi.runtime  # whose decorator has no types
    targets: Mapping[str, Sequence[str]] = answers.service.targets if answers.service else {}

    def states(_region: str, group: str) -> Sequence[str]:
        return targets[group]

    def certificate(_region: str, _arn: str) -> Certificate | None:
        return answers.certificate

    def regions(_region: str, _zone: str, _name: str) -> Mapping[str, records.Check]:
        return answers.regions

    with (
        engine_config(config or {}, encrypted),
        # The lines that register each resource take a fifth of a run to find, and nothing here needs them.
        mock.patch("pulumi.runtime.resource._get_stack_trace", StackTrace),
        mock.patch.object(running, "target_states", states),
        mock.patch.object(certificates, "find_certificate", certificate),
        mock.patch.object(records, "find_regions", regions),
    ):
        runtime.test(run)()
    return deployment


def _provider_name(request: Any) -> str:
    reference: str = request.provider or request.providers.get("aws", "")
    return reference.rpartition("::")[0].rpartition("::")[2]


def _timeouts(message: Any) -> dict[str, str]:
    named = {name: getattr(message, name) for name in ("create", "update", "delete")}
    return {name: text for name, text in named.items() if text}


def _recording_logger(deployment: Deployment) -> logging.Logger:
    logger = logging.Logger("engine", logging.INFO)  # messages of a lower level come from the runtime

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said = deployment.warnings if record.levelno >= logging.WARNING else deployment.notices
            said.append(record.getMessage())

    logger.addHandler(Keep())
    return logger
