// expect: millrace\[BATCH-1\]: a batch processor takes a handler
#include <millrace/resilience/batch_processor.hpp>

namespace mz = millrace::resilience;

struct handler {
  void operator()(std::span<int>) const {}
};
struct told {
#ifdef MILLRACE_MISUSE
  void operator()(std::span<int>, const millrace::error&) const {}
#else
  void operator()(std::span<int>, const millrace::error&) const noexcept {}
#endif
};

std::size_t waiting(const mz::batch_processor<int, handler, told>& rows) { return rows.waiting(); }
