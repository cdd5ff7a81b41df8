// The console's keys and in-place updates. Everything here also works without it, by forms and links.

const REASON_KEYS = {
  s: "spam", a: "advertising", m: "health_misinformation", d: "dangerous_advice", u: "unlawful_sale", t: "off_topic",
  b: "abuse", h: "hate", p: "personal_data", i: "impersonation", l: "illegal_content", o: "other",
};
const BUTTONS = { a: "approve", s: "spam", m: "health", e: "escalate" };
const SAID = {
  approve: "Approved.", reject: "Rejected.", spam: "Rejected as spam.", health: "Rejected as health misinformation.",
  escalate: "Escalated: another member decides.",
};
const REASON_OF = { spam: "spam", health: "health_misinformation" };
const UNDO_MS = 30_000;
const POLL_MS = 15_000;
const DECISIONS = "/v1/review/decisions";

const list = document.getElementById("cards");
const bulk = document.getElementById("bulk");
const toasts = document.getElementById("toasts");
const keysOn = "keys" in document.body.dataset;
const undoable = [];
let current = null;
let choosing = null;
let lastPicked = null;

const cards = () => [...(list?.querySelectorAll("article.card") ?? [])];
const picks = () => [...document.querySelectorAll(".pick input")];

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

async function send(path, content) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(content ?? null),
  });
  if (answer.status === 401) location.assign("/console/sign-in");
  return { ok: answer.status === 200, status: answer.status, content: await answer.json() };
}

// Where one is

function goTo(card, focus = true) {
  current?.classList.remove("current");
  current = card;
  if (!card) return;
  card.classList.add("current");
  if (focus) {
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
    if (card.getBoundingClientRect().top < 0) card.scrollIntoView({ block: "start" });
  }
}

function step(by) {
  const all = cards();
  const next = all[Math.min(all.length - 1, Math.max(0, all.indexOf(current) + by))];
  if (next) goTo(next);
}

// What was just done

function toast(sentence, undo, left = UNDO_MS) {
  toasts.replaceChildren(element("p", { textContent: sentence }));
  if (undo) {
    const button = element("button", { type: "button", textContent: "Undo" });
    button.dataset.undo = "";
    button.addEventListener("click", undo);
    toasts.append(button);
  }
  const shown = toasts.firstChild;
  const clear = () => {
    if (toasts.firstChild !== shown) return;
    // Nobody loses the button while they are about to press it.
    if (toasts.matches(":hover, :focus-within")) setTimeout(clear, 2000);
    else toasts.replaceChildren();
  };
  setTimeout(clear, left);
}

function keepForNextPage(entry) {
  try {
    if (entry) sessionStorage.setItem("undo", JSON.stringify(entry));
    else sessionStorage.removeItem("undo");
  } catch { /* A browser that keeps nothing just shows no toast on the next page. */ }
}

function keptFromLastPage() {
  try {
    const kept = JSON.parse(sessionStorage.getItem("undo") ?? "null");
    sessionStorage.removeItem("undo");
    return kept && Date.now() - kept.at < UNDO_MS ? kept : null;
  } catch {
    return null;
  }
}

function refuse(card, sentence) {
  const form = card.querySelector("form.actions");
  card.querySelector(".notice.trouble")?.remove();
  const notice = element("p", { className: "notice trouble" }, `Not done. ${sentence} `);
  notice.setAttribute("role", "alert");
  notice.append(element("a", { href: `/console/comments/${idOf(card)}`, textContent: "See what was decided" }));
  form.before(notice);
  return form;
}

const idOf = (card) => card.id.slice(2);

function afterRemoval(place) {
  const all = cards();
  if (all.length) goTo(all[Math.min(place, all.length - 1)]);
  else location.assign(`/console?${bulk?.elements.back.value ?? ""}`);
}

// Deciding

async function decide(form, button) {
  const card = form.closest("article");
  const fields = form.elements;
  const reason = REASON_OF[button] ?? (button === "reject" ? fields.reason.value : null);
  const wish = {
    comment_id: fields.comment_id.value,
    version: Number(fields.version.value),
    action: button in REASON_OF ? "reject" : button,
    reason,
    note: fields.note.value || null,
    statement: reason ? fields.statement.value || null : null,
    second_opinion: Boolean(fields.second),
  };
  card.inert = true;
  let answer;
  try {
    answer = await send(DECISIONS, { decisions: [wish] });
  } catch {
    card.inert = false;
    refuse(card, "The service could not be reached; try again.");
    return;
  }
  card.inert = false;
  if (!answer.ok) {
    refuse(card, answer.content.detail).remove();
    goTo(card);
    return;
  }
  const [result] = answer.content.results;
  const place = cards().indexOf(card);
  const pick = card.querySelector(".pick input");
  if (pick) pick.checked = false;
  card.remove();
  countPicked();
  const sentence = result.message || SAID[button];
  const entry = { decision: result.decision_id, card, place };
  undoable.push(entry);
  keepForNextPage({ decision: result.decision_id, sentence, at: Date.now() });
  toast(sentence, () => undo(entry));
  afterRemoval(place);
}

async function undo(entry) {
  const at = undoable.indexOf(entry);
  if (at >= 0) undoable.splice(at, 1);
  keepForNextPage(null);
  const answer = await send(`${DECISIONS}/${entry.decision}/undo`);
  if (!answer.ok) {
    toast(`Not undone. ${answer.content.detail}`);
    return;
  }
  if (!entry.card || !list) {
    location.reload();
    return;
  }
  const { card, place } = entry;
  card.querySelector("[name=version]").value = answer.content.version;
  const pick = card.querySelector(".pick input");
  if (pick) pick.value = `${idOf(card)}:${answer.content.version}`;
  list.querySelector(".empty")?.remove();
  list.insertBefore(card, cards()[place] ?? null);
  toast("Undone: what stood before stands again.");
  goTo(card);
}

function undoLast() {
  const shown = document.querySelector("[data-undo]");
  if (undoable.length) undo(undoable.at(-1));
  else shown?.click();
}

// Reasons and what the author is told

function draft(form) {
  const { reason, statement } = form.elements;
  if (statement.dataset.own !== undefined) return;
  const line = document.querySelector(`#sentences [data-reason="${reason.value}"]`);
  const evidence = line ? form.dataset[line.dataset.by] : "";
  statement.value = line ? `${line.textContent} ${evidence ?? ""}`.trim() : "";
}

function chooseReason(card) {
  const form = card.querySelector("form.actions");
  if (!form) return;
  form.querySelector(".other").open = true;
  form.elements.reason.focus();
  choosing = form;
}

function reasonKey(event) {
  const form = choosing;
  choosing = null;
  const reason = REASON_KEYS[event.key];
  if (!reason) return;
  event.preventDefault();
  form.elements.reason.value = reason;
  draft(form);
  decide(form, "reject");
}

// Selecting

function countPicked() {
  if (!bulk) return;
  const number = picks().filter((pick) => pick.checked).length;
  bulk.classList.toggle("active", number > 0);
  bulk.elements.count.value = number || "";
  bulk.elements.chosen.value = number ? `${number} selected` : "With the selected comments";
}

function pick(box, event) {
  const all = picks();
  if (event.shiftKey && lastPicked && all.includes(lastPicked)) {
    const [from, to] = [all.indexOf(lastPicked), all.indexOf(box)].sort((a, b) => a - b);
    for (const each of all.slice(from, to + 1)) each.checked = box.checked;
  }
  lastPicked = box;
  countPicked();
}

function together(button) {
  const form = picks().some((each) => each.checked) ? bulk : current?.querySelector("form.all");
  form?.querySelector(`button[value=${button}]`)?.click();
}

// Keys

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (choosing) {
    reasonKey(event);
    return;
  }
  if (event.target.closest("input:not([type=checkbox]), select, textarea")) {
    if (event.key === "Escape") current?.focus();
    return;
  }
  const key = event.key;
  const on = current ?? document.querySelector("main .card");
  const form = on?.querySelector("form.actions");
  const commands = {
    j: () => step(1),
    k: () => step(-1),
    r: () => on && chooseReason(on),
    u: undoLast,
    x: () => on?.querySelector(".pick input")?.click(),
    v: () => toggle(on),
    o: () => on?.querySelector("h2 a")?.click(),
    "/": () => openFilter(),
    "?": () => location.assign("/console/help"),
  };
  if (key in commands) {
    event.preventDefault();
    commands[key]();
  } else if (event.shiftKey && key.toLowerCase() in BUTTONS) {
    event.preventDefault();
    together(BUTTONS[key.toLowerCase()]);
  } else if (key in BUTTONS && form) {
    event.preventDefault();
    form.querySelector(`button[value=${BUTTONS[key]}]`)?.click();
  }
}

function toggle(card) {
  const folded = card?.querySelector("details.veil:not([open]), details.seen, pre.source");
  const details = folded?.closest("details");
  if (details) details.open = !details.open;
}

function openFilter() {
  const filter = document.querySelector(".filter");
  if (!filter) return;
  filter.open = true;
  document.getElementById("q").focus();
}

// What colleagues do meanwhile. Asked for, not pushed: see tests/bench/console_live.py for what each costs.

async function ask() {
  const backlog = document.getElementById("backlog");
  if (document.hidden || !backlog) return;
  const answer = await fetch(`/v1/review/backlog?site=${encodeURIComponent(backlog.dataset.site)}`);
  if (!answer.ok) return;
  const found = await answer.json();
  const put = (id, text) => {
    const place = document.getElementById(id);
    if (place && place.textContent !== text) place.textContent = text;
  };
  put("held", String(found.held));
  put("elsewhere", String(found.elsewhere));
  if (found.oldest_at) put("oldest", span(Date.now() - new Date(found.oldest_at)));
  const mine = new Set(found.leases.map((lease) => lease.comment_id));
  for (const card of cards()) if (card.dataset.until && !mine.has(idOf(card))) letGo(card);
}

function span(milliseconds) {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  for (const [unit, size] of [["day", 1440], ["hour", 60], ["minute", 1]]) {
    const count = Math.floor(minutes / size);
    if (count) return `${count} ${unit}${count > 1 ? "s" : ""}`;
  }
  return "less than a minute";
}

function letGo(card) {
  const lease = card.querySelector(".lease");
  if (!lease) return;
  delete card.dataset.until;
  const button = element("button", { type: "button", className: "quiet", textContent: "Hold it again" });
  button.addEventListener("click", () => holdAgain(card, lease));
  lease.replaceChildren("No longer yours: others may take it. ", button);
}

async function holdAgain(card, lease) {
  const answer = await send("/v1/review/leases", { comment_ids: [idOf(card)] });
  const [item] = answer.ok ? answer.content.items : [];
  if (!item) {
    refuse(card, "Somebody else has taken this comment, or has decided on it.").remove();
    lease.remove();
    return;
  }
  card.dataset.until = item.lease.until;
  lease.textContent = `Yours until ${item.lease.until.slice(11, 16)} UTC`;
}

// Start

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!list || !form.matches("#cards form.actions") || !event.submitter) return;
  event.preventDefault();
  decide(form, event.submitter.value);
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form.actions");
  if (form && event.target.name === "reason") draft(form);
});
document.addEventListener("input", (event) => {
  if (event.target.name === "statement") event.target.dataset.own = "";
});
document.addEventListener("click", (event) => {
  if (event.target.matches(".pick input")) pick(event.target, event);
  const card = event.target.closest("#cards article.card");
  if (card && card !== current) goTo(card, false);
});
document.addEventListener("focusin", (event) => {
  const card = event.target.closest("#cards article.card");
  if (card && card !== current) goTo(card, false);
  if (choosing && event.target !== choosing.elements.reason) choosing = null;
});
if (keysOn) {
  document.documentElement.classList.add("keys");
  document.addEventListener("keydown", onKey);
  const keys = Object.fromEntries(Object.entries(REASON_KEYS).map(([key, reason]) => [reason, key]));
  for (const option of document.querySelectorAll("form.actions option[value]")) {
    if (keys[option.value]) option.label = `${option.textContent} (${keys[option.value]})`;
  }
}
document.documentElement.classList.add("scripted");
const kept = keptFromLastPage();
if (kept) toast(kept.sentence, () => undo({ decision: kept.decision }), UNDO_MS - (Date.now() - kept.at));
if (cards().length) goTo(cards()[0], !document.querySelector(".notice.done") && !location.hash);
countPicked();
if (document.getElementById("backlog")) setInterval(ask, POLL_MS);
