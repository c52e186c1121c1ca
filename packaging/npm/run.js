#!/usr/bin/env node
"use strict";
// Runs the program that the package holds, with the same arguments, streams and exit status.
const { spawnSync } = require("node:child_process");
const { join } = require("node:path");

const name = process.platform === "win32" ? "ptl-cert.exe" : "ptl-cert";
const program = join(__dirname, "native", name);
const result = spawnSync(program, process.argv.slice(2), { stdio: "inherit" });
if (result.error) {
  console.error(`ptl-cert cannot be started: ${result.error.message}`);
  process.exit(3);
}
if (result.signal) {
  process.kill(process.pid, result.signal);
} else {
  process.exit(result.status);
}
