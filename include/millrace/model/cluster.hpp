#ifndef MILLRACE_MODEL_CLUSTER_HPP
#define MILLRACE_MODEL_CLUSTER_HPP

/// cluster: groups of rows that lie close together.
///
/// - `k_means`: centres by k-means++ and Lloyd's iterations
/// - `mini_batch_k_means`: the same from rows that come in batches

#include <millrace/model/cluster/k_means.hpp>
#include <millrace/model/cluster/mini_batch_k_means.hpp>

#endif  // MILLRACE_MODEL_CLUSTER_HPP
