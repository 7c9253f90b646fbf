"""``__all__`` is the public API: complete, true, documented, and the package hands it on.

A module is public unless it is ``__main__`` or starts with an underscore. The files of single
dialects, and of families of mutations, may do without ``__all__``: what is public there is what the
folder's ``__init__.py`` says.
"""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from types import GenericAlias, ModuleType

import pytest

import sse_core

# The modules whose names are also names of the package.
HANDED_ON = ["errors", "limits", "wire", "encode", "events", "response", "stream", "adapters"]

# Of these some names are, and are loaded when they are asked for.
HANDED_ON_LATER = {
    "pacing": ["Coalescer", "HoldBack"],
    "reconnect": ["Action", "Continuation", "Reconnect"],
    "timing": ["StreamTimer"],
}


def public_modules() -> list[str]:
    package = Path(sse_core.__file__).parent
    names = []
    for path in sorted(package.rglob("*.py")):
        parts = list(path.relative_to(package).with_suffix("").parts)
        if parts[-1] == "__init__":
            del parts[-1]
        if not any(part.startswith("_") for part in parts):
            names.append(".".join(["sse_core", *parts]))
    return names


def is_one_of_many(name: str) -> bool:
    folders = ("sse_core.dialects.", "sse_core.testing.mutations.")
    return name.startswith(folders) and not name.endswith(".base")


def problems(module: ModuleType) -> list[str]:
    """What is wrong with the module's ``__all__``, one line each."""
    if not hasattr(module, "__all__"):
        return [] if is_one_of_many(module.__name__) else ["no __all__"]
    exported: list[str] = list(module.__all__)
    found = [f"{name} is in __all__ twice" for name in set(exported) if exported.count(name) > 1]
    for name in sorted(set(exported)):
        if not hasattr(module, name):
            found.append(f"{name} is in __all__ but does not exist")
        elif is_undocumented(getattr(module, name)):
            found.append(f"{name} has no docstring")
    # Classes and functions made here are public or start with an underscore. Constants and type
    # aliases are free to stay out: nothing tells those made here from those imported.
    for name, value in vars(module).items():
        made_here = callable(value) and getattr(value, "__module__", None) == module.__name__
        if made_here and not name.startswith("_") and name not in exported:
            found.append(f"{name} is public but not in __all__")
    return found


def is_undocumented(value: object) -> bool:
    if isinstance(value, GenericAlias):  # a type alias; to CPython 3.10 a class
        return False
    if inspect.isclass(value):
        # Its own: neither inherited nor what @dataclass, NamedTuple and (3.10) Enum make up.
        text = value.__dict__.get("__doc__") or ""
        return not text or text.startswith(f"{value.__name__}(") or text == "An enumeration."
    return inspect.isroutine(value) and not value.__doc__


@pytest.mark.parametrize("name", public_modules())
def test_all_is_complete_and_true(name: str) -> None:
    assert problems(importlib.import_module(name)) == []


def test_the_package_hands_on_what_its_modules_export() -> None:
    owners: dict[str, ModuleType] = {}
    for short in HANDED_ON:
        module = importlib.import_module(f"sse_core.{short}")
        for name in module.__all__:
            assert owners.setdefault(name, module) is module, f"{name} is exported twice"
    for short, names in HANDED_ON_LATER.items():
        module = importlib.import_module(f"sse_core.{short}")
        assert set(names) <= set(module.__all__)
        for name in names:
            assert owners.setdefault(name, module) is module, f"{name} is exported twice"
    assert set(sse_core.__all__) - {"__version__"} == set(owners)
    for name, module in owners.items():
        assert getattr(sse_core, name) is getattr(module, name)


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    program = "import sys, sse_core; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert not {f"sse_core.{short}" for short in HANDED_ON_LATER} & set(done.stdout.split())
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        sse_core.nothing  # noqa: B018


# The checker is checked: what it must say of a module with one mistake.
MISTAKES = {
    "absent": ("", ["no __all__"]),
    "twice": ('__all__ = ["f", "f"]\ndef f(): "Doc."', ["f is in __all__ twice"]),
    "missing": ('__all__ = ["gone"]', ["gone is in __all__ but does not exist"]),
    "function without docstring": ('__all__ = ["f"]\ndef f(): pass', ["f has no docstring"]),
    "class without docstring": (
        '__all__ = ["E"]\nclass E(Exception): pass',
        ["E has no docstring"],
    ),
    "made-up docstring": (
        '__all__ = ["P"]\nimport dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int',
        ["P has no docstring"],
    ),
    "made-up docstring of an enum": (
        '__all__ = ["O"]\nimport enum\nclass O(enum.Enum):\n    X = 1',
        ["O has no docstring"],
    ),
    "not exported": (
        "__all__ = []\ndef f(): pass\nclass C: pass",
        ["f is public but not in __all__", "C is public but not in __all__"],
    ),
    "none": (
        '__all__ = ["f", "LIMIT", "Alias"]\n'
        "from os.path import join\nLIMIT = 3\nAlias = int | str\nkept_back = 1\n"
        'def f(): "Doc."\ndef _g(): pass',
        [],
    ),
}


@pytest.mark.parametrize(("source", "report"), MISTAKES.values(), ids=MISTAKES)
def test_each_rule_is_enforced(source: str, report: list[str]) -> None:
    module = ModuleType("fake")
    exec(compile(source, "fake", "exec", dont_inherit=True), vars(module))
    assert problems(module) == report
