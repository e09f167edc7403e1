// expect: millrace\[S3-1\]: a bucket is reached by an http_transport
#include <millrace/connect/s3.hpp>

#include <utility>

namespace s3 = millrace::connect::s3;
namespace ms = millrace::store;

struct transport {
#ifdef MILLRACE_MISUSE
  int send(const ms::http_request&) { return 200; }
#else
  millrace::result<ms::http_response> send(const ms::http_request&) { return ms::http_response{}; }
#endif
};

bool is_in_path(transport& way, s3::address where, s3::credentials who) {
  const s3::bucket models(way, std::move(where), std::move(who));
  return models.where().path_of("a") != "/a";
}
