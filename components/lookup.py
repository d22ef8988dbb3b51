"""What the AWS provider says when it finds nothing."""

# Error codes of AWS, or the provider's wordings for a look-up without a result. Everything else (no permission, no
# network) says nothing about what was looked for.
_NOT_THERE = (
    "imagenotfoundexception",
    "repositorynotfoundexception",
    "rulenotfound",
    "listenernotfound",
    "couldn't find resource",
    "empty result",
    "query returned no results",
    "no matching image",
    "no matching ec2 vpc",
)


def is_not_there(error: Exception) -> bool:
    """Whether a look-up failed because there is no such thing."""
    return any(text in str(error).lower() for text in _NOT_THERE)
