"""``sse-core timeline``: a picture of what came when, one row for each channel.

Here stand the command, and the ``Timeline`` that both pictures are drawn from; the pictures
themselves are in ``drawing.py``.
"""

from __future__ import annotations

import json
import shutil
import sys
from itertools import chain, islice
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from .. import events as ev
from ..stream import StreamDecoder
from .answer import add_answer, verdict
from .console import at_least_one, chunks, coloured, opened, positive
from .cut import at_boundaries

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

__all__ = ["EXAMPLES", "Gap", "Row", "Timeline", "configure", "run"]

EXAMPLES = """\
  curl -sN ... | sse-core record run.cassette | sse-core text -
  sse-core timeline run.cassette                    as wide as the terminal
  sse-core timeline --svg run.cassette > run.svg    for a browser
  sse-core timeline --gap 1 run.cassette            mark silences of a second and more
  sse-core timeline capture.sse                     no times in it: drawn over its bytes
"""

#: How a channel is drawn: as bars, as high as what came there, or as marks.
FLOWS = ("text", "reasoning", "refusal", "tool", "result", "media")
MARKS = ("usage", "finish", "error", "keep-alive")

#: Beyond any terminal, and any monitor.
WIDEST = 1000


class Gap(NamedTuple):
    """Nothing came from ``start`` to ``end``, in seconds."""

    start: float
    end: float


class Row:
    """A channel: what it is (one of ``FLOWS`` and ``MARKS``), its name, and what came when.

    ``points``: where on the axis, and how much: characters, bytes of media, or 0 for a mark.
    """

    __slots__ = ("kind", "label", "points", "said")

    def __init__(self, kind: str, label: str) -> None:
        self.kind, self.label = kind, label
        self.points: list[tuple[float, int]] = []
        self.said = ""  # of a mark: the last one in words

    @property
    def summary(self) -> str:
        """All of it, in words."""
        if self.said:
            return self.said
        if self.kind in FLOWS:
            total = sum(amount for _, amount in self.points)
            return f"{total:,} {'byte' if self.kind == 'media' else 'char'}{'s' * (total != 1)}"
        return f"{len(self.points):,}"

    def bins(self, count: int, length: float) -> list[int | None]:
        """How much came in each of so many equal parts of the axis; ``None``: nothing did."""
        found: list[int | None] = [None] * count
        for at, amount in self.points:
            place = min(count - 1, int(at / length * count)) if length else 0
            found[place] = (found[place] or 0) + amount
        return found


class Timeline:
    """What the pictures show.

    Attributes:
        rows: the channels, in the order of the first thing in each; marks last.
        gaps: silences.
        timed: whether the axis is seconds; if not, it is bytes.
        length: of the axis.
        chunks, size: how many there were, and their bytes.
    """

    def __init__(self, *, timed: bool, gap: float) -> None:
        self.timed, self._gap = timed, gap
        self.length = 0.0
        self.chunks = self.size = 0
        self.gaps: list[Gap] = []
        self._rows: dict[tuple[str, object], Row] = {}

    @property
    def rows(self) -> list[Row]:
        """See above."""
        found = list(self._rows.values())
        marks = [row for kind in MARKS for row in found if row.kind == kind]
        return [row for row in found if row.kind in FLOWS] + marks

    def add(self, t: float | None, data: bytes, stream: StreamDecoder) -> None:
        """A chunk."""
        self.chunks += 1
        self.size += len(data)
        at = float(self.size) if t is None else t
        if self.timed and at - self.length >= self._gap:
            self.gaps.append(Gap(self.length, at))
        self.length = at
        self.place(stream.feed(data))

    def place(self, events: Iterable[ev.StreamEvent]) -> None:
        """Events that came with the last chunk."""
        for event in events:
            match event:
                case ev.TextDelta(text=text):
                    self._row("text", event.choice).points.append((self.length, len(text)))
                case ev.ReasoningDelta(text=text):
                    self._row("reasoning", event.choice).points.append((self.length, len(text)))
                case ev.RefusalDelta(text=text):
                    self._row("refusal", event.choice).points.append((self.length, len(text)))
                case ev.ToolCallStart(name=name) | ev.ToolResultStart(name=name):
                    kind = "tool" if isinstance(event, ev.ToolCallStart) else "result"
                    row = self._row(kind, event.choice, event.block, name)
                    row.points.append((self.length, 0))
                case ev.ToolCallDelta(arguments=text):
                    row = self._row("tool", event.choice, event.block)
                    row.points.append((self.length, len(text)))
                case ev.ToolResultDelta(text=text):
                    row = self._row("result", event.choice, event.block)
                    row.points.append((self.length, len(text)))
                case ev.ToolResultEnd(text="", content=content) if content is not None:
                    size = len(json.dumps(content, ensure_ascii=False))  # it came whole
                    row = self._row("result", event.choice, event.block)
                    row.points.append((self.length, size))
                case ev.MediaDelta(data=data):
                    self._row("media", event.choice).points.append((self.length, len(data)))
                case ev.Usage():
                    told = [("in", event.input_tokens), ("out", event.output_tokens)]
                    words = ", ".join(f"{n:,} {what}" for what, n in told if n is not None)
                    self._mark("usage", words)
                case ev.Finish(reason=reason):
                    self._mark("finish", reason)
                case ev.StreamError():
                    self._mark("error", event.type or event.code)
                case ev.KeepAlive():
                    self._mark("keep-alive", "")

    def _row(self, kind: str, choice: int, block: int | None = None, name: str = "") -> Row:
        key = (kind, choice if block is None else (choice, block))
        row = self._rows.get(key)
        if row is None:
            label = name or kind
            row = self._rows[key] = Row(kind, f"{label} [{choice}]" if choice else label)
        return row

    def _mark(self, kind: str, said: str) -> None:
        row = self._rows.setdefault((kind, ""), Row(kind, kind))
        row.points.append((self.length, 0))
        row.said = said or row.said


def configure(parser: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    parser.add_argument("--svg", action="store_true", help="an SVG image on stdout")
    parser.add_argument(
        "--width",
        type=at_least_one,
        metavar="COLUMNS",
        help="of the picture in characters (default: the terminal's)",
    )
    parser.add_argument(
        "--gap",
        type=positive,
        default=0.25,
        metavar="SECONDS",
        help="mark silences of this length and more (default 0.25)",
    )
    add_answer(parser)


def run(options: argparse.Namespace) -> int:
    """Read all of it, and draw."""
    from .drawing import as_svg, as_text

    stream = StreamDecoder(options.dialect)
    with opened(options) as source:
        timeline = _read(chunks(source), stream, options.gap)
    title = _title(timeline, stream, "sample" if options.sample else options.file)
    if options.svg:
        picture = as_svg(timeline, title)
    else:
        width = options.width or shutil.get_terminal_size((100, 24)).columns
        plain = not (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")
        picture = as_text(
            timeline, title, width=min(width, WIDEST), colour=coloured(sys.stdout), plain=plain
        )
    sys.stdout.write(picture)  # what came from the stream was escaped where it was put in
    sys.stdout.flush()
    return verdict(stream)


def _read(
    timed: Iterator[tuple[float | None, bytes]], stream: StreamDecoder, gap: float
) -> Timeline:
    first = list(islice(timed, 1))
    timeline = Timeline(timed=any(t is not None for t, _ in first), gap=gap)
    parts: Iterable[tuple[float | None, bytes]] = chain(first, timed)
    if not timeline.timed:
        # Event by event, so that each stands at its own place and not at that of its read.
        parts = ((None, data) for data in at_boundaries(data for _, data in parts))
    for t, data in parts:
        timeline.add(t, data, stream)
    # Closed twice: where the end itself passes a limit, the second time says so.
    timeline.place([*stream.close(), *stream.close()])
    return timeline


def _title(timeline: Timeline, stream: StreamDecoder, name: str) -> str:
    name = "stdin" if name == "-" else PurePath(name).name
    size = (
        f"{timeline.chunks:,} {'chunks' if timeline.timed else 'events'}, {timeline.size:,} bytes"
    )
    over = f"{timeline.length:.3g} s" if timeline.timed else "no times: over bytes"
    return " · ".join((name, stream.dialect, stream.outcome.value, over, size))
