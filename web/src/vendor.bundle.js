// SPDX-License-Identifier: Apache-2.0
// What vendor.js exports, for the build. Same versions: both come from package-lock.json.
import {h, render, Component} from 'preact';
import {useState, useEffect, useLayoutEffect, useRef, useMemo} from 'preact/hooks';
import htm from 'htm';
const html = htm.bind(h);
export {Component, h, html, render, useEffect, useLayoutEffect, useMemo, useRef, useState};
