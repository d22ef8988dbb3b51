"""What the app's image fixes: no setting changes these."""

from typing import Final

PORT: Final = 8080
HEALTH_PATH: Final = "/health"
SOCKET_IO_PATH: Final = "/socket.io/"
METRICS_NAMESPACE: Final = "Voiceter/Backend"  # of the metrics that the app publishes
SESSIONS_PER_TASK: Final = 45  # that one task serves at once
PING_SECONDS: Final = 10  # between two pings of Socket.IO
DRAIN_SECONDS: Final = 30  # from SIGTERM until the app gives up on open sessions
