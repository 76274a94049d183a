// The pieces of a panel: buttons, a turn with its tools, and what can be chosen.
function button(parent, words, label, act, className = "tr-button") {
  const made = make("button", className, parent, { type: "button", "aria-label": label, title: label });
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}

class TurnView {
  constructor(turn, panel) {
    this.turn = turn;
    this.panel = panel;
    this.element = make("article", "tr-entry", null, { "aria-label": `${turn.role} turn` });
    this.body = make("div", "", this.element);
    this.body.innerHTML = turn.html;
    if (turn.role === "system") return;
    const row = make("div", "tr-tools", this.element);
    if (turn.of > 1) this.branches(row);
    button(row, "Copy", "Copy the text", (event) => this.copy(event.target), "tr-tool");
    if (turn.role === "user") button(row, "Edit", "Edit and ask again; this stays as a branch", () => this.edit(), "tr-tool");
  }

  branches(row) {
    const { at, of, i } = this.turn;
    const go = (to) => this.panel.store.ask("go", { i, to });
    button(row, "‹", "Earlier branch", () => go(at - 1), "tr-tool").disabled = at === 0;
    make("span", "tr-note", row).textContent = `${at + 1} / ${of}`;
    button(row, "›", "Later branch", () => go(at + 1), "tr-tool").disabled = at === of - 1;
  }

  async copy(pressed) {
    await navigator.clipboard.writeText(this.turn.text);
    pressed.textContent = "Copied";
    setTimeout(() => (pressed.textContent = "Copy"), 1500);
  }

  edit() {
    const box = make("div", "tr-editor", null);
    const area = make("textarea", "", box, { "aria-label": "Edit the question", rows: 3 });
    area.value = this.turn.text;
    const send = () => this.panel.store.ask("edit", { i: this.turn.i, text: area.value });
    onEnter(area, send);
    button(box, "Ask again", "Ask the edited question", send);
    button(box, "Cancel", "Leave it as it was", () => box.replaceWith(this.body));
    this.body.replaceWith(box);
    area.focus();
  }
}

function onEnter(area, act) {
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    // The notebook keeps Shift+Enter for itself, so that the new line is ours to make.
    if (!event.shiftKey) return act();
    area.setRangeText("\n", area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input"));
  });
}

class Choices {
  constructor(parent, store) {
    this.store = store;
    const id = `tr-models-${Math.random().toString(36).slice(2)}`;
    this.model = make("input", "tr-model", parent, { list: id, "aria-label": "Model", placeholder: "default model", spellcheck: "false" });
    this.list = make("datalist", "", parent, { id });
    this.model.addEventListener("change", () => store.ask("model", { model: this.model.value }));
    this.remark = make("span", "tr-note tr-remark", parent);
    this.fold = make("details", "tr-options", parent);
    make("summary", "tr-tool", this.fold).textContent = "Options";
    this.grid = make("div", "tr-fields", this.fold);
    this.fields = {};
    for (const [name, hint] of [["temperature", "0 to 2"], ["top_p", "0 to 1"], ["max_tokens", "1 or more"], ["seed", "a number"]]) {
      this.field(name, make("input", "", null, { placeholder: hint, inputmode: "decimal" }));
    }
    this.field("system", make("textarea", "", null, { rows: 2, placeholder: "How the model shall behave" }));
  }

  field(name, input) {
    const label = make("label", "", this.grid);
    make("span", "", label).textContent = name;
    label.append(input);
    this.fields[name] = input;
    input.addEventListener("change", () => {
      const params = Object.fromEntries(Object.entries(this.fields).map(([key, field]) => [key, field.value]));
      this.store.ask("params", { params });
    });
  }

  draw({ model, params }, models) {
    const active = this.model.getRootNode().activeElement;
    if (active !== this.model) this.model.value = model;
    for (const [name, field] of Object.entries(this.fields)) if (active !== field) field.value = params[name] ?? "";
    this.remark.textContent = models.find(([id]) => id === model)?.[1] ?? "";
    if (this.models === models) return;
    this.models = models;
    this.list.replaceChildren(...models.map(([id, words]) => new Option(words ? `${id} (${words})` : id, id)));
  }
}
