#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_LEARN_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_LEARN_HPP

#include "../data/split.hpp"
#include "../data/table.hpp"
#include "../format.hpp"
#include "../stop.hpp"
#include "encode.hpp"
#include "findings.hpp"
#include "progress.hpp"

#include <millrace/chain.hpp>
#include <millrace/middleware.hpp>
#include <millrace/model/evaluation.hpp>
#include <millrace/tensor.hpp>
#include <millrace/tensor/eigen.hpp>
#include <millrace/train.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lifecycle {

using network = mr::train::network<float>;
using matrix = mr::train::row_major_matrix<float>;
/// The training events' fields; the hidden layers' outputs are kept so that they can be compressed.
using learning = mr::train::training_fields<float, mr::tensor::compressible<matrix>>;

struct training_options {
  std::size_t epochs = 20;
  std::size_t patience = 6;    // epochs without a better validation loss, after which training ends
  std::size_t batch_size = 0;  // 0: by the number of rows
  std::vector<std::size_t> hidden = {64, 32};
  double learning_rate = 1e-3;  // at the start; a cosine takes it down to a hundredth
  double weight_decay = 0.3;
  std::uint64_t seed = 42;
};

/// Small tables need small batches, or there are too few steps to learn in.
inline std::size_t batch_size_for(std::size_t rows) noexcept {
  std::size_t size = 32;
  while (size < 128 && size * 100 < rows) size *= 2;
  return size;
}

inline network make_network(std::size_t inputs, const training_options& how) {
  std::vector<mr::train::dense> layers;
  for (const std::size_t units : how.hidden)
    layers.push_back({static_cast<Eigen::Index>(units), mr::train::activation::relu});
  layers.push_back(
      {1, mr::train::activation::identity});  // one logit; the loss and the service put the sigmoid behind it
  return network(static_cast<Eigen::Index>(inputs), std::move(layers), how.seed);
}

/// 146-64-32-1.
inline std::string shape_of(const network& net) {
  std::string text = std::to_string(net.inputs());
  for (std::size_t i = 0; i < net.layer_count(); ++i) text += '-' + std::to_string(net.layer(i).units);
  return text;
}

/// The probability behind a logit.
inline float sigmoid(float logit) noexcept { return 1.0F / (1.0F + std::exp(-logit)); }
inline std::vector<float> sigmoid(std::vector<float> logits) {
  for (float& value : logits) value = sigmoid(value);
  return logits;
}

inline std::vector<int> labels_of(const table& from, std::span<const std::size_t> rows) {
  std::vector<int> labels;
  for (const std::size_t row : rows) labels.push_back(from.target.labels[row]);
  return labels;
}

/// The rows, encoded, one after the other.
inline matrix encode_rows(const bound_encoder& encode, std::span<const std::size_t> rows) {
  matrix out(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(encode.width()));
  for (std::size_t i = 0; i < rows.size(); ++i)
    encode(rows[i], {out.row(static_cast<Eigen::Index>(i)).data(), encode.width()});
  return out;
}

/// Rows as a network sees them, and their classes.
struct labelled_rows {
  matrix features;
  std::vector<int> labels;
};

/// What the network answers for every row of a matrix: a logit each, in batches that stay in the cache.
inline std::vector<float> answer(const network& net, const matrix& rows) {
  constexpr Eigen::Index step = 256;
  std::vector<float> logits(static_cast<std::size_t>(rows.rows()));
  auto space = net.make_workspace(step);
  for (Eigen::Index i = 0; i < rows.rows(); i += step) {
    const auto count = static_cast<std::size_t>((std::min)(step, rows.rows() - i));
    net.predict({rows.row(i).data(), count * static_cast<std::size_t>(rows.cols())}, space,
                std::span(logits).subspan(static_cast<std::size_t>(i), count));
  }
  return logits;
}

/// The share of a hidden layer's outputs that are above zero; the layer may be compressed and stays so.
inline double active_share(const mr::tensor::compressible<matrix>& layer) {
  const matrix outputs = or_stop(layer.copy(), exit_code::training_failed);
  return static_cast<double>((outputs.array() > 0.0F).count()) / static_cast<double>(outputs.size());
}

/// A network with the weights that training kept, and how training went.
struct trained_network {
  network net;
  training_record record;
};

namespace detail {

/// Runs a step for every batch of an epoch, and returns the mean of their losses.
template <class Chain, class Context>
double run_epoch(Chain& training, Context& ctx, std::size_t epoch, std::size_t batches, progress& shown) {
  double mean_loss = 0;
  for (std::size_t batch = 0; batch < batches; ++batch) {
    ctx[learning::epoch] = epoch;
    ctx[learning::batch_idx] = batch;
    if (auto done = training(ctx); !done) {
      shown.close();
      throw stop{run_exit_code(done.error()), "epoch " + std::to_string(epoch + 1) + ", batch " +
                                                  std::to_string(batch + 1) + ": " + done.error().describe()};
    }
    mean_loss += ctx[learning::loss] / static_cast<double>(batches);
    if (interrupted()) {
      shown.close();
      throw stop{exit_code::interrupted,
                 "interrupted in epoch " + std::to_string(epoch + 1) + " of " + std::to_string(shown.epochs())};
    }
  }
  return mean_loss;
}

inline epoch_record judge_epoch(const network& net, const labelled_rows& by) {
  epoch_record now;
  const std::vector<float> logits = answer(net, by.features);
  now.validation_auc = or_stop(mr::model::roc_auc(by.labels, logits), exit_code::training_failed);
  now.validation_loss = or_stop(mr::model::log_loss(by.labels, sigmoid(logits)), exit_code::training_failed);
  return now;
}

}  // namespace detail

/// Trains the network on the split's training rows, which are encoded as batches ask for them, and keeps the weights of
/// the epoch whose validation loss was lowest. `instrument` puts middlewares around the chain; progress is shown on
/// `out`, or nowhere where that is null.
template <class Instrument>
trained_network train(network net, const table& from, const bound_encoder& encode, const row_split& parts,
                      const training_options& how, std::FILE* out, Instrument&& instrument) {
  const auto read = [&](std::size_t row, std::span<float> features) {
    encode(row, features);
    return static_cast<int>(from.target.labels[row]);
  };
  const std::size_t size = how.batch_size > 0 ? how.batch_size : batch_size_for(parts.train.size());
  const std::size_t batches = (parts.train.size() + size - 1) / size;
  const mr::train::cosine_decay rate{
      .rate = how.learning_rate, .steps = how.epochs * batches, .minimum = how.learning_rate / 100};
  progress shown(out, how.epochs, batches, parts.train.size());
  auto training =
      instrument(mr::chain<mr::tsc_clock>(
                     mr::train::load_batch(mr::train::range_samples(parts.train, encode.width(), read),
                                           {.size = size, .seed = how.seed}),
                     mr::train::forward_pass(net, mr::train::track_activations_as<mr::tensor::compressible<matrix>>{}),
                     mr::train::calculate_loss(mr::train::binary_cross_entropy{}), mr::train::backpropagation(net),
                     mr::train::update_weights(net, mr::train::adamw{.weight_decay = how.weight_decay}, rate)))
          .use(mr::borrow(shown));

  const labelled_rows validation{encode_rows(encode, parts.validation), labels_of(from, parts.validation)};
  training_record record;
  record.chain = training.describe();
  auto best = net.parameters();
  const mr::steady_clock clock;
  const std::uint64_t start = clock.ticks();
  auto ctx = training.context(learning::epoch = 0U, learning::batch_idx = 0U);
  for (std::size_t epoch = 0; epoch < how.epochs && epoch - record.best <= how.patience; ++epoch) {
    const double train_loss = detail::run_epoch(training, ctx, epoch, batches, shown);
    epoch_record now = detail::judge_epoch(net, validation);
    now.train_loss = train_loss;
    for (const auto& layer : ctx[learning::activations]) now.active.push_back(active_share(layer));
    record.epochs.push_back(now);
    if (now.validation_loss <= record.epochs[record.best].validation_loss) {
      record.best = epoch;
      best = net.parameters();
    }
    shown.epoch_done("validation " + fixed(now.validation_loss, 4) + "  AUC " + fixed(now.validation_auc, 4));
  }
  shown.close();
  record.seconds = static_cast<double>(clock.ticks() - start) / 1e9;
  record.steps = record.epochs.size() * batches;
  record.rows_per_second = static_cast<double>(record.epochs.size() * parts.train.size()) / record.seconds;
  net.parameters() = best;
  return {std::move(net), std::move(record)};
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_LEARN_HPP
