// Any text is a table, or is refused with a line.
#include <millrace/feature/tables.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

namespace mf = millrace::feature;

void use(const millrace::result<mf::table>& read) {
  if (!read) {
    if (read.error().message().empty()) std::abort();
    return;
  }
  std::size_t missing = 0;
  for (std::size_t i = 0; i < read->size(); ++i) {
    const mf::column& one = (*read)[i];
    if (one.rows() != read->rows()) std::abort();
    for (std::size_t row = 0; row < one.rows(); ++row) {
      missing += one.missing(row) ? 1U : 0U;
      const bool texts = one.kind == mf::column_kind::category || one.kind == mf::column_kind::text;
      if (texts && !one.missing(row) && one.text(row).size() > 1'000'000) std::abort();
      if (read->line(row) == 0) std::abort();
    }
  }
  if (missing > read->rows() * read->size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  use(mf::read_csv(text));
  use(mf::read_csv(text, {.delimiter = ';', .decimal = ',', .thousands = '.', .comment = '#'}));
  use(mf::read_csv(text, {.columns = {{"a", mf::column_kind::time}, {"b", mf::column_kind::text}}}));
  use(mf::read_csv(text, {.thousands = ',', .amounts = true, .latin1 = false}));
  use(mf::read_json_lines(text));
  use(mf::read_json_lines(text, {.columns = {{"a", mf::column_kind::number}, {"b", mf::column_kind::category}}}));
  return 0;
}
