"""A text is never taken for a file: confusing texts open nothing and send nothing."""

import json
import subprocess
import sys
from pathlib import Path

CONFUSING = """
import json, socket, sys
from pathlib import Path
from toprouter_nb.errors import ImageError
from toprouter_nb.images import image
import toprouter_nb.images.pixels, toprouter_nb.images.arrays

listener = socket.create_server(("127.0.0.1", 0))
listener.setblocking(False)
port = listener.getsockname()[1]
heard, outcomes = [], {}
texts = json.loads(sys.stdin.read().replace("PORT", str(port)))
sys.addaudithook(lambda name, given: heard.append([name, repr(given)]) if name in {
    "open", "os.listdir", "os.scandir", "socket.connect", "socket.getaddrinfo", "urllib.Request", "subprocess.Popen",
} else None)
for text in texts:
    try:
        outcomes[text] = image(text).url
    except ImageError as error:
        outcomes[text] = str(error) and None
events = list(heard)
try:
    listener.accept()
    events.append(["accept", ""])
except BlockingIOError:
    pass
print(json.dumps([events, outcomes]))
"""

PASSED_ON = [
    "http://127.0.0.1:PORT/image.png",
    "https://127.0.0.1:PORT/image.png",
    "http://localhost:PORT/?file=/etc/passwd",
]
NO_ADDRESS = [
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    "file:cat.png",
    "cat.png",
    "./cat.png",
    "/etc/passwd",
    "~/cat.png",
    "~root",
    "C:\\cat.png",
    "c:/cat.png",
    "\\\\127.0.0.1\\share\\cat.png",
    "//127.0.0.1:PORT/cat.png",
    "https:",
    "https:cat.png",
    "https://",
    "http:///etc/passwd",
    "https:/etc/passwd",
    "https:\\\\127.0.0.1:PORT\\cat.png",
    "javascript:alert(1)",
    "vbscript:x",
    "ftp://127.0.0.1:PORT/a.png",
    "gopher://127.0.0.1:PORT/",
    "blob:http://127.0.0.1:PORT/1",
    "about:blank",
    "data:",
    "data:text/plain,cat.png",
    "data:,file:///etc/passwd",
    "data:image/png;base64,",
    "jar:file:///a.jar!/b.png",
    "http://127.0.0.1:PORT/a.png\ncat.png",
    " http://127.0.0.1:PORT/a.png",
    "\thttps://example.com/",
    "cat.png\n",
    "cat.png\0",
    "$HOME/cat.png",
    "`cat cat.png`",
    "*.png",
    ".",
    "..",
    "/dev/stdin",
    "-",
    "",
    "http",
    "http//127.0.0.1:PORT",
    "\u202ehttp://a",
    "/proc/self/environ",
    "php://filter/resource=cat.png",
    "http://user:password@127.0.0.1:PORT/",
    "\ud800",
]


def test_texts_read_no_file_and_send_nothing(tmp_path):
    """More than forty confusing texts open no file and no connection, and only true addresses become parts."""
    for name in ("cat.png", "https:", "~", "~root", "http", "file:cat.png", "https:cat.png", "-", "cat.png\n", "*.png"):
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n")
    done = subprocess.run(
        [sys.executable, "-c", CONFUSING],
        input=json.dumps(PASSED_ON + NO_ADDRESS),
        capture_output=True, text=True, check=True, cwd=tmp_path, env={"PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    events, outcomes = json.loads(done.stdout)
    assert events == []
    assert len(outcomes) == len(PASSED_ON) + len(NO_ADDRESS) > 40
    assert [text for text, url in outcomes.items() if url is not None] == list(outcomes)[: len(PASSED_ON)]
