"""A real kernel, driven over its own protocol: what a front end would be told, message by message."""

import os
from pathlib import Path

from jupyter_client.manager import KernelManager

PROJECT = Path(__file__).parents[1]
SECONDS = 30


class Kernel:
    """One IPython kernel in a child process. A context manager.

    Life: `run` code as often as needed; `interrupt` while messages are received.

    Parameters
    ----------
    folder
        Where another ipykernel is installed than the one of this environment; None for that one.
    """

    def __init__(self, folder=None):
        self._path = os.pathsep.join(map(str, [PROJECT] if folder is None else [folder, PROJECT]))

    def __enter__(self):
        self._manager = KernelManager(kernel_name="python3")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TOPROUTER")}
        self._manager.start_kernel(env=environment | {"PYTHONPATH": self._path})
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(SECONDS)
        return self

    def __exit__(self, *_):
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()

    def run(self, code, cell_id=None):
        """Run code as a cell; return all its output messages in order, its error included."""
        self.send(code, cell_id)
        return list(self.receive())

    def send(self, code, cell_id=None):
        """Send a cell without waiting; a front end for people names it."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        metadata = {"cellId": cell_id} if cell_id else {}
        message = self._client.session.msg("execute_request", content | {"stop_on_error": False}, metadata=metadata)
        self._client.shell_channel.send(message)
        self._request = message["header"]["msg_id"]

    def receive(self):
        """Yield the sent cell's messages (type, content) until it is done."""
        while True:
            message = self._client.get_iopub_msg(timeout=SECONDS)
            if message["parent_header"].get("msg_id") != self._request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return
            if kind not in ("status", "execute_input"):
                yield kind, content

    def receive_all(self):
        """Yield as `receive`, and with them what belongs to no cell: the messages of live views."""
        while True:
            message = self._client.get_iopub_msg(timeout=SECONDS)
            kind, content, parent = message["msg_type"], message["content"], message["parent_header"].get("msg_id")
            if kind == "status" and content["execution_state"] == "idle" and parent == self._request:
                return
            if kind not in ("status", "execute_input") and parent in (self._request, None):
                yield kind, content

    def interrupt(self):
        """Interrupt as the Stop button of a notebook does."""
        self._manager.interrupt_kernel()


def shown_by(messages):
    """Return what a notebook holds after these messages: the bundles, updates and ids applied."""
    shown, places = [], {}
    for kind, content in messages:
        name = content.get("transient", {}).get("display_id")
        if kind == "update_display_data":
            shown[places[name]] = content["data"]
        elif kind in ("display_data", "execute_result"):
            if name:
                places[name] = len(shown)
            shown.append(content["data"])
    return shown
