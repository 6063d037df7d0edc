/** Every text the widget itself shows; the attribute strings='{"title": "..."}' replaces any of them. */
const STRINGS = {
  lang: "en",
  title: "Hypnic",
  open: "Ask about sleep twitches",
  close: "Close",
  options: "Options",
  restart: "Start again",
  remove: "Delete my data",
  conversation: "Conversation",
  you: "You said:",
  bot: "Hypnic said:",
  typing: "Hypnic is typing",
  placeholder: "Type your question",
  send: "Send",
  left: "{n} characters left",
  tooLong: "Please shorten your message by {n} characters.",
  choices: "Choices",
  meant: "Did you mean",
  sources: "Sources",
  checked: "checked {date}",
  newTab: "(opens in a new tab)",
  helpful: "Helpful?",
  yes: "Yes, this helped",
  no: "No, this did not help",
  thanks: "Thank you.",
  progress: "Question {step} of about {of}",
  back: "Go back",
  stop: "Stop",
  emergency: "Emergency",
  crisis: "You are not alone",
  urgent: "Urgent",
  routine: "Routine visit",
  self_care: "Care at home",
  now: "now",
  same_day: "today",
  within_days: "in the next few days",
  weeks: "in the next week or two",
  call: "Call {number}",
  page: "What is on the page",
  failed: "No answer came back. Please try again.",
  offline: "I could not be reached. Please check your connection and try again.",
  late: "The answer took too long. Please try again.",
  retry: "Retry",
  unplugged: "You are offline. What you send waits here until you are back. Phone calls may still work.",
  inDanger: "In an emergency call your local emergency number.",
  restarted: "We have started again.",
  removing: "Deleting your conversation.",
  removed: "Your conversation is deleted, here and on the server.",
  notRemoved: "It is deleted from this browser. The server could not be reached, so a copy may still be there.",
  greeting:
    "Hello, I am Hypnic. Ask me about twitches, jerks and other movements around sleep, in your own words.\n\n" +
    "I am an automated helper, not a doctor. If someone is in danger, call your local emergency number.",
  suggestions: [
    "Why do I jerk when falling asleep?",
    "Are my leg twitches restless legs?",
    "My baby twitches in sleep",
    "When should I see a doctor?",
  ],
};

/** The texts with a site's own wording on top. */
export function stringsWith(json) {
  try {
    return { ...STRINGS, ...JSON.parse(json) };
  } catch {
    console.warn("hypnic-chat: the attribute strings is not valid JSON");
    return STRINGS;
  }
}
