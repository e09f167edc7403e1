// expect: millrace\[REST-4\]: requests are handled by many threads, so their trail is one that many append to
#include <millrace/connect/rest/parts/audited.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
auto watcher(mr::observe::audit_trail<>& trail) { return mr::connect::rest::audited(trail); }
#else
auto watcher(mr::observe::audit_trail<mr::store::shared>& trail) { return mr::connect::rest::audited(trail); }
#endif
