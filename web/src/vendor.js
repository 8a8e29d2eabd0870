// SPDX-License-Identifier: Apache-2.0
// Preact, its hooks and htm as one module. Unbuilt, index.html loads their files as globals, since
// the page's policy forbids import maps; the build takes vendor.bundle.js instead of this file.
const {h, render, Component} = self.preact;
const {useState, useEffect, useLayoutEffect, useRef, useMemo} = self.preactHooks;
const html = self.htm.bind(h);
export {Component, h, html, render, useEffect, useLayoutEffect, useMemo, useRef, useState};
