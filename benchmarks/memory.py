"""What is kept: bytes for each decoder, call, delta, character, stream; and what lies on the disk.

By ``tracemalloc``, after a first round, so that modules and caches do not count; ``resident`` is
what the process grew by, which the allocator rounds up.

* ``idle``: a decoder that has seen nothing; ``wire`` is the one of events alone.
* ``call``: an open tool call, without arguments so far.
* ``delta``: a delta of 10 characters, in a text that goes on.
* ``stream``: the highest that memory rose, up to the response, for each character of the text. The
  case says the dialect, the characters in a delta, and the bytes of the stream, which come in
  pushes of 64 KiB, made as they are needed.
* ``streams``: each of many at once, in the middle of their responses: some 18 deltas, and half an
  event.
* ``wheel``, ``installed``: one library, without what it depends on. The wheel is its files, packed.
"""

from __future__ import annotations

import gc
import io
import os
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.harness import OURS, NotApplicable, Row, Wrong
from benchmarks.shapes import CHAT, CLAUDE, DIALECTS, GEMINI, Answer

UNIT, PER = "byte", "one"

OPENINGS = {dialect: 2 if dialect == "openai-responses" else 1 for dialect in DIALECTS}
HOW = ("traced", "resident")

CASES = [
    "idle/wire/1000",
    *(f"idle/{dialect}/1000" for dialect in DIALECTS),
    *(f"call/{dialect}/64" for dialect in DIALECTS if dialect != GEMINI),  # there they come whole
    *(f"delta/{dialect}/1024" for dialect in DIALECTS),
    *(f"stream/{dialect}/10/{size}" for dialect in DIALECTS for size in (10**7, 10**8)),
    f"stream/{CHAT}/1000/{10**8}",
    *(f"streams/{dialect}/{how}/10000" for dialect in (CHAT, CLAUDE) for how in HOW),
    "wheel",
    "installed",
]
QUICK = SMOKE = [
    "idle/wire/100",
    *(f"{what}/{dialect}/64" for what in ("idle", "call", "delta") for dialect in (CHAT, CLAUDE)),
    f"stream/{CHAT}/10/{10**6}",
    *(f"streams/{CHAT}/{how}/100" for how in HOW),
    "wheel",
    "installed",
]


def per(case: str) -> int:
    what, *rest = case.split("/")
    if what == "stream":
        return len(Long(*rest).text)
    return int(rest[-1]) if rest else 1


# -- one of them, by library -------------------------------------------------------------------

Feed = Callable[[bytes], Any]  # a push, to one stream; it keeps alive what that stream needs


def ours(dialect: str) -> Feed:
    from sse_core import SSEDecoder, StreamDecoder

    return SSEDecoder().feed if dialect == "wire" else StreamDecoder(dialect).feed


def openai(dialect: str) -> Feed:
    """It takes whole events only. So does the next one."""
    from openai._models import construct_type
    from openai._streaming import SSEDecoder
    from openai.lib.streaming.chat import ChatCompletionStreamState
    from openai.types.chat import ChatCompletionChunk

    decoder, state = SSEDecoder(), ChatCompletionStreamState()

    def feed(push: bytes) -> None:
        for sse in decoder.iter_bytes(iter((push,))):
            chunk = construct_type(type_=ChatCompletionChunk, value=sse.json())
            for _event in state.handle_chunk(chunk):
                pass

    if dialect != CHAT:
        raise NotApplicable
    return feed


def anthropic(dialect: str) -> Feed:
    from anthropic._models import construct_type
    from anthropic._streaming import SSEDecoder
    from anthropic.lib.streaming._messages import accumulate_event
    from anthropic.types import RawMessageStreamEvent

    decoder, message, buffers = SSEDecoder(), None, dict[Any, Any]()

    def feed(push: bytes) -> None:
        nonlocal message
        for sse in decoder.iter_bytes(iter((push,))):
            event = construct_type(type_=RawMessageStreamEvent, value=sse.json())
            message = accumulate_event(event=event, current_snapshot=message, json_bufs=buffers)

    if dialect != CLAUDE:
        raise NotApplicable
    return feed


Make = Callable[[str], Feed]


def fed(make: Make, dialect: str, pushes: list[bytes]) -> Feed:
    """A stream that these were fed to."""
    feed = make(dialect)
    for push in pushes:
        feed(push)
    return feed


# -- how it is measured --------------------------------------------------------------------------


def traced(make: Callable[[], Any]) -> float:
    """Bytes of what it makes."""
    gc.collect()
    tracemalloc.start()
    made = make()
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del made
    return size


def resident(make: Callable[[], Any]) -> float:
    """Bytes by which the process grows with what it makes."""
    gc.collect()
    before = resident_now()
    made = make()
    gc.collect()
    size = resident_now() - before
    del made
    return max(size, 1)


def resident_now() -> int:
    try:
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    except FileNotFoundError:  # this system does not say
        raise NotApplicable from None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def idle(make: Make, dialect: str, count: str) -> float:
    return traced(lambda: [make(dialect) for _ in range(int(count))])


def call(make: Make, dialect: str, count: str) -> float:
    calls = int(count)
    blocks = Answer(dialect, "calls", calls).blocks()
    head, calls_begin = blocks[: OPENINGS[dialect]], blocks[: OPENINGS[dialect] + calls]
    without = traced(partial(fed, make, dialect, head))
    return traced(partial(fed, make, dialect, calls_begin)) - without


def delta(make: Make, dialect: str, count: str) -> float:
    blocks = Answer(dialect, "text", 2 * int(count)).blocks()
    head, half = blocks[:8], blocks[: 8 + int(count)]
    without = traced(partial(fed, make, dialect, head))
    return traced(partial(fed, make, dialect, half)) - without


def streams(make: Make, dialect: str, how: str, count: str) -> float:
    blocks = Answer(dialect, "text", 32).blocks()
    pushes, half = blocks[:20], blocks[20][: len(blocks[20]) // 2]
    if make is ours:
        pushes.append(half)
    measure = traced if how == "traced" else resident
    return measure(lambda: [fed(make, dialect, pushes) for _ in range(int(count))])


def stream(make: Make, dialect: str, piece: str, size: str) -> float:
    if make is not ours:
        raise NotApplicable  # they take whole events
    from sse_core import StreamDecoder

    long = Long(dialect, piece, size)
    gc.collect()
    tracemalloc.start()
    decoder = StreamDecoder(dialect)
    for push in long.pushes():
        decoder.feed(push)
    decoder.close()
    text = decoder.response.text
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    if text != long.text:
        raise Wrong("another text")
    return peak


class Long:
    """A text in deltas that are all the same: so many characters each, so many bytes together."""

    def __init__(self, dialect: str, piece: str, size: str) -> None:
        answer = Answer(dialect, "text", 1)
        blocks, said = answer.blocks(), answer.wholes[0]
        place = next(i for i, block in enumerate(blocks) if said.encode() in block)
        self.piece: str = (said * int(piece))[: int(piece)]
        self.head = b"".join(blocks[:place])
        self.block = blocks[place].replace(said.encode(), self.piece.encode())
        self.times = max(1, int(size) // len(self.block))

    @property
    def text(self) -> str:
        return self.piece * self.times

    def pushes(self) -> Iterator[bytes]:
        """They end anywhere."""
        yield self.head
        at, end, some = 0, self.times * len(self.block), self.block * (2 + 65536 // len(self.block))
        while at < end:
            begin = at % len(self.block)
            yield some[begin : begin + min(65536, end - at)]
            at += 65536


# -- on the disk ---------------------------------------------------------------------------------


def files(distribution: str) -> dict[str, bytes]:
    """What a wheel of it holds, by name."""
    if distribution:
        listed = metadata.files(distribution) or []
        paths = {str(path): Path(str(path.locate())) for path in listed}
    else:
        import sse_core

        folder = Path(sse_core.__file__).parent
        paths = {str(path.relative_to(folder.parent)): path for path in folder.rglob("*")}
    return {
        name: path.read_bytes()
        for name, path in paths.items()
        if path.is_file() and ".." not in Path(name).parts and path.suffix != ".pyc"
    }


def installed(distribution: str) -> float:
    return sum(map(len, files(distribution).values()))


def wheel(distribution: str) -> float:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files(distribution).items():
            archive.writestr(name, content)
    return len(packed.getvalue())


# -- rows ----------------------------------------------------------------------------------------

KINDS: dict[str, Callable[..., float]] = {
    "idle": idle,
    "call": call,
    "delta": delta,
    "stream": stream,
    "streams": streams,
}
ON_DISK = {"wheel": wheel, "installed": installed}


def prepare(distribution: str, make: Make | None, case: str) -> Callable[[], float]:
    what, *rest = case.split("/")
    if what in ON_DISK:
        return partial(ON_DISK[what], distribution)
    if make is None:
        raise NotApplicable
    dialect = rest[0]
    fed(make, dialect, [] if dialect == "wire" else Answer(dialect, "text", 32).blocks()[:24])
    if what == "call":
        call(make, *rest)
    return partial(KINDS[what], make, *rest)


MAKES: dict[str, Make | None] = {
    "openai": openai,
    "anthropic": anthropic,
    "httpx-sse": None,
    "httpx2": None,
    "launchdarkly-eventsource": None,
    "sseclient-py": None,
}
ROWS = {
    OURS: Row("", partial(prepare, "", ours)),
    **{name: Row(name, partial(prepare, name, make)) for name, make in MAKES.items()},
}
