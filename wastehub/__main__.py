"""Bootstrap with the standard library only: make .venv, install WasteHub into it, go on inside.

    python3 -m wastehub setup            set up, nothing more
    python3 -m wastehub run              set up, then `wastehub run`
    python3 -m wastehub test             set up with the test tools, then everything that judges a change
    python3 -m wastehub bench NAME       set up with the test tools, then `wastehub bench NAME`
    python3 -m wastehub ANYTHING ...     set up, then `wastehub ANYTHING ...`

An installed package needs no bootstrap: there this is the command `wastehub` itself.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOCK = ROOT / ".setup.lock"
OLDEST, NEWEST = (3, 11), (3, 14)
NEED_TEST_TOOLS = ("test", "bench")


def main() -> None:
    arguments = sys.argv[1:]
    command = arguments[0] if arguments else "run"
    if not in_checkout():
        go_on(arguments)
    if not in_own_environment():
        with one_at_a_time():
            make_environment()
            install("test" if command in NEED_TEST_TOOLS else "")
    elif command in ("setup", *NEED_TEST_TOOLS):
        with one_at_a_time():
            install("test" if command in NEED_TEST_TOOLS else "")
    if command == "setup":
        say(f"ready: {BIN / 'wastehub'} --help")
    elif command == "test":
        become([str(PYTHON), "-m", "tests", *arguments[1:]])
    elif in_own_environment():
        go_on(arguments or ["run"])
    else:
        become([str(PYTHON), "-m", "wastehub", *(arguments or ["run"])])


def in_checkout() -> bool:
    return (ROOT / "pyproject.toml").is_file() and (ROOT / "wastehub" / "frontend").is_dir()


def in_own_environment() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def go_on(arguments: list[str]) -> NoReturn:
    """The command line proper, in this process."""
    from wastehub import cli

    sys.argv = ["wastehub", *arguments]
    sys.exit(cli.main())


def become(command: list[str]) -> NoReturn:
    """Replace this process, so that signals and the exit code need no passing on."""
    os.chdir(ROOT)
    if os.name == "nt":  # exec would return to the shell at once
        sys.exit(subprocess.run(command).returncode)
    sys.stdout.flush()
    os.execv(command[0], command)


def say(text: str) -> None:
    print(f"[wastehub] {text}", file=sys.stderr, flush=True)


def fail(text: str) -> NoReturn:
    say(text)
    sys.exit(1)


@contextmanager
def one_at_a_time():
    """Two set-ups at once would corrupt the environment: the second waits for the first."""
    with LOCK.open("w") as handle:
        try:
            import fcntl
        except ImportError:  # Windows
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
        else:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another set-up is running in this folder; waiting for it")
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def make_environment() -> None:
    """.venv beside the sources, made by an interpreter that WasteHub runs on."""
    if environment_works():
        return
    python = find_interpreter()
    if subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True).returncode:
        version = minor_version(python)
        package = f"python{version}-venv"
        if not apt_install(package):
            fail(f"Python {version} here lacks its venv module. Please run: apt-get install {package}")
    say(f"making {VENV}")
    if subprocess.run([python, "-m", "venv", "--clear", str(VENV)]).returncode:
        fail(f"could not make {VENV}: see the message above")


def environment_works() -> bool:
    """Whether .venv holds a pip and a Python that is neither too old nor too new."""
    if not PYTHON.exists():
        return False
    question = f"import sys, pip; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    return subprocess.run([str(PYTHON), "-c", question], capture_output=True).returncode == 0


def find_interpreter() -> str:
    """This Python if it fits, else the newest on PATH that does."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return getattr(sys, "_base_executable", None) or sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    fail(
        f"WasteHub needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]}; this is {sys.version.split()[0]} and no other"
        " is on PATH. Install one (Debian 12 and Ubuntu 24.04 or newer: apt-get install python3; macOS and"
        " Windows: the installer of the Python project) and start again with it."
    )


def minor_version(python: str) -> str:
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.check_output([python, "-c", question], text=True).strip()


def apt_install(*packages: str) -> bool:
    """Install Debian packages when that is possible here: as root, or by a sudo that asks nothing."""
    if not shutil.which("apt-get"):
        return False
    prefix: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo"):
            return False
        prefix = ["sudo"] if sys.stdin is not None and sys.stdin.isatty() else ["sudo", "-n"]
    say(f"installing {' '.join(packages)} with apt-get")
    install_command = [
        *prefix, "env", "DEBIAN_FRONTEND=noninteractive",
        "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages,
    ]  # fmt: skip
    # The lists may be missing (fresh image) or old; a failed update is told by the install.
    subprocess.run([*prefix, "apt-get", "update", "-qq"], stdout=subprocess.DEVNULL)
    return subprocess.run(install_command, stdout=subprocess.DEVNULL).returncode == 0


def install(extra: str) -> None:
    """Install the project and what it needs, unless that was done for these very files."""
    stamps = {name: VENV / f".installed-{name or 'run'}" for name in ("", "test")}
    built = (ROOT / "wastehub" / "static" / "dist" / "manifest.json").is_file()
    # The test tools include everything else.
    if built and fingerprint() in {read(stamps[extra]), read(stamps["test"])}:
        return
    # Never take the test tools away from an environment that has them.
    if stamps["test"].exists():
        extra = "test"
    say("installing WasteHub and what it needs (the first time takes a few minutes)")
    for stamp in stamps.values():
        stamp.unlink(missing_ok=True)
    command = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    command += ["-c", "constraints.txt", "-e", f".[{extra}]" if extra else "."]
    if subprocess.run(command, cwd=str(ROOT)).returncode:
        fail("the installation failed: see the message above; then start again")
    say("compiling the route planner")
    with compiling_tests() if extra == "test" else nullcontext():
        command = [str(PYTHON), "-c", "from routing import core; core.warm()"]
        if subprocess.run(command, cwd=str(ROOT)).returncode:
            fail("the route planner cannot be compiled: see the message above; then start again")
    stamps[extra].write_text(fingerprint())


@contextmanager
def compiling_tests():
    """Meanwhile, on another core: what each worker of the tests would have to compile for itself.

    Whatever goes wrong here is told by the tests.
    """
    command = [str(PYTHON), "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider"]
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    quiet = subprocess.DEVNULL
    collecting = subprocess.Popen(command, cwd=str(ROOT), env=environment, stdout=quiet, stderr=quiet)
    try:
        yield
        collecting.wait()
    finally:
        collecting.kill()


def fingerprint() -> str:
    """A hash over all that an installation depends on; our own code is read in place."""
    frontend, messages = ROOT / "wastehub" / "frontend", ROOT / "wastehub" / "translations" / "en"
    files = [ROOT / "pyproject.toml", ROOT / "constraints.txt", *sorted(messages.glob("*.po"))]
    files += sorted(path for path in frontend.glob("*") if path.is_file())
    files += sorted(path for path in (frontend / "src").rglob("*") if path.is_file())
    # The folder counts: an editable install does not survive being moved.
    digest = hashlib.sha256(f"{minor_version(str(PYTHON))} {ROOT}".encode())
    for path in files:
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


if __name__ == "__main__":
    main()
