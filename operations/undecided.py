"""The checks that Prowler did not decide, because something that they read could not be read.

Prowler logs a failed call as an error and continues. A check then judges attributes that nobody filled, and often
passes. Each line of the log names the line of Prowler's source that caught the error. What the function around that
line fills is what could not be read, and each check that reads it is not decided.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

# Prowler's lib/logger.py: a line a record, in the shape of JSON. Quotes in the message are not escaped.
_ERROR: Final = re.compile(
    r'^\{.*?"filename": "(?P<file>[^"]+):(?P<line>\d+)", "level": "(?:ERROR|CRITICAL)", .*?"message": "(?P<text>.*)',
    re.MULTILINE,
)


_ADDING: Final = ("add", "append", "extend", "setdefault", "update")


def undecided(log: str, services: Path, checks: Collection[str]) -> Mapping[str, str]:
    """Returns why each undecided check was not decided, by the check.

    Args:
        log: Prowler's log.
        services: the folder of the services in Prowler's source.
        checks: the checks that ran.
    """
    sources = {path.stem: path for path in services.rglob("*.py")}
    readers = [_Check.read(sources[name]) for name in checks if name in sources]
    reasons: dict[str, str] = {}
    for error in _ERROR.finditer(log):
        text = error["text"].strip().removesuffix('"}')
        path = sources.get(error["file"].removesuffix(".py"))
        if path is None:
            # Prowler's lib/check/check.py: the message about a check that failed starts with its name.
            affected = [text.partition(" ")[0]]
        elif path.stem in checks:
            affected = [path.stem]
        else:
            module = ".".join(path.relative_to(services).parts[:-1])
            filled = _filled_by(path, int(error["line"]))
            affected = [check.name for check in readers if check.uses(module, filled)]
        for check in affected:
            if check in checks:
                reasons.setdefault(check, text)
    return reasons


@dataclass(frozen=True)
class _Check:
    """A check in Prowler's source: the modules that it imports, and the names that it uses."""

    name: str
    modules: tuple[str, ...]
    names: frozenset[str]

    @classmethod
    def read(cls, path: Path) -> Self:
        nodes = list(ast.walk(ast.parse(path.read_text())))
        modules = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        names = [node.attr for node in nodes if isinstance(node, ast.Attribute)]
        names += [node.id for node in nodes if isinstance(node, ast.Name)]
        return cls(path.stem, tuple(modules), frozenset(names))

    def uses(self, module: str, names: Collection[str]) -> bool:
        return any(f".services.{module}." in one for one in self.modules) and not self.names.isdisjoint(names)


def _filled_by(path: Path, line: int) -> set[str]:
    """Returns the attributes that the function around a line fills, and the function's own name."""
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    if not functions:
        return set()
    function = max(functions, key=lambda node: node.lineno)  # the innermost
    return {function.name, *(name for node in ast.walk(function) for name in _attributes_filled(node))}


def _attributes_filled(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Attribute(attr=name, ctx=ast.Store()):  # instance.image = …
            yield name
        case ast.Subscript(value=ast.Attribute(attr=name), ctx=ast.Store()):  # self.instances[arn] = …
            yield name
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=name), attr=method)) if method in _ADDING:
            yield name  # self.instances.append(…)
        case _:
            return
