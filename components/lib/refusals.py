"""What an error of AWS says about the caller: its credentials do not work, or it lacks a permission.

The AWS provider and boto3 both pass on the code and the message of AWS, so a refusal is recognised by its text.
"""

import re
from typing import Final

# The SDKs find no credentials, or cannot renew those of a login. The texts of pulumi-aws (provider/resources.go,
# validateCredentials), aws-sdk-go-v2 and botocore (exceptions.py).
_NO_CREDENTIALS: Final = re.compile(
    r"no valid credential sources?|no EC2 IMDS role found|failed to refresh cached credentials|"
    r"failed to get shared config profile|unable to locate (?:credentials|authorization token)|"
    r"partial credentials found|the config profile .* could not be found|\bsession .*has expired|"
    r"error loading (?:SSO|login session) token|error loading or redeeming a login|"
    r"when (?:retrieving|resolving) (?:AWS )?(?:credentials|token)|unable to create or refresh login credentials",
    re.IGNORECASE,
)
# Codes with which the services refuse credentials: "Common Errors" in the API references, "Error codes" of Amazon EC2
# and of Amazon S3.
_REFUSED: Final = re.compile(
    r"\b(?:ExpiredToken(?:Exception)?|RequestExpired|UnrecognizedClientException|InvalidClientTokenId|AuthFailure|"
    r"InvalidAccessKeyId|IncompleteSignature|InvalidSignatureException|SignatureDoesNotMatch|"
    r"MissingAuthenticationToken(?:Exception)?)\b|"
    r"security token included in the request is (?:invalid|expired)|unable to validate AWS credentials"
)
_DENIED: Final = re.compile(
    r"\b(?:AccessDenied(?:Exception)?|UnauthorizedOperation|AuthorizationError|NotAuthorized|OptInRequired)\b|"
    r"not authorized to perform"
)
_WHO_AND_WHAT: Final = re.compile(r"User: (?P<who>arn:\S+) is not authorized to perform: (?P<what>[\w-]+:\w+)")
# The call, as aws-sdk-go-v2 and botocore name it.
_CALL: Final = re.compile(r"operation error (?P<go>[\w ]+: \w+)|when calling the (?P<python>\w+) operation")
_CHECK: Final = "`aws sts get-caller-identity` shows whose they are"


def refusal(error: Exception) -> str | None:
    """Returns why AWS refused the caller, and what to do; None for every other error.

    Only the code, the caller and the action are taken from AWS's message, which may hold a signed request.
    """
    text = str(error)
    if _NO_CREDENTIALS.search(text):
        return f"this shell has no working AWS credentials: log in or set AWS_PROFILE, then retry; {_CHECK}"
    if refused := _REFUSED.search(text):
        return f"AWS refused the credentials of this shell ({refused[0]}): log in again, then retry; {_CHECK}"
    if denied := _DENIED.search(text):
        named, call = _WHO_AND_WHAT.search(text), _CALL.search(text)
        who = named["who"] if named else "the identity of this shell"
        what = named["what"] if named else (call["go"] or call["python"]) if call else "this call"
        remedy = "grant it (docs/ci.md has policies), or log in with another identity"
        return f"AWS does not allow {who} {what} ({denied[0]}): {remedy}"
    return None
