// expect: millrace\[KEY-1\]: a part of a key is made of a std::int64_t, std::uint64_t or double
#include <millrace/store/key_part.hpp>

namespace ms = millrace::store;

std::string key_of_step(int step) {
#ifdef MILLRACE_MISUSE
  return ms::number_key_part(step);
#else
  return ms::number_key_part(std::int64_t{step});
#endif
}
