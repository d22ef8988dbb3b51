"""The table of all resource types that the sandbox carries out, by Pulumi's type token.

Each module here has its own part of it, in `RESOURCES`.
"""

from importlib import import_module
from pkgutil import iter_modules

from ..spec import Resource

_MODULES = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
TABLE: dict[str, Resource] = {one.token: one for module in _MODULES for one in getattr(module, "RESOURCES", ())}

# What the account takes and does not keep, by type and property, with the reason. The state of these alone comes from
# what was sent; everything else is read from the account.
GAPS: dict[str, dict[str, str]] = {token: dict(resource.gaps) for token, resource in TABLE.items() if resource.gaps}
