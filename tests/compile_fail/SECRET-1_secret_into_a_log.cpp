// expect: millrace\[SECRET-1\]: a secret is not printed
#include <millrace/core/json_writer.hpp>
#include <millrace/store/secret.hpp>

#include <string>

void log(millrace::json_writer& line, const millrace::store::secret<std::string>& password) {
#ifdef MILLRACE_MISUSE
  line.member("password", password);
#else
  line.member("password", password.expose().size());
#endif
}
