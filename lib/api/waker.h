// SPDX-License-Identifier: Apache-2.0
// waker.h - Ends the wait of one thread from another: an eventfd that poll() can watch. Allocates
// nothing once it is made, so a thread without memory can still be heard. Any thread.
#pragma once

namespace iotcard {

class Waker {
 public:
  Waker();  // throws std::system_error
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  int descriptor() const { return descriptor_; }  // readable after notify()
  void notify() noexcept;
  void clear() noexcept;

 private:
  int descriptor_;
};

}  // namespace iotcard
