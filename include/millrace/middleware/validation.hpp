#ifndef MILLRACE_MIDDLEWARE_VALIDATION_HPP
#define MILLRACE_MIDDLEWARE_VALIDATION_HPP

#include <millrace/chain/middleware.hpp>
#include <millrace/chain/outcome.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/middleware/event_metrics.hpp>
#include <millrace/middleware/validation_rules.hpp>
#include <millrace/observe/metrics/label_set.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <millrace/tensor/finite_scan.hpp>
#include <millrace/tensor/traits.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// Something that a lenient validation found and let pass.
struct validation_issue {
  std::string_view event;  ///< the event after which it was found; the first event if `at_start`
  bool at_start = false;   ///< whether it was found in the context's start values, before the first event
  millrace::error error;
};

namespace detail {

/// The error for a tensor that is not all finite. It is made seldom, so it takes the time to count all such elements.
[[gnu::cold, gnu::noinline]] inline error describe_non_finite(std::string_view field, std::size_t ordinal, bool several,
                                                              const tensor::tensor_view& view) {
  const tensor::finite_report report = tensor::scan_finite(view);
  const tensor::non_finite_element first = report.first.value_or(tensor::non_finite_element{});
  std::string message = "field \"" + std::string(field) + '"';
  if (several) message += ", tensor " + std::to_string(ordinal) + ',';
  message += view.rank() == 0 ? " is " : " holds ";
  message += to_string(first.kind);
  if (view.rank() != 0) {
    message += " at " + to_string(first.position) + " (" + std::to_string(report.nan_count) + " NaN and " +
               std::to_string(report.infinity_count) + " infinite of " + std::to_string(view.size()) + " elements)";
  }
  return error(errc::not_finite, std::move(message));
}

/// The first non-finite element of a field's tensors as an error, or success.
template <class Field>
result<void> check_finite(const typename Field::type& value) {
  if constexpr (std::floating_point<typename Field::type>) {
    // A number needs no view. Its bits show whether it is finite, also under -ffast-math, which drops such comparisons.
    using bits = std::conditional_t<sizeof value == 4, std::uint32_t, std::uint64_t>;
    if constexpr (sizeof value == sizeof(bits)) {
      constexpr bits infinity = std::bit_cast<bits>(std::numeric_limits<typename Field::type>::infinity());
      if ((std::bit_cast<bits>(value) & infinity) != infinity) [[likely]]
        return {};
    }
  } else if constexpr (std::integral<typename Field::type>) {
    return {};
  }
  result<void> verdict;
  std::size_t ordinal = 0;
  tensor::for_each_tensor(value, [&](const tensor::tensor_view& view) {
    if (!tensor::all_finite(view)) [[unlikely]] {
      verdict = describe_non_finite(Field::name, ordinal, !tensor::tensor_like<typename Field::type>, view);
      return false;
    }
    ++ordinal;
    return true;
  });
  return verdict;
}

}  // namespace detail

/// Looks for NaN and infinities in every tensor and floating-point number: in the start values before the first event,
/// and in what an event writes right after it. It also checks the given rules, each whenever one of its fields is new
/// and all have been written. `strict` fails the event with an error that names the field, the position and the value;
/// `lenient` keeps a bounded list and lets the event pass.
///
///     mr::validation<mr::strict>{}
///     mr::validation{mr::lenient{}, mr::same_rows<batch, labels>{}, mr::max_norm<gradients>{100}}
///
/// Complexity: one read of what was written.
/// Allocates: only for an issue.
/// Threads: any number.
template <strictness_policy Strictness = strict, class... Rules>
class validation {
  static_assert((validation_rule<Rules> && ...),
                "millrace[VALIDATION-1]: a rule has `using fields = mr::fields<...>;` and "
                "`mr::result<void> operator()(const auto& ctx) const`");

 public:
  /// The fields of the rules; a chain without one of them does not compile.
  using needs = detail::merge_fields_t<typename detail::fields_of_rule<Rules>::type...>;
  static constexpr std::string_view name = "validation";
  static constexpr bool thread_safe = true;
  static constexpr std::size_t default_capacity = 100;

  explicit validation(Strictness = {}, Rules... rules)
      : rules_(std::move(rules)...), seen_(detail::make_owning<issues>()) {}

  /// Sets how many issues `errors` keeps at most; `error_count` counts all.
  validation&& keep(std::size_t capacity) && {
    seen_->capacity = capacity;
    return std::move(*this);
  }
  /// Also writes each issue as a line to a stream, such as stderr, which must outlive this object.
  validation&& echo(std::FILE* stream) && {
    seen_->stream = stream;
    return std::move(*this);
  }

  /// Also counts each issue, as `millrace_validation_issues_total`, in a registry that must outlive this object. If the
  /// registry refuses the counter, every event with an issue fails with that error, also under `lenient`.
  validation&& count_in(observe::metrics_registry& registry, const observe::label_set& labels = {}) && {
    seen_->counted = registry.counter(validation_issues_info, labels);
    return std::move(*this);
  }

  template <class Stage, class Context>
  result<void> before(const Stage&, Context& ctx) {
    if constexpr (Stage::index == 0)
      return inspect<Stage, typename Context::provided>(
          ctx, true, []<class F>(F) { return detail::contains<typename Context::provided, F>; });
    else
      return {};
  }

  template <class Stage, class Context>
  result<void> after(const Stage&, Context& ctx, const result<void>& outcome) {
    if (!outcome) [[unlikely]]
      return {};  // a failed event's fields are not checked: the run has an error already
    return inspect<Stage, typename Stage::writes>(ctx, false, []<class F>(F) {
      return Stage::template is_written<F> || detail::contains<typename Context::provided, F>;
    });
  }

  /// A copy of the issues kept so far, oldest first.
  std::vector<validation_issue> errors() const {
    const detail::lock_guard lock(seen_->mutex);
    return seen_->list;
  }
  /// How many issues there were, kept or not. Under `strict` each failed an event.
  std::size_t error_count() const {
    const detail::lock_guard lock(seen_->mutex);
    return seen_->count;
  }
  /// Forgets the issues and their count.
  void reset() {
    const detail::lock_guard lock(seen_->mutex);
    seen_->list.clear();
    seen_->count = 0;
  }

 private:
  struct issues {
    detail::mutex mutex;
    std::vector<validation_issue> list;
    std::size_t count = 0;
    std::size_t capacity = default_capacity;
    std::FILE* stream = nullptr;
    result<observe::counter> counted{observe::counter()};
  };

  /// Scans the fields of `Fresh`, which were just written; then checks the rules that have a field in `Fresh` and whose
  /// fields are all known: `known(field)` tells whether a field has been written or given.
  template <class Stage, class Fresh, class Context, class Known>
  result<void> inspect(Context& ctx, bool at_start, Known known) {
    result<void> verdict = scan<Stage>(ctx, at_start, Fresh{});
    if constexpr (sizeof...(Rules) > 0) {
      if (verdict)
        std::apply(
            [&](const Rules&... rule) {
              (void)((verdict = examine<Stage, Fresh>(rule, ctx, at_start, known)).has_value() && ...);
            },
            rules_);
    }
    return verdict;
  }

  template <class Stage, class Context, class... Fields>
  result<void> scan([[maybe_unused]] Context& ctx, [[maybe_unused]] bool at_start, field_list<Fields...>) {
    result<void> verdict;
    (void)((verdict = scan_field<Stage, Fields>(ctx, at_start)).has_value() && ...);
    return verdict;
  }
  template <class Stage, class Field, class Context>
  result<void> scan_field([[maybe_unused]] Context& ctx, [[maybe_unused]] bool at_start) {
    if constexpr (tensor::tensor_source<typename Field::type>) {
      if (result<void> found = detail::check_finite<Field>(ctx[Field{}]); !found) [[unlikely]]
        return record(Stage::name, at_start, std::move(found).error());
    }
    return {};
  }
  template <class Stage, class Fresh, class Rule, class Context, class Known>
  result<void> examine([[maybe_unused]] const Rule& rule, [[maybe_unused]] Context& ctx, [[maybe_unused]] bool at_start,
                       Known known) {
    constexpr bool due = []<class... Fields>(field_list<Fields...>) {
      return (detail::contains<Fresh, Fields> || ...) && (decltype(known){}(Fields{}) && ...);
    }(detail::to_field_list_t<typename Rule::fields>{});
    if constexpr (due) {
      if (result<void> found = rule(std::as_const(ctx)); !found) [[unlikely]]
        return record(Stage::name, at_start, std::move(found).error());
    }
    return {};
  }

  [[gnu::cold, gnu::noinline]] result<void> record(std::string_view event, bool at_start, error found) {
    {
      const detail::lock_guard lock(seen_->mutex);
      ++seen_->count;
      if (!seen_->counted) return seen_->counted.error();
      seen_->counted->add();
      if (seen_->stream != nullptr)
        std::fprintf(seen_->stream, "validation, %s event \"%.*s\": %s\n", at_start ? "before" : "after",
                     static_cast<int>(event.size()), event.data(), found.describe().c_str());
      if constexpr (std::is_same_v<Strictness, lenient>)
        if (seen_->list.size() < seen_->capacity) seen_->list.push_back({event, at_start, std::move(found)});
    }
    if constexpr (std::is_same_v<Strictness, lenient>)
      return {};
    else
      return found;
  }

  [[no_unique_address]] std::tuple<Rules...> rules_;
  detail::owning_pointer<issues> seen_;
};

template <strictness_policy Strictness, class... Rules>
validation(Strictness, Rules...) -> validation<Strictness, Rules...>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_VALIDATION_HPP
