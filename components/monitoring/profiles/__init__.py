"""The alarms and graphs, declared: one module for each source of metrics."""

from components.monitoring.metrics import Metrics
from components.monitoring.profile import Profile, join
from components.monitoring.profiles.app import app_profile
from components.monitoring.profiles.bedrock import bedrock_profile
from components.monitoring.profiles.cache import cache_profile
from components.monitoring.profiles.region import region_profile
from components.monitoring.profiles.service import service_profile
from components.monitoring.profiles.web_acl import web_acl_profile


def profile_of(metrics: Metrics) -> Profile:
    """Returns all alarms and graphs of a stack. The graphs are in the order in which an operator reads them."""
    service, app, cache = service_profile(metrics), app_profile(metrics), cache_profile(metrics)
    bedrock, web_acl, region = bedrock_profile(metrics), web_acl_profile(metrics), region_profile(metrics)
    return join([app, bedrock, service, cache, web_acl, region])
