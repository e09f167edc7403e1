#ifndef MILLRACE_INFER_DETAIL_OPERATORS_ELEMENTWISE_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_ELEMENTWISE_HPP

#include <millrace/infer/detail/planner.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

// Operators that make each element of one of each input. Shapes are stretched as NumPy stretches them: ONNX,
// "Broadcasting in ONNX". Those that plan are templates, so that only who makes an engine compiles them.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// How several inputs are walked in the order of their common shape: sizes from the outermost to the innermost, and by
/// how many elements each input moves in each. Neighbouring dimensions that move alike are one.
template <std::size_t Inputs>
struct stretched {
  shape sizes;                      // of the result
  std::vector<std::size_t> counts;  // the same elements in as few dimensions as possible
  std::vector<std::array<std::size_t, Inputs>> steps;
  bool fits = true;

  explicit stretched(const std::array<std::span<const std::int64_t>, Inputs>& from) {
    std::size_t rank = 0;
    for (const auto& each : from) rank = each.size() > rank ? each.size() : rank;
    sizes.assign(rank, 1);
    const auto size_of = [&](std::size_t input, std::size_t at) {
      const std::size_t missing = rank - from[input].size();
      return at < missing ? std::int64_t{1} : from[input][at - missing];
    };
    for (std::size_t at = 0; at < rank; ++at)
      for (std::size_t input = 0; input < Inputs; ++input) {
        const std::int64_t size = size_of(input, at);
        if (size == 1 || size == sizes[at]) continue;
        fits = fits && sizes[at] == 1;
        sizes[at] = size;
      }
    std::array<std::size_t, Inputs> step;
    step.fill(1);
    for (std::size_t at = rank; at-- > 0;) {
      const auto size = static_cast<std::size_t>(sizes[at]);
      std::array<std::size_t, Inputs> moves{};
      for (std::size_t input = 0; input < Inputs; ++input) {
        const bool stretches = size_of(input, at) == 1;
        moves[input] = stretches ? 0 : step[input];
        if (!stretches) step[input] *= size;
      }
      if (size != 1) add(size, moves);
    }
    if (counts.empty()) add(1, {});
    std::vector<std::size_t>(counts.rbegin(), counts.rend()).swap(counts);
    std::vector<std::array<std::size_t, Inputs>>(steps.rbegin(), steps.rend()).swap(steps);
  }

  /// Calls `row` with the place of each input for each innermost row, in order.
  template <class Row>
  void each_row(const Row& row) const noexcept {
    std::array<std::size_t, 16> counter{};
    std::array<std::size_t, Inputs> at{};
    const std::size_t outer = counts.size() - 1;
    for (const std::size_t count : counts)
      if (count == 0) return;
    for (;;) {
      row(at);
      std::size_t dimension = outer;
      for (; dimension > 0; --dimension) {
        const std::size_t here = dimension - 1;
        for (std::size_t i = 0; i < Inputs; ++i) at[i] += steps[here][i];
        if (++counter[here] < counts[here]) break;
        for (std::size_t i = 0; i < Inputs; ++i) at[i] -= steps[here][i] * counts[here];
        counter[here] = 0;
      }
      if (dimension == 0) return;
    }
  }
  std::size_t row_size() const noexcept { return counts.back(); }

 private:
  // From the innermost dimension outwards.
  void add(std::size_t size, const std::array<std::size_t, Inputs>& moves) {
    if (!counts.empty()) {
      bool alike = true;
      for (std::size_t i = 0; i < Inputs; ++i) alike = alike && moves[i] == steps.back()[i] * counts.back();
      if (alike) {
        counts.back() *= size;
        return;
      }
    }
    counts.push_back(size);
    steps.push_back(moves);
  }
};

/// Plans `out = function(a, b)` on elements of `T`, with results of `R`.
template <class T, class R, class Function>
bool plan_pairs(planner& at, Function function) {
  stretched<2> walk({at.sizes(0), at.sizes(1)});
  if (!walk.fits) return at.refuse("shapes " + text_of(at.sizes(0)) + " and " + text_of(at.sizes(1)) + " do not fit");
  const T* const a = at.data<T>(0);
  const T* const b = at.data<T>(1);
  R* const out = at.out<R>(0, walk.sizes);
  return at.run([walk = std::move(walk), a, b, out, function] {
    R* to = out;
    const std::size_t size = walk.row_size();
    const std::array<std::size_t, 2> step = walk.steps.back();
    walk.each_row([&](const std::array<std::size_t, 2>& from) {
      const T* const x = a + from[0];
      const T* const y = b + from[1];
      if (step[0] == 1 && step[1] == 1)
        for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<R>(function(x[i], y[i]));
      else if (step[1] == 0 && step[0] == 1)
        for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<R>(function(x[i], *y));
      else
        for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<R>(function(x[i * step[0]], y[i * step[1]]));
      to += size;
    });
  });
}

inline bool refuse_type(planner& at, std::size_t input) {
  const planned_value& value = at.in(input);
  const std::string_view name = value.kind == graph_kind::texts ? std::string_view("texts") : to_string(value.type);
  return at.refuse("elements of type " + std::string(name) + " are not computed");
}

/// Two inputs of one type.
inline bool has_pair(planner& at) {
  if (!at.has(0) || !at.has(1)) return at.refuse("an input is missing");
  if (at.in(0).kind != at.in(1).kind || at.in(0).type != at.in(1).type)
    return at.refuse("its inputs are of different types");
  return at.in(0).kind == graph_kind::tensor || refuse_type(at, 0);
}

/// Plans a function of pairs for whichever of `Types` the inputs are of; `Result` is void for results of their type.
template <class Function, class Result, class... Types>
bool plan_pairs_of(planner& at) {
  if (!has_pair(at)) return false;
  bool planned = false;
  const bool known = with_type<Types...>(at.in(0), [&]<class T>(T) {
    planned = plan_pairs<T, std::conditional_t<std::is_void_v<Result>, T, Result>>(at, Function());
  });
  return known ? planned : refuse_type(at, 0);
}

// Whole numbers wrap as NumPy's do: they are computed without a sign.
template <class T>
constexpr T wrapped(auto unsigned_result) noexcept {
  return static_cast<T>(unsigned_result);
}
template <class T>
using unsigned_of = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;

struct add_two {
  template <class T>
  T operator()(T a, T b) const noexcept {
    if constexpr (std::is_integral_v<T>)
      return wrapped<T>(static_cast<unsigned_of<T>>(a) + static_cast<unsigned_of<T>>(b));
    else
      return a + b;
  }
};
struct subtract_two {
  template <class T>
  T operator()(T a, T b) const noexcept {
    if constexpr (std::is_integral_v<T>)
      return wrapped<T>(static_cast<unsigned_of<T>>(a) - static_cast<unsigned_of<T>>(b));
    else
      return a - b;
  }
};
struct multiply_two {
  template <class T>
  T operator()(T a, T b) const noexcept {
    if constexpr (std::is_integral_v<T>)
      return wrapped<T>(static_cast<unsigned_of<T>>(a) * static_cast<unsigned_of<T>>(b));
    else
      return a * b;
  }
};
/// Whole numbers are cut towards zero; a division by zero gives 0.
struct divide_two {
  template <class T>
  T operator()(T a, T b) const noexcept {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0) return 0;
      if constexpr (std::is_signed_v<T>)
        if (b == T(-1)) return wrapped<T>(unsigned_of<T>(0) - static_cast<unsigned_of<T>>(a));
      return static_cast<T>(a / b);
    } else {
      return a / b;
    }
  }
};
/// NaN if one of them is.
struct larger {
  template <class T>
  T operator()(T a, T b) const noexcept {
    return a != a || a > b ? a : b;
  }
};
struct smaller {
  template <class T>
  T operator()(T a, T b) const noexcept {
    return a != a || a < b ? a : b;
  }
};
/// The remainder has the divisor's sign, as in Python.
struct python_remainder {
  template <class T>
  T operator()(T a, T b) const noexcept {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0) return 0;
      if constexpr (std::is_signed_v<T>)
        if (b == T(-1)) return 0;
      const T left = static_cast<T>(a % b);
      return left != 0 && (left < 0) != (b < 0) ? static_cast<T>(left + b) : left;
    } else {
      const T left = std::fmod(a, b);
      return left != 0 && (left < 0) != (b < 0) ? left + b : left;
    }
  }
};
struct c_remainder {
  template <class T>
  T operator()(T a, T b) const noexcept {
    if constexpr (std::is_integral_v<T>)
      return b == 0 || (std::is_signed_v<T> && b == static_cast<T>(-1)) ? T(0) : static_cast<T>(a % b);
    else
      return std::fmod(a, b);
  }
};
struct equal_two {
  bool operator()(auto a, auto b) const noexcept { return a == b; }
};
struct less_two {
  bool operator()(auto a, auto b) const noexcept { return a < b; }
};
struct greater_two {
  bool operator()(auto a, auto b) const noexcept { return a > b; }
};
struct at_most {
  bool operator()(auto a, auto b) const noexcept { return a <= b; }
};
struct at_least {
  bool operator()(auto a, auto b) const noexcept { return a >= b; }
};
struct and_two {
  bool operator()(bool a, bool b) const noexcept { return a && b; }
};
struct or_two {
  bool operator()(bool a, bool b) const noexcept { return a || b; }
};
struct xor_two {
  bool operator()(bool a, bool b) const noexcept { return a != b; }
};
struct slope_below_zero {
  template <class T>
  T operator()(T x, T slope) const noexcept {
    return x < 0 ? static_cast<T>(x * slope) : x;
  }
};

template <class Function>
bool plan_arithmetic(planner& at) {
  return plan_pairs_of<Function, void, float, double, std::int64_t, std::int32_t, std::uint8_t, std::int8_t,
                       std::uint16_t, std::int16_t, std::uint32_t, std::uint64_t>(at);
}
template <class Function>
bool plan_comparison(planner& at) {
  return plan_pairs_of<Function, bool, float, double, std::int64_t, std::int32_t, std::uint8_t, std::int8_t,
                       std::uint16_t, std::int16_t, std::uint32_t, std::uint64_t, bool>(at);
}
template <class Function>
bool plan_logic(planner& at) {
  return plan_pairs_of<Function, bool, bool>(at);
}
template <class = void>
bool plan_equal(planner& at) {
  if (at.has(0) && at.has(1) && at.in(0).kind == graph_kind::texts && at.in(1).kind == graph_kind::texts)
    return plan_pairs<std::string_view, bool>(at, equal_two());
  return plan_comparison<equal_two>(at);
}
template <class = void>
bool plan_power(planner& at) {
  if (!at.has(0) || !at.has(1)) return at.refuse("an input is missing");
  bool planned = false;
  // The exponent may be of another type than the base, which is the result's.
  const auto of = [&]<class T>(T) {
    with_type<float, double, std::int64_t, std::int32_t>(at.in(1), [&]<class Exponent>(Exponent) {
      stretched<2> walk({at.sizes(0), at.sizes(1)});
      if (!walk.fits) return;
      const T* const a = at.data<T>(0);
      const Exponent* const b = at.data<Exponent>(1);
      T* const out = at.out<T>(0, walk.sizes);
      planned = at.run([walk = std::move(walk), a, b, out] {
        T* to = out;
        const std::array<std::size_t, 2> step = walk.steps.back();
        walk.each_row([&](const std::array<std::size_t, 2>& from) {
          for (std::size_t i = 0; i < walk.row_size(); ++i)
            *to++ = nearest<T>(std::pow(a[from[0] + i * step[0]], b[from[1] + i * step[1]]));
        });
      });
    });
  };
  with_type<float, double, std::int64_t, std::int32_t>(at.in(0), of);
  return planned || at.refuse("its shapes or types do not fit");
}
template <class = void>
bool plan_remainder(planner& at) {
  return at.whole("fmod", 0) != 0 ? plan_arithmetic<c_remainder>(at) : plan_arithmetic<python_remainder>(at);
}

/// Plans `out = function(x)` for whichever of `Types` the input is of, with results of `R`, or of the input's type.
template <class R, class... Types, class Function>
bool plan_each(planner& at, Function function) {
  if (!at.has(0)) return at.refuse("its input is missing");
  if (at.in(0).kind != graph_kind::tensor) return refuse_type(at, 0);
  const bool known = with_type<Types...>(at.in(0), [&]<class T>(T) {
    using to_type = std::conditional_t<std::is_void_v<R>, T, R>;
    const T* const from = at.data<T>(0);
    to_type* const to = at.out<to_type>(0, at.sizes(0));
    const std::size_t count = at.in(0).count();
    at.run([=] {
      for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<to_type>(function(from[i]));
    });
  });
  return known || refuse_type(at, 0);
}
template <class Function>
bool plan_real(planner& at, Function function) {
  return plan_each<void, float, double>(at, function);
}

/// One overflow-free formula for both signs.
template <class T>
T logistic(T x) noexcept {
  if (x >= 0) return 1 / (1 + std::exp(-x));
  const T e = std::exp(x);
  return e / (1 + e);
}

template <class = void>
bool plan_abs(planner& at) {
  return plan_each<void, float, double, std::int64_t, std::int32_t, std::int8_t, std::int16_t, std::uint8_t,
                   std::uint16_t, std::uint32_t, std::uint64_t>(at, [](auto x) noexcept {
    if constexpr (std::is_floating_point_v<decltype(x)>)
      return std::fabs(x);
    else
      return x < 0 ? subtract_two()(decltype(x)(0), x) : x;
  });
}
template <class = void>
bool plan_negative(planner& at) {
  return plan_each<void, float, double, std::int64_t, std::int32_t, std::int8_t, std::int16_t>(at, [](auto x) noexcept {
    if constexpr (std::is_floating_point_v<decltype(x)>)
      return -x;
    else
      return subtract_two()(decltype(x)(0), x);
  });
}
template <class = void>
bool plan_sign(planner& at) {
  return plan_each<void, float, double, std::int64_t, std::int32_t, std::int8_t, std::int16_t, std::uint8_t,
                   std::uint16_t, std::uint32_t, std::uint64_t>(at, [](auto x) noexcept {
    using T = decltype(x);
    return x > 0 ? T(1) : x < 0 ? static_cast<T>(T(0) - T(1)) : x;
  });
}
template <class = void>
bool plan_relu(planner& at) {
  return plan_each<void, float, double, std::int64_t, std::int32_t, std::int8_t, std::int16_t>(
      at, [](auto x) noexcept { return x < 0 ? decltype(x)(0) : x; });
}
template <class = void>
bool plan_not(planner& at) {
  return plan_each<bool, bool>(at, [](bool x) noexcept { return !x; });
}
template <class = void>
bool plan_is_nan(planner& at) {
  return plan_each<bool, float, double>(at, [](auto x) noexcept { return x != x; });
}
template <class = void>
bool plan_is_infinite(planner& at) {
  const bool below = at.whole("detect_negative", 1) != 0;
  const bool above = at.whole("detect_positive", 1) != 0;
  return plan_each<bool, float, double>(at, [=](auto x) noexcept { return std::isinf(x) && (x < 0 ? below : above); });
}
template <class = void>
bool plan_leaky_relu(planner& at) {
  const float alpha = at.real("alpha", 0.01F);
  return plan_real(at, [=](auto x) noexcept { return x < 0 ? static_cast<decltype(x)>(alpha) * x : x; });
}
template <class = void>
bool plan_elu(planner& at) {
  const float alpha = at.real("alpha", 1);
  return plan_real(at,
                   [=](auto x) noexcept { return x < 0 ? static_cast<decltype(x)>(alpha) * (std::exp(x) - 1) : x; });
}
template <class = void>
bool plan_selu(planner& at) {
  const float alpha = at.real("alpha", 1.67326319217681884765625F);
  const float gamma = at.real("gamma", 1.05070102214813232421875F);
  return plan_real(at, [=](auto x) noexcept {
    using T = decltype(x);
    return static_cast<T>(gamma) * (x > 0 ? x : static_cast<T>(alpha) * (std::exp(x) - 1));
  });
}
template <class = void>
bool plan_celu(planner& at) {
  const float alpha = at.real("alpha", 1);
  return plan_real(at, [=](auto x) noexcept {
    using T = decltype(x);
    const T a = static_cast<T>(alpha);
    return x > 0 ? x : a * (std::exp(x / a) - 1);
  });
}
template <class = void>
bool plan_thresholded_relu(planner& at) {
  const float alpha = at.real("alpha", 1);
  return plan_real(at, [=](auto x) noexcept { return x > static_cast<decltype(x)>(alpha) ? x : decltype(x)(0); });
}
template <class = void>
bool plan_hard_sigmoid(planner& at) {
  const float alpha = at.real("alpha", 0.2F);
  const float beta = at.real("beta", 0.5F);
  return plan_real(at, [=](auto x) noexcept {
    using T = decltype(x);
    const T y = static_cast<T>(alpha) * x + static_cast<T>(beta);
    return y < 0 ? T(0) : y > 1 ? T(1) : y;
  });
}
template <class = void>
bool plan_hard_swish(planner& at) {
  return plan_real(at, [](auto x) noexcept {
    using T = decltype(x);
    const T y = x / 6 + T(0.5);
    return x * (y < 0 ? T(0) : y > 1 ? T(1) : y);
  });
}
template <class = void>
bool plan_gelu(planner& at) {
  if (at.text("approximate", "none") == "tanh")
    return plan_real(at, [](auto x) noexcept {
      using T = decltype(x);
      return x / 2 * (1 + std::tanh(T(0.7978845608028654) * (x + T(0.044715) * x * x * x)));
    });
  return plan_real(at, [](auto x) noexcept {
    using T = decltype(x);
    return x / 2 * (1 + std::erf(x * T(0.7071067811865476)));
  });
}
template <class = void>
bool plan_softplus(planner& at) {
  return plan_real(at,
                   [](auto x) noexcept { return (x > 0 ? x : decltype(x)(0)) + std::log1p(std::exp(-std::fabs(x))); });
}
template <class = void>
bool plan_mish(planner& at) {
  return plan_real(at, [](auto x) noexcept {
    return x * std::tanh((x > 0 ? x : decltype(x)(0)) + std::log1p(std::exp(-std::fabs(x))));
  });
}
/// Which function of one real number an operator is.
template <auto Function>
bool plan_real_by(planner& at) {
  return plan_real(at, [](auto x) noexcept { return Function(x); });
}

/// Limits given as attributes before version 11, as inputs since.
template <class = void>
bool plan_clip(planner& at) {
  for (std::size_t i = 1; i < 3; ++i)
    if (at.has(i) && (!at.in(i).is(at.in(0).type) || at.in(i).count() != 1))
      return at.refuse("a limit is no single number of its input's type");
  const bool known = with_type<float, double, std::int64_t, std::int32_t, std::int8_t, std::int16_t, std::uint8_t,
                               std::uint16_t, std::uint32_t, std::uint64_t>(at.in(0), [&]<class T>(T) {
    const T* const from = at.data<T>(0);
    const T* const low = at.has(1) ? at.data<T>(1) : nullptr;
    const T* const high = at.has(2) ? at.data<T>(2) : nullptr;
    const bool by_attributes = at.version() < 11;
    const T least =
        by_attributes && at.has_attribute("min") ? static_cast<T>(at.real("min", 0)) : std::numeric_limits<T>::lowest();
    const T most =
        by_attributes && at.has_attribute("max") ? static_cast<T>(at.real("max", 0)) : (std::numeric_limits<T>::max)();
    T* const to = at.out<T>(0, at.sizes(0));
    const std::size_t count = at.in(0).count();
    at.run([=] {
      const T a = low != nullptr ? *low : least;
      const T b = high != nullptr ? *high : most;
      // As NumPy: the upper limit wins where the two contradict each other, and NaN stays.
      for (std::size_t i = 0; i < count; ++i) {
        const T raised = from[i] < a ? a : from[i];
        to[i] = raised > b ? b : raised;
      }
    });
  });
  return known || refuse_type(at, 0);
}

/// Plans a function of any number of inputs, taken two by two: Sum, Max, Min, Mean.
template <class Function, class... Types>
bool plan_many(planner& at, bool mean) {
  if (!at.has(0)) return at.refuse("its input is missing");
  shape sizes = at.sizes(0);
  for (std::size_t i = 1; i < at.inputs(); ++i) {
    if (!at.has(i) || at.in(i).type != at.in(0).type || at.in(i).kind != graph_kind::tensor)
      return at.refuse("its inputs are of different types");
    const stretched<2> both({std::span<const std::int64_t>(sizes), at.sizes(i)});
    if (!both.fits) return at.refuse("shapes " + text_of(sizes) + " and " + text_of(at.sizes(i)) + " do not fit");
    sizes = both.sizes;
  }
  const bool known = with_type<Types...>(at.in(0), [&]<class T>(T) {
    std::vector<std::pair<stretched<2>, const T*>> parts;
    for (std::size_t i = 0; i < at.inputs(); ++i)
      parts.emplace_back(stretched<2>({std::span<const std::int64_t>(sizes), at.sizes(i)}), at.data<T>(i));
    T* const out = at.out<T>(0, sizes);
    const std::size_t count = elements(sizes);
    at.run([=, parts = std::move(parts)] {
      for (std::size_t input = 0; input < parts.size(); ++input) {
        const stretched<2>& walk = parts[input].first;
        const T* const from = parts[input].second;
        const std::array<std::size_t, 2> step = walk.steps.back();
        walk.each_row([&](const std::array<std::size_t, 2>& place) {
          for (std::size_t i = 0; i < walk.row_size(); ++i) {
            T& to = out[place[0] + i * step[0]];
            const T value = from[place[1] + i * step[1]];
            to = input == 0 ? value : Function()(to, value);
          }
        });
      }
      if constexpr (std::is_floating_point_v<T>)
        for (std::size_t i = 0; i < count && mean; ++i) out[i] /= static_cast<T>(parts.size());
    });
  });
  return known || refuse_type(at, 0);
}
template <class = void>
bool plan_sum(planner& at) {
  return plan_many<add_two, float, double>(at, false);
}
template <class = void>
bool plan_mean(planner& at) {
  return plan_many<add_two, float, double>(at, true);
}
template <class Function>
bool plan_extreme(planner& at) {
  return plan_many<Function, float, double, std::int64_t, std::int32_t, std::int8_t, std::int16_t, std::uint8_t,
                   std::uint16_t, std::uint32_t, std::uint64_t>(at, false);
}

/// Where: of three inputs, whose shapes are stretched to each other.
template <class = void>
bool plan_where(planner& at) {
  if (!at.has(0) || !at.has(1) || !at.has(2) || !at.in(0).is(dtype::boolean))
    return at.refuse("it needs a condition and two inputs");
  if (at.in(1).kind != at.in(2).kind || at.in(1).type != at.in(2).type)
    return at.refuse("its inputs are of different types");
  stretched<3> walk({std::span<const std::int64_t>(at.sizes(0)), at.sizes(1), at.sizes(2)});
  if (!walk.fits) return at.refuse("its shapes do not fit");
  const auto plan = [&]<class T>(T) {
    const bool* const condition = at.data<bool>(0);
    const T* const a = at.data<T>(1);
    const T* const b = at.data<T>(2);
    T* const out = reinterpret_cast<T*>(at.out(0, at.in(1).kind, at.in(1).type, walk.sizes));
    return at.run([walk = std::move(walk), condition, a, b, out] {
      T* to = out;
      const std::array<std::size_t, 3> step = walk.steps.back();
      walk.each_row([&](const std::array<std::size_t, 3>& from) {
        for (std::size_t i = 0; i < walk.row_size(); ++i)
          *to++ = condition[from[0] + i * step[0]] ? a[from[1] + i * step[1]] : b[from[2] + i * step[2]];
      });
    });
  };
  // Only the number of bytes matters to what is copied.
  if (at.in(1).kind == graph_kind::texts) return plan(std::string_view());
  switch (tensor::size_of(at.in(1).type)) {
    case 8: return plan(std::uint64_t());
    case 4: return plan(std::uint32_t());
    case 2: return plan(std::uint16_t());
    default: return plan(std::uint8_t());
  }
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_ELEMENTWISE_HPP
