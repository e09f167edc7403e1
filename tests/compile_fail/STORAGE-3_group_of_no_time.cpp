// expect: millrace\[STORAGE-3\]: durable::group<Milliseconds> shares a sync for 1 to 1000 milliseconds
#include <millrace/store/durable.hpp>

namespace ms = millrace::store;

#ifdef MILLRACE_MISUSE
constexpr bool syncs = ms::durable::group<0>::syncs;
#else
constexpr bool syncs = ms::durable::group<5>::syncs;
#endif
static_assert(syncs);
