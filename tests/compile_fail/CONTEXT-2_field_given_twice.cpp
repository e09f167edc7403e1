// expect: a field is given twice
// expect: loss
#include <millrace/core/context.hpp>

inline constexpr millrace::field<"loss", double> loss;
inline constexpr millrace::field<"epoch", int> epoch;

#ifdef MILLRACE_MISUSE
auto twice = millrace::context(loss = 0.5, loss = 0.25);
#else
auto once = millrace::context(loss = 0.5, epoch = 1);
#endif
