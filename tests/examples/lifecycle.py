"""Runs the main job as its user does and looks at what it leaves behind: lifecycle.py PROGRAM [REGISTRY_TOOL]."""

import csv
import hashlib
import html
import html.parser
import json
import os
import pathlib
import pty
import random
import re
import resource
import select
import shutil
import shlex
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = None
REGISTRY_TOOL = None
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))
import verify_audit_trail  # noqa: E402

FILES = {"alerts.yml", "audit.jsonl", "dashboard.json", "encoder.json", "metrics.json", "metrics.prom", "model.bin", "model.onnx",
         "report.html"}
LEFT = FILES | {"millrace.db", "trail"}


def run(*args, **kwargs):
    return subprocess.run([PROGRAM, *map(str, args)], capture_output=True, text=True, timeout=300, **kwargs)


def refuse_constant(text):
    raise ValueError(f"{text} is no JSON")


def strict_json(text):
    return json.loads(text, parse_constant=refuse_constant)


class Page(html.parser.HTMLParser):
    """Checks that what is opened is closed, in order, and collects what the page refers to."""

    VOID = {"meta", "br", "img", "link", "input", "hr"}

    def __init__(self):
        super().__init__()
        self.open, self.references, self.tags, self.ids = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "action", "data", "srcset", "poster"):
                self.references.append(value)
            if name in ("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height", "d") and tag != "meta":
                assert not re.search("nan|inf", value), f"{tag} {name}={value}"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes <{self.open[-1:]}>"
        self.open.pop()


class Lifecycle(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-lifecycle-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.out = self.folder / "out"

    def write(self, text, name="table.csv"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def refused(self, code, says, *args):
        """The job ends with this code and one sentence on stderr, and leaves nothing that could pass for whole."""
        out = self.folder / "refused"
        ended = run(*args, "--out", out)
        self.assertEqual(ended.returncode, code, ended.stderr)
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
        self.assertTrue(ended.stderr.startswith("lifecycle: "), ended.stderr)
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, ended.stderr)
        if out.exists():
            self.assertFalse(FILES & set(os.listdir(out)))

    def learnable(self, rows=400, seed=1):
        """x decides, c helps, z is noise."""
        chance = random.Random(seed)
        lines = []
        for _ in range(rows):
            x, c, z = chance.gauss(0, 1), chance.choice("abc"), chance.gauss(0, 1)
            lines.append((f"{x:.4f}", c, f"{z:.4f}", "yes" if x + (c == "a") + chance.gauss(0, 0.3) > 0.4 else "no"))
        return lines

    def table(self, lines, header="x,c,z,y", end="\n"):
        return end.join([header] + [",".join(line) for line in lines]) + end

    def auc(self, ended):
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return float(re.search(r"AUC (\d\.\d+)   average precision", ended.stdout)[1])

    def onnx_agrees(self, ended, rows):
        """The file for other engines, read back, gives what the model gives."""
        said = re.search(r"\nonnx      [\d.]+ [KM]iB; read back, it answers all ([\d,]+) rows (?:to the bit|within ([\d.e-]+))(.*)\n", ended.stdout)
        self.assertEqual(int(said[1].replace(",", "")), rows)
        self.assertLess(float(said[2] or 0), 1e-6)
        self.assertIn(said[3], (", with the same class", " of the target's deviation"))

    # what comes out

    def test_made_up_payments_end_in_every_file(self):
        ended = run("--rows", 8000, "--out", self.out)
        self.assertGreater(self.auc(ended), 0.85)
        self.assertEqual(ended.stderr, "")
        self.onnx_agrees(ended, 8000)
        self.assertEqual(set(os.listdir(self.out)), LEFT)
        self.assertIn("epoch   1/20", ended.stdout)
        self.assertIn("ETA", ended.stdout)
        self.assertNotIn("\r", ended.stdout)  # no terminal, no bar
        for name in FILES:
            self.assertIn(name, ended.stdout)
        for event in ("load_batch", "forward_pass", "calculate_loss", "backpropagation", "update_weights", "predict_row"):
            self.assertIn(event, ended.stdout)
        self.audit_is_whole(self.out / "audit.jsonl")
        self.metrics_are_sound()
        self.page_is_sound("fraud = yes")
        self.trail_tells_the_run()
        self.dashboard_and_alerts_are_of_these_metrics()

    def test_a_full_disk_is_named_as_the_cause(self):
        def small_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))

        ended = run("--rows", 8000, "--out", self.out, preexec_fn=small_files)
        self.assertEqual(ended.returncode, 9, ended.stderr)
        # Which batch it is depends on when the log's writer gets to the limit.
        self.assertRegex(ended.stderr, r"epoch \d+, batch \d+: ")
        self.assertEqual(self.statuses(), ["failed"])
        self.assertIn({"key": "why", "value": ended.stderr.removeprefix("lifecycle: ").rstrip()}, self.runs()[0]["tags"])
        self.assertIn("audit.partial.jsonl", ended.stderr)
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
        self.assertIn("File too large", ended.stderr)

    def audit_is_whole(self, path):
        lines = path.read_bytes().decode("utf-8").split("\n")
        self.assertEqual(lines.pop(), "")
        records = [strict_json(line) for line in lines]
        kinds = [record["type"] for record in records]
        self.assertEqual(kinds[0], "session_start")
        self.assertEqual(kinds[-1], "session_end")
        self.assertEqual(kinds.count("event_start"), kinds.count("event_complete"))
        self.assertEqual(len({record["session_id"] for record in records}), 1)
        self.assertTrue(all(record["success"] for record in records if record["type"] == "event_complete"))
        return records

    def trail_is_sound(self, folder):
        """Read by another implementation; returns its bytes as text."""
        verify_audit_trail.verify(folder)
        return "".join(path.read_bytes().decode("latin-1") for path in sorted(folder.glob("*.audit")))

    def trail_tells_the_run(self):
        text = self.trail_is_sound(self.out / "trail")
        steps = [text.index(kind) for kind in ("data_accessed", "model_fitted", "model_judged", "model_registered")]
        self.assertEqual(steps, sorted(steps))
        self.assertIn(hashlib.sha256((self.out / "model.bin").read_bytes()).hexdigest(), text)
        self.assertIn(hashlib.sha256((self.out / "model.onnx").read_bytes()).hexdigest(), text)
        page = (self.out / "report.html").read_text()
        self.assertRegex(page, r"<dt>tree head</dt><dd>[0-9a-f]{64}</dd>")
        for checked in ("disk", "memory", "audit_log", "audit_trail"):
            self.assertIn(f'<td class="name">{checked}</td>', page)

    def dashboard_and_alerts_are_of_these_metrics(self):
        shown = {name for name in re.findall(r"^# TYPE (\w+)", (self.out / "metrics.prom").read_text(), re.MULTILINE)}
        panels = [panel for panel in strict_json((self.out / "dashboard.json").read_text())["panels"] if panel["type"] != "row"]
        self.assertGreater(len(panels), 5)
        for panel in panels:
            for target in panel["targets"]:
                self.assertTrue(any(name in target["expr"] for name in shown), target["expr"])
        self.assertIn("- alert:", (self.out / "alerts.yml").read_text())
        if promtool := shutil.which("promtool"):
            checked = subprocess.run([promtool, "check", "rules", self.out / "alerts.yml"], capture_output=True, text=True)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def metrics_are_sound(self):
        strict_json((self.out / "metrics.json").read_text())
        text = (self.out / "metrics.prom").read_text()
        self.assertIn("# TYPE", text)
        self.assertTrue(text.endswith("\n"))
        if promtool := shutil.which("promtool"):
            checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def page_is_sound(self, title):
        text = (self.out / "report.html").read_bytes().decode("utf-8")
        page = Page()
        page.feed(text)
        page.close()
        self.assertEqual(page.open, [])
        self.assertEqual(page.references, [])
        for outside in ("http:", "https:", "//", "url(", "@import", "<script"):
            self.assertNotIn(outside, text)
        self.assertIn(f"<h1>{title}</h1>", text)
        for picture in ("Loss by epoch", "ROC curve", "Calibration", "Confusion matrix", "Time per event",
                        "Cost of mistakes by threshold", "Positives among the likeliest rows"):
            self.assertIn(f'aria-label="{picture}', text)
        self.assertGreater(page.tags.count("svg"), 10)
        self.assertIn("The stream, window by window", text)
        headline = text[:text.index("<h2>")]
        self.assertEqual(headline.count("95 % interval"), 2)
        self.assertIn("logistic regression", headline)
        self.assertNotIn("<dt>p at any time</dt><dd>0</dd>", text)
        self.assertRegex(text, r"a row takes</dt><dd>p50 [\d.]+ [nµm]?s, p90 .*, p99 .*, p99\.9 ")

    def test_the_same_seed_makes_the_same_model_and_another_one_another(self):
        for folder, seed in (("a", 7), ("b", 7), ("c", 8)):
            self.assertEqual(run("--rows", 2000, "--seed", seed, "--epochs", 2, "--out", self.folder / folder).returncode, 0)
        a, b, c = ((self.folder / folder / "model.bin").read_bytes() for folder in "abc")
        self.assertEqual(a, b)
        self.assertNotEqual(a, c)
        self.assertEqual((self.folder / "a/encoder.json").read_bytes(), (self.folder / "b/encoder.json").read_bytes())

    def test_a_table_of_ones_own_is_learned(self):
        path = self.write(self.table(self.learnable()))
        self.assertGreater(self.auc(run("--input", path, "--target", "y", "--out", self.out)), 0.9)
        self.assertEqual(set(os.listdir(self.out)), LEFT)

    def test_a_model_is_used_again_and_answers_as_it_did(self):
        path = self.write(self.table(self.learnable()))
        self.assertGreater(self.auc(run("--input", path, "--target", "y", "--out", self.folder / "model")), 0.9)
        fresh = self.learnable(rows=200, seed=2)
        # Columns in another order, one that the model does not know, one category and one number that it never saw.
        shuffled = [("?", line[2], line[0], "new" if i == 0 else line[1]) for i, line in enumerate(fresh)]
        shuffled[1] = ("", "", "", "")
        other = self.write(self.table(shuffled, header="extra,z,x,c"), "fresh.csv")
        used = run("--use", self.folder / "model", "--input", other, "--out", self.out)
        self.assertEqual(used.returncode, 0, used.stderr)
        self.assertEqual(set(os.listdir(self.out)), {"predictions.csv", "audit.jsonl", "metrics.json", "metrics.prom", "trail"})
        with open(self.out / "predictions.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([int(row["line"]) for row in rows], list(range(2, 202)))
        self.assertEqual([int(row["row"]) for row in rows], list(range(1, 201)))
        self.assertIn('note: column "c": 1 of 200 rows (0.5 %) hold a category that training never saw: "new" (1)', used.stdout)
        self.assertIn('note: column "c"', used.stdout)
        self.assertRegex(used.stdout, r'note: column "x": .*1 of 200 rows \(0\.5 %\) are missing, which training never saw')
        right = sum(row["answer"] == line[3] for row, line in zip(rows, fresh))
        self.assertGreater(right, 160)
        for row in rows:
            self.assertEqual(row["answer"], "yes" if float(row["probability"]) >= 0.5 else "no")
        self.audit_is_whole(self.out / "audit.jsonl")

    def test_a_model_that_is_damaged_or_lacks_its_columns_is_refused(self):
        path = self.write(self.table(self.learnable()))
        model = self.folder / "model"
        self.assertEqual(run("--input", path, "--target", "y", "--epochs", 1, "--out", model).returncode, 0)
        other = self.write("x,c\n1,a\n", "fresh.csv")
        self.refused(6, ['no column named "z"', 'learned "y" from 3 columns'], "--use", model, "--input", other)
        other = self.write("x,c,z\n1,a,2\nmany,a,2\n", "fresh.csv")
        self.refused(8, ["line 3, column 1", '"many"'], "--use", model, "--input", other)
        good = (model / "model.bin").read_bytes()
        (model / "model.bin").write_bytes(good[:-1])
        self.refused(3, "model.bin", "--use", model, "--input", path)
        (model / "model.bin").write_bytes(good)
        (model / "encoder.json").write_text("{}")
        self.refused(3, "encoder.json", "--use", model, "--input", path)

    # tables as they come

    def test_quotes_byte_order_mark_and_every_line_end_are_read(self):
        lines = [(x, f'"{c}, ""{c}""\nline"', z, f'" {y} "') for x, c, z, y in self.learnable()]
        for end in ("\n", "\r\n", "\r"):
            path = self.write(b"\xef\xbb\xbf" + self.table(lines, header='x,"c, ""quoted""",z, y ', end=end).encode())
            self.assertGreater(self.auc(run("--input", path, "--target", "y", "--out", self.out)), 0.9)
        self.page_is_sound("y = yes")

    def test_columns_that_cannot_help_are_left_out_and_named(self):
        lines = [(f"id{i}", "k", "", *line) for i, line in enumerate(self.learnable())]
        path = self.write(self.table(lines, header="name,same,empty,x,x,z,y"))
        ended = run("--input", path, "--target", "y", "--out", self.out)
        self.assertGreater(self.auc(ended), 0.9)
        for says in ("left out: nearly every cell is different", "left out: every cell is the same",
                     "left out: every cell is missing", 'repeats the name "x"'):
            self.assertIn(says, ended.stdout)

    def test_missing_cells_are_filled_and_flagged(self):
        lines = [(x if i % 5 else "", c if i % 7 else "?", z, y) for i, (x, c, z, y) in enumerate(self.learnable())]
        path = self.write(self.table(lines))
        self.assertGreater(self.auc(run("--input", path, "--target", "y", "--out", self.out)), 0.8)

    def test_names_with_markup_quotes_and_other_alphabets_reach_every_file_unharmed(self):
        lines = [(x, "<b>&\"'" if False else "<b>&'" + c, z, "já" if y == "yes" else "</style>") for x, c, z, y in self.learnable()]
        path = self.write(self.table(lines, header='<script>x</script>,"c\\""",z{},über'))
        self.assertGreater(self.auc(run("--input", path, "--target", "über", "--positive", "já", "--out", self.out)), 0.9)
        self.page_is_sound("über = já")
        self.audit_is_whole(self.out / "audit.jsonl")
        self.metrics_are_sound()

    def test_what_looks_like_a_mistake_gets_a_note(self):
        lines = [(x if i != 77 else "-", c, f"{i % 9}" if i != 300 else "-", y, y.upper()) for i, (x, c, z, y) in enumerate(self.learnable())]
        path = self.write(self.table(lines, header="x,c,z,y,again"))
        self.refused(8, ["line 79, column 1", "--missing"], "--input", path, "--target", "y")
        lines = [("1.5" if line[0] == "-" else line[0], *line[1:]) for line in lines]
        path = self.write(self.table(lines, header="x,c,z,y,again"))
        ended = run("--input", path, "--target", "y", "--out", self.out)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn('column "z" is read as categories, though 399 of 400 cells are numbers: line 302 says "-"', ended.stdout)
        self.assertIn('column "again" tells the target in every row', ended.stdout)
        self.assertNotIn("in the place of", ended.stdout)
        lines = [(x, c, z, {"yes": "True", "no": "TRUE"}[y]) for x, c, z, y, _ in lines]
        ended = run("--input", self.write(self.table(lines)), "--target", "y", "--epochs", 1, "--out", self.out)
        self.assertIn("differ in their case alone", ended.stdout)
        self.assertIn("in the place of an earlier run's files", ended.stdout)

    def test_latin_1_is_read_with_a_note(self):
        lines = [(x, "caf\xe9" + c, z, y) for x, c, z, y in self.learnable()]
        path = self.write(self.table(lines).encode("latin-1"))
        ended = run("--input", path, "--target", "y", "--out", self.out)
        self.assertGreater(self.auc(ended), 0.9)
        self.assertIn("read as Latin-1", ended.stdout)
        self.assertIn("caféa", ended.stdout)

    def test_one_of_many_classes_is_learned_against_the_rest(self):
        lines = [(x, c, z, "high" if float(x) > 0.5 else "low" if float(x) < -0.5 else "middle") for x, c, z, _ in self.learnable()]
        path = self.write(self.table(lines))
        self.refused(7, ["3 classes", "--positive"], "--input", path, "--target", "y", "--task", "binary")
        self.assertGreater(self.auc(run("--input", path, "--target", "y", "--positive", "high", "--out", self.out)), 0.9)
        self.page_is_sound("y = high")

    # several classes, numbers, and families of models

    def whole(self, title, *parts):
        """A sound page of this title with these parts."""
        text = (self.out / "report.html").read_text()
        page = Page()
        page.feed(text)
        page.close()
        self.assertEqual((page.open, page.references), ([], []))
        self.assertIn(f"<h1>{title}</h1>", text)
        for part in ("<h2>Which model</h2>", 'aria-label="Loss by model"', "What the model looks at", *parts):
            self.assertIn(part, text)
        self.assertEqual(set(os.listdir(self.out)), LEFT)
        self.audit_is_whole(self.out / "audit.jsonl")
        self.metrics_are_sound()

    def used_again(self, path, header):
        used = run("--use", self.out, "--input", path, "--out", self.folder / "used")
        self.assertEqual(used.returncode, 0, used.stderr)
        with open(self.folder / "used/predictions.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(list(rows[0]), header)
        return rows

    def test_several_classes_are_learned_and_served(self):
        lines = [(x, c, z, "high" if float(x) > 0.5 else "low" if float(x) < -0.5 else "<middle>") for x, c, z, _ in self.learnable(600)]
        path = self.write(self.table(lines))
        ended = run("--input", path, "--target", "y", "--epochs", 3, "--out", self.out)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("3 classes, ", ended.stdout)
        self.onnx_agrees(ended, 600)
        self.assertGreater(float(re.search(r"holdout   accuracy ([\d.]+) %", ended.stdout)[1]), 85)
        self.whole("y", "Confusion by class", "&lt;middle&gt;", "<h2>The network's training")
        rows = self.used_again(path, ["row", "line", "probability", "answer"])
        self.assertGreater(sum(row["answer"] == line[3] for row, line in zip(rows, lines)), 540)

    def test_numbers_are_learned_and_served_in_their_own_unit(self):
        chance = random.Random(5)
        lines = [(x, c, z, f'"${1000 + 200 * float(x) + 50 * (c == "a") + chance.gauss(0, 10):,.2f}"') for x, c, z, _ in self.learnable(600)]
        path = self.write(self.table(lines))
        ended = run("--input", path, "--target", "y", "--epochs", 3, "--out", self.out)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertGreater(float(re.search(r"holdout   R2 ([\d.]+)", ended.stdout)[1]), 0.9)
        self.assertIn("ridge regression     RMSE ", ended.stdout)
        self.onnx_agrees(ended, 600)
        self.whole("y", "Residuals by prediction", "Predicted and actual", "Rows by residual")
        rows = self.used_again(path, ["row", "line", "answer"])
        values = [float(line[3].strip('"$').replace(",", "")) for line in lines]
        self.assertLess(sum(abs(float(row["answer"]) - value) for row, value in zip(rows, values)) / len(values), 60)

    def test_each_family_alone_is_fitted_judged_and_used_again(self):
        path = self.write(self.table(self.learnable(300)))
        for name, title in (("linear", "logistic regression"), ("boosted_trees", "boosted trees"),
                            ("random_forest", "random forest"), ("network", "neural network")):
            ended = run("--input", path, "--target", "y", "--model", name, "--epochs", 4, "--out", self.out)
            self.assertGreater(self.auc(ended), 0.75, name)
            self.onnx_agrees(ended, 300)
            self.assertIn(f"model     {title}, as --model asks", ended.stdout)
            self.assertEqual(strict_json((self.out / "encoder.json").read_text())["family"], name)
            text = (self.out / "report.html").read_text()
            self.assertEqual("<h2>The network's training" in text, name == "network")
            self.assertEqual("does not say what each column adds" in text, name == "network")
            self.assertEqual(len(self.used_again(path, ["row", "line", "probability", "answer"])), 300)
        self.refused(2, "--model", "--input", path, "--target", "y", "--model", "oracle")

    def test_a_number_may_be_learned_as_classes_and_the_other_way_round(self):
        grades = [(x, c, z, str(3 if float(x) > 0.5 else 1 if float(x) < -0.5 else 2)) for x, c, z, _ in self.learnable()]
        args = ["--input", self.write(self.table(grades)), "--target", "y", "--model", "boosted_trees", "--out", self.out]
        self.assertIn("holdout   accuracy", run(*args).stdout)
        self.assertIn("holdout   R2", run(*args, "--task", "number").stdout)
        self.refused(2, "--positive is for two classes", *args[:4], "--task", "number", "--positive", "1")

    def test_a_budget_ends_what_takes_too_long_and_says_so(self):
        self.refused(11, ["the budget of ", "ran out before any model was compared", "--budget"], "--rows", 2000, "--budget", "0.001ms")
        ended = run("--rows", 20000, "--budget", "1500ms", "--epochs", 100000, "--out", self.out)
        self.assertIn(ended.returncode, (0, 11), ended.stderr)  # 11: a machine on which nothing is done in a second
        self.assertRegex(ended.stdout, r"neural network  +ran out of its share of the budget")
        if ended.returncode == 0:
            self.assertIn("ran out of its share of the budget", (self.out / "report.html").read_text())
        for budget in ("0", "-1s", "soon", "1h"):
            self.refused(2, "--budget is a time above 0", "--rows", 2000, "--budget", budget)

    # what goes wrong

    def test_options_that_make_no_sense(self):
        for args in (["--nonsense"], ["--target", "y"], ["--rows", "many"], ["--rows", "10"], ["--nan", "maybe"],
                     ["--delimiter", "ab", "--rows", "2000"], ["extra"], ["--input", "x.csv"], ["--use", "x"]):
            self.refused(2, "", *args)
        self.refused(2, ["--epoch is no option", "did you mean --epochs?"], "--epoch", 3)
        self.refused(2, "did you mean --input?", "--inptu", "x.csv")
        self.refused(2, "did you mean --out?", "--output", "x")
        self.assertEqual(run("--help").returncode, 0)

    def test_a_file_that_cannot_be_read(self):
        self.refused(3, ["nowhere.csv", "No such file"], "--input", self.folder / "nowhere.csv", "--target", "y")
        self.refused(3, "Is a directory", "--input", self.folder, "--target", "y")

    def test_a_file_that_is_no_table(self):
        def table(text, *says, code=4):
            self.refused(code, says, "--input", self.write(text), "--target", "y")

        table("x,y\n1,a\n2\n3,b\n", "table.csv", "line 3, column 2", "the row ends after 1 cell", "2 columns")
        table("x,y\n1,a,b\n", "line 2, column 3", "3 cells")
        table("x;y\n1;2;3\n", "line 2, column 3", "3 cells")
        table('x,y\n"3,14",a\n"2,72",b\n', "line 2, column 1", '"3,14" looks like', "--decimal comma", code=8)
        table('x,y\n1,"a\n2,b\n', "line 2, column 2", "never closed")
        table('x,y\n1,"a"b\n', "line 2, column 2", "closing quote")
        table("x,y\n1,a\n".encode("utf-16"), "UTF-16")
        table("", "is empty", code=5)
        table("\n\n", "is empty", code=5)
        table("x,y\n", "no rows", code=5)

    def test_a_delimiter_that_does_not_fit_is_named_with_one_that_does(self):
        for text in ("x;y\n1;a,b\n", '"x";"y"\n"1";"a"\n'):
            self.refused(4, "--delimiter ';'", "--input", self.write(text), "--target", "y", "--delimiter", ",")

    def test_a_file_in_another_shape_is_taken_apart_where_it_shows_how(self):
        lines = ["sep=;", "# exported by hand", '"x";"c";"z";"y"'] + [";".join(f'"{cell}"' for cell in line) for line in self.learnable()]
        ended = run("--input", self.write("\n".join(lines) + "\n"), "--target", "y", "--out", self.out)
        self.assertGreater(self.auc(ended), 0.9)
        self.assertIn("cells are taken apart at ';', as the first line says", ended.stdout)
        self.assertIn("1 line that begins with # was passed over", ended.stdout)

    def test_amounts_percents_dates_and_identifiers_are_read_as_what_they_are_and_named(self):
        lines = []
        for i, (x, c, z, y) in enumerate(self.learnable()):
            day = f"{1 + i % 28:02}/{1 + i % 12:02}/2024"
            lines.append((f'"{round(1500 + 1000 * float(x)):,}"', f'"${float(z) + 9:.2f}"', f"{i % 100}%", day,
                          str(1234567890123456000 + i), y))
        path = self.write(self.table(lines, header="price,fee,share,day,id,y"))
        ended = run("--input", path, "--target", "y", "--epochs", 3, "--out", self.out)
        self.assertGreater(self.auc(ended), 0.7)
        for says in ('column "price": commas are taken for separators of thousands: "', 'the unit "$" is set aside: "$',
                     'the unit "%" is set aside: "0%" is 0', 'column "day" is read as dates: "01/01/2024" is 2024-01-01',
                     'column "id" has whole numbers beyond 2^53', "left out: nearly every cell is different"):
            self.assertIn(says, ended.stdout)
        self.assertNotIn("every cell is the same", ended.stdout)
        encoder = strict_json((self.out / "encoder.json").read_text())
        price = next(column for column in encoder["columns"] if column["name"] == "price")
        self.assertGreater(price["median"], 500)
        self.refused(8, [" may be ", "--thousands none"], "--input", path, "--target", "y", "--decimal", "comma")
        # Another table of the kind, where the amounts are written as they were.
        used = run("--use", self.out, "--input", path, "--out", self.folder / "used")
        self.assertEqual(used.returncode, 0, used.stderr)

    def test_rows_without_a_target_are_left_out_where_that_is_said(self):
        lines = [(x, c, z, y if i % 10 else "") for i, (x, c, z, y) in enumerate(self.learnable())]
        args = ["--input", self.write(self.table(lines)), "--target", "y"]
        self.refused(8, ["40 rows of 400", "--drop-missing-target"], *args)
        ended = run(*args, "--drop-missing-target", "--out", self.out)
        self.assertGreater(self.auc(ended), 0.9)
        self.assertIn("40 rows have no target and were left out", ended.stdout)

    def test_a_column_that_tells_the_target_stands_beside_the_headline(self):
        lines = [(x, {"yes": "alive", "no": "dead"}[y], z, y) for x, c, z, y in self.learnable()]
        args = ["--input", self.write(self.table(lines)), "--target", "y", "--epochs", 2]
        ended = run(*args, "--out", self.out)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertRegex(ended.stdout, r'F1 [\d.]+\n          beware: column "c" tells the target in every row')
        text = (self.out / "report.html").read_text()
        self.assertLess(text.index("column &quot;c&quot; tells the target"), text.index('class="tiles"'))
        ended = run(*args, "--ignore", "c", "--out", self.out)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertNotIn("beware", ended.stdout)
        self.assertIn("left out: as --ignore asks", ended.stdout)

    def test_costs_of_mistakes_move_the_threshold(self):
        ended = run("--rows", 2000, "--epochs", 1, "--cost", "1:19", "--out", self.out)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("at threshold 0.05", ended.stdout)
        self.assertAlmostEqual(strict_json((self.out / "encoder.json").read_text())["threshold"], 0.05)
        self.assertIn("A false alarm costs 1 and a miss 19", (self.out / "report.html").read_text())
        for cost in ("1", "0:1", "a:b", "1:-2"):
            self.refused(2, "--cost is", "--rows", 2000, "--cost", cost)

    def test_a_table_with_decimal_commas_is_learned_where_that_is_said(self):
        lines = [[cell.replace(".", ",") for cell in line] for line in self.learnable()]
        path = self.write("\n".join(["x;c;z;y"] + [";".join(line) for line in lines]) + "\n")
        args = ["--input", path, "--target", "y", "--delimiter", ";"]
        self.refused(8, "--decimal comma", *args)
        self.assertGreater(self.auc(run(*args, "--decimal", "comma", "--out", self.out)), 0.9)

    def test_messages_bear_the_name_that_the_job_was_called_by(self):
        ended = run("--epoch", 3, env={**os.environ, "LIFECYCLE_CALLED_AS": "tools/demo"})
        self.assertTrue(ended.stderr.startswith("tools/demo: "), ended.stderr)

    def test_a_target_that_cannot_be_learned(self):
        rows = "\n".join(f"{i * i},no" for i in range(50))
        path = self.write(f"x,y\n{rows}\n")
        self.refused(6, ['no column named "Y"', 'did you mean "y"'], "--input", path, "--target", "Y")
        self.refused(6, ['no column named "wage"', "x, y"], "--input", path, "--target", "wage")
        self.refused(7, ['is "no" in every row'], "--input", path, "--target", "y")
        self.refused(7, ["quantity", "--task number"], "--input", path, "--target", "x", "--task", "binary")
        self.refused(7, ['never "maybe"'], "--input", path, "--target", "y", "--positive", "maybe")
        path = self.write(f"x,y\n{rows}\n1,yes\n2,yes\n")
        self.refused(7, ['"yes" in only 2 rows'], "--input", path, "--target", "y")
        path = self.write(f"x,y\n{rows}\n1,\n2,yes\n")
        self.refused(7, ['"yes" in only 1 row'], "--input", path, "--target", "y")  # leaving rows out would not help
        some = "\n".join(f"{i},yes" for i in range(9))
        path = self.write(f"x,y\n{rows}\n1,\n{some}\n")
        self.refused(8, ["line 52, column 2", "the target is missing"], "--input", path, "--target", "y")
        path = self.write(f"x,y\n{rows}\n1,NaN\n{some}\n")
        self.refused(8, ["line 52, column 2", '"NaN"'], "--input", path, "--target", "y")
        names = "\n".join(f"{i},name{i}" for i in range(200))
        self.refused(7, "200 different texts", "--input", self.write(f"x,y\n{names}\n"), "--target", "y")
        self.refused(7, "is \"no\" in every row", "--input", self.write("x,y\n1,no\n"), "--target", "y")
        few = "\n".join(f"{i},{i}.5" for i in range(9))
        self.refused(7, "only 9 rows", "--input", self.write(f"x,y\n{few}\n"), "--target", "y")
        rare = "\n".join(f"{i},{'abc'[i % 3]}" for i in range(60))
        self.refused(7, '"d" in only 1 row', "--input", self.write(f"x,y\n{rare}\n1,d\n"), "--target", "y")
        words = "\n".join(f"{i},{i * i}" for i in range(60))
        self.refused(8, ["line 62, column 2", '"much"'], "--input", self.write(f"x,y\n{words}\n1,much\n"), "--target", "y")
        path = self.write("y\n" + "no\nyes\n" * 20)
        self.refused(7, "no column to learn", "--input", path, "--target", "y")

    def test_cells_that_are_no_number(self):
        lines = self.learnable()
        lines[41] = ("NaN", *lines[41][1:])
        path = self.write(self.table(lines))
        self.refused(8, ["line 43, column 1", '"x"', '"NaN"', "--nan missing"], "--input", path, "--target", "y")
        self.assertGreater(self.auc(run("--input", path, "--target", "y", "--nan", "missing", "--out", self.out)), 0.9)
        shutil.rmtree(self.out)
        lines[41] = ("n.d.", *lines[41][1:])
        path = self.write(self.table(lines))
        self.refused(8, ["line 43, column 1", '"n.d."', "--missing"], "--input", path, "--target", "y")
        self.assertGreater(self.auc(run("--input", path, "--target", "y", "--missing", "n.d.", "--out", self.out)), 0.9)

    def test_a_folder_that_cannot_be_written(self):
        blocked = self.write("x", "blocked")
        self.assertEqual(run("--rows", 2000, "--out", blocked).returncode, 9)
        self.assertEqual(run("--input", "nowhere.csv", "--target", "y", "--out", blocked).returncode, 9)  # before the table
        ended = run("--rows", 2000, "--out", blocked / "below")
        self.assertEqual(ended.returncode, 9)
        self.assertIn(str(blocked / "below"), ended.stderr)
        self.assertEqual(ended.stderr.count("\n"), 1)
        if os.geteuid() != 0:  # root may write anywhere
            closed = self.folder / "closed"
            closed.mkdir(mode=0o500)
            self.assertEqual(run("--rows", 2000, "--out", closed).returncode, 9)

    # the store of runs and models

    def documents(self, begin, store=None):
        """What a store has under keys that begin so."""
        opened = sqlite3.connect(store or self.out / "millrace.db")
        try:
            self.assertEqual(opened.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            return [(key, value) for key, value in opened.execute(
                "SELECT key, CASE typeof(value) WHEN 'integer' THEN (SELECT bytes FROM large WHERE id = value) ELSE value END "
                "FROM objects WHERE key >= ? AND key < ? ORDER BY key", (begin, begin + "\x7f"))]
        finally:
            opened.close()

    def runs(self, store=None):
        found = [json.loads(value) for _, value in self.documents("experiment_tracking/runs/", store)]
        return sorted(found, key=lambda each: each["start"])

    def statuses(self, store=None):
        return [each["status"].lower() for each in self.runs(store)]

    def registry_tool(self, *args):
        done = subprocess.run([REGISTRY_TOOL, *map(str, args)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_a_model_is_released_beside_the_one_before_and_taken_back_for_what_is_injected(self):
        args = ["--rows", 3000, "--model", "linear", "--out", self.out]
        good = run(*args)
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertIn("release   beside the baseline: ", good.stdout)
        self.assertRegex(good.stdout, r"promoted after [\d,]+ requests: within what is tolerated")
        shares = re.findall(r"request +[\d,]+: \w+, (\d+) % of the requests", good.stdout)
        self.assertEqual(shares, ["5", "10", "25", "50", "100", "100"])
        for fault, metric in (("errors", "error_rate"), ("latency", "latency_p99"), ("drift", "mistakes")):
            bad = run(*args, "--inject", fault)
            self.assertEqual(bad.returncode, 0, bad.stderr)
            self.assertIn("release   beside version 1, the best so far: ", bad.stdout)
            self.assertRegex(bad.stdout, rf"taken back after [\d,]+ requests: {metric} is worse than with the stable model")
            self.assertRegex(bad.stdout, r"rolled_back, 0 % of the requests")
            self.assertIn(f"taken back after", (self.out / "report.html").read_text())
            self.assertEqual(next(tag["value"] for tag in self.runs()[-1]["tags"] if tag["key"] == "release"), "rolled_back")
        trail = self.trail_is_sound(self.out / "trail")
        self.assertEqual(trail.count("model_rolled_back"), 3)
        self.assertEqual(trail.count("release_judged"), 4)
        page = Page()
        page.feed((self.out / "report.html").read_text())
        page.close()
        self.assertEqual((page.open, page.references), ([], []))
        if REGISTRY_TOOL:
            shown = self.registry_tool("--store", self.out / "millrace.db", "show", "fraud", 4)
            self.assertIn("rolled_back", shown)
            self.assertNotIn("production", shown)  # that takes somebody's approval
        wrong = run(*args, "--inject", "storms")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("--inject", wrong.stderr)

    def test_runs_are_kept_and_compared_and_a_better_model_is_offered(self):
        path = self.write(self.table(self.learnable(rows=1200)))
        args = ["--input", path, "--target", "y", "--model", "boosted_trees", "--out", self.out]
        first = run(*args, "--ignore", "x")
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertRegex(first.stdout, r'store     .*/millrace\.db: version 1 of the model "y", the first run\n')
        self.assertNotIn("to promote it", first.stdout)
        page = (self.out / "report.html").read_text()
        self.assertIn("It is the first.", page)
        self.assertNotIn("To promote it", page)

        better = run(*args)
        self.assertEqual(better.returncode, 0, better.stderr)
        self.assertIn('version 2 of the model "y"; 1 run before', better.stdout)
        self.assertRegex(better.stdout, r"better than version 1, the best so far: squared error 0\.\d+ against 0\.\d+ on the same "
                                        r"300 rows held out; less by [\d.]+ to [\d.]+, by an interval of 97\.50 %")
        commands = re.search(r"to promote it:\n((?: {12}.*\n)+)", better.stdout)[1].splitlines()
        self.assertEqual([command.split()[-4:] for command in commands],
                         [["y", "2", "--to", "staging"], ["y", "2", "--to", "production"]])
        page = (self.out / "report.html").read_text()
        self.assertIn("1 run came before it.", page)
        for command in commands:
            self.assertIn(html.escape(command.strip()), page)
        self.assertRegex(page, r'<tr class="used"><td class="n">2</td>')
        self.assertIn("better than version 1", page)
        reader = Page()
        reader.feed(page)
        reader.close()
        self.assertEqual((reader.open, reader.references), ([], []))
        trail = self.trail_is_sound(self.out / "trail")
        self.assertEqual(trail.count("model_registered"), 2)
        if REGISTRY_TOOL:
            for command in commands:
                done = subprocess.run(shlex.split(command) + ["--actor", "ada"], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("production", self.registry_tool("--store", self.out / "millrace.db", "show", "y", 2))

        third = run(*args)  # the same again
        self.assertEqual(third.returncode, 0, third.stderr)
        which = "in production" if REGISTRY_TOOL else "the best so far"
        self.assertIn(f"answers as version 2, {which}, does, on all 300 rows held out", third.stdout)
        self.assertNotIn("to promote it", third.stdout)
        worse = run(*args, "--ignore", "c", "--seed", 7)
        self.assertEqual(worse.returncode, 0, worse.stderr)
        self.assertIn("4 of the model", worse.stdout)
        self.assertIn("worse than version 2", worse.stdout)
        self.assertIn("some of which version 2 may have learnt from", worse.stdout)
        self.assertRegex(worse.stdout, r"seed: 7 \| 42 \| 42 \| 42\n")
        self.assertNotIn("to promote it", worse.stdout)
        other = run(*args, "--ignore", "x")
        self.assertEqual(other.returncode, 0, other.stderr)
        self.assertIn("not compared with version 2, ", other.stdout)
        self.assertRegex(other.stdout, r" 2  .*, best\n|in production")  # what cannot be compared is not the best
        self.assertNotRegex(other.stdout, r" 5  .*, best\n")

        runs = self.runs()
        self.assertEqual(self.statuses(), ["finished"] * 5)
        self.assertEqual([next(tag["value"] for tag in each["tags"] if tag["key"] == "model_version") for each in runs],
                         ["1", "2", "3", "4", "5"])
        parameters = {each["key"]: each["value"] for each in runs[1]["parameters"]}
        self.assertEqual((parameters["target"], parameters["seed"], parameters["models"]), ("y", "42", "boosted_trees"))
        kept = {key.rpartition("/")[2]: json.loads(value) for key, value in
                self.documents(f"experiment_tracking/artifacts/{runs[4]['id']}/")}
        self.assertEqual(kept["report.html"]["content"], hashlib.sha256((self.out / "report.html").read_bytes()).hexdigest())
        self.assertEqual(set(kept), {"metrics.json", "report.html"})
        metrics = {each["key"]: each["last"]["value"] for each in json.loads(
            self.documents(f"experiment_tracking/metrics/{runs[4]['id']}/summary.json")[0][1])["metrics"]}
        said = re.search(r"holdout   AUC (\d\.\d+)", other.stdout)[1]
        self.assertAlmostEqual(metrics["holdout/auc"], float(said), places=4)
        self.assertLessEqual(metrics["cross_validation/loss_lower"], metrics["cross_validation/loss"])

    def test_a_network_leaves_its_series(self):
        path = self.write(self.table(self.learnable()))
        args = ["--input", path, "--target", "y", "--model", "network", "--epochs", 3, "--out", self.out]
        self.assertEqual(run(*args).returncode, 0)
        identifier = self.runs()[0]["id"]
        summary = json.loads(self.documents(f"experiment_tracking/metrics/{identifier}/summary.json")[0][1])
        counts = {each["key"]: each["count"] for each in summary["metrics"]}
        self.assertEqual((counts["training/loss"], counts["training/validation_loss"], counts["training/validation_auc"]), (3, 3, 3))
        self.assertGreater(counts["stream/p99_seconds"], 0)

    def test_a_store_that_is_damaged_newer_or_none_is_refused_before_training(self):
        path = self.write(self.table(self.learnable()))
        store = self.folder / "runs.db"
        args = ["--input", path, "--target", "y", "--model", "linear"]
        self.assertEqual(run(*args, "--store", store, "--out", self.out).returncode, 0)
        self.assertEqual(set(os.listdir(self.out)), LEFT - {"millrace.db"})
        good = store.read_bytes()

        def refused(content, *says):
            store.write_bytes(content)
            self.refused(13, ["runs.db", *says], *args, "--store", store)
            self.assertEqual(store.read_bytes(), content)

        refused(b"x" * 8192)
        refused(good[:100] + bytes(8092) + good[8192:])
        store.write_bytes(good)
        with sqlite3.connect(store) as opened:
            opened.execute("PRAGMA user_version = 99")
        opened.close()
        refused(store.read_bytes(), "newer")
        other = sqlite3.connect(self.folder / "other.db")
        other.execute("CREATE TABLE people(name)")
        other.commit()
        other.close()
        refused((self.folder / "other.db").read_bytes())
        self.refused(13, "nowhere", *args, "--store", self.folder / "nowhere/runs.db")
        self.refused(2, "--store", "--use", self.out, "--input", path, "--store", store)

    def test_two_jobs_share_a_store(self):
        path = self.write(self.table(self.learnable()))
        store = self.folder / "runs.db"
        jobs = [subprocess.Popen([PROGRAM, "--input", path, "--target", "y", "--model", "linear", "--store", store, "--out",
                                  self.folder / name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                for name in ("one", "two", "three")]
        said = [job.communicate(timeout=120) for job in jobs]
        self.assertEqual([job.returncode for job in jobs], [0, 0, 0], said)
        versions = sorted(int(re.search(r"version (\d+) of the model", text)[1]) for text, _ in said)
        self.assertEqual(versions, [1, 2, 3])
        self.assertEqual(self.statuses(store), ["finished"] * 3)

    def test_a_store_that_cannot_be_written(self):
        path = self.write(self.table(self.learnable()))
        store = self.folder / "closed/runs.db"
        store.parent.mkdir()
        args = ["--input", path, "--target", "y", "--model", "linear"]
        self.assertEqual(run(*args, "--store", store, "--out", self.out).returncode, 0)
        store.chmod(0o444)
        store.parent.chmod(0o555)
        self.addCleanup(store.parent.chmod, 0o755)
        if os.geteuid() == 0:  # root may write anywhere: nobody may not
            try:
                subprocess.run(["true"], user=65534, check=True, cwd="/")
                subprocess.run([PROGRAM, "--help"], user=65534, check=True, capture_output=True)
            except (OSError, subprocess.SubprocessError) as why:
                self.skipTest(f"cannot be another user here: {why}")
            self.folder.chmod(0o777)
            ended = run(*args, "--store", store, "--out", self.folder / "elsewhere", user=65534)
        else:
            ended = run(*args, "--store", store, "--out", self.folder / "elsewhere")
        self.assertEqual(ended.returncode, 13, ended.stderr)
        self.assertIn("runs.db", ended.stderr)
        self.assertEqual(ended.stderr.count("\n"), 1)

    # Ctrl-C

    def interrupt_training(self, number=signal.SIGINT):
        job = subprocess.Popen([PROGRAM, "--rows", "200000", "--out", self.out], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
        for line in job.stdout:
            if "epoch   1/" in line:
                break
        job.send_signal(number)
        _, error = job.communicate(timeout=60)
        return job.returncode, error

    def test_an_interrupt_ends_in_order(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            code, error = self.interrupt_training(number)
            self.assertEqual(code, 130, error)
            self.assertEqual(error.count("\n"), 1, error)
            self.assertIn("interrupted in epoch", error)
            self.assertEqual(set(os.listdir(self.out)), {"audit.partial.jsonl", "millrace.db", "trail"})
            self.assertEqual(self.statuses()[-1], "killed")
            self.assertIn("run_failed", self.trail_is_sound(self.out / "trail"))
            records = self.audit_is_whole(self.out / "audit.partial.jsonl")
            self.assertGreater(len(records), 100)

    def test_an_interrupt_leaves_an_earlier_run_as_it_was(self):
        self.assertEqual(run("--rows", 2000, "--epochs", 1, "--out", self.out).returncode, 0)
        before = {name: (self.out / name).read_bytes() for name in FILES}
        self.assertEqual(self.interrupt_training()[0], 130)
        self.assertEqual(set(os.listdir(self.out)), LEFT | {"audit.partial.jsonl"})
        for name, content in before.items():
            self.assertEqual((self.out / name).read_bytes(), content, name)
        self.assertEqual(run("--rows", 2000, "--epochs", 1, "--out", self.out).returncode, 0)
        self.assertEqual(set(os.listdir(self.out)), LEFT)
        told = self.trail_is_sound(self.out / "trail")
        self.assertEqual((told.count("data_accessed"), told.count("model_registered"), told.count("run_failed")), (3, 2, 1))

    def test_a_terminal_gets_a_bar(self):
        try:
            master, slave = pty.openpty()
        except OSError as none:  # as in a bare chroot
            self.skipTest(f"no pseudo-terminal to be had: {none}")
        job = subprocess.Popen([PROGRAM, "--rows", "20000", "--epochs", "4", "--out", str(self.out)], stdout=slave,
                               stderr=slave, stdin=slave)
        os.close(slave)
        shown = b""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            if select.select([master], [], [], 1)[0]:
                try:
                    some = os.read(master, 65536)
                except OSError:  # the other end is closed
                    break
                if not some:
                    break
                shown += some
        os.close(master)
        self.assertEqual(job.wait(timeout=60), 0)
        text = shown.decode("utf-8")
        self.assertIn("\r\x1b[K", text)
        self.assertIn("━", text)
        self.assertRegex(text, r"loss \d\.\d+ +[\d,]+ rows/s  ETA")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    if len(sys.argv) > 1 and pathlib.Path(sys.argv[1]).name == "registry_tool":
        REGISTRY_TOOL = sys.argv.pop(1)
    unittest.main(verbosity=1)
