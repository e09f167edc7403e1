// expect: millrace\[TRACK-1\]: a tracker needs a storage with transactions
#include <millrace/store/folder_storage.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track/tracker.hpp>

namespace ms = millrace::store;
namespace mt = millrace::track;

#ifdef MILLRACE_MISUSE
using tracker = mt::tracker<ms::folder_storage>;
#else
using tracker = mt::tracker<ms::memory_storage>;
#endif

auto flushed(tracker& one) { return one.flush(); }
