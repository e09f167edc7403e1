#ifndef MILLRACE_STORE_PARQUET_HPP
#define MILLRACE_STORE_PARQUET_HPP

/// parquet: tables of flat columns in Apache Parquet's files, written and read by the standard library alone.
///
/// - `parquet_field`, `parquet_type`: a column: its name, how its cells are stored, what they mean, whether some may be
///   missing
/// - `create_parquet`, `parquet_writer`: writes rows batch by batch, to a file that is there as a whole when it is
/// finished;
///   `basic_parquet_writer` to any `parquet_sink`, such as `byte_sink`. `parquet_cells`: what is written of a column
/// - `open_parquet`, `parquet_reader`: reads the columns that are asked for, row group by row group, from a file or
/// from
///   bytes; `basic_parquet_reader` from any `parquet_source`. `parquet_column`: the cells, and which of them are there
/// - `parquet_statistics`: what a file says of a column of a row group, so that it may be left out
/// - `parquet_decompressor`: ZSTD, or another codec that the reader lacks, by a library that the program links
///
/// Columns of lists, maps and structs, and encrypted ones, are named and refused; the other columns of their file are
/// read.

#include <millrace/store/parquet/codecs.hpp>
#include <millrace/store/parquet/column.hpp>
#include <millrace/store/parquet/field.hpp>
#include <millrace/store/parquet/reader.hpp>
#include <millrace/store/parquet/statistics.hpp>
#include <millrace/store/parquet/writer.hpp>

#endif  // MILLRACE_STORE_PARQUET_HPP
