# ggml out of the unpacked llama.cpp, static, with llama.cpp's own defaults, and with CUDA where KANGAROO_CUDA says so. The
# targets are ggml's own: ggml, ggml-base, ggml-cpu, ggml-cuda. Sets CUDA_LIBRARY_DIRS, where the runtime libraries lie.
set(BUILD_SHARED_LIBS OFF CACHE BOOL "" FORCE)
set(GGML_BACKEND_DL OFF CACHE BOOL "" FORCE)
set(GGML_LLAMAFILE ON CACHE BOOL "")
set(GGML_CUDA ${KANGAROO_CUDA} CACHE BOOL "" FORCE)
set(GGML_CUDA_GRAPHS ON CACHE BOOL "")
set(GGML_CUDA_NCCL OFF CACHE BOOL "") # one GPU
set(GGML_CCACHE OFF CACHE BOOL "" FORCE) # CMAKE_CXX_COMPILER_LAUNCHER is the caller's to choose

if(KANGAROO_CUDA)
  if(KANGAROO_CUBLAS_ROOT) # such packages have versioned names only, which CMake does not look for
    foreach(name cublas cublasLt)
      file(GLOB found ${KANGAROO_CUBLAS_ROOT}/lib*/lib${name}.so*)
      if(NOT found)
        message(FATAL_ERROR "kangaroo: ${KANGAROO_CUBLAS_ROOT} has no lib/lib${name}.so*")
      endif()
      list(GET found 0 found)
      set(CUDA_${name}_LIBRARY ${found} CACHE FILEPATH "" FORCE)
    endforeach()
    include_directories(SYSTEM ${KANGAROO_CUBLAS_ROOT}/include)
  endif()
  find_package(CUDAToolkit REQUIRED)
  if(NOT TARGET CUDA::cublas)
    message(FATAL_ERROR "kangaroo: the CUDA toolkit has no cuBLAS. Install it (libcublas-dev), or give KANGAROO_CUBLAS_ROOT.")
  endif()
  if(NOT TARGET CUDA::cuda_driver) # a toolkit without the driver's stub, on a machine without the driver's own libcuda.so
    message(STATUS "kangaroo: no libcuda.so to link: ggml's memory pool does without virtual memory (GGML_CUDA_NO_VMM)")
    set(GGML_CUDA_NO_VMM ON CACHE BOOL "" FORCE)
  endif()
  get_filename_component(cublas_dir ${CUDA_cublas_LIBRARY} DIRECTORY)
  set(CUDA_LIBRARY_DIRS ${CUDAToolkit_LIBRARY_DIR} ${cublas_dir})
endif()

add_subdirectory(${LLAMA_DIR}/ggml ${CMAKE_BINARY_DIR}/ggml EXCLUDE_FROM_ALL)

if(KANGAROO_SANITIZE)
  # its count of graphs wraps round after 32,768, by a shift that only C++20 defines
  target_compile_options(ggml-cpu PRIVATE $<$<COMPILE_LANGUAGE:C>:-fno-sanitize=shift-base>)
  # it calls kernels of typed rows through pointers to functions of untyped ones
  target_compile_options(ggml-cpu PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-fno-sanitize=function>
    $<$<COMPILE_LANG_AND_ID:C,Clang>:-fno-sanitize=function>)
  # it counts the bytes of a graph by moving a null pointer on; while it reads a GGUF header, it multiplies dimensions before it
  # checks them (gguf-file.cpp does that again), and has types of fields before it checks them
  target_compile_options(ggml-base PRIVATE $<$<COMPILE_LANGUAGE:C>:-fno-sanitize=pointer-overflow,signed-integer-overflow>
    $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize=enum,signed-integer-overflow>)
endif()
