"""What a browser does with the messages of a live view, in Python: an independent reading of the protocol."""

import contextlib
import threading
import time
import types


class Store:
    """Takes a snapshot and numbered changes, as `live.js` does; `gaps` counts messages that did not follow."""

    def __init__(self, snapshot):
        self.seen = snapshot["n"]
        self.columns = [dict(column) for column in snapshot["c"]]
        self.gaps = 0

    def hear(self, message):
        """Take one message."""
        if message["t"] == "snap":
            self.__init__(message)
        if message["t"] != "d" or message["n"] <= self.seen:
            return
        self.gaps += message["n"] != self.seen + 1
        self.seen = message["n"]
        for place, change in message["c"]:
            apply(self.columns[place], change)


def apply(column, change):
    """Change one column; lengths count UTF-16 units."""
    column["p"] += change.get("p", "")
    column["r"] += change.get("r", "")
    if "t" in change:
        kept, new = change["t"]
        old = column["t"].encode("utf-16-le")[: 2 * kept]
        column["t"] = old.decode("utf-16-le") + new
    column["f"] = change.get("f", column["f"])
    column["s"] = change.get("s", column["s"])


class Shell:
    """What a live view needs of a kernel's shell: it keeps what is published, under the display ids."""

    execution_count = 1

    def __init__(self, cell_id="a cell", run_id="a run"):
        self.published = []
        self.display_pub = types.SimpleNamespace(publish=self._publish)
        self.parent = {"header": {"msg_id": run_id}, "metadata": {"cellId": cell_id} if cell_id else {}}
        self.kernel = types.SimpleNamespace()

    def get_parent(self):
        """Return the message that started the cell."""
        return self.parent

    def _publish(self, data, metadata=None, *, transient=None, update=False):
        self.published.append((dict(data), update))


class Widget:
    """Stands for the widget where there is no kernel, and hears what it sends."""

    made = None

    def __init__(self, key, snapshot, hear):
        type(self).made = self
        self.store = Store(snapshot())
        self.messages = []
        self.snapshot, self.say = snapshot, hear
        self.is_closed = False

    def bundle(self):
        """Return something to show."""
        return {"a view": self}, {}

    def send(self, message):
        """Hear a message as a browser would."""
        self.messages.append(message)
        self.store.hear(message)

    def close(self):
        """Be over."""
        self.is_closed = True


@contextlib.contextmanager
def feeding(pieces, add, per_second):
    """Add pieces at a steady rate from a thread of its own; wait for the last when left."""

    def feed():
        begin = time.monotonic()
        for place, piece in enumerate(pieces):
            wait = begin + place / per_second - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            add(piece)

    thread = threading.Thread(target=feed)
    thread.start()
    yield
    thread.join()
