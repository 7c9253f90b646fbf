"""Gemini, ``streamGenerateContent?alt=sse``, of AI Studio and of Vertex.

Events without a type, CRLF line ends, no sentinel. Each chunk is a whole
``GenerateContentResponse`` with what is new in its parts, which have no key: text and thoughts
flow, every other part is a block of its own. A finish reason counts only if nothing follows: older
Vertex servers send ``STOP`` with every chunk (E10).

A function call comes whole in one part, or, on Vertex, in several: one with the name, some with
``partialArgs`` (a path into the arguments, and a value or more of a text), and an empty one that
ends it, which may be missing (G3).

Sources: google-genai 3.4.0, ``types.py``; recorded streams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from .. import json_text
from .base import bytes_of, integer, obj, objects, read_error, text, word

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..merge import Merger
    from ..response import Choice, Response

__all__ = [
    "NAME",
    "Candidate",
    "Chunk",
    "FunctionCall",
    "Part",
    "PartialArg",
    "native",
    "read",
    "signs",
]

NAME = "gemini"


# -- the schema: what is on the wire ---------------------------------------------------------------


class PartialArg(TypedDict, total=False):
    """A leaf of the arguments: texts at one path append, other values are whole."""

    jsonPath: str
    stringValue: str
    numberValue: float
    boolValue: bool
    nullValue: Any
    willContinue: bool


class FunctionCall(TypedDict, total=False):
    """``args`` is absent where there are none (G2); ``id`` usually. ``{}`` ends a streamed one."""

    id: str
    name: str
    args: dict[str, Any] | None
    partialArgs: list[PartialArg]
    willContinue: bool


class Part(TypedDict, total=False):
    """One of its members says what it is; ``thought`` and ``thoughtSignature`` stand beside."""

    text: str
    thought: bool
    thoughtSignature: str
    functionCall: FunctionCall
    functionResponse: dict[str, Any]
    inlineData: dict[str, Any]
    fileData: dict[str, Any]
    executableCode: dict[str, Any]
    codeExecutionResult: dict[str, Any]
    toolCall: dict[str, Any]
    toolResponse: dict[str, Any]


class Candidate(TypedDict, total=False):
    """Every member is optional; ``index`` is absent on Vertex, ``content`` may be without parts."""

    index: int
    content: dict[str, Any]
    finishReason: str
    finishMessage: str
    safetyRatings: list[dict[str, Any]]
    citationMetadata: dict[str, Any]  # its list: citations; citationSources with AI Studio
    groundingMetadata: dict[str, Any]
    urlContextMetadata: dict[str, Any]
    logprobsResult: dict[str, Any]


class Chunk(TypedDict, total=False):
    """Every member is optional; usage is cumulative, and a later one may lack a key (U7)."""

    candidates: list[Candidate]
    promptFeedback: dict[str, Any]
    usageMetadata: dict[str, Any]
    modelVersion: str
    responseId: str
    createTime: str
    error: dict[str, Any]


# -- the tables ------------------------------------------------------------------------------------

FILTERS = (
    *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"),
    *("IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR", "LANGUAGE", "JAILBREAK"),
)
ERRORS = (
    *("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"),
    *("MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE"),
)
#: ``MALFORMED_…`` is no in-band error: the answer is over, and what came of it stands.
REASONS = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "pause",
    **dict.fromkeys(FILTERS, "content_filter"),
    **dict.fromkeys(ERRORS, "other"),
}
NO_REASON = frozenset(("", "FINISH_REASON_UNSPECIFIED"))

USAGE = {
    "input_tokens": ("promptTokenCount",),
    "output_tokens": ("candidatesTokenCount",),
    "total_tokens": ("totalTokenCount",),
    "cached_tokens": ("cachedContentTokenCount",),
    "reasoning_tokens": ("thoughtsTokenCount",),
}

CHUNK = frozenset(("candidates", "usageMetadata", "modelVersion", "responseId", "error"))
CANDIDATE = frozenset(
    ("index", "content", "finishReason", "groundingMetadata", "citationMetadata", "logprobsResult")
)
#: All that most have.
USUAL = frozenset(("index", "content", "finishReason"))
#: Where the log probabilities stand, and the channel that they are told in.
LOGPROBS = {"chosenCandidates": "content", "topCandidates": "top"}
#: Where a support names its sources. No citation has it.
SUPPORTING = "groundingChunkIndices"
#: What a part of text consists of, and what other parts may have beside their own member.
BESIDE = frozenset(
    ("text", "thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata")
)

FUNCTION_CALL = frozenset(("id", "name", "args", "partialArgs", "willContinue"))

#: The key of all calls: one at a time is open.
CALL = "call"


# -- read ------------------------------------------------------------------------------------------


def signs(chunk: dict[str, Any], event: str) -> str:
    """Names that no other dialect has."""
    for name in ("candidates", "promptFeedback", "usageMetadata", "modelVersion"):
        if name in chunk:
            return f"it has {name}"
    return ""


def read(chunk: dict[str, Any], event: str, merge: Merger) -> bool:
    """One chunk."""
    get = chunk.get
    failed = bool(get("error"))
    if not (failed or "candidates" in chunk or "responseId" in chunk or signs(chunk, event)):
        return False
    head = (get("responseId"), get("modelVersion"))
    if head != merge.head:
        merge.head = head
        merge.begin(word(head[0]), text(head[1]))
    for candidate in objects(get("candidates"), merge):
        _read_candidate(candidate, merge)
    if not chunk.keys() <= CHUNK:
        merge.metadata({name: value for name, value in chunk.items() if name not in CHUNK})
    if get("usageMetadata"):
        merge.usage(chunk["usageMetadata"], USAGE)
    if "promptFeedback" in chunk:
        reason = text(obj(chunk["promptFeedback"]).get("blockReason"))
        if reason:
            merge.finish(0, "content_filter", reason, provisional=True)
    if failed:
        read_error(chunk, merge)
    return True


def _read_candidate(candidate: dict[str, Any], merge: Merger) -> None:
    index = candidate.get("index", 0)
    if type(index) is not int:
        index = integer(index, merge) or 0
    content = obj(candidate.get("content"))
    merge.role(index, text(content.get("role")))
    parts = objects(content.get("parts"), merge)
    if parts and merge.is_pending(index):
        merge.habit("E10")
    for part in parts:
        _read_part(part, index, merge)
    if not candidate.keys() <= USUAL:
        _read_beside(candidate, index, merge)
    reason = candidate.get("finishReason")
    if reason is not None and text(reason) not in NO_REASON:
        merge.finish(index, REASONS.get(reason, "other"), reason, provisional=True)


def _read_beside(candidate: dict[str, Any], index: int, merge: Merger) -> None:
    """What few chunks bring."""
    _read_sources(candidate, index, merge)
    merge.metadata({k: v for k, v in candidate.items() if k not in CANDIDATE}, index)
    result = obj(candidate.get("logprobsResult"))
    for name, channel in LOGPROBS.items():
        if isinstance(result.get(name), list):
            merge.logprobs(index, channel, result[name])
    rest = {name: value for name, value in result.items() if name not in LOGPROBS}
    merge.metadata({"logprobsResult": rest or None}, index)


def _read_sources(candidate: dict[str, Any], index: int, merge: Merger) -> None:
    cited = obj(candidate.get("citationMetadata"))
    for citation in objects(cited.get("citations", cited.get("citationSources")), merge):
        if merge.is_new(index, citation):
            places = {"start": citation.get("startIndex"), "end": citation.get("endIndex")}
            uri, title = citation.get("uri"), citation.get("title")
            merge.citation(index, None, citation, url=uri, title=title, **places)
    grounding = candidate.get("groundingMetadata")
    if not isinstance(grounding, dict) or not grounding:
        return
    merge.metadata({"groundingMetadata": grounding}, index)  # G4: the last that is not empty
    chunks = objects(grounding.get("groundingChunks"), merge)
    for support in objects(grounding.get("groundingSupports"), merge):
        _read_support(support, chunks, index, merge)


def _read_support(
    support: dict[str, Any], chunks: list[dict[str, Any]], index: int, merge: Merger
) -> None:
    segment, places = obj(support.get("segment")), support.get(SUPPORTING)
    known = [
        next((obj(value) for value in chunks[place].values()), {})
        for place in (places if isinstance(places, list) else ())
        if type(place) is int and 0 <= place < len(chunks)
    ]
    if known and merge.is_new(index, support):  # otherwise it was said, or its sources come later
        start, end = segment.get("startIndex", 0), segment.get("endIndex")
        for source in known:
            uri, title = source.get("uri"), source.get("title")
            merge.citation(index, None, support, url=uri, title=title, start=start, end=end)


# -- parts -----------------------------------------------------------------------------------------


def _read_part(part: dict[str, Any], index: int, merge: Merger) -> None:
    kind = "" if part.keys() <= BESIDE else _kind(part, merge)
    signature = text(part.get("thoughtSignature"))
    if not kind:
        _read_text(part, signature, index, merge)
    elif kind == "functionCall":
        _read_call(part, signature, index, merge)
    elif kind in WHOLE:
        key = merge.next_key
        WHOLE[kind](obj(part[kind]), key, index, merge)
        beside = {k: v for k, v in part.items() if k not in (kind, "thoughtSignature")}
        merge.detail(index, key, {"part": kind, **beside})
        _sign(signature, key, index, merge)
        merge.end(index, key)
    else:
        key = merge.next_key
        merge.open(index, key, "other", type=kind)
        merge.other(index, key, part)
        merge.end(index, key)


def _kind(part: dict[str, Any], merge: Merger) -> str:
    """The member that says what the part is; ``""`` if that is its text. Null says nothing."""
    told = [name for name, value in part.items() if value is not None and name not in BESIDE]
    known = [name for name in told if name == "functionCall" or name in WHOLE]
    if told and not known and part.get("text"):
        merge.unknown()  # something new beside the text
        return ""
    return (known or told or [""])[0]


def _read_text(part: dict[str, Any], signature: str, index: int, merge: Merger) -> None:
    """A signed part is never joined to another one; an empty one signs what came before it."""
    words = text(part.get("text"))
    if signature and words:
        merge.end(index, None)
    if part.get("thought"):
        merge.reasoning(index, words)
    else:
        merge.text(index, words)
    if signature:
        merge.opaque(index, None, "thoughtSignature", signature)
        if words:
            merge.end(index, None)


def _sign(signature: str, key: Any, index: int, merge: Merger) -> None:
    if signature:
        merge.opaque(index, key, "thoughtSignature", signature)


def _read_call(part: dict[str, Any], signature: str, index: int, merge: Merger) -> None:
    call = obj(part["functionCall"])
    name, goes_on = text(call.get("name")), bool(call.get("willContinue"))
    is_open = merge.has(index, CALL)
    if name:
        if is_open:
            merge.habit("G3")
            merge.end(index, CALL, cut=merge.is_in_text(index, CALL))
        merge.open(index, CALL, "call", word(call.get("id")), name=name)
    elif not is_open:
        merge.unknown()
        return
    _sign(signature, CALL, index, merge)
    if not (call.keys() <= FUNCTION_CALL and len(part) == 1):
        _read_beside_call(part, call, index, merge)
    for argument in objects(call.get("partialArgs"), merge):
        _read_argument(argument, index, merge)
    if call.get("args") is not None:
        merge.arguments(index, CALL, json_text.write(call["args"]))
    elif name and not goes_on and "partialArgs" not in call:
        merge.habit("G2")
    if not goes_on:
        merge.end(index, CALL)


def _read_beside_call(
    part: dict[str, Any], call: dict[str, Any], index: int, merge: Merger
) -> None:
    beside = {k: v for k, v in part.items() if k not in ("functionCall", "thoughtSignature")}
    within = {k: v for k, v in call.items() if k not in FUNCTION_CALL}
    merge.detail(index, CALL, {**beside, **({"functionCall": within} if within else {})})


def _read_argument(argument: dict[str, Any], index: int, merge: Merger) -> None:
    path, goes_on = text(argument.get("jsonPath")), bool(argument.get("willContinue"))
    for name in ("stringValue", "numberValue", "boolValue"):
        if name in argument:
            merge.argument_at(index, CALL, path, argument[name], more=goes_on)
            return
    if "nullValue" in argument:
        merge.argument_at(index, CALL, path, None, more=False)
    elif not goes_on:
        merge.argument_at(index, CALL, path, "", more=False)


def _read_data(data: dict[str, Any], key: Any, index: int, merge: Merger) -> None:
    merge.open(index, key, "media", media_type=text(data.get("mimeType")))
    merge.media(index, key, bytes_of(data.get("data")), uri=text(data.get("fileUri")))


def _read_code(code: dict[str, Any], key: Any, index: int, merge: Merger) -> None:
    id = word(code.get("id"))
    merge.open(index, key, "call", id, name="code_execution", call_kind="server")
    merge.arguments(index, key, json_text.write({k: v for k, v in code.items() if k != "id"}))


def _read_tool_call(call: dict[str, Any], key: Any, index: int, merge: Merger) -> None:
    id, name = word(call.get("id")), text(call.get("toolType"))
    merge.open(index, key, "call", id, name=name, call_kind="server")
    merge.arguments(index, key, json_text.write(call.get("args") or {}))


def _read_result(result: dict[str, Any], key: Any, index: int, merge: Merger) -> None:
    id = word(result.get("id"))
    if not id:
        id = merge.last_call_id(index)
        if id:
            merge.habit("G5")
    name = text(result.get("name")) or text(result.get("toolType"))
    merge.open(index, key, "result", word(result.get("id")), call_id=id, name=name)
    merge.result(index, key, content=result)


#: Parts that are whole: what reads them.
WHOLE: dict[str, Callable[[dict[str, Any], Any, int, Merger], None]] = {
    "inlineData": _read_data,
    "fileData": _read_data,
    "executableCode": _read_code,
    "codeExecutionResult": _read_result,
    "functionResponse": _read_result,
    "toolCall": _read_tool_call,
    "toolResponse": _read_result,
}


# -- the provider's own shape ----------------------------------------------------------------------


def native(response: Response) -> dict[str, Any]:
    """A ``GenerateContentResponse``."""
    answer: dict[str, Any] = {
        "candidates": [_native_candidate(choice) for choice in response.choices]
    }
    if response.usage is not None:
        answer["usageMetadata"] = response.usage.data
    answer.update(response.metadata)
    for name, value in (("modelVersion", response.model), ("responseId", response.id)):
        if value:
            answer[name] = value
    return answer


def _native_candidate(choice: Choice) -> dict[str, Any]:
    parts = [_native_part(block) for block in choice.blocks]
    parts += [{"text": "", "thoughtSignature": opaque.data} for opaque in choice.opaque]
    candidate: dict[str, Any] = {
        "index": choice.index,
        "content": {"role": choice.role or "model", "parts": parts},
        **choice.metadata,
    }
    if choice.finish is not None:
        candidate["finishReason"] = choice.finish.raw
    if choice.logprobs:
        candidate["logprobsResult"] = {
            **obj(candidate.get("logprobsResult")),
            **{
                name: list(choice.logprobs[channel])
                for name, channel in LOGPROBS.items()
                if channel in choice.logprobs
            },
        }
    cited = [one for block in choice.blocks for one in getattr(block, "citations", ())]
    # What supports the grounding stands in the grounding metadata.
    told = [one.data for one in (*cited, *choice.citations) if SUPPORTING not in one.data]
    if told:
        candidate["citationMetadata"] = {"citations": told}
    return candidate


def _native_part(block: Any) -> dict[str, Any]:
    from binascii import b2a_base64

    from ..response import MediaBlock, OtherBlock, ReasoningBlock, TextBlock, ToolCall

    signed = {opaque.kind: opaque.data for opaque in block.opaque}
    beside = {name: value for name, value in block.wire.items() if name != "part"}
    kind = block.wire.get("part", "functionCall")
    match block:
        case TextBlock():
            return {"text": block.text, **signed}
        case ReasoningBlock():
            return {"text": block.text, "thought": True, **signed}
        case ToolCall():
            id = {} if block.id_is_synthetic else {"id": block.id}
            if kind == "executableCode":
                return {kind: {**id, **(block.parsed or {})}, **beside, **signed}
            named = {"name": block.name} if kind == "functionCall" else {"toolType": block.name}
            within = {**obj(beside.pop(kind, None)), **id, **named, "args": block.parsed or {}}
            return {kind: within, **beside, **signed}
        case MediaBlock():
            data = {"mimeType": block.media_type} if block.media_type else {}
            if block.uri:
                data["fileUri"] = block.uri
            else:
                data["data"] = b2a_base64(block.data, newline=False).decode()
            return {kind: data, **beside, **signed}
        case OtherBlock():
            return dict(block.wire)
    return {kind: block.content, **beside, **signed}
