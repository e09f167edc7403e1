#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_TRAIN_NETWORK_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_TRAIN_NETWORK_HPP

#include "../data/table.hpp"
#include "../families/family.hpp"
#include "../families/network_options.hpp"
#include "../model/encode.hpp"
#include "../model/features.hpp"
#include "../model/findings.hpp"
#include "budget.hpp"

#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

namespace lifecycle {

class production;

/// What a network is trained on and how.
struct network_lesson {
  const table& data;
  const bound_encoder& encode;
  target_scale scale;
  std::span<const std::size_t> rows;        // to learn from
  std::span<const std::size_t> validation;  // to stop by
  training_options how;
  std::string about;  // which rows these are
};

/// A network with the weights that training kept, and how training went.
struct trained_network {
  model_ptr model;
  training_record record;
};

/// Trains a network on rows that are encoded as batches ask for them, and keeps the weights of the epoch whose
/// validation loss was lowest. The production's middlewares are around the chain; progress is shown on `out`, or
/// nowhere where that is null; where `limit` is not null, training ends when that is over.
trained_network train_network(const network_lesson& from, std::FILE* out, production& stack,
                              const time_budget* limit = nullptr);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_TRAIN_NETWORK_HPP
