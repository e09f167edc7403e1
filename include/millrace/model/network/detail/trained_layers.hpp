#ifndef MILLRACE_MODEL_NETWORK_DETAIL_TRAINED_LAYERS_HPP
#define MILLRACE_MODEL_NETWORK_DETAIL_TRAINED_LAYERS_HPP

#include <millrace/core/detail/dense_products.hpp>
#include <millrace/core/detail/fused.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/network/activation.hpp>
#include <millrace/model/network/detail/dense_layers.hpp>
#include <millrace/model/network/detail/lane_functions.hpp>
#include <millrace/model/network/detail/network_outputs.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// One step of Adam: `rate` and `unbias` are corrected for the running means' start at 0.
struct adam_step {
  float rate = 0;
  float unbias = 1;
  float l2 = 0;
  float keep = 1;  // of a weight: 1 less what is taken beside the loss

  static constexpr double beta1 = 0.9;
  static constexpr double beta2 = 0.999;
  static constexpr float epsilon = 1e-8F;
  // Added to a running mean and subtracted again: it keeps means that get nothing more from decaying into subnormal
  // numbers, with which CPUs take a hundred times as long.
  static constexpr float ground = 0x1p-80F;
};

/// A product with one chain for each number, for work that has several.
struct chained_product {
  product_view<float> of;
  const float* start;
  product_result<float> result;
  std::size_t rows;
  std::size_t columns;
  template <class Lanes>
  [[gnu::always_inline]] inline void run() const noexcept {
    products<Lanes>::template multiply<1>(of, start, result, rows, columns);
  }
};

/// A network's weights while they are learnt, its values for a batch, and the gradients. A layer's weights are inputs x
/// units, row by row, each row padded with zeros to whole blocks.
///
/// Guarantee: the same bits with every set of lanes.
/// Source: Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1; Loshchilov, Hutter,
/// "Decoupled weight decay regularization", ICLR 2019, algorithm 2.
class trained_layers {
 public:
  using shape_type = std::vector<std::pair<std::size_t, activation>>;

  trained_layers() = default;
  trained_layers(std::size_t inputs, const shape_type& shape, std::size_t batch, lane_cpu cpu)
      : cpu_(cpu), batch_(whole_tiles(batch)), inputs_(inputs) {
    std::size_t values = batch_ * whole_blocks(inputs);
    std::size_t numbers = 0;
    std::size_t transposed = 0;
    std::size_t widest = 0;
    for (const auto& [units, function] : shape) {
      const std::size_t width = whole_blocks(units);
      const std::size_t bias = numbers + whole_tiles(inputs) * width;
      places_.push_back({inputs, units, width, function, numbers, bias, values, values + batch_ * width});
      numbers = bias + width;
      values += batch_ * width * (function == activation::gelu ? 2 : 1);
      transposed = whole_blocks(inputs) * units > transposed ? whole_blocks(inputs) * units : transposed;
      widest = width > widest ? width : widest;
      inputs = units;
    }
    size_ = numbers;
    values_ = line_floats(values);
    for (line_floats* each : {&parameters_, &gradients_, &means_, &squares_}) *each = line_floats(numbers);
    for (line_floats& each : deltas_) each = line_floats(batch_ * widest);
    transposed_ = line_floats(transposed);
  }

  /// Weights and biases uniform in [-r, r] with r = sqrt(6 / (inputs + units)).
  /// Source: Glorot, Bengio, AISTATS 2010, eq. 16.
  void draw(random_engine& random) noexcept {
    for (const place& at : places_) {
      const double limit = math::sqrt(6 / static_cast<double>(at.inputs + at.units));
      const auto next = [&] { return static_cast<float>(limit * (2 * random.uniform() - 1)); };
      for (std::size_t k = 0; k < at.inputs; ++k)
        for (std::size_t n = 0; n < at.units; ++n) parameters_.data()[at.weights + k * at.width + n] = next();
      for (std::size_t n = 0; n < at.units; ++n) parameters_.data()[at.bias + n] = next();
    }
  }

  std::size_t batch() const noexcept { return batch_; }
  std::span<const float> parameters() const noexcept { return {parameters_.data(), size_}; }
  std::span<float> parameters() noexcept { return {parameters_.data(), size_}; }
  std::span<const float> gradients() const noexcept { return {gradients_.data(), size_}; }
  /// Numbers from one row of the outputs, or of their gradient, to the next.
  std::size_t output_row() const noexcept { return places_.back().width; }
  const float* outputs() const noexcept { return values_.data() + places_.back().values; }
  /// Where the gradient of the loss by the outputs stands for `backward`, batch x output_row; 0 where there is padding.
  float* output_gradient() noexcept { return deltas_[0].data(); }

  /// Takes rows as the next batch, scaled. `rows` starts with the batch's places in `table`.
  void take(const float* table, std::size_t stride, std::span<const std::uint32_t> rows, input_scale scale) noexcept {
    run_on(cpu_, take_work{*this, table, stride, rows, scale});
  }
  /// Computes the values of the batch's first `rows` rows.
  void forward(std::size_t rows) noexcept { run_on(cpu_, forward_work{*this, rows}); }
  /// Computes the gradients from `output_gradient`, after `forward` with as many rows.
  void backward(std::size_t rows) noexcept { run_on(cpu_, backward_work{*this, rows}); }
  /// Moves all parameters against their gradients.
  void update(const adam_step& with) noexcept { run_on(cpu_, update_work{*this, with}); }

  /// The layers as they are asked.
  dense_layers finish(const shape_type& shape) const {
    dense_layers made(inputs_, shape);
    for (std::size_t l = 0; l < places_.size(); ++l) {
      const place& at = places_[l];
      for (std::size_t n = 0; n < at.units; ++n) {
        made.bias(l, n) = parameters_.data()[at.bias + n];
        for (std::size_t k = 0; k < at.inputs; ++k)
          made.weight(l, k, n) = parameters_.data()[at.weights + k * at.width + n];
      }
    }
    return made;
  }

 private:
  struct place {
    std::size_t inputs;
    std::size_t units;
    std::size_t width;
    activation function;
    std::size_t weights;  // offsets into the parameters
    std::size_t bias;
    std::size_t values;  // offsets into the values
    std::size_t sums;    // of gelu, whose derivative needs them
  };
  struct take_work {
    trained_layers& self;
    const float* table;
    std::size_t stride;
    std::span<const std::uint32_t> rows;
    input_scale scale;
    template <class Lanes>
    [[gnu::always_inline]] inline void run() const noexcept {
      const std::size_t width = whole_blocks(self.inputs_);
      float* to = self.values_.data();
      for (const std::uint32_t row : rows) {
        row_copy<Lanes>{table + row * stride, scale, to}.run(self.inputs_);
        to += width;
      }
      for (float* const end = self.values_.data() + whole_tiles(rows.size()) * width; to != end; ++to) *to = 0;
    }
  };
  struct forward_work {
    trained_layers& self;
    std::size_t rows;
    template <class Lanes>
    [[gnu::always_inline]] inline void run() const noexcept {
      const float* from = self.values_.data();
      std::size_t row = whole_blocks(self.inputs_);
      const std::size_t count = whole_tiles(rows);
      for (const place& at : self.places_) {
        float* const to = self.values_.data() + at.values;
        const float* const numbers = self.parameters_.data();
        run_apart<Lanes>(chained_product{{from, row, 1, numbers + at.weights, at.width, at.inputs},
                                         numbers + at.bias,
                                         {to, at.width, at.function == activation::relu},
                                         count,
                                         at.width});
        if (at.function == activation::gelu)
          __builtin_memcpy(self.values_.data() + at.sums, to, count * at.width * sizeof(float));
        if (at.function != activation::relu) run_apart<Lanes>(apply_activation{at.function, to, count * at.width});
        from = to;
        row = at.width;
      }
    }
  };
  struct backward_work {
    trained_layers& self;
    std::size_t rows;
    template <class Lanes>
    [[gnu::always_inline]] inline void run() const noexcept {
      float* delta = self.deltas_[0].data();
      float* next = self.deltas_[1].data();
      for (std::size_t l = self.places_.size(); l-- > 0;) {
        const place& at = self.places_[l];
        const float* const y = self.values_.data() + (at.function == activation::gelu ? at.sums : at.values);
        run_apart<Lanes>(apply_derivative{at.function, delta, y, whole_tiles(rows) * at.width});
        const float* const x = self.values_.data() + (l > 0 ? self.places_[l - 1].values : 0);
        const std::size_t row = whole_blocks(at.inputs);
        float* const gradients = self.gradients_.data();
        run_apart<Lanes>(chained_product{{x, 1, row, delta, at.width, rows},
                                         nullptr,
                                         {gradients + at.weights, at.width},
                                         whole_tiles(at.inputs),
                                         at.width});
        add_rows<Lanes>(delta, at.width, gradients + at.bias);
        if (l == 0) return;
        self.transpose(at);
        run_apart<Lanes>(chained_product{{delta, at.width, 1, self.transposed_.data(), row, at.units},
                                         nullptr,
                                         {next, row},
                                         whole_tiles(rows),
                                         row});
        std::swap(delta, next);
      }
    }
    template <class Lanes>
    [[gnu::always_inline]] inline void add_rows(const float* delta, std::size_t width, float* to) const noexcept {
      for (std::size_t n = 0; n < width; n += Lanes::lanes) {
        typename Lanes::type sum{};
        for (std::size_t r = 0; r < rows; ++r) {
          typename Lanes::type at;
          load_vector(at, delta + r * width + n);
          sum += at;
        }
        store_vector(to + n, sum);
      }
    }
  };
  struct update_work {
    trained_layers& self;
    adam_step with;
    template <class Lanes>
    [[gnu::always_inline]] inline void run() const noexcept {
      adam_step of_bias = with;
      of_bias.l2 = 0;
      of_bias.keep = 1;
      for (const place& at : self.places_) {
        update<Lanes>(at.weights, at.inputs * at.width, with);
        update<Lanes>(at.bias, at.width, of_bias);
      }
    }
    template <class Lanes>
    [[gnu::always_inline]] inline void update(std::size_t first, std::size_t size,
                                              const adam_step& step) const noexcept {
      using v = typename Lanes::type;
      using functions = lane_functions<Lanes>;
      constexpr auto b1 = static_cast<float>(adam_step::beta1);
      constexpr auto b2 = static_cast<float>(adam_step::beta2);
      constexpr auto rest1 = static_cast<float>(1 - adam_step::beta1);
      constexpr auto rest2 = static_cast<float>(1 - adam_step::beta2);
      for (std::size_t i = first; i < first + size; i += Lanes::lanes) {
        v p;
        v g;
        v m;
        v s;
        load_vector(p, self.parameters_.data() + i);
        load_vector(g, self.gradients_.data() + i);
        load_vector(m, self.means_.data() + i);
        load_vector(s, self.squares_.data() + i);
        functions::add_multiple(g, p, step.l2);
        const v share = g * rest2;
        v mean = adam_step::ground - v{};
        functions::add_multiple(mean, g, rest1);
        functions::add_multiple(mean, m, b1);
        mean -= adam_step::ground;
        v square = adam_step::ground - v{};
        Lanes::add_fused(square, share, g);
        functions::add_multiple(square, s, b2);
        square -= adam_step::ground;
        store_vector(self.means_.data() + i, mean);
        store_vector(self.squares_.data() + i, square);
        square_root<Lanes::is_fast>(square);
        v below = adam_step::epsilon - v{};
        functions::add_multiple(below, square, step.unbias);
        v moved = mean * -step.rate / below;
        functions::add_multiple(moved, p, step.keep);
        store_vector(self.parameters_.data() + i, moved);
      }
    }
  };

  /// Rows and inputs are counted up to whole tiles of every set of lanes.
  static constexpr std::size_t whole_tiles(std::size_t rows) noexcept { return (rows + 7) / 8 * 8; }

  /// The weights of a layer, units x inputs.
  void transpose(const place& at) noexcept {
    const std::size_t row = whole_blocks(at.inputs);
    const float* const from = parameters_.data() + at.weights;
    float* const to = transposed_.data();
    for (std::size_t n = 0; n < at.units; ++n) {
      for (std::size_t k = 0; k < at.inputs; ++k) to[n * row + k] = from[k * at.width + n];
      for (std::size_t k = at.inputs; k < row; ++k) to[n * row + k] = 0;
    }
  }

  lane_cpu cpu_ = lane_cpu::plain;
  std::size_t batch_ = 0;
  std::size_t inputs_ = 0;
  std::size_t size_ = 0;
  std::vector<place> places_;
  line_floats parameters_;
  line_floats gradients_;
  line_floats means_;    // of the gradients
  line_floats squares_;  // means of their squares
  line_floats values_;
  line_floats deltas_[2];
  line_floats transposed_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_NETWORK_DETAIL_TRAINED_LAYERS_HPP
