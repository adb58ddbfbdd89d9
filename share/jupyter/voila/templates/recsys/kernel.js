// The page's connection to its kernel: Jupyter's messages over one websocket, which reconnects when
// it is lost. Must not know what the messages are about.

class Kernel {
  // `hear` gets every message of the kernel; `found` is called whenever a connection is open.
  constructor(baseUrl, id, { hear, found }) {
    Object.assign(this, { hear, found });
    this.address = `${baseUrl}api/kernels/${id}`;
    // Except on localhost, browsers have randomUUID only with HTTPS.
    this.session = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    this.sent = 0;
    this.waiting = []; // messages to send when there is a connection again
    this.answers = new Map(); // message id -> what to call when the kernel has handled it
    this.gone = false;
    this.connect();
    // After a computer has slept the kernel may be gone: say so before the visitor clicks.
    document.addEventListener("visibilitychange", async () => {
      if (!document.hidden && (await this.ask()) === 404) this.end();
    });
  }

  connect() {
    this.socket = openChannels(this.address, this.session);
    this.socket.onmessage = ({ data }) => this.receive(readMessage(data));
    let stood = false;
    this.socket.onclose = () => this.reconnect(stood ? 0 : 1000);
    this.socket.onopen = () => {
      stood = true;
      const again = this.lost;
      this.lost = false;
      this.found(again);
      for (const bytes of this.waiting.splice(0)) this.socket.send(bytes);
    };
  }

  receive(message) {
    const { header, parent, content } = message;
    if (header.msg_type === "status" && /restarting|dead/.test(content.execution_state)) {
      return this.end(); // a restarted kernel has none of the page's widgets
    }
    this.hear(message);
    if (header.msg_type === "status" && content.execution_state === "idle") {
      this.answers.get(parent.msg_id)?.();
      this.answers.delete(parent.msg_id);
    }
  }

  // Returns the message's id; `done` is called when the kernel has handled it.
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
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(bytes);
    else this.waiting.push(bytes);
    return header.msg_id;
  }

  // The HTTP status of the kernel's address; 599 if the server does not answer.
  async ask() {
    // A JupyterHub accepts only requests that repeat the cookie.
    const headers = { "X-XSRFToken": xsrfToken() };
    const answer = await fetch(this.address, { headers }).catch(() => ({ status: 599 }));
    return answer.status;
  }

  async reconnect(pause) {
    if (this.gone) return;
    this.lost = true;
    tellLost("The connection to the server is lost; trying again…");
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      const status = await this.ask();
      if (this.gone) return;
      if (status < 400) return this.connect();
      if (status < 500) return this.end();
      pause = 1000;
    }
  }

  end() {
    if (this.gone) return;
    this.gone = true;
    this.socket.close();
    tellLost("The part of this page that runs on the server has ended.", true);
  }
}
