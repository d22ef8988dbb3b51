"""The stack's way in: the load balancer and, for a domain name of the stack's own, the certificate and the record."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

# TLS 1.2 and 1.3. Application Load Balancers User Guide, "Security policies".
_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
# Longer than any session of a polling client, whose requests must all reach the same task.
_STICKY_SECONDS = 24 * 60 * 60
_VALIDATION_TTL_SECONDS = 60


@dataclass(frozen=True)
class Domain:
    """A domain name that the stacks of one environment share, each for the clients that are nearest to its region."""

    name: str
    hosted_zone_id: str
    region: str
    stack: str


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


class LoadBalancer(pulumi.ComponentResource):
    """An Application Load Balancer whose listener forwards everything to one target group of task addresses."""

    dns_name: pulumi.Output[str]
    url: pulumi.Output[str]
    target_group_arn: pulumi.Output[str]
    arn_suffix: pulumi.Output[str]  # the last part of its ARN, as CloudWatch names it
    target_group_arn_suffix: pulumi.Output[str]  # as above

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
        target_group = self._target_group(args)
        certificate_arn = self._certificate(args.domain) if args.domain else args.certificate_arn
        self._rule(self._listener(load_balancer, certificate_arn), target_group)
        if args.domain:
            self._alias(args.domain, load_balancer)

        self.dns_name = load_balancer.dns_name
        host = args.domain.name if args.domain else load_balancer.dns_name
        self.url = pulumi.Output.concat("http://" if certificate_arn is None else "https://", host)
        self.target_group_arn = target_group.arn
        self.arn_suffix = load_balancer.arn_suffix
        self.target_group_arn_suffix = target_group.arn_suffix
        self.register_outputs({"url": self.url, "target_group_arn": self.target_group_arn})

    def _target_group(self, args: LoadBalancerArgs) -> aws.lb.TargetGroup:
        # Auto-named, as a target group in use cannot be replaced under a fixed name.
        return aws.lb.TargetGroup(
            "voiceter-backend",
            vpc_id=args.vpc_id,
            target_type="ip",
            protocol="HTTP",
            port=args.app_port,
            deregistration_delay=args.deregistration_delay_seconds,
            health_check={
                "protocol": "HTTP",
                "path": args.health_path,
                "matcher": "200",
                "interval": 30,
                "timeout": 5,
                "healthy_threshold": 2,
                "unhealthy_threshold": 3,
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

    def _rule(self, listener: aws.lb.Listener, target_group: aws.lb.TargetGroup) -> None:
        # All traffic goes through a rule, not through the listener's default action: a deployment strategy shifts
        # traffic by rewriting a rule.
        aws.lb.ListenerRule(
            "everything",
            listener_arn=listener.arn,
            priority=100,
            conditions=[{"path_pattern": {"values": ["/*"]}}],
            actions=[
                {
                    "type": "forward",
                    "forward": {
                        "target_groups": [{"arn": target_group.arn, "weight": 100}],
                        "stickiness": {"enabled": True, "duration": _STICKY_SECONDS},
                    },
                }
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )

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
