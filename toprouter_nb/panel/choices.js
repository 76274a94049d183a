// What can be chosen in a panel: the model, and the options of a request.
const FIELDS = [["temperature", "0 to 2"], ["top_p", "0 to 1"], ["max_tokens", "1 or more"], ["seed", "a number"]];

class Choices {
  constructor(parent, store) {
    this.store = store;
    const id = `tr-models-${Math.random().toString(36).slice(2)}`;
    this.model = make("input", "tr-model", parent, { list: id, "aria-label": "Model", spellcheck: "false" });
    this.list = make("datalist", "", parent, { id });
    this.model.addEventListener("change", () => store.ask("model", { model: this.model.value }));
    this.remark = make("span", "tr-note tr-remark", parent);
    this.fold = make("details", "tr-options", parent);
    make("summary", "tr-tool", this.fold).textContent = "Options";
    this.grid = make("div", "tr-fields", this.fold);
    this.fields = {};
    for (const [name, hint] of FIELDS) this.field(name, make("input", "", null, { placeholder: hint, inputmode: "decimal" }));
    this.field("system", make("textarea", "", null, { rows: 2, dir: "auto", placeholder: "How the model shall behave" }));
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

  // Called when Python said something new only: what is half typed in a field is never taken away.
  draw({ model, default: fallback, params, alert }, models) {
    const { activeElement } = this.model.getRootNode();
    if (activeElement !== this.model) this.model.value = model;
    this.model.placeholder = fallback || "default model";
    for (const [name, field] of Object.entries(this.fields)) {
      if (activeElement !== field && !alert) field.value = params[name] ?? "";
    }
    this.remark.textContent = models.find(([id]) => id === (model || fallback))?.[1] ?? "";
    if (this.models === models) return;
    this.models = models;
    this.list.replaceChildren(...models.map(([id, words]) => new Option(words ? `${id} (${words})` : id, id)));
  }
}
