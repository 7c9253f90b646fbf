"""Home-made streams whose data is the text itself: no JSON, nothing to configure.

The data of each event is the next piece of the text; ``[DONE]`` ends it, where there is one. An
event named ``error`` is one, and its data is what it says; the events named ``done`` and ``end``
end the answer, and what they carry is no text, nor is that of ``logs``.

Replicate's streams are of this kind: their ``done`` carries ``{}``, or the reason why it is none.
Source: replicate.com/docs/topics/predictions/streaming.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import json_text
from .base import obj, text

if TYPE_CHECKING:
    from ..merge import Merger
    from ..response import Response

__all__ = ["NAME", "PLAIN", "native", "read", "signs"]

NAME = "text"

#: The data is not JSON: the stream hands it over as it is, as ``{"data": …}``.
PLAIN = True

#: Events that say that the answer is over.
ENDS = frozenset(("done", "end"))

#: Reasons in them for which it is not whole.
FAILED = frozenset(("canceled", "error"))


def signs(chunk: dict[str, Any], event: str) -> str:
    """Never: any stream could be one of these."""
    return ""


def read(chunk: dict[str, Any], event: str, merge: Merger) -> bool:
    """One event."""
    merge.begin()
    if event == "error":
        merge.fail(chunk["data"] or "no message")
    elif event in ENDS:
        reason = text(obj(json_text.parse_arguments(chunk["data"])).get("reason"))
        if reason in FAILED:
            merge.fail(reason)
        else:
            merge.finish(0, "stop", event)
        merge.done()
    elif event == "logs":
        merge.metadata({event: chunk["data"]})
    else:
        merge.text(0, chunk["data"])
    return True


def native(response: Response) -> dict[str, Any]:
    """``{"text": …}``."""
    return {"text": response.text}
