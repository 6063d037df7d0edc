/** From plain text to paragraphs, headings, lists and telephone links. */

import { el } from "./elements.js";

/**
 * The lines of a text as elements: paragraphs, line breaks and lists ("- ", "1. ").
 *
 * phones: telephone numbers become links. parts: a line that ends with ":" before a list is a heading.
 * steps: what has to be done first is numbered: a list before any heading, or the one under the heading given here.
 */
export function blocks(text, { phones, parts, steps } = {}) {
  const found = [];
  const lines = text.split("\n");
  let block = null;
  lines.forEach((line, index) => {
    const [, mark, item] = /^\s*(-|\d+\.) (.*)/.exec(line) ?? [];
    const heads = parts && /:\s*$/.test(line) && /^\s*- /.test(lines[index + 1]);
    const words = phones ? withPhones(item ?? line) : [item ?? line];
    if (!line.trim()) {
      block = null;
      return;
    }
    const numbered = mark && (mark !== "-" || (steps && first(found, block, steps)));
    const tag = heads ? "h3" : !mark ? "p" : numbered ? "ol" : "ul";
    const goesOn = block?.localName === tag && !heads;
    if (!goesOn) found.push((block = el(tag, { dir: "auto" })));
    else if (!mark) block.append(el("br"));
    block.append(...(mark ? [el("li", { value: mark !== "-" && parseInt(mark) }, ...words)] : words));
    if (heads) block = null; // it counts for the list that follows
  });
  return found;
}

function first(found, block, heading) {
  const before = found.filter((one) => one !== block && one.localName !== "p");
  return !before.length || before.at(-1).textContent === heading;
}

/** Telephone numbers ("112", "13 11 14", "9-8-8", but not "10-15") become links. */
function withPhones(text) {
  const parts = [];
  let end = 0;
  for (const { 0: number, index } of text.matchAll(/(?<![\w.,/-])\+?\d+(?:[ -]\d+)*(?![\w%°/-]|[.,]\d)/g)) {
    if (!/\d{3}|\d[ -]\d+[ -]\d/.test(number)) continue;
    parts.push(text.slice(end, index), el("a", { href: dial(number) }, number));
    end = index + number.length;
  }
  return [...parts, text.slice(end)];
}

/** The address that dials a number. */
export function dial(number) {
  return `tel:${number.replace(/[ -]/g, "")}`;
}
