"""Home-made streams of JSON values: you say where the text, the end and the error stand.

``StreamDecoder(JSON(text="content", done="done", error="error"))`` reads
``{"content": "…", "done": false}``. A path has dots between its names, and may count in lists
(``choices.0.text``); the empty path is the value itself, for streams of plain values: text is taken
as it is, and any other value as its JSON text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import json_text
from .base import read_error
from .openai_chat import REASONS

if TYPE_CHECKING:
    from ..merge import Merger
    from ..response import Response

__all__ = ["JSON"]

_MISSING = object()


class JSON:
    """A dialect made of field paths.

    Args:
        text: where the next piece of the text stands.
        done: where the flag stands that says it is over: any value that counts as true, and if
            that is text, it is the finish reason.
        error: where an error stands: any value that counts as true.
        reasoning: where the reasoning stands, if there is any.
    """

    NAME = "json"
    #: Any JSON value is a chunk, not objects only.
    ANY_VALUE = True

    def __init__(
        self, text: str = "content", done: str = "done", error: str = "error", reasoning: str = ""
    ) -> None:
        self.text = text
        self.done = done
        self.error = error
        self.reasoning = reasoning

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    def __repr__(self) -> str:
        return f"JSON({', '.join(f'{name}={path!r}' for name, path in vars(self).items())})"

    def signs(self, chunk: Any, event: str) -> str:
        """Never: any stream could be one of these."""
        return ""

    def read(self, chunk: Any, event: str, merge: Merger) -> bool:
        """One value."""
        text = _at(chunk, self.text)
        error = _at(chunk, self.error) if self.error else _MISSING
        done = _at(chunk, self.done) if self.done else _MISSING
        failed = event == "error" or (error is not _MISSING and bool(error))
        if text is _MISSING and done is _MISSING and not failed:
            return False
        merge.begin()
        if self.reasoning:
            thought = _at(chunk, self.reasoning)
            if isinstance(thought, str):
                merge.reasoning(0, thought)
        if text is not _MISSING and text is not None and not (failed and text is chunk):
            merge.text(0, text if isinstance(text, str) else json_text.write(text))
        if failed:
            read_error(chunk if error is _MISSING or error is None else error, merge)
        if done is not _MISSING and done:
            word = done if isinstance(done, str) else json_text.write(done)
            merge.finish(0, REASONS.get(word, "stop"), word)
            merge.done()
        return True

    def native(self, response: Response) -> dict[str, Any]:
        """The paths, with all that was said in their places."""
        answer: Any = {}
        for path, value in ((self.text, response.text), (self.reasoning, response.reasoning)):
            if path:
                answer = _put(answer, path.split("."), value)
        return answer or {"text": response.text}


def _at(value: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(name, _MISSING)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return _MISSING
    return value


def _put(holder: Any, path: list[str], value: Any) -> Any:
    """The holder with the value at this path; a number in it makes a list."""
    if not path:
        return value
    name, *rest = path
    if name.isdecimal():
        items = holder if isinstance(holder, list) else []
        items += [None] * (int(name) + 1 - len(items))
        items[int(name)] = _put(items[int(name)], rest, value)
        return items
    members = holder if isinstance(holder, dict) else {}
    members[name] = _put(members.get(name), rest, value)
    return members
