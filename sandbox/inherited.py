"""The variables of the user's environment that the sandbox's processes get. Every other variable stays outside.

The engine, the plugins, the account, the program and Go inherit the environment of the command that starts them, so
`python -m sandbox` restricts its own environment first.
"""

import os
from collections.abc import Mapping

from sandbox.layout import Layout

_NAMES = frozenset(
    {
        # the user and the machine
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "PATH",
        "TMPDIR",
        "TZ",
        "LANG",
        "LANGUAGE",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        # the terminal
        "TERM",
        "COLORTERM",
        "COLUMNS",
        "LINES",
        "NO_COLOR",
        "FORCE_COLOR",
        "CI",
        # the way to Go's module proxy
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        # where Go finds modules and keeps what it has built
        "GOPROXY",
        "GOPRIVATE",
        "GONOPROXY",
        "GONOSUMDB",
        "GOSUMDB",
        "GOAUTH",
        "GOVCS",
        "GOPATH",
        "GOCACHE",
        "GOMODCACHE",
        "GOTMPDIR",
        "GOROOT",
        "GOTOOLCHAIN",
        # whether the engine writes the state only once, at its end
        "PULUMI_SKIP_CHECKPOINTS",
        # the sandbox
        "SANDBOX_HOME",
        "SANDBOX_ENGINE",
        # the encoding of files and output, which the Makefile sets
        "PYTHONUTF8",
    }
)
_PREFIXES = ("LC_",)


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the variables of an environment that may pass."""
    return {name: value for name, value in environment.items() if name in _NAMES or name.startswith(_PREFIXES)}


def restrict(layout: Layout) -> None:
    """Removes every other variable from this process, and leads boto3 to no profile and no config file."""
    kept = inherited(os.environ)
    os.environ.clear()
    os.environ.update(kept | aws_files(layout))


def aws_files(layout: Layout) -> dict[str, str]:
    """Returns the variables that name the AWS config files: those of the sandbox, which need not exist."""
    return {
        "AWS_CONFIG_FILE": str(layout.home / "aws" / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(layout.home / "aws" / "credentials"),
    }
