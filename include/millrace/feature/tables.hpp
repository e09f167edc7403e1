#ifndef MILLRACE_FEATURE_TABLES_HPP
#define MILLRACE_FEATURE_TABLES_HPP

/// feature/tables: columns of numbers, categories, texts and times, and readers for them.
///
/// - `table`, `column`: columns of one length, with a name each; cells may be missing
/// - `read_csv`: from comma-separated values, with any delimiter and decimal mark, and amounts such as $1,020.50
/// - `read_json_lines`: from an object a line
/// - `amounts.hpp`, `encoding.hpp`: what stands around and between a number's digits; UTF-8 and Latin-1
///
/// What a reader refuses it names by line and column.

#include <millrace/feature/tables/amounts.hpp>
#include <millrace/feature/tables/csv.hpp>
#include <millrace/feature/tables/encoding.hpp>
#include <millrace/feature/tables/json_lines.hpp>
#include <millrace/feature/tables/table.hpp>

#endif  // MILLRACE_FEATURE_TABLES_HPP
