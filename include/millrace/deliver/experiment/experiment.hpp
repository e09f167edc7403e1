#ifndef MILLRACE_DELIVER_EXPERIMENT_EXPERIMENT_HPP
#define MILLRACE_DELIVER_EXPERIMENT_EXPERIMENT_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/experiment/design.hpp>
#include <millrace/deliver/experiment/detail/analysis.hpp>
#include <millrace/deliver/experiment/detail/experiment_state.hpp>
#include <millrace/deliver/experiment/detail/properties.hpp>
#include <millrace/deliver/experiment/detail/unit_rows.hpp>
#include <millrace/deliver/experiment/life_cycle.hpp>
#include <millrace/deliver/experiment/report.hpp>
#include <millrace/deliver/experiment/watched.hpp>
#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/unit_hash.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/storage.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// How an experiment runs here.
struct experiment_options {
  /// Where it takes its times from, in nanoseconds since 1970. A clock that is set back stands still for it meanwhile.
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
  /// The file of its exposures and outcomes, one for each process; empty: there is none. What is in it is taken up when
  /// the experiment is made.
  std::string log = {};
  /// How large the log may become; what it does not take is counted as unlogged. One of more than half of that is
  /// compacted when it is opened: a line for each unit; outcomes of units that other processes exposed are left out.
  std::uint64_t max_log_bytes = std::uint64_t{1} << 30;
  store::line_log_options log_options = {};
  experiment_watch watch = {};
};

/// What a unit gets.
struct exposure {
  std::size_t variant = 0;
  /// Whether the unit is in the experiment: it runs, and the unit is in its slot of the layer.
  bool inside = false;
  /// Of `expose`: whether it is held with this exposure or an earlier one. False if there was no room.
  bool counted = false;
};

/// An experiment with models, or whatever responds to requests: who gets which variant, what became of them, and what
/// that says. Its type says what is measured and how it is decided, as `stats::experiment_test` does:
///
///     using namespace mr::stats;
///     using checkout = mr::deliver::experiment<
///         mr::deliver::experiment_layer<"checkout">,
///         mr::deliver::variants<mr::deliver::variant<"control", 80>, mr::deliver::variant<"treatment", 20>>,
///         outcomes<conversion<"bought">, ratio<"revenue", "clicks">>, decision<always_valid, alpha<.05>>,
///         mr::deliver::guardrails<mr::deliver::guardrail<mean_of<"latency">, mr::deliver::harm::above>>>;
///     auto test = checkout::make({.id = "new-model"});
///     test->start("ada");
///     const auto got = test->expose(user);                 // got.variant: 0 is the control
///     test->update<"bought">(user, 1);                     // later, as often as it happens
///     std::puts(test->peek()->summary().c_str());
///
/// - A unit (a user) has one variant for ever: `unit_hash` of its id, salted by the layer and the experiment's id.
/// Nothing is kept to know it.
/// - Its first exposure counts. Its outcomes within the window after it are put together by each metric's `unit_rule`;
///   when the window is over the unit is closed, and enters the tests once, in the order of first exposures. So users
///   with many requests are one unit each, and tests that may be looked at at any time are given final figures.
/// - An analysis is a function of the units alone: `peek` replays them and looks at fixed numbers of units. It changes
///   nothing, whoever calls it how often; a fixed horizon has no result before it is reached, and the same ever after.
/// - Each variant is compared with the control. The decision's correction covers all metrics of all variants as one
///   family, and all metrics of all variants in all segments as another, each at the decision's alpha.
/// - While units are not shared out as configured (`stats::sequential_sample_ratio`), nothing is significant.
///
/// Guarantee: what `stats::experiment_test` says of its decisions, for closed units in the order of their exposures.
/// Units are told apart by 64 bits of their hash: of a million, two are taken for one with a chance of 3 in 10^8.
/// Complexity: `expose` and `update` O(1), a hash and a look into a table; `peek` O(n log n) in the units.
/// Allocates: the table, when made; `expose` and `update` never.
/// Threads: expose, update, assign and peek any number at once; an outcome that is being told while another thread
/// peeks may be seen in part, if its unit's window ends at that moment. merge and save: while nobody does the others.
/// Durability: with a log, exposures and outcomes are durable after `flush`, and within a tenth of a second without it;
/// steps, with a storage, before they are taken. A process that is killed goes on from there with `open`.
/// Errors: those of a step in a phase that has none such, naming both.
template <class Layer, class Variants, class Outcomes, class Decision, class Guards = guardrails<>>
class experiment {
  using primary = typename detail::listed_outcomes<Outcomes>::list;
  using guarded = typename detail::listed_outcomes<Guards>::list;
  using list = typename detail::all_metrics<primary, guarded>::list;
  static_assert(
      !detail::layer_name<Layer>().empty(),
      "millrace[TRIAL-7]: the first part of an experiment is a layer of split, or a type with a `name`, such as "
      "experiment_layer<\"checkout\">");
  static_assert(primary::size > 0, "millrace[TRIAL-7]: an experiment without outcomes decides nothing");
  static_assert(
      list::names_differ,
      "millrace[TRIAL-4]: two metrics of an experiment, guardrails included, have one name; name each for what "
      "it measures");
  static_assert(list::all_covariates <= 32, "millrace[TRIAL-4]: an experiment has 32 metrics with a covariate at most");

 public:
  using variants_type = Variants;
  static constexpr std::size_t size = Variants::size;
  static constexpr std::size_t covariates = list::all_covariates;

  /// A draft, with the units of its log, if it has one.
  /// Errors: invalid_argument: what the definition says wrongly; conflict: the log is of another experiment, with what
  /// differs; unsupported: a newer version wrote it; corrupt, with the line; those of `store::line_log`.
  static result<experiment> make(experiment_definition definition, const experiment_options& options = {}) {
    if (auto fine = detail::check_definition<Decision>(definition); !fine) return std::move(fine).error();
    experiment made(std::move(definition), options);
    if (!options.log.empty())
      if (auto done = made.open_log(options); !done) return std::move(done).error();
    return made;
  }
  /// The same, in the phase that its record in a storage has, and from now on every step is kept there before it is
  /// taken. Where there is no record a draft is kept. The record is at `ab_tests/<id>.json`, the id written by
  /// `store::text_key_part`. The storage outlives the experiment.
  /// Errors: also conflict: the record is of another experiment, with what differs; those of the storage.
  template <store::storage Storage>
  static result<experiment> open(Storage& storage, experiment_definition definition,
                                 const experiment_options& options = {}) {
    auto made = make(std::move(definition), options);
    if (!made) return made;
    made->state_->keeper = detail::record_keeper(storage, made->definition().id);
    if (auto done = made->refresh(); !done) return std::move(done).error();
    return made;
  }
  template <class Storage>
  static result<experiment> open(Storage&&, experiment_definition, const experiment_options& = {}) {
    static_cast<void>(sizeof(store::temporary_storage<Storage>));
    return error(errc::invalid_argument, "");
  }
  /// A draft of the units in the logs of several processes. An outcome that one of them was told counts also where
  /// another one exposed the unit. Errors: as `make`, and those of reading files; invalid_argument: a log that is given
  /// twice.
  static result<experiment> read(std::span<const std::string> logs, experiment_definition definition,
                                 const experiment_options& options = {}) {
    auto made = make(std::move(definition), options);
    if (!made) return made;
    if (auto fine = detail::check_different_files(logs); !fine) return std::move(fine).error();
    std::vector<std::string> texts;
    for (const std::string& path : logs) {
      auto text = store::read_file(path);
      if (!text) return std::move(text).error();
      texts.push_back(*std::move(text));
    }
    if (auto done = made->state_->read_logs(texts, logs); !done) return std::move(done).error();
    return made;
  }

  const experiment_definition& definition() const noexcept { return state_->definition; }
  experiment_phase phase() const noexcept { return state_->gate.load_acquire().phase; }
  static constexpr std::string_view name_of(std::size_t variant) noexcept { return Variants::names[variant]; }

  /// What a unit gets now; nothing is counted.
  template <unit_id Id>
  exposure assign(const Id& id) const noexcept {
    const auto now = state_->gate.load_acquire();
    if (now.phase != experiment_phase::running) return {now.standing, false, false};
    if (!in_slot(id)) return {0, false, false};
    return {Variants::variant(unit_hash(state_->by, id)), true, false};
  }
  /// What a unit gets now, and that it is given it. `segment` is one of the definition's, or another text; `known` are
  /// the covariates from before the experiment, in the order of the metrics that have one; those that are not known are
  /// NaN or left out.
  template <unit_id Id>
  exposure expose(const Id& id, std::string_view segment = {}, std::span<const double> known = {}) noexcept {
    const auto now = state_->gate.load_acquire();
    if (now.phase != experiment_phase::running) return {now.standing, false, false};
    if (!in_slot(id)) return {0, false, false};
    const std::uint64_t key = unit_hash(state_->by, id);
    const std::size_t variant = Variants::variant(key);
    selected(variant);
    return {variant, true, state_->expose_now(key, variant, state_->segment(segment), known)};
  }
  /// An exposure to a variant that somebody else chose, such as an override. A unit that was exposed to another one
  /// before is contaminated.
  template <unit_id Id>
  exposure expose_as(std::size_t variant, const Id& id, std::string_view segment = {},
                     std::span<const double> known = {}) noexcept {
    if (phase() != experiment_phase::running || variant >= size || is_missing(id))
      return {variant < size ? variant : 0, false, false};
    const std::uint64_t key = unit_hash(state_->by, id);
    selected(variant);
    return {variant, true, state_->expose_now(key, variant, state_->segment(segment), known)};
  }

  /// An exposure to what a split gave the unit, such as a slice of `layers`. An override is not counted, since it is no
  /// matter of chance.
  template <unit_id Id>
  exposure expose_as(const assignment& got, const Id& id, std::string_view segment = {},
                     std::span<const double> known = {}) noexcept {
    if (!got) return {0, false, false};
    if (got.how != placement::by_weights) return {got.variant < size ? got.variant : 0, false, false};
    return expose_as(std::size_t{got.variant}, id, segment, known);
  }

  /// One outcome of a unit: the inputs of a metric, without covariates. Returns whether it counts; if not, it is
  /// counted as refused, unexposed or late.
  template <fixed_string Metric, unit_id Id, class... Inputs>
  bool update(const Id& id, Inputs... inputs) noexcept {
    constexpr std::size_t at = list::find(Metric);
    static_assert(
        at < list::size,
        "millrace[TRIAL-5]: update<Metric> names no metric among the outcomes and guardrails of the experiment");
    if constexpr (at < list::size) {
      static_assert(sizeof...(Inputs) == list::told[at],
                    "millrace[TRIAL-6]: update<Metric> takes the unit and the inputs of the metric: one, or two of a "
                    "ratio; a covariate is given with the exposure");
      const std::array<double, sizeof...(Inputs)> all{static_cast<double>(inputs)...};
      return state_->tell_now(at, unit_hash(state_->by, id), all.data());
    } else {
      return false;
    }
  }

  /// How long a variant's response took, in nanoseconds: for the metric `abtest_variant_latency_seconds`.
  void measure(std::size_t variant, double nanoseconds) const noexcept {
    if (watch_.metrics != nullptr) watch_.metrics->update(variant_measured{variant, nanoseconds});
  }

  /// The steps of its life. `actor` and `reason` are kept for people.
  /// Errors: invalid_argument: the phase has no such step. Of `conclude`: not_found: no variant of this name;
  /// unavailable: units are still open.
  result<void> start(std::string actor, std::string reason = {}) {
    return step(experiment_step::start, std::move(actor), std::move(reason), {});
  }
  result<void> pause(std::string actor, std::string reason = {}) {
    return step(experiment_step::pause, std::move(actor), std::move(reason), {});
  }
  result<void> resume(std::string actor, std::string reason = {}) {
    return step(experiment_step::resume, std::move(actor), std::move(reason), {});
  }
  /// No unit is exposed any more; outcomes count until the last window is over.
  result<void> stop(std::string actor, std::string reason = {}) {
    return step(experiment_step::stop, std::move(actor), std::move(reason), {});
  }
  /// Ends the experiment: from now on every unit gets the winner.
  result<void> conclude(std::string_view winner, std::string actor, std::string reason = {}) {
    return step(experiment_step::conclude, std::move(actor), std::move(reason), winner);
  }

  /// Takes up the steps that other processes have taken. Does nothing where there is no storage.
  /// Errors: conflict: the record is of another experiment; those of the storage.
  result<void> refresh() {
    const detail::lock_guard locked(state_->steps);
    if (!state_->keeper) return {};
    const auto kept = read_record();
    if (!kept) return kept.error();
    if (!kept->is_there) return state_->keeper.write(state_->record, kept->version);
    adopt(kept->record);
    return {};
  }
  /// Waits until every exposure and outcome so far is durable: then kill -9 loses none of them. Does nothing where
  /// there is no log. Errors: those of the log.
  result<void> flush() { return state_->log ? state_->log->flush() : result<void>(); }

  /// The report at this moment.
  /// Errors: those of the tests, naming the metric.
  result<experiment_report> peek() const { return report_at(state_->now()); }

  /// The same, for a timer or a loop while traffic runs. A guardrail that finds harm stops the experiment; that units
  /// are not shared out as configured is told once, as an event.
  /// Where the storage does not take the stop, no unit is exposed here all the same, and the next call tries again.
  /// Errors: also those of `stop`.
  result<experiment_report> guard() {
    auto made = peek();
    if (!made) return made;
    if (made->sample_ratio.mismatch && !state_->told_ratio.exchange_relaxed(true))
      watch_.emit(sample_ratio_broken{made->id, made->sample_ratio});
    for (const guardrail_finding& each : made->guardrails) {
      if (!each.harmed || !may_take(record().phase, experiment_step::stop)) continue;
      if (auto done = stop("guardrail", each.metric + " of " + each.variant + " is worse by more than " +
                                            detail::figure_text(each.margin));
          !done) {
        if (done.error().code() != errc::vetoed) hold_back();
        return std::move(done).error();
      }
      watch_.emit(experiment_harmed{made->id, each});
      made->phase = phase();
      made->changes = record().changes;
    }
    return made;
  }

  /// The experiment as storages keep it.
  experiment_record record() const {
    const detail::lock_guard locked(state_->steps);
    return with_figures(state_->record);
  }

  /// Puts the units of another part of the same experiment to these: of another process, or machine. Of a unit that
  /// both know, the earlier exposure counts and outcomes are put together; if it was in two variants it is
  /// contaminated. A part that is merged twice has its outcomes counted twice. Errors: conflict: it is another
  /// experiment, with what differs; no_space: more units than this one may hold; invalid_argument: it is this one.
  result<void> merge(const experiment& other) {
    if (this == &other)
      return error(errc::invalid_argument,
                   "experiment " + detail::quoted_text(state_->definition.id) + " is no other part of itself");
    if (auto same =
            detail::same_properties(state_->record.properties, other.state_->record.properties, "the other part");
        !same)
      return same;
    bool fits = true;
    other.state_->units.for_each([&](const std::uint64_t* row) { fits = state_->put(row) && fits; });
    for (std::size_t i = 0; i < detail::experiment_counters; ++i)
      state_->count[i].add_relaxed(other.state_->count[i].load_relaxed());
    return fits ? result<void>() : state_->no_room();
  }
  /// The units and their figures, without the phase.
  std::vector<std::byte> save() const { return state_->save(); }
  /// A part of an experiment that was saved, as a draft.
  /// Errors: those of `make` and of every envelope; unsupported: a newer version wrote it; conflict: it is another
  /// experiment, with what differs; corrupt.
  static result<experiment> load(std::span<const std::byte> bytes, experiment_definition definition,
                                 const experiment_options& options = {}) {
    auto made = make(std::move(definition), options);
    if (!made) return made;
    if (auto done = made->state_->load(bytes); !done) return std::move(done).error();
    return made;
  }

 private:
  using state = detail::experiment_state<size, list>;

  experiment(experiment_definition definition, const experiment_options& options)
      : state_(new state(std::move(definition), {}, detail::layer_name<Layer>(), options.wall_clock)),
        watch_(options.watch) {
    state_->record.properties = detail::properties_of<Layer, Variants, list, Decision, Guards>(state_->definition);
  }

  template <unit_id Id>
  bool in_slot(const Id& id) const noexcept {
    if (is_missing(id)) return false;  // all whose id is missing would be one unit
    if (state_->whole_layer) return true;
    const double point = unit_point(unit_hash(state_->layer, id));
    return point >= state_->definition.from && point < state_->definition.to;
  }
  result<void> step(experiment_step what, std::string actor, std::string reason, std::string_view winner) {
    experiment_transition asked{state_->definition.id, what, std::move(actor), std::move(reason), std::string(winner)};
    auto done = watch_.around(asked, [&](const experiment_transition& one) { return take_step(one); });
    if (!done) return done;
    const experiment_record now = record();
    watch_.emit(experiment_changed{now.id, now.phase, now.changes.back(), now.winner});
    return {};
  }
  result<void> take_step(const experiment_transition& asked) {
    const experiment_step what = asked.step;
    const detail::lock_guard locked(state_->steps);
    std::string version;
    if (state_->keeper) {  // another process may have taken a step
      auto kept = read_record();
      if (!kept) return std::move(kept).error();
      if (kept->is_there) adopt(kept->record);
      version = std::move(kept->version);
    }
    if (!may_take(state_->record.phase, what)) return detail::no_such_step(state_->record, what);
    experiment_record next = state_->record;
    if (what == experiment_step::conclude) {
      if (Variants::find(asked.winner) == size)
        return error(errc::not_found, "experiment " + detail::quoted_text(next.id) + " has no variant " +
                                          detail::quoted_text(asked.winner));
      if (auto closed = state_->all_closed(); !closed) return closed;
      next.winner = asked.winner;
    }
    next.phase = phase_after(what);
    next.changes.push_back({what, state_->now(), asked.actor, asked.reason});
    if (state_->keeper)
      if (auto done = state_->keeper.write(with_figures(next), version); !done) return done;
    state_->is_held_back = false;
    adopt(next);
    return {};
  }
  /// Exposes nobody until somebody has taken a step.
  void hold_back() {
    const detail::lock_guard locked(state_->steps);
    if (!may_take(state_->record.phase, experiment_step::stop)) return;
    state_->is_held_back = true;
    adopt(experiment_record(state_->record));
  }
  /// The record in the storage, which has to be of this experiment. The caller has the lock.
  result<detail::kept_record> read_record() const {
    auto kept = state_->keeper.read();
    if (kept && kept->is_there)
      if (auto same =
              detail::same_properties(state_->record.properties, kept->record.properties, "the record in the storage");
          !same)
        return std::move(same).error();
    return kept;
  }
  void adopt(const experiment_record& from) {
    experiment_record& to = state_->record;
    to.phase = from.phase;
    to.created = from.created;
    to.winner = from.winner;
    to.changes = from.changes;
    const std::size_t chosen = Variants::find(to.winner);
    const bool is_held_back = state_->is_held_back && may_take(to.phase, experiment_step::stop);
    state_->gate.store_release(
        {is_held_back ? experiment_phase::stopped : to.phase, static_cast<std::uint8_t>(chosen == size ? 0 : chosen)});
  }
  experiment_record with_figures(experiment_record made) const {
    made.exposures.resize(0);
    for (std::size_t v = 0; v < size; ++v)
      made.exposures.push_back({std::string(Variants::names[v]), state_->exposed[v].load_relaxed()});
    made.contaminated = state_->contaminated.load_relaxed();
    return made;
  }
  result<void> open_log(const experiment_options& options) {
    std::string text;
    if (auto found = store::read_file(options.log); found)
      text = *std::move(found);
    else if (found.error().code() != errc::not_found)
      return std::move(found).error();
    const bool is_new = text.find('\n') == std::string::npos;
    if (!is_new)
      if (auto done = state_->read_logs({&text, 1}, {&options.log, 1}); !done) return done;
    if (text.size() > options.max_log_bytes / 2) {
      text = state_->compacted();
      if (auto done = store::write_file(options.log, text); !done) return done;
    }
    auto file = detail::exposure_log::file_type::open(options.log, options.log_options);
    if (!file) return std::move(file).error();
    state_->log = detail::make_owning<detail::exposure_log>(*std::move(file), options.max_log_bytes, text.size());
    return is_new ? state_->log->append_head(state_->log_head()) : result<void>();
  }

  result<experiment_report> report_at(std::uint64_t now) const {
    experiment_report made = described(now);
    std::size_t closed = 0;
    std::vector<detail::unit_place> units = state_->in_order(now, closed);
    std::array<double, size> shares{};
    for (std::size_t v = 0; v < size; ++v) shares[v] = Variants::share(v);
    if (auto done = detail::analyse_ratio(units, shares.data(), made); !done) return std::move(done).error();
    units.resize(closed);
    for (const detail::unit_place& each : units) ++made.variants[detail::row_variant(each.row)].closed;
    const detail::analysed common{&units, &state_->definition, size, shares.data(), state_->window(), &made};
    result<void> failed;
    const auto metrics = [&]<std::size_t... At>(std::index_sequence<At...>) {
      ((failed = failed ? analyse<At>(common) : std::move(failed)), ...);
    };
    metrics(std::make_index_sequence<primary::size>());
    if (!failed) return std::move(failed).error();
    const auto rails = [&]<std::size_t... At>(std::index_sequence<At...>) {
      (detail::analyse_guardrail<typename detail::guard_at<At, Guards>::type, list, primary::size + At>(common), ...);
    };
    rails(std::make_index_sequence<guarded::size>());
    using correction = typename Decision::family_correction;
    for (auto* const family : {&made.findings, &made.segments})
      if (auto done = detail::correct<correction>(*family, Decision::alpha, made.sample_ratio.mismatch); !done)
        return std::move(done).error();
    return made;
  }
  template <std::size_t At>
  static result<void> analyse(const detail::analysed& common) {
    using metric = typename detail::metric_at<At, list>::type;
    return detail::metric_analysis<metric, Decision, list, At>(common)();
  }
  /// A report without findings.
  experiment_report described(std::uint64_t now) const {
    experiment_report made;
    const experiment_record kept = record();
    made.id = kept.id;
    made.hypothesis = kept.hypothesis;
    made.phase = kept.phase;
    made.winner = kept.winner;
    made.changes = kept.changes;
    made.decided_by = detail::decision_text<Decision>();
    made.alpha = Decision::alpha;
    made.at = now;
    for (std::size_t v = 0; v < size; ++v)
      made.variants.push_back({std::string(Variants::names[v]), Variants::share(v), kept.exposures[v].units, 0});
    made.contaminated = kept.contaminated;
    made.dropped = state_->count[detail::count_dropped].load_relaxed();
    made.refused = state_->count[detail::count_refused].load_relaxed();
    made.unexposed = state_->count[detail::count_unexposed].load_relaxed();
    made.late = state_->count[detail::count_late].load_relaxed();
    made.unlogged = state_->count[detail::count_unlogged].load_relaxed();
    return made;
  }

  void selected(std::size_t variant) const noexcept {
    if (watch_.metrics != nullptr) watch_.metrics->update(variant_selected{variant});
  }

  detail::owning_pointer<state> state_;
  experiment_watch watch_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_EXPERIMENT_EXPERIMENT_HPP
