#ifndef MILLRACE_FEATURE_BATCH_STREAM_JOIN_HPP
#define MILLRACE_FEATURE_BATCH_STREAM_JOIN_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/batch/column_view.hpp>
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

/// How `join_streams` matches the events of two streams.
struct stream_join_options {
  /// A column that both have, of numbers, categories or texts.
  std::string key{};
  /// A column of times that both have, and how far two events may be apart. With an empty name the times do not matter.
  std::string time{};
  duration within{};
  /// What stands before the names of the columns of either side, but for the key's.
  std::string left_prefix{};
  std::string right_prefix = "right_";
  /// More pairs than this are refused: a key that n events of both sides share makes n^2 of them.
  std::size_t most_rows = 10'000'000;
};

namespace detail {

template <class Table>
class stream_joiner {
 public:
  stream_joiner(const Table& left, const Table& right, const stream_join_options& how)
      : left_(left), right_(right), how_(how), left_views_(left), right_views_(right) {}

  result<Table> join() {
    if (how_.within.nanoseconds < 0) return error(errc::invalid_argument, "join_streams: the bound is below zero");
    if (how_.time.empty() && how_.within.nanoseconds != 0)
      return error(errc::invalid_argument, "join_streams: a bound on times without a column of times");
    if (auto done = find_columns(left_, left_views_, left_key_, left_time_); !done)
      return std::move(done).error().wrap("join_streams, the left stream");
    if (auto done = find_columns(right_, right_views_, right_key_, right_time_); !done)
      return std::move(done).error().wrap("join_streams, the right stream");
    if (is_number(left_key_) != is_number(right_key_) && !is_empty(left_key_) && !is_empty(right_key_))
      return error(errc::type_mismatch, "join_streams: key " + quoted_cell(how_.key) +
                                            " is numbers in one of the streams and texts in the other");
    index_right();
    if (auto done = match(); !done) return std::move(done).error();
    Table made;
    for (std::size_t i = 0; i < left_.size(); ++i)
      if (auto done = made.add(picked(left_[i], left_rows_, how_.left_prefix)); !done) return std::move(done).error();
    for (std::size_t i = 0; i < right_.size(); ++i)
      if (right_[i].name != how_.key)
        if (auto done = made.add(picked(right_[i], right_rows_, how_.right_prefix)); !done)
          return std::move(done).error();
    return made;
  }

 private:
  struct event {
    std::int64_t time = 0;
    std::size_t row = 0;
  };

  static bool is_number(const column_view& key) noexcept { return key.kind == column_kind::number; }
  static bool is_empty(const column_view& key) noexcept { return first_present(key) == key.rows(); }

  result<void> find_columns(const Table& from, const table_view& views, column_view& key, column_view& time) const {
    auto found = find_column(views.columns(), how_.key, from.rows());
    if (!found) return std::move(found).error();
    key = **found;
    if (key.kind == column_kind::time) return wrong_kind(key, "number or text");
    if (how_.time.empty()) return {};
    auto times = find_column(views.columns(), how_.time, from.rows());
    if (!times) return std::move(times).error();
    time = **times;
    const bool words = time.kind == column_kind::category || time.kind == column_kind::text;
    if (words && !is_empty(time)) return wrong_kind(time, "time");
    return {};
  }

  /// The text of a key: numbers are spelled. False for a row that has no key, or no time where that matters.
  bool key_of(const column_view& key, const column_view& time, std::size_t row, std::string& text,
              std::int64_t& at) const {
    if (key.missing(row)) return false;
    at = 0;
    if (!how_.time.empty()) {
      if (time.kind == column_kind::category || time.kind == column_kind::text) return false;
      at = time_of(time, row);
      if (at == column::no_time) return false;
    }
    if (is_number(key))
      text = number_text(key.numbers[row] + 0.0);  // one zero
    else
      text = std::string(key.text(row));
    return true;
  }

  /// The events of the right stream by key, and for each key by time.
  void index_right() {
    std::string text;
    std::int64_t at = 0;
    std::vector<std::uint32_t> of(right_.rows());
    std::vector<std::int64_t> times(right_.rows());
    for (std::size_t row = 0; row < right_.rows(); ++row) {
      if (!key_of(right_key_, right_time_, row, text, at)) continue;
      keys_.insert(text);
      of[row] = static_cast<std::uint32_t>(keys_.find(text)) + 1;
      times[row] = at;
    }
    begin_.assign(keys_.size() + 2, 0);
    for (const std::uint32_t key : of)
      if (key != 0) ++begin_[key];
    for (std::size_t i = 1; i < begin_.size(); ++i) begin_[i] += begin_[i - 1];
    events_.resize(begin_.back());
    std::vector<std::size_t> next = begin_;
    for (std::size_t row = 0; row < of.size(); ++row)
      if (of[row] != 0) events_[next[of[row] - 1]++] = {times[row], row};
    for (std::size_t i = 0; i + 1 < begin_.size(); ++i)
      heap_sort(events_.data() + begin_[i], begin_[i + 1] - begin_[i],
                [](const event& a, const event& b) { return a.time != b.time ? a.time < b.time : a.row < b.row; });
  }

  result<void> match() {
    std::string text;
    std::int64_t at = 0;
    for (std::size_t row = 0; row < left_.rows(); ++row) {
      if (!key_of(left_key_, left_time_, row, text, at)) continue;
      const std::size_t key = keys_.find(text);
      if (key == keys_.none) continue;
      std::size_t from = begin_[key], to = begin_[key + 1];
      if (!how_.time.empty()) from = first_from(from, to, at);
      for (; from < to && is_near(events_[from].time, at); ++from) {
        if (left_rows_.size() == how_.most_rows)
          return error(errc::out_of_range, "join_streams: more than " + std::to_string(how_.most_rows) + " pairs, at " +
                                               row_and_column(row, how_.key) + " of the left stream");
        left_rows_.push_back(row);
        right_rows_.push_back(events_[from].row);
      }
    }
    return {};
  }
  /// The first event of a key that is not too early.
  std::size_t first_from(std::size_t from, std::size_t to, std::int64_t at) const noexcept {
    while (from < to) {
      const std::size_t middle = from + (to - from) / 2;
      if (events_[middle].time < at && !is_near(events_[middle].time, at))
        from = middle + 1;
      else
        to = middle;
    }
    return from;
  }
  bool is_near(std::int64_t a, std::int64_t b) const noexcept {
    if (how_.time.empty()) return true;
    const auto apart = a < b ? static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a)
                             : static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
    return apart <= static_cast<std::uint64_t>(how_.within.nanoseconds);
  }

  column picked(const column& from, const std::vector<std::size_t>& rows, const std::string& prefix) const {
    column made{
        .name = from.name == how_.key ? from.name : prefix + from.name, .kind = from.kind, .written = from.written};
    if (from.kind == column_kind::category) made.texts = from.texts;
    for (const std::size_t row : rows) {
      if (from.kind == column_kind::number) {
        made.numbers.push_back(from.numbers[row]);
      } else if (from.kind == column_kind::time) {
        made.times.push_back(from.times[row]);
      } else if (from.kind == column_kind::category || from.codes[row] == column::no_text) {
        made.codes.push_back(from.codes[row]);
      } else {
        made.codes.push_back(static_cast<std::uint32_t>(made.texts.size()));
        made.texts.push_back(from.texts[from.codes[row]]);
      }
    }
    return made;
  }

  const Table& left_;
  const Table& right_;
  const stream_join_options& how_;
  table_view left_views_;
  table_view right_views_;
  column_view left_key_, left_time_, right_key_, right_time_;
  basic_vocabulary<std::uint32_t> keys_;
  std::vector<std::size_t> begin_;  // of each key, its first place in `events_`
  std::vector<event> events_;
  std::vector<std::size_t> left_rows_, right_rows_;
};

}  // namespace detail

/// All pairs of an event of the left stream and one of the right that have the same key and, if a column of times is
/// named, happened no more than `within` apart, either one first.
///
///     auto pairs = mf::join_streams(requests, replies, {.key = "request", .time = "timestamp", .within = 5s});
///
/// (To join each row to what was known at its time, and to nothing later: `as_of_join`.)
/// Shapes: the key, then the columns of both sides in their order; a row for each pair, by the row of the left event,
/// then by time and row of the right one. Events without key or time are in no pair. Streams may be joined in parts:
/// all events of a key have to be in the same part. Complexity: O(n log n + pairs). Allocates: 32 bytes for each right
/// event, and what it returns. Errors: not_found, type_mismatch, with row and column: a column is not there, or of
/// another kind; type_mismatch: a key that is numbers on one side and texts on the other; out_of_range: more pairs than
/// `most_rows`; invalid_argument: a bound below zero, a bound without times, two columns of the result with one name.
template <class Table>
result<Table> join_streams(const Table& left, const Table& right, const stream_join_options& how) {
  return detail::stream_joiner<Table>(left, right, how).join();
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_BATCH_STREAM_JOIN_HPP
