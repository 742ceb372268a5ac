// SPDX-License-Identifier: MIT
import { defineConfig } from "vite";

// Relative addresses, so that the page works below any mountpoint, and names that stay, so that the same input gives the same
// bytes. Nothing is inlined: the Content-Security-Policy allows no data: but images.
export default defineConfig({
  base: "./",
  esbuild: { legalComments: "inline" },
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 200,
    rollupOptions: {
      output: {
        banner: "/*! Contains uPlot, Copyright (c) Leon Sorokin, MIT License */",
        entryFileNames: "assets/page.js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/page[extname]",
      },
    },
  },
});
