# The targets that have something to compile: once in the build of whoever links them, and not where nobody does. Read by
# the build and by the installed package.

# millrace::pch: millrace.hpp, precompiled for each target that links it.
function(millrace_add_pch core)
  add_library(millrace_pch INTERFACE)
  add_library(millrace::pch ALIAS millrace_pch)
  target_link_libraries(millrace_pch INTERFACE ${core})
  target_precompile_headers(millrace_pch INTERFACE <millrace/millrace.hpp>)
endfunction()

# millrace::module, for `import millrace;`, made from the unit; or `missing` says why there is none.
function(millrace_add_module unit core missing)
  set(reason "")
  if(CMAKE_VERSION VERSION_LESS 3.28)
    set(reason "CMake 3.28 (this is ${CMAKE_VERSION})")
  elseif(NOT CMAKE_GENERATOR MATCHES "Ninja|Visual Studio")
    set(reason "the generator Ninja (this is ${CMAKE_GENERATOR})")
  elseif(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 17)
    # g++ 14.2 stops at an internal error (in core_vals) at every inline function that calls a builtin of the processor, its
    # own library's too.
    set(reason "clang 17 (this is ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION})")
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND NOT CMAKE_CXX_COMPILER_CLANG_SCAN_DEPS)
    set(reason "clang-scan-deps (Debian, Ubuntu: clang-tools)")
  endif()
  if(NOT reason STREQUAL "")
    set(${missing} "millrace::module needs ${reason}.\n" PARENT_SCOPE)
    return()
  endif()
  set(${missing} "" PARENT_SCOPE)
  get_filename_component(folder ${unit} DIRECTORY)
  add_library(millrace_module STATIC EXCLUDE_FROM_ALL)
  add_library(millrace::module ALIAS millrace_module)
  target_sources(millrace_module PUBLIC FILE_SET CXX_MODULES BASE_DIRS ${folder} FILES ${unit})
  target_link_libraries(millrace_module PUBLIC ${core})
  set_target_properties(millrace_module PROPERTIES CXX_SCAN_FOR_MODULES ON)
endfunction()
