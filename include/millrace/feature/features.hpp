#ifndef MILLRACE_FEATURE_FEATURES_HPP
#define MILLRACE_FEATURE_FEATURES_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/diagnosis.hpp>
#include <millrace/feature/detail/slots.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/policies.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// From an event to a row of features: several transforms as one type, made by `features<Event>(...)`.
///
/// Shapes: a row has `width` floats, those of each transform in the order of the transforms. A value that is missing is
/// NaN, unless the transform's rules say otherwise.
/// Guarantee: numbers are computed in double and rounded to float once, by one formula for training and for serving, so
/// that an event gives the same bits alone and in a batch, before saving and after loading.
/// Complexity: one pass over the events, both to fit and to transform.
/// Allocates: to fit, save and load; never to transform, except for the text of an error, and by an accessor that
/// returns a value which owns memory.
/// Threads: const calls from any number. Accessors must not throw.
/// Moved from, it may only be assigned to or destroyed.
template <class Event, class... Transforms>
class feature_set {
  static_assert(sizeof...(Transforms) > 0,
                "millrace[FEATURE-1]: features<Event>() has no transforms: nothing would be computed");
  static_assert((detail::is_transform<Transforms> && ...),
                "millrace[FEATURE-2]: features<Event>(...) takes transforms, such as numerical<\"age\">(&person::age)");
  static_assert(
      detail::nobody_is<detail::ill_named<Transforms...>, Event>,
      "millrace[FEATURE-3]: a transform's name is empty, or holds '.', '=', '#' or a control character, which "
      "stand between a name and what tells its columns apart");
  static_assert(detail::nobody_is<detail::named_twice<Transforms...>, Event>,
                "millrace[FEATURE-4]: two transforms have one name");
  static_assert(detail::nobody_is<detail::unreadable<Event, Transforms...>, Event>,
                "millrace[FEATURE-5]: an accessor cannot be called with the event: it is a pointer to a member of the "
                "event, or something that is called with a const event");
  static_assert(
      detail::nobody_is<detail::mistyped<detail::number_cell, Event, Transforms...>, Event>,
      "millrace[FEATURE-6]: a transform of numbers reads something else; for a text use one_hot, categorical, "
      "hashed or text_length, for a moment temporal");
  static_assert(detail::nobody_is<detail::mistyped<detail::category_cell, Event, Transforms...>, Event>,
                "millrace[FEATURE-7]: a transform of categories reads no text, integer, bool or enumerator; put "
                "fractions into a bucket first");
  static_assert(detail::nobody_is<detail::mistyped<detail::text_cell, Event, Transforms...>, Event>,
                "millrace[FEATURE-8]: a transform of texts reads something else than a text");
  static_assert(detail::nobody_is<detail::mistyped<detail::time_cell, Event, Transforms...>, Event>,
                "millrace[FEATURE-12]: temporal reads no std::chrono time_point; a bare number does not say its unit: "
                "return a time_point from a lambda");
  static_assert(detail::nobody_is<detail::mistyped<detail::presence_cell, Event, Transforms...>, Event>,
                "millrace[FEATURE-13]: missing_flag reads a type of which it is not known when it is missing; give it "
                "a std::optional, a number, a text or a time_point");

 public:
  using event_type = Event;
  /// How many columns a row has.
  static constexpr std::size_t width = (Transforms::width + ... + 0);
  /// How many transforms there are.
  static constexpr std::size_t size = sizeof...(Transforms);
  /// Whether a rule of any transform is to refuse rows.
  static constexpr bool refuses = (Transforms::refuses || ...);
  /// Counts of troubles, transform by transform.
  using counts = std::array<trouble_counts, sizeof...(Transforms)>;

  constexpr explicit feature_set(Transforms... transforms) : transforms_{{std::move(transforms)}...} {}

  /// The name of a column: `amount_z`, `country=DE`, `merchant#3`, `at.hour`, `amount_z.missing`.
  /// Precondition: column < width.
  static std::string name(std::size_t column);
  /// The names of all columns. No two are the same.
  static std::vector<std::string> names();
  /// The transform that a column belongs to: its place among the transforms. Precondition: column < width.
  static constexpr std::size_t transform_of(std::size_t column) noexcept {
    constexpr std::size_t widths[] = {Transforms::width...};
    std::size_t transform = 0;
    for (; transform + 1 < size && column >= widths[transform]; ++transform) column -= widths[transform];
    return transform;
  }
  /// The name of a transform: `country`, to which `country=DE` belongs. Precondition: transform < size.
  static constexpr std::string_view transform_name(std::size_t transform) noexcept {
    constexpr std::string_view names[] = {Transforms::name...};
    return names[transform];
  }
  /// What the transforms are, in their order: `standardize`.
  static std::vector<std::string_view> kinds() { return {Transforms::kernel_type::kind...}; }
  /// Calls visit with each transform, which has a `name`, a `kernel()` and a `policy()`.
  template <class Visit>
  void for_each_transform(const Visit& visit) const {
    each([&](const auto& one) { return visit(one), true; });
  }
  /// What decides the meaning of the columns, transform by transform, as saved bytes hold it:
  /// `amount_z: standardize, missing flag; country: one_hot(DE, FR, US)`.
  static std::string schema();

  /// Whether every transform that learns from data has done so, or was given its numbers. Until then its columns are
  /// NaN, and the transform of a batch is an error.
  bool fitted() const noexcept {
    return each([](const auto& one) {
      if constexpr (requires { one.kernel().ready(); })
        return one.kernel().ready();
      else
        return true;
    });
  }
  /// What the transforms learn from a stream of events; made by `learn`.
  class learner {
   public:
    void update(const Event& event);
    void update(std::span<const Event> events) {
      for (const Event& event : events) update(event);
    }
    /// Adds what another learner of the same features has seen, of events that came elsewhere. What `fit` then makes of
    /// it is that of one pass over all events: to the bit for extremes and categories, up to rounding for means and
    /// deviations, up to their stated error for quantiles.
    void merge(const learner& other);
    /// How many events there were.
    std::size_t count() const noexcept { return count_; }

   private:
    friend feature_set;
    explicit learner(const detail::slots<Transforms...>& transforms) : transforms_(transforms) {}

    detail::slots<Transforms...> transforms_;  // for their accessors
    detail::slots<detail::fitter_of<typename Transforms::kernel_type>...> fitters_;
    std::size_t count_ = 0;
  };
  /// Begins to learn from events that come one by one: `auto seen = features.learn(); seen.update(event); ...
  /// features.fit(seen)`. The set does not change until `fit`, which may be called again later.
  learner learn() const { return learner(transforms_); }

  /// Learns what the transforms need, in one pass. Values that are missing or infinite are left out.
  /// Errors: invalid_argument: no event; invalid_data, with the transform's name: no value to learn from, or more
  /// categories than allowed. After an error the set is as it was.
  result<void> fit(std::span<const Event> events) {
    learner seen = learn();
    seen.update(events);
    return fit(seen);
  }
  /// The same from what was learnt of a stream.
  result<void> fit(const learner& seen);

  /// Writes the event's row: `out[0]` to `out[width - 1]`. Returns nothing, or where a rule may refuse rows (`refuses`)
  /// a `refusal`, which is false if none did; the row is then not to be used.
  /// Precondition: out.size() >= width.
  auto operator()(const Event& event, std::span<float> out) const noexcept {
    return returned(written(event, out.data(), nullptr));
  }
  /// The same, and counts the values in trouble.
  auto operator()(const Event& event, std::span<float> out, counts& met) const noexcept {
    return returned(written(event, out.data(), &met));
  }
  /// Writes the rows of a batch, row after row.
  /// Errors: shape_mismatch: `out` is not events.size() * width long; invalid_argument: not fitted; invalid_data: a
  /// rule refused a row: the message names row and column. The rows before it are written.
  result<void> operator()(std::span<const Event> events, std::span<float> out) const {
    return batch(events, out, nullptr);
  }
  /// The same, and counts the values in trouble.
  result<void> operator()(std::span<const Event> events, std::span<float> out, counts& met) const {
    return batch(events, out, &met);
  }

  /// The schema, the values that rules write, and what was fitted or given.
  std::vector<std::byte> save() const;
  /// Returns a set with this one's accessors and the saved numbers.
  /// Errors: those of an envelope; type_mismatch: the bytes hold features of another schema, and the message lists
  /// both.
  result<feature_set> load(std::span<const std::byte> bytes) const;

 private:
  using indices = std::make_index_sequence<sizeof...(Transforms)>;

  /// Whether a predicate holds for every transform.
  template <class Holds>
  bool each(const Holds& holds) const {
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      return (holds(detail::at<Index>(transforms_)) && ...);
    }(indices());
  }
  template <class Visit>
  static void each_type(const Visit& visit) {
    (visit(std::type_identity<Transforms>()), ...);
  }

  refusal written(const Event& event, float* out, counts* met) const noexcept {
    refusal refused;
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      ((detail::at<Index>(transforms_).write(event, out, met != nullptr ? &(*met)[Index] : nullptr, refused),
        out += Transforms::width),
       ...);
    }(indices());
    return refused;
  }
  static auto returned(refusal refused) noexcept {
    if constexpr (refuses)
      return refused;
    else
      (void)refused;
  }
  result<void> batch(std::span<const Event> events, std::span<float> out, counts* met) const;

  detail::slots<Transforms...> transforms_;
};

/// Makes a `feature_set` of transforms, which stand in feature/transforms.hpp.
///
///     struct payment { double amount; std::string country; std::chrono::sys_seconds at; };
///     namespace mf = mr::feature;
///     auto features = mf::features<payment>(mf::log<"amount_log">(&payment::amount),
///                                           mf::standardize<"amount_z">(&payment::amount),
///                                           mf::one_hot<"country", "DE", "FR", "US">(&payment::country),
///                                           mf::temporal<"at", mf::hour, mf::weekday>(&payment::at));
///     if (auto done = features.fit(payments); !done) return std::move(done).error();
///     float row[features.width];
///     features(payment, row);
///
/// An accessor is a pointer to a member, or anything that is called with a const event; a std::optional without a value
/// is missing. It must not throw.
template <class Event, class... Transforms>
constexpr feature_set<Event, Transforms...> features(Transforms... transforms) {
  return feature_set<Event, Transforms...>(std::move(transforms)...);
}

template <class Event, class... Transforms>
std::string feature_set<Event, Transforms...>::name(std::size_t column) {
  std::string text;
  std::size_t first = 0;
  each_type([&]<class T>(std::type_identity<T>) {
    if (column >= first && column - first < T::width) T::append_name(text, column - first);
    first += T::width;
  });
  return text;
}

template <class Event, class... Transforms>
std::vector<std::string> feature_set<Event, Transforms...>::names() {
  std::vector<std::string> made(width);
  std::size_t column = 0;
  each_type([&]<class T>(std::type_identity<T>) {
    for (std::size_t i = 0; i < T::width; ++i) T::append_name(made[column++], i);
  });
  return made;
}

template <class Event, class... Transforms>
std::string feature_set<Event, Transforms...>::schema() {
  std::string text;
  each_type([&]<class T>(std::type_identity<T>) {
    if (!text.empty()) text += "; ";
    T::describe(text);
  });
  return text;
}

template <class Event, class... Transforms>
void feature_set<Event, Transforms...>::learner::update(const Event& event) {
  ++count_;
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (detail::at<Index>(transforms_).learn(event, detail::at<Index>(fitters_)), ...);
  }(indices());
}

template <class Event, class... Transforms>
void feature_set<Event, Transforms...>::learner::merge(const learner& other) {
  count_ += other.count_;
  const auto merge_one = []<class Fitter>(Fitter& into, const Fitter& from) {
    if constexpr (!std::is_same_v<Fitter, detail::no_fitter>) into.merge(from);
  };
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (merge_one(detail::at<Index>(fitters_), detail::at<Index>(other.fitters_)), ...);
  }(indices());
}

template <class Event, class... Transforms>
result<void> feature_set<Event, Transforms...>::fit(const learner& seen) {
  if (seen.count_ == 0) return error(errc::invalid_argument, "features: there is no event to fit them on");
  detail::slots<Transforms...> made = transforms_;
  std::string_view at_fault;
  const char* wrong = nullptr;
  const auto fit_one = [&]<class Transform, class Fitter>(Transform& one, const Fitter& fitter) {
    if constexpr (!std::is_same_v<Fitter, detail::no_fitter>) {
      wrong = one.kernel().fit(fitter);
      at_fault = Transform::name;
    }
    return wrong == nullptr;
  };
  const bool fits = [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    return (fit_one(detail::at<Index>(made), detail::at<Index>(seen.fitters_)) && ...);
  }(indices());
  if (!fits)
    return error(errc::invalid_data, "feature \"" + std::string(at_fault) + "\": " + wrong + " among " +
                                         std::to_string(seen.count_) + " events");
  transforms_ = std::move(made);
  return {};
}

template <class Event, class... Transforms>
result<void> feature_set<Event, Transforms...>::batch(std::span<const Event> events, std::span<float> out,
                                                      counts* met) const {
  if (out.size() / width != events.size() || out.size() % width != 0)
    return error(errc::shape_mismatch, "features: " + std::to_string(out.size()) + " numbers for " +
                                           std::to_string(events.size()) + " rows of " + std::to_string(width));
  if (!fitted()) return error(errc::invalid_argument, "features: not fitted; call fit or load first");
  for (std::size_t i = 0; i < events.size(); ++i) {
    const refusal refused = written(events[i], out.data() + i * width, met);
    if (refused) [[unlikely]]
      return error(errc::invalid_data, "features: row " + std::to_string(i) + ", column \"" +
                                           std::string(refused.column) + "\": the value is " +
                                           std::string(to_string(refused.why)));
  }
  return {};
}

template <class Event, class... Transforms>
std::vector<std::byte> feature_set<Event, Transforms...>::save() const {
  envelope_writer to("features");
  to.text(schema());
  each([&](const auto& one) {
    one.save(to);
    return true;
  });
  return std::move(to).finish();
}

template <class Event, class... Transforms>
result<feature_set<Event, Transforms...>> feature_set<Event, Transforms...>::load(
    std::span<const std::byte> bytes) const {
  auto from = detail::open_schema(bytes, "features", "saved features hold", schema());
  if (!from) return std::move(from).error();
  feature_set made = *this;
  const bool valid = [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    return (detail::at<Index>(made.transforms_).load(*from) && ...);
  }(indices());
  if (auto done = from->finish(valid); !done) return std::move(done).error();
  return made;
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_FEATURES_HPP
