"""A whole run: every asset in every way, in a folder of its own, with a log, measures, timings and a contact sheet."""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pixkern import __version__
from pixkern._atomic import write_atomically
from pixkern.pipelines.batch import BatchReport, Output, map_images

from . import _run_folder
from ._run_log import logged
from .case import Case, cases, run_case
from .config import Config
from .contact_sheet import contact_sheet
from .environment import environment
from .plan import make_plan, works
from .run_report import Interrupted, RunReport
from .timings import Timings

__all__ = ["run"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _RunCase:
    """What a worker does with one case. Keys are bytes: a text that names a file stands for its contents."""

    of_key: Mapping[bytes, Case]

    def __call__(self, item: tuple[Path, bytes]) -> Output:
        return run_case(self.of_key[item[1]])


def run(
    config: Config,
    *,
    resume: bool | str | os.PathLike[str] = False,
    dry_run: bool = False,
    jobs: int | None = None,
    progress: bool = True,
) -> RunReport:
    """Render every asset of a configuration in every way, into ``<output_root>/<stamp>/``.

    Parameters
    ----------
    config : Config
    resume : bool or path
        True: go on with the newest folder under `output_root` that has this configuration, or start a new one
        where there is none. A path: go on in this folder. Cases that are finished and whole, of the same image and by
        the same version of pixkern, are not done again.
    dry_run : bool
        Make a plan, with an estimate of time and memory, and write nothing.
    jobs : int, optional
        Processes at once; default: `num_cores` of the settings, else the cores. A ``joblib.parallel_config``
        around the call chooses other backends, see `pixkern.pipelines.batch.map_images`.
    progress : bool
        Whether to show one bar over all workers on stderr.

    Returns
    -------
    RunReport
        An image that cannot be read fails its own cases, and the others are done.

    Raises
    ------
    ValueError
        The folder to resume is none of a run, or of another configuration; `jobs` is out of range; or a dry run
        is to resume.
    OSError
        The folder cannot be written.
    RuntimeError
        Another run is at work in the folder.
    Interrupted
        By Ctrl-C; a KeyboardInterrupt that knows the folder. All files are whole.

    Notes
    -----
    What is written does not depend on the number of workers, the order, the machine, or on whether the run was cut
    short and resumed. (``run.log``, ``environment.json``, ``run_timings.json`` and ``timings.json`` tell of the run
    itself.) A configuration without a seed gets one, which ``resolved_config.json`` records.

    Examples
    --------
    >>> import tempfile
    >>> from pixkern.pipelines.files import encode_image
    >>> from pixkern.pipelines.slpr import Asset, Config, RenderConfig, Settings, run
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ramp = Path(folder, "ramp.png")
    ...     _ = ramp.write_bytes(encode_image(np.tile(np.arange(60, dtype=np.uint8), (40, 1)), ".png"))
    ...     settings = Settings(folder, samples_per_render=2, zoom_levels=(150,), seed=1, log_level="ERROR")
    ...     config = Config(settings, (Asset("ramp", ramp),), (RenderConfig("calm"),))
    ...     report = run(config, jobs=1, progress=False)
    ...     (report.folder / "ramp" / "calm" / "average_150.png").exists()
    True
    """
    if not isinstance(config, Config):
        raise TypeError(f"config must be a Config, such as Config.load(path) gives, got {type(config).__name__}")
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int)):
        raise TypeError(f"jobs must be an integer or None, got {type(jobs).__name__}")
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs must be at least 1, got {jobs}; None takes num_cores of the settings")
    if dry_run:
        if resume is not False:
            raise ValueError("a dry run writes nothing that could be resumed: leave one of the two out")
        plan = make_plan(_with_seed(config), jobs=jobs)
        return RunReport(None, failed=plan.unreadable, plan=plan)
    folder, config, told = _folder(config, resume)
    with logged(folder / "run.log", config.settings.log_level):
        _log.info("%s", told)
        try:
            return _run_in(folder, config, resume is not False, jobs, progress)
        except KeyboardInterrupt:
            _log.warning("interrupted; what is finished is kept, resume %s for the rest", folder)
            raise Interrupted(folder) from None
        except Exception as error:
            _log.error("the run broke off: %s: %s", type(error).__name__, error)
            raise


def _with_seed(config: Config) -> Config:
    if config.settings.seed is not None:
        return config
    return replace(config, settings=replace(config.settings, seed=secrets.randbits(32)))


def _folder(config: Config, resume: bool | str | os.PathLike[str]) -> tuple[Path, Config, str]:
    """Where to write, the configuration with its seed, and what to say of it."""
    missed = ""
    if resume is True:
        found, why = _run_folder.newest(config)
        if found is not None:
            return found, _run_folder.with_seed_of(found, config), f"{found} is resumed"
        missed = f"; no run of this configuration to resume: {why}"
    elif resume is not False:
        folder = Path(resume)
        _run_folder.check_same(folder, config)
        return folder, _run_folder.with_seed_of(folder, config), f"{folder} is resumed"
    config = _with_seed(config)
    folder = _run_folder.start(config)
    return folder, config, f"{folder} is a new run{missed}"


def _run_in(folder: Path, config: Config, resume: bool, jobs: int | None, progress: bool) -> RunReport:
    everything = cases(config)
    weights = works(everything)
    _log.info(
        "%d assets x %d configs, %.4g pixels x samples, seed %d",
        len(config.assets),
        len(config.configs),
        sum(weights.values()),
        config.settings.seed,
    )
    write_atomically(folder / "environment.json", _json(environment()))
    done = map_images(
        _RunCase({key.encode(): case for key, case in everything.items()}),
        {key: (case.asset.path, key.encode()) for key, case in everything.items()},
        folder,
        jobs=jobs or config.settings.num_cores,
        resume=resume,
        configuration={"pixkern": __version__, "run": _run_folder.what_counts(config.to_dict())},
        progress=progress,
        weights=weights,
    )
    timings = _timings(folder, config, done)
    write_atomically(folder / "index.html", contact_sheet(folder, config, done.records).encode())
    for key, reason in done.failed.items():
        _log.error("%s failed: %s", key, reason)
    told = "%d cases done, %d from before, %d failed: %s"
    _log.info(told, len(done.finished), len(done.skipped), len(done.failed), folder / "index.html")
    return RunReport(folder, done.finished, done.skipped, done.failed, done.records, timings)


def _timings(folder: Path, config: Config, done: BatchReport) -> dict[str, Any]:
    """The timings of all cases that are done, added up; written, and shown in the log by their totals."""
    if not config.settings.profiling:
        return {}
    total = Timings.merged(_times_in(folder / key / "timings.json") for key in done.records)
    for line in total.summary().splitlines():
        _log.info("%s", line)
    timings = total.as_dict()
    write_atomically(folder / "run_timings.json", _json(timings))
    return timings


def _times_in(file: Path) -> dict[str, Any]:
    """The times of a case; nothing where a file from before is damaged: that is no reason to lose a run's end."""
    try:
        times = json.loads(file.read_bytes())
        Timings.merged([times])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        _log.warning("%s is damaged and left out of run_timings.json", file)
        return {}
    return dict(times)


def _json(content: object) -> bytes:
    return f"{json.dumps(content, indent=2)}\n".encode()
