"""Where an upload stands: what becomes of each of its pictures. Pure."""

from server.model import ActorId, PictureId, PictureState, Visibility, WorkId, WorkState
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One picture. Of `copies`, `made` are finished; 0 copies: nothing was begun."""

    picture_id: PictureId
    name: str  # of the file, as it was uploaded
    state: PictureState
    problem: str  # REFUSED: one sentence
    made: int
    copies: int


@dataclass(frozen=True, slots=True)
class Preparation:
    """One work. `problem`: why it failed or, while it is PROCESSING, why that takes so long."""

    work_id: WorkId
    artist_id: ActorId
    state: WorkState
    visibility: Visibility
    problem: str
    steps: tuple[Step, ...]

    @property
    def is_over(self) -> bool:
        """Whether nothing changes any more by itself."""
        is_waiting = any(step.state is PictureState.WAITING for step in self.steps)
        return self.state is not WorkState.PROCESSING and not (
            is_waiting and self.state is WorkState.HUNG
        )

    @property
    def ready(self) -> int:
        """How many pictures are ready."""
        return sum(step.state is PictureState.READY for step in self.steps)
