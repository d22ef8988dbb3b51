"""Errors that say that the credentials do not work, or that a permission is missing."""

from __future__ import annotations

import importlib
from typing import Any

import pulumi
import pytest

from components.lib.lookup import look_up
from components.lib.refusals import refusal

exceptions: Any = importlib.import_module("botocore.exceptions")  # it has no types

WHO = "arn:aws:sts::123456789012:assumed-role/reader/me"
# The parameters with which botocore formats the messages of its errors.
PARAMETERS = {"provider": "sso", "error_msg": "m", "profile": "p", "cred_var": "AWS_SECRET_ACCESS_KEY"}


def of_the_provider(text: str) -> Exception:
    return Exception(f"invocation of aws:ecr/getImage:getImage returned an error: {text}")


def of_botocore(code: str, message: str = "m") -> Exception:
    return exceptions.ClientError({"Error": {"Code": code, "Message": message}}, "DescribeTargetHealth")


@pytest.mark.parametrize(
    "error",
    [
        of_the_provider("No valid credential sources found. Please see https://www.pulumi.com/registry/packages/aws/"),
        of_the_provider("unable to validate AWS credentials.\nDetails: failed to get shared config profile, prod"),
        of_the_provider(
            "unable to validate AWS credentials.\nDetails: no EC2 IMDS role found, operation error ec2imds"
        ),
        of_the_provider("failed to refresh cached credentials, the SSO session has expired or is invalid"),
        *(
            getattr(exceptions, name)(**PARAMETERS)
            for name in (
                "CredentialRetrievalError",
                "LoginAuthorizationCodeError",
                "LoginError",
                "LoginInsufficientPermissions",
                "LoginRefreshRequired",
                "LoginTokenLoadError",
                "NoAuthTokenError",
                "NoCredentialsError",
                "PartialCredentialsError",
                "ProfileNotFound",
                "SSOError",
                "SSOTokenLoadError",
                "TokenRetrievalError",
                "UnauthorizedSSOTokenError",
            )
        ),
    ],
    ids=str,
)
def test_missing_credentials(error: Exception) -> None:
    assert (refusal(error) or "").startswith("this shell has no working AWS credentials: log in or set AWS_PROFILE")


@pytest.mark.parametrize(
    "code",
    [
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "AuthFailure",
        "InvalidAccessKeyId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
    ],
)
def test_refused_credentials(code: str) -> None:
    for error in (of_botocore(code), of_the_provider(f"operation error ECR: DescribeImages, api error {code}: m")):
        assert (refusal(error) or "").startswith(f"AWS refused the credentials of this shell ({code}): log in")


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (
            of_the_provider(
                "operation error ECR: DescribeImages, https response error StatusCode: 400, api error "
                f"AccessDeniedException: User: {WHO} is not authorized to perform: ecr:DescribeImages on resource: r"
            ),
            f"{WHO} ecr:DescribeImages (AccessDeniedException",
        ),
        (
            of_the_provider(
                "operation error EC2: DescribeVpcs, api error UnauthorizedOperation: You are not authorized"
            ),
            "the identity of this shell EC2: DescribeVpcs (UnauthorizedOperation",
        ),
        (of_botocore("AccessDenied"), "the identity of this shell DescribeTargetHealth (AccessDenied"),
        (Exception("AccessDenied"), "the identity of this shell this call (AccessDenied"),
    ],
)
def test_refused_action_is_named_with_the_caller(error: Exception, named: str) -> None:
    assert (refusal(error) or "").startswith(f"AWS does not allow {named}): grant it")


def test_message_shows_no_signed_request() -> None:
    signed = "The Canonical String for this request should have been 'POST / x-amz-security-token:FwoGZXIvYXdzE'"
    for error in (of_botocore("SignatureDoesNotMatch", signed), of_botocore("AccessDenied", signed)):
        assert "FwoGZXIvYXdzE" not in (refusal(error) or "")


@pytest.mark.parametrize("code", ["ThrottlingException", "ImageNotFoundException", "InternalFailure"])
def test_other_errors_are_no_refusal(code: str) -> None:
    assert refusal(of_botocore(code)) is None


@pytest.mark.parametrize("text", ["ExpiredToken: no matching image", "AccessDenied: empty result"])
def test_refused_lookup_is_never_taken_for_a_missing_object(text: str) -> None:
    def ask() -> None:
        raise Exception(text)

    with pytest.raises(pulumi.RunError, match="cannot look up the image: AWS "):
        look_up("the image", ask)
