/** Turning messages into elements. All text becomes text nodes, never markup. */

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  alert: "M12 3 2.5 20h19zM12 10v4.5M12 17.2v.3",
  more: "M4.5 12h1M11.5 12h1M18.5 12h1",
  close: "M6 6l12 12M18 6 6 18",
  send: "M12 19V5M5.5 11.5 12 5l6.5 6.5",
};

/** An element with attributes (false leaves one out) and children. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== false) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function button(label, onClick, attributes = {}) {
  const element = el("button", { type: "button", ...attributes }, label);
  element.addEventListener("click", onClick);
  return element;
}

export function yours({ text }, strings) {
  return el("div", { class: "message you", tabindex: "-1" }, unseen(strings.you), el("p", { dir: "auto" }, text));
}

/** What the bot said, its files and choices; `choose(index)` is called for a pressed one. */
export function theirs(entry, strings, server, choose) {
  const parts = entry.text ? [bubble(entry, strings, server)] : [];
  if (entry.buttons.length) {
    const group = el("div", { class: "choices", role: "group", "aria-label": strings.choices });
    group.append(...entry.buttons.map(({ title }, index) => button(title, () => choose(index), { dir: "auto" })));
    if (entry.closed) closeChoices(group, entry.chosen);
    parts.push(group);
  }
  return parts;
}

export function closeChoices(group, chosen) {
  for (const choice of group.children) choice.disabled = true;
  group.children[chosen]?.setAttribute("aria-pressed", "true");
}

/** What went wrong, with a way on. */
export function problem({ text, more }, ...actions) {
  const lines = el("div", {}, ...blocks(text, true), ...blocks(more ?? ""));
  return el("div", { class: "message problem", role: "alert" }, icon("alert"), lines, ...actions);
}

function bubble({ text, custom = {} }, strings, server) {
  const box = el("div", { class: "message bot" }, unseen(strings.bot));
  const level = custom.level === "emergency" ? "emergency" : "urgent";
  const alarm = custom.kind === "danger" || (custom.kind === "triage" && custom.level === level);
  if (alarm) {
    box.classList.add("alarm", level);
    box.append(el("p", { class: "level" }, icon("alert"), strings[level]));
  }
  box.append(...blocks(text, alarm), ...sources(custom, strings), ...downloads(custom, server));
  return box;
}

function downloads({ files = [] }, server) {
  return files.map(([title, path]) => el("a", { href: `${server}/${path}`, target: "_blank", rel: "noopener noreferrer" }, title));
}

function sources({ sources, reviewed }, strings) {
  const named = Array.isArray(sources) ? sources.filter((source) => source?.title) : [];
  if (!named.length && !reviewed) return [];
  const details = el("details", {}, el("summary", {}, strings.sources));
  details.append(el("ul", {}, ...named.map((source) => el("li", {}, ...cited(source, strings)))));
  if (reviewed) details.append(el("p", {}, strings.checked.replace("{date}", () => day(reviewed, strings.lang))));
  return [details];
}

function cited({ title, publisher, year, url }, strings) {
  const link = { href: url, target: "_blank", rel: "noopener noreferrer" };
  const name = /^https?:\/\//.test(url) ? el("a", link, title, unseen(strings.newTab)) : title;
  return [name, ...[publisher, year].filter(Boolean).map((part) => `, ${part}`)];
}

/** "2026-11-23" as people write it. */
function day(iso, lang) {
  const date = new Date(`${iso}T00:00Z`);
  return isNaN(date) ? iso : date.toLocaleDateString(lang, { dateStyle: "long", timeZone: "UTC" });
}

function unseen(text) {
  return el("span", { class: "unseen" }, ` ${text} `);
}

/** Paragraphs, line breaks and lists ("- ", "1. "). */
function blocks(text, phones) {
  const found = [];
  let block = null;
  for (const line of text.split("\n")) {
    const [, mark, item] = /^\s*(-|\d+\.) (.*)/.exec(line) ?? [];
    const tag = !mark ? "p" : mark === "-" ? "ul" : "ol";
    const words = phones ? withPhones(item ?? line) : [item ?? line];
    if (!line.trim()) {
      block = null;
      continue;
    }
    if (block?.localName !== tag) found.push((block = el(tag, { dir: "auto" })));
    else if (!mark) block.append(el("br"));
    block.append(...(mark ? [el("li", { value: tag === "ol" && parseInt(mark) }, ...words)] : words));
  }
  return found;
}

/** Telephone numbers ("112", "13 11 14", "9-8-8", but not "10-15") become links. */
function withPhones(text) {
  const parts = [];
  let end = 0;
  for (const { 0: number, index } of text.matchAll(/(?<![\w.,/-])\+?\d+(?:[ -]\d+)*(?![\w%°/-]|[.,]\d)/g)) {
    if (!/\d{3}|\d[ -]\d+[ -]\d/.test(number)) continue;
    parts.push(text.slice(end, index), el("a", { href: `tel:${number.replace(/[ -]/g, "")}` }, number));
    end = index + number.length;
  }
  return [...parts, text.slice(end)];
}
