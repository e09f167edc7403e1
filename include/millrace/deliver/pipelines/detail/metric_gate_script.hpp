#ifndef MILLRACE_DELIVER_PIPELINES_DETAIL_METRIC_GATE_SCRIPT_HPP
#define MILLRACE_DELIVER_PIPELINES_DETAIL_METRIC_GATE_SCRIPT_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/deliver/pipelines/detail/shell_text.hpp>
#include <millrace/registry/rules.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// The comparison of metrics, in the words of registry::evaluate. It holds no single quote: the shell has it in such.
/// Its arguments: the file, the baseline's or nothing, and of each gate the metric, the comparison, the bound and what
/// it is added to.
inline constexpr std::string_view metric_gate_program = R"(import json, math, sys

def refuse(text):
    raise ValueError("not a number of JSON: " + text)

def no_twins(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a member is there twice")
    return dict(pairs)

def metrics_of(path):
    with open(path, encoding="utf-8") as file:
        read = json.load(file, parse_constant=refuse, object_pairs_hook=no_twins)
    if isinstance(read, dict) and isinstance(read.get("metrics"), dict):
        read = read["metrics"]
    if not isinstance(read, dict):
        raise ValueError("no object of metrics")
    return read

def number(path, metrics, name):
    value = metrics.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(path + " has no finite number for the metric " + name)
    return float(value)

holds = {"at_least": lambda a, b: a >= b, "at_most": lambda a, b: a <= b,
         "above": lambda a, b: a > b, "below": lambda a, b: a < b}
path, baseline, asked = sys.argv[1], sys.argv[2], sys.argv[3:]
failed = len(asked) == 0 or len(asked) % 4 != 0
try:
    metrics = metrics_of(path)
    for name, comparison, bound, reference in zip(*[iter(asked)] * 4):
        value, least = number(path, metrics, name), float(bound)
        if reference == "production":
            least += number(baseline, metrics_of(baseline), name)
        good = holds[comparison](value, least)
        failed = failed or not good
        print(f"{name} is {value!r}, which has to be {comparison.replace(chr(95), chr(32))} {least!r}: "
              + ("passes" if good else "FAILS"))
except (OSError, ValueError, OverflowError, KeyError, RecursionError) as why:
    sys.exit(f"the metrics cannot be checked: {why}")
sys.exit(1 if failed else 0))";

template <class = void>
std::string metric_gate_script(const std::string& metrics, const std::string& baseline,
                               const std::vector<registry::gate>& gates) {
  std::string script =
      "python3 -I -c '" + std::string(metric_gate_program) + "' " + shell_word(metrics) + ' ' + shell_word(baseline);
  for (const registry::gate& gate : gates)
    script += " \\\n  " + shell_word(gate.metric) + ' ' + std::string(to_string(gate.comparison)) + ' ' +
              number_text(gate.bound) + ' ' + std::string(to_string(gate.reference));
  return script + '\n';
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_DETAIL_METRIC_GATE_SCRIPT_HPP
