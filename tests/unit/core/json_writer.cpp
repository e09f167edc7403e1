#include <millrace/core/json_writer.hpp>
