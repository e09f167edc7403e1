#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_SERVE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_SERVE_HPP

#include "../model/encode.hpp"
#include "../model/learn.hpp"
#include "../model/model_files.hpp"
#include "../stop.hpp"
#include "stream.hpp"
#include "watch.hpp"

#include <millrace/chain.hpp>
#include <millrace/core/clock.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The model at work: a chain that takes one row of a table from its cells to a decision.
namespace lifecycle {

namespace serving {
inline constexpr mr::field<"row", std::uint64_t> row;           // of the table
inline constexpr mr::field<"line", std::uint64_t> line;         // of its file, for whoever reads the log
inline constexpr mr::field<"features", matrix> features;        // 1 x width
inline constexpr mr::field<"probability", double> probability;  // of the positive class
inline constexpr mr::field<"positive", bool> positive;          // whether that reaches the threshold
}  // namespace serving

/// Turns the row's cells into the network's inputs.
struct encode_row {
  using reads = mr::fields<serving::row>;
  using writes = mr::fields<serving::features>;

  const bound_encoder* encode;

  void operator()(auto& ctx) const {
    matrix& features = ctx[serving::features];
    features.resize(1, static_cast<Eigen::Index>(encode->width()));
    (*encode)(ctx[serving::row], {features.data(), encode->width()});
  }
};

/// Asks the network. Allocates: never after the first row.
struct predict_row {
  using reads = mr::fields<serving::features>;
  using writes = mr::fields<serving::probability>;

  explicit predict_row(const network& asked) : net(&asked), space(asked.make_workspace(1)) {}

  void operator()(auto& ctx) {
    const matrix& features = ctx[serving::features];
    float logit = 0;
    net->predict({features.data(), static_cast<std::size_t>(features.size())}, space, {&logit, 1});
    ctx[serving::probability] = static_cast<double>(sigmoid(logit));
  }

  const network* net;
  network::workspace_type space;
};

struct decide {
  using reads = mr::fields<serving::probability>;
  using writes = mr::fields<serving::positive>;

  double threshold;

  void operator()(auto& ctx) const { ctx[serving::positive] = ctx[serving::probability] >= threshold; }
};

/// A row's answer; NaN where validation refused the row.
struct served_row {
  double probability;
  bool positive;
};

/// What a stream of rows came to, and each row's answer.
struct served {
  stream_record record;
  std::vector<served_row> answers;
};

/// Streams rows of a table through the model, one at a time. `instrument` puts middlewares around the chain.
template <class Instrument>
served serve(const trained_model& model, const bound_encoder& encode, const table& from,
             std::span<const std::size_t> rows, Instrument&& instrument) {
  auto serving_chain =
      instrument(mr::chain<mr::tsc_clock>(encode_row{&encode}, predict_row(model.net), decide{model.threshold}));
  auto ctx = serving_chain.context(serving::row = 0U, serving::line = 0U);

  served made;
  made.answers.reserve(rows.size());
  const mr::steady_clock clock;
  const std::uint64_t start = clock.ticks();
  stream_watch watch(rows.size());
  std::uint64_t before = start;
  for (const std::size_t row : rows) {
    ctx[serving::row] = row;
    ctx[serving::line] = from.lines[row];
    const auto done = serving_chain(ctx);
    if (!done) ++made.record.refused;
    made.answers.push_back(done ? served_row{ctx[serving::probability], ctx[serving::positive]}
                                : served_row{std::nan(""), false});
    const std::uint64_t now = clock.ticks();
    watch.update(static_cast<double>(now - before), made.answers.back().probability, made.answers.back().positive);
    before = now;
    if (interrupted())
      throw stop{exit_code::interrupted,
                 "interrupted at row " + grouped(made.answers.size()) + " of " + grouped(rows.size())};
  }
  made.record.rows = rows.size();
  made.record.seconds = static_cast<double>(clock.ticks() - start) / 1e9;
  made.record.rows_per_second = static_cast<double>(rows.size()) / made.record.seconds;
  made.record.times = watch.finish();
  made.record.chain = serving_chain.describe();
  return made;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_SERVE_HPP
