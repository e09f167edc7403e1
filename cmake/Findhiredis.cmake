# hiredis as the target hiredis::hiredis: by its own package (vcpkg, Conan, its installer), or where its header and
# library are, since Debian's package before 1.0 defines no target.
find_package(hiredis CONFIG QUIET)
if(NOT TARGET hiredis::hiredis)
  find_path(MILLRACE_HIREDIS_INCLUDE hiredis/read.h)
  find_library(MILLRACE_HIREDIS_LIBRARY hiredis)
  mark_as_advanced(MILLRACE_HIREDIS_INCLUDE MILLRACE_HIREDIS_LIBRARY)
  if(MILLRACE_HIREDIS_INCLUDE AND MILLRACE_HIREDIS_LIBRARY)
    add_library(hiredis::hiredis UNKNOWN IMPORTED)
    set_target_properties(hiredis::hiredis PROPERTIES IMPORTED_LOCATION "${MILLRACE_HIREDIS_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${MILLRACE_HIREDIS_INCLUDE}")
  endif()
endif()
if(TARGET hiredis::hiredis)
  set(hiredis_FOUND TRUE)
else()
  set(hiredis_FOUND FALSE)
endif()
