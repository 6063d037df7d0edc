/** The look, as a constructed stylesheet: a strict style-src allows it. */

export const STYLE = new CSSStyleSheet();

STYLE.replaceSync(`
:host {
  --ground: #fbfbfe; --raised: #eceef8; --text: #232838; --quiet: #555d75; --line: #c3c8dc;
  --accent: #454f96; --on-accent: #fff; --mine: #454f96;
  --emergency: #b3261e; --on-emergency: #fdeceb; --urgent: #8a5700; --on-urgent: #fff3dc;
  all: initial;
  display: block;
  color-scheme: light dark;
  color: var(--text);
  font: max(16px, 1rem)/1.5 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :host {
    --ground: #141724; --raised: #212639; --text: #dfe3f0; --quiet: #a3abc4; --line: #3d4560;
    --accent: #b3bdf7; --on-accent: #171b30; --mine: #363f70;
    --emergency: #ff9a90; --on-emergency: #3d1614; --urgent: #efbd5a; --on-urgent: #352808;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
button, textarea { font: inherit; color: inherit; }
button, summary { min-block-size: 44px; cursor: pointer; }
p, ul, ol, h2 { margin: 0; }
svg { inline-size: 24px; block-size: 24px; flex: none; fill: none; stroke: currentColor; stroke-width: 2.2; stroke-linecap: round; stroke-linejoin: round; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.launcher, .panel { position: fixed; inset-block-end: 20px; inset-inline-end: 20px; z-index: 2147483000; box-shadow: 0 8px 32px #14183250; }
.launcher { display: flex; align-items: center; gap: 8px; padding: 12px 20px; max-inline-size: calc(100vw - 40px); border-radius: 28px; }
.launcher, .send { border: 1px solid transparent; background: var(--accent); color: var(--on-accent); }
.panel {
  display: flex; flex-direction: column; overflow: hidden; inline-size: min(420px, 100vw - 40px); block-size: min(680px, 100dvh - 40px);
  background: var(--ground); border: 1px solid var(--line); border-radius: 16px;
}
.panel:focus { outline: none; }

header { display: flex; align-items: center; gap: 8px; padding: 4px 16px; padding-inline-end: 6px; border-block-end: 1px solid var(--line); }
header > svg { color: var(--accent); }
h2 { flex: 1; font-size: 1.0625em; }
.plain { display: grid; place-items: center; inline-size: 44px; padding: 0; border: 0; border-radius: 12px; background: none; color: var(--quiet); }
.plain:focus-visible, .scroller:focus-visible { outline-offset: -3px; }
.menu { position: relative; }
.menu > div {
  position: absolute; inset-block-start: 100%; inset-inline-end: 0; z-index: 1; display: grid; inline-size: max-content; padding: 6px;
  background: var(--ground); border: 1px solid var(--line); border-radius: 12px; box-shadow: 0 8px 32px #14183250;
}
.menu button { padding: 8px 16px; border: 0; border-radius: 8px; background: none; text-align: start; }
button:hover:enabled:not(.launcher, .send), .plain:hover { background: var(--raised); }

.notice > p { padding: 8px 16px; border-block-end: 1px solid var(--line); color: var(--quiet); }
.notice > .problem { margin: 12px 16px; }
.scroller { position: relative; flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 16px; }
.log { display: flex; flex-direction: column; gap: 12px; }
.message { max-inline-size: min(90%, 38em); padding: 12px 16px; border: 1px solid transparent; border-radius: 16px; align-self: start; overflow-wrap: anywhere; }
.message p + *, .message ul + *, .message ol + * { margin-block-start: .6em; }
.bot, .typing { background: var(--raised); border-end-start-radius: 4px; }
.you { background: var(--mine); color: #fff; align-self: end; border-end-end-radius: 4px; white-space: pre-wrap; margin-block-start: 8px; }
.message :is(ul, ol) { padding-inline-start: 1.4em; }
a { color: inherit; text-underline-offset: .2em; }
a[href^="tel:"] { padding-block: 10px; font-weight: 700; white-space: nowrap; }
.bot > a { display: inline-block; padding: 12px 16px 12px 0; }
details:not(.menu) { color: var(--quiet); margin-block-end: -8px; }
details:not(.menu) summary { inline-size: fit-content; padding-block: 10px; }
details > p { padding-block-end: 8px; }

.alarm { max-inline-size: 100%; align-self: stretch; border: 2px solid; border-inline-start-width: 8px; border-radius: 10px; }
.emergency { background: var(--on-emergency); border-color: var(--emergency); }
.urgent { background: var(--on-urgent); border-color: var(--urgent); }
.level { display: flex; gap: 8px; font-weight: 700; }
.level, .level + p { font-size: 1.125em; }
.level + p { font-weight: 600; }
.emergency .level, .counter span { color: var(--emergency); }
.urgent .level, .problem svg { color: var(--urgent); }

.choices { display: flex; flex-wrap: wrap; gap: 8px; }
.choices button, .problem button {
  max-inline-size: 100%; padding: 8px 16px; border: 1.5px solid var(--accent); border-radius: 22px; background: var(--ground);
  text-align: start; overflow-wrap: anywhere;
}
.choices :disabled { border-color: var(--line); border-style: dashed; color: var(--quiet); }
.choices [aria-pressed] { border: 1.5px solid var(--accent); color: var(--text); font-weight: 600; }
.choices [aria-pressed]::before { content: "\\2713\\a0" / ""; }
.typing { display: flex; gap: 5px; inline-size: fit-content; margin-block-start: 12px; padding: 18px; border-radius: 16px; }
.typing i { inline-size: 8px; block-size: 8px; border-radius: 50%; background: var(--quiet); }
.problem { display: grid; grid-template-columns: auto 1fr; gap: 8px 12px; border-color: var(--urgent); }
.problems > .problem { margin-block-start: 12px; }
.problem button { grid-column: 2; justify-self: start; }

form { display: grid; grid-template-columns: 1fr auto; align-items: end; gap: 6px 8px; padding: 10px 12px; border-block-start: 1px solid var(--line); }
textarea {
  min-block-size: 46px; max-block-size: 8em; padding: 10px 14px; resize: none; field-sizing: content;
  border: 1.5px solid var(--quiet); border-radius: 16px; background: var(--ground);
}
@supports not (field-sizing: content) { textarea { min-block-size: 4.5em; } }
::placeholder { color: var(--quiet); opacity: 1; }
.send { display: grid; place-items: center; inline-size: 46px; block-size: 46px; padding: 0; border-radius: 50%; }
.send:disabled { background: var(--raised); color: var(--quiet); border-color: var(--line); }
.counter { grid-column: 1 / 3; color: var(--quiet); }
.counter:empty { display: none; }

@media (max-width: 480px) {
  .panel { inset: 0; inline-size: 100%; block-size: 100dvh; border-width: 0; border-radius: 0; }
  .scroller { padding: 12px; }
}
:host([mode="page"]) { block-size: 100%; min-block-size: 0; }
:host([mode="page"]) .panel { position: static; inline-size: 100%; block-size: 100%; box-shadow: none; }
@media (prefers-reduced-motion: no-preference) {
  .typing i { animation: breathe 1.6s infinite; }
  .typing i + i { animation-delay: .25s; }
  .typing i + i + i { animation-delay: .5s; }
}
@keyframes breathe { 50% { opacity: .25; } }
@media (forced-colors: active) {
  .typing i { background: CanvasText; }
}
`);
