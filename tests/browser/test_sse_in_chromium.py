"""A second opinion on the written event streams: what a real browser's EventSource makes of them."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CASES = json.loads((Path(__file__).parents[1] / "data" / "sse_events.json").read_text())["cases"]
SMALL = [case for case in CASES if "is_large" not in case]
COLLECT = """
async ([count, types]) => {
  const play = number => new Promise(resolve => {
    const source = new EventSource("/stream/" + number), events = [];
    for (const type of types)
      source.addEventListener(type, event => events.push([event.type, event.data, event.lastEventId]));
    source.onerror = () => { source.close(); resolve(events); };
  });
  const played = [];
  for (let number = 0; number < count; number++) played.push(await play(number));
  return played;
}
"""


class _Streams(BaseHTTPRequestHandler):
    """Serve an empty page, and each case as an event stream that ends."""

    def do_GET(self):
        number = self.path.removeprefix("/stream/")
        pieces = SMALL[int(number)]["stream"] if number.isdigit() else []
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if number.isdigit() else "text/html")
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece.encode() if isinstance(piece, str) else bytes.fromhex(piece["hex"]))

    def log_message(self, format, *args):
        """Say nothing."""


@pytest.fixture
def address():
    """Serve the streams while a test runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Streams)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_chromium_agrees_with_every_written_case(address, page):
    """EventSource dispatches exactly the events written down for each of the 141 small streams."""
    types = sorted({"message", *(event[0] for case in SMALL for event in case["events"])})
    page.goto(address)
    played = page.evaluate(COLLECT, [len(SMALL), types])
    expected = {case["name"]: case["events"] for case in SMALL}
    assert dict(zip(expected, played, strict=True)) == expected
    assert len(played) == 141
