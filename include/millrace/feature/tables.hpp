#ifndef MILLRACE_FEATURE_TABLES_HPP
#define MILLRACE_FEATURE_TABLES_HPP

/// feature/tables: columns of numbers, categories, texts and times, and readers for them.
///
/// - `table`, `column`: columns of one length, with a name each; cells may be missing
/// - `read_csv`: from comma-separated values; what it is not told about delimiter, decimal mark, thousands, dates,
///   amounts such as $1,020.50 and lines that are no rows it finds by the text, and says so in `csv_findings`
/// - `reread`: a column of texts once more, as numbers or times
/// - `read_number`, `read_time`: one cell, in the notation that a column was found to have
/// - `read_json_lines`: from an object a line; `read_json_rows`: from an array of objects
/// - `read_parquet`: from a Parquet file that <millrace/store/parquet.hpp> opens
/// - `amounts.hpp`, `dates.hpp`, `encoding.hpp`: what stands around and between a number's digits; how dates are
/// written;
///   UTF-8 and Latin-1
///
/// What a reader refuses it names by line and column.

#include <millrace/feature/tables/amounts.hpp>
#include <millrace/feature/tables/csv.hpp>
#include <millrace/feature/tables/csv_options.hpp>
#include <millrace/feature/tables/dates.hpp>
#include <millrace/feature/tables/encoding.hpp>
#include <millrace/feature/tables/findings.hpp>
#include <millrace/feature/tables/json_lines.hpp>
#include <millrace/feature/tables/json_rows.hpp>
#include <millrace/feature/tables/notation.hpp>
#include <millrace/feature/tables/parquet.hpp>
#include <millrace/feature/tables/table.hpp>

#endif  // MILLRACE_FEATURE_TABLES_HPP
