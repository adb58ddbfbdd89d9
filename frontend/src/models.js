// The widgets of the kernel as the page knows them: a copy of each one's state, kept equal by messages
// in both directions. Must not know how a widget is drawn, or what carries the messages.

/**
 * @typedef {Record<string, any>} State the traits of a widget by name
 * @typedef {{ show(changed: Set<string>): void, focus?(): void }} View
 * @typedef {(ArrayBuffer | ArrayBufferView)[]} Buffers
 * @typedef {{ buffers?: Buffers, done?: () => void }} Sending
 * @typedef {(id: string, data: object, sending?: Sending) => string} Say sends data to a widget, and
 *   returns the id of the message
 */

export class Models {
  /** @param {Say} say */
  constructor(say) {
    this.say = say;
    /** @type {Map<string, Model>} */
    this.all = new Map();
  }

  /**
   * @param {string} id
   * @param {State} state
   */
  add(id, state) {
    this.all.set(id, new Model(this, id, state));
  }

  /**
   * The model of an id, or of a trait's reference to it.
   *
   * @param {unknown} reference
   */
  get(reference) {
    return this.all.get(String(reference ?? "").replace("IPY_MODEL_", ""));
  }

  /** Send pending changes, so that the kernel gets everything in the visitor's order. */
  flush() {
    for (const model of this.all.values()) if (model.unsent) model.flush();
  }

  /** The connection was lost: send again what may not have arrived. */
  repeat() {
    for (const model of this.all.values()) model.repeat();
  }

  /**
   * All states at once: some may have changed since the page was written, or without a connection.
   *
   * @param {Record<string, State>} states by id
   */
  hear(states) {
    for (const [id, state] of Object.entries(states)) if (!this.all.has(id)) this.add(id, state);
    for (const [id, state] of Object.entries(states)) {
      const known = this.all.get(id);
      const news = Object.entries(state).filter(
        ([name, value]) => JSON.stringify(value) !== JSON.stringify(known?.state[name]),
      );
      if (news.length) known?.hear(Object.fromEntries(news));
    }
  }
}

export class Model {
  /**
   * @param {Models} models
   * @param {string} id
   * @param {State} state
   */
  constructor(models, id, state) {
    this.models = models;
    this.id = id;
    this.state = state;
    /** @type {Set<View>} */
    this.views = new Set();
    /** Changes that are not sent yet.
     * @type {State | null} */
    this.unsent = null;
    /** The last change that was sent, until the kernel has handled it.
     * @type {{ id: string, state: State } | null} */
    this.onItsWay = null;
  }

  /**
   * A change by the visitor. It is sent at once, or when the kernel has handled the previous change,
   * so that a slider that is dragged sends only as many values as the kernel can handle.
   *
   * @param {State} changes
   */
  set(changes) {
    this.take(changes);
    if (!this.unsent) this.models.flush();
    this.unsent = { ...this.unsent, ...changes };
    if (!this.onItsWay) this.flush();
  }

  /**
   * Send the pending changes.
   *
   * @param {Buffers} [buffers] binary values
   * @param {(string | number)[][]} [paths] where in the changes each of them belongs
   */
  flush(buffers = [], paths = []) {
    const state = this.unsent ?? {};
    this.unsent = null;
    const data = { method: "update", state, buffer_paths: paths };
    const done = () => {
      if (this.onItsWay?.id !== id) return;
      this.onItsWay = null;
      if (this.unsent) this.flush();
    };
    const id = this.models.say(this.id, data, { buffers, done });
    this.onItsWay = { id, state };
  }

  /** Send the last change again, unless the kernel has handled it. */
  repeat() {
    if (!this.onItsWay) return;
    this.unsent = { ...this.onItsWay.state, ...this.unsent };
    this.flush();
  }

  /**
   * An event, such as a click.
   *
   * @param {object} content
   */
  tell(content) {
    this.models.flush();
    this.models.say(this.id, { method: "custom", content });
  }

  /**
   * A change by the kernel, except for traits that the visitor has changed since.
   *
   * @param {State} changes
   * @param {string} [answers] the id of the message that the kernel was handling
   */
  hear(changes, answers) {
    const { id, state = {} } = this.onItsWay ?? {};
    const stale = new Set(Object.keys({ ...this.unsent, ...(answers === id ? {} : state) }));
    this.take(Object.fromEntries(Object.entries(changes).filter(([name]) => !stale.has(name))));
  }

  /** @param {State} changes */
  take(changes) {
    Object.assign(this.state, changes);
    for (const view of this.views) view.show(new Set(Object.keys(changes)));
  }
}
