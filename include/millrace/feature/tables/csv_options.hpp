#ifndef MILLRACE_FEATURE_TABLES_CSV_OPTIONS_HPP
#define MILLRACE_FEATURE_TABLES_CSV_OPTIONS_HPP

#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/findings.hpp>
#include <millrace/feature/tables/notation.hpp>
#include <millrace/feature/tables/table.hpp>

#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// How a CSV is written. `csv_options::found()` has all that can be found be found.
struct csv_options {
  /// A mark that is found.
  static constexpr char automatic = '\x1a';

  /// What stands between cells. Automatic: what a first line such as `sep=;` says; or that of `,` `;` tab `|` which
  /// takes the first hundred rows apart into the most cells, as many in each; or that which the header has most of.
  char delimiter = automatic;
  /// What stands before a number's fraction. Another than '.' makes 3.14 no number. Automatic: a point; a column with
  /// decimal commas is doubtful.
  char decimal = '.';
  /// What stands between groups of three digits; 0: nothing. Automatic: by column, a comma, blank or apostrophe, or
  /// with decimal commas a point.
  char thousands = 0;
  /// Whether a column is numbers also where they are written as amounts: with one currency's sign or code or %, and
  /// negative ones with a minus or in an accountant's brackets: -$7.25, 7.25 EUR, 12 %, (7.25). The unit is set aside,
  /// and the column says which it was. A column of two units, or of percents and bare numbers, is doubtful.
  bool amounts = false;
  /// How times are written. Automatic: by column, and doubtful where all dates have two meanings; day_first or
  /// month_first: that, where the column leaves it open.
  date_order dates = date_order::iso;
  /// What becomes of doubtful columns.
  doubt doubtful = doubt::categories;
  /// What becomes of cells that say NaN or infinity.
  not_finite_cells not_finite = not_finite_cells::kept;
  /// Whether a column of whole numbers with more digits than doubles tell apart, as identifiers have, is categories.
  bool exact = false;
  /// Whether text that is not UTF-8 is read as Latin-1; else its bytes are kept as they are.
  bool latin1 = true;
  /// What a line begins with that is passed over; 0: nothing. Automatic: # before the header, and in front of lines
  /// that have not as many cells as it.
  char comment = 0;
  /// Whether lines above the header of which at most one cell is filled, such as a title, are passed over.
  bool banner = false;
  /// Whether rows that say the header again, as where files were put together, are passed over, if there are two
  /// columns at least.
  bool headers_again = false;
  /// Whether a column without a name, or with that of another, is given one: column 3, age (1). Else it is refused.
  bool mend_names = false;
  /// Whether quotes mean what stands between them: blanks there are kept, and no cell is missing for what it spells.
  bool literal_quotes = true;
  /// Cells that are missing, besides empty ones.
  std::vector<std::string> missing{"NA", "N/A", "n/a", "NaN", "nan", "?", "null", "NULL", "None"};
  /// Columns whose kind is said, by the names in the header. Of the others it is found: numbers or times if all their
  /// cells are, else categories.
  std::vector<declared_column> columns{};
  /// Whether columns whose kind is not said are left out.
  bool declared_only = false;
  /// Whether all columns whose kind is said have to be there.
  bool all_declared = true;

  /// For tables of unknown origin: everything is found, and what is doubtful is refused.
  template <class Options = csv_options>
  static Options found() {
    Options how;
    how.decimal = how.thousands = how.comment = automatic;
    how.amounts = how.exact = how.banner = how.headers_again = how.mend_names = true;
    how.dates = date_order::automatic;
    how.doubtful = doubt::refused;
    how.literal_quotes = false;
    return how;
  }
};

/// What was found out about a text while it was read, or before it was refused.
struct csv_findings {
  /// The text's own delimiter and header, and every column as it was read. Reading with these options takes another
  /// text apart in the very same way, also where it lacks columns, such as what is to be predicted.
  csv_options as{};
  /// The delimiter that takes the text apart best, also where another was asked for.
  char likely_delimiter = ',';
  /// The columns' names as the text has them.
  std::vector<std::string> header{};
  /// Lines that were passed over.
  std::vector<passed_line> passed{};
  /// What was taken for granted.
  std::vector<table_note> notes{};
  /// Why the text was refused; about nothing where it was not, or where the error says it all.
  table_note refused{};
};

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_CSV_OPTIONS_HPP
