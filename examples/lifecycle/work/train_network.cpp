#include "train_network.hpp"

#include "../families/network.hpp"
#include "../format.hpp"
#include "../model/progress.hpp"
#include "../stop.hpp"
#include "production.hpp"

#include <millrace/chain.hpp>
#include <millrace/middleware/compression.hpp>
#include <millrace/middleware/validation_rules.hpp>
#include <millrace/model/evaluation/measures.hpp>
#include <millrace/tensor/deflate.hpp>
#include <millrace/train.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace lifecycle {

namespace {

/// The share of a hidden layer's outputs that are above zero; the layer may be compressed and stays so.
double active_share(const mr::tensor::compressible<matrix>& layer) {
  const matrix outputs = or_stop(layer.copy(), exit_code::training_failed);
  return static_cast<double>((outputs.array() > 0.0F).count()) / static_cast<double>(outputs.size());
}

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

/// Rows that training does not learn from, and what they would teach.
struct validation_rows {
  feature_rows features;
  std::vector<int> labels;
  std::vector<double> numbers;  // scaled
};

epoch_record judge_epoch(const network& net, task_kind task, const validation_rows& by) {
  network_model model(net, task);
  const std::vector<double> answers = answers_of(model, by.features, {});
  epoch_record now;
  now.validation_auc = std::numeric_limits<double>::quiet_NaN();
  const auto stop_code = exit_code::training_failed;
  if (task == task_kind::number) {
    const double off = or_stop(mr::model::rmse(by.numbers, answers), stop_code);
    now.validation_loss = off * off;
  } else if (task == task_kind::classes) {
    now.validation_loss = or_stop(mr::model::log_loss(by.labels, answers, model.outputs()), stop_code);
  } else {
    now.validation_auc = or_stop(mr::model::roc_auc(by.labels, answers), stop_code);
    now.validation_loss = or_stop(mr::model::log_loss(by.labels, answers), stop_code);
  }
  return now;
}

validation_rows validation_of(const network_lesson& from) {
  validation_rows made{features_for(family::network, from.encode, from.validation), {}, {}};
  if (from.data.target.task != task_kind::number) {
    made.labels = labels_of(from.data, from.validation);
    return made;
  }
  for (const std::size_t row : from.validation) made.numbers.push_back(from.scale.scaled(from.data.target.values[row]));
  return made;
}

std::string remark(const epoch_record& of) {
  return "validation " + fixed(of.validation_loss, 4) +
         (std::isnan(of.validation_auc) ? "" : "  AUC " + fixed(of.validation_auc, 4));
}

}  // namespace

trained_network train_network(const network_lesson& from, std::FILE* out, production& stack, const time_budget* limit) {
  const training_options& how = from.how;
  const learning_task task = task_of(from.data);
  network net = make_network(from.encode.width(), how, task.outputs());
  const auto read = [&](std::size_t row, std::span<float> features) {
    from.encode(row, features);
    return lesson_of(from.data, row, from.scale);
  };
  const std::size_t size = how.batch_size > 0 ? how.batch_size : batch_size_for(from.rows.size());
  const std::size_t batches = (from.rows.size() + size - 1) / size;
  const mr::train::cosine_decay rate{
      .rate = how.learning_rate, .steps = how.epochs * batches, .minimum = how.learning_rate / 100};
  progress shown(out, how.epochs, batches, from.rows.size());
  mr::compression<learning::activations> compressing;
  auto training =
      stack
          .around_training(
              mr::chain<mr::tsc_clock>(
                  mr::train::load_batch(mr::train::range_samples(from.rows, from.encode.width(), read),
                                        {.size = size, .seed = how.seed}),
                  mr::train::forward_pass(net, mr::train::track_activations_as<mr::tensor::compressible<matrix>>{}),
                  mr::train::calculate_loss<task_loss, learning>(task_loss{task.kind}), mr::train::backpropagation(net),
                  mr::train::update_weights(net, mr::train::adamw{.weight_decay = how.weight_decay}, rate)),
              mr::same_rows<learning::batch, learning::targets>{})
          .use(mr::borrow(compressing))
          .use(mr::borrow(shown));

  const validation_rows validation = validation_of(from);
  training_record record;
  record.chain = training.describe();
  record.shape = shape_text(from.encode.width(), how, task.outputs());
  record.about = from.about;
  auto best = net.parameters();
  const mr::steady_clock clock;
  const std::uint64_t start = clock.ticks();
  auto ctx = training.context(learning::epoch = 0U, learning::batch_idx = 0U);
  for (std::size_t epoch = 0; epoch < how.epochs && epoch - record.best <= how.patience && !record.cut; ++epoch) {
    const double train_loss = run_epoch(training, ctx, epoch, batches, shown);
    epoch_record now = judge_epoch(net, task.kind, validation);
    now.train_loss = train_loss;
    for (const auto& layer : ctx[learning::activations]) now.active.push_back(active_share(layer));
    record.epochs.push_back(now);
    if (now.validation_loss <= record.epochs[record.best].validation_loss) {
      record.best = epoch;
      best = net.parameters();
    }
    shown.epoch_done(remark(now));
    record.cut = limit != nullptr && limit->over();
  }
  shown.close();
  record.seconds = static_cast<double>(clock.ticks() - start) / 1e9;
  record.steps = record.epochs.size() * batches;
  record.rows_per_second = static_cast<double>(record.epochs.size() * from.rows.size()) / record.seconds;
  record.compression = compressing.statistics();
  net.parameters() = best;
  return {std::make_unique<network_model>(std::move(net), task.kind), std::move(record)};
}

mr::result<model_ptr> load_network(const learning_task& task, std::span<const std::byte> bytes) {
  mr::result<network> net = network::load(bytes);
  if (!net) return std::move(net).error();
  return model_ptr(std::make_unique<network_model>(*std::move(net), task.kind));
}

}  // namespace lifecycle
