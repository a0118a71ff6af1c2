"""What the child processes can do, by name. Each task takes bytes and gives bytes.

Law: imported inside a child alone, so that the server never loads an image library.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from server import blocklist_text, imaging, pdq, watermarking
from server.blocklist_text import LIST_TASK
from server.pictures import LIKENESS_TASK, PICTURE_TASK, SAMPLE_TASK, WATERMARK_TASK
from server.portraits import PORTRAIT_TASK
from server.steps import Reporting, Task

TASKS: Final[Mapping[str, Task]] = MappingProxyType(
    {
        PICTURE_TASK: Reporting(imaging.answer),
        SAMPLE_TASK: imaging.sample,
        PORTRAIT_TASK: imaging.portrait,
        LIKENESS_TASK: pdq.answer,
        WATERMARK_TASK: watermarking.sample,
        LIST_TASK: blocklist_text.answer,
    }
)
