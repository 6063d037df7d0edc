/** Talking to the channel over HTTP. Nothing here knows the page. */

const PATIENCE = 20_000;
const HEADERS = { "Content-Type": "application/json" };

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
  const data = await post(`${server}/webhook`, turn, turn.sender);
  const messages = Array.isArray(data) ? data.map(cleaned).filter(Boolean) : [];
  if (!messages.length) throw new NoAnswer("failed");
  return messages;
}

/** Delete a conversation on the server, or throw NoAnswer. */
export async function deleteConversation(server, sender) {
  await request(`${server}/conversation/${sender}`, { method: "DELETE", headers: { "X-Conversation": sender } });
}

/** Say whether an answer helped, or throw NoAnswer. Neither the conversation nor any text goes along. */
export async function sendVote(server, answerId, helpful) {
  await post(`${server}/feedback`, { answer_id: answerId, helpful });
}

/** An array as it is, anything else as an empty one. */
export function list(value) {
  return Array.isArray(value) ? value : [];
}

/** A proxy in front of several servers sends a conversation always to the same one by its header. */
function post(url, data, sender) {
  const headers = sender ? { ...HEADERS, "X-Conversation": sender } : HEADERS;
  return request(url, { method: "POST", headers, body: JSON.stringify(data) });
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
  const buttons = list(message?.buttons).filter((button) => words(button?.title) && words(button.payload));
  const { conversation, ...custom } = message?.custom ?? {}; // a copy of the talk is not kept twice
  return text || buttons.length ? { text, buttons, custom } : null;
}

function words(value) {
  return typeof value === "string" ? value.trim() : "";
}
