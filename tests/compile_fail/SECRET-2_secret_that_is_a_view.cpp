// expect: millrace\[SECRET-2\]: a secret's memory can be wiped
#include <millrace/store/secret.hpp>

#include <string>
#include <string_view>

#ifdef MILLRACE_MISUSE
millrace::store::secret<std::string_view> password;
#else
millrace::store::secret<std::string> password;
#endif
