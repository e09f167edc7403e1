// expect: millrace\[MLOPS-1\]: a context is made of backends
#include <millrace/mlops/context.hpp>

namespace ml = millrace::mlops;

struct tracker_alone {
  static constexpr const char* name = "alone";
  static millrace::result<tracker_alone> open(ml::context_settings&, const ml::context_options&) {
    return tracker_alone();
  }
  int tracker() { return 1; }
};

#ifdef MILLRACE_MISUSE
using chosen = ml::context<tracker_alone>;
#else
using chosen = ml::context<ml::in_memory>;
#endif

auto name(const chosen& one) { return one.backend(); }
