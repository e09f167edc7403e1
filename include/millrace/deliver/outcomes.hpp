#ifndef MILLRACE_DELIVER_OUTCOMES_HPP
#define MILLRACE_DELIVER_OUTCOMES_HPP

/// outcomes: what came true, days after it was predicted.
///
/// - `prediction_log`: predictions in files of bounded size and age
/// - `outcome_join`: joins them with outcomes by id, whenever those come, also after a crash
/// - `prediction`, `outcome`, `joined_row`: what is logged, what is known, and both together
/// - `outcome_measures`: how good each model was
/// - `placed_by`, `score_labels`: labels as evidence for the judge of a release
/// - `training_rows`: features and labels for the next one

#include <millrace/deliver/outcomes/label_scores.hpp>
#include <millrace/deliver/outcomes/outcome_join.hpp>
#include <millrace/deliver/outcomes/outcome_measures.hpp>
#include <millrace/deliver/outcomes/prediction.hpp>
#include <millrace/deliver/outcomes/prediction_log.hpp>
#include <millrace/deliver/outcomes/training_rows.hpp>

#endif  // MILLRACE_DELIVER_OUTCOMES_HPP
