#!/usr/bin/env python3
"""Holt-Winters forecasts by statsmodels, for tests/support/holt_winters_reference.hpp.

usage: holt_winters.py > tests/support/holt_winters_reference.hpp

The states before the first value are given, by the formulas that model/series/holt_winters.hpp documents; once the
rates are given, too, and once statsmodels finds them by minimising the squared error.
"""
import math
import warnings

import numpy
import statsmodels
from statsmodels.tsa.holtwinters import ExponentialSmoothing

warnings.simplefilter("ignore")
PERIOD = 6


def series(n=60):
    state, made = 12345, []
    for i in range(n):
        state = (1103515245 * state + 12345) % 2**31
        noise = state / 2**31 - 0.5
        made.append(round(50 + 0.8 * i + 9 * math.sin(2 * math.pi * i / PERIOD) * (1 + i / 90) + 6 * noise, 4))
    return numpy.array(made)


def start(y, trend, season):
    if season is None:
        few = min(10, len(y))
        b = (y[few - 1] - y[0]) / (few - 1) if trend else 0.0
        return y[0] - b, b, None
    first, second = y[:PERIOD].mean(), y[PERIOD:2 * PERIOD].mean()
    b = (second - first) / PERIOD if trend else 0.0
    level = first - b * (PERIOD + 1) / 2 if trend else (first + second) / 2
    line = level + b * numpy.arange(1, 2 * PERIOD + 1)
    left = y[:2 * PERIOD] / line if season == "mul" else y[:2 * PERIOD] - line
    return level, b, (left[:PERIOD] + left[PERIOD:]) / 2


def model(y, trend, season, damped=False):
    level, b, seasons = start(y, trend, season)
    known = {"initialization_method": "known", "initial_level": level}
    if trend:
        known["initial_trend"] = b
    if season is not None:
        known["initial_seasonal"] = seasons
    return ExponentialSmoothing(y, trend="add" if trend else None, seasonal=season, damped_trend=damped,
                                seasonal_periods=PERIOD if season else None, **known)


def listed(values):
    return ", ".join(repr(float(v)) for v in values)


def main():
    y = series()
    print("#ifndef MILLRACE_TESTS_SUPPORT_HOLT_WINTERS_REFERENCE_HPP\n#define MILLRACE_TESTS_SUPPORT_HOLT_WINTERS_REFERENCE_HPP\n")
    print(f"// Made by tests/oracle/holt_winters.py with statsmodels {statsmodels.__version__}, NumPy {numpy.__version__}. Do not edit.\n")
    print("#include <vector>\n\nnamespace holt_winters_reference {\n// clang-format off\n")
    print(f"inline const std::vector<double> series{{{listed(y)}}};")
    print("struct reference { bool trend; int season; double damping; std::vector<double> forecast; double fitted_squared_error; };")
    print("inline const std::vector<reference> cases{")
    for trend, damping in ((False, 1), (True, 1), (True, 0.9)):
        for code, season in enumerate((None, "add", "mul")):
            given = {"smoothing_level": 0.3}
            if trend:
                given["smoothing_trend"] = 0.2
            if season is not None:
                given["smoothing_seasonal"] = 0.4
            if damping != 1:
                given["damping_trend"] = damping
            # One step at a time: `forecast` of statsmodels 0.15 leaves out the season's last update.
            longer = list(y)
            for _ in range(9):
                made = model(numpy.array(longer + [1.0]), trend, season, damping != 1).fit(optimized=False, **given)
                longer.append(float(made.fittedvalues[-1]))
            forecast = longer[len(y):]
            best = min(model(y, trend, season, damping != 1).fit(use_brute=brute).sse for brute in (True, False))
            print(f"    {{{'true' if trend else 'false'}, {code}, {damping}, {{{listed(forecast)}}}, {float(best)!r}}},")
    print("};\n\n// clang-format on\n}  // namespace holt_winters_reference\n\n#endif  // MILLRACE_TESTS_SUPPORT_HOLT_WINTERS_REFERENCE_HPP")


if __name__ == "__main__":
    main()
