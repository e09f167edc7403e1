"""Runs the main job on models from elsewhere, and makes the mistakes of a newcomer: model_file.py PROGRAM GOLDEN."""

import csv
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = GOLDEN = None


class ModelFile(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-model-file-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.table = GOLDEN / "words.csv"

    def write(self, text, name="table.csv"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def run_job(self, *args):
        return subprocess.run([PROGRAM, *map(str, args)], capture_output=True, text=True, timeout=120, cwd=self.folder)

    def score(self, model, table, *args):
        ended = self.run_job("--model-file", model, "--input", table, *args)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertEqual(os.listdir(self.folder / "predictions"), ["predictions.csv"])
        self.assertRegex(ended.stdout, r"speed     (in batches of [\d,]+ [\d,]+ rows/s, .*; )?one row at a time [\d,]+ rows/s, .* a row\n")
        with open(self.folder / "predictions/predictions.csv", newline="") as file:
            return ended.stdout, list(csv.DictReader(file))

    def refused(self, code, says, *args):
        """One sentence and this exit code, and no predictions."""
        ended = self.run_job(*args)
        self.assertEqual(ended.returncode, code, ended.stderr)
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
        self.assertTrue(ended.stderr.startswith("lifecycle: "), ended.stderr)
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, ended.stderr)
        self.assertFalse((self.folder / "predictions/predictions.csv").exists())

    def refused_model(self, code, says, model, table, *args):
        self.refused(code, says, "--model-file", model, "--input", table, *args)

    def rows(self):
        with open(self.table, newline="") as file:
            return list(csv.DictReader(file))

    def table_of(self, rows):
        path = self.folder / "table.csv"
        with open(path, "w", newline="") as file:
            out = csv.DictWriter(file, list(rows[0]))
            out.writeheader()
            out.writerows(rows)
        return path

    # what it is for

    def test_words_are_found_by_name_and_answers_are_the_librarys(self):
        for name, column in (("words_lightgbm.txt", "lightgbm"), ("words_xgboost.json", "xgboost"),
                             ("words_xgboost.ubj", "xgboost"), ("words_xgboost_dart.json", "dart"), ("words_sklearn.onnx", "sklearn"), ("words_catboost.json", "catboost")):
            with self.subTest(name):
                said, answers = self.score(GOLDEN / name, self.table, "--target", "fraud")
                for answer, row in zip(answers, self.rows(), strict=True):
                    self.assertAlmostEqual(float(answer["probability"]), float(row[column]), delta=1e-6)
                    self.assertEqual(answer["answer"], "yes" if float(row[column]) >= 0.5 else "no")
                self.assertIn('columns   3 columns by name; not read: "number", "lightgbm", "xgboost", "dart", "sklearn", "catboost"', said)
                self.assertIn('its class "yes" is fraud = yes' if "onnx" in name else "its output is taken for the probability of fraud = yes", said)
                self.assertRegex(said, r"all rows  AUC 0\.\d{4}   average precision .* log loss 0\.\d{4}")
                self.assertRegex(said, r"95 % intervals: AUC 0\.\d{4} to [01]\.\d{4}, accuracy [\d.]+ % to [\d.]+ %")

    def test_measures_are_those_of_the_answers(self):
        said, answers = self.score(GOLDEN / "words_xgboost.ubj", self.table, "--target", "fraud")
        right = [row["fraud"] == "yes" for row in self.rows()]
        p = [float(row["probability"]) for row in answers]
        pairs = [(a > b) + (a == b) / 2 for a, yes in zip(p, right) if yes for b, no in zip(p, right) if not no]
        self.assertIn(f"AUC {sum(pairs) / len(pairs):.4f} ", said)
        share = sum((a["answer"] == "yes") == yes for a, yes in zip(answers, right)) / len(right)
        self.assertIn(f"accuracy {100 * share:.1f} %", said)

    def test_columns_may_stand_in_any_order_and_words_may_be_new(self):
        for row in (rows := self.rows()):
            row["country"] = ""
        self.score(GOLDEN / "words_catboost.json", self.table_of(rows), "--target", "fraud")
        rows = [{"visits": row["visits"] + ".0", "country": row["country"] if i else "Atlantis", "Fraud?": row["fraud"],
                 "amount_paid": row["amount paid"]} for i, row in enumerate(self.rows())]
        said, answers = self.score(GOLDEN / "words_lightgbm.txt", self.table_of(rows), "--target", "Fraud?")
        self.assertIn('note: column "country": 1 row holds "Atlantis", which the model does not know', said)
        for answer, row in list(zip(answers, self.rows()))[1:]:
            self.assertAlmostEqual(float(answer["probability"]), float(row["lightgbm"]), delta=1e-6)

    def test_words_that_are_the_same_number_are_different_words(self):
        model = self.write("tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=0\n"
                           "objective=regression\nfeature_names=code\nfeature_infos=0:1:2\n\nTree=0\nnum_leaves=2\nnum_cat=1\n"
                           "split_feature=0\nthreshold=0\ndecision_type=1\nleft_child=-1\nright_child=-2\nleaf_value=10 20\n"
                           'cat_boundaries=0 1\ncat_threshold=5\nshrinkage=1\n\nend of trees\n\npandas_categorical:[["01", "1", "2"]]\n', "m.txt")
        said, answers = self.score(model, self.write("code,y\n01,1\n1,1\n2,1\n2.0,1\n001,1\n"))
        self.assertEqual([float(row["answer"]) for row in answers], [10, 20, 10, 10, 20])
        self.assertIn('holds "001", which the model does not know', said)
        # CatBoost's file has no list of words.
        spelled = {}
        for visits in ("7", "7.0", "07", "7e0", "no number"):
            rows = [{**row, "visits": visits} for row in self.rows()]
            spelled[visits] = [row["answer"] for row in self.score(GOLDEN / "words_catboost.json", self.table_of(rows))[1]]
        self.assertEqual(spelled["7.0"], spelled["7"])
        self.assertNotEqual(spelled["no number"], spelled["7"])
        for word in ("07", "7e0"):
            self.assertEqual(spelled[word], spelled["no number"])

    def renamed(self, name, words):
        """The model with other words in the place of its own: the answers for them stay those of its library."""
        model = (GOLDEN / name).read_bytes()
        for old, new in words.items():
            one, other = old.encode(), new.encode()
            if name == "words_xgboost.json":  # its texts are lists of bytes
                one, other = (",".join(map(str, each)).encode() for each in (one, other))
            self.assertEqual(model.count(one), 1)
            model = model.replace(one, other)
        return self.write(model, name)

    def test_a_models_words_are_words_also_where_they_often_stand_for_missing(self):
        four = {"Oman": "NULL", "Chad": "None", "Peru": "null"}  # as long as those in whose place they stand
        for name, column, words in (("words_lightgbm.txt", "lightgbm", {"Oman": "?", "Chad": "NA", "Peru": "nan"}),
                                    ("words_xgboost.json", "xgboost", four), ("words_xgboost.ubj", "xgboost", four),
                                    ("words_sklearn.onnx", "sklearn", four)):
            with self.subTest(name):
                shutil.rmtree(self.folder / "predictions", ignore_errors=True)
                model = self.renamed(name, words)
                rows = [{**row, "country": words.get(row["country"], row["country"])} for row in self.rows()]
                rows[6]["fraud"] = ""
                given = rows[:6] + rows[7:]
                said, answers = self.score(model, self.table_of(rows), "--target", "fraud", "--drop-missing-target")
                self.assertNotIn('column "country"', said)
                for answer, row in zip(answers, given, strict=True):
                    self.assertAlmostEqual(float(answer["probability"]), float(row[column]), delta=1e-6)
                # What the model does not know is missing, and so is what is said to be.
                rows = [{**row, "country": "N/A"} for row in self.rows()]
                for row in rows[:2]:
                    row["country"] = ""
                rows[5]["country"] = rows[7]["country"] = words["Oman"]
                shutil.rmtree(self.folder / "predictions")
                said, as_missing = self.score(model, self.table_of(rows), "--missing", words["Oman"])
                self.assertIn(f'note: column "country": 78 rows hold "N/A", "{words["Oman"]}", which are taken for missing: by --missing, or', said)
                shutil.rmtree(self.folder / "predictions")
                self.assertEqual(as_missing, self.score(model, self.table_of([{**row, "country": ""} for row in rows]))[1])

    def test_without_a_target_it_only_answers(self):
        said, answers = self.score(GOLDEN / "words_lightgbm.txt", self.table)
        self.assertIn("--target would say how good they are", said)
        self.assertNotIn("AUC", said)
        self.assertAlmostEqual(float(answers[0]["answer"]), float(self.rows()[0]["lightgbm"]), delta=1e-8)

    def test_columns_without_names_go_by_their_place(self):
        table = self.write("id,a,b,c,d,y\n" + "".join(f"{i},{i % 7}.5,{i % 3},{i % 5},{i % 2},{i % 11}.25\n" for i in range(60)))
        said, answers = self.score(GOLDEN / "lightgbm_regression.txt", table, "--target", "y", "--ignore", "id")
        self.assertIn('4 columns by their place, since the model does not name them: "a", "b", "c", "d"', said)
        self.assertRegex(said, r"R2 -?[\d.]+   RMSE [\d.]+ .*\n +mean absolute error [\d.]+ \(95 % interval")
        self.assertEqual(list(answers[0]), ["row", "line", "answer"])
        shutil.rmtree(self.folder / "predictions")
        self.refused_model(6, ['has 5 besides the target: "id", "a"', "--ignore COLUMN"], GOLDEN / "lightgbm_regression.txt", table,
                           "--target", "y")

    def test_several_classes_in_their_order(self):
        table = self.write("a,b,c,d,y\n" + "".join(f"{i % 7}.5,{i % 3},{i % 5},{i % 2},{'pqr'[i % 3]}\n" for i in range(60)))
        said, answers = self.score(GOLDEN / "lightgbm_multiclass.txt", table, "--target", "y")
        self.assertIn("its outputs are taken for the target's classes in their order", said)
        self.assertRegex(said, r"all rows  accuracy [\d.]+ % \(95 % interval")
        self.assertEqual({row["answer"] for row in answers} - set("pqr"), set())

    def test_two_outputs_without_names_are_the_classes_in_order(self):
        def tree(number, low, high):
            return (f"\nTree={number}\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=0.5\ndecision_type=2\nleft_child=-1\n"
                    f"right_child=-2\nleaf_value={low} {high}\nshrinkage=1\n")

        model = self.write("tree\nversion=v4\nnum_class=2\nnum_tree_per_iteration=2\nlabel_index=0\nmax_feature_idx=1\n"
                           "objective=multiclass num_class:2\nfeature_names=x z\nfeature_infos=[0:1] none\n" + tree(0, 2, -2) + tree(1, -2, 2)
                           + "\nend of trees\n", "m.txt")
        # No tree asks for z, so that it may hold anything.
        table = self.write("x,z,y\n" + "0,what,bad\n1,,good\n1,7,good\n" * 20)
        for positive, place in (("bad", "first"), ("good", "second")):
            said, answers = self.score(model, table, "--target", "y", "--positive", positive)
            self.assertIn(f"its {place} output is taken for the probability of y = {positive}", said)
            self.assertIn("AUC 1.0000", said)
            self.assertEqual([row["answer"] for row in answers[:3]], ["bad", "good", "good"])

    def test_a_network_of_tensorflow_lite(self):
        wide = ",".join(f"x{i}" for i in range(10))
        table = self.write(wide + "\n" + "".join(",".join(f"{(i * k) % 9 / 4}" for k in range(10)) + "\n" for i in range(50)))
        said, answers = self.score(GOLDEN / "tflite-dense.tflite", table)
        self.assertIn("TensorFlow Lite", said)
        self.assertEqual(len(answers), 50)

    def test_the_jobs_own_onnx_says_what_the_job_says(self):
        rows = [{**row, "amount paid": row["amount paid"] if i % 9 else "", "country": row["country"] if i % 7 else ""}
                for i, row in enumerate(self.rows() * 5)]
        table = self.table_of([{name: row[name] for name in ("amount paid", "country", "visits", "fraud")} for row in rows])
        for family, target in (("linear", "fraud"), ("boosted_trees", "country"), ("random_forest", "amount paid"), ("network", "fraud")):
            with self.subTest(family):
                drop = [] if target == "fraud" else ["--drop-missing-target"]
                ended = self.run_job("--input", table, "--target", target, "--model", family, "--epochs", 2, "--out", "own", *drop)
                self.assertEqual(ended.returncode, 0, ended.stderr)
                used = self.run_job("--use", "own", "--input", table, "--out", "used")
                self.assertEqual(used.returncode, 0, used.stderr)
                with open(self.folder / "used/predictions.csv", newline="") as file:
                    wanted = [row for row, asked in zip(csv.DictReader(file), rows, strict=True) if asked[target]]
                said, answers = self.score("own/model.onnx", table, "--target", target, *drop)
                self.assertIn("ONNX by millrace", said)
                for answer, one in zip(answers, wanted, strict=True):
                    key = "answer" if family == "random_forest" else "probability"
                    self.assertAlmostEqual(float(answer[key]), float(one[key]), delta=2e-6)
                    if key == "probability":
                        self.assertEqual(answer["answer"], one["answer"])

    # a newcomer's mistakes

    def test_a_wrong_path(self):
        self.refused_model(3, ["no_such.onnx", "No such file"], "no_such.onnx", self.table)
        self.refused_model(3, ["no_such.csv", "No such file"], GOLDEN / "words_lightgbm.txt", "no_such.csv")
        self.refused_model(3, "directory", self.folder, self.table)

    def test_a_file_that_is_no_model(self):
        for content, says in ((b"", "is empty"), (b"amount,fraud\n1,no\n", "is a text and no model"),
                              (b"\x80\x04\x95abc", "a Python pickle"), (b"PK\x03\x04abc", "a zip archive"),
                              (b"\x89HDF\r\n", "an HDF5 file"), (bytes(range(128, 160)), "no model that is known")):
            model = self.write(content, "model.bin")
            self.refused_model(12, ["model.bin", says], model, self.table)
        self.refused_model(12, "model.bin: XGBoost model: ", self.write(b"{}", "model.bin"), self.table)
        good = (GOLDEN / "words_xgboost.ubj").read_bytes()
        self.refused_model(12, "model.bin: XGBoost model: ", self.write(good[:-9], "model.bin"), self.table)
        self.refused_model(12, "no operator for", GOLDEN / "attributes.onnx", self.table)

    def test_a_model_of_another_version(self):
        good = (GOLDEN / "words_lightgbm.txt").read_text()
        self.refused_model(12, ["LightGBM model", "v9"], self.write(good.replace("version=v4", "version=v9"), "m.txt"), self.table)

    def test_wrong_columns(self):
        rows = [{"Amount Paid": row["amount paid"], "land": row["country"], "visits": row["visits"], "fraud": row["fraud"]}
                for row in self.rows()]
        self.refused_model(6, ['it has no column "amount_paid", "country"', '"Amount Paid"', 'does not read are "Amount Paid", "land"'],
                           GOLDEN / "words_lightgbm.txt", self.table_of(rows), "--target", "fraud")
        rows = [{**row, "country": row["country"], "visits": row["visits"]} for row in self.rows()]
        for row in rows:
            del row["visits"]
        rows[4]["amount paid"] = "much"
        self.refused_model(6, ['no column "visits"', 'line 6, column 2', '"much"'], GOLDEN / "words_xgboost.json", self.table_of(rows))

    def test_a_missing_target(self):
        self.refused_model(6, ['no column named "fraud?"', "number"], GOLDEN / "words_lightgbm.txt", self.table, "--target", "fraud?")
        rows = self.rows()
        rows[7]["fraud"] = ""
        self.refused_model(8, ["line 9", "--drop-missing-target"], GOLDEN / "words_lightgbm.txt", self.table_of(rows), "--target", "fraud")
        said, answers = self.score(GOLDEN / "words_lightgbm.txt", self.table_of(rows), "--target", "fraud", "--drop-missing-target")
        self.assertEqual(len(answers), 79)

    def test_an_empty_table(self):
        for text in ("", "amount paid,country,visits,fraud\n"):
            self.refused_model(5, "table.csv", GOLDEN / "words_lightgbm.txt", self.write(text), "--target", "fraud")

    def test_a_table_as_json(self):
        for text in ('{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n', '[{"a": 1}]', ' [["a","b"],[1,2]]'):
            self.refused_model(4, "table.json is JSON, and this job reads CSV", GOLDEN / "words_lightgbm.txt", self.write(text, "table.json"))

    def test_names_that_differ_in_punctuation(self):
        rows = [{"Amount-Paid": row["amount paid"], "country.": row["country"], "visits": row["visits"]} for row in self.rows()]
        self.refused_model(6, ['it has no column "amount paid", "country", but "Amount-Paid", but "country."'],
                           GOLDEN / "words_xgboost.ubj", self.table_of(rows))

    def test_text_in_a_column_of_numbers(self):
        rows = self.rows()
        rows[2]["amount paid"] = "a lot"
        self.refused_model(8, ["words_xgboost.ubj", "line 4, column 2", '"amount paid"', '"a lot"', "--missing"],
                           GOLDEN / "words_xgboost.ubj", self.table_of(rows), "--target", "fraud")

    def test_a_fraction_among_whole_numbers(self):
        rows = self.rows()
        for cell, says in (("2.5", 'column "visits" is 2.5 on line 5'), ("", 'column "visits" is missing on line 5'),
                           ("1e16", 'column "visits" is 1e+16 on line 5')):
            rows[3]["visits"] = cell
            self.refused_model(8, [says, "a whole number"], GOLDEN / "words_sklearn.onnx", self.table_of(rows))

    def test_nan(self):
        rows = self.rows()
        rows[2]["amount paid"] = "NaN"
        self.refused_model(8, ["line 4", "NaN", "--nan missing"], GOLDEN / "words_xgboost.ubj", self.table_of(rows), "--target", "fraud")
        self.score(GOLDEN / "words_xgboost.ubj", self.table_of(rows), "--target", "fraud", "--nan", "missing")
        wide = ",".join(f"x{i}" for i in range(10))
        table = self.write(wide + "\n" + ",".join("1" for _ in range(10)) + "\n" + ",".join("" if k == 3 else "1" for k in range(10)) + "\n")
        shutil.rmtree(self.folder / "predictions")
        self.refused_model(8, ["line 3", "NaN", '"x3" is missing'], GOLDEN / "tflite-dense.tflite", table)

    def test_a_model_of_two_inputs(self):
        self.refused_model(12, ["two_inputs.onnx", "takes 2 inputs", '"image" of 4 columns, "other" of 2 columns'],
                           GOLDEN / "two_inputs.onnx", self.table)

    def test_numbers_for_a_classifier_and_classes_for_a_regression(self):
        rows = [{**row, "price": f"{i}.5"} for i, row in enumerate(self.rows())]
        table = self.table_of(rows)
        self.refused_model(7, ["answers with classes", "holds amounts"], GOLDEN / "words_xgboost.ubj", table, "--target", "price")
        self.refused_model(7, ["3 classes", "the target has two"], GOLDEN / "lightgbm_multiclass.txt",
                           self.write("a,b,c,d,y\n" + "1,2,3,4,no\n1,2,3,5,yes\n" * 20), "--target", "y")
        self.refused_model(7, ["answers with numbers", "holds classes"], GOLDEN / "lightgbm_regression.txt",
                           self.write("a,b,c,d,y\n" + "1,2,3,4,no\n1,2,3,5,yes\n" * 20), "--target", "y")
        self.refused_model(7, ["is no probability"], GOLDEN / "xgboost_binary_logitraw.json",
                           self.write('a,b,"c ""é""",d,y\n' + "1,2,3,4,no\n-1,-2,3,5,yes\n" * 20), "--target", "y")

    def test_options_that_do_not_go_together(self):
        model = GOLDEN / "words_lightgbm.txt"
        self.refused(2, "--input", "--model-file", model)
        for more in (["--use", "x"], ["--model", "linear"], ["--epochs", "3"], ["--category", "visits"]):
            self.refused(2, ["excludes", more[0]], "--model-file", model, "--input", self.table, *more)


if __name__ == "__main__":
    PROGRAM, GOLDEN = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))
    unittest.main(verbosity=1)
