// expect: millrace\[AUDIT-2\]
// expect: Payout approved!
#include <millrace/observe/audit/audit_event.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
constexpr mr::observe::audit_name kind = "Payout approved!";
#else
constexpr mr::observe::audit_name kind = "acme.payout_approved";
#endif

mr::observe::audit_event event() { return {.kind = kind}; }
