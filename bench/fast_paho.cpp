// SPDX-License-Identifier: Apache-2.0
// What the MQTT library (Eclipse Paho C 1.3) keeps of itself for those who mend it, left out: the
// list of each piece of its memory, and of each thread the functions that it is in. Each takes a
// process-wide mutex, for each piece and each function. Linked with the library's own objects by
// fast-paho.sh instead of its Heap and StackTrace. The library's option PAHO_HIGH_PERFORMANCE
// leaves out the calls as well, which here remain and do nothing.
// Source: Heap.h and StackTrace.h of Eclipse Paho C 1.3.
#include <cstddef>
#include <cstdlib>

namespace {

struct HeapInfo {
  std::size_t current = 0;
  std::size_t most = 0;
};

}  // namespace

extern "C" {

void* mymalloc(char* /*file*/, int /*line*/, std::size_t size) {
  return std::malloc(size);
}
void* myrealloc(char* /*file*/, int /*line*/, void* piece, std::size_t size) {
  return std::realloc(piece, size);
}
void myfree(char* /*file*/, int /*line*/, void* piece) {
  std::free(piece);
}
int Heap_initialize() {
  return 0;
}
void Heap_terminate() {}
HeapInfo* Heap_get_info() {
  static HeapInfo nothing;
  return &nothing;
}

void StackTrace_entry(const char* /*name*/, int /*line*/, int /*level*/) {}
void StackTrace_exit(const char* /*name*/, int /*line*/, void* /*result*/, int /*level*/) {}
}
