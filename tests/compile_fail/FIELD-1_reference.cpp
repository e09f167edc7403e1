// expect: a field holds a plain object type
#include <millrace/core/field.hpp>

inline constexpr millrace::field<"loss", double> loss;

#ifdef MILLRACE_MISUSE
inline constexpr millrace::field<"loss", double&> loss_by_reference;
#endif
