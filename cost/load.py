"""The load on a stack, and what a voice session uses: every assumption of the estimate, once, with its source.

"Assumed" marks a figure that no document gives. Replace it by a measurement of the service.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HOURS: Final = 730  # in an average month, as AWS's pricing calculator counts
MINUTES: Final = HOURS * 60
DAYS: Final = HOURS / 24
GB: Final = 1e9  # bytes
MILLION: Final = 1e6


@dataclass(frozen=True)
class Load:
    """How much the stack is used.

    Args:
        sessions: voice sessions at a time, on average over the month.
        minutes: how long a session lasts.
    """

    sessions: float
    minutes: float

    @property
    def session_minutes(self) -> float:
        """Minutes of voice sessions in a month."""
        return self.sessions * MINUTES

    @property
    def started(self) -> float:
        """Voice sessions that start in a month."""
        return self.session_minutes / self.minutes

    @property
    def started_a_minute(self) -> float:
        """Voice sessions that start in a minute."""
        return self.sessions / self.minutes

    @property
    def capacity_units(self) -> dict[str, float]:
        """The capacity units of the load balancer by dimension, at any time. AWS bills the greatest."""
        return {
            "GB an hour": self.sessions * 60 * BYTES_PER_MINUTE / GB,
            "active connections": self.sessions / LCU_ACTIVE_CONNECTIONS,
            "new connections": self.started_a_minute / 60 * REQUESTS_PER_SESSION / LCU_NEW_CONNECTIONS,
        }


DEFAULT_MINUTES: Final = 10.0  # Assumed: the length of a survey. The app ends a session after 30 minutes.

# Amazon ECS, "Fargate Spot": "up to 70 % off". The discount changes, and differs from region to region.
SPOT_DISCOUNT: Final = 0.70

# Audio. Amazon Nova user guide, "Speech-to-speech example": 16 kHz in, 24 kHz out, mono, 16 bits, in base64.
BASE64: Final = 4 / 3
INPUT_AUDIO_PER_MINUTE: Final = 16_000 * 2 * 60  # bytes of PCM
OUTPUT_AUDIO_PER_MINUTE: Final = 24_000 * 2 * 60  # bytes of PCM while the model speaks
SPEAKING: Final = 0.5  # Assumed: the share of a session in which the model speaks.
FROM_CLIENT_PER_MINUTE: Final = INPUT_AUDIO_PER_MINUTE * BASE64  # bytes of a session
TO_CLIENT_PER_MINUTE: Final = OUTPUT_AUDIO_PER_MINUTE * SPEAKING * BASE64  # bytes of a session
# Of a session through the load balancer, and once more between the task and Bedrock.
BYTES_PER_MINUTE: Final = FROM_CLIENT_PER_MINUTE + TO_CLIENT_PER_MINUTE

# A load balancer capacity unit. Elastic Load Balancing pricing: 25 new connections a second, 3,000 active connections a
# minute, or 1 GB an hour; the dimension that is used most counts.
LCU_NEW_CONNECTIONS: Final = 25
LCU_ACTIVE_CONNECTIONS: Final = 3000
REQUESTS_PER_SESSION: Final = 10  # Assumed: the page's calls, Socket.IO's handshake and its upgrade.

# Tables: writes of a session's items a minute, by table. Assumed, for a dialogue of eight utterances a minute.
WRITES_PER_MINUTE: Final = {"sessions": 2.0, "responses": 1.0, "transcripts": 8.0, "waitlist": 0.0}
READS_PER_MINUTE: Final = 4.0  # Assumed: reads of a session in all tables together.
READ_UNITS: Final = 0.5  # An eventually consistent read of up to 4 KB (DynamoDB pricing), the SDK's default.
ITEM_BYTES: Final = 500  # Assumed. A write of up to 1 KB is one unit.
ITEM_DAYS: Final = 90  # Assumed: when the app lets an item expire.

LOG_BYTES_PER_MINUTE: Final = 20_000  # Assumed: what a session writes to the log at the level INFO.
LOG_COMPRESSION: Final = 0.15  # Of stored logs. AWS Pricing Calculator, CloudWatch; recalled.
FLOW_LOG_BYTES_PER_MINUTE: Final = 1_000  # Assumed: a session's records of the load balancer, the task and the NAT.

# Metrics that the app sends while it has sessions: ConcurrentSessions, WebSocketConnections, AudioChunksProcessed (2),
# DatabaseLatency (each table, five operations), and, assumed, three error codes, three tools, and four metrics of one
# questionnaire.
APP_METRICS: Final = 1 + 1 + 2 + len(WRITES_PER_MINUTE) * 5 + 3 + 3 + 4
ERROR_CODES: Final = 3  # Assumed: the series that the alarm's query over ErrorCode finds. AWS bills each.

# CloudWatch user guide, "Amazon ECS Container Insights metrics": 7 of the cluster or the service, and 10 for each of
# cluster, service and task definition family. Recalled, not counted on a bill.
INSIGHTS_METRICS: Final = 7 + 3 * 10
# With enhanced observability, those of each task and of its container besides. Assumed.
INSIGHTS_METRICS_PER_TASK: Final = 24

IMAGES: Final = 10  # Assumed: how many images the registry holds.
IMAGE_GB: Final = 0.2  # Assumed: the size of an image.

# Assumed: from the start of a Fargate task until the app answers: the network interface, the image, the app itself.
TASK_START_SECONDS: Final = 90

# Speech tokens. Assumed: 25 a second, as usage events of Nova Sonic count 150 tokens for some six seconds of audio. AWS
# publishes no figure. The app streams the caller's audio all the time.
SPEECH_TOKENS_PER_MINUTE: Final = 25 * 60
TEXT_INPUT_TOKENS_PER_MINUTE: Final = 500  # Assumed: prompts, tools and the history.
TEXT_OUTPUT_TOKENS_PER_MINUTE: Final = 250  # Assumed: the transcripts of both sides.
# The answer extraction after each session calls this model (the service's contract).
EXTRACTION_MODEL: Final = "amazon.nova-lite-v1:0"
EXTRACTION_INPUT_TOKENS: Final = 3_000  # Assumed
EXTRACTION_OUTPUT_TOKENS: Final = 500  # Assumed
