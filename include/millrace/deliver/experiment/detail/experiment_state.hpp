#ifndef MILLRACE_DELIVER_EXPERIMENT_DETAIL_EXPERIMENT_STATE_HPP
#define MILLRACE_DELIVER_EXPERIMENT_DETAIL_EXPERIMENT_STATE_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/deliver/experiment/design.hpp>
#include <millrace/deliver/experiment/detail/analysis.hpp>
#include <millrace/deliver/experiment/detail/exposure_log.hpp>
#include <millrace/deliver/experiment/detail/properties.hpp>
#include <millrace/deliver/experiment/detail/record_keeper.hpp>
#include <millrace/deliver/experiment/detail/unit_rows.hpp>
#include <millrace/deliver/experiment/life_cycle.hpp>
#include <millrace/deliver/split/unit_hash.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// What was not counted, and why.
enum experiment_counter : std::size_t {
  count_dropped,
  count_refused,
  count_unexposed,
  count_late,
  count_unlogged,
  experiment_counters
};

/// What every request asks of an experiment: the phase, and the variant of units that are not in the experiment.
struct experiment_gate {
  experiment_phase phase = experiment_phase::draft;
  std::uint8_t standing = 0;
};

/// The units of an experiment and what else it holds. `List` are its metrics.
template <std::size_t Variants, class List>
struct experiment_state {
  static constexpr std::size_t head = unit_rows::head;
  static constexpr std::uint32_t saved_format = 1;
  static constexpr const char* saved_as = "deliver_experiment";

  experiment_state(experiment_definition given, std::vector<experiment_property> properties,
                   std::string_view layer_name, std::uint64_t (*clock)() noexcept)
      : definition(std::move(given)),
        by(salt(layer_name).within(definition.id)),
        layer(layer_name),
        whole_layer(definition.from == 0 && definition.to == 1),
        wall_clock(clock),
        units(List::words, definition.max_units) {
    record.id = definition.id;
    record.hypothesis = definition.hypothesis;
    record.properties = std::move(properties);
    record.created = now();
  }

  /// The time, which never goes back, and is not 0. Threads share it to a millisecond, so that they seldom write.
  std::uint64_t now() noexcept {
    const std::uint64_t clock = wall_clock();
    const std::uint64_t read = clock != 0 ? clock : 1;
    std::uint64_t last = latest.load_relaxed();
    if (read <= last) return last;
    while (read > last + 1'000'000 && !latest.replace_relaxed(last, read)) {
    }
    return read > last ? read : last;
  }
  std::size_t segment(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < definition.segments.size(); ++i)
      if (definition.segments[i] == name) return i + 1;
    return 0;
  }

  /// What became of an exposure.
  struct seen {
    bool is_held = false;  // false: there is no room for the unit
    bool is_news = false;  // the first of the unit, or the first to another variant
  };
  seen expose(std::uint64_t key, std::uint64_t at, std::size_t variant, std::size_t in_segment,
              std::span<const double> known) noexcept {
    key += key == 0;
    std::uint64_t* const row = units.find_or_take(key);
    if (row == nullptr) {
      count[count_dropped].add_relaxed(1);
      return {};
    }
    const std::uint64_t there = load_acquire(row[1]);
    if (there != 0) [[likely]]
      return see_again(row, there, variant);
    lower_time(row[2], at);
    std::uint64_t made = variant + 1 + (static_cast<std::uint64_t>(in_segment) << 16);
    for (std::size_t i = 0; i < List::all_covariates && i < known.size(); ++i) {
      if (!(math::absolute(known[i]) <= most_number)) continue;
      __atomic_store_n(&row[head + List::all_told + List::size + i], std::bit_cast<std::uint64_t>(known[i]),
                       __ATOMIC_RELAXED);
      made |= std::uint64_t{1} << (32 + i);
    }
    std::uint64_t expected = 0;
    if (__atomic_compare_exchange_n(&row[1], &expected, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      exposed[variant].add_relaxed(1);
      return {true, true};
    }
    return see_again(row, expected, variant);
  }

  /// Holds an outcome of the metric at a place of the list. Returns why it does not count, or `experiment_counters`.
  std::size_t tell(std::size_t metric, std::uint64_t key, std::uint64_t at, const double* in) noexcept {
    key += key == 0;
    bool good = true;
    for (std::size_t i = 0; i < List::told[metric]; ++i) good &= math::absolute(in[i]) <= most_number;
    if (!good || !List::takes(metric, in)) [[unlikely]]
      return not_counted(count_refused);
    std::uint64_t* const row = units.find(key);
    if (row == nullptr || (load_acquire(row[1]) & unit_rows::variant_mask) == 0) return not_counted(count_unexposed);
    const std::uint64_t first = load_word(row[2]);
    // Where the clock was set back, `now` may lie up to a millisecond before an exposure that was before it.
    if (at < first && first - at > 1'000'000) return not_counted(count_late);
    if (at > first && at - first > window()) return not_counted(count_late);
    put_outcome(row + head + List::first[metric], metric, in);
    return experiment_counters;
  }

  /// The same of what happens now, which is logged, too. An outcome of a unit that is not known here is logged for who
  /// reads the logs of all processes.
  bool expose_now(std::uint64_t key, std::size_t variant, std::size_t in_segment,
                  std::span<const double> known) noexcept {
    const std::uint64_t at = now();
    const seen found = expose(key, at, variant, in_segment, known);
    if (!found.is_news || !log) return found.is_held;
    std::array<double, List::all_covariates + 1> numbers{};
    for (std::size_t i = 0; i < List::all_covariates; ++i) numbers[i] = i < known.size() ? known[i] : math::nan;
    const log_entry entry{at,
                          key + (key == 0),
                          'e',
                          static_cast<std::uint8_t>(List::all_covariates),
                          static_cast<std::uint16_t>(variant),
                          static_cast<std::uint16_t>(in_segment)};
    count[count_unlogged].add_relaxed(!log->append(entry, numbers.data()));
    return true;
  }
  bool tell_now(std::size_t metric, std::uint64_t key, const double* in) noexcept {
    const std::uint64_t at = now();
    const std::size_t fate = tell(metric, key, at, in);
    if (log && (fate == experiment_counters || fate == count_unexposed)) {
      const log_entry entry{
          at, key + (key == 0), 'o', static_cast<std::uint8_t>(List::told[metric]), static_cast<std::uint16_t>(metric),
          0};
      count[count_unlogged].add_relaxed(!log->append(entry, in));
    }
    return fate == experiment_counters;
  }

  /// Takes up what logs have: first the exposures of all, in the order of their times, then outcomes. So an outcome
  /// counts that one process was told of a unit that another one exposed. One at a time.
  result<void> read_logs(std::span<const std::string> texts, std::span<const std::string> paths) {
    std::vector<read_entry> exposures;
    bool fits = true;
    for (const bool is_second : {false, true}) {
      for (std::size_t i = 0; i < texts.size(); ++i) {
        auto done = read_log(texts[i], paths[i], record.properties, [&](const read_entry& each) {
          if (each.at > latest.load_relaxed()) latest.store_relaxed(each.at);
          return is_second ? read_outcome(each) : read_exposure(each, exposures, fits);
        });
        if (!done) return done;
      }
      if (is_second) break;
      sort_by(exposures,
              [](const read_entry& a, const read_entry& b) { return a.at != b.at ? a.at < b.at : a.first < b.first; });
      for (const read_entry& each : exposures)
        fits = expose(each.key, each.at, static_cast<std::size_t>(each.first), static_cast<std::size_t>(each.second),
                      each.numbers)
                   .is_held &&
               fits;
    }
    return fits ? result<void>() : no_room();
  }
  /// The first line of a log, and a log of all units as they are.
  std::string log_head() const { return store::write_document(exposure_log_head{record.properties}); }
  std::string compacted() const {
    std::string text = log_head() + '\n';
    std::size_t closed = 0;
    for (const unit_place& each : in_order(0, closed)) {
      append_number(text += "u ", each.first);
      append_hexadecimal(text += ' ', each.row[0]);
      append_hexadecimal(text += ' ', each.row[1]);
      for (std::size_t i = 0; i < List::words; ++i) append_hexadecimal(text += ' ', each.row[head + i]);
      text += '\n';
    }
    return text;
  }

  /// Takes up a unit of another part. False: there is no room. One at a time.
  bool put(const std::uint64_t* from) noexcept {
    std::uint64_t* const row = units.find_or_take(from[0]);
    if (row == nullptr) {
      count[count_dropped].add_relaxed(1);
      return false;
    }
    const std::size_t variant = row_variant(from);
    if (row[1] == 0) {
      std::memcpy(row + 1, from + 1, (head - 1 + List::words) * sizeof(std::uint64_t));
      exposed[variant].add_relaxed(1);
      contaminated.add_relaxed((from[1] & unit_rows::contaminated) != 0);
      return true;
    }
    const bool was_mixed = (row[1] & unit_rows::contaminated) != 0;
    const std::size_t before = row_variant(row);
    const bool is_earlier = from[2] < row[2] || (from[2] == row[2] && variant < before);
    if (is_earlier) {
      // What is known of the unit is what the earlier exposure said; sums stay together.
      exposed[before].add_relaxed(~std::uint64_t{0});
      exposed[variant].add_relaxed(1);
      row[1] = from[1];
      row[2] = from[2];
      for (std::size_t i = List::all_told + List::size; i < List::words; ++i) row[head + i] = from[head + i];
    }
    if (was_mixed || variant != before || (from[1] & unit_rows::contaminated) != 0) row[1] |= unit_rows::contaminated;
    contaminated.add_relaxed((row[1] & unit_rows::contaminated) != 0 && !was_mixed);
    for (std::size_t m = 0; m < List::size; ++m) add_words(row + head, from + head, m);
    return true;
  }

  /// All units in the order of their exposures, and how many of them are closed at `at`.
  std::vector<unit_place> in_order(std::uint64_t at, std::size_t& closed) const {
    std::vector<unit_place> made;
    made.reserve(units.size());
    units.for_each([&](const std::uint64_t* row) { made.push_back({load_word(row[2]), row}); });
    sort_by(made, [](const unit_place& a, const unit_place& b) {
      return a.first != b.first ? a.first < b.first : a.row[0] < b.row[0];
    });
    closed = made.size();
    while (closed > 0 && !is_closed(made[closed - 1].first, at)) --closed;
    return made;
  }
  std::uint64_t window() const noexcept { return static_cast<std::uint64_t>(definition.window.nanoseconds); }
  bool is_closed(std::uint64_t first, std::uint64_t at) const noexcept { return at > first && at - first > window(); }

  /// Errors: unavailable: a unit's window is not over.
  result<void> all_closed() {
    std::size_t closed = 0;
    const std::uint64_t at = now();
    const std::vector<unit_place> all = in_order(at, closed);
    if (closed == all.size()) return {};
    const double left = static_cast<double>(all.back().first + window() - at + 1) * 1e-9;
    return error(errc::unavailable, "experiment " + quoted_text(definition.id) + ": " +
                                        std::to_string(all.size() - closed) +
                                        " units are still open, the last one for " + figure_text(left) + " s");
  }
  error no_room() const {
    return error(errc::no_space, "experiment " + quoted_text(definition.id) + ": it may hold " +
                                     std::to_string(definition.max_units) + " units (max_units), and there are more");
  }

  std::vector<std::byte> save() const {
    envelope_writer to(saved_as);
    to.u32(saved_format);
    to.u64(record.properties.size());
    for (const experiment_property& each : record.properties) {
      to.text(each.name);
      to.text(each.value);
    }
    for (const auto& each : count) to.u64(each.load_relaxed());
    std::size_t closed = 0;
    const std::vector<unit_place> all = in_order(0, closed);
    to.u64(all.size());
    for (const unit_place& each : all)
      for (std::size_t i = 0; i < head + List::words; ++i) to.u64(load_word(each.row[i]));
    return std::move(to).finish();
  }
  result<void> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, saved_as);
    if (!from) return std::move(from).error();
    if (const std::uint32_t format = from->u32(); format > saved_format)
      return error(errc::unsupported, "saved experiment: it is of format " + std::to_string(format) +
                                          ", which a newer version wrote; this one reads formats up to " +
                                          std::to_string(saved_format));
    std::vector<experiment_property> there;
    for (std::size_t left = from->count(16); left > 0; --left) {
      const std::string name(from->text());
      there.push_back({name, std::string(from->text())});
    }
    if (from->ok())
      if (auto same = same_properties(record.properties, there, "the saved experiment"); !same) return same;
    for (auto& each : count) each.add_relaxed(from->u64());
    bool valid = true;
    bool fits = true;
    std::array<std::uint64_t, head + List::words> row{};
    for (std::size_t left = from->count(sizeof row); left > 0; --left) {
      for (std::uint64_t& each : row) each = from->u64();
      valid = valid && is_row(row.data());
      fits = valid && put(row.data()) && fits;
    }
    if (auto done = from->finish(valid); !done) return done;
    return fits ? result<void>() : no_room();
  }

  experiment_definition definition;
  salt by;
  salt layer;
  bool whole_layer;
  std::uint64_t (*wall_clock)() noexcept;
  light_atomic<std::uint64_t> latest{0};
  light_atomic<experiment_gate> gate{experiment_gate{}};
  unit_rows units;
  std::array<light_atomic<std::uint64_t>, Variants> exposed{};
  light_atomic<std::uint64_t> contaminated{0};
  std::array<light_atomic<std::uint64_t>, experiment_counters> count{};
  light_atomic<bool> told_ratio{false};
  bool is_held_back = false;  // a guardrail found harm, and the storage did not take the stop
  owning_pointer<exposure_log> log;
  record_keeper keeper;
  mutable mutex steps;  // of the record and of steps
  experiment_record record;

 private:
  static constexpr double most_number = 1e100;  // so that sums over a unit stay what tests can use

  std::size_t not_counted(experiment_counter why) noexcept {
    count[why].add_relaxed(1);
    return why;
  }
  /// Of the first pass over a log: keeps exposures and takes up units that were compacted.
  bool read_exposure(const read_entry& each, std::vector<read_entry>& exposures, bool& fits) {
    if (each.kind == 'e') {
      exposures.push_back(each);
      return each.first < Variants && each.second <= definition.segments.size() &&
             each.numbers.size() == List::all_covariates;
    }
    if (each.kind == 'd') count[count_unlogged].add_relaxed(each.first);
    if (each.kind != 'u') return true;
    if (each.words.size() != 1 + List::words) return false;
    std::array<std::uint64_t, head + List::words> row{each.key, each.words[0], each.at};
    for (std::size_t i = 0; i < List::words; ++i) row[head + i] = each.words[1 + i];
    if (!is_row(row.data())) return false;
    fits = put(row.data()) && fits;
    return true;
  }
  bool read_outcome(const read_entry& each) {
    if (each.kind != 'o') return true;
    const auto metric = static_cast<std::size_t>(each.first);
    if (metric >= List::size || each.numbers.size() != List::told[metric]) return false;
    tell(metric, each.key, each.at, each.numbers.data());
    return true;
  }
  seen see_again(std::uint64_t* row, std::uint64_t there, std::size_t variant) noexcept {
    if ((there & unit_rows::variant_mask) == variant + 1 || (there & unit_rows::contaminated) != 0) [[likely]]
      return {true, false};
    const std::uint64_t before = __atomic_fetch_or(&row[1], unit_rows::contaminated, __ATOMIC_RELAXED);
    const bool is_news = (before & unit_rows::contaminated) == 0;
    contaminated.add_relaxed(is_news);
    return {true, is_news};
  }
  static void put_outcome(std::uint64_t* words, std::size_t metric, const double* in) noexcept {
    for (std::size_t i = 0; i < List::told[metric]; ++i) {
      switch (List::rules[metric]) {
        case unit_rule::any: raise_word(words[i], in[i] != 0 ? std::bit_cast<std::uint64_t>(1.0) : 0); break;
        case unit_rule::max: raise_word(words[i], ordered_word(in[i])); break;
        default: add_number(words[i], in[i]);
      }
    }
    __atomic_fetch_add(&words[List::told[metric]], 1, __ATOMIC_RELAXED);
  }
  static void add_words(std::uint64_t* to, const std::uint64_t* from, std::size_t metric) noexcept {
    const std::size_t at = List::first[metric];
    const bool adds = List::rules[metric] == unit_rule::sum || List::rules[metric] == unit_rule::mean;
    for (std::size_t i = at; i < at + List::told[metric]; ++i) {
      if (adds)
        add_number(to[i], load_number(from[i]));
      else
        raise_word(to[i], from[i]);
    }
    to[at + List::told[metric]] += from[at + List::told[metric]];
  }
  /// Whether words that were read can be a unit's.
  bool is_row(const std::uint64_t* row) const noexcept {
    if (row[0] == 0 || row[2] == 0 || (row[1] & unit_rows::variant_mask) == 0 || row_variant(row) >= Variants ||
        row_segment(row) > definition.segments.size())
      return false;
    for (std::size_t m = 0; m < List::size; ++m)
      for (std::size_t i = 0; i < List::told[m]; ++i) {
        const std::uint64_t word = row[head + List::first[m] + i];
        const double number =
            List::rules[m] == unit_rule::max && word != 0 ? ordered_number(word) : std::bit_cast<double>(word);
        if (!math::is_finite(number)) return false;
      }
    for (std::size_t i = List::all_told + List::size; i < List::words; ++i)
      if (!math::is_finite(std::bit_cast<double>(row[head + i]))) return false;
    return true;
  }
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_EXPERIMENT_DETAIL_EXPERIMENT_STATE_HPP
