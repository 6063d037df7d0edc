/** Talking to the channel over HTTP. Nothing here knows the page. */

const PATIENCE = 20_000;

/** No answer came: `reason` names a text of strings.js, `message` is what the server said itself, if anything. */
export class NoAnswer extends Error {
  constructor(reason, message = "", retry = true) {
    super(message);
    Object.assign(this, { reason, retry });
  }
}

/** A random version 4 UUID. Without https there is no crypto.randomUUID. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Send {sender, message or payload, id}; returns one message or more, and throws NoAnswer for silence too. */
export async function sendTurn(server, turn) {
  const headers = { "Content-Type": "application/json" };
  const data = await request(`${server}/webhook`, { method: "POST", headers, body: JSON.stringify(turn) });
  const messages = Array.isArray(data) ? data.map(cleaned).filter(Boolean) : [];
  // Without a model or an action server Rasa answers [].
  if (!messages.length) throw new NoAnswer("failed");
  return messages;
}

/** Delete a conversation on the server, or throw NoAnswer. */
export async function deleteConversation(server, sender) {
  await request(`${server}/conversation/${sender}`, { method: "DELETE" });
}

async function request(url, options) {
  let reason = "offline";
  try {
    const response = await fetch(url, { ...options, signal: AbortSignal.timeout(PATIENCE) });
    reason = "failed";
    const data = await response.json();
    if (response.ok) return data;
    // Overload and faults pass; any other refusal would only be repeated.
    const { status } = response;
    throw new NoAnswer(reason, words(data?.message), status === 408 || status === 429 || status >= 500);
  } catch (error) {
    if (error instanceof NoAnswer) throw error;
    throw new NoAnswer(error.name === "TimeoutError" ? "late" : reason);
  }
}

/** A message as the view expects it, or null when there is nothing to show. */
function cleaned(message) {
  const text = words(message?.text);
  const offered = Array.isArray(message?.buttons) ? message.buttons : [];
  const buttons = offered.filter((button) => words(button?.title) && words(button.payload));
  return text || buttons.length ? { text, buttons, custom: message.custom ?? {} } : null;
}

function words(value) {
  return typeof value === "string" ? value.trim() : "";
}
