#ifndef MILLRACE_TRACK_FOLDER_PATHS_HPP
#define MILLRACE_TRACK_FOLDER_PATHS_HPP

#include <millrace/store/documents/path_rule.hpp>
#include <millrace/track/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace track {

/// Where a `store::document_folder` keeps what a tracker of the default folder writes, so that people find it. Most of
/// its keys are paths of files as they are; what is said of an artifact is one more:
///
///     experiment_tracking/experiments/7.json       an experiment       experiments/index.parquet   all of them
///     experiment_tracking/runs/7/1b2c.json         a run of it         runs/7/index.parquet        all of its runs
///     experiment_tracking/metrics/1b2c/summary.json                    points/... their points, in chunks
///     experiment_tracking/artifacts/1b2c/model/weights.bin.json        an artifact's hash, size and type
///
///     mr::store::document_folder_options options;
///     for (const auto& each : mr::track::folder_paths) options.paths.push_back(each);
///     auto storage = mr::store::document_folder<>::open("out/store", options);
inline constexpr store::path_rule folder_paths[] = {
    {"experiment_tracking/artifacts/*/**", "experiment_tracking/artifacts/*/**.json"},
};

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_FOLDER_PATHS_HPP
