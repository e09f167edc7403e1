"""Trees drawn at random, in every way that ai.onnx.ml can write them, for ml_models.py."""
import numpy
from onnx import TensorProto, helper

MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
COLUMNS = 4


def thresholds(rng, kind):
    """Few different values, so that rows meet them exactly; with the odd ones."""
    odd = [0.0, -0.0, numpy.inf, -numpy.inf, 1e-40, -1e-40, 3e38]
    value = rng.choice(odd) if rng.random() < 0.1 else rng.integers(-8, 9) / 4
    return kind(value)


def grow(rng, depth, kind, modes):
    """A tree as nested tuples: (mode, column, threshold, missing, true, false), or None for a leaf."""
    if depth == 0 or rng.random() < 0.2:
        return None
    below = [grow(rng, depth - 1, kind, modes) for _ in range(2)]
    return (rng.choice(modes), int(rng.integers(COLUMNS)), thresholds(rng, kind), int(rng.random() < 0.3), *below)


def numbered(trees, weights_of):
    """Trees as attributes of versions 1 and 3; `weights_of()` returns what a leaf weighs: (target, weight), ..."""
    nodes = {name: [] for name in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
                                   "missing_value_tracks_true")}
    leaves = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    for number, tree in enumerate(trees):
        order = [tree]
        for at, node in enumerate(order):
            nodes["treeids"].append(number)
            nodes["nodeids"].append(at)
            mode, column, threshold, missing, yes, no = node or ("LEAF", 0, 0.0, 0, None, None)
            nodes["modes"].append(mode)
            nodes["featureids"].append(column)
            nodes["values"].append(float(threshold))
            nodes["missing_value_tracks_true"].append(missing)
            nodes["truenodeids"].append(len(order) if node else 0)
            nodes["falsenodeids"].append(len(order) + 1 if node else 0)
            if node:
                order += [yes, no]
            else:
                for target, weight in weights_of():
                    leaves["treeids"].append(number)
                    leaves["nodeids"].append(at)
                    leaves["ids"].append(target)
                    leaves["weights"].append(float(weight))
    return nodes, leaves


def model(op, attributes, kind, outputs, version):
    node = helper.make_node(op, ["x"], outputs, domain="ai.onnx.ml", **attributes)
    element = helper.np_dtype_to_tensor_dtype(numpy.dtype(kind))
    graph = helper.make_graph([node], "trees", [helper.make_tensor_value_info("x", element, [None, COLUMNS])],
                              [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in outputs])
    for out in graph.output:
        out.ClearField("type")
    return helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", version)])


def as_tensors(attributes, names):
    for name in names:
        if name in attributes:
            values = attributes.pop(name)
            attributes[name + "_as_tensor"] = helper.make_tensor(name, TensorProto.DOUBLE, [len(values)], values)


def drawn(rng):
    """A model with its name and the rows it is asked: a classifier or regressor of trees, numbered as in versions 1 and 3."""
    kind = rng.choice([numpy.float32, numpy.float64])
    modes = [rng.choice(MODES)] if rng.random() < 0.5 else MODES[:4] if rng.random() < 0.5 else MODES
    trees = [grow(rng, int(rng.integers(5)), kind, modes) for _ in range(int(rng.choice([1, 2, 9, 40])))]
    trees[0] = trees[0] or grow(rng, 5, kind, modes)
    classifier = rng.random() < 0.6
    targets = int(rng.integers(2 if classifier else 1, 5))
    only = int(rng.integers(targets))
    how = rng.choice(["one target", "any one", "several"])
    least = rng.choice([0, -1, 0.6])

    def weights_of():
        chosen = {"one target": [only], "any one": [rng.integers(targets)], "several": range(targets)}[how]
        return [(int(target), numpy.float32(rng.uniform(least, 1) / len(trees))) for target in chosen]

    nodes, leaves = numbered(trees, weights_of)
    attributes = {"nodes_" + name: values for name, values in nodes.items()}
    attributes |= {("class_" if classifier else "target_") + name: values for name, values in leaves.items()}
    # Near 1/2, ONNX Runtime's PROBIT is as far from its own formula as floats round, of sums too.
    transforms = ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"] + (["PROBIT"] if how == "several" and least == 0.6 and len(trees) == 1 else [])
    attributes["post_transform"] = rng.choice(transforms)
    # ONNX Runtime 1.32 leaves the base of a target out that no leaf weighs, against the definition.
    if rng.random() < 0.4 and attributes["post_transform"] != "PROBIT" and (classifier or how == "several"):
        attributes["base_values"] = [float(numpy.float32(value)) for value in rng.uniform(-1, 1, targets)]
    version = 1
    if kind is numpy.float64:
        version = 3
        as_tensors(attributes, ["nodes_values", "base_values", "class_weights", "target_weights"])
    if classifier:
        if rng.random() < 0.5:
            attributes["classlabels_strings"] = ["no", "yes", "perhaps", "never"][:targets]
        else:
            attributes["classlabels_int64s"] = list(range(targets))
        return model("TreeEnsembleClassifier", attributes, kind, ["label", "scores"], version), kind
    attributes["n_targets"] = targets
    attributes["aggregate_function"] = rng.choice(["SUM", "AVERAGE", "MIN", "MAX"])
    return model("TreeEnsembleRegressor", attributes, kind, ["scores"], version), kind


def joined(rng):
    """A TreeEnsemble of version 5. With sets it is for onnx's reference, which adds up only: ONNX Runtime 1.32 cuts what
    it compares with a set to a whole number."""
    kind = rng.choice([numpy.float32, numpy.float64])
    element = helper.np_dtype_to_tensor_dtype(numpy.dtype(kind))
    trees = [None]
    while None in trees:
        modes = MODES + ["MEMBER"] * int(rng.integers(2))
        trees = [grow(rng, 4, kind, modes) for _ in range(int(rng.choice([1, 3])))]
    targets = int(rng.integers(1, 4))
    names = ("featureids", "splits", "modes", "truenodeids", "trueleafs", "falsenodeids", "falseleafs", "missing_value_tracks_true")
    nodes, sets, leaves, roots = {name: [] for name in names}, [], [], []

    def write(node):
        """In the order in which onnx's reference reads sets; 0 ends a set there."""
        at = len(nodes["splits"])
        mode, column, threshold, missing, *below = node
        values = (column, threshold, (MODES + ["MEMBER"]).index(mode), 0, 0, 0, 0, missing)
        for name, value in zip(names, values):
            nodes[name].append(value)
        if mode == "MEMBER":
            sets.extend([*rng.choice([value for value in range(-8, 9) if value], 3, replace=False).astype(kind) / 4, numpy.nan])
        for way, child in zip(("true", "false"), below):
            nodes[way + "leafs"][at] = int(child is None)
            if child is None:
                nodes[way + "nodeids"][at] = len(leaves)
                leaves.append((int(rng.integers(targets)), kind(rng.uniform(-1, 1))))
            else:
                nodes[way + "nodeids"][at] = len(nodes["splits"])
                write(child)

    for tree in trees:
        roots.append(len(nodes["splits"]))
        write(tree)
    attributes = {"nodes_" + name: values for name, values in nodes.items()}
    attributes["nodes_splits"] = helper.make_tensor("s", element, [len(nodes["splits"])], nodes["splits"])
    attributes["nodes_modes"] = helper.make_tensor("m", TensorProto.UINT8, [len(nodes["modes"])], nodes["modes"])
    attributes["leaf_targetids"] = [target for target, _ in leaves]
    attributes["leaf_weights"] = helper.make_tensor("w", element, [len(leaves)], [weight for _, weight in leaves])
    if sets:
        attributes["membership_values"] = helper.make_tensor("v", element, [len(sets)], sets)
    # ONNX Runtime 1.32 takes 1 for LOGISTIC and 2 for SOFTMAX, which the definition says the other way round.
    attributes |= {"tree_roots": roots, "n_targets": targets, "aggregate_function": 1 if sets else int(rng.integers(4)),
                   "post_transform": 0 if sets else int(rng.choice([0, 3]))}
    return model("TreeEnsemble", attributes, kind, ["scores"], 5), kind


def has_sets(model):
    return any(attribute.name == "membership_values" for attribute in model.graph.node[0].attribute)


def rows(rng, count, kind):
    """Rows on thresholds, one ulp beside, and odd."""
    made = (rng.integers(-9, 10, (count, COLUMNS)) / 4).astype(kind)
    beside = rng.random(made.shape)
    made = numpy.where(beside < 0.2, numpy.nextafter(made, kind(-numpy.inf)), numpy.where(beside > 0.8, numpy.nextafter(made, kind(numpy.inf)), made))
    odd = rng.choice(numpy.array([numpy.nan, numpy.inf, -numpy.inf, -0.0, 0.0, 1e-40, -1e-40], kind), made.shape)
    return numpy.where(rng.random(made.shape) < 0.15, odd, made).astype(kind)
