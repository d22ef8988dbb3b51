"""`python -m recording STACK`: prints what a stack of this folder registers, as JSON. Secrets are masked."""

import json
import sys

from recording.program import record_as_committed

MASK = "[secret]"


def main() -> None:
    """Prints a list of resources, each with its type, name and inputs."""
    deployment = record_as_committed(sys.argv[1])
    resources = [
        {
            "type": one.type,
            "name": one.name,
            "inputs": {key: MASK if key in one.secret_inputs else value for key, value in one.inputs.items()},
        }
        for one in deployment.registered
    ]
    json.dump(resources, sys.stdout)


if __name__ == "__main__":
    main()
