// 16 processes register 1,000 versions each at once; see tests/support/registry_processes.hpp.

#include <support/catch.hpp>
#include <support/registry_processes.hpp>
#include <support/temp_dir.hpp>

TEST_CASE("model_registry: sixteen processes with a thousand versions each") {
  const support::temp_dir folder;
  support::register_at_once(folder / "models.db", 16, 1000);
}
