// The light front end's connection to its kernel: Jupyter's messages over one websocket. Must not know
// what the messages are about.

/** @import { Message } from "./upstream.js" */

import { Connection } from "./connection.js";
import { openChannels, readMessage, writeMessage } from "./upstream.js";

/**
 * @typedef {object} Sending
 * @property {(ArrayBuffer | ArrayBufferView)[]} [buffers]
 * @property {object} [metadata]
 * @property {() => void} [done] is called when the kernel has handled the message
 */

export class Kernel {
  /**
   * @param {string} baseUrl
   * @param {string} id
   * @param {object} hearers
   * @param {(message: Message) => void} hearers.hear gets every message of the kernel
   * @param {() => void} hearers.found is called when a lost connection is open again
   */
  constructor(baseUrl, id, { hear, found }) {
    this.hear = hear;
    this.found = found;
    this.lost = false;
    /** @type {WebSocket | undefined} */
    this.socket = undefined;
    this.address = `${baseUrl}api/kernels/${id}`;
    // Except on localhost, browsers have randomUUID only with HTTPS.
    this.session = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    this.sent = 0;
    /** Messages to send when there is a connection again.
     * @type {Uint8Array<ArrayBuffer>[]} */
    this.waiting = [];
    /** By the id of a message, what to call when the kernel has handled it.
     * @type {Map<string, () => void>} */
    this.answers = new Map();
    this.connection = new Connection(this.address, {
      isOpen: () => this.socket?.readyState === WebSocket.OPEN,
      open: () => this.open(),
      found: async () => true, // if the kernel was restarted, the answers to `found` show it
      close: () => this.socket?.close(),
    });
    this.open();
  }

  open() {
    const socket = (this.socket = openChannels(this.address, this.session));
    socket.onmessage = ({ data }) => this.receive(readMessage(data));
    return new Promise((resolve) => {
      socket.onclose = () => {
        this.lost = true;
        resolve(false);
        this.connection.reopen();
      };
      socket.onopen = () => {
        // First what may have been lost, then what came later.
        if (this.lost) this.found();
        for (const bytes of this.waiting.splice(0)) socket.send(bytes);
        resolve(true);
      };
    });
  }

  /** @param {Message} message */
  receive(message) {
    const { header, parent, content } = message;
    if (header.msg_type === "status" && /restarting|dead/.test(content.execution_state)) {
      return this.connection.end(); // a restarted kernel has none of the page's widgets
    }
    this.hear(message);
    if (header.msg_type === "status" && content.execution_state === "idle" && parent.msg_id) {
      this.answers.get(parent.msg_id)?.();
      this.answers.delete(parent.msg_id);
    }
  }

  /**
   * Send a message; returns its id.
   *
   * @param {string} type
   * @param {object} content
   * @param {Sending} [sending]
   */
  send(type, content, { buffers = [], metadata = {}, done } = {}) {
    const header = {
      msg_id: `${this.session}-${++this.sent}`,
      msg_type: type,
      session: this.session,
      username: "",
      version: "5.3",
      date: new Date().toISOString(),
    };
    if (done) this.answers.set(header.msg_id, done);
    const bytes = writeMessage(header, metadata, content, buffers);
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(bytes);
    else this.waiting.push(bytes);
    return header.msg_id;
  }
}
