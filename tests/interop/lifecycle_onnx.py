#!/usr/bin/env python3
"""The model.onnx that the main job leaves behind: ONNX Runtime says of raw cells what the job itself says of them.

usage: lifecycle_onnx.py --job PROGRAM

Every family of models is trained for two classes, for three and for numbers, on a table of amounts, dates and words with missing
cells. ONNX Runtime is given the cells of other rows: numbers as doubles, dates as days since 1970, words as texts. Probabilities agree
to the six digits of predictions.csv, numbers to 1e-9 of their size; of networks, which add up in floats, to 2e-6 and 1e-6. Exit code 77 where `onnx`, `onnxruntime` or `numpy` is
missing: the test counts as skipped.
"""
import argparse
import csv
import datetime
import pathlib
import random
import subprocess
import sys
import tempfile

FAMILIES = ("linear", "boosted_trees", "random_forest", "network")
TARGETS = ("fraud", "kind", "value")
COLUMNS = ("amount", "change", "day", "country", "device")


def rows_of(seed, count, fresh):
    """Amounts, of which the largest dwarf the rest; dates; words, some rare, and in fresh rows some that are new."""
    chance = random.Random(seed)
    for _ in range(count):
        amount = round(chance.lognormvariate(3, 1.3), 2)
        change = chance.gauss(0, 2)
        day = datetime.date(2024, 1, 1) + datetime.timedelta(days=chance.randrange(400))
        country = chance.choice(["DE", "FR", "US", 'a "b"', "é"]) if chance.random() > 0.01 else f"rare{chance.randrange(40)}"
        device = chance.choice(["phone", "desk"])
        score = 0.5 * change + (amount > 60) - (country == "FR") + chance.gauss(0, 0.7)
        row = {"amount": f"{amount}", "change": f"{change:.5f}", "day": day.isoformat(), "country": country, "device": device,
               "fraud": "yes" if score > 0.8 else "no", "kind": "high" if score > 1 else "low" if score < -0.5 else "middle",
               "value": f"{1000 + 250 * score:.3f}"}
        for column in ("amount", "country"):
            if chance.random() < 0.05:
                row[column] = ""
        if fresh and chance.random() < 0.05:
            row["country"] = "never seen"
        if fresh and chance.random() < 0.02:
            row["change"] = f"{change * 1e6:.1f}"
        yield row


def write(path, rows):
    with open(path, "w", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--job", required=True)
    args = parser.parse_args()
    try:
        import numpy
        import onnx
        import onnxruntime
    except ImportError as missing:
        print(f"skipped: {missing}. To run it: pip install onnx==1.23.2 onnxruntime==1.32.0")
        return 77

    def column(rows, name):
        cells = [row[name] for row in rows]
        if name in ("country", "device"):
            return numpy.array(cells, dtype=object).reshape(-1, 1)
        if name == "day":
            cells = [(datetime.date.fromisoformat(cell) - datetime.date(1970, 1, 1)).days for cell in cells]
        return numpy.array([float(cell) if cell != "" else numpy.nan for cell in cells]).reshape(-1, 1)

    def compare(folder, family, target, past, fresh):
        """What differs, or nothing; and the largest difference."""
        write(folder / "past.csv", [{name: row[name] for name in (*COLUMNS, target)} for row in past])
        write(folder / "fresh.csv", fresh)
        for each in (["--input", folder / "past.csv", "--target", target, "--model", family, "--epochs", 2, "--out", folder / "model"],
                     ["--use", folder / "model", "--input", folder / "fresh.csv", "--out", folder / "used"]):
            ended = subprocess.run([args.job, *map(str, each)], capture_output=True, text=True)
            if ended.returncode != 0:
                return ended.stderr, 0, ""
            said = ended.stdout if "--target" in each else said
        model = onnx.load(folder / "model/model.onnx")
        onnx.checker.check_model(model, full_check=True)
        props = {each.key: each.value for each in model.metadata_props}
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        if {each.name for each in session.get_inputs()} - set(COLUMNS):
            return f"inputs are {[each.name for each in session.get_inputs()]}", 0, ""
        found = session.run(None, {each.name: column(fresh, each.name) for each in session.get_inputs()})[0]
        with open(folder / "used/predictions.csv", newline="") as file:
            answers = list(csv.DictReader(file))
        worst = 0
        for row, answer in zip(found, answers, strict=True):
            if target == "value":
                off = abs(row[0] - float(answer["answer"])) / 1000
                most = 1e-6 if family == "network" else 1e-9
            else:
                p = row[0] if target == "fraud" else max(row)
                off = abs(p - float(answer["probability"]))
                most = 6e-7 if family != "network" else 2e-6  # which adds up in floats
                best = int(p >= float(props["threshold"])) if target == "fraud" else int(row.argmax())
                if props[f"class {best}"] != answer["answer"] and (target == "kind" or abs(p - 0.5) > 1e-6):
                    return f"row {answer['row']}: {props[f'class {best}']!r}, the job says {answer['answer']!r}", off, ""
            worst = max(worst, off)
            if not off <= most:
                return f"row {answer['row']}: {row}, the job says {answer}", off, ""
        calibrated = said.split("calibrated by ")[1].split(" on")[0] if "calibrated by " in said else "not calibrated"
        return "", worst, calibrated

    failed, ways = 0, set()
    fresh = list(rows_of(9, 1500, True))
    cases = [(family, target, 1500) for family in FAMILIES for target in TARGETS]
    # Rows enough for calibrations of both kinds.
    cases += [("network", "fraud", 12000), ("network", "kind", 6000), ("random_forest", "kind", 12000)]
    for family, target, count in cases:
        with tempfile.TemporaryDirectory() as folder:
            try:
                problem, worst, calibrated = compare(pathlib.Path(folder), family, target, list(rows_of(4, count, False)), fresh)
            except Exception as why:  # the engine's own words
                problem, worst, calibrated = str(why), 0, ""
        ways.add(calibrated)
        failed += problem != ""
        print(f"{family}, {target}, {count} rows: {problem or f'at most {worst:.2g} apart, {calibrated}'}", flush=True)
    for missed in {"Platt's method", "isotonic regression"} - ways:
        failed += 1
        print(f"no model was calibrated by {missed}")
    print(f"{len(cases)} cases, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
