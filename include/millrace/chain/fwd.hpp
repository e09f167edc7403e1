#ifndef MILLRACE_CHAIN_FWD_HPP
#define MILLRACE_CHAIN_FWD_HPP

/// Forward declarations: the types of chain that modules and programs may name without including their headers.

#include <millrace/core/fwd.hpp>

#include <cstddef>

namespace millrace {
inline namespace v0 {

struct strict;
struct lenient;
class lenient_result;
struct event_failure;

template <class Context, class Event>
class event_context;
template <class Event, std::size_t Index, class Clock, class... Events>
class stage;
template <class T>
struct borrowed;

template <class Strictness, class Clock, class Events, class Middlewares>
class basic_chain;
template <class Chain>
class shared_chain;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_FWD_HPP
