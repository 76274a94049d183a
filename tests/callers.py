"""One way to ask a transport for tests of both kinds: the blocking one, and the one inside an event loop."""

import asyncio

from toprouter_nb.secret import Secret
from toprouter_nb.settings import Settings
from toprouter_nb.transport import AsyncTransport, Transport
from toprouter_nb.wire.request import RequestBody

KEY = "sk-canary-5c1f0b7a93d24e68"
SECRET = Secret(KEY)
HELLO = RequestBody([b'{"model":"m"}'])
MODES = ("blocking", "async")


class Caller:
    """Asks one server, again and again over the same transport.

    Life: `with Caller(mode, base_url) as caller`; `post` and `get`.
    """

    def __init__(self, mode, base_url, **limits):
        self.settings = Settings(base_url=base_url, api_key=SECRET, **limits)
        self.is_async = mode == "async"
        self.transport = (AsyncTransport if self.is_async else Transport)(self.settings)
        self.runner = asyncio.Runner() if self.is_async else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.is_async:
            self.runner.close()
        else:
            self.transport.close()

    def post(self, body=HELLO, *, stream=False, blocks=None, during=None):
        """Post and return status, headers and body; leave after so many blocks; call `during` before leaving."""
        asked = self.transport.post("/chat/completions", body, SECRET, stream=stream)
        return self._run(asked, blocks, during)

    def get(self, path="/models"):
        """Fetch a path and return status, headers and body."""
        return self._run(self.transport.get(path, SECRET), None, None)

    def _run(self, asked, blocks, during):
        if self.is_async:
            return self.runner.run(_read_async(asked, blocks, during))
        with asked as answer:
            got = []
            for block in answer.blocks():
                got.append(block)
                if len(got) == blocks:
                    break
            if during is not None:
                during(answer)
            return answer.status, answer.headers, b"".join(got)


async def _read_async(asked, blocks, during):
    async with asked as answer:
        got = []
        async for block in answer.blocks():
            got.append(block)
            if len(got) == blocks:
                break
        if during is not None:
            during(answer)
        return answer.status, answer.headers, b"".join(got)
