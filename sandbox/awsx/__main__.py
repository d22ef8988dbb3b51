"""The `awsx` plugin: `python -m sandbox.awsx`, started by the engine."""

import gc

if __name__ == "__main__":
    gc.disable()  # before the imports, which leave no garbage; see `serve`

    from sandbox.awsx.servicer import Servicer
    from sandbox.provider.host import serve

    serve(Servicer())
