#ifndef MILLRACE_REGISTRY_RULES_HPP
#define MILLRACE_REGISTRY_RULES_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/fwd.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/store/document.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace registry {

enum class comparison : std::uint8_t { at_least = 0, at_most = 1, above = 2, below = 3 };

constexpr std::string_view to_string(comparison which) noexcept {
  constexpr std::string_view names[] = {"at_least", "at_most", "above", "below"};
  const auto at = static_cast<std::size_t>(which);
  return at < sizeof names / sizeof *names ? names[at] : std::string_view();
}

/// What a gate compares a metric with.
enum class gate_reference : std::uint8_t {
  zero = 0,        // the bound alone
  production = 1,  // the bound and the same metric of the version in production; passes where there is none
};

constexpr std::string_view to_string(gate_reference which) noexcept {
  constexpr std::string_view names[] = {"zero", "production"};
  const auto at = static_cast<std::size_t>(which);
  return at < sizeof names / sizeof *names ? names[at] : std::string_view();
}

/// What a version's metric has to be before the version may enter a stage, as a value that a registry keeps:
///
///     mr::registry::gate{.name = "accuracy floor", .metric = "accuracy", .bound = 0.9}
///     mr::registry::gate{.name = "no slower", .metric = "p99_ms", .comparison = comparison::at_most, .bound = 2,
///                        .reference = gate_reference::production}      // at most 2 ms above production's
///
/// A metric that the version lacks, or that is NaN, does not pass.
struct gate {
  std::string name;
  std::string metric;
  registry::comparison comparison = registry::comparison::at_least;
  double bound = 0;
  gate_reference reference = gate_reference::zero;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("name", self.name)("metric", self.metric)("comparison", self.comparison)("bound", self.bound);
    members("reference", self.reference);
  }
};

/// Reads a gate as people write it: `auc>=0.9`, `p99_ms<2`, or beside production's metric `auc>=production-0.01`. The
/// text is also its name.
/// Errors: invalid_argument, with the text: there is no comparison, no metric before it, or no finite number behind it;
/// a blank at either end of the metric, or a `=` at its end.
template <class = void>
result<gate> parse_gate(std::string_view text) {
  const auto wrong = [&] {
    return error(errc::invalid_argument,
                 detail::quoted_text(text) + " is no gate, such as auc>=0.9 or auc>=production-0.01, without blanks");
  };
  const std::size_t at = text.find_first_of("<>");
  if (at == text.npos || at == 0) return wrong();
  // "auc=>0.9" and "auc >0.9" would be gates for metrics that nobody logs.
  if (text.front() == ' ' || text[at - 1] == ' ' || text[at - 1] == '=' || text[at - 1] == '!') return wrong();
  const bool is_or_equal = text.substr(at + 1, 1) == "=";
  gate made{.name = std::string(text), .metric = std::string(text.substr(0, at))};
  made.comparison = text[at] == '>' ? (is_or_equal ? comparison::at_least : comparison::above)
                                    : (is_or_equal ? comparison::at_most : comparison::below);
  std::string_view bound = text.substr(at + (is_or_equal ? 2 : 1));
  constexpr std::string_view production = "production";
  if (bound.substr(0, production.size()) == production) {
    made.reference = gate_reference::production;
    bound.remove_prefix(production.size());
    if (bound.empty()) return made;
    if (bound.front() != '+' && bound.front() != '-') return wrong();
  }
  if (!bound.empty() && bound.front() == '+') {
    bound.remove_prefix(1);
    if (!bound.empty() && bound.front() == '-') return wrong();
  }
  if (!detail::read_real(bound, made.bound) || detail::non_finite_name(made.bound) != nullptr) return wrong();
  return made;
}

/// What has to be fulfilled before a version enters a stage.
struct stage_rule {
  static constexpr std::string_view document_kind = "stage rule";
  static constexpr unsigned document_format = 1;

  stage to = stage::production;
  std::vector<gate> gates = {};
  /// How many reviewers have to approve; 0: nobody is asked.
  std::uint32_t approvals = 0;
  /// Who may review; empty: everybody but who asks.
  std::vector<std::string> reviewers = {};
  /// How long a request stays open, in nanoseconds; 0: for good.
  std::uint64_t lifetime = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("to", self.to)("gates", self.gates)("approvals", self.approvals)("reviewers", self.reviewers);
    members("lifetime", self.lifetime);
  }
};

/// What a gate found.
struct gate_finding {
  std::string gate;
  bool passes = false;
  std::string figures;  // auc is 0.87, which has to be at least 0.9
};

namespace detail {

constexpr std::string_view in_words(comparison which) noexcept {
  constexpr std::string_view words[] = {"at least", "at most", "above", "below"};
  return words[static_cast<std::size_t>(which)];
}
constexpr bool holds(comparison which, double value, double bound) noexcept {
  switch (which) {
    case comparison::at_least: return value >= bound;
    case comparison::at_most: return value <= bound;
    case comparison::above: return value > bound;
    case comparison::below: return value < bound;
  }
  return false;
}

}  // namespace detail

/// Whether a version passes a gate. `in_production` is the version that it would stand beside, or null.
inline gate_finding evaluate(const gate& asked, const model_version& candidate, const model_version* in_production) {
  gate_finding made{asked.name, false, {}};
  const metric* const own = candidate.find_metric(asked.metric);
  if (own == nullptr) {
    made.figures = "the version has no metric " + asked.metric;
    return made;
  }
  double bound = asked.bound;
  made.figures = asked.metric + " is " + detail::number_text(own->value) + ", which has to be " +
                 std::string(detail::in_words(asked.comparison)) + ' ';
  if (asked.reference == gate_reference::production) {
    if (in_production == nullptr) return {asked.name, true, "nothing is in production"};
    const metric* const other = in_production->find_metric(asked.metric);
    if (other == nullptr)
      return {asked.name, false,
              "version " + std::to_string(in_production->version) + " in production has no metric " + asked.metric};
    bound += other->value;
    made.figures += detail::number_text(bound) + ", with " + detail::number_text(other->value) + " of version " +
                    std::to_string(in_production->version) + " in production";
  } else {
    made.figures += detail::number_text(bound);
  }
  made.passes = detail::holds(asked.comparison, own->value, bound);
  return made;
}

/// All gates of a rule. Errors: conflict: one is not passed, with its name and figures, and how many others are not.
inline result<void> check_gates(const stage_rule& rule, const model_version& candidate,
                                const model_version* in_production) {
  std::string first;
  std::size_t others = 0;
  for (const gate& each : rule.gates) {
    const gate_finding found = evaluate(each, candidate, in_production);
    if (found.passes) continue;
    if (first.empty())
      first = "the gate \"" + found.gate + "\" keeps version " + std::to_string(candidate.version) + " of " +
              candidate.model + " out of " + std::string(to_string(rule.to)) + ": " + found.figures;
    else
      ++others;
  }
  if (first.empty()) return {};
  if (others != 0) first += "; " + std::to_string(others) + " more gates do not pass";
  return error(errc::conflict, first);
}

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_RULES_HPP
