#ifndef MILLRACE_DELIVER_EXPERIMENT_LIFE_CYCLE_HPP
#define MILLRACE_DELIVER_EXPERIMENT_LIFE_CYCLE_HPP

#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Where an experiment is in its life:
///
///     draft --start--> running --stop--> stopped --conclude--> decided
///                       |   ^               ^
///                     pause resume          |
///                       v   |               |
///                      paused ------stop----+
///
/// While it runs, units are exposed and get their variants. Otherwise every unit gets the control, and once it is
/// decided the variant that was chosen, and no new one counts. Outcomes of units that were exposed count in every phase
/// but the first and the last.
enum class experiment_phase : std::uint8_t { draft, running, paused, stopped, decided };

constexpr std::string_view to_string(experiment_phase which) noexcept {
  switch (which) {
    case experiment_phase::draft: return "draft";
    case experiment_phase::running: return "running";
    case experiment_phase::paused: return "paused";
    case experiment_phase::stopped: return "stopped";
    case experiment_phase::decided: return "decided";
  }
  return {};
}

/// What changes the phase.
enum class experiment_step : std::uint8_t { start, pause, resume, stop, conclude };

constexpr std::string_view to_string(experiment_step which) noexcept {
  switch (which) {
    case experiment_step::start: return "start";
    case experiment_step::pause: return "pause";
    case experiment_step::resume: return "resume";
    case experiment_step::stop: return "stop";
    case experiment_step::conclude: return "conclude";
  }
  return {};
}

/// Whether a step may be taken in a phase.
constexpr bool may_take(experiment_phase from, experiment_step step) noexcept {
  switch (step) {
    case experiment_step::start: return from == experiment_phase::draft;
    case experiment_step::pause: return from == experiment_phase::running;
    case experiment_step::resume: return from == experiment_phase::paused;
    case experiment_step::stop: return from == experiment_phase::running || from == experiment_phase::paused;
    case experiment_step::conclude: return from == experiment_phase::stopped;
  }
  return false;
}

/// The phase that a step leads to.
constexpr experiment_phase phase_after(experiment_step step) noexcept {
  switch (step) {
    case experiment_step::pause: return experiment_phase::paused;
    case experiment_step::stop: return experiment_phase::stopped;
    case experiment_step::conclude: return experiment_phase::decided;
    default: return experiment_phase::running;
  }
}

/// What an experiment is besides what its type says. It stands from `start` on.
struct experiment_definition {
  /// Its name, also in storages and metrics. The salt of its variants is `salt(layer).within(id)`, as of a `slice` of
  /// this name.
  std::string id = {};
  /// What it is to show, for people.
  std::string hypothesis = {};
  /// For how long after its first exposure a unit's outcomes count. Then the unit is closed: its figures do not change
  /// any more, and only then does it enter the tests. So a test that may be looked at at any time is given final
  /// figures.
  duration window = seconds(86'400);
  /// How many closed units the experiment is planned for, in all variants: the horizon of fixed_horizon, and what the
  /// looks of group_looks are shares of. The any-time decisions need none.
  double planned_units = 0;
  /// Its slot of the layer: the units whose point is at least `from` and less than `to`. Raising `to` moves nobody.
  double from = 0;
  double to = 1;
  /// The segments that are analysed besides the whole. A unit of another one counts in the whole alone.
  std::vector<std::string> segments = {};
  /// How many units it holds at most. Further ones get their variant, but are counted as dropped and not measured.
  std::size_t max_units = std::size_t{1} << 17;
};

/// A property of an experiment by its name, as records and logs have it.
struct experiment_property {
  std::string name;
  std::string value;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("name", self.name)("value", self.value);
  }
  friend bool operator==(const experiment_property&, const experiment_property&) = default;
};

/// One change of an experiment's phase.
struct experiment_change {
  experiment_step step = experiment_step::start;
  std::uint64_t at = 0;  // nanoseconds since 1970
  std::string actor;
  std::string reason;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("step", self.step)("at", self.at)("actor", self.actor)("reason", self.reason);
  }
};

/// How many units were exposed to a variant.
struct variant_count {
  std::string variant;
  std::uint64_t units = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("variant", self.variant)("units", self.units);
  }
};

/// An experiment as storages keep it, at `ab_tests/<id>.json`.
struct experiment_record {
  static constexpr std::string_view document_kind = "experiment";
  static constexpr unsigned document_format = 1;

  std::string id;
  std::string hypothesis;
  experiment_phase phase = experiment_phase::draft;
  std::uint64_t created = 0;  // nanoseconds since 1970
  std::string winner;         // the variant that was chosen; empty before
  /// All that must be the same where two parts of an experiment are put together.
  std::vector<experiment_property> properties;
  std::vector<experiment_change> changes;
  std::vector<variant_count> exposures;  // when the record was written
  std::uint64_t contaminated = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("id", self.id)("hypothesis", self.hypothesis)("phase", self.phase)("created", self.created);
    members("winner", self.winner)("properties", self.properties)("changes", self.changes);
    members("exposures", self.exposures)("contaminated", self.contaminated);
  }
};

namespace detail {

template <class = void>
error no_such_step(const experiment_record& of, experiment_step step) {
  std::string text = "experiment " + quoted_text(of.id) + " is " + std::string(to_string(of.phase)) + ": " +
                     std::string(to_string(step)) + "() is for one that is ";
  bool is_first = true;
  for (const experiment_phase each : {experiment_phase::draft, experiment_phase::running, experiment_phase::paused,
                                      experiment_phase::stopped, experiment_phase::decided}) {
    if (!may_take(each, step)) continue;
    if (!is_first) text += " or ";
    text += to_string(each);
    is_first = false;
  }
  return error(errc::invalid_argument, text);
}

/// Names the first property in which two parts of an experiment differ.
template <class = void>
result<void> same_properties(const std::vector<experiment_property>& here,
                             const std::vector<experiment_property>& there, std::string_view what) {
  const auto find = [](const std::vector<experiment_property>& in, std::string_view name) -> const std::string* {
    for (const experiment_property& each : in)
      if (each.name == name) return &each.value;
    return nullptr;
  };
  const auto differ = [&](std::string_view name, const std::string* a, const std::string* b) {
    return error(errc::conflict, std::string(what) + " is of another experiment: its " + std::string(name) + " is " +
                                     (b == nullptr ? "not given" : quoted_text(*b)) + ", and " +
                                     (a == nullptr ? "not given" : quoted_text(*a)) + " here");
  };
  for (const experiment_property& each : here)
    if (const std::string* const other = find(there, each.name); other == nullptr || *other != each.value)
      return differ(each.name, &each.value, other);
  for (const experiment_property& each : there)
    if (find(here, each.name) == nullptr) return differ(each.name, nullptr, &each.value);
  return {};
}

}  // namespace detail

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_EXPERIMENT_LIFE_CYCLE_HPP
