#ifndef MILLRACE_INFER_DETAIL_OPERATORS_ELEMENTWISE_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_ELEMENTWISE_HPP

#include <millrace/infer/detail/operators/functions.hpp>
#include <millrace/infer/detail/planner.hpp>

#include <array>
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

/// A row of a function of pairs: element `to + i` of the result is made of those at `from[k] + i * step[k]`.
struct pair_row {
  std::array<std::size_t, 2> from;
  std::array<std::size_t, 2> step;
  std::size_t to;
  std::size_t size;
};
using pair_function = void (*)(element_pointer a, element_pointer b, element_pointer out, const pair_row& row) noexcept;

template <class Function, class T, class R>
void each_pair(element_pointer a, element_pointer b, element_pointer out, const pair_row& row) noexcept {
  constexpr Function function{};
  const T* const x = static_cast<const T*>(a) + row.from[0];
  const T* const y = static_cast<const T*>(b) + row.from[1];
  R* const to = static_cast<R*>(out) + row.to;
  const std::array<std::size_t, 2> step = row.step;
  if (step[0] == 1 && step[1] == 1)
    for (std::size_t i = 0; i < row.size; ++i) to[i] = static_cast<R>(function(x[i], y[i]));
  else if (step[1] == 0 && step[0] == 1)
    for (std::size_t i = 0; i < row.size; ++i) to[i] = static_cast<R>(function(x[i], *y));
  else
    for (std::size_t i = 0; i < row.size; ++i) to[i] = static_cast<R>(function(x[i * step[0]], y[i * step[1]]));
}
/// A function for pairs of a type, if it is one of `Types`; else null. `R` is void for results of their type.
template <class Function, class R, class... Types>
pair_function pairs_of(dtype type) noexcept {
  pair_function found = nullptr;
  static_cast<void>(((type == dtype_for<Types> &&
                      (found = each_pair<Function, Types, std::conditional_t<std::is_void_v<R>, Types, R>>, true)) ||
                     ...));
  return found;
}

/// A function on the pairs of two shapes that stretch to each other.
struct pair_step {
  stretched<2> walk;
  pair_function function;
  element_pointer a;
  element_pointer b;
  element_pointer out;

  void run() const noexcept {
    pair_row row{{}, walk.steps.back(), 0, walk.row_size()};
    walk.each_row([&](const std::array<std::size_t, 2>& from) {
      row.from = from;
      function(a, b, out, row);
      row.to += row.size;
    });
  }
};
[[gnu::cold]] inline bool refuse_shapes(planner& at, std::span<const std::int64_t> a, std::span<const std::int64_t> b) {
  return at.refuse("shapes " + text_of(a) + " and " + text_of(b) + " do not fit");
}
/// Plans a function of two inputs as numbers of a type, whose results are of `made` and become `result`.
template <class = void>
bool plan_pairs(planner& at, pair_function function, dtype computed, dtype made, dtype result) {
  if (function == nullptr) return at.refuse_type(0);
  stretched<2> walk({at.sizes(0), at.sizes(1)});
  if (!walk.fits) return refuse_shapes(at, at.sizes(0), at.sizes(1));
  const element_pointer a = at.as(0, computed);
  const element_pointer b = at.as(1, computed);
  const element_pointer out = at.out_from(0, result, made, walk.sizes);
  return at.run([step = pair_step{std::move(walk), function, a, b, out}] { step.run(); });
}

/// Two inputs of one type.
inline bool has_pair(planner& at) {
  if (!at.has(0) || !at.has(1)) return at.refuse("an input is missing");
  if (at.in(0).kind != at.in(1).kind || at.in(0).type != at.in(1).type)
    return at.refuse("its inputs are of different types");
  return at.in(0).kind == graph_kind::tensor || at.refuse_type(0);
}

/// The function for numbers of whichever type is computed in.
template <class Function, class R = void>
pair_function numbers_of(dtype type) noexcept {
  return pairs_of<Function, R, float, double, std::int64_t, std::uint64_t>(type);
}
template <class Function>
bool plan_arithmetic(planner& at) {
  if (!has_pair(at)) return false;
  const dtype type = at.computed(0);
  return plan_pairs(at, numbers_of<Function>(type), type, type, at.in(0).type);
}
template <class Function>
bool plan_comparison(planner& at) {
  if (!has_pair(at)) return false;
  const dtype type = at.in(0).is(dtype::boolean) ? dtype::i64 : at.computed(0);
  return plan_pairs(at, numbers_of<Function, bool>(type), type, dtype::boolean, dtype::boolean);
}
template <class Function>
bool plan_logic(planner& at) {
  if (!has_pair(at)) return false;
  constexpr dtype type = dtype::boolean;
  return plan_pairs(at, pairs_of<Function, bool, bool>(at.in(0).type), type, type, type);
}
template <class = void>
bool plan_equal(planner& at) {
  if (at.in(0).kind != graph_kind::texts || at.in(1).kind != graph_kind::texts) return plan_comparison<equal_two>(at);
  return plan_pairs(at, each_pair<equal_two, std::string_view, bool>, dtype::f32, dtype::boolean, dtype::boolean);
}
/// The exponent may be of another type than the base, which is the result's. But for two floats, all are doubles.
template <class = void>
bool plan_power(planner& at) {
  for (std::size_t i = 0; i < 2; ++i)
    if (at.in(i).kind != graph_kind::tensor || numbers_of<add_two>(at.computed(i)) == nullptr) return at.refuse_type(i);
  const bool floats = at.in(0).is(dtype::f32) && at.in(1).is(dtype::f32);
  const dtype type = floats ? dtype::f32 : dtype::f64;
  return plan_pairs(at, pairs_of<power_of_two, void, float, double>(type), type, type, at.in(0).type);
}
template <class = void>
bool plan_remainder(planner& at) {
  return at.whole("fmod", 0) != 0 ? plan_arithmetic<c_remainder>(at) : plan_arithmetic<python_remainder>(at);
}

/// A function of each element, with two numbers that it may take.
using each_function = void (*)(element_pointer from, element_pointer to, std::size_t count, float a, float b) noexcept;
template <auto Function, class T, class R>
void each_element(element_pointer from, element_pointer to, std::size_t count, float a, float b) noexcept {
  const T* const x = from;
  R* const y = to;
  for (std::size_t i = 0; i < count; ++i) {
    if constexpr (std::is_invocable_v<decltype(Function), T>)
      y[i] = static_cast<R>(Function(x[i]));
    else
      y[i] = static_cast<R>(Function(x[i], static_cast<T>(a), static_cast<T>(b)));
  }
}
template <class = void>
bool plan_each_by(planner& at, each_function function, dtype made, dtype result, float a, float b) {
  if (at.in(0).kind != graph_kind::tensor || function == nullptr) return at.refuse_type(0);
  const element_pointer from = at.as_computed(0);
  const element_pointer to = at.out_from(0, result, made, at.sizes(0));
  return at.run([=, count = at.in(0).count()] { function(from, to, count, a, b); });
}
/// Plans a function for whichever of `Types` an input is computed in, with results of `R`, or, if that is void, of the
/// input's type.
template <auto Function, class R, class... Types>
bool plan_each(planner& at, float a = 0, float b = 0) {
  const dtype type = at.computed(0);
  each_function found = nullptr;
  static_cast<void>(((type == dtype_for<Types> &&
                      (found = each_element<Function, Types, std::conditional_t<std::is_void_v<R>, Types, R>>, true)) ||
                     ...));
  if constexpr (std::is_void_v<R>)
    return plan_each_by(at, found, type, at.in(0).type, a, b);
  else
    return plan_each_by(at, found, dtype_for<R>, dtype_for<R>, a, b);
}
template <auto Function>
bool plan_real(planner& at) {
  return plan_each<Function, void, float, double>(at);
}
template <auto Function>
bool plan_signed(planner& at) {
  return plan_each<Function, void, float, double, std::int64_t>(at);
}
template <auto Function>
bool plan_number(planner& at) {
  return plan_each<Function, void, float, double, std::int64_t, std::uint64_t>(at);
}

template <auto Function>
bool plan_real_with(planner& at, float alpha, float beta = 0) {
  return plan_each<Function, void, float, double>(at, at.real("alpha", alpha), beta);
}
template <class = void>
bool plan_leaky_relu(planner& at) {
  return plan_real_with<leaky_relu_of>(at, 0.01F);
}
template <class = void>
bool plan_elu(planner& at) {
  return plan_real_with<elu_of>(at, 1);
}
template <class = void>
bool plan_celu(planner& at) {
  return plan_real_with<celu_of>(at, 1);
}
template <class = void>
bool plan_selu(planner& at) {
  return plan_real_with<selu_of>(at, 1.67326319217681884765625F, at.real("gamma", 1.05070102214813232421875F));
}
template <class = void>
bool plan_thresholded_relu(planner& at) {
  return plan_real_with<thresholded_relu_of>(at, 1);
}
template <class = void>
bool plan_hard_sigmoid(planner& at) {
  return plan_real_with<hard_sigmoid_of>(at, 0.2F, at.real("beta", 0.5F));
}
template <class = void>
bool plan_not(planner& at) {
  return plan_each<not_of, bool, bool>(at);
}
template <class = void>
bool plan_is_nan(planner& at) {
  return plan_each<is_nan_of, bool, float, double>(at);
}
template <class = void>
bool plan_is_infinite(planner& at) {
  const auto wants = [&](std::string_view name) { return at.whole(name, 1) != 0 ? 1.0F : 0.0F; };
  return plan_each<is_infinite_of, bool, float, double>(at, wants("detect_negative"), wants("detect_positive"));
}
template <class = void>
bool plan_gelu(planner& at) {
  return at.text("approximate", "none") == "tanh" ? plan_real<gelu_by_tanh_of>(at) : plan_real<gelu_of>(at);
}

/// Limits given as attributes before version 11, as inputs since.
template <class = void>
bool plan_clip(planner& at) {
  for (std::size_t i = 1; i < 3; ++i)
    if (at.has(i) && (!at.in(i).is(at.in(0).type) || at.in(i).count() != 1))
      return at.refuse("a limit is no single number of its input's type");
  const bool by_attributes = at.version() < 11;
  const float* const least = by_attributes ? at.attribute<float>("min") : nullptr;
  const float* const most = by_attributes ? at.attribute<float>("max") : nullptr;
  const element_pointer from = at.as_computed(0);
  const element_pointer low = at.has(1) ? at.as_computed(1) : element_pointer();
  const element_pointer high = at.has(2) ? at.as_computed(2) : element_pointer();
  const element_pointer to = at.out_computed(0, at.sizes(0));
  return at.run_numbers(0, [=, count = at.in(0).count()]<class T>(T) {
    const T* const x = from;
    T* const y = to;
    T a = least != nullptr ? static_cast<T>(*least) : std::numeric_limits<T>::lowest();
    T b = most != nullptr ? static_cast<T>(*most) : (std::numeric_limits<T>::max)();
    if (low.at != nullptr) a = *static_cast<const T*>(low);
    if (high.at != nullptr) b = *static_cast<const T*>(high);
    // As NumPy: the upper limit wins where the two contradict each other, and NaN stays.
    for (std::size_t i = 0; i < count; ++i) {
      const T raised = x[i] < a ? a : x[i];
      y[i] = raised > b ? b : raised;
    }
  });
}

/// Plans a function of any number of inputs, taken two by two: Sum, Max, Min, Mean.
template <class = void>
bool plan_many(planner& at, pair_function function, bool mean) {
  const dtype type = at.computed(0);
  if (at.in(0).kind != graph_kind::tensor || function == nullptr) return at.refuse_type(0);
  if (at.inputs() == 1) return at.same(0, 0, at.sizes(0));
  std::vector<pair_step> steps;
  shape sizes = at.sizes(0);
  element_pointer so_far = at.as_computed(0);
  for (std::size_t i = 1; i < at.inputs(); ++i) {
    if (!at.has(i) || at.in(i).type != at.in(0).type || at.in(i).kind != graph_kind::tensor)
      return at.refuse("its inputs are of different types");
    stretched<2> walk({sizes, at.sizes(i)});
    if (!walk.fits) return refuse_shapes(at, sizes, at.sizes(i));
    sizes = walk.sizes;
    const bool last = i + 1 == at.inputs();
    const element_pointer out =
        last ? at.out_computed(0, sizes) : element_pointer{at.temporary(type, elements(sizes), false)};
    steps.push_back({std::move(walk), function, so_far, at.as_computed(i), out});
    so_far = out;
  }
  if (mean) {
    const element_pointer count{reinterpret_cast<std::byte*>(at.own<double>(1))};
    if (count.at == nullptr) return false;
    if (type == dtype::f32)
      *static_cast<float*>(count) = static_cast<float>(at.inputs());
    else
      *static_cast<double*>(count) = static_cast<double>(at.inputs());
    steps.push_back(
        {stretched<2>({sizes, {}}), pairs_of<divide_two, void, float, double>(type), so_far, count, so_far});
  }
  return at.run([steps = std::move(steps)] {
    for (const pair_step& each : steps) each.run();
  });
}
template <bool Mean>
bool plan_sum(planner& at) {
  return plan_many(at, pairs_of<add_two, void, float, double>(at.computed(0)), Mean);
}
template <class Function>
bool plan_extreme(planner& at) {
  return plan_many(at, numbers_of<Function>(at.computed(0)), false);
}

/// Where: of three inputs, whose shapes are stretched to each other.
template <class = void>
bool plan_where(planner& at) {
  if (!at.in(0).is(dtype::boolean)) return at.refuse("it needs a condition and two inputs");
  if (at.in(1).kind != at.in(2).kind || at.in(1).type != at.in(2).type)
    return at.refuse("its inputs are of different types");
  stretched<3> walk({at.sizes(0), at.sizes(1), at.sizes(2)});
  if (!walk.fits) return at.refuse("its shapes do not fit");
  const bool* const condition = at.data<bool>(0);
  const element_pointer a{at.in(1).data};
  const element_pointer b{at.in(2).data};
  const element_pointer out{at.out(0, at.in(1).kind, at.in(1).type, walk.sizes)};
  return at.run_sized(at.in(1).element_size(), [=, walk = std::move(walk)]<class T>(T) {
    const T* const x = a;
    const T* const y = b;
    T* to = out;
    const std::array<std::size_t, 3> step = walk.steps.back();
    walk.each_row([&](const std::array<std::size_t, 3>& from) {
      for (std::size_t i = 0; i < walk.row_size(); ++i)
        *to++ = condition[from[0] + i * step[0]] ? x[from[1] + i * step[1]] : y[from[2] + i * step[2]];
    });
  });
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_ELEMENTWISE_HPP
