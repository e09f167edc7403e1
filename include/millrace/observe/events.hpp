#ifndef MILLRACE_OBSERVE_EVENTS_HPP
#define MILLRACE_OBSERVE_EVENTS_HPP

/// events: what happened, told to those who want to know, and hooks around what is about to happen. observe.hpp leaves
/// this room out, since it needs exceptions.
///
/// - `event_emitter` passes values of the types that it is made for to those who have subscribed to them, and keeps the
///   last ones of each type
/// - `event_queue` lets events wait before an emitter, for a thread of its own or for a call
/// - `hooks` run before and after an operation: they may change it, refuse it, and see its outcome
/// - `subscription` keeps a subscriber or a hook where it is
/// - `watched`: hooks, events and metrics that a module is given as one

#include <millrace/observe/events/event_emitter.hpp>
#include <millrace/observe/events/event_queue.hpp>
#include <millrace/observe/events/hooks.hpp>
#include <millrace/observe/events/subscription.hpp>
#include <millrace/observe/events/watched.hpp>

#endif  // MILLRACE_OBSERVE_EVENTS_HPP
