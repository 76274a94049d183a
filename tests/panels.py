"""What the tests of the panel share: its views' messages, and waiting for its answers."""

import io
import time

import PIL.Image


def picture(kind="PNG", size=(8, 6)):
    """Return the bytes of a small image."""
    file = io.BytesIO()
    PIL.Image.new("RGB", size, "red").save(file, kind)
    return file.getvalue()


def settled(panel):
    """Return the panel's state once no answer is under way."""
    until = time.monotonic() + 10
    while (snapshot := panel.snapshot())["state"]["busy"] and time.monotonic() < until:
        time.sleep(0.01)
    return snapshot


def listened(panel):
    """Return a list that grows by what the panel tells its views."""
    sent = []
    send = panel._post.send
    panel._post.send = lambda message: (sent.append(message), send(message))
    return sent
