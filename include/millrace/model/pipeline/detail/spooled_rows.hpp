#ifndef MILLRACE_MODEL_PIPELINE_DETAIL_SPOOLED_ROWS_HPP
#define MILLRACE_MODEL_PIPELINE_DETAIL_SPOOLED_ROWS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/pipeline/steps.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// What a pipeline asks of its features: a `feature_set` has it.
template <class F>
concept pipeline_features =
    requires(F& features, const F& fitted, const typename F::event_type& event, std::span<float> out) {
      { F::width } -> std::convertible_to<std::size_t>;
      { F::size } -> std::convertible_to<std::size_t>;
      { F::refuses } -> std::convertible_to<bool>;
      features.fit(fitted.learn());
      { fitted(event, out) } noexcept;
      fitted.save();
    };

template <class T>
inline constexpr bool is_calibrated_by = false;
template <class C>
inline constexpr bool is_calibrated_by<calibrated_by<C>> = true;

/// The calibration that a step makes.
template <class Step>
struct calibration_of {
  using type = uncalibrated;
};
template <class C>
struct calibration_of<calibrated_by<C>> {
  using type = C;
};

/// The model that a trainer makes of rows, with or without targets, or void.
template <class Trainer>
struct trained_model {
  using type = void;
};
template <class Trainer>
concept trains_on_targets = requires(const Trainer& trainer, const matrix_view& rows, std::span<const float> numbers) {
  typename decltype(trainer(rows, numbers, numbers))::value_type;
};
template <class Trainer>
concept trains_on_rows =
    requires(const Trainer& trainer, const matrix_view& rows) { typename decltype(trainer(rows))::value_type; };
template <trains_on_targets Trainer>
struct trained_model<Trainer> {
  using type = typename std::invoke_result_t<const Trainer&, const matrix_view&, std::span<const float>,
                                             std::span<const float>>::value_type;
};
template <trains_on_rows Trainer>
requires(!trains_on_targets<Trainer>)
struct trained_model<Trainer> {
  using type = typename std::invoke_result_t<const Trainer&, const matrix_view&>::value_type;
};

/// A model whose type says how many outputs it has, and that there is not one.
template <class M>
concept never_one_output = requires { requires(M::outputs() != 1); };

/// Calls an accessor of numbers: a pointer to a member or to a member function, or anything callable.
template <class Event, class Accessor>
float number_read(const Event& event, const Accessor& accessor) {
  if constexpr (std::is_member_object_pointer_v<Accessor>)
    return static_cast<float>(event.*accessor);
  else if constexpr (std::is_member_function_pointer_v<Accessor>)
    return static_cast<float>((event.*accessor)());
  else
    return static_cast<float>(accessor(event));
}

inline error wrong_share() {
  return error(errc::invalid_argument, "pipeline: the share held out for the calibration must be in (0, 1)");
}

/// The outputs of `count` events, or rows, have no place, or not the right one, in `room` numbers.
inline error wrong_room(const char* what, std::size_t count, std::size_t each, std::size_t room) {
  return error(errc::shape_mismatch, "pipeline: the outputs are " + std::to_string(count * each) + " numbers, " +
                                         std::to_string(each) + " for each of " + std::to_string(count) + ' ' + what +
                                         "; there is room for " + std::to_string(room));
}

/// Refuses what is not finite by its place among all: where some are held out, a model counts only the others. `what`:
/// "target of event".
inline result<void> finite_number(const char* what, std::uint64_t place, float number) {
  if (math::is_finite(static_cast<double>(number))) return {};
  return error(errc::not_finite, "pipeline: the " + std::string(what) + ' ' + std::to_string(place) +
                                     (math::is_nan(static_cast<double>(number)) ? " is NaN" : " is infinite"));
}

/// Says, event by event, which of `total` are held out: the same ones each time.
class held_out_draw {
 public:
  held_out_draw(const held_out& from, std::uint64_t total)
      : random_(from.seed),
        share_(from.latest ? 0 : from.share),
        left_(from.latest ? total - static_cast<std::uint64_t>(from.share * static_cast<double>(total)) : total) {}
  bool next() noexcept {
    if (left_ == 0) return true;
    --left_;
    return share_ > 0 && random_.uniform() < share_;
  }

 private:
  random_engine random_;
  double share_;
  std::uint64_t left_;  // so many events come before the last ones
};

/// Rows of features with a target and a weight each.
struct spooled_rows {
  std::vector<float> features;
  std::vector<float> targets;
  std::vector<float> weights;

  matrix_view view(std::size_t width) const noexcept { return {features, width}; }
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PIPELINE_DETAIL_SPOOLED_ROWS_HPP
