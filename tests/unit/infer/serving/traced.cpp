#include <millrace/infer/serving/traced.hpp>

#include <millrace/infer/serving/batcher.hpp>
#include <millrace/observe/tracing.hpp>

#include <support/catch.hpp>
#include <support/serving.hpp>

#include <array>
#include <vector>

namespace mi = millrace::infer;
namespace mm = millrace::model;
using namespace millrace::observe;
using support::adder;

TEST_CASE("traced: a request is a span below the caller's, with rows and status") {
  const adder model;
  mi::batcher serve{model, mi::max_rows<2>};
  tracer made;
  mi::traced shown(serve, made, "fraud");
  STATIC_REQUIRE(mi::serves_requests<decltype(shown)>);
  CHECK(&shown.model() == &model);
  constexpr std::array<float, 4> rows{1, 2, 3, 4};
  constexpr std::array<float, 6> more{1, 2, 3, 4, 5, 6};
  std::array<double, 3> out{};
  {
    span request = made.start("request");
    const span_scope within(request);
    CHECK(shown(mm::matrix_view(rows, 2), out));
  }
  CHECK(shown(mm::matrix_view(more, 2), out).status == mi::serving_status::invalid);  // more than a batch takes
  const auto spans = made.drain();
  REQUIRE(spans.size() == 3);
  CHECK(spans[0].name == "fraud");
  CHECK(spans[0].parent == spans[1].context.span);
  CHECK(spans[0].attributes == std::vector<attribute>{{"rows", 2}, {"status", "ok"}});
  CHECK(spans[0].status == span_status::unset);
  CHECK_FALSE(spans[2].parent);
  CHECK(spans[2].status == span_status::error);
  CHECK(spans[2].message == "invalid");
}

TEST_CASE("traced: a fallback may stand on either side") {
  const adder model;
  mi::batcher serve{model, mi::max_rows<2>};
  serve.close();
  tracer made;
  mi::traced inner(serve, made);
  auto guarded = mi::fallback<decltype(inner)>::make(inner, {{-1.0}});
  REQUIRE(guarded);
  mi::traced outer(serve, made, "outer");
  constexpr std::array<float, 2> row{1, 2};
  std::array<double, 1> out{};
  CHECK((*guarded)(row, out).status == mi::serving_status::fallback);
  CHECK(out[0] == -1);
  const auto spans = made.drain();
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].message == "closed");
}
