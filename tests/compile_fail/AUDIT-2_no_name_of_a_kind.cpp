// expect: millrace_AUDIT_2_a_name_is_1_to_64_of_a_to_z
// expect: Payout approved!
#include <millrace/observe/audit/audit_event.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
constexpr mr::observe::audit_name kind = "Payout approved!";
#else
constexpr mr::observe::audit_name kind = "acme.payout_approved";
#endif

mr::observe::audit_event event() { return {.kind = kind}; }
