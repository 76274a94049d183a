"""A request looked into before or after it is sent: its JSON, the same call as curl, its tokens, what may go wrong.

Knows nothing of how a request is put together; nothing is sent from here.
"""

import dataclasses
import json
import shlex
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .archive.hiding import hide_in, hider
from .catalogue import known_cards
from .errors import SettingsError
from .lookup import find_card
from .params import is_local_id
from .plain import render_plain
from .settings import Settings, require_key
from .xray_lint import Finding, lint_request
from .xray_tokens import TurnShare, share_turns

if TYPE_CHECKING:
    from .questions import Inside
    from .reply import Reply

# A longer body, or one with an image in it, is no line anybody pastes.
_PASTED_BYTES = 20_000
# The port is another each time, and the server may not run yet.
_LOCAL_URL = "http://127.0.0.1:PORT/chat/completions"


@dataclasses.dataclass(frozen=True, kw_only=True)
class XRay:
    """What `Conversation.xray` shows: one request, and its answer where there is one. In a notebook it draws itself.

    Attributes
    ----------
    model
        The model asked.
    url
        Where the request goes; for a model of this machine with PORT in place of the port.
    body
        The request, byte for byte as it is sent; a key that somebody said stands in it, and nowhere else here.
    is_streamed
        Whether the answer is asked for as a stream.
    turns
        Each turn's share of the prompt, the system turn first; the tokens are estimates.
    prompt_tokens
        All of them together, and what marks them: an estimate. What the server counted is `reply.usage.prompt_tokens`.
    context_tokens
        What the model reads and writes together at most; None where that is not known.
    findings
        What the lint says, as `(level, about, text)`; () where nothing was found.
    reply
        The answer to this very request; None where it was not asked yet.
    hide
        Takes every known key out of a text that is shown.

    Examples
    --------
    >>> from toprouter_nb import Conversation
    >>> xray = Conversation("any/model", base_url="http://127.0.0.1:9", api_key="test", seed=7).xray("Hi")
    >>> xray.request["messages"], xray.request["seed"]
    ([{'role': 'user', 'content': 'Hi'}], 7)
    """

    model: str
    url: str
    body: bytes = dataclasses.field(repr=False)
    is_streamed: bool
    turns: tuple[TurnShare, ...]
    prompt_tokens: int
    context_tokens: int | None
    findings: tuple[Finding, ...]
    reply: "Reply | None" = dataclasses.field(default=None, repr=False)
    hide: Callable[[str], str] = dataclasses.field(default=str, repr=False, compare=False)

    @property
    def request(self) -> dict[str, Any]:
        """The body as Python values."""
        value: dict[str, Any] = json.loads(self.body)
        return value

    @property
    def curl(self) -> str:
        """The same call for a shell, which reads the key from `$TOPROUTER_API_KEY`; no key is ever in it.

        A request with an image, or of more than 20,000 bytes, is read from a file: write `body` to `request.json`.
        """
        is_local = is_local_id(self.model)
        address = '"$TOPROUTER_BASE_URL/chat/completions"' if is_local else shlex.quote(self.url)
        is_pasted = len(self.body) <= _PASTED_BYTES and not any(turn.image_bytes for turn in self.turns)
        lines = ["# toprouter-nb serve prints the address and the key."] if is_local else []
        lines += [
            f"curl {'--no-buffer ' if self.is_streamed else ''}{address} \\",
            '  -H "Authorization: Bearer $TOPROUTER_API_KEY" \\',
            "  -H 'Content-Type: application/json' \\",
            f"  --data-raw {shlex.quote(self.hide(self.body.decode()))}"
            if is_pasted
            else "  --data-binary @request.json",
        ]
        return "\n".join(lines)

    def _quoted_body(self) -> str:
        return shlex.quote(self.hide(self.body.decode()))

    def __repr__(self) -> str:
        """Show the request, each turn's share and what the lint says, one a line."""
        window = f" of {self.context_tokens:,}" if self.context_tokens else ""
        tokens = f"about {self.prompt_tokens:,}{window} tokens (estimate)"
        lines = [f"XRay of a request to {self.model}: {len(self.body):,} bytes, {tokens}"]
        lines += [f"  {turn.role:<10}{turn.tokens:>7,}  {turn.beginning}{_images(turn)}" for turn in self.turns]
        lines += [f"{finding.level}: {finding.about}: {finding.text}" for finding in self.findings]
        if self.reply is not None:
            lines.append(f"answered: {self.reply!r}")
        return render_plain("\n".join(lines))

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        from .render.inside import render_inside

        turns = [(turn.role, turn.beginning + _images(turn), turn.tokens) for turn in self.turns]
        facts = [f"POST {self.url}", f"{len(self.body):,} bytes", "streamed" if self.is_streamed else "in one piece"]
        shown = render_inside(
            facts=[self.model, *facts],
            request=hide_in(self.request, self.hide),
            curl=self.curl,
            turns=turns,
            prompt_tokens=self.prompt_tokens,
            context_tokens=self.context_tokens,
            counted_tokens=self.reply.usage.prompt_tokens if self.reply else None,
            findings=self.findings,
            answer=_answer(self.reply),
            arrivals=self.reply.arrivals if self.reply else (),
        )
        return {"text/plain": repr(self), "text/html": shown}


def look_inside(inside: "Inside", settings: Settings) -> XRay:
    """Make the x-ray of a request; reads the list of models that is on disk, and asks nobody."""
    question, cards = inside.question, known_cards(settings.base_url)
    hide = hider((settings.api_key,))
    turns = share_turns(inside.turns, hide)
    tokens = sum(turn.tokens for turn in turns)
    images = [image for turn in inside.turns for image in turn.images]
    found = lint_request(
        model=question.model,
        options=question.options,
        images=images,
        tokens=tokens,
        body_bytes=len(inside.body),
        cards=cards,
    )
    card = find_card(question.model, cards)
    is_local = is_local_id(question.model)
    return XRay(
        model=question.model,
        url=_LOCAL_URL if is_local else f"{settings.base_url}/chat/completions",
        body=inside.body,
        is_streamed=question.is_streamed,
        turns=turns,
        prompt_tokens=tokens,
        context_tokens=card.context_tokens if card else None,
        findings=found if is_local else (*found, *_of_key(settings)),
        reply=inside.reply,
        hide=hide,
    )


def _of_key(settings: Settings) -> tuple[Finding, ...]:
    try:
        require_key(settings, ask=False)
    except SettingsError:
        text = "No key was found, so asking would fail. Set TOPROUTER_API_KEY, or pass api_key."
        return (Finding("error", "key", text),)
    return ()


def _answer(reply: "Reply | None") -> Mapping[str, Any] | None:
    return None if reply is None else {**reply.facts(), "raw": reply.raw, "text": reply.text}


def _images(turn: TurnShare) -> str:
    if not turn.images:
        return ""
    weight = f", {turn.image_bytes:,} bytes" if turn.image_bytes else ""
    return f" [{turn.images} {'image' if turn.images == 1 else 'images'}{weight}]"
