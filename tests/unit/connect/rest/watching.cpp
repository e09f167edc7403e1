#include <millrace/connect/rest/watching.hpp>

#include <support/catch.hpp>

namespace rest = millrace::connect::rest;

namespace {

struct counter {
  int* count;
  void handled(const rest::handled_request& told) const { *count += told.status; }
};
struct deaf {};

}  // namespace

static_assert(rest::request_watcher<counter>);
static_assert(!rest::request_watcher<deaf>);

TEST_CASE("a watcher is told of a request") {
  int count = 0;
  const millrace::store::http_request request;
  counter{&count}.handled({.request = request, .status = 200});
  CHECK(count == 200);
}
