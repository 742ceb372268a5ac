# SPDX-License-Identifier: MIT
"""Strangers build against the installed tree: a CMake project and a pkg-config Makefile, both in C."""

import os
import sys
import unittest

import harness
from prometheus import promtool, read_yaml

sys.path.insert(0, os.path.join(harness.ROOT, "tests", "lint"))
import markdown  # noqa: E402

CONSUMER = os.path.join(harness.ROOT, "tests", "consumer")


class Installed(harness.Scenario):
    def setUp(self):
        super().setUp()
        self.prefix = self.path("prefix")
        self.build = self.path("build")
        os.mkdir(self.build)
        self.succeed(["cmake", "--install", harness.BUILD, "--prefix", self.prefix])

    def succeed(self, command, **options):
        program = self.start(command, **options)
        result = program.wait(120)
        self.assertEqual(result.status, 0, result)
        return result

    def find_dir(self, name):
        for directory, _, files in os.walk(self.prefix):
            if name in files:
                return directory
        raise AssertionError(f"{name} was not installed")

    def assert_stranger_runs(self):
        result = self.succeed([os.path.join(self.build, "stranger")])
        self.assertEqual(result.out, "one listener, closed\n", result)


class CMakeProject(Installed):
    def test_builds_and_runs(self):
        self.succeed(["cmake", "-S", os.path.join(CONSUMER, "cmake"), "-B", self.build, f"-DCMAKE_PREFIX_PATH={self.prefix}"])
        self.succeed(["cmake", "--build", self.build])
        self.assert_stranger_runs()

    def test_installed_program_finds_its_preload_library(self):
        wsitrace = os.path.join(self.prefix, "bin", "wsitrace")
        result = self.succeed([wsitrace, "run", "-o", self.path("out.wsitrace"), "--",
                               harness.host_path("cycles_host"), "11", "1"])
        self.assertEqual(result.err, "")
        self.assertEqual(len(self.report().of_class("client")), 11)

    def test_installed_plugins_are_those_of_the_build(self):
        for lws in harness.LWS:
            found = [d for d, _, files in os.walk(self.prefix) if "libprotocol_wsitrace.so" in files and lws in d]
            self.assertEqual(len(found), 1, lws)

    def test_links_of_the_installed_documents_lead_somewhere(self):
        pages = [os.path.join(directory, name) for directory, _, files in os.walk(os.path.join(self.prefix, "share"))
                 for name in files if name.endswith(".md")]
        manual = [name for _, _, names in os.walk(os.path.join(harness.ROOT, "deploy", "manual")) for name in names]
        self.assertLessEqual({"README.md", *manual}, {os.path.basename(page) for page in pages})
        for page in pages:
            with open(page, encoding="utf-8") as file:
                linked = [path for path, _ in markdown.links(file.read()) if path]
            lost = [path for path in linked if not os.path.exists(os.path.join(os.path.dirname(page), path))]
            self.assertEqual(lost, [], page)

    def test_installed_configurations_find_their_rules_and_dashboards(self):
        share = os.path.join(self.prefix, "share", "wsitrace")
        config = os.path.join(share, "deploy", "prometheus", "prometheus.yml")
        status, told = promtool("check", "config", config)
        self.assertEqual(status, 0, told)
        with open(config, encoding="utf-8") as file:
            self.assertEqual(told.count("rules found"), file.read().count("dashboards/prometheus/"), told)
        compose = os.path.join(share, "deploy", "compose", "compose.yaml")
        [composed] = read_yaml(compose)
        for service in composed["services"].values():
            for volume in service["volumes"]:
                place = os.path.join(os.path.dirname(compose), volume.split(":")[0])
                self.assertTrue(not volume.startswith(".") or os.path.exists(place), place)
        for name in os.listdir(os.path.join(harness.ROOT, "dashboards", "grafana", "generated")):
            self.assertTrue(os.path.exists(os.path.join(share, "dashboards", "grafana", "generated", name)), name)


class PkgConfigMakefile(Installed):
    def test_builds_and_runs(self):
        environment = {"PKG_CONFIG_PATH": self.find_dir("wsitrace.pc")}
        self.succeed(["make", "-f", os.path.join(CONSUMER, "make", "Makefile")], directory=self.build, env=environment)
        self.assert_stranger_runs()


class WithoutEsbuild(harness.Scenario):
    def test_the_build_goes_on_without_the_page_and_says_so_in_one_line(self):
        build = self.path("build")
        configured = self.start(["cmake", "-S", harness.ROOT, "-B", build, "-G", "Ninja", "-DWSITRACE_ESBUILD="]).wait(120)
        self.assertEqual(configured.status, 0, configured)
        said = [line for line in configured.out.splitlines() if "page is left out" in line]
        self.assertEqual(said, ["-- The page is left out: esbuild is not installed"])
        built = self.start(["cmake", "--build", build, "--target", "wsitrace_page"]).wait(120)
        self.assertEqual(built.status, 0, built)


if __name__ == "__main__":
    unittest.main()
