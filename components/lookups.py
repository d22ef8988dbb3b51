"""The lookups in AWS of what is there already: of the stack, of its operators, and of what AWS offers."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_aws as aws

from components.access.models import InferenceProfile, InferenceTypes, find_models, find_profile
from components.data.registry import find_image
from components.edge import certificates
from components.edge.certificates import Certificate
from components.edge.domain import HostedZone, find_zone
from components.lib import target_health
from components.lib.account import Account
from components.lib.names import Names
from components.lib.provider import aws_provider
from components.network import find_network
from components.service.running import RunningService, find_service


class Lookups:
    """Looks up what is in AWS already, through the provider of all resources."""

    def __init__(self, names: Names, environment: str) -> None:
        self._names = names
        self._environment = environment
        self._providers = dict[str, aws.Provider]()
        self._accounts = dict[str, Account]()

    def provider(self, region: str) -> aws.Provider:
        """Returns the provider. Creates it at the first call, as the region is a setting.

        Raises:
            pulumi.RunError: the credentials do not work. So no other lookup has to find that out.
        """
        if region not in self._providers:
            provider = aws_provider(region, self._names.stack, self._environment)
            self._accounts[region] = Account.of(provider, region)
            self._providers[region] = provider
        return self._providers[region]

    def account(self, region: str) -> Account:
        """Returns the account that the provider works on."""
        self.provider(region)
        return self._accounts[region]

    def account_id(self, region: str) -> str:
        """Returns the id of the account."""
        return self.account(region).id

    def image(self, region: str, tag: str) -> str | None:
        """Returns the ECR tag of an image in the stack's registry, see `find_image`."""
        return find_image(self.provider(region), self._names.repository, tag)

    def network(self, region: str) -> str | None:
        """Returns the IPv4 block of the stack's network, see `find_network`."""
        return find_network(self.provider(region), self._names.service, self._names.stack)

    def service(self, region: str) -> RunningService | None:
        """Returns the stack's service as it runs, see `find_service`."""
        return find_service(
            self.provider(region), self._names, lambda group: target_health.target_states(region, group)
        )

    def certificate(self, region: str, arn: str) -> Certificate | None:
        """Returns a certificate of the region, see `find_certificate`."""
        self.provider(region)  # which says if the credentials do not work
        return certificates.find_certificate(region, arn)

    def zone(self, region: str, hosted_zone_id: str) -> HostedZone | None:
        """Returns a hosted zone, see `find_zone`."""
        return find_zone(self.provider(region), hosted_zone_id)

    def models(self, region: str) -> Mapping[str, InferenceTypes]:
        """Returns the models of the region, see `find_models`."""
        return find_models(self.provider(region))

    def profile(self, region: str, profile_id: str) -> InferenceProfile | None:
        """Returns an inference profile of the region, see `find_profile`."""
        return find_profile(self.provider(region), profile_id)
