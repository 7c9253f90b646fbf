"""Runs every example of README.md and of docs/, so that none of them can lie.

* A ``python`` block runs in a fresh namespace. ``<!-- continues -->`` above it: in that of the
  block before. ``await`` and ``async for`` may stand at the top level, as in ``python -m asyncio``.
* A ``text`` block below it, under ``<!-- prints -->``, is what that block prints.
* A ``console`` block that starts with ``$ sse-core`` is run by a shell in the repository's root,
  command by command; lines shown below a command are what it prints.

Other blocks are not run here. .ci/run does the README's two blocks marked ``<!-- command: … -->``.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]

MarkdownIt = pytest.importorskip("markdown_it", reason="in the [dev] extra").MarkdownIt


@dataclass
class Block:
    """One fenced code block."""

    place: str  # "README.md:12", the line of its opening fence
    language: str
    code: str
    marks: list[str]  # the HTML comments right above it, without their arrows
    prints: str | None = None  # of a python block: what the ``text`` block below it shows

    @property
    def line(self) -> int:
        return int(self.place.rpartition(":")[2])


def read_blocks(markdown: str, name: str) -> list[Block]:
    blocks: list[Block] = []
    marks: list[str] = []
    previous = None  # the python block right above, if only comments stand between
    for token in MarkdownIt().parse(markdown):
        if token.type == "html_block":
            marks.append(token.content.strip().removeprefix("<!--").removesuffix("-->").strip())
            continue
        if token.type == "fence":
            language, place = token.info.strip(), f"{name}:{token.map[0] + 1}"
            if language == "text" and "prints" in marks:
                assert previous is not None, f"{place}: no python block right above"
                previous.prints = token.content
            blocks.append(Block(place, language, token.content, marks))
            previous = blocks[-1] if language == "python" else None
        else:
            previous = None
        marks = []
    return blocks


def python_chains(blocks: list[Block]) -> list[list[Block]]:
    """The python blocks, those that share a namespace together."""
    chains: list[list[Block]] = []
    for block in blocks:
        if block.language == "python":
            if "continues" in block.marks:
                chains[-1].append(block)
            else:
                chains.append([block])
    return chains


def run_python(chain: list[Block]) -> None:
    namespace: dict[str, Any] = {"__name__": "__readme__"}
    for block in chain:
        # Empty lines in front: a traceback then names the line of the document.
        source = "\n" * block.line + block.code
        # dont_inherit: the __future__ of this file is not the reader's.
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(source, block.place, "exec", flags, dont_inherit=True)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            run(code, namespace)
        if block.prints is not None:
            assert printed.getvalue().rstrip() == block.prints.rstrip(), block.place


def run(code: CodeType, namespace: dict[str, Any]) -> None:
    result = eval(code, namespace)
    if result is not None:  # it awaits something
        asyncio.run(result)


def read_commands(block: Block) -> list[tuple[str, str]]:
    """Each command of a console block with the lines shown below it."""
    commands: list[tuple[str, str]] = []
    for line in block.code.splitlines(keepends=True):
        if line.startswith("$ "):
            commands.append((line[2:].strip(), ""))
        else:
            command, shown = commands.pop()
            commands.append((command, shown + line))
    return commands


def run_console(block: Block, folder_for_script: Path) -> None:
    # ``sse-core`` anywhere in a command, behind a pipe too, is the package under test.
    script = folder_for_script / "sse-core"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sse_core "$@"\n', "utf-8")
    script.chmod(0o755)
    path = os.pathsep.join([str(folder_for_script), os.environ["PATH"]])
    for command, shown in read_commands(block):
        done = subprocess.run(
            command,
            shell=True,
            cwd=ROOT,
            env={**os.environ, "PATH": path, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        assert done.returncode == 0, f"{block.place}: {command}\n{done.stderr}"
        if shown.strip():
            assert done.stdout.rstrip() == shown.rstrip(), f"{block.place}: {command}"


BLOCKS = [
    block
    for document in DOCUMENTS
    if document.is_file()  # README.md may be left behind when tests/ is copied elsewhere
    for block in read_blocks(document.read_text("utf-8"), document.relative_to(ROOT).as_posix())
]
CHAINS = python_chains(BLOCKS)
CONSOLES = [b for b in BLOCKS if b.language == "console" and b.code.startswith("$ sse-core")]


@pytest.mark.parametrize("chain", CHAINS, ids=[chain[0].place for chain in CHAINS])
def test_python(chain: list[Block]) -> None:
    run_python(chain)


@pytest.mark.skipif(os.name == "nt", reason="the commands are for a POSIX shell")
@pytest.mark.parametrize("block", CONSOLES, ids=[block.place for block in CONSOLES])
def test_console(block: Block, tmp_path: Path) -> None:
    run_console(block, tmp_path)


# The runner is run on documents of our own, right ones and wrong ones.
SHARED = """
```python
x = 1
```
Some words.

<!-- continues -->
```python
import asyncio
await asyncio.sleep(0)
print(x + 1)
```

<!-- prints -->
```text
2
```

```python
assert "x" not in globals()
```
"""


def test_blocks_share_a_namespace_only_if_they_say_so() -> None:
    chains = python_chains(read_blocks(SHARED, "doc.md"))
    assert [[block.place for block in chain] for chain in chains] == [
        ["doc.md:2", "doc.md:8"],
        ["doc.md:19"],
    ]
    for chain in chains:
        run_python(chain)


def test_other_output_than_shown_is_an_error() -> None:
    (chain, _) = python_chains(read_blocks(SHARED.replace("\n2\n", "\n3\n"), "doc.md"))
    with pytest.raises(AssertionError, match=r"doc\.md:8"):
        run_python(chain)


def test_output_of_nothing_is_an_error() -> None:
    with pytest.raises(AssertionError, match=r"doc\.md:2: no python block"):
        read_blocks("<!-- prints -->\n```text\n2\n```\n", "doc.md")


def test_a_traceback_names_the_line_of_the_document() -> None:
    (chain,) = python_chains(read_blocks("Words.\n\n```python\nx = 1\n1 / 0\n```\n", "doc.md"))
    with pytest.raises(ZeroDivisionError) as error:
        run_python(chain)
    last = error.traceback[-1]
    assert (str(last.frame.code.raw.co_filename), last.lineno + 1) == ("doc.md:3", 5)


@pytest.mark.skipif(os.name == "nt", reason="the commands are for a POSIX shell")
@pytest.mark.parametrize(
    ("console", "fails"),
    [
        ("$ echo a\na\n$ echo b | tr b c\nc\n$ echo unseen\n", False),
        ("$ echo a\nb\n", True),
        ("$ echo a\na\n$ exit 3\n", True),
    ],
)
def test_commands_must_print_what_is_shown(tmp_path: Path, console: str, fails: bool) -> None:
    (block,) = read_blocks(f"```console\n{console}```\n", "doc.md")
    with pytest.raises(AssertionError) if fails else contextlib.nullcontext():
        run_console(block, tmp_path)
