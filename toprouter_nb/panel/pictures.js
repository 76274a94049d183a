// Images on their way into a question: read, made smaller, shown, and left out again.
// Above these a picture is made smaller: models shrink it themselves, and it must fit through the server.
const LARGE_BYTES = 2_000_000;
const LARGE_PIXELS = 2048;
// A bitmap of these takes 400 MB in the browser.
const MOST_PIXELS = 100_000_000;
const MOST_FILE_BYTES = 50 * LARGE_BYTES;
// A server drops what is larger than 10 MiB without a word.
const MOST_MESSAGE_BYTES = 9_000_000;
const KEPT_TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"];
const TOO_LARGE = "is too large";
const UNREADABLE = "is no picture that can be read: PNG, JPEG, WebP or GIF";

// Office programs copy a picture of the text along with it, and the text is what is meant. A file has no HTML, and a
// picture of a page no plain text.
function isWritten(data) {
  return ["text/plain", "text/html"].every((type) => data?.getData(type));
}

async function shrink(file) {
  if (file.size > MOST_FILE_BYTES) throw new Error(TOO_LARGE);
  const bitmap = await createImageBitmap(file);
  try {
    if (bitmap.width * bitmap.height > MOST_PIXELS) throw new Error(TOO_LARGE);
    const factor = Math.min(1, LARGE_PIXELS / Math.max(bitmap.width, bitmap.height));
    const isKept = KEPT_TYPES.includes(file.type);
    if (isKept && file.size <= LARGE_BYTES && factor === 1) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * factor));
    canvas.height = Math.max(1, Math.round(bitmap.height * factor));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    for (const [type, quality] of [[isKept ? file.type : "image/png", 0.9], ["image/jpeg", 0.85], ["image/jpeg", 0.6]]) {
      const blob = await new Promise((done) => canvas.toBlob(done, type, quality));
      if (blob && blob.size <= LARGE_BYTES) return blob;
    }
    throw new Error(TOO_LARGE);
  } finally {
    bitmap.close();
  }
}

class Pictures {
  // `leave` gives focus to something else, when the last picture is gone.
  constructor(parent, leave) {
    this.leave = leave;
    this.row = make("div", "tr-pictures", parent, { role: "group", "aria-label": "Images to send" });
    this.list = [];
    this.reading = 0;
  }

  async add(files, complain) {
    this.reading += 1;
    const refused = [];
    for (const file of files) {
      const name = file.name || "What was pasted";
      try {
        const blob = await shrink(file);
        this.list.push({ name, data: await blob.arrayBuffer(), address: URL.createObjectURL(blob) });
      } catch (error) {
        refused.push(`${name} ${error.message === TOO_LARGE ? TOO_LARGE : UNREADABLE}.`);
      }
    }
    this.reading -= 1;
    this.draw();
    if (refused.length) complain(refused.join("\n"));
  }

  draw() {
    this.row.replaceChildren();
    for (const picture of this.list) {
      const shown = make("figure", "tr-thumb", this.row);
      make("img", "", shown, { src: picture.address, alt: picture.name });
      const kilobytes = Math.max(1, Math.round(picture.data.byteLength / 1000));
      const caption = make("figcaption", "", shown);
      make("div", "tr-name", caption).textContent = picture.name;
      make("div", "", caption).textContent = `${kilobytes.toLocaleString()} kB`;
      button(shown, "×", "", () => this.remove(picture), "tr-remove").setAttribute("aria-label", `Leave out ${picture.name}`);
    }
  }

  remove(picture) {
    const place = this.list.indexOf(picture);
    this.put(this.list.filter((other) => other !== picture));
    this.release([picture]);
    const crosses = this.row.querySelectorAll("button");
    if (crosses.length) crosses[Math.min(place, crosses.length - 1)].focus();
    else this.leave();
  }

  put(list) {
    this.list = list;
    this.draw();
  }

  release(pictures) {
    for (const picture of pictures) URL.revokeObjectURL(picture.address);
  }

  get bytes() {
    return this.list.reduce((sum, picture) => sum + picture.data.byteLength, 0);
  }
}
