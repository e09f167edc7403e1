// expect: millrace\[TRACK-2\]: a spool sends to what has the functions of run_target
#include <millrace/store/memory_storage.hpp>
#include <millrace/track/spool.hpp>

namespace ms = millrace::store;
namespace mt = millrace::track;

#ifdef MILLRACE_MISUSE
using target = ms::memory_storage;
#else
using target = mt::tracker<ms::memory_storage>;
#endif

bool sent(mt::spool<ms::memory_storage>& waiting, target& to) { return waiting.send(to).has_value(); }
