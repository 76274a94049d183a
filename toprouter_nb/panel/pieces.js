// The pieces of a panel: buttons, and a turn with its tools.
function button(parent, words, hint, act, className = "tr-button") {
  const made = make("button", className, parent, { type: "button", title: hint });
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}

// Where a page has no clipboard of its own, as over http from another machine, the old way is left.
async function copyText(text, near) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea", "", near, { style: UNSEEN, "aria-hidden": "true", tabindex: "-1" });
    area.value = text;
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
  }
}

class TurnView {
  constructor(turn, panel) {
    this.turn = turn;
    this.panel = panel;
    this.element = make("article", "tr-entry", null, { "aria-label": `${turn.role} turn`, "data-turn": turn.i });
    this.body = make("div", "", this.element);
    this.body.innerHTML = turn.html;
    if (turn.role === "system") return;
    const row = make("div", "tr-tools", this.element);
    if (turn.of > 1) this.branches(row);
    button(row, "Copy", "Copy the text", (event) => this.copy(event.currentTarget), "tr-tool");
    if (turn.role === "user") button(row, "Edit", "Edit and ask again; this stays as a branch", () => this.edit(), "tr-tool");
  }

  branches(row) {
    const { at, of, i } = this.turn;
    const go = (to) => this.panel.store.ask("go", { i, to });
    const arrow = (sign, name, to, isEnd) => {
      const made = button(row, sign, name, () => go(to), "tr-tool");
      made.setAttribute("aria-label", name);
      made.disabled = isEnd;
      return made;
    };
    arrow("‹", "Earlier branch", at - 1, at === 0);
    make("span", "tr-note", row, { role: "img", "aria-label": `Branch ${at + 1} of ${of}` }).textContent = `${at + 1} / ${of}`;
    arrow("›", "Later branch", at + 1, at === of - 1);
  }

  async copy(pressed) {
    const isCopied = await copyText(this.turn.text, this.element);
    pressed.focus({ preventScroll: true });
    pressed.textContent = isCopied ? "Copied" : "Not copied";
    announce(pressed.textContent);
    setTimeout(() => (pressed.textContent = "Copy"), 1500);
  }

  edit() {
    const box = make("div", "tr-editor", null);
    const area = make("textarea", "", box, { "aria-label": "Edit the question", rows: 3, dir: "auto" });
    area.value = this.turn.text;
    const send = () => this.panel.store.ask("edit", { i: this.turn.i, text: area.value });
    const leave = () => {
      box.replaceWith(this.body);
      this.panel.area.focus({ preventScroll: true });
    };
    onEnter(area, send);
    area.addEventListener("keydown", (event) => isKey(event, "Escape") && leave());
    button(box, "Ask again", "Ask the edited question (Enter)", send);
    button(box, "Cancel", "Leave it as it was (Escape)", leave);
    this.body.replaceWith(box);
    area.focus();
  }
}

// Code 229 is a key that an input method still holds, which Safari says in no other way.
function isKey(event, name) {
  return event.key === name && !event.isComposing && event.keyCode !== 229;
}

function onEnter(area, act) {
  area.addEventListener("keydown", (event) => {
    if (!isKey(event, "Enter")) return;
    event.preventDefault();
    event.stopPropagation();
    // The notebook keeps Shift+Enter for itself, so that the new line is ours to make.
    if (!event.shiftKey) return act();
    area.setRangeText("\n", area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input"));
  });
}
