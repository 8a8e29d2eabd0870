// SPDX-License-Identifier: Apache-2.0
// CMake compiles the precompiled header of the tests with this file: main.cpp cannot use it.
