#include <millrace/store/search/mlflow_schemas.hpp>

#include <millrace/store/search/filter.hpp>
#include <millrace/store/search/ranges.hpp>
#include <support/catch.hpp>
#include <support/search_rows.hpp>

#include <string>
#include <vector>

namespace ms = millrace::store;

namespace {

bool takes(const std::string& filter, const ms::search_schema& schema,
           ms::search_grammar grammar = ms::search_grammar::mlflow) {
  INFO(filter);
  const auto made = ms::search_filter::make(filter, schema, grammar);
  if (made) return true;
  CHECK(made.error().code() == millrace::errc::invalid_argument);
  return false;
}

}  // namespace

// What MLflow 3.17's parsers take and refuse, each of them asked by hand.
TEST_CASE("search: MLflow's grammar takes for each search what MLflow takes") {
  for (const char* filter : {"metrics.a > 1",
                             "metric.a <= -1.5e-3",
                             "metrics.a.b != .5",
                             "metrics.`a/b c` = 5.",
                             "metrics.\"a-b\">1e5",
                             "metrics.'a b' >= 0",
                             "`metrics`.`a` < 1",
                             "metrics.top5 > 1",
                             "metrics.\xc3\xa9 > 1",
                             "params.a = 'x'",
                             "param.a != \"x\"",
                             "parameters.a LIKE 'x%'",
                             "parameter.a ilike '%x'",
                             "params.a IS NULL",
                             "params.a is not null",
                             "tags.mlflow.user = 'x'",
                             "tag.`mlflow.user` = ''",
                             "tags.order = 'x'",
                             "tags.a = 'x'and tags.b = 'y'",
                             "status = 'FINISHED'",
                             "attributes.status LIKE 'F%'",
                             "run.start_time > 5.5",
                             "attr.end_time != 5",
                             "Created > 5",
                             "attributes.`run name` = 'x'",
                             "`Run Name` = 'x'",
                             "\"Run name\" = 'x'",
                             "run_id IN ('x')",
                             "run_id NOT IN ('x', \"y\", )",
                             "artifact_uri ILIKE 'x'",
                             "user_id = 'x'",
                             "dataset.name = 'x'",
                             "datasets.digest IN ('x')",
                             "dataset.context NOT IN ('x','y')",
                             "metrics.a > 1 AND run_id IN ('x') AND metrics.b < 2 AND tags.c IS NULL",
                             "tags.a = 'x' tags.b = 'y'",
                             "AND tags.a = 'x' AND AND tags.b = 'y' AND",
                             ""})
    CHECK(takes(filter, ms::run_schema));
  for (const char* filter : {"metrics.a > +1",
                             "metrics.a > 1e+5",
                             "metrics.a > - 5",
                             "metrics.a > 0x10",
                             "metrics.a > inf",
                             "metrics.a > nan",
                             "metrics.a > '1'",
                             "metrics.a == 1",
                             "metrics.a <> 1",
                             "metrics.a LIKE 'x'",
                             "1 < metrics.a",
                             "metrics.a > metrics.b",
                             "metrics.a-b > 1",
                             "metrics.a/b > 1",
                             "metrics.`a`b` > 1",
                             "metrics.a > 1AND metrics.b < 2",
                             "metrics > 1",
                             "\"metrics\".a > 1",
                             "`metrics.a` > 1",
                             "METRICS.a > 1",
                             "metrics . a > 1",
                             "metrics.a IN (1)",
                             "metrics.a IS NULL",
                             "metrics.a BETWEEN 1 AND 2",
                             "params.a = `x`",
                             "params.a = x",
                             "params.a = 1",
                             "params.a = 'x",
                             "params.a NOT LIKE 'x'",
                             "params.a IN ('x')",
                             "params.a > 'x'",
                             "params.a ISNULL",
                             "params.a = NULL",
                             "tags.a = 'x' OR tags.b = 'y'",
                             "(tags.a = 'x')",
                             "NOT tags.a = 'x'",
                             "tags.a = 'x';",
                             "tags.a = 'x' -- y",
                             "tags.a = 'x' /* y */",
                             "tags.a = 'x', tags.b = 'y'",
                             "start_time > '5'",
                             "start_time IN (5)",
                             "run_id IN ()",
                             "run_id IN ('x'",
                             "run_id IN 'x'",
                             "run_id IN (1)",
                             "run_id IN ('x', 1)",
                             "status IN ('x')",
                             "run_name IN ('x')",
                             "status > 'x'",
                             "status IS NULL",
                             "experiment_id = 'x'",
                             "lifecycle_stage = 'active'",
                             "foo = 'x'",
                             "foo.bar = 'x'",
                             "dataset.profile = 'x'",
                             "dataset.name > 'x'",
                             "dataset.name IS NULL",
                             "true",
                             "metrics.a",
                             ">",
                             "= 'x'",
                             "metrics.a >",
                             "   "})
    CHECK_FALSE(takes(filter, ms::run_schema));

  for (const char* filter : {"name = 'x'", "attribute.name ILIKE 'x'", "attributes.name LIKE 'x%'",
                             "experiment_id IN ('1','2')", "experiment_id != '1'", "creation_time > 5",
                             "last_update_time <= 5 AND tags.a IS NOT NULL", "tags.`a b` != 'x'"})
    CHECK(takes(filter, ms::experiment_schema));
  for (const char* filter : {"name IN ('x')", "experiment_id > '1'", "experiment_id LIKE '1%'", "experiment_id = 1",
                             "creation_time > 5.5", "creation_time > '5'", "name IS NULL", "metrics.a > 1",
                             "params.a = 'x'", "tags.a IN ('x')", "lifecycle_stage = 'active'"})
    CHECK_FALSE(takes(filter, ms::experiment_schema));

  for (const char* filter : {"name = 'x'", "name LIKE 'x%'", "name IN ('a','b')", "attribute.name NOT IN ('x')",
                             "tags.a = 'x' AND tag.`b c` ILIKE '%y'"})
    CHECK(takes(filter, ms::registered_model_schema));
  for (const char* filter : {"name > 'x'", "name = 5", "tags.a IS NULL", "creation_timestamp > 5",
                             "last_updated_timestamp > 5", "description = 'x'"})
    CHECK_FALSE(takes(filter, ms::registered_model_schema));

  for (const char* filter : {"name = 'x'", "version_number > 5", "version_number <= '5'", "run_id IN ('x')",
                             "name NOT IN ('x')", "source_path LIKE 's3://%'", "tags.a != 'x'"})
    CHECK(takes(filter, ms::model_version_schema));
  for (const char* filter :
       {"version_number = 5.5", "version_number = 'x'", "version_number IN (1)", "source_path IN ('x')", "source = 'x'",
        "version = 5", "creation_timestamp > 5", "tags.a IS NULL", "version_number LIKE '5'"})
    CHECK_FALSE(takes(filter, ms::model_version_schema));
}

TEST_CASE("search: the full grammar takes more of MLflow's keys") {
  const auto full = ms::search_grammar::full;
  for (const char* filter : {"metrics.a > +1",
                             "metrics.a > 1e+5",
                             "metrics.a < inf",
                             "metrics.a > -Infinity",
                             "metrics.a <> 1",
                             "metrics.val/loss-2:x > 1",
                             "metrics.a IN (1, 2.5)",
                             "metrics.a NOT BETWEEN 1 AND 2",
                             "metrics.a IS NULL",
                             "metrics.a IS NAN AND metrics.b IS NOT NAN",
                             "params.a > 'x'",
                             "params.lr < 0.1",
                             "params.a IN ('x')",
                             "params.a NOT LIKE '10!%' ESCAPE '!'",
                             "lifecycle_stage = 'active'",
                             "dataset.name IS NULL",
                             "not (tags.a = 'x' or tags.b = 'y') and status in ('FAILED','KILLED')",
                             "status > 'F'",
                             "start_time IN (5, 6)",
                             "",
                             "  "})
    CHECK(takes(filter, ms::run_schema, full));
  CHECK(takes("creation_timestamp BETWEEN 5 AND 6 OR description LIKE '%x%'", ms::registered_model_schema, full));
  CHECK(takes("current_stage = 'Production' AND version_number IN (1, 2)", ms::model_version_schema, full));
  for (const char* filter : {"AND",
                             "tags.a = 'x' AND",
                             "tags.a = 'x' tags.b = 'y'",
                             "(tags.a = 'x'",
                             "tags.a = 'x')",
                             "()",
                             "NOT",
                             "metrics.a > nan",
                             "metrics.a LIKE '1%'",
                             "metrics.a = '1'",
                             "params.a IS NAN",
                             "tags.a IN ('x', 1)",
                             "tags.a LIKE 'x' ESCAPE 'ab'",
                             "tags.a LIKE 'x!' ESCAPE '!'",
                             "metrics.a BETWEEN 1",
                             "tags.a NOT = 'x'",
                             "tags.a. = 'x'",
                             "tags.`` = 'x'",
                             "metrics.a > 1..2",
                             "metrics.a > 1e",
                             "metrics.a > ."})
    CHECK_FALSE(takes(filter, ms::run_schema, full));
}

// MLflow's own client puts this condition behind every filter of registered models.
TEST_CASE("search: a model that is not said to be a prompt is none") {
  const auto finds = [](const searched::row& model, const std::string& filter) {
    for (const ms::search_schema& schema : {ms::registered_model_schema, ms::model_version_schema})
      for (const auto grammar : {ms::search_grammar::mlflow, ms::search_grammar::full}) {
        const auto made = ms::search_filter::make(filter, schema, grammar);
        REQUIRE(made);
        if (!made->matches(model)) return false;
        if (ms::required_ranges(*made).size() > 1) FAIL("rows without the tag may match");
      }
    return true;
  };
  const searched::row plain = searched::row().attribute("name", "m");
  const searched::row prompt = searched::row().attribute("name", "m").tag("mlflow.prompt.is_prompt", "true");
  CHECK(finds(plain, "name = 'm' AND tag.`mlflow.prompt.is_prompt` != 'true'"));
  CHECK(finds(plain, "tags.`mlflow.prompt.is_prompt` = 'false'"));
  CHECK_FALSE(finds(plain, "tags.`mlflow.prompt.is_prompt` = 'true'"));
  CHECK(finds(prompt, "tags.mlflow.prompt.is_prompt = 'true'"));
  CHECK_FALSE(finds(prompt, "tags.`mlflow.prompt.is_prompt` != 'true'"));
  CHECK_FALSE(finds(plain, "tags.other != 'true'"));
}
