#ifndef MILLRACE_FEATURE_BATCH_HPP
#define MILLRACE_FEATURE_BATCH_HPP

/// feature/batch: batch operations over the rows of a table, which may lie in parts on several machines.
///
/// - `batch_summary`: statistics by group and by window of time in one pass; parts merge to the same bytes
/// - `z_scores`: values far from the mean of their group
/// - `join_streams`: events of two streams with the same key, close in time
/// - `run_batch_request`: these three over events that come as JSON
/// - `batch_plan`, `column_view`, `batch_row`: what is asked for, columns that lie elsewhere, what is found

#include <millrace/feature/batch/batch_plan.hpp>
#include <millrace/feature/batch/batch_request.hpp>
#include <millrace/feature/batch/batch_rows.hpp>
#include <millrace/feature/batch/batch_summary.hpp>
#include <millrace/feature/batch/column_view.hpp>
#include <millrace/feature/batch/stream_join.hpp>
#include <millrace/feature/batch/z_scores.hpp>

#endif  // MILLRACE_FEATURE_BATCH_HPP
