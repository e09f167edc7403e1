// expect: millrace_AUDIT_5_a_draft_views_its_texts
#include <millrace/observe/audit/audit_draft.hpp>

#include <string>

namespace mo = millrace::observe;

struct payout_approved {
  static constexpr mo::audit_name kind = "acme.payout_approved";
  int number = 0;
  std::string name = "payout/" + std::to_string(number);

#ifdef MILLRACE_MISUSE
  void describe(mo::audit_draft& event) const { event.object("payout/" + std::to_string(number)); }
#else
  void describe(mo::audit_draft& event) const { event.object(name); }
#endif
};

bool is_event(const payout_approved& payout) {
  const mo::audit_draft draft(payout);
  return draft.event().has_value();
}
