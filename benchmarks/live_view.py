"""What a live view costs: six columns of 4,000 deltas in JupyterLab and Chromium, beside plain display updates.

    python benchmarks/live_view.py          # about three minutes; needs chromium and the [dev] extra

Counted inside the page: messages and bytes on the kernel's socket. Measured: the kernel's processor time, and how long
after the last delta the page changed for the last time. Bytes and messages are steady; times are of the machine.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "browser")]

from lab import CHROMIUM_FLAGS, LabServer, Notebook  # noqa: E402 - found on the path that is set above
from long_reply import long_reply  # noqa: E402

COLUMNS = 6
CELL = """
import json, sys, threading, time
sys.path.insert(0, {tests!r})
from long_reply import long_reply
from toprouter_nb.display import LiveView

deltas = long_reply()
view = LiveView([f"model {{place}}" for place in range({columns})], shell=get_ipython(), mode={mode!r})
view.start()
time.sleep(1.5)  # the page loads the widget's script once; that is no cost of a reply
begin, used = time.monotonic(), time.process_time()

def feed(place):
    for number, delta in enumerate(deltas):
        wait = begin + number / {rate} - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        view.add(place, delta)

threads = [threading.Thread(target=feed, args=(place,)) for place in range({columns})]
for thread in threads: thread.start()
for thread in threads: thread.join()
last = time.time()
for place in range({columns}): view.end(place, "done")
view.settle()
print(json.dumps({{"last": last, "cpu": time.process_time() - used, "seconds": time.monotonic() - begin}}))
"""
WATCH = """() => {
  window.lastChange = 0;
  const isOurs = ({target}) => target.parentElement?.closest('.jp-Cell-outputArea')
    && !target.parentElement.closest('.jp-RenderedText');
  new MutationObserver(records => { if (records.some(isOurs)) window.lastChange = Date.now(); })
    .observe(document.querySelector('.jp-Notebook'), {subtree: true, childList: true, characterData: true});
}"""


def measure(lab, browser, mode, rate):
    """Run one workload; return its row."""
    page = browser.new_context(viewport={"width": 1600, "height": 900}).new_page()
    sizes = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sizes.append(len(frame))))
    book = Notebook(lab, page, f"{mode}{rate}.ipynb")
    book.open([CELL.format(tests=str(TESTS), columns=COLUMNS, mode=mode, rate=rate)])
    page.evaluate(WATCH)
    sizes.clear()
    book.run(0)
    page.wait_for_timeout(1_000)
    told = json.loads(next(line for line in book.output(0).inner_text().splitlines() if line.startswith("{")))
    shown = page.locator(".tr-column .tr-text").all_inner_texts()
    is_whole = all(len(text) > 15_000 and text == shown[0] for text in shown) and len(shown) == COLUMNS
    row = {
        "way": mode,
        "rate": rate,
        "MB": sum(sizes) / 1e6,
        "messages": len(sizes),
        "kernel CPU s": told["cpu"],
        "last change after s": page.evaluate("() => window.lastChange") / 1000 - told["last"],
        "seconds": told["seconds"],
        "whole": is_whole,
    }
    book.shut_down()
    page.context.close()
    return row


def main():
    """Print a row for each way and rate."""
    characters = len("".join(long_reply()))
    print(f"{COLUMNS} columns of 4,000 deltas, {characters:,} characters each\n")
    with LabServer(Path(tempfile.mkdtemp())) as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        rows = [measure(lab, browser, mode, rate) for mode, rate in (("live", 200), ("live", 1_000), ("static", 200))]
        browser.close()
    print("| " + " | ".join(rows[0]) + " |\n|" + " --- |" * len(rows[0]))
    for row in rows:
        print(
            "| " + " | ".join(f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row.values()) + " |"
        )


if __name__ == "__main__":
    main()
