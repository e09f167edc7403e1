#ifndef MILLRACE_CONNECT_HTTP_DETAIL_NO_BROKEN_PIPE_HPP
#define MILLRACE_CONNECT_HTTP_DETAIL_NO_BROKEN_PIPE_HPP

#include <millrace/connect/http/fwd.hpp>
#include <millrace/core/detail/uninterrupted.hpp>

#include <signal.h>
#include <time.h>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace http {

namespace detail {

/// While one exists, a connection that the other side has closed does not end the process by SIGPIPE: cpp-httplib
/// leaves that to the program, and it is the library's to care for here.
class no_broken_pipe {
 public:
  no_broken_pipe() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigemptyset(&pending);
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  no_broken_pipe(const no_broken_pipe&) = delete;
  no_broken_pipe& operator=(const no_broken_pipe&) = delete;
  ~no_broken_pipe() {
    const timespec at_once{};
    if (!was_pending_) static_cast<void>(uninterrupted([&] { return ::sigtimedwait(&pipe_, nullptr, &at_once); }));
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_;
  sigset_t before_;
  bool was_pending_ = false;
};

}  // namespace detail

}  // namespace http
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_HTTP_DETAIL_NO_BROKEN_PIPE_HPP
