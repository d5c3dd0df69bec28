// Runs in the page before its own scripts: notes each move of the pointer over a latent plane, each
// look that the viewer asks for, its answer, and each new picture that is painted on the plane. It
// only reads; the viewer does not know of it.
(() => {
  const PLANE = ".gl-walk-plane";
  const notes = { moves: [], looks: [], answers: [], pictures: [], pixels: [] };
  window.genLabDrag = notes;
  const renewed = new Set(); // pictures that were made anew and not yet painted
  const { putImageData, drawImage, getImageData } = CanvasRenderingContext2D.prototype;

  CanvasRenderingContext2D.prototype.putImageData = function (...given) {
    renewed.add(this.canvas);
    return putImageData.apply(this, given);
  };

  CanvasRenderingContext2D.prototype.drawImage = function (source, ...given) {
    drawImage.call(this, source, ...given);
    if (!renewed.has(source) || !this.canvas.isConnected || !this.canvas.closest(PLANE)) return;
    renewed.delete(source);
    notes.pictures.push({ at: performance.now(), request: notes.answers.at(-1)?.request });
    const { data } = getImageData.call(source.getContext("2d"), 0, 0, source.width, source.height);
    notes.pixels = Array.from(data.filter((_, k) => k % 4 === 0)); // grey: red says it all
  };

  window.addEventListener("pointermove", (event) => {
    const over = event.composedPath().some((node) => node instanceof Element && node.matches(PLANE));
    if (over) notes.moves.push(performance.now());
  }, { capture: true });

  const header = (buffer) => {
    const size = Number(new DataView(buffer).getBigUint64(0, true));
    return JSON.parse(JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, size))).__metadata__.frame);
  };

  const hear = (buffer) => {
    const known = (entry) => notes.looks.findIndex(({ request }) => request === entry.request);
    for (const entry of header(buffer).entries.filter((each) => each.probe === "decode")) {
      const which = known(entry);
      if (which < 0 || notes.answers.at(-1)?.request === entry.request) continue;
      notes.answers.push({ at: performance.now(), request: entry.request, behind: notes.looks.length - 1 - which });
    }
  };

  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      if (!String(given[0]).includes("/live/ws")) return;
      this.addEventListener("message", ({ data }) => data instanceof ArrayBuffer && hear(data));
    }

    send(text) {
      const command = typeof text === "string" && text.includes('"look"') ? JSON.parse(text) : {};
      if (command.do === "look") notes.looks.push({ at: performance.now(), request: command.request, settings: command.settings });
      return super.send(text);
    }
  };
})();
