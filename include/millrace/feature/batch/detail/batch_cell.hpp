#ifndef MILLRACE_FEATURE_BATCH_DETAIL_BATCH_CELL_HPP
#define MILLRACE_FEATURE_BATCH_DETAIL_BATCH_CELL_HPP

#include <millrace/aggregate/histograms/ddsketch.hpp>
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/exact_moments.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/sketches/frequent_items.hpp>
#include <millrace/aggregate/sketches/theta.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/batch/batch_plan.hpp>
#include <millrace/feature/batch/column_view.hpp>
#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// What is known of one column in one group. Sketches that the plan does not ask for take no room.
class batch_cell {
 public:
  using statistics_type = aggregate<exact_moments, v0::min, v0::max>;
  using texts_type = frequent_items<std::string>;

  explicit batch_cell(const batch_value& plan = {}) {
    quantiles_.resize(plan.quantiles ? 1 : 0);
    distinct_.resize(plan.distinct ? 1 : 0);
    frequent_.resize(plan.frequent ? 1 : 0);
  }

  void update(std::span<const double> items) {
    const std::uint64_t before = statistics_.skipped();
    const double infinities = statistics_.infinities();
    statistics_.update(items);
    missing_ += statistics_.skipped() - before;
    for (ddsketch<>& one : quantiles_) {
      if (infinities == 0 && statistics_.infinities() == 0)
        one.update(items);
      else
        for (const double x : items)
          if (x - x == 0) one.update(x);
    }
    for (theta<>& one : distinct_)
      for (const double x : items)
        if (x == x) one.update(x);
  }
  void update(std::string_view text) {
    ++texts_;
    for (theta<>& one : distinct_) one.update(text);
    for (texts_type& one : frequent_) one.update(text);
  }
  void update_missing(std::uint64_t rows) noexcept { missing_ += rows; }

  void merge(const batch_cell& other) {
    texts_ += other.texts_;
    missing_ += other.missing_;
    statistics_.merge(other.statistics_);
    for (std::size_t i = 0; i < quantiles_.size(); ++i) quantiles_[i].merge(other.quantiles_[i]);
    for (std::size_t i = 0; i < distinct_.size(); ++i) distinct_[i].merge(other.distinct_[i]);
    for (std::size_t i = 0; i < frequent_.size(); ++i) frequent_[i].merge(other.frequent_[i]);
  }

  std::uint64_t count() const noexcept { return texts_ + statistics_.items(); }
  std::uint64_t missing() const noexcept { return missing_; }
  const statistics_type& statistics() const noexcept { return statistics_; }
  const theta<>& distinct() const noexcept { return distinct_[0]; }
  const texts_type& frequent() const noexcept { return frequent_[0]; }
  /// The finite numbers as the saved form has them, so that a loaded cell returns the same quantiles to the bit.
  ddsketch<> quantiles() const {
    auto made = ddsketch<>::from_protobuf(settled().to_protobuf());
    return made ? *std::move(made) : ddsketch<>();
  }

  // Each sketch in the form that does not tell in which order it was fed and merged.
  void save(envelope_writer& to) const {
    to.u64(texts_);
    to.u64(missing_);
    to.block(statistics_.save());
    if (!quantiles_.empty()) to.block(settled().to_protobuf());
    for (theta<> one : distinct_) {
      one.trim();
      to.block(one.save());
    }
    for (const texts_type& one : frequent_) to.block(one.save());
  }
  result<void> load(envelope_reader& from) {
    texts_ = from.u64();
    missing_ = from.u64();
    auto statistics = statistics_type::load(from.block());
    if (!statistics) return std::move(statistics).error();
    statistics_ = *std::move(statistics);
    for (ddsketch<>& one : quantiles_) {
      auto made = ddsketch<>::from_protobuf(from.block());
      if (!made) return std::move(made).error();
      one = *std::move(made);
    }
    for (theta<>& one : distinct_) {
      auto made = theta<>::load(from.block());
      if (!made) return std::move(made).error();
      one = *std::move(made);
    }
    for (texts_type& one : frequent_) {
      auto made = texts_type::load(from.block());
      if (!made) return std::move(made).error();
      one = *std::move(made);
    }
    if (statistics_.skipped() > missing_ || (texts_ != 0 && statistics_.items() != 0))
      return error(errc::corrupt, "the counts of a group contradict each other");
    return {};
  }

 private:
  ddsketch<> settled() const {
    ddsketch<> made;
    made.merge(quantiles_[0]);
    return made;
  }

  std::uint64_t texts_ = 0;
  std::uint64_t missing_ = 0;  // those that are NaN among them
  statistics_type statistics_;
  std::vector<ddsketch<>> quantiles_;  // none or one, as are both below
  std::vector<theta<>> distinct_;
  std::vector<texts_type> frequent_;
};

/// What a group is known by: the beginning of its window, and its texts; a missing one has none. Made into bytes whose
/// order is that of the windows, then that of the texts one after the other, a missing one before all others.
struct group_key {
  std::int64_t begin = 0;
  std::vector<std::string> texts{};
  std::vector<bool> missing{};
};

inline void put_window(std::string& key, std::int64_t begin) {
  const auto bits = static_cast<std::uint64_t>(begin) ^ std::uint64_t{1} << 63;
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(bits >> shift & 0xffU);
}
inline void put_text(std::string& key, bool missing, std::string_view text) {
  key += missing ? '\0' : '\1';
  if (missing) return;
  for (const char c : text) {
    key += c;
    if (c == '\0') key += '\xff';
  }
  key.append(2, '\0');
}
/// Takes a key apart; false if `put_window` and `put_text` do not make such bytes.
inline bool take_key(std::string_view key, bool windows, std::size_t texts, group_key& into) {
  std::size_t at = 0;
  if (windows) {
    if (key.size() < 8) return false;
    std::uint64_t bits = 0;
    for (; at < 8; ++at) bits = bits << 8 | static_cast<unsigned char>(key[at]);
    into.begin = static_cast<std::int64_t>(bits ^ std::uint64_t{1} << 63);
  }
  for (std::size_t i = 0; i < texts; ++i) {
    if (at == key.size() || static_cast<unsigned char>(key[at]) > 1) return false;
    into.missing.push_back(key[at++] == '\0');
    into.texts.push_back({});
    if (into.missing.back()) continue;
    for (bool ended = false; !ended; ++at) {
      if (at == key.size()) return false;
      if (key[at] != '\0') {
        into.texts.back() += key[at];
        continue;
      }
      if (++at == key.size() || (key[at] != '\0' && key[at] != '\xff')) return false;
      ended = key[at] == '\0';
      if (!ended) into.texts.back() += '\0';
    }
  }
  return at == key.size();
}

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_BATCH_DETAIL_BATCH_CELL_HPP
