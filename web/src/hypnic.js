/**
 * <hypnic-chat>: the chat widget. Attributes:
 *   server    base URL of the web channel; without it the folder of this file
 *   mode      "page" fills the parent; otherwise a button in the corner opens a panel
 *   remember  keep the conversation in localStorage; otherwise it ends with the tab
 *   theme     "light" or "dark"; otherwise as the person's system is set
 *   strings   JSON with texts that replace those of strings.js
 */

import { deleteConversation, sendTurn, sendVote, uuid } from "./api.js";
import { button, el, icon, named } from "./elements.js";
import { fresh, load, save, watch } from "./memory.js";
import { stringsWith } from "./strings.js";
import { STYLE } from "./style.js";
import { closeChoices, problem, theirs, yours } from "./view.js";

const LIMIT = 1000;
const COUNT_FROM = 850;

class HypnicChat extends HTMLElement {
  #strings;
  #isPage;
  #state;
  #parts;
  #shown = new Map(); // the elements of each entry, by its key
  #underWay; // the exchange that runs, or ran last
  #waiting = false;
  #leaves;

  connectedCallback() {
    this.#listen();
    if (this.shadowRoot) return;
    this.#strings = stringsWith(this.getAttribute("strings") ?? "{}");
    this.#isPage = this.getAttribute("mode") === "page";
    this.#state = load(this.#storage) ?? fresh(this.#strings, false);
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [STYLE];
    this.#build();
    this.#showConversation();
    if (!this.#isPage) this.#show(this.#state.open);
    // The page was left during an exchange; the same id gets its answer.
    if (this.#state.pending && !this.#state.pending.error) this.#exchange();
    this.#plugged();
  }

  disconnectedCallback() {
    this.#leaves.abort();
  }

  get #storage() {
    return this.hasAttribute("remember") ? "localStorage" : "sessionStorage";
  }

  get #server() {
    const server = this.getAttribute("server");
    const from = server === null ? import.meta.url : document.baseURI;
    return new URL(server ?? ".", from).href.replace(/\/$/, "");
  }

  // What a person can do

  #type() {
    const { input, counter } = this.#parts;
    const text = input.value.trim();
    if (!text || this.#waiting) return;
    const excess = [...text].length - LIMIT;
    if (excess > 0) {
      counter.replaceChildren(el("span", { role: "alert" }, this.#strings.tooLong.replace("{n}", excess)));
      return;
    }
    input.value = "";
    this.#count();
    this.#say(text, { message: text });
    input.focus();
  }

  #choose(entry, index) {
    if (this.#waiting) return;
    const { title, payload } = entry.buttons[index];
    entry.chosen = index;
    this.#press(title, payload ? { payload } : { message: title });
  }

  #press(title, content) {
    if (this.#waiting) return;
    this.#say(title, content);
    // The pressed button is disabled now; from here Tab leads on to the answer.
    this.#parts.log.lastElementChild.focus({ preventScroll: true });
  }

  #say(text, content) {
    const id = uuid();
    this.#closeChoices();
    this.#notice("");
    this.#add({ key: id, text, mine: true });
    this.#state.pending = { ...content, id };
    this.#exchange();
  }

  /** Whether an answer helped; kept as a count, without the talk. */
  async #vote(entry, helpful) {
    try {
      await sendVote(this.#server, entry.custom.answer_id, helpful);
      entry.helpful = helpful;
      if (this.#state.log.includes(entry)) save(this.#storage, this.#state); // it may be deleted by now
    } catch {
      this.#parts.status.textContent = this.#strings.failed;
    }
  }

  async #remove() {
    const { sender } = this.#state;
    this.#begin(this.#strings.removing);
    await this.#underWay; // its answer would be stored after the deletion
    this.#removeFromServer(sender);
  }

  async #removeFromServer(sender) {
    const { removing, removed, notRemoved, retry } = this.#strings;
    this.#notice(removing);
    try {
      await deleteConversation(this.#server, sender);
      this.#notice(removed);
    } catch {
      const again = button(retry, () => this.#removeFromServer(sender));
      this.#parts.notice.replaceChildren(problem({ text: notRemoved }, again));
    }
  }

  /** A new conversation; an answer still under way for the old one is dropped. */
  #begin(notice) {
    this.#state = fresh(this.#strings, this.#state.open);
    for (const storage of ["sessionStorage", "localStorage"]) save(storage, null);
    this.#parts.input.value = "";
    this.#count();
    this.#showConversation();
    this.#notice(notice);
    this.#focus();
  }

  // One exchange

  #exchange() {
    this.#underWay = this.#ask(this.#state);
  }

  async #ask(state) {
    const { error: _, ...content } = state.pending;
    state.pending = content;
    if (save(this.#storage, state)) this.#showConversation();
    this.#showProblem();
    this.#setWaiting(true);
    const { messages, error } = await this.#answer({ sender: state.sender, ...content });
    if (state !== this.#state) return;
    if (messages.some(({ custom }) => custom.act === "delete")) {
      this.#begin(this.#strings.removed);
      return;
    }
    this.#setWaiting(false);
    for (const message of messages) this.#add({ ...message, key: this.#nextKey(content.id) });
    state.pending = error ? { ...content, error } : null;
    if (save(this.#storage, state)) this.#showConversation();
    this.#showProblem();
    this.#scroll();
    // A refused message goes back to where it can be changed.
    if (error?.final) this.#parts.input.value ||= content.message ?? "";
  }

  /** The same key for the same message in every tab; a retry goes on counting. */
  #nextKey(id) {
    return `${id}-${this.#state.log.filter(({ key }) => key.startsWith(id)).length}`;
  }

  /** The messages that answer a turn, and {text, more, final} of an error. */
  async #answer(turn) {
    try {
      const all = await sendTurn(this.#server, turn);
      const failure = all.find(({ custom }) => custom.kind === "failure");
      const error = failure && { text: failure.text || this.#strings.failed };
      return { messages: all.filter((message) => message !== failure), error };
    } catch (error) {
      const { message, reason, final } = error;
      const text = message || this.#strings[reason];
      return { messages: [], error: { text, more: this.#strings.inDanger, final, offline: reason === "offline" } };
    }
  }

  // The browser around

  #listen() {
    this.#leaves = new AbortController();
    const options = { signal: this.#leaves.signal };
    watch(this.#storage, (state) => this.#adopt(state), options);
    for (const name of ["online", "offline"]) addEventListener(name, () => this.#plugged(), options);
  }

  /** Another tab went on with the conversation, or has forgotten it. */
  #adopt(state) {
    const same = state?.sender === this.#state.sender;
    if (same && this.#waiting) return; // put together when the answer is here
    const { open } = this.#state;
    this.#state = state ? { ...state, open } : fresh(this.#strings, open);
    this.#showConversation();
  }

  #plugged() {
    const { offline } = this.#parts;
    offline.textContent = navigator.onLine ? "" : this.#strings.unplugged;
    if (navigator.onLine && !this.#waiting && this.#state.pending?.error?.offline) this.#exchange();
  }

  // Showing

  #build() {
    const s = this.#strings;
    const log = el("div", { class: "log", role: "log", "aria-live": "off" });
    const typing = el("div", { class: "typing", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
    const problems = el("div", { class: "problems" });
    const scroller = el("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": s.conversation });
    scroller.append(log, typing, problems);
    const notice = el("div", { class: "notice" });
    const offline = el("p", { class: "offline", role: "status" });
    const status = el("div", { class: "unseen", role: "status" });
    const { placeholder } = s;
    const described = { "aria-label": placeholder, "aria-describedby": "counter" };
    const input = el("textarea", { rows: 1, dir: "auto", placeholder, ...described });
    const send = el("button", { class: "send", ...named(s.send) }, icon("send"));
    const counter = el("p", { class: "counter", id: "counter" });
    const form = el("form", {}, input, send, counter);
    const menu = el("details", { class: "menu" }, el("summary", { class: "plain", ...named(s.options) }, icon("more")));
    const restart = button(s.restart, () => this.#begin(s.restarted));
    const remove = button(s.remove, () => this.#remove());
    menu.append(el("div", {}, restart, remove));
    const header = el("div", { class: "head" }, icon("moon"), el("h2", {}, s.title), menu);
    const panel = el("section", { class: "panel", tabindex: "-1", lang: s.lang, "aria-label": s.title });
    panel.append(header, offline, notice, scroller, status, form);
    const launcher = button(icon("moon"), () => this.#toggle(true), { class: "launcher", "aria-haspopup": "dialog" });
    launcher.append(s.open);
    if (!this.#isPage) {
      header.append(button(icon("close"), () => this.#toggle(false), { class: "plain", ...named(s.close) }));
      panel.setAttribute("role", "dialog");
      this.shadowRoot.append(launcher);
    }
    this.shadowRoot.append(panel);
    this.#parts = { log, typing, problems, scroller, notice, offline, status, input, counter, send, menu, panel, launcher };

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#type();
    });
    input.addEventListener("input", () => this.#count());
    input.addEventListener("keydown", (event) => {
      // 229: Safari ends a composition before the key that ends it.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#type();
    });
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.#escape();
    });
    panel.addEventListener("click", ({ target }) => {
      if (!menu.contains(target) || target.localName === "button") menu.open = false;
    });
  }

  #showConversation() {
    const { log } = this.#parts;
    // What was heard before is not read out again.
    log.setAttribute("aria-live", "off");
    setTimeout(() => log.setAttribute("aria-live", "polite"), 500);
    this.#shown.clear();
    log.replaceChildren(...this.#state.log.flatMap((entry) => this.#elements(entry)));
    this.#setWaiting(false);
    this.#showProblem();
    this.#scroll();
  }

  #elements(entry) {
    const on = {
      choose: (index) => this.#choose(entry, index),
      say: (title, message) => this.#press(title, { message }),
      vote: (helpful) => this.#vote(entry, helpful),
    };
    const elements = entry.mine ? [yours(entry, this.#strings)] : theirs(entry, this.#strings, this.#server, on);
    this.#shown.set(entry.key, elements);
    return elements;
  }

  #add(entry) {
    const timed = { ...entry, at: Date.now() };
    this.#state.log.push(timed);
    this.#parts.log.append(...this.#elements(timed));
  }

  /** A button offered before would answer a question that is over. */
  #closeChoices() {
    for (const entry of this.#state.log) {
      if (entry.closed || !entry.buttons?.length) continue;
      entry.closed = true;
      closeChoices(this.#shown.get(entry.key), entry.chosen);
    }
  }

  #showProblem() {
    const error = this.#state.pending?.error;
    const retry = button(this.#strings.retry, () => {
      this.#exchange();
      this.#parts.scroller.focus({ preventScroll: true });
    });
    this.#parts.problems.replaceChildren(...(error ? [problem(error, ...(error.final ? [] : [retry]))] : []));
  }

  #notice(text) {
    this.#parts.notice.replaceChildren(...(text ? [el("p", {}, text)] : []));
    this.#parts.status.textContent = text;
  }

  #setWaiting(waiting) {
    const { typing, send, status } = this.#parts;
    this.#waiting = send.disabled = waiting;
    typing.hidden = !waiting;
    status.textContent = waiting ? this.#strings.typing : "";
    this.#scroll();
  }

  #count() {
    const { input, counter } = this.#parts;
    const used = [...input.value.trim()].length;
    counter.textContent = used < COUNT_FROM ? "" : this.#strings.left.replace("{n}", LIMIT - used);
  }

  /** Answers are read from their first line, below the end of what was asked. */
  #scroll() {
    const { scroller, log } = this.#parts;
    const last = [...log.querySelectorAll(".you")].at(-1);
    scroller.scrollTop = last ? last.offsetTop + Math.max(0, last.offsetHeight - 80) - 12 : 0;
  }

  #escape() {
    const { menu } = this.#parts;
    if (menu.open) {
      menu.open = false;
      menu.firstChild.focus();
    } else if (!this.#isPage) this.#toggle(false);
  }

  #toggle(open) {
    this.#show(open);
    this.#state.open = open;
    save(this.#storage, this.#state);
    if (open) this.#focus();
    else this.#parts.launcher.focus();
  }

  #show(open) {
    this.#parts.panel.hidden = !open;
    this.#parts.launcher.hidden = open;
    this.#scroll();
  }

  /** On a touch screen the keyboard would cover the conversation. */
  #focus() {
    const { input, panel } = this.#parts;
    (matchMedia("(pointer: coarse)").matches ? panel : input).focus();
  }
}

customElements.define("hypnic-chat", HypnicChat);
