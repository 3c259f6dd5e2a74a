#!/usr/bin/env python3
"""The real servers: fetched from Debian into `.cache/oracles`, started on a free loopback port.

    oracles.py fetch [NAME ...]             everything, or what is named; what is already there stays
    oracles.py list                         what is there, with its version
    oracles.py start NAME [ARGUMENT ...]    one server in the foreground, with the server's own arguments

Nothing is installed and the system's apt is left as it is: the packages come through an apt configuration of this
project's own, whose mirror and whose Acquire settings (proxies, certificates) are those of the system, and whose
signatures are checked with the system's `debian-archive-keyring`. Each server runs with its own loader and libraries.

As a module: `with running("redis-7.0") as oracle: oracle.port`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

# The only packages taken from a server's dependencies: what the dynamic loader may ask for.
LIBRARY = re.compile(r"^(lib|zlib1g$|lua-|redis-tools$|valkey-tools$)")


@dataclass(frozen=True)
class Source:
    """Where a server or a test suite comes from."""

    name: str
    debian: str
    package: str
    stable: bool = True

    @property
    def flavour(self) -> str:
        return self.package.removesuffix("-tools")


SERVERS = [
    Source("redis-7.0", "bookworm", "redis-tools"),
    Source("redis-8.0", "trixie", "redis-tools"),
    Source("valkey-8.1", "trixie", "valkey-tools"),
    Source("redis-sid", "sid", "redis-tools", stable=False),
    Source("valkey-sid", "sid", "valkey-tools", stable=False),
]

SUITES = [
    Source("redis-7.0.15", "bookworm", "redis"),
    Source("redis-8.0.2", "trixie", "redis"),
    Source("valkey-8.1", "trixie", "valkey"),
]

# What a server is started with: the tests need DEBUG, and nothing is ever written to disk.
TEST_CONFIG = ["--save", "", "--enable-debug-command", "yes", "--enable-module-command", "yes",
               "--enable-protected-configs", "yes"]  # fmt: skip

PORTS_GIVEN: set[int] = set()
PORTS_LOCK = threading.Lock()


class Unavailable(Exception):
    """A server or a suite that cannot be had here, with the reason in one line."""


@dataclass(frozen=True)
class Oracle:
    """A real server that is running."""

    name: str
    host: str
    port: int
    version: str
    flavour: str
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def running(name: str, *config: str) -> Iterator[Oracle]:
    """Starts the server `name` on a free loopback port in a folder of its own, and ends it by its pid."""
    with serving([*command(name), *config]) as (process, port):
        version, flavour = _identity(port, name)
        yield Oracle(name, "127.0.0.1", port, version, flavour, process)


@contextlib.contextmanager
def serving(argv: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Starts any server by a command in which `{port}` stands for its port, in a folder of its own, and ends it."""
    with tempfile.TemporaryDirectory(prefix="oracle-") as folder:
        process, port = _start(argv, Path(folder))
        try:
            yield process, port
        finally:
            _end(process)


def command(name: str) -> list[str]:
    """How the server `name` is started for tests."""
    return [str(program(name, "server")), "--port", "{port}", "--bind", "127.0.0.1", *TEST_CONFIG]


def split(text: str) -> list[str]:
    """The words of a command, whose program is found from here although the server runs in a folder of its own."""
    words = shlex.split(text)
    found = shutil.which(words[0])
    return [str(Path(found).absolute()) if found else words[0], *words[1:]]


def program(name: str, what: str) -> Path:
    """The path of a server's `server`, `cli` or `benchmark`; it runs by itself, whatever libraries the system has."""
    source = _server(name)
    path = CACHE / "oracles" / name / "bin" / f"{source.flavour}-{what}"
    if not path.exists():
        raise Unavailable(f"{name} is not there: run `python3 tests/oracles/oracles.py fetch`")
    return path


def suite(name: str) -> Path:
    """The folder of an unpacked source package, whose `tests/` is that server's own test suite."""
    path = CACHE / "suites" / name
    if not (path / "tests" / "test_helper.tcl").exists():
        raise Unavailable(f"the suite of {name} is not there: run `python3 tests/oracles/oracles.py fetch`")
    return path


def available() -> list[str]:
    """The servers that are in the cache, in the order of the table."""
    return [source.name for source in SERVERS if _package_version(CACHE / "oracles" / source.name)]


def is_stable(name: str) -> bool:
    """Whether a server stays as it is, so that it can be relied on."""
    return _server(name).stable


def free_port() -> int:
    """A loopback port that was free a moment ago, and that this process has not been given before.

    It lies below the range that outgoing connections get their ports from, so that none of them takes it meanwhile.
    """
    while True:
        port = random.randrange(20000, 32000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            with PORTS_LOCK:
                if port not in PORTS_GIVEN:
                    PORTS_GIVEN.add(port)
                    return port


def _server(name: str) -> Source:
    for source in SERVERS:
        if source.name == name:
            return source
    raise Unavailable(f"no server is called {name}: there are {', '.join(source.name for source in SERVERS)}")


# ---- running -------------------------------------------------------------------------------------------------------


def _start(template: list[str], folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Starts the server; another process may take the port first, hence the few attempts."""
    log = folder / "server.log"
    for _ in range(5):
        port = free_port()
        argv = [part.replace("{port}", str(port)) for part in template]
        with log.open("wb") as output:
            process = subprocess.Popen(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        if accepts(process, port):
            return process, port
        _end(process)
    last_lines = " / ".join(log.read_text(errors="replace").splitlines()[-3:])
    raise Unavailable(f"{template[0]} does not start: {last_lines}")


def accepts(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the server comes to accept connections before it ends."""
    deadline = time.monotonic() + 15
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.01)
    return False


def _identity(port: int, name: str) -> tuple[str, str]:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"INFO server\r\n")
        text = connection.makefile("rb").read1(65536).decode("utf-8", "replace")
    if "valkey_version" in text:
        flavour, version = "valkey", re.search(r"valkey_version:(\S+)", text)
    else:
        flavour, version = "redis", re.search(r"redis_version:(\S+)", text)
    # A server that asks for a password keeps its version to itself.
    return (version.group(1) if version else name.partition("-")[2]), flavour


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


# ---- fetching ------------------------------------------------------------------------------------------------------


def fetch(names: list[str]) -> int:
    """Fetches what is not there yet; says what cannot be had. The exit code speaks of the stable ones."""
    wanted = [(CACHE / "oracles", source, _fetch_server) for source in SERVERS]
    wanted += [(CACHE / "suites", source, _fetch_suite) for source in SUITES]
    apts: dict[str, Apt] = {}
    missing: list[Source] = []
    for folder, source, fetcher in wanted:
        if names and source.name not in names:
            continue
        target = folder / source.name
        try:
            if not _package_version(target):
                apt = apts.get(source.debian) or apts.setdefault(source.debian, Apt(source.debian))
                fetcher(apt, source, target)
            print(f"{target.relative_to(ROOT)}: {_package_version(target)}")
        except Unavailable as reason:
            missing.append(source)
            print(f"{target.relative_to(ROOT)}: cannot be had: {reason}")
    shutil.rmtree(CACHE / "apt", ignore_errors=True)  # The lists of packages are large and grow old.
    if missing:
        stable = sum(source.stable for source in missing)
        print(f"{len(missing)} could not be had, {stable} of them needed")
    return 1 if any(source.stable for source in missing) else 0


class Apt:
    """An apt of this project's own for one Debian suite, with lists and caches under `.cache/apt`."""

    def __init__(self, debian: str) -> None:
        self.debian = debian
        self.folder = CACHE / "apt" / debian
        if not shutil.which("apt-get"):
            raise Unavailable("this system has no apt-get")
        for part in ("lists/partial", "cache/archives/partial", "empty.d"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").write_text("")
        (self.folder / "sources.list").write_text(self._sources())
        (self.folder / "apt.conf").write_text(self._configuration())
        self("apt-get", "update")

    def __call__(self, *argv: str, cwd: Path | None = None) -> str:
        environment = {**os.environ, "APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C"}
        done = subprocess.run(argv, cwd=cwd, env=environment, capture_output=True, text=True)
        if done.returncode:
            # The address of the mirror may hold a password, so only the last line without it is shown.
            reason = re.sub(r"\S+://\S+", "(address)", (done.stderr.strip().splitlines() or ["no reason given"])[-1])
            raise Unavailable(f"{' '.join(argv[:2])} for {self.debian}: {reason}")
        return done.stdout

    def _sources(self) -> str:
        if not KEYRING.exists():
            raise Unavailable(f"{KEYRING} is not there (package debian-archive-keyring)")
        line = f"[signed-by={KEYRING}] {_mirror()} {self.debian} main\n"
        return f"deb {line}deb-src {line}"

    def _configuration(self) -> str:
        system = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
        acquire = [line for line in system.splitlines() if line.startswith("Acquire::")]
        own = {
            "Dir::State::lists": self.folder / "lists",
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "Dir::Etc::sourcelist": self.folder / "sources.list",
            "Dir::Etc::sourceparts": self.folder / "empty.d",
            "Dir::Etc::parts": self.folder / "empty.d",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            "APT::Sandbox::User": "root",
            "APT::Get::List-Cleanup": "false",
        }
        return "\n".join([*acquire, *(f'{name} "{value}";' for name, value in own.items())]) + "\n"


def _mirror() -> str:
    """The Debian mirror this system already uses."""
    if mirror := os.environ.get("FAUX_REDIS_DEBIAN_MIRROR"):
        return mirror
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Identifier: Packages"],
                            capture_output=True, text=True).stdout  # fmt: skip
    for address in listed.split():
        if address.rstrip("/").endswith("/debian"):
            return address
    raise Unavailable("the system's apt knows no Debian mirror (FAUX_REDIS_DEBIAN_MIRROR may name one)")


def _fetch_server(apt: Apt, source: Source, target: Path) -> None:
    """Unpacks the package with the libraries it needs, and adds executables that start it with its own loader."""
    listed = apt("apt-cache", "depends", "--recurse", "--important", source.package).splitlines()
    packages = sorted({line for line in listed if LIBRARY.match(line) and ":" not in line})
    with _assembled(target) as folder, tempfile.TemporaryDirectory(dir=CACHE) as downloads:
        apt("apt-get", "download", *packages, cwd=Path(downloads))
        for package in sorted(Path(downloads).glob("*.deb")):
            _run("dpkg", "-x", str(package), str(folder))
        _add_executables(folder, source.flavour)
        _write_version(folder, apt, source.package)


def _add_executables(folder: Path, flavour: str) -> None:
    """A server and its check-rdb are one program, told apart by the name it is called by."""
    loader = next((path for path in sorted(folder.rglob("ld-linux*.so.*")) if path.parent.name.endswith("-gnu")), None)
    if loader is None or not (folder / "usr/bin" / f"{flavour}-check-rdb").exists():
        raise Unavailable("the package has no loader or no server")
    (folder / "bin").mkdir()
    triplet = loader.parent.name
    for name, real in (("server", "check-rdb"), ("cli", "cli"), ("benchmark", "benchmark")):
        script = folder / "bin" / f"{flavour}-{name}"
        script.write_text(
            "#!/bin/sh\n"
            'root=$(dirname "$(dirname "$(readlink -f "$0")")")\n'
            f'exec "$root/{loader.relative_to(folder)}" --argv0 {flavour}-{name} '
            f'--library-path "$root/usr/lib/{triplet}:$root/lib/{triplet}" "$root/usr/bin/{flavour}-{real}" "$@"\n'
        )
        script.chmod(0o755)
        if flavour != "redis":
            (folder / "bin" / f"redis-{name}").symlink_to(script.name)


def _fetch_suite(apt: Apt, source: Source, target: Path) -> None:
    """Unpacks the source package; nothing of it is built or committed."""
    if not shutil.which("dpkg-source"):
        raise Unavailable("this system has no dpkg-source (package dpkg-dev)")
    with _assembled(target) as folder, tempfile.TemporaryDirectory(dir=CACHE) as downloads:
        try:
            apt("apt-get", "source", "--download-only", source.package, cwd=Path(downloads))
        except Unavailable as reason:
            return _unpack_upstream(source, Path(downloads), folder, reason)
        description = next(Path(downloads).glob("*.dsc"))
        folder.rmdir()
        _run("dpkg-source", "--no-check", "-x", str(description), str(folder))
        _write_version(folder, apt, f"src:{source.package}", description)


def _unpack_upstream(source: Source, downloads: Path, folder: Path, reason: Unavailable) -> None:
    """Takes the upstream archive alone, which holds the tests: a mirror may lack what Debian adds to it."""
    archive = next(downloads.glob("*.orig.tar.*"), None)
    if archive is None:
        raise reason
    _run("tar", "-xf", str(archive), "-C", str(folder), "--strip-components=1")
    version = archive.name.removeprefix(f"{source.package}_").partition(".orig.")[0]
    (folder / "PACKAGE").write_text(f"src:{source.package} {version} ({source.debian}, without Debian's part)\n")


def _write_version(folder: Path, apt: Apt, package: str, description: Path | None = None) -> None:
    if description:
        version = re.search(r"^Version: (\S+)", description.read_text(), re.MULTILINE)
    else:
        version = re.search(r"Candidate: (\S+)", apt("apt-cache", "policy", package))
    (folder / "PACKAGE").write_text(f"{package} {version.group(1) if version else '?'} ({apt.debian})\n")


def _package_version(folder: Path) -> str:
    """The package a folder was made from; the file is written last, so that its presence means all is there."""
    path = folder / "PACKAGE"
    return path.read_text().strip() if path.exists() else ""


@contextlib.contextmanager
def _assembled(target: Path) -> Iterator[Path]:
    """A folder that takes its place only when it is complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
    try:
        yield unfinished
        unfinished.chmod(0o755)
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"{argv[0]}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")


# ---- the command ---------------------------------------------------------------------------------------------------


def start(name: str, arguments: list[str]) -> NoReturn:
    """Becomes the server, in the foreground."""
    executable = str(program(name, "server"))
    os.execv(executable, [executable, *TEST_CONFIG, *arguments])


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("fetch").add_argument("names", nargs="*")
    actions.add_parser("list")
    starting = actions.add_parser("start")
    starting.add_argument("name")
    starting.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args(argv)
    try:
        if options.action == "fetch":
            return fetch(options.names)
        if options.action == "start":
            start(options.name, options.arguments)
        for name in available():
            print(f"{name}: {_package_version(CACHE / 'oracles' / name)}: {program(name, 'server')}")
        return 0
    except Unavailable as reason:
        print(reason, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
