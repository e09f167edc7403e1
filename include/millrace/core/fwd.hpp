#ifndef MILLRACE_CORE_FWD_HPP
#define MILLRACE_CORE_FWD_HPP

/// Forward declarations: the types of core that modules and programs may name without including their headers.

#include <millrace/core/fixed_string.hpp>

namespace millrace {
inline namespace v0 {

template <fixed_string Name, class T>
struct field;
template <auto... Fields>
struct fields;
template <class... Fields>
struct field_list;
template <class Field>
struct bound;
template <class Provided, class Slots>
class basic_context;

class error;
template <class T>
class result;

struct duration;
struct time_span;
struct steady_clock;
class tsc_clock;
class manual_clock;
class random_engine;
struct diagnostic;
class diagnostics_ref;
class json_writer;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_FWD_HPP
