"""Lookups of what exists in AWS already: parts of the stack, objects of its operators, and what AWS offers."""

from __future__ import annotations

from collections.abc import Mapping

from components.access.data_key import ExistingKey, find_key
from components.access.models import InferenceProfile, InferenceTypes, find_models, find_profile
from components.data.app_secrets import SharedSecret, find_secret
from components.data.registry import Image, find_image
from components.edge import certificates, records
from components.edge.certificates import Certificate
from components.edge.domain import HostedZone, find_zone
from components.edge.records import Check
from components.lib.account import Account
from components.lib.names import Names
from components.lib.provider import ProviderArgs, aws_provider
from components.network import find_network
from components.service.running import RunningService, find_service, find_zones


class Lookups:
    """Creates the provider of all resources, and looks up through it what is in AWS already.

    Raises:
        pulumi.RunError: the credentials do not work. So no lookup has to find that out.
    """

    def __init__(self, args: ProviderArgs) -> None:
        self.provider = aws_provider(args)
        self.account = Account.of(self.provider, args.region)
        self._names = Names(args.stack)

    def image(self, tag: str) -> Image | None:
        """Returns an image in the stack's registry, see `find_image`."""
        return find_image(self.provider, self._names.repository, tag)

    def network(self) -> str | None:
        """Returns the IPv4 block of the stack's network, see `find_network`."""
        return find_network(self.provider, self._names.service, self._names.stack)

    def data_key(self) -> ExistingKey | None:
        """Returns the key of the stack's data, see `find_key`."""
        return find_key(self.provider, self._names.data_key)

    def service(self) -> RunningService | None:
        """Returns the stack's service as it runs, see `find_service`."""
        return find_service(self.provider, self.account.region, self._names)

    def zones(self) -> int:
        """Returns the number of zones that the stack is in, see `find_zones`."""
        return find_zones(self.provider, self._names)

    def certificate(self, arn: str) -> Certificate | None:
        """Returns a certificate of the region, see `find_certificate`."""
        return certificates.find_certificate(self.account.region, arn)

    def zone(self, hosted_zone_id: str) -> HostedZone | None:
        """Returns a hosted zone, see `find_zone`."""
        return find_zone(self.provider, hosted_zone_id)

    def regions(self, hosted_zone_id: str, name: str) -> Mapping[str, Check] | None:
        """Returns the regions that share a name, see `find_regions`."""
        return records.find_regions(self.account.region, hosted_zone_id, name)

    def secret(self, arn: str) -> SharedSecret | None:
        """Returns a secret that someone else owns, see `find_secret`."""
        return find_secret(self.provider, arn)

    def models(self) -> Mapping[str, InferenceTypes]:
        """Returns the models of the region, see `find_models`."""
        return find_models(self.provider)

    def profile(self, profile_id: str) -> InferenceProfile | None:
        """Returns an inference profile of the region, see `find_profile`."""
        return find_profile(self.provider, profile_id)
