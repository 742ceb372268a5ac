// SPDX-License-Identifier: MIT
// Writes the dashboards into a folder: node main.js DIRECTORY
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { leaks } from "./leaks";
import { overview } from "./overview";
import { programs } from "./programs";
import { vhost } from "./vhost";

const directory = process.argv[2];
if (directory === undefined) {
  console.error("wsitrace: grafana: no directory (npm run generate writes to generated)");
  process.exit(2);
}
mkdirSync(directory, { recursive: true });
for (const dashboard of [overview(), leaks(), vhost(), programs()]) {
  writeFileSync(join(directory, `${dashboard.uid}.json`), `${JSON.stringify(dashboard, null, 2)}\n`);
}
