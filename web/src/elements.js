/** Making elements. All text becomes text nodes, never markup. */

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  alert: "M12 3 2.5 20h19zM12 10v4.5M12 17.2v.3",
  emergency: "M12 3 2.5 20h19zM12 10v4.5M12 17.2v.3",
  urgent: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7.5V12l3 2",
  routine: "M4 6h16v14H4zM4 10.5h16M8 3v4M16 3v4",
  self_care: "M3 11.5 12 4l9 7.5M5.5 10v10h13V10",
  more: "M4.5 12h1M11.5 12h1M18.5 12h1",
  close: "M6 6l12 12M18 6 6 18",
  send: "M12 19V5M5.5 11.5 12 5l6.5 6.5",
  phone: "M6 3.5h3.5l1.5 4.5-2 1.5a11 11 0 0 0 5.5 5.5l1.5-2 4.5 1.5V18a2.5 2.5 0 0 1-2.5 2.5A15 15 0 0 1 3.5 6 2.5 2.5 0 0 1 6 3.5z",
  print: "M7 8.5V3.5h10v5M7 17H4V8.5h16V17h-3M7 14h10v6.5H7z",
  save: "M12 4v11M7 10.5l5 5 5-5M4.5 20h15",
  thumb: "M7.5 11v9H4v-9zM7.5 11 11 3.5A2.5 2.5 0 0 1 13.5 6v3.5h5a2 2 0 0 1 2 2.4l-1.3 6.5A2 2 0 0 1 17.2 20H7.5",
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

/** A link that leaves no trace of this page behind. */
export function outside(href, ...children) {
  return el("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** Text for screen readers only. */
export function unseen(text) {
  return el("span", { class: "unseen" }, ` ${text} `);
}

/** The attributes that name a control without text. */
export function named(name) {
  return { "aria-label": name, title: name };
}
