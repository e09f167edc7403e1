#include <millrace/connect/rest/dashboard/models_panel.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <nlohmann/json.hpp>

namespace rest = millrace::connect::rest;

TEST_CASE("a panel of models has each that is served now") {
  rest::served_models models;
  const rest_tests::sum_model one{3, 1};
  REQUIRE(models.add("<script>alert('x')</script>", one));
  REQUIRE(models.put("sum", rest_tests::sum_model{2, 2}));
  const rest::models_panel panel(models);
  rest::panel_writer to;
  REQUIRE(panel.show(to));
  const auto got = nlohmann::json::parse("{" + to.members() + "}")["tables"][0]["rows"];
  CHECK(got == nlohmann::json::parse(R"([["<script>alert('x')</script>","none",3,1],["sum","none",2,2]])"));
}
