#include <millrace/core/field.hpp>
