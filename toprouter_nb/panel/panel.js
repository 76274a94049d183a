// The chat panel. Python keeps the conversation and makes all HTML; here it is put in its place, and typed into.

class PanelView {
  constructor(store, el, key) {
    this.store = store;
    // Without the last attribute, Shift+Enter in here would run the cell again.
    const guard = { "data-lm-suppress-shortcuts": "true", role: "group", "aria-label": "Chat" };
    this.root = make("div", "tr-root tr-live tr-panel mathjax_ignore tex2jax_ignore", el, guard);
    make("style", "", this.root).textContent = `.tr-twin-${key} { display: none; }`;
    this.log = make("div", "tr-scroll", this.root, { role: "log", "aria-live": "off", "aria-label": "Conversation", tabindex: "0" });
    this.more = button(this.log, "Show earlier turns", "", () => store.ask("earlier"), "tr-tool");
    const grows = make("div", "", this.log);
    this.entries = make("div", "", grows);
    this.pending = make("div", "", grows);
    this.empty = make("p", "tr-note", this.log);
    this.empty.textContent = "Nothing was said yet. Type below; Enter sends.";
    this.chips = make("div", "tr-chips", this.root);
    this.alert = make("div", "tr-alert", this.root, { role: "alert", dir: "auto", hidden: "" });
    this.remark = make("p", "tr-note tr-waits", this.root, { hidden: "" });
    this.write();
    this.foot();
    this.drawn = new Map();
    this.root.addEventListener("focusin", (event) => this.root.contains(event.relatedTarget) || store.ask("look"));
    this.root.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
    this.root.addEventListener("drop", (event) => this.takeFiles(event, event.dataTransfer));
    this.isAtEnd = true;
    this.log.addEventListener("scroll", () => (this.isAtEnd = this.log.scrollTop + this.log.clientHeight >= this.log.scrollHeight - 24));
    // Pictures, and turns that were out of sight, get their height some time after they were put there.
    this.grown = new ResizeObserver(() => this.stayAtEnd());
    this.grown.observe(grows);
    this.draw();
  }

  stayAtEnd() {
    if (this.isAtEnd) this.log.scrollTop = this.log.scrollHeight;
  }

  write() {
    const box = make("div", "tr-write", this.root);
    this.pictures = new Pictures(box, () => this.area.focus());
    const placeholder = "Ask something. Enter sends, Shift+Enter begins a new line.";
    this.area = make("textarea", "", box, { rows: 2, "aria-label": "Your question", placeholder, dir: "auto" });
    onEnter(this.area, () => this.send());
    this.root.addEventListener("keydown", (event) => {
      if (isKey(event, "Escape") && this.store.state.busy) this.store.ask("stop");
    });
    this.area.addEventListener("input", () => this.fit());
    this.area.addEventListener("paste", (event) => isWritten(event.clipboardData) || this.takeFiles(event, event.clipboardData));
    const row = make("div", "tr-row", box);
    const file = make("input", "", row, { type: "file", accept: "image/*", multiple: "", hidden: "" });
    file.addEventListener("change", () => this.pictures.add([...file.files], (words) => this.complain(words)).then(() => (file.value = "")));
    button(row, "Add image", "They can be pasted or dropped, too", () => file.click());
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
    const { store, pictures } = this;
    const text = this.area.value;
    if (!text.trim() && !pictures.list.length) return;
    if (store.state.busy) return this.complain("An answer is under way. Stop it first, or wait for it.");
    if (this.sent) return; // Python has not heard the last one yet: what was typed since then stays where it is
    if (pictures.reading) return this.complain("An image is still being read. Send again in a moment.");
    const bytes = pictures.bytes + new Blob([text]).size;
    if (bytes > MOST_MESSAGE_BYTES) {
      const [large, most] = [bytes, MOST_MESSAGE_BYTES].map((size) => (size / 1e6).toFixed(1));
      return this.complain(`Text and images are ${large} MB together, and at most ${most} MB go at once. Leave some out.`);
    }
    this.sent = { text, pictures: pictures.list };
    pictures.put([]);
    this.area.value = "";
    this.fit();
    this.isAtEnd = true;
    this.complain("");
    this.sent.id = store.ask("send", { text }, this.sent.pictures.map((picture) => picture.data));
    if (store.isLost) this.giveBack();
  }

  // What could not be asked comes back, before what was typed meanwhile. Without an id: whatever was not heard.
  giveBack(id) {
    const { sent } = this;
    if (!sent || (id !== undefined && id !== sent.id)) return;
    this.sent = null;
    this.area.value = [sent.text, this.area.value].filter(Boolean).join("\n");
    this.pictures.put([...sent.pictures, ...this.pictures.list]);
    this.fit();
  }

  // The question was heard, and no answer is under way: it needs no keeping any more.
  letGo() {
    if (!this.sent || this.store.isUnheard(this.sent.id)) return;
    this.pictures.release(this.sent.pictures);
    this.sent = null;
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
    const focused = this.focused();
    const before = log.scrollHeight;
    const reachedBack = this.first !== undefined && this.store.first < this.first;
    this.first = this.store.first;
    this.paintTurns();
    this.paintLive();
    this.paintState();
    if (reachedBack) {
      this.isAtEnd = false;
      log.scrollTop += log.scrollHeight - before;
    }
    this.stayAtEnd();
    this.refocus(focused);
  }

  focused() {
    const { activeElement } = this.root.getRootNode();
    return activeElement !== this.root && this.root.contains(activeElement) ? activeElement : null;
  }

  // Focus that is lost goes to the page, where the next letter is a command to the notebook. It stays with what stands
  // in the place of what had it, else with the question.
  refocus(before) {
    if (!before || (before.isConnected && !before.disabled && before.getClientRects().length)) return;
    const [label, turn] = [before.getAttribute("aria-label"), before.closest(".tr-entry")?.dataset.turn];
    const tools = [...this.entries.querySelectorAll(`[data-turn="${turn}"] button:not(:disabled)`)];
    (tools.find((tool) => tool.getAttribute("aria-label") === label) ?? this.area).focus({ preventScroll: true });
  }

  paintTurns() {
    const { turns, first, live } = this.store;
    this.more.hidden = first === 0;
    const kept = new Map();
    for (const turn of turns) kept.set(turn.key, this.drawn.get(turn.key) ?? new TurnView(turn, this));
    const wanted = [...kept.values()];
    // What stands is left where it is, with its focus and its selection.
    wanted.forEach(({ element }, place) => {
      if (this.entries.children[place] !== element) this.entries.insertBefore(element, this.entries.children[place] ?? null);
    });
    while (this.entries.children.length > wanted.length) this.entries.lastChild.remove();
    // An answer that replaces turns grows where they stood.
    for (const view of wanted) view.element.hidden = Boolean(live && view.turn.i >= live.keep);
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
    const { state, models, turns, live, remark, isLost } = this.store;
    this.remark.hidden = !remark;
    this.remark.textContent = remark;
    this.root.classList.toggle("tr-lost", Boolean(isLost));
    this.retry.disabled = this.undo.disabled = state.busy || !turns.some((turn) => turn.role === "user");
    this.empty.hidden = Boolean(live || turns.some((turn) => turn.role !== "system"));
    if (this.state === state && this.models === models) return;
    this.root.setAttribute("aria-busy", state.busy);
    this.stop.hidden = !state.busy;
    this.go.hidden = state.busy;
    // What was said of the answer under way is no longer true when it is over.
    if (this.state?.alert !== state.alert || this.state.busy !== state.busy) this.complain(state.alert);
    this.choices.draw(state, models);
    this.paintFacts(state);
    if (this.state?.prompts.join("\n") !== state.prompts.join("\n")) this.paintChips(state.prompts);
    this.state = state;
    this.models = models;
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
      button(this.chips, prompt, "Put it below, to be sent", () => {
        this.area.value = prompt;
        this.fit();
        this.area.focus();
      });
    }
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.grown.disconnect();
    this.pictures.release([...this.pictures.list, ...(this.sent?.pictures ?? [])]);
  }
}

export default widgetOf(Store, PanelView);
