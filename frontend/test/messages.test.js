import assert from "node:assert/strict";
import { test } from "node:test";
import { readMessage, writeMessage } from "../src/upstream.js";

/** @param {Uint8Array<ArrayBuffer>} bytes */
function parts(bytes) {
  const view = new DataView(bytes.buffer);
  const count = Number(view.getBigUint64(0, true));
  const offsets = Array.from({ length: count }, (_, i) =>
    Number(view.getBigUint64(8 * (i + 1), true)),
  );
  return offsets.slice(0, -1).map((start, i) => bytes.slice(start, offsets[i + 1]));
}

test("a message that is written can be read", () => {
  const header = { msg_id: "1", msg_type: "comm_msg" };
  const content = { words: "naïve — 数 😀", list: [1, null, true] };
  const bytes = writeMessage(header, { version: "1" }, content, []);
  const parent = {};
  const metadata = { version: "1" };
  assert.deepEqual(readMessage(bytes.buffer), { header, parent, metadata, content });
  assert.equal(new TextDecoder().decode(parts(bytes)[0]), "shell");
});

test("buffers follow as they are, also a part of a larger one", () => {
  const whole = Uint8Array.from([0, 1, 2, 3, 255]);
  const bytes = writeMessage({}, {}, {}, [whole.buffer, whole.subarray(1, 3), new ArrayBuffer(0)]);
  assert.deepEqual(
    parts(bytes).slice(5).map((part) => [...part]),
    [[0, 1, 2, 3, 255], [1, 2], []],
  );
});
