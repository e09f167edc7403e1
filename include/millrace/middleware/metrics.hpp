#ifndef MILLRACE_MIDDLEWARE_METRICS_HPP
#define MILLRACE_MIDDLEWARE_METRICS_HPP

#include <millrace/chain/middleware.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/field.hpp>
#include <millrace/middleware/event_metrics.hpp>
#include <millrace/observe/metrics/label_set.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

namespace detail {

/// Whether a gauge can show the field: a number, and no bool.
template <class Field>
inline constexpr bool is_gauge_field =
    std::is_arithmetic_v<typename Field::type> && !std::is_same_v<typename Field::type, bool>;

/// The fields of a list for which Keep<Field>::value is true.
template <template <class> class Keep, class List>
struct filter_fields;
template <template <class> class Keep, class... Fields>
struct filter_fields<Keep, field_list<Fields...>> {
  using type = merge_fields_t<std::conditional_t<Keep<Fields>::value, field_list<Fields>, field_list<>>...>;
};

/// Its address identifies a stage together with the fields that are shown after it. The event's name would not do:
/// events of one name may write different fields.
template <class Stage, class Fields>
inline constexpr char shown_by{};

}  // namespace detail

/// Counts every event's runs and failures, keeps a histogram of its durations, and shows numeric fields as gauges, all
/// in a registry that must outlive it. The names are in middleware/event_metrics.hpp.
///
///     mr::metrics{registry}                          gauges for every number that events write
///     mr::metrics<loss, learning_rate>{registry}     gauges for these, written by events or given
///     mr::metrics{registry, {{"chain", "fraud"}}}    every series with this label, next to those of other chains
///
/// An event that a middleware further out fails afterwards, or keeps from running, counts as a run that failed; the
/// latter has no duration.
/// Complexity: an update of a counter and of a timer for each event, and a store for each gauge.
/// Allocates: when an event is first seen.
/// Threads: any number.
/// Errors: what the registry refuses (a name that is in use for something else, too many series) fails the event, so
/// that it is noticed at the first run.
template <auto... Gauges>
class metrics {
 public:
  using needs = fields<Gauges...>;
  static constexpr std::string_view name = "metrics";
  static constexpr bool thread_safe = true;

  explicit metrics(observe::metrics_registry& registry, observe::label_set labels = {})
      : state_(detail::make_owning<state>(registry, std::move(labels))) {}

  template <class Stage, class Context>
  result<void> after(const Stage&, Context& ctx, const time_span& span, const result<void>& outcome) {
    constexpr const void* key = &detail::shown_by<Stage, recorded<Stage, Context>>;
    const instruments* seen = state_->slots[Stage::index % slot_count].load_acquire();
    if (seen == nullptr || seen->key != key) [[unlikely]] {
      result<const instruments*> made = enter<Stage, Context>();
      if (!made) return std::move(made).error();
      seen = *made;
    }
    seen->runs.add();
    seen->durations.update(span.nanoseconds());
    if (outcome) [[likely]]
      show(ctx, seen->gauges.data(), recorded<Stage, Context>{});
    else
      seen->failures.add();
    return {};
  }

  template <class Stage, class Context>
  [[gnu::cold]] void rejected(const Stage& event, Context&, const error&) {
    const result<const instruments*> seen = enter<Stage, Context>();
    if (!seen) return;  // the event has failed already
    if (!event.reached()) (*seen)->runs.add();
    (*seen)->failures.add();
  }

  /// What was counted so far by all `metrics` middlewares on this registry.
  metrics_summary summary() const { return summarize_events(state_->registry->snapshot()); }

 private:
  static constexpr std::size_t slot_count = 64;  // events whose indices share a slot look up their instruments

  struct instruments {
    const void* key;
    observe::counter runs;
    observe::counter failures;
    observe::timer durations;
    std::vector<observe::gauge> gauges;
  };

  /// Which fields to show after an event: those it writes that are numbers or, if gauges are named, that are among
  /// them. Named gauges are shown after the first event also if the context was given their start values.
  template <class Stage, class Context>
  struct recorded_fields {
    using fresh = std::conditional_t<Stage::index == 0 && sizeof...(Gauges) != 0,
                                     detail::merge_fields_t<typename Context::provided, typename Stage::writes>,
                                     typename Stage::writes>;
    using named = field_list<std::remove_cv_t<decltype(Gauges)>...>;
    template <class Field>
    struct wanted
        : std::bool_constant<sizeof...(Gauges) == 0 ? detail::is_gauge_field<Field> : detail::contains<named, Field>> {
    };
    using type = typename detail::filter_fields<wanted, fresh>::type;
  };
  template <class Stage, class Context>
  using recorded = typename recorded_fields<Stage, Context>::type;

  static_assert((detail::is_gauge_field<std::remove_cv_t<decltype(Gauges)>> && ...),
                "millrace[METRICS-1]: a gauge shows a field that holds a number");

  template <class Stage, class Context>
  result<const instruments*> enter() {
    constexpr const void* key = &detail::shown_by<Stage, recorded<Stage, Context>>;
    return state_->enter(key, Stage::index, Stage::name, names(recorded<Stage, Context>{}));
  }
  template <class... Fields>
  static std::vector<std::string_view> names(field_list<Fields...>) {
    return {Fields::name...};
  }
  template <class Context, class... Fields>
  static void show([[maybe_unused]] Context& ctx, [[maybe_unused]] const observe::gauge* gauges,
                   field_list<Fields...>) {
    (gauges++->set(static_cast<double>(ctx[Fields{}])), ...);
  }

  struct state {
    state(observe::metrics_registry& shown_in, observe::label_set with)
        : registry(&shown_in), labels(std::move(with)) {}

    [[gnu::cold, gnu::noinline]] result<const instruments*> enter(const void* key, std::size_t index,
                                                                  std::string_view event,
                                                                  const std::vector<std::string_view>& fields) {
      const detail::lock_guard lock(mutex);
      for (const auto& one : known)
        if (one->key == key) return publish(index, one.get());
      auto made = detail::make_owning<instruments>();
      made->key = key;
      const observe::label_set label = observe::label_set(labels).add(event_label, event);
      auto runs = registry->counter(event_count_info, label);
      if (!runs) return std::move(runs).error();
      auto failures = registry->counter(event_failures_info, label);
      if (!failures) return std::move(failures).error();
      auto durations = registry->timer(event_duration_info, label);
      if (!durations) return std::move(durations).error();
      made->runs = *runs;
      made->failures = *failures;
      made->durations = *durations;
      for (const std::string_view field : fields) {
        auto shown = registry->gauge(event_field_info, observe::label_set(labels).add(field_label, field));
        if (!shown) return std::move(shown).error();
        made->gauges.push_back(*shown);
      }
      known.push_back(std::move(made));
      return publish(index, known.back().get());
    }
    const instruments* publish(std::size_t index, const instruments* one) {
      slots[index % slot_count].store_release(one);
      return one;
    }

    observe::metrics_registry* registry;
    observe::label_set labels;
    std::array<detail::light_atomic<const instruments*>, slot_count> slots{};
    detail::mutex mutex;
    std::vector<detail::owning_pointer<instruments>> known;
  };

  detail::owning_pointer<state> state_;
};

metrics(observe::metrics_registry&) -> metrics<>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_METRICS_HPP
