"""The saved queries of the log."""

from __future__ import annotations

from tests.support.program import run


def test_queries_are_in_the_folder_of_the_stack() -> None:
    queries = run("staging").all(":QueryDefinition")
    assert [query.name for query in queries] == ["errors-by-code", "one-session", "slow-operations"]
    for query in queries:
        assert query.inputs["name"] == f"voiceter-backend-staging/{query.name}"
        assert query.inputs["logGroupNames"] == ["/ecs/voiceter-backend-staging"]
        assert "@message" in query.inputs["queryString"]
