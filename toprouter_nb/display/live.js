// The view of growing replies. Python makes all HTML and cleans it; here it is only put in its place. See column.js.
const ACK_MILLISECONDS = 600; // a kernel that can listen answers in a tenth of it
const SILENCE_MILLISECONDS = 2000; // twice what passes between two drawings of Python, where nothing comes
const HELLOS = 8; // at two a second: as long as Python waits for one before it goes on without the widget
const LOST_MILLISECONDS = 10000;
const ENDINGS = { done: "Done", stopped: "Stopped", error: "Failed" };

// What has arrived for one model, whether anybody looks or not; views draw it.
class Store {
  constructor(model) {
    this.model = model;
    this.views = new Set();
    this.edition = 0;
    this.heardAt = Date.now();
    this.askedAt = 0;
    this.take(model.get("snapshot"));
    model.on("msg:custom", (message) => this.hear(message));
    this.watchdog = setInterval(() => this.watch(), SILENCE_MILLISECONDS / 4);
    this.began = this.seen;
    this.hellos = 0;
    this.greet();
  }

  // The first messages of a page may lie where a busy kernel does not look, so this one is sent until it was heard.
  greet() {
    this.hellos += 1;
    this.ask("hello", { n: this.began });
  }

  // Python draws at least once a second. After a longer silence a message was lost, and after a long one the kernel.
  watch() {
    if (!this.isGreeted && this.hellos < HELLOS && this.isRunning()) this.greet();
    const silence = Date.now() - this.heardAt;
    if (!this.isRunning() || silence < SILENCE_MILLISECONDS) return;
    this.ask("resync");
    this.isLost = silence > LOST_MILLISECONDS;
    this.draw();
  }

  draw() {
    for (const view of this.views) view.draw();
  }

  isRunning() {
    return this.columns.some((column) => !OVER.includes(column.s));
  }

  ask(what, rest = {}) {
    const now = Date.now();
    if (what === "resync" && now - this.askedAt < SILENCE_MILLISECONDS / 4) return;
    if (what === "resync") this.askedAt = now;
    this.model.send({ t: what, n: this.seen, ...rest });
  }

  take(snapshot) {
    this.seen = snapshot.n;
    this.isBlocking = snapshot.b;
    this.edition += 1;
    this.columns = snapshot.c.map((column) => ({ ...column, p: [column.p] }));
  }

  hear(message) {
    this.heardAt = Date.now();
    this.isLost = false;
    if (message.t === "ack") this.isAcknowledged = true;
    else if (message.t === "snap" && message.n >= this.seen) this.take(message);
    else if (message.t === "d" && message.n === this.seen + 1) this.apply(message);
    else if (message.t === "d" && message.n > this.seen) this.ask("resync");
    if (this.views.size) this.say();
    this.draw();
  }

  // Screen readers hear of the beginning and the end only, never of each fragment.
  say() {
    const over = this.columns.filter((column) => OVER.includes(column.s));
    let words = "Generating";
    if (this.columns.length > 1) words = `${over.length} of ${this.columns.length} replies are there`;
    else if (over.length) words = ENDINGS[over[0].s];
    if (words !== this.said) announce((this.said = words));
  }

  apply(message) {
    this.seen = message.n;
    this.isBlocking = message.b;
    this.isGreeted = message.h;
    for (const [place, change] of message.c) grow(this.columns[place], change);
  }

  close() {
    this.isClosed = true;
    clearInterval(this.watchdog);
  }

  // Python is told. Where it cannot listen, because the cell that waits for this very reply blocks it, the kernel is
  // interrupted instead, as its own Stop button does. Never when Python has fallen silent: the cell may be another one.
  stop(place) {
    this.isAcknowledged = false;
    this.ask("stop", { i: place });
    setTimeout(() => {
      if (this.isAcknowledged || this.isClosed || !this.isRunning()) return;
      const isHeard = Date.now() - this.heardAt < 2 * SILENCE_MILLISECONDS;
      if (this.isBlocking && isHeard) this.model.widget_manager?.kernel?.interrupt?.();
      else for (const view of this.views) view.tellBusy();
    }, ACK_MILLISECONDS);
  }
}

class View {
  constructor(store, el) {
    this.store = store;
    // Without the last attribute, Shift+Enter in here would run the cell again.
    this.root = make("div", "tr-root tr-live mathjax_ignore tex2jax_ignore", el, { "data-lm-suppress-shortcuts": "true" });
    this.row = make("div", "tr-columns", this.root);
    const bar = make("div", "tr-bar", this.root);
    this.button = stopButton(bar, "Stop", () => store.stop(null));
    this.busy = make("span", "tr-note", bar, { hidden: "" });
    this.edition = 0;
    this.columns = [];
    this.paint();
  }

  // Messages are read as they come, but painted only when the page is: a hidden tab paints nothing.
  draw() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.frame = 0;
    const { columns, edition } = this.store;
    if (this.columns.length !== columns.length) this.lay(columns);
    else if (this.edition !== edition) for (const column of this.columns) column.clear();
    this.edition = edition;
    columns.forEach((column, place) => this.columns[place].draw(column));
    const { isLost } = this.store;
    this.root.classList.toggle("tr-lost", Boolean(isLost));
    this.button.hidden = isLost || !this.store.isRunning();
    if (isLost) this.note("The kernel does not answer any more; this is what had arrived.");
    else if (!this.button.disabled) this.busy.hidden = true;
  }

  note(words) {
    this.busy.hidden = false;
    this.busy.textContent = words;
  }

  tellBusy() {
    this.note("The kernel is busy and hears it later; its own Stop button works now.");
  }

  lay(columns) {
    this.row.replaceChildren();
    this.root.classList.toggle("tr-many", columns.length > 1);
    this.button.textContent = columns.length > 1 ? "Stop all" : "Stop";
    this.columns = columns.map(
      ({ title }, place) => new ColumnView(this.row, title, columns.length > 1 && (() => this.store.stop(place))),
    );
  }

  close() {
    cancelAnimationFrame(this.frame);
  }
}

export default widgetOf(Store, View);
