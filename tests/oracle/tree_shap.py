#!/usr/bin/env python3
"""Writes tests/support/tree_shap_reference.hpp: random trees, rows, and what shap's TreeExplainer says of them.

usage: tree_shap.py > tests/support/tree_shap_reference.hpp       made with shap 0.51.0 and numpy 2.4.6
"""
import warnings

import numpy as np
import shap

COLUMNS, TREES, ROWS = 6, 5, 8
random = np.random.default_rng(11)


def grow(depth_left, rows):
    """Nodes in the order of millrace: children stand side by side behind their parent."""
    nodes = [dict(rows=rows, depth=depth_left)]
    at = 0
    while at < len(nodes):
        node = nodes[at]
        if node["depth"] > 0 and node["rows"] > 3 and (node["depth"] > 7 or random.random() < 0.7):
            left = int(random.integers(1, node["rows"]))
            node.update(column=int(random.integers(COLUMNS)), threshold=float(np.float32(random.normal())), left=len(nodes),
                        missing_right=int(random.integers(2)))
            nodes.append(dict(rows=left, depth=node["depth"] - 1))
            nodes.append(dict(rows=node["rows"] - left, depth=node["depth"] - 1))
        else:
            node.update(value=float(np.float32(random.normal())))
        at += 1
    return nodes


def as_shap(nodes):
    leaf = lambda node: "value" in node
    return {
        "children_left": np.array([-1 if leaf(n) else n["left"] for n in nodes], dtype=np.int32),
        "children_right": np.array([-1 if leaf(n) else n["left"] + 1 for n in nodes], dtype=np.int32),
        "children_default": np.array([-1 if leaf(n) else n["left"] + n["missing_right"] for n in nodes], dtype=np.int32),
        "features": np.array([-2 if leaf(n) else n["column"] for n in nodes], dtype=np.int32),
        "thresholds": np.array([-2.0 if leaf(n) else n["threshold"] for n in nodes], dtype=np.float64),
        "values": np.array([[n.get("value", 0.0)] for n in nodes], dtype=np.float64),
        "node_sample_weight": np.array([float(n["rows"]) for n in nodes], dtype=np.float64),
    }


def number(x):
    return 'std::numeric_limits<float>::quiet_NaN()' if np.isnan(x) else f"{float(x)!r}F"


def main():
    trees = [grow(depth, 4000) for depth in (1, 3, 5, 8, 10)]
    rows = random.normal(size=(ROWS, COLUMNS)).astype(np.float32)
    rows[2, 1] = rows[3, 4] = rows[5, 0] = rows[5, 3] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explainer = shap.TreeExplainer({"trees": [as_shap(nodes) for nodes in trees], "base_offset": 0.0, "tree_output": "raw_value",
                                        "objective": "squared_error", "input_dtype": np.float32, "internal_dtype": np.float64})
        values = explainer.shap_values(rows.astype(np.float64), check_additivity=False)
    print("#ifndef MILLRACE_TESTS_SUPPORT_TREE_SHAP_REFERENCE_HPP\n#define MILLRACE_TESTS_SUPPORT_TREE_SHAP_REFERENCE_HPP\n")
    print(f"// Written by tests/oracle/tree_shap.py (shap {shap.__version__}).\n")
    print("#include <millrace/model/trees/tree_ensemble.hpp>\n\n#include <cstddef>\n#include <limits>\n#include <utility>\n#include <vector>\n")
    print("namespace support::tree_shap_reference {\n")
    print("struct tree {\n  std::vector<millrace::model::tree_node> nodes;\n  std::vector<millrace::model::node_record> records;\n};\n")
    print(f"inline constexpr std::size_t columns = {COLUMNS};")
    print(f"inline constexpr double base = {float(np.ravel(explainer.expected_value)[0])!r};\n")
    print("// clang-format off")
    print("inline const std::vector<tree> trees = {")
    for nodes in trees:
        made = ", ".join("{std::numeric_limits<float>::infinity(), %d, 0, 0, 0}" % at if "value" in n else
                         "{%s, %d, %d, %d, 0}" % (number(np.float32(n["threshold"])), n["left"], n["column"], n["missing_right"])
                         for at, n in enumerate(nodes))
        records = ", ".join("{%r, %d, 0, 0, 0}" % (n.get("value", 0.0), n["rows"]) for n in nodes)
        print(f"    {{{{{made}}},\n     {{{records}}}}},")
    print("};")
    print("inline const std::vector<std::pair<std::vector<float>, std::vector<double>>> rows = {")
    for row, of_row in zip(rows, values):
        print("    {{%s}, {%s}}," % (", ".join(number(x) for x in row), ", ".join(repr(float(v)) for v in np.ravel(of_row))))
    print("};\n// clang-format on\n\n}  // namespace support::tree_shap_reference\n\n#endif  // MILLRACE_TESTS_SUPPORT_TREE_SHAP_REFERENCE_HPP")


if __name__ == "__main__":
    main()
