// What a panel's views show: the state as Python last told it, whether anybody looks or not.
class Store {
  constructor(model) {
    this.model = model;
    this.views = new Set();
    this.take(model.get("snapshot"));
    model.on("msg:custom", (message) => this.hear(message));
    this.ask("resync");
  }

  ask(what, rest = {}, buffers = []) {
    this.model.send({ t: what, ...rest }, undefined, buffers);
  }

  take(snapshot) {
    this.seen = snapshot.n;
    Object.assign(this, { first: snapshot.first, turns: snapshot.turns, state: snapshot.state, models: snapshot.models });
    this.setLive(snapshot.live);
    this.edition = (this.edition ?? 0) + 1;
  }

  setLive(live) {
    this.live = live && { ...live, column: { ...live.column, p: [live.column.p] } };
    this.liveEdition = (this.liveEdition ?? 0) + 1;
  }

  hear(message) {
    if (message.snap) this.take({ ...message.snap, n: message.n });
    else if (message.n !== this.seen + 1) return message.n > this.seen && this.ask("resync");
    else this.apply(message);
    for (const view of this.views) view.draw();
  }

  apply(message) {
    this.seen = message.n;
    if (message.turns) {
      this.first = message.first;
      this.turns = [...this.turns.slice(0, message.from), ...message.turns];
    }
    if (message.state) this.setState(message.state);
    if (message.models) this.models = message.models;
    if ("live" in message) this.setLive(message.live);
    if (message.change && this.live) this.grow(this.live.column, message.change);
  }

  setState(state) {
    const wasBusy = this.state.busy;
    this.state = state;
    if (wasBusy !== state.busy) announce(state.busy ? "Generating" : state.alert ? "Failed" : "Done");
    if (state.returned) for (const view of this.views) view.giveBack();
  }

  grow(column, change) {
    if (change.p) column.p.push(change.p);
    if (change.t) column.t = column.t.slice(0, change.t[0]) + change.t[1];
    if (change.r) column.r += change.r;
    if (change.f !== undefined) column.f = change.f;
    if (change.s) column.s = change.s;
  }
}
