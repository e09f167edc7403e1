// expect: millrace\[AUDIT-1\]
// expect: sometimes
#include <millrace/middleware/audit_log.hpp>

namespace mr = millrace;

struct sometimes {};

#ifdef MILLRACE_MISUSE
using log_type = mr::audit_log<mr::store::shared, sometimes>;
#else
using log_type = mr::audit_log<mr::store::shared, mr::store::drop_and_count>;
#endif

const char* name_of() { return log_type::name.data(); }
