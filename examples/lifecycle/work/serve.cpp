#include "serve.hpp"

#include "../format.hpp"
#include "../model/features.hpp"
#include "../stop.hpp"
#include "production.hpp"
#include "serving_fields.hpp"
#include "watch.hpp"

#include <millrace/chain.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/middleware/validation_rules.hpp>

#include <cmath>
#include <cstdint>
#include <limits>

namespace lifecycle {

namespace {

/// Turns the row's cells into the model's inputs.
struct encode_row {
  using reads = mr::fields<serving::row>;
  using writes = mr::fields<serving::features>;

  const bound_encoder* encode;
  bool plain;  // a number a column, as trees want them

  void operator()(auto& ctx) const {
    std::vector<float>& features = ctx[serving::features].numbers;
    features.resize(plain ? encode->plain_width() : encode->width());
    if (plain)
      encode->plain(ctx[serving::row], features);
    else
      (*encode)(ctx[serving::row], features);
  }
};

/// Asks the model. Allocates: never after the first row.
struct predict_row {
  using reads = mr::fields<serving::features>;
  using writes = mr::fields<serving::outputs>;

  fitted_model* model;
  target_scale scale;

  void operator()(auto& ctx) const {
    std::vector<double>& outputs = ctx[serving::outputs];
    outputs.resize(model->outputs());
    model->predict(ctx[serving::features].numbers, outputs);
    for (double& one : outputs) one = scale.unscaled(one);
  }
};

/// Answers with a class: of two by the threshold, of several with the likeliest.
struct decide {
  using reads = mr::fields<serving::outputs>;
  using writes = mr::fields<serving::probability, serving::answer>;

  double threshold;

  void operator()(auto& ctx) const {
    const std::vector<double>& outputs = ctx[serving::outputs];
    const std::size_t answer = outputs.size() == 1 ? (outputs[0] >= threshold ? 1 : 0) : likeliest(outputs);
    ctx[serving::answer] = answer;
    ctx[serving::probability] = outputs.size() == 1 ? outputs[0] : outputs[answer];
  }
};

/// Answers with the number.
struct answer_with_number {
  using reads = mr::fields<serving::outputs>;
  using writes = mr::fields<serving::value>;

  void operator()(auto& ctx) const { ctx[serving::value] = ctx[serving::outputs][0]; }
};

/// Streams the rows; `take(ctx)` reads a row's answer.
template <class Chain, class Take>
served stream_rows(Chain chain, const trained_model& model, const table& from, std::span<const std::size_t> rows,
                   Take take) {
  auto ctx = chain.context(serving::row = 0U, serving::line = 0U);
  served made;
  made.answers.reserve(rows.size());
  const std::size_t width = model.model->outputs();
  made.outputs.reserve(rows.size() * width);
  const mr::steady_clock clock;
  const std::uint64_t start = clock.ticks();
  stream_watch watch(rows.size());
  std::uint64_t before = start;
  for (const std::size_t row : rows) {
    ctx[serving::row] = row;
    ctx[serving::line] = from.lines[row];
    const auto done = chain(ctx);
    if (!done) ++made.record.refused;
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    made.answers.push_back(done ? take(ctx) : served_row{none, 0});
    for (std::size_t k = 0; k < width; ++k) made.outputs.push_back(done ? ctx[serving::outputs][k] : none);
    const std::uint64_t now = clock.ticks();
    watch.update(static_cast<double>(now - before), made.answers.back().value, made.answers.back().answer == 1);
    before = now;
    if (interrupted())
      throw stop{exit_code::interrupted,
                 "interrupted at row " + grouped(made.answers.size()) + " of " + grouped(rows.size())};
  }
  made.record.rows = rows.size();
  made.record.seconds = static_cast<double>(clock.ticks() - start) / 1e9;
  made.record.rows_per_second = static_cast<double>(rows.size()) / made.record.seconds;
  made.record.times = watch.finish();
  made.record.chain = chain.describe();
  return made;
}

}  // namespace

served serve(const trained_model& model, const bound_encoder& encode, const table& from,
             std::span<const std::size_t> rows, production& stack) {
  const encode_row encoded{&encode, reads_plain_columns(model.model->kind())};
  const predict_row predicted{model.model.get(), model.scale};
  if (model.task.kind == task_kind::number)
    return stream_rows(stack.around_serving(mr::chain<mr::tsc_clock>(encoded, predicted, answer_with_number{})), model,
                       from, rows, [](const auto& ctx) { return served_row{ctx[serving::value], 0}; });
  return stream_rows(stack.around_serving(mr::chain<mr::tsc_clock>(encoded, predicted, decide{model.threshold}),
                                          mr::in_range<serving::probability>{0, 1}),
                     model, from, rows, [](const auto& ctx) {
                       return served_row{ctx[serving::probability], static_cast<std::size_t>(ctx[serving::answer])};
                     });
}

}  // namespace lifecycle
