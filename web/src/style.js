/** The look, as a constructed stylesheet: a strict style-src allows it. Sites set the --hypnic-... properties. */

const DARK = `
  --ground: var(--hypnic-ground, #141724); --raised: var(--hypnic-raised, #212639);
  --text: var(--hypnic-text, #dfe3f0); --quiet: var(--hypnic-quiet, #a3abc4); --line: var(--hypnic-line, #3d4560);
  --accent: var(--hypnic-accent, #b3bdf7); --on-accent: var(--hypnic-on-accent, #171b30);
  --mine: var(--hypnic-mine, #363f70); --on-mine: var(--hypnic-on-mine, #fff);
  --emergency: #ff9a90; --on-emergency: #3d1614; --call: #ffb3ab; --on-call: #3d0f0c;
  --urgent: #efbd5a; --on-urgent: #352808; --routine: #9fc3ff; --on-routine: #16243d; --care: #8ed6a8; --on-care: #12291c;
  color-scheme: dark;
`;

export const STYLE = new CSSStyleSheet();

STYLE.replaceSync(`
:host {
  --ground: var(--hypnic-ground, #fbfbfe); --raised: var(--hypnic-raised, #eceef8);
  --text: var(--hypnic-text, #232838); --quiet: var(--hypnic-quiet, #555d75); --line: var(--hypnic-line, #c3c8dc);
  --accent: var(--hypnic-accent, #454f96); --on-accent: var(--hypnic-on-accent, #fff);
  --mine: var(--hypnic-mine, #454f96); --on-mine: var(--hypnic-on-mine, #fff);
  --emergency: #a8221b; --on-emergency: #fdeceb; --call: #a8221b; --on-call: #fff;
  --urgent: #805100; --on-urgent: #fff3dc; --routine: #1f4f91; --on-routine: #e8f0fd; --care: #1d6238; --on-care: #e7f5ec;
  all: initial;
  display: block;
  color-scheme: light;
  color: var(--text);
  font: max(16px, 1rem)/1.5 var(--hypnic-font, system-ui, sans-serif);
}
@media (prefers-color-scheme: dark) { :host(:not([theme="light"])) { ${DARK} } }
:host([theme="dark"]) { ${DARK} }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
button, textarea { font: inherit; color: inherit; }
button, summary { min-block-size: 44px; cursor: pointer; }
p, ul, ol, h2, h3, h4 { margin: 0; }
h3, h4 { font-size: 1em; }
svg { inline-size: 24px; block-size: 24px; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.launcher, .panel { position: fixed; inset-block-end: 20px; inset-inline-end: 20px; z-index: 2147483000; box-shadow: 0 8px 32px #14183250; }
.launcher { display: flex; align-items: center; gap: 8px; padding: 12px 20px; max-inline-size: calc(100vw - 40px); border-radius: 28px; }
.launcher, .send { border: 1px solid transparent; background: var(--accent); color: var(--on-accent); }
.panel {
  display: flex; flex-direction: column; overflow: hidden auto; inline-size: min(420px, 100vw - 40px); block-size: min(680px, 100dvh - 40px);
  background: var(--ground); border: 1px solid var(--line); border-radius: var(--hypnic-radius, 16px);
}
.panel:focus { outline: none; }

.head { display: flex; align-items: center; gap: 8px; padding: 4px 16px; padding-inline-end: 6px; border-block-end: 1px solid var(--line); }
.head > svg { color: var(--accent); }
h2 { flex: 1; font-size: 1.0625em; }
.plain { display: grid; place-items: center; inline-size: 44px; padding: 0; border: 0; border-radius: 12px; background: none; color: var(--quiet); }
.plain:focus-visible, .scroller:focus-visible { outline-offset: -3px; }
.menu { position: relative; }
.menu > div {
  position: absolute; inset-block-start: 100%; inset-inline-end: 0; z-index: 1; display: grid; inline-size: max-content; padding: 6px;
  background: var(--ground); border: 1px solid var(--line); border-radius: 12px; box-shadow: 0 8px 32px #14183250;
}
.menu button { padding: 8px 16px; border: 0; border-radius: 8px; background: none; text-align: start; }
button:hover:enabled:not(.launcher, .send), .plain:hover, .files a:hover { background: var(--raised); }

.notice > p, .offline { padding: 8px 16px; border-block-end: 1px solid var(--line); color: var(--quiet); }
.offline { background: var(--on-urgent); color: var(--text); }
.offline:empty { display: none; }
.notice > .problem { margin: 12px 16px; }
.scroller { position: relative; flex: 1 0 8rem; overflow-y: auto; overscroll-behavior: contain; padding: 16px; }
.log { display: flex; flex-direction: column; gap: 12px; }
.message { max-inline-size: min(92%, 38em); padding: 12px 16px; border: 1px solid transparent; border-radius: 16px; align-self: start; overflow-wrap: anywhere; }
.message :is(p, ul, ol, .call) + * { margin-block-start: .6em; }
.message h3 + *, .message h4 + * { margin-block-start: .2em; }
.bot, .typing { background: var(--raised); border-end-start-radius: 4px; }
.you { background: var(--mine); color: var(--on-mine); align-self: end; border-end-end-radius: 4px; white-space: pre-wrap; margin-block-start: 8px; }
.message :is(ul, ol) { padding-inline-start: 1.4em; }
.message li + li { margin-block-start: .25em; }
a { color: inherit; text-underline-offset: .2em; }
a[href^="tel:"] { padding-block: 10px; font-weight: 700; white-space: nowrap; }
details:not(.menu) { color: var(--quiet); }
details:not(.menu) summary { inline-size: fit-content; padding-block: 10px; }
details[open]:not(.menu) { padding-block-end: 8px; }
.foot { display: flex; flex-wrap: wrap; align-items: start; justify-content: space-between; gap: 0 12px; margin-block-end: -8px; }
.foot details { flex: 1 1 12em; }
.vote { display: flex; align-items: center; color: var(--quiet); }
.vote svg { inline-size: 20px; block-size: 20px; stroke-width: 1.7; }
.vote [value="false"] svg { rotate: 180deg; }
.vote :disabled { cursor: default; }
.vote [aria-pressed] { color: var(--accent); }
.vote :disabled:not([aria-pressed]) { display: none; }

.card { inline-size: 100%; max-inline-size: 38em; border-color: var(--line); background: var(--ground); border-end-start-radius: 16px; }
.asks > p:not(.progress) { font-weight: 600; }
.progress { color: var(--quiet); }
progress { display: block; inline-size: 100%; block-size: 6px; margin-block-start: 6px; appearance: none; border: 0; border-radius: 3px; background: var(--raised); overflow: hidden; }
::-webkit-progress-bar { background: var(--raised); }
::-webkit-progress-value { background: var(--accent); border-radius: 3px; }
::-moz-progress-bar { background: var(--accent); }
.card .choices { flex-direction: column; margin-block-start: 12px; }
.card .choices button { inline-size: 100%; border-radius: 12px; }
.aside { display: flex; flex-wrap: wrap; gap: 0 4px; margin-block: 6px -4px; margin-inline: -10px; }
.aside button { padding: 8px 10px; border: 0; border-radius: 12px; background: none; color: var(--quiet); text-decoration: underline; text-underline-offset: .25em; }
.card.closed .choice:not([aria-pressed]) { display: none; }
.card.closed .choice { inline-size: auto; padding: 8px 0; border: 0; text-decoration: none; }
.card.closed .progress progress { display: none; }
.card.closed .aside { margin: 0; }

.message .files { display: flex; flex-wrap: wrap; gap: 8px; margin-block-start: 12px; }
.files a, .call { display: flex; align-items: center; gap: 8px; min-block-size: 44px; padding: 8px 16px; border-radius: 12px; }
.files a { border: 1.5px solid var(--accent); text-decoration: none; }
.page details > :not(summary) { color: var(--text); }
.page h4 { margin-block-start: 1em; }

.alarm, .result { max-inline-size: 100%; align-self: stretch; border: 2px solid var(--tone); border-inline-start-width: 8px; border-radius: 12px; background: var(--tint); }
.emergency { --tone: var(--emergency); --tint: var(--on-emergency); }
.urgent { --tone: var(--urgent); --tint: var(--on-urgent); }
.routine { --tone: var(--routine); --tint: var(--on-routine); }
.self_care { --tone: var(--care); --tint: var(--on-care); }
.level { display: flex; gap: 8px; font-weight: 700; color: var(--tone); }
.level, .level + p { font-size: 1.125em; }
.level + p { font-weight: 600; }
.message:is(.alarm, .result) > h3 { margin-block-start: 1em; }
.call { justify-content: center; padding: 12px 16px; background: var(--call); color: var(--on-call); border: 1px solid transparent; font-size: 1.25em; text-decoration: none; }
.alarm details, .result details { color: var(--text); margin-block-end: -8px; }
.counter span { color: var(--emergency); }
.problem svg { color: var(--urgent); }

.choices { display: flex; flex-wrap: wrap; gap: 8px; }
.choices button, .problem button {
  max-inline-size: 100%; padding: 8px 16px; border: 1.5px solid var(--accent); border-radius: 22px; background: var(--ground);
  text-align: start; overflow-wrap: anywhere;
}
.choices :disabled { border-color: var(--line); border-style: dashed; color: var(--quiet); }
.choice:disabled { cursor: default; }
.choices [aria-pressed], .aside [aria-pressed] { border: 1.5px solid var(--accent); color: var(--text); font-weight: 600; }
.choice[aria-pressed]::before { content: "\\2713\\a0" / ""; }
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
  progress { forced-color-adjust: none; border: 1px solid CanvasText; background: Canvas; }
  ::-webkit-progress-bar { background: Canvas; }
  ::-webkit-progress-value { background: CanvasText; }
}
`);
