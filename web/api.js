/** Talking to the channel over HTTP. Nothing here knows the page. */

const PATIENCE = 20_000;

/** `reason` names a text of strings.js, `message` is the server's own; a `final` refusal would only be repeated. */
class NoAnswer extends Error {
  constructor(reason, message, final) {
    super(message);
    Object.assign(this, { reason, final });
  }
}

/** A random version 4 UUID. Without https there is no crypto.randomUUID. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const digit = () => (crypto.getRandomValues(new Uint8Array(1))[0] & 15).toString(16);
  return "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, digit);
}

/** Send {sender, message or payload, id} and return at least one message, or throw NoAnswer. */
export async function sendTurn(server, turn) {
  // A proxy in front of several servers sends a conversation always to the same one by this header.
  const headers = { "Content-Type": "application/json", "X-Conversation": turn.sender };
  const data = await request(`${server}/webhook`, { method: "POST", headers, body: JSON.stringify(turn) });
  const messages = Array.isArray(data) ? data.map(cleaned).filter(Boolean) : [];
  if (!messages.length) throw new NoAnswer("failed");
  return messages;
}

/** Delete a conversation on the server, or throw NoAnswer. */
export async function deleteConversation(server, sender) {
  await request(`${server}/conversation/${sender}`, { method: "DELETE", headers: { "X-Conversation": sender } });
}

async function request(url, options) {
  let reason = "offline";
  try {
    const response = await fetch(url, { ...options, signal: AbortSignal.timeout(PATIENCE) });
    reason = "failed";
    const data = await response.json();
    if (response.ok) return data;
    throw new NoAnswer(reason, words(data?.message), response.status < 500 && response.status !== 429);
  } catch (error) {
    throw error.reason ? error : new NoAnswer(error.name === "TimeoutError" ? "late" : reason);
  }
}

/** A message as the view expects it, or null when there is nothing to show. */
function cleaned(message) {
  const text = words(message?.text);
  const offered = Array.isArray(message?.buttons) ? message.buttons : [];
  const buttons = offered.filter((button) => words(button?.title) && words(button.payload));
  const { conversation, sections, ...custom } = message?.custom ?? {};
  return text || buttons.length ? { text, buttons, custom } : null;
}

function words(value) {
  return typeof value === "string" ? value.trim() : "";
}
