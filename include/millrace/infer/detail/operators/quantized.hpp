#ifndef MILLRACE_INFER_DETAIL_OPERATORS_QUANTIZED_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_QUANTIZED_HPP

#include <millrace/infer/detail/operators/elementwise.hpp>
#include <millrace/infer/detail/operators/shapes.hpp>
#include <millrace/infer/detail/operators/windows.hpp>
#include <millrace/infer/detail/planner.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

// Operators on whole numbers that stand for real ones: real = (whole - zero point) * scale.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// Which scale belongs to an element: one for all, one for each place along an axis, or one for each block of places.
struct scale_places {
  std::size_t behind = 1;
  std::size_t size = 1;   // along the axis
  std::size_t block = 1;  // places of one scale
  std::size_t blocks = 1;
  enum { one, along, blocked } kind = one;

  std::size_t operator()(std::size_t i) const noexcept {
    if (kind == one) return 0;
    const std::size_t place = i / behind % size;
    return kind == along ? place : (i / (behind * size) * blocks + place / block) * behind + i % behind;
  }
};
template <class = void>
bool read_scales(planner& at, scale_places& made) {
  const shape& sizes = at.sizes(0);
  const shape& scales = at.sizes(1);
  const auto told = [&] { return at.refuse("its scales " + text_of(scales) + " do not fit " + text_of(sizes)); };
  if (!at.in(1).is(dtype::f32)) return at.refuse("its scale is of a type that is not computed");
  if (at.has(2) && at.in(2).count() != at.in(1).count()) return at.refuse("its zero points are not one for each scale");
  if (scales.size() <= 1 && at.in(1).count() == 1) return true;
  std::int64_t axis = at.whole("axis", 1);
  if (!settle_axis(axis, sizes.size())) return told();
  const around_axis around(sizes, axis);
  const std::int64_t block = at.whole("block_size", 0);
  made.behind = around.behind;
  made.size = around.size;
  made.kind = block > 0 ? scale_places::blocked : scale_places::along;
  if (block <= 0) return (scales.size() == 1 && at.in(1).count() == around.size) || told();
  made.block = static_cast<std::size_t>(block);
  made.blocks = (around.size + made.block - 1) / made.block;
  shape wanted = sizes;
  wanted[static_cast<std::size_t>(axis)] = static_cast<std::int64_t>(made.blocks);
  return scales == wanted || told();
}

/// The whole number that stands for a real one, before it is cut to its type.
inline double quantized(float x, float scale, double zero) noexcept {
  return static_cast<double>(std::nearbyint(x / scale)) + zero;
}

/// The whole type that a node asks for: that of its zero point, or the attribute's.
template <class = void>
dtype quantized_type(planner& at) {
  if (at.has(2)) return at.in(2).type;
  const std::int64_t code = at.whole("output_dtype", 2);
  return code == 2 ? dtype::u8 : code == 3 ? dtype::i8 : code == 4 ? dtype::u16 : code == 5 ? dtype::i16 : dtype::f16;
}
template <class = void>
bool plan_quantize(planner& at) {
  scale_places places;
  if (!at.in(0).is(dtype::f32)) return at.refuse_type(0);
  if (!read_scales(at, places)) return false;
  const dtype type = quantized_type(at);
  if (size_of(type) > 2 || computed_type(type) != dtype::i64)
    return at.refuse("it makes numbers of a type that is not computed");
  const float* const x = at.data<float>(0);
  const float* const scale = at.data<float>(1);
  const double* const zero = at.has(2) ? at.as(2, dtype::f64) : element_pointer();
  double* const out = at.out_from(0, type, dtype::f64, at.sizes(0));
  return at.run([=, count = at.in(0).count()] {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t place = places(i);
      out[i] = quantized(x[i], scale[place], zero != nullptr ? zero[place] : 0);
    }
  });
}
template <class = void>
bool plan_dequantize(planner& at) {
  scale_places places;
  if (!read_scales(at, places)) return false;
  if (at.has(2) && !at.in(2).is(at.in(0).type)) return at.refuse("its zero point is of another type");
  if (at.in(0).is(dtype::u32) || at.computed(0) != dtype::i64 || at.in(0).is(dtype::i64)) return at.refuse_type(0);
  const std::int64_t* const x = at.as_computed(0);
  const float* const scale = at.data<float>(1);
  const std::int64_t* const zero = at.has(2) ? at.as_computed(2) : element_pointer();
  float* const out = at.out<float>(0, at.sizes(0));
  return at.run([=, count = at.in(0).count()] {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t place = places(i);
      out[i] = static_cast<float>(x[i] - (zero != nullptr ? zero[place] : 0)) * scale[place];
    }
  });
}

/// A scale and zero point by which the input's least and largest number, and 0, fit into 8 bits.
template <class = void>
bool plan_dynamic_quantize(planner& at) {
  if (!at.in(0).is(dtype::f32)) return at.refuse_type(0);
  const float* const x = at.data<float>(0);
  std::uint8_t* const out = at.out<std::uint8_t>(0, at.sizes(0));
  float* const scale = at.out<float>(1, {});
  std::uint8_t* const zero = at.out<std::uint8_t>(2, {});
  return at.run([=, count = at.in(0).count()] {
    float least = 0;
    float most = 0;
    for (std::size_t i = 0; i < count; ++i) {
      least = x[i] < least ? x[i] : least;
      most = x[i] > most ? x[i] : most;
    }
    *scale = most == least ? 1.0F : (most - least) / 255.0F;
    *zero = nearest<std::uint8_t>(std::nearbyint(-least / *scale));
    for (std::size_t i = 0; i < count; ++i) out[i] = nearest<std::uint8_t>(quantized(x[i], *scale, *zero));
  });
}

/// An input of 8 bits minus its zero points, as wider numbers.
struct widened {
  const std::byte* data = nullptr;
  const std::byte* zeros = nullptr;
  bool is_signed = false;
  std::size_t count = 0;
  std::size_t zero_count = 1;
  std::size_t zero_step = 1;  // how many elements share a zero point

  std::int32_t at(const std::byte* from, std::size_t i) const noexcept {
    const auto bits = static_cast<std::uint8_t>(from[i]);
    return is_signed ? std::int32_t{static_cast<std::int8_t>(bits)} : std::int32_t{bits};
  }
  void to(std::int32_t* out) const noexcept {
    for (std::size_t i = 0; i < count; ++i)
      out[i] = at(data, i) - (zeros != nullptr ? at(zeros, i / zero_step % zero_count) : 0);
  }
};
/// `rows`: the zero points are one for each row, not for each column.
template <class = void>
bool read_widened(planner& at, std::size_t input, std::size_t zero, bool rows, widened& made) {
  const planned_value& value = at.in(input);
  if (!value.is(dtype::i8) && !value.is(dtype::u8)) return at.refuse_type(input);
  const shape& sizes = value.sizes;
  if (sizes.size() < 2) return at.refuse("it multiplies what are no matrices");
  made.data = value.data;
  made.is_signed = value.is(dtype::i8);
  made.count = value.count();
  if (!at.has(zero)) return true;
  if (!at.in(zero).is(value.type)) return at.refuse("its zero point is of another type");
  made.zeros = at.in(zero).data;
  made.zero_count = at.in(zero).count();
  made.zero_step = rows ? static_cast<std::size_t>(sizes.back()) : 1;
  const auto wanted = static_cast<std::size_t>(rows ? sizes[sizes.size() - 2] : sizes.back());
  return made.zero_count == 1 || made.zero_count == wanted ||
         at.refuse("its zero points are not one for each " + std::string(rows ? "row" : "column"));
}

/// Products of whole matrices, one for each pair of the outer dimensions.
struct whole_product {
  widened a;
  widened b;
  std::vector<std::int32_t> left;
  std::vector<std::int32_t> right;
  std::vector<std::array<std::size_t, 2>> pairs;  // where the matrices of each product begin
  shape sizes;
  std::size_t rows = 0;
  std::size_t inner = 0;
  std::size_t columns = 0;
  bool b_is_known = false;

  /// Writes the sums, product after product and row after row.
  void run(std::int32_t* out) noexcept {
    a.to(left.data());
    if (!b_is_known) b.to(right.data());
    for (const std::array<std::size_t, 2>& pair : pairs)
      for (std::size_t row = 0; row < rows; ++row, out += columns) {
        for (std::size_t j = 0; j < columns; ++j) out[j] = 0;
        for (std::size_t k = 0; k < inner; ++k) {
          const std::int32_t x = left[pair[0] + row * inner + k];
          const std::int32_t* const y = right.data() + pair[1] + k * columns;
          for (std::size_t j = 0; j < columns; ++j) out[j] += x * y[j];
        }
      }
  }
};
template <class = void>
bool plan_whole_product(planner& at, std::size_t b, std::size_t a_zero, std::size_t b_zero, whole_product& made) {
  if (!read_widened(at, 0, a_zero, true, made.a) || !read_widened(at, b, b_zero, false, made.b)) return false;
  const std::span<const std::int64_t> first(at.sizes(0));
  const std::span<const std::int64_t> second(at.sizes(b));
  const stretched<2> walk({first.first(first.size() - 2), second.first(second.size() - 2)});
  if (!walk.fits || first.back() != second[second.size() - 2])
    return at.refuse("shapes " + text_of(first) + " and " + text_of(second) + " do not fit");
  made.rows = static_cast<std::size_t>(first[first.size() - 2]);
  made.inner = static_cast<std::size_t>(first.back());
  made.columns = static_cast<std::size_t>(second.back());
  // Sums of products of numbers of 9 bits stay in 32.
  if (made.inner > std::size_t{1} << 14) return at.refuse("it adds up more products than 32 bits hold");
  made.sizes = walk.sizes;
  made.sizes.push_back(first[first.size() - 2]);
  made.sizes.push_back(second.back());
  if (!at.has_room(made.sizes)) return false;
  walk.each_row([&](const std::array<std::size_t, 2>& from) {
    for (std::size_t i = 0; i < walk.row_size(); ++i)
      made.pairs.push_back({(from[0] + i * walk.steps.back()[0]) * made.rows * made.inner,
                            (from[1] + i * walk.steps.back()[1]) * made.inner * made.columns});
  });
  made.left.resize(made.a.count);
  made.right.resize(made.b.count);
  made.b_is_known = at.in(b).known && (!at.has(b_zero) || at.in(b_zero).known);
  if (made.b_is_known) made.b.to(made.right.data());
  return true;
}
template <class = void>
bool plan_matmul_integer(planner& at) {
  whole_product made;
  if (!plan_whole_product(at, 1, 2, 3, made)) return false;
  std::int32_t* const out = at.out<std::int32_t>(0, made.sizes);
  return at.run([out, made = std::move(made)]() mutable { made.run(out); });
}

/// A product whose sums become 8 bits again, by the scales of what goes in and comes out.
template <class = void>
bool plan_linear_matmul(planner& at) {
  for (std::size_t i = 0; i < 8; ++i)
    if (!at.has(i)) return at.refuse("it needs eight inputs");
  whole_product made;
  if (!plan_whole_product(at, 3, 2, 5, made)) return false;
  const auto suits = [&](std::size_t input, std::size_t most) {
    return at.in(input).is(dtype::f32) && (at.in(input).count() == 1 || at.in(input).count() == most);
  };
  if (!suits(1, made.rows) || !suits(4, made.columns) || !suits(6, 1) || at.in(7).count() != 1)
    return at.refuse("its scales do not fit its matrices");
  const bool by_row = at.in(1).count() != 1;
  const bool by_column = at.in(4).count() != 1;
  const float* const a = at.data<float>(1);
  const float* const b = at.data<float>(4);
  const float* const y = at.data<float>(6);
  if (!at.in(7).is(dtype::u8) && !at.in(7).is(dtype::i8)) return at.refuse_type(7);
  const double* const zero = at.as(7, dtype::f64);
  double* const out = at.out_from(0, at.in(7).type, dtype::f64, made.sizes);
  return at.run([=, sums = std::vector<std::int32_t>(elements(made.sizes)), made = std::move(made)]() mutable {
    made.run(sums.data());
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const float scale = a[by_row ? i / made.columns % made.rows : 0] * b[by_column ? i % made.columns : 0] / *y;
      out[i] = quantized(static_cast<float>(sums[i]) * scale, 1, *zero);
    }
  });
}

/// An input less its zero points, which some of its elements share, one after another.
struct centred {
  const std::int64_t* from = nullptr;
  const std::int64_t* zeros = nullptr;
  std::int64_t* to = nullptr;
  std::size_t count = 0;
  std::size_t share = 1;
  std::size_t zero_count = 1;

  void run() const noexcept {
    for (std::size_t i = 0; i < count; ++i) to[i] = from[i] - (zeros != nullptr ? zeros[i / share % zero_count] : 0);
  }
};
/// `zeros`: how many zero points there may be, besides one.
template <class = void>
bool read_centred(planner& at, std::size_t input, std::size_t zero, std::size_t zeros, centred& made) {
  if (!at.in(input).is(dtype::i8) && !at.in(input).is(dtype::u8)) return at.refuse_type(input);
  made.count = at.in(input).count();
  made.from = at.as_computed(input);
  made.to = reinterpret_cast<std::int64_t*>(at.temporary(dtype::i64, made.count, false));
  if (!at.has(zero)) return true;
  made.zero_count = at.in(zero).count();
  made.share = zeros == 0 ? 1 : made.count / zeros;
  if (made.share == 0) made.share = 1;
  made.zeros = at.as_computed(zero);
  return (at.in(zero).is(at.in(input).type) && (made.zero_count == 1 || made.zero_count == zeros)) ||
         at.refuse("its zero points are not one for all or for each channel, of its type");
}
/// A convolution of whole numbers less their zero points.
struct whole_convolution {
  convolution by;
  centred x;
  centred w;
  shape sizes;

  void run(const std::int64_t* addends, std::int64_t* out) const noexcept {
    x.run();
    w.run();
    by.run<std::int64_t>(x.to, w.to, addends, out);
  }
};
template <class = void>
bool read_whole_convolution(planner& at, std::size_t weights, std::size_t x_zero, std::size_t w_zero,
                            whole_convolution& made) {
  if (!read_convolution(at, weights, made.by, made.sizes)) return false;
  const auto channels = static_cast<std::size_t>(at.sizes(weights)[0]);
  return read_centred(at, 0, x_zero, 1, made.x) && read_centred(at, weights, w_zero, channels, made.w);
}
template <class = void>
bool plan_conv_integer(planner& at) {
  whole_convolution made;
  if (!read_whole_convolution(at, 1, 2, 3, made)) return false;
  std::int64_t* const out = at.out_from(0, dtype::i32, dtype::i64, made.sizes);
  return at.run([out, made = std::move(made)] { made.run(nullptr, out); });
}
/// A convolution whose sums become 8 bits again, by the scales of what goes in and comes out.
template <class = void>
bool plan_linear_conv(planner& at) {
  for (std::size_t i = 0; i < 8; ++i)
    if (!at.has(i)) return at.refuse("it needs eight inputs");
  whole_convolution made;
  if (!read_whole_convolution(at, 3, 2, 5, made) || !suits_channels(at, 8, dtype::i32, made.by.of)) return false;
  const auto channels = static_cast<std::size_t>(at.sizes(3)[0]);
  for (const std::size_t i : {std::size_t{1}, std::size_t{4}, std::size_t{6}})
    if (!at.in(i).is(dtype::f32) || (at.in(i).count() != 1 && (i != 4 || at.in(i).count() != channels)))
      return at.refuse("its scales are not one for all, or for each channel");
  if ((!at.in(7).is(dtype::u8) && !at.in(7).is(dtype::i8)) || at.in(7).count() != 1) return at.refuse_type(7);
  const bool by_channel = at.in(4).count() != 1;
  const float* const a = at.data<float>(1);
  const float* const b = at.data<float>(4);
  const float* const y = at.data<float>(6);
  const double* const zero = at.as(7, dtype::f64);
  const std::int64_t* const addends = at.has(8) ? at.as_computed(8) : element_pointer();
  const element_pointer sums{at.temporary(dtype::i64, elements(made.sizes), false)};
  double* const out = at.out_from(0, at.in(7).type, dtype::f64, made.sizes);
  return at.run([=, made = std::move(made)] {
    std::int64_t* const whole = sums;
    made.run(addends, whole);
    for (std::size_t i = 0; i < elements(made.sizes); ++i) {
      const float scale = *a * b[by_channel ? i / made.by.moves.results % channels : 0] / *y;
      out[i] = quantized(static_cast<float>(whole[i]) * scale, 1, *zero);
    }
  });
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_QUANTIZED_HPP
