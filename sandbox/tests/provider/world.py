"""Makes objects of the samples on an account."""

import uuid
from typing import Any

from sandbox.provider.values import is_list, is_object
from sandbox.tests.provider.harness import Engine, Made, client
from sandbox.tests.provider.samples import SAMPLES, SECOND, Ref, document


class World:
    """Creates samples on an account, each after those that it refers to, and deletes them in the opposite order."""

    def __init__(self, engine: Engine, endpoint: str) -> None:
        self.engine = engine
        self.given = {"ZONE": new_zone(endpoint), "POLICY": _policy(endpoint)}  # what no sample makes
        self.made: dict[str, Made] = {}

    def resolve(self, value: Any) -> Any:
        if isinstance(value, Ref):
            made = self.make(value.token)
            if value.output == "path":  # a service, the way that Application Auto Scaling names it
                return "service/" + made.id.partition(":service/")[2]
            return made.id if value.output == "id" else made.outputs[value.output]
        if is_object(value):
            return {name: self.resolve(item) for name, item in value.items()}
        if is_list(value):
            return [self.resolve(item) for item in value]
        return self.given.get(value, value) if isinstance(value, str) else value

    def make(self, key: str) -> Made:
        """The sample of that type, or the one of `SECOND`."""
        if key not in self.made:
            token = SECOND.get(key, key)
            for needed in SAMPLES[key].after:
                self.make(needed)
            sensitive = tuple(name for name in ("secretString", "authToken") if name in SAMPLES[key].inputs)
            inputs = self.resolve(SAMPLES[key].inputs)
            self.made[key] = self.engine.create(token, key.rpartition(":")[2], inputs, secret=sensitive)
        return self.made[key]

    def clear(self) -> None:
        """Delete everything that was made."""
        for key in reversed(list(self.made)):
            self.engine.delete(self.made.pop(key))


def _policy(endpoint: str) -> str:
    """The ARN of an IAM policy. Its name is new, as an account that is not reset may hold one."""
    made = client(endpoint, "iam").create_policy(PolicyName=uuid.uuid4().hex, PolicyDocument=document())
    return str(made["Policy"]["Arn"])


def new_zone(endpoint: str) -> str:
    """The id of a hosted zone for example.com."""
    zone = client(endpoint, "route53").create_hosted_zone(Name="example.com", CallerReference=uuid.uuid4().hex)
    return str(zone["HostedZone"]["Id"]).rpartition("/")[2]
