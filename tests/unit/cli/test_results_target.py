"""The file of the results: what stands there already and is no file, stays."""

import os
from pathlib import Path
from threading import Thread

from workers.cli.results import _open_target


def test_results_to_a_pipe_or_device_go_through_it_and_leave_it_there(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    with _open_target(pipe) as target:
        target.write(b"line\n")
    assert pipe.is_fifo()
    reader.join(5)
    assert read == [b"line\n"]
