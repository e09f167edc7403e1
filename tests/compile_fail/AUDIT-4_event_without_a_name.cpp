// expect: millrace\[AUDIT-4\]: a draft views the texts of its value
#include <millrace/observe/audit/audit_draft.hpp>

#include <string>

namespace mo = millrace::observe;

struct payout_approved {
  static constexpr mo::audit_name kind = "acme.payout_approved";
  std::string officer;
  void describe(mo::audit_draft& event) const { event.actor(officer); }
};

bool is_event(const std::string& officer) {
#ifdef MILLRACE_MISUSE
  const mo::audit_draft draft(payout_approved{officer});
#else
  const payout_approved payout{officer};
  const mo::audit_draft draft(payout);
#endif
  return draft.event().has_value();
}
