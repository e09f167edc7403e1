#!/usr/bin/env python3
"""The dashboard in a browser without a screen: each entry of the list in docs/guide/dashboard.md.

usage: dashboard.py --driver interop_dashboard [--pictures FOLDER]
77: Chromium is not there.
"""
import argparse
import http.client
import os
import re
import subprocess
import sys
import threading
import time

import devtools

SHOWN = "document.querySelectorAll('section').length === 7 && document.querySelectorAll('td').length > 20"

# What every check of the page needs: what is seen of it, and the colours behind it.
TOOLS = r"""
window.seen = each => { const box = each.getBoundingClientRect(); return box.width > 1 && box.height > 1 &&
  getComputedStyle(each).visibility !== 'hidden'; };
window.rgb = text => { const made = text.match(/[\d.]+/g).map(Number); return made.length < 4 ? [...made, 1] : made; };
window.light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * x + .7152 * y + .0722 * z; };
window.ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
window.ground = each => { for (; each; each = each.parentElement) { const made = rgb(getComputedStyle(each).backgroundColor);
  if (made[3] > 0) return made; } return [255, 255, 255, 1]; };
"""
CONTRAST = r"""[...document.querySelectorAll('body *')].filter(each => seen(each) &&
  [...each.childNodes].some(one => one.nodeType === 3 && one.textContent.trim()) && !each.classList.contains('hidden'))
  .map(each => [ratio(rgb(getComputedStyle(each).color), ground(each)), each.tagName + ' ' + each.textContent.slice(0, 40)])
  .filter(([value]) => value < 4.5)"""
LINES = r"""[...document.querySelectorAll('path'), ...document.querySelectorAll('button,input')].filter(seen).map(each => {
  const style = getComputedStyle(each);
  return [ratio(rgb(each.tagName === 'path' ? style.stroke : style.borderTopColor), ground(each.parentElement)), each.tagName]; })
  .filter(([value]) => value < 3)"""


class Service:
    def __init__(self, driver, *words):
        self.process = subprocess.Popen([driver, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}/dashboard"

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == line

    def end(self):
        self.process.stdin.close()
        return self.process.wait(timeout=60)


class Checks:
    """Checks by name, of which all are made, also after one has failed."""

    def __init__(self):
        self.failed, self.made = [], 0

    def that(self, name, holds, detail=""):
        self.made += 1
        print(("ok      " if holds else "FAILED  ") + name + ("" if holds else f": {detail}"), flush=True)
        if not holds:
            self.failed.append(name)

    def none(self, name, found):
        self.that(name, not found, found)


def focus(page):
    return page.run("""(() => { const each = document.activeElement, style = getComputedStyle(each);
      return {tag: each.tagName, text: each.textContent.trim().slice(0, 30), id: each.id, box: each.getBoundingClientRect().toJSON(),
        outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 &&
          ratio(rgb(style.outlineColor), ground(each.parentElement)) >= 3}; })()""")


def looks(page, checks, pictures):
    """What is seen, at three widths, light and dark."""
    for width in (320, 768, 1280):
        page.size(width)
        for scheme in ("light", "dark"):
            page.prefer(color_scheme=scheme)
            page.wait(SHOWN, "the panels are there")
            time.sleep(0.7)  # one more snapshot at this size
            at = f" ({width} px, {scheme})"
            checks.none("contrast of texts is 4.5" + at, page.run(CONTRAST))
            checks.none("contrast of lines is 3" + at, page.run(LINES))
            checks.that("nothing is wider than the page" + at, page.run("document.documentElement.scrollWidth <= innerWidth"),
                        page.run("document.documentElement.scrollWidth"))
            checks.none("what is wider than its place is scrolled by the keyboard" + at, page.run(
                "[...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > each.clientWidth && "
                "(each.tabIndex !== 0 || each.getAttribute('role') !== 'region')).length"))
            checks.none("no text is cut" + at, page.run(
                "[...document.querySelectorAll('h1,h2,button,dd,dt,li,caption,.figures strong')].filter(each => seen(each) && "
                "each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== 'inline').map(each => each.textContent)"))
            checks.none("a table's caption is seen as a whole" + at, page.run(
                "[...document.querySelectorAll('caption')].filter(each => { const range = document.createRange(); "
                "range.selectNodeContents(each); return range.getBoundingClientRect().right > innerWidth; }).map(each => each.textContent)"))
            if pictures:
                page.picture(os.path.join(pictures, f"dashboard-{width}-{scheme}.png"))
    page.prefer()
    page.size(320)
    checks.none("what is pressed is 24 px high and wide", page.run(
        "[...document.querySelectorAll('button,nav a,input')].filter(seen).map(each => each.getBoundingClientRect())"
        ".filter(box => box.height < 24 || box.width < 24).map(box => [box.width, box.height])"))


def keyboard(page, checks):
    page.size(320)
    page.run("document.activeElement.blur(), scrollTo(0, 0)")
    time.sleep(0.7)
    order = []
    for _ in range(40):
        page.press("Tab")
        now = focus(page)
        if now["tag"] == "BODY" or (order and now == order[0]):
            break
        order.append(now)
        if len(order) > 1 and now["id"] == "" and now["text"] == order[-2]["text"] and now["tag"] == order[-2]["tag"]:
            break
    checks.that("the first stop of Tab leads past all others", order and order[0]["text"].startswith("Skip to"), order[:1])
    checks.that("then comes the button", len(order) > 1 and order[1]["id"] == "pause", order[1:2])
    checks.that("then the panels' names, in their order", [each["text"] for each in order[2:9]] == page.run(
        "[...document.querySelectorAll('h2')].map(each => each.textContent.slice(0, 30).trim())"), order[2:9])
    checks.that("then tables that are wider than their place", any(each["tag"] == "DIV" for each in order[9:]), order[9:])
    checks.none("each stop has an outline that is seen", [each for each in order if not each["outline"]])
    checks.that("no stop is out of order", page.run("document.querySelectorAll('[tabindex]:not([tabindex=\"0\"]):not([tabindex=\"-1\"])').length === 0"))
    page.run("[...document.querySelectorAll('.scroll')].find(each => each.tabIndex === 0).focus()")
    until = time.monotonic() + 60
    while not page.run("document.activeElement.scrollLeft > 0") and time.monotonic() < until:
        page.press("ArrowRight")
        time.sleep(0.2)
    checks.that("an arrow moves a wide table", page.run("document.activeElement.scrollLeft > 0"), focus(page))
    page.run("document.activeElement.blur()")
    page.press("Tab")
    page.run("document.querySelector('.skip').focus()")
    page.press("Enter", text="\r")
    page.wait("document.activeElement.id === 'main'", "the link skips to the panels")
    page.run("document.getElementById('pause').focus()")
    page.press("Enter", text="\r")
    checks.that("the button says that it is pressed", page.run("document.getElementById('pause').getAttribute('aria-pressed') === 'true'"))
    time.sleep(0.7)
    before = page.run("document.getElementById('main').textContent")
    time.sleep(1.2)
    checks.that("nothing changes while it is", before == page.run("document.getElementById('main').textContent"))
    page.press("Enter", text="\r")
    time.sleep(0.8)
    checks.that("and all of it changes again", before != page.run("document.getElementById('main').textContent"))


def names(page, checks):
    page.size(1280)
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    known = [(each["role"]["value"], each.get("name", {}).get("value", ""), each) for each in nodes
             if not each.get("ignored") and "role" in each]
    roles = {role for role, _, _ in known}
    for wanted in ("banner", "main", "navigation", "heading", "button", "table", "columnheader", "rowheader", "log", "status"):
        checks.that(f"a screen reader finds what is a {wanted}", wanted in roles, sorted(roles))
    named = ("button", "link", "table", "region", "image", "img", "textbox", "navigation", "log", "heading")
    checks.none("all of them have names", [(role, name) for role, name, _ in known if role in named and not name.strip()])
    charts = [name for role, name, _ in known if role in ("image", "img")]
    checks.that("a chart says in words what it shows", charts and all(
        re.search(r"(from .* to |no data yet)", each) for each in charts), charts[:3])
    checks.that("headings are one and then two", page.run(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map(each => each.tagName).join() === 'H1' + ',H2'.repeat(7)"))
    checks.that("the page has a language and a title", page.run("document.documentElement.lang === 'en' && document.title.includes('Scoring of payments')"))
    checks.that("tables have captions, and cells their scopes", page.run(
        "[...document.querySelectorAll('table')].every(each => each.caption.textContent && "
        "[...each.querySelectorAll('th')].every(one => one.scope === (one.closest('thead') ? 'col' : 'row')))"))
    checks.that("how well something is, is said in words", page.run(
        "[...document.querySelectorAll('dd.good,dd.warning,dd.bad')].every(each => each.textContent.includes('(' + each.className.split(' ')[0] + ')'))"))


def safety(page, checks, service):
    checks.that("hostile texts are shown as what they are", page.run(
        "document.body.textContent.includes('<script>window.hacked=1</script>') && document.body.textContent.includes('<img src=x')"))
    checks.that("and are no markup", page.run("!window.hacked && document.scripts.length === 1 && document.images.length === 0"))
    urls = {each["params"]["request"]["url"] for each in page.events if each["method"] == "Network.requestWillBeSent"}
    origin = f"http://127.0.0.1:{service.port}/"
    checks.none("nothing is asked from elsewhere", [each for each in urls if not each.startswith((origin, "data:", "about:"))])
    page.run("document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.hacked=2'}))")
    checks.that("the policy runs no script that is not the page's", page.run("window.hacked === undefined"))
    page.run("document.scripts[document.scripts.length - 1].remove()")


def told(page, checks, service):
    """What a screen reader is told: changes of states, and nothing else."""
    page.run("""window.told = []; for (const id of ['news', 'link']) new MutationObserver(all => { for (const each of all)
      for (const one of each.addedNodes) told.push(id + ' ' + one.textContent); })
      .observe(document.getElementById(id), {childList: true, characterData: true, subtree: true})""")
    time.sleep(2)
    checks.none("numbers that change are not told", page.run("told"))
    for motion in ("no-preference", "reduce"):
        page.prefer(reduced_motion=motion)
        if motion == "reduce":
            service.tell("repair")
            page.wait("told.some(each => each.includes('is shown again'))", "a panel works again")
            checks.that("and is scrolled at once", page.run("getComputedStyle(document.documentElement).scrollBehavior === 'auto'"))
            page.run("document.querySelector('dd').classList.add('changed')")
            checks.that("with reduced motion nothing moves", page.run("document.getAnimations().length === 0"))
        else:
            service.tell("roll_back")
            page.wait("told.some(each => each.includes('Release fraud, Phase: running became rolled_back'))", "a rollback is told")
            checks.that("a change is shown where it is", page.run("document.querySelectorAll('dd.changed').length > 0"))
    heard = page.run("told")
    checks.that("a change is told once", sum("rolled_back" in each and "Phase" in each for each in heard[:3]) == 1, heard)
    page.prefer()
    page.wait("[...document.querySelectorAll('td')].some(each => each.textContent.includes('<script>window.hacked'))", "the audit trail has it")


def drain(response, enough):
    """Reads a stream until it is enough, since who does not read is let go."""
    while not enough.is_set() and response.read1(65536):
        pass
    response.close()


def connection(page, checks, service):
    service.tell("down")
    page.wait("document.getElementById('link').textContent.startsWith('No connection since ')", "it says since when it has no connection")
    said = page.run("document.getElementById('link').textContent")
    time.sleep(2)
    checks.that("and says it once", said == page.run("document.getElementById('link').textContent"), said)
    page.events.clear()
    service.tell("up")
    page.wait("document.getElementById('link').textContent === 'Live.'", "it comes back by itself")
    page.run("1")
    sent = [each["params"]["request"]["headers"] for each in page.events if each["method"] == "Network.requestWillBeSent"]
    checks.that("it says what it has", any(name.lower() == "last-event-id" for each in sent for name in each), sent)
    page.open("about:blank")
    others, enough, until = [], threading.Event(), time.monotonic() + 60
    while len(others) < 2 and time.monotonic() < until:
        other = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        other.request("GET", "/dashboard/events")
        response = other.getresponse()
        if response.status == 200:
            others.append(other)
            threading.Thread(target=drain, args=(response, enough), daemon=True).start()
        else:
            other.close()
            time.sleep(0.2)
    page.open(service.url)
    page.wait("document.getElementById('link').textContent.startsWith('One snapshot after the other')", "where as many listen as may it asks")
    page.wait(SHOWN, "the panels are there")
    enough.set()
    page.wait("document.getElementById('link').textContent === 'Live.'", "it listens as soon as it may")


def token(page, checks, driver):
    service = Service(driver, "t0ken")
    try:
        page.open(service.url)
        page.wait("!document.getElementById('login').hidden", "it asks for a token")
        checks.that("the token's field is where one writes, and has a name", page.run(
            "document.activeElement.id === 'token' && document.activeElement.labels[0].textContent === 'Token'"))
        page.run(TOOLS)
        checks.none("contrast of what asks for it is 4.5", page.run(CONTRAST))
        for word in ("wrong", "t0ken"):
            page.wait("!document.getElementById('login').hidden && document.activeElement.id === 'token'", "one may write again")
            page.call("Input.insertText", text=word)
            page.press("Enter", text="\r")
            if word == "wrong":
                page.wait("document.getElementById('why').textContent.includes('does not take')", "a wrong one is refused")
        page.wait(SHOWN, "with the token the panels are there")
        checks.that("the token is nowhere in the page", page.run("!document.documentElement.outerHTML.includes('t0ken') && document.getElementById('token').value === ''"))
        page.call("Emulation.setScriptExecutionDisabled", value=True)
        page.call("Page.reload")
        time.sleep(0.5)
        page.call("Emulation.setScriptExecutionDisabled", value=False)
        checks.that("without JavaScript the page says where the state is", page.run("document.querySelector('noscript a').getAttribute('href') === 'dashboard/state'"))
    finally:
        checks.that("the second service ends well", service.end() == 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    parser.add_argument("--pictures", help="where pictures of the page are kept")
    args = parser.parse_args()
    if devtools.BROWSER is None:
        print("no Chromium", file=sys.stderr)
        return 77
    checks, service, page = Checks(), Service(os.path.abspath(args.driver)), None
    try:
        page = devtools.Browser()
        page.open(service.url)
        page.wait(SHOWN, "the panels are there")
        page.run(TOOLS)
        first = page.run("document.getElementById('time').textContent + document.querySelector('.figures').textContent")
        page.wait(f"document.getElementById('time').textContent + document.querySelector('.figures').textContent !== {first!r}", "it is live")
        safety(page, checks, service)
        names(page, checks)
        looks(page, checks, args.pictures)
        keyboard(page, checks)
        told(page, checks, service)
        faults = [each for each in page.events if each["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")]
        checks.none("the page has no faults", [each["params"] for each in faults if "window.hacked" not in str(each) and "violates" not in str(each)])
        connection(page, checks, service)
        token(page, checks, os.path.abspath(args.driver))
    finally:
        if page is not None:
            page.close()
        checks.that("the service ends well", service.end() == 0)
    print(f"{checks.made} checks, {len(checks.failed)} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
