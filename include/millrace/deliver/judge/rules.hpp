#ifndef MILLRACE_DELIVER_JUDGE_RULES_HPP
#define MILLRACE_DELIVER_JUDGE_RULES_HPP

#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/judge/share_bets.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// A rule of a judge that holds if all its parts do, which are metrics and rules: `all_of<errors, any_of<fast,
/// cheap>>`. A judge of several metrics has all_of of them.
///
/// A candidate is promoted once the rule is shown to hold, and taken back once it is shown to be broken: all_of by harm
/// of any part, any_of by harm of all of them.
/// Guarantee: beta and alpha bound the chance of either error for the rule as a whole, however its metrics depend on
/// each other. E-values of parts are put together so that the result is one: where all have to be shown, by the
/// smallest; where one suffices, by their mean (weighted for harm).
template <class... Parts>
struct all_of {};
/// A rule of a judge that holds if any of its parts does.
template <class... Parts>
struct any_of {};

namespace detail {

/// A node of a rule, in front of its parts.
struct rule_node {
  enum class kind : std::uint8_t { metric, all, any };
  kind is = kind::metric;
  std::size_t parts = 0;  // for a metric, its place
  double weight = 1;
};

/// What a rule makes of its metrics' numbers. `At` is where in `nodes` to go on.
class rule_reader {
 public:
  rule_reader(std::span<const rule_node> nodes, std::span<const double> values) noexcept
      : nodes_(nodes), values_(values) {}
  /// The e-value's logarithm of harm: the mean over the parts of all_of, the least of any_of.
  double harm() noexcept { return read(rule_node::kind::all).value; }
  /// The e-value's logarithm of being tolerated: the least of all_of, the mean over the parts of any_of.
  double tolerated() noexcept { return read(rule_node::kind::any).value; }

 private:
  struct weighed {
    double value;
    double weight;
  };
  weighed read(rule_node::kind mean) noexcept {  // NOLINT(misc-no-recursion): as deep as the rule
    const rule_node& node = nodes_[at_++];
    if (node.is == rule_node::kind::metric) return {values_[node.parts], node.weight};
    const bool is_mean = node.is == mean;
    double value = is_mean ? log_nothing : -log_nothing;
    double weight = 0;
    for (std::size_t i = 0; i < node.parts; ++i) {
      const weighed part = read(mean);
      weight += part.weight;
      value = is_mean ? log_add(value, part.value + math::log(part.weight)) : math::fmin(value, part.value);
    }
    return {is_mean ? value - math::log(weight) : value, weight};
  }

  std::span<const rule_node> nodes_;
  std::span<const double> values_;
  std::size_t at_ = 0;
};

template <class... Metrics>
struct judged_list {};
template <class... Lists>
struct joined {
  using type = judged_list<>;
};
template <class... First, class... Second, class... Rest>
struct joined<judged_list<First...>, judged_list<Second...>, Rest...>
    : joined<judged_list<First..., Second...>, Rest...> {};
template <class... Last>
struct joined<judged_list<Last...>> {
  using type = judged_list<Last...>;
};

template <class Metric>
constexpr double weight_of() {
  if constexpr (requires { Metric::weight; })
    return Metric::weight;
  else
    return 1;
}

template <class Part>
struct rule_traits {
  static constexpr std::size_t nodes = 1;
  static constexpr std::size_t metrics = 1;
  static constexpr void write(rule_node* nodes_to, std::size_t& node, std::size_t& metric) {
    nodes_to[node++] = {rule_node::kind::metric, metric++, weight_of<Part>()};
  }
  using leaves = judged_list<Part>;
};
template <rule_node::kind Kind, class... Parts>
struct compound_traits {
  static_assert(sizeof...(Parts) > 0,
                "millrace[JUDGE-4]: a judge and a rule have parts: metrics, all_of<...> or any_of<...>");
  static constexpr std::size_t nodes = (rule_traits<Parts>::nodes + ... + 1);
  static constexpr std::size_t metrics = (rule_traits<Parts>::metrics + ... + 0);
  static constexpr void write(rule_node* nodes_to, std::size_t& node, std::size_t& metric) {
    nodes_to[node++] = {Kind, sizeof...(Parts), 1};
    (rule_traits<Parts>::write(nodes_to, node, metric), ...);
  }
  using leaves = typename joined<typename rule_traits<Parts>::leaves...>::type;
};
template <class... Parts>
struct rule_traits<all_of<Parts...>> : compound_traits<rule_node::kind::all, Parts...> {};
template <class... Parts>
struct rule_traits<any_of<Parts...>> : compound_traits<rule_node::kind::any, Parts...> {};

/// The rule in a row, each node in front of its parts.
template <class Rule>
constexpr std::array<rule_node, rule_traits<Rule>::nodes> rule_nodes() {
  std::array<rule_node, rule_traits<Rule>::nodes> made{};
  std::size_t node = 0;
  std::size_t metric = 0;
  rule_traits<Rule>::write(made.data(), node, metric);
  return made;
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_RULES_HPP
