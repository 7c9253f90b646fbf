"""What ``sse-core lint`` can find: one table, which is run, documented and tested.

``docs/lint.md`` is made of it. The letter of a code is its family: ``W`` the wire, ``D`` what the
dialect says over it; every other one is that of the quirk with this id (``sse_core.quirks``). A
code keeps its meaning for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import UsageError
from ..quirks import ASSUMED, QUIRKS, REPAIRED

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CODES", "ERROR", "WARNING", "Rule", "matching"]

#: A client that follows the format loses something, misreads it, or fails.
ERROR = "error"
#: Legal, or harmless to most; some clients are known to stumble.
WARNING = "warning"


class Rule(NamedTuple):
    """What a code means, in one sentence, and who says that it is one to report."""

    severity: str
    what: str
    source: str


LINES = "HTML standard 9.2.6, 'interpreting an event stream'"

#: Quirks with which a client that follows the format's reference loses content or raises. The
#: others that are repaired are habits: warnings.
BREAKING = frozenset((
    *("A6", "A12", "C2", "C3", "C4", "C9", "F2", "F8", "F16", "F18", "F19", "F20", "F21", "F27"),
    *("J1", "J3", "J4", "J7", "J8", "N1", "N2", "P5", "P6", "T1", "T3", "T6", "T9", "T13", "T16"),
    *("T17", "T19", "T20", "T21", "T29", "X12"),
))  # fmt: skip

CODES: dict[str, Rule] = {
    "W1": Rule(WARNING, "A byte order mark stands first: legal, and many clients lose the first "
               "event.", "HTML standard 9.2.5; quirk F24"),
    "W2": Rule(WARNING, "A line ends with CR alone: legal, and many clients never see a line.",
               "HTML standard 9.2.5; langfuse, llmstream"),
    "W3": Rule(WARNING, "Line ends are mixed: legal, and clients that look for one kind of blank "
               "line merge events.", "HTML standard 9.2.5; sseclient-py"),
    "W4": Rule(ERROR, "The name of the field is unknown, so the line is ignored.", LINES),
    "W5": Rule(ERROR, "The name of the field would be known without its capitals or white space; "
               "so the line is ignored.", LINES + ": 'no case folding performed'"),
    "W6": Rule(ERROR, "The last event has no blank line after it, so it is discarded.",
               LINES + ": 'any pending data must be discarded'"),
    "W7": Rule(ERROR, "The value of retry is not of ASCII digits only, so it is ignored.", LINES),
    "W8": Rule(ERROR, "There is a NUL in an id, so it is ignored.", LINES),
    "W9": Rule(ERROR, "A byte is not UTF-8: clients read U+FFFD, or raise.",
               "HTML standard 9.2.5: 'must always be encoded as UTF-8'"),
    "W10": Rule(WARNING, "A character at which str.splitlines splits, as U+2028 or U+0085: breaks "
                "clients that use it.", "quirk F22; florimondmanca/httpx-sse#34"),
    "W11": Rule(WARNING, "An event is named and has no data, so it is never dispatched.",
                LINES + "; quirk F5"),
    "W12": Rule(WARNING, "The input ends within a line, or a block, that holds no data.", LINES),
    "W13": Rule(WARNING, "An id that cannot be sent back as a Last-Event-ID header.",
                "RFC 9110 5.5; sse_core.last_event_id_header"),
    "W14": Rule(WARNING, "A field that counts once stands twice in a block: the last one counts.",
                LINES),
    "W15": Rule(ERROR, "A limit of this library is passed; what follows is not checked.",
                "sse_core.Limits"),
    "D1": Rule(WARNING, "The closing sentinel is missing: clients that wait for it wait.",
               "quirks F9, A1"),
    "D2": Rule(WARNING, "The closing sentinel comes more than once.", "quirk F14"),
    "D3": Rule(WARNING, "[DONE] in a dialect that has none: clients parse it as JSON.",
               "quirk F11"),
    "D4": Rule(ERROR, "The arguments of the tool call that begins here are not a whole JSON "
               "object.", "quirks A7, E9, T28"),
    "D5": Rule(WARNING, "An index, or a sequence number, is not the next one.", "quirk A3"),
    "D6": Rule(ERROR, "The event field differs from the type in the payload: clients go by either.",
               "quirk P8; Anthropic's and OpenAI's references of their streams"),
    "D7": Rule(WARNING, "The stream says nothing of usage.", "quirk A9"),
    "D8": Rule(ERROR, "Truncated: the stream ends before the answer is complete.",
               "quirks F10, A2"),
    "D9": Rule(WARNING, "The provider stopped the answer early.", "Outcome.INCOMPLETE"),
    "D10": Rule(ERROR, "The provider reports an error.", "quirks X1 to X14"),
    "D11": Rule(ERROR, "There is no event in the input.", "quirk F17"),
    "D12": Rule(ERROR, "The input is not an event stream.", "quirk F15"),
    "D13": Rule(WARNING, "The stream is ended, and no finish reason says why.", "quirk E6"),
    "D14": Rule(ERROR, "None of the events is of the dialect that was asked for.", "quirk C21"),
    **{
        id: Rule(
            ERROR if id in BREAKING else WARNING,
            f"{quirk.what}.",
            f"quirk {id}, seen with {quirk.who}",
        )
        for id, quirk in QUIRKS.items()
        if quirk.treatment in (REPAIRED, ASSUMED)
    },
}  # fmt: skip


def matching(words: Iterable[str]) -> frozenset[str]:
    """The codes that these words name: a code, or the letter of a family; joined by commas.

    Raises:
        UsageError: a word that names none.
    """
    found: set[str] = set()
    for word in ",".join(words).split(","):
        named = {code for code in CODES if word in (code, code[0])}
        if not named:
            raise UsageError(f"no such code: {word!r}; a letter names all codes of a family")
        found |= named
    return frozenset(found)
