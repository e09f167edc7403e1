#ifndef MILLRACE_FEATURE_SPECIFICATION_DETAIL_EVENT_STREAM_HPP
#define MILLRACE_FEATURE_SPECIFICATION_DETAIL_EVENT_STREAM_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/cells.hpp>
#include <millrace/feature/detail/remembered_keys.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/feature/specification/cell.hpp>
#include <millrace/feature/specification/detail/given_windows.hpp>
#include <millrace/feature/specification/detail/named_transform.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// A key as it stands in rows: a text, or a whole number, spelled in decimal digits.
inline trouble read_key(category_cell& to, const cell& from) noexcept {
  if (from.what() == cell::form::missing) return trouble::missing;
  if (from.what() == cell::form::text) return to.read(from.text());
  if (from.what() != cell::form::number) return trouble::mistyped;
  const double number = from.number();
  if (!(math::absolute(number) <= 0x1p53) || math::floor(number) != number) return trouble::mistyped;
  return to.read(static_cast<std::int64_t>(number));
}

/// An aggregation, and the places of the columns that it reads among the inputs.
struct stream_part {
  std::size_t column = 0;  // the place of what it writes in a row
  std::size_t source = 0;
  bool counts = false;  // whatever stands there
  bool refuses_not_finite = false;
  bool refuses_mistyped = true;
  cloned<kept_windows> windows{};

  trouble read(const cell& from, double& to) const noexcept {
    to = math::nan;
    if (from.what() == cell::form::missing) return trouble::missing;
    if (from.what() != cell::form::number) {
      if (!counts) return trouble::mistyped;
      if (from.what() != cell::form::text || !from.text().empty()) to = 1;
      return math::is_nan(to) ? trouble::missing : trouble::none;
    }
    number_cell read;
    const trouble met = read.read(from.number());
    if (met == trouble::none) to = read.value;
    return met;
  }
};

/// The aggregations by one key and one time. `Cells` is called with the place of an input.
/// A template, so that including it does not compile its members.
template <class Keys>
class basic_event_stream {
 public:
  static constexpr std::size_t no_key = static_cast<std::size_t>(-1);

  basic_event_stream(std::size_t key, std::size_t time) : key_(key), time_(time) {}
  bool is_of(std::size_t key, std::size_t time) const noexcept { return key == key_ && time == time_; }
  std::size_t time() const noexcept { return time_; }
  void update(stream_part one) { parts_.push_back(std::move(one)); }
  const Keys& keys() const noexcept { return keys_; }
  void keep(std::size_t most, std::int64_t idle) noexcept { keys_.keep(most, idle); }

  /// The first part that refuses the row, and why; of rows that none refuses `trouble::none`.
  template <class Cells>
  const stream_part* refusing(const Cells& cells, trouble& why, std::size_t& input) const noexcept {
    category_cell key;
    const bool bad_key = key_ != no_key && read_key(key, cells(key_)) == trouble::mistyped;
    const cell time = cells(time_);
    const bool bad_time = time.what() != cell::form::time && time.what() != cell::form::missing;
    for (const stream_part& one : parts_) {
      double x = 0;
      why = one.read(cells(one.source), x);
      input = one.source;
      if (bad_key || bad_time) {
        why = trouble::mistyped;
        input = bad_key ? key_ : time_;
      }
      if ((why == trouble::mistyped && one.refuses_mistyped) || (why == trouble::not_finite && one.refuses_not_finite))
        return &one;
    }
    return nullptr;
  }
  /// Writes the parts' columns; out: the row's first.
  template <class Cells>
  void read(const Cells& cells, float* out) {
    const event now(cells, key_, time_);
    for (const stream_part& one : parts_) out[one.column] = missing_value;
    if (!now.known) return;
    const std::size_t place = keys_.find(now.key.value);
    if (place != Keys::none && now.at < keys_.latest(place)) return;
    for (stream_part& one : parts_)
      (void)write_float(place == Keys::none ? one.windows->read_none(now.at) : one.windows->read(place, now.at),
                        out + one.column);
  }
  template <class Cells>
  void remember(const Cells& cells) {
    const event now(cells, key_, time_);
    if (!now.known) return keys_.skip();
    const auto to = keys_.note(now.key.value, now.at, *this);
    if (to.place == Keys::none) return;
    for (stream_part& one : parts_) {
      double x = 0;
      (void)one.read(cells(one.source), x);
      one.windows->remember(to.place, x, now.at);
    }
  }

  // ---- what `note` asks of what is kept for each key
  void add() {
    for (stream_part& one : parts_) one.windows->add();
  }
  void keep_only(const std::vector<std::size_t>& places) {
    for (stream_part& one : parts_) one.windows->keep_only(places);
  }

  void save(envelope_writer& to) const {
    keys_.save(to);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      to.i64(keys_.latest(i));
      for (const stream_part& one : parts_) one.windows->save(to, i);
    }
  }
  /// Precondition: it has no keys. Returns whether it is possible.
  bool load(envelope_reader& from) {
    bool possible = keys_.load(from);
    if (key_ == no_key) possible = possible && keys_.size() == (keys_.find(only_key) == 0 ? 1U : 0U);
    for (std::size_t i = 0; possible && from.ok() && i < keys_.size(); ++i) {
      keys_.load_next(from);
      for (stream_part& one : parts_) possible = possible && one.windows->load_next(from);
    }
    return possible;
  }

 private:
  static constexpr std::string_view only_key = "all";
  struct event {
    category_cell key;
    std::int64_t at = 0;
    bool known = false;

    template <class Cells>
    event(const Cells& cells, std::size_t key_place, std::size_t time_place) noexcept {
      const cell time = cells(time_place);
      if (time.what() != cell::form::time) return;
      at = time.nanoseconds();
      if (key_place == no_key)
        key.value = only_key;
      else if (read_key(key, cells(key_place)) != trouble::none)
        return;
      known = true;
    }
    event(const event&) = delete;
    event& operator=(const event&) = delete;
  };

  std::size_t key_;
  std::size_t time_;
  Keys keys_;
  std::vector<stream_part> parts_;
};
using event_stream = basic_event_stream<remembered_keys>;

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_DETAIL_EVENT_STREAM_HPP
