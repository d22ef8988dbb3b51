"""The environment of the sandbox, for commands started here and as a file to source. It leads nowhere else."""

import os
import shlex
from collections.abc import Mapping

from sandbox.account.process import ACCESS_KEY, Account
from sandbox.engine.build import Engine
from sandbox.inherited import aws_files, inherited
from sandbox.layout import PACKAGE_ROOT, Layout, write

PASSPHRASE = "sandbox"  # noqa: S105 - made up, as are the values that it encrypts

# Prefixes of the variables that configure the AWS SDKs, the engine and Python. A shell that sources the file keeps no
# other variable of theirs than those that the file sets.
_PREFIXES = ("AWS_", "PULUMI_", "PYTHON")


def variables(layout: Layout, account: Account, region: str) -> dict[str, str]:
    """Returns what the sandbox's environment sets, apart from PATH and NO_PROXY."""
    return {
        "AWS_ENDPOINT_URL": account.url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
        **aws_files(layout),
        "AWS_EC2_METADATA_DISABLED": "true",
        "PULUMI_HOME": str(layout.pulumi_home),
        "PULUMI_BACKEND_URL": layout.state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_OPTION_CWD": str(layout.project),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # Names the folder of the sandbox to commands that are started in this environment.
        "VOICETER_SANDBOX": str(layout.home),
        "PYTHONUTF8": "1",
        # Formatting an Output into a string is an error.
        "PULUMI_ERROR_OUTPUT_STRING": "true",
    }


def _path_entries(layout: Layout, engine: Engine) -> str:
    folders = [layout.venv / "bin", *([engine.folder] if engine.folder else [])]
    return os.pathsep.join(str(folder) for folder in folders)


def for_commands(
    layout: Layout, engine: Engine, account: Account, region: str, environment: Mapping[str, str]
) -> dict[str, str]:
    """Returns the environment in which a command of the sandbox starts the engine."""
    merged = inherited(environment) | variables(layout, account, region)
    merged["PATH"] = os.pathsep.join([_path_entries(layout, engine), environment.get("PATH", os.defpath)])
    for name in ("NO_PROXY", "no_proxy"):
        merged[name] = ",".join(filter(None, ["127.0.0.1", environment.get(name, "")]))
    return merged


def write_file(layout: Layout, engine: Engine, account: Account, region: str) -> None:
    """Writes the file to source, for sh, bash and zsh. Only its owner can read it."""
    lines = [
        "# Source this file: plain pulumi and aws in this shell then work on the sandbox, from any folder.",
        f"unset VIRTUAL_ENV $(env | sed -n {_names_by_prefix()})",
        *(f"export {name}={shlex.quote(value)}" for name, value in variables(layout, account, region).items()),
        *_once_in_front("PATH", ":", _path_entries(layout, engine)),
        # The shell that sources this file may lack the engine that was on PATH for `make`.
        f'command -v pulumi >/dev/null || PATH="${{PATH}}:"{shlex.quote(str(engine.pulumi.parent))}',
        *_once_in_front("NO_PROXY", ",", "127.0.0.1"),
        *_once_in_front("no_proxy", ",", "127.0.0.1"),
    ]
    write(layout.env, "\n".join([*lines, ""]), mode=0o600)


def _names_by_prefix() -> str:
    """Returns the arguments with which sed prints the names of variables that start with one of the prefixes."""
    return " ".join(f"-e 's/^\\({prefix}[A-Za-z0-9_]*\\)=.*/\\1/p'" for prefix in _PREFIXES)


def _once_in_front(name: str, separator: str, value: str) -> list[str]:
    """Returns shell lines that put a value in front of a list, unless it is there already."""
    quoted = shlex.quote(value)
    return [
        f'case "${{{name}:-}}{separator}" in {shlex.quote(value + separator)}*) ;;'
        f' *) {name}={quoted}"${{{name}:+{separator}${name}}}" ;; esac',
        f"export {name}",
    ]


def write_plugins(layout: Layout) -> None:
    """Writes the provider plugins, two scripts that the sandbox's project file names, and the policy pack's."""
    for name, module in (("aws", "sandbox.provider"), ("awsx", "sandbox.awsx")):
        script = (
            "#!/bin/sh\n"
            f'PYTHONPATH={shlex.quote(str(PACKAGE_ROOT))} exec {shlex.quote(str(layout.python))} -m {module} "$@"\n'
        )
        write(layout.plugins / f"pulumi-resource-{name}", script, mode=0o755)
    # The engine runs an executable as a policy pack, too. To run the pack's folder, it needs a newer language host than
    # the one that can be built here. The engine's address is the last argument, after flags.
    command = [str(layout.python), "-u", "-m", "pulumi.policy"]
    pack = shlex.quote(str(layout.root / "policy"))
    script = f'#!/bin/sh\nfor address do :; done\nexec {shlex.join(command)} "$address" {pack}\n'
    write(layout.policy_pack, script, mode=0o755)
