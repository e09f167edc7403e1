// expect: deleted function
#include <millrace/core/error.hpp>
#include <millrace/store/secret.hpp>

#include <string>

namespace mr = millrace;

std::string shown(const mr::store::secret<std::string>& password, mr::errc why) {
#ifdef MILLRACE_MISUSE
  return mr::to_string(password) + std::string(mr::to_string(why));
#else
  return std::to_string(password.expose().size()) + std::string(mr::to_string(why));
#endif
}
