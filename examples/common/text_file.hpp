#ifndef MILLRACE_EXAMPLES_COMMON_TEXT_FILE_HPP
#define MILLRACE_EXAMPLES_COMMON_TEXT_FILE_HPP

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <string>

namespace examples {

namespace mr = millrace;

/// The whole of a file, or of a pipe. Errors: errc::not_found, errc::permission_denied, errc::io, naming the path.
inline mr::result<std::string> read_text(const std::string& path) {
  const auto failed = [&](int why) {
    const mr::errc code = why == ENOENT || why == ENOTDIR ? mr::errc::not_found
                          : why == EACCES                 ? mr::errc::permission_denied
                                                          : mr::errc::io;
    return mr::error(code, "cannot read " + path + ": " + std::strerror(why));
  };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failed(errno);
  std::string text;
  struct ::stat info {};
  constexpr std::size_t step = std::size_t{1} << 20;
  if (::fstat(file, &info) == 0 && S_ISREG(info.st_mode)) text.reserve(static_cast<std::size_t>(info.st_size) + step);
  for (;;) {
    const std::size_t size = text.size();
    text.resize(size + step);
    const ssize_t got = ::read(file, text.data() + size, step);
    text.resize(size + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) break;
    if (got < 0 && errno != EINTR) {
      const int why = errno;
      ::close(file);
      return failed(why);
    }
  }
  ::close(file);
  return text;
}

}  // namespace examples

#endif  // MILLRACE_EXAMPLES_COMMON_TEXT_FILE_HPP
