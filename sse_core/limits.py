"""What a stream may cost: one frozen object, every cap with its unit and its precedents.

A limit is a property of the stream, never of its cutting: a unit that arrives whole is measured
just as one that trickles in. Everything completed before the limit is returned first.

Count *decompressed* bytes: if your transport inflates the body, that is what you feed, and a
compression bomb is caught here only after it was inflated.
"""

from __future__ import annotations

from .errors import UsageError

__all__ = ["Limits"]

KiB = 1024
MiB = 1024 * KiB


class Limits:
    """The caps of one decoder. Keyword-only; ``None`` switches a cap off.

    Attributes:
        max_event_bytes: bytes of the values of one event, replaced ones included, and of the line
            feeds between its data lines. 64 MiB: image events above 8 MiB are legal and real,
            gateways settled on 32 to 64 MiB; httpx2's 1 MiB broke MCP servers, openai-node took
            its 8 MiB back within a day.
        max_line_bytes: bytes of one line without its end, field name included. ``None``: a line
            is a part of an event, so ``max_event_bytes`` bounds it already. (aiohttp: 128 KiB,
            Go's Scanner: 64 KiB; both broke legal streams.)
        max_event_name_bytes: bytes of an event type. 8 KiB; known names are below 64.
        max_id_bytes: bytes of an id. 8 KiB: it must fit a ``Last-Event-ID`` header, and HTTP
            servers take lines of about that size.
        max_retry_ms: a ``retry`` above this counts as this: clamped, not an error. One hour.
        max_total_bytes: bytes of one connection. ``None``: plain streams may be endless.
        max_events: events of one connection. ``None``, likewise.
        max_json_depth: arrays and objects within each other, in a payload or in the arguments of
            a tool call. 128, as serde_json and openai-node; counted here, because parsers differ.
        max_choices: distinct choices of a response. 128, as openai-node. An index is a key, never
            a position: 4,294,967,294 costs as much as 0.
        max_tool_calls: calls of one choice. 128, likewise.
        max_output_items: blocks of a response, whatever their kind. 1,024.
        max_tool_argument_bytes: characters of the arguments of one call. 16 MiB, as openai-node.
        max_accumulated_bytes: characters of everything that is kept of a response, text, reasoning
            and arguments together, and bytes of its media; of facts beside them (log
            probabilities, citations, metadata) about the characters of their JSON. 256 MiB.

    Comments and fields the standard ignores count for nothing, because nothing of them is kept;
    a decoder that hands them out (``SSEObserver``) keeps one line, and ``max_line_bytes``, or
    else ``max_event_bytes``, bounds it. The caps from ``max_json_depth`` on are those of
    ``StreamDecoder`` only.
    """

    __slots__ = (
        "max_accumulated_bytes",
        "max_choices",
        "max_event_bytes",
        "max_event_name_bytes",
        "max_events",
        "max_id_bytes",
        "max_json_depth",
        "max_line_bytes",
        "max_output_items",
        "max_retry_ms",
        "max_tool_argument_bytes",
        "max_tool_calls",
        "max_total_bytes",
    )

    max_event_bytes: int | None
    max_line_bytes: int | None
    max_event_name_bytes: int | None
    max_id_bytes: int | None
    max_retry_ms: int | None
    max_total_bytes: int | None
    max_events: int | None
    max_json_depth: int | None
    max_choices: int | None
    max_tool_calls: int | None
    max_output_items: int | None
    max_tool_argument_bytes: int | None
    max_accumulated_bytes: int | None

    def __init__(
        self,
        *,
        max_event_bytes: int | None = 64 * MiB,
        max_line_bytes: int | None = None,
        max_event_name_bytes: int | None = 8 * KiB,
        max_id_bytes: int | None = 8 * KiB,
        max_retry_ms: int | None = 60 * 60 * 1000,
        max_total_bytes: int | None = None,
        max_events: int | None = None,
        max_json_depth: int | None = 128,
        max_choices: int | None = 128,
        max_tool_calls: int | None = 128,
        max_output_items: int | None = 1024,
        max_tool_argument_bytes: int | None = 16 * MiB,
        max_accumulated_bytes: int | None = 256 * MiB,
    ) -> None:
        values = locals()
        for name in self.__slots__:
            value = values[name]
            if value is not None and (type(value) is not int or value < 1):
                raise UsageError(f"{name} must be None or an int of at least 1, not {value!r}")
            object.__setattr__(self, name, value)

    @classmethod
    def strict(cls) -> Limits:
        """For peers you do not trust: 1 MiB events, short names, bounded connection and answer."""
        return cls(
            max_event_bytes=1 * MiB,
            max_line_bytes=1 * MiB,
            max_event_name_bytes=256,
            max_id_bytes=1 * KiB,
            max_retry_ms=60 * 1000,
            max_total_bytes=64 * MiB,
            max_events=100_000,
            max_json_depth=32,
            max_choices=8,
            max_tool_calls=32,
            max_output_items=64,
            max_tool_argument_bytes=1 * MiB,
            max_accumulated_bytes=8 * MiB,
        )

    @classmethod
    def unlimited(cls) -> Limits:
        """For input you made yourself. A peer can then fill your memory."""
        return cls(**dict.fromkeys(cls.__slots__))

    def as_dict(self) -> dict[str, int | None]:
        """The caps by name: ``Limits(**limits.as_dict()) == limits``."""
        return {name: getattr(self, name) for name in self.__slots__}

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Limits are immutable; make new ones: Limits({name}=...)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("Limits are immutable")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Limits) and self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        return hash(tuple(self.as_dict().values()))

    def __repr__(self) -> str:
        return f"Limits({', '.join(f'{name}={value}' for name, value in self.as_dict().items())})"

    def __getstate__(self) -> dict[str, int | None]:
        return self.as_dict()

    def __setstate__(self, state: dict[str, int | None]) -> None:
        self.__init__(**state)  # type: ignore[misc]
