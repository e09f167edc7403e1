#!/usr/bin/env python3
"""Exports and reports of an audit trail before the parsers of Python: every hostile text comes back, and no personal value
stands in a masked output. usage: audit_outputs.py PROGRAM (text | yaml)

`text` judges JSON, CSV and HTML, `yaml` judges YAML with PyYAML; without it, the test says that it is skipped (77).
"""
import csv
import html.parser
import json
import pathlib
import re
import subprocess
import sys
import tempfile


def valid_utf8(raw):
    """The rule of label_set: a byte that is no UTF-8 is \\xHH, and so is a backslash that begins such a text."""
    out, at = "", 0
    while at < len(raw):
        if re.match(rb"\\x[0-9a-f]{2}", raw[at:]):
            out, at = out + "\\x5c", at + 1
            continue
        for size in (1, 2, 3, 4):
            try:
                out, at = out + raw[at:at + size].decode("utf-8"), at + size
                break
            except UnicodeDecodeError:
                if size == 4 or at + size >= len(raw):
                    out, at = out + f"\\x{raw[at]:02x}", at + 1
                    break
    return out


def printable(text):
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", text)


def bare(cell):
    """A cell without the apostrophe that keeps a spreadsheet from running it."""
    return cell[1:] if cell.startswith("'") else cell


class page_reader(html.parser.HTMLParser):
    """The cells of every table, and the names of every element."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tables, self.elements, self.cell, self.title, self.open = [], set(), None, "", []

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        if tag not in ("meta",):
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.cell = ""

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes something else"
        if tag in ("td", "th"):
            self.tables[-1][-1].append(self.cell)
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data
        if self.open and self.open[-1] == "title":
            self.title += data


def same(found, hoped, where):
    if found != hoped:
        sys.exit(f"{where}: {found!r}\n  instead of {hoped!r}")


def rows_of(table):
    return [dict(zip(table[0], row, strict=True)) for row in table[1:]]


def judge_text(folder, texts):
    hoped = [valid_utf8(text) for text in texts]
    lines = [json.loads(line) for line in (folder / "hostile.jsonl").read_text(encoding="utf-8").split("\n")[:-1]]
    for name in ("object", "reason", "actor"):
        same([line[name] for line in lines], hoped, f"JSON lines, {name}")
    same([line["fields"] for line in lines], [{"value": text, "no": None} for text in hoped], "JSON lines, fields")

    shown = [printable(text) for text in hoped]
    with open(folder / "hostile.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, strict=True))
    for name in ("object", "reason", "actor"):
        same([bare(row[name]) for row in rows], shown, f"CSV, {name}")
        for row in rows:
            if row[name][:1] in ("=", "+", "-", "@", "\t", "\r", "\n"):
                sys.exit(f"CSV: a spreadsheet may run {row[name]!r}")
    same([json.loads(row["fields"])["value"] for row in rows], hoped, "CSV, fields")

    report = json.loads((folder / "hostile_report.json").read_text(encoding="utf-8"))
    same([row["object"] for row in report["approvals"]], hoped[1::2], "report as JSON")
    same(report["title"], "</title>\"'&", "report as JSON, title")
    with open(folder / "hostile_report.csv", newline="", encoding="utf-8") as file:
        cells = list(csv.reader(file, strict=True))
    same(cells[0], ["section", "row", "name", "value"], "report as CSV, first line")
    same([bare(row[3]) for row in cells if row[0] == "approvals" and row[2] == "object"], shown[1::2], "report as CSV")
    same(sorted({row[0] for row in cells[1:]} - {"report"}), sorted(name for name, value in report.items() if value and name != "title"),
         "report as CSV, sections")

    page = page_reader()
    page.feed((folder / "hostile_report.html").read_text(encoding="utf-8"))
    page.close()
    same(page.open, [], "HTML: elements left open")
    same(page.title, "</title>\"'&", "HTML, title")
    known = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "table", "tr", "th", "td", "p"}
    same(page.elements - known, set(), "HTML: other elements")
    approvals = next(rows_of(table) for table in page.tables if "decided by" in table[0])
    for name in ("object", "reason", "decided by"):
        same([row[name] for row in approvals], shown[1::2], f"HTML, {name}")

    canaries = (folder / "canaries.txt").read_bytes().split(b"\n")[:-1]
    assert len(canaries) > 5
    for file in folder.glob("masked*"):
        for canary in canaries:
            if canary in file.read_bytes():
                sys.exit(f"{file.name}: {canary!r} is not masked")


def judge_yaml(folder, texts):
    try:
        import yaml
    except ImportError:
        print("skipped: no PyYAML (python3-yaml)")
        sys.exit(77)
    hoped = [valid_utf8(text) for text in texts]
    items = yaml.safe_load((folder / "hostile.yaml").read_text(encoding="utf-8"))
    for name in ("object", "reason", "actor"):
        same([item[name] for item in items], hoped, f"YAML, {name}")
    same([item["fields"] for item in items], [{"value": text, "no": None} for text in hoped], "YAML, fields")
    for name in ("hostile", "masked"):
        report = yaml.safe_load((folder / f"{name}_report.yaml").read_text(encoding="utf-8"))
        same(report, json.loads((folder / f"{name}_report.json").read_text(encoding="utf-8")), f"{name} report as YAML")


def main():
    program, what = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        subprocess.run([program, name], check=True)
        folder = pathlib.Path(name)
        texts = [bytes.fromhex(line) for line in (folder / "texts.hex").read_text().split("\n")[:-1]]
        assert len(texts) > 30
        (judge_text if what == "text" else judge_yaml)(folder, texts)


if __name__ == "__main__":
    main()
