#ifndef MILLRACE_FEATURE_BATCH_BATCH_SUMMARY_HPP
#define MILLRACE_FEATURE_BATCH_BATCH_SUMMARY_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/batch/batch_plan.hpp>
#include <millrace/feature/batch/batch_rows.hpp>
#include <millrace/feature/batch/column_view.hpp>
#include <millrace/feature/batch/detail/batch_cell.hpp>
#include <millrace/feature/batch/detail/batch_groups.hpp>
#include <millrace/feature/detail/vocabulary.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

namespace detail {
class anomaly_finder;
}

/// Statistics of columns, for all rows together, by group, by window of time or both, found in one pass. Parts of the
/// data may be summed up anywhere (threads, partitions of Spark, ranks of MPI) and merged.
///
///     auto plan = mf::batch_plan_of(R"({"values": {"value": ["statistics", "quantiles"]}, "by": ["service"],
///                                       "time": "timestamp", "window_minutes": 60})");
///     auto summary = mf::batch_summary::make(*std::move(plan));
///     auto done = summary->update(events);        // a table, or views of columns
///     done = summary->merge(of_another_machine);
///     std::string json = mf::to_json(summary->rows());
///
/// Models: mergeable, saveable.
/// Guarantee: sums, means and deviations are exact before they are rounded (`exact_moments`), quantiles within 1 % of
/// the value (`ddsketch`), numbers of different values as `theta` says. Of all these the saved bytes are the same
/// however the rows were divided, and in whatever order they were updated and merged. Only the frequent values depend
/// on it, once a group has more than 768 different ones: then within `frequent_items`' bounds, which `rows` returns.
/// Complexity: a row costs a few nanoseconds for each column that groups are made by and some ten for each value.
/// Memory: about 400 bytes for each group and value, and its sketches.
/// Allocates: for each update, for new groups, and as ranges of values grow.
/// Threads: one at a time; const calls from any number.
/// Errors: `make`: those of `check_plan`. `update`: not_found, shape_mismatch: a column is not there, or has another
/// number of rows; type_mismatch, with row and column: a cell of another kind than the plan needs; out_of_range: more
/// groups than `most_groups`. `merge`: type_mismatch: another plan, or a column that is numbers in one and texts in the
/// other; out_of_range as above. After an error the summary is as it was. `load`: those of envelopes and sketches,
/// corrupt.
class batch_summary {
 public:
  static constexpr std::size_t most_frequent = 10;  // that a row names

  static result<batch_summary> make(batch_plan plan) {
    if (auto done = check_plan(plan); !done) return std::move(done).error();
    return batch_summary(std::move(plan));
  }

  const batch_plan& plan() const noexcept { return plan_; }
  /// How many groups there are, each window counted by itself.
  std::size_t size() const noexcept { return keys_.size(); }
  /// Rows that were updated or merged.
  std::uint64_t items() const noexcept { return items_; }
  /// Those of them that had no time, or one beyond the range of nanoseconds, though there are windows.
  std::uint64_t refused() const noexcept { return refused_; }

  /// Takes the rows of a batch. Columns that the plan does not name are not looked at. A number or time that is
  /// missing, a missing text and NaN are counted as missing; a row with a missing text belongs to the group of those.
  template <class = void>
  result<void> update(std::span<const column_view> columns, std::size_t rows);
  template <class Table>
  requires(requires(const Table& t) { t.rows(); })
  result<void> update(const Table& batch) {
    const table_view views(batch);
    return update(views.columns(), batch.rows());
  }

  template <class = void>
  result<void> merge(const batch_summary& other);

  /// What was found, window by window, in each by the texts of the groups, and in each group value by value.
  template <class = void>
  std::vector<batch_row> rows() const;

  template <class = void>
  std::vector<std::byte> save() const;
  template <class = void>
  static result<batch_summary> load(std::span<const std::byte> bytes);

 private:
  friend class detail::anomaly_finder;
  enum class cell_kind : std::uint8_t { unknown, number, text };
  static constexpr std::string_view saved_as = "batch_summary";

  explicit batch_summary(batch_plan plan) : plan_(std::move(plan)), kinds_(plan_.values.size()) {}

  /// What is known of a value of the plan in the group with this key; null if there is none.
  const detail::batch_cell* find(std::string_view key, std::size_t value) const noexcept {
    const std::size_t group = keys_.find(key);
    return group == keys_.none ? nullptr : &cells_[group * plan_.values.size() + value];
  }
  /// The texts of the group with this key.
  std::vector<group_text> group_of(std::string_view key) const {
    detail::group_key parts;
    (void)detail::take_key(key, !plan_.time.empty(), plan_.by.size(), parts);
    std::vector<group_text> made;
    for (std::size_t i = 0; i < parts.texts.size(); ++i)
      made.push_back({plan_.by[i], parts.texts[i], bool{parts.missing[i]}});
    return made;
  }

  result<void> check_column(const column_view& one, std::size_t value, cell_kind& kind) const;
  result<void> make_groups(const detail::basic_vocabulary<std::uint32_t>& keys);
  std::vector<std::size_t> in_order() const;
  batch_row row_of(const detail::batch_cell& cell, const batch_value& value) const;
  static bool same(const batch_plan& a, const batch_plan& b);
  static void save_plan(const batch_plan& plan, envelope_writer& to);
  static batch_plan load_plan(envelope_reader& from);
  template <class = void>
  result<void> load_groups(envelope_reader& from);

  batch_plan plan_;
  std::vector<cell_kind> kinds_;  // of the plan's values, as the first cells that were there had it
  std::uint64_t items_ = 0;
  std::uint64_t refused_ = 0;
  detail::basic_vocabulary<std::uint32_t> keys_;
  std::vector<detail::batch_cell> cells_;  // group by group, value by value
};

inline result<void> batch_summary::check_column(const column_view& one, std::size_t value, cell_kind& kind) const {
  const batch_value& plan = plan_.values[value];
  if (detail::first_present(one) == one.rows()) return {};
  if (one.kind == column_kind::time) return detail::wrong_kind(one, plan.frequent ? "text" : "number");
  const cell_kind now = one.kind == column_kind::number ? cell_kind::number : cell_kind::text;
  if (plan.statistics || plan.quantiles) {
    if (now != cell_kind::number) return detail::wrong_kind(one, "number");
  }
  if (plan.frequent && now != cell_kind::text) return detail::wrong_kind(one, "text");
  if (kind != cell_kind::unknown && kind != now)
    return detail::wrong_kind(one, kind == cell_kind::number ? "number" : "text");
  kind = now;
  return {};
}

/// Makes the groups of the keys that have none, or refuses all.
inline result<void> batch_summary::make_groups(const detail::basic_vocabulary<std::uint32_t>& keys) {
  std::size_t fresh = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) fresh += keys_.find(keys[i]) == keys_.none ? 1U : 0U;
  if (keys_.size() + fresh > plan_.most_groups)
    return error(errc::out_of_range, "batch summary: " + std::to_string(keys_.size() + fresh) +
                                         " groups, the plan allows " + std::to_string(plan_.most_groups));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys_.find(keys[i]) != keys_.none) continue;
    keys_.insert(keys[i]);
    for (const batch_value& one : plan_.values) cells_.push_back(detail::batch_cell(one));
  }
  return {};
}

template <class>
result<void> batch_summary::update(std::span<const column_view> columns, std::size_t rows) {
  std::vector<const column_view*> values;
  std::vector<cell_kind> kinds = kinds_;
  for (std::size_t i = 0; i < plan_.values.size(); ++i) {
    auto found = detail::find_column(columns, plan_.values[i].column, rows);
    if (!found) return std::move(found).error();
    if (auto done = check_column(**found, i, kinds[i]); !done) return done;
    values.push_back(*found);
  }
  detail::batch_groups groups;
  if (auto done = groups.find(plan_, columns, rows); !done) return done;
  detail::basic_vocabulary<std::uint32_t> keys;
  std::vector<std::string> key_of;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    key_of.push_back(groups.key(g, plan_));
    keys.insert(key_of.back());
  }
  if (auto done = make_groups(keys); !done) return done;
  kinds_ = std::move(kinds);
  items_ += rows;
  refused_ += groups.refused();
  if (rows == 0) return {};

  std::vector<double> gathered;
  const auto feed = [&](detail::batch_cell& cell, const column_view& from, std::span<const std::uint32_t> of) {
    const bool all = groups.whole();
    const std::size_t size = all ? rows : of.size();
    if (from.kind == column_kind::number) {
      if (all) return cell.update(from.numbers);
      gathered.resize(size);
      for (std::size_t i = 0; i < size; ++i) gathered[i] = from.numbers[of[i]];
      return cell.update(std::span<const double>(gathered));
    }
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t row = all ? i : of[i];
      if (from.missing(row))
        cell.update_missing(1);
      else
        cell.update(from.text(row));
    }
  };
  const std::size_t width = plan_.values.size();
  if (groups.whole()) {
    const std::size_t group = keys_.find({});
    for (std::size_t i = 0; i < width; ++i) feed(cells_[group * width + i], *values[i], {});
    return {};
  }
  const detail::sorted_rows sorted(groups);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const std::size_t group = keys_.find(key_of[g]);
    const auto of =
        std::span<const std::uint32_t>(sorted.rows).subspan(sorted.begin[g], sorted.begin[g + 1] - sorted.begin[g]);
    for (std::size_t i = 0; i < width; ++i) feed(cells_[group * width + i], *values[i], of);
  }
  return {};
}

template <class>
result<void> batch_summary::merge(const batch_summary& other) {
  if (&other == this) {
    const batch_summary copy = other;
    return merge(copy);
  }
  if (!same(plan_, other.plan_)) return error(errc::type_mismatch, "batch summary: the two follow different plans");
  std::vector<cell_kind> kinds = kinds_;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i] == cell_kind::unknown) kinds[i] = other.kinds_[i];
    if (other.kinds_[i] != cell_kind::unknown && other.kinds_[i] != kinds[i])
      return error(errc::type_mismatch, "batch summary: column " + detail::quoted_cell(plan_.values[i].column) +
                                            " is numbers in one of the two and texts in the other");
  }
  if (auto done = make_groups(other.keys_); !done) return done;
  kinds_ = std::move(kinds);
  items_ += other.items_;
  refused_ += other.refused_;
  const std::size_t width = plan_.values.size();
  for (std::size_t g = 0; g < other.keys_.size(); ++g) {
    const std::size_t group = keys_.find(other.keys_[g]);
    for (std::size_t i = 0; i < width; ++i) cells_[group * width + i].merge(other.cells_[g * width + i]);
  }
  return {};
}

/// The groups by their keys.
inline std::vector<std::size_t> batch_summary::in_order() const {
  std::vector<std::size_t> made(keys_.size());
  for (std::size_t i = 0; i < made.size(); ++i) made[i] = i;
  detail::heap_sort(made.data(), made.size(), [&](std::size_t a, std::size_t b) { return keys_[a] < keys_[b]; });
  return made;
}

inline batch_row batch_summary::row_of(const detail::batch_cell& cell, const batch_value& value) const {
  batch_row made;
  made.column = value.column;
  made.count = cell.count();
  made.missing = cell.missing();
  made.statistics = value.statistics;
  made.quantiles = value.quantiles;
  made.distincts = value.distinct;
  made.frequents = value.frequent;
  const auto& all = cell.statistics();
  const double least = all.template get<v0::min>(), greatest = all.template get<v0::max>();
  if (value.statistics) {
    made.sum = all.template get<exact_sum>();
    made.mean = all.template get<exact_mean>();
    made.variance = all.template get<exact_variance>();
    made.stddev = all.template get<exact_stddev>();
    made.min = least;
    made.max = greatest;
  }
  if (value.quantiles) {
    const auto sketch = cell.quantiles();
    const auto at = [&](double p) {
      const double found = sketch.quantile(p);
      return found < least ? least : found > greatest ? greatest : found;
    };
    made.p50 = at(0.5);
    made.p90 = at(0.9);
    made.p95 = at(0.95);
    made.p99 = at(0.99);
  }
  if (value.distinct) {
    auto sketch = cell.distinct();
    sketch.trim();
    made.distinct = sketch.estimate();
    made.distinct_error = sketch.relative_error();
  }
  if (value.frequent)
    for (auto& one : cell.frequent().top(most_frequent)) made.frequent.push_back({one.item, one.lower, one.upper});
  return made;
}

template <class>
std::vector<batch_row> batch_summary::rows() const {
  std::vector<batch_row> made;
  const std::size_t width = plan_.values.size();
  for (const std::size_t group : in_order()) {
    detail::group_key parts;
    (void)detail::take_key(keys_[group], !plan_.time.empty(), plan_.by.size(), parts);
    const std::vector<group_text> texts = group_of(keys_[group]);
    for (std::size_t i = 0; i < width; ++i) {
      batch_row row = row_of(cells_[group * width + i], plan_.values[i]);
      row.group = texts;
      if (!plan_.time.empty()) {
        row.begin = parts.begin;
        if (__builtin_add_overflow(parts.begin, plan_.window.nanoseconds, &row.end)) row.end = column::no_time;
      }
      made.push_back(std::move(row));
    }
  }
  return made;
}

inline bool batch_summary::same(const batch_plan& a, const batch_plan& b) {
  if (a.values.size() != b.values.size() || a.by != b.by || a.time != b.time || a.window != b.window) return false;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const batch_value &one = a.values[i], &other = b.values[i];
    if (one.column != other.column || one.statistics != other.statistics || one.quantiles != other.quantiles ||
        one.distinct != other.distinct || one.frequent != other.frequent)
      return false;
  }
  return true;
}

inline void batch_summary::save_plan(const batch_plan& plan, envelope_writer& to) {
  to.u64(plan.values.size());
  for (const batch_value& one : plan.values) {
    to.text(one.column);
    to.u8(static_cast<std::uint8_t>((one.statistics ? 1 : 0) | (one.quantiles ? 2 : 0) | (one.distinct ? 4 : 0) |
                                    (one.frequent ? 8 : 0)));
  }
  to.u64(plan.by.size());
  for (const std::string& one : plan.by) to.text(one);
  to.text(plan.time);
  to.i64(plan.window.nanoseconds);
  to.u64(plan.most_groups);
}
inline batch_plan batch_summary::load_plan(envelope_reader& from) {
  batch_plan made;
  const std::size_t values = from.count(9);
  for (std::size_t i = 0; i < values && from.ok(); ++i) {
    batch_value one{.column = std::string(from.text())};
    const unsigned bits = from.u8();
    one.statistics = (bits & 1U) != 0;
    one.quantiles = (bits & 2U) != 0;
    one.distinct = (bits & 4U) != 0;
    one.frequent = (bits & 8U) != 0;
    if (bits > 15) one.column.clear();  // which no plan has
    made.values.push_back(std::move(one));
  }
  const std::size_t by = from.count(8);
  for (std::size_t i = 0; i < by && from.ok(); ++i) made.by.push_back(std::string(from.text()));
  made.time = std::string(from.text());
  made.window = duration(from.i64());
  made.most_groups = static_cast<std::size_t>(from.u64());
  return made;
}

template <class>
std::vector<std::byte> batch_summary::save() const {
  envelope_writer to(saved_as);
  save_plan(plan_, to);
  for (const cell_kind kind : kinds_) to.u8(static_cast<std::uint8_t>(kind));
  to.u64(items_);
  to.u64(refused_);
  to.u64(keys_.size());
  const std::size_t width = plan_.values.size();
  for (const std::size_t group : in_order()) {
    to.text(keys_[group]);
    for (std::size_t i = 0; i < width; ++i) cells_[group * width + i].save(to);
  }
  return std::move(to).finish();
}

template <class>
result<void> batch_summary::load_groups(envelope_reader& from) {
  const auto corrupt = [](std::string why) { return result<void>(error(errc::corrupt, std::move(why))); };
  const std::size_t groups = from.count(16);
  if (groups > plan_.most_groups) return corrupt("more groups than its plan allows");
  for (std::size_t g = 0; g < groups && from.ok(); ++g) {
    const std::string_view key = from.text();
    detail::group_key parts;
    if (!from.ok() || !detail::take_key(key, !plan_.time.empty(), plan_.by.size(), parts) ||
        (!plan_.time.empty() && parts.begin % plan_.window.nanoseconds != 0))
      return corrupt("group " + std::to_string(g) + " has a key that is none");
    if (g != 0 && !(std::string_view(keys_[g - 1]) < key)) return corrupt("its groups are not in order");
    keys_.insert(key);
    for (const batch_value& one : plan_.values) {
      cells_.push_back(detail::batch_cell(one));
      if (auto done = cells_.back().load(from); !done)
        return std::move(done).error().wrap("group " + std::to_string(g) + ", column " +
                                            detail::quoted_cell(one.column));
    }
  }
  return {};
}

template <class>
result<batch_summary> batch_summary::load(std::span<const std::byte> bytes) {
  auto from = envelope_reader::open(bytes, saved_as);
  if (!from) return std::move(from).error();
  batch_plan plan = load_plan(*from);
  if (!from->ok()) return std::move(from->finish(false)).error();
  auto made = make(std::move(plan));
  if (!made) return error(errc::corrupt, "saved batch_summary", std::move(made).error());
  bool valid = true;
  for (cell_kind& kind : made->kinds_) {
    const std::uint8_t number = from->u8();
    valid = valid && number <= static_cast<std::uint8_t>(cell_kind::text);
    kind = valid ? static_cast<cell_kind>(number) : cell_kind::unknown;
  }
  made->items_ = from->u64();
  made->refused_ = from->u64();
  if (auto done = made->load_groups(*from); !done) return std::move(done).error().wrap("saved batch_summary");
  if (auto done = from->finish(valid && made->refused_ <= made->items_); !done) return std::move(done).error();
  return made;
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_BATCH_BATCH_SUMMARY_HPP
