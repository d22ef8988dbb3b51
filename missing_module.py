"""What a command says if a package is missing from .venv. Only the standard library; every part may import it."""


def explain(error: ModuleNotFoundError) -> str:
    """Returns the message."""
    return f"The module {error.name} is missing from .venv. `rm .venv/.stamp` has it installed again."
