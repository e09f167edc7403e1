"""The C interface by Python's ctypes, with Arrow arrays made by hand: millrace_c.py LIBRARY."""

import array
import ctypes
import json
import math
import pathlib
import random
import statistics
import sys
import threading
import unittest

LIBRARY = None


class Schema(ctypes.Structure):
    pass


class Array(ctypes.Structure):
    pass


SchemaRelease = ctypes.CFUNCTYPE(None, ctypes.POINTER(Schema))
ArrayRelease = ctypes.CFUNCTYPE(None, ctypes.POINTER(Array))
Schema._fields_ = [("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p),
                   ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64),
                   ("children", ctypes.POINTER(ctypes.POINTER(Schema))), ("dictionary", ctypes.POINTER(Schema)),
                   ("release", SchemaRelease), ("private_data", ctypes.c_void_p)]
Array._fields_ = [("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
                  ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64),
                  ("buffers", ctypes.POINTER(ctypes.c_void_p)), ("children", ctypes.POINTER(ctypes.POINTER(Array))),
                  ("dictionary", ctypes.POINTER(Array)), ("release", ArrayRelease), ("private_data", ctypes.c_void_p)]

released = []


@SchemaRelease
def release_schema(one):
    released.append("schema")
    one.contents.release = SchemaRelease()


@ArrayRelease
def release_array(one):
    released.append("array")
    one.contents.release = ArrayRelease()


def library():
    lib = ctypes.CDLL(LIBRARY)
    lib.millrace_last_error.restype = ctypes.c_char_p
    lib.millrace_release.argtypes = [ctypes.c_void_p]
    lib.millrace_free.argtypes = [ctypes.c_void_p]
    return lib


class Failed(Exception):
    pass


class State:
    """A state of the library, with its plan as a dictionary or its bytes."""

    def __init__(self, plan=None, saved=None):
        self.lib = library()
        self.at = ctypes.c_void_p()
        if saved is None:
            text = json.dumps(plan).encode()
            self.check(self.lib.millrace_init(text, ctypes.c_size_t(len(text)), ctypes.byref(self.at)))
        else:
            self.check(self.lib.millrace_load(saved, ctypes.c_size_t(len(saved)), ctypes.byref(self.at)))

    def __del__(self):
        self.lib.millrace_release(self.at)

    def check(self, code):
        if code != 0:
            raise Failed(code, self.lib.millrace_last_error().decode())

    def update(self, columns, rows):
        """Columns: name -> (format, list of buffers or None, length, offset, null_count)."""
        keep, schemas, arrays = [], [], []
        for name, (form, buffers, length, offset, nulls) in columns.items():
            schema, cells = Schema(), Array()
            schema.format, schema.name, schema.release = form.encode(), name.encode(), release_schema
            held = [None if one is None else ctypes.create_string_buffer(one, max(1, len(one))) for one in buffers]
            places = (ctypes.c_void_p * len(held))(*[None if one is None else ctypes.addressof(one) for one in held])
            cells.length, cells.offset, cells.null_count = length, offset, nulls
            cells.n_buffers, cells.buffers, cells.release = len(held), places, release_array
            keep += [held, places]
            schemas.append(schema)
            arrays.append(cells)
        batch, top = Array(), Schema()
        of_schemas = (ctypes.POINTER(Schema) * len(schemas))(*[ctypes.pointer(one) for one in schemas])
        of_arrays = (ctypes.POINTER(Array) * len(arrays))(*[ctypes.pointer(one) for one in arrays])
        top.format, top.n_children, top.children, top.release = b"+s", len(schemas), of_schemas, release_schema
        none = (ctypes.c_void_p * 1)(None)
        batch.length, batch.n_buffers, batch.n_children = rows, 1, len(arrays)
        batch.buffers, batch.children, batch.release = none, of_arrays, release_array
        self.check(self.lib.millrace_update(self.at, ctypes.byref(top), ctypes.byref(batch)))
        assert not batch.release and not top.release

    def text(self, call, *args):
        made, size = ctypes.c_void_p(), ctypes.c_size_t()
        self.check(call(*args, ctypes.byref(made), ctypes.byref(size)))
        try:
            return ctypes.string_at(made, size.value)
        finally:
            self.lib.millrace_free(made)

    def save(self):
        return self.text(self.lib.millrace_serialize, self.at)

    def rows(self):
        return json.loads(self.text(self.lib.millrace_query, self.at))

    def merge(self, other):
        self.check(self.lib.millrace_merge(self.at, other.at))


def doubles(items):
    bits = bytearray((len(items) + 7) // 8)
    for i, x in enumerate(items):
        if x is not None:
            bits[i // 8] |= 1 << i % 8
    values = array.array("d", [0.0 if x is None else x for x in items]).tobytes()
    return "g", [bytes(bits), values], len(items), 0, sum(x is None for x in items)


def texts(items):
    offsets, data = array.array("i", [0]), b""
    for one in items:
        data += one.encode()
        offsets.append(len(data))
    return "u", [None, offsets.tobytes(), data], len(items), 0, 0


PLAN = {"values": {"value": ["statistics", "quantiles", "distinct"], "user": ["distinct", "frequent"]}, "by": ["service"]}


def events(seed, count):
    made = random.Random(seed)
    return [(None if made.random() < 0.1 else made.lognormvariate(3, 2), made.choice(["ä", "b", "c c"]),
             "user %d" % made.randrange(90)) for _ in range(count)]


def fed(items):
    state = State(PLAN)
    state.update({"value": doubles([x for x, _, _ in items]), "service": texts([s for _, s, _ in items]),
                  "user": texts([u for _, _, u in items])}, len(items))
    return state


class CInterface(unittest.TestCase):
    def test_figures_are_those_of_python(self):
        items = events(1, 3000)
        for row in fed(items).rows():
            mine = [(x, u) for x, s, u in items if s == row["group"]["service"]]
            if row["column"] == "user":
                self.assertEqual(row["distinct"], len({u for _, u in mine}))
                self.assertEqual(row["count"], len(mine))
                continue
            values = [x for x, _ in mine if x is not None]
            self.assertEqual((row["count"], row["missing"]), (len(values), len(mine) - len(values)))
            self.assertEqual(row["sum"], math.fsum(values))
            self.assertAlmostEqual(row["mean"] / statistics.fmean(values), 1, delta=3e-16)
            self.assertAlmostEqual(row["stddev"] / statistics.stdev(values), 1, delta=1e-15)
            self.assertEqual((row["min"], row["max"]), (min(values), max(values)))
            ranked = sorted(values)
            for name, p in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
                below, above = ranked[math.floor(p * (len(ranked) - 1))], ranked[math.ceil(p * (len(ranked) - 1))]
                self.assertTrue(0.99 * below <= row[name] <= 1.01 * above, name)

    def test_any_division_merges_to_the_same_bytes(self):
        items = events(2, 1200)
        whole, made = fed(items).save(), random.Random(3)
        for parts in (1, 2, 5, 17):
            split = [[] for _ in range(parts)]
            for one in items:
                made.choice(split).append(one)
            states = [State(saved=fed(part).save()) for part in split]
            made.shuffle(states)
            for one in states[1:]:
                states[0].merge(one)
            self.assertEqual(states[0].save(), whole, parts)

    def test_everything_given_is_released(self):
        released.clear()
        fed(events(4, 10))
        self.assertEqual(sorted(released), ["array", "schema"])  # of the batch, which releases its children
        with self.assertRaises(Failed):
            State(PLAN).update({"value": doubles([1.0])}, 1)
        self.assertEqual(len(released), 4)

    def test_errors_are_texts(self):
        with self.assertRaisesRegex(Failed, 'column \\\\"service\\\\"|no column'):
            State(PLAN).update({"value": doubles([1.0]), "user": texts(["a"])}, 1)
        with self.assertRaisesRegex(Failed, "is no number"):
            State(PLAN).update({"value": texts(["x"]), "user": texts(["a"]), "service": texts(["s"])}, 1)
        with self.assertRaisesRegex(Failed, "more than 2147483647 rows"):
            State(PLAN).update({"value": doubles([1.0])}, 2**62)
        with self.assertRaisesRegex(Failed, "its offsets go back"):
            bad = texts(["ab", "c"])
            bad[1][1] = array.array("i", [0, 5, 2]).tobytes()
            State(PLAN).update({"value": doubles([1.0, 2.0]), "user": bad, "service": texts(["s", "s"])}, 2)
        with self.assertRaisesRegex(Failed, "is unknown"):
            State({"values": {"x": ["mode"]}})

    def test_bytes_from_anywhere_do_no_harm(self):
        saved, made = fed(events(5, 60)).save(), random.Random(6)
        for _ in range(300):
            harmed = bytearray(saved)
            for _ in range(made.randrange(1, 4)):
                harmed[made.randrange(len(harmed))] = made.randrange(256)
            harmed = bytes(harmed[:made.randrange(len(harmed) + 1)])
            if harmed != saved:
                with self.assertRaises(Failed):
                    State(saved=harmed)

    def test_states_in_several_threads(self):
        found = []
        threads = [threading.Thread(target=lambda: found.append(fed(events(7, 800)).save())) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        self.assertEqual(len(found), 4)
        self.assertEqual(len(set(found)), 1)

    def test_the_header_says_the_same_structures(self):
        header = pathlib.Path(__file__).resolve().parents[2] / "examples/scale_out/millrace_c.h"
        text = header.read_text()
        for structure, named in (("ArrowSchema", Schema), ("ArrowArray", Array)):
            body = text.split("struct %s {" % structure)[1].split("};")[0]
            names = [line.split("(*")[1].split(")")[0] if "(*" in line else line.strip(" ;").split()[-1].strip("*")
                     for line in body.split("\n") if ";" in line]
            self.assertEqual(names, [name for name, _ in named._fields_])


if __name__ == "__main__":
    LIBRARY = sys.argv.pop(1)
    unittest.main()
