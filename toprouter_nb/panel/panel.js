// The chat panel. Python keeps the conversation and makes all HTML; here it is put in its place, and typed into.
const stores = new Map();

class PanelView {
  constructor(store, key, el) {
    this.store = store;
    // Without the last attribute, Shift+Enter in here would run the cell again.
    const guard = { "data-lm-suppress-shortcuts": "true", role: "group", "aria-label": "Chat" };
    this.root = make("div", "tr-root tr-live tr-panel mathjax_ignore tex2jax_ignore", el, guard);
    make("style", "", this.root).textContent = `.tr-twin-${key} { display: none; }`;
    this.log = make("div", "tr-scroll", this.root, { role: "log", "aria-live": "off", "aria-label": "Conversation", tabindex: "0" });
    this.more = button(this.log, "Earlier turns", "Show earlier turns", () => store.ask("earlier"), "tr-tool");
    this.entries = make("div", "", this.log);
    this.pending = make("div", "", this.log);
    this.empty = make("p", "tr-note", this.log);
    this.empty.textContent = "Nothing was said yet. Type below; Enter sends.";
    this.chips = make("div", "tr-chips", this.root);
    this.alert = make("div", "tr-alert", this.root, { role: "alert", dir: "auto", hidden: "" });
    this.write();
    this.foot();
    this.drawn = new Map();
    this.root.addEventListener("focusin", () => store.state.busy || store.ask("look"));
    this.isAtEnd = true;
    this.draw();
  }

  write() {
    const box = make("div", "tr-write", this.root);
    this.pictures = new Pictures(box, () => {});
    this.area = make("textarea", "", box, { rows: 2, "aria-label": "Your question", placeholder: "Ask something. Enter sends, Shift+Enter begins a new line." });
    onEnter(this.area, () => this.send());
    this.area.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.store.state.busy) this.store.ask("stop");
    });
    this.area.addEventListener("input", () => this.fit());
    this.area.addEventListener("paste", (event) => this.takeFiles(event, event.clipboardData));
    box.addEventListener("dragover", (event) => event.preventDefault());
    box.addEventListener("drop", (event) => this.takeFiles(event, event.dataTransfer));
    const row = make("div", "tr-row", box);
    const file = make("input", "", row, { type: "file", accept: "image/*", multiple: "", hidden: "" });
    file.addEventListener("change", () => this.pictures.add([...file.files], (words) => this.complain(words)).then(() => (file.value = "")));
    button(row, "Add image", "Add images; they can be pasted or dropped, too", () => file.click());
    this.undo = button(row, "Undo", "Take the last question back; it stays as a branch", () => this.store.ask("undo"));
    this.retry = button(row, "Retry", "Ask the last question again, of the model chosen below", () => this.store.ask("retry"));
    make("span", "tr-space", row);
    this.stop = button(row, "Stop", "Stop the answer (Escape)", () => this.store.ask("stop"), "tr-button tr-halt");
    this.go = button(row, "Send", "Send (Enter)", () => this.send(), "tr-button tr-send");
  }

  foot() {
    const row = make("div", "tr-row tr-below", this.root);
    this.choices = new Choices(row, this.store);
    this.facts = make("span", "tr-foot", row);
    this.meter = make("meter", "", row, { min: 0, low: 0.8, high: 0.95, optimum: 0, hidden: "", "aria-label": "Budget used" });
  }

  takeFiles(event, from) {
    const files = [...(from?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.pictures.add(files, (words) => this.complain(words));
  }

  complain(words) {
    this.alert.hidden = !words;
    this.alert.textContent = words;
  }

  send() {
    if (this.store.state.busy) return this.complain("An answer is under way. Stop it first, or wait for it.");
    const text = this.area.value;
    if (!text.trim() && !this.pictures.list.length) return;
    this.sent = { text, pictures: this.pictures.take() };
    this.area.value = "";
    this.fit();
    this.isAtEnd = true;
    this.store.ask("send", { text }, this.sent.pictures.map((picture) => picture.data.buffer));
  }

  // What could not be asked comes back, unless something else was typed meanwhile.
  giveBack() {
    if (!this.sent || this.area.value || this.pictures.list.length) return;
    this.area.value = this.sent.text;
    this.pictures.list = this.sent.pictures;
    this.pictures.draw();
    this.sent = null;
    this.fit();
  }

  fit() {
    this.area.style.height = "auto";
    this.area.style.height = `${Math.min(this.area.scrollHeight + 2, 240)}px`;
  }

  draw() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.frame = 0;
    const { log } = this;
    const isAtEnd = this.isAtEnd || log.scrollTop + log.clientHeight >= log.scrollHeight - 24;
    const before = log.scrollHeight;
    const reachedBack = this.first !== undefined && this.store.first < this.first;
    this.first = this.store.first;
    this.paintTurns();
    this.paintLive();
    this.paintState();
    if (reachedBack) log.scrollTop += log.scrollHeight - before;
    else if (isAtEnd) log.scrollTop = log.scrollHeight;
    this.isAtEnd = false;
  }

  paintTurns() {
    const { turns, first } = this.store;
    this.more.hidden = first === 0;
    const kept = new Map();
    for (const turn of turns) kept.set(turn.key, this.drawn.get(turn.key) ?? new TurnView(turn, this));
    const wanted = [...kept.values()].map((view) => view.element);
    const isSame = wanted.length === this.entries.children.length && wanted.every((el, place) => el === this.entries.children[place]);
    if (!isSame) this.entries.replaceChildren(...wanted);
    this.drawn = kept;
  }

  paintLive() {
    const { live, liveEdition } = this.store;
    if (this.liveEdition !== liveEdition) {
      this.liveEdition = liveEdition;
      this.pending.replaceChildren();
      this.column = undefined;
      if (live) {
        make("div", "", this.pending).innerHTML = live.said;
        const turn = make("div", "tr-turn tr-assistant", this.pending);
        make("div", "tr-role", turn).textContent = "assistant";
        this.column = new ColumnView(turn, "", undefined);
      }
    }
    if (live) this.column.draw(live.column);
  }

  paintState() {
    const { state, models, turns, live } = this.store;
    this.root.setAttribute("aria-busy", state.busy);
    this.stop.hidden = !state.busy;
    this.go.hidden = state.busy;
    this.retry.disabled = this.undo.disabled = state.busy || !turns.some((turn) => turn.role === "user");
    this.empty.hidden = Boolean(live || turns.some((turn) => turn.role !== "system"));
    if (this.state !== state) this.complain(state.alert);
    this.choices.draw(state, models);
    this.paintFacts(state);
    if (this.prompts !== state.prompts) this.paintChips((this.prompts = state.prompts));
    this.state = state;
  }

  paintFacts({ facts, meter }) {
    this.facts.replaceChildren(...facts.slice(1).map((fact) => Object.assign(document.createElement("span"), { textContent: fact })));
    this.meter.hidden = !meter;
    if (!meter) return;
    const [used, limit] = meter;
    this.meter.value = limit ? used / limit : 1;
    this.meter.title = `$${used.toPrecision(2)} of $${limit} used`;
  }

  paintChips(prompts) {
    this.chips.replaceChildren();
    for (const prompt of prompts) {
      button(this.chips, prompt, `Use: ${prompt}`, () => {
        this.area.value = prompt;
        this.fit();
        this.area.focus();
      });
    }
  }
}

export default {
  initialize({ model }) {
    const key = model.get("key");
    stores.set(key, new Store(model));
    return () => stores.delete(key);
  },
  render({ model, el }) {
    const store = stores.get(model.get("key"));
    const view = new PanelView(store, model.get("key"), el);
    store.views.add(view);
    return () => {
      cancelAnimationFrame(view.frame);
      store.views.delete(view);
    };
  },
};
