#ifndef MILLRACE_AGGREGATE_MEMBERS_HPP
#define MILLRACE_AGGREGATE_MEMBERS_HPP

/// aggregate/members: the statistics that `aggregate<...>` is made of; `member.hpp` says how to write one of your own.

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/exact_moments.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/member.hpp>
#include <millrace/aggregate/members/moment_sums.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/pairs.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/aggregate/members/sums.hpp>

#endif  // MILLRACE_AGGREGATE_MEMBERS_HPP
