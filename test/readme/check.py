#!/usr/bin/env python3
"""Runs every command of a README and compiles every example in it.

usage: check.py README.md PREFIX      (PREFIX: where coqmp is installed)

- ```sh blocks run in order, each with `bash -e`, in one scratch copy of the checkout. That copy replaces `git clone ADDRESS` and
  the `cd coqmp` after it. `sudo` runs its command with a DESTDIR, so that the system does not change. A warning of the compiler,
  the linker or CMake is a failure.
- ```cpp blocks are compiled against the installed copy: a block with a main() as a program, any other block after the usual
  includes as a file or, if that fails, as the body of a coroutine with a `session`, a `monitor` (an endpoint), an
  `executor`, and two machines, `source` and `destination`.
- ```cmake blocks are configured as part of a consumer's project.
- ```text blocks that begin with `$ ` are transcripts: transcript.py runs them in a terminal and compares the output.
- Other ```text blocks and ```json blocks are the output of programs. Any other block is an error, because it may be meant to run.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
import transcript  # noqa: E402

PROSE = {"text", "json"}
# A warning of the compiler, the linker or CMake, which no build in the README may print.
WARNING = re.compile(r":\d+:(\d+:)? warning:|\bld: warning:|CMake .*Warning")
USUAL = """#include <coqmp/coqmp.hpp>
#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <iostream>
namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;
"""
MAIN = "#include <coqmp/coqmp.hpp>\nint main() { return coqmp::endpoint::parse(\"/run/qmp\").is_unix() ? 0 : 1; }\n"


def blocks(text):
    """Yields the fenced blocks as (line number, language, content)."""
    language, start, lines = None, 0, []
    for number, line in enumerate(text.splitlines(), 1):
        fence = re.match(r"\s*```+\s*([\w+-]*)", line)
        if fence and language is None:
            language, start, lines = fence.group(1), number, []
        elif fence:
            yield start, language, "\n".join(lines) + "\n"
            language = None
        elif language is not None:
            lines.append(line)
    if language is not None:
        sys.exit(f"README: the block in line {start} has no end")


def run(command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False, **options).returncode == 0


class Checker:
    def __init__(self, root, prefix, scratch):
        self.prefix, self.scratch = prefix, scratch
        self.checkout = scratch / "coqmp"
        files = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                               stdout=subprocess.PIPE, text=True, check=True).stdout
        for name in filter(None, files.split("\0")):
            if (root / name).is_file():
                (self.checkout / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, self.checkout / name)
        self.environment = dict(os.environ)
        (scratch / "bin").mkdir()
        (scratch / "bin/sudo").write_text(f'#!/bin/sh\nexec env DESTDIR={scratch}/system "$@"\n')
        (scratch / "bin/sudo").chmod(0o755)
        self.environment["PATH"] = f"{scratch}/bin:{os.environ['PATH']}"
        pkg_config = next(prefix.rglob("coqmp.pc")).parent
        self.flags = subprocess.run(["pkg-config", "--cflags", "--libs", "coqmp"], stdout=subprocess.PIPE, text=True, check=True,
                                    env={**os.environ, "PKG_CONFIG_PATH": str(pkg_config)}).stdout.split()

    def sh(self, content):
        lines, cloned = [], False
        for line in content.splitlines():
            if re.fullmatch(r"git clone \S+", line.strip()):
                cloned = True
            elif not (cloned and line.strip() == "cd coqmp"):
                lines.append(line)
        shell = subprocess.Popen(["bash", "-e", "-c", "\n".join(lines)], cwd=self.checkout, env=self.environment,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace", text=True)
        warnings = []
        for line in shell.stdout:
            print(line, end="", flush=True)
            if WARNING.search(line):
                warnings.append(line)
        if warnings:
            print("the build printed warnings:", *warnings, sep="\n", end="")
        return shell.wait() == 0 and not warnings

    def compile(self, source, *options):
        file = self.scratch / "block.cpp"
        file.write_text(source)
        result = subprocess.run(["g++", "-std=c++20", "-Wall", "-Wextra", file, "-o", self.scratch / "block", *options,
                                 *self.flags], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return "" if result.returncode == 0 else result.stdout

    def cpp(self, content):
        if re.search(r"\bint main\(", content):
            attempts = [self.compile(content)]
        else:
            attempts = [self.compile(USUAL + content, "-c")]
            if attempts[0]:
                attempts.append(self.compile(
                    USUAL + "asio::awaitable<void> example([[maybe_unused]] coqmp::session& session,\n"
                    "    [[maybe_unused]] coqmp::endpoint monitor, [[maybe_unused]] asio::any_io_executor executor,\n"
                    "    [[maybe_unused]] coqmp::machine& source, [[maybe_unused]] coqmp::machine& destination)\n{\n"
                    + content + "\nco_return;\n}\n", "-c"))
        if all(attempts):
            print(*attempts, sep="\n--- and as the body of a coroutine:\n")
        return not all(attempts)

    def cmake(self, content):
        project = Path(tempfile.mkdtemp(dir=self.scratch))
        (project / "coqmp").symlink_to(self.checkout)
        (project / "main.cpp").write_text(MAIN)
        target = re.search(r"target_link_libraries\(\s*(\S+)", content)
        lines = ["cmake_minimum_required(VERSION 3.25)", "project(consumer LANGUAGES CXX)"]
        if target and "add_executable" not in content:
            lines.append(f"add_executable({target.group(1)} main.cpp)")
        (project / "CMakeLists.txt").write_text("\n".join(lines) + "\n" + content)
        return run(["cmake", "-S", project, "-B", project / "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}",
                    f"-DFETCHCONTENT_SOURCE_DIR_COQMP={self.checkout}", "-DCMAKE_BUILD_TYPE=Debug"], stdout=subprocess.DEVNULL)

    def transcript(self, content):
        directory = Path(tempfile.mkdtemp(dir=self.scratch))
        problem = transcript.check(content, directory, {**os.environ, "PATH": f"{self.prefix}/bin:{os.environ['PATH']}"})
        print(problem, end="")
        return not problem


def main():
    readme, prefix = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        checker = Checker(readme.parent, prefix, Path(scratch))
        for line, language, content in blocks(readme.read_text()):
            if language == "text" and content.startswith("$ "):
                language = "transcript"
            if language in PROSE:
                continue
            print(f"--- README, line {line}: {language}", flush=True)
            check = getattr(checker, language, None) if language in ("sh", "cpp", "cmake", "transcript") else None
            if check is None:
                print(f"the block has {f'the language {language}' if language else 'no language'}: mark it sh, cpp, cmake or text")
            if check is not None and check(content):
                passed += 1
            else:
                failed += 1
                print(f"*** README, line {line}: failed", flush=True)
    print(f"readme: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main())
