"""Plays pieces of HTML in Chromium, each in a frame of its own, and tells which of them acted.

An act is a script that ran, a request to another host, or a frame that went elsewhere. Every element is clicked,
focused and passed over with the pointer, but for the links that a reader may follow.
"""

import collections
import html

ORIGIN = "http://127.0.0.1:9/"
# The stage is quiet when nothing new has acted for three looks; a busy machine needs more of them.
LOOK_MILLISECONDS = 250
QUIET_LOOKS = 3
_TRAP = "for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => { globalThis.trap(); };"
_TOUCH = """isProtected => {
  for (const frame of document.querySelectorAll('iframe.case')) {
    let inside;
    try { inside = frame.contentDocument; } catch { continue; }
    for (const element of inside?.querySelectorAll('*') ?? []) {
      const place = {bubbles: true, cancelable: true, view: frame.contentWindow};
      for (const name of ['pointerover', 'pointerenter', 'mouseover', 'mouseenter', 'mousemove', 'pointerdown'])
        element.dispatchEvent(new (name.startsWith('p') ? PointerEvent : MouseEvent)(name, place));
      element.focus?.();
      const link = element.closest('a[href]');
      if (isProtected && link && /^(https?|mailto):/.test(link.getAttribute('href'))) continue;
      element.click ? element.click() : element.dispatchEvent(new MouseEvent('click', place));
    }
  }
}"""


class Theatre:
    """One browser context with its traps set.

    Life: `play` any number of times; `close`.
    """

    def __init__(self, browser):
        self._context = browser.new_context()
        self._acts = collections.defaultdict(set)
        self._context.expose_binding("trap", lambda source: self._acts[self._name(source["frame"])].add("script"))
        self._context.add_init_script(_TRAP)
        self._context.route("**/*", self._answer)
        self._context.on("dialog", lambda dialog: dialog.dismiss())

    def play(self, pieces, *, is_protected):
        """Show pieces (name to HTML), touch everything in them, and return the acts of each that acted."""
        self._acts.clear()
        frames = (
            f'<iframe class="case" name="{name}" srcdoc="{html.escape(piece)}"></iframe>'
            for name, piece in pieces.items()
        )
        self._body = f"<!doctype html><meta charset=utf-8>{''.join(frames)}"
        page = self._context.new_page()
        page.on("framenavigated", self._note_navigation)
        page.goto(ORIGIN, wait_until="commit")
        self._wait_until_quiet(page)
        page.evaluate(_TOUCH, is_protected)
        self._wait_until_quiet(page)
        page.close()
        return dict(self._acts)

    def close(self):
        """Close the context and its pages."""
        self._context.close()

    def _wait_until_quiet(self, page):
        quiet, seen = 0, -1
        while quiet < QUIET_LOOKS:
            page.wait_for_timeout(LOOK_MILLISECONDS)
            count = sum(map(len, self._acts.values()))
            quiet, seen = (quiet + 1 if count == seen else 0), count

    def _answer(self, route):
        if route.request.url == ORIGIN:
            route.fulfill(body=self._body, content_type="text/html")
            return
        self._note_request(route.request)
        route.abort()

    def _note_request(self, request):
        try:
            frame = request.frame
        except Exception as error:  # noqa: BLE001 - a request of a page that is not there yet has no frame to name
            self._acts["unknown"].add(f"request ({error})")
            return
        act = "navigate" if request.is_navigation_request() else "request"
        self._acts[self._name(frame)].add(act)

    def _note_navigation(self, frame):
        if frame.url not in (ORIGIN, "about:srcdoc", "about:blank", ""):
            self._acts[self._name(frame)].add("navigate")

    @staticmethod
    def _name(frame):
        """Return the name of the case a frame belongs to, however deep it is."""
        while frame.parent_frame is not None and frame.parent_frame.parent_frame is not None:
            frame = frame.parent_frame
        return frame.name or "top"
