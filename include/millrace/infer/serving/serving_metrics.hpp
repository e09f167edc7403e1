#ifndef MILLRACE_INFER_SERVING_SERVING_METRICS_HPP
#define MILLRACE_INFER_SERVING_SERVING_METRICS_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/result.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/infer/serving/request.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/label_set.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace infer {

/// The labels that name a model, its version and how a request ended.
inline constexpr std::string_view model_label = "model";
inline constexpr std::string_view version_label = "version";
inline constexpr std::string_view status_label = "status";

/// What the label `version` says of versions that nobody has announced.
inline constexpr std::string_view other_versions = "other";

/// The bounds of `batch_size`, in rows.
inline constexpr double batch_size_buckets[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

namespace detail {

/// The instruments of one version of a model.
struct version_instruments {
  std::uint64_t version = 0;
  observe::timer latency;
  observe::histogram batch_size;
  observe::counter predictions[serving_statuses];
  observe::counter errors;
  observe::counter fallbacks;
  const version_instruments* next = nullptr;  // in the list of those that are known
};

}  // namespace detail

/// Shows in a metrics registry what a `batcher` does: a `serving_monitor`.
///
///     auto watch = mr::infer::serving_metrics<>::make(registry, "fraud", live);    // a swappable model
///     mr::infer::batcher serve{live, mr::infer::max_rows<100>, *watch};
///     ...
///     if (auto told = watch->expect(live.version() + 1); !told) ...               // before it is swapped in
///
/// By model and version: `millrace_ml_inference_latency_seconds` (of a request that the model answered, from its
/// arrival to its end), `..._predictions_total` (rows that came to the batcher, each once, by status too),
/// `..._batch_size` (rows), `..._inference_errors_total` (rows that the batcher gave no outputs for) and
/// `..._fallbacks_total` (rows that a fallback answered, whether or not they came to the batcher). Of all models in the
/// registry together: `..._queue_depth` (rows that wait) and
/// `..._active_predictions` (rows that a model is given). `Prefix` stands in the place of `millrace_ml_`. A request
/// without a version, such as one that is refused, counts for the version that ran last. Versions are announced, since
/// what a batcher is doing must not take memory: those that were not are shown together as `version="other"`, once
/// there are some, and so series stay few where an online learner publishes thousands of versions. Complexity: of an
/// idle call, two readings of the clock and about seven updates of instruments. Allocates: to make and to expect, and a
/// thread's cells in the registry at its first update and after a version was announced. Threads: any number. The
/// registry outlives it, and it outlives the batcher.
template <fixed_string Prefix = "millrace_ml_">
class serving_metrics {
 public:
  /// `version` is the label of a model that has no versions; a `swappable` model's versions are their numbers.
  /// Errors: those of `metrics_registry`, for names or labels that collectors would refuse, or too many series.
  template <class = void>
  static result<serving_metrics> make(observe::metrics_registry& registry, std::string_view model,
                                      std::string_view version = "0") {
    return make(registry, model, version, 0);
  }
  /// The same of a `swappable` model, whose version of now is announced.
  template <class Live>
  requires requires(const Live& live) {
    { live.version() } -> std::same_as<std::uint64_t>;
  }
  static result<serving_metrics> make(observe::metrics_registry& registry, std::string_view model, const Live& live) {
    return make(registry, model, "0", live.version());
  }
  /// Makes the instruments of a version, before it serves. Does nothing if they are there.
  /// Errors: those of `metrics_registry`, such as too many series; the version is then one of the others.
  template <class = void>
  result<void> expect(std::uint64_t version) const;

  void waiting(std::ptrdiff_t rows) const noexcept { state_->queue_depth.add(static_cast<double>(rows)); }
  void began(std::size_t rows) const noexcept { state_->active.add(static_cast<double>(rows)); }
  void ran(served one, std::size_t rows) const noexcept {
    state_->active.add(-static_cast<double>(rows));
    const all_of& of = instruments(one.version);
    of.batch_size.update(static_cast<double>(rows));
    if (&of == &state_->others) state_->unexpected.add_relaxed(rows);
  }
  void ended(served one, std::size_t rows, std::uint64_t nanoseconds) const noexcept {
    const auto& of = one.version != 0 ? instruments(one.version) : *state_->last.load_acquire();
    of.predictions[static_cast<std::size_t>(one.status) % serving_statuses].add(rows);
    if (one)
      of.latency.update(nanoseconds);
    else
      of.errors.add(rows);
  }
  void replaced(std::size_t rows) const noexcept { state_->last.load_acquire()->fallbacks.add(rows); }
  /// How many rows models of versions that nobody announced were given.
  std::uint64_t unexpected() const noexcept { return state_->unexpected.load_relaxed(); }

 private:
  using all_of = detail::version_instruments;

  template <std::size_t Size>
  struct joined {
    char text[Size]{};
    constexpr joined(std::string_view first, std::string_view second) noexcept {
      std::size_t at = 0;
      for (const char c : first) text[at++] = c;
      for (const char c : second) text[at++] = c;
    }
  };
  template <fixed_string Name>
  static constexpr joined<Prefix.view().size() + Name.view().size()> name_with_prefix{Prefix.view(), Name.view()};
  template <fixed_string Name>
  static constexpr std::string_view named{name_with_prefix<Name>.text, sizeof(name_with_prefix<Name>.text)};

  struct state {
    observe::metrics_registry* registry = nullptr;
    std::string model;
    std::string version;  // of a model without versions
    observe::gauge queue_depth;
    observe::gauge active;
    all_of others;
    detail::light_atomic<const all_of*> last;   // that ran, of those that are known
    detail::light_atomic<const all_of*> known;  // a list, which only grows
    detail::light_atomic<std::uint64_t> unexpected{0};
    detail::mutex mutex;  // of those who announce
    std::vector<detail::owning_pointer<all_of>> owned;
  };

  /// `first` is announced.
  template <class = void>
  static result<serving_metrics> make(observe::metrics_registry& registry, std::string_view model,
                                      std::string_view version, std::uint64_t first);
  explicit serving_metrics(detail::owning_pointer<state> made) noexcept : state_(std::move(made)) {}

  const all_of& instruments(std::uint64_t version) const noexcept {
    const all_of* const last = state_->last.load_acquire();
    return last->version == version ? *last : find(version);
  }
  /// The instruments of a version that is not the one which ran last.
  [[gnu::noinline]] const all_of& find(std::uint64_t version) const noexcept {
    const all_of* found = state_->known.load_acquire();
    while (found != nullptr && found->version != version) found = found->next;
    if (found == nullptr) return state_->others;
    if (found->version > state_->last.load_acquire()->version) state_->last.store_release(found);
    return *found;
  }
  template <class = void>
  static result<all_of> instruments_of(const state& to, std::uint64_t version, std::string_view label);

  detail::owning_pointer<state> state_;
};

template <fixed_string Prefix>
template <class>
result<serving_metrics<Prefix>> serving_metrics<Prefix>::make(observe::metrics_registry& registry,
                                                              std::string_view model, std::string_view version,
                                                              std::uint64_t first) {
  auto made = detail::make_owning<state>();
  made->registry = &registry;
  made->model = model;
  made->version = version;
  auto depth = registry.gauge({named<"queue_depth">, "Rows that wait for a model."});
  if (!depth) return std::move(depth).error();
  auto active = registry.gauge({named<"active_predictions">, "Rows that a model is being given."});
  if (!active) return std::move(active).error();
  made->queue_depth = *depth;
  made->active = *active;
  serving_metrics shown(std::move(made));
  auto others = instruments_of(*shown.state_, ~std::uint64_t{0}, other_versions);
  if (!others) return std::move(others).error();
  shown.state_->others = *std::move(others);
  if (auto told = shown.expect(first); !told) return std::move(told).error();
  shown.state_->last.store_release(shown.state_->known.load_relaxed());
  return shown;
}

template <fixed_string Prefix>
template <class>
result<void> serving_metrics<Prefix>::expect(std::uint64_t version) const {
  const detail::lock_guard locked(state_->mutex);
  for (const auto& one : state_->owned)
    if (one->version == version) return {};
  auto made = instruments_of(*state_, version, version != 0 ? std::to_string(version) : state_->version);
  if (!made) return std::move(made).error();
  made->next = state_->known.load_relaxed();
  state_->owned.push_back(detail::make_owning<all_of>(*std::move(made)));
  state_->known.store_release(state_->owned.back().get());
  return {};
}

template <fixed_string Prefix>
template <class>
result<detail::version_instruments> serving_metrics<Prefix>::instruments_of(const state& to, std::uint64_t version,
                                                                            std::string_view label) {
  const observe::label_set labels = {{model_label, to.model}, {version_label, label}};
  const bool shows_zero = label != other_versions;
  all_of made;
  made.version = version;
  // First what has the most series, so that a registry that is full refuses before anything is made.
  for (std::size_t i = 0; i < serving_statuses; ++i) {
    const auto status = static_cast<serving_status>(i);
    if (status == serving_status::pending || status == serving_status::fallback) continue;
    auto predictions = to.registry->counter(
        {named<"predictions_total">, "Rows that came to the batcher, by how their request ended.", {}, shows_zero},
        observe::label_set(labels).add(status_label, to_string(status)));
    if (!predictions) return std::move(predictions).error();
    made.predictions[i] = *predictions;
  }
  auto latency = to.registry->timer(
      {named<"inference_latency_seconds">,
       "How long requests that the model answered took, from their arrival to their end.", "seconds", shows_zero},
      labels);
  if (!latency) return std::move(latency).error();
  made.latency = *latency;
  auto sizes =
      to.registry->histogram({named<"batch_size">, "Rows that a model was given at once.", {}, shows_zero},
                             std::vector<double>(std::begin(batch_size_buckets), std::end(batch_size_buckets)), labels);
  if (!sizes) return std::move(sizes).error();
  made.batch_size = *sizes;
  auto errors = to.registry->counter(
      {named<"inference_errors_total">, "Rows that no model gave outputs for.", {}, shows_zero}, labels);
  if (!errors) return std::move(errors).error();
  made.errors = *errors;
  auto fallbacks = to.registry->counter(
      {named<"fallbacks_total">, "Rows that a fallback answered in the model's place.", {}, shows_zero}, labels);
  if (!fallbacks) return std::move(fallbacks).error();
  made.fallbacks = *fallbacks;
  return made;
}

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_SERVING_SERVING_METRICS_HPP
