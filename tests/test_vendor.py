"""The exported file, alone: the vectors, the state, the checkers; and what cannot be exported."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sse_core
from sse_core import vendor
from sse_core.cli import main
from sse_core.testing import vectors
from sse_core.vendor import _merge, export

ROOT = Path(__file__).parent.parent
WIRE = Path(vectors.__file__).parent / "wire.jsonl"
NAME = "vendored_sse"

#: Run with -I and -S: no site-packages, no sse_core. Gets the folder and the vectors.
PROGRAM = f"""
import base64, copy, json, pickle, sys
try:
    import sse_core
except ImportError:
    pass
else:
    sys.exit("sse_core is there")
sys.path.insert(0, sys.argv[1])
import {NAME} as sse

def decoded(pushes, seed, move):
    decoder = sse.SSEDecoder(last_event_id=seed, limits=sse.Limits(max_retry_ms=None))
    events = []
    for push in pushes:
        events += decoder.feed(push)
        decoder = move(decoder)
    events += decoder.close()
    return (
        [[e.event, e.data, e.id] for e in events],
        decoder.last_event_id, decoder.retry, decoder.tail is not None,
    )

MOVES = [
    lambda decoder: decoder,
    lambda decoder: pickle.loads(pickle.dumps(decoder)),
    lambda decoder: sse.SSEDecoder.load(json.loads(json.dumps(decoder.dump()))),
    copy.deepcopy,
]
count = 0
with open(sys.argv[2], encoding="utf-8", newline="\\n") as file:
    lines = list(file)
for line in lines:
    v = json.loads(line)
    data = v["input"].encode() if "input" in v else base64.b64decode(v["base64"])
    right = [v["events"], *([v["or"]] if "or" in v else [])]
    state = (v["last_event_id"], v["retry"], v["tail"])
    cuttings = [[data], [data[i:i + 1] for i in range(len(data))]]
    if len(data) < 200:
        cuttings += [[data[:i], data[i:]] for i in range(len(data) + 1)]
    for n, pushes in enumerate(cuttings):
        for move in MOVES if n < 2 and len(data) < 2000 else MOVES[:1]:
            events, *found = decoded(pushes, v.get("seed", ""), move)
            if events not in right or tuple(found) != state:
                sys.exit(f"{{v['id']}}: {{pushes}} -> {{events}}, {{found}}")
    count += 1

error = None
try:
    sse.SSEDecoder(limits=sse.Limits(max_event_bytes=1)).feed(b"data: ab")
except sse.LimitExceeded as raised:
    error = raised
assert pickle.loads(pickle.dumps(error)) == error
assert pickle.loads(pickle.dumps(sse.ServerSentEvent(data="a"))) == sse.ServerSentEvent(data="a")
items = sse.SSEObserver().feed(b":a\\nretry: 1\\n")
assert [type(item).__name__ for item in items] == ["Comment", "Retry"]
assert all(hasattr(sse, name) for name in sse.__all__)
foreign = sys.modules.keys() & {{"asyncio", "socket", "typing_extensions"}}
print(count, sse.__version__, sorted(foreign))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the file is, written by the command."""
    folder = tmp_path_factory.mktemp("vendored")
    assert main(["vendor", "--output", str(folder / f"{NAME}.py")]) == 0
    return folder


def test_the_vectors_on_the_file_alone(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", PROGRAM, str(folder), str(WIRE)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    count = len(vectors.load_wire())
    assert (done.stdout, done.stderr) == (f"{count} {sse_core.__version__} []\n", "")


def test_it_comes_to_stdout_too(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sse_core", "vendor"], capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == (folder / f"{NAME}.py").read_bytes()
    assert b"\r" not in done.stdout


def test_a_file_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "missing" / "sse.py"
    assert main(["vendor", "--output", str(path)]) == 2
    assert capsys.readouterr().err == f"sse-core: {path}: No such file or directory\n"


def test_the_stamp() -> None:
    lines = export().split("\n")
    assert lines[0] == f"# sse_core {sse_core.__version__}: the wire decoder, in one file."
    assert "Do not edit" in lines[1]
    for line in vendor.LICENSE.splitlines():
        assert f"# {line}".rstrip() in lines
    license = ROOT / "LICENSE"
    if license.is_file():
        assert license.read_text("utf-8") == vendor.LICENSE
    assert export() == export()


def test_its_names_are_those_of_the_modules() -> None:
    (names,) = (
        ast.literal_eval(node.value)
        for node in ast.parse(export()).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    modules = [getattr(sse_core, name) for name in vendor.MODULES]
    assert sorted(names) == sorted(name for module in modules for name in module.__all__)


def test_every_comment_and_docstring_is_in_it() -> None:
    exported = export()
    for name in vendor.MODULES:
        source = (Path(sse_core.__file__).parent / f"{name}.py").read_text("utf-8")
        about, _, rest = source.partition("\nfrom __future__ import annotations\n")
        assert about in exported
        assert rest.partition("\n]\n")[2].strip() in exported  # what follows __all__


@pytest.mark.parametrize(
    "command",
    [
        ["mypy", "--strict", "--config-file="],
        ["ruff", "check", "--isolated", "--no-cache", "--target-version=py310"],
        ["ruff", "check", "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        ["ruff", "format", "--check", "--no-cache", "--config", str(ROOT / "pyproject.toml")],
    ],
    ids=" ".join,
)
def test_checkers_find_nothing(folder: Path, command: list[str]) -> None:
    pytest.importorskip(command[0], reason="in the [dev] extra")
    done = subprocess.run(
        [sys.executable, "-m", *command, f"{NAME}.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# -- what cannot be exported ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import re", "a.py, line 1: an import that is not at the top"),
        ("from re import sub as s", "a.py, line 1: not of the form 'from module import name'"),
        ("from .errors import X as Y", "a.py, line 1: not of the form 'from module import name'"),
        ("from .encode import X", "a.py, line 1: imports a module that is not exported"),
        ("from . import errors", "a.py, line 1: imports a module that is not exported"),
        ("if TYPE_CHECKING:\n    X = 1", "a.py, line 2: not of the form 'from module import name'"),
        ("def f():\n    from re import sub", "a.py, line 2: an import that is not at the top"),
        ("B = 1", "b.py defines ['B'], as another module does"),
        ("class B: pass", "b.py defines ['B'], as another module does"),
        ("def B(): pass", "b.py defines ['B'], as another module does"),
    ],
)
def test_what_cannot_be_merged_is_refused(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"^[ab]\.py") as raised:
        _merge({"a.py": source, "b.py": '"""Doc."""\nB: int = 2'})
    assert str(raised.value) == message


def test_how_it_is_merged() -> None:
    first = (
        '"""First.\n\nMore.\n"""\n\nfrom __future__ import annotations\n\nfrom re import sub, A\n\n'
        "if TYPE_CHECKING:\n    from typing_extensions import Self\n    from re import Match\n\n"
        '__all__ = ["f"]\n\n# A comment.\ndef f():\n    pass\n'
    )
    second = '__all__ = ["C", "D"]\n\nfrom re import Pattern\nfrom .errors import X\n\nD = 1\n'
    merged = _merge({"one.py": first, "two.py": second})
    imports, _, rest = merged.partition("from __future__ import annotations\n\n")[2].partition(
        "__version__"
    )
    assert imports == (
        "from re import A, Pattern, sub\nfrom typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n    from re import Match\n\n    from typing_extensions import Self\n\n"
        '__all__ = [\n    "C",\n    "D",\n    "f",\n]\n\n'
    )
    dashes = "-" * (100 - len("# -- one.py "))
    assert rest.partition("\n")[2] == (
        f"\n\n# -- one.py {dashes}\n\n"
        '"""First.\n\nMore.\n"""\n\n\n# A comment.\ndef f():\n    pass\n\n\n'
        f"# -- two.py {dashes}\n\nD = 1\n"
    )
