#ifndef MILLRACE_TRACK_OBSERVED_HPP
#define MILLRACE_TRACK_OBSERVED_HPP

/// observed: who is told what a tracker does. track.hpp leaves this room out, since it needs exceptions.
///
/// - `watched`: hooks around a tracker's operations, events of what they did, and `tracker_metrics`

#include <millrace/track/observed/watched.hpp>

#endif  // MILLRACE_TRACK_OBSERVED_HPP
