#ifndef MILLRACE_INFER_DETAIL_OPERATORS_DENSE_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_DENSE_HPP

#include <millrace/core/detail/dense_products.hpp>
#include <millrace/core/detail/fused.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/infer/detail/operators/elementwise.hpp>
#include <millrace/infer/detail/planner.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

// Products of matrices, and what may follow them in the same kernel.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// A matrix by how far a row and a column move.
template <class T>
struct strided_matrix {
  const T* data = nullptr;
  std::size_t row = 0;
  std::size_t column = 0;
};

/// The values of a layer for rows: of tiles of them, and of those that are left one by one, with the same bits.
template <class T>
struct dense_rows {
  dense_view<T> of;
  strided_matrix<T> rows;
  std::size_t count;
  T* out;  // row after row, without gaps
  T* space;

  /// How many numbers `space` has. Those behind a row's inputs are 0, and stay so.
  static constexpr std::size_t room(const dense_shape<T>& layer) noexcept {
    const std::size_t tile = layer.is_narrow() ? 1 : products<avx512_lanes, T>::tile_rows;
    return tile * (whole_blocks<T>(layer.inputs) + whole_blocks<T>(layer.units));
  }

  template <class Lanes>
  [[gnu::always_inline]] inline void run() const noexcept {
    constexpr std::size_t tile = products<Lanes, T>::tile_rows;
    std::size_t r = of.shape.units == 0 ? count : 0;
    if (!of.shape.is_narrow())
      for (; r + tile <= count; r += tile) some<Lanes, tile>(r);
    for (; r < count; ++r) some<Lanes, 1>(r);
  }

 private:
  template <class Lanes, std::size_t Rows>
  [[gnu::always_inline]] inline void some(std::size_t r) const noexcept {
    const std::size_t units = of.shape.units;
    const bool fits = units % block_of<T> == 0;
    const bool stands = rows.column == 1 && (!of.shape.is_narrow() || of.shape.inputs % block_of<T> == 0);
    const std::size_t from_row = stands ? rows.row : whole_blocks<T>(of.shape.inputs);
    const std::size_t to_row = fits ? units : whole_blocks<T>(units);
    const T* const from = stands ? rows.data + r * rows.row : space;
    T* const to = fits ? out + r * units : space + Rows * whole_blocks<T>(of.shape.inputs);
    if (!stands)
      for (std::size_t i = 0; i < Rows; ++i) copy_row(r + i, space + i * from_row);
    if constexpr (Rows == 1)
      dense_values<Lanes, T>::of_row(of, from, to);
    else
      dense_values<Lanes, T>::of_rows(of, from, from_row, to, to_row, Rows);
    if (!fits)
      for (std::size_t i = 0; i < Rows; ++i)
        __builtin_memcpy(out + (r + i) * units, to + i * to_row, units * sizeof(T));
  }
  [[gnu::always_inline]] inline void copy_row(std::size_t r, T* to) const noexcept {
    const T* const from = rows.data + r * rows.row;
    if (rows.column == 1)
      __builtin_memcpy(to, from, of.shape.inputs * sizeof(T));
    else
      for (std::size_t k = 0; k < of.shape.inputs; ++k) to[k] = from[k * rows.column];
  }
};

/// A node's matrix as the kernels want it. The first run that is prepared packs it, and all runs of an engine read it.
class packed_once {
 public:
  /// The weights of a layer, which `pack` writes where all are 0, on a line of the cache. Null for a layer of another
  /// shape than the first that was asked for: the graph gave the constant another, by the shapes that came in.
  template <class T, class Pack>
  const T* get(const dense_shape<T>& layer, const Pack& pack) const {
    constexpr std::size_t line = 64;
    const lock_guard held(lock_);
    if (bytes_ == nullptr) {
      bytes_ = std::make_unique<std::byte[]>(layer.weight_count() * sizeof(T) + line);
      data_ = bytes_.get() + (line - reinterpret_cast<std::uintptr_t>(bytes_.get()) % line) % line;
      inputs_ = layer.inputs;
      units_ = layer.units;
      pack(reinterpret_cast<T*>(data_));
    }
    return layer.inputs == inputs_ && layer.units == units_ ? reinterpret_cast<const T*>(data_) : nullptr;
  }

 private:
  mutable mutex lock_;
  mutable std::unique_ptr<std::byte[]> bytes_;
  mutable std::byte* data_ = nullptr;
  mutable std::size_t inputs_ = 0;
  mutable std::size_t units_ = 0;
};
template <class = void>
ready_state ready_product(planner&) {
  return std::make_shared<packed_once>();
}

/// out = alpha a b + beta addend, for matrices, or for pairs of them in stacks that stretch to each other. The right
/// one is laid out anew for the kernels: once for all runs of an engine, if it stands in the graph; once for a run, if
/// it is known otherwise; else each time.
///
/// Guarantee: the order of additions depends on the shape of b alone, so that a row has the same bits alone and in any
/// batch, with every set of a CPU's instructions.
template <class T>
class dense_kernel final : public extensible_kernel {
 public:
  /// With `stacks`, the matrices are the first of stacks.
  dense_kernel(planner& at, const strided_matrix<T>& left, const strided_matrix<T>& right, std::size_t rows,
               const dense_shape<T>& layer, T* out, std::optional<stretched<2>> stacks = {})
      : left_(left), right_(right), rows_(rows), out_(out), stacks_(std::move(stacks)) {
    bias_ = at.own<T>(whole_blocks<T>(layer.units));
    space_ = at.own<T>(dense_rows<T>::room(layer));
    view_ = {layer, nullptr, bias_};
    is_packed_ = !stacks_ && at.in(1).known;
    if (!at.has_room({static_cast<std::int64_t>(layer.weight_count())})) return;
    if (is_packed_ && at.is_constant(1))
      view_.weights = at.ready<packed_once>().get(layer, [&](T* to) { pack(right.data, to); });
    if (view_.weights != nullptr) return;
    view_.weights = weights_ = at.own<T>(layer.weight_count());
    if (is_packed_) pack(right.data, weights_);
  }
  void set_factors(T alpha, T beta) noexcept {
    alpha_ = alpha;
    beta_ = beta;
  }
  /// The addend, by how far a row and a column of the result move in it. Additions begin with one that is the same for
  /// any number of rows, because it is a constant or `is_row`.
  void set_addend(const strided_matrix<T>& addend, bool is_constant, bool is_row) noexcept {
    addend_ = addend;
    if (addend.row != 0 || alpha_ != T(1) || !(is_constant || is_row)) return;
    begins_with_addend_ = true;
    fills_bias_ = !is_constant;
    if (is_constant) fill_bias();
  }

  bool add_row(const planned_value& row) noexcept override {
    const std::size_t columns = view_.shape.units;
    const bool is_one = row.count() == 1;
    const bool fits = is_one || (row.count() == columns && static_cast<std::size_t>(row.sizes.back()) == columns);
    const bool is_taken = addend_.data != nullptr || alpha_ != T(1) || view_.positive;
    if (!fits || is_taken || columns == 0 || !row.is(dtype_for<T>)) return false;
    beta_ = 1;
    set_addend({reinterpret_cast<const T*>(row.data), 0, is_one ? std::size_t{0} : 1}, true, true);
    return true;
  }
  bool make_positive() noexcept override {
    if (scales()) return false;
    view_.positive = true;
    return true;
  }

  void run() noexcept override {
    if (fills_bias_) fill_bias();
    if (stacks_) return run_stacks();
    if (!is_packed_) pack(right_.data, weights_);
    multiply(left_.data, out_);
    if (scales()) scale();
  }

 private:
  /// Whether something is left to do when the products are there.
  bool scales() const noexcept { return alpha_ != T(1) || (addend_.data != nullptr && !begins_with_addend_); }

  void pack(const T* from, T* to) const noexcept {
    const dense_shape<T>& layer = view_.shape;
    for (std::size_t k = 0; k < layer.inputs; ++k)
      for (std::size_t n = 0; n < layer.units; ++n) to[layer.weight(k, n)] = from[k * right_.row + n * right_.column];
  }
  void fill_bias() noexcept {
    for (std::size_t n = 0; n < view_.shape.units; ++n) bias_[n] = beta_ * addend_.data[n * addend_.column];
  }
  void multiply(const T* from, T* to) noexcept {
    run_on(best_lane_cpu(), dense_rows<T>{view_, {from, left_.row, left_.column}, rows_, to, space_});
  }
  void run_stacks() noexcept {
    const std::size_t inner = view_.shape.inputs;
    const std::size_t columns = view_.shape.units;
    const std::array<std::size_t, 2> step = stacks_->steps.back();
    T* to = out_;
    stacks_->each_row([&](const std::array<std::size_t, 2>& from) {
      for (std::size_t i = 0; i < stacks_->row_size(); ++i) {
        pack(right_.data + (from[1] + i * step[1]) * inner * columns, weights_);
        multiply(left_.data + (from[0] + i * step[0]) * rows_ * inner, to);
        to += rows_ * columns;
      }
    });
  }
  void scale() noexcept {
    for (std::size_t i = 0; i < rows_; ++i)
      for (std::size_t j = 0; j < view_.shape.units; ++j) {
        T& to = out_[i * view_.shape.units + j];
        to *= alpha_;
        if (addend_.data == nullptr) continue;
        T part = beta_ * addend_.data[i * addend_.row + j * addend_.column];
        rounded(part);
        to += part;
      }
  }

  strided_matrix<T> left_;
  strided_matrix<T> right_;
  std::size_t rows_;
  dense_view<T> view_{};
  T* weights_ = nullptr;  // of this run alone, where they are not the engine's
  T* bias_ = nullptr;
  T* space_ = nullptr;
  T* out_;
  T alpha_ = 1;
  T beta_ = 1;
  strided_matrix<T> addend_;
  std::optional<stretched<2>> stacks_;
  bool is_packed_ = false;
  bool begins_with_addend_ = false;
  bool fills_bias_ = false;
};

/// Plans a product of whole numbers, which wrap.
template <class T>
bool plan_whole_product(planner& at, stretched<2> walk, std::size_t rows, std::size_t inner, std::size_t columns,
                        const shape& sizes) {
  const T* const x = at.as_computed(0);
  const T* const y = at.as_computed(1);
  T* const out = at.out_computed(0, sizes);
  return at.run([=, walk = std::move(walk)] {
    T* to = out;
    const std::array<std::size_t, 2> step = walk.steps.back();
    walk.each_row([&](const std::array<std::size_t, 2>& from) {
      for (std::size_t place = 0; place < walk.row_size(); ++place) {
        const T* const left = x + (from[0] + place * step[0]) * rows * inner;
        const T* const right = y + (from[1] + place * step[1]) * inner * columns;
        for (std::size_t i = 0; i < rows; ++i)
          for (std::size_t j = 0; j < columns; ++j) {
            T total = 0;
            for (std::size_t k = 0; k < inner; ++k)
              total = add_two()(total, multiply_two()(left[i * inner + k], right[k * columns + j]));
            *to++ = total;
          }
      }
    });
  });
}

template <class T>
bool plan_matrix_product(planner& at) {
  shape a = at.sizes(0);
  shape b = at.sizes(1);
  if (a.empty() || b.empty()) return at.refuse("it multiplies a single number");
  const bool row = a.size() == 1;
  const bool column = b.size() == 1;
  if (row) a.insert(a.begin(), 1);
  if (column) b.push_back(1);
  auto rows = static_cast<std::size_t>(a[a.size() - 2]);
  const auto inner = static_cast<std::size_t>(a.back());
  const auto columns = static_cast<std::size_t>(b.back());
  const std::span<const std::int64_t> outer_a(a.data(), a.size() - 2);
  const std::span<const std::int64_t> outer_b(b.data(), b.size() - 2);
  stretched<2> walk({outer_a, outer_b});
  if (b[b.size() - 2] != a.back() || !walk.fits)
    return at.refuse("shapes " + text_of(at.sizes(0)) + " and " + text_of(at.sizes(1)) + " do not fit");
  shape sizes = walk.sizes;
  if (!row) sizes.push_back(a[a.size() - 2]);
  if (!column) sizes.push_back(b.back());
  if constexpr (std::is_integral_v<T>) {
    return plan_whole_product<T>(at, std::move(walk), rows, inner, columns, sizes);
  } else {
    // One matrix for all rows of the left stack: they are rows of one product.
    const bool is_one = elements(outer_b) == 1;
    if (is_one) rows *= elements(outer_a);
    T* const out = at.out<T>(0, std::move(sizes));
    auto made = std::make_unique<dense_kernel<T>>(
        at, strided_matrix<T>{at.data<T>(0), inner, 1}, strided_matrix<T>{at.data<T>(1), columns, 1}, rows,
        dense_shape<T>{inner, columns}, out, is_one ? std::nullopt : std::optional(std::move(walk)));
    return at.run_extensible(std::move(made));
  }
}
template <class = void>
bool plan_matmul(planner& at) {
  if (!has_pair(at)) return false;
  if (at.in(0).is(dtype::f32)) return plan_matrix_product<float>(at);
  if (at.in(0).is(dtype::f64)) return plan_matrix_product<double>(at);
  if (at.computed(0) == dtype::i64 || at.computed(0) == dtype::u64) return plan_matrix_product<std::int64_t>(at);
  return at.refuse_type(0);
}

template <class T>
bool plan_gemm_of(planner& at) {
  const bool turn_a = at.whole("transA", 0) != 0;
  const bool turn_b = at.whole("transB", 0) != 0;
  const shape& a = at.sizes(0);
  const shape& b = at.sizes(1);
  if (a.size() != 2 || b.size() != 2) return at.refuse("it multiplies what are no matrices");
  const auto rows = static_cast<std::size_t>(a[turn_a ? 1 : 0]);
  const auto inner = static_cast<std::size_t>(a[turn_a ? 0 : 1]);
  const auto columns = static_cast<std::size_t>(b[turn_b ? 0 : 1]);
  if (static_cast<std::size_t>(b[turn_b ? 1 : 0]) != inner)
    return at.refuse("shapes " + text_of(a) + " and " + text_of(b) + " do not fit");
  const auto matrix = [](const T* data, const shape& sizes, bool turned) {
    const auto width = static_cast<std::size_t>(sizes[1]);
    return turned ? strided_matrix<T>{data, 1, width} : strided_matrix<T>{data, width, 1};
  };
  strided_matrix<T> addend;
  if (at.has(2)) {
    // The addend stretches to the result, never the other way round.
    const shape& c = at.sizes(2);
    const std::int64_t high = c.size() < 2 ? 1 : c[c.size() - 2];
    const std::int64_t wide = c.empty() ? 1 : c.back();
    if (c.size() > 2 || (high != 1 && static_cast<std::size_t>(high) != rows) ||
        (wide != 1 && static_cast<std::size_t>(wide) != columns))
      return at.refuse("the addend " + text_of(c) + " does not stretch to the product");
    addend = {at.data<T>(2), high == 1 ? 0 : static_cast<std::size_t>(wide), wide == 1 ? std::size_t{0} : 1};
  }
  T* const out = at.out<T>(0, {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)});
  auto made = std::make_unique<dense_kernel<T>>(at, matrix(at.data<T>(0), a, turn_a), matrix(at.data<T>(1), b, turn_b),
                                                rows, dense_shape<T>{inner, columns}, out);
  if (!at.problem().empty()) return false;
  made->set_factors(static_cast<T>(at.real("alpha", 1)), static_cast<T>(at.real("beta", 1)));
  if (at.has(2)) made->set_addend(addend, at.is_constant(2), at.sizes(2).size() < 2);
  return at.run_extensible(std::move(made));
}
template <class = void>
bool plan_gemm(planner& at) {
  if (!has_pair(at)) return false;
  if (at.has(2) && !at.in(2).is(at.in(0).type)) return at.refuse("its inputs are of different types");
  if (at.in(0).is(dtype::f32)) return plan_gemm_of<float>(at);
  if (at.in(0).is(dtype::f64)) return plan_gemm_of<double>(at);
  return at.refuse_type(0);
}

/// An addition, which the kernel of a product does itself if the other addend is a known row.
template <class = void>
bool plan_addition(planner& at) {
  for (std::size_t i = 0; i < 2; ++i) {
    extensible_kernel* const maker = at.maker(i);
    if (maker == nullptr || !at.has(1 - i) || !at.is_constant(1 - i)) continue;
    const planned_value& row = at.in(1 - i);
    if (row.sizes.size() <= at.sizes(i).size() && maker->add_row(row)) return at.extended(i);
  }
  return plan_arithmetic<add_two>(at);
}
template <class = void>
bool plan_rectifier(planner& at) {
  extensible_kernel* const maker = at.maker(0);
  return maker != nullptr && maker->make_positive() ? at.extended(0) : plan_signed<relu_of>(at);
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_DENSE_HPP
