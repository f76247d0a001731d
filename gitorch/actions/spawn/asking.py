"""Hand workers to the Zo service, a bounded number at a time; note each answer the moment it comes."""

import asyncio
import os
from collections.abc import Sequence

from gitorch.actions.spawn.book import Settling, ended, farewell, now
from gitorch.actions.workplace import Build
from gitorch.adapters import zo
from gitorch.adapters.spawn_store import SpawnStore
from gitorch.core.config import Spawn
from gitorch.core.spawning import PREVIEW_CHARACTERS, Record, Result

_LOOK_SECONDS = 0.2


def ask_all(build: Build, store: SpawnStore, records: Sequence[Record], settings: Spawn) -> None:
    """Ask for each worker, at most `settings.jobs` at a time."""
    asyncio.run(_Asking(build, store, settings).all_of(records))


class _Asking:
    def __init__(self, build: Build, store: SpawnStore, settings: Spawn) -> None:
        self.build = build
        self.store = store
        self.jobs = settings.jobs
        self.settings = settings.zo
        self.token = os.environ[self.settings.token_env]
        self.unsettled: dict[str, tuple[str, str]] = {}

    async def all_of(self, records: Sequence[Record]) -> None:
        turn = asyncio.Semaphore(self.jobs)
        async with zo.client(self.settings, self.token, self.jobs) as client:

            async def one(record: Record) -> zo.Answer:
                async with turn:
                    record = record.model_copy(update={"started_at": now()})
                    self.store.write(record)
                    question = self.store.prompt(record.worker_id).read_text(encoding="utf-8")
                    answer = await zo.ask(client, self.settings, self.token, question)
                    self._note(record, answer)
                    return answer

            left = {asyncio.create_task(one(record)): record for record in records}
            settling = Settling()
            while left or self.unsettled:
                if left:
                    done, _ = await asyncio.wait(
                        left, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                    )
                    for task in done:
                        left.pop(task)
                        if not task.cancelled() and (error := task.exception()):
                            raise error
                    self._stop(left)
                else:
                    await asyncio.sleep(_LOOK_SECONDS)
                if self.unsettled and settling.due(last=not left):
                    settling.settle(self.build, self.unsettled)

    def _stop(self, left: dict[asyncio.Task[zo.Answer], Record]) -> None:
        for task, record in left.items():
            if self.store.is_stopped(record.worker_id) and not task.cancelling() and not task.done():
                task.cancel()
                started = self.store.read(record.worker_id) or record
                result = ended(self.store, started, status=None)
                self.unsettled[record.worker_id] = farewell(self.store, result)

    def _note(self, record: Record, answer: zo.Answer) -> None:
        log = self.store.log(record.worker_id)
        log.write_text(answer.output, encoding="utf-8", errors="replace")
        result = Result(
            worker_id=record.worker_id,
            status=answer.status,
            conversation_id=answer.conversation_id,
            output_preview=answer.output[:PREVIEW_CHARACTERS] if answer.error is None else None,
            error=answer.error,
            backend="zo",
            run=record.run,
            queued_at=record.queued_at,
            started_at=record.started_at,
            ended_at=now(),
        )
        self.store.append(result)
        self.unsettled[record.worker_id] = farewell(self.store, result)
