#!/usr/bin/env python3
"""Writes tests/support/feature_reference.hpp: what scikit-learn and NumPy make of the numbers that the tests of
feature/transforms scale and put into buckets.

    python3 tests/oracle/features.py > tests/support/feature_reference.hpp
"""
import numpy
import sklearn
from sklearn.preprocessing import MinMaxScaler, OrdinalEncoder, StandardScaler

# Exact arithmetic, as `reference_number(i)` in the tests.
numbers = numpy.array([((i * i * 7919 + i) % 977 - 300) / 8 for i in range(500)]).reshape(-1, 1)
texts = numpy.array([["DE"], ["FR"], ["US"], ["de"], ["\u00c4"], ["AT"]])


def constants(name, values):
    spelled = ", ".join(repr(float(value)) for value in values)
    return f"inline constexpr double {name}[] = {{{spelled}}};"


scaled = StandardScaler().fit(numbers)
ranged = MinMaxScaler().fit(numbers)
codes = OrdinalEncoder().fit(texts)
asked = numpy.array([[-37.5], [0.0], [1.25], [84.5], [1000.0]])
edges = numpy.quantile(numbers[:, 0], [i / 7 for i in range(1, 7)], method="inverted_cdf")
print(f"""#ifndef MILLRACE_TESTS_SUPPORT_FEATURE_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_FEATURE_REFERENCE_HPP

// Made by tests/oracle/features.py with NumPy {numpy.__version__}, scikit-learn {sklearn.__version__}. Do not edit.

namespace reference {{

{constants("asked", asked[:, 0])}
{constants("standardized", scaled.transform(asked)[:, 0])}
{constants("scaled_to_range", ranged.transform(asked)[:, 0])}
/// The number of seventh parts, by numpy.quantile(method="inverted_cdf"), that lie below.
{constants("seventh", numpy.searchsorted(edges, asked[:, 0], side="left"))}
/// Of DE, FR, US, de, A with a diaeresis, AT: their places in the order of their bytes, from 1 on.
{constants("codes", codes.transform(texts)[:, 0] + 1)}

}}  // namespace reference

#endif  // MILLRACE_TESTS_SUPPORT_FEATURE_REFERENCE_HPP""")
