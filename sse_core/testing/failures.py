"""What the kit says of a failure; and that whatever the code under test does becomes one.

Rule of this file: it calls code that nobody has looked at. That may raise anything, never return,
and give values that can be neither shown nor compared.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

__all__ = ["ConformanceError", "answered", "claimed_from", "patience", "said_of", "shown"]

#: Seconds that a decoder may take for one input of a few hundred bytes before it is said to loop.
PATIENCE = 5.0

#: Characters of a report's line, and pushes that are shown one by one.
MOST_SHOWN, MANY = 400, 40

#: The laws that are somebody's words.
WORDS = ("the standard", "the reference of the dialect")


class ConformanceError(AssertionError):
    """A decoder broke a law. The message is the report; the attributes are its parts.

    Attributes:
        law: the name of the law.
        chunks: the pushes, in order; their sum is the smallest failing input that was found.
        expected, got: what differs.
        vector: the id of the vector that showed it, and why it is there; ``""`` if none did.
        beside: what was done beside it; ``""`` if nothing was.
        subject: what broke it: ``decoder``, ``merger`` or ``encoder``.
    """

    beside = ""
    subject = "decoder"

    def __init__(
        self,
        law: str,
        chunks: Sequence[bytes | bytearray],
        expected: object,
        got: object,
        vector: str = "",
    ) -> None:
        super().__init__(law, chunks, expected, got, vector)
        self.vector = vector
        self.law = law
        self.chunks = list(chunks)
        self.expected = expected
        self.got = got

    @property
    def data(self) -> bytes:
        """The input."""
        return b"".join(self.chunks)

    @property
    def loops(self) -> bool:
        """Whether there was no answer in time."""
        return isinstance(self.__cause__, _Looping)

    def __str__(self) -> str:
        fed = {"input": _short(shown(self.data)), "fed as": _pushes(self.chunks)}
        if self.subject == "encoder":
            fed = {"wrote": fed["input"] if self.chunks else ""}
        told = {
            "shown by": self.vector,
            **fed,
            "beside": self.beside,
            "expected": _short(shown(self.expected)),
            "got": _short(shown(self.got)),
        }
        lines = [f"  {name:8}  {text}" for name, text in told.items() if text]
        breaks = "does not read as {} says" if self.law in WORDS else "breaks the law of {}"
        return "\n".join([f"the {self.subject} {breaks.format(self.law)}", *lines])


def _short(text: str) -> str:
    left_out = len(text) - MOST_SHOWN
    half = MOST_SHOWN // 2
    return text if left_out <= 0 else f"{text[:half]} … {left_out} more … {text[-half:]}"


def _pushes(chunks: Sequence[bytes | bytearray]) -> str:
    sizes = sorted({len(chunk) for chunk in chunks[:-1]})
    if len(chunks) > MANY and len(sizes) == 1:
        return f"{len(chunks)} pushes of {sizes[0]} bytes"
    return _short(repr(list(chunks)))


def claimed_from(claims: Iterable[str], known: Iterable[str]) -> None:
    """That an adapter claims what there is. A text in place of a set of them is one of letters.

    Raises:
        ValueError: something else.
    """
    if unknown := set(claims) - set(known):
        names = ", ".join(map(repr, sorted(unknown)))
        raise ValueError(f"claims has {names}, which is none of {', '.join(sorted(known))}")


@contextmanager
def said_of(subject: str) -> Iterator[None]:
    """Failures within are those of a merger, or an encoder."""
    try:
        yield
    except ConformanceError as error:
        error.subject = subject
        raise


def shown(value: object) -> str:
    """``repr``, of anything."""
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__}: its repr raises {type(error).__name__}>"


def answered(call: Callable[[], Any], chunks: Sequence[bytes | bytearray], expected: object) -> Any:
    """What ``call`` returns; it runs nothing but the code under test.

    Raises:
        ConformanceError: it raised, be it ``SystemExit`` or ``CancelledError``.
    """
    try:
        return call()
    except (KeyboardInterrupt, _Looping):  # the user's, and our alarm
        raise
    except BaseException as error:
        raise ConformanceError("totality", chunks, expected, f"raised {shown(error)}") from error


class _Looping(BaseException):  # not one that a decoder under test would catch and go on
    pass


@contextmanager
def patience(chunks: Sequence[bytes], expected: object = "an answer") -> Iterator[None]:
    """Ends what loops, as a failure; where the system has a timer and this is the main thread."""
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "setitimer") or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return

    def stop(*_: object) -> None:
        raise _Looping

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    except _Looping as error:
        got = f"nothing for {PATIENCE:g} seconds: it loops"
        raise ConformanceError("totality", chunks, expected, got) from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
