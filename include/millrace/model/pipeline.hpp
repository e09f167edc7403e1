#ifndef MILLRACE_MODEL_PIPELINE_HPP
#define MILLRACE_MODEL_PIPELINE_HPP

/// pipeline: features, a model and a calibration as one type, from the raw event to the output, in training and in
/// serving.
///
/// - `pipeline_of(features, trained_by<M>(options), calibrated_by<C>())`: a recipe, whose `fit` and `load` return
/// - `pipeline`, which takes one event or a batch, is saved as one file, and explains itself
/// - `table_pipeline`: the same of features that are listed at run time, for tables and rows of named cells
/// - `explanation`: what each feature adds to a score
/// - `recorded_pipeline`, `decision`, `decision_record`: what a decision was made of, kept as bytes or as JSON, and the
///   same decision made again from it, to the bit

#include <millrace/model/pipeline/decision.hpp>
#include <millrace/model/pipeline/decision_record.hpp>
#include <millrace/model/pipeline/explanation.hpp>
#include <millrace/model/pipeline/fitted_pipeline.hpp>
#include <millrace/model/pipeline/recipe.hpp>
#include <millrace/model/pipeline/recorded_pipeline.hpp>
#include <millrace/model/pipeline/steps.hpp>
#include <millrace/model/pipeline/table_pipeline.hpp>

#endif  // MILLRACE_MODEL_PIPELINE_HPP
