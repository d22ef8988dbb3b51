"""The trust policies of CI's two roles: the jobs of the repository, and nobody else."""

from __future__ import annotations

import pytest

from tests.support import iam
from tests.support.ci_documents import ACCOUNT, TRUSTS, VALUES, rendered

# GitHub Docs, "OpenID Connect reference": a repository's subject has names, or names with ids.
SUBJECTS = [f"repo:{VALUES['REPOSITORY']}", f"repo:{VALUES['REPOSITORY_WITH_IDS']}"]
JOBS = {
    "preview-trust": ("pull_request", "ref:refs/heads/main"),
    "deploy-trust": ("environment:dev", "environment:staging", "environment:prod"),
}
ISSUER = "token.actions.githubusercontent.com"


def lets_in(name: str, subject: str, audience: str = "sts.amazonaws.com") -> bool:
    """Returns whether a token of GitHub with that subject can assume the role of a trust policy."""
    context = {f"{ISSUER}:sub": subject, f"{ISSUER}:aud": audience}
    return iam.trusts_token(rendered(name), f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}", context)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_jobs_of_a_new_and_of_an_old_repository_can_assume_their_roles(subject: str) -> None:
    for name, jobs in JOBS.items():
        for job in jobs:
            assert lets_in(name, f"{subject}:{job}"), (name, job)
            assert not lets_in(name, f"{subject}:{job}", audience="https://github.com/octo"), (name, job)


@pytest.mark.parametrize(
    "neighbour",
    [
        "repo:octo/voiceter-backend-infrastructure-2",
        "repo:octo/voiceter-backend",
        "repo:octo2/voiceter-backend-infrastructure",
        "repo:OCTO/voiceter-backend-infrastructure",
        "repo:octo@12345678/voiceter-backend-infrastructure@1234567891",  # made anew under the old name
        "repo:octo@12345679/voiceter-backend-infrastructure@1234567890",
        "repo:octo@12345678/other@1234567891",
        "repo:fork@1/voiceter-backend-infrastructure@2",
        "repo:*",
    ],
)
def test_jobs_of_another_repository_cannot_assume_a_role(neighbour: str) -> None:
    assert not any(lets_in(name, f"{neighbour}:{job}") for name, jobs in JOBS.items() for job in jobs)


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize(
    "job", ["environment:production", "environment:dev-eu", "ref:refs/heads/feature", "ref:refs/tags/v1", "", "x"]
)
def test_other_jobs_of_the_repository_cannot_assume_a_role(subject: str, job: str) -> None:
    assert not any(lets_in(name, f"{subject}:{job}") for name in TRUSTS)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_no_job_can_assume_the_role_of_the_others(subject: str) -> None:
    assert not any(lets_in("deploy-trust", f"{subject}:{job}") for job in JOBS["preview-trust"])
    assert not any(lets_in("preview-trust", f"{subject}:{job}") for job in JOBS["deploy-trust"])
