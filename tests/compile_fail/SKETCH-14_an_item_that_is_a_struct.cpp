// expect: use of deleted function .*update|call to deleted member function 'update'
// expect: millrace_SKETCH_14_items_are_numbers_or_text_of_others_give_a_key
#include <millrace/aggregate/sketches/count_min.hpp>
#include <millrace/aggregate/sketches/hll.hpp>
#include <millrace/aggregate/sketches/theta.hpp>

namespace mr = millrace;

struct user {
  int id;
};

void seen(mr::hll<>& users, mr::theta<>& others, mr::count_min<>& visits, const user& who) {
#ifdef MILLRACE_MISUSE
  users.update(who);
#else
  users.update(who.id);
#endif
  others.update(who.id);
  visits.update(who.id);
}
