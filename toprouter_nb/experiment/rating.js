// The blind rating. Python draws the pairs, keeps the votes and makes all HTML; here it is shown, and keys are heard.
const KEYS = { 1: "first", ArrowLeft: "first", 2: "second", ArrowRight: "second", 0: "tie", t: "tie", s: "skip", u: "undo" };
const SAID = { first: "Answer 1", second: "Answer 2", tie: "A tie", skip: "Skipped", undo: "Taken back" };
// Nobody has read a pair so soon: the key was meant for the one before.
const SETTLE_MILLISECONDS = 300;
const PATIENCE_MILLISECONDS = 1500;
const WAITING = "The kernel has not heard this yet: it is busy with a cell. It will, unless it was ended.";
const LOST = "The kernel does not answer any more. Every vote is kept: run the cell again to go on.";

// The state as Python last told it; each message is the whole of it.
class Store {
  constructor(model) {
    this.model = model;
    this.views = new Set();
    this.asked = 0;
    this.page = Math.random().toString(36).slice(2);
    this.remark = "";
    this.take(model.get("snapshot"));
    model.on("msg:custom", (message) => this.hear(message));
    // JupyterLab's word for a kernel that was restarted or has ended: nothing will be heard of this model again.
    model.on("comm_live_update", () => this.lose());
    this.send("look");
  }

  // What is pressed while an earlier key is not heard yet is dropped: it would be a vote on a pair nobody saw. After a
  // while it may be pressed again; Python takes each vote, and each undo, once.
  ask(what, rest = {}, said = "") {
    if (this.isLost || (this.waiting && Date.now() - this.askedAt < PATIENCE_MILLISECONDS)) return;
    this.said = said;
    this.askedAt = Date.now();
    this.waiting = this.send(what, rest);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(WAITING), PATIENCE_MILLISECONDS);
  }

  send(what, rest = {}) {
    const id = `${this.page}-${(this.asked += 1)}`;
    this.model.send({ t: what, a: id, ...rest });
    return id;
  }

  vote(side) {
    const { pair, done } = this.state;
    if (side === "undo") return done && this.ask("undo", { done }, SAID.undo);
    if (pair && Date.now() - this.shownAt > SETTLE_MILLISECONDS) this.ask("vote", { pair, side }, SAID[side]);
  }

  hear(message) {
    if (message.a === this.waiting) this.settle();
    if (message.n > this.state.n) this.take(message);
    this.draw();
  }

  settle() {
    clearTimeout(this.timer);
    this.waiting = undefined;
    this.tell("");
  }

  take(state) {
    if (state.pair !== this.state?.pair) this.shownAt = Date.now();
    const isNews = this.state && (state.done !== this.state.done || Boolean(state.result) !== Boolean(this.state.result));
    this.state = state;
    if (!isNews) return;
    const words = [this.said, `${state.done} of ${state.total}`, state.result && "The result is shown"];
    announce(words.filter(Boolean).join(". "));
  }

  tell(remark) {
    if (remark === this.remark) return;
    this.remark = remark;
    if (remark) announce(remark);
    this.draw();
  }

  lose() {
    this.settle();
    this.isLost = true;
    this.tell(LOST);
  }

  draw() {
    for (const view of this.views) view.paint();
  }

  close() {
    clearTimeout(this.timer);
    this.views.clear();
  }
}

class RatingView {
  constructor(store, el, key) {
    this.store = store;
    // Without the first attribute the notebook would take our keys for its commands.
    const guard = { "data-lm-suppress-shortcuts": "true", role: "group", "aria-label": "Blind rating", tabindex: "0" };
    this.root = make("div", "tr-root tr-live tr-panel tr-rating mathjax_ignore tex2jax_ignore", el, guard);
    make("style", "", this.root).textContent = `.tr-twin-${key} { display: none; }`;
    this.head();
    this.pair = make("div", "tr-ask", this.root);
    this.prompt = make("section", "tr-turn tr-user", this.pair, { "aria-label": "Prompt" });
    const row = make("div", "tr-pair", this.pair);
    this.answers = [1, 2].map((number) => this.answer(row, number));
    this.buttons();
    this.alert = make("div", "tr-alert", this.root, { role: "alert", dir: "auto", hidden: "" });
    this.remark = make("p", "tr-note tr-waits", this.root, { hidden: "" });
    this.root.addEventListener("keydown", (event) => this.press(event));
    this.paint();
  }

  head() {
    const head = make("div", "tr-row tr-rate-head", this.root);
    this.question = make("strong", "", head);
    make("span", "tr-space", head);
    this.bar = make("progress", "", head, { "aria-label": "Pairs rated", value: 0 });
    this.count = make("span", "tr-note", head);
  }

  answer(row, number) {
    const section = make("section", "tr-side", row, { "aria-label": `Answer ${number}` });
    make("div", "tr-role", section, { "aria-hidden": "true" }).textContent = `Answer ${number}`;
    return make("div", "tr-answer", section, { tabindex: "0", role: "group", "aria-label": `Text of answer ${number}` });
  }

  buttons() {
    const row = (this.row = make("div", "tr-row tr-votes", this.root));
    this.key(row, "first", "Answer 1 is better", "1, or left arrow", "1 ArrowLeft");
    this.key(row, "tie", "Tie", "Both are as good: 0, or T", "0 T");
    this.key(row, "second", "Answer 2 is better", "2, or right arrow", "2 ArrowRight");
    make("span", "tr-space", row);
    this.key(row, "skip", "Skip", "It cannot be said; it is not asked again", "S", "tr-tool");
    this.result = make("div", "tr-result", this.root, { "aria-label": "Result", role: "region" });
    const below = make("div", "tr-row tr-rate-foot", this.root);
    this.undo = this.key(below, "undo", "Undo", "Take the last vote back", "U", "tr-tool");
    const toggle = () => this.store.ask(this.store.state.result ? "go" : "end");
    this.toggle = button(below, "", "Names are shown with it", toggle, "tr-tool");
    this.hint = make("span", "tr-note", below);
    this.hint.textContent = "Click here, then use the keys. Each vote is kept at once.";
  }

  key(row, side, words, hint, keys, className = "tr-button") {
    const made = button(row, words, hint, () => this.store.vote(side), `${className} tr-key tr-${side}`);
    made.setAttribute("aria-keyshortcuts", keys);
    make("kbd", "", made, { "aria-hidden": "true" }).textContent = keys[0];
    return made;
  }

  // Arrows scroll what is too wide for its place, and other keys with Ctrl, Alt or Meta are the browser's.
  press(event) {
    const side = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const isWide = event.target !== this.root && event.target.scrollWidth > event.target.clientWidth + 1;
    if (!side || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key.startsWith("Arrow") && isWide) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) this.store.vote(side);
  }

  paint() {
    const { state, remark, isLost } = this.store;
    const isOver = Boolean(state.result);
    const hadFocus = this.root.contains(this.root.getRootNode().activeElement);
    this.question.textContent = isOver ? "The result" : state.question;
    this.bar.max = Math.max(state.total, 1);
    this.bar.value = state.total ? state.done : 1;
    const who = state.rater ? ` · ${state.rater}` : "";
    this.count.textContent = `${state.done} of ${state.total}${who}`;
    this.pair.hidden = this.row.hidden = !state.pair;
    this.hint.hidden = !state.pair;
    this.undo.hidden = !state.done;
    this.toggle.hidden = isOver ? state.done >= state.total : !state.done;
    this.toggle.textContent = isOver ? "Go on rating" : "Show the result";
    this.alert.hidden = !state.alert;
    this.alert.textContent = state.alert;
    this.remark.hidden = !remark;
    this.remark.textContent = remark;
    this.root.classList.toggle("tr-lost", Boolean(isLost));
    this.show(state);
    // Focus that is lost goes to the page, where the next letter is a command to the notebook.
    const focused = this.root.getRootNode().activeElement;
    if (hadFocus && (!this.root.contains(focused) || !focused.getClientRects().length)) this.root.focus({ preventScroll: true });
  }

  show({ pair, prompt, answers, result }) {
    if (pair && pair !== this.shown) {
      this.prompt.innerHTML = prompt;
      this.prompt.hidden = !prompt;
      this.answers.forEach((answer, place) => {
        answer.innerHTML = answers[place];
        answer.scrollTop = 0;
      });
    }
    this.shown = pair;
    this.result.hidden = !result;
    if (result !== this.drawn) this.result.innerHTML = this.drawn = result;
  }
}

export default widgetOf(Store, RatingView);
