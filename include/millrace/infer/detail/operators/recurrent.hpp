#ifndef MILLRACE_INFER_DETAIL_OPERATORS_RECURRENT_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_RECURRENT_HPP

#include <millrace/infer/detail/operators/elementwise.hpp>
#include <millrace/infer/detail/planner.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Operators that go through a sequence and carry a state along: RNN, GRU, LSTM.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

enum class recurrence { simple, gru, lstm };

constexpr std::size_t gates_of(recurrence kind) noexcept {
  return kind == recurrence::simple ? 1 : kind == recurrence::gru ? 3 : 4;
}
constexpr std::size_t activations_of(recurrence kind) noexcept {
  return kind == recurrence::simple ? 1 : kind == recurrence::gru ? 2 : 3;
}

/// What a gate is put through.
struct gate_function {
  enum kind_type {
    relu,
    tanh,
    sigmoid,
    affine,
    leaky,
    thresholded,
    scaled_tanh,
    hard_sigmoid,
    elu,
    softsign,
    softplus
  };
  kind_type kind = tanh;
  float alpha = 0;
  float beta = 0;

  /// Of each of several numbers, which are held between -`clip` and `clip` before, if that is not 0.
  template <class T>
  void apply(T* x, std::size_t count, T clip) const noexcept {
    const T a = static_cast<T>(alpha);
    const T b = static_cast<T>(beta);
    for (std::size_t i = 0; i < count && clip > 0; ++i) x[i] = x[i] > clip ? clip : x[i] < -clip ? -clip : x[i];
    const auto each = [&](const auto& function) {
      for (std::size_t i = 0; i < count; ++i) x[i] = function(x[i]);
    };
    switch (kind) {
      case relu: return each([](T y) { return y > 0 ? y : T(0); });
      case tanh: return each(tanh_of);
      case sigmoid: return each(logistic_of);
      case affine: return each([=](T y) { return a * y + b; });
      case leaky: return each([=](T y) { return leaky_relu_of(y, a, b); });
      case thresholded: return each([=](T y) { return thresholded_relu_of(y, a, b); });
      case scaled_tanh: return each([=](T y) { return a * std::tanh(b * y); });
      case hard_sigmoid: return each([=](T y) { return hard_sigmoid_of(y, a, b); });
      case elu: return each([=](T y) { return elu_of(y, a, b); });
      case softsign: return each(softsign_of);
      case softplus: return each([](T y) { return y > 0 ? y + std::log1p(std::exp(-y)) : std::log1p(std::exp(y)); });
    }
  }
};
/// The functions that a node names, with the numbers that some of them take, one after another.
template <class = void>
bool read_gate_functions(planner& at, recurrence kind, std::size_t directions, std::vector<gate_function>& made) {
  struct known {
    std::string_view name;
    gate_function function;
    std::size_t numbers;
  };
  static constexpr known all[] = {
      {"Relu", {gate_function::relu, 0, 0}, 0},
      {"Tanh", {gate_function::tanh, 0, 0}, 0},
      {"Sigmoid", {gate_function::sigmoid, 0, 0}, 0},
      {"Affine", {gate_function::affine, 1, 0}, 2},
      {"LeakyRelu", {gate_function::leaky, 0.01F, 0}, 1},
      {"ThresholdedRelu", {gate_function::thresholded, 1, 0}, 1},
      {"ScaledTanh", {gate_function::scaled_tanh, 1, 1}, 2},
      {"HardSigmoid", {gate_function::hard_sigmoid, 0.2F, 0.5F}, 2},
      {"Elu", {gate_function::elu, 1, 0}, 1},
      {"Softsign", {gate_function::softsign, 0, 0}, 0},
      {"Softplus", {gate_function::softplus, 0, 0}, 0},
  };
  const std::size_t each = activations_of(kind);
  const gate_function usual[] = {
      {kind == recurrence::simple ? gate_function::tanh : gate_function::sigmoid, 0, 0}, {}, {}};
  for (std::size_t i = 0; i < each * directions; ++i) made.push_back(usual[i % each]);
  const auto names = at.texts("activations");
  if (names.empty()) return true;
  if (names.size() != made.size()) return at.refuse("it names " + std::to_string(names.size()) + " activations");
  std::size_t alphas = 0;
  std::size_t betas = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const known* found = nullptr;
    for (const known& one : all)
      if (one.name == names[i]) found = &one;
    if (found == nullptr) return at.refuse("its activation " + names[i] + " is not known");
    made[i] = found->function;
    if (found->numbers > 0 && alphas < at.reals("activation_alpha").size())
      made[i].alpha = at.reals("activation_alpha")[alphas++];
    if (found->numbers > 1 && betas < at.reals("activation_beta").size())
      made[i].beta = at.reals("activation_beta")[betas++];
  }
  return true;
}

/// The sizes of a layer, and the order in which its sequences are stored.
struct recurrent_sizes {
  std::size_t steps = 0;
  std::size_t rows = 0;
  std::size_t inputs = 0;
  std::size_t hidden = 0;
  std::size_t directions = 1;
  bool rows_first = false;
  bool reverse = false;  // its only direction is backwards

  std::size_t input(std::size_t step, std::size_t row) const noexcept {
    return (rows_first ? row * steps + step : step * rows + row) * inputs;
  }
  std::size_t output(std::size_t step, std::size_t row, std::size_t direction) const noexcept {
    return (rows_first ? (row * steps + step) * directions + direction : (step * directions + direction) * rows + row) *
           hidden;
  }
  std::size_t state(std::size_t row, std::size_t direction) const noexcept {
    return (rows_first ? row * directions + direction : direction * rows + row) * hidden;
  }
};

/// A layer and what it works in. One row at a time, neurons side by side: a row has the same bits in any batch.
template <class T>
struct recurrent_layer {
  recurrence kind = recurrence::simple;
  std::size_t gates = 1;
  recurrent_sizes sizes;
  std::vector<gate_function> functions;
  T clip = 0;  // 0: none
  bool couples_forget = false;
  bool resets_late = false;
  bool packed = false;
  const T* x = nullptr;
  const T* weights = nullptr;    // (directions, gates hidden, inputs)
  const T* recurrent = nullptr;  // (directions, gates hidden, hidden)
  const T* addends = nullptr;    // (directions, 2 gates hidden), or null
  const std::int32_t* lengths = nullptr;
  const T* first_hidden = nullptr;
  const T* first_cell = nullptr;
  const T* peepholes = nullptr;  // (directions, 3 hidden), or null
  T* out = nullptr;
  T* last_hidden = nullptr;
  T* last_cell = nullptr;
  std::vector<T> by_input;  // the weights with neurons side by side
  std::vector<T> by_hidden;
  std::vector<T> gate;
  std::vector<T> more;  // what the hidden state adds to a late reset
  std::vector<T> hidden;
  std::vector<T> cell;

  void take_memory() {
    const std::size_t width = gates * sizes.hidden;
    by_input.resize(sizes.directions * width * sizes.inputs);
    by_hidden.resize(sizes.directions * width * sizes.hidden);
    gate.resize(width);
    more.resize(width);
    hidden.resize(sizes.hidden);
    cell.resize(sizes.hidden);
  }
  static void turn(const T* from, T* to, std::size_t directions, std::size_t rows, std::size_t columns) noexcept {
    for (std::size_t d = 0; d < directions; ++d)
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t k = 0; k < columns; ++k) to[(d * columns + k) * rows + i] = from[(d * rows + i) * columns + k];
  }
  void pack() noexcept {
    turn(weights, by_input.data(), sizes.directions, gates * sizes.hidden, sizes.inputs);
    turn(recurrent, by_hidden.data(), sizes.directions, gates * sizes.hidden, sizes.hidden);
  }
  void run() noexcept {
    if (!packed) pack();
    for (std::size_t i = 0; i < sizes.steps * sizes.rows * sizes.directions * sizes.hidden; ++i) out[i] = 0;
    for (std::size_t d = 0; d < sizes.directions; ++d)
      for (std::size_t row = 0; row < sizes.rows; ++row) run_row(d, row);
  }

 private:
  void run_row(std::size_t d, std::size_t row) noexcept {
    const std::size_t state = sizes.state(row, d);
    for (std::size_t j = 0; j < sizes.hidden; ++j) {
      hidden[j] = first_hidden != nullptr ? first_hidden[state + j] : T(0);
      cell[j] = first_cell != nullptr ? first_cell[state + j] : T(0);
    }
    std::size_t steps = sizes.steps;
    if (lengths != nullptr && lengths[row] < static_cast<std::int64_t>(steps))
      steps = lengths[row] < 0 ? 0 : static_cast<std::size_t>(lengths[row]);
    const bool backwards = sizes.reverse || d == 1;
    for (std::size_t i = 0; i < steps; ++i) {
      const std::size_t step = backwards ? steps - 1 - i : i;
      open_gates(d, x + sizes.input(step, row));
      switch (kind) {
        case recurrence::simple: step_simple(d); break;
        case recurrence::gru: step_gru(d); break;
        case recurrence::lstm: step_lstm(d); break;
      }
      for (std::size_t j = 0; j < sizes.hidden; ++j) out[sizes.output(step, row, d) + j] = hidden[j];
    }
    for (std::size_t j = 0; j < sizes.hidden; ++j) {
      last_hidden[state + j] = hidden[j];
      if (last_cell != nullptr) last_cell[state + j] = cell[j];
    }
  }
  static void add(const T* from, std::size_t count, const T* matrix, T* to, std::size_t first, std::size_t end,
                  std::size_t width) noexcept {
    for (std::size_t k = 0; k < count; ++k) {
      const T value = from[k];
      const T* const row = matrix + k * width;
      for (std::size_t j = first; j < end; ++j) to[j] += value * row[j];
    }
  }
  /// What goes into each gate; in a GRU, the last third of what the hidden state adds comes later.
  void open_gates(std::size_t d, const T* from) noexcept {
    const std::size_t width = gates * sizes.hidden;
    const std::size_t early = kind == recurrence::gru ? 2 * sizes.hidden : width;
    const T* const a = addends != nullptr ? addends + d * 2 * width : nullptr;
    for (std::size_t j = 0; j < width; ++j) {
      gate[j] = a == nullptr ? T(0) : j < early ? a[j] + a[width + j] : a[j];
      more[j] = a == nullptr ? T(0) : a[width + j];
    }
    add(from, sizes.inputs, by_input.data() + d * sizes.inputs * width, gate.data(), 0, width, width);
    add(hidden.data(), sizes.hidden, recurrent_of(d), gate.data(), 0, early, width);
  }
  const T* recurrent_of(std::size_t d) const noexcept {
    return by_hidden.data() + d * sizes.hidden * gates * sizes.hidden;
  }
  void step_simple(std::size_t d) noexcept {
    for (std::size_t j = 0; j < sizes.hidden; ++j) hidden[j] = gate[j];
    functions[d].apply(hidden.data(), sizes.hidden, clip);
  }
  void step_gru(std::size_t d) noexcept {
    const std::size_t h = sizes.hidden;
    T* const reset = gate.data() + h;
    T* const next = more.data() + 2 * h;
    functions[2 * d].apply(gate.data(), 2 * h, clip);
    if (resets_late) {
      add(hidden.data(), h, recurrent_of(d), more.data(), 2 * h, 3 * h, 3 * h);
      for (std::size_t j = 0; j < h; ++j) next[j] *= reset[j];
    } else {
      for (std::size_t j = 0; j < h; ++j) cell[j] = reset[j] * hidden[j];
      add(cell.data(), h, recurrent_of(d), more.data(), 2 * h, 3 * h, 3 * h);
    }
    for (std::size_t j = 0; j < h; ++j) next[j] = gate[2 * h + j] + next[j];
    functions[2 * d + 1].apply(next, h, clip);
    for (std::size_t j = 0; j < h; ++j) hidden[j] = (1 - gate[j]) * next[j] + gate[j] * hidden[j];
  }
  void step_lstm(std::size_t d) noexcept {
    const std::size_t h = sizes.hidden;
    T* const input = gate.data();
    T* const output = input + h;
    T* const forget = output + h;
    T* const next = forget + h;
    const gate_function* const f = functions.data() + 3 * d;
    look(d, 0, input);
    look(d, 2, forget);
    f[0].apply(input, h, clip);
    f[0].apply(forget, h, clip);
    f[1].apply(next, h, clip);
    for (std::size_t j = 0; j < h; ++j)
      cell[j] = (couples_forget ? 1 - input[j] : forget[j]) * cell[j] + input[j] * next[j];
    look(d, 1, output);
    f[0].apply(output, h, clip);
    for (std::size_t j = 0; j < h; ++j) hidden[j] = cell[j];
    f[2].apply(hidden.data(), h, T(0));
    for (std::size_t j = 0; j < h; ++j) hidden[j] = output[j] * hidden[j];
  }
  /// Adds what a gate sees of the cells.
  void look(std::size_t d, std::size_t which, T* to) const noexcept {
    if (peepholes == nullptr) return;
    const T* const p = peepholes + (3 * d + which) * sizes.hidden;
    for (std::size_t j = 0; j < sizes.hidden; ++j) to[j] += p[j] * cell[j];
  }
};

/// Checks the shapes of a layer's weights, and takes them.
template <class T>
bool take_inputs(planner& at, recurrent_layer<T>& made) {
  const recurrent_sizes& sizes = made.sizes;
  const std::size_t gates = made.gates;
  const auto take = [&](std::size_t input, std::size_t count, const T*& to) {
    if (!at.has(input)) return true;
    if (!at.in(input).is(at.in(0).type) || at.in(input).count() != count)
      return at.refuse("its input " + std::to_string(input) + " of shape " + text_of(at.sizes(input)) +
                       " does not hold " + std::to_string(count) + " numbers of its first one's type");
    to = at.data<T>(input);
    return true;
  };
  const std::size_t width = sizes.directions * gates * sizes.hidden;
  const std::size_t states = sizes.directions * sizes.rows * sizes.hidden;
  made.x = at.data<T>(0);
  if (!take(1, width * sizes.inputs, made.weights) || !take(2, width * sizes.hidden, made.recurrent) ||
      !take(3, 2 * width, made.addends) || !take(5, states, made.first_hidden))
    return false;
  if (made.kind == recurrence::lstm &&
      (!take(6, states, made.first_cell) || !take(7, sizes.directions * 3 * sizes.hidden, made.peepholes)))
    return false;
  if (at.has(4)) {
    if (!at.in(4).is(dtype::i32) || at.in(4).count() != sizes.rows)
      return at.refuse("its lengths are not one for each row");
    made.lengths = at.data<std::int32_t>(4);
  }
  made.take_memory();
  made.packed = at.in(1).known && at.in(2).known;
  if (made.packed) made.pack();
  return true;
}
template <class T>
bool plan_recurrent_of(planner& at, recurrence kind, const recurrent_sizes& sizes) {
  recurrent_layer<T> made;
  made.kind = kind;
  made.gates = gates_of(kind);
  made.sizes = sizes;
  made.clip = static_cast<T>(at.real("clip", 0));
  made.couples_forget = at.whole("input_forget", 0) != 0;
  made.resets_late = at.whole("linear_before_reset", 0) != 0;
  if (!read_gate_functions(at, kind, sizes.directions, made.functions) || !take_inputs(at, made)) return false;
  const auto n = [](std::size_t size) { return static_cast<std::int64_t>(size); };
  const shape all = sizes.rows_first ? shape{n(sizes.rows), n(sizes.steps), n(sizes.directions), n(sizes.hidden)}
                                     : shape{n(sizes.steps), n(sizes.directions), n(sizes.rows), n(sizes.hidden)};
  const shape state = sizes.rows_first ? shape{n(sizes.rows), n(sizes.directions), n(sizes.hidden)}
                                       : shape{n(sizes.directions), n(sizes.rows), n(sizes.hidden)};
  made.out = at.out<T>(0, all);
  made.last_hidden = at.out<T>(1, state);
  if (kind == recurrence::lstm) made.last_cell = at.out<T>(2, state);
  return at.run([made = std::move(made)]() mutable { made.run(); });
}
template <class = void>
bool plan_layer(planner& at, recurrence kind) {
  const shape& x = at.sizes(0);
  const shape& r = at.sizes(2);
  const std::string_view way = at.text("direction", "forward");
  if (way != "forward" && way != "reverse" && way != "bidirectional")
    return at.refuse("its direction is " + std::string(way));
  if (x.size() != 3 || r.size() != 3) return at.refuse("its input or its weights are not of three dimensions");
  recurrent_sizes sizes;
  sizes.rows_first = at.whole("layout", 0) != 0;
  sizes.steps = static_cast<std::size_t>(x[sizes.rows_first ? 1 : 0]);
  sizes.rows = static_cast<std::size_t>(x[sizes.rows_first ? 0 : 1]);
  sizes.inputs = static_cast<std::size_t>(x[2]);
  sizes.hidden = static_cast<std::size_t>(r[2]);
  sizes.directions = way == "bidirectional" ? 2 : 1;
  sizes.reverse = way == "reverse";
  if (at.whole("hidden_size", r[2]) != r[2]) return at.refuse("its hidden_size is not that of its weights");
  if (!at.has_room({r[2], r[2], 16}) || !at.has_room({x[0], x[1], r[2], 2})) return false;
  if (at.in(0).is(dtype::f32)) return plan_recurrent_of<float>(at, kind, sizes);
  if (at.in(0).is(dtype::f64)) return plan_recurrent_of<double>(at, kind, sizes);
  return at.refuse_type(0);
}
template <recurrence Kind>
bool plan_recurrent(planner& at) {
  return plan_layer(at, Kind);
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_RECURRENT_HPP
