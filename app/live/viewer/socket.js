/**
 * The viewer's WebSocket. It reconnects by itself with exponential back-off and jitter, follows
 * the browser's offline and online events, and reports every change of phase:
 * connecting · open · waiting (with the time of the next attempt) · offline · refused.
 */

const FIRST_WAIT = 300;
const LONGEST_WAIT = 8000;
const REFUSED = new Set([1008, 4401, 4403, 4404]);

export class Socket {
  /** @param {string} id run or follow id @param {{frame, event, status}} on callbacks */
  constructor(id, on) {
    this.id = id;
    this.on = on;
    this.attempt = 0;
    this.closed = false;
    this.goOnline = () => this.connect();
    this.goOffline = () => this.cut("offline");
    window.addEventListener("online", this.goOnline);
    window.addEventListener("offline", this.goOffline);
    if (navigator.onLine === false) this.report("offline");
    else this.connect();
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  report(phase, extra = {}) {
    this.phase = phase;
    this.on.status({ phase, attempt: this.attempt, ...extra });
  }

  connect() {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.drop();
    this.report("connecting");
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/live/ws?id=${encodeURIComponent(this.id)}`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.report("open");
    socket.onmessage = ({ data }) => this.receive(data);
    socket.onclose = ({ code, reason }) => this.lost(code, reason);
    this.socket = socket;
  }

  receive(data) {
    if (typeof data !== "string") {
      this.attempt = 0;
      this.on.frame(data);
      return;
    }
    let event;
    try {
      event = JSON.parse(data);
    } catch {
      event = { event: "error", message: "The server sent a message that is not JSON." };
    }
    this.on.event(event);
  }

  lost(code, reason) {
    this.socket = null;
    if (this.closed) return;
    if (REFUSED.has(code)) {
      this.report("refused", { reason });
      return;
    }
    const full = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.attempt);
    const wait = full * (0.5 + Math.random() / 2);
    this.attempt += 1;
    this.report("waiting", { until: performance.now() + wait });
    this.timer = setTimeout(() => this.connect(), wait);
  }

  /** Let go of the present socket without its close being taken for a loss. */
  drop() {
    if (!this.socket) return;
    this.socket.onclose = this.socket.onmessage = this.socket.onopen = null;
    this.socket.close();
    this.socket = null;
  }

  cut(phase) {
    clearTimeout(this.timer);
    this.drop();
    this.report(phase);
  }

  /** Send a command; false when there is nobody to hear it. */
  send(command) {
    if (!this.open) return false;
    this.socket.send(JSON.stringify(command));
    return true;
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    window.removeEventListener("online", this.goOnline);
    window.removeEventListener("offline", this.goOffline);
    this.drop();
  }
}
