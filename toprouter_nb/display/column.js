// One growing reply, drawn from Python's HTML: shared by the live view and the chat panel, whose scripts follow it.
const OVER = ["done", "stopped", "error"];
const UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";

function make(tag, className, parent, attributes = {}) {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent?.append(element);
  return element;
}

// One region for the page: what is said last must outlive the view that says it.
function announce(words) {
  const id = "toprouter-status";
  const region = document.getElementById(id) ?? make("div", "", document.body, { id, role: "status", style: UNSEEN });
  region.textContent = words;
}

// Replaces what follows `marker`, but leaves alone the nodes at the beginning that are as they were.
function replaceAfter(marker, html) {
  const fresh = document.createRange().createContextualFragment(html);
  let old = marker.nextSibling;
  while (old && fresh.firstChild && old.isEqualNode(fresh.firstChild)) {
    fresh.firstChild.remove();
    old = old.nextSibling;
  }
  while (old) {
    const next = old.nextSibling;
    old.remove();
    old = next;
  }
  marker.parentNode.append(fresh);
}

// Adds a change to what a view has of a column; the keys are those of `Column.changes` in Python. The tail's length is in
// UTF-16 units, as `slice` counts.
function grow(column, change) {
  if (change.p) column.p.push(change.p);
  if (change.t) column.t = column.t.slice(0, change.t[0]) + change.t[1];
  if (change.r) column.r += change.r;
  if (change.f !== undefined) column.f = change.f; // "" takes the small print away
  if (change.s) column.s = change.s;
}

class ColumnView {
  constructor(parent, title, stop) {
    this.element = make("section", "tr-column", parent, { "aria-label": title || "Reply" });
    if (title) {
      const head = make("div", "tr-head", this.element);
      make("span", "tr-title", head).textContent = title;
      if (stop) this.button = stopButton(head, `Stop ${title}`, stop);
    }
    const log = make("div", "tr-log", this.element, { role: "log", "aria-live": "off", "aria-label": "Text" });
    this.fold = make("details", "tr-reasoning", log, { open: "", hidden: "" });
    make("summary", "", this.fold).textContent = "Reasoning";
    this.reasoning = make("div", "tr-said", this.fold, { dir: "auto" });
    this.text = make("div", "tr-text", log);
    this.small = make("div", "tr-small", this.element);
    this.clear();
  }

  clear() {
    this.text.replaceChildren((this.marker = document.createComment("tail")));
    this.reasoning.replaceChildren((this.thought = document.createTextNode("")));
    this.finished = 0;
    this.tail = this.foot = "";
  }

  draw(column) {
    const isRunning = !OVER.includes(column.s);
    this.element.setAttribute("aria-busy", isRunning);
    this.element.dataset.status = column.s;
    if (this.button) this.button.hidden = !isRunning;
    this.drawReasoning(column);
    const pieces = column.p.slice(this.finished).join("");
    this.finished = column.p.length;
    if (pieces) this.marker.before(document.createRange().createContextualFragment(pieces));
    if (column.t !== this.tail) replaceAfter(this.marker, (this.tail = column.t));
    if (column.f !== this.foot) this.small.innerHTML = this.foot = column.f;
  }

  drawReasoning(column) {
    const length = this.thought.length;
    if (column.r.length > length) {
      // Only for those who are at its end already; whoever has scrolled up is reading.
      const isAtEnd = this.reasoning.scrollTop + this.reasoning.clientHeight >= this.reasoning.scrollHeight - 8;
      this.thought.appendData(column.r.slice(length));
      this.fold.hidden = false;
      if (isAtEnd) this.reasoning.scrollTop = this.reasoning.scrollHeight;
    }
    const hasText = Boolean(column.t || column.p.length > 1 || column.p[0]);
    // Once, when the answer begins: whoever opens the fold again wants it open.
    if (hasText && !this.hasText) this.fold.open = false;
    this.hasText = hasText;
  }
}

function stopButton(parent, label, stop) {
  const button = make("button", "tr-stop", parent, { type: "button", "aria-label": label });
  button.textContent = "Stop";
  button.addEventListener("click", () => {
    button.disabled = true;
    button.textContent = "Stopping …";
    stop();
  });
  return button;
}

// What anywidget asks of a module: one store for each model, whether anybody looks or not, and a view for each place it
// is shown in. They meet by the key, because the two are handed different objects for one model.
function widgetOf(Store, View) {
  const stores = new Map();
  return {
    initialize({ model }) {
      const key = model.get("key");
      const store = new Store(model);
      stores.set(key, store);
      return () => {
        store.close();
        stores.delete(key);
      };
    },
    render({ model, el }) {
      const key = model.get("key");
      const store = stores.get(key);
      const view = new View(store, el, key);
      store.views.add(view);
      return () => {
        store.views.delete(view);
        view.close?.();
      };
    },
  };
}
