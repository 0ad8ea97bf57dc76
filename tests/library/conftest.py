"""The functions of functions.c as images, one for each way to pass floating-point numbers."""

import subprocess
from pathlib import Path

import pytest

import armsim
from armsim.library import Library

HERE = Path(__file__).parent
VECTORS = HERE.parents[1] / "kernels" / "image" / "vectors.c"
CORES = {
    "m4": ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16"),
    "m7": ("-mcpu=cortex-m7", "-mfpu=fpv5-sp-d16"),
}


def build(folder: Path, core: str, abi: str, *sources: Path) -> Path:
    path = folder / f"{core}-{abi}.elf"
    command = [
        "arm-none-eabi-gcc", *CORES[core], "-mthumb", f"-mfloat-abi={abi}", "-std=gnu17", "-O1",
        "-g", "-nostartfiles", "-T", HERE / "library.ld", "-Wl,--entry=Reset_Handler", VECTORS,
        *(sources or [HERE / "functions.c"]), "-o", path,
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return path


@pytest.fixture(scope="session", params=["m4-soft", "m4-softfp", "m7-hard"])
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    core, abi = request.param.split("-")
    return build(tmp_path_factory.mktemp("library"), core, abi)


@pytest.fixture
def lib(image: Path) -> Library:
    return armsim.load(image, core=image.name[:2])
