"""The stack's way in: the load balancer and, for a domain name of the stack's own, the certificate and the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.lib.lookup import look_up
from components.service.timeline import TARGET_CHECK, TARGET_HEALTHY

# TLS 1.2 and 1.3. Application Load Balancers User Guide, "Security policies".
_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
# Longer than any session of a polling client, whose requests must all reach the same task.
_STICKY_SECONDS = 24 * 60 * 60
# Where traffic shifts, a cookie keeps a client on its target group, whatever the weights say: long enough for the next
# request of a polling client, and no longer, or clients would come back to a group that has no tasks any more.
_SHIFT_STICKY_SECONDS = 60
# The rule of each way to deploy has a place of its own, so that a change of strategy makes the new rule before it takes
# the old one away.
_TEST_PRIORITY, _SHIFT_PRIORITY, _PRIORITY = 40, 50, 100
# The header with which a tester reaches a new version before its clients do.
TEST_HEADER = ("X-Deployment", "test")
_VALIDATION_TTL_SECONDS = 60


@dataclass(frozen=True)
class Domain:
    """A domain name that the stacks of one environment share, each for the clients that are nearest to its region."""

    name: str
    hosted_zone_id: str
    region: str
    stack: str


@dataclass(frozen=True)
class TrafficShift:
    """What ECS moves traffic with, beside the first target group."""

    alternate_target_group_arn: pulumi.Input[str]
    production_rule_arn: pulumi.Input[str]
    test_rule_arn: pulumi.Input[str]


@dataclass(frozen=True)
class LoadBalancerArgs:
    """What the load balancer is made of. Without a certificate and without a domain it speaks plain HTTP."""

    name: str
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_id: pulumi.Input[str]
    certificate_arn: str | None
    domain: Domain | None  # brings a certificate of its own, in place of certificate_arn
    app_port: int
    health_path: str
    deregistration_delay_seconds: int
    idle_timeout_seconds: int
    shifts_traffic: bool  # whether ECS moves the traffic between two target groups


class LoadBalancer(pulumi.ComponentResource):
    """An Application Load Balancer whose listener forwards everything to the tasks' addresses.

    They are in one target group, or in two that change places at each deployment: then ECS owns the weights.
    """

    dns_name: pulumi.Output[str]
    url: pulumi.Output[str]
    target_group_arn: pulumi.Output[str]
    traffic_shift: TrafficShift | None  # None with one target group
    arn_suffix: pulumi.Output[str]  # the last part of its ARN, as CloudWatch names it
    target_group_arn_suffixes: list[pulumi.Output[str]]  # as above

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:load_balancer:LoadBalancer", name, {}, opts)
        load_balancer = aws.lb.LoadBalancer(
            "load-balancer",
            name=args.name,
            load_balancer_type="application",
            security_groups=[args.security_group_id],
            subnets=args.subnet_ids,
            idle_timeout=args.idle_timeout_seconds,
            drop_invalid_header_fields=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        certificate_arn = self._certificate(args.domain) if args.domain else args.certificate_arn
        listener = self._listener(load_balancer, certificate_arn)
        # Auto-named, as a target group in use cannot be replaced under a fixed name.
        groups = [self._target_group("voiceter-backend", args)]
        if args.shifts_traffic:
            groups.append(self._target_group("voiceter-backend-alternate", args))
            self.target_group_arn = groups[0].arn
            self.target_group_arn_suffixes = [group.arn_suffix for group in groups]
            self.traffic_shift = self._shifting_rules(listener, groups)
        else:
            self.target_group_arn, suffix = self._with_the_traffic(listener, groups[0])
            self.target_group_arn_suffixes = [suffix]
            self.traffic_shift = None
            self._rule("everything", listener, _PRIORITY, _EVERYTHING, [self.target_group_arn], _STICKY_SECONDS)
        if args.domain:
            self._alias(args.domain, load_balancer)

        self.dns_name = load_balancer.dns_name
        host = args.domain.name if args.domain else load_balancer.dns_name
        self.url = pulumi.Output.concat("http://" if certificate_arn is None else "https://", host)
        self.arn_suffix = load_balancer.arn_suffix
        self.register_outputs({"url": self.url, "target_group_arn": self.target_group_arn})

    def _target_group(self, name: str, args: LoadBalancerArgs) -> aws.lb.TargetGroup:
        return aws.lb.TargetGroup(
            name,
            vpc_id=args.vpc_id,
            target_type="ip",
            protocol="HTTP",
            port=args.app_port,
            deregistration_delay=args.deregistration_delay_seconds,
            health_check={
                "protocol": "HTTP",
                "path": args.health_path,
                "matcher": "200",
                "interval": TARGET_CHECK.interval,
                "timeout": TARGET_CHECK.timeout,
                "healthy_threshold": TARGET_HEALTHY,
                "unhealthy_threshold": TARGET_CHECK.unhealthy,
            },
            stickiness={"type": "lb_cookie", "enabled": True, "cookie_duration": _STICKY_SECONDS},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _listener(
        self, load_balancer: aws.lb.LoadBalancer, certificate_arn: pulumi.Input[str] | None
    ) -> aws.lb.Listener:
        """The listener that serves clients; with a certificate, a second one sends HTTP there."""
        not_found: aws.lb.ListenerDefaultActionArgsDict = {
            "type": "fixed-response",
            "fixed_response": {"content_type": "text/plain", "message_body": "Not found", "status_code": "404"},
        }
        to_https: aws.lb.ListenerDefaultActionArgsDict = {
            "type": "redirect",
            "redirect": {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"},
        }
        http = aws.lb.Listener(
            "http",
            load_balancer_arn=load_balancer.arn,
            port=80,
            protocol="HTTP",
            default_actions=[not_found if certificate_arn is None else to_https],
            opts=pulumi.ResourceOptions(parent=self),
        )
        if certificate_arn is None:
            return http
        return aws.lb.Listener(
            "https",
            load_balancer_arn=load_balancer.arn,
            port=443,
            protocol="HTTPS",
            ssl_policy=_TLS_POLICY,
            certificate_arn=certificate_arn,
            default_actions=[not_found],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _shifting_rules(self, listener: aws.lb.Listener, groups: Sequence[aws.lb.TargetGroup]) -> TrafficShift:
        header, value = TEST_HEADER
        tested: aws.lb.ListenerRuleConditionArgsDict = {
            "http_header": {"http_header_name": header, "values": [value]},
        }
        arns = [group.arn for group in groups]
        production = self._rule("production", listener, _SHIFT_PRIORITY, _EVERYTHING, arns, _SHIFT_STICKY_SECONDS)
        test = self._rule("test", listener, _TEST_PRIORITY, tested, arns, _SHIFT_STICKY_SECONDS)
        return TrafficShift(arns[1], production.arn, test.arn)

    def _rule(
        self,
        name: str,
        listener: aws.lb.Listener,
        priority: int,
        condition: aws.lb.ListenerRuleConditionArgsDict,
        target_group_arns: Sequence[pulumi.Output[str]],
        sticky_seconds: int,
    ) -> aws.lb.ListenerRule:
        """A rule that forwards to the first target group; ECS moves the weights between several.

        All traffic goes through a rule, not through the listener's default action: a deployment rewrites a rule.
        """
        first, *others = target_group_arns
        weights: list[aws.lb.ListenerRuleActionForwardTargetGroupArgsDict] = [
            {"arn": first, "weight": 100},
            *({"arn": other, "weight": 0} for other in others),
        ]
        return aws.lb.ListenerRule(
            name,
            listener_arn=listener.arn,
            priority=priority,
            conditions=[condition],
            actions=[
                {
                    "type": "forward",
                    "forward": {
                        "target_groups": weights,
                        "stickiness": {"enabled": True, "duration": sticky_seconds},
                    },
                }
            ],
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["actions"] if others else None),
        )

    def _with_the_traffic(
        self, listener: aws.lb.Listener, group: aws.lb.TargetGroup
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """ARN of the only target group, and its suffix; both raise `pulumi.RunError` where another has the traffic.

        After an odd number of shifts the tasks are in the alternate target group, which goes when nothing shifts any
        more, and the clients with it.
        """

        def check(known: Sequence[str]) -> Sequence[str]:
            listener_arn, group_arn, suffix = known
            if any(arn != group_arn and weight for arn, weight in self._weights(listener_arn).items()):
                raise pulumi.RunError(
                    "deploymentStrategy = 'rolling': the traffic goes to the alternate target group, which rolling "
                    "deployments do without. Set the former strategy again, deploy once more "
                    "(`make redeploy STACK=…`, which changes the groups' places), and then set it to rolling"
                )
            return group_arn, suffix

        checked = pulumi.Output.all(listener.arn, group.arn, group.arn_suffix).apply(check)
        return checked[0], checked[1]

    def _weights(self, listener_arn: str) -> dict[str, int]:
        """The weights in the rule with which ECS shifts traffic, by target group; empty where there is no such rule."""
        rule = look_up(
            f"the rules of the listener {listener_arn}",
            lambda: aws.lb.get_listener_rule(
                listener_arn=listener_arn, priority=_SHIFT_PRIORITY, opts=pulumi.InvokeOptions(parent=self)
            ),
        )
        return {
            group.arn: group.weight
            for action in (rule and rule.actions) or []
            for forward in action.forwards or []
            for group in forward.target_groups or []
        }

    def _certificate(self, domain: Domain) -> pulumi.Output[str]:
        """The ARN of a certificate for the domain, known once the certificate is issued."""
        certificate = aws.acm.Certificate(
            "certificate",
            domain_name=domain.name,
            validation_method="DNS",
            opts=pulumi.ResourceOptions(parent=self),
        )
        option = certificate.domain_validation_options[0]
        # ACM asks for the same record in every region of the account, so the stacks of one domain share it: whoever
        # comes second takes it over, and nobody takes it away.
        record = aws.route53.Record(
            "validation",
            zone_id=domain.hosted_zone_id,
            name=option.resource_record_name,
            type=option.resource_record_type,
            records=[option.resource_record_value],
            ttl=_VALIDATION_TTL_SECONDS,
            allow_overwrite=True,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        return aws.acm.CertificateValidation(
            "certificate",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
            opts=pulumi.ResourceOptions(parent=self),
        ).certificate_arn

    def _alias(self, domain: Domain, load_balancer: aws.lb.LoadBalancer) -> None:
        aws.route53.Record(
            "alias",
            zone_id=domain.hosted_zone_id,
            name=domain.name,
            type=aws.route53.RecordType.A,
            aliases=[
                {"name": load_balancer.dns_name, "zone_id": load_balancer.zone_id, "evaluate_target_health": True}
            ],
            latency_routing_policies=[{"region": domain.region}],
            set_identifier=domain.stack,
            opts=pulumi.ResourceOptions(parent=self),
        )


_EVERYTHING: aws.lb.ListenerRuleConditionArgsDict = {"path_pattern": {"values": ["/*"]}}
