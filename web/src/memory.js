/** What this browser remembers of a conversation. Where storage is blocked or full, nothing. */

import { uuid } from "./api.js";

const KEY = "hypnic-chat-2";

/**
 * A new conversation. `log` holds what both sides said, each entry with a `key` of its own and the time `at`;
 * `pending` is the turn that has no answer yet ({message or payload, id}, with `error` once it failed).
 */
export function fresh({ greeting, suggestions }, open) {
  const buttons = suggestions.map((title) => ({ title }));
  return { sender: `web-${uuid()}`, open, log: [{ key: "", at: 0, text: greeting, buttons }], pending: null };
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

/**
 * Keep the last hundred messages; null forgets them all. What another tab has added to the same conversation stays.
 * Returns whether there was such a thing.
 */
export function save(storage, state) {
  const added = state ? merge(state, load(storage)) : false;
  try {
    if (state) window[storage].setItem(KEY, JSON.stringify(state));
    else window[storage].removeItem(KEY);
  } catch {}
  return added;
}

/** Call `changed(state or null)` when another tab has kept or forgotten a conversation. */
export function watch(storage, changed, options) {
  const heard = ({ key, storageArea }) => {
    try {
      if ((key === KEY || key === null) && storageArea === window[storage]) changed(load(storage));
    } catch {}
  };
  addEventListener("storage", heard, options);
}

function merge(state, kept) {
  const mine = new Map(state.log.map((entry) => [entry.key, entry]));
  const others = kept?.sender === state.sender ? kept.log.filter(({ key }) => !mine.has(key)) : [];
  const oldest = state.log[0].at; // older ones were cut off
  const added = others.filter(({ at }) => at >= oldest);
  state.log = [...state.log, ...added].sort((one, other) => one.at - other.at).slice(-100);
  return added.length > 0;
}
