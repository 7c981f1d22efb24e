# Paths and libraries that only existed on the machine that built the wheels.
set(_foreign_entries "^/opt/python/|^/usr/lib64/|lttng-ust")

function(_drop_foreign_entries)
  get_property(targets DIRECTORY PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS targets)
    foreach(property INTERFACE_INCLUDE_DIRECTORIES INTERFACE_LINK_LIBRARIES)
      get_target_property(entries ${target} ${property})
      if(entries)
        list(FILTER entries EXCLUDE REGEX "${_foreign_entries}")
        set_target_properties(${target} PROPERTIES ${property} "${entries}")
      endif()
    endforeach()
  endforeach()
endfunction()

# CMake refuses to export an include directory inside the source tree, which is where NumPy's
# headers are when the virtual environment lies in the checkout.
function(_keep_source_tree_out_of_exports)
  get_property(targets DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(entries ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(entries)
      list(TRANSFORM entries REPLACE "^(${CMAKE_SOURCE_DIR}/.*)$" "$<BUILD_INTERFACE:\\1>")
      set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${entries}")
    endif()
  endforeach()
endfunction()

# Targets are complete when the project's own file has been read.
cmake_language(DEFER CALL _drop_foreign_entries)
cmake_language(DEFER CALL _keep_source_tree_out_of_exports)
