"""OpenAI Chat Completions, and the many servers that speak it.

Events without a type; each is a chunk, the last one ``[DONE]``. Nothing announces a block: text,
reasoning and refusal flow, calls are found by what their deltas name. A choice ends with its
``finish_reason``; usage comes with it, after it, or in every chunk.

Sources: openai-python 3.52.0, ``types/chat/chat_completion_chunk.py``, for the format; recorded
streams of two dozen servers for what else is on the wire (each field says whose).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from .. import json_text
from ..tool_calls import LEGACY
from .base import bytes_of, integer, obj, objects, read_error, text, word

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..merge import Merger
    from ..response import Choice, Response

__all__ = [
    "NAME",
    "Chunk",
    "ChunkChoice",
    "CustomDelta",
    "Delta",
    "FunctionDelta",
    "ToolCallDelta",
    "native",
    "native_answer",
    "read",
    "read_logprobs",
    "read_reason",
    "read_usage",
    "signs",
]

NAME = "openai-chat"


# -- the schema: what is on the wire ---------------------------------------------------------------


class FunctionDelta(TypedDict, total=False):
    """Name once, arguments in pieces. TGI and GigaChat: ``arguments`` an object; others: null."""

    name: str | None
    arguments: str | dict[str, Any] | None


class CustomDelta(TypedDict, total=False):
    """A custom tool's call; its input is free text. In the SDK's message type only."""

    name: str | None
    input: str | None


class ToolCallDelta(TypedDict, total=False):
    """``index`` is missing with Mistral and Gemini, 0 for all with Ollama, a float with Together;
    ``id`` is ``""`` with DashScope, null with Venice, ``"null"`` with hosted GLM."""

    index: int | float | str | None
    id: str | None
    type: str | None
    function: FunctionDelta
    custom: CustomDelta
    extra_content: dict[str, Any]  # Gemini: google.thought_signature
    provider_specific_fields: dict[str, Any]  # LiteLLM: the same, here or in ``function``


class Delta(TypedDict, total=False):
    """What is new in a choice. ``content`` is a list of typed parts with Mistral's reasoning
    models and Databricks; the reasoning stands under one of ``REASONING``."""

    role: str | None
    content: str | list[Any] | None
    refusal: str | None
    tool_calls: list[ToolCallDelta] | ToolCallDelta | None
    function_call: FunctionDelta | None
    audio: dict[str, Any]
    annotations: list[dict[str, Any]]
    images: list[dict[str, Any]]  # OpenRouter
    reasoning_content: str | None  # DeepSeek, xAI, Z.ai, llama.cpp, watsonx
    reasoning: str | None  # OpenRouter, Groq, Cerebras, Vercel, vLLM
    reasoning_details: list[dict[str, Any]]  # OpenRouter, MiniMax
    thinking_blocks: list[dict[str, Any]]  # LiteLLM, beside reasoning_content
    reasoning_text: str | None  # GitHub Copilot
    reasoning_opaque: str | None  # GitHub Copilot


class ChunkChoice(TypedDict, total=False):
    """``finish_reason`` is absent until the end with xAI and Cerebras, ``""`` with old SGLang."""

    index: int
    delta: Delta | None
    message: Delta  # instead of delta: servers that fake a stream; beside it: Perplexity
    finish_reason: str | None
    logprobs: dict[str, Any] | None
    usage: dict[str, Any]  # Moonshot
    native_finish_reason: str | None  # OpenRouter


class Chunk(TypedDict, total=False):
    """``id``, ``model``, ``created`` are empty in Azure's first chunk; ``object`` is missing with
    GitHub Copilot; ``choices`` is null with some gateways, and ``[]`` with the usage."""

    id: str
    object: str
    created: int
    model: str
    choices: list[ChunkChoice] | None
    usage: dict[str, Any] | None
    service_tier: str | None
    system_fingerprint: str | None
    obfuscation: str  # random padding; Mistral calls it p
    error: Any
    x_groq: dict[str, Any]  # Groq: usage, error


# -- the tables ------------------------------------------------------------------------------------

#: The provider's words for why it stopped. Any other is "other", and told as it is.
REASONS = {
    "stop": "stop",
    "eos": "stop",  # Together
    "end_turn": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",  # Mistral
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "tool_use": "tool_calls",
    "content_filter": "content_filter",
    "safety": "content_filter",  # Gemini, through gateways that pass its words on
    "sensitive": "content_filter",  # Z.ai
    "error": "error",
    "network_error": "error",  # Z.ai
    "abort": "error",  # SGLang
    "insufficient_system_resource": "error",  # DeepSeek
}

#: Not a reason, though it stands in its place, and the quirk it is.
NO_REASON = {"": "E1", "null": "E2"}

#: GitHub Copilot's chunks beside the answer, with ``choices`` null (C22).
COPILOT = frozenset(("copilot_references", "copilot_confirmation", "copilot_errors"))

#: Where the reasoning stands, in the order in which one is believed (R1, R2, R8).
REASONING = ("reasoning_content", "reasoning", "reasoning_text", "cot_summary")

#: What is handed back byte for byte.
OPAQUE = ("reasoning_opaque", "cot_id", "encrypted_content")

USAGE = {
    "input_tokens": ("prompt_tokens",),
    "output_tokens": ("completion_tokens",),
    "total_tokens": ("total_tokens",),
    "cached_tokens": (
        "prompt_tokens_details.cached_tokens",
        "prompt_token_details.cached_tokens",  # Mistral
        "prompt_cache_hit_tokens",  # DeepSeek
        "cached_tokens",  # Moonshot
        "num_cached_tokens",  # Mistral
    ),
    "cache_write_tokens": ("prompt_tokens_details.cache_write_tokens",),
    "reasoning_tokens": (
        "completion_tokens_details.reasoning_tokens",
        "reasoning_tokens",  # SGLang
    ),
}

#: An index beyond this, or below 0, is somebody's mistake, and as good a key as any.
FAR = 1024

#: Copilot's reasoning, which may stand in a message beside the delta (R8).
COPILOT_REASONING = ("reasoning_text", "cot_summary", *OPAQUE)

#: The names that are read one by one; every other is a fact beside the answer.
CHUNK = frozenset(
    ("id", "object", "created", "model", "choices", "usage", "error", "obfuscation", "p",
     "service_tier", "system_fingerprint")
)  # fmt: skip
CHOICE = frozenset(("index", "delta", "message", "text", "finish_reason", "logprobs", "usage"))
DELTA = frozenset(
    ("role", "content", "refusal", "tool_calls", "function_call", "audio", "annotations",
     "images", "reasoning_details", "thinking_blocks", "obfuscation", "p", "index", *REASONING,
     *OPAQUE)
)  # fmt: skip
#: Of a call, and of the function or tool that is called.
CALL = frozenset(("index", "id", "type", "function", "custom", "obfuscation", "p"))
CALLED = frozenset(("name", "arguments", "input"))
TYPES = frozenset(("", "function", "custom"))

#: Facts beside the answer that stand in its message, where that is not streamed.
OF_THE_MESSAGE = frozenset(
    ("extra_content", "provider_specific_fields", "executed_tools", "copilot_annotations")
)


# -- read ------------------------------------------------------------------------------------------


def signs(chunk: dict[str, Any], event: str) -> str:
    """``choices`` with a delta, or the name of the object."""
    if text(chunk.get("object")).startswith("chat.completion"):
        return f"object is {chunk['object']}"
    choices = chunk.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(first, dict) and ("delta" in first or "message" in first):
        return "choices with a delta"
    if choices == [] and ("prompt_filter_results" in chunk or isinstance(chunk.get("usage"), dict)):
        return "choices, empty, beside prompt_filter_results or usage"
    return ""


def read(chunk: dict[str, Any], event: str, merge: Merger) -> bool:
    """One chunk."""
    get = chunk.get
    choices = get("choices")
    if choices is None and "choices" not in chunk and not _is_beside(chunk, event):
        return False
    head = (
        *(get("id"), get("model"), get("object"), get("created")),
        *(get("service_tier"), get("system_fingerprint")),
    )
    if head != merge.head:
        if head[2] == "text_completion":
            return False
        _read_head(chunk, head, merge)
    if get("error") or event == "error":
        read_error(chunk, merge)
    if type(choices) is list and len(choices) == 1 and type(choices[0]) is dict:
        _read_choice(choices[0], merge)
    else:
        if choices is None and "choices" in chunk and not chunk.keys() & COPILOT:
            merge.habit("C2")
        for choice in objects(choices, merge):
            _read_choice(choice, merge)
    if not chunk.keys() <= CHUNK:
        _read_extras(chunk, merge)
    usage = get("usage")
    if usage:
        read_usage(usage, chunk, merge)
    return True


def _is_beside(chunk: dict[str, Any], event: str) -> bool:
    """A chunk without choices, and still one: an error, or what comes beside an answer."""
    if chunk.get("error") or event == "error" or "usage" in chunk:
        return "type" not in chunk or bool(chunk.get("error"))
    return text(chunk.get("object")).startswith("chat.completion") or _failed(chunk)


def _read_head(chunk: dict[str, Any], head: tuple[Any, ...], merge: Merger) -> None:
    before = merge.head
    id, model, kind, created, tier, fingerprint = merge.head = head
    merge.begin(word(id), text(model))
    if created:
        merge.once({"created": created})
    if tier or fingerprint:
        merge.metadata({"service_tier": tier, "system_fingerprint": fingerprint})
    if kind not in ("chat.completion.chunk", "chat.completion") and chunk.get("choices"):
        merge.habit("C6")
    if before is not None and before[3] and created and created != before[3]:
        merge.habit("C7")


def _read_extras(chunk: dict[str, Any], merge: Merger) -> None:
    merge.metadata({name: value for name, value in chunk.items() if name not in CHUNK})
    groq = obj(chunk.get("x_groq"))
    merge.usage(groq.get("usage"), USAGE)  # U3
    if groq.get("error"):
        read_error(groq, merge)
    if _failed(chunk):
        answer = chunk["base_resp"]
        merge.fail(word(answer.get("status_msg")) or "no message", word(answer["status_code"]))


def _failed(chunk: dict[str, Any]) -> bool:
    return bool(obj(chunk.get("base_resp")).get("status_code"))  # MiniMax (X9)


def read_usage(usage: Any, chunk: dict[str, Any], merge: Merger) -> None:
    """Of the response; and of the choice, if the chunk speaks of one alone (U11)."""
    choices = chunk.get("choices")
    merge.usage(usage, USAGE)
    if isinstance(choices, list) and len(choices) == 1:
        index = obj(choices[0]).get("index")
        if type(index) is int:
            merge.usage(usage, USAGE, index, quiet=not merge.has_several_choices)


def _read_choice(choice: dict[str, Any], merge: Merger) -> None:
    index = choice.get("index")
    if type(index) is not int:
        index = integer(index, merge) or 0
    elif index < 0 or index >= FAR:
        merge.habit("T29")
    delta = choice.get("delta")
    if not isinstance(delta, dict):
        delta = _instead_of_delta(choice, index, merge)
    elif "message" in choice:
        delta = _beside_delta(choice, delta, merge)
    if len(delta) != 1:
        _read_delta(delta, index, merge)
    elif type(content := delta.get("content")) is str:
        _say(content, index, merge)
    elif not _goes_on(delta.get("tool_calls"), index, merge):
        _read_delta(delta, index, merge)
    if choice.get("logprobs") is not None:
        read_logprobs(choice["logprobs"], index, merge)
    if not choice.keys() <= CHOICE:
        merge.metadata({k: v for k, v in choice.items() if k not in CHOICE}, index)
    if "usage" in choice:
        merge.habit("U2")
        merge.usage(choice["usage"], USAGE, index)
    reason = choice.get("finish_reason")
    if reason is not None:
        read_reason(reason, index, merge)


def _instead_of_delta(choice: dict[str, Any], index: int, merge: Merger) -> dict[str, Any]:
    message = choice.get("message")
    if not isinstance(message, dict):
        if "delta" in choice:
            merge.habit("C3")
        return {}
    if not merge.spoke(index):
        merge.habit("C4")
        return {**message, "tool_calls": _placed(message.get("tool_calls"))}
    content, missing = text(message.get("content")), {}
    if content and not merge.has_any(index, "text"):
        missing["content"] = content
    if message.get("tool_calls") and not merge.has_any(index, "call"):
        missing["tool_calls"] = _placed(message["tool_calls"])
    # Asked until it differs once: what is equal is as long as what it costs to compare.
    differs = content and not merge.was_reported("C25") and content != merge.said(index, "text")
    if missing or differs:
        merge.habit("C25")
    return missing  # it was not streamed


def _placed(calls: Any) -> Any:
    """All calls of a message, each whole: their places tell them apart."""
    if not isinstance(calls, list):
        return calls
    return [
        {"index": place, **call} if isinstance(call, dict) else call
        for place, call in enumerate(calls)
    ]


def _beside_delta(choice: dict[str, Any], delta: dict[str, Any], merge: Merger) -> dict[str, Any]:
    """A message beside the delta repeats what was said (C5), but for Copilot's reasoning (R8)."""
    message = obj(choice["message"])
    own = {name: message[name] for name in COPILOT_REASONING if message.get(name)}
    merge.habit("R8" if own else "C5")
    return {**own, **delta}


def _read_delta(delta: dict[str, Any], index: int, merge: Merger) -> None:
    role = delta.get("role")
    if role and role != "function":
        if merge.spoke(index):
            merge.habit("C8")
        merge.role(index, text(role))
    if role == "function":
        merge.habit("C23")
        merge.metadata({"function": delta.get("content")}, index)
        return
    _read_reasoning(delta, index, merge)
    _read_content(delta.get("content"), index, merge)
    refusal = delta.get("refusal")
    if refusal:
        merge.refusal(index, text(refusal))
    if delta.get("annotations"):
        for annotation in objects(delta["annotations"], merge):
            _read_annotation(annotation, index, merge)
    if delta.get("tool_calls"):
        _read_calls(delta["tool_calls"], index, merge)
    if delta.get("function_call"):
        _read_call({"function": delta["function_call"]}, index, merge, legacy=True)
    if delta.get("audio"):
        _read_audio(obj(delta["audio"]), index, merge)
    if delta.get("images"):
        _read_images(delta["images"], index, merge)
    if not delta.keys() <= DELTA:
        merge.metadata({k: v for k, v in delta.items() if k not in DELTA}, index)


def _say(content: str, index: int, merge: Merger) -> None:
    if merge.assume and "C16" in merge.assume:  # each content repeats all before it
        content = merge.news(index, content)
    merge.text(index, content)


def _read_content(content: Any, index: int, merge: Merger) -> None:
    if isinstance(content, str):
        _say(content, index, merge)
    elif content is not None:
        merge.habit("C9")
        for part in objects(content, merge):
            _read_part(part, index, merge)


def _read_part(part: dict[str, Any], index: int, merge: Merger) -> None:
    match part.get("type"):
        case "text":
            _say(text(part.get("text")), index, merge)
        case "thinking" | "reasoning" as kind:
            inner = part.get(kind, part.get("summary"))  # Mistral; Databricks
            for piece in objects(inner, merge) if isinstance(inner, list) else [{"text": inner}]:
                merge.reasoning(index, text(piece.get("text")))
            if text(part.get("signature")):
                merge.opaque(index, None, "signature", part["signature"])
        case "image_url":
            _read_images([part], index, merge)
        case "reference":
            merge.citation(index, None, part)
        case _:
            merge.unknown()


# -- reasoning -------------------------------------------------------------------------------------


def _read_reasoning(delta: dict[str, Any], index: int, merge: Merger) -> None:
    details = delta.get("reasoning_details")
    told = isinstance(details, list) and _read_details(details, index, merge)
    believed = ""
    for name in () if told else REASONING:  # the details say the same words
        value = delta.get(name)
        if not value:
            continue
        words = _words(value)
        if believed:
            if words == believed:
                merge.habit("R2")
        elif words:
            believed = words
            _think(name, words, index, merge)
    for name in OPAQUE:
        if text(delta.get(name)):
            merge.opaque(index, None, name, delta[name])
    if delta.get("thinking_blocks"):
        _read_thinking(delta["thinking_blocks"], bool(believed), index, merge)


def _think(field: str, words: str, index: int, merge: Merger) -> None:
    if "R3" in merge.assume and words == merge.last_piece(index):
        merge.habit("R3")
    elif merge.has(index, None, "reasoning"):
        merge.reasoning(index, words)
    else:
        merge.reasoning(index, words)
        merge.detail(index, None, {"field": field})


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return text(value.get("text"))  # Envoy's Bedrock
    if isinstance(value, list):
        return "".join(_words(item) for item in value)
    return text(value)


def _read_details(details: list[Any], index: int, merge: Merger) -> bool:
    """OpenRouter's reasoning in parts, each by its type and index (R4). Whether there was text."""
    told = False
    for detail in objects(details, merge):
        kind = text(detail.get("type"))
        key = ("reasoning", kind, word(detail.get("index")))
        words = text(detail.get("text")) or text(detail.get("summary"))
        if words:
            told = True
            merge.reasoning(index, words, key, summary=kind == "reasoning.summary")
        elif not merge.knows(index, key):
            merge.open(index, key, "reasoning")
        facts = {k: v for k, v in detail.items() if k not in DETAIL and v is not None}
        merge.detail(index, key, {"field": "reasoning_details", "type": kind, **facts})
        for name in ("signature", "data"):
            if text(detail.get(name)):
                merge.opaque(index, key, name, detail[name])
    return told


DETAIL = frozenset(("text", "summary", "signature", "data"))


def _read_thinking(blocks: Any, told: bool, index: int, merge: Merger) -> None:
    """LiteLLM's blocks of Anthropic: more of the open one, of which the signature is the last; one
    that is redacted is whole. ``told``: their words came beside them."""
    for block in objects(blocks, merge):
        kind, signature = text(block.get("type")), text(block.get("signature"))
        if kind == "thinking":
            merge.reasoning(index, "" if told else text(block.get("thinking")))
        if kind != "thinking" or (signature and not merge.has(index, None, "reasoning")):
            key = merge.next_key
            merge.open(index, key, "reasoning")
        else:
            key = None
        merge.detail(index, key, {"field": "thinking_blocks", "type": kind})
        for name in ("signature", "data"):
            if text(block.get(name)):
                merge.opaque(index, key, name, block[name])
        if key or signature:
            merge.end(index, key)


# -- calls -----------------------------------------------------------------------------------------


def _read_calls(calls: Any, index: int, merge: Merger) -> None:
    if isinstance(calls, dict):
        merge.habit("T17")
        calls = [calls]
    for entry in objects(calls, merge):
        _read_call(entry, index, merge)


def _read_call(entry: dict[str, Any], choice: int, merge: Merger, *, legacy: bool = False) -> None:
    kind = "custom" if isinstance(entry.get("custom"), dict) else "function"
    named = obj(entry.get(kind))
    name, fragment = named.get("name"), named.get("input" if kind == "custom" else "arguments")
    if name == "":
        merge.habit("T14")
    if fragment is not None and not isinstance(fragment, str):
        merge.habit("T16")
        fragment = json_text.write(fragment)
    id = _id(entry.get("id"), bool(name), merge)
    index: Any = LEGACY if legacy else _call_index(entry, merge)
    key = merge.call(choice, index, id, text(name), fragment or "", kind)
    if key is None:
        return
    if legacy:
        merge.detail(choice, key, {"legacy": True})
    is_usual = entry.keys() <= CALL and named.keys() <= CALLED
    if not is_usual or text(entry.get("type")) not in TYPES:
        _read_beside_call(entry, kind, choice, key, merge)


def _goes_on(calls: Any, choice: int, merge: Merger) -> bool:
    """The delta of which there are most: one index, and more of the arguments."""
    if type(calls) is not list or len(calls) != 1:
        return False
    entry = calls[0]
    if type(entry) is not dict or len(entry) != 2:
        return False
    index, function = entry.get("index"), entry.get("function")
    if type(index) is not int or type(function) is not dict or len(function) != 1:
        return False
    fragment = function.get("arguments")
    return type(fragment) is str and merge.call_goes_on(choice, index, fragment)


def _call_index(entry: dict[str, Any], merge: Merger) -> int | None:
    index = entry.get("index")
    if type(index) is not int:
        index = integer(index, merge)
        if index is None:
            merge.habit("T1")
    elif index < 0 or index >= FAR:
        merge.habit("T29")
    return index


def _id(id: Any, named: bool, merge: Merger) -> str:
    if id == "":
        merge.habit("T7")
    elif id in ("null", "None") and not named:
        merge.habit("T8")
        return ""
    return word(id)


def _read_beside_call(
    entry: dict[str, Any], kind: str, choice: int, key: Any, merge: Merger
) -> None:
    """What else a call has: it is handed back with the call, a signature in particular (T26)."""
    named = obj(entry.get(kind))
    beside = {name: value for name, value in entry.items() if name not in CALL}
    if text(entry.get("type")) not in TYPES:
        beside["type"] = entry["type"]  # Moonshot: builtin_function
    within = {name: value for name, value in named.items() if name not in CALLED}
    merge.detail(choice, key, {**beside, **({kind: within} if within else {})})
    for holder in (entry, named):
        google = obj(obj(holder.get("extra_content")).get("google"))
        for place in (holder, google, obj(holder.get("provider_specific_fields"))):
            if text(place.get("thought_signature")):
                merge.opaque(choice, key, "thought_signature", place["thought_signature"])


# -- the rest of a choice --------------------------------------------------------------------------


def _read_annotation(annotation: dict[str, Any], index: int, merge: Merger) -> None:
    source = obj(annotation.get(text(annotation.get("type"))))
    merge.citation(
        index,
        None,
        annotation,
        url=source.get("url"),
        title=source.get("title"),
        start=source.get("start_index"),
        end=source.get("end_index"),
    )


def _read_audio(audio: dict[str, Any], index: int, merge: Merger) -> None:
    id = word(audio.get("id"))
    if not merge.has(index, "audio"):
        merge.open(index, "audio", "media", id, media_type="audio")
    elif id:
        merge.learn(index, "audio", id)
    data, words = bytes_of(audio.get("data")), text(audio.get("transcript"))
    merge.media(index, "audio", data, words)
    if audio.get("expires_at") is not None:
        merge.detail(index, "audio", {"expires_at": audio["expires_at"]})
        if not data and not words and merge.has_said(index, "audio"):
            # "the final chunk" of OpenAI's audio has no reason (E11)
            merge.finish(index, "stop", "", derived=True, provisional=True)


def _read_images(images: Any, index: int, merge: Merger) -> None:
    key = "image"  # each ends where it begins
    for image in objects(images, merge):
        url = image.get("image_url")
        uri = text(url.get("url") if isinstance(url, dict) else url)
        head, comma, tail = uri.partition(";base64,")
        is_data = uri.startswith("data:") and bool(comma)
        kind = head[5:] if is_data else ""
        merge.open(index, key, "media", media_type=kind)
        merge.detail(index, key, {"type": "image_url"})
        merge.media(index, key, bytes_of(tail) if is_data else b"", uri="" if is_data else uri)
        merge.end(index, key)


def read_logprobs(logprobs: Any, index: int, merge: Merger) -> None:
    """Lists of tokens by channel; what has another shape is a fact beside the answer."""
    if not isinstance(logprobs, dict):
        merge.metadata({"logprobs": logprobs}, index)
        return
    for channel in ("content", "refusal"):
        tokens = logprobs.get(channel)
        if isinstance(tokens, list):
            merge.logprobs(index, channel, tokens)


def read_reason(reason: Any, index: int, merge: Merger) -> None:
    """The reason why a choice ends."""
    if reason is None:
        return
    if not isinstance(reason, str):
        merge.unknown()
    elif reason in NO_REASON:
        merge.habit(NO_REASON[reason])
    else:
        meaning = REASONS.get(reason.lower(), "other")
        if meaning == "stop" and merge.awaits_answers(index):
            merge.habit("E3")
        merge.finish(index, meaning, reason)


# -- the provider's own shape ----------------------------------------------------------------------


def native(response: Response) -> dict[str, Any]:
    """A ``chat.completion`` object."""
    return native_answer(response, "chat.completion", _native_choice)


def native_answer(
    response: Response, kind: str, shown: Callable[[Choice], dict[str, Any]]
) -> dict[str, Any]:
    """The frame that Chat and Completions share."""
    answer = {
        "id": response.id,
        "object": kind,
        "created": None,  # unless the metadata say
        "model": response.model,
        "choices": [shown(choice) for choice in response.choices],
        **response.metadata,
    }
    if response.usage is not None:
        answer["usage"] = response.usage.data
    return answer


def _native_choice(choice: Choice) -> dict[str, Any]:
    beside = {k: v for k, v in choice.metadata.items() if k in OF_THE_MESSAGE}
    return {
        **{k: v for k, v in choice.metadata.items() if k not in beside},
        "index": choice.index,
        "message": {**beside, **_native_message(choice)},
        "logprobs": {c: list(tokens) for c, tokens in choice.logprobs.items()} or None,
        "finish_reason": None if choice.finish is None else choice.finish.raw or None,
    }


def _native_message(choice: Choice) -> dict[str, Any]:
    from ..response import MediaBlock, ReasoningBlock, TextBlock, ToolCall

    message: dict[str, Any] = {
        "role": choice.role or "assistant",
        "content": choice.text or None,
        "refusal": choice.refusal or None,
    }
    calls: list[ToolCall] = []
    citations = list(choice.citations)
    for block in choice.blocks:
        match block:
            case ReasoningBlock():
                _native_reasoning(block, message)
            case ToolCall():
                calls.append(block)
            case TextBlock():
                citations += block.citations
            case MediaBlock():
                _native_media(block, message)
    if citations:
        message["annotations"] = [citation.data for citation in citations]
    for legacy, name in ((False, "tool_calls"), (True, "function_call")):
        told = [_native_call(call) for call in calls if bool(call.wire.get("legacy")) is legacy]
        if told:
            message[name] = told[0] if legacy else told
    return message


def _native_reasoning(block: Any, message: dict[str, Any]) -> None:
    wire = dict(block.wire)
    field = wire.pop("field", "reasoning_content")
    opaque = {opaque.kind: opaque.data for opaque in block.opaque}
    if field == "thinking_blocks":
        words = {"thinking": block.text} if wire["type"] == "thinking" else {}
        message.setdefault(field, []).append({**wire, **words, **opaque})
        message["reasoning_content"] = message.get("reasoning_content", "") + block.text
        return
    if field != "reasoning_details":
        message[field] = message.get(field, "") + block.text
        message.update(opaque)
        return
    words = {"summary" if block.summary else "text": block.text} if block.text else {}
    message.setdefault("reasoning_details", []).append({**wire, **words, **opaque})
    if block.text:
        message["reasoning"] = message.get("reasoning", "") + block.text


def _native_call(call: Any) -> dict[str, Any]:
    field = "input" if call.kind == "custom" else "arguments"
    within = {**obj(call.wire.get(call.kind)), "name": call.name, field: call.arguments}
    if call.wire.get("legacy"):
        return within
    return {"id": call.id, "type": call.kind, **call.wire, call.kind: within}


def _native_media(block: Any, message: dict[str, Any]) -> None:
    from binascii import b2a_base64

    data = b2a_base64(block.data, newline=False).decode()
    if block.wire.get("type") == "image_url":
        url = block.uri or f"data:{block.media_type};base64,{data}"
        message.setdefault("images", []).append({"type": "image_url", "image_url": {"url": url}})
    else:
        message["audio"] = {
            **block.wire, "id": block.id, "data": data, "transcript": block.transcript
        }  # fmt: skip
