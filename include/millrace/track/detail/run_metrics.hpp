#ifndef MILLRACE_TRACK_DETAIL_RUN_METRICS_HPP
#define MILLRACE_TRACK_DETAIL_RUN_METRICS_HPP

#include <millrace/core/detail/name_index.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/track/detail/documents.hpp>
#include <millrace/track/detail/leases.hpp>
#include <millrace/track/detail/metric_series.hpp>
#include <millrace/track/records.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

/// Whether an error is one of what is stored, and not of the storage: it would come again however often one tries.
constexpr bool is_of_data(errc code) noexcept {
  switch (code) {
    case errc::invalid_argument:
    case errc::not_found:
    case errc::conflict:
    case errc::unsupported:
    case errc::invalid_data:
    case errc::type_mismatch:
    case errc::corrupt:
    case errc::truncated:
    case errc::checksum_mismatch: return true;
    default: return false;
  }
}

/// How many points a tracker remembers, to know those that come again without reading.
struct window_sizes {
  std::uint64_t of_key = 10'000;
  std::uint64_t of_run = 100'000;
};

/// The metrics of one run, and what the last transaction left of them. Threads: one at a time.
class run_metrics {
 public:
  explicit run_metrics(std::string run) : run_(std::move(run)) {}

  const std::string& run() const noexcept { return run_; }
  bool has_incoming() const noexcept { return incoming_ != 0; }
  std::uint64_t incoming() const noexcept { return incoming_; }
  /// How many points are in memory, besides those that wait.
  std::uint64_t cached() const noexcept {
    std::uint64_t all = 0;
    for (const auto& each : series_) all += each->cached();
    return all;
  }

  /// Lets a point wait for the next transaction. Precondition: the key is a name.
  void update(std::string_view key, const metric_point& point) {
    series_of(key).incoming.push_back(point);
    ++incoming_;
  }
  void drop_incoming() noexcept {
    for (const auto& each : series_) each->incoming.clear();
    incoming_ = 0;
  }

  /// What `append` begins with: reads what it needs, and changes nothing. An error for which `is_of_data` is true is
  /// this run's alone. `scope_of`: the process whose scope it is, which another must not have taken over; null: it is
  /// nobody's, and has to be active.
  template <class Objects>
  result<void> prepare(const Objects& objects, const layout& keys, const window_sizes& windows,
                       const run_process* scope_of);
  /// Writes what waits. After an error, or if the transaction fails, `forget` has to be called.
  template <class Objects>
  result<void> append(Objects& objects, const layout& keys, const window_sizes& windows);
  /// The transaction was committed.
  void commit() noexcept {
    drop_incoming();
    summary_bytes_.swap(next_bytes_);
  }
  /// What is in memory may not be what is stored.
  void forget() noexcept {
    summary_bytes_.clear();
    for (const auto& each : series_) each->is_loaded = false;
  }

 private:
  metric_series& series_of(std::string_view key) {
    if (const std::uint32_t* const found = names_.find(key)) return *series_[*found];
    auto made = millrace::detail::make_owning<metric_series>(key);
    series_.reserve(series_.size() + 1);
    names_.insert(made->key, static_cast<std::uint32_t>(series_.size()));
    series_.push_back(std::move(made));
    return *series_.back();
  }
  series_place place(const layout& keys, const window_sizes& windows) const noexcept {
    const std::uint64_t share = windows.of_run / (series_.empty() ? 1 : series_.size());
    const std::uint64_t window = share < windows.of_key ? share : windows.of_key;
    return {&keys, run_, window < least_window ? least_window : window};
  }

  std::string run_;
  std::vector<millrace::detail::owning_pointer<metric_series>> series_;
  millrace::detail::name_index<std::uint32_t> names_;  // of series_, which have the names
  std::uint64_t incoming_ = 0;
  run_info info_;                         // as `prepare` has read it
  metric_summaries summaries_;            // likewise, by name
  std::vector<std::byte> summary_bytes_;  // what `summaries_` was read from or written as
  std::vector<std::byte> next_bytes_;
};

template <class Objects>
result<void> run_metrics::prepare(const Objects& objects, const layout& keys, const window_sizes& windows,
                                  const run_process* scope_of) {
  auto info = scope_of == nullptr ? load_active_run(objects, keys, run_) : load_run(objects, keys, run_);
  if (!info) return std::move(info).error();
  if (scope_of != nullptr)
    if (auto fine = check_owner(*info, *scope_of); !fine) return fine;
  info_ = std::move(*info);
  auto bytes = objects.read(keys.summary(run_));
  if (!bytes && bytes.error().code() != errc::not_found) return std::move(bytes).error();
  if (!bytes) bytes = std::vector<std::byte>();
  if (*bytes != summary_bytes_ ||
      summary_bytes_.empty()) {  // another process or call has written, or this is the first
    for (const auto& each : series_) each->is_loaded = false;
    summaries_ = {};
    summary_bytes_.clear();
    if (!bytes->empty()) {
      auto read = store::read_document<metric_summaries>(
          std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()), keys.summary(run_));
      if (!read) return std::move(read).error();
      summaries_ = std::move(*read);
      summary_bytes_ = std::move(*bytes);
    }
  }
  for (const auto& each : series_) {
    if (each->incoming.empty() || each->is_loaded) continue;
    each->summary = metric_series::empty_summary(each->key);
    for (const metric_summary& known : summaries_.metrics)
      if (known.key == each->key) each->summary = known;
    if (auto done = each->load(objects, place(keys, windows)); !done) return done;
  }
  return {};
}

template <class Objects>
result<void> run_metrics::append(Objects& objects, const layout& keys, const window_sizes& windows) {
  std::vector<std::string> before;
  std::vector<std::string> after;
  for (const auto& each : series_) {
    if (each->incoming.empty()) continue;
    if (each->summary.count != 0) append_index_keys(before, keys, info_, each->summary);
    if (auto done = each->append(objects, place(keys, windows)); !done) return done;
    append_index_keys(after, keys, info_, each->summary);
    metric_summary* known = nullptr;
    for (metric_summary& one : summaries_.metrics)
      if (one.key == each->key) known = &one;
    if (known == nullptr) known = &summaries_.metrics.emplace_back();
    *known = each->summary;
  }
  if (auto done = change_index(objects, std::move(before), std::move(after)); !done) return done;
  millrace::detail::sort_by(summaries_.metrics,
                            [](const metric_summary& a, const metric_summary& b) { return a.key < b.key; });
  const std::string text = store::write_document(summaries_);
  const auto* const begin = reinterpret_cast<const std::byte*>(text.data());
  next_bytes_.assign(begin, begin + text.size());
  return objects.write(keys.summary(run_), next_bytes_);
}

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_RUN_METRICS_HPP
