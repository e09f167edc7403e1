#ifndef MILLRACE_DELIVER_EXPERIMENT_DETAIL_PROPERTIES_HPP
#define MILLRACE_DELIVER_EXPERIMENT_DETAIL_PROPERTIES_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/experiment/design.hpp>
#include <millrace/deliver/experiment/life_cycle.hpp>
#include <millrace/deliver/fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

template <class = void>
error bad_definition(const experiment_definition& of, const std::string& why) {
  return error(errc::invalid_argument, "experiment " + quoted_text(of.id) + ": " + why);
}

/// What is wrong with a definition, for a decision that waits for a planned number of units, or for another.
template <class Decision>
result<void> check_definition(const experiment_definition& of) {
  if (of.id.empty()) return bad_definition(of, "it has no id");
  if (of.window.nanoseconds <= 0) return bad_definition(of, "its window must be above 0");
  if (!(of.planned_units >= 0 && of.planned_units < 1e15))
    return bad_definition(of, "planned_units is " + number_text(of.planned_units));
  if (!Decision::when::any_time && of.planned_units == 0)
    return bad_definition(of, "planned_units is not set, and its decision waits for so many closed units");
  if (!(of.from >= 0 && of.from < of.to && of.to <= 1))
    return bad_definition(
        of, "its slot must be 0 <= from < to <= 1, and is " + number_text(of.from) + " to " + number_text(of.to));
  if (of.max_units == 0 || of.max_units > std::size_t{1} << 32)
    return bad_definition(of, "max_units must be from 1 to 2^32");
  if (of.segments.size() > 1000) return bad_definition(of, "it has more than 1000 segments");
  for (std::size_t i = 0; i < of.segments.size(); ++i) {
    if (of.segments[i].empty()) return bad_definition(of, "a segment has no name");
    for (std::size_t k = 0; k < i; ++k)
      if (of.segments[i] == of.segments[k])
        return bad_definition(of, "two segments are called " + quoted_text(of.segments[i]));
  }
  return {};
}

template <class Guards>
struct guard_texts;
template <class... Guards>
struct guard_texts<guardrails<Guards...>> {
  static void append(std::vector<experiment_property>& to) {
    (to.push_back({"guardrail " + std::string(Guards::metric::name), std::string(to_string(Guards::worse)) +
                                                                         ", alpha " + number_text(Guards::alpha) +
                                                                         ", margin " + number_text(Guards::margin)}),
     ...);
  }
};

/// How a decision decides, for people.
template <class Decision>
std::string decision_text() {
  using when = typename Decision::when;
  std::string text;
  if constexpr (requires { when::how; }) {
    text = "group_looks at";
    for (const double each : when::planned::at) (text += ' ') += number_text(each);
    text += ", spending " + std::to_string(static_cast<int>(when::how));
  } else if constexpr (!when::any_time) {
    text = "fixed_horizon";
  } else {
    text = std::is_same_v<when, stats::always_valid> ? "always_valid" : "always_valid_asymptotic";
  }
  return text + ", alpha " + number_text(Decision::alpha) + ", " + std::string(Decision::family_correction::name);
}

/// All that must be the same where two parts of an experiment are put together. The end of its slot may grow meanwhile,
/// and how many units it may hold is each process's own.
template <class Layer, class Variants, class List, class Decision, class Guards>
std::vector<experiment_property> properties_of(const experiment_definition& of) {
  std::vector<experiment_property> made;
  made.push_back({"id", of.id});
  made.push_back({"layer", std::string(layer_name<Layer>())});
  for (std::size_t i = 0; i < Variants::size; ++i)
    made.push_back({"variant " + std::to_string(i),
                    std::string(Variants::names[i]) + ", weight " + number_text(Variants::weights[i])});
  for (std::size_t i = 0; i < List::size; ++i)
    made.push_back({"metric " + std::to_string(i), std::string(List::names[i]) + ", " + std::string(List::kinds[i]) +
                                                       " by " + std::string(to_string(List::rules[i]))});
  guard_texts<Guards>::append(made);
  made.push_back({"decision", decision_text<Decision>()});
  made.push_back({"window", std::to_string(of.window.nanoseconds) + " ns"});
  made.push_back({"planned units", number_text(of.planned_units)});
  made.push_back({"beginning of the slot", number_text(of.from)});
  for (std::size_t i = 0; i < of.segments.size(); ++i)
    made.push_back({"segment " + std::to_string(i + 1), of.segments[i]});
  return made;
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_EXPERIMENT_DETAIL_PROPERTIES_HPP
