"""Where a study is kept: an SQLite file, or a PostgreSQL server that many machines share."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
import warnings
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from armsim.errors import ArmsimError

PATIENCE_S = 5
"""How long a server may take to answer."""
MISSED = 3
"""Heartbeats after which a candidate's machine is taken for dead."""
_IDENTITY = "armsim"


class StorageError(ArmsimError):
    """A study cannot be kept or read."""


def require_optuna() -> Any:
    """Return Optuna, which is needed only to search."""
    try:
        import optuna
    except ImportError:
        raise StorageError(
            "searching needs Optuna; get it with 'pip install armsim-cortexm[search]'"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Leave out that parts of Optuna are experimental, and that heartbeats are ours to send."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def reachable(url: str) -> Iterator[None]:
    """Say in one line what a database has to say.

    Raises:
        StorageError: it is out of reach, or not one that we can use.
    """
    import sqlalchemy.exc

    optuna = require_optuna()
    try:
        yield
    except ImportError:
        raise StorageError(
            f"the study's database {shown(url)} needs a driver that is not installed; get it with "
            "'pip install armsim-cortexm[search]'"
        ) from None
    except (
        sqlalchemy.exc.SQLAlchemyError,
        optuna.exceptions.StorageInternalError,
    ) as error:
        why = error.__cause__ if isinstance(error.__cause__, sqlalchemy.exc.DBAPIError) else error
        text = str(getattr(why, "orig", None) or why)
        line = next((line.strip() for line in text.splitlines() if line.strip()), "no answer")
        raise StorageError(
            f"the study's database {shown(url)} cannot be used: {line[:200].rstrip('.:')}; "
            "give --storage a URL such as sqlite:///search.db or postgresql://USER@HOST/NAME"
        ) from None


def shown(url: str) -> str:
    """Write a URL without its password."""
    import sqlalchemy.engine
    import sqlalchemy.exc

    try:
        text: str = sqlalchemy.engine.make_url(url).render_as_string(hide_password=True)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        return repr(url.rpartition("@")[2])
    return text


def open_study(
    url: str,
    name: str,
    *,
    directions: Sequence[str],
    identity: Mapping[str, Any],
    heartbeat: int,
    pruner: Any = None,
) -> Any:
    """Open a study, or make it.

    Raises:
        StorageError: the database is out of reach, or the study is another one.
    """
    optuna = require_optuna()
    import sqlalchemy.exc

    with reachable(url), quiet():
        for attempt in range(3):
            try:
                study = optuna.create_study(
                    storage=_storage(url, heartbeat),
                    study_name=name,
                    directions=list(directions),
                    load_if_exists=True,
                    pruner=pruner or optuna.pruners.NopPruner(),
                )
                break
            except (sqlalchemy.exc.IntegrityError, sqlalchemy.exc.ProgrammingError):
                if attempt == 2:
                    raise
                time.sleep(1)  # another process makes the tables at the same moment
        wanted = json.loads(json.dumps(identity))
        made = study.user_attrs.get(_IDENTITY)
        if made is None:
            study.set_user_attr(_IDENTITY, wanted)
        elif made != wanted:
            key = next(k for k in {**made, **wanted} if made.get(k) != wanted.get(k))
            raise StorageError(
                f"the study {name} in {shown(url)} was made with {key} {_text(made.get(key))}, "
                f"not {_text(wanted.get(key))}; name another --study"
            )
    return study


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "none" if value is None else str(value)


class _SqliteConnection(sqlite3.Connection):
    """One that does not wait for the disk at every step; what is written outlives a kill."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute("PRAGMA journal_mode = WAL")
        self.execute("PRAGMA synchronous = NORMAL")


def _storage(url: str, heartbeat: int) -> Any:
    optuna = require_optuna()
    scheme, _, rest = url.partition("://")
    arguments: dict[str, Any] = {"timeout": 60, "factory": _SqliteConnection}
    if scheme in ("postgresql", "postgres"):
        url = f"postgresql+psycopg://{rest}"
    if scheme.startswith("postgres"):
        arguments = {"connect_timeout": PATIENCE_S}
    elif scheme != "sqlite":
        arguments = {}
    storage = optuna.storages.RDBStorage(
        url,
        engine_kwargs={"connect_args": arguments, "pool_pre_ping": scheme != "sqlite"},
        heartbeat_interval=heartbeat,
        grace_period=MISSED * heartbeat,
        heartbeat_stale_trial_callback=again,
    )
    weakref.finalize(storage, storage.engine.dispose)  # nobody else closes its connections
    return storage


def again(study: Any, trial: Any) -> None:
    """Put what a trial tried at the head of the queue, to be tried again from the start."""
    optuna = require_optuna()
    with quiet():
        study.add_trial(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState.WAITING,
                params=trial.params,
                distributions=trial.distributions,
            )
        )
