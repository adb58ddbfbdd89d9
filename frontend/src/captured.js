// Outputs that the kernel sends to an Output widget, recorded while Voilà's front end is loading: an
// Output does not get them from the kernel as its state, its front end has to catch them.

/** @import { Models } from "./models.js" */
/** @import { Message } from "./upstream.js" */

export class Captured {
  /** @param {Models} models */
  constructor(models) {
    this.models = models;
    /** @type {Set<string>} ids of the Output widgets that got something */
    this.changed = new Set();
    /** @type {Set<string>} ids of those that the next output clears */
    this.clearing = new Set();
  }

  /** The outputs of each Output widget that got something, by its id. */
  get outputs() {
    return new Map([...this.changed].map((id) => [id, this.models.get(id)?.state.outputs]));
  }

  /**
   * Record what a message has for an Output widget, if it has anything.
   *
   * @param {Message} message
   */
  hear({ header, parent, content }) {
    for (const { id, state } of this.models.all.values()) {
      if (!state.msg_id || state.msg_id !== parent.msg_id) continue;
      const outputs = this.clearing.has(id) ? [] : state.outputs;
      const more = added(outputs, header.msg_type, content);
      if (header.msg_type === "clear_output") {
        if (content.wait) this.clearing.add(id);
        else state.outputs = [];
      } else if (more) {
        state.outputs = more;
        this.clearing.delete(id);
      } else continue;
      this.changed.add(id);
    }
  }
}

/**
 * Outputs with one more; undefined if the message is no output.
 *
 * @param {any[]} outputs as in a notebook
 * @param {string} type of the message
 * @param {any} content of the message
 */
function added(outputs, type, content) {
  const last = outputs.at(-1);
  switch (type) {
    case "stream":
      if (last?.output_type !== type || last.name !== content.name) break;
      return [...outputs.slice(0, -1), { ...last, text: last.text + content.text }];
    case "display_data":
    case "execute_result":
    case "error":
      break;
    default:
      return undefined;
  }
  const output = { output_type: type, ...content };
  delete output.transient; // which no notebook has
  return [...outputs, output];
}
