"""What a plugin that was killed has made is taken over by the next one, and never made twice."""

from collections.abc import Generator

import pytest

from sandbox.provider.types import TABLE
from sandbox.tests.provider_harness import Engine, Refused, client, moto_endpoint, reset
from sandbox.tests.provider_samples import BUCKET, SAMPLES, World

_HOME_OF_BUCKETS = "us-east-1"  # where S3 takes the creation of one's own bucket as done once more


@pytest.fixture(scope="module")
def endpoint() -> Generator[str]:
    with moto_endpoint(remembering=True) as url:
        yield url


@pytest.fixture
def world(endpoint: str) -> World:
    """A new account."""
    reset(endpoint)
    return World(Engine(endpoint), endpoint)


@pytest.mark.parametrize("token", TABLE)
def test_what_was_made_and_not_told_is_taken_over(world: World, token: str) -> None:
    made = world.make(token)
    again = world.engine.create(token, made.name, world.resolve(SAMPLES[token].inputs))
    assert again.id == made.id
    assert again.outputs == made.outputs


def test_a_bucket_of_another_resource_is_not_taken(endpoint: str) -> None:
    reset(endpoint)
    engine = Engine(endpoint, region=_HOME_OF_BUCKETS)
    made = engine.create(BUCKET, "one", {"bucket": "voiceter-data"})
    assert engine.create(BUCKET, "one", {"bucket": "voiceter-data"}).id == made.id
    with pytest.raises(Refused, match="BucketAlreadyExists"):
        engine.create(BUCKET, "two", {"bucket": "voiceter-data"})
    client(endpoint, "s3", _HOME_OF_BUCKETS).delete_bucket(Bucket=made.id)
    assert engine.create(BUCKET, "one", {"bucket": "voiceter-data"}).id == made.id
