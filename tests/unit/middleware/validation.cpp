#include <millrace/middleware/validation.hpp>

#include <support/catch.hpp>

#include <millrace/chain/chain.hpp>
#include <millrace/chain/share.hpp>
#include <millrace/tensor/eigen.hpp>

#include <cstdio>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"batch", Eigen::MatrixXf> batch;
inline constexpr mr::field<"labels", std::vector<int>> labels;
inline constexpr mr::field<"output", Eigen::MatrixXf> output;
inline constexpr mr::field<"loss", double> loss;
inline constexpr mr::field<"gradients", std::vector<Eigen::MatrixXf>> gradients;
inline constexpr mr::field<"tag", std::string> tag;

constexpr float nan_f = std::numeric_limits<float>::quiet_NaN();
constexpr float inf_f = std::numeric_limits<float>::infinity();

struct forward {
  using reads = mr::fields<batch>;
  using writes = mr::fields<output, tag>;
  static constexpr bool thread_safe = true;
  void operator()(auto& ctx) const {
    ctx[output] = 2.0F * ctx[batch];
    ctx[tag] = "done";
  }
};
struct measure {
  using reads = mr::fields<output, labels>;
  using writes = mr::fields<loss>;
  void operator()(auto& ctx) const { ctx[loss] = static_cast<double>(ctx[output].sum()); }
};
struct differentiate {
  using reads = mr::fields<output>;
  using writes = mr::fields<gradients>;
  void operator()(auto& ctx) const { ctx[gradients] = {ctx[output], ctx[output]}; }
};
struct spoil {
  using reads = mr::fields<>;
  using writes = mr::fields<gradients>;
  void operator()(auto& ctx) const {
    ctx[gradients] = {Eigen::MatrixXf::Ones(2, 2), Eigen::MatrixXf::Ones(2, 2)};
    ctx[gradients][1](1, 0) = -inf_f;
  }
};

std::string why(const mr::result<void>& done) { return done ? "" : done.error().cause()->message(); }

}  // namespace

TEST_CASE("finite data passes") {
  auto chain = mr::chain(forward{}, measure{}, differentiate{}).use(mr::validation<mr::strict>{});
  auto ctx = chain.context(batch = Eigen::MatrixXf::Ones(4, 3), labels = std::vector<int>(4));
  CHECK(chain(ctx));
  CHECK(chain.get<"validation">().error_count() == 0);
}

TEST_CASE("a start value that is not finite fails the first event, before it runs, naming field, place and value") {
  auto chain = mr::chain(forward{}).use(mr::validation<mr::strict>{});
  auto ctx = chain.context(batch = Eigen::MatrixXf::Ones(4, 3));
  ctx[batch](2, 1) = nan_f;
  ctx[batch](3, 1) = inf_f;
  const auto done = chain(ctx);
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == mr::errc::not_finite);
  CHECK(why(done) == "field \"batch\" holds NaN at [2, 1] (1 NaN and 1 infinite of 12 elements)");
  CHECK(ctx[output].size() == 0);
}

TEST_CASE("what an event writes is checked after it, in every tensor of a range") {
  auto chain = mr::chain(forward{}, spoil{}).use(mr::validation<mr::strict>{});
  auto ctx = chain.context(batch = Eigen::MatrixXf::Ones(4, 3));
  const auto done = chain(ctx);
  REQUIRE_FALSE(done);
  CHECK(done.error().message() == "event \"spoil\" (2 of 2) failed");
  CHECK(why(done) == "field \"gradients\", tensor 1, holds -Infinity at [1, 0] (0 NaN and 1 infinite of 4 elements)");
}

TEST_CASE("a loss that is not finite is a number, not a tensor, in the message") {
  auto chain = mr::chain(forward{}, measure{}).use(mr::validation<mr::strict>{});
  auto ctx = chain.context(batch = Eigen::MatrixXf::Constant(1, 2, 1e38F), labels = std::vector<int>(1));
  ctx[batch](0, 1) = 3e38F;
  CHECK(why(chain(ctx)) == "field \"output\" holds Infinity at [0, 1] (0 NaN and 1 infinite of 2 elements)");
  auto alone = mr::chain(measure{}).use(mr::validation<mr::strict>{});
  auto rest = alone.context(output = Eigen::MatrixXf::Constant(1, 2, 3e38F), labels = std::vector<int>(1));
  CHECK(why(alone(rest)) == "field \"loss\" is Infinity");
}

TEST_CASE("lenient validation lists issues up to its bound, counts them all, and lets events pass") {
  auto chain = mr::chain(forward{}, measure{}).use(mr::validation<mr::lenient>{}.keep(2));
  auto ctx = chain.context(batch = Eigen::MatrixXf::Constant(2, 2, nan_f), labels = std::vector<int>(2));
  CHECK(chain(ctx));
  const auto& seen = chain.get<"validation">();
  CHECK(seen.error_count() == 3);  // batch, output, loss
  const auto errors = seen.errors();
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].at_start);
  CHECK(errors[0].event == "forward");
  CHECK(errors[1].error.message().find("field \"output\"") == 0);
}

TEST_CASE("a batch and its labels have the same number of rows") {
  auto chain = mr::chain(forward{}).use(mr::validation{mr::strict{}, mr::same_rows<batch, labels>{}});
  auto good = mr::context(batch = Eigen::MatrixXf::Ones(4, 3), labels = std::vector<int>(4), output = {}, tag = {});
  CHECK(chain(good));
  auto bad = mr::context(batch = Eigen::MatrixXf::Ones(32, 3), labels = std::vector<int>(16), output = {}, tag = {});
  const auto done = chain(bad);
  CHECK(why(done) == "field \"batch\" has 32 rows, field \"labels\" has 16");
  CHECK(done.error().code() == mr::errc::shape_mismatch);
}

TEST_CASE("a rule waits until all its fields have been written") {
  auto chain = mr::chain(forward{}, measure{}).use(mr::validation{mr::strict{}, mr::same_rows<output, labels>{}});
  // At the start `output` is still empty, which must not count.
  auto ctx = chain.context(batch = Eigen::MatrixXf::Ones(4, 3), labels = std::vector<int>(5));
  const auto done = chain(ctx);
  REQUIRE_FALSE(done);
  CHECK(done.error().message() == "event \"forward\" (1 of 2) failed");
  CHECK(why(done) == "field \"output\" has 4 rows, field \"labels\" has 5");
}

TEST_CASE("shapes, ranges and norms are checked") {
  const auto run = [](auto rule, const Eigen::MatrixXf& start) {
    auto chain = mr::chain(forward{}, differentiate{}).use(mr::validation{mr::strict{}, rule});
    auto ctx = chain.context(batch = start);
    return why(chain(ctx));
  };
  const Eigen::MatrixXf ones = Eigen::MatrixXf::Ones(2, 3);
  CHECK(run(mr::has_shape<batch>{{mr::any_extent, 3}}, ones).empty());
  CHECK(run(mr::has_shape<batch>{{mr::any_extent, 4}}, ones) == "field \"batch\" has shape [2, 3], expected [any, 4]");
  CHECK(run(mr::in_range<output>{0, 2}, ones).empty());
  CHECK(run(mr::in_range<output>{-1, 1.5}, ones) == "field \"output\" holds 2 at [0, 0], outside of [-1, 1.5]");
  CHECK(run(mr::max_norm<gradients>{7}, ones).empty());  // sqrt(2 * 6 * 4) = 6.93
  CHECK(run(mr::max_norm<gradients>{6.9}, ones).find("field \"gradients\" has norm 6.92820") == 0);
}

namespace {

struct no_duplicates {  // a rule of one's own
  using fields = mr::fields<labels>;
  mr::result<void> operator()(const auto& ctx) const {
    for (std::size_t i = 1; i < ctx[labels].size(); ++i)
      if (ctx[labels][i] == ctx[labels][i - 1]) return mr::error(mr::errc::invalid_data, "labels repeat");
    return {};
  }
};
struct fails {
  using reads = mr::fields<>;
  using writes = mr::fields<output>;
  mr::result<void> operator()(auto& ctx) const {
    ctx[output] = Eigen::MatrixXf::Constant(1, 1, nan_f);
    return mr::error(mr::errc::unavailable, "no model");
  }
};

}  // namespace

TEST_CASE("a rule of one's own is a type with fields and a call") {
  auto chain = mr::chain(measure{}).use(mr::validation{mr::strict{}, no_duplicates{}});
  auto ctx = chain.context(output = Eigen::MatrixXf::Ones(1, 1), labels = std::vector<int>{1, 2, 2});
  CHECK(why(chain(ctx)) == "labels repeat");
}

TEST_CASE("what a failed event left behind is not looked at") {
  auto chain = mr::chain(fails{}).use(mr::validation<mr::lenient>{});
  auto ctx = chain.context();
  CHECK(why(chain(ctx)) == "no model");
  CHECK(chain.get<"validation">().error_count() == 0);
}

TEST_CASE("issues are echoed as lines where asked") {
  std::FILE* stream = std::tmpfile();
  REQUIRE(stream != nullptr);
  auto chain = mr::chain(forward{}).use(mr::validation<mr::lenient>{}.echo(stream));
  auto ctx = chain.context(batch = Eigen::MatrixXf::Constant(1, 1, nan_f));
  CHECK(chain(ctx));
  std::rewind(stream);
  char line[256]{};
  REQUIRE(std::fgets(line, sizeof line, stream) != nullptr);
  CHECK(std::string(line) ==
        "validation, before event \"forward\": field \"batch\" holds NaN at [0, 0] (1 NaN and 0 infinite of 1 "
        "elements)\n");
  std::fclose(stream);
}

TEST_CASE("several threads may be validated at once") {
  auto chain = mr::chain(forward{}).use(mr::validation<mr::lenient>{}.keep(10));
  const auto shared = mr::share(chain);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      auto ctx = chain.context(batch = Eigen::MatrixXf::Constant(2, 2, nan_f));
      for (int i = 0; i < 100; ++i)
        if (!shared(ctx)) return;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(chain.get<"validation">().error_count() == 600);
  CHECK(chain.get<"validation">().errors().size() == 10);
}
