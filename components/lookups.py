"""The lookups in AWS of what is there already: of the stack, of its operators, and of what AWS offers."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_aws as aws

from components.access.data_key import ExistingKey, find_key
from components.access.models import InferenceProfile, InferenceTypes, find_models, find_profile
from components.data.registry import Image, find_image
from components.edge import certificates, records
from components.edge.certificates import Certificate
from components.edge.domain import HostedZone, find_zone
from components.edge.records import Check
from components.lib import target_health
from components.lib.account import Account
from components.lib.names import Names
from components.lib.provider import ProviderArgs, aws_provider
from components.network import find_network
from components.service.running import RunningService, find_service, find_zones


class Lookups:
    """Looks up what is in AWS already, through the provider of all resources."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._made: tuple[aws.Provider, Account] | None = None

    def provider(self, args: ProviderArgs) -> aws.Provider:
        """Returns the provider. Creates it at the first call, as its arguments are settings.

        Raises:
            pulumi.RunError: the credentials do not work. So no other lookup has to find that out.
        """
        return self._make(args)[0]

    def account(self, args: ProviderArgs) -> Account:
        """Returns the account that the provider works on."""
        return self._make(args)[1]

    def account_id(self, args: ProviderArgs) -> str:
        """Returns the id of the account."""
        return self.account(args).id

    def _make(self, args: ProviderArgs) -> tuple[aws.Provider, Account]:
        if self._made is None:
            provider = aws_provider(args)
            self._made = provider, Account.of(provider, args.region)
        return self._made

    def image(self, args: ProviderArgs, tag: str) -> Image | None:
        """Returns an image in the stack's registry, see `find_image`."""
        return find_image(self.provider(args), self._names.repository, tag)

    def network(self, args: ProviderArgs) -> str | None:
        """Returns the IPv4 block of the stack's network, see `find_network`."""
        return find_network(self.provider(args), self._names.service, self._names.stack)

    def data_key(self, args: ProviderArgs) -> ExistingKey | None:
        """Returns the key of the stack's data, see `find_key`."""
        return find_key(self.provider(args), self._names.data_key)

    def service(self, args: ProviderArgs) -> RunningService | None:
        """Returns the stack's service as it runs, see `find_service`."""
        return find_service(
            self.provider(args), self._names, lambda group: target_health.target_states(args.region, group)
        )

    def zones(self, args: ProviderArgs) -> int:
        """Returns the number of zones that the stack is in, see `find_zones`."""
        return find_zones(self.provider(args), self._names)

    def certificate(self, args: ProviderArgs, arn: str) -> Certificate | None:
        """Returns a certificate of the region, see `find_certificate`."""
        self.provider(args)  # which says if the credentials do not work
        return certificates.find_certificate(args.region, arn)

    def zone(self, args: ProviderArgs, hosted_zone_id: str) -> HostedZone | None:
        """Returns a hosted zone, see `find_zone`."""
        return find_zone(self.provider(args), hosted_zone_id)

    def regions(self, args: ProviderArgs, hosted_zone_id: str, name: str) -> Mapping[str, Check] | None:
        """Returns the regions that share a name, see `find_regions`."""
        self.provider(args)  # which says if the credentials do not work
        return records.find_regions(args.region, hosted_zone_id, name)

    def models(self, args: ProviderArgs) -> Mapping[str, InferenceTypes]:
        """Returns the models of the region, see `find_models`."""
        return find_models(self.provider(args))

    def profile(self, args: ProviderArgs, profile_id: str) -> InferenceProfile | None:
        """Returns an inference profile of the region, see `find_profile`."""
        return find_profile(self.provider(args), profile_id)
