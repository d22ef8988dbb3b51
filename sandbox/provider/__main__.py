"""The plugin's entry point: `python -m sandbox.provider [engine address]`."""

import gc
import os

if __name__ == "__main__":
    gc.disable()  # before the imports, which leave no garbage; see `serve`

    from .host import serve
    from .servicer import AwsProvider

    serve(AwsProvider(os.environ))
