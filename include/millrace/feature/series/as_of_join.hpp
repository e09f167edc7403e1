#ifndef MILLRACE_FEATURE_SERIES_AS_OF_JOIN_HPP
#define MILLRACE_FEATURE_SERIES_AS_OF_JOIN_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/detail/vocabulary.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// The columns that `as_of_join` goes by.
struct as_of_columns {
  /// When the rows that are asked for happened: a column of times.
  std::string asked_at{};
  /// When what a fact says held, and when it was written down. Without the second a fact is known when it happens.
  std::string happened_at{};
  std::string known_at{};
  /// A column of categories or texts that both tables have; empty: all facts are of one thing.
  std::string key{};
  /// How long ago a fact may have happened; nothing is no bound.
  duration tolerance{};
  /// Stands before the names of the facts' columns.
  std::string prefix{};
};

namespace detail {

template <class Table>
class as_of_joiner {
 public:
  as_of_joiner(const Table& asked, const Table& facts, const as_of_columns& how)
      : asked_(asked), facts_(facts), how_(how) {}

  result<Table> join() {
    if (auto found = find_columns(); !found) return std::move(found).error();
    match();
    Table made;
    for (std::size_t i = 0; i < asked_.size(); ++i)
      if (auto done = made.add(asked_[i]); !done) return std::move(done).error();
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      const column& one = facts_[i];
      if (&one == happened_ || &one == known_ || &one == fact_key_) continue;
      if (auto done = made.add(picked(one)); !done) return std::move(done).error();
    }
    std::vector<std::size_t> lines(asked_.rows());
    for (std::size_t row = 0; row < lines.size(); ++row) lines[row] = asked_.line(row);
    made.set_lines(std::move(lines));
    return made;
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  struct visit {
    std::int64_t time = 0;
    std::size_t row = 0;
  };

  result<void> find_columns() {
    const auto time_column = [](const Table& in, const char* which, const std::string& name, const column*& into) {
      into = in.find(name);
      if (into == nullptr || into->kind != column_kind::time)
        return result<void>(
            error(into == nullptr ? errc::not_found : errc::type_mismatch,
                  std::string("as_of_join: ") + which + " have no column of times called \"" + printable(name) + '"'));
      return result<void>();
    };
    if (auto done = time_column(asked_, "the rows asked for", how_.asked_at, asked_at_); !done) return done;
    if (auto done = time_column(facts_, "the facts", how_.happened_at, happened_); !done) return done;
    if (!how_.known_at.empty())
      if (auto done = time_column(facts_, "the facts", how_.known_at, known_); !done) return done;
    if (how_.tolerance.nanoseconds < 0) return error(errc::invalid_argument, "as_of_join: the tolerance is below zero");
    if (how_.key.empty()) return {};
    asked_key_ = asked_.find(how_.key);
    fact_key_ = facts_.find(how_.key);
    const auto words = [](const column* one) {
      return one != nullptr && (one->kind == column_kind::category || one->kind == column_kind::text);
    };
    if (!words(asked_key_) || !words(fact_key_))
      return error(errc::not_found, std::string("as_of_join: ") +
                                        (words(asked_key_) ? "the facts" : "the rows asked for") +
                                        " have no column of categories called \"" + printable(how_.key) + '"');
    return {};
  }

  /// Row by row the time from which on it counts; rows without a time or key are left out.
  std::vector<visit> visits(const column& at, const column* and_at, const column* key) const {
    std::vector<visit> made;
    for (std::size_t row = 0; row < at.rows(); ++row) {
      if (at.missing(row) || (and_at != nullptr && and_at->missing(row)) || (key != nullptr && key->missing(row)))
        continue;
      const bool later = and_at != nullptr && and_at->times[row] > at.times[row];
      made.push_back({later ? and_at->times[row] : at.times[row], row});
    }
    heap_sort(made.data(), made.size(),
              [](const visit& a, const visit& b) { return a.time != b.time ? a.time < b.time : a.row < b.row; });
    return made;
  }
  /// Whether a fact takes the place of another one.
  bool takes_over(std::size_t row, std::size_t other) const {
    if (other == none || happened_->times[row] != happened_->times[other])
      return other == none || happened_->times[row] > happened_->times[other];
    if (known_ != nullptr && known_->times[row] != known_->times[other])
      return known_->times[row] > known_->times[other];
    return row > other;
  }
  bool is_near(std::size_t fact, std::int64_t now) const {
    constexpr std::int64_t first = (std::numeric_limits<std::int64_t>::min)();
    const std::int64_t back = how_.tolerance.nanoseconds;
    return back == 0 || happened_->times[fact] >= (now < first + back ? first : now - back);
  }
  /// Goes through both by time. A fact that is known takes the place of one that happened before it, for good: of what
  /// is known the latest is also the nearest.
  void match() {
    basic_vocabulary<std::uint32_t> keys;
    std::vector<std::size_t> latest{none};  // key by key; the first is for tables without
    const auto place = [&](const column* key, std::size_t row) {
      return key == nullptr ? 0 : keys.find(key->text(row)) + 1;  // 0 for a key that no fact has yet
    };
    const std::vector<visit> known = visits(*happened_, known_, fact_key_);
    matches_.assign(asked_.rows(), none);
    std::size_t next = 0;
    for (const visit& one : visits(*asked_at_, nullptr, asked_key_)) {
      for (; next < known.size() && known[next].time <= one.time; ++next) {
        const std::size_t row = known[next].row;
        if (fact_key_ != nullptr) keys.insert(fact_key_->text(row));
        latest.resize(keys.size() + 1, none);
        std::size_t& best = latest[place(fact_key_, row)];
        if (takes_over(row, best)) best = row;
      }
      const std::size_t fact = latest[place(asked_key_, one.row)];
      if (fact != none && is_near(fact, one.time)) matches_[one.row] = fact;
    }
  }
  column picked(const column& from) const {
    column made{.name = how_.prefix + from.name, .kind = from.kind, .written = from.written};
    const bool words = from.kind == column_kind::category || from.kind == column_kind::text;
    if (words) made.texts = from.texts;
    for (const std::size_t row : matches_) {
      if (from.kind == column_kind::number)
        made.numbers.push_back(row == none ? math::nan : from.numbers[row]);
      else if (from.kind == column_kind::time)
        made.times.push_back(row == none ? column::no_time : from.times[row]);
      else
        made.codes.push_back(row == none ? column::no_text : from.codes[row]);
    }
    return made;
  }

  const Table& asked_;
  const Table& facts_;
  const as_of_columns& how_;
  const column* asked_at_ = nullptr;
  const column* happened_ = nullptr;
  const column* known_ = nullptr;
  const column* asked_key_ = nullptr;
  const column* fact_key_ = nullptr;
  std::vector<std::size_t> matches_;
};

}  // namespace detail

/// Joins to each row of a table what was known at its time, so that training on the past does not see what came later:
/// of the facts of the same key that had happened by then, and had been written down by then, the one that happened
/// last. Of facts that happened at the same time the one written down last counts, which is how a correction takes the
/// place of what it corrects, and only from then on; of those the later row.
///
///     auto rows = mf::as_of_join(orders, balances, {.asked_at = "ordered", .happened_at = "valid_from",
///                                                   .known_at = "created", .key = "account", .prefix = "balance_"});
///
/// Shapes: the columns of `asked`, then those of the facts without their times and key, missing where no fact was
/// known. Rows keep the lines that they were read from. A row without time or key has no facts, and a fact without is
/// none. Complexity: O(n log n) in the rows of both. Errors: not_found, type_mismatch: a column is not there, or of
/// another kind; invalid_argument: two columns of the result have one name, or a negative tolerance.
template <class Table = table>
result<Table> as_of_join(const Table& asked, const Table& facts, const as_of_columns& how) {
  return detail::as_of_joiner<Table>(asked, facts, how).join();
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SERIES_AS_OF_JOIN_HPP
