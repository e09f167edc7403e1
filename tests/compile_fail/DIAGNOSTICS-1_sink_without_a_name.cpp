// expect: millrace\[DIAGNOSTICS-1\]: a sink is referred to
#include <millrace/core/diagnostic.hpp>

struct silent {
  void report(const millrace::diagnostic&) noexcept {}
};

#ifdef MILLRACE_MISUSE
millrace::diagnostics_ref told() { return silent(); }
#else
millrace::diagnostics_ref told(silent& sink) { return sink; }
#endif
