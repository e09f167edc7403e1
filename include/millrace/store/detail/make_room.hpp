#ifndef MILLRACE_STORE_DETAIL_MAKE_ROOM_HPP
#define MILLRACE_STORE_DETAIL_MAKE_ROOM_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <exception>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// Makes room for so many bytes, and returns whether there was: how large a file is, its reader does not choose.
template <class Bytes>
bool make_room(Bytes& bytes, std::size_t size) {
#if defined(__cpp_exceptions)
  try {
    bytes.resize(size);
  } catch (const std::exception&) {  // bad_alloc, or length_error
    return false;
  }
#else
  bytes.resize(size);  // which ends the program without memory, as all that allocates does then
#endif
  return true;
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_MAKE_ROOM_HPP
