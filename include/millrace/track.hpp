#ifndef MILLRACE_TRACK_HPP
#define MILLRACE_TRACK_HPP

/// track: experiments and their runs, kept and found again.
///
/// - `tracker`: experiments, runs, their parameters, tags and metrics, over any storage with transactions
/// - `run`: one run, which ends with its scope; logs values without waiting, and says when they are durable
/// - `comparison`: runs side by side, as text, CSV, JSON and a page with pictures
/// - `tracking`: middleware that logs what a chain's events write, and how they are set
/// - `watcher_ref`: who is asked before and told after
/// - `folder_paths`: where a `store::document_folder` keeps what a tracker writes
/// - `save_points`, `load_points`: the bytes in which a metric's points are kept
///
/// Included by name, so that who only logs does not pay for them:
///
/// - track/search.hpp: `search_runs`, `search_experiments`: by MLflow's filter grammar and beyond it, in order, page by
///   page; `rank_runs`
/// - track/logged_models.hpp: `create_logged_model`, `log_lineage`: models that programs make beside a run, and what a
///   run has used and made
/// - track/spool.hpp: `spool`: sends runs that were tracked here to another place, when it can be reached, each once
/// - track/observed.hpp: hooks, events and metrics
///
/// Standard library alone.

#include <millrace/track/comparison.hpp>
#include <millrace/track/folder_paths.hpp>
#include <millrace/track/fwd.hpp>
#include <millrace/track/logged_model.hpp>
#include <millrace/track/metric_points.hpp>
#include <millrace/track/names.hpp>
#include <millrace/track/options.hpp>
#include <millrace/track/records.hpp>
#include <millrace/track/run.hpp>
#include <millrace/track/tracker.hpp>
#include <millrace/track/tracking.hpp>
#include <millrace/track/watcher.hpp>

#endif  // MILLRACE_TRACK_HPP
