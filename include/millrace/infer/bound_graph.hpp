#ifndef MILLRACE_INFER_BOUND_GRAPH_HPP
#define MILLRACE_INFER_BOUND_GRAPH_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/spin_lock.hpp>
#include <millrace/core/result.hpp>
#include <millrace/infer/detail/planner.hpp>
#include <millrace/infer/detail/ports.hpp>
#include <millrace/infer/graph_engine.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace infer {

/// How a graph becomes a predictor.
struct bind_options {
  std::size_t output = 0;   // which of the graph's outputs is predicted; of many classifiers 0 is the class's label
  std::size_t threads = 1;  // how many may ask at the same time; further ones wait for them
  /// So many rows of a batch run through the graph together, where it keeps rows apart; the rest of a batch, and all
  /// rows of other graphs, run one by one. 1: always one by one.
  std::size_t block_rows = 32;
};

namespace detail {

template <class>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<result<T>> = true;

}  // namespace detail

/// A graph of one input, of floats, as a model of a shape that the compiler knows, for whatever takes a model that was
/// fitted here.
///
///     auto scorer = mr::infer::bind<30, 1>(engine);
///     double score = (*scorer)(row);
///
/// Models: model::predictor.
/// Shapes: rows of `Columns` floats, `Outputs` numbers for each, which are the graph's as doubles.
/// Guarantee: a row has the same bits alone and in any batch: rows run together only if no operator of the graph lets
/// them meet.
/// Complexity and allocation: a run of the graph for each block of rows, and for each row that is left; allocates when
/// it is made, never later: two runs' memory for each thread. Weights stand in the engine, once for all.
/// Threads: const calls from any number, of which `bind_options::threads` run at the same time; or each thread has a
/// run of its own. Copies share their runs.
/// The engine may be gone before its bound graphs, whose runs keep what they need of it. `Engine` is `graph_engine`, or
/// one that asks for the same, such as `onnxruntime_engine`; a row has NaN for every output where a run of that fails.
template <std::size_t Columns, std::size_t Outputs, class Engine = graph_engine>
class bound_graph {
  static_assert(!detail::is_result<Engine>,
                "millrace[INFER-13]: bind takes an engine, and this may be an error instead: look first, and give "
                "*engine");

 public:
  using run_type = typename Engine::run_type;

  /// Errors: shape_mismatch, with both sides (the graph does not make `Outputs` numbers of one row of `Columns`) and
  /// the outputs that would fit, unsupported (its input is not of floats, or its output of no numbers),
  /// invalid_argument (no threads, or an output that the graph lacks, or no rows in a block), and those of
  /// `graph_engine::prepare`.
  static result<bound_graph> make(const Engine& engine, const bind_options& with = {}) {
    if (with.threads < 1 || with.threads > 1'024)
      return error(errc::invalid_argument, "bind: option threads is not from 1 to 1024");
    if (with.block_rows < 1 || with.block_rows > 65'536)
      return error(errc::invalid_argument, "bind: option block_rows is not from 1 to 65536");
    bound_graph made;
    made.output_ = with.output;
    made.slots_ = std::make_shared<std::vector<slot>>(with.threads);
    for (slot& each : *made.slots_) {
      auto run = prepare(engine);
      if (!run) return std::move(run).error();
      if (auto right = examined(engine, *run, with.output); !right) return std::move(right).error();
      each.run = *std::move(run);
      if (with.block_rows > 1) made.prepare_block(engine, each, with.block_rows);
    }
    return made;
  }

  static constexpr std::size_t inputs() noexcept { return Columns; }
  static constexpr std::size_t outputs() noexcept { return Outputs; }

  /// A row of fewer columns has NaN for every output. Precondition: out.size() == outputs(), or nothing is written.
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    predict(model::matrix_view(row.data(), out.size() == Outputs ? 1 : 0, row.size()), out);
  }
  /// All rows' outputs, row after row, as far as `out` has room.
  void predict(const model::matrix_view& rows, std::span<double> out) const noexcept {
    slot& mine = take();
    const std::size_t room = out.size() / Outputs;
    const std::size_t count = rows.rows() < room ? rows.rows() : room;
    std::size_t done = 0;
    if (block_ > 0 && rows.columns() >= Columns)
      for (; done + block_ <= count; done += block_) {
        float* to = mine.block.template input<float>(0).data();
        for (std::size_t i = 0; i < block_; ++i, to += Columns)
          __builtin_memcpy(to, rows.row(done + i).data(), Columns * sizeof(float));
        give(mine.block, out.subspan(done * Outputs, block_ * Outputs));
      }
    for (; done < count; ++done) predict(rows.row(done), out.subspan(done * Outputs, Outputs), mine.run);
    mine.lock.unlock();
  }
  /// The same as for one row, in memory of the caller's: `scratch` comes from `prepare`.
  void predict(std::span<const float> row, std::span<double> out, run_type& scratch) const noexcept {
    if (row.size() < Columns) {
      for (double& x : out) x = detail::math::nan;
      return;
    }
    const std::span<float> to = scratch.template input<float>(0);
    for (std::size_t i = 0; i < Columns; ++i) to[i] = row[i];
    give(scratch, out);
  }
  /// Of a model of one output.
  double operator()(std::span<const float> row) const noexcept
  requires(Outputs == 1)
  {
    double out = detail::math::nan;
    predict(row, std::span(&out, 1));
    return out;
  }

  /// Memory for a thread that shares none with others. Errors: those of `graph_engine::prepare`, and shape_mismatch.
  static result<run_type> prepare(const Engine& engine) {
    const std::string wanted = "bind: " + std::to_string(Columns) + " columns and " + std::to_string(Outputs) +
                               " outputs are asked for, and the graph ";
    if (engine.inputs() != 1)
      return error(errc::shape_mismatch,
                   wanted + "has " + std::to_string(engine.inputs()) + " inputs, not one" + instead);
    const auto& type = engine.input(0).type;
    if (type && (type->kind != model::graph_kind::tensor || type->dtype != tensor::dtype::f32))
      return error(errc::unsupported, wanted + "has the input \"" + engine.input(0).name + "\" of " +
                                          detail::type_of(type->kind != model::graph_kind::tensor, type->dtype) +
                                          ", not f32" + instead);
    const bool is_vector = type && type->shape && type->shape->size() == 1;
    const auto columns = static_cast<std::int64_t>(Columns);
    auto run = is_vector ? engine.prepare({{columns}}) : engine.prepare({{1, columns}});
    if (!run) return error(run.error().code(), wanted + "refuses them: " + run.error().message());
    return run;
  }

 private:
  struct slot {
    detail::spin_lock lock;
    run_type run;
    run_type block;
  };

  static constexpr const char* instead = "; such graphs are run by engine.prepare(shapes), and filled by input_as";

  bound_graph() = default;

  static result<void> examined(const Engine& engine, const run_type& run, std::size_t output) {
    if (output >= run.outputs())
      return error(errc::invalid_argument, "bind: the graph has " + std::to_string(run.outputs()) + " outputs, not " +
                                               std::to_string(output + 1));
    const std::string name = '"' + engine.output(output).name + '"';
    if (run.output_is_text(output))
      return error(errc::unsupported, "bind: output " + name + " is texts" + that_fit(run));
    const auto sizes = run.output_shape(output);
    if (detail::elements(sizes) != Outputs)
      return error(errc::shape_mismatch, "bind: " + std::to_string(Columns) + " columns and " +
                                             std::to_string(Outputs) + " outputs are asked for, and the graph makes " +
                                             detail::text_of(sizes) + " of " + detail::text_of(run.input_shape(0)) +
                                             ", its output " + name + that_fit(run));
    if (is_computed(run.output_type(output))) return {};
    return error(errc::unsupported,
                 "bind: output " + name + " is of " + std::string(to_string(run.output_type(output))) + that_fit(run));
  }
  static bool is_computed(tensor::dtype type) noexcept {
    return detail::with_type<float, double, std::int64_t, std::int32_t>(type, [](auto) {});
  }
  /// `; output 1 ("scores") has 2: bind_options{.output = 1}`, for each that would do.
  [[gnu::cold]] static std::string that_fit(const run_type& run) {
    std::string text;
    for (std::size_t i = 0; i < run.outputs(); ++i) {
      if (run.output_is_text(i) || detail::elements(run.output_shape(i)) != Outputs || !is_computed(run.output_type(i)))
        continue;
      text += "; " + detail::title_of(detail::output_ports{run}, i) + " has " + std::to_string(Outputs) +
              ": bind_options{.output = " + std::to_string(i) + '}';
    }
    return text;
  }
  /// A run of a block of rows, if the graph takes them together and keeps them apart.
  void prepare_block(const Engine& engine, slot& of, std::size_t rows) {
    if (of.run.input_shape(0).size() != 2) return;
    auto many = engine.prepare({{static_cast<std::int64_t>(rows), static_cast<std::int64_t>(Columns)}});
    if (!many || detail::elements(many->output_shape(output_)) != rows * Outputs ||
        !engine.keeps_rows_apart(of.run, *many, output_))
      return;
    of.block = *std::move(many);
    block_ = rows;
  }
  slot& take() const noexcept {
    for (slot& each : *slots_)
      if (each.lock.try_lock()) return each;
    slots_->front().lock.lock();
    return slots_->front();
  }
  static bool has_run(run_type& run) noexcept {
    if constexpr (std::is_same_v<decltype(run.run()), bool>) {
      return run.run();
    } else {
      run.run();
      return true;
    }
  }
  /// Runs, and writes the outputs.
  void give(run_type& from, std::span<double> out) const noexcept {
    if (!has_run(from)) {
      for (double& x : out) x = detail::math::nan;
      return;
    }
    const bool written = give_as<float>(from, out) || give_as<double>(from, out) || give_as<std::int64_t>(from, out) ||
                         give_as<std::int32_t>(from, out);
    static_cast<void>(written);
  }
  template <class T>
  bool give_as(const run_type& from, std::span<double> out) const noexcept {
    const std::span<const T> found = from.template output<T>(output_);
    if (found.empty()) return false;
    for (std::size_t i = 0; i < out.size() && i < found.size(); ++i) {
      const auto x = static_cast<double>(found[i]);
      out[i] = detail::math::is_nan(x) ? detail::math::nan : x;  // one NaN, of one sign
    }
    return true;
  }

  std::size_t output_ = 0;
  std::size_t block_ = 0;  // rows that run together; 0: none do
  std::shared_ptr<std::vector<slot>> slots_;
};

/// Makes a `bound_graph`. Errors: those of `bound_graph::make`.
template <std::size_t Columns, std::size_t Outputs, class Engine>
requires(Columns > 0 && Outputs > 0)
result<bound_graph<Columns, Outputs, Engine>> bind(const Engine& engine, const bind_options& with = {}) {
  return bound_graph<Columns, Outputs, Engine>::make(engine, with);
}

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_BOUND_GRAPH_HPP
