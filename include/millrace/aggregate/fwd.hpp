#ifndef MILLRACE_AGGREGATE_FWD_HPP
#define MILLRACE_AGGREGATE_FWD_HPP

/// The names of this module that other modules may use without including its headers: the members that they ask an
/// aggregate for. Code that holds an aggregate has included the headers of its members already.

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
