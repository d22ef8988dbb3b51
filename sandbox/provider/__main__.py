"""The plugin's entry point: `python -m sandbox.provider [engine address]`."""

import os

from .host import serve
from .servicer import AwsProvider

if __name__ == "__main__":
    serve(AwsProvider(os.environ))
