#ifndef MILLRACE_FEATURE_SPECIFICATION_HPP
#define MILLRACE_FEATURE_SPECIFICATION_HPP

/// feature/specification: features that are listed at run time, over columns that are known by name.
///
/// - `specification`, `parameter`, `specified_rule`: a transform in words
/// - `table_features`: a list of them, for tables and for rows of `named_cell`s; its saved form describes itself
/// - `table_history`: the aggregations of a list, over windows of event time; it adds the columns that features read
/// - `automatic`: a list that is proposed for a table
/// - `specifications_of`: the transforms of a type, in words

#include <millrace/feature/specification/automatic.hpp>
#include <millrace/feature/specification/cell.hpp>
#include <millrace/feature/specification/specification.hpp>
#include <millrace/feature/specification/specifications_of.hpp>
#include <millrace/feature/specification/table_features.hpp>
#include <millrace/feature/specification/table_history.hpp>

#endif  // MILLRACE_FEATURE_SPECIFICATION_HPP
