"""Runs the latency monitor as its user does: latency_monitor.py PROGRAM."""

import math
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM = None


def run(*args):
    return subprocess.run([PROGRAM, *map(str, args)], capture_output=True, text=True, timeout=60)


def lines_of(output):
    """The windows' lines: the time they begin, then the numbers."""
    found = []
    for line in output.splitlines():
        if re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d", line):
            found.append((line[:19], [float(x) for x in line[19:].split()[:6]]))
    return found


class LatencyMonitor(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = pathlib.Path(self.scratch.name)

    def csv(self, text, name="in.csv"):
        path = self.folder / name
        path.write_text(text)
        return path

    def test_without_a_file_it_watches_made_up_requests(self):
        first, second = run(), run()
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertEqual(first.stdout, second.stdout)
        windows = lines_of(first.stdout)
        self.assertEqual(len(windows), 11)
        self.assertEqual(sum(numbers[0] for _, numbers in windows), 29930)
        # The slow spell shows, and the busiest endpoint is the first named.
        medians = [numbers[2] for _, numbers in windows]
        self.assertGreater(max(medians), 2 * min(medians))
        self.assertRegex(first.stdout, r"most often:  /score \(\d+\)")

    def test_windows_are_those_of_the_rows(self):
        rows = "when,ms,who\n"
        for hour in range(3):
            for i in range(1, 101):
                rows += f"2014-03-0{1 + hour} 00:{i // 2:02}:00,{(hour + 1) * i},{'ab'[i % 2]}\n"
        done = run("--input", self.csv(rows), "--time", "when", "--value", "ms", "--label", "who", "--window", "1h")
        self.assertEqual(done.returncode, 0, done.stderr)
        windows = lines_of(done.stdout)
        self.assertEqual([start for start, _ in windows],
                         ["2014-03-01 00:00:00", "2014-03-02 00:00:00", "2014-03-03 00:00:00"])
        for hour, (_, (count, rate, p50, p90, p99, most)) in enumerate(windows, 1):
            self.assertEqual(count, 100)
            self.assertAlmostEqual(rate, 100 / 3600, places=4)
            self.assertAlmostEqual(p50, 50 * hour, delta=hour)
            self.assertAlmostEqual(p90, 90 * hour, delta=hour)
            self.assertAlmostEqual(p99, 99 * hour, delta=hour)
            self.assertEqual(most, 100 * hour)
        self.assertRegex(done.stdout, r"most often:  [ab] \(150\)  [ab] \(150\)")

    def test_late_rows_go_to_their_window_or_are_counted(self):
        rows = "t,v\n0,1\n3600,2\n3100,3\n1000,4\n"
        done = run("--input", self.csv(rows), "--time", "t", "--value", "v", "--window", "1h")
        self.assertEqual([(start[11:], numbers[0]) for start, numbers in lines_of(done.stdout)],
                         [("00:00:00", 2), ("01:00:00", 1)])
        self.assertIn("1 came too late for their window", done.stdout)

    def test_processes_that_watch_parts_merge_to_the_whole(self):
        chance = random.Random(5)
        rows = [f"{1e9 + i},{math.exp(chance.gauss(3, 1)):.6f},{chance.choice('aaabbc')}\n" for i in range(4000)]
        names = ("--time", "t", "--value", "v", "--label", "l", "--window", "1h")
        whole = run("--input", self.csv("t,v,l\n" + "".join(rows)), *names)
        saved = []
        for part in range(3):
            out = self.folder / f"{part}.mrag"
            done = run("--input", self.csv("t,v,l\n" + "".join(rows[part::3]), f"{part}.csv"), *names, "--seed",
                       part + 2, "--save", out)
            self.assertEqual(done.returncode, 0, done.stderr)
            saved += ["--merge", out]
        merged = run(*saved, "--save", self.folder / "all.mrag")
        self.assertEqual(merged.returncode, 0, merged.stderr)

        def end(output):
            text = output[output.index("\n\n") if "merged" not in output else 0:]
            number = lambda name: float(re.search(name + r" (\S+?)[,\s]", text)[1])
            return {name: number(name) for name in ("mean", "p50", "p90", "p99", "max")}, \
                re.search(r"(\d+) from", text)[1], re.search(r"most often:.*", text)[0]

        expected, found = end(whole.stdout), end(merged.stdout)
        self.assertEqual(expected[1:], found[1:])
        self.assertEqual(expected[0]["max"], found[0]["max"])
        self.assertAlmostEqual(expected[0]["mean"], found[0]["mean"], delta=1e-3 * expected[0]["mean"])
        values = sorted(float(row.split(",")[1]) for row in rows)
        for name, p in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
            rank = sum(v <= found[0][name] for v in values) / len(values)
            self.assertAlmostEqual(rank, p, delta=0.03)
        again = run("--merge", self.folder / "all.mrag")
        self.assertEqual(end(again.stdout), found)

    def test_what_cannot_be_watched_is_named(self):
        good = self.csv("t,v\n0,1\n")
        for args, code, said in (
            (("--input", good, "--time", "x", "--value", "v"), 1, 'no column is called "x"; there are: t, v'),
            (("--input", good, "--time", "t", "--value", "w"), 1, 'no column is called "w"'),
            (("--input", good), 2, "requires"),
            (("--input", self.folder / "none", "--time", "t", "--value", "v"), 1, "No such file"),
            (("--input", self.csv("t,v\n0,abc\n", "text"), "--time", "t", "--value", "v"), 1, 'line 2, column 2 ("v"): "abc" is no number'),
            (("--input", self.csv("t,v\n0,nan\n", "nan"), "--time", "t", "--value", "v"), 1, "is no number"),
            (("--input", self.csv("t,v\n0,\n", "hole"), "--time", "t", "--value", "v"), 1, 'line 2: "" is no number'),
            (("--input", self.csv("t,v\nnoon,1\n", "noon"), "--time", "t", "--value", "v"), 1, "is no time"),
            (("--input", self.csv("t,v\n2014-02-30,1\n", "date"), "--time", "t", "--value", "v"), 1, "is no time"),
            (("--input", self.csv("t,v\n0,1,2\n", "ragged"), "--time", "t", "--value", "v"), 1, "line 2, column 3: the row has 3 cells"),
            (("--input", self.csv("", "empty"), "--time", "t", "--value", "v"), 1, "empty"),
            (("--input", self.csv("t,v\n", "bare"), "--time", "t", "--value", "v"), 1, "no rows"),
            (("--window", "0s"), 1, "is no length of time"),
            (("--merge", good), 1, "bytes are too few"),
        ):
            done = run(*args)
            self.assertEqual(done.returncode, code, (args, done.stderr))
            self.assertIn(said, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)

    def test_damaged_summaries_are_refused(self):
        out = self.folder / "a.mrag"
        self.assertEqual(run("--save", out).returncode, 0)
        good = out.read_bytes()
        chance = random.Random(3)
        for _ in range(40):
            bad = bytearray(good)
            bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
            out.write_bytes(bad if chance.random() < 0.7 else good[:chance.randrange(len(good))])
            done = run("--merge", out)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertTrue(done.stderr.startswith("latency_monitor: "))


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
