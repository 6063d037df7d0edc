/**
 * <hypnic-chat>: the chat widget. Attributes:
 *   server    base URL of the web channel; without it the folder of this file
 *   mode      "page" fills the parent; otherwise a button in the corner opens a panel
 *   remember  keep the conversation in localStorage; otherwise it ends with the tab
 *   strings   JSON with texts that replace those of strings.js
 */

import { deleteConversation, sendTurn, uuid } from "./api.js";
import { fresh, load, save } from "./memory.js";
import { stringsWith } from "./strings.js";
import { STYLE } from "./style.js";
import { button, closeChoices, el, icon, problem, theirs, yours } from "./view.js";

const LIMIT = 1000;
const COUNT_FROM = 850;

class HypnicChat extends HTMLElement {
  #strings;
  #isPage;
  #state;
  #parts;
  #underWay; // the exchange that runs, or ran last
  #waiting = false;

  connectedCallback() {
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
    const { title, payload } = entry.buttons[index];
    entry.chosen = index;
    this.#say(title, payload ? { payload } : { message: title });
    // The pressed button is disabled now; from here Tab leads on to the answer.
    this.#parts.log.lastElementChild.focus({ preventScroll: true });
  }

  #say(text, content) {
    this.#closeChoices();
    this.#notice("");
    this.#add({ text, mine: true });
    this.#state.pending = { ...content, id: uuid() };
    this.#exchange();
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
    save(this.#storage, state);
    this.#showProblem();
    this.#setWaiting(true);
    const { messages, error } = await this.#answer({ sender: state.sender, ...content });
    if (state !== this.#state) return;
    this.#setWaiting(false);
    for (const message of messages) this.#add(message);
    state.pending = error ? { ...content, error } : null;
    save(this.#storage, state);
    this.#showProblem();
    this.#scroll();
    // A refused message goes back to where it can be changed.
    if (error?.final) this.#parts.input.value ||= content.message ?? "";
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
      return { messages: [], error: { text: message || this.#strings[reason], more: this.#strings.inDanger, final } };
    }
  }

  // Showing

  #build() {
    const s = this.#strings;
    const log = el("div", { class: "log", role: "log", "aria-live": "polite" });
    const typing = el("div", { class: "typing", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
    const problems = el("div", { class: "problems" });
    const scroller = el("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": s.conversation });
    scroller.append(log, typing, problems);
    const notice = el("div", { class: "notice" });
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
    const header = el("header", {}, icon("moon"), el("h2", {}, s.title), menu);
    const panel = el("section", { class: "panel", tabindex: "-1", lang: s.lang, "aria-label": s.title });
    panel.append(header, notice, scroller, status, form);
    const launcher = button(icon("moon"), () => this.#toggle(true), { class: "launcher", "aria-haspopup": "dialog" });
    launcher.append(s.open);
    if (!this.#isPage) {
      header.append(button(icon("close"), () => this.#toggle(false), { class: "plain", ...named(s.close) }));
      panel.setAttribute("role", "dialog");
      this.shadowRoot.append(launcher);
    }
    this.shadowRoot.append(panel);
    this.#parts = { log, typing, problems, scroller, notice, status, input, counter, send, menu, panel, launcher };

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
    this.#parts.log.replaceChildren(...this.#state.log.flatMap((entry) => this.#elements(entry)));
    this.#setWaiting(false);
    this.#showProblem();
    this.#scroll();
  }

  #elements(entry) {
    if (entry.mine) return [yours(entry, this.#strings)];
    return theirs(entry, this.#strings, this.#server, (index) => this.#choose(entry, index));
  }

  #add(entry) {
    this.#state.log.push(entry);
    this.#parts.log.append(...this.#elements(entry));
  }

  /** A button offered before would answer a question that is over. */
  #closeChoices() {
    const entries = this.#state.log.filter(({ buttons }) => buttons?.length);
    const groups = [...this.#parts.log.querySelectorAll(".choices")].slice(-entries.length);
    entries.forEach((entry, index) => {
      entry.closed = true;
      closeChoices(groups[index], entry.chosen);
    });
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

/** The name of a control without text. */
function named(name) {
  return { "aria-label": name, title: name };
}

customElements.define("hypnic-chat", HypnicChat);
