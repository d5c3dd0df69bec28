// Runs in the page before its own scripts: notes when canvases are really painted, which worker
// frame they show, and what the frames say. It only reads; the viewer does not know of it.
(() => {
  const notes = { paints: [], steps: [], frames: [], edit: null, answers: [] };
  window.genLabNotes = notes;
  const canvases = new Set();
  let lastPaint = -1;

  const paintsOf = ["fillRect", "drawImage", "putImageData", "stroke", "fill"];
  for (const name of paintsOf) {
    const original = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...given) {
      if (this.canvas.isConnected && this.canvas.dataset.step !== undefined) {
        canvases.add(this.canvas);
        const now = document.timeline.currentTime; // one value for a whole animation frame
        if (now !== lastPaint) {
          lastPaint = now;
          notes.paints.push(performance.now());
        }
      }
      return original.apply(this, given);
    };
  }

  const header = (buffer) => {
    const size = Number(new DataView(buffer).getBigUint64(0, true));
    const text = new TextDecoder().decode(new Uint8Array(buffer, 8, size));
    return JSON.parse(JSON.parse(text).__metadata__.frame);
  };

  const hear = (buffer) => {
    const frame = header(buffer);
    notes.frames.push({ at: performance.now(), seq: frame.seq, round: frame.round, bytes: buffer.byteLength });
    const edit = notes.edit;
    if (edit && edit.step === undefined) {
      const mark = frame.marks.at(-1);
      const lane = mark && frame.lanes.find((each) => each.name === mark.lane);
      // Only a frame with an update made under the new value holds the edit.
      if (frame.marks.length > edit.marks && lane && lane.t > mark.t) edit.step = lane.t;
    }
    notes.marks = frame.marks.length;
  };

  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      if (!String(given[0]).includes("/live/ws")) return;
      this.addEventListener("message", (event) => {
        if (event.data instanceof ArrayBuffer) hear(event.data);
        else if (event.data instanceof Blob) event.data.arrayBuffer().then(hear);
      });
    }
  };

  let lastStep = "";
  const look = () => {
    const first = [...canvases].find((each) => each.isConnected);
    if (first && first.dataset.step !== lastStep) {
      lastStep = first.dataset.step;
      notes.steps.push({ at: performance.now(), step: Number(lastStep) });
      const edit = notes.edit;
      if (edit && edit.step !== undefined && Number(lastStep) >= edit.step) {
        notes.answers.push(performance.now() - edit.at);
        notes.edit = null;
      }
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
