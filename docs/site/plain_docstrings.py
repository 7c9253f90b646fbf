"""Docstrings are written for ``help()``, and constants have comments; both are read as they are."""

from __future__ import annotations

import re
from typing import Any

import griffe


class PlainDocstrings(griffe.Extension):  # type: ignore[misc]  # mypy skips griffe
    """What ``::`` announces is indented, and so is code; what begins with ``>>>`` is fenced."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            text = re.sub(r"^::\n", "", obj.docstring.value, flags=re.M)
            text = re.sub(r"::$", ":", text, flags=re.M)
            obj.docstring.value = re.sub(
                r"^>>> .*(?:\n.+)*", r"```pycon\n\g<0>\n```", text, flags=re.M
            )

    def on_attribute(self, *, attr: griffe.Attribute, **_: Any) -> None:
        if attr.docstring is None and attr.lineno is not None:
            above = attr.lines_collection[attr.filepath][: attr.lineno - 1]
            words: list[str] = []
            while above and above[-1].lstrip().startswith("#:"):
                words.insert(0, above.pop().lstrip().removeprefix("#:").strip())
            if words:
                attr.docstring = griffe.Docstring(" ".join(words), parent=attr)
