#ifndef MILLRACE_INFER_DETAIL_OPERATORS_PRODUCTS_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_PRODUCTS_HPP

#include <millrace/infer/detail/operators/elementwise.hpp>
#include <millrace/infer/detail/operators/shapes.hpp>
#include <millrace/infer/detail/planner.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Operators that add elements up: reductions, softmax, norms, the largest of many.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// Softmax along one axis since version 13; before, of all dimensions from the axis on, taken as one.
enum class soft { probabilities, logarithms, hard };
template <soft Kind>
bool plan_softmax(planner& at) {
  const bool one_axis = at.version() >= 13;
  std::int64_t axis = at.whole("axis", one_axis ? -1 : 1);
  const shape& sizes = at.sizes(0);
  if (!settle_axis(axis, sizes.size())) return at.refuse("its axis is outside of " + text_of(sizes));
  around_axis around(sizes, axis);
  if (!one_axis) {
    around.size *= around.behind;
    around.behind = 1;
  }
  const bool known = with_type<float, double>(at.in(0), [&]<class T>(T) {
    const T* const from = at.data<T>(0);
    T* const to = at.out<T>(0, sizes);
    at.run([=] {
      for (std::size_t outer = 0; outer < around.before; ++outer)
        for (std::size_t inner = 0; inner < around.behind; ++inner) {
          const std::size_t first = outer * around.size * around.behind + inner;
          const auto x = [&](std::size_t i) { return from[first + i * around.behind]; };
          const auto y = [&](std::size_t i) -> T& { return to[first + i * around.behind]; };
          std::size_t best = 0;
          for (std::size_t i = 1; i < around.size; ++i)
            if (x(i) > x(best)) best = i;
          const T most = around.size == 0 ? T(0) : x(best);
          T total = 0;
          for (std::size_t i = 0; i < around.size; ++i) {
            y(i) = Kind == soft::hard ? T(i == best) : std::exp(x(i) - most);
            total += y(i);
          }
          for (std::size_t i = 0; i < around.size; ++i) {
            if (Kind == soft::probabilities) y(i) /= total;
            if (Kind == soft::logarithms) y(i) = x(i) - most - std::log(total);
          }
        }
    });
  });
  return known || refuse_type(at, 0);
}

/// How a reduction begins, goes on and ends.
struct reduce_sum {
  template <class T>
  static constexpr T first = 0;
  template <class T>
  static T more(T so_far, T x) noexcept {
    return add_two()(so_far, x);
  }
  template <class T>
  static T last(T total, std::size_t) noexcept {
    return total;
  }
};
struct reduce_mean : reduce_sum {
  template <class T>
  static T last(T total, std::size_t count) noexcept {
    return std::is_integral_v<T> && count == 0 ? T(0) : static_cast<T>(total / static_cast<T>(count));
  }
};
struct reduce_product : reduce_sum {
  template <class T>
  static constexpr T first = 1;
  template <class T>
  static T more(T so_far, T x) noexcept {
    return multiply_two()(so_far, x);
  }
};
template <class T>
inline constexpr T least_of =
    std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
template <class T>
inline constexpr T most_of =
    std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : (std::numeric_limits<T>::max)();
/// NaN if one of them is.
struct reduce_max : reduce_sum {
  template <class T>
  static constexpr T first = least_of<T>;
  template <class T>
  static T more(T so_far, T x) noexcept {
    return so_far != so_far || so_far > x ? so_far : x;
  }
};
struct reduce_min : reduce_sum {
  template <class T>
  static constexpr T first = most_of<T>;
  template <class T>
  static T more(T so_far, T x) noexcept {
    return so_far != so_far || so_far < x ? so_far : x;
  }
};
struct reduce_l1 : reduce_sum {
  template <class T>
  static T more(T so_far, T x) noexcept {
    return add_two()(so_far, x < 0 ? subtract_two()(T(0), x) : x);
  }
};
struct reduce_squares : reduce_sum {
  template <class T>
  static T more(T so_far, T x) noexcept {
    return add_two()(so_far, multiply_two()(x, x));
  }
};
struct reduce_l2 : reduce_squares {
  template <class T>
  static T last(T total, std::size_t) noexcept {
    return nearest<T>(std::sqrt(static_cast<double>(total)));
  }
};
struct reduce_log_sum : reduce_sum {
  template <class T>
  static T last(T total, std::size_t) noexcept {
    return nearest<T>(std::log(static_cast<double>(total)));
  }
};

/// Which elements of an input go into each element of the result: those of `from` at `outer[i] + inner[k]`.
struct reduction_plan {
  shape sizes;
  std::vector<std::size_t> outer;
  std::vector<std::size_t> inner;
};
template <class = void>
bool plan_axes(planner& at, reduction_plan& made, std::int64_t since) {
  shape axes;
  bool given = false;
  if (at.version() >= since) {
    if (!axes_of(at, 1, axes, given)) return false;
  } else {
    axes.assign(at.wholes("axes").begin(), at.wholes("axes").end());
  }
  const shape& from = at.sizes(0);
  const bool keep = at.whole("keepdims", 1) != 0;
  const bool nothing = axes.empty() && at.whole("noop_with_empty_axes", 0) != 0;
  std::vector<bool> gone(from.size(), axes.empty() && !nothing);
  for (std::int64_t axis : axes) {
    if (!settle_axis(axis, from.size())) return at.refuse("an axis is outside of " + text_of(from));
    gone[static_cast<std::size_t>(axis)] = true;
  }
  shape kept(from);
  shape reduced(from.size(), 1);
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (gone[i]) std::swap(kept[i], reduced[i]);
    if (!gone[i] || keep) made.sizes.push_back(gone[i] ? 1 : from[i]);
  }
  const auto strides = strides_of(from);
  const auto places = [&](const shape& over, std::vector<std::size_t>& to) {
    each_place(over, [&](const std::vector<std::size_t>& where) {
      std::size_t place = 0;
      for (std::size_t i = 0; i < where.size(); ++i) place += where[i] * strides[i];
      to.push_back(place);
    });
  };
  places(kept, made.outer);
  places(reduced, made.inner);
  return true;
}
/// `Since`: from which version of the operators on the axes are an input.
template <class Reduce, std::int64_t Since, class... Types>
bool plan_reduction_of(planner& at) {
  if (!at.has(0)) return at.refuse("its input is missing");
  reduction_plan made;
  if (!plan_axes(at, made, Since)) return false;
  const bool known = with_type<Types...>(at.in(0), [&]<class T>(T) {
    const T* const from = at.data<T>(0);
    T* const to = at.out<T>(0, made.sizes);
    at.run([from, to, made = std::move(made)] {
      for (std::size_t i = 0; i < made.outer.size(); ++i) {
        T total = Reduce::template first<T>;
        for (const std::size_t step : made.inner) total = Reduce::more(total, from[made.outer[i] + step]);
        to[i] = Reduce::last(total, made.inner.size());
      }
    });
  });
  return known || refuse_type(at, 0);
}
template <class Reduce, std::int64_t Since = 18>
bool plan_reduction(planner& at) {
  return plan_reduction_of<Reduce, Since, float, double, std::int64_t, std::int32_t, std::uint32_t, std::uint64_t>(at);
}
template <class Reduce>
bool plan_extreme_reduction(planner& at) {
  return plan_reduction_of<Reduce, 18, float, double, std::int64_t, std::int32_t, std::uint32_t, std::uint64_t,
                           std::int8_t, std::uint8_t>(at);
}
template <class = void>
bool plan_log_sum_exp(planner& at) {
  reduction_plan made;
  if (!plan_axes(at, made, 18)) return false;
  const bool known = with_type<float, double>(at.in(0), [&]<class T>(T) {
    const T* const from = at.data<T>(0);
    T* const to = at.out<T>(0, made.sizes);
    at.run([from, to, made = std::move(made)] {
      for (std::size_t i = 0; i < made.outer.size(); ++i) {
        T most = least_of<T>;
        for (const std::size_t step : made.inner) most = reduce_max::more(most, from[made.outer[i] + step]);
        const T base = std::isinf(most) ? T(0) : most;
        T total = 0;
        for (const std::size_t step : made.inner) total += std::exp(from[made.outer[i] + step] - base);
        to[i] = std::log(total) + base;
      }
    });
  });
  return known || refuse_type(at, 0);
}

/// The place of the largest or smallest along an axis; of NaN, if there is one: the first of them.
template <bool Largest>
bool plan_place_of_extreme(planner& at) {
  std::int64_t axis = at.whole("axis", 0);
  const shape& from = at.sizes(0);
  if (!settle_axis(axis, from.size())) return at.refuse("its axis is outside of " + text_of(from));
  const around_axis around(from, axis);
  shape sizes = from;
  if (at.whole("keepdims", 1) != 0)
    sizes[static_cast<std::size_t>(axis)] = 1;
  else
    sizes.erase(sizes.begin() + axis);
  const bool last = at.whole("select_last_index", 0) != 0;
  const bool known =
      with_type<float, double, std::int64_t, std::int32_t, std::int8_t, std::uint8_t>(at.in(0), [&]<class T>(T) {
        const T* const values = at.data<T>(0);
        std::int64_t* const to = at.out<std::int64_t>(0, sizes);
        at.run([=] {
          for (std::size_t outer = 0; outer < around.before; ++outer)
            for (std::size_t inner = 0; inner < around.behind; ++inner) {
              const T* const x = values + outer * around.size * around.behind + inner;
              std::size_t best = 0;
              for (std::size_t i = 1; i < around.size; ++i) {
                const T here = x[i * around.behind];
                const T most = x[best * around.behind];
                const bool better = Largest ? here > most : here < most;
                const bool nan = here != here && most == most;
                if (most == most && (better || nan || (last && here == most))) best = i;
              }
              to[outer * around.behind + inner] = static_cast<std::int64_t>(best);
            }
        });
      });
  return known || refuse_type(at, 0);
}

template <class = void>
bool plan_batch_norm(planner& at) {
  if (at.sizes(0).size() < 2) return at.refuse("it needs five inputs, the first of channels");
  if (at.whole("training_mode", 0) != 0) return at.refuse("it is in training");
  const around_axis around(at.sizes(0), 1);
  for (std::size_t i = 1; i < 5; ++i)
    if (!at.in(i).is(at.in(0).type) || at.in(i).count() != around.size)
      return at.refuse("its inputs are not of one type and number of channels");
  const float epsilon = at.real("epsilon", 1e-5F);
  const bool known = with_type<float, double>(at.in(0), [&]<class T>(T) {
    const T* const x = at.data<T>(0);
    const T* const scale = at.data<T>(1);
    const T* const shift = at.data<T>(2);
    const T* const mean = at.data<T>(3);
    const T* const variance = at.data<T>(4);
    T* const to = at.out<T>(0, at.sizes(0));
    at.run([=] {
      for (std::size_t outer = 0; outer < around.before; ++outer)
        for (std::size_t c = 0; c < around.size; ++c) {
          const T factor = scale[c] / std::sqrt(variance[c] + static_cast<T>(epsilon));
          const std::size_t first = (outer * around.size + c) * around.behind;
          for (std::size_t i = first; i < first + around.behind; ++i) to[i] = (x[i] - mean[c]) * factor + shift[c];
        }
    });
  });
  return known || refuse_type(at, 0);
}
template <class = void>
bool plan_layer_norm(planner& at) {
  std::int64_t axis = at.whole("axis", -1);
  const shape& sizes = at.sizes(0);
  if (!settle_axis(axis, sizes.size()) || !at.has(1)) return at.refuse("its axis is outside of " + text_of(sizes));
  const std::span<const std::int64_t> all(sizes);
  const std::size_t rows = elements(all.first(static_cast<std::size_t>(axis)));
  const std::size_t width = elements(all.subspan(static_cast<std::size_t>(axis)));
  const auto suits = [&](std::size_t i) { return at.in(i).is(at.in(0).type) && at.in(i).count() == width; };
  if (!suits(1) || (at.has(2) && !suits(2))) return at.refuse("its scale or shift does not fit " + text_of(sizes));
  const float epsilon = at.real("epsilon", 1e-5F);
  shape few(sizes.begin(), sizes.begin() + axis);
  few.resize(sizes.size(), 1);
  const bool known = with_type<float, double>(at.in(0), [&]<class T>(T) {
    const T* const x = at.data<T>(0);
    const T* const scale = at.data<T>(1);
    const T* const shift = at.has(2) ? at.data<T>(2) : nullptr;
    T* const to = at.out<T>(0, sizes);
    T* const means = at.out<T>(1, few);
    T* const inverses = at.out<T>(2, few);
    at.run([=] {
      for (std::size_t row = 0; row < rows; ++row) {
        const T* const from = x + row * width;
        T total = 0;
        for (std::size_t i = 0; i < width; ++i) total += from[i];
        const T mean = total / static_cast<T>(width);
        T squares = 0;
        for (std::size_t i = 0; i < width; ++i) squares += (from[i] - mean) * (from[i] - mean);
        const T inverse = 1 / std::sqrt(squares / static_cast<T>(width) + static_cast<T>(epsilon));
        for (std::size_t i = 0; i < width; ++i)
          to[row * width + i] = (from[i] - mean) * inverse * scale[i] + (shift != nullptr ? shift[i] : T(0));
        means[row] = mean;
        inverses[row] = inverse;
      }
    });
  });
  return known || refuse_type(at, 0);
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_PRODUCTS_HPP
