"""Home-made streams: events whose data is text, and events whose data is a small JSON object."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from .parts import Draw, cut, json_text, nonempty

__all__ = ["PlainStream", "json_streams", "text_streams"]


class PlainStream(NamedTuple):
    """``data`` is a stream that says ``text``; ``sentinel``: it ends with ``[DONE]``."""

    data: bytes
    text: str
    sentinel: bool


def _pieces(draw: Draw, text: str) -> list[str]:
    # A piece that is the sentinel is the sentinel: nothing can tell them apart.
    pieces = cut(draw, text)
    if "[DONE]" not in pieces:
        return pieces
    return [text] if text != "[DONE]" else ["[", "DONE]"]


@st.composite
def text_streams(draw: st.DrawFn) -> PlainStream:
    """Dialect ``text``: the data of each event is text; its lines are several ``data:`` lines.

    A carriage return cannot be in it.
    """
    text = draw(nonempty).replace("\r", "\n")
    events = ["".join(f"data: {line}\n" for line in p.split("\n")) for p in _pieces(draw, text)]
    sentinel = draw(st.booleans())
    if sentinel:
        events.append("data: [DONE]\n")
    return PlainStream("".join(event + "\n" for event in events).encode(), text, sentinel)


@st.composite
def json_streams(
    draw: st.DrawFn, text: str = "content", done: str = "done", path: tuple[str, ...] = ()
) -> PlainStream:
    """Dialect ``json``: ``{"content": "…", "done": false}``, until ``done`` is true.

    Args:
        text, done: the fields' names.
        path: the objects that the text's field stands in, the outermost first.
    """
    said = draw(nonempty)
    payloads = []
    for piece, last in [*((piece, False) for piece in cut(draw, said)), ("", True)]:
        inner: dict[str, object] = {text: piece}
        for name in reversed(path):
            inner = {name: inner}
        payloads.append(json_text({**inner, done: last}, ascii=draw(st.booleans())))
    sentinel = draw(st.booleans())
    if sentinel:
        payloads.append("[DONE]")
    data = "".join(f"data: {payload}\n\n" for payload in payloads)
    return PlainStream(data.encode(), said, sentinel)
