#ifndef MILLRACE_DELIVER_SPLIT_HPP
#define MILLRACE_DELIVER_SPLIT_HPP

/// deliver/split: who is given what. Units are placed by a hash of their id, so that every process places them alike
/// and nothing is kept.
///
/// - `unit_hash`, `unit_point`, `salt`: where a unit falls in [0, 1), documented to the byte

#include <millrace/deliver/split/unit_hash.hpp>

#endif  // MILLRACE_DELIVER_SPLIT_HPP
