"""The load balancer, its listeners and target groups."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.edge import rules
from components.edge.domain import Domain, alias_record, certificate_arn
from components.lib import app
from components.lib.timeline import TARGET_CHECK, TARGET_HEALTHY
from components.network import Placement

# TLS 1.2 with forward secrecy and 1.3, with post-quantum key exchange for clients that support it. AWS recommends it
# (Application Load Balancers User Guide, "Security policies").
_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"

# Longer than any session of a polling client, whose requests must all reach the same task.
_TASK_STICKY_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class TrafficShift:
    """What ECS shifts traffic with, beside the first target group."""

    alternate_target_group_arn: pulumi.Input[str]
    production_rule_arn: pulumi.Input[str]
    test_rule_arn: pulumi.Input[str]


@dataclass(frozen=True)
class Target:
    """Where the service registers its tasks."""

    group_arn: pulumi.Input[str]
    shift: TrafficShift | None = None  # None with one target group


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """The inputs of `LoadBalancer`. Without a domain it serves plain HTTP."""

    name: str
    placement: Placement
    domain: Domain | None  # comes with a certificate
    deregistration_delay_seconds: int
    idle_timeout_seconds: int
    logs_bucket: pulumi.Input[str]  # the name of the bucket for the logs, which may write to it if there are logs
    access_logs: bool  # whether there are access and connection logs
    shifts_traffic: bool  # whether ECS shifts the traffic between two target groups
    protect: bool  # whether AWS refuses to delete the load balancer
    active_group: str | None  # the ARN of the target group that has the tasks, if there are two and it is known


class LoadBalancer(pulumi.ComponentResource):
    """An Application Load Balancer that forwards everything to the tasks.

    The tasks are in one target group, or in two that change places at each deployment. ECS then owns the weights.
    """

    arn: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    url: pulumi.Output[str]
    target: Target
    arn_suffix: pulumi.Output[str]  # as CloudWatch names the load balancer
    target_group_arn_suffixes: list[pulumi.Output[str]]  # as CloudWatch names the target groups
    watched_health_check: pulumi.Output[str] | None  # the id of the region's, if the region has its metrics

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("voiceter:load_balancer:LoadBalancer", name, {}, opts)
        # Always given: the AWS provider does not turn off a log whose block is gone. While a log is off, it ignores the
        # bucket (terraform-provider-aws, internal/service/elbv2/load_balancer.go).
        logs: aws.lb.LoadBalancerAccessLogsArgsDict = {"bucket": args.logs_bucket, "enabled": args.access_logs}
        load_balancer = aws.lb.LoadBalancer(
            "load-balancer",
            name=args.name,
            load_balancer_type="application",
            security_groups=[args.placement.security_group_id],
            subnets=args.placement.subnet_ids,
            idle_timeout=args.idle_timeout_seconds,
            drop_invalid_header_fields=True,
            enable_deletion_protection=args.protect,
            access_logs=logs,
            connection_logs=logs,
            opts=pulumi.ResourceOptions(parent=self),
        )
        certificate = certificate_arn(args.domain, self) if args.domain else None
        http = self._http_listener(load_balancer)
        listener, places = (
            (http, rules.HTTP)
            if certificate is None
            else (self._https_listener(load_balancer, certificate), rules.HTTPS)
        )
        # Auto-named: a target group in use cannot be replaced under a fixed name. A logical name has at most 24
        # characters, as the AWS provider appends 8 and a target group's name has at most 32.
        groups = [self._target_group("voiceter-backend", args)]
        if args.shifts_traffic:
            groups.append(self._target_group("voiceter-backend-b", args))
            production, test = rules.shift_traffic(listener, places, groups, args.active_group, self)
            forwarding = [production, test]
            self.target = Target(groups[0].arn, TrafficShift(groups[1].arn, production.arn, test.arn))
        else:
            forwarding = [rules.forward_everything(listener, places, groups[0].arn, self)]
            self.target = Target(groups[0].arn)
        rules.redirect_to_https(http, serves_https=certificate is not None, forwarding=forwarding, parent=self)
        self.target_group_arn_suffixes = [group.arn_suffix for group in groups]
        self.watched_health_check = alias_record(args.domain, load_balancer, self) if args.domain else None

        self.arn = load_balancer.arn
        self.dns_name = load_balancer.dns_name
        host = args.domain.name if args.domain else load_balancer.dns_name
        self.url = pulumi.Output.concat("http://" if certificate is None else "https://", host)
        self.arn_suffix = load_balancer.arn_suffix
        self.register_outputs({"url": self.url, "target_group_arn": self.target.group_arn})

    def _target_group(self, name: str, args: LoadBalancerArgs) -> aws.lb.TargetGroup:
        return aws.lb.TargetGroup(
            name,
            vpc_id=args.placement.vpc_id,
            target_type="ip",
            protocol="HTTP",
            port=app.PORT,
            deregistration_delay=args.deregistration_delay_seconds,
            # A new session goes to the task with the fewest requests. An open WebSocket is one. Not together with a
            # slow start (Application Load Balancers User Guide, "Edit target group attributes").
            load_balancing_algorithm_type="least_outstanding_requests",
            health_check={
                "protocol": "HTTP",
                "path": app.HEALTH_PATH,
                "matcher": "200",
                "interval": TARGET_CHECK.interval,
                "timeout": TARGET_CHECK.timeout,
                "healthy_threshold": TARGET_HEALTHY,
                "unhealthy_threshold": TARGET_CHECK.unhealthy,
            },
            stickiness={"type": "lb_cookie", "enabled": True, "cookie_duration": _TASK_STICKY_SECONDS},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _http_listener(self, load_balancer: aws.lb.LoadBalancer) -> aws.lb.Listener:
        """Returns the HTTP listener. It redirects to HTTPS where no rule matches, also if there is no HTTPS.

        Without HTTPS a rule matches every request. If HTTPS changed the default action, clients would get it in the
        moment between the change of the listener and the creation of the rule.
        """
        return aws.lb.Listener(
            "http",
            load_balancer_arn=load_balancer.arn,
            port=80,
            protocol="HTTP",
            default_actions=[{"type": "redirect", "redirect": rules.TO_HTTPS}],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _https_listener(
        self, load_balancer: aws.lb.LoadBalancer, certificate_arn: pulumi.Input[str]
    ) -> aws.lb.Listener:
        not_found: aws.lb.ListenerDefaultActionArgsDict = {
            "type": "fixed-response",
            "fixed_response": {"content_type": "text/plain", "message_body": "Not found", "status_code": "404"},
        }
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
