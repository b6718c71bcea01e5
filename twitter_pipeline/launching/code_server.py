"""Dagster's code process, as a fork of `server`: `MODULE LOCATION SOCKET`.

`dagster api grpc` cannot load definitions anew; `dagster code-server` does it by starting another Python, for which it
stays in between: two processes that share nothing with the others. Here the fork has the definitions already, and
loads them again in itself.
"""

from __future__ import annotations

import logging
import sys
import threading
import uuid
from pathlib import Path
from typing import Any

from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.utils import FuturesAwareThreadPoolExecutor
from dagster._grpc.__generated__ import dagster_api_pb2
from dagster._grpc.server import DagsterApiServer, DagsterGrpcServer, LoadedRepositories
from dagster._utils.error import serializable_error_info_from_exc_info
from dagster._utils.interrupts import setup_interrupt_handlers
from dagster._utils.log import configure_loggers


class ReloadingApiServer(DagsterApiServer):
    """Answers for the definitions of a module, and loads them anew when asked to."""

    def __init__(self, *, module: str, location: str, ended: threading.Event, pool: FuturesAwareThreadPoolExecutor):
        self._module = module
        self._location = location
        super().__init__(
            server_termination_event=ended,
            logger=logging.getLogger("dagster.code_server"),
            server_threadpool_executor=pool,
            loadable_target_origin=LoadableTargetOrigin(
                executable_path=sys.executable, working_directory=str(Path.cwd()), module_name=module
            ),
            location_name=location,
        )

    def ReloadCode(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Load the definitions; those from before stay until the new ones are there, and when they cannot be loaded."""
        with self._reload_lock:
            before = sys.modules.pop(self._module, None)
            try:
                loaded = LoadedRepositories(
                    self._loadable_target_origin,
                    container_image=self._container_image,
                    entry_point=self._entry_point,
                    container_context=self._container_context,
                    code_location_name=self._location,
                )
            except Exception:  # whatever is wrong with them, ticks go on with those from before
                self._logger.exception("The definitions could not be loaded anew")
                # Whoever asks for the definitions is told.
                self._serializable_load_error = serializable_error_info_from_exc_info(sys.exc_info())
                if before is not None:
                    sys.modules[self._module] = before
            else:
                self._loaded_repositories = loaded
                self._serializable_load_error = None
                # By another id webserver and daemon know that what they keep is out of date.
                self._server_id = str(uuid.uuid4())
        return dagster_api_pb2.ReloadCodeReply()


def main() -> None:
    """Serve until told to end."""
    module, location, socket = sys.argv[1:]
    setup_interrupt_handlers()  # SIGTERM ends it as Ctrl-C does
    configure_loggers()
    ended = threading.Event()
    pool = FuturesAwareThreadPoolExecutor()
    api = ReloadingApiServer(module=module, location=location, ended=ended, pool=pool)
    server = DagsterGrpcServer(
        server_termination_event=ended,
        dagster_api_servicer=api,
        logger=api._logger,
        threadpool_executor=pool,
        # In a folder that only its user can enter: whoever asks it for a run, runs programs as that user.
        socket=socket,
    )
    try:
        server.serve()  # type: ignore[no-untyped-call]
    except KeyboardInterrupt:
        api._logger.info("the code server was told to end")


if __name__ == "__main__":
    main()
