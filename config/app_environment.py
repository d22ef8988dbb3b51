"""The app's environment variables: the setting, or the store, behind each of them."""

import pulumi

from components.data.data_stores import DataStores
from components.monitoring.metrics import NAMESPACE
from components.service.container import PORT
from config.model import Settings


def app_environment(config: Settings, stores: DataStores, url: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
    """The plain environment variables of the container. `url` is the stack's own: an origin that may call the app."""
    return {
        **config.environment,
        "NODE_ENV": "production",
        "PORT": str(PORT),
        "AWS_REGION": config.region,
        "DEPLOYMENT_ENV": config.environment_name,
        "CORS_ORIGIN": url if config.cors_origins is None else ",".join(config.cors_origins),
        "DYNAMODB_TABLE_PREFIX": config.table_prefix,
        **stores.variables,
        "BEDROCK_MODEL_ID": config.bedrock_model_id,
        "LOG_LEVEL": config.log_level,
        "METRICS_ENABLED": _flag(config.enable_metrics),
        "CLOUDWATCH_NAMESPACE": NAMESPACE,
        "ENABLE_AUTH": _flag(config.enable_auth),
        "ENABLE_AUDIO_RECORDING": _flag(config.enable_audio_recording),
        "ENABLE_SENTIMENT_ANALYSIS": _flag(config.enable_sentiment_analysis),
        "ENABLE_QUOTA_MANAGEMENT": _flag(config.enable_quota_management),
        "ENABLE_XRAY_TRACING": _flag(config.enable_xray_tracing),
        "MAX_MESSAGES_PER_SECOND": str(config.max_messages_per_second),
        "MAX_AUDIO_CHUNK_SIZE_MB": str(config.max_audio_chunk_size_mb),
        "SESSION_TIMEOUT_MINUTES": str(config.session_timeout_minutes),
        "CLEANUP_TIMEOUT_SECONDS": str(config.cleanup_timeout_seconds),
        "DISCONNECT_CLEANUP_TIMEOUT_SECONDS": str(config.disconnect_cleanup_timeout_seconds),
        # Seconds: a session's record lives as long as the session may. REDIS_URL is a secret.
        **({"REDIS_SESSION_TTL": str(60 * config.session_timeout_minutes)} if config.redis else {}),
    }


def _flag(value: bool) -> str:
    return "true" if value else "false"
