// Any text is a table, or is refused with a line. What was found of a table reads it again as it was, and so are cells
// read that are written in quotes.
#include <millrace/feature/tables.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

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

bool same(const mf::column& one, const mf::column& other) {
  if (one.name != other.name || one.kind != other.kind || one.rows() != other.rows()) return false;
  for (std::size_t row = 0; row < one.rows(); ++row) {
    if (one.missing(row) != other.missing(row)) return false;
    if (one.missing(row)) continue;
    const bool equal = one.kind == mf::column_kind::number ? one.numbers[row] == other.numbers[row]
                       : one.kind == mf::column_kind::time ? one.times[row] == other.times[row]
                                                           : one.text(row) == other.text(row);
    if (!equal) return false;
  }
  return true;
}

void find_and_read_again(const std::string& text, const mf::csv_options& how) {
  mf::csv_findings found;
  const auto first = mf::read_csv(text, how, &found);
  use(first);
  for (const mf::table_note& note : found.notes)
    if (note.about == mf::table_matter::nothing || note.text.empty()) std::abort();
  if (!first) {
    if (found.refused.about != mf::table_matter::nothing && found.refused.text != first.error().message()) std::abort();
    return;
  }
  const auto again = mf::read_csv(text, found.as);
  if (!again || again->size() != first->size()) std::abort();
  for (std::size_t i = 0; i < first->size(); ++i)
    if (!same((*first)[i], (*again)[i])) std::abort();
}

std::string in_quotes(std::string_view cell) {
  std::string out = "\"";
  for (const char c : cell) out.append(c == '"' ? 2 : 1, c);
  return out += '"';
}

void write_and_read_again(const std::string& text) {
  mf::csv_options how;
  how.mend_names = true;
  how.missing.clear();
  how.latin1 = false;
  const auto kinds = mf::read_csv(text, how);
  if (!kinds) return;
  for (std::size_t i = 0; i < kinds->size(); ++i) how.columns.push_back({(*kinds)[i].name, mf::column_kind::text});
  const auto first = mf::read_csv(text, how);
  if (!first) std::abort();
  std::string written;
  for (std::size_t i = 0; i < first->size(); ++i) written += (i > 0 ? "," : "") + in_quotes((*first)[i].name);
  written += "\r\n";
  for (std::size_t row = 0; row < first->rows(); ++row) {
    for (std::size_t i = 0; i < first->size(); ++i) written += (i > 0 ? "," : "") + in_quotes((*first)[i].text(row));
    written += "\r\n";
  }
  how.delimiter = ',';
  const auto again = mf::read_csv(written, how);
  if (!again || again->size() != first->size()) std::abort();
  for (std::size_t i = 0; i < first->size(); ++i)
    if (!same((*first)[i], (*again)[i])) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  use(mf::read_csv(text));
  use(mf::read_csv(text, {.delimiter = ';', .decimal = ',', .thousands = '.', .comment = '#'}));
  use(mf::read_csv(text, {.columns = {{"a", mf::column_kind::time}, {"b", mf::column_kind::text}}}));
  use(mf::read_csv(text, {.thousands = ',', .amounts = true, .latin1 = false}));
  mf::csv_options how = mf::csv_options::found();
  find_and_read_again(text, how);
  how.doubtful = mf::doubt::categories;
  how.not_finite = mf::not_finite_cells::missing;
  find_and_read_again(text, how);
  how.not_finite = mf::not_finite_cells::refused;
  how.decimal = ',';
  how.dates = mf::date_order::day_first;
  find_and_read_again(text, how);
  find_and_read_again(text, {});
  write_and_read_again(text);
  use(mf::read_json_lines(text));
  use(mf::read_json_lines(text, {.columns = {{"a", mf::column_kind::number}, {"b", mf::column_kind::category}}}));
  return 0;
}
