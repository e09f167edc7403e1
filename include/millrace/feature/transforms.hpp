#ifndef MILLRACE_FEATURE_TRANSFORMS_HPP
#define MILLRACE_FEATURE_TRANSFORMS_HPP

/// feature/transforms: what makes columns of one value of an event.
///
/// - `numerical`, `log`, `log1p`, `clip`: numbers
/// - `standardize`, `min_max`: numbers, scaled by what `fit` sees
/// - `bucket`: the number of a range, by edges or by quantiles
/// - `one_hot`, `categorical`, `hashed`, `cross`: categories
/// - `temporal`: parts of a moment
/// - `text_length`, `word_count`, `ngrams`: texts
/// - `impute`, `missing_flag`: values that are missing
/// - `own`: a transform of your own
///
/// Each takes the name of its columns as first template argument, an accessor, and rules about troubles.

#include <millrace/feature/transforms/buckets.hpp>
#include <millrace/feature/transforms/categories.hpp>
#include <millrace/feature/transforms/missing.hpp>
#include <millrace/feature/transforms/numbers.hpp>
#include <millrace/feature/transforms/own.hpp>
#include <millrace/feature/transforms/scalings.hpp>
#include <millrace/feature/transforms/temporal.hpp>
#include <millrace/feature/transforms/texts.hpp>

#endif  // MILLRACE_FEATURE_TRANSFORMS_HPP
