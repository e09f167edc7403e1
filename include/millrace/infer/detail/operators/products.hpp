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
template <class = void>
bool plan_softmax_of(planner& at, soft kind) {
  const bool one_axis = at.version() >= 13;
  std::int64_t axis = at.whole("axis", one_axis ? -1 : 1);
  const shape& sizes = at.sizes(0);
  if (!settle_axis(axis, sizes.size())) return at.refuse("its axis is outside of " + text_of(sizes));
  around_axis around(sizes, axis);
  if (!one_axis) {
    around.size *= around.behind;
    around.behind = 1;
  }
  const element_pointer from{at.in(0).data};
  const element_pointer to = at.out_computed(0, sizes);
  return at.run_reals(0, [=]<class T>(T) {
    for (std::size_t outer = 0; outer < around.before; ++outer)
      for (std::size_t inner = 0; inner < around.behind; ++inner) {
        const std::size_t first = outer * around.size * around.behind + inner;
        const T* const x = static_cast<const T*>(from) + first;
        T* const y = static_cast<T*>(to) + first;
        const std::size_t step = around.behind;
        const std::size_t end = around.size * step;
        std::size_t best = 0;
        for (std::size_t i = 0; i < end; i += step)
          if (x[i] > x[best]) best = i;
        const T most = end == 0 ? T(0) : x[best];
        T total = 0;
        for (std::size_t i = 0; i < end; i += step) {
          y[i] = kind == soft::hard ? T(i == best) : std::exp(x[i] - most);
          total += y[i];
        }
        if (kind == soft::probabilities)
          for (std::size_t i = 0; i < end; i += step) y[i] /= total;
        if (kind == soft::logarithms)
          for (std::size_t i = 0; i < end; i += step) y[i] = x[i] - most - std::log(total);
      }
  });
}
template <soft Kind>
bool plan_softmax(planner& at) {
  return plan_softmax_of(at, Kind);
}

/// How a reduction begins, goes on and ends.
struct reduce_sum {
  template <class T>
  static T first(dtype) noexcept {
    return 0;
  }
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
  static T first(dtype) noexcept {
    return 1;
  }
  template <class T>
  static T more(T so_far, T x) noexcept {
    return multiply_two()(so_far, x);
  }
};
/// The least and the largest number of a type, as it is computed in.
template <class T>
T least_of(dtype type) noexcept {
  if constexpr (std::is_floating_point_v<T>) return -std::numeric_limits<T>::infinity();
  const bool is_signed = type == dtype::i8 || type == dtype::i16 || type == dtype::i32 || type == dtype::i64;
  return is_signed ? static_cast<T>(std::uint64_t{0} - (std::uint64_t{1} << (8 * size_of(type) - 1))) : T(0);
}
template <class T>
T most_of(dtype type) noexcept {
  if constexpr (std::is_floating_point_v<T>) return std::numeric_limits<T>::infinity();
  const bool is_signed = least_of<std::int64_t>(type) != 0;
  return static_cast<T>(~std::uint64_t{0} >> (64 - 8 * size_of(type) + (is_signed ? 1 : 0)));
}
/// NaN if one of them is.
struct reduce_max : reduce_sum {
  template <class T>
  static T first(dtype type) noexcept {
    return least_of<T>(type);
  }
  template <class T>
  static T more(T so_far, T x) noexcept {
    return so_far != so_far || so_far > x ? so_far : x;
  }
};
struct reduce_min : reduce_sum {
  template <class T>
  static T first(dtype type) noexcept {
    return most_of<T>(type);
  }
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
  element_pointer from;
  element_pointer to;
  dtype type = dtype::f32;  // of the input, which is computed in another
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
template <class Reduce, class T>
void reduce(const reduction_plan& of) noexcept {
  const T* const from = of.from;
  T* const to = of.to;
  for (std::size_t i = 0; i < of.outer.size(); ++i) {
    T total = Reduce::template first<T>(of.type);
    for (const std::size_t step : of.inner) total = Reduce::more(total, from[of.outer[i] + step]);
    to[i] = Reduce::last(total, of.inner.size());
  }
}
template <class T>
void log_sum_exp(const reduction_plan& of) noexcept {
  const T* const from = of.from;
  for (std::size_t i = 0; i < of.outer.size(); ++i) {
    T most = least_of<T>(of.type);
    for (const std::size_t step : of.inner) most = reduce_max::more(most, from[of.outer[i] + step]);
    const T base = std::isinf(most) ? T(0) : most;
    T total = 0;
    for (const std::size_t step : of.inner) total += std::exp(from[of.outer[i] + step] - base);
    static_cast<T*>(of.to)[i] = std::log(total) + base;
  }
}
/// `since`: from which version of the operators on the axes are an input.
template <class = void>
bool plan_reduction_by(planner& at, std::int64_t since, void (*function)(const reduction_plan& of) noexcept) {
  reduction_plan made;
  if (at.in(0).kind != graph_kind::tensor || function == nullptr) return at.refuse_type(0);
  if (!plan_axes(at, made, since)) return false;
  made.type = at.in(0).type;
  made.from = at.as_computed(0);
  made.to = at.out_computed(0, made.sizes);
  return at.run([=, made = std::move(made)] { function(made); });
}
template <class Reduce, std::int64_t Since = 18>
bool plan_reduction(planner& at) {
  switch (at.computed(0)) {
    case dtype::f32: return plan_reduction_by(at, Since, reduce<Reduce, float>);
    case dtype::f64: return plan_reduction_by(at, Since, reduce<Reduce, double>);
    case dtype::i64: return plan_reduction_by(at, Since, reduce<Reduce, std::int64_t>);
    case dtype::u64: return plan_reduction_by(at, Since, reduce<Reduce, std::uint64_t>);
    default: return at.refuse_type(0);
  }
}
template <class = void>
bool plan_log_sum_exp(planner& at) {
  if (!at.in(0).is(dtype::f32) && !at.in(0).is(dtype::f64)) return at.refuse_type(0);
  return plan_reduction_by(at, 18, at.in(0).is(dtype::f32) ? log_sum_exp<float> : log_sum_exp<double>);
}

/// The place of the largest or smallest along an axis; of NaN, if there is one: the first of them.
template <class = void>
bool plan_place_of(planner& at, bool largest) {
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
  const element_pointer values = at.as_computed(0);
  std::int64_t* const to = at.out<std::int64_t>(0, sizes);
  return at.run_numbers(0, [=]<class T>(T) {
    for (std::size_t outer = 0; outer < around.before; ++outer)
      for (std::size_t inner = 0; inner < around.behind; ++inner) {
        const T* const x = static_cast<const T*>(values) + outer * around.size * around.behind + inner;
        std::size_t best = 0;
        for (std::size_t i = 1; i < around.size; ++i) {
          const T here = x[i * around.behind];
          const T most = x[best * around.behind];
          const bool better = largest ? here > most : here < most;
          const bool nan = here != here && most == most;
          if (most == most && (better || nan || (last && here == most))) best = i;
        }
        to[outer * around.behind + inner] = static_cast<std::int64_t>(best);
      }
  });
}
template <bool Largest>
bool plan_place_of_extreme(planner& at) {
  return plan_place_of(at, Largest);
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
  element_pointer in[5];
  for (std::size_t i = 0; i < 5; ++i) in[i].at = at.in(i).data;
  const element_pointer out = at.out_computed(0, at.sizes(0));
  return at.run_reals(0, [=]<class T>(T) {
    const T* const x = in[0];
    const T* const scale = in[1];
    const T* const shift = in[2];
    const T* const mean = in[3];
    const T* const variance = in[4];
    T* const to = out;
    for (std::size_t outer = 0; outer < around.before; ++outer)
      for (std::size_t c = 0; c < around.size; ++c) {
        const T factor = scale[c] / std::sqrt(variance[c] + static_cast<T>(epsilon));
        const std::size_t first = (outer * around.size + c) * around.behind;
        for (std::size_t i = first; i < first + around.behind; ++i) to[i] = (x[i] - mean[c]) * factor + shift[c];
      }
  });
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
  const element_pointer from{at.in(0).data};
  const element_pointer scales{at.in(1).data};
  const element_pointer shifts{at.has(2) ? at.in(2).data : nullptr};
  const element_pointer out = at.out_computed(0, sizes);
  const element_pointer means = at.out_computed(1, few);
  const element_pointer inverses = at.out_computed(2, few);
  return at.run_reals(0, [=]<class T>(T) {
    const T* const scale = scales;
    const T* const shift = shifts;
    for (std::size_t row = 0; row < rows; ++row) {
      const T* const x = static_cast<const T*>(from) + row * width;
      T* const to = static_cast<T*>(out) + row * width;
      T total = 0;
      for (std::size_t i = 0; i < width; ++i) total += x[i];
      const T mean = total / static_cast<T>(width);
      T squares = 0;
      for (std::size_t i = 0; i < width; ++i) squares += (x[i] - mean) * (x[i] - mean);
      const T inverse = 1 / std::sqrt(squares / static_cast<T>(width) + static_cast<T>(epsilon));
      for (std::size_t i = 0; i < width; ++i)
        to[i] = (x[i] - mean) * inverse * scale[i] + (shift != nullptr ? shift[i] : T(0));
      static_cast<T*>(means)[row] = mean;
      static_cast<T*>(inverses)[row] = inverse;
    }
  });
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_PRODUCTS_HPP
