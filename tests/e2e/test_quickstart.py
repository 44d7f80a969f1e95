"""./quickstart, with apt-get, dpkg-query and make replaced by scripts."""
import os
import pathlib
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]

# Fails with the lock error as long as the file `held` has lines, and removes one of them.
APT_GET = r"""#!/bin/bash
printf '%s\n' "$*" >>"$FAKE/calls"
held=$(head -n 1 "$FAKE/held")
sed -i 1d "$FAKE/held"
[ -n "$held" ] || exit 0
echo "E: $held" >&2
exit 100
"""


def run(tmp_path, held):
    programs = {"apt-get": APT_GET, "dpkg-query": "#!/bin/sh\n", "sudo": '#!/bin/sh\nexec "$@"\n', "make": "#!/bin/sh\n"}
    for name, text in programs.items():
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    (tmp_path / "held").write_text("".join(line + "\n" for line in held))
    build = tmp_path / "build"
    build.mkdir()
    (build / "Makefile").touch()
    (build / "quickstart.arguments").write_text("\n")
    environ = dict(os.environ, PATH=f"{tmp_path}/bin:{os.environ['PATH']}", FAKE=str(tmp_path))
    done = subprocess.run([TOP / "quickstart", "test", f"--build-dir={build}", "--only=none"], env=environ, text=True,
                          capture_output=True, timeout=120, check=False)
    return done, (tmp_path / "calls").read_text().splitlines()


@pytest.mark.parametrize("lock", ["/var/lib/apt/lists/lock", "/var/cache/apt/archives/lock", "/var/lib/dpkg/lock-frontend"])
def test_waits_for_the_lock_of_another_apt(tmp_path, lock):
    done, calls = run(tmp_path, [f"Could not get lock {lock}. It is held by process 7 (apt-get)"])
    assert "Waiting for another apt" in done.stdout
    verbs = [call.split()[3] for call in calls]
    assert verbs[:3] == ["update", "update", "install"], done.stderr
    assert all("DPkg::Lock::Timeout=" in call for call in calls)


def test_other_errors_of_apt_are_final(tmp_path):
    done, calls = run(tmp_path, ["Unable to locate package gcc"])
    assert done.returncode != 0
    assert len(calls) == 1
    assert "Unable to locate package gcc" in done.stderr
