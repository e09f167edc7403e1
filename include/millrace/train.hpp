#ifndef MILLRACE_TRAIN_HPP
#define MILLRACE_TRAIN_HPP

/// train: neural networks, trained by a chain of events.
///
/// - `network`, `dense`, `activation`: a network of dense layers, whose parameters are one vector
/// - `network::save`, `network::load`: the network as bytes; `store::save_file` and `store::load_file` use them for
///   files
/// - `training_fields`, `training`: the fields that the events read and write
/// - `load_batch` (from `matrix_samples`, `range_samples`), `forward_pass`, `calculate_loss`,
///   `calculate_accuracy`, `backpropagation`, `update_weights`: the events
/// - losses: `mse`, `binary_cross_entropy`, `multilabel_cross_entropy`, `softmax_cross_entropy`
/// - optimizers: `sgd`, `momentum`, `adam`, `adamw`; schedules: `constant_rate`, `step_decay`,
///   `exponential_decay`, `cosine_decay`, `warm_up`; clipping: `clip_norm`, `clip_value`
///
///     mr::train::network<> net(2, {{32, mr::train::activation::tanh}, {1}}, seed);
///     auto step = mr::chain(mr::train::load_batch(points, classes, {.size = 64}), mr::train::forward_pass(net),
///                           mr::train::calculate_loss<mr::train::binary_cross_entropy>(),
///                           mr::train::backpropagation(net), mr::train::update_weights(net, mr::train::adam{},
///                           mr::train::constant_rate{0.01}));
///     auto ctx = step.context(mr::train::training::epoch = 0, mr::train::training::batch_idx = 0);
///     auto done = step(ctx);
///
/// `forward_pass(net, mr::train::track_activations)` keeps the hidden layers' outputs in `training::activations`. For
/// `mr::compression` to compress them they have to be compressible tensors:
/// `mr::train::track_activations_as<mr::tensor::compressible<Eigen::MatrixXf>>{}`.
///
/// Needs Eigen, which does the linear algebra.

#include <millrace/train/activation.hpp>
#include <millrace/train/backpropagation.hpp>
#include <millrace/train/calculate_loss.hpp>
#include <millrace/train/clip.hpp>
#include <millrace/train/fields.hpp>
#include <millrace/train/forward_pass.hpp>
#include <millrace/train/fwd.hpp>
#include <millrace/train/load_batch.hpp>
#include <millrace/train/loss.hpp>
#include <millrace/train/model.hpp>
#include <millrace/train/network.hpp>
#include <millrace/train/optimizer.hpp>
#include <millrace/train/samples.hpp>
#include <millrace/train/schedule.hpp>
#include <millrace/train/update_weights.hpp>

#endif  // MILLRACE_TRAIN_HPP
