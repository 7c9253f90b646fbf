"""Makes docs/dialects/*.md: one page for each dialect, from its file and its vectors.

What a page says is the docstring, the schema and the tables of the dialect's file, the quirks that
have a vector in it, and what the decoder makes of one vector.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections import Counter
from collections.abc import Callable
from functools import cache, partial
from typing import Any, is_typeddict

from sse_core import StreamDecoder
from sse_core.dialects import DIALECTS, JSON, find
from sse_core.quirks import QUIRKS
from sse_core.testing.vectors import DialectVector, load_dialects

from .markdown import block, page, table

__all__ = ["DIALECT_PAGES", "SHOWN"]

#: The vector that a page shows.
SHOWN = {
    "openai-responses": "openai-responses/tool-call/function",
    "anthropic": "anthropic/tool-call/two-after-text",
    "gemini": "gemini/text/around-a-call",
    "openai-chat": "openai-chat/tool-call/after-text",
    "openai-completions": "openai-completions/usage/in-the-last-chunk",
    "text": "text/F31/replicate",
    "json": "json/text/defaults",
}

EXAMPLE = """
import sse_core
from sse_core.testing.vectors import load_dialects

(vector,) = [vector for vector in load_dialects() if vector.id == "{id}"]
stream = sse_core.StreamDecoder("{name}")
for event in stream.feed(vector.input) + stream.close():
    fields = zip(event._fields, event)
    shown = {{name: value for name, value in fields if name not in ("raw", "chunk")}}
    print(type(event).__name__, *(f"{{name}}={{value!r}}" for name, value in shown.items()))
"""

CLASSES = {
    "must": "the reference of the format decides",
    "should": "a quirk, and its repair",
    "either": "two readings are right",
}


def dialect(name: str) -> str:
    """docs/dialects/<name>.md."""
    module = inspect.getmodule(JSON) if name == "json" else find(name)
    assert module is not None
    return page(
        f"# {name}",
        *_docstring(module),
        f"`StreamDecoder(\"{name}\")`, in `sse_core/dialects/{DIALECTS[name]}.py`."
        + ("" if name in ("text", "json") else " `\"auto\"` finds it."),
        *(_constructor() if name == "json" else ()),
        "## A stream, and what comes out",
        *_example(name),
        *_reasons(module),
        *_usage(module),
        *_schema(module),
        *_quirks(name),
        *_vectors(name),
    )  # fmt: skip


def _docstring(module: Any) -> list[str]:
    return inspect.cleandoc(module.__doc__).split("\n\n")


def _constructor() -> list[str]:
    """What ``JSON`` takes: its docstring has a line for each argument."""
    rows = [(f"`{name}`", words) for name, words in described(JSON, "Args").items()]
    defaults = [repr(field.default) for field in inspect.signature(JSON).parameters.values()]
    return [
        "`sse_core.dialects.JSON` takes paths:",
        table(("path", "default", "what it says"), [
            (name, f"`{default}`", words)
            for (name, words), default in zip(rows, defaults, strict=True)
        ]),
    ]  # fmt: skip


def described(kind: type, section: str) -> dict[str, str]:
    """The lines of a section of a docstring (``Args:``, ``Attributes:``): name and words."""
    text = inspect.cleandoc(kind.__doc__ or "")
    (lines,) = re.findall(rf"^{section}:\n((?:    .*\n?|\n)+)", text, re.M)
    parts = re.split(r"^(\w+): ", textwrap.dedent(lines), flags=re.M)[1:]
    entries = zip(parts[::2], parts[1::2], strict=True)
    return {name: " ".join(words.split()) for name, words in entries}


def _example(name: str) -> list[str]:
    (vector,) = [vector for vector in load_dialects() if vector.id == SHOWN[name]]
    stream = StreamDecoder(name)
    shown = []
    for event in stream.feed(vector.input) + stream.close():
        fields = {key: value for key, value in zip(event._fields, event) if key not in RAW}
        words = (f"{key}={value!r}" for key, value in fields.items())
        shown.append(" ".join((type(event).__name__, *words)))
    ends = ", with lines that end with CRLF" if b"\r\n" in vector.input else ""
    return [
        f"The vector `{vector.id}` of [the kit](../testing.md){ends}:",
        block("text", "\n".join(vector.input.decode().splitlines())),
        block("python", EXAMPLE.format(id=vector.id, name=name).strip()),
        block("text", "\n".join(shown), "prints"),
    ]


RAW = ("raw", "chunk")


def _reasons(module: Any) -> list[str]:
    found: dict[str, list[str]] = {}
    if module.__name__.rpartition(".")[2] not in ("json", "openai_completions"):
        for word, reason in getattr(module, "REASONS", {}).items():
            found.setdefault(reason, []).append(f"`{word}`")
    rows = [(f"`{reason}`", ", ".join(words)) for reason, words in found.items()]
    if not rows:
        return []
    return [
        "## Why it stopped",
        table(("`Finish.reason`", "the provider's words: `Finish.raw`"), rows),
        "Any other word is `other`.",
    ]


def _usage(module: Any) -> list[str]:
    paths = getattr(module, "USAGE", {})
    if not paths:
        return []
    rows = [(f"`{name}`", ", ".join(f"`{path}`" for path in wire)) for name, wire in paths.items()]
    return ["## What it cost", table(("`Usage`", "where it stands on the wire"), rows)]


def _schema(module: Any) -> list[str]:
    """The TypedDicts, as they stand in the file."""
    classes = [
        value
        for value in vars(module).values()
        if is_typeddict(value) and value.__module__ == module.__name__
    ]
    if not classes:
        return []
    code = "\n\n\n".join(_source(module)[kind.__name__] for kind in classes)
    return [
        "## The schema",
        "What is on the wire, whatever the documentation promises; all of it may be absent. Names "
        "in comments are servers that were seen to do so.",
        block("python", f"from typing import Any, TypedDict\n\n\n{code}"),
    ]


@cache
def _source(module: Any) -> dict[str, str]:
    """The text of each class of a file, comments included."""
    text = inspect.getsource(module)
    lines = text.splitlines()
    return {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
    }


def _of(name: str) -> list[DialectVector]:
    return [vector for vector in load_dialects() if vector.dialect == name]


def _quirks(name: str) -> list[str]:
    shown = {vector.quirk for vector in _of(name)}
    rows = [
        (id, quirk.what, quirk.who, "; ".join(filter(None, (quirk.treatment, quirk.note))))
        for id, quirk in QUIRKS.items()
        if id in shown
    ]
    return [
        "## Its quirks",
        f"The {len(rows)} of [all](../quirks.md) that a vector shows in this dialect. What is "
        "*repaired* is read as it was meant, and reported as an `Anomaly` with this id.",
        table(("id", "on the wire", "seen with", "treatment"), rows),
    ]


def _vectors(name: str) -> list[str]:
    counts = Counter(vector.class_ for vector in _of(name))
    rows = [(kind, str(counts[kind]), words) for kind, words in CLASSES.items() if counts[kind]]
    return [
        "## Its vectors",
        f"{counts.total()} streams and what they come to, as data for any language; "
        "[testing.md](../testing.md) says how to run your own decoder on them.",
        table(("class", "how many", "what decides"), rows),
    ]


DIALECT_PAGES: dict[str, Callable[[], str]] = {
    f"dialects/{name}.md": partial(dialect, name) for name in DIALECTS
}
