#ifndef MILLRACE_CONNECT_REST_DETAIL_DASHBOARD_PAGE_HPP
#define MILLRACE_CONNECT_REST_DETAIL_DASHBOARD_PAGE_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/core/sha256.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {
namespace detail {

// The page of a dashboard: it has no data, which its script asks for and shows as text. docs/guide/dashboard.md has the
// list of what it has to be, and tests/interop/dashboard.py looks for it in a browser.

inline constexpr std::string_view dashboard_style = R"css(
:root{color-scheme:light dark;--ground:#fff;--ink:#1c2126;--soft:#4d5761;--line:#7b8590;--card:#f3f5f7;
--accent:#0b5cad;--good:#14662f;--warning:#7a4a00;--bad:#a31515;--flash:#fff1b8}
@media(prefers-color-scheme:dark){:root{--ground:#14181c;--ink:#e8ecf0;--soft:#b3bdc7;--line:#7b8793;--card:#1f252b;
--accent:#7fbcff;--good:#7fd99a;--warning:#f0c060;--bad:#ff9d94;--flash:#4a3d00}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.45 system-ui,sans-serif;overflow-wrap:anywhere}
header,main{max-width:76rem;margin:0 auto;padding:.75rem 1rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:center}
h1{font-size:1.4rem;margin:0;flex:1 1 12rem}
h2{font-size:1.15rem;margin:0 0 .5rem}
p{margin:.25rem 0}
a{color:var(--accent)}
button,input{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--line);border-radius:.3rem;
padding:.4rem .8rem;min-height:2.75rem;max-width:100%}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-100vw;background:var(--ground);padding:.6rem 1rem;z-index:1}
.skip:focus{left:.5rem;top:.5rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
#link,#time,#news{color:var(--soft)}
#news,form,nav{flex:1 1 100%}
#news span{display:block}
#link.off{color:var(--bad);font-weight:600}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;margin:0;padding:0}
nav a{display:inline-block;padding:.35rem 0}
section{border-top:1px solid var(--line);padding:1rem 0}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(11rem,100%),1fr));gap:.6rem;list-style:none;
margin:0 0 .75rem;padding:0}
.figures li{background:var(--card);border-radius:.4rem;padding:.5rem .7rem}
.figures span{display:block;color:var(--soft)}
.figures strong{font-size:1.35rem;font-variant-numeric:tabular-nums}
svg{display:block;width:100%;height:2rem;margin-top:.25rem}
path{fill:none;stroke:var(--accent);stroke-width:2;vector-effect:non-scaling-stroke}
dl{display:grid;grid-template-columns:minmax(5rem,max-content) 1fr;gap:.2rem 1rem;margin:0 0 .75rem}
@media(max-width:30rem){.figures{grid-template-columns:1fr 1fr}dl{grid-template-columns:1fr;gap:0}
dd{padding:0 0 .4rem .75rem}}
dt{color:var(--soft)}
dd{margin:0}
dd,td,th,.error{unicode-bidi:isolate}
.good{color:var(--good)}.warning{color:var(--warning)}.bad,.error{color:var(--bad)}
.good,.warning,.bad{font-weight:600}
.scroll{overflow-x:auto;margin:0 0 .75rem}
table{border-collapse:collapse;min-width:100%;font-size:.95rem}
caption{text-align:left;font-weight:600;padding:.25rem 0;width:min(100%,calc(100vw - 2rem))}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top;
max-width:24rem;min-width:7rem}
thead th{white-space:nowrap;min-width:0}
tbody th{font-weight:400}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;min-width:0}
@media(prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}
.changed{animation:flash 1.5s}@keyframes flash{from{background:var(--flash)}}}
)css";

inline constexpr std::string_view dashboard_body = R"html(<a class="skip" href="#main">Skip to the panels</a>
<header>
<h1 id="title">Dashboard</h1>
<button id="pause" type="button" aria-pressed="false">Pause</button>
<p id="time"></p>
<p id="link" role="status">Connecting.</p>
<form id="login" hidden>
<p id="why">This service asks for a token.</p>
<label for="token">Token</label>
<input id="token" type="password" autocomplete="off" aria-describedby="why" required>
<button type="submit">Show</button>
</form>
<p id="news" role="log" aria-label="Changes of states"></p>
<nav aria-label="Panels"><ul id="index"></ul></nav>
</header>
<main id="main" tabindex="-1"><noscript><p>The panels need JavaScript. <a href="dashboard/state">The state as JSON</a>
needs none.</p></noscript></main>
)html";

inline constexpr std::string_view dashboard_script = R"js(
"use strict";
const at = id => document.getElementById(id);
const make = (name, text, kind) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
};
const compact = new Intl.NumberFormat("en", {maximumSignificantDigits: 3, notation: "compact"});
const whole = new Intl.NumberFormat("en"), rounded = new Intl.NumberFormat("en", {maximumSignificantDigits: 4});
const exact = value => (Number.isInteger(value) ? whole : rounded).format(value);
const seconds = value => {
  const size = Math.abs(value);
  const [by, unit] = size >= 1 || size === 0 ? [1, "s"] : size >= 1e-3 ? [1e3, "ms"]
    : size >= 1e-6 ? [1e6, "\u00b5s"] : [1e9, "ns"];
  return compact.format(value * by) + " " + unit;
};
const spoken = (value, unit) => value === null ? "no data" : unit === "s" ? seconds(value)
  : compact.format(value) + (unit ? " " + unit : "");
const clock = () => new Date().toLocaleTimeString("en-GB");
const signs = {good: "\u2713 ", warning: "! ", bad: "\u2715 ", plain: ""};

// Charts.
const picture = "http://www.w3.org/2000/svg";
function line(points) {
  const known = points.filter(value => value !== null);
  const low = Math.min(...known, 0), high = Math.max(...known, 0), span = high - low || 1;
  let path = "", pen = "M";
  points.forEach((value, i) => {
    if (value === null) { pen = "M"; return; }
    path += pen + (points.length < 2 ? 0 : 100 * i / (points.length - 1)).toFixed(1) + " " +
      (29 - 28 * (value - low) / span).toFixed(1);
    pen = "L";
  });
  return path;
}
function figure(item, of, interval) {
  if (!item.firstChild) {
    const chart = document.createElementNS(picture, "svg");
    chart.setAttribute("viewBox", "0 0 100 30");
    chart.setAttribute("preserveAspectRatio", "none");
    chart.setAttribute("role", "img");
    chart.append(document.createElementNS(picture, "path"));
    item.append(make("span"), make("strong"), chart);
  }
  const [name, value, chart] = item.children;
  const known = of.points.filter(point => point !== null);
  name.textContent = of.name;
  value.textContent = spoken(of.value, of.unit);
  chart.firstChild.setAttribute("d", line(of.points));
  chart.setAttribute("aria-label", known.length === 0 ? of.name + ": no data yet" :
    of.name + ", the last " + spoken(interval * of.points.length || of.points.length, interval ? "s" : "values") +
    ": from " + spoken(Math.min(...known), of.unit) + " to " + spoken(Math.max(...known), of.unit));
}

// Panels. What has not changed is left alone, so that nobody loses the place where they read.
const shown = new Map(), said = new Map();
function same(place, key, data) {
  const text = JSON.stringify(data);
  if (place[key] === text) return true;
  place[key] = text;
  return false;
}
function resize(list, count, name) {
  while (list.children.length > count) list.lastChild.remove();
  while (list.children.length < count) list.append(make(name));
}
function states(place, of) {
  if (same(place, "states", of.states)) return;
  place.list.hidden = of.states.length === 0;
  place.list.replaceChildren(...of.states.flatMap(each => {
    const value = make("dd", signs[each.level] + each.value, each.level);
    if (signs[each.level]) value.append(make("span", " (" + each.level + ")", "hidden"));
    const key = of.title + "\n" + each.name, before = said.get(key);
    said.set(key, each.value);
    if (before !== undefined && before !== each.value) {
      value.classList.add("changed");
      announce(of.title + ", " + each.name + ": " + before + " became " + each.value);
    }
    return [make("dt", each.name), value];
  }));
}
function announce(text) {
  at("news").prepend(make("span", clock() + " " + text + ". "));
  while (at("news").children.length > 3) at("news").lastChild.remove();
}
function table(place, of) {
  if (!place.firstChild) {
    const made = make("table");
    made.append(make("caption"), make("thead"), make("tbody"));
    place.className = "scroll";
    place.append(made, make("p"));
  }
  if (same(place, "shown", of)) return;
  const [grid, note] = place.children, [caption, head, body] = grid.children;
  caption.textContent = of.caption;
  const numbers = of.columns.map((_, i) => of.rows.some(row => typeof row[i] === "number"));
  const titles = make("tr");
  titles.append(...of.columns.map((each, i) => {
    const cell = make("th", each, numbers[i] ? "number" : "");
    cell.scope = "col";
    return cell;
  }));
  head.replaceChildren(titles);
  body.replaceChildren(...of.rows.map(row => {
    const made = make("tr");
    made.append(...row.map((each, i) => {
      const text = each === null ? "\u2013" : typeof each === "number" ? exact(each) : each;
      const cell = make(i === 0 ? "th" : "td", text, numbers[i] ? "number" : "");
      if (i === 0) cell.scope = "row";
      return cell;
    }));
    return made;
  }));
  note.textContent = of.left_out ? of.left_out + " more are not shown." : of.rows.length ? "" : "There are none.";
}
function panel(of, i, interval) {
  let place = shown.get(i);
  if (!place) {
    place = {whole: make("section"), title: make("h2"), fault: make("p", "", "error"), list: make("dl"),
             figures: make("ul", "", "figures"), tables: make("div"), entry: make("li"), link: make("a")};
    place.whole.id = "panel-" + i;
    place.title.id = "title-" + i;
    place.whole.setAttribute("aria-labelledby", place.title.id);
    place.link.href = "#" + place.whole.id;
    place.entry.append(place.link);
    place.whole.append(place.title, place.fault, place.figures, place.list, place.tables);
    at("main").append(place.whole);
    at("index").append(place.entry);
    shown.set(i, place);
  }
  if (place.title.textContent !== of.title) place.title.textContent = place.link.textContent = of.title;
  const fault = of.error ? "Cannot be shown now: " + of.error : "";
  if (place.fault.textContent !== fault) {
    place.fault.textContent = fault;
    announce(of.title + (fault ? " cannot be shown" : " is shown again"));
  }
  place.figures.hidden = of.figures.length === 0;
  resize(place.figures, of.figures.length, "li");
  of.figures.forEach((each, k) => figure(place.figures.children[k], each, interval));
  states(place, of);
  resize(place.tables, of.tables.length, "div");
  of.tables.forEach((each, k) => table(place.tables.children[k], each));
  for (const each of place.tables.children) {  // what is wider than the page is moved by the keyboard too
    if (each.scrollWidth > each.clientWidth) {
      each.tabIndex = 0;
      each.setAttribute("role", "region");
      each.setAttribute("aria-label", each.querySelector("caption").textContent);
    } else if (each !== document.activeElement) {
      for (const name of ["tabindex", "role", "aria-label"]) each.removeAttribute(name);
    }
  }
}
let latest = null, isPaused = false, heard = 0;
function show(state) {
  latest = state;
  if (isPaused) return;
  document.title = state.title + " \u2013 dashboard";
  at("title").textContent = state.title;
  at("time").textContent = "As of " + new Date(state.time).toLocaleTimeString("en-GB");
  state.panels.forEach((each, i) => panel(each, i, state.interval));
}
at("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  at("pause").setAttribute("aria-pressed", String(isPaused));
  if (!isPaused && latest) show(latest);
});

// The connection: a stream, or where that is refused, one snapshot after the other.
let token = "", last = "", since = "", wait = 1;
const pause = time => new Promise(done => setTimeout(done, time * 1000));
function link(text, isOff) {
  if (at("link").textContent !== text) at("link").textContent = text;
  at("link").classList.toggle("off", Boolean(isOff));
}
function lost(why) {
  since = since || clock();
  link("No connection since " + since + (why ? ": " + why : "") + ". Trying again.", true);
}
// A page that is slower than its snapshots come shows the newest, and falls behind no further.
let next = "";
function take(text, how) {
  if (!next) setTimeout(() => {
    const now = next;
    next = "";
    show(JSON.parse(now));
  });
  next = text;
  heard = Date.now();
  since = "";
  wait = 1;
  link(how);
}
function ask(path, type, signal) {
  const headers = {Accept: type};
  if (token) headers.Authorization = "Bearer " + token;
  if (last) headers["Last-Event-ID"] = last;
  return fetch(path, {headers, signal, cache: "no-store"});
}
async function read(body) {
  const reader = body.getReader(), decoder = new TextDecoder();
  for (let text = "";;) {
    const {done, value} = await reader.read();
    if (done) return;
    text += decoder.decode(value, {stream: true});
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const event = {data: []};
      for (const each of text.slice(0, end).split("\n")) {
        const [name, ...rest] = each.split(": ");
        if (name === "data") event.data.push(rest.join(": "));
        else event[name] = rest.join(": ");
      }
      if (event.event !== "snapshot") continue;
      last = event.id;
      take(event.data.join("\n"), "Live.");
    }
  }
}
async function login() {
  at("login").hidden = false;
  link("A token is needed.", true);
  at("token").focus();
  await new Promise(done => at("login").addEventListener("submit", event => {
    event.preventDefault();
    done();
  }, {once: true}));
  token = at("token").value;
  at("token").value = "";
  at("why").textContent = "The service does not take this token.";
  at("login").hidden = true;
}
let silence = new AbortController();
addEventListener("pagehide", () => silence.abort());  // a page that is kept for going back takes nobody's place
async function turn() {
  silence = new AbortController();
  heard = Date.now();
  const watch = setInterval(() => {
    const most = 5000 + 5000 * (latest ? latest.interval : 1);
    if (Date.now() - heard > most) silence.abort();
  }, 1000);
  try {
    let got = await ask("dashboard/events", "text/event-stream", silence.signal);
    if (got.status === 401) return await login();
    if (got.ok) await read(got.body);
    else {
      got = await ask("dashboard/state", "application/json", silence.signal);
      if (!got.ok) throw new Error("status " + got.status);
      take(await got.text(), "One snapshot after the other: as many listen as may.");
      return await pause(Math.max(2, latest ? latest.interval : 1));
    }
    lost("");
  } catch (fault) {
    lost(/^status/.test(fault.message) ? fault.message : "");
  } finally {
    clearInterval(watch);
  }
  await pause(wait * (0.5 + Math.random() / 2));
  wait = Math.min(wait * 2, 30);
}
(async () => { for (;;) await turn(); })();
)js";

/// What a Content-Security-Policy names a text in the page by. Source: CSP Level 3, section 2.3.1.
inline std::string policy_hash(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const sha256_digest digest = sha256_of(std::as_bytes(std::span(text.data(), text.size())));
  std::string made = "'sha256-";
  for (std::size_t i = 0; i < 33; i += 3) {
    unsigned three = 0;
    for (std::size_t k = i; k < i + 3; ++k) three = three << 8 | (k < 32 ? static_cast<unsigned>(digest.bytes[k]) : 0U);
    for (const unsigned by : {18U, 12U, 6U, 0U}) made += digits[three >> by & 63U];
  }
  made.back() = '=';  // of 32 bytes the last three have one that is not there
  return made += '\'';
}
inline std::string dashboard_policy() {
  return "default-src 'none'; connect-src 'self'; img-src data:; style-src " + policy_hash(dashboard_style) +
         "; script-src " + policy_hash(dashboard_script) +
         "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}
inline std::string dashboard_page() {
  std::string made =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Dashboard</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n"
      "<style>";
  ((made += dashboard_style) += "</style>\n</head>\n<body>\n") += dashboard_body;
  return ((made += "<script>") += dashboard_script) += "</script>\n</body>\n</html>\n";
}

}  // namespace detail
}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DETAIL_DASHBOARD_PAGE_HPP
