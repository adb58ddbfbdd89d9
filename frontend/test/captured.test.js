import assert from "node:assert/strict";
import { test } from "node:test";
import { Captured } from "../src/captured.js";
import { Models } from "../src/models.js";

/** An Output that catches what is sent while the kernel handles the message "click". */
function catching() {
  const models = new Models(() => "");
  models.add("out", { msg_id: "click", outputs: [] });
  models.add("other", { msg_id: "", outputs: [] });
  const captured = new Captured(models);
  /**
   * @param {string} type
   * @param {object} content
   * @param {string} [parent]
   */
  const send = (type, content, parent = "click") =>
    captured.hear({
      header: { msg_type: type, msg_id: "" },
      parent: { msg_id: parent },
      metadata: {},
      content,
    });
  return { captured, send };
}

test("what is printed, displayed and raised is kept in order", () => {
  const { captured, send } = catching();
  send("stream", { name: "stdout", text: "1\n" });
  send("stream", { name: "stdout", text: "2\n" });
  send("stream", { name: "stderr", text: "!" });
  send("display_data", { data: { "text/plain": "x" }, metadata: {}, transient: { display_id: "1" } });
  send("error", { ename: "ValueError", evalue: "no", traceback: [] });
  send("status", { execution_state: "idle" });
  assert.deepEqual(
    [...captured.outputs],
    [
      [
        "out",
        [
          { output_type: "stream", name: "stdout", text: "1\n2\n" },
          { output_type: "stream", name: "stderr", text: "!" },
          { output_type: "display_data", data: { "text/plain": "x" }, metadata: {} },
          { output_type: "error", ename: "ValueError", evalue: "no", traceback: [] },
        ],
      ],
    ],
  );
});

test("what is sent otherwise is not kept", () => {
  const { captured, send } = catching();
  send("stream", { name: "stdout", text: "elsewhere" }, "another");
  send("stream", { name: "stdout", text: "nowhere" }, "");
  assert.equal(captured.outputs.size, 0);
});

test("it can be cleared, at once or by the next output", () => {
  const { captured, send } = catching();
  const text = () => captured.outputs.get("out").map((/** @type {any} */ one) => one.text).join("");
  send("stream", { name: "stdout", text: "1" });
  send("clear_output", { wait: true });
  assert.equal(text(), "1");
  send("stream", { name: "stdout", text: "2" });
  assert.equal(text(), "2");
  send("clear_output", { wait: false });
  assert.equal(text(), "");
});
