"""The clients that are compared, each behind the same small contract, used as its own documentation says.

Knows nothing of what is measured. The contract: `stream()` iterates the texts of one reply, `complete()` returns the
text of a plain one, `lane()` gives another conversation that may run at the same time, `close()` ends it. `hold()`
takes the messages of a long conversation that the next `stream()` goes on with.
"""

import importlib
import importlib.metadata

from floor import Floor, FloorAsync

MODEL = "maker/model-1"
KEY = "sk-benchmark-0123456789"
QUESTION = "Hi"
_MESSAGES = [{"role": "user", "content": QUESTION}]


class TopRouter:
    """This package: one `Conversation`; what was said is undone after each call, so that all calls are alike."""

    package = "toprouter_nb"
    first = f"toprouter_nb.Conversation('{MODEL}', api_key='{KEY}')"

    def __init__(self, base_url):
        package = importlib.import_module("toprouter_nb")
        self._base_url = base_url
        self.chat = package.Conversation(MODEL, base_url=base_url, api_key=KEY, display=False)

    def lane(self):
        return type(self)(self._base_url)

    def hold(self, messages):
        self.chat = self.chat.from_messages(messages, MODEL, base_url=self._base_url, api_key=KEY, display=False)

    def stream(self):
        yield from self.chat.stream(QUESTION)
        self.chat.undo()

    def close(self):
        self.chat.close()


class TopRouterAsync(TopRouter):
    """The same inside an event loop."""

    async def stream(self):
        async for text in self.chat.stream_async(QUESTION):
            yield text
        self.chat.undo()

    async def complete(self):
        reply = await self.chat.ask_async(QUESTION, stream=False)
        self.chat.undo()
        return reply.text

    async def close(self):
        self.chat.close()


class OpenAI:
    """The OpenAI SDK."""

    package = "openai"
    first = f"openai.OpenAI(api_key='{KEY}')"

    def __init__(self, base_url):
        self._client = importlib.import_module("openai").OpenAI(base_url=base_url, api_key=KEY)
        self._messages = _MESSAGES

    def hold(self, messages):
        self._messages = messages + _MESSAGES

    def stream(self):
        options = {"include_usage": True}
        request = {"model": MODEL, "messages": self._messages, "stream": True, "stream_options": options}
        for chunk in self._client.chat.completions.create(**request):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    def close(self):
        self._client.close()


class OpenAIAsync:
    """The OpenAI SDK inside an event loop; one client for all lanes."""

    def __init__(self, base_url):
        self._client = importlib.import_module("openai").AsyncOpenAI(base_url=base_url, api_key=KEY)

    def lane(self):
        return self

    async def stream(self):
        options = {"include_usage": True}
        request = {"model": MODEL, "messages": _MESSAGES, "stream": True, "stream_options": options}
        async for chunk in await self._client.chat.completions.create(**request):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    async def complete(self):
        answer = await self._client.chat.completions.create(model=MODEL, messages=_MESSAGES)
        return answer.choices[0].message.content

    async def close(self):
        await self._client.close()


class Chatlas:
    """chatlas, its Chat Completions provider; a lane is another `Chat` on the same provider."""

    package = "chatlas"
    first = f"chatlas.ChatOpenAICompletions(model='{MODEL}', api_key='{KEY}')"

    def __init__(self, base_url, provider=None):
        self._package = importlib.import_module("chatlas")
        if provider is None:
            made = self._package.ChatOpenAICompletions(model=MODEL, base_url=base_url, api_key=KEY)
            provider = made.provider
        self._provider = provider
        self._chat = self._package.Chat(provider=provider)

    def lane(self):
        return type(self)("", self._provider)

    def stream(self):
        yield from self._chat.stream(QUESTION, echo="none")
        self._chat.set_turns([])

    def close(self):
        """Nothing to close: it has no way to say it."""


class ChatlasAsync(Chatlas):
    """The same inside an event loop."""

    async def stream(self):
        async for text in await self._chat.stream_async(QUESTION, echo="none"):
            yield text
        self._chat.set_turns([])

    async def complete(self):
        reply = await self._chat.chat_async(QUESTION, echo="none", stream=False)
        self._chat.set_turns([])
        return await reply.get_content()

    async def close(self):
        """Nothing to close: it has no way to say it."""


class LiteLLM:
    """litellm, which keeps its clients itself."""

    package = "litellm"
    first = "litellm.completion"

    def __init__(self, base_url):
        self._package = importlib.import_module("litellm")
        self._request = {"model": f"openai/{MODEL}", "messages": _MESSAGES, "api_base": base_url, "api_key": KEY}
        self._streamed = {**self._request, "stream": True, "stream_options": {"include_usage": True}}

    def lane(self):
        return self

    def stream(self):
        for chunk in self._package.completion(**self._streamed):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    def close(self):
        """Nothing to close: its clients are the module's."""


class LiteLLMAsync(LiteLLM):
    """The same inside an event loop."""

    async def stream(self):
        async for chunk in await self._package.acompletion(**self._streamed):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    async def complete(self):
        answer = await self._package.acompletion(**self._request)
        return answer.choices[0].message.content

    async def close(self):
        """Nothing to close: its clients are the module's."""


CLIENTS = {
    "floor": (Floor, FloorAsync),
    "toprouter_nb": (TopRouter, TopRouterAsync),
    "openai": (OpenAI, OpenAIAsync),
    "chatlas": (Chatlas, ChatlasAsync),
    "litellm": (LiteLLM, LiteLLMAsync),
}


def versions(name):
    """Return what a client is made of, by package; empty for the floor."""
    parts = {"toprouter_nb": ["httpx"], "openai": ["httpx2"], "chatlas": ["openai"]}
    parts["litellm"] = ["openai", "httpx"]
    wanted = [name, *parts.get(name, [])] if name in parts else []
    return {part: importlib.metadata.version(part) for part in wanted}
