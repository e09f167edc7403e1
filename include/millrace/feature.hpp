#ifndef MILLRACE_FEATURE_HPP
#define MILLRACE_FEATURE_HPP

/// feature: from raw events to rows of numbers, which models are trained on and asked about.
///
/// - `features<Event>(...)`: one type of several transforms. It knows the names of its columns, is fitted to events in
///   one pass, transforms one event or a batch without allocating, and saves what it learnt
/// - `transforms.hpp`: numbers, scales, buckets, categories, moments, texts
/// - `series.hpp`: features that depend on earlier events: windows, lags, times since
/// - `hashed_row`: a sparse row of millions of columns, which features find by a hash of their names
/// - `specification.hpp`: the same transforms listed at run time, over columns that are known by name
/// - `tables.hpp`: columns of numbers, categories, texts and times, read from CSV and from JSON lines
/// - `batch.hpp`: statistics by group and window, z-scores and joins of streams over whole tables, whose parts merge;
///   included by name
/// - `policies.hpp`: what is done about values that are missing, infinite, outside a range or unknown
///
/// The same object serves in training and in production, so that both compute the same features.
///
/// Standard library alone. Not part of millrace.hpp.

#include <millrace/feature/features.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/hashed_row.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/feature/series.hpp>
#include <millrace/feature/specification.hpp>
#include <millrace/feature/tables.hpp>
#include <millrace/feature/transforms.hpp>

#endif  // MILLRACE_FEATURE_HPP
