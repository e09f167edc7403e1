#ifndef MILLRACE_EXAMPLES_SERVICE_SIGNALS_HPP
#define MILLRACE_EXAMPLES_SERVICE_SIGNALS_HPP

#include <pthread.h>
#include <signal.h>
#include <time.h>

namespace service {

/// SIGTERM, SIGINT and SIGHUP, which the main thread waits for. Made before there is another thread, so that all of
/// them leave the signals to it.
class signals {
 public:
  signals() {
    ::sigemptyset(&set_);
    for (const int each : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set_, each);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
  }
  /// The next signal within a fifth of a second; 0: none.
  int wait() const {
    const ::timespec limit{0, 200'000'000};
    const int got = ::sigtimedwait(&set_, nullptr, &limit);
    return got > 0 ? got : 0;
  }

 private:
  ::sigset_t set_;
};

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_SIGNALS_HPP
