// expect: millrace\[AUDIT-3\]
// expect: sometimes
#include <millrace/observe/audit/audit_trail.hpp>

namespace mo = millrace::observe;

struct sometimes {};

#ifdef MILLRACE_MISUSE
using trail_type = mo::audit_trail<millrace::store::shared, sometimes>;
#else
using trail_type = mo::audit_trail<millrace::store::shared, millrace::store::drop_and_count>;
#endif

bool is_usable(const trail_type& trail) { return static_cast<bool>(trail); }
