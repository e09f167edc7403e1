#include <millrace/middleware/validation_rules.hpp>

#include <support/catch.hpp>

#include <millrace/core/context.hpp>
#include <millrace/tensor/eigen.hpp>

#include <limits>
#include <vector>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"batch", Eigen::MatrixXd> batch;
inline constexpr mr::field<"labels", std::vector<int>> labels;
inline constexpr mr::field<"rate", double> rate;

}  // namespace

TEST_CASE("rows are the first axis, and a number has none") {
  CHECK(mr::same_rows<batch, labels>{}(mr::context(batch = Eigen::MatrixXd(3, 2), labels = std::vector<int>(3))));
  const auto number = mr::same_rows<batch, rate>{}(mr::context(batch = Eigen::MatrixXd(3, 2), rate = 1.0));
  CHECK(number.error().message() == "field \"rate\" is a number and has no rows");
}

TEST_CASE("a shape's rank counts, and any extent is any") {
  const auto ctx = mr::context(batch = Eigen::MatrixXd(3, 2));
  CHECK(mr::has_shape<batch>{{3, mr::any_extent}}(ctx));
  CHECK_FALSE(mr::has_shape<batch>{{3}}(ctx));
  CHECK_FALSE(mr::has_shape<batch>{{3, 2, 1}}(ctx));
}

TEST_CASE("a range includes its ends and excludes NaN") {
  const mr::in_range<rate> unit{0, 1};
  CHECK(unit(mr::context(rate = 0.0)));
  CHECK(unit(mr::context(rate = 1.0)));
  CHECK(unit(mr::context(rate = 1.5)).error().message() == "field \"rate\" is 1.5, outside of [0, 1]");
  CHECK(unit(mr::context(rate = std::numeric_limits<double>::quiet_NaN())).error().message() ==
        "field \"rate\" is NaN, outside of [0, 1]");
}

TEST_CASE("a norm is taken over the whole field and does not overflow") {
  const auto ctx = mr::context(batch = Eigen::MatrixXd::Constant(1, 4, 1e200));
  CHECK(mr::max_norm<batch>{2.1e200}(ctx));
  CHECK(mr::max_norm<batch>{1.9e200}(ctx).error().code() == mr::errc::out_of_range);
}
