// SPDX-License-Identifier: MIT
//
// node embed.mjs DIRECTORY OUTPUT.cpp: the files below DIRECTORY as the table that agent/serve/page_assets.h declares.
// What gets smaller by it is kept compressed. The same input gives the same bytes.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

function* filesBelow(directory, prefix = "") {
  const entries = readdirSync(join(directory, prefix), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = prefix + entry.name;
    if (entry.isDirectory()) yield* filesBelow(directory, `${path}/`);
    else yield path;
  }
}

function assetOf(directory, path) {
  const type = TYPES[extname(path)];
  if (!type) throw new Error(`${path}: no content type is known for it`);
  const plain = readFileSync(join(directory, path));
  const small = gzipSync(plain, { level: 9 });
  const gzip = extname(path) !== ".html" && small.length < plain.length;
  return { path, type, gzip, bytes: gzip ? small : plain };
}

function arrayOf({ bytes }, index) {
  const rows = [];
  for (let at = 0; at < bytes.length; at += 32) rows.push(`    ${[...bytes.subarray(at, at + 32)].join(",")},`);
  return `constexpr unsigned char kBytes${index}[] = {\n${rows.join("\n")}\n};`;
}

const [directory, output] = process.argv.slice(2);
const assets = [...filesBelow(directory)].map((path) => assetOf(directory, path));
const rows = assets.map(({ path, type, gzip }, index) => `    {"${path}", "${type}", kBytes${index}, ${gzip}},`);
writeFileSync(output, `// Made by dashboards/web/embed.mjs.
#include "agent/serve/page_assets.h"

namespace wsitrace {
namespace {

${assets.map(arrayOf).join("\n\n")}

constexpr Asset kAssets[] = {
${rows.join("\n")}
};

}  // namespace

std::span<const Asset> page_assets() { return kAssets; }

}  // namespace wsitrace
`);
