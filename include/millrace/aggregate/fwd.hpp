#ifndef MILLRACE_AGGREGATE_FWD_HPP
#define MILLRACE_AGGREGATE_FWD_HPP

/// What other modules may name of aggregate without including it: the members that they ask an aggregate for. Whoever
/// has an aggregate has included what it is made of.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {

template <class Policy, class... Members>
class basic_aggregate;
template <class Policy, class... Members>
class aggregate_snapshot;

struct count;
struct sum;
struct mean;
struct total_weight;
struct variance;
struct stddev;
struct min;
struct max;
struct comoments;
struct covariance;
template <unsigned Order>
struct moments;
template <class Sketch>
struct quantiles;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_FWD_HPP
