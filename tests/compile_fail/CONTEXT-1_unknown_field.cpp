// expect: the context has no slot for this field
// expect: accuracy
#include <millrace/core/context.hpp>

inline constexpr millrace::field<"loss", double> loss;
inline constexpr millrace::field<"accuracy", double> accuracy;

double read() {
  auto ctx = millrace::context(loss = 0.5);
#ifdef MILLRACE_MISUSE
  return ctx[accuracy];
#else
  return ctx[loss];
#endif
}
