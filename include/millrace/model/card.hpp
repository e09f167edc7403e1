#ifndef MILLRACE_MODEL_CARD_HPP
#define MILLRACE_MODEL_CARD_HPP

/// card: what is known of a model, put together for people and for programs.
///
/// - `model_card`: its purpose, data, measures, slices, fairness and limits, as Markdown and JSON

#include <millrace/model/card/model_card.hpp>

#endif  // MILLRACE_MODEL_CARD_HPP
