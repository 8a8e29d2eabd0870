// SPDX-License-Identifier: Apache-2.0
// Programs that a test starts, and the ports and files that they need. Each is ended by its process id,
// also if the test's own process ends.
import { spawn } from 'node:child_process';
import { mkdtemp, open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const running = new Set();
process.on('exit', () => { for (const child of running) child.kill('SIGKILL'); });

export const folder = () => mkdtemp(join(tmpdir(), 'iotcard-web-'));

export const freePort = () => new Promise((resolve, reject) => {
  const server = createServer();
  server.on('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

// Looks every 20 ms; what the condition last threw is part of the error.
export const eventually = async (what, condition, seconds = 20) => {
  const end = Date.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s${last ? `; ${last.message}` : ''}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

// A program that runs on; its output goes to a file.
export const start = async (program, args, log) => {
  const file = await open(log, 'a');
  const child = spawn(program, args, { stdio: ['ignore', file.fd, file.fd] });
  await file.close();
  running.add(child);
  child.ended = new Promise((resolve) => {
    const end = (code) => { running.delete(child); child.over = true; resolve(code); };
    child.on('error', end);
    child.on('exit', end);
  });
  return child;
};

export const end = async (child, signal = 'SIGTERM') => {
  if (!child || child.over) return;
  child.kill(signal);
  const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await child.ended;
  clearTimeout(kill);
};

// Runs a program to its end; answers its standard output.
export const run = (program, args, { input, ok = [0] } = {}) => new Promise((resolve, reject) => {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '', problem = '';
  child.stdout.on('data', (text) => { out += text; });
  child.stderr.on('data', (text) => { problem += text; });
  child.on('error', reject);
  child.on('close', (code) => (ok.includes(code) ? resolve(out)
    : reject(new Error(`${program} ${args.join(' ')}: exit status ${code}\n${out}${problem}`))));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
});
