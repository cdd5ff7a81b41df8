/* Gatepost's widget: <comment-thread data-site="…"> shows and takes comments, <comment-count data-site="…"> counts them.
 * It is served as it stands here. No cookie, no eval, no inline style; what readers wrote is inserted as text, but for
 * the HTML that the service has sanitised (`insert`). The guide for owners: docs/embedding.md. */

const HOME = new URL(".", import.meta.url);
const EDIT_WINDOW = 15 * 60e3;
const FIELDS = ["author_name", "author_email", "author_url", "body", "website"];
const FRAMED_BY = document.documentElement.dataset.framedBy;

/* The page's own style wins over every rule of this sheet: :where() has no specificity. */
const AROUND = `
:where(comment-thread, comment-thread form, comment-thread label) { display: block }
:where(comment-thread form > :is(p, div, label:has(input, textarea), input, textarea)) { margin-block: 0 .75rem }
:where(comment-thread input:not([type=hidden], [type=checkbox], [type=radio]), comment-thread textarea) {
  display: block; box-sizing: border-box; inline-size: 100%; margin-block-start: .25rem; padding: .5rem; font: inherit;
  border: 1px solid; border-radius: var(--gatepost-radius, .25rem) }
:where(comment-thread textarea) { min-block-size: 7rem; resize: vertical }
:where(comment-thread form button) { min-block-size: 2.5rem; padding-inline: 1.25rem; font: inherit }
.gatepost-trap { position: absolute !important; inset-block-start: 0; inset-inline-start: 0; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%) }
:where(comment-thread) { position: relative }
:where(.gatepost-fault) { margin-block: .25rem 0; color: var(--gatepost-error, inherit); font-weight: 600 }
:where(.gatepost-said:empty, .gatepost-left:empty) { display: none }`;

/* What is set here reaches the page's own form, too, through the slot: hence names that nobody else has. */
const INSIDE = `
section { --gp-line: var(--gatepost-line, color-mix(in srgb, currentColor 25%, transparent));
  --gp-soft: var(--gatepost-soft, color-mix(in srgb, currentColor 85%, transparent));
  --gp-accent: var(--gatepost-accent, currentColor); --gp-gap: var(--gatepost-gap, 1rem); --gp-radius: var(--gatepost-radius, .25rem) }
* { box-sizing: border-box }
section { font: var(--gatepost-font, inherit); overflow-wrap: anywhere; text-align: start }
h2, h3 { margin: var(--gp-gap) 0 .5em; line-height: 1.25; font-size: 1.35em } h3 { font-size: 1.1em }
.list, .replies { list-style: none; margin: 0; padding: 0 }
.replies { margin-inline-start: var(--gatepost-indent, 1.5rem) }
article { margin-block: var(--gp-gap); padding: var(--gatepost-padding, .75rem 1rem); border: 1px solid var(--gp-line);
  border-radius: var(--gp-radius); background: var(--gatepost-ground, transparent) }
article.here { border-color: var(--gp-accent); box-shadow: 0 0 0 2px var(--gp-accent) }
header, footer, .bar { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline }
header > :last-child { margin-inline-end: auto }
small, time, .soft { color: var(--gp-soft); font-size: .875em }
.body { margin-block: .5rem } .body > :first-child { margin-top: 0 } .body > :last-child { margin-bottom: 0 }
pre { overflow-x: auto } blockquote { margin-inline: 0; padding-inline-start: 1em; border-inline-start: 3px solid var(--gp-line) }
a { color: var(--gatepost-link, inherit) }
button, select, textarea { font: inherit; min-block-size: 2rem }
button { padding: .15rem .75rem; color: inherit; background: none; border: 1px solid var(--gp-line); border-radius: var(--gp-radius); cursor: pointer }
footer button { font-size: .875em } button:hover { border-color: currentColor }
select, textarea { display: block; max-inline-size: 100%; padding: .35rem; color: FieldText; background: Field; border: 1px solid; border-radius: var(--gp-radius) }
textarea { inline-size: 100%; min-block-size: 5rem } label { display: block; margin-block: .5rem }
.bar { align-items: center; justify-content: space-between } .bar label { display: flex; gap: .5rem; align-items: center }
:focus-visible { outline: 3px solid var(--gp-accent); outline-offset: 2px }
article:focus-visible { outline: none }
[role=status]:empty, [hidden] { display: none } .waiting strong { display: block }
.heard { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%) }
@media (max-width: 30rem) { .replies { margin-inline-start: .75rem } article { padding: .5rem .75rem } }
@media (forced-colors: active) { article.here { outline: 3px solid Highlight } }
@media (prefers-reduced-motion: no-preference) { article { transition: box-shadow .4s } }`;

const sheet = (css) => {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
};

const make = (tag, properties, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child));
  return made;
};

const button = (text, onclick, more) => make("button", { type: "button", textContent: text, onclick, ...more });

/* Storage may be blocked; then everything works but for what a reload would bring back. */
const shelf = (kind) => ({
  get(key) {
    try {
      return JSON.parse(window[kind].getItem(`gatepost:${key}`));
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      if (value) window[kind].setItem(`gatepost:${key}`, JSON.stringify(value));
      else window[kind].removeItem(`gatepost:${key}`);
    } catch {}
  },
});
const drafts = shelf("sessionStorage");
const kept = shelf("localStorage");

const policy = (() => {
  try {
    return window.trustedTypes?.createPolicy("gatepost", { createHTML: (html) => html });
  } catch {}
})();

/* The one place where HTML becomes elements: the service has sanitised it, and the browser does it again if it can. */
const insert = (into, html) => {
  if (into.setHTML) {
    const elements = "a b strong i em code pre blockquote p br ul ol li".split(" ");
    into.setHTML(html, { sanitizer: { elements, attributes: ["href", "rel"] } });
  } else into.innerHTML = policy ? policy.createHTML(html) : html;
};

const ask = async (path, { token, key, ...more } = {}) => {
  const headers = { Accept: "application/json" };
  if (more.body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  if (key) headers["Idempotency-Key"] = key;
  const signal = AbortSignal.timeout(30e3);
  const answer = await fetch(new URL(`v1/${path}`, HOME), { headers, credentials: "omit", signal, ...more });
  const content = answer.status === 204 ? null : await answer.json();
  if (answer.ok) return content;
  throw Object.assign(new Error(content.code), { problem: content, wait: Number(answer.headers.get("Retry-After")) });
};

const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/* Answer a challenge of altcha's (version 2, PBKDF2); "" where the browser cannot, and a person looks instead. */
const work = async (challenge) => {
  if (!challenge || !window.crypto?.subtle) return "";
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const way = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  const password = new Uint8Array(20);
  password.set(bytes(nonce));
  for (let counter = 0; counter < 1e4; counter++) {
    new DataView(password.buffer).setUint32(16, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hex(await crypto.subtle.deriveBits(way, key, 8 * keyLength));
    if (derivedKey.startsWith(keyPrefix)) return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
  }
  return "";
};

class CommentThread extends HTMLElement {
  #site; #name; #url; #page; #lang; // who and where
  #needs; #t; #form; #said; #left; // the form and its texts
  #root; #title; #list; #status; #more; #home; #answering; // what is shown
  #items = new Map(); #orphans = new Map(); #cursor; #sort; #count = 0; #parent = null;
  #sending = false; #pending; #tries = 0;

  connectedCallback() {
    if (this.#site) return;
    const { site, pageKey, pageUrl, lang } = this.dataset;
    this.#form = this.querySelector("form");
    const named = (name) => this.#form?.elements[name]?.value;
    const key = pageKey || named("page_key") || "";
    this.#site = `sites/${encodeURIComponent(site)}`;
    this.#url = pageUrl || named("page_url") || document.querySelector("link[rel=canonical]")?.href || location.href.split("#")[0];
    this.#page = new URLSearchParams(key ? { page_key: key } : { page_url: this.#url });
    this.#name = `${site}:${key || this.#url}`;
    this.#lang = lang || this.closest("[lang]")?.lang || "";
    const near = new IntersectionObserver(
      (seen) => {
        if (!seen.some((each) => each.isIntersecting)) return;
        near.disconnect();
        this.#start();
      },
      { rootMargin: "600px" },
    );
    // A frame's margins do not count for the page around it, and that page may load the frame lazily itself.
    if (FRAMED_BY || this.#wanted()) this.#start();
    else near.observe(this);
  }

  async #start() {
    const [needs, thread] = await Promise.allSettled([this.#askNeeds(), this.#askPage()]);
    const failed = [needs, thread].filter((each) => each.status === "rejected").map((each) => each.reason);
    if (failed.length) return this.#fail(failed.find((reason) => reason.problem) ?? failed[0]);
    this.#build();
    this.#show(thread.value);
    window.addEventListener("hashchange", () => this.#seek());
    window.addEventListener("online", () => this.isConnected && this.#pending && this.#send());
    this.#showWaiting();
    this.#seek();
  }

  async #askNeeds() {
    const query = new URLSearchParams([...this.#page, ["lang", this.#lang]]);
    this.#needs = await ask(`${this.#site}/form?${query}`);
    this.#t = (name, values = {}) =>
      this.#needs.strings[name].replace(/\{(\w+)\}/g, (whole, place) => values[place] ?? whole);
  }

  #askPage() {
    const query = new URLSearchParams([...this.#page, ["sort", this.#sort ?? "oldest"], ["cursor", this.#cursor ?? ""]]);
    return ask(`${this.#site}/comments?${query}`, { cache: "no-cache" }); // what was just deleted is not shown again
  }

  /* The form works without us, and what the page itself shows of the thread (slot="plain") is better than nothing. */
  #fail(error) {
    this.#root ??= this.attachShadow({ mode: "open" });
    const text = error.problem?.detail ?? this.#needs?.strings.failed ?? "The comments cannot be shown at the moment.";
    const again = button(this.#needs?.strings.again ?? "Try again", () => {
      this.#root.replaceChildren(make("slot"));
      this.#start();
    });
    this.#root.adoptedStyleSheets = [sheet(INSIDE)];
    this.#root.replaceChildren(make("section", {}, make("p", { role: "alert", textContent: text }), again),
      make("slot", { name: "plain" }), make("slot"));
  }

  #build() {
    const t = this.#t;
    this.#root ??= this.attachShadow({ mode: "open" });
    this.#root.adoptedStyleSheets = [sheet(INSIDE)];
    this.#title = make("h2", { id: "title" });
    const order = make("select", { onchange: () => this.#reorder(order.value) });
    for (const sort of ["oldest", "newest"]) order.append(new Option(t(sort), sort));
    this.#status = make("p", { role: "status" });
    this.#list = make("ol", { className: "list" });
    this.#more = button(t("more"), () => this.#next(), { hidden: true });
    this.#answering = make("p", { hidden: true });
    this.#home = make("div", { className: "form" }, make("h3", { textContent: t("form") }), this.#answering, make("slot"));
    const section = make("section", { lang: this.#needs.lang, dir: this.#needs.dir },
      make("div", { className: "bar" }, this.#title, make("label", {}, t("order"), order)),
      this.#list, this.#more, this.#status, make("div", { className: "end" }, this.#home));
    section.setAttribute("aria-labelledby", "title");
    this.#root.replaceChildren(section);
    for (const plain of this.querySelectorAll("[slot=plain]")) plain.remove();
    if (!this.#form) this.append((this.#form = this.#madeForm()));
    this.#dress();
  }

  #madeForm() {
    const t = this.#t;
    const field = (name, tag, more) => make("label", {}, t(name.replace("author_", "")), make(tag, { name, ...more }));
    return make("form", { lang: this.#needs.lang, dir: this.#needs.dir },
      field("author_name", "input", { maxLength: 80, autocomplete: "name" }),
      field("author_email", "input", { type: "email", maxLength: 254, autocomplete: "email" }),
      field("body", "textarea", { required: true }),
      make("div", { className: "gatepost-trap", ariaHidden: "true" },
        make("label", {}, t("trap"), make("input", { name: "website", tabIndex: -1, autocomplete: "off" }))),
      make("button", { textContent: t("send") }));
  }

  /* Take the form over, whoever wrote it. */
  #dress() {
    const form = this.#form;
    const { body } = form.elements;
    this.#left = make("p", { className: "gatepost-left", role: "status" });
    this.#said = make("p", { className: "gatepost-said", role: "status" });
    body.removeAttribute("maxlength"); // a longer text is better told than cut
    form.noValidate = true;
    form.append(this.#left, this.#said);
    const draft = drafts.get(`draft:${this.#name}`);
    this.#pending = drafts.get(`sent:${this.#name}`);
    for (const name of ["author_name", "body"]) {
      if (draft?.[name] && form.elements[name] && !form.elements[name].value) form.elements[name].value = draft[name];
    }
    form.addEventListener("input", () => {
      drafts.set(`draft:${this.#name}`, { author_name: form.elements.author_name?.value, body: body.value });
      this.#countDown();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#tries = 0;
      this.#send();
    });
    window.addEventListener("pageshow", () => this.#countDown());
  }

  #countDown() {
    const n = this.#needs.max_body - [...this.#form.elements.body.value].length;
    this.#left.ariaLive = n % 50 ? "off" : "polite"; // not at every key
    this.#left.textContent = n < 500 ? this.#t("left", { n: n.toLocaleString(this.#needs.lang) }) : "";
  }

  #show({ page, comments, next_cursor }) {
    this.#count = page.count;
    this.#cursor = next_cursor;
    if (page.closed) this.#home.replaceChildren(make("p", { textContent: this.#t("closed") }));
    for (const comment of comments) this.#place(comment);
    this.#more.hidden = !next_cursor;
    this.#update();
  }

  #update() {
    const n = this.#count.toLocaleString(this.#needs.lang);
    this.#title.textContent = this.#t("title", { n });
    if (!this.#items.size) this.#list.replaceChildren(make("li", { className: "soft none", textContent: this.#t("none") }));
    else this.#list.querySelector(":scope > .none")?.remove();
  }

  #say(textContent, className = "") {
    Object.assign(this.#status, { textContent, className });
  }

  async #next() {
    const last = this.#list.lastElementChild;
    try {
      this.#show(await this.#askPage());
    } catch {
      this.#say(this.#t("failed"));
      return false;
    }
    last?.nextElementSibling?.querySelector("article").focus();
    return true;
  }

  async #reorder(sort) {
    this.#goHome();
    this.#sort = sort;
    this.#cursor = null;
    const thread = await this.#askPage().catch(() => (this.#say(this.#t("failed")), null));
    if (!thread) return;
    this.#items.clear();
    this.#orphans.clear();
    this.#list.replaceChildren();
    this.#show(thread);
    this.#showWaiting();
  }

  /* Put a comment where it belongs: replies below the comment that began the exchange, in the order of their ids. */
  #place(comment) {
    if (this.#items.has(comment.id)) return this.#items.get(comment.id);
    const parent = this.#items.get(comment.parent_id);
    const item = { comment, replies: make("ol", { className: "replies" }), parent };
    item.article = make("article", { tabIndex: -1, id: `comment-${comment.id}` });
    item.node = make("li", {}, item.article, item.replies);
    item.root = parent ? parent.root : item;
    this.#items.set(comment.id, item);
    if (parent) {
      const later = [...item.root.replies.children].find((each) => each.firstElementChild.id > item.article.id);
      item.root.replies.insertBefore(item.node, later ?? null);
    } else {
      this.#list[comment.fresh && this.#sort === "newest" ? "prepend" : "append"](item.node);
      if (comment.parent_id) this.#orphans.set(comment.id, item);
    }
    this.#fill(item);
    for (const [id, orphan] of this.#orphans) {
      if (orphan.comment.parent_id !== comment.id) continue;
      const { comment: moved, node } = orphan;
      this.#orphans.delete(id);
      this.#items.delete(id);
      const below = [...this.#items.values()].filter((each) => each.root === orphan).map((each) => each.comment);
      for (const each of below) this.#items.delete(each.id);
      if (node.contains(this.#home)) this.#goHome();
      node.remove();
      for (const each of [moved, ...below]) this.#place(each);
    }
    return item;
  }

  #fill(item) {
    const { comment, parent } = item;
    const t = this.#t;
    const at = new Date(comment.created_at);
    const time = new Intl.DateTimeFormat(this.#needs.lang, { dateStyle: "medium", timeStyle: "short" }).format(at);
    const name = comment.author_name || t("somebody");
    const who = make("strong", { dir: "auto" });
    if (/^https?:/.test(comment.author_url)) {
      who.append(make("a", { href: comment.author_url, rel: "nofollow ugc noopener", target: FRAMED_BY ? "_top" : "", textContent: name }));
    } else who.textContent = name;
    const address = `${FRAMED_BY ? this.#url : ""}#comment-${comment.id}`;
    const body = make("div", { className: "body", dir: "auto" });
    insert(body, comment.html);
    const parts = [
      make("header", {}, who,
        parent && make("small", { textContent: t("answers", { name: parent.comment.author_name || t("somebody") }) }),
        make("a", { href: address, target: FRAMED_BY ? "_top" : "", ariaLabel: t("link", { time }) },
          make("time", { dateTime: comment.created_at, textContent: time })),
        comment.edited_at && make("small", { textContent: t("edited") })),
      body,
      comment.waiting && make("p", { className: "waiting" }, make("strong", { textContent: t("yours") }), comment.waiting, " ",
        make("a", { href: comment.status_url, target: FRAMED_BY ? "_top" : "", textContent: t("status") })),
      this.#footer(item, name, at),
    ];
    item.article.replaceChildren(...parts.filter((part) => part));
  }

  #footer(item, name, at) {
    const t = this.#t;
    const { comment } = item;
    const token = this.#own().find((each) => each.id === comment.id)?.token;
    const buttons = [];
    if (!comment.waiting && !this.#closed()) buttons.push(button(t("reply"), () => this.#answer(item, name), { ariaLabel: t("reply_to", { name }) }));
    if (token && Date.now() - at < EDIT_WINDOW) buttons.push(button(t("edit"), () => this.#edit(item, token)));
    if (token) buttons.push(button(t("delete"), () => this.#delete(item, token)));
    else buttons.push(button(t("report"), () => this.#report(item)));
    return make("footer", {}, ...buttons);
  }

  #closed() {
    return !this.#home.querySelector("slot");
  }

  #answer(item, name) {
    this.#parent = item.comment.id;
    this.#answering.hidden = false;
    this.#answering.replaceChildren(this.#t("replying", { name }), " ", button(this.#t("cancel"), () => {
      this.#goHome();
      item.article.querySelector("footer button")?.focus();
    }));
    item.article.after(this.#home); // the slot moves, and with it the form, with all that is in it
    this.#form.elements.body.focus();
  }

  #goHome() {
    this.#parent = null;
    this.#answering.hidden = true;
    this.#root.querySelector(".end").append(this.#home);
  }

  /* Show a small form in place of a comment's buttons; `act` is called when it is sent. */
  #askBelow(item, parts, yes, act) {
    const t = this.#t;
    const fault = make("p", { role: "alert", hidden: true });
    const back = () => {
      this.#fill(item);
      item.article.querySelector("footer button:last-child").focus();
    };
    const form = make("form", {
      onsubmit: async (event) => {
        event.preventDefault();
        try {
          await act();
        } catch (error) {
          fault.hidden = false;
          fault.textContent = error.problem?.status === 409 ? t("gone") : t("kept");
        }
      } },
      ...parts, fault, make("footer", {}, make("button", { textContent: yes }), button(t("cancel"), back)));
    item.article.querySelector("footer").replaceWith(form);
    form.querySelector("select, textarea, button").focus();
  }

  async #edit(item, token) {
    const path = `comments/${item.comment.id}`;
    try {
      const { body: value } = await ask(path, { token });
      const body = make("textarea", { value, required: true });
      this.#askBelow(item, [make("label", {}, this.#t("body"), body)], this.#t("save"), async () => {
        const now = await ask(path, { method: "PATCH", token, body: JSON.stringify({ body: body.value }) });
        const was = item.comment.waiting;
        Object.assign(item.comment, { html: now.html, edited_at: now.edited_at, waiting: now.status === "published" ? "" : now.message });
        this.#count += !!was - !!item.comment.waiting;
        this.#update();
        this.#fill(item);
        this.#mark(item);
      });
    } catch {
      this.#say(this.#t("failed"));
    }
  }

  #delete(item, token) {
    this.#askBelow(item, [make("p", { textContent: this.#t("sure") })], this.#t("delete"), async () => {
      await ask(`comments/${item.comment.id}`, { method: "DELETE", token });
      this.#forget(item.comment.id);
      item.article.replaceChildren(make("p", { className: "soft", textContent: this.#t("deleted") }));
      item.article.focus();
      if (!item.comment.waiting) this.#count--;
      this.#update();
    });
  }

  #report(item) {
    const reason = make("select");
    for (const [code, text] of Object.entries(this.#needs.reasons)) reason.append(new Option(text, code));
    const note = make("textarea", { maxLength: 1000 });
    const parts = [make("label", {}, this.#t("why"), reason), make("label", {}, this.#t("note"), note)];
    this.#askBelow(item, parts, this.#t("send_report"), async () => {
      const body = JSON.stringify({ reason: reason.value, note: note.value });
      await ask(`${this.#site}/comments/${item.comment.id}/report`, { method: "POST", body });
      const said = make("p", { role: "status", textContent: this.#t("reported"), tabIndex: -1 });
      item.article.querySelector("form").replaceWith(said);
      said.focus();
    });
  }

  async #send() {
    if (this.#sending || !this.#check()) return;
    this.#sending = true;
    this.#said.textContent = this.#t("sending");
    const { elements } = this.#form;
    const fields = { parent_id: this.#parent, lang: this.#needs.lang, page_url: this.#url, page_title: document.title.slice(0, 300) };
    if (this.#page.has("page_key")) fields.page_key = this.#page.get("page_key");
    for (const name of FIELDS) if (elements[name]?.value) fields[name] = elements[name].value;
    const words = JSON.stringify(fields);
    try {
      // The same words go out as the same request, however often it takes: the service keeps it once.
      if (this.#pending?.words !== words) {
        const altcha = await work(this.#needs.challenge);
        const body = JSON.stringify({ ...fields, form_token: this.#needs.form_token, altcha });
        this.#pending = { words, body, key: hex(crypto.getRandomValues(new Uint8Array(16))) };
        drafts.set(`sent:${this.#name}`, this.#pending);
      }
      const answer = await ask(`${this.#site}/comments`, { method: "POST", ...this.#pending });
      this.#sent(answer, fields);
    } catch (error) {
      this.#notSent(error);
    } finally {
      this.#sending = false;
    }
  }

  #sent(answer, fields) {
    this.#pending = null;
    drafts.set(`sent:${this.#name}`);
    drafts.set(`draft:${this.#name}`);
    this.#form.elements.body.value = "";
    this.#countDown();
    this.#said.textContent = "";
    this.#goHome();
    const { id, token, created_at, html, status, status_url, message } = answer;
    kept.set("own", [...this.#own(true).slice(-49), { id, token, at: Date.parse(created_at), page: this.#name, status_url }]);
    const waiting = status === "published" ? "" : message;
    if (!waiting && !this.#items.has(id)) this.#count++;
    const { parent_id, author_name = "" } = fields;
    const item = this.#place({ id, parent_id, author_name, html, created_at, status_url, waiting, fresh: true });
    this.#update();
    this.#say(message, "heard"); // who sees the page sees it in its place
    this.#mark(item);
    if (this.#needs.challenge) this.#askNeeds().catch(() => {});
  }

  #notSent({ problem, wait }) {
    const t = this.#t;
    const faults = problem?.errors?.filter(({ field }) => this.#form.elements[field]) ?? [];
    for (const { field, message } of faults) this.#fault(field, this.#needs.strings[`bad_${field}`] ?? message);
    if (faults.length) {
      this.#pending = null;
      this.#said.textContent = t("check");
      this.#form.querySelector("[aria-invalid]").focus();
    } else if (wait && this.#tries++ < 3) {
      this.#said.textContent = t("busy", { n: wait });
      setTimeout(() => this.#pending && this.#send(), wait * 1000);
    } else if (problem?.code === "page_closed") this.#said.textContent = t("closed");
    else if (problem?.status < 500) this.#said.textContent = problem.detail;
    else this.#said.textContent = t(navigator.onLine ? "kept" : "offline");
  }

  #check() {
    const { elements } = this.#form;
    for (const fault of this.#form.querySelectorAll(".gatepost-fault")) fault.remove();
    for (const marked of this.#form.querySelectorAll("[aria-invalid]")) {
      marked.removeAttribute("aria-invalid");
      marked.removeAttribute("aria-describedby");
    }
    const length = [...elements.body.value.trim()].length;
    if (!length || length > this.#needs.max_body) this.#fault("body", this.#t("bad_body"));
    if (elements.author_email?.validity.valid === false) this.#fault("author_email", this.#t("bad_author_email"));
    const first = this.#form.querySelector("[aria-invalid]");
    if (!first) return true;
    this.#said.textContent = this.#t("check");
    first.focus();
    return false;
  }

  #fault(name, text) {
    const control = this.#form.elements[name];
    const id = `gatepost-${name}-fault`;
    (control.closest("label") ?? control).after(make("p", { id, className: "gatepost-fault", textContent: text }));
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", id);
  }

  /* Which comments of this page are this browser's; `all` of them, of any page. */
  #own(all) {
    const found = kept.get("own");
    return (Array.isArray(found) ? found : []).filter((each) => all || each.page === this.#name);
  }

  #forget(id) {
    kept.set("own", this.#own(true).filter((each) => each.id !== id));
  }

  /* Show what waits for a person again after a reload, to its author alone. */
  async #showWaiting() {
    for (const { id, token, status_url } of this.#own().slice(-5)) {
      if (this.#items.has(id)) continue;
      try {
        const own = await ask(`comments/${id}`, { token });
        if (own.status === "held") this.#place({ ...own, status_url, waiting: this.#t("waiting") });
        else if (own.status !== "published") this.#forget(id);
        this.#update();
      } catch (error) {
        if (error.problem) this.#forget(id);
      }
    }
  }

  #wanted() {
    return /^#comment-[0-9a-f-]{36}$/.exec(location.hash)?.[0].slice(9);
  }

  async #seek() {
    const id = this.#wanted();
    if (!id) return;
    for (let pages = 0; !this.#items.has(id) && this.#cursor && pages < 20; pages++) if (!(await this.#next())) return;
    if (this.#items.has(id)) this.#mark(this.#items.get(id));
  }

  #mark({ article }) {
    for (const each of this.#root.querySelectorAll(".here")) each.classList.remove("here");
    article.classList.add("here");
    article.focus({ preventScroll: true });
    article.scrollIntoView({ block: "center" });
  }
}

/* Counts of one page of the site are asked for together: one request for up to 100 elements. */
const waiting = new Map();
const askCounts = async (site) => {
  const elements = waiting.get(site).splice(0, 100);
  if (!waiting.get(site).length) waiting.delete(site);
  const names = new Map(elements.map((each) => [each, each.dataset.pageKey || new URL(each.dataset.pageUrl ?? "", document.baseURI).href]));
  const query = new URLSearchParams(elements.map((each) => [each.dataset.pageKey ? "page_key" : "page_url", names.get(each)]));
  const { counts } = await ask(`sites/${encodeURIComponent(site)}/counts?${query}`).catch(() => ({ counts: {} }));
  for (const [each, name] of names) {
    if (name in counts) each.textContent = counts[name].toLocaleString(each.closest("[lang]")?.lang || undefined);
  }
  if (waiting.has(site)) await askCounts(site);
};

class CommentCount extends HTMLElement {
  connectedCallback() {
    const { site } = this.dataset;
    if (waiting.has(site)) waiting.get(site).push(this);
    else {
      waiting.set(site, [this]);
      queueMicrotask(() => askCounts(site));
    }
  }
}

if (!customElements.get("comment-thread")) {
  document.adoptedStyleSheets.push(sheet(AROUND));
  customElements.define("comment-thread", CommentThread);
  customElements.define("comment-count", CommentCount);
}

/* In a frame of ours: tell the page around, and no other, how high we are. */
if (FRAMED_BY && parent !== window) {
  const tell = () => parent.postMessage({ gatepost: "height", height: document.documentElement.offsetHeight }, FRAMED_BY);
  new ResizeObserver(tell).observe(document.documentElement);
}
