// What a panel's views show: the state as Python last told it, whether anybody looks or not.
const WATCH_MILLISECONDS = 500;
// Python draws once a second while an answer grows. After a longer silence a message was lost, and after a long one it.
const SILENCE_MILLISECONDS = 2500;
const LOST_MILLISECONDS = 10000;
// What is pressed is heard at once, unless a cell runs in a kernel that hears only one thing at a time.
const PATIENCE_MILLISECONDS = 1500;
const WAITING = "The kernel has not heard this yet: it is busy with a cell. It will, unless it was ended.";
const LOST = "The kernel does not answer any more; this is what had arrived.";
const ENDED = "The kernel was restarted or has ended; this is what had arrived. Run the cells again to go on.";

class Store {
  constructor(model) {
    this.model = model;
    this.views = new Set();
    this.unheard = new Map();
    this.asked = 0;
    // Tells this page's ids from those of another that shows the same panel.
    this.page = Math.random().toString(36).slice(2);
    this.remark = "";
    this.heardAt = this.lookedAt = Date.now();
    this.take(model.get("snapshot"));
    model.on("msg:custom", (message) => this.hear(message));
    // JupyterLab's word for a kernel that was restarted or has ended: nothing will be heard of this model again.
    model.on("comm_live_update", () => this.lose());
    this.watchdog = setInterval(() => this.watch(), WATCH_MILLISECONDS);
    this.ask("resync");
  }

  // Returns the question's own id, with which Python answers it.
  ask(what, rest = {}, buffers = []) {
    const id = `${this.page}-${(this.asked += 1)}`;
    if (this.isLost) return this.lose() ?? id;
    if (what === "stop") this.isStopped = true;
    if (what !== "look" && what !== "resync") this.unheard.set(this.asked, { id, at: Date.now() });
    this.model.send({ t: what, a: id, n: this.seen, ...rest }, undefined, buffers);
    return id;
  }

  watch() {
    const now = Date.now();
    const silence = now - this.heardAt;
    if (this.isLost) return;
    if (this.state.busy && silence > SILENCE_MILLISECONDS && now - this.lookedAt > SILENCE_MILLISECONDS) {
      this.lookedAt = now;
      this.ask("resync");
    }
    const [first] = this.unheard.values();
    const isWaiting = first && now - first.at > PATIENCE_MILLISECONDS;
    this.say(this.state.busy && silence > LOST_MILLISECONDS ? LOST : isWaiting ? WAITING : "");
  }

  say(remark) {
    if (remark === this.remark) return;
    this.remark = remark;
    if (remark) announce(remark);
    this.draw();
  }

  lose() {
    this.isLost = true;
    this.unheard.clear();
    this.say(ENDED);
    for (const view of this.views) view.giveBack();
    this.draw();
  }

  draw() {
    for (const view of this.views) view.draw();
  }

  take(snapshot) {
    this.seen = snapshot.n;
    Object.assign(this, { first: snapshot.first, turns: snapshot.turns, models: snapshot.models });
    this.setLive(snapshot.live);
    this.setState(snapshot.state);
  }

  setLive(live) {
    this.live = live && { ...live, column: { ...live.column, p: [live.column.p] } };
    this.liveEdition = (this.liveEdition ?? 0) + 1;
  }

  hear(message) {
    this.heardAt = Date.now();
    this.note(message.a);
    if (message.snap) this.take({ ...message.snap, n: message.n });
    else if (message.n === this.seen + 1) this.apply(message);
    else if (message.n > this.seen) this.ask("resync");
    if (this.remark) this.watch();
    if (!this.state.busy) for (const view of this.views) view.letGo();
    this.draw();
  }

  // Python hears one after the other: with the answer to one, all before it were heard.
  note(id = "") {
    const [page, number] = id.split("-");
    if (page === this.page) for (const asked of this.unheard.keys()) if (asked <= number) this.unheard.delete(asked);
  }

  isUnheard(id) {
    return [...this.unheard.values()].some((asked) => asked.id === id);
  }

  apply(message) {
    this.seen = message.n;
    if (message.turns) {
      this.first = message.first;
      this.turns = [...this.turns.slice(0, message.from), ...message.turns];
    }
    if (message.models) this.models = message.models;
    if ("live" in message) this.setLive(message.live);
    if (message.change && this.live) grow(this.live.column, message.change);
    if (message.state) this.setState(message.state);
  }

  setState(state) {
    const before = this.state;
    this.state = state;
    if (before && before.busy !== state.busy) announce(state.busy ? "Generating" : this.spellEnd());
    if (state.busy !== before?.busy) this.isStopped = false;
    if (before?.returned !== state.returned) for (const view of this.views) view.giveBack(state.returned);
  }

  spellEnd() {
    if (this.state.alert) return "Failed";
    return this.isStopped ? "Stopped" : "Done";
  }

  close() {
    clearInterval(this.watchdog);
    this.views.clear();
  }
}
