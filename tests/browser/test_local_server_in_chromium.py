"""A page of another origin, in a real browser, can neither read nor change anything of the local server."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

CHROMIUM = "/usr/bin/chromium"
CHAT = '{"model": "local/smollm2-135m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}'
# Each attempt tells what the page got to know: "" for nothing.
ATTEMPTS = {
    "fetch": "async (base, key) => await (await fetch(base + '/v1/models')).text()",
    "fetch with the key": """async (base, key) =>
        await (await fetch(base + '/v1/models', {headers: {Authorization: 'Bearer ' + key}})).text()""",
    "fetch of health": "async (base, key) => await (await fetch(base + '/health')).text()",
    "fetch without cors": """async (base, key) => {
        const answer = await fetch(base + '/health', {mode: 'no-cors'});
        return answer.type === 'opaque' ? '' : await answer.text(); }""",
    "post with the key": """async (base, key, body) => await (await fetch(base + '/v1/chat/completions',
        {method: 'POST', body,
         headers: {Authorization: 'Bearer ' + key, 'Content-Type': 'application/json'}})).text()""",
    "simple post": """async (base, key, body) => await (await fetch(base + '/v1/chat/completions?key=' + key,
        {method: 'POST', body, headers: {'Content-Type': 'text/plain'}})).text()""",
    "request object": """(base, key) => new Promise(resolve => { const asked = new XMLHttpRequest();
        asked.onloadend = () => resolve(asked.responseText);
        asked.open('GET', base + '/v1/models'); asked.send(); })""",
    "image": """(base, key) => new Promise(resolve => { const image = new Image();
        image.onload = () => resolve('loaded'); image.onerror = () => resolve(''); image.src = base + '/health'; })""",
    "script": """(base, key) => new Promise(resolve => { const script = document.createElement('script');
        script.onload = () => resolve('loaded'); script.onerror = () => resolve('');
        script.src = base + '/health'; document.body.append(script); })""",
    "event source": """(base, key) => new Promise(resolve => {
        const source = new EventSource(base + '/v1/models?key=' + key);
        source.onopen = () => resolve('open'); source.onerror = () => { source.close(); resolve(''); }; })""",
    "web socket": """(base, key) => new Promise(resolve => {
        const socket = new WebSocket(base.replace('http', 'ws') + '/v1');
        socket.onopen = () => resolve('open'); socket.onerror = () => resolve(''); })""",
    "frame": """(base, key) => new Promise(resolve => { const frame = document.createElement('iframe');
        frame.onload = () => { try { resolve(frame.contentDocument ? frame.contentDocument.body.textContent : ''); }
                               catch { resolve(''); } };
        frame.src = base + '/health'; document.body.append(frame); })""",
}  # fmt: skip


class _Page(BaseHTTPRequestHandler):
    """Serve an empty page."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "22")
        self.end_headers()
        self.wfile.write(b"<!doctype html><body> ")

    def log_message(self, format, *args):
        """Say nothing."""


@pytest.fixture
def page_address():
    """Serve a page under a foreign name."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://evil.test:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def attempt(page, code, *arguments):
    """Run one attempt in the page; an exception there is nothing gained."""
    wrapped = f"async given => {{ try {{ return await ({code})(...given); }} catch {{ return ''; }} }}"
    return page.evaluate(wrapped, list(arguments))


def test_a_foreign_page_gets_nothing(local_address, page_address, playwright):
    """12 ways to reach the server, and a rebound name: nothing is read, even by a page that knows the key."""
    base_url, key = local_address
    rebound = f"http://rebound.test:{urlsplit(base_url).port}"
    mapped = "--host-resolver-rules=MAP evil.test 127.0.0.1, MAP rebound.test 127.0.0.1"
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[mapped])
    page = browser.new_page()
    page.goto(page_address)
    gained = {name: attempt(page, code, base_url, key, CHAT) for name, code in ATTEMPTS.items()}
    # The page itself under a name that was pointed at the server: same origin, but not the server's own name.
    answer = page.goto(f"{rebound}/health")
    assert answer is not None
    assert answer.status == 403
    gained["rebound"] = attempt(page, ATTEMPTS["post with the key"], rebound, key, CHAT)
    browser.close()
    assert gained == dict.fromkeys([*ATTEMPTS, "rebound"], "")
