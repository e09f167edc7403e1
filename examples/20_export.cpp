// Reads a table as a spreadsheet or a bank exported it: with a title, another delimiter, amounts and dates as people
// write them. What was found is said, and a later row is read in the very same way.
#include <millrace/feature/tables.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

namespace mr = millrace;
namespace mf = millrace::feature;

// [export]
mr::result<mf::table> read_export(std::string text, mf::csv_findings& found) {
  auto read = mf::read_csv(std::move(text), mf::csv_options::found(), &found);
  if (!read) return std::move(read).error().wrap("export.csv");  // names line and column
  for (const mf::passed_line& one : found.passed) std::printf("line %zu is no row\n", one.line);
  for (const mf::table_note& one : found.notes) std::printf("%s\n", one.text.c_str());
  return read;
}
// [/export]

int main() {
  const std::string text =
      "Payments of the first quarter;;\n"
      "day;amount;card\n"
      "31/01/2024;\"$1,020.50\";4711\n"
      "01/02/2024;$980.00;4712\n"
      "05/02/2024;($7.25);4711\n";
  mf::csv_findings found;
  const auto table = read_export(text, found);
  if (!table) {
    std::fprintf(stderr, "%s\n", table.error().describe().c_str());
    return 1;
  }
  for (std::size_t row = 0; row < table->rows(); ++row)
    std::printf("%s: %.2f\n", mf::date_text((*table)[0].times[row]).c_str(), (*table)[1].numbers[row]);

  // The service that gets one more: 3 February or March? As the file has shown.
  double amount = 0;
  std::int64_t day = 0;
  if (!mf::read_number("-$12.50", table->find("amount")->written, amount)) return 1;
  if (!mf::read_time("03/02/2024", table->find("day")->written, day)) return 1;
  std::printf("later: %s: %.2f\n", mf::date_text(day).c_str(), amount);

  // Dates that may be either are asked about rather than guessed.
  const auto either = mf::read_csv("day;n\n03/04/2024;1\n05/06/2024;2\n", mf::csv_options::found(), &found);
  if (either || found.refused.about != mf::table_matter::dates) return 1;
  std::printf("%s\n", either.error().describe().c_str());
  return amount == -12.5 && mf::date_text(day) == "2024-02-03" ? 0 : 1;
}
