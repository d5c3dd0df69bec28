/**
 * One frame: safetensors bytes (8-byte little-endian header length, JSON header, tensors)
 * with the frame's metadata as JSON under `__metadata__.frame`. Every read is bounds-checked:
 * a frame that cannot be read is refused whole, with a sentence.
 */

const SIZES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1 };
const VIEWS = {
  F64: Float64Array, F32: Float32Array, I32: Int32Array, I16: Int16Array,
  I8: Int8Array, U32: Uint32Array, U16: Uint16Array, U8: Uint8Array, BOOL: Uint8Array,
};

function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * 2 ** (exponent - 25) * (1024 + fraction);
}

function decode(buffer, start, end, dtype) {
  const count = (end - start) / SIZES[dtype];
  const aligned = start % SIZES[dtype] === 0;
  const source = aligned ? buffer : buffer.slice(start, end);
  const at = aligned ? start : 0;
  const View = VIEWS[dtype];
  if (View) return new View(source, at, count);
  if (dtype === "F16") return Float32Array.from(new Uint16Array(source, at, count), half);
  if (dtype === "BF16") {
    const wide = Uint32Array.from(new Uint16Array(source, at, count), (bits) => bits << 16);
    return new Float32Array(wide.buffer);
  }
  const Long = dtype === "I64" ? BigInt64Array : BigUint64Array;
  return Float64Array.from(new Long(source, at, count), Number);
}

/** Text that is equal for equal settings, whatever the order of their names. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    const inside = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
    return `{${inside.join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

/** A parsed frame: metadata with every optional field filled in, and its tensors on demand. */
export class Frame {
  /** @param {ArrayBuffer} buffer */
  constructor(buffer) {
    if (buffer.byteLength < 8) throw new Error("A frame ended before its header.");
    const length = Number(new DataView(buffer).getBigUint64(0, true));
    if (length > buffer.byteLength - 8) throw new Error("A frame's header is longer than the frame.");
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
    this.buffer = buffer;
    this.base = 8 + length;
    this.meta = JSON.parse(header.__metadata__?.frame ?? "{}");
    delete header.__metadata__;
    this.header = header;
    this.lanes = this.meta.lanes ?? [];
    this.round = this.meta.round ?? 0;
    this.head = Math.max(this.meta.head ?? this.round, this.round);
    this.state = this.meta.state ?? "paused";
    this.marks = this.meta.marks ?? [];
    this.metrics = this.meta.metrics ?? {};
    this.entries = this.meta.entries ?? [];
  }

  /** Lane metadata by name; the first lane for an empty name. */
  lane(name) {
    return name ? this.lanes.find((lane) => lane.name === name) : this.lanes[0];
  }

  /** A tensor `{data, shape}` by its full name, or null where the frame lacks it. */
  tensor(name) {
    const record = this.header[name];
    if (!record) return null;
    const [from, to] = record.data_offsets;
    const size = SIZES[record.dtype];
    const wanted = record.shape.reduce((product, side) => product * side, size ?? 0);
    if (!size || to - from !== wanted || from < 0 || this.base + to > this.buffer.byteLength) {
      throw new Error(`The frame's array ${name} does not fit its own description.`);
    }
    return { data: decode(this.buffer, this.base + from, this.base + to, record.dtype), shape: record.shape };
  }

  /** The entry of a probe, not one that answers a single viewer's request. */
  entry(lane, probe, settings = {}) {
    const wanted = canonical(settings);
    const found = this.entries.filter((entry) =>
      entry.lane === lane && entry.probe === probe && entry.viewer == null && entry.request == null);
    return found.find((entry) => canonical(entry.settings ?? {}) === wanted)
      ?? (wanted === "{}" ? found[0] : undefined);
  }

  /** One array of a probe: by its entry's key, or by the plain name in a bare recording. */
  array(lane, probe, array, settings = {}) {
    const key = this.entry(lane, probe, settings)?.key ?? probe;
    return this.tensor(`${lane}/${key}/${array}`);
  }

  /** A curve `{x: rounds, y: values}`, cut to the shorter of the two; null where missing. */
  curve(lane, metric) {
    const y = this.tensor(`${lane}/curves/${metric}`)?.data;
    const x = this.tensor(`${lane}/curves/rounds`)?.data;
    if (!y || !x) return null;
    const count = Math.min(x.length, y.length);
    return { x: x.subarray(x.length - count), y: y.subarray(y.length - count) };
  }
}
