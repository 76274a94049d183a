// Images on their way into a question: read, made smaller, shown, and left out again.
const LARGE_BYTES = 2_000_000;
const LARGE_PIXELS = 2048;
const MOST_PIXELS = 100_000_000;

// Pictures are made smaller here, because a server drops what is larger than 10 MB without a word.
async function shrink(file) {
  const bitmap = await createImageBitmap(file);
  const factor = Math.min(1, LARGE_PIXELS / Math.max(bitmap.width, bitmap.height));
  if (bitmap.width * bitmap.height > MOST_PIXELS) throw new Error("too large");
  if (file.size <= LARGE_BYTES && factor === 1) return new Uint8Array(await file.arrayBuffer());
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * factor));
  canvas.height = Math.max(1, Math.round(bitmap.height * factor));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  for (const [type, quality] of [[file.type, 0.9], ["image/jpeg", 0.85], ["image/jpeg", 0.6]]) {
    const blob = await new Promise((done) => canvas.toBlob(done, type, quality));
    if (blob && blob.size <= LARGE_BYTES) return new Uint8Array(await blob.arrayBuffer());
  }
  throw new Error("too large");
}

class Pictures {
  constructor(parent, changed) {
    this.row = make("div", "tr-pictures", parent, { "aria-label": "Images to send" });
    this.changed = changed;
    this.list = [];
  }

  async add(files, complain) {
    for (const file of files) {
      try {
        const data = await shrink(file);
        this.list.push({ name: file.name || "pasted image", data, address: URL.createObjectURL(file) });
      } catch {
        const words = file.size > 50 * LARGE_BYTES ? "is too large" : "is no picture that can be read: PNG, JPEG, WebP or GIF";
        complain(`${file.name || "What was pasted"} ${words}.`);
      }
    }
    this.draw();
  }

  draw() {
    this.row.replaceChildren();
    for (const picture of this.list) {
      const shown = make("figure", "tr-thumb", this.row);
      make("img", "", shown, { src: picture.address, alt: picture.name });
      const kilobytes = Math.max(1, Math.round(picture.data.length / 1000));
      make("figcaption", "", shown).textContent = `${picture.name}, ${kilobytes.toLocaleString()} kB`;
      button(shown, "×", `Leave out ${picture.name}`, () => this.remove(picture), "tr-remove");
    }
    this.changed();
  }

  remove(picture) {
    this.list = this.list.filter((other) => other !== picture);
    this.draw();
  }

  take() {
    const taken = this.list;
    this.list = [];
    this.draw();
    return taken;
  }
}
