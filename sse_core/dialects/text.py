"""Home-made streams whose data is the text itself: no JSON, nothing to configure.

The data of each event is the next piece of the text; ``[DONE]`` ends it, where there is one. An
event named ``error`` is one, and its data is what it says; the events named ``done`` and ``end``
end the answer, and what they carry is no text. Replicate's streams are of this kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..merge import Merger
    from ..response import Response

__all__ = ["NAME", "PLAIN", "native", "read", "signs"]

NAME = "text"

#: The data is not JSON: the stream hands it over as it is, as ``{"data": …}``.
PLAIN = True

#: Events that say that the answer is over.
ENDS = frozenset(("done", "end"))


def signs(chunk: dict[str, Any], event: str) -> str:
    """Never: any stream could be one of these."""
    return ""


def read(chunk: dict[str, Any], event: str, merge: Merger) -> bool:
    """One event."""
    merge.begin()
    if event == "error":
        merge.fail(chunk["data"] or "no message")
    elif event in ENDS:
        merge.finish(0, "stop", event)
        merge.done()
    else:
        merge.text(0, chunk["data"])
    return True


def native(response: Response) -> dict[str, Any]:
    """``{"text": …}``."""
    return {"text": response.text}
