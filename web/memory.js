/** What this browser remembers of a conversation. Where storage is blocked or full, nothing. */

import { uuid } from "./api.js";

const KEY = "hypnic-chat-1";

/**
 * A new conversation. `log` holds what both sides said, `pending` the turn that has no answer yet
 * ({message or payload, id}, with `error` once it failed).
 */
export function fresh({ greeting, suggestions }, open) {
  const buttons = suggestions.map((title) => ({ title }));
  return { sender: `web-${uuid()}`, open, log: [{ text: greeting, buttons }], pending: null };
}

/** The conversation kept in "sessionStorage" or "localStorage", or null. */
export function load(storage) {
  try {
    const state = JSON.parse(window[storage].getItem(KEY));
    return /^web-[0-9a-f-]{36}$/.test(state.sender) && state.log.length ? state : null;
  } catch {
    return null;
  }
}

/** Keep the last hundred messages; null forgets them all. */
export function save(storage, state) {
  try {
    if (!state) return window[storage].removeItem(KEY);
    state.log = state.log.slice(-100);
    window[storage].setItem(KEY, JSON.stringify(state));
  } catch {}
}
