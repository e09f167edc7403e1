#ifndef MILLRACE_FEATURE_SPECIFICATION_TABLE_HISTORY_HPP
#define MILLRACE_FEATURE_SPECIFICATION_TABLE_HISTORY_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/diagnosis.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/feature/specification/cell.hpp>
#include <millrace/feature/specification/detail/aggregation_words.hpp>
#include <millrace/feature/specification/detail/event_stream.hpp>
#include <millrace/feature/specification/detail/given_windows.hpp>
#include <millrace/feature/specification/detail/making.hpp>
#include <millrace/feature/specification/detail/table_cells.hpp>
#include <millrace/feature/specification/specification.hpp>
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

/// In which order the rows of a table happened.
enum class replay_order : std::uint8_t {
  as_they_stand,  // the order of arrival: what comes late is late
  by_time         // no row is late; rows of equal times keep their order
};

/// The aggregations of a list of specifications: a `history` whose windows are listed at run time, over columns that
/// are known by name. It makes the columns that the `table_features` of the same list read.
///
///     auto recent = mf::table_history::make(list, past);
///     auto rows = recent->replay(past);                     // the table, with the columns of the aggregations
///     auto features = mf::table_features::make(list, *rows);
///     ...
///     recent->extend(cells);                                // while serving, before the features are asked
///     auto refused = (*features)(cells, row);
///
/// It stands beside `table_features`, as it changes with every row, which must be remembered once, while any number of
/// threads share the features. What is saved is its own file, which a service writes as it goes on.
/// Shapes: a row has one column for each aggregation, in the order of the list; a list may have none.
/// Guarantee: as of `history`, with the same bits: a row's columns are of the rows of its key that came before it and
/// happened no later, never of itself; row by row or by table; before saving and after loading. Late rows, and rows
/// without key or time, have NaN, and are counted. A value that is missing or infinite is in no window. A key is a
/// text, or a whole number, which is the same key as its decimal digits.
/// Rules of an aggregation are about its column: `missing(fill(0))` where there was nothing, which `table_features`
/// does. Besides, `not_finite(refuse)` refuses a row whose value is infinite, and a cell of another kind refuses the
/// row unless a rule about `mistyped` says otherwise. A row that is refused is not remembered.
/// Complexity, memory and `keep`: as of `history`, for each pair of a key and a time in the list. Allocates: for new
/// keys, and where windows grow. Threads: one at a time; const calls from any number. Moved from, it may only be
/// assigned to or destroyed.
class table_history {
 public:
  /// Makes a history of the specifications of a list whose type is `aggregation`, for rows that have such columns.
  /// Errors: invalid_argument, naming the feature: no such column, with those that there are; a column of another kind
  /// than is read; a parameter that is unknown, missing or impossible; two aggregations of one name.
  template <class Columns>
  static result<table_history> make(const std::vector<specification>& list, const Columns& columns);

  /// How many columns it has: one for each aggregation.
  std::size_t width() const noexcept { return list_.size(); }
  const std::vector<specification>& specifications() const noexcept { return list_; }
  /// The columns that it reads.
  const std::vector<declared_column>& inputs() const noexcept { return inputs_; }
  std::vector<std::string> names() const {
    std::vector<std::string> made;
    for (const specification& one : list_) made.push_back(one.name);
    return made;
  }
  /// What decides the meaning of the columns: `spent_1h: aggregation(sum of amount by card, ...); ...`.
  const std::string& schema() const noexcept { return schema_; }
  /// How many keys are kept, and how old the last event of a key is that may be forgotten for another one; as of
  /// `history::keep`, for each pair of a key and a time.
  void keep(std::size_t most_keys, duration idle) noexcept {
    for (auto& one : streams_) one.keep(most_keys, idle.nanoseconds);
  }

  /// Writes a row's columns, and remembers the row. Cells are found as by `table_features`. Returns the refusal, which
  /// is false if there is none; else nothing is written or remembered. Precondition: out.size() >= width().
  refusal operator()(std::span<const named_cell> row, std::span<float> out) {
    const cells_by_name cells{inputs_, row};
    if (const refusal refused = refusal_of(cells).what) return refused;
    for (auto& one : streams_) {
      one.read(cells, out.data());
      one.remember(cells);
    }
    return {};
  }
  /// Puts the columns behind the row's cells, and remembers the row. The names are views of this object's.
  /// Precondition: the row has no cells of these names. Allocates: where the row has no room for them.
  refusal extend(std::vector<named_cell>& row) {
    const refusal refused = (*this)(row, row_);
    if (!refused)
      for (std::size_t i = 0; i < width(); ++i) row.push_back({list_[i].name, row_[i]});
    return refused;
  }
  /// Writes a row's columns without remembering the row, which is taken to be now; as of `history::read`.
  refusal read(std::span<const named_cell> row, std::span<float> out) {
    const cells_by_name cells{inputs_, row};
    const refusal refused = refusal_of(cells).what;
    if (!refused)
      for (auto& one : streams_) one.read(cells, out.data());
    return refused;
  }
  /// Remembers the row, for those after it.
  refusal remember(std::span<const named_cell> row) {
    const cells_by_name cells{inputs_, row};
    const refusal refused = refusal_of(cells).what;
    if (!refused)
      for (auto& one : streams_) one.remember(cells);
    return refused;
  }

  /// Writes the columns of a table's rows, as they would have been when the rows came, and remembers the rows.
  /// Errors: type_mismatch: the table lacks a column, or has it of another kind: the message lists both sides;
  /// shape_mismatch: `out` is not rows * width() long; invalid_data: a row is refused: the message names row, feature
  /// and column. After an error nothing is written or remembered.
  template <detail::table_like Table>
  result<void> replay(const Table& rows, std::span<float> out, replay_order order = replay_order::as_they_stand);
  /// The same, and returns the table with the columns behind its own.
  /// Errors besides: invalid_argument: the table has a column of such a name.
  template <detail::table_like Table>
  result<Table> replay(const Table& rows, replay_order order = replay_order::as_they_stand);

  /// How many keys are remembered; here and below, each pair of a key and a time in the list counts by itself.
  std::size_t keys() const noexcept {
    std::size_t sum = 0;
    for (const auto& one : streams_) sum += one.keys().size();
    return sum;
  }
  /// How many rows came late, had no key or time, or had a new key for which there was no room.
  std::uint64_t late() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& one : streams_) sum += one.keys().late();
    return sum;
  }
  std::uint64_t unknown() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& one : streams_) sum += one.keys().unknown();
    return sum;
  }
  std::uint64_t overflow() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& one : streams_) sum += one.keys().overflow();
    return sum;
  }

  /// The specifications, the columns that they read, and what is remembered: all that `load` needs.
  std::vector<std::byte> save() const;
  /// Errors: those of an envelope; corrupt: the specifications or what is remembered are impossible.
  template <class = void>
  static result<table_history> load(std::span<const std::byte> bytes);

 private:
  struct refused_cell {
    refusal what;
    std::size_t input = 0;
  };

  struct cells_by_name {
    const std::vector<declared_column>& inputs;
    std::span<const named_cell> row;
    cell operator()(std::size_t i) const noexcept { return detail::cell_called(row, inputs[i].name, i); }
  };
  template <class Cells>
  refused_cell refusal_of(const Cells& cells) const noexcept {
    for (const auto& one : streams_) {
      trouble why = trouble::none;
      std::size_t input = 0;
      if (const auto* const part = one.refusing(cells, why, input); part != nullptr) [[unlikely]]
        return {{list_[part->column].name, why}, input};
    }
    return {};
  }
  template <class Table>
  result<void> accepted(const Table& rows, const std::vector<const column*>& columns) const;
  template <class Columns>
  std::string add(const specification& one, const Columns& columns);
  template <class Columns>
  std::string find(std::string_view name, const char* what, bool (*fits)(column_kind), const Columns& columns,
                   std::size_t& place);

  std::vector<specification> list_;
  std::vector<declared_column> inputs_;
  std::vector<detail::event_stream> streams_;
  std::vector<float> row_;
  std::string schema_;
};

template <class Columns>
result<table_history> table_history::make(const std::vector<specification>& list, const Columns& columns) {
  table_history made;
  for (const specification& one : list) {
    if (one.type != "aggregation") continue;
    if (const std::string wrong = made.add(one, columns); !wrong.empty())
      return error(errc::invalid_argument, "feature \"" + detail::printable(one.name) + "\": " + wrong);
  }
  made.row_.resize(made.width());
  return made;
}
/// Returns what is wrong, or nothing; here and below.
template <class Columns>
std::string table_history::add(const specification& one, const Columns& columns) {
  if (!detail::is_name(one.name)) return "a name is not empty, and has no '.', '=', '#' or control character";
  for (const specification& other : list_)
    if (other.name == one.name) return "two features have this name";
  detail::parameter_reader reader(one);
  const detail::given_policy how = detail::policy_of_rules(one, reader);
  const detail::given_aggregation of = detail::aggregation_of(one, reader);
  reader.finish();
  detail::check_rules(one, detail::of_numbers | detail::bit_of(trouble::mistyped), reader);
  if (!reader.problem().empty()) return reader.problem();
  detail::stream_part part{.column = list_.size(),
                           .counts = of.measure == 0,
                           .refuses_not_finite = how.to(trouble::not_finite) == reaction::refuse,
                           .refuses_mistyped = how.to(trouble::mistyped) == reaction::refuse};
  std::size_t key = detail::event_stream::no_key;
  std::size_t time = 0;
  const auto anything = [](column_kind) { return true; };
  const auto number = [](column_kind kind) { return kind == column_kind::number; };
  std::string wrong = find(of.source, "numbers", part.counts ? +anything : +number, columns, part.source);
  if (wrong.empty() && !of.key.empty())
    wrong = find(
        of.key, "a key that is a text or a number", [](column_kind kind) { return kind != column_kind::time; }, columns,
        key);
  if (wrong.empty())
    wrong = find(of.time, "times", [](column_kind kind) { return kind == column_kind::time; }, columns, time);
  if (!wrong.empty()) return wrong;
  part.windows = detail::cloned<detail::kept_windows>(detail::windows_for(of));
  std::size_t stream = 0;
  while (stream < streams_.size() && !streams_[stream].is_of(key, time)) ++stream;
  if (stream == streams_.size()) streams_.emplace_back(key, time);
  streams_[stream].update(std::move(part));
  list_.push_back(one);
  if (!schema_.empty()) schema_ += "; ";
  detail::append_aggregation((schema_ += one.name) += ": aggregation", of);
  return {};
}
template <class Columns>
std::string table_history::find(std::string_view name, const char* what, bool (*fits)(column_kind),
                                const Columns& columns, std::size_t& place) {
  const std::size_t i = detail::place_of_column(columns, name);
  const std::string called = "column \"" + detail::printable(name) + '"';
  if (i == columns.size()) return called + " is not there; there are [" + detail::listed(columns) + ']';
  if (!fits(columns[i].kind))
    return std::string("aggregation reads ") + what + ", and " + called + " is a " +
           std::string(to_string(columns[i].kind)) + " column";
  place = detail::place_of_column(inputs_, name);
  if (place == inputs_.size()) inputs_.push_back({std::string(name), columns[i].kind});
  return {};
}

template <class Table>
result<void> table_history::accepted(const Table& rows, const std::vector<const column*>& columns) const {
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const refused_cell refused = refusal_of([&](std::size_t i) noexcept { return cell(*columns[i], row); });
    if (!refused.what) continue;
    const std::size_t line = rows.line(row);
    return error(errc::invalid_data, "history: row " + std::to_string(row) +
                                         (line != 0 ? " (line " + std::to_string(line) + ")" : "") + ", feature \"" +
                                         std::string(refused.what.column) + "\": the value of column \"" +
                                         detail::printable(inputs_[refused.input].name) + "\" is " +
                                         std::string(to_string(refused.what.why)));
  }
  return {};
}
template <detail::table_like Table>
result<void> table_history::replay(const Table& rows, std::span<float> out, replay_order order) {
  const std::size_t count = rows.rows();
  if (out.size() != count * width())
    return error(errc::shape_mismatch, "history: " + std::to_string(out.size()) + " numbers for " +
                                           std::to_string(count) + " rows of " + std::to_string(width()));
  if (auto possible = detail::checked_inputs(rows, inputs_); !possible) return possible;
  std::vector<const column*> columns;
  for (const declared_column& one : inputs_) columns.push_back(rows.find(one.name));
  if (auto possible = accepted(rows, columns); !possible) return possible;
  std::vector<std::size_t> places(count);
  for (auto& one : streams_) {
    for (std::size_t i = 0; i < count; ++i) places[i] = i;
    const std::vector<std::int64_t>& times = columns[one.time()]->times;
    if (order == replay_order::by_time)
      detail::heap_sort(places.data(), count, [&times](std::size_t a, std::size_t b) {
        return times[a] != times[b] ? times[a] < times[b] : a < b;
      });
    for (const std::size_t row : places) {
      const auto cells = [&](std::size_t i) noexcept { return cell(*columns[i], row); };
      one.read(cells, out.data() + row * width());
      one.remember(cells);
    }
  }
  return {};
}
template <detail::table_like Table>
result<Table> table_history::replay(const Table& rows, replay_order order) {
  for (const specification& one : list_)
    if (rows.find(one.name) != nullptr)
      return error(errc::invalid_argument,
                   "feature \"" + detail::printable(one.name) + "\": the table has a column of this name");
  std::vector<float> all(rows.rows() * width());
  if (auto done = replay(rows, all, order); !done) return std::move(done).error();
  Table made = rows;
  for (std::size_t i = 0; i < width(); ++i) {
    column one{.name = list_[i].name};
    for (std::size_t row = 0; row < rows.rows(); ++row)
      one.numbers.push_back(static_cast<double>(all[row * width() + i]));
    if (auto done = made.add(std::move(one)); !done) return std::move(done).error();
  }
  return made;
}

inline std::vector<std::byte> table_history::save() const {
  envelope_writer to("table history");
  detail::save_list(to, list_, inputs_);
  for (const auto& one : streams_) one.save(to);
  return std::move(to).finish();
}
template <class>
result<table_history> table_history::load(std::span<const std::byte> bytes) {
  auto from = envelope_reader::open(bytes, "table history");
  if (!from) return std::move(from).error();
  auto made =
      detail::load_made<table_history>("table history", *from, [](table_history& loaded, envelope_reader& rest) {
        for (auto& one : loaded.streams_)
          if (!one.load(rest)) return false;
        return true;
      });
  return made;
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_TABLE_HISTORY_HPP
