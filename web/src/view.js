/** What the messages of both sides look like, by the kind that stands in `custom`. */

import { list } from "./api.js";
import { button, el, icon, named, outside, unseen } from "./elements.js";
import { blocks, dial } from "./text.js";

const LEVELS = ["emergency", "urgent", "routine", "self_care"];
const KINDS = { question, danger: result, triage: result, summary: page };
const CRISIS = /^suicid/;
// "I don't know" and "Why do you ask?" stand back behind the answers.
const QUIET = /\.(dont_know|why)"/;
const DO = "What to do:"; // the heading of data/triage/questions.yml
const CITED = /\nSources: (.+)$/;

export function yours({ text }, strings) {
  return el("div", { class: "message you", tabindex: "-1" }, unseen(strings.you), el("p", { dir: "auto" }, text));
}

/**
 * What the bot said, its files and choices.
 *
 * on: choose(index) is called for a pressed choice, say(title, message) for one that the widget adds, vote(helpful) once.
 */
export function theirs(entry, strings, server, on) {
  const shown = entry.text ? message(entry, strings, server, on) : null;
  const elements = shown ? [shown] : [];
  if (entry.buttons.length && !shown?.querySelector(".choices")) elements.push(choices(entry, strings, on));
  if (entry.closed) closeChoices(elements, entry.chosen);
  return elements;
}

function message(entry, strings, server, on) {
  const kind = entry.custom?.kind;
  try {
    return (Object.hasOwn(KINDS, kind) ? KINDS[kind] : plain)(entry, strings, server, on);
  } catch {
    return bubble(strings, "", ...blocks(entry.text)); // whatever is wrong around it, the text is shown
  }
}

/** A question that is over keeps its choices to be seen, the chosen one marked. */
export function closeChoices(elements, chosen) {
  for (const element of elements) {
    element.classList.add("closed");
    for (const choice of element.querySelectorAll(".choice")) {
      choice.disabled = true;
      if (choice.value === `${chosen}`) choice.setAttribute("aria-pressed", "true");
    }
  }
}

/** What went wrong, with a way on. */
export function problem({ text, more }, ...actions) {
  const lines = el("div", {}, ...blocks(text, { phones: true }), ...blocks(more ?? ""));
  return el("div", { class: "message problem", role: "alert" }, icon("alert"), lines, ...actions);
}

function bubble(strings, kind, ...children) {
  return el("div", { class: `message bot${kind}` }, unseen(strings.bot), ...children);
}

function plain(entry, strings, server, on) {
  const { text, custom = {} } = entry;
  return bubble(strings, "", ...blocks(text), ...files(custom, server), ...foot(entry, strings, on));
}

// The check

function question({ text, buttons, custom }, strings, _, on) {
  const { step, of } = custom;
  const progress = strings.progress.replace("{step}", step).replace("{of}", of);
  const bar = el("progress", { value: step, max: of, "aria-hidden": "true" });
  const loud = el("div", { class: "choices", role: "group", "aria-label": text });
  const quiet = el("div", { class: "aside" });
  buttons.forEach(({ title, payload }, index) => (QUIET.test(payload) ? quiet : loud).append(choice(title, index, on)));
  // The bot understands these words; what is shown may be another language.
  const says = (title, message) => button(title, () => on.say(title, message), { class: "choice" });
  if (step > 1) quiet.append(says(strings.back, "go back"));
  if (step > 0) quiet.append(says(strings.stop, "stop"));
  const head = step > 0 ? [el("p", { class: "progress" }, progress, bar)] : [];
  return bubble(strings, step > 0 ? " card asks" : " card", ...head, ...blocks(text), loud, ...(quiet.firstChild ? [quiet] : []));
}

// Danger, and the result of the check

function result({ text, custom }, strings) {
  const { kind, level, timeframe, flags, call } = custom;
  if (kind === "triage" && !LEVELS.includes(level)) return bubble(strings, "", ...blocks(text));
  const is = LEVELS.includes(level) ? level : "urgent";
  const alarm = is === "emergency" || is === "urgent";
  const word = CRISIS.test(list(flags)[0]) ? strings.crisis : strings[is];
  const when = kind === "triage" && is !== "emergency" ? strings[timeframe] : "";
  const [first, ...more] = text.replace(CITED, "").split("\n");
  const rest = blocks(more.join("\n"), { phones: true, parts: true, steps: alarm && DO });
  const title = el("p", { class: "level" }, icon(is), [word, when].filter(Boolean).join(": "));
  const dials = /^\+?[\d ]{2,20}$/.test(call) ? [el("a", { class: "call", href: dial(call) }, icon("phone"), strings.call.replace("{number}", call))] : [];
  const [, cited] = CITED.exec(text) ?? [];
  const quoted = cited ? [folded(strings.sources, el("ul", {}, ...cited.split("; ").map((one) => el("li", {}, one))))] : [];
  return bubble(strings, ` ${alarm ? "alarm" : "result"} ${is}`, title, ...blocks(first, { phones: true }), ...dials, ...rest, ...quoted);
}

// The page for the doctor

function page({ text, custom }, strings, server) {
  const sections = list(custom.sections).flatMap(({ heading, lines }) => [
    el("h4", {}, heading),
    ...(list(lines).length > 1 ? [el("ul", { dir: "auto" }, ...lines.map((line) => el("li", {}, line)))] : blocks(`${lines}`)),
  ]);
  const inside = sections.length ? [el("h3", {}, custom.title), folded(strings.page, ...sections)] : blocks(text);
  return bubble(strings, " card page", inside[0], ...files(custom, server), ...inside.slice(1));
}

function files(custom, server) {
  const links = list(custom.files).map(([title, path]) =>
    outside(`${server}/${path}`, icon(/as=html/.test(path) ? "print" : "save"), title),
  );
  return links.length ? [el("div", { class: "files" }, ...links)] : [];
}

// Below an answer

function foot(entry, strings, on) {
  const { sources, reviewed, kind, answer_id: id } = entry.custom ?? {};
  const cited = list(sources).filter((source) => source?.title);
  const parts = [];
  if (cited.length || reviewed) {
    const checked = reviewed ? strings.checked.replace("{date}", () => day(reviewed, strings.lang)) : "";
    const line = [cited.length ? `${strings.sources} (${cited.length})` : "", checked].filter(Boolean).join(" · ");
    parts.push(folded(line, el("ul", {}, ...cited.map((source) => el("li", {}, ...citation(source, strings))))));
  }
  if (kind === "answer" && id) parts.push(votes(entry, strings, on));
  return parts.length ? [el("div", { class: "foot" }, ...parts)] : [];
}

function votes(entry, strings, on) {
  const says = el("span", {}, strings.helpful);
  const group = el("div", { class: "vote", role: "group", "aria-label": strings.helpful }, says);
  const mark = () => {
    if (entry.helpful === undefined) return;
    says.textContent = strings.thanks;
    for (const one of group.querySelectorAll("button")) {
      one.disabled = true;
      if (one.value === `${entry.helpful}`) one.setAttribute("aria-pressed", "true");
    }
  };
  for (const [name, value] of [["yes", true], ["no", false]])
    group.append(button(icon("thumb"), () => on.vote(value).then(mark), { class: "plain", value: `${value}`, ...named(strings[name]) }));
  mark();
  return group;
}

function folded(line, ...children) {
  return el("details", {}, el("summary", {}, line), ...children);
}

function citation({ title, publisher, year, url }, strings) {
  const name = /^https?:\/\//.test(url) ? outside(url, title, unseen(strings.newTab)) : title;
  return [name, ...[publisher, year].filter(Boolean).map((part) => `, ${part}`)];
}

/** "2026-11-23" as people write it. */
function day(iso, lang) {
  const date = new Date(`${iso}T00:00Z`);
  return isNaN(date) ? iso : date.toLocaleDateString(lang, { dateStyle: "medium", timeZone: "UTC" });
}

// Choices

function choices({ buttons, custom }, strings, on) {
  const label = custom?.kind === "clarify" ? strings.meant : strings.choices;
  const group = el("div", { class: "choices", role: "group", "aria-label": label });
  group.append(...buttons.map(({ title }, index) => choice(title, index, on)));
  return group;
}

function choice(title, index, on) {
  return button(title, () => on.choose(index), { class: "choice", value: index, dir: "auto" });
}
