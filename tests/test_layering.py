"""The architecture, held by a test: which module may import which.

``SPINE`` is the table. A module imports only modules whose row stands above its own, and of those
only the ones its row names. Imports inside functions count as well. Those for types only, under
``TYPE_CHECKING``, may take any row above: they are knowledge of another file, and that goes up
only, but they do not run. What ``importlib`` loads by a computed name cannot be seen here.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sse_core

ALL_ABOVE = {"all above"}
NOTHING: set[str] = set()
ANY = {"any"}

# Module, or folder of modules -> what it may import from sse_core. ``__init__`` is the package.
SPINE = {
    "errors": NOTHING,
    "limits": {"errors"},
    "wire": {"errors", "limits"},
    "encode": {"errors"},
    "values": NOTHING,
    "json_text": NOTHING,
    "partial_json": {"errors", "limits"},
    "json_path": {"errors", "json_text"},
    "events": {"values", "json_text"},
    "response": {"values", "json_text", "events"},
    "tool_calls": {"json_text", "json_path", "partial_json"},
    "output_items": NOTHING,
    "blocks": {"events", "response", "tool_calls"},
    "choices": {
        "blocks",
        "events",
        "response",
        "tool_calls",
        "json_text",
        "partial_json",
        "limits",
    },
    "merge": {
        "choices",
        "blocks",
        "events",
        "output_items",
        "response",
        "tool_calls",
        "json_path",
        "json_text",
        "limits",
    },
    "states": {"values"},
    "payloads": {"json_text", "merge"},
    "quirks": {"values"},
    "dialects": {
        *("events", "response", "merge", "tool_calls", "output_items", "json_text", "errors"),
    },
    "stream": ALL_ABOVE,
    "shapes": {"events", "response"},
    "timing": {"errors", "events", "response", "shapes"},
    "pacing": {"errors", "events"},
    "reconnect": {"errors", "encode", "events", "values", "wire"},
    "adapters": {"errors", "events", "stream", "wire"},
    "dropins": {"errors", "limits", "encode", "adapters"},
    "cassette": {"errors"},
    "__init__": {"errors", "limits", "wire", "encode", "events", "response", "stream"},
    "vendor": {"__init__"},
    "cli": ALL_ABOVE,
    "__main__": {"cli"},
    "testing": ALL_ABOVE,
}

# Everything else is the core: it does no I/O, reads no clock, rolls no dice, waits for nothing.
OUTSIDE_THE_CORE = {"cli", "__main__", "testing"}
# The loops: async code, but of no event loop.
MAY_BE_ASYNC = {*OUTSIDE_THE_CORE, "adapters", "dropins"}
NOT_IN_THE_CORE = {
    "asyncio",
    "http",
    "random",
    "selectors",
    "socket",
    "ssl",
    "threading",
    "time",
    "urllib",
}

# There are no runtime dependencies; the testing toolkit has its extra, and the peers' adapters
# import the library that they are asked for.
THIRD_PARTY = {"testing": {"hypothesis"}, "testing/peers.py": ANY}
THIRD_PARTY_TYPES = {"typing_extensions"}  # every type checker brings it


def rows_above(unit: str) -> set[str]:
    rows = list(SPINE)
    return set(rows[: rows.index(unit)])


def may_import(unit: str) -> set[str]:
    return rows_above(unit) if SPINE[unit] is ALL_ABOVE else SPINE[unit]


def violations(package: Path) -> list[str]:
    """Everything in the tree at ``package`` that breaks a rule, one line each."""
    found = []
    for path in sorted(package.rglob("*.py")):
        relative = path.relative_to(package)
        unit = relative.parts[0].removesuffix(".py")
        if unit not in SPINE:
            found.append(f"{relative}: not in the table; give {unit} a row")
            continue
        tree = ast.parse(path.read_text("utf-8"), str(path))
        types_only = nodes_for_types(tree)
        for node, target in imports(tree, relative, package):
            problem = judge(
                unit, target, node in types_only, THIRD_PARTY.get(str(relative), NOTHING)
            )
            if problem:
                found.append(f"{relative}:{node.lineno}: {problem}")
        if unit not in MAY_BE_ASYNC:
            found += [f"{relative}:{line}: async code in the core" for line in async_lines(tree)]
    return found


def judge(unit: str, target: str, types_only: bool, also: set[str] = NOTHING) -> str | None:
    """What is wrong with an import of the absolute name ``target`` in ``unit``, if anything.

    ``also``: what else this file may import.
    """
    top, *rest = target.split(".")
    if top == "sse_core":
        imported = rest[0] if rest else "__init__"
        allowed = rows_above(unit) if types_only else may_import(unit)
        if imported == unit or imported in allowed:
            return None
        return f"{unit} may not import {imported}"
    if top not in sys.stdlib_module_names:
        if (
            also is ANY
            or top in THIRD_PARTY.get(unit, ())
            or (types_only and top in THIRD_PARTY_TYPES)
        ):
            return None
        return f"{top} is not in the standard library"
    if top in NOT_IN_THE_CORE and unit not in OUTSIDE_THE_CORE:
        return f"the core may not import {top}"
    return None


def imports(tree: ast.AST, relative: Path, package: Path) -> Iterator[tuple[ast.stmt, str]]:
    """Each import statement with the absolute name of each module it imports."""
    folder = ["sse_core", *relative.parts[:-1]]  # what one leading dot stands for
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            start = folder[: len(folder) + 1 - node.level] if node.level else []
            origin = ".".join([*start, *([node.module] if node.module else [])])
            for alias in node.names:
                # ``from . import wire`` imports a module, ``from .wire import X`` does not.
                inner = package.joinpath(*origin.split(".")[1:], alias.name)
                is_module = inner.is_dir() or inner.with_suffix(".py").is_file()
                ours = origin.split(".")[0] == "sse_core"
                yield node, f"{origin}.{alias.name}" if ours and is_module else origin


def nodes_for_types(tree: ast.AST) -> set[ast.AST]:
    """Everything under ``if TYPE_CHECKING:``, but not under its ``else``."""
    return {
        node
        for guard in ast.walk(tree)
        if isinstance(guard, ast.If)
        and ast.unparse(guard.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        for statement in guard.body
        for node in ast.walk(statement)
    }


def async_lines(tree: ast.AST) -> list[int]:
    kinds = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    return sorted(node.lineno for node in ast.walk(tree) if isinstance(node, kinds))


def test_the_package_keeps_the_rules() -> None:
    assert violations(Path(sse_core.__file__).parent) == []


@pytest.mark.parametrize("unit", SPINE)
def test_the_table_itself_goes_up_only(unit: str) -> None:
    assert may_import(unit) <= rows_above(unit)


# The checker is checked: a tree with one broken rule, and the line it must report.
BROKEN = {
    "down the spine": (
        "errors.py",
        "from .limits import Limits",
        "errors.py:1: errors may not import limits",
    ),
    "above, but not in its row": (
        "encode.py",
        "from .limits import Limits",
        "encode.py:1: encode may not import limits",
    ),
    "a module by name": (
        "wire.py",
        "from . import errors, events",
        "wire.py:1: wire may not import events",
    ),
    "absolute": (
        "wire.py",
        "import sse_core.events",
        "wire.py:1: wire may not import events",
    ),
    "absolute, from": (
        "wire.py",
        "from sse_core.events import TextDelta",
        "wire.py:1: wire may not import events",
    ),
    "absolute, a module by name": (
        "wire.py",
        "from sse_core import events",
        "wire.py:1: wire may not import events",
    ),
    "the package itself": (
        "wire.py",
        "from . import StreamDecoder",
        "wire.py:1: wire may not import __init__",
    ),
    "merge knows a dialect": (
        "merge.py",
        "from .dialects import openai_chat",
        "merge.py:1: merge may not import dialects",
    ),
    "in a function": (
        "merge.py",
        "def f():\n    from .dialects.base import Dialect",
        "merge.py:2: merge may not import dialects",
    ),
    "for types only": (
        "merge.py",
        "if TYPE_CHECKING:\n    from . import dialects",
        "merge.py:2: merge may not import dialects",
    ),
    "not for types": (
        "encode.py",
        "if TYPE_CHECKING:\n    pass\nelse:\n    from .wire import ServerSentEvent",
        "encode.py:4: encode may not import wire",
    ),
    "a dependency that is there for type checkers only": (
        "wire.py",
        "from typing_extensions import TypeVar",
        "wire.py:1: typing_extensions is not in the standard library",
    ),
    "from a folder": (
        "dialects/new.py",
        "from .base import Dialect\nfrom ..wire import SSEDecoder",
        "dialects/new.py:2: dialects may not import wire",
    ),
    "the clock": (
        "reconnect.py",
        "import time",
        "reconnect.py:1: the core may not import time",
    ),
    "a part of a module": (
        "stream.py",
        "from http.client import HTTPResponse",
        "stream.py:1: the core may not import http",
    ),
    "a dependency": (
        "merge.py",
        "import orjson",
        "merge.py:1: orjson is not in the standard library",
    ),
    "a dependency outside the core": (
        "cli.py",
        "import click",
        "cli.py:1: click is not in the standard library",
    ),
    "async": (
        "stream.py",
        "async def f():\n    pass",
        "stream.py:1: async code in the core",
    ),
    "an event loop": (
        "adapters.py",
        "import asyncio",
        "adapters.py:1: the core may not import asyncio",
    ),
    "no row": (
        "utils.py",
        "",
        "utils.py: not in the table; give utils a row",
    ),
    "no row, a folder": (
        "helpers/text.py",
        "",
        "helpers/text.py: not in the table; give helpers a row",
    ),
}

CLEAN = {
    "__init__.py": "from .stream import StreamDecoder",
    "errors.py": "from __future__ import annotations",
    "limits.py": "from .errors import UsageError",
    "encode.py": "if TYPE_CHECKING:\n    from .wire import ServerSentEvent",
    "events.py": "import enum",
    "wire.py": "from . import errors\nfrom sse_core.limits import Limits",
    "dialects/base.py": "from ..merge import Verbs",
    "dialects/openai_chat.py": "from .base import Dialect\nfrom . import base",
    "stream.py": "from .dialects import base\nfrom .wire import SSEDecoder",
    "adapters.py": "async def f():\n    pass",
    "testing/laws.py": "import hypothesis\nimport sse_core\nfrom .. import StreamDecoder",
}


def write_tree(root: Path, files: dict[str, str]) -> Path:
    for name, source in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, "utf-8")
    return root


def test_a_clean_tree_has_no_violations(tmp_path: Path) -> None:
    assert violations(write_tree(tmp_path, CLEAN)) == []


@pytest.mark.parametrize(("name", "source", "report"), BROKEN.values(), ids=BROKEN)
def test_each_rule_is_enforced(tmp_path: Path, name: str, source: str, report: str) -> None:
    tree = write_tree(tmp_path, {**CLEAN, name: source})
    assert [line.replace("\\", "/") for line in violations(tree)] == [report]


def test_the_wire_can_be_copied(tmp_path: Path) -> None:
    """Three files make a decoder of their own, whatever the package around them is called."""
    package = tmp_path / "elsewhere"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in ("errors.py", "limits.py", "wire.py"):
        shutil.copy(Path(sse_core.__file__).parent / name, package)
    program = (
        "from elsewhere.wire import SSEDecoder; print(SSEDecoder().feed(b'data: a\\n\\n')[0].data)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("a\n", "")
